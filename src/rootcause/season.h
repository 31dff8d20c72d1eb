/* SPDX-License-Identifier: Apache-2.0 */
/* Values held against the same time of other days. */
#ifndef CAUS_SRC_ROOTCAUSE_SEASON_H
#define CAUS_SRC_ROOTCAUSE_SEASON_H

#include "base/base.h"
#include "caus/series.h"

/*
 * Takes the time of day out of variables that follow it: their values are
 * divided by what is usual at the time, times what is usual from the onset on
 * (in the middle of a day where no onset is given). A variable follows the time
 * of day where its other days tell the hours of one at least twice as well as
 * its level does.
 *
 *   onset_ns  rows before it tell what is usual; NULL = all rows do
 *   count     set to how many variables follow it
 *   result    lives in `out`; `series` itself where none does, where the
 *             hours of a day are not all seen on two days, or where steps are
 *             longer than an hour
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(values).
 */
caus_status caus_season_take_out(const caus_series *series,
                                 const int64_t *onset_ns, caus_arena *out,
                                 size_t *count, const caus_series **result,
                                 caus_error *err);

#endif
