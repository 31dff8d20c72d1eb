/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of DAGMA share. */
#ifndef CAUS_SRC_DISCOVERY_DAGMA_INTERNAL_H
#define CAUS_SRC_DISCOVERY_DAGMA_INTERNAL_H

#include "caus/dagma.h"
#include "discovery/lag_prior.h"
#include "discovery/var_internal.h"

/* min over W of mu (|X − X W|² / 2n + penalty |W|₁) − log det(s I − W∘W) +
 * N log s. Matrices are [count × stride], padded with zeros. */
typedef struct caus_dagma_problem {
    size_t count;
    size_t stride;
    const double *covariance;
    double penalty;
    double mu;
    double s;
    const bool *is_barred; /* [count × stride] weights that stay 0; NULL */
    double *matrix;        /* scratch: s I − W∘W, then its inverse */
    double *rest;          /* scratch: I − W */
    double *gradient; /* of the smooth part; the penalty's is mu · sign(W) */
} caus_dagma_problem;

caus_status caus_dagma_problem_init(caus_dagma_problem *problem, size_t count,
                                    caus_arena *arena, caus_error *err);

/* Fills `gradient`; false when W is outside: s I − W∘W is no M-matrix. */
bool caus_dagma_slope(caus_dagma_problem *problem, const double *weights);

/* The objective; its parts may be NULL. HUGE_VAL outside. */
double caus_dagma_value(caus_dagma_problem *problem, const double *weights,
                        double *score, double *acyclicity);

/* The central path from W = 0; weights [count × stride]. */
caus_status caus_dagma_solve(caus_dagma_problem *problem,
                             const caus_dagma_options *options,
                             const caus_run *run, caus_arena *arena,
                             double *weights, uint64_t *iterations,
                             caus_error *err);

/*
 * Inverts a matrix in place by elimination without exchange of rows, which
 * works for M-matrices and tells them.
 *
 * Returns the log determinant, or NaN when a pivot is not positive: then it
 * was no M-matrix, and is left half done.
 */
typedef double caus_eliminate_fn(double *matrix, size_t count, size_t stride);

/* The fastest that this processor runs; all give the same bytes. */
caus_eliminate_fn *caus_eliminate_best(void);

#endif
