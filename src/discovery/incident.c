/* SPDX-License-Identifier: Apache-2.0 */
/* The incident preset. docs/design/0004-incident-preset.md */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"

caus_incident_options caus_incident_options_default(void)
{
    caus_incident_options options = {.pcmci = caus_pcmci_options_default()};
    options.pcmci.method = CAUS_METHOD_PCMCIPLUS;
    options.pcmci.fdr = CAUS_FDR_BH;
    options.pcmci.fdr_contemporaneous = true;
    options.pcmci.fdr_skip_own_past = true;
    options.pcmci.fdr_ordered_apart = true;
    options.pcmci.uneven_rows = true;
    return options;
}

/* The series with its variables in the order of their names. */
static caus_status sort_variables(const caus_series *series, caus_arena *out,
                                  caus_series *result, caus_error *err)
{
    size_t count = series->variable_count;
    size_t *order = CAUS_ARRAY(out, size_t, count);
    if (!order)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(series->variables[order[at - 1]].name,
                                series->variables[i].name) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return caus_series_select(series, order, count, out, result, err);
}

/* Beside what is analysed. */
typedef struct analysis {
    caus_series bare;   /* in units, load removed */
    caus_series tested; /* normal scores, and the load as one variable more */
} analysis;

/* Leaves out, removes load, takes normal scores. */
static caus_status prepare(const caus_series *series,
                           const caus_incident_options *options,
                           const caus_run *run, caus_arena *out,
                           caus_incident *result, analysis *made,
                           caus_error *err)
{
    CAUS_TRY(sort_variables(series, out, &result->input, err));
    const caus_series *input = &result->input;
    CAUS_TRY(caus_quality_examine(input, run, out, &result->quality, err));
    caus_screening chosen;
    CAUS_TRY(caus_incident_screen(input, &result->quality, out, &chosen, err));
    CAUS_TRY(caus_incident_check_choice(&chosen, err));
    result->dropped = chosen.dropped;
    result->dropped_count = chosen.dropped_count;
    caus_series kept, *bare = &made->bare;
    CAUS_TRY(caus_series_select(input, chosen.kept, chosen.kept_count, out,
                                &kept, err));
    caus_load load;
    caus_load_case about = {input, &result->quality, options, run};
    CAUS_TRY(caus_incident_choose_load(&about, out, &load, err));
    result->workload = load.name;
    result->workload_guess = load.guess;
    CAUS_TRY(
        caus_incident_remove_load(input, &load, &kept, run, out, bare, err));
    CAUS_TRY(caus_series_transform(bare, CAUS_TRANSFORM_NORMAL_SCORES, run, out,
                                   &result->series, err));
    made->tested = result->series;
    if (!load.chosen || load.is_offered)
        return CAUS_OK;
    caus_series wider;
    CAUS_TRY(caus_incident_add_load(input, &load, bare, out, &wider, err));
    return caus_series_transform(&wider, CAUS_TRANSFORM_NORMAL_SCORES, run, out,
                                 &made->tested, err);
}

/* The graph, with all that is known beforehand. */
static caus_status learn(const caus_incident_options *options,
                         const caus_run *run, caus_arena *out,
                         caus_incident *result, caus_error *err)
{
    caus_pcmci_options pcmci = options->pcmci;
    if (options->knowledge)
        CAUS_TRY(caus_knowledge_apply(
            options->knowledge, &result->series, options->topology,
            &result->input, pcmci.max_lag, out, &result->assumptions, err));
    if (options->knowledge)
        pcmci.assumptions = result->assumptions;
    const caus_calls *calls;
    CAUS_TRY(
        caus_incident_see_calls(options->topology, result, out, &calls, err));
    CAUS_TRY(caus_incident_assume(calls, pcmci.max_lag, pcmci.assumptions, out,
                                  &pcmci.assumptions, err));
    result->searched = pcmci.assumptions;
    CAUS_TRY(caus_discover_pcmci(&result->series, &pcmci, run, out,
                                 &result->discovery, err));
    return caus_incident_orient(calls, result, out, err);
}

/* Links must hold given the load as well. */
static caus_status hold(const analysis *made, const caus_pcmci_options *options,
                        const caus_run *run, caus_arena *out,
                        caus_incident *result, caus_error *err)
{
    caus_discovery *found = &result->discovery;
    const double *p_given_load;
    CAUS_TRY(caus_incident_hold_load(&made->tested, found, run, out,
                                     &p_given_load, err));
    if (result->workload_guess)
        return caus_incident_drop_shared(result, p_given_load, options, out,
                                         err);
    size_t nodes = found->graph.node_count;
    size_t cells = nodes * nodes * (found->graph.max_lag + 1);
    bool *by_load = CAUS_ARRAY(out, bool, cells);
    bool *is_load = CAUS_ARRAY(out, bool, nodes);
    if (!by_load || !is_load)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < nodes; v++)
        is_load[v] =
            caus_symptom_of(&result->series.variables[v]) == CAUS_SYMPTOM_LOAD;
    for (size_t cell = 0; cell < cells; cell++)
        by_load[cell] = p_given_load[cell] > options->alpha;
    found->by_load = by_load;
    found->is_load = is_load;
    return CAUS_OK;
}

/* What each link is worth. */
static caus_status judge(const analysis *made,
                         const caus_pcmci_options *options, const caus_run *run,
                         caus_arena *out, caus_incident *result,
                         caus_error *err)
{
    caus_discovery *found = &result->discovery;
    double alpha = options->alpha;
    const caus_series *series = &result->series;
    if (!found->complete)
        return CAUS_OK;
    if (made->tested.variable_count > series->variable_count)
        CAUS_TRY(hold(made, options, run, out, result, err));
    if (series->environment_count == 2)
        CAUS_TRY(caus_incident_replicate(series, &found->graph, run, alpha, out,
                                         &found->environments, err));
    /* Halves of a window without an incident have other names. */
    if (series->environment_count == 2 &&
        strcmp(series->environments[1].name, "incident") == 0) {
        CAUS_TRY(caus_incident_depart(result, out, err));
        caus_incident_rest(result);
    }
    return caus_incident_measure(&made->bare, found, run, out, &found->effect,
                                 err);
}

static caus_status discover(const caus_series *series,
                            const caus_incident_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_incident *result, caus_error *err)
{
    analysis made = {0};
    CAUS_TRY(prepare(series, options, run, out, result, &made, err));
    CAUS_TRY(learn(options, run, out, result, err));
    return judge(&made, &options->pcmci, run, out, result, err);
}

caus_status caus_discover_incident(const caus_series *series,
                                   const caus_incident_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_incident *result, caus_error *err)
{
    caus_incident_options wanted =
        options ? *options : caus_incident_options_default();
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_incident found = {0};
    caus_status status = discover(series, &wanted, run, out, &found, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = found;
    return CAUS_OK;
}
