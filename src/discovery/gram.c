/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/gram.h"
#include "numeric/numeric.h"
#include "series/gram.h"

static size_t column_of(const caus_series *series, size_t variable)
{
    return series->gram_columns ? series->gram_columns[variable] : variable;
}

/* A correlation from exact covariances; 0 with a constant. */
static double correlate(const caus_series *series, size_t i, size_t j)
{
    size_t row = column_of(series, i), column = column_of(series, j);
    caus_wide own = caus_gram_centred(series->gram, row, row);
    caus_wide other = caus_gram_centred(series->gram, column, column);
    if (caus_wide_is_zero(&own) || caus_wide_is_zero(&other))
        return 0;
    if (i == j)
        return 1;
    caus_wide both = caus_gram_centred(series->gram, row, column);
    /* halved so often, deviations are near 1 */
    unsigned first = caus_wide_bits(&own) / 2;
    unsigned second = caus_wide_bits(&other) / 2;
    double variance = caus_wide_to_pair(&own, 2 * first).high;
    double beside = caus_wide_to_pair(&other, 2 * second).high;
    double r =
        caus_wide_to_pair(&both, first + second).high / sqrt(variance * beside);
    r = r > 1 ? 1 : r;
    return r < -1 ? -1 : r;
}

caus_status caus_gram_correlation(const caus_series *series, size_t least,
                                  caus_arena *arena, caus_correlation *result,
                                  caus_error *err)
{
    size_t variables = series->variable_count;
    size_t stride = caus_pad_lanes(variables);
    size_t rows = (size_t)series->gram->row_count;
    if (rows < least)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "the sums are of %zu rows: need at least %zu; merge "
                         "more grams",
                         rows, least);
    double *matrix = CAUS_ARRAY(arena, double, stride *stride);
    if (!matrix)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < variables; i++)
        for (size_t j = i; j < variables; j++) {
            matrix[i * stride + j] = correlate(series, i, j);
            matrix[j * stride + i] = matrix[i * stride + j];
        }
    *result = (caus_correlation){.variable_count = variables,
                                 .row_count = rows,
                                 .stride = stride,
                                 .matrix = matrix,
                                 .variables = series->variables};
    return CAUS_OK;
}
