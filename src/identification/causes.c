/* SPDX-License-Identifier: Apache-2.0 */
#include "identification/identification.h"

/* Counts the causes of every variable in first[v + 1]. */
static caus_status count_causes(const caus_graph *graph, size_t *first,
                                caus_error *err)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = i == j; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                const char *mark = caus_edge_text(edge);
                bool is_back = lag == 0 && edge.source == CAUS_MARK_ARROW &&
                               edge.target == CAUS_MARK_TAIL;
                if (edge.source == CAUS_MARK_NONE || is_back)
                    continue;
                if (edge.source != CAUS_MARK_TAIL ||
                    edge.target != CAUS_MARK_ARROW)
                    return CAUS_FAIL(
                        err, CAUS_ERR_INVALID_ARGUMENT,
                        "effects follow directed edges only, but variables "
                        "%zu and %zu are joined by %s at lag %zu: orient that "
                        "edge or take it out",
                        i, j, mark, lag);
                first[j + 1]++;
            }
    return CAUS_OK;
}

static void list_causes(const caus_graph *graph, const size_t *first,
                        caus_lagged *nodes)
{
    for (size_t j = 0; j < graph->node_count; j++) {
        size_t next = first[j];
        for (size_t i = 0; i < graph->node_count; i++)
            for (size_t lag = i == j; lag <= graph->max_lag; lag++)
                if (caus_graph_get(graph, i, j, lag).source == CAUS_MARK_TAIL)
                    nodes[next++] = (caus_lagged){i, lag};
    }
}

/* Kahn's way: variables whose causes at lag 0 are all placed come next. */
static caus_status sort(const caus_causes *causes, size_t *order, bool *placed,
                        caus_error *err)
{
    size_t count = causes->variable_count, done = 0, before;
    do {
        before = done;
        for (size_t v = 0; v < count; v++) {
            bool is_next = !placed[v];
            for (size_t k = causes->first[v]; k < causes->first[v + 1]; k++)
                is_next = is_next && (causes->nodes[k].lag ||
                                      placed[causes->nodes[k].variable]);
            if (is_next) {
                placed[v] = true;
                order[done++] = v;
            }
        }
    } while (done > before);
    for (size_t v = 0; v < count; v++)
        if (!placed[v])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "variable %zu is on or behind a cycle of edges at "
                             "lag 0: effects need a graph without one",
                             v);
    return CAUS_OK;
}

caus_status caus_causes_init(const caus_graph *graph, caus_arena *out,
                             caus_causes *result, caus_error *err)
{
    size_t count = graph->node_count;
    caus_arena_mark mark = caus_arena_get_mark(out);
    size_t *first = CAUS_ARRAY(out, size_t, count + 1);
    size_t *order = CAUS_ARRAY(out, size_t, count);
    bool *placed = CAUS_ARRAY(out, bool, count);
    caus_status status = CAUS_OK;
    caus_lagged *nodes = NULL;
    if (!first || !order || !placed)
        status = caus_arena_fail(out, err);
    if (status == CAUS_OK)
        status = count_causes(graph, first, err);
    for (size_t v = 0; status == CAUS_OK && v < count; v++)
        first[v + 1] += first[v];
    if (status == CAUS_OK) {
        nodes = CAUS_ARRAY(out, caus_lagged, first[count]);
        if (!nodes)
            status = caus_arena_fail(out, err);
    }
    caus_causes causes = {count, graph->max_lag, nodes, first, order};
    if (status == CAUS_OK) {
        list_causes(graph, first, nodes);
        status = sort(&causes, order, placed, err);
    }
    if (status == CAUS_OK)
        *result = causes;
    else
        caus_arena_rewind(out, mark);
    return status;
}
