/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "numeric/numeric.h"

/* A residual this small beside the column it came from is rounding: double
 * precision times a generous count of rows. */
static const double rank_tolerance = 1e-12;

double caus_dot(const double *a, const double *b, size_t count)
{
    double sum[CAUS_LANES] = {0};
    size_t i = 0;
    for (; i + CAUS_LANES <= count; i += CAUS_LANES)
        for (size_t lane = 0; lane < CAUS_LANES; lane++)
            sum[lane] += a[i + lane] * b[i + lane];
    for (size_t lane = 0; i < count; i++, lane++)
        sum[lane] += a[i] * b[i];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
           ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

bool caus_basis_project(const caus_basis *basis, double *column)
{
    size_t rows = basis->row_count;
    double before = caus_dot(column, column, rows);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < basis->count; k++) {
            const double *direction = basis->columns + k * rows;
            double part = caus_dot(direction, column, rows);
            for (size_t r = 0; r < rows; r++)
                column[r] -= part * direction[r];
        }
    }
    double after = caus_dot(column, column, rows);
    if (after > rank_tolerance * rank_tolerance * before)
        return true;
    memset(column, 0, rows * sizeof *column);
    return false;
}

bool caus_basis_add(caus_basis *basis, const double *column)
{
    size_t rows = basis->row_count;
    double *added = basis->columns + basis->count * rows;
    memcpy(added, column, rows * sizeof *added);
    if (!caus_basis_project(basis, added))
        return false;
    double length = sqrt(caus_dot(added, added, rows));
    for (size_t r = 0; r < rows; r++)
        added[r] /= length;
    basis->count++;
    return true;
}

static bool should_stop(const caus_run *run)
{
    return run && caus_run_should_stop(run);
}

/* Lower Cholesky factor in place; returns the smallest pivot. */
static double factorise(double *matrix, size_t count, size_t stride,
                        double tolerance, const caus_run *run)
{
    double smallest = HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        double *row = matrix + i * stride;
        if (should_stop(run))
            return (double)NAN;
        for (size_t j = 0; j < i; j++) {
            const double *other = matrix + j * stride;
            row[j] = (row[j] - caus_dot(row, other, j)) / other[j];
        }
        double pivot = row[i] - caus_dot(row, row, i);
        if (pivot < smallest)
            smallest = pivot;
        if (!(pivot >= tolerance))
            return pivot;
        row[i] = sqrt(pivot);
    }
    return smallest;
}

/* Replaces the factor L by the transpose of its inverse: column k of inv(L)
 * lands in row k, where it is contiguous. The diagonal of L stays. */
static bool invert_factor(double *matrix, size_t count, size_t stride,
                          const caus_run *run)
{
    for (size_t k = 0; k < count; k++) {
        double *column = matrix + k * stride;
        double diagonal = 1 / column[k];
        if (should_stop(run))
            return false;
        for (size_t i = k + 1; i < count; i++) {
            const double *row = matrix + i * stride;
            double sum = row[k] * diagonal +
                         caus_dot(row + k + 1, column + k + 1, i - k - 1);
            column[i] = -sum / row[i];
        }
    }
    for (size_t i = 0; i < count; i++)
        matrix[i * stride + i] = 1 / matrix[i * stride + i];
    return true;
}

double caus_invert_symmetric(double *matrix, size_t count, size_t stride,
                             double tolerance, const caus_run *run)
{
    double smallest = factorise(matrix, count, stride, tolerance, run);
    if (!(smallest >= tolerance))
        return smallest;
    if (!invert_factor(matrix, count, stride, run))
        return (double)NAN;
    /* inv(A)[i][j] = sum over r >= max(i, j) of inv(L)[r][i] * inv(L)[r][j] */
    for (size_t i = 0; i < count; i++) {
        double *row = matrix + i * stride;
        if (should_stop(run))
            return (double)NAN;
        for (size_t j = 0; j <= i; j++)
            row[j] = caus_dot(row + i, matrix + j * stride + i, count - i);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            matrix[i * stride + j] = matrix[j * stride + i];
    return smallest;
}
