/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of robust deviations from the usual level.
 * docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_DEVIATIONS_H
#define CAUS_SRC_DISCOVERY_INCIDENT_DEVIATIONS_H

#include "base/base.h"

typedef struct caus_deviations {
    size_t row_count, column_count;
    double *values;      /* [column_count × row_count]; 0 = missing */
    const bool *is_used; /* [column_count] */
    const bool *is_harm; /* [column_count] only more of it is bad */
    double *room;        /* [2 × row_count] */
} caus_deviations;

/* A column and its rows by value, without those in [gap_start, gap_end). */
typedef struct caus_sorted_column {
    const double *values;  /* [row_count]; NaN = missing */
    const uint32_t *order; /* [present] rows that are not missing, by value */
    size_t row_count, present;
    size_t gap_start, gap_end;
    size_t least_values; /* of fewer nothing is told */
    double least_scale;  /* a deviation is no less; 0 = a share of the level, or
                            of what chance makes of counts */
} caus_sorted_column;

/*
 * Turns values into deviations from their median, within ± 4; counts go to
 * their square root, whose spread does not grow with them.
 *
 *   room    [row_count]
 *   blocks  [row_count]
 *   result  set to [row_count without the gap]; a missing value is 0
 *
 * False: too few values, or all alike; the result is of no use then.
 */
bool caus_deviations_fill(const caus_sorted_column *column, double *room,
                          unsigned char *blocks, double *result);

#endif
