/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/jpcmciplus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/discovery_internal.h"

static const char *const time_name = "time_dummy";
static const char *const space_name = "space_dummy";

caus_jpcmciplus_options caus_jpcmciplus_options_default(void)
{
    return (caus_jpcmciplus_options){.search = caus_pcmci_options_default(),
                                     .time_dummy = true,
                                     .space_dummy = true};
}

/* ---- checks ---- */

static caus_status check_options(const caus_pcmci_options *options,
                                 caus_error *err)
{
    if (options->test.test != CAUS_TEST_PARCORR)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "J-PCMCI+ conditions on environments and times by "
                         "partial correlation, not by the test %s: give the "
                         "test parcorr",
                         caus_test_name(options->test.test));
    if (isnan(options->pc_alpha))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "J-PCMCI+ cannot choose pc_alpha: give --pc-alpha a "
                         "number");
    if (options->min_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "contexts act without a lag: the smallest lag must be "
                         "0, not %zu",
                         options->min_lag);
    if (options->bootstrap)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "J-PCMCI+ has no bootstrap: ask for no replicates");
    return CAUS_OK;
}

static caus_status check_variables(const caus_series *series, caus_error *err)
{
    size_t system = 0;
    for (size_t v = 0; v < series->variable_count; v++) {
        const caus_variable *variable = &series->variables[v];
        system += variable->role == CAUS_ROLE_SYSTEM;
        if (variable->role == CAUS_ROLE_TIME_DUMMY ||
            variable->role == CAUS_ROLE_SPACE_DUMMY ||
            strcmp(variable->name, time_name) == 0 ||
            strcmp(variable->name, space_name) == 0)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the variable %s stands for a dummy, which is "
                             "made here: leave it out, or rename it and give "
                             "it another role",
                             variable->name);
    }
    if (!system)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "none of the %zu variables is a system variable: "
                         "contexts alone have no effects to find",
                         series->variable_count);
    return CAUS_OK;
}

/* A value of a context with what it must be the same in. */
typedef struct place {
    int64_t key;
    const caus_segment *segment;
    size_t row;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *left = a, *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

static caus_status list_places(const caus_series *series, caus_role role,
                               caus_arena *arena, place **result,
                               caus_error *err)
{
    size_t rows = caus_series_row_count(series), used = 0;
    place *places = CAUS_ARRAY(arena, place, rows);
    if (!places)
        return caus_arena_fail(arena, err);
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++)
            places[used++] = (place){role == CAUS_ROLE_SPACE_CONTEXT
                                         ? segment->environment
                                         : segment->offset_steps + (int64_t)r,
                                     segment, r};
    }
    qsort(places, used, sizeof *places, compare_places);
    *result = places;
    return CAUS_OK;
}

static caus_status check_context(const caus_series *series, size_t variable,
                                 const place *places, caus_error *err)
{
    size_t rows = caus_series_row_count(series);
    const place *first = NULL;
    double expected = 0;
    for (size_t k = 0; k < rows; k++) {
        const place *at = &places[k];
        if (caus_segment_is_missing(at->segment, at->row, variable))
            continue;
        double value =
            at->segment->values[at->row * series->variable_count + variable];
        if (!first || first->key != at->key) {
            first = at;
            expected = value;
        } else if (value < expected || value > expected) {
            bool space =
                series->variables[variable].role == CAUS_ROLE_SPACE_CONTEXT;
            return CAUS_FAIL(
                err, CAUS_ERR_INVALID_DATA,
                "%s is %g and %g in the same %s (%lld): a %s has one value "
                "there; make it a system variable",
                series->variables[variable].name, expected, value,
                space ? "environment" : "time step", (long long)at->key,
                space ? "space context" : "time context");
        }
    }
    return CAUS_OK;
}

static caus_status check_contexts(const caus_series *series, caus_role role,
                                  caus_arena *arena, caus_error *err)
{
    place *places = NULL;
    for (size_t v = 0; v < series->variable_count; v++) {
        if (series->variables[v].role != role)
            continue;
        if (!places)
            CAUS_TRY(list_places(series, role, arena, &places, err));
        CAUS_TRY(check_context(series, v, places, err));
    }
    return CAUS_OK;
}

