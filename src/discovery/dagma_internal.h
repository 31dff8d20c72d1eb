/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of DAGMA share. */
#ifndef CAUS_SRC_DISCOVERY_DAGMA_INTERNAL_H
#define CAUS_SRC_DISCOVERY_DAGMA_INTERNAL_H

#include "caus/dagma.h"
#include "discovery/lag_prior.h"
#include "discovery/var_internal.h"

/* Scratch of inversions. */
typedef struct caus_inverse {
    size_t count;
    size_t stride;  /* the next multiple of CAUS_LANES */
    double *left;   /* [CAUS_LANES × stride] */
    double *rows;   /* [CAUS_LANES × stride] */
    double *pivots; /* [count] their product is the determinant */
} caus_inverse;

caus_status caus_inverse_init(caus_inverse *inverse, size_t count,
                              caus_arena *arena, caus_error *err);

/*
 * Inverts a matrix [stride × stride], the identity beyond `count`, in place by
 * elimination without exchange of rows, which works for M-matrices and tells
 * them: false when a pivot is not positive, and then it is left half done. The
 * bits do not depend on the instruction set.
 */
bool caus_inverse_make(const caus_inverse *inverse, double *matrix);

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
    const bool *is_free;   /* [count × stride] not penalised; NULL */
    double *matrix;        /* scratch: s I − W∘W turned, then its inverse */
    double *rest;          /* scratch: I − W */
    double *gradient;      /* scratch: covariance · (I − W) */
    caus_inverse inverse;
} caus_dagma_problem;

caus_status caus_dagma_problem_init(caus_dagma_problem *problem, size_t count,
                                    caus_arena *arena, caus_error *err);

/* Fills the scratch that a step is made from: the slope of the smooth part is
 * 2 W ∘ matrix − mu · gradient. False when W is outside: s I − W∘W is no
 * M-matrix. */
bool caus_dagma_prepare(caus_dagma_problem *problem, const double *weights);

/* The objective; its parts may be NULL. HUGE_VAL outside. */
double caus_dagma_value(caus_dagma_problem *problem, const double *weights,
                        double *score, double *acyclicity);

/* The central path from W = 0; weights [count × stride]. */
caus_status caus_dagma_solve(caus_dagma_problem *problem,
                             const caus_dagma_options *options,
                             const caus_run *run, caus_arena *arena,
                             double *weights, uint64_t *iterations,
                             caus_error *err);

/* Decays of Adam's moments, as in the authors' program. */
#define CAUS_ADAM_FIRST .99
#define CAUS_ADAM_SECOND .999

/* One step of Adam; all arrays are [cells]. */
typedef struct caus_adam_step {
    size_t cells;           /* a multiple of CAUS_LANES */
    const double *gradient; /* covariance · (I − W) */
    const double *inverse;  /* of s I − W∘W, turned */
    double *weights;
    double *first;     /* moments */
    double *second;    /* moments */
    double *direction; /* set */
    double mu;
    double penalty;
    double first_factor, second_factor; /* that take the start out of them */
    double step;
} caus_adam_step;

typedef void caus_adam_fn(const caus_adam_step *step);

/* The fastest that this processor runs; all give the same bytes. */
caus_adam_fn *caus_adam_best(void);

#endif
