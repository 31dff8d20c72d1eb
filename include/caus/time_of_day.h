/* SPDX-License-Identifier: Apache-2.0 */
/* What is usual in each hour of a day. */
#ifndef CAUS_TIME_OF_DAY_H
#define CAUS_TIME_OF_DAY_H

#include "base.h"

CAUS_API_BEGIN

enum { CAUS_HOURS_OF_DAY = 24 };

typedef struct caus_time_of_day {
    double levels[CAUS_HOURS_OF_DAY]; /* in the middle of each hour, UTC */
    double centre; /* what values are brought to; 0 = it does not follow the
                      time of day, and there are no levels */
} caus_time_of_day;

/*
 * What is usual at a time, between the middles of two hours in proportion.
 *
 *   of  as caus_explain() tells it of a variable
 *
 * NaN where that does not follow the time of day. Cost O(1).
 */
double caus_time_of_day_level(const caus_time_of_day *of, int64_t time_ns);

CAUS_API_END

#endif
