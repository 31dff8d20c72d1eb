/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of products of lagged columns, and residuals that survive collinear
 * columns. Distributions are in distributions.h.
 */
#ifndef CAUS_SRC_NUMERIC_NUMERIC_H
#define CAUS_SRC_NUMERIC_NUMERIC_H

#include "base/base.h"

/* Columns are padded with zeros to a multiple of this many. */
enum { CAUS_LANES = 8 };

static inline size_t caus_pad_lanes(size_t count)
{
    return (count + CAUS_LANES - 1) / CAUS_LANES * CAUS_LANES;
}

/*
 * out[i][j] = fma(left[r][i], right[r][j], out[i][j]) for rows r in order.
 *
 *   left   [row_count × left_stride], left_count columns are used
 *   right  [row_count × right_stride], right_count columns are used
 *   out    [left_count × out_stride]
 *
 * Both counts are multiples of CAUS_LANES. Every entry is one chain of fused
 * multiply-adds over time, so the bits do not depend on the instruction set,
 * on the order of columns or on who computes which part.
 */
typedef struct caus_gram_task {
    const double *left;
    const double *right;
    double *out;
    size_t left_stride;
    size_t right_stride;
    size_t out_stride;
    size_t left_count;
    size_t right_count;
    size_t row_count;
} caus_gram_task;

typedef struct caus_gram_kernel {
    const char *name; /* "portable", "avx2", "avx512" */
    bool (*is_usable)(void);
    void (*add)(const caus_gram_task *task);
} caus_gram_kernel;

/* Every kernel of this build, slowest first; the first is always usable. */
const caus_gram_kernel *caus_gram_kernels(size_t *count);

/* The fastest kernel that this processor runs. */
const caus_gram_kernel *caus_gram_best(void);

/*
 * Columns of equal length made orthonormal one by one. Each column is
 * projected twice on those before it, so collinear ones are told from nearly
 * collinear ones down to rounding.
 */
typedef struct caus_basis {
    double *columns; /* [capacity × row_count] orthonormal, one after another */
    size_t row_count;
    size_t count;
} caus_basis;

/*
 * Replaces `column` [row_count] by its part outside the basis.
 *
 * Returns whether anything is left: false when the residual is rounding only,
 * and then the column is set to zero.
 */
bool caus_basis_project(const caus_basis *basis, double *column);

/*
 * Adds a column to the basis unless the basis spans it already; `columns`
 * must have room for one more. Returns whether it was added.
 */
bool caus_basis_add(caus_basis *basis, const double *column);

/* Sum of products of two columns; the order of sums is fixed. */
double caus_dot(const double *a, const double *b, size_t count);

/*
 * Inverts a symmetric positive definite matrix in place.
 *
 *   matrix     [count × stride]; the lower triangle is read, all is written
 *   tolerance  least pivot that counts as positive
 *   run        asked once a row whether to stop; may be NULL
 *
 * Returns the smallest pivot met; a value below `tolerance`, or NaN after a
 * stop, means that the matrix was left half done.
 */
double caus_invert_symmetric(double *matrix, size_t count, size_t stride,
                             double tolerance, const caus_run *run);

#endif
