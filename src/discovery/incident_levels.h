/* SPDX-License-Identifier: Apache-2.0 */
/* The stretch of rows that each of some levels fits best: Kadane's algorithm,
 * all levels at once. docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_LEVELS_H
#define CAUS_SRC_DISCOVERY_INCIDENT_LEVELS_H

#include "base/base.h"

enum { CAUS_LEVELS = 12 };

typedef struct caus_levels_task {
    const double *values; /* [row_count] */
    size_t row_count;
    size_t first_end;   /* a stretch ends at this row or later */
    double least, most; /* its rows */
    double least_first; /* those of one that starts before row `norm` */
    double norm;
    double level[CAUS_LEVELS];
    /* Set: the stretch that is better fitted by the level than by 0, by the
     * most; 0 and 0 = there is none. */
    double start[CAUS_LEVELS], end[CAUS_LEVELS];
} caus_levels_task;

typedef void caus_levels_fn(caus_levels_task *task);

/* The same bits on every processor. */
void caus_levels_fit_portable(caus_levels_task *task);
void caus_levels_fit_avx2(caus_levels_task *task); /* of builds for x86-64 */

/* The fastest that this processor runs. */
caus_levels_fn *caus_levels_best(void);

#endif
