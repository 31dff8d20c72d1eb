/* SPDX-License-Identifier: Apache-2.0 */
#include "property/lpcmci/exact.h"

#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"
#include "test.h"

enum {
    NONE = CAUS_MARK_NONE,
    TAIL = CAUS_MARK_TAIL,
    ARROW = CAUS_MARK_ARROW,
    CIRCLE = CAUS_MARK_CIRCLE
};

/* The mark at b of the link between a and b. */
static unsigned char *at(const exact *e, size_t a, size_t b)
{
    return &e->mark[a * e->nodes + b];
}

static bool linked(const exact *e, size_t a, size_t b)
{
    return *at(e, a, b) != NONE;
}

static size_t world_node(const exact *e, size_t node)
{
    return node / e->variables * e->world_nodes +
           e->observed[node % e->variables];
}

static void unfold(exact *e, const caus_graph *truth, size_t steps,
                   caus_arena *arena)
{
    size_t n = truth->node_count;
    caus_graph flat;
    assert_int_equal(caus_graph_init(&flat, n * steps, 0, arena, NULL),
                     CAUS_OK);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t lag = 0; lag <= truth->max_lag; lag++) {
                caus_edge edge = caus_graph_get(truth, i, j, lag);
                if (edge.target != ARROW || edge.source != TAIL)
                    continue;
                for (size_t t = 0; t + lag < steps; t++)
                    caus_graph_set(&flat, (t + lag) * n + i, t * n + j, 0,
                                   CAUS_MARK_TAIL, CAUS_MARK_ARROW);
            }
    assert_int_equal(caus_separation_init(&e->world, &flat, arena, NULL),
                     CAUS_OK);
}

exact exact_init(const caus_graph *truth, const size_t *observed,
                 size_t variables, size_t max_lag, caus_arena *arena)
{
    size_t steps = max_lag + 4 + 3 * truth->node_count * (truth->max_lag + 1);
    exact e = {.variables = variables,
               .lags = max_lag + 1,
               .nodes = variables * (max_lag + 1),
               .world_nodes = truth->node_count,
               .observed = observed};
    e.ancestor = CAUS_ARRAY(arena, bool, e.nodes *e.nodes);
    e.mark = CAUS_ARRAY(arena, unsigned char, e.nodes *e.nodes);
    e.path = CAUS_ARRAY(arena, size_t, e.nodes + 1);
    assert_non_null(e.ancestor);
    assert_non_null(e.mark);
    assert_non_null(e.path);
    unfold(&e, truth, steps, arena);
    return e;
}

static void find_ancestors(exact *e)
{
    uint64_t bits[64];
    assert_true(e->world.word_count <= 64);
    for (size_t b = 0; b < e->nodes; b++) {
        memset(bits, 0, sizeof bits);
        caus_bit_set(bits, world_node(e, b));
        caus_separation_ancestors(&e->world, bits);
        for (size_t a = 0; a < e->nodes; a++)
            e->ancestor[a * e->nodes + b] =
                a != b && caus_bit_get(bits, world_node(e, a));
    }
}

/* Whether the observed ancestors in the window separate a from b at lag 0. */
static bool separated(const exact *e, size_t a, size_t b)
{
    uint64_t given[64], reached[64];
    memset(given, 0, sizeof given);
    for (size_t c = 0; c < e->nodes; c++)
        if (c != a && c != b &&
            (e->ancestor[c * e->nodes + a] || e->ancestor[c * e->nodes + b]))
            caus_bit_set(given, world_node(e, c));
    caus_separation_reach(&e->world, world_node(e, b), given, reached);
    return !caus_bit_get(reached, world_node(e, a));
}

/* Sets the mark at b in all shifts of the pair. */
static bool put(exact *e, size_t a, size_t b, unsigned char mark)
{
    size_t n = e->variables;
    size_t low = a / n < b / n ? a / n : b / n;
    size_t high = a / n < b / n ? b / n : a / n;
    bool changed = *at(e, a, b) != mark;
    a -= low * n;
    b -= low * n;
    for (size_t shift = 0; shift + high - low < e->lags; shift++)
        *at(e, a + shift * n, b + shift * n) = mark;
    return changed;
}

