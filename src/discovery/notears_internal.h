/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of NOTEARS share. */
#ifndef CAUS_SRC_DISCOVERY_NOTEARS_INTERNAL_H
#define CAUS_SRC_DISCOVERY_NOTEARS_INTERNAL_H

#include "discovery/dagma_internal.h"

/* |X − X W|² / 2n + multiplier · h + price / 2 · h², h = tr exp(W∘W) − N, and
 * the penalty of |W|₁. Matrices are [stride × stride], padded with zeros. */
typedef struct caus_notears {
    size_t count;
    size_t stride;
    const double *covariance;
    double penalty;
    double multiplier;
    double price;
    const bool *is_barred; /* [count × stride] weights that stay 0; NULL */
    const bool *is_free;   /* [count × stride] not penalised; NULL */
    double *rest;          /* scratch: I − W */
    double *product;       /* scratch: covariance · (I − W) */
    double *square;        /* scratch: W∘W turned */
    double *power[3];      /* scratch: its second to fourth power */
    double *turned;        /* scratch: the left side of a product, turned */
    double *exponential;   /* scratch: exp(W∘W) − I, turned */
    double *other;         /* scratch */
} caus_notears;

caus_status caus_notears_init(caus_notears *problem,
                              const caus_dagma_problem *given,
                              caus_arena *arena, caus_error *err);

/* h of the weights [count × stride]; ≥ 0. */
double caus_notears_acyclicity(caus_notears *problem, const double *weights);

/* All but the penalty, and its slope [count × stride]. */
double caus_notears_value(caus_notears *problem, const double *weights,
                          double *slope);

/* The augmented Lagrangian from W = 0; weights [count × stride]. */
caus_status caus_notears_solve(caus_dagma_problem *given,
                               const caus_dagma_options *options,
                               const caus_run *run, caus_arena *arena,
                               double *weights, uint64_t *iterations,
                               caus_error *err);

#endif
