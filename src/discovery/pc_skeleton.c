/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adjacency search of PC-stable. For every number of conditions each pair
 * is tested from one end, and if it is still joined, from the other. Each end
 * writes to its own list items only, so threads share nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/static_internal.h"

/* Above any squared correlation and any mark for an undetermined one. */
#define NOT_TESTED 3.0

typedef struct search {
    const caus_engine *engine;
    const caus_skeleton_options *options;
    const caus_run *run;
    caus_walk *walks;
    caus_skeleton *found;
    const caus_conditions *conditions; /* NULL = the neighbours */
    double *least;         /* [items] signed square of the nearest separation */
    const uint32_t **sets; /* [items] the separating set of this level */
    size_t level;
    bool second; /* the other end's turn */
    double limit;
    uint64_t quota;  /* of a node */
    bool *exhausted; /* [node_count] */
} search;

static size_t cell_of(const search *s, size_t a, size_t b)
{
    return a * s->found->node_count + b;
}

static uint64_t *row_of(const search *s, size_t node)
{
    return s->found->adjacent + node * s->found->word_count;
}

static uint64_t used_tests(const search *s)
{
    uint64_t used = 0;
    for (int k = 0; k < caus_run_threads(s->run); k++)
        used += s->walks[k].test_count;
    return used;
}

static double root_of(double squared)
{
    double root = sqrt(fabs(squared));
    return squared < 0 ? -root : root;
}

/* A correlation of 1 says that node, target and conditions determine each
 * other. */
static void note_determined(caus_walk *walk, uint32_t target)
{
    if (walk->singular_count)
        return;
    memcpy(walk->singular, walk->chosen, walk->size * sizeof *walk->singular);
    walk->singular[walk->size] = (uint32_t)walk->node;
    walk->singular[walk->size + 1] = target;
    walk->singular_count = walk->size + 2;
}

static bool is_determined(double square)
{
    return fabs(square) > 1 - 1e-10 && fabs(square) <= 1;
}

static caus_status note_singular(const search *s, caus_walk *walk, size_t node,
                                 caus_error *err)
{
    size_t count = walk->singular_count;
    if (!count || s->found->singular[node])
        return CAUS_OK;
    uint32_t *noted = CAUS_ARRAY(walk->arena, uint32_t, count + 1);
    if (!noted)
        return caus_arena_fail(walk->arena, err);
    noted[0] = (uint32_t)count;
    memcpy(noted + 1, walk->singular, count * sizeof *noted);
    s->found->singular[node] = noted;
    return CAUS_OK;
}

/* ---- no conditions ---- */

static caus_status test_marginal(void *data, caus_walk *walk, size_t node,
                                 caus_error *err)
{
    const search *s = data;
    size_t nodes = s->found->node_count;
    double *statistic = s->found->statistic + cell_of(s, node, 0);
    if (caus_run_should_stop(s->run)) {
        walk->stopped = true;
        return CAUS_OK;
    }
    caus_walk_start(walk, node, NULL, 0);
    walk->size = 0;
    s->engine->marginal(walk, node, statistic);
    for (size_t v = 0; v < nodes; v++) {
        caus_assumption known = caus_prior_get(s->options->prior, node, v);
        if (v == node || known == CAUS_ASSUME_ABSENT) {
            statistic[v] = 0;
            continue;
        }
        walk->test_count += v > node;
        s->found->strength[node] += fabs(statistic[v]);
        if (fabs(statistic[v]) > s->limit ||
            caus_prior_requires(s->options->prior, node, v)) {
            caus_bit_set(row_of(s, node), v);
            s->found->deviate[cell_of(s, node, v)] =
                s->engine->deviate(s->engine->state, statistic[v], 0);
            if (is_determined(statistic[v]))
                note_determined(walk, (uint32_t)v);
        }
        statistic[v] = root_of(statistic[v]);
    }
    return note_singular(s, walk, node, err);
}