/* ---- the series with a column a dummy ---- */

static bool has_environments(const caus_series *series)
{
    for (size_t s = 1; s < series->segment_count; s++)
        if (series->segments[s].environment != series->segments[0].environment)
            return true;
    return false;
}

static caus_variable dummy_variable(const char *name, caus_role role)
{
    caus_variable variable = caus_variable_default();
    variable.name = name;
    variable.kind = CAUS_KIND_CATEGORY;
    variable.value_type = CAUS_VALUE_DISCRETE;
    variable.role = role;
    return variable;
}

/* Bits of the variables, then `fill` for those that are added. */
static caus_status widen_bits(const caus_segment *segment, size_t from,
                              size_t to, uint64_t fill, caus_arena *arena,
                              const uint64_t **bits, caus_error *err)
{
    if (!*bits)
        return CAUS_OK;
    uint64_t *made = CAUS_ARRAY(arena, uint64_t, to * segment->word_count);
    if (!made)
        return caus_arena_fail(arena, err);
    memcpy(made, *bits, from * segment->word_count * sizeof *made);
    for (size_t w = from * segment->word_count; w < to * segment->word_count;
         w++)
        made[w] = fill;
    *bits = made;
    return CAUS_OK;
}

static caus_status widen_segment(caus_segment *segment, size_t from, size_t to,
                                 caus_arena *arena, caus_error *err)
{
    double *values = CAUS_ARRAY(arena, double, segment->row_count *to);
    if (!values)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < segment->row_count; r++)
        memcpy(values + r * to, segment->values + r * from,
               from * sizeof *values);
    segment->values = values;
    segment->support = NULL;
    CAUS_TRY(widen_bits(segment, from, to, 0, arena, &segment->missing, err));
    return widen_bits(segment, from, to, UINT64_MAX, arena, &segment->selected,
                      err);
}

/* The columns of dummies hold zeros: what they mean is in segments. */
static caus_status widen_series(const caus_series *series,
                                const caus_variable *variables, size_t count,
                                caus_arena *arena, caus_series *result,
                                caus_error *err)
{
    caus_segment *segments =
        CAUS_ARRAY(arena, caus_segment, series->segment_count);
    if (!segments)
        return caus_arena_fail(arena, err);
    for (size_t s = 0; s < series->segment_count; s++) {
        segments[s] = series->segments[s];
        CAUS_TRY(widen_segment(&segments[s], series->variable_count, count,
                               arena, err));
    }
    *result = *series;
    result->variables = variables;
    result->variable_count = count;
    result->segments = segments;
    return CAUS_OK;
}

static caus_status widen_assumptions(caus_pcmci_options *options, size_t from,
                                     size_t to, caus_arena *arena,
                                     caus_error *err)
{
    size_t lags = options->max_lag + 1;
    if (!options->assumptions)
        return CAUS_OK;
    unsigned char *cells = CAUS_ARRAY(arena, unsigned char, to *to *lags);
    if (!cells)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < from; i++)
        for (size_t j = 0; j < from; j++)
            memcpy(cells + (i * to + j) * lags,
                   options->assumptions + (i * from + j) * lags, lags);
    options->assumptions = cells;
    return CAUS_OK;
}

