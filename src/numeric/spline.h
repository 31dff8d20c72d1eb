/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one column, from the straight line to wiggly ones. */
#ifndef CAUS_SRC_NUMERIC_SPLINE_H
#define CAUS_SRC_NUMERIC_SPLINE_H

#include "base/base.h"

/* The most functions a basis may have. */
enum { CAUS_SPLINE_MOST = 32 };

/*
 * Fills the columns of natural cubic splines of a column, smoothest first:
 * they have mean 0, mean square 1 and mean product 0 among each other, and
 * diagonal roughness (the integral of the squared second derivative), as
 * Demmler and Reinsch's. The first is the straight line.
 *
 *   values  [row_count] finite, mean 0, not constant
 *   most    1 … CAUS_SPLINE_MOST; knots are the least and the largest value
 *           and most − 1 quantiles of the distinct values between
 *   out     [row_count × stride] `most` columns are written
 *   count   columns in use, ≥ 1, as many as distinct values allow; the others
 *           are zero
 *
 * Scaling by a power of two changes no byte. Cost O(row_count · (log row_count
 * + most²)).
 */
caus_status caus_spline_fill(const double *values, size_t row_count,
                             size_t most, size_t stride, caus_arena *scratch,
                             double *out, size_t *count, caus_error *err);

#endif
