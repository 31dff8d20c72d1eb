/* SPDX-License-Identifier: Apache-2.0 */
/* Partial correlation from sums that were stored: no rows are there. */
#ifndef CAUS_SRC_INDEPENDENCE_GRAM_H
#define CAUS_SRC_INDEPENDENCE_GRAM_H

#include "independence/independence_internal.h"

/* The sample of a series that holds sums; arguments as caus_sample_init(). */
caus_status caus_gram_sample(const caus_series *series,
                             const caus_sample_options *options,
                             caus_arena *arena, caus_sample *result,
                             caus_error *err);

/* Fills the correlations and the states of nodes from exact covariances. */
caus_status caus_gram_correlate(caus_parcorr *state, int threads,
                                const caus_run *run, double *inverse_deviation,
                                caus_error *err);

/*
 * As caus_rows_direct(): residual variances by elimination with 32 digits,
 * which the exact sums have.
 */
caus_status caus_gram_direct(const caus_parcorr *state, caus_rows_work *work,
                             const caus_test_nodes *test,
                             caus_residuals *result, caus_error *err);

#endif
