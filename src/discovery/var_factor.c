/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/var_internal.h"
#include "numeric/numeric.h"

caus_status caus_factor_init(size_t most, caus_arena *arena,
                             caus_factor *factor, caus_error *err)
{
    size_t stride = caus_pad_lanes(most ? most : 1);
    *factor = (caus_factor){
        .stride = stride,
        .columns = CAUS_ARRAY(arena, size_t, most),
        .rows = CAUS_ARRAY(arena, double, most *stride),
        .inverse = CAUS_ARRAY(arena, double, most *stride),
    };
    if (!factor->columns || !factor->rows || !factor->inverse)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

/* inv(L)[t][k] = −(sum over m = k … t − 1 of L[t][m] inv(L)[m][k]) / L[t][t] */
static void extend_inverse(const caus_factor *factor, size_t t)
{
    double *added = factor->inverse + t * factor->stride;
    const double *row = factor->rows + t * factor->stride;
    for (size_t m = 0; m < t; m++) {
        const double *from = factor->inverse + m * factor->stride;
        for (size_t k = 0; k <= m; k++)
            added[k] += row[m] * from[k];
    }
    for (size_t k = 0; k < t; k++)
        added[k] /= -row[t];
    added[t] = 1 / row[t];
}

bool caus_factor_add(caus_factor *factor, const caus_correlation *correlation,
                     size_t column, double *left)
{
    size_t t = factor->count;
    double *row = factor->rows + t * factor->stride;
    const double *matrix = correlation->matrix + column * correlation->stride;
    double rest = matrix[column];
    for (size_t j = 0; j < t; j++) {
        const double *other = factor->rows + j * factor->stride;
        double sum = matrix[factor->columns[j]];
        for (size_t m = 0; m < j; m++)
            sum -= row[m] * other[m];
        row[j] = sum / other[j];
        rest -= row[j] * row[j];
    }
    if (left)
        *left = rest > 0 ? rest : 0;
    bool adds = rest > CAUS_LEAST_SHARE;
    for (size_t j = 0; !adds && j < t; j++)
        row[j] = 0;
    if (!adds)
        return false;
    row[t] = sqrt(rest);
    factor->columns[t] = column;
    factor->count++;
    extend_inverse(factor, t);
    return true;
}

void caus_factor_regress(const caus_factor *factor, size_t place,
                         caus_regression *result)
{
    const double *row = factor->rows + place * factor->stride;
    result->left = row[place] * row[place];
    for (size_t k = 0; k < place; k++)
        result->slope[k] = result->own[k] = 0;
    for (size_t m = 0; m < place; m++) {
        const double *inverse = factor->inverse + m * factor->stride;
        for (size_t k = 0; k <= m; k++) {
            result->slope[k] += row[m] * inverse[k];
            result->own[k] += inverse[k] * inverse[k];
        }
    }
}

void caus_factor_explain(const caus_factor *factor,
                         const caus_correlation *correlation, size_t column,
                         size_t variables, double *slope, bool *is_in)
{
    const double *row = correlation->matrix + column * correlation->stride;
    memset(slope, 0, factor->count * sizeof *slope);
    for (size_t m = 0; m < factor->count; m++) {
        const double *inverse = factor->inverse + m * factor->stride;
        double part = 0;
        for (size_t k = 0; k <= m; k++)
            part += inverse[k] * row[factor->columns[k]];
        for (size_t k = 0; k <= m; k++)
            slope[k] += part * inverse[k];
    }
    for (size_t k = 0; k < factor->count; k++)
        if (fabs(slope[k]) > CAUS_LEAST_SLOPE)
            is_in[factor->columns[k] % variables] = true;
    is_in[column % variables] = true;
}

static int compare_size(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

caus_status caus_give_block(const caus_lag_table *table, const bool *is_in,
                            caus_arena *out, caus_singular_block *block,
                            caus_error *err)
{
    size_t count = 0;
    size_t *members = CAUS_ARRAY(out, size_t, table->variable_count);
    if (!members)
        return caus_arena_fail(out, err);
    for (size_t k = 0; k < table->variable_count; k++)
        if (is_in[k])
            members[count++] = table->order[k];
    qsort(members, count, sizeof *members, compare_size);
    *block = (caus_singular_block){count, members};
    return CAUS_OK;
}
