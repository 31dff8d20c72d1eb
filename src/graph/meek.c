/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "graph/dag.h"

int caus_triple_compare(const void *a, const void *b)
{
    const caus_triple *x = a, *y = b;
    if (x->middle != y->middle)
        return x->middle < y->middle ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return 0;
}

typedef struct closing {
    const caus_pdag *graph;
    const caus_triple *ambiguous;
    size_t ambiguous_count;
} closing;

static bool is_ambiguous(const closing *c, size_t a, size_t middle, size_t b)
{
    if (!c->ambiguous_count)
        return false;
    caus_triple key = {
        .source = a < b ? a : b, .middle = middle, .target = a < b ? b : a};
    return bsearch(&key, c->ambiguous, c->ambiguous_count, sizeof key,
                   caus_triple_compare);
}

static const uint64_t *row_of(const closing *c, const uint64_t *rows,
                              size_t node)
{
    return rows + node * c->graph->word_count;
}

/* Rule 1: a → from – to with a and `to` not adjacent gives from → to. */
static bool follows_from_chain(const closing *c, size_t from, size_t to)
{
    size_t words = c->graph->word_count;
    const uint64_t *parents = row_of(c, c->graph->parents, from);
    const uint64_t *adjacent = row_of(c, c->graph->adjacent, to);
    for (size_t a = caus_bit_next(parents, words, 0); a < 64 * words;
         a = caus_bit_next(parents, words, a + 1))
        if (!caus_bit_get(adjacent, a) && !is_ambiguous(c, a, from, to))
            return true;
    return false;
}

/* Rule 2: from → b → to and from – to gives from → to. */
static bool follows_from_cycle(const closing *c, size_t from, size_t to)
{
    const uint64_t *children = row_of(c, c->graph->children, from);
    const uint64_t *parents = row_of(c, c->graph->parents, to);
    for (size_t w = 0; w < c->graph->word_count; w++)
        if (children[w] & parents[w])
            return true;
    return false;
}

/* Rule 3: from – b → to, from – d → to, b and d not adjacent. */
static bool follows_from_kite(const closing *c, size_t from, size_t to)
{
    size_t words = c->graph->word_count;
    const uint64_t *near = row_of(c, c->graph->neighbours, from);
    const uint64_t *parents = row_of(c, c->graph->parents, to);
    for (size_t b = caus_bit_next(near, words, 0); b < 64 * words;
         b = caus_bit_next(near, words, b + 1)) {
        if (!caus_bit_get(parents, b))
            continue;
        const uint64_t *adjacent = row_of(c, c->graph->adjacent, b);
        for (size_t d = caus_bit_next(near, words, b + 1); d < 64 * words;
             d = caus_bit_next(near, words, d + 1))
            if (caus_bit_get(parents, d) && !caus_bit_get(adjacent, d) &&
                !is_ambiguous(c, b, from, d))
                return true;
    }
    return false;
}

/* Collects, as bit `from` of row `to`, the arrows that the rules ask for. */
static bool collect(const closing *c, uint64_t *arrows)
{
    size_t words = c->graph->word_count;
    bool any = false;
    memset(arrows, 0, c->graph->node_count * words * sizeof *arrows);
    for (size_t from = 0; from < c->graph->node_count; from++) {
        const uint64_t *near = row_of(c, c->graph->neighbours, from);
        for (size_t to = caus_bit_next(near, words, 0); to < 64 * words;
             to = caus_bit_next(near, words, to + 1)) {
            if (!follows_from_chain(c, from, to) &&
                !follows_from_cycle(c, from, to) &&
                !follows_from_kite(c, from, to))
                continue;
            caus_bit_set(arrows + to * words, from);
            any = true;
        }
    }
    return any;
}

static void draw(caus_pdag *graph, const uint64_t *arrows)
{
    size_t words = graph->word_count;
    for (size_t to = 0; to < graph->node_count; to++) {
        const uint64_t *row = arrows + to * words;
        for (size_t from = caus_bit_next(row, words, 0); from < 64 * words;
             from = caus_bit_next(row, words, from + 1)) {
            bool both = caus_bit_get(arrows + from * words, to);
            if (!both)
                caus_pdag_add_directed(graph, from, to);
            else if (from < to) {
                caus_bit_clear(caus_pdag_row(graph, graph->neighbours, to),
                               from);
                caus_bit_clear(caus_pdag_row(graph, graph->neighbours, from),
                               to);
            }
        }
    }
}

void caus_pdag_close(caus_pdag *graph, const caus_triple *ambiguous,
                     size_t ambiguous_count, uint64_t *arrows)
{
    closing c = {graph, ambiguous, ambiguous_count};
    while (collect(&c, arrows))
        draw(graph, arrows);
}
