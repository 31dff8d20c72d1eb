/* SPDX-License-Identifier: Apache-2.0 */
/* The covariance of a Gaussian process, and its likelihood at one length. */
#include <math.h>
#include <string.h>

#include "independence/gpdc_internal.h"

/* Rows of a product that are worked on together. */
enum { PRODUCT_ROWS = 48 };

caus_status caus_gp_init(caus_gp *gp, size_t capacity, const caus_run *run,
                         caus_arena *arena, caus_error *err)
{
    size_t stride = caus_pad_lanes(capacity);
    /* beyond half of the rows G'G costs more than the covariance itself */
    size_t most = caus_pad_lanes(capacity / 2) + CAUS_GP_BLOCK;
    *gp = (caus_gp){
        .run = run,
        .decay = caus_decay_best(),
        .gram = caus_gram_best(),
        .capacity = capacity,
        .pivot_capacity = most,
        .pivots = CAUS_ARRAY(arena, uint32_t, most),
        .squares = CAUS_ARRAY(arena, double, most *stride),
        .apart = CAUS_ARRAY(arena, double, stride),
        .factor = CAUS_ARRAY(arena, double, most *stride),
        .turned = CAUS_ARRAY(arena, double, most *stride),
        .left = CAUS_ARRAY(arena, double, stride),
        .matrix = CAUS_ARRAY(arena, double, stride *stride),
        .sum = CAUS_ARRAY(arena, double, stride *stride),
        .target = CAUS_ARRAY(arena, double, stride),
        .vector = CAUS_ARRAY(arena, double, stride),
        .scratch = CAUS_ARRAY(arena, double,
                              caus_cholesky_scratch(stride + CAUS_GP_BLOCK) +
                                  (size_t)CAUS_GP_BLOCK * CAUS_GP_BLOCK),
    };
    if (!gp->pivots || !gp->squares || !gp->apart || !gp->factor ||
        !gp->turned || !gp->left || !gp->matrix || !gp->sum || !gp->target ||
        !gp->vector || !gp->scratch)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

void caus_gp_set_inputs(caus_gp *gp, const double *inputs, size_t rows,
                        size_t dimension)
{
    gp->inputs = inputs;
    gp->dimension = dimension;
    gp->rows = rows;
    gp->stride = caus_pad_lanes(rows);
    gp->pivot_count = 0;
    for (size_t r = 0; r < rows; r++)
        gp->apart[r] = HUGE_VAL;
}

/* out[r] = squared distance from `row` to rows r = first … rows − 1. */
static void measure(const caus_gp *gp, size_t row, size_t first, double *out)
{
    memset(out + first, 0, (gp->stride - first) * sizeof *out);
    for (size_t k = 0; k < gp->dimension; k++) {
        const double *column = gp->inputs + k * gp->capacity;
        double here = column[row];
        for (size_t r = first; r < gp->rows; r++) {
            double apart = column[r] - here;
            out[r] += apart * apart;
        }
    }
}

/* Adds the row farthest from the pivots; false when none is apart from them. */
static bool add_pivot(caus_gp *gp)
{
    size_t far = 0;
    for (size_t r = 1; r < gp->rows; r++)
        if (gp->apart[r] > gp->apart[far])
            far = r;
    if (!(gp->apart[far] > 0))
        return false;
    double *squares = gp->squares + gp->pivot_count * gp->stride;
    measure(gp, far, 0, squares);
    for (size_t r = 0; r < gp->rows; r++)
        gp->apart[r] = fmin(gp->apart[r], squares[r]);
    gp->pivots[gp->pivot_count++] = (uint32_t)far;
    return true;
}

/* Subtracts what the rows of G before `first` explain of a block of columns. */
static void subtract_known(caus_gp *gp, size_t first, size_t count,
                           double *block)
{
    double *minus = gp->scratch;
    for (size_t k = 0; k < first; k++)
        for (size_t i = 0; i < CAUS_GP_BLOCK; i++)
            minus[k * CAUS_GP_BLOCK + i] =
                i < count ? -gp->factor[k * gp->stride + gp->pivots[first + i]]
                          : 0;
    gp->gram->add(&(caus_gram_task){.left = minus,
                                    .right = gp->factor,
                                    .out = block,
                                    .left_stride = CAUS_GP_BLOCK,
                                    .right_stride = gp->stride,
                                    .out_stride = gp->stride,
                                    .left_count = CAUS_GP_BLOCK,
                                    .right_count = gp->stride,
                                    .row_count = first});
}

/* Makes the columns of `count` pivots in `block` orthonormal to each other in
 * the sense of the covariance. */
static void orthogonalise(caus_gp *gp, size_t first, size_t count,
                          double *block, double tolerance)
{
    double small[CAUS_GP_BLOCK * CAUS_GP_BLOCK] = {0};
    double inverse[CAUS_GP_BLOCK * CAUS_GP_BLOCK];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            small[i * CAUS_GP_BLOCK + j] =
                block[i * gp->stride + gp->pivots[first + j]];
    caus_cholesky_small(small, CAUS_GP_BLOCK, CAUS_GP_BLOCK, inverse,
                        fmax(1e-14, .01 * tolerance));
    size_t bytes = CAUS_GP_BLOCK * gp->stride * sizeof *block;
    double *result = gp->scratch;
    memset(result, 0, bytes);
    gp->gram->add(&(caus_gram_task){.left = inverse,
                                    .right = block,
                                    .out = result,
                                    .left_stride = CAUS_GP_BLOCK,
                                    .right_stride = gp->stride,
                                    .out_stride = gp->stride,
                                    .left_count = CAUS_GP_BLOCK,
                                    .right_count = gp->stride,
                                    .row_count = CAUS_GP_BLOCK});
    memcpy(block, result, bytes);
}

/* Takes the next pivots into G; returns the largest diagonal outside G'G. */
static double add_block(caus_gp *gp, double factor, double tolerance)
{
    size_t first = gp->size, count = 0;
    double *block = gp->factor + first * gp->stride, most = 0;
    while (count < CAUS_GP_BLOCK &&
           (first + count < gp->pivot_count || add_pivot(gp)))
        count++;
    memset(block, 0, CAUS_GP_BLOCK * gp->stride * sizeof *block);
    for (size_t i = 0; i < count; i++)
        gp->decay->decay(gp->squares + (first + i) * gp->stride, factor,
                         gp->rows, block + i * gp->stride);
    if (first)
        subtract_known(gp, first, count, block);
    orthogonalise(gp, first, count, block, tolerance);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < gp->rows; r++)
            gp->left[r] -=
                block[i * gp->stride + r] * block[i * gp->stride + r];
    gp->size += CAUS_GP_BLOCK;
    for (size_t r = 0; r < gp->rows; r++)
        most = fmax(most, gp->left[r]);
    return count < CAUS_GP_BLOCK ? 0 : most;
}

