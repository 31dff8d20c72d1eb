/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/cholesky.h"

#include <math.h>
#include <string.h>

double caus_cholesky_small(double *matrix, size_t count, size_t stride,
                           double *inverse, double least)
{
    double smallest = HUGE_VAL;
    memset(inverse, 0, count * count * sizeof *inverse);
    for (size_t i = 0; i < count; i++) {
        double *row = matrix + i * stride;
        double pivot = row[i];
        smallest = fmin(smallest, pivot);
        bool sound = pivot > least;
        double scale = sound ? 1 / sqrt(pivot) : 0;
        for (size_t j = i; j < count; j++)
            row[j] *= scale;
        for (size_t k = i + 1; k < count; k++) {
            double *below = matrix + k * stride, factor = row[k];
            for (size_t j = k; j < count; j++)
                below[j] -= factor * row[j];
        }
        /* Column i of U⁻¹ from the columns before it. */
        for (size_t k = 0; k < i; k++) {
            double factor = matrix[k * stride + i];
            for (size_t r = 0; r <= k; r++)
                inverse[r * count + i] -= inverse[r * count + k] * factor;
        }
        for (size_t r = 0; r < i; r++)
            inverse[r * count + i] *= scale;
        inverse[i * count + i] = scale;
    }
    return smallest;
}

/* A block row of the matrix: `rows` from `first` on. */
typedef struct block_row {
    double *matrix;
    size_t stride, first, rows, columns; /* columns padded, from `first` on */
} block_row;

/* A block row that is not the last has CAUS_CHOLESKY_BLOCK rows, a multiple of
 * CAUS_LANES. U12 = U11⁻ᵀ A12, which stays in the matrix; its negative goes to
 * `minus`. */
static void solve_row(const block_row *row, double *inverse, double *buffer,
                      double *minus)
{
    size_t bytes = row->columns * sizeof *buffer;
    double *start = row->matrix + row->first * row->stride + row->first;
    memset(buffer, 0, row->rows * bytes);
    caus_gram_best()->add(&(caus_gram_task){.left = inverse,
                                            .right = start,
                                            .out = buffer,
                                            .left_stride = row->rows,
                                            .right_stride = row->stride,
                                            .out_stride = row->columns,
                                            .left_count = row->rows,
                                            .right_count = row->columns,
                                            .row_count = row->rows});
    for (size_t i = 0; i < row->rows; i++) {
        const double *from = buffer + i * row->columns;
        double *to = start + i * row->stride;
        double *negative = minus + i * row->columns;
        for (size_t j = row->rows; j < row->columns; j++) {
            to[j] = from[j];
            negative[j] = -from[j];
        }
    }
}

/* Subtracts U12ᵀ U12 from what is left, on and above the diagonal. */
static void update_rest(const block_row *row, const double *minus, size_t count)
{
    const double *start = row->matrix + row->first * row->stride;
    for (size_t i = row->rows; row->first + i < count;
         i += CAUS_CHOLESKY_BLOCK) {
        size_t rows = row->columns - i;
        if (rows > CAUS_CHOLESKY_BLOCK)
            rows = CAUS_CHOLESKY_BLOCK;
        size_t at = row->first + i;
        caus_gram_best()->add(
            &(caus_gram_task){.left = minus + i,
                              .right = start + at,
                              .out = row->matrix + at * row->stride + at,
                              .left_stride = row->columns,
                              .right_stride = row->stride,
                              .out_stride = row->stride,
                              .left_count = rows,
                              .right_count = row->columns - i,
                              .row_count = row->rows});
    }
}

double caus_cholesky(double *matrix, size_t count, size_t stride,
                     double *scratch, const caus_run *run)
{
    double *buffer = scratch, *minus = buffer + CAUS_CHOLESKY_BLOCK * stride;
    double *inverse = minus + CAUS_CHOLESKY_BLOCK * stride;
    double smallest = HUGE_VAL;
    for (size_t k = 0; k < count; k += CAUS_CHOLESKY_BLOCK) {
        size_t rows = count - k;
        if (rows > CAUS_CHOLESKY_BLOCK)
            rows = CAUS_CHOLESKY_BLOCK;
        if (run && caus_run_should_stop(run))
            return (double)NAN;
        double pivot = caus_cholesky_small(matrix + k * stride + k, rows,
                                           stride, inverse, 0);
        smallest = fmin(smallest, pivot);
        if (!(pivot > 0))
            return pivot;
        if (k + rows == count)
            break;
        block_row row = {matrix, stride, k, rows, caus_pad_lanes(count) - k};
        solve_row(&row, inverse, buffer, minus);
        update_rest(&row, minus, count);
    }
    return smallest;
}

void caus_cholesky_forward(const double *factor, size_t count, size_t stride,
                           double *vector)
{
    for (size_t i = 0; i < count; i++) {
        const double *row = factor + i * stride;
        double value = vector[i] /= row[i];
        for (size_t j = i + 1; j < count; j++)
            vector[j] -= value * row[j];
    }
}

void caus_cholesky_backward(const double *factor, size_t count, size_t stride,
                            double *vector)
{
    for (size_t i = count; i-- > 0;) {
        const double *row = factor + i * stride;
        double rest = caus_dot(row + i + 1, vector + i + 1, count - i - 1);
        vector[i] = (vector[i] - rest) / row[i];
    }
}

double caus_cholesky_log_determinant(const double *factor, size_t count,
                                     size_t stride)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += log(factor[i * stride + i]);
    return 2 * sum;
}
