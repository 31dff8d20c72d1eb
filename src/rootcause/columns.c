/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "rootcause/columns.h"

typedef struct column {
    const char *name;
    size_t index;
} column;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const column *)a)->name, ((const column *)b)->name);
}

static bool are_sorted(const caus_series *series)
{
    for (size_t v = 1; v < series->variable_count; v++) {
        if (strcmp(series->variables[v - 1].name, series->variables[v].name) >
            0)
            return false;
    }
    return true;
}

/* What is usual of each, where that is told. */
static caus_status sort_usual(caus_case *about, caus_error *err)
{
    size_t count = about->series->variable_count;
    if (!about->usual)
        return CAUS_OK;
    caus_time_of_day *usual = CAUS_ARRAY(about->out, caus_time_of_day, count);
    if (!usual)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < count; v++)
        usual[v] = about->usual[about->columns[v]];
    about->usual = usual;
    return CAUS_OK;
}

caus_status caus_columns_sort(caus_case *about, caus_error *err)
{
    const caus_series *series = about->series;
    size_t count = series->variable_count;
    if (are_sorted(series))
        return CAUS_OK;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    column *columns = CAUS_ARRAY(scratch, column, count);
    size_t *order = CAUS_ARRAY(scratch, size_t, count);
    caus_variable *variables = CAUS_ARRAY(scratch, caus_variable, count);
    caus_series *sorted = CAUS_ARRAY(scratch, caus_series, 1);
    if (!columns || !order || !variables || !sorted)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < count; v++)
        columns[v] = (column){series->variables[v].name, v};
    qsort(columns, count, sizeof *columns, by_name);
    for (size_t v = 0; v < count; v++) {
        order[v] = columns[v].index;
        variables[v] = series->variables[order[v]];
    }
    *sorted = *series;
    sorted->variables = variables;
    about->series = sorted;
    about->columns = order;
    return sort_usual(about, err);
}

caus_status caus_columns_select(const caus_case *about, const size_t *keep,
                                size_t count, caus_series *result,
                                caus_error *err)
{
    const caus_series *series = about->series;
    size_t *columns = CAUS_ARRAY(about->out, size_t, count);
    caus_variable *variables = CAUS_ARRAY(about->out, caus_variable, count);
    if (!columns || !variables)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < count; i++) {
        columns[i] = about->columns ? about->columns[keep[i]] : keep[i];
        variables[i] = series->variables[keep[i]];
    }
    CAUS_TRY(
        caus_series_select(series, columns, count, about->out, result, err));
    result->variables = variables;
    return CAUS_OK;
}

static caus_status restore_clues(const size_t *order, caus_arena *out,
                                 caus_explanation *result, caus_error *err)
{
    size_t count = result->clue_count;
    caus_clue *clues = CAUS_ARRAY(out, caus_clue, count);
    caus_time_of_day *usual =
        result->usual ? CAUS_ARRAY(out, caus_time_of_day, count) : NULL;
    if (!clues || (result->usual && !usual))
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        clues[i] = result->clues[i];
        clues[i].variable = order[clues[i].variable];
        if (usual)
            usual[order[i]] = result->usual[i];
    }
    result->clues = clues;
    result->usual = usual;
    return CAUS_OK;
}

static caus_status restore_chain(const size_t *order, caus_arena *out,
                                 caus_suspect *suspect, caus_error *err)
{
    caus_hop *chain = CAUS_ARRAY(out, caus_hop, suspect->hop_count);
    if (!chain)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < suspect->hop_count; i++) {
        chain[i] = suspect->chain[i];
        if (chain[i].variable != SIZE_MAX)
            chain[i].variable = order[chain[i].variable];
    }
    suspect->chain = chain;
    return CAUS_OK;
}

caus_status caus_columns_restore(const size_t *order, caus_arena *out,
                                 caus_explanation *result, caus_error *err)
{
    size_t count = result->suspect_count;
    caus_suspect *suspects = CAUS_ARRAY(out, caus_suspect, count + 1);
    if (!suspects)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        suspects[i] = result->suspects[i];
        if (suspects[i].hop_count)
            CAUS_TRY(restore_chain(order, out, &suspects[i], err));
    }
    result->suspects = suspects;
    if (result->symptom != SIZE_MAX)
        result->symptom = order[result->symptom];
    return restore_clues(order, out, result, err);
}