/* Makes G; false when it would need too many rows. */
static bool make_factor(caus_gp *gp, double factor, double tolerance)
{
    for (size_t r = 0; r < gp->rows; r++)
        gp->left[r] = 1;
    gp->size = 0;
    while (gp->size + CAUS_GP_BLOCK <= gp->pivot_capacity &&
           2 * gp->size <= gp->rows) {
        if (caus_run_should_stop(gp->run))
            return false;
        if (add_block(gp, factor, tolerance) <= tolerance)
            return true;
    }
    return false;
}

/* matrix = G G', upper triangle. */
static void multiply(caus_gp *gp)
{
    size_t size = gp->size;
    for (size_t k = 0; k < size; k++)
        for (size_t r = 0; r < gp->rows; r++)
            gp->turned[r * size + k] = gp->factor[k * gp->stride + r];
    memset(gp->matrix, 0, size * size * sizeof *gp->matrix);
    for (size_t i = 0; i < size; i += PRODUCT_ROWS) {
        size_t rows = size - i < PRODUCT_ROWS ? size - i : PRODUCT_ROWS;
        gp->gram->add(&(caus_gram_task){.left = gp->turned + i,
                                        .right = gp->turned + i,
                                        .out = gp->matrix + i * size + i,
                                        .left_stride = size,
                                        .right_stride = size,
                                        .out_stride = size,
                                        .left_count = rows,
                                        .right_count = size - i,
                                        .row_count = gp->rows});
    }
}

static void fill_matrix(caus_gp *gp, double factor)
{
    gp->size = gp->rows;
    for (size_t i = 0; i < gp->rows; i++) {
        double *row = gp->matrix + i * gp->stride;
        measure(gp, i, i, row);
        gp->decay->decay(row + i, factor, gp->rows - i, row + i);
    }
}

void caus_gp_set_length(caus_gp *gp, double length, double tolerance,
                        const double *y)
{
    double factor = -.5 / (length * length);
    gp->is_full = !make_factor(gp, factor, tolerance);
    if (gp->is_full) {
        fill_matrix(gp, factor);
        memcpy(gp->target, y, gp->rows * sizeof *y);
        return;
    }
    multiply(gp);
    for (size_t k = 0; k < gp->size; k++)
        gp->target[k] = caus_dot(gp->factor + k * gp->stride, y, gp->rows);
}

double caus_gp_cost(caus_gp *gp, const double *y, double noise)
{
    size_t size = gp->size, stride = gp->is_full ? gp->stride : size;
    for (size_t i = 0; i < size; i++) {
        memcpy(gp->sum + i * stride + i, gp->matrix + i * stride + i,
               (stride - i) * sizeof *gp->sum);
        gp->sum[i * stride + i] += noise;
    }
    double least = caus_cholesky(gp->sum, size, stride, gp->scratch, gp->run);
    if (!(least > 0))
        return HUGE_VAL;
    memcpy(gp->vector, gp->target, size * sizeof *gp->vector);
    caus_cholesky_forward(gp->sum, size, stride, gp->vector);
    double form = caus_dot(gp->vector, gp->vector, size);
    double log_determinant =
        caus_cholesky_log_determinant(gp->sum, size, stride);
    if (!gp->is_full) {
        form = (caus_dot(y, y, gp->rows) - form) / noise;
        log_determinant += ((double)gp->rows - (double)size) * log(noise);
    }
    return .5 * (form + log_determinant);
}

void caus_gp_residual(const caus_gp *gp, const double *y, double *out)
{
    size_t size = gp->size, stride = gp->is_full ? gp->stride : size;
    caus_cholesky_backward(gp->sum, size, stride, gp->vector);
    if (gp->is_full) {
        memcpy(out, gp->vector, gp->rows * sizeof *out);
        return;
    }
    memcpy(out, y, gp->rows * sizeof *out);
    for (size_t k = 0; k < size; k++)
        for (size_t r = 0; r < gp->rows; r++)
            out[r] -= gp->vector[k] * gp->factor[k * gp->stride + r];
}