/* Marks that are given, whatever the rules would find. */
static void know_pair(exact *e, size_t a, size_t b)
{
    size_t n = e->variables, lag = a / n;
    unsigned char known =
        e->known ? e->known[(a % n * n + b) * e->lags + lag] : 0;
    if (known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_NOT_BACK)
        put(e, a, b, ARROW);
    if (known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_LINK_BACK)
        put(e, known == CAUS_ASSUME_LINK ? b : a,
            known == CAUS_ASSUME_LINK ? a : b, TAIL);
    if (known == CAUS_ASSUME_ONLY_BACK || known == CAUS_ASSUME_LINK_BACK)
        put(e, b, a, ARROW);
}

static void link_pairs(exact *e)
{
    size_t n = e->variables;
    for (size_t b = 0; b < n; b++)
        for (size_t a = 0; a < e->nodes; a++) {
            bool is_lagged = a >= n;
            if (a == b || (!is_lagged && a < b))
                continue;
            bool is_linked = !separated(e, a, b);
            put(e, a, b, !is_linked ? NONE : is_lagged ? ARROW : CIRCLE);
            put(e, b, a, is_linked ? CIRCLE : NONE);
            if (is_linked)
                know_pair(e, a, b);
        }
}

/* Whether b is an ancestor of a or c: then it is in what separates them. */
static bool between(const exact *e, size_t a, size_t b, size_t c)
{
    return e->ancestor[b * e->nodes + a] || e->ancestor[b * e->nodes + c];
}

static bool open_triple(const exact *e, size_t a, size_t b, size_t c)
{
    return a != c && linked(e, a, b) && linked(e, b, c) && !linked(e, a, c);
}

static bool put_arrow(exact *e, size_t a, size_t b)
{
    return *at(e, a, b) == CIRCLE && put(e, a, b, ARROW);
}

static bool put_tail(exact *e, size_t a, size_t b)
{
    return *at(e, a, b) == CIRCLE && put(e, a, b, TAIL);
}

static bool directed(const exact *e, size_t a, size_t b)
{
    return *at(e, b, a) == TAIL && *at(e, a, b) == ARROW;
}

static bool apply_triple(exact *e, size_t a, size_t b, size_t c)
{
    bool changed = false;
    if (open_triple(e, a, b, c) && !between(e, a, b, c)) { /* R0 */
        changed |= put_arrow(e, a, b);
        changed |= put_arrow(e, c, b);
    }
    if (open_triple(e, a, b, c) && between(e, a, b, c) &&
        *at(e, a, b) == ARROW && *at(e, c, b) == CIRCLE) { /* R1 */
        changed |= put_tail(e, c, b);
        changed |= put_arrow(e, b, c);
    }
    if (linked(e, a, b) && linked(e, b, c) && linked(e, a, c)) {
        bool in = *at(e, a, b) == ARROW && *at(e, b, c) == ARROW;
        if (in && (directed(e, a, b) || directed(e, b, c))) /* R2 */
            changed |= put_arrow(e, a, c);
        if (directed(e, a, b) && directed(e, b, c)) /* R8 */
            changed |= put_tail(e, c, a);
    }
    return changed;
}

static bool apply_square(exact *e, size_t a, size_t b, size_t c) /* R3 */
{
    bool changed = false;
    if (!open_triple(e, a, b, c) || *at(e, a, b) != ARROW ||
        *at(e, c, b) != ARROW)
        return false;
    for (size_t d = 0; d < e->nodes; d++)
        if (d != b && open_triple(e, a, d, c) && between(e, a, d, c) &&
            linked(e, d, b) && *at(e, a, d) == CIRCLE && *at(e, c, d) == CIRCLE)
            changed |= put_arrow(e, d, b);
    return changed;
}

static bool on_path(const exact *e, size_t depth, size_t node)
{
    for (size_t k = 0; k < depth; k++)
        if (e->path[k] == node)
            return true;
    return false;
}

