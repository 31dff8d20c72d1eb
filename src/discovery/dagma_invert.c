/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "discovery/dagma_internal.h"
#include "numeric/numeric.h"

/* Rows and columns eliminated together: as many as the Gram kernel takes. */
enum { BLOCK = CAUS_LANES };

/* out += left' · right over BLOCK rows of both. */
static void add_products(const double *left, size_t left_stride,
                         const double *right, double *out, size_t stride)
{
    caus_gram_task task = {.left = left,
                           .right = right,
                           .out = out,
                           .left_stride = left_stride,
                           .right_stride = stride,
                           .out_stride = stride,
                           .left_count = left_stride,
                           .right_count = stride,
                           .row_count = BLOCK};
    caus_gram_best()->add(&task);
}

/* Inverts the first `count` rows and columns of a block in place, the rest
 * being the identity; false when a pivot is not positive. */
static bool invert_block(double block[BLOCK][BLOCK], size_t count,
                         double *pivots)
{
    for (size_t k = 0; k < count; k++) {
        double pivot = block[k][k];
        if (!(pivot > 0))
            return false;
        pivots[k] = pivot;
        block[k][k] = 1;
        double part = 1 / pivot;
        for (size_t j = 0; j < BLOCK; j++)
            block[k][j] *= part;
        for (size_t i = 0; i < BLOCK; i++) {
            if (i == k)
                continue;
            double factor = block[i][k];
            block[i][k] = 0;
            for (size_t j = 0; j < BLOCK; j++)
                block[i][j] -= factor * block[k][j];
        }
    }
    return true;
}

/* Eliminates one block: its rows become D⁻¹ times themselves, and each other
 * row loses its part of them. One product does both, since `left` holds the
 * identity for the block's own rows, which begin at zero. */
static bool eliminate(const caus_inverse *to, double *matrix, size_t first)
{
    double block[BLOCK][BLOCK], turned[BLOCK][BLOCK];
    size_t stride = to->stride, left = to->count - first;
    double *rows = matrix + first * stride;
    for (size_t i = 0; i < BLOCK; i++)
        memcpy(block[i], rows + i * stride + first, sizeof block[i]);
    if (!invert_block(block, left < BLOCK ? left : BLOCK, to->pivots + first))
        return false;
    for (size_t i = 0; i < BLOCK; i++)
        for (size_t j = 0; j < BLOCK; j++)
            turned[j][i] = block[i][j];
    for (size_t i = 0; i < stride; i++)
        for (size_t k = 0; k < BLOCK; k++) {
            double *cell = &matrix[i * stride + first + k];
            to->left[k * stride + i] = -*cell;
            *cell = 0;
        }
    for (size_t i = 0; i < BLOCK; i++)
        for (size_t k = 0; k < BLOCK; k++) {
            rows[i * stride + first + k] = i == k;
            to->left[k * stride + first + i] = i == k;
        }
    memset(to->rows, 0, BLOCK * stride * sizeof *to->rows);
    add_products(turned[0], BLOCK, rows, to->rows, stride);
    memset(rows, 0, BLOCK * stride * sizeof *rows);
    add_products(to->left, stride, to->rows, matrix, stride);
    return true;
}

caus_status caus_inverse_init(caus_inverse *inverse, size_t count,
                              caus_arena *arena, caus_error *err)
{
    size_t stride = caus_pad_lanes(count);
    *inverse = (caus_inverse){.count = count,
                              .stride = stride,
                              .left = CAUS_ARRAY(arena, double, BLOCK *stride),
                              .rows = CAUS_ARRAY(arena, double, BLOCK *stride),
                              .pivots = CAUS_ARRAY(arena, double, count)};
    if (!inverse->left || !inverse->rows || !inverse->pivots)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

bool caus_inverse_make(const caus_inverse *inverse, double *matrix)
{
    for (size_t first = 0; first < inverse->count; first += BLOCK)
        if (!eliminate(inverse, matrix, first))
            return false;
    return true;
}
