/* SPDX-License-Identifier: Apache-2.0 */
/* Scanners of instants and amounts, shared by the command line's times and the
 * time columns of files. Each moves `cursor` past what it read, or leaves it
 * and returns false; none reads at or beyond `end`. */
#ifndef CAUS_SRC_TELEMETRY_TIME_INTERNAL_H
#define CAUS_SRC_TELEMETRY_TIME_INTERNAL_H

#include "caus/base.h"

enum { CAUS_MINUTES_A_DAY = 24 * 60 };

#define CAUS_NS_A_SECOND INT64_C(1000000000)

/* An instant as written: seconds since 1970 of its clock, before the zone. */
typedef struct caus_civil {
    int64_t seconds;
    int32_t nanoseconds;
    int32_t zone_minutes; /* east of UTC */
    bool has_zone;
} caus_civil;

/* "2025-10-29T03:00:00.25+01:00"; seconds, fraction and zone may be missing,
 * and the whole time of day as well. Years 1678 to 2261. */
bool caus_time_scan_civil(const char **cursor, const char *end,
                          caus_civil *civil);

/* "03:40", "03:40:10", with a zone or not; `seconds` count from midnight. */
bool caus_time_scan_clock(const char **cursor, const char *end,
                          caus_civil *civil);

/* The unix time of a civil one that has a zone. */
int64_t caus_time_of_civil(const caus_civil *civil);

/* A decimal without exponent, counted in `unit_ns`; what is finer than a
 * nanosecond is cut off. False as well when it does not fit 64 bits. */
bool caus_time_scan_decimal(const char **cursor, const char *end,
                            int64_t unit_ns, int64_t *result_ns);

/* "1h30m", "1.5 h", "250ms"; units from large to small. */
bool caus_time_scan_duration(const char **cursor, const char *end,
                             int64_t *result_ns);

#endif
