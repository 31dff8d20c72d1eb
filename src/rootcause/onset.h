/* SPDX-License-Identifier: Apache-2.0 */
/* When the incident began, when each service moved, and whether it is over. */
#ifndef CAUS_SRC_ROOTCAUSE_ONSET_H
#define CAUS_SRC_ROOTCAUSE_ONSET_H

#include <math.h>

#include "rootcause/rootcause_internal.h"

/* Logs of likelihoods tell when an incident began and ended: so much at least.
 * Values are told on a scale where the habit is 0 and its level 1. */
static const double caus_least_evidence = 8;
/* A value further out says no more than this. */
static const double caus_most_value = 2;

/* What a level says that is so many deviations from the habit, or at most so
 * many. */
static inline double caus_evidence_of_level(double size, double most)
{
    double counted = fmin(fabs(size), most);
    return counted * counted / 2;
}

/* How much likelier the habit explains a value than the level, of what that
 * says; further out than `most` is no less likely. */
static inline double caus_evidence_of_habit(double value, double most)
{
    return 1 - 2 * fmin(fmax(value, -1), most);
}

/*
 * Looks for anomalies.
 *
 *   onset_row  as given, or SIZE_MAX
 *   done       false when there are too few rows to say anything
 */
caus_status caus_case_detect(caus_case *about, size_t onset_row,
                             caus_anomalies *result, bool *done,
                             caus_error *err);
/*
 * The onset of the incident, or of the variable that stands out alone; not
 * found when nothing stands out. Sets `alarm` and `alone`: of what moved the
 * bad way, since the row `given` where it is not SIZE_MAX.
 */
caus_status caus_case_find_onset(caus_case *about, const caus_anomalies *found,
                                 size_t given, caus_onset *result,
                                 caus_error *err);
/*
 * The onset where no detector names one: the row that parts most clearly what
 * is measured and logged.
 *
 *   detected  a detector has dated what moved; else the step of the rows does
 */
caus_status caus_case_split(caus_case *about, bool detected,
                            size_t least_before, caus_onset *result,
                            caus_error *err);
/*
 * Sets `onset_row` to the row near an onset that was found from which on the
 * symptom is furthest off, or what users see: where a baseline is joined to an
 * incident of another time, something moved at the joint, and rows in which
 * nobody noticed anything hide a short incident.
 */
caus_status caus_case_await_users(caus_case *about, caus_error *err);
/* The row at which the incident had begun before `named_row`, by the shifts
 * from there on; that row itself if nothing tells of it. */
caus_status caus_case_find_beginning(const caus_case *about, size_t *row,
                                     caus_error *err);
/* In so many rows before that one it is looked for. */
size_t caus_case_rows_before_named(const caus_case *about);
/* Fills the onsets of variables and services and the order of these. */
void caus_case_use_onsets(caus_case *about, const double *clues);

/* Whether the symptom is back at its habit. */
caus_status caus_case_find_end(const caus_case *about, caus_ending *result,
                               caus_error *err);

#endif
