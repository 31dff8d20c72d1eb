/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>

#include "base/base.h"
#include "caus/graph.h"

caus_status caus_graph_init(caus_graph *graph, size_t node_count,
                            size_t max_lag, caus_arena *out, caus_error *err)
{
    if (node_count < 1)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a graph of 0 nodes: give at least one variable");
    size_t cells = 0;
    if (max_lag == SIZE_MAX ||
        __builtin_mul_overflow(node_count, node_count, &cells) ||
        __builtin_mul_overflow(cells, max_lag + 1, &cells) ||
        cells > SIZE_MAX / 2 / sizeof(caus_edge))
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a graph of %zu nodes with lags up to %zu is larger "
                         "than the address space: ask for fewer of either",
                         node_count, max_lag);
    caus_edge *edges = CAUS_ARRAY(out, caus_edge, cells);
    if (!edges)
        return caus_arena_fail(out, err);
    *graph = (caus_graph){
        .node_count = node_count, .max_lag = max_lag, .cells = edges};
    return CAUS_OK;
}

static bool is_stored_backwards(size_t source, size_t target, size_t lag)
{
    return lag == 0 && source > target;
}

static caus_edge turned(caus_edge edge)
{
    return (caus_edge){.source = edge.target, .target = edge.source};
}

void caus_graph_set(caus_graph *graph, size_t source, size_t target, size_t lag,
                    caus_mark source_mark, caus_mark target_mark)
{
    assert(source < graph->node_count && target < graph->node_count);
    assert(lag <= graph->max_lag);
    assert(lag > 0 || source != target);
    assert((source_mark == CAUS_MARK_NONE) == (target_mark == CAUS_MARK_NONE));
    caus_edge edge = {(unsigned char)source_mark, (unsigned char)target_mark};
    if (is_stored_backwards(source, target, lag))
        graph->cells[caus_graph_cell(graph, target, source, lag)] =
            turned(edge);
    else
        graph->cells[caus_graph_cell(graph, source, target, lag)] = edge;
}

caus_edge caus_graph_get(const caus_graph *graph, size_t source, size_t target,
                         size_t lag)
{
    assert(source < graph->node_count && target < graph->node_count);
    assert(lag <= graph->max_lag);
    if (is_stored_backwards(source, target, lag))
        return turned(graph->cells[caus_graph_cell(graph, target, source, 0)]);
    return graph->cells[caus_graph_cell(graph, source, target, lag)];
}

size_t caus_graph_edge_count(const caus_graph *graph)
{
    size_t cells = graph->node_count * graph->node_count * (graph->max_lag + 1);
    size_t count = 0;
    for (size_t i = 0; i < cells; i++)
        count += graph->cells[i].source != CAUS_MARK_NONE;
    return count;
}

static bool leads_to(const caus_graph *graph, size_t source, size_t target)
{
    for (size_t lag = 0; lag <= graph->max_lag; lag++) {
        caus_edge edge = caus_graph_get(graph, source, target, lag);
        if (edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_ARROW)
            return true;
    }
    return false;
}

/* An arrowhead at the source says that it is no cause. */
static bool may_lead_to(const caus_graph *graph, size_t source, size_t target)
{
    for (size_t lag = 0; lag <= graph->max_lag; lag++) {
        unsigned char mark = caus_graph_get(graph, source, target, lag).source;
        if (mark != CAUS_MARK_NONE && mark != CAUS_MARK_ARROW)
            return true;
    }
    return false;
}

caus_status caus_graph_sources(const caus_graph *graph, size_t target,
                               bool *keep, caus_error *err)
{
    if (target >= graph->node_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "node %zu of a graph of %zu nodes: give one from 0 on",
                         target, graph->node_count);
    size_t *waiting = caus_alloc(graph->node_count * sizeof *waiting);
    if (!waiting)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to walk a graph of %zu nodes",
                         graph->node_count);
    for (size_t i = 0; i < graph->node_count; i++)
        keep[i] = i == target;
    size_t waiting_count = 1;
    waiting[0] = target;
    while (waiting_count > 0) {
        size_t reached = waiting[--waiting_count];
        for (size_t i = 0; i < graph->node_count; i++) {
            if (keep[i] || (reached == target ? !may_lead_to(graph, i, target)
                                              : !leads_to(graph, i, reached)))
                continue;
            keep[i] = true;
            waiting[waiting_count++] = i;
        }
    }
    free(waiting);
    return CAUS_OK;
}
