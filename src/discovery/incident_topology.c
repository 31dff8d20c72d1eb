/* SPDX-License-Identifier: Apache-2.0 */
/* What a call graph says about links: their direction, and whether a call
 * explains them at all. */
#include <string.h>

#include "discovery/incident_internal.h"
#include "graph/calls.h"

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

/* The call graph beside the nodes of a discovery. */
struct caus_calls {
    const caus_topology *topology;
    size_t node_count;
    const caus_symptom *symptom; /* [node_count] */
    const bool *stands_for; /* [node_count × service_count] a node has members
                               of the service */
    const bool *known;      /* [node_count] in the call graph */
    const size_t *callee_start; /* [service_count + 1] into callees */
    const size_t *callees;
    /* [service_count²] caller, callee: calls, directly or through others; of
     * callers that a node stands for */
    const bool *far;
    /* [CAUS_SYMPTOM_COUNT × service_count²] the same, directly or through
     * services that no node shows such a symptom of */
    const bool *near;
};

typedef struct caus_calls call_view;

/* Marks whom a service reaches by ways whose inner places are open. */
static void mark_ways(const call_view *view, size_t from, const bool *is_open,
                      size_t *queue, bool *reached)
{
    size_t head = 0, tail = 0;
    queue[tail++] = from;
    while (head < tail) {
        size_t at = queue[head++];
        if (at != from && is_open && !is_open[at])
            continue;
        for (size_t i = view->callee_start[at]; i < view->callee_start[at + 1];
             i++) {
            size_t callee = view->callees[i];
            if (reached[callee])
                continue;
            reached[callee] = true;
            queue[tail++] = callee;
        }
    }
}

static bool node_stands_for(const call_view *view, size_t node, size_t service)
{
    return view->stands_for[node * view->topology->service_count + service];
}

/* Ways whose inner places are open, NULL = all are: from services that a node
 * stands for, as nobody asks for others. */
static bool find_ways(const call_view *view, const bool *is_open,
                      caus_arena *out, bool *ways)
{
    size_t n = view->topology->service_count;
    size_t *queue = CAUS_ARRAY(out, size_t, n + 1);
    if (!queue)
        return false;
    for (size_t s = 0; s < n; s++) {
        size_t node = 0;
        while (node < view->node_count && !node_stands_for(view, node, s))
            node++;
        if (node < view->node_count)
            mark_ways(view, s, is_open, queue, ways + s * n);
    }
    return true;
}

static bool fill_far(call_view *view, caus_arena *out)
{
    size_t n = view->topology->service_count;
    bool *far = CAUS_ARRAY(out, bool, n *n);
    view->far = far;
    return far && find_ways(view, NULL, out, far);
}

/* Services that a way may lead through unseen: no node shows the symptom. */
static bool fill_near(call_view *view, caus_arena *out)
{
    size_t n = view->topology->service_count;
    bool *near = CAUS_ARRAY(out, bool, CAUS_SYMPTOM_COUNT *n *n);
    bool *is_open = CAUS_ARRAY(out, bool, n);
    if (!near || !is_open)
        return false;
    for (int symptom = 0; symptom < CAUS_SYMPTOM_COUNT; symptom++) {
        for (size_t s = 0; s < n; s++) {
            is_open[s] = true;
            for (size_t v = 0; v < view->node_count; v++)
                if (node_stands_for(view, v, s) &&
                    view->symptom[v] == (caus_symptom)symptom)
                    is_open[s] = false;
        }
        if (!find_ways(view, is_open, out, near + (size_t)symptom * n * n))
            return false;
    }
    view->near = near;
    return true;
}

static void add_service(const call_view *view, const caus_variable *variable,
                        size_t node, bool *stands_for, bool *known)
{
    size_t s = caus_topology_find(view->topology, variable->service);
    if (s == SIZE_MAX)
        return;
    stands_for[node * view->topology->service_count + s] = true;
    known[node] = true;
}

