/* SPDX-License-Identifier: Apache-2.0 */
/* Factors of larger symmetric matrices, by blocks on the Gram kernels. */
#ifndef CAUS_SRC_NUMERIC_CHOLESKY_H
#define CAUS_SRC_NUMERIC_CHOLESKY_H

#include "numeric/numeric.h"

/* Rows that are worked on together. */
enum { CAUS_CHOLESKY_BLOCK = 24 };

/* Doubles of scratch memory for so many padded columns. */
static inline size_t caus_cholesky_scratch(size_t stride)
{
    return (size_t)2 * CAUS_CHOLESKY_BLOCK * stride +
           (size_t)CAUS_CHOLESKY_BLOCK * CAUS_CHOLESKY_BLOCK;
}

/*
 * Replaces the upper triangle of a symmetric positive definite matrix by the
 * factor U with A = Uᵀ U.
 *
 *   matrix   [padded × stride], padded = caus_pad_lanes(count) ≤ stride, a
 *            multiple of CAUS_LANES; below the diagonal and from `count` on
 *            anything may be written
 *   scratch  [caus_cholesky_scratch(stride)]
 *   run      asked once a block whether to stop; may be NULL
 *
 * Returns the smallest pivot met; one that is not positive, or NaN after a
 * stop, means that the matrix was left half done. The bits do not depend on the
 * instruction set. Cost count³ / 3.
 */
double caus_cholesky(double *matrix, size_t count, size_t stride,
                     double *scratch, const caus_run *run);

/* vector := U⁻ᵀ vector; then vector · vector is the quadratic form of A⁻¹. */
void caus_cholesky_forward(const double *factor, size_t count, size_t stride,
                           double *vector);

/* vector := U⁻¹ vector. */
void caus_cholesky_backward(const double *factor, size_t count, size_t stride,
                            double *vector);

/* log |A|. */
double caus_cholesky_log_determinant(const double *factor, size_t count,
                                     size_t stride);

/*
 * The same for one small block, and its inverse.
 *
 *   matrix   [count × stride] upper triangle, replaced by U
 *   inverse  [count × count] U⁻¹, zero below the diagonal
 *   least    a pivot not above it makes its row of U⁻ᵀ zero instead, as if
 *            row and column had not been there
 *
 * Returns the smallest pivot met.
 */
double caus_cholesky_small(double *matrix, size_t count, size_t stride,
                           double *inverse, double least);

#endif
