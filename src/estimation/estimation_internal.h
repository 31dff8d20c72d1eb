/* SPDX-License-Identifier: Apache-2.0 */
/* What the estimators share. */
#ifndef CAUS_SRC_ESTIMATION_ESTIMATION_INTERNAL_H
#define CAUS_SRC_ESTIMATION_ESTIMATION_INTERNAL_H

#include "caus/effects.h"
#include "identification/identification.h"

typedef struct caus_least_squares {
    const caus_series *series;
    caus_lagged target;
    /* [cause_count], the last `named_count` of which must be told apart from
     * the others; what others before it determine is left out otherwise */
    const caus_lagged *causes;
    size_t cause_count;
    size_t named_count;
    size_t first_row; /* of a segment that may be a target */
    bool is_standardised;
} caus_least_squares;

/*
 * Least squares with a constant, over the rows in which all of it is known.
 *
 *   slopes     [cause_count], 0 for causes left out and when the target is
 *              constant
 *   row_count  may be NULL
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES, CAUS_ERR_INVALID_DATA (a named cause is
 * determined by those before it), CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT and as
 * caus_run_check().
 */
caus_status caus_least_squares_fit(const caus_least_squares *task,
                                   const caus_run *run, double *slopes,
                                   size_t *row_count, caus_error *err);

/* Whether a series can be fitted along a graph: rows, and as many variables. */
caus_status caus_estimation_check(const caus_series *series,
                                  const caus_graph *graph, caus_error *err);

#endif