/* A node stands for the services of its whole family. */
static bool fill_nodes(call_view *view, const caus_incident *incident,
                       caus_arena *out)
{
    size_t nodes = view->node_count, n = view->topology->service_count;
    caus_symptom *symptom = CAUS_ARRAY(out, caus_symptom, nodes);
    bool *stands_for = CAUS_ARRAY(out, bool, nodes *n);
    bool *known = CAUS_ARRAY(out, bool, nodes);
    if (!symptom || !stands_for || !known)
        return false;
    const caus_series *input = &incident->input;
    for (size_t v = 0; v < nodes; v++) {
        const caus_variable *own = &incident->series.variables[v];
        symptom[v] = caus_symptom_of(own);
        add_service(view, own, v, stands_for, known);
        size_t place = caus_series_find(input, own->name);
        const caus_family *family = NULL;
        for (size_t f = 0; f < incident->quality.family_count; f++) {
            const caus_family *one = &incident->quality.families[f];
            for (size_t m = 0; m < one->member_count; m++)
                if (one->members[m] == place)
                    family = one;
        }
        for (size_t m = 0; family && m < family->member_count; m++) {
            const caus_variable *member = &input->variables[family->members[m]];
            if (caus_symptom_of(member) == symptom[v])
                add_service(view, member, v, stands_for, known);
        }
    }
    view->symptom = symptom;
    view->stands_for = stands_for;
    view->known = known;
    return true;
}

/* Whether a way leads from a service of one node to one of the other. */
static bool leads(const call_view *view, const bool *ways, size_t caller,
                  size_t callee)
{
    size_t n = view->topology->service_count;
    for (size_t from = 0; from < n; from++) {
        for (size_t to = 0; node_stands_for(view, caller, from) && to < n; to++)
            if (from != to && node_stands_for(view, callee, to) &&
                ways[from * n + to])
                return true;
    }
    return false;
}

static bool share_service(const call_view *view, size_t a, size_t b)
{
    size_t n = view->topology->service_count;
    for (size_t s = 0; s < n; s++)
        if (node_stands_for(view, a, s) && node_stands_for(view, b, s))
            return true;
    return false;
}

/* Whether `cause` precedes `effect` by the call graph. */
static bool precedes(const call_view *view, size_t cause, size_t effect)
{
    caus_symptom symptom = view->symptom[cause];
    if (symptom == CAUS_SYMPTOM_NONE || symptom != view->symptom[effect] ||
        share_service(view, cause, effect))
        return false;
    bool downward = leads(view, view->far, cause, effect);
    bool upward = leads(view, view->far, effect, cause);
    if (downward == upward)
        return false; /* strangers, or each calls the other */
    return symptom == CAUS_SYMPTOM_LOAD ? downward : upward;
}

/* Whether calls are a way for this cause to reach this effect. */
static bool is_explained(const call_view *view, size_t cause, size_t effect)
{
    if (!view->known[cause] || !view->known[effect])
        return true; /* the call graph does not know them */
    if (share_service(view, cause, effect))
        return true;
    caus_symptom from = view->symptom[cause], to = view->symptom[effect];
    size_t n = view->topology->service_count;
    const bool *near = view->near + (size_t)to * n * n;
    if (from == CAUS_SYMPTOM_LOAD && to == CAUS_SYMPTOM_LOAD)
        return leads(view, near, cause, effect);
    if (from == CAUS_SYMPTOM_HARM && to == CAUS_SYMPTOM_HARM)
        return leads(view, near, effect, cause);
    if (from != CAUS_SYMPTOM_NONE && to != CAUS_SYMPTOM_NONE)
        return false; /* load and harm meet within a service */
    return leads(view, near, cause, effect) || leads(view, near, effect, cause);
}

/* Between services the calls alone give an order at lag 0: rules of
 * orientation would need every cause to be among the variables. */
static bool is_unclear(const call_view *view, size_t a, size_t b)
{
    return view->known[a] && view->known[b] && !share_service(view, a, b) &&
           !precedes(view, a, b) && !precedes(view, b, a);
}

caus_status caus_incident_see_calls(const caus_topology *topology,
                                    const caus_incident *incident,
                                    caus_arena *out, const caus_calls **calls,
                                    caus_error *err)
{
    *calls = NULL;
    if (!topology)
        return CAUS_OK;
    call_view *view = CAUS_ARRAY(out, call_view, 1);
    if (!view)
        return caus_arena_fail(out, err);
    view->topology = topology;
    view->node_count = incident->series.variable_count;
    CAUS_TRY(caus_calls_group(topology, 0, out, &view->callee_start,
                              &view->callees, err));
    if (!fill_nodes(view, incident, out) || !fill_near(view, out) ||
        !fill_far(view, out))
        return caus_arena_fail(out, err);
    *calls = view;
    return CAUS_OK;
}

/* Says what is not said yet: an effect does not come before its cause, and does
 * not pass a service by that shows the same. */
