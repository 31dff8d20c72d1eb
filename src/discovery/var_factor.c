/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

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
