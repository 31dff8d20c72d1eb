/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "graph/dag.h"

bool caus_pdag_init(caus_pdag *graph, size_t node_count, caus_arena *arena)
{
    size_t words = caus_bit_words(node_count);
    uint64_t *rows[4];
    for (size_t k = 0; k < 4; k++) {
        rows[k] = CAUS_ARRAY(arena, uint64_t, node_count * words);
        if (!rows[k])
            return false;
    }
    *graph = (caus_pdag){node_count, words, rows[0], rows[1], rows[2], rows[3]};
    return true;
}

void caus_pdag_copy(caus_pdag *to, const caus_pdag *from)
{
    size_t bytes = from->node_count * from->word_count * sizeof(uint64_t);
    memcpy(to->parents, from->parents, bytes);
    memcpy(to->children, from->children, bytes);
    memcpy(to->neighbours, from->neighbours, bytes);
    memcpy(to->adjacent, from->adjacent, bytes);
}

static void set_bit(const caus_pdag *graph, uint64_t *rows, size_t a, size_t b)
{
    caus_bit_set(caus_pdag_row(graph, rows, a), b);
}

static void clear_bit(const caus_pdag *graph, uint64_t *rows, size_t a,
                      size_t b)
{
    caus_bit_clear(caus_pdag_row(graph, rows, a), b);
}

void caus_pdag_remove(caus_pdag *graph, size_t a, size_t b)
{
    uint64_t *const all[] = {graph->parents, graph->children, graph->neighbours,
                             graph->adjacent};
    for (size_t k = 0; k < 4; k++) {
        clear_bit(graph, all[k], a, b);
        clear_bit(graph, all[k], b, a);
    }
}

static void join(caus_pdag *graph, size_t a, size_t b)
{
    caus_pdag_remove(graph, a, b);
    set_bit(graph, graph->adjacent, a, b);
    set_bit(graph, graph->adjacent, b, a);
}

void caus_pdag_add_directed(caus_pdag *graph, size_t source, size_t target)
{
    join(graph, source, target);
    set_bit(graph, graph->parents, target, source);
    set_bit(graph, graph->children, source, target);
}

void caus_pdag_add_undirected(caus_pdag *graph, size_t a, size_t b)
{
    join(graph, a, b);
    set_bit(graph, graph->neighbours, a, b);
    set_bit(graph, graph->neighbours, b, a);
}

static void write_edge(const caus_pdag *pdag, caus_graph *graph, size_t a,
                       size_t b)
{
    caus_mark at_a = CAUS_MARK_CONFLICT, at_b = CAUS_MARK_CONFLICT;
    if (caus_bit_get(caus_pdag_row(pdag, pdag->neighbours, a), b))
        at_a = at_b = CAUS_MARK_TAIL;
    if (caus_bit_get(caus_pdag_row(pdag, pdag->children, a), b))
        at_a = CAUS_MARK_TAIL, at_b = CAUS_MARK_ARROW;
    if (caus_bit_get(caus_pdag_row(pdag, pdag->parents, a), b))
        at_a = CAUS_MARK_ARROW, at_b = CAUS_MARK_TAIL;
    caus_graph_set(graph, a, b, 0, at_a, at_b);
}

void caus_pdag_write(const caus_pdag *pdag, caus_graph *graph)
{
    size_t words = pdag->word_count;
    for (size_t a = 0; a < pdag->node_count; a++) {
        const uint64_t *row = caus_pdag_row(pdag, pdag->adjacent, a);
        for (size_t b = caus_bit_next(row, words, a + 1); b < 64 * words;
             b = caus_bit_next(row, words, b + 1))
            write_edge(pdag, graph, a, b);
    }
}

