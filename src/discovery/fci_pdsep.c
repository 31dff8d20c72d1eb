/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Possible-D-SEP: the nodes that may be needed to separate a node from another
 * when there are hidden causes. A node belongs to it when a path leads there on
 * which every triple is a collider or a triangle (Spirtes, Glymour & Scheines
 * 2000, section 6.7). We follow walks, which may reach a node more, never one
 * less. The sets are made anew for every number of conditions, and not in
 * between, so that no removal depends on another of its kind. Of its members
 * those are conditions that lie on a path to the other node, in the same
 * biconnected component (FCI_path of Colombo et al. 2012, section 3).
 */
#include <math.h>
#include <string.h>

#include "discovery/fci_internal.h"

typedef struct plan {
    const caus_skeleton *skeleton;
    const caus_prior *prior;
    const caus_run *run;
    const uint64_t *arrows; /* of colliders, bit source of row target */
    size_t end_count;       /* of list items */
    uint32_t *blocks;       /* [end_count] */
    uint64_t *reached;      /* [node_count × word_count] */
    uint64_t *before;       /* likewise, with one condition fewer */
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

static bool is_in_block(const plan *p, size_t node, uint32_t block)
{
    const caus_lists *lists = &p->skeleton->neighbours;
    for (size_t k = 0; k < lists->count[node]; k++)
        if (p->blocks[lists->first[node] + k] == block)
            return true;
    return false;
}

/* Nodes of a block that are no neighbours first; returns how many they are. */
static size_t list_group(const plan *p, size_t node, uint32_t block,
                         caus_ranked_node *order, uint32_t *items,
                         size_t *count)
{
    const caus_skeleton *found = p->skeleton;
    const uint64_t *reached = row_of(p, p->reached, node);
    const uint64_t *near = row_of(p, found->adjacent, node);
    size_t words = found->word_count, leading = 0;
    for (size_t v = caus_bit_next(reached, words, 0); v < 64 * words;
         v = caus_bit_next(reached, words, v + 1))
        if (!caus_bit_get(near, v) && is_in_block(p, v, block))
            order[leading++] = (caus_ranked_node){
                fabs(found->statistic[node * found->node_count + v]),
                (uint32_t)v};
    caus_rank_nodes(order, leading);
    for (size_t k = 0; k < leading; k++)
        items[k] = order[k].node;
    *count = leading;
    const caus_lists *lists = &found->neighbours;
    for (size_t k = 0; k < lists->count[node]; k++) {
        size_t end = lists->first[node] + k;
        if (p->blocks[end] == block && caus_bit_get(reached, lists->items[end]))
            items[(*count)++] = lists->items[end];
    }
    return leading;
}

/* What is filled in, node by node. */
typedef struct groups {
    size_t *first_group; /* [node_count + 1] */
    uint32_t *block;     /* [ends] as many groups as there can be */
    size_t *leading;
    size_t *count;
    const uint32_t **items;
    size_t used;
    caus_ranked_node *order; /* [node_count] scratch */
    uint32_t *found;         /* [node_count] scratch */
} groups;

static bool has_group(const groups *g, size_t node, uint32_t block)
{
    for (size_t k = g->first_group[node]; k < g->used; k++)
        if (g->block[k] == block)
            return true;
    return false;
}

static bool add_group(const plan *p, groups *g, size_t node, uint32_t block,
                      caus_arena *arena)
{
    size_t k = g->used++;
    g->block[k] = block;
    g->leading[k] =
        list_group(p, node, block, g->order, g->found, &g->count[k]);
    uint32_t *items = CAUS_ARRAY(arena, uint32_t, g->count[k]);
    if (!items)
        return false;
    memcpy(items, g->found, g->count[k] * sizeof *items);
    g->items[k] = items;
    return true;
}

static caus_status list_conditions(const plan *p, caus_arena *arena,
                                   caus_conditions *result, caus_error *err)
{
    size_t nodes = p->skeleton->node_count;
    const caus_lists *lists = &p->skeleton->neighbours;
    groups g = {.first_group = CAUS_ARRAY(arena, size_t, nodes + 1),
                .block = CAUS_ARRAY(arena, uint32_t, p->end_count),
                .leading = CAUS_ARRAY(arena, size_t, p->end_count),
                .count = CAUS_ARRAY(arena, size_t, p->end_count),
                .items = CAUS_ARRAY(arena, const uint32_t *, p->end_count),
                .order = CAUS_ARRAY(arena, caus_ranked_node, nodes),
                .found = CAUS_ARRAY(arena, uint32_t, nodes)};
    if (!g.first_group || !g.block || !g.leading || !g.count || !g.items ||
        !g.order || !g.found)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < nodes; v++) {
        g.first_group[v] = g.used;
        for (size_t k = 0; k < lists->count[v]; k++) {
            uint32_t block = p->blocks[lists->first[v] + k];
            if (!has_group(&g, v, block) && !add_group(p, &g, v, block, arena))
                return caus_arena_fail(arena, err);
        }
    }
    g.first_group[nodes] = g.used;
    *result = (caus_conditions){.first_group = g.first_group,
                                .group_block = g.block,
                                .leading = g.leading,
                                .count = g.count,
                                .items = g.items,
                                .blocks = p->blocks};
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

/* Finds the sets for the skeleton as it is. */
static caus_status plan_conditions(plan *p, const caus_engine *engine,
                                   const caus_skeleton_options *options,
                                   caus_walk *walks, caus_arena *arena,
                                   caus_conditions *result, caus_error *err)
{
    caus_colliders colliders;
    const caus_skeleton *skeleton = p->skeleton;
    size_t nodes = skeleton->node_count, words = skeleton->word_count;
    CAUS_TRY(caus_colliders_find(engine, skeleton, CAUS_COLLIDERS_NONE, options,
                                 p->run, walks, arena, &colliders, err));
    add_ambiguous(&colliders, words);
    p->arrows = colliders.arrows;
    p->end_count = 0;
    for (size_t v = 0; v < nodes; v++) {
        size_t end =
            skeleton->neighbours.first[v] + skeleton->neighbours.count[v];
        p->end_count = end > p->end_count ? end : p->end_count;
    }
    p->blocks = CAUS_ARRAY(arena, uint32_t, p->end_count);
    if (!p->blocks ||
        !caus_blocks_find(skeleton, p->end_count, arena, p->blocks))
        return caus_arena_fail(arena, err);
    memcpy(p->before, p->reached, nodes * words * sizeof *p->before);
    memset(p->reached, 0, nodes * words * sizeof *p->reached);
    CAUS_TRY(caus_each_node(p->run, walks, nodes, reach_node, p, err));
    return list_conditions(p, arena, result, err);
}

static bool has_grown(const plan *p)
{
    for (size_t w = 0; w < p->skeleton->node_count * p->skeleton->word_count;
         w++)
        if (p->reached[w] & ~p->before[w])
            return true;
    return false;
}

caus_status caus_fci_refine(const caus_engine *engine,
                            const caus_skeleton_options *options,
                            const caus_run *run, caus_walk *walks,
                            caus_arena *arena, caus_skeleton *skeleton,
                            caus_error *err)
{
    size_t size = skeleton->node_count * skeleton->word_count;
    plan p = {.skeleton = skeleton,
              .prior = options->prior,
              .run = run,
              .before = CAUS_ARRAY(arena, uint64_t, size),
              .reached = CAUS_ARRAY(arena, uint64_t, size)};
    if (!p.reached || !p.before)
        return caus_arena_fail(arena, err);
    /* Edges that go may make new colliders, and those new members: then sets
     * of fewer conditions have to be gone through again. */
    for (bool grew = true; grew;) {
        bool tested = true;
        grew = false;
        for (size_t level = 1; tested; level++) {
            caus_conditions conditions;
            CAUS_TRY(plan_conditions(&p, engine, options, walks, arena,
                                     &conditions, err));
            grew = grew || (level > 1 && has_grown(&p));
            for (int k = 0; k < caus_run_threads(run); k++)
                skeleton->complete = skeleton->complete && !walks[k].stopped;
            CAUS_TRY(caus_skeleton_refine(engine, options, &conditions, level,
                                          run, walks, arena, skeleton, &tested,
                                          err));
        }
    }
    return CAUS_OK;
}
