/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "series/series_internal.h"

static uint64_t *copy_columns_of_bits(const uint64_t *from, size_t word_count,
                                      const size_t *keep, size_t keep_count,
                                      caus_arena *out)
{
    uint64_t *bits = CAUS_ARRAY(out, uint64_t, word_count * keep_count);
    for (size_t i = 0; bits && i < keep_count; i++)
        memcpy(bits + i * word_count, from + keep[i] * word_count,
               word_count * sizeof *bits);
    return bits;
}

static double *copy_columns(const double *from, size_t row_count, size_t count,
                            const size_t *keep, size_t keep_count,
                            caus_arena *out)
{
    double *values = CAUS_ARRAY(out, double, row_count *keep_count);
    for (size_t row = 0; values && row < row_count; row++)
        for (size_t i = 0; i < keep_count; i++)
            values[row * keep_count + i] = from[row * count + keep[i]];
    return values;
}

static bool select_segment(const caus_segment *from, size_t count,
                           const size_t *keep, size_t keep_count,
                           caus_arena *out, caus_segment *result)
{
    caus_segment made = *from;
    made.values = copy_columns(from->values, from->row_count, count, keep,
                               keep_count, out);
    if (!made.values)
        return false;
    if (from->support) {
        made.support = copy_columns(from->support, from->row_count, count, keep,
                                    keep_count, out);
        if (!made.support)
            return false;
    }
    if (from->missing) {
        made.missing = copy_columns_of_bits(from->missing, from->word_count,
                                            keep, keep_count, out);
        if (!made.missing)
            return false;
    }
    if (from->selected) {
        made.selected = copy_columns_of_bits(from->selected, from->word_count,
                                             keep, keep_count, out);
        if (!made.selected)
            return false;
    }
    *result = made;
    return true;
}

static caus_status check_keep(const caus_series *series, const size_t *keep,
                              size_t keep_count, caus_arena *out,
                              caus_error *err)
{
    if (keep_count == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no column is kept: give at least one");
    bool *taken = CAUS_ARRAY(out, bool, series->variable_count);
    if (!taken)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < keep_count; i++) {
        if (keep[i] >= series->variable_count)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "column %zu of %zu: give columns from 0 on",
                             keep[i], series->variable_count);
        if (taken[keep[i]])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "column %zu (\"%s\") is kept twice: name it once",
                             keep[i], series->variables[keep[i]].name);
        taken[keep[i]] = true;
    }
    return CAUS_OK;
}

/* Sums stay where they are: only the list of their columns changes. */
static caus_status select_sums(const caus_series *series, const size_t *keep,
                               size_t keep_count, caus_arena *out,
                               const size_t **result, caus_error *err)
{
    size_t *columns = CAUS_ARRAY(out, size_t, keep_count);
    if (!columns)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < keep_count; i++)
        columns[i] =
            series->gram_columns ? series->gram_columns[keep[i]] : keep[i];
    *result = columns;
    return CAUS_OK;
}

static caus_status select_columns(const caus_series *series, const size_t *keep,
                                  size_t keep_count, caus_arena *out,
                                  caus_series *result, caus_error *err)
{
    CAUS_TRY(check_keep(series, keep, keep_count, out, err));
    caus_variable *variables = CAUS_ARRAY(out, caus_variable, keep_count);
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!variables || !segments)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < keep_count; i++)
        variables[i] = series->variables[keep[i]];
    for (size_t i = 0; i < series->segment_count; i++)
        if (!select_segment(&series->segments[i], series->variable_count, keep,
                            keep_count, out, &segments[i]))
            return caus_arena_fail(out, err);
    caus_series made = *series;
    made.variable_count = keep_count;
    made.variables = variables;
    made.segments = segments;
    if (series->gram)
        CAUS_TRY(select_sums(series, keep, keep_count, out, &made.gram_columns,
                             err));
    *result = made;
    return CAUS_OK;
}

caus_status caus_series_select(const caus_series *series, const size_t *keep,
                               size_t keep_count, caus_arena *out,
                               caus_series *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status =
        select_columns(series, keep, keep_count, out, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
