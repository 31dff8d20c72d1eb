/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches of rows in which variables stood at another level.
 * docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_STRETCH_H
#define CAUS_SRC_DISCOVERY_INCIDENT_STRETCH_H

#include "base/base.h"

/* The stretch of a variable. */
typedef struct caus_stretch {
    size_t variable;
    size_t start, end;
    double gain; /* twice the log likelihood of its level, noise's memory
                    allowed for */
    double sign; /* of its level */
} caus_stretch;

/* Columns of robust deviations from the usual level. */
typedef struct caus_deviations {
    size_t row_count, column_count;
    double *values;      /* [column_count × row_count]; 0 = missing */
    const bool *is_used; /* [column_count] */
    const bool *is_harm; /* [column_count] only more of it is bad */
    double *room;        /* [2 × row_count] */
} caus_deviations;

/*
 * Turns values into deviations from their median, within ± 4; counts go to
 * their square root, whose spread does not grow with them.
 *
 *   values  [count], NaN = missing; 0 then
 *   room    [2 × count]
 *
 * False: too few values, or all alike.
 */
bool caus_stretch_standardise(double *values, size_t count, double *room);

/* Whether too few rows lie before a stretch that starts here to be the norm:
 * then it is what came before an onset. */
bool caus_stretch_is_before(const caus_deviations *deviations, size_t start);

/* The stretch of a column that another level fits best; false: there is none
 * that ends at `first_end` or later. */
bool caus_stretch_find(const caus_deviations *deviations, size_t column,
                       size_t first_end, caus_stretch *result);

/*
 * What all columns say of rows [start, end): the sum of their gains beyond
 * `price`, over how alike the noise of these columns is.
 *
 *   result  set on success
 *
 * False when memory is out.
 */
bool caus_stretch_weigh(const caus_deviations *deviations,
                        const caus_stretch *rows, double price,
                        caus_arena *scratch, double *result);

/*
 * How much of each member's noise is its own: 1 where no other has the like, a
 * share of it where several have the same.
 *
 *   shares  [count] set on success
 *
 * False when memory is out.
 */
bool caus_stretch_share_noise(const caus_deviations *deviations,
                              const caus_stretch *members, size_t count,
                              caus_arena *scratch, double *shares);

#endif
