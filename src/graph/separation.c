/* SPDX-License-Identifier: Apache-2.0 */
/*
 * m-separation by reachability over (node, mark at which it was entered): the
 * Bayes ball (Shachter 1998) with bidirected edges.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph/dag.h"

enum { SCRATCH_ROWS = 6 };

static caus_status add_edge(caus_separation *s, const caus_graph *graph,
                            size_t a, size_t b, caus_error *err)
{
    caus_edge edge = caus_graph_get(graph, a, b, 0);
    size_t words = s->word_count;
    if (edge.source == CAUS_MARK_NONE)
        return CAUS_OK;
    if (edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_ARROW) {
        caus_bit_set(s->parents + b * words, a);
        caus_bit_set(s->children + a * words, b);
    } else if (edge.source == CAUS_MARK_ARROW &&
               edge.target == CAUS_MARK_TAIL) {
        caus_bit_set(s->parents + a * words, b);
        caus_bit_set(s->children + b * words, a);
    } else if (edge.source == CAUS_MARK_ARROW &&
               edge.target == CAUS_MARK_ARROW) {
        caus_bit_set(s->spouses + a * words, b);
        caus_bit_set(s->spouses + b * words, a);
    } else {
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "separation needs directed (-->) or bidirected (<->) "
                         "edges: nodes %zu and %zu are joined by %s",
                         a, b, caus_edge_text(edge));
    }
    return CAUS_OK;
}

caus_status caus_separation_init(caus_separation *separation,
                                 const caus_graph *graph, caus_arena *arena,
                                 caus_error *err)
{
    size_t nodes = graph->node_count, words = caus_bit_words(nodes);
    caus_separation s = {
        .node_count = nodes,
        .word_count = words,
        .parents = CAUS_ARRAY(arena, uint64_t, nodes * words),
        .children = CAUS_ARRAY(arena, uint64_t, nodes * words),
        .spouses = CAUS_ARRAY(arena, uint64_t, nodes * words),
        .scratch = CAUS_ARRAY(arena, uint64_t, SCRATCH_ROWS * words),
    };
    if (!s.parents || !s.children || !s.spouses || !s.scratch)
        return caus_arena_fail(arena, err);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            CAUS_TRY(add_edge(&s, graph, a, b, err));
    *separation = s;
    return CAUS_OK;
}

void caus_separation_ancestors(const caus_separation *separation,
                               uint64_t *bits)
{
    size_t words = separation->word_count;
    bool grew = true;
    while (grew) {
        grew = false;
        for (size_t v = caus_bit_next(bits, words, 0); v < 64 * words;
             v = caus_bit_next(bits, words, v + 1)) {
            const uint64_t *row = separation->parents + v * words;
            for (size_t w = 0; w < words; w++) {
                grew = grew || (row[w] & ~bits[w]);
                bits[w] |= row[w];
            }
        }
    }
}

/* Nodes entered at an arrow or at a tail, seen and yet to be left. */
typedef struct ball {
    uint64_t *at_arrow;
    uint64_t *at_tail;
    uint64_t *todo_arrow;
    uint64_t *todo_tail;
} ball;

static void enter(uint64_t *seen, uint64_t *todo, const uint64_t *row,
                  size_t words)
{
    for (size_t w = 0; w < words; w++) {
        todo[w] |= row[w] & ~seen[w];
        seen[w] |= row[w];
    }
}

/* Leaves a node by the edges that have a tail there. */
static void leave_by_tails(const caus_separation *s, const ball *b, size_t v)
{
    size_t words = s->word_count;
    enter(b->at_arrow, b->todo_arrow, s->children + v * words, words);
}

/* Leaves a node by the edges that have an arrow there. */
static void leave_by_arrows(const caus_separation *s, const ball *b, size_t v)
{
    size_t words = s->word_count;
    enter(b->at_tail, b->todo_tail, s->parents + v * words, words);
    enter(b->at_arrow, b->todo_arrow, s->spouses + v * words, words);
}

void caus_separation_reach(const caus_separation *separation, size_t node,
                           const uint64_t *given, uint64_t *result)
{
    const caus_separation *s = separation;
    assert(s->scratch);
    size_t words = s->word_count, end = 64 * words;
    uint64_t *row = s->scratch, *open = row + 4 * words;
    ball b = {row, row + words, row + 2 * words, row + 3 * words};
    memset(s->scratch, 0, SCRATCH_ROWS * words * sizeof *row);
    memcpy(open, given, words * sizeof *open);
    caus_separation_ancestors(s, open);
    leave_by_tails(s, &b, node);
    leave_by_arrows(s, &b, node);
    for (;;) {
        size_t v = caus_bit_next(b.todo_arrow, words, 0);
        bool at_arrow = v < end;
        if (!at_arrow)
            v = caus_bit_next(b.todo_tail, words, 0);
        if (v == end)
            break;
        caus_bit_clear(at_arrow ? b.todo_arrow : b.todo_tail, v);
        if (!caus_bit_get(given, v))
            leave_by_tails(s, &b, v);
        if (at_arrow ? caus_bit_get(open, v) : !caus_bit_get(given, v))
            leave_by_arrows(s, &b, v);
    }
    for (size_t w = 0; w < words; w++)
        result[w] = b.at_arrow[w] | b.at_tail[w];
}

static caus_status check_nodes(const caus_graph *graph, size_t node,
                               const size_t *given, size_t given_count,
                               caus_error *err)
{
    size_t bad = node;
    for (size_t k = 0; k < given_count && bad < graph->node_count; k++) {
        bad = given[k];
        if (bad == node)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "node %zu is asked about and among the "
                             "conditions: leave it out of one",
                             node);
    }
    if (bad >= graph->node_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no node %zu in a graph of %zu", bad,
                         graph->node_count);
    return CAUS_OK;
}

static caus_status answer(const caus_graph *graph, size_t node,
                          const size_t *given, size_t given_count,
                          caus_arena *arena, bool *separated, caus_error *err)
{
    caus_separation s = {0};
    CAUS_TRY(caus_separation_init(&s, graph, arena, err));
    uint64_t *conditions = CAUS_ARRAY(arena, uint64_t, s.word_count);
    uint64_t *reached = CAUS_ARRAY(arena, uint64_t, s.word_count);
    if (!conditions || !reached)
        return caus_arena_fail(arena, err);
    for (size_t k = 0; k < given_count; k++)
        caus_bit_set(conditions, given[k]);
    caus_separation_reach(&s, node, conditions, reached);
    for (size_t v = 0; v < graph->node_count; v++)
        separated[v] = v != node && !caus_bit_get(conditions, v) &&
                       !caus_bit_get(reached, v);
    return CAUS_OK;
}

caus_status caus_graph_separated(const caus_graph *graph, size_t node,
                                 const size_t *given, size_t given_count,
                                 bool *separated, caus_error *err)
{
    CAUS_TRY(check_nodes(graph, node, given, given_count, err));
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to follow the paths of a graph");
    caus_status status =
        answer(graph, node, given, given_count, arena, separated, err);
    caus_arena_free(arena);
    return status;
}
