/* SPDX-License-Identifier: Apache-2.0 */
/* Random Fourier features of some columns, and regression on them. */
#ifndef CAUS_SRC_INDEPENDENCE_KERNEL_INTERNAL_H
#define CAUS_SRC_INDEPENDENCE_KERNEL_INTERNAL_H

#include "independence/kernel.h"
#include "independence/kernel_nodes.h"
#include "numeric/cholesky.h"
#include "numeric/decay.h"

/* Rows among which the median distance is looked for. */
enum { CAUS_RCOT_MEDIAN_ROWS = 200 };

/* One thread's place to work in. A feature is a row of `stride` numbers. */
typedef struct caus_rcot_room {
    const caus_decay_kernel *cosine;
    const caus_gram_kernel *gram;
    size_t row_count, stride; /* of the test, padded */
    size_t given_capacity, given_count,
        given_padded;                /* features of conditions */
    size_t side_count, sides_padded; /* of a side; both */
    double *given;                   /* [given_capacity × stride] */
    double *sides;   /* [sides_padded × stride] source, then target */
    double *turned;  /* [rows × (given_padded + sides_padded)] */
    double *moments; /* [given_padded × given_padded], factorised */
    double *cross;   /* [given_padded × sides_padded] */
    double *column;  /* [given_padded] */
    double *scratch;
    double *products;   /* [rows × products_padded] */
    double *covariance; /* [products_padded²] */
    double *square;     /* [products_padded²] */
    size_t products_padded;
    double *distances; /* [CAUS_RCOT_MEDIAN_ROWS² / 2] */
} caus_rcot_room;

/* Makes room for so many rows. Fails as the arena does. */
caus_status caus_rcot_room_init(caus_rcot_room *room, size_t rows,
                                const caus_kernel_options *options,
                                caus_arena *arena, caus_error *err);

/* Columns of mean 0 and variance 1, `step` apart. */
typedef struct caus_rcot_columns {
    const double *values;
    size_t step, count;
} caus_rcot_columns;

/*
 * Features √2 cos(w · x / s + b) with normal w, uniform b, and s the median
 * distance; then moved to mean 0 and scaled to variance 1.
 *
 *   out  [count × stride]
 *
 * Returns false where no two rows differ.
 */
bool caus_rcot_features(caus_rcot_room *room, const caus_rcot_columns *columns,
                        caus_random *random, size_t count, double *out);

/* Replaces the sides by their residuals on the features of the conditions;
 * returns the degrees of freedom that took. */
double caus_rcot_regress(caus_rcot_room *room);

/* A weighted sum of χ² variables with one degree of freedom each: its value and
 * cumulants of its law under independence. */
typedef struct caus_rcot_sum {
    double value, mean, variance, third;
} caus_rcot_sum;

/* rows · |C|² for the covariances C of the residuals of both sides, which took
 * `lost` degrees of freedom. */
caus_rcot_sum caus_rcot_compare(caus_rcot_room *room, double lost);

#endif
