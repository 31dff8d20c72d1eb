/* SPDX-License-Identifier: Apache-2.0 */
/* The incident preset. docs/design/0004-incident-preset.md */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"

/* The segments of one environment, as a series of their own. */
static bool environment_view(const caus_series *series, size_t environment,
                             caus_arena *out, caus_series *view)
{
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!segments)
        return false;
    *view = *series;
    view->segments = segments;
    view->segment_count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        if (series->segments[s].environment ==
            series->environments[environment].id)
            segments[view->segment_count++] = series->segments[s];
    }
    return true;
}

static caus_edge_environments compare(const caus_discovery *baseline,
                                      const caus_discovery *incident,
                                      size_t cell)
{
    bool before = baseline->graph.cells[cell].target != CAUS_MARK_NONE;
    bool after = incident->graph.cells[cell].target != CAUS_MARK_NONE;
    if (before && after)
        return signbit(baseline->statistic[cell]) ==
                       signbit(incident->statistic[cell])
                   ? CAUS_EDGE_REPLICATED
                   : CAUS_EDGE_CHANGED;
    if (before)
        return CAUS_EDGE_BASELINE_ONLY;
    if (after)
        return CAUS_EDGE_INCIDENT_ONLY;
    return CAUS_EDGE_POOLED;
}

/* Runs each environment alone and labels the links of the pooled graph. */
static caus_status label_environments(const caus_series *series,
                                      const caus_pcmci_options *options,
                                      const caus_run *run, caus_arena *out,
                                      caus_discovery *pooled, caus_error *err)
{
    caus_pcmci_options alone = *options;
    alone.bootstrap = 0;
    alone.all_links = false;
    alone.level = 0;
    caus_discovery found[2];
    for (size_t e = 0; e < 2; e++) {
        caus_series view;
        if (!environment_view(series, e, out, &view))
            return caus_arena_fail(out, err);
        caus_status status =
            caus_discover_pcmci(&view, &alone, run, out, &found[e], err);
        if (status == CAUS_ERR_TOO_FEW_SAMPLES)
            return CAUS_OK; /* not comparable: links stay "pooled" */
        CAUS_TRY(status);
        if (!found[e].complete) {
            pooled->complete = false;
            return CAUS_OK;
        }
    }
    size_t nodes = pooled->graph.node_count;
    size_t cells = nodes * nodes * (pooled->graph.max_lag + 1);
    unsigned char *labels = CAUS_ARRAY(out, unsigned char, cells);
    if (!labels)
        return caus_arena_fail(out, err);
    size_t lags = pooled->graph.max_lag + 1;
    for (size_t cell = 0; cell < cells; cell++) {
        if (pooled->graph.cells[cell].target == CAUS_MARK_NONE)
            continue;
        labels[cell] = (unsigned char)compare(&found[0], &found[1], cell);
        if (cell % lags == 0) /* lag 0 is marked once, but labelled twice */
            labels[caus_graph_cell(&pooled->graph, cell / lags % nodes,
                                   cell / lags / nodes, 0)] = labels[cell];
    }
    pooled->environments = labels;
    return CAUS_OK;
}

caus_incident_options caus_incident_options_default(void)
{
    caus_incident_options options = {.pcmci = caus_pcmci_options_default()};
    options.pcmci.method = CAUS_METHOD_PCMCIPLUS;
    options.pcmci.fdr = CAUS_FDR_BH;
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

/* Leaves out, removes load, takes normal scores. */
static caus_status prepare(const caus_series *series,
                           const caus_incident_options *options,
                           const caus_run *run, caus_arena *out,
                           caus_incident *result, caus_error *err)
{
    CAUS_TRY(sort_variables(series, out, &result->input, err));
    const caus_series *input = &result->input;
    CAUS_TRY(caus_quality_examine(input, run, out, &result->quality, err));
    caus_choice chosen;
    CAUS_TRY(caus_incident_choose(input, &result->quality, out, &chosen, err));
    result->dropped = chosen.dropped;
    result->dropped_count = chosen.dropped_count;
    caus_series kept, bare;
    CAUS_TRY(caus_series_select(input, chosen.kept, chosen.kept_count, out,
                                &kept, err));
    CAUS_TRY(caus_incident_remove_load(input, &result->quality, &kept, options,
                                       run, out, &bare, &result->workload,
                                       err));
    return caus_series_transform(&bare, CAUS_TRANSFORM_NORMAL_SCORES, run, out,
                                 &result->series, err);
}

static caus_status discover(const caus_series *series,
                            const caus_incident_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_incident *result, caus_error *err)
{
    CAUS_TRY(prepare(series, options, run, out, result, err));
    caus_pcmci_options pcmci = options->pcmci;
    if (options->knowledge) {
        CAUS_TRY(caus_knowledge_apply(
            options->knowledge, &result->series, options->topology,
            &result->input, pcmci.max_lag, out, &result->assumptions, err));
        pcmci.assumptions = result->assumptions;
    }
    CAUS_TRY(caus_discover_pcmci(&result->series, &pcmci, run, out,
                                 &result->discovery, err));
    if (series->environment_count == 2 && result->discovery.complete)
        CAUS_TRY(label_environments(&result->series, &pcmci, run, out,
                                    &result->discovery, err));
    return caus_incident_orient(&result->series, options->topology, out,
                                &result->discovery, err);
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
