/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "series/gram.h"

static bool is_constant(const caus_series *series, size_t variable)
{
    size_t column =
        series->gram_columns ? series->gram_columns[variable] : variable;
    caus_wide variance = caus_gram_centred(series->gram, column, column);
    return caus_wide_is_zero(&variance);
}

static caus_status write_warnings(const caus_series *series,
                                  const caus_variable_quality *facts,
                                  caus_arena *out, caus_quality *result,
                                  caus_error *err)
{
    const caus_gram *gram = series->gram;
    const char **warnings =
        CAUS_ARRAY(out, const char *, series->variable_count + 1);
    if (!warnings)
        return caus_arena_fail(out, err);
    size_t count = 0;
    if (gram->rows_in_gap)
        warnings[count++] = caus_arena_format(
            out,
            "%llu of %llu rows had a missing value and were left out of the "
            "sums for all variables, with the %zu rows after each gap",
            (unsigned long long)gram->rows_in_gap,
            (unsigned long long)gram->rows_read, gram->reach);
    for (size_t v = 0; v < series->variable_count; v++)
        if (facts[v].constant)
            warnings[count++] = caus_arena_format(
                out, "%s has one value in all rows: no link to it can be seen",
                series->variables[v].name);
    for (size_t k = 0; k < count; k++)
        if (!warnings[k])
            return caus_arena_fail(out, err);
    result->warnings = warnings;
    result->warning_count = count;
    return CAUS_OK;
}

caus_status caus_gram_quality(const caus_series *series, caus_arena *out,
                              caus_quality *result, caus_error *err)
{
    size_t count = series->variable_count;
    caus_variable_quality *facts =
        CAUS_ARRAY(out, caus_variable_quality, count);
    if (!facts)
        return caus_arena_fail(out, err);
    double rows = (double)series->gram->row_count;
    for (size_t v = 0; v < count; v++) {
        bool constant = is_constant(series, v);
        facts[v] = (caus_variable_quality){
            .nonzero_rows = (size_t)series->gram->row_count,
            .constant = constant,
            .duplicate_of = SIZE_MAX,
            .effective_rows = constant ? 0 : rows,
            .adf_p = (double)NAN,
            .kpss_p = (double)NAN};
    }
    caus_quality made = {
        .variable_count = count, .variables = facts, .complete = true};
    CAUS_TRY(write_warnings(series, facts, out, &made, err));
    *result = made;
    return CAUS_OK;
}
