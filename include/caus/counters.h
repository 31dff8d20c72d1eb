/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that count from the start of a process on. */
#ifndef CAUS_COUNTERS_H
#define CAUS_COUNTERS_H

#include "series.h"

CAUS_API_BEGIN

/*
 * Takes increases per second (per row without a time) of the columns that are
 * counters of which nobody took rates. One is a column whose kind is not
 * known, with nothing below 0, that falls but to less than half, as when a
 * process starts anew; and either the last word of its name is that of a
 * counter ("total", "count", "sum", "bucket"), or one within it "total" or
 * "count" and none tells of a level that fills, and three rows rise; or nearly
 * all rows do, 20 or more, and no word tells of such a level; or eight do, all
 * values are whole, and a word tells of failures. One that is called a counter
 * may fall by less, too, once in 20 rises, and not come back at once: a sum
 * over processes of which one starts anew; and of failures one row that rises
 * is enough, where it stands still above 0 in ten times as many.
 *
 *   result    shares with `series` what is not changed. The first value of a
 *             segment goes missing; over a gap the increase is the mean, behind
 *             a restart what was counted since, missing where that is more than
 *             was ever counted in as many rows
 *   counters  [variable_count] which columns were; in `out`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost O(rows × variables).
 */
caus_status caus_series_rate_counters(const caus_series *series,
                                      caus_arena *out, caus_series *result,
                                      const bool **counters, caus_error *err);

CAUS_API_END
#endif
