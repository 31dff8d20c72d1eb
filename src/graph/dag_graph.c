/* SPDX-License-Identifier: Apache-2.0 */
/* The completed graph of a DAG that is given by its marks. */
#include "graph/dag.h"

static caus_status read_dag(const caus_graph *graph, caus_pdag *dag,
                            caus_error *err)
{
    for (size_t a = 0; a < graph->node_count; a++) {
        for (size_t b = a + 1; b < graph->node_count; b++) {
            caus_edge edge = caus_graph_get(graph, a, b, 0);
            if (edge.source == CAUS_MARK_NONE)
                continue;
            if (edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_ARROW)
                caus_pdag_add_directed(dag, a, b);
            else if (edge.source == CAUS_MARK_ARROW &&
                     edge.target == CAUS_MARK_TAIL)
                caus_pdag_add_directed(dag, b, a);
            else
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "a DAG has directed edges only: nodes %zu "
                                 "and %zu are joined by %s",
                                 a, b, caus_edge_text(edge));
        }
    }
    return CAUS_OK;
}

static caus_status complete(const caus_graph *graph, caus_arena *scratch,
                            caus_arena *out, caus_graph *result,
                            caus_error *err)
{
    caus_pdag dag, completed;
    caus_dag_work work;
    if (!caus_pdag_init(&dag, graph->node_count, scratch) ||
        !caus_pdag_init(&completed, graph->node_count, scratch) ||
        !caus_dag_work_init(&work, graph->node_count, scratch))
        return caus_arena_fail(scratch, err);
    CAUS_TRY(read_dag(graph, &dag, err));
    if (!caus_pdag_complete(&dag, &work, &completed))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the graph has a directed cycle, so it is no DAG");
    caus_graph made;
    CAUS_TRY(caus_graph_init(&made, graph->node_count, 0, out, err));
    caus_pdag_write(&completed, &made);
    *result = made;
    return CAUS_OK;
}

caus_status caus_graph_complete(const caus_graph *dag, caus_arena *out,
                                caus_graph *result, caus_error *err)
{
    if (dag->max_lag > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a graph with lags up to %zu has no equivalence "
                         "class here: give a static one",
                         dag->max_lag);
    caus_arena *scratch = caus_arena_new(0);
    if (!scratch)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to complete a graph");
    caus_status status = complete(dag, scratch, out, result, err);
    caus_arena_free(scratch);
    return status;
}
