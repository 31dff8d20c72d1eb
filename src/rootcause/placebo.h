/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of healthy rows: what clues keep beside them, and how rare the
 * incident is. */
#ifndef CAUS_SRC_ROOTCAUSE_PLACEBO_H
#define CAUS_SRC_ROOTCAUSE_PLACEBO_H

#include "rootcause/rootcause_internal.h"

enum { CAUS_MOST_WINDOWS = 12 };

/*
 * Windows of `width` rows, spread evenly over rows [from, to), which are at
 * least as many, and overlapping by no more than about half.
 *
 *   starts  [CAUS_MOST_WINDOWS] set to the first row of each
 *
 * Returns how many there are, at least one.
 */
size_t caus_windows_spread(size_t from, size_t to, size_t width,
                           size_t *starts);

/* What windows of the healthy rows show. */
typedef struct caus_placebo {
    size_t count;
    bool *is_left_out;    /* [count] looks like an earlier incident */
    double *clues;        /* [count × variable_count] */
    double *silent;       /* [count × service_count] */
    double *asked;        /* [count × service_count] */
    const size_t *starts; /* [count] first row of each */
    const size_t *ends;   /* [count] beyond its last */
    caus_log_clues *logs; /* [count]; NULL = none */
    double strength; /* of the first score over the largest in them; NaN = too
                        few windows */
} caus_placebo;

/*
 * Leaves out windows in which much departs at once by far: an earlier incident,
 * which is no habit.
 *
 *   clues        [count × width] of each window; count ≤ CAUS_MOST_WINDOWS
 *   most         so many at most
 *   is_left_out  [count] false before
 */
void caus_placebo_leave_out(const double *clues, size_t count, size_t width,
                            size_t most, bool *is_left_out);

caus_status caus_placebo_init(const caus_case *about, caus_placebo *result,
                              caus_error *err);
/* The clues of the incident, less what is usual for each variable; those of
 * log lines and of silence likewise. */
caus_status caus_placebo_reduce(caus_case *about, const caus_placebo *placebo,
                                double *clues, caus_error *err);
/* Raises `alone` to how far a clue is beyond the largest of healthy windows
 * [count], where there is an alarm. */
void caus_case_stand_alone(caus_case *about, const double *windows,
                           size_t count, double most);
/* Sets `strength` once the services are scored. */
caus_status caus_placebo_measure(const caus_case *about, caus_placebo *placebo,
                                 caus_error *err);

/* Sets `departure` and `departure_beyond` once the shifts are measured. */
caus_status caus_departure_find(caus_case *about, caus_error *err);
/* A deviate less what looking for the onset makes of any: NaN stays NaN. */
double caus_departure_sought(const caus_case *about, double deviate);

#endif
