/* SPDX-License-Identifier: Apache-2.0 */
/* Values held against the same time of other days. */
#ifndef CAUS_SRC_ROOTCAUSE_SEASON_H
#define CAUS_SRC_ROOTCAUSE_SEASON_H

#include "rootcause/rootcause_internal.h"

/*
 * Takes the time of day out of variables that follow it: their values are
 * divided by what is usual at the time, times what is usual from the onset on
 * (in a middling hour where no onset is given). A variable follows the time of
 * day where its other days tell the hours of one at least twice as well as its
 * level does; where every hour of the day is seen on two days and is above a
 * twentieth of the highest; not in steps over an hour, nor over 400 days.
 *
 *   about  with series, options, run and out; where any variable follows, its
 *          series is another afterwards, season_count tells how many do, and
 *          `usual` what is usual: by the rows before an onset that is given,
 *          else by all
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_CANCELLED, …_TIME_LIMIT. Cost O(values +
 * variables · hours · days).
 */
caus_status caus_season_take_out(caus_case *about, caus_error *err);

/* Brings the case to what is usual from `onset_row` on, where that was found
 * and not given: its timeline has other values then. */
caus_status caus_season_bring_to_onset(caus_case *about, caus_error *err);
/* The same of a timeline that was made anew since. */
void caus_season_bring(const caus_case *about);

/*
 * Takes it out of what was reckoned of values with it, by the same rule.
 *
 *   columns  rows of the case's timeline; values are changed
 */
caus_status caus_season_take_out_of(const caus_case *about,
                                    caus_timeline *columns, caus_error *err);

/* The values of the case's timeline with it, as they were measured but for
 * rounding: variables are compared by these. The timeline's own where nothing
 * was taken out. */
caus_status caus_season_put_back(const caus_case *about, caus_arena *out,
                                 const double **result, caus_error *err);

#endif
