/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "series/gram.h"
#include "series/series_internal.h"

size_t caus_series_row_count(const caus_series *series)
{
    size_t rows = series->gram ? (size_t)series->gram->rows_read : 0;
    for (size_t i = 0; i < series->segment_count; i++)
        rows += series->segments[i].row_count;
    return rows;
}

size_t caus_series_find(const caus_series *series, const char *name)
{
    for (size_t i = 0; i < series->variable_count; i++)
        if (strcmp(series->variables[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

caus_status caus_segment_room(size_t rows, size_t count, caus_arena *out,
                              caus_segment_parts *result, caus_error *err)
{
    size_t cells = 0;
    if (__builtin_mul_overflow(rows, count, &cells) ||
        cells > SIZE_MAX / 4 / sizeof(double))
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu rows of %zu variables are larger than the "
                         "address space: take a wider step, a shorter window "
                         "or fewer variables",
                         rows, count);
    double *values = CAUS_ARRAY(out, double, cells);
    uint64_t *missing =
        CAUS_ARRAY(out, uint64_t, caus_words_of_rows(rows) * count);
    if (!values || !missing)
        return caus_arena_fail(out, err);
    *result = (caus_segment_parts){values, missing};
    return CAUS_OK;
}

/* Copies values; what is not finite becomes NaN and a bit. */
static bool fill(const caus_segment_parts *parts, const double *values,
                 size_t rows, size_t count)
{
    assert(parts->values && parts->missing);
    size_t words = caus_words_of_rows(rows);
    bool any_missing = false;
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < count; column++) {
            size_t cell = row * count + column;
            if (isfinite(values[cell])) {
                parts->values[cell] = values[cell];
                continue;
            }
            parts->values[cell] = (double)NAN;
            caus_set_bit(parts->missing, words, column, row);
            any_missing = true;
        }
    }
    return any_missing;
}

static caus_status make_variables(const char *const *names, size_t count,
                                  caus_arena *out, caus_variable **result,
                                  caus_error *err)
{
    caus_variable *variables = CAUS_ARRAY(out, caus_variable, count);
    if (!variables)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        variables[i] = caus_variable_default();
        if (names)
            variables[i].name = caus_arena_copy(out, names[i] ? names[i] : "");
        else
            variables[i].name = caus_arena_format(out, "x%zu", i);
        if (!variables[i].name)
            return caus_arena_fail(out, err);
    }
    CAUS_TRY(caus_check_names(variables, count, err));
    *result = variables;
    return CAUS_OK;
}

static caus_status build(const char *const *names, size_t variable_count,
                         const double *values, size_t row_count,
                         int64_t step_ns, caus_arena *out, caus_series *result,
                         caus_error *err)
{
    caus_variable *variables = NULL;
    CAUS_TRY(make_variables(names, variable_count, out, &variables, err));
    caus_segment_parts parts = {0};
    CAUS_TRY(caus_segment_room(row_count, variable_count, out, &parts, err));
    caus_segment *segment = CAUS_ARRAY(out, caus_segment, 1);
    caus_environment *environment = CAUS_ARRAY(out, caus_environment, 1);
    if (!segment || !environment)
        return caus_arena_fail(out, err);
    bool any_missing = fill(&parts, values, row_count, variable_count);
    *segment = (caus_segment){.row_count = row_count,
                              .word_count = caus_words_of_rows(row_count),
                              .values = parts.values,
                              .missing = any_missing ? parts.missing : NULL};
    *environment = (caus_environment){0, "window"};
    *result = (caus_series){.variable_count = variable_count,
                            .variables = variables,
                            .segment_count = 1,
                            .segments = segment,
                            .environment_count = 1,
                            .environments = environment,
                            .step_ns = step_ns};
    return CAUS_OK;
}

caus_status caus_series_from_values(const char *const *names,
                                    size_t variable_count, const double *values,
                                    size_t row_count, int64_t step_ns,
                                    caus_arena *out, caus_series *result,
                                    caus_error *err)
{
    if (variable_count == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no variables: give at least one column");
    if (step_ns < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a step of %lld ns: give 0 (a table) or more",
                         (long long)step_ns);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = build(names, variable_count, values, row_count,
                               step_ns, out, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
