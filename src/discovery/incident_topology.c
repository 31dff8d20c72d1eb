/* SPDX-License-Identifier: Apache-2.0 */
/* Orientation by who calls whom. */
#include <string.h>

#include "discovery/incident_internal.h"

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), size = strlen(ending);
    return length >= size && strcmp(name + length - size, ending) == 0;
}

caus_symptom caus_symptom_of(const caus_variable *variable)
{
    static const char *const harms[] = {
        "_errors",      "_error_ratio", "_latency",    "_latency_p50",
        "_latency_p95", "_latency_p99", "_latency_avg"};
    static const char *const loads[] = {"_calls", "_requests",
                                        "_requests_total"};
    if (variable->kind == CAUS_KIND_LATENCY_QUANTILE)
        return CAUS_SYMPTOM_HARM;
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        if (ends_with(variable->name, harms[i]))
            return CAUS_SYMPTOM_HARM;
    }
    if (strcmp(variable->unit, "requests") == 0)
        return CAUS_SYMPTOM_LOAD;
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        if (ends_with(variable->name, loads[i]))
            return CAUS_SYMPTOM_LOAD;
    }
    return CAUS_SYMPTOM_NONE;
}

/* reached[caller * n + callee]: calls, directly or through others. */
static bool *find_reached(const caus_topology *topology, caus_arena *out)
{
    size_t n = topology->service_count;
    bool *reached = CAUS_ARRAY(out, bool, n *n);
    if (!reached)
        return NULL;
    for (size_t i = 0; i < topology->call_count; i++)
        reached[topology->calls[i][0] * n + topology->calls[i][1]] = true;
    for (size_t via = 0; via < n; via++) {
        for (size_t from = 0; from < n; from++) {
            for (size_t to = 0; reached[from * n + via] && to < n; to++)
                reached[from * n + to] |= reached[via * n + to];
        }
    }
    return reached;
}

/* Whether `cause` precedes `effect` by the call graph. */
static bool precedes(const caus_topology *topology, const bool *reached,
                     const caus_variable *cause, const caus_variable *effect)
{
    caus_symptom kind = caus_symptom_of(cause);
    size_t n = topology->service_count;
    size_t from = caus_topology_find(topology, cause->service);
    size_t to = caus_topology_find(topology, effect->service);
    if (kind == CAUS_SYMPTOM_NONE || kind != caus_symptom_of(effect) ||
        from == SIZE_MAX || to == SIZE_MAX || from == to)
        return false;
    bool downward = reached[from * n + to], upward = reached[to * n + from];
    if (downward == upward)
        return false; /* strangers, or each calls the other */
    return kind == CAUS_SYMPTOM_LOAD ? downward : upward;
}

caus_status caus_incident_orient(const caus_series *series,
                                 const caus_topology *topology, caus_arena *out,
                                 caus_discovery *discovery, caus_error *err)
{
    if (!topology)
        return CAUS_OK;
    caus_graph *graph = &discovery->graph;
    size_t nodes = graph->node_count;
    bool *reached = find_reached(topology, out);
    bool *by_topology =
        CAUS_ARRAY(out, bool, nodes *nodes *(graph->max_lag + 1));
    if (!reached || !by_topology)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < nodes; i++) {
        for (size_t j = 0; j < nodes; j++) {
            const caus_variable *cause = &series->variables[i];
            const caus_variable *effect = &series->variables[j];
            if (i == j || caus_graph_get(graph, i, j, 0).target == 0 ||
                !precedes(topology, reached, cause, effect))
                continue;
            caus_graph_set(graph, i, j, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
            by_topology[caus_graph_cell(graph, i, j, 0)] = true;
            by_topology[caus_graph_cell(graph, j, i, 0)] = true;
        }
    }
    discovery->by_topology = by_topology;
    return CAUS_OK;
}