/* What the user must not say: that something acts on a context. */
static caus_status check_knowledge(const caus_series *series,
                                   const caus_pcmci_options *options,
                                   caus_error *err)
{
    size_t variables = series->variable_count, lags = options->max_lag + 1;
    for (size_t i = 0; options->assumptions && i < variables; i++)
        for (size_t j = 0; j < variables; j++) {
            unsigned char said =
                options->assumptions[(i * variables + j) * lags];
            const caus_variable *from = &series->variables[i];
            const caus_variable *to = &series->variables[j];
            bool into =
                from->role == CAUS_ROLE_SYSTEM &&
                to->role != CAUS_ROLE_SYSTEM &&
                (said == CAUS_ASSUME_LINK || said == CAUS_ASSUME_NOT_BACK);
            bool back = from->role != CAUS_ROLE_SYSTEM &&
                        to->role == CAUS_ROLE_SYSTEM &&
                        (said == CAUS_ASSUME_LINK_BACK ||
                         said == CAUS_ASSUME_ONLY_BACK);
            if (into || back)
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "the link of %s and %s is to point to a "
                                 "context: contexts are causes only; make it a "
                                 "system variable or take the rule away",
                                 from->name, to->name);
        }
    return CAUS_OK;
}

static caus_status give_variables(const caus_series *series,
                                  const caus_jpcmciplus_options *options,
                                  caus_arena *out, caus_jpcmciplus *result,
                                  caus_error *err)
{
    size_t count = series->variable_count;
    bool many = has_environments(series);
    caus_variable *variables = CAUS_ARRAY(out, caus_variable, count + 2);
    if (!variables)
        return caus_arena_fail(out, err);
    memcpy(variables, series->variables, count * sizeof *variables);
    if (many && options->time_dummy)
        variables[count++] = dummy_variable(time_name, CAUS_ROLE_TIME_DUMMY);
    if (many && options->space_dummy)
        variables[count++] = dummy_variable(space_name, CAUS_ROLE_SPACE_DUMMY);
    result->variables = variables;
    result->variable_count = count;
    return CAUS_OK;
}

/* The largest of many correlations has no degrees of freedom to compare. */
static caus_status hide_dummies(const caus_jpcmciplus *found, caus_arena *out,
                                const double **df, caus_error *err)
{
    size_t variables = found->variable_count;
    size_t lags = found->discovery.graph.max_lag + 1;
    if (!*df)
        return CAUS_OK;
    double *made = CAUS_ARRAY(out, double, variables *variables *lags);
    if (!made)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < variables * variables * lags; cell++) {
        caus_role from = found->variables[cell / lags / variables].role;
        caus_role to = found->variables[cell / lags % variables].role;
        bool has_dummy =
            from >= CAUS_ROLE_TIME_DUMMY || to >= CAUS_ROLE_TIME_DUMMY;
        made[cell] = has_dummy ? 0 : (*df)[cell];
    }
    *df = made;
    return CAUS_OK;
}

static caus_status discover(const caus_series *series,
                            const caus_jpcmciplus_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_jpcmciplus *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_pcmci_options search = options->search;
    caus_series wide;
    search.method = CAUS_METHOD_JPCMCIPLUS;
    CAUS_TRY(check_contexts(series, CAUS_ROLE_TIME_CONTEXT, scratch, err));
    CAUS_TRY(check_contexts(series, CAUS_ROLE_SPACE_CONTEXT, scratch, err));
    CAUS_TRY(give_variables(series, options, out, result, err));
    CAUS_TRY(widen_series(series, result->variables, result->variable_count,
                          scratch, &wide, err));
    CAUS_TRY(widen_assumptions(&search, series->variable_count,
                               result->variable_count, scratch, err));
    CAUS_TRY(
        caus_discover_pcmci(&wide, &search, run, out, &result->discovery, err));
    return hide_dummies(result, out, &result->discovery.df, err);
}

caus_status caus_discover_jpcmciplus(const caus_series *series,
                                     const caus_jpcmciplus_options *options,
                                     const caus_run *run, caus_arena *out,
                                     caus_jpcmciplus *result, caus_error *err)
{
    caus_jpcmciplus_options defaults = caus_jpcmciplus_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(&options->search, err));
    CAUS_TRY(check_variables(series, err));
    CAUS_TRY(check_knowledge(series, &options->search, err));
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_arena_mark out_mark = caus_arena_get_mark(out);
    caus_jpcmciplus made = {0};
    caus_status status = discover(series, options, run, out, &made, err);
    caus_arena_rewind(scratch, mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, out_mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
