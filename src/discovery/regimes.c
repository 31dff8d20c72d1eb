/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "discovery/pack.h"
#include "discovery/windows_internal.h"
#include "numeric/order.h"

enum { MOST_REGIMES = 100 };

static int compare_values(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static size_t list_values(const caus_series *series, size_t variable,
                          double *values)
{
    size_t used = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++)
            if (!caus_segment_is_missing(segment, r, variable))
                values[used++] =
                    segment->values[r * series->variable_count + variable];
    }
    caus_sort(values, used);
    size_t distinct = 0;
    for (size_t k = 0; k < used; k++)
        if (k == 0 || values[k] > values[distinct - 1])
            values[distinct++] = values[k];
    return distinct;
}

static void label_rows(const caus_series *series, size_t variable,
                       const double *values, size_t distinct, size_t *labels)
{
    size_t row = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++) {
            const double *value =
                &segment->values[r * series->variable_count + variable];
            const double *found = NULL;
            if (!caus_segment_is_missing(segment, r, variable))
                found = bsearch(value, values, distinct, sizeof *values,
                                compare_values);
            labels[row++] = found ? (size_t)(found - values) : SIZE_MAX;
        }
    }
}

static caus_status take_regimes(const caus_series *series, size_t variable,
                                caus_arena *out, caus_regime_labels *result,
                                caus_error *err)
{
    size_t rows = caus_series_row_count(series);
    double *values = CAUS_ARRAY(out, double, rows);
    size_t *labels = CAUS_ARRAY(out, size_t, rows);
    if (!values || !labels)
        return caus_arena_fail(out, err);
    size_t distinct = list_values(series, variable, values);
    if (!distinct)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s has no value, so no row is in a regime: give a "
                         "variable with values",
                         series->variables[variable].name);
    if (distinct > MOST_REGIMES)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s has %zu different values: regimes are told by at "
                         "most %d; give a category",
                         series->variables[variable].name, distinct,
                         MOST_REGIMES);
    label_rows(series, variable, values, distinct, labels);
    *result = (caus_regime_labels){distinct, values, labels};
    return CAUS_OK;
}

caus_status caus_regimes_of_variable(const caus_series *series, size_t variable,
                                     caus_arena *out,
                                     caus_regime_labels *result,
                                     caus_error *err)
{
    if (variable >= series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no variable %zu to tell regimes by: the "
                         "series has %zu",
                         variable, series->variable_count);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = take_regimes(series, variable, out, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}

/* Selects the rows of a regime in every variable. */
static caus_status select_rows(const caus_series *series, const size_t *labels,
                               size_t regime, caus_arena *arena,
                               caus_segment *segments, caus_error *err)
{
    size_t variables = series->variable_count, row = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *from = &series->segments[s];
        size_t words = from->word_count;
        uint64_t *selected = CAUS_ARRAY(arena, uint64_t, variables * words);
        if (!selected)
            return caus_arena_fail(arena, err);
        for (size_t r = 0; r < from->row_count; r++, row++) {
            uint64_t is_in = labels[row] == regime;
            selected[r / 64] |= is_in << (r % 64);
        }
        for (size_t v = 1; v < variables; v++)
            memcpy(selected + v * words, selected, words * sizeof *selected);
        segments[s] = *from;
        segments[s].selected = selected;
    }
    return CAUS_OK;
}

/* All regimes of a series. */
typedef struct regime_search {
    const caus_series *series;
    const caus_regime_labels *labels;
    const caus_pcmci_options *options;
    const caus_run *run;
} regime_search;

static caus_status search_masked(const regime_search *r, size_t index,
                                 caus_arena *out, caus_discovery *result,
                                 caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(r->run, 0);
    caus_segment *segments =
        CAUS_ARRAY(scratch, caus_segment, r->series->segment_count);
    if (!segments)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(select_rows(r->series, r->labels->labels, index, scratch, segments,
                         err));
    caus_series masked = *r->series;
    masked.segments = segments;
    return caus_discover_pcmci(&masked, r->options, r->run, out, result, err);
}

static caus_status search_regime(void *data, size_t index, caus_arena *out,
                                 caus_discovery *result, caus_error *err)
{
    const regime_search *r = data;
    caus_arena *scratch = caus_run_scratch(r->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = search_masked(r, index, out, result, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

static caus_status check(const caus_series *series,
                         const caus_regime_labels *labels,
                         const caus_pcmci_options *options, caus_error *err)
{
    CAUS_TRY(caus_windows_check(options, err));
    if (!labels->regime_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no regime: give one or more");
    size_t rows = caus_series_row_count(series);
    for (size_t r = 0; r < rows; r++)
        if (labels->labels[r] >= labels->regime_count &&
            labels->labels[r] != SIZE_MAX)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "row %zu is in regime %zu of %zu: give labels "
                             "from 0 on, or none",
                             r, labels->labels[r], labels->regime_count);
    return CAUS_OK;
}

static caus_status search_all(regime_search *r, caus_arena *out,
                              caus_regimes *made, caus_error *err)
{
    size_t count = r->labels->regime_count;
    size_t rows = caus_series_row_count(r->series);
    caus_regime *regimes = CAUS_ARRAY(out, caus_regime, count);
    caus_discovery *found = CAUS_ARRAY(out, caus_discovery, count);
    if (!regimes || !found)
        return caus_arena_fail(out, err);
    for (size_t row = 0; row < rows; row++)
        if (r->labels->labels[row] < count)
            regimes[r->labels->labels[row]].row_count++;
    CAUS_TRY(caus_share_units(r->run, count, search_regime, r, out, found,
                              &made->regime_count, err));
    made->complete = made->regime_count == count;
    for (size_t k = 0; k < made->regime_count; k++) {
        regimes[k].discovery = found[k];
        made->complete = made->complete && found[k].complete;
    }
    made->regimes = regimes;
    return CAUS_OK;
}

caus_status caus_discover_regimes(const caus_series *series,
                                  const caus_regime_labels *labels,
                                  const caus_pcmci_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_regimes *result, caus_error *err)
{
    caus_pcmci_options mine = options ? *options : caus_pcmci_options_default();
    if (!mine.mask_roles)
        mine.mask_roles = CAUS_MASK_TARGET;
    CAUS_TRY(check(series, labels, &mine, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    regime_search search = {series, labels, &mine, run};
    caus_regimes made = {0};
    caus_status status = search_all(&search, out, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
