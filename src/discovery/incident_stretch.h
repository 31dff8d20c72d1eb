/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches of rows in which variables stood at another level.
 * docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_STRETCH_H
#define CAUS_SRC_DISCOVERY_INCIDENT_STRETCH_H

#include "discovery/incident_deviations.h"

/* The stretch of a variable. */
typedef struct caus_stretch {
    size_t variable;
    size_t start, end;
    double gain; /* twice the log likelihood of its level; divided by its
                    noise's memory where that is allowed for */
    double sign; /* of its level */
} caus_stretch;

/* The largest gain first, for qsort(). */
int caus_stretch_compare(const void *a, const void *b);

/* Whether too few rows lie before a stretch that starts here to be the norm:
 * then it is what came before an onset. */
bool caus_stretch_is_before(const caus_deviations *deviations, size_t start);

/* The stretch of a column that another level fits best, whatever its noise
 * remembers; false: there is none that ends at `first_end` or later. */
bool caus_stretch_find(const caus_deviations *deviations, size_t column,
                       size_t first_end, caus_stretch *result);

/* Means of its variable's other rows and of its own. */
void caus_stretch_level(const caus_deviations *deviations,
                        const caus_stretch *s, double means[2]);

/* Of that level against one in the other rows, if rows did not remember one
 * another. */
double caus_stretch_gain(const caus_deviations *deviations,
                         const caus_stretch *s, const double means[2]);

/*
 * Rows that are worth one, at least 1: noise that lasts makes levels of its
 * own. It is that of the variable's rows outside the stretch.
 *
 *   enough  what is no less need not be known any nearer
 *
 * Uses the room.
 */
double caus_stretch_memory(const caus_deviations *deviations,
                           const caus_stretch *s, double enough);

/* What counts when columns are put together. */
typedef struct caus_stretch_bar {
    double price; /* the gain that chance alone can have */
    double least; /* no more than this in all is said to be 0 */
} caus_stretch_bar;

/*
 * What all columns say of rows [start, end): the sum of their gains beyond the
 * price, over how alike the noise of these columns is.
 *
 *   result  set on success
 *
 * False when memory is out.
 */
bool caus_stretch_weigh(const caus_deviations *deviations,
                        const caus_stretch *rows, const caus_stretch_bar *bar,
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