bool caus_dag_work_init(caus_dag_work *work, size_t node_count,
                        caus_arena *arena)
{
    size_t words = caus_bit_words(node_count);
    *work = (caus_dag_work){
        .order = CAUS_ARRAY(arena, size_t, node_count),
        .place = CAUS_ARRAY(arena, size_t, node_count),
        .count = CAUS_ARRAY(arena, size_t, node_count),
        .next = CAUS_ARRAY(arena, size_t, 2 * node_count),
        .previous = CAUS_ARRAY(arena, size_t, 2 * node_count),
        .bits = CAUS_ARRAY(arena, uint64_t, words),
        .compelled = CAUS_ARRAY(arena, uint64_t, node_count * words),
    };
    return work->order && work->place && work->count && work->next &&
           work->previous && work->bits && work->compelled;
}

bool caus_pdag_sort(const caus_pdag *graph, caus_dag_work *work)
{
    size_t words = graph->word_count, ready = 0;
    for (size_t v = 0; v < graph->node_count; v++) {
        work->count[v] =
            caus_bit_count(caus_pdag_row(graph, graph->parents, v), words);
        if (!work->count[v])
            work->order[ready++] = v;
    }
    for (size_t done = 0; done < ready; done++) {
        size_t v = work->order[done];
        const uint64_t *row = caus_pdag_row(graph, graph->children, v);
        work->place[v] = done;
        for (size_t w = caus_bit_next(row, words, 0); w < 64 * words;
             w = caus_bit_next(row, words, w + 1))
            if (--work->count[w] == 0)
                work->order[ready++] = w;
    }
    return ready == graph->node_count;
}

/* The parent of a node that comes last; SIZE_MAX without parents. */
static size_t last_parent(const caus_pdag *dag, const caus_dag_work *work,
                          size_t node)
{
    const uint64_t *row = caus_pdag_row(dag, dag->parents, node);
    size_t words = dag->word_count, last = SIZE_MAX;
    for (size_t v = caus_bit_next(row, words, 0); v < 64 * words;
         v = caus_bit_next(row, words, v + 1))
        if (last == SIZE_MAX || work->place[v] > work->place[last])
            last = v;
    return last;
}

/*
 * Which edges into a node are compelled, those into its parents being known:
 * one look at the last parent x decides. With w → x compelled and w no parent,
 * all are; else w → node is for each such w. With a parent that is neither x
 * nor a parent of x, the rest are too.
 */
static void label_node(const caus_pdag *dag, caus_dag_work *work, size_t node)
{
    size_t words = dag->word_count, x = last_parent(dag, work, node);
    if (x == SIZE_MAX)
        return;
    const uint64_t *parents = caus_pdag_row(dag, dag->parents, node);
    const uint64_t *before = caus_pdag_row(dag, dag->parents, x);
    const uint64_t *known = work->compelled + x * words;
    uint64_t *compelled = work->compelled + node * words;
    bool all = false;
    for (size_t w = 0; w < words; w++) {
        uint64_t others = parents[w] & ~before[w];
        if (x / 64 == w)
            others &= ~((uint64_t)1 << (x % 64));
        all = all || (known[w] & ~parents[w]) || others;
    }
    for (size_t w = 0; w < words; w++)
        compelled[w] = all ? parents[w] : known[w];
}

bool caus_pdag_complete(const caus_pdag *dag, caus_dag_work *work,
                        caus_pdag *result)
{
    size_t words = dag->word_count, nodes = dag->node_count;
    size_t bytes = nodes * words * sizeof(uint64_t);
    if (!caus_pdag_sort(dag, work))
        return false;
    memset(work->compelled, 0, bytes);
    memset(result->children, 0, bytes);
    memset(result->neighbours, 0, bytes);
    memcpy(result->adjacent, dag->adjacent, bytes);
    for (size_t k = 0; k < nodes; k++)
        label_node(dag, work, work->order[k]);
    memcpy(result->parents, work->compelled, bytes);
    for (size_t v = 0; v < nodes; v++) {
        const uint64_t *parents = caus_pdag_row(dag, dag->parents, v);
        for (size_t u = caus_bit_next(parents, words, 0); u < 64 * words;
             u = caus_bit_next(parents, words, u + 1)) {
            if (caus_bit_get(work->compelled + v * words, u)) {
                set_bit(result, result->children, u, v);
                continue;
            }
            set_bit(result, result->neighbours, u, v);
            set_bit(result, result->neighbours, v, u);
        }
    }
    return true;
}
