/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Possible-D-SEP: the nodes that may be needed to separate a node from another
 * when there are hidden causes. A node belongs to it when a path leads there on
 * which every triple is a collider or a triangle (Spirtes, Glymour & Scheines
 * 2000, section 6.7). We follow walks, which may reach a node more, never one
 * less. The sets are made once, so no removal depends on another.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/fci_internal.h"

typedef struct plan {
    const caus_skeleton *skeleton;
    const caus_prior *prior;
    const uint64_t *arrows; /* of colliders, bit source of row target */
    size_t end_count;       /* of edges */
    uint64_t *reached;      /* [node_count × word_count] */
} plan;

static const uint64_t *row_of(const plan *p, const uint64_t *rows, size_t node)
{
    return rows + node * p->skeleton->word_count;
}

static bool may_pass(const plan *p, size_t from, size_t over, size_t to)
{
    const uint64_t *arrows = row_of(p, p->arrows, over);
    return from != to &&
           (caus_bit_get(row_of(p, p->skeleton->adjacent, from), to) ||
            (caus_bit_get(arrows, from) && caus_bit_get(arrows, to)));
}

typedef struct step {
    uint32_t from, over;
} step;

/* Follows the walks out of a node; queue and seen are [end_count]. */
static void follow(const plan *p, size_t node, step *queue, bool *seen,
                   uint64_t *reached)
{
    const caus_lists *lists = &p->skeleton->neighbours;
    size_t first = 0, last = 0;
    for (size_t k = 0; k < lists->count[node]; k++) {
        seen[lists->first[node] + k] = true;
        queue[last++] =
            (step){(uint32_t)node, lists->items[lists->first[node] + k]};
    }
    while (first < last) {
        step at = queue[first++];
        size_t begin = lists->first[at.over];
        caus_bit_set(reached, at.over);
        for (size_t end = begin; end < begin + lists->count[at.over]; end++) {
            uint32_t to = lists->items[end];
            if (seen[end] || to == node || !may_pass(p, at.from, at.over, to))
                continue;
            seen[end] = true;
            queue[last++] = (step){at.over, to};
        }
    }
}

static caus_status reach_node(void *data, caus_walk *walk, size_t node,
                              caus_error *err)
{
    const plan *p = data;
    size_t words = p->skeleton->word_count;
    uint64_t *reached = p->reached + node * words;
    caus_arena_mark mark = caus_arena_get_mark(walk->arena);
    if (caus_run_should_stop(walk->run)) {
        walk->stopped = true;
        return CAUS_OK;
    }
    step *queue = CAUS_ARRAY(walk->arena, step, p->end_count);
    bool *seen = CAUS_ARRAY(walk->arena, bool, p->end_count);
    if (!queue || !seen)
        return caus_arena_fail(walk->arena, err);
    follow(p, node, queue, seen, reached);
    caus_arena_rewind(walk->arena, mark);
    if (p->prior)
        for (size_t w = 0; w < words; w++)
            reached[w] &= ~row_of(p, p->prior->excluded, node)[w];
    return CAUS_OK;
}

/* ---- lists of conditions ---- */

typedef struct ranked {
    double strength;
    uint32_t node;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->strength > y->strength || x->strength < y->strength)
        return x->strength > y->strength ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Nodes that are no neighbours first; returns how many they are. */
static size_t list_node(const plan *p, size_t node, ranked *order,
                        uint32_t *items)
{
    const caus_skeleton *found = p->skeleton;
    const uint64_t *reached = row_of(p, p->reached, node);
    const uint64_t *near = row_of(p, found->adjacent, node);
    size_t words = found->word_count, leading = 0;
    for (size_t v = caus_bit_next(reached, words, 0); v < 64 * words;
         v = caus_bit_next(reached, words, v + 1))
        if (!caus_bit_get(near, v))
            order[leading++] =
                (ranked){fabs(found->statistic[node * found->node_count + v]),
                         (uint32_t)v};
    qsort(order, leading, sizeof *order, compare_ranked);
    for (size_t k = 0; k < leading; k++)
        *items++ = order[k].node;
    const caus_lists *lists = &found->neighbours;
    for (size_t k = 0; k < lists->count[node]; k++) {
        uint32_t v = lists->items[lists->first[node] + k];
        if (caus_bit_get(reached, v))
            *items++ = v;
    }
    return leading;
}

static caus_status list_conditions(const plan *p, caus_arena *arena,
                                   caus_conditions *result, caus_error *err)
{
    size_t nodes = p->skeleton->node_count, words = p->skeleton->word_count;
    caus_lists lists = {.first = CAUS_ARRAY(arena, size_t, nodes),
                        .count = CAUS_ARRAY(arena, size_t, nodes)};
    size_t *leading = CAUS_ARRAY(arena, size_t, nodes), total = 0;
    ranked *order = CAUS_ARRAY(arena, ranked, nodes);
    if (!lists.first || !lists.count || !leading || !order)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < nodes; v++) {
        lists.first[v] = total;
        lists.count[v] = caus_bit_count(row_of(p, p->reached, v), words);
        total += lists.count[v];
    }
    lists.items = CAUS_ARRAY(arena, uint32_t, total);
    if (!lists.items)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < nodes; v++)
        leading[v] = list_node(p, v, order, lists.items + lists.first[v]);
    *result = (caus_conditions){lists, leading};
    return CAUS_OK;
}

/* A triple that nothing is known of may be a collider. */
static void add_ambiguous(const caus_colliders *colliders, size_t words)
{
    for (size_t k = 0; k < colliders->ambiguous_count; k++) {
        const caus_triple *triple = &colliders->ambiguous[k];
        uint64_t *row = colliders->arrows + triple->middle * words;
        caus_bit_set(row, triple->source);
        caus_bit_set(row, triple->target);
    }
}

caus_status caus_fci_refine(const caus_engine *engine,
                            const caus_skeleton_options *options,
                            const caus_run *run, caus_walk *walks,
                            caus_arena *arena, caus_skeleton *skeleton,
                            caus_error *err)
{
    caus_colliders colliders;
    caus_conditions conditions;
    size_t nodes = skeleton->node_count, words = skeleton->word_count;
    CAUS_TRY(caus_colliders_find(engine, skeleton, CAUS_COLLIDERS_NONE, options,
                                 run, walks, arena, &colliders, err));
    add_ambiguous(&colliders, words);
    plan p = {.skeleton = skeleton,
              .prior = options->prior,
              .arrows = colliders.arrows,
              .reached = CAUS_ARRAY(arena, uint64_t, nodes * words)};
    if (!p.reached)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < nodes; v++) {
        size_t end =
            skeleton->neighbours.first[v] + skeleton->neighbours.count[v];
        p.end_count = end > p.end_count ? end : p.end_count;
    }
    CAUS_TRY(caus_each_node(run, walks, nodes, reach_node, &p, err));
    CAUS_TRY(list_conditions(&p, arena, &conditions, err));
    for (int k = 0; k < caus_run_threads(run); k++)
        skeleton->complete = skeleton->complete && !walks[k].stopped;
    return caus_skeleton_refine(engine, options, &conditions, run, walks, arena,
                                skeleton, err);
}
