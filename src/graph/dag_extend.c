/* SPDX-License-Identifier: Apache-2.0 */
/* From a completed graph to one of its members. */
#include <string.h>

#include "graph/dag.h"

/*
 * Maximum cardinality search: the unvisited nodes stand in circular lists by
 * the number of their visited neighbours; heads[k] is place node_count + k of
 * next and previous.
 */
typedef struct search {
    const caus_pdag *graph;
    caus_dag_work *work;
    size_t visited_count;
    size_t highest; /* no list above is in use */
} search;

static void take_out(const search *s, size_t node)
{
    size_t before = s->work->previous[node], after = s->work->next[node];
    s->work->next[before] = after;
    s->work->previous[after] = before;
}

static void put_in(const search *s, size_t node)
{
    size_t head = s->graph->node_count + s->work->count[node];
    size_t after = s->work->next[head];
    s->work->next[head] = s->work->previous[after] = node;
    s->work->previous[node] = head;
    s->work->next[node] = after;
}

static void start(search *s)
{
    size_t nodes = s->graph->node_count;
    for (size_t k = 0; k < nodes; k++) {
        s->work->next[nodes + k] = s->work->previous[nodes + k] = nodes + k;
        s->work->count[k] = 0;
        s->work->place[k] = SIZE_MAX;
    }
    for (size_t v = nodes; v-- > 0;)
        put_in(s, v);
}

static void visit(search *s, size_t node)
{
    const caus_pdag *graph = s->graph;
    size_t words = graph->word_count;
    const uint64_t *row = caus_pdag_row(graph, graph->neighbours, node);
    take_out(s, node);
    s->work->place[node] = s->visited_count;
    s->work->order[s->visited_count++] = node;
    for (size_t v = caus_bit_next(row, words, 0); v < 64 * words;
         v = caus_bit_next(row, words, v + 1)) {
        if (s->work->place[v] != SIZE_MAX)
            continue;
        take_out(s, v);
        if (++s->work->count[v] > s->highest)
            s->highest = s->work->count[v];
        put_in(s, v);
    }
}

static void visit_rest(search *s)
{
    size_t nodes = s->graph->node_count;
    while (s->visited_count < nodes) {
        size_t head = nodes + s->highest;
        if (s->work->next[head] == head)
            s->highest--;
        else
            visit(s, s->work->next[head]);
    }
}

/*
 * Points the undirected edges of a node at it that come from visited ones.
 * They must be joined to each other, which is so when all are joined to the
 * one visited last.
 */
static bool point_at(const search *s, size_t node, caus_pdag *result)
{
    const caus_pdag *graph = s->graph;
    size_t words = graph->word_count, last = SIZE_MAX;
    const uint64_t *row = caus_pdag_row(graph, graph->neighbours, node);
    const size_t *place = s->work->place;
    for (size_t v = caus_bit_next(row, words, 0); v < 64 * words;
         v = caus_bit_next(row, words, v + 1)) {
        if (place[v] > place[node])
            continue;
        caus_bit_set(caus_pdag_row(result, result->parents, node), v);
        caus_bit_set(caus_pdag_row(result, result->children, v), node);
        if (last == SIZE_MAX || place[v] > place[last])
            last = v;
    }
    if (last == SIZE_MAX)
        return true;
    const uint64_t *joined = caus_pdag_row(graph, graph->neighbours, last);
    for (size_t v = caus_bit_next(row, words, 0); v < 64 * words;
         v = caus_bit_next(row, words, v + 1))
        if (place[v] < place[node] && v != last && !caus_bit_get(joined, v))
            return false;
    return true;
}

bool caus_pdag_extend(const caus_pdag *graph, const size_t *first,
                      size_t first_count, caus_dag_work *work,
                      caus_pdag *result)
{
    search s = {.graph = graph, .work = work};
    bool is_member = true;
    start(&s);
    for (size_t k = 0; k < first_count; k++)
        visit(&s, first[k]);
    visit_rest(&s);
    caus_pdag_copy(result, graph);
    memset(result->neighbours, 0,
           graph->node_count * graph->word_count * sizeof(uint64_t));
    for (size_t v = 0; v < graph->node_count; v++)
        is_member = point_at(&s, v, result) && is_member;
    return is_member;
}