/* R4: path[0] is the end, path[1] the middle, the rest colliders that are
 * parents of the end. */
static bool apply_discriminating(exact *e, size_t depth)
{
    size_t end = e->path[0], middle = e->path[1], last = e->path[depth - 1];
    for (size_t next = 0; next < e->nodes; next++) {
        if (on_path(e, depth, next) || !linked(e, last, next))
            continue;
        if (depth > 2 && *at(e, next, last) != ARROW)
            continue;
        if (depth > 2 && !linked(e, next, end)) {
            if (between(e, next, middle, end)) {
                bool changed = put_tail(e, end, middle);
                return put_arrow(e, middle, end) || changed;
            }
            bool changed = put_arrow(e, end, middle);
            changed |= put_arrow(e, middle, end);
            changed |= put_arrow(e, e->path[2], middle);
            return changed;
        }
        if (!directed(e, next, end) || *at(e, last, next) != ARROW)
            continue;
        e->path[depth] = next;
        if (apply_discriminating(e, depth + 1))
            return true;
    }
    return false;
}

static bool may_lead(const exact *e, size_t a, size_t b)
{
    return linked(e, a, b) && *at(e, b, a) != ARROW && *at(e, a, b) != TAIL;
}

/* Whether an uncovered path that may be directed goes on to `goal`. */
static bool leads(exact *e, size_t depth, size_t goal)
{
    size_t last = e->path[depth - 1];
    if (last == goal)
        return true;
    for (size_t next = 0; next < e->nodes; next++) {
        if (on_path(e, depth, next) || !may_lead(e, last, next) ||
            linked(e, e->path[depth - 2], next))
            continue;
        e->path[depth] = next;
        if (leads(e, depth + 1, goal))
            return true;
    }
    return false;
}

static bool leads_over(exact *e, size_t a, size_t first, size_t goal)
{
    if (!may_lead(e, a, first))
        return false;
    e->path[0] = a;
    e->path[1] = first;
    return leads(e, 2, goal);
}

static bool apply_two_paths(exact *e, size_t a, size_t c) /* R10 */
{
    for (size_t b = 0; b < e->nodes; b++)
        for (size_t d = 0; d < e->nodes; d++) {
            if (b == d || b == a || d == a || !directed(e, b, c) ||
                !directed(e, d, c))
                continue;
            for (size_t m = 0; m < e->nodes; m++)
                for (size_t w = 0; w < e->nodes; w++)
                    if (m != w && m != c && w != c && !linked(e, m, w) &&
                        leads_over(e, a, m, b) && leads_over(e, a, w, d))
                        return put_tail(e, c, a);
        }
    return false;
}

static bool apply_pair(exact *e, size_t a, size_t c)
{
    bool changed = false;
    if (linked(e, a, c) && *at(e, c, a) == CIRCLE) { /* a may be the middle */
        e->path[0] = c;
        e->path[1] = a;
        changed |= apply_discriminating(e, 2);
    }
    if (!linked(e, a, c) || *at(e, c, a) != CIRCLE || *at(e, a, c) != ARROW)
        return changed;
    for (size_t b = 0; b < e->nodes; b++) /* R9 */
        if (b != c && b != a && !linked(e, b, c) && leads_over(e, a, b, c))
            return put_tail(e, c, a) || changed;
    return apply_two_paths(e, a, c) || changed;
}

void exact_solve(exact *e)
{
    find_ancestors(e);
    link_pairs(e);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t a = 0; a < e->nodes; a++)
            for (size_t b = 0; b < e->nodes; b++)
                for (size_t c = 0; a != b && c < e->nodes; c++)
                    if (b != c && a != c) {
                        changed |= apply_triple(e, a, b, c);
                        changed |= apply_square(e, a, b, c);
                    }
        for (size_t a = 0; a < e->nodes && !changed; a++)
            for (size_t c = 0; c < e->nodes; c++)
                if (a != c)
                    changed |= apply_pair(e, a, c);
    }
}