/* What one end found in time counts for both. */
static void mirror_rows(search *s)
{
    caus_skeleton *found = s->found;
    for (size_t v = 0; v < found->node_count; v++)
        for (size_t w = 0; w < found->node_count; w++) {
            if (caus_bit_get(row_of(s, w), v) || !caus_bit_get(row_of(s, v), w))
                continue;
            caus_bit_set(row_of(s, w), v);
            found->statistic[cell_of(s, w, v)] =
                found->statistic[cell_of(s, v, w)];
            found->deviate[cell_of(s, w, v)] = found->deviate[cell_of(s, v, w)];
        }
}

static bool is_stopped(const search *s)
{
    bool stopped = false;
    for (int k = 0; k < caus_run_threads(s->run); k++)
        stopped = stopped || s->walks[k].stopped;
    return stopped;
}

static int compare_ranked(const void *a, const void *b)
{
    const caus_ranked_node *x = a, *y = b;
    if (x->strength > y->strength || x->strength < y->strength)
        return x->strength > y->strength ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

void caus_rank_nodes(caus_ranked_node *nodes, size_t count)
{
    if (count)
        qsort(nodes, count, sizeof *nodes, compare_ranked);
}

static caus_status list_neighbours(search *s, caus_arena *arena,
                                   caus_error *err)
{
    caus_skeleton *found = s->found;
    size_t nodes = found->node_count, words = found->word_count, total = 0;
    caus_lists *lists = &found->neighbours;
    for (size_t v = 0; v < nodes; v++)
        total += caus_bit_count(row_of(s, v), words);
    lists->items = CAUS_ARRAY(arena, uint32_t, total);
    s->least = CAUS_ARRAY(arena, double, total);
    s->sets = CAUS_ARRAY(arena, const uint32_t *, total);
    caus_ranked_node *order = CAUS_ARRAY(arena, caus_ranked_node, nodes);
    if (!lists->items || !s->least || !s->sets || !order)
        return caus_arena_fail(arena, err);
    for (size_t item = 0; item < total; item++)
        s->least[item] = NOT_TESTED;
    total = 0;
    for (size_t v = 0; v < nodes; v++) {
        size_t count = 0;
        for (size_t w = caus_bit_next(row_of(s, v), words, 0); w < 64 * words;
             w = caus_bit_next(row_of(s, v), words, w + 1))
            order[count++] = (caus_ranked_node){
                fabs(found->statistic[cell_of(s, v, w)]), (uint32_t)w};
        caus_rank_nodes(order, count);
        lists->first[v] = total;
        lists->count[v] = count;
        for (size_t k = 0; k < count; k++)
            lists->items[total++] = order[k].node;
    }
    return CAUS_OK;
}

/* ---- with conditions ---- */

static void keep_set(caus_walk *walk, const search *s, size_t item)
{
    uint32_t *set = CAUS_ARRAY(walk->arena, uint32_t, walk->size);
    if (set)
        memcpy(set, walk->chosen, walk->size * sizeof *set);
    s->sets[item] = set;
}

static void look(caus_walk *walk)
{
    const search *s = walk->data;
    for (size_t t = 0; t < walk->target_count;) {
        double square = walk->squared[t];
        size_t item = walk->labels[t];
        if (is_determined(square))
            note_determined(walk, walk->targets[t]);
        if (fabs(square) < fabs(s->least[item]))
            s->least[item] = square;
        if (fabs(square) > s->limit) {
            t++;
            continue;
        }
        s->least[item] = square;
        keep_set(walk, s, item);
        if (!s->sets[item])
            walk->stopped = true; /* told apart by test_node() */
        caus_walk_drop(walk, t);
    }
}

/* The group of a node for a block; every end of an edge has one. */
static size_t group_of(const caus_conditions *conditions, size_t node,
                       uint32_t block)
{
    size_t group = conditions->first_group[node];
    while (conditions->group_block[group] != block)
        group++;
    return group;
}

static bool group_has_sets(const search *s, size_t group)
{
    return s->conditions->leading[group] &&
           s->conditions->count[group] >= s->level;
}

/* Whether a node has enough conditions for a set of this level. */
static bool has_sets(const search *s, size_t node)
{
    if (!s->conditions) /* one of the neighbours is the other end */
        return s->found->neighbours.count[node] > s->level;
    for (size_t group = s->conditions->first_group[node];
         group < s->conditions->first_group[node + 1]; group++)
        if (group_has_sets(s, group))
            return true;
    return false;
}

/* Whether a pair is tested from `node` first: the end with fewer conditions
 * has fewer sets. */
static bool is_first_end(const search *s, size_t node, size_t item)
{
    size_t other = s->found->neighbours.items[item];
    const double *strength = s->found->strength;
    size_t here = s->found->neighbours.count[node];
    size_t there = s->found->neighbours.count[other];
    if (s->conditions) {
        uint32_t block = s->conditions->blocks[item];
        const size_t *count = s->conditions->count;
        here = count[group_of(s->conditions, node, block)];
        there = count[group_of(s->conditions, other, block)];
    }
    if (here != there)
        return here < there;
    if (strength[node] < strength[other] || strength[node] > strength[other])
        return strength[node] < strength[other];
    return node < other;
}

/* The neighbours that are tested from this end in this turn; of a group, those
 * in its block. */
static void add_targets(const search *s, caus_walk *walk, size_t node,
                        size_t group)
{
    const caus_lists *lists = &s->found->neighbours;
    size_t first = lists->first[node], end = first + lists->count[node];
    for (size_t item = first; item < end; item++) {
        uint32_t other = lists->items[item];
        if ((s->conditions && s->conditions->blocks[item] !=
                                  s->conditions->group_block[group]) ||
            !caus_bit_get(row_of(s, node), other) ||
            is_first_end(s, node, item) == s->second ||
            caus_prior_requires(s->options->prior, node, other))
            continue;
        s->least[item] = NOT_TESTED;
        caus_walk_add_target(walk, other, (uint32_t)item);
    }
}

static caus_status run_walk(search *s, caus_walk *walk, size_t node,
                            caus_error *err)
{
    walk->fewest = walk->most = s->level;
    walk->look = look;
    walk->data = s;
    if (!walk->target_count)
        return CAUS_OK;
    CAUS_TRY(caus_walk_run(walk, err));
    if (walk->stopped && !caus_run_should_stop(s->run))
        return caus_arena_fail(walk->arena, err);
    s->exhausted[node] = s->exhausted[node] || walk->exhausted;
    return note_singular(s, walk, node, err);
}

static caus_status test_groups(search *s, caus_walk *walk, size_t node,
                               caus_error *err)
{
    const caus_conditions *sets = s->conditions;
    for (size_t group = sets->first_group[node];
         group < sets->first_group[node + 1]; group++) {
        if (!group_has_sets(s, group) || walk->stopped || s->exhausted[node])
            continue;
        caus_walk_start(walk, node, sets->items[group], sets->count[group]);
        walk->leading = sets->leading[group];
        add_targets(s, walk, node, group);
        CAUS_TRY(run_walk(s, walk, node, err));
    }
    return CAUS_OK;
}

static caus_status test_node(void *data, caus_walk *walk, size_t node,
                             caus_error *err)
{
    search *s = data;
    const caus_lists *lists = &s->found->neighbours;
    const caus_prior *prior = s->options->prior;
    s->exhausted[node] = false;
    if (walk->stopped || !has_sets(s, node))
        return CAUS_OK;
    walk->quota = s->quota;
    if (s->conditions)
        return test_groups(s, walk, node, err);
    caus_walk_start_without(
        walk, node, lists->items + lists->first[node], lists->count[node],
        prior ? prior->excluded + node * prior->word_count : NULL);
    add_targets(s, walk, node, 0);
    return run_walk(s, walk, node, err);
}

static void separate(search *s, size_t node, size_t item)
{
    size_t other = s->found->neighbours.items[item];
    size_t small = node < other ? node : other;
    size_t large = node < other ? other : node;
    caus_bit_clear(row_of(s, node), other);
    caus_bit_clear(row_of(s, other), node);
    /* 32-bit names for now; static_result.c makes the public form. */
    s->found->sets[cell_of(s, small, large)] = s->sets[item];
    s->found->set_sizes[cell_of(s, small, large)] = (uint32_t)s->level;
}

/* The test nearest to separating an edge, over all levels, is the one with the
 * smallest deviate. */
static void note_least(search *s, size_t node, size_t item, bool separated)
{
    size_t other = s->found->neighbours.items[item];
    double square = s->least[item];
    if (!(fabs(square) <= 1))
        return;
    double deviate = s->engine->deviate(s->engine->state, square, s->level);
    double *known = &s->found->deviate[cell_of(s, node, other)];
    if (!separated && deviate >= *known)
        return;
    *known = s->found->deviate[cell_of(s, other, node)] = deviate;
    s->found->statistic[cell_of(s, node, other)] =
        s->found->statistic[cell_of(s, other, node)] = root_of(square);
}

/* Takes in what the nodes found in a pass; returns whether it was cut short.
 */
static bool end_pass(search *s)
{
    const caus_lists *lists = &s->found->neighbours;
    bool cut = false;
    for (size_t v = 0; v < s->found->node_count; v++) {
        cut = cut || s->exhausted[v];
        for (size_t k = 0; k < lists->count[v]; k++) {
            size_t item = lists->first[v] + k;
            bool separated = s->sets[item];
            if (s->least[item] < NOT_TESTED)
                note_least(s, v, item, separated);
            if (separated)
                separate(s, v, item);
            s->least[item] = NOT_TESTED;
            s->sets[item] = NULL;
        }
    }
    return cut || is_stopped(s);
}

/* Drops separated neighbours from the lists; returns the longest. */
static size_t shorten_lists(search *s)
{
    caus_lists *lists = &s->found->neighbours;
    size_t longest = 0;
    for (size_t v = 0; v < s->found->node_count; v++) {
        uint32_t *items = lists->items + lists->first[v];
        size_t kept = 0;
        for (size_t k = 0; k < lists->count[v]; k++)
            if (caus_bit_get(row_of(s, v), items[k]))
                items[kept++] = items[k];
        lists->count[v] = kept;
        longest = kept > longest ? kept : longest;
    }
    return longest;
}

/* Every node that has work gets an equal share of the tests that are left, so
 * that the result does not depend on who was first. */
static void share_tests(search *s)
{
    uint64_t limit = s->options->max_tests, used = used_tests(s), active = 0;
    s->quota = UINT64_MAX;
    if (!limit)
        return;
    for (size_t v = 0; v < s->found->node_count; v++)
        active += has_sets(s, v);
    s->quota = used < limit && active ? (limit - used) / active : 0;
}

static caus_status run_level(search *s, caus_error *err)
{
    s->limit = s->engine->limit(s->engine->state, s->level);
    for (int turn = 0; turn < 2 && s->found->complete; turn++) {
        s->second = turn == 1;
        share_tests(s);
        CAUS_TRY(caus_each_node(s->run, s->walks, s->found->node_count,
                                test_node, s, err));
        s->found->complete = !end_pass(s);
    }
    return CAUS_OK;
}

static size_t most_conditions(const search *s)
{
    size_t most = s->options->max_conditions;
    return most < s->engine->most_conditions ? most
                                             : s->engine->most_conditions;
}

static caus_status run_levels(search *s, caus_arena *arena, caus_error *err)
{
    caus_skeleton *found = s->found;
    size_t most = most_conditions(s);
    s->limit = s->engine->limit(s->engine->state, 0);
    CAUS_TRY(caus_each_node(s->run, s->walks, found->node_count, test_marginal,
                            s, err));
    if (is_stopped(s))
        mirror_rows(s);
    CAUS_TRY(list_neighbours(s, arena, err));
    found->complete = !is_stopped(s);
    for (s->level = 1; found->complete && s->level <= most; s->level++) {
        if (shorten_lists(s) <= s->level)
            break;
        found->level = s->level;
        CAUS_TRY(run_level(s, err));
        caus_run_progress(s->run, CAUS_STAGE_TEST, s->level, 0);
    }
    shorten_lists(s);
    found->test_count = used_tests(s);
    return CAUS_OK;
}

static bool make_arrays(search *s, caus_arena *arena)
{
    caus_skeleton *found = s->found;
    size_t nodes = found->node_count;
    found->adjacent = CAUS_ARRAY(arena, uint64_t, nodes * found->word_count);
    found->neighbours.first = CAUS_ARRAY(arena, size_t, nodes);
    found->neighbours.count = CAUS_ARRAY(arena, size_t, nodes);
    found->statistic = CAUS_ARRAY(arena, double, nodes *nodes);
    found->deviate = CAUS_ARRAY(arena, double, nodes *nodes);
    found->sets = CAUS_ARRAY(arena, const uint32_t *, nodes *nodes);
    found->set_sizes = CAUS_ARRAY(arena, uint32_t, nodes * nodes);
    found->singular = CAUS_ARRAY(arena, const uint32_t *, nodes);
    found->strength = CAUS_ARRAY(arena, double, nodes);
    s->exhausted = CAUS_ARRAY(arena, bool, nodes);
    return found->adjacent && found->neighbours.first &&
           found->neighbours.count && found->statistic && found->deviate &&
           found->sets && found->set_sizes && found->singular &&
           found->strength && s->exhausted;
}

caus_status caus_skeleton_learn(const caus_engine *engine,
                                const caus_skeleton_options *options,
                                const caus_run *run, caus_walk *walks,
                                caus_arena *arena, caus_skeleton *result,
                                caus_error *err)
{
    caus_skeleton found = {.node_count = engine->node_count,
                           .word_count = caus_bit_words(engine->node_count)};
    search s = {.engine = engine,
                .options = options,
                .run = run,
                .walks = walks,
                .found = &found};
    if (!make_arrays(&s, arena))
        return caus_arena_fail(arena, err);
    CAUS_TRY(run_levels(&s, arena, err));
    *result = found;
    return CAUS_OK;
}

/* ---- further conditions ---- */

static bool make_items(search *s, caus_arena *arena)
{
    const caus_lists *lists = &s->found->neighbours;
    size_t items = 0;
    for (size_t v = 0; v < s->found->node_count; v++)
        if (lists->first[v] + lists->count[v] > items)
            items = lists->first[v] + lists->count[v];
    s->least = CAUS_ARRAY(arena, double, items);
    s->sets = CAUS_ARRAY(arena, const uint32_t *, items);
    s->exhausted = CAUS_ARRAY(arena, bool, s->found->node_count);
    if (!s->least || !s->sets || !s->exhausted)
        return false;
    for (size_t item = 0; item < items; item++)
        s->least[item] = NOT_TESTED;
    return true;
}

static bool any_has_sets(const search *s)
{
    for (size_t v = 0; v < s->found->node_count; v++)
        if (has_sets(s, v))
            return true;
    return false;
}

caus_status caus_skeleton_refine(const caus_engine *engine,
                                 const caus_skeleton_options *options,
                                 const caus_conditions *conditions,
                                 size_t level, const caus_run *run,
                                 caus_walk *walks, caus_arena *arena,
                                 caus_skeleton *skeleton, bool *tested,
                                 caus_error *err)
{
    search s = {.engine = engine,
                .options = options,
                .run = run,
                .walks = walks,
                .found = skeleton,
                .conditions = conditions};
    *tested = false;
    s.level = level;
    if (!skeleton->complete || level > most_conditions(&s) || !any_has_sets(&s))
        return CAUS_OK;
    if (!make_items(&s, arena))
        return caus_arena_fail(arena, err);
    if (level > skeleton->level)
        skeleton->level = level;
    CAUS_TRY(run_level(&s, err));
    caus_run_progress(run, CAUS_STAGE_TEST, level, 0);
    shorten_lists(&s);
    skeleton->test_count = used_tests(&s);
    *tested = true;
    return CAUS_OK;
}