static void assume_pair(const call_view *view, size_t cause, size_t effect,
                        size_t lags, unsigned char *cells)
{
    unsigned char *there = cells + (cause * view->node_count + effect) * lags;
    unsigned char *back = cells + (effect * view->node_count + cause) * lags;
    bool is_near = is_explained(view, cause, effect);
    for (size_t k = 0; k < lags; k++) {
        if (there[k] != CAUS_ASSUME_UNKNOWN || back[k] != CAUS_ASSUME_UNKNOWN)
            continue;
        if (k > 0)
            back[k] = CAUS_ASSUME_ABSENT;
        else if (is_near) {
            there[k] = CAUS_ASSUME_NOT_BACK;
            back[k] = CAUS_ASSUME_ONLY_BACK;
        } else
            there[k] = back[k] = CAUS_ASSUME_ABSENT;
    }
}

caus_status caus_incident_assume(const caus_calls *calls, size_t max_lag,
                                 const unsigned char *given, caus_arena *out,
                                 const unsigned char **assumptions,
                                 caus_error *err)
{
    *assumptions = given;
    if (!calls)
        return CAUS_OK;
    size_t nodes = calls->node_count, lags = max_lag + 1;
    unsigned char *cells = CAUS_ARRAY(out, unsigned char, nodes *nodes *lags);
    if (!cells)
        return caus_arena_fail(out, err);
    if (given)
        memcpy(cells, given, nodes * nodes * lags);
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < nodes; j++)
            if (i != j && precedes(calls, i, j))
                assume_pair(calls, i, j, lags, cells);
    *assumptions = cells;
    return CAUS_OK;
}

/* A column called by one word names no service but itself. */
static bool names_service(const caus_variable *variable)
{
    return *variable->service && strcmp(variable->service, variable->name) != 0;
}

static bool is_between_services(const caus_series *series, size_t a, size_t b)
{
    const caus_variable *one = &series->variables[a];
    const caus_variable *other = &series->variables[b];
    return names_service(one) && names_service(other) &&
           strcmp(one->service, other->service) != 0;
}

/* Where no call graph is known: of the lag-0 arrows that rules of orientation
 * draw between services two in five are wrong. */
static void leave_order_open(caus_incident *incident)
{
    caus_graph *graph = &incident->discovery.graph;
    const unsigned char *said = incident->searched;
    for (size_t i = 0; i < graph->node_count; i++) {
        for (size_t j = i + 1; j < graph->node_count; j++) {
            bool is_said =
                said &&
                (said[caus_graph_cell(graph, i, j, 0)] != CAUS_ASSUME_UNKNOWN ||
                 said[caus_graph_cell(graph, j, i, 0)] != CAUS_ASSUME_UNKNOWN);
            if (!is_said && is_between_services(&incident->series, i, j) &&
                caus_graph_get(graph, i, j, 0).target != CAUS_MARK_NONE)
                caus_graph_set(graph, i, j, 0, CAUS_MARK_CIRCLE,
                               CAUS_MARK_CIRCLE);
        }
    }
}

caus_status caus_incident_orient(const caus_calls *calls,
                                 caus_incident *incident, caus_arena *out,
                                 caus_error *err)
{
    caus_discovery *discovery = &incident->discovery;
    caus_graph *graph = &discovery->graph;
    size_t nodes = graph->node_count, lags = graph->max_lag + 1;
    if (!calls) {
        leave_order_open(incident);
        return CAUS_OK;
    }
    bool *by_topology = CAUS_ARRAY(out, bool, nodes *nodes *lags);
    bool *off_calls = CAUS_ARRAY(out, bool, nodes *nodes *lags);
    if (!by_topology || !off_calls)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < nodes; i++) {
        for (size_t j = 0; j < nodes; j++) {
            size_t cell = caus_graph_cell(graph, i, j, 0);
            if (i == j)
                continue;
            bool explained = is_explained(calls, i, j);
            memset(off_calls + cell, !explained, lags);
            if (caus_graph_get(graph, i, j, 0).target == CAUS_MARK_NONE)
                continue;
            if (!precedes(calls, i, j)) {
                if (is_unclear(calls, i, j))
                    caus_graph_set(graph, i, j, 0, CAUS_MARK_CIRCLE,
                                   CAUS_MARK_CIRCLE);
                continue;
            }
            caus_graph_set(graph, i, j, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
            by_topology[cell] = true;
            by_topology[caus_graph_cell(graph, j, i, 0)] = true;
        }
    }
    discovery->by_topology = by_topology;
    discovery->off_calls = off_calls;
    return CAUS_OK;
}
