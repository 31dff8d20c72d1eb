/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/windows_internal.h"

/* Marks that an edge may have, at both ends; NONE is no edge. */
enum { MARKS = CAUS_MARK_CONFLICT + 1 };

/* How many graphs have each pair of marks in a cell. */
typedef struct votes {
    size_t count[MARKS][MARKS];
    size_t links;
} votes;

static votes count_votes(const caus_discovery *const *found, size_t count,
                         size_t cell)
{
    votes made = {0};
    for (size_t k = 0; k < count; k++) {
        caus_edge edge = found[k]->graph.cells[cell];
        made.count[edge.source][edge.target]++;
        made.links += edge.source != CAUS_MARK_NONE;
    }
    return made;
}

/* The marks with most votes. */
static caus_edge winner(const votes *v)
{
    caus_edge best = {CAUS_MARK_NONE, CAUS_MARK_NONE};
    size_t most = v->count[CAUS_MARK_NONE][CAUS_MARK_NONE];
    bool is_tied = false;
    for (unsigned char at = CAUS_MARK_TAIL; at < (unsigned char)MARKS; at++)
        for (unsigned char to = CAUS_MARK_TAIL; to < (unsigned char)MARKS;
             to++) {
            size_t count = v->count[at][to];
            is_tied = count > most || count < most ? is_tied && count < most
                                                   : count > 0;
            if (count <= most)
                continue;
            most = count;
            best = (caus_edge){at, to};
        }
    bool none = v->count[CAUS_MARK_NONE][CAUS_MARK_NONE] == most;
    if (none)
        return (caus_edge){CAUS_MARK_NONE, CAUS_MARK_NONE};
    return is_tied ? (caus_edge){CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE} : best;
}

/* The cell of the same link seen from its other end. */
static size_t mirror(const caus_graph *graph, size_t cell)
{
    size_t lags = graph->max_lag + 1, pair = cell / lags;
    size_t source = pair / graph->node_count, target = pair % graph->node_count;
    if (cell % lags)
        return cell;
    return caus_graph_cell(graph, target, source, 0);
}

static caus_status check(const caus_discovery *const *found, size_t count,
                         caus_error *err)
{
    if (!count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no graphs to summarise: give one or more");
    const caus_graph *first = &found[0]->graph;
    for (size_t k = 1; k < count; k++)
        if (found[k]->graph.node_count != first->node_count ||
            found[k]->graph.max_lag != first->max_lag)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "graph %zu has %zu nodes with lags up to %zu, the "
                             "first one %zu with lags up to %zu: they cannot "
                             "be summarised together",
                             k, found[k]->graph.node_count,
                             found[k]->graph.max_lag, first->node_count,
                             first->max_lag);
    return CAUS_OK;
}

static double mean_of(const caus_discovery *const *found, size_t count,
                      size_t cell)
{
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += found[k]->statistic[cell];
    return sum / (double)count;
}

static caus_status summarise(const caus_discovery *const *found, size_t count,
                             caus_arena *out, caus_graph_summary *made,
                             caus_error *err)
{
    const caus_graph *first = &found[0]->graph;
    CAUS_TRY(caus_graph_init(&made->graph, first->node_count, first->max_lag,
                             out, err));
    size_t cells = first->node_count * first->node_count * (first->max_lag + 1);
    double *frequency = CAUS_ARRAY(out, double, cells);
    double *links = CAUS_ARRAY(out, double, cells);
    double *mean = CAUS_ARRAY(out, double, cells);
    if (!frequency || !links || !mean)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < cells; cell++) {
        size_t back = mirror(first, cell);
        mean[cell] = mean_of(found, count, cell);
        if (back < cell) /* stored from the other end */
            continue;
        votes v = count_votes(found, count, cell);
        caus_edge edge = winner(&v);
        made->graph.cells[cell] = edge;
        frequency[cell] = frequency[back] =
            (double)v.count[edge.source][edge.target] / (double)count;
        links[cell] = links[back] = (double)v.links / (double)count;
    }
    made->frequency = frequency;
    made->link_frequency = links;
    made->mean_statistic = mean;
    return CAUS_OK;
}

caus_status caus_graphs_summarise(const caus_discovery *const *found,
                                  size_t count, caus_arena *out,
                                  caus_graph_summary *result, caus_error *err)
{
    CAUS_TRY(check(found, count, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_graph_summary made = {0};
    caus_status status = summarise(found, count, out, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
