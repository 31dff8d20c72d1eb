/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which unshielded triples are colliders. Every node is tested with all nodes
 * two steps away, given every set of its neighbours; for each such pair and
 * each neighbour of both it is counted in how many separating sets that
 * neighbour is. A set of neighbours of both ends is met from both and counts 1
 * each time; any other counts 2.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/static_internal.h"

/* What a node's walk counts for one node two steps away. */
typedef struct tally {
    uint32_t other;
    uint32_t middle_count;
    const uint32_t *middles; /* [middle_count] ascending */
    uint64_t total;          /* weight of all separating sets */
    uint64_t *with;          /* [middle_count] of those with the middle */
} tally;

typedef struct tallies {
    tally *items; /* [count] by ascending `other` */
    size_t count;
} tallies;

typedef struct search {
    const caus_engine *engine;
    const caus_skeleton *skeleton;
    const caus_skeleton_options *options;
    const caus_run *run;
    caus_collider_rule rule;
    double *limits;   /* [largest set + 1] */
    tallies *tallies; /* [node_count] */
    uint64_t quota;   /* of a node */
    bool *exhausted;  /* [node_count] */
} search;

static const uint64_t *row_of(const search *s, size_t node)
{
    return s->skeleton->adjacent + node * s->skeleton->word_count;
}

/* Nodes two steps away and not adjacent, as bits. */
static void find_second_neighbours(const search *s, size_t node, uint64_t *bits)
{
    size_t words = s->skeleton->word_count;
    const uint64_t *near = row_of(s, node);
    memset(bits, 0, words * sizeof *bits);
    for (size_t v = caus_bit_next(near, words, 0); v < 64 * words;
         v = caus_bit_next(near, words, v + 1))
        for (size_t w = 0; w < words; w++)
            bits[w] |= row_of(s, v)[w];
    for (size_t w = 0; w < words; w++)
        bits[w] &= ~near[w];
    caus_bit_clear(bits, node);
}

static bool make_tally(const search *s, size_t node, size_t other,
                       caus_arena *arena, tally *item)
{
    size_t words = s->skeleton->word_count, count = 0;
    const uint64_t *a = row_of(s, node), *b = row_of(s, other);
    for (size_t w = 0; w < words; w++)
        count += (size_t)__builtin_popcountll(a[w] & b[w]);
    uint32_t *middles = CAUS_ARRAY(arena, uint32_t, count);
    uint64_t *with = CAUS_ARRAY(arena, uint64_t, count);
    if (!middles || !with)
        return false;
    *item = (tally){.other = (uint32_t)other,
                    .middle_count = (uint32_t)count,
                    .middles = middles,
                    .with = with};
    count = 0;
    for (size_t v = caus_bit_next(a, words, 0); v < 64 * words;
         v = caus_bit_next(a, words, v + 1))
        if (caus_bit_get(b, v))
            middles[count++] = (uint32_t)v;
    return true;
}

static caus_status make_tallies(const search *s, size_t node, caus_arena *arena,
                                caus_error *err)
{
    size_t words = s->skeleton->word_count, count = 0;
    uint64_t *bits = CAUS_ARRAY(arena, uint64_t, words);
    if (!bits)
        return caus_arena_fail(arena, err);
    find_second_neighbours(s, node, bits);
    tallies *made = &s->tallies[node];
    made->items = CAUS_ARRAY(arena, tally, caus_bit_count(bits, words));
    if (!made->items)
        return caus_arena_fail(arena, err);
    for (size_t v = caus_bit_next(bits, words, 0); v < 64 * words;
         v = caus_bit_next(bits, words, v + 1))
        if (!make_tally(s, node, v, arena, &made->items[count++]))
            return caus_arena_fail(arena, err);
    made->count = count;
    return CAUS_OK;
}

/* ---- counting ---- */

static void count_set(const caus_walk *walk, const search *s, tally *item)
{
    const uint64_t *near = row_of(s, item->other);
    uint64_t weight = 1;
    for (size_t k = 0; k < walk->size; k++)
        if (!caus_bit_get(near, walk->chosen[k]))
            weight = 2;
    item->total += weight;
    for (size_t m = 0; m < item->middle_count; m++)
        if (walk->is_chosen[item->middles[m]])
            item->with[m] += weight;
}

/* Whether no further set changes a conservative verdict. */
static bool is_settled(const tally *item)
{
    for (size_t m = 0; m < item->middle_count; m++)
        if (item->with[m] == 0 || item->with[m] == item->total)
            return false;
    return true;
}

static void look(caus_walk *walk)
{
    const search *s = walk->data;
    double limit = s->limits[walk->size];
    bool conservative = s->rule == CAUS_COLLIDERS_CONSERVATIVE;
    for (size_t t = 0; t < walk->target_count;) {
        tally *item = &s->tallies[walk->node].items[walk->labels[t]];
        if (fabs(walk->squared[t]) <= limit) {
            count_set(walk, s, item);
            if (conservative && is_settled(item)) {
                caus_walk_drop(walk, t);
                continue;
            }
        }
        t++;
    }
}

static caus_status count_node(void *data, caus_walk *walk, size_t node,
                              caus_error *err)
{
    search *s = data;
    const caus_lists *lists = &s->skeleton->neighbours;
    CAUS_TRY(make_tallies(s, node, walk->arena, err));
    if (s->rule == CAUS_COLLIDERS_NONE || walk->stopped)
        return CAUS_OK;
    size_t count = lists->count[node], most = s->options->max_conditions;
    if (most > s->engine->most_conditions)
        most = s->engine->most_conditions;
    const caus_prior *prior = s->options->prior;
    caus_walk_start_without(
        walk, node, lists->items + lists->first[node], count,
        prior ? prior->excluded + node * prior->word_count : NULL);
    for (size_t k = 0; k < s->tallies[node].count; k++)
        caus_walk_add_target(walk, s->tallies[node].items[k].other,
                             (uint32_t)k);
    walk->fewest = 0;
    walk->most = count < most ? count : most;
    walk->quota = s->quota;
    walk->look = look;
    walk->data = s;
    if (!walk->target_count)
        return CAUS_OK;
    CAUS_TRY(caus_walk_run(walk, err));
    s->exhausted[node] = walk->exhausted;
    return CAUS_OK;
}

/* ---- verdicts ---- */

/* The counts for the same pair from its other end: being two steps away is
 * mutual, so they exist. */
static const tally *opposite(const search *s, size_t node, const tally *item)
{
    const tallies *there = &s->tallies[item->other];
    size_t low = 0, high = there->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (there->items[middle].other < node)
            low = middle + 1;
        else
            high = middle;
    }
    return &there->items[low];
}

static bool is_in(const uint32_t *set, size_t count, uint32_t node)
{
    for (size_t k = 0; k < count; k++)
        if (set[k] == node)
            return true;
    return false;
}

/* Whether a set lies within the neighbours of a node: then it was counted. */
static bool is_within(const search *s, const uint32_t *set, size_t count,
                      size_t node)
{
    for (size_t k = 0; k < count; k++)
        if (!caus_bit_get(row_of(s, node), set[k]))
            return false;
    return true;
}

typedef enum verdict { COLLIDER, NO_COLLIDER, AMBIGUOUS } verdict;

/* Whether an edge that ends in the middle has a tail there. */
static bool is_known_tail(const search *s, size_t node, size_t other,
                          size_t middle)
{
    const caus_prior *prior = s->options->prior;
    if (!prior)
        return false;
    const uint64_t *tails = prior->tails + middle * prior->word_count;
    return caus_bit_get(tails, node) || caus_bit_get(tails, other);
}

/* The verdict of all separating sets of neighbours and of the recorded one. */
static verdict vote(const search *s, size_t node, const tally *item, size_t m)
{
    size_t cell = node * s->skeleton->node_count + item->other;
    const uint32_t *set = s->skeleton->sets[cell];
    size_t size = s->skeleton->set_sizes[cell];
    bool in_first = is_in(set, size, item->middles[m]);
    const tally *back = opposite(s, node, item);
    uint64_t total = item->total + back->total;
    uint64_t with = item->with[m] + back->with[m];
    if (!is_within(s, set, size, node) &&
        !is_within(s, set, size, item->other)) {
        total += 2;
        with += in_first ? 2 : 0;
    }
    if (!total)
        return AMBIGUOUS;
    if (s->rule == CAUS_COLLIDERS_CONSERVATIVE)
        return with == 0 ? COLLIDER : with == total ? NO_COLLIDER : AMBIGUOUS;
    return 2 * with < total   ? COLLIDER
           : 2 * with > total ? NO_COLLIDER
                              : AMBIGUOUS;
}

static verdict judge(const search *s, size_t node, const tally *item, size_t m)
{
    size_t cell = node * s->skeleton->node_count + item->other;
    if (is_known_tail(s, node, item->other, item->middles[m]))
        return NO_COLLIDER;
    /* a pair that was not to be tested has no set */
    bool has_set = caus_prior_get(s->options->prior, node, item->other) !=
                   CAUS_ASSUME_ABSENT;
    verdict first = !has_set ? AMBIGUOUS
                    : is_in(s->skeleton->sets[cell],
                            s->skeleton->set_sizes[cell], item->middles[m])
                        ? NO_COLLIDER
                        : COLLIDER;
    if (s->rule == CAUS_COLLIDERS_NONE)
        return first;
    verdict said = vote(s, node, item, m);
    return said == first || !s->options->first_set_binds ? said : AMBIGUOUS;
}

static size_t count_triples(const search *s)
{
    size_t count = 0;
    for (size_t v = 0; v < s->skeleton->node_count; v++)
        for (size_t k = 0; k < s->tallies[v].count; k++)
            if (s->tallies[v].items[k].other > v)
                count += s->tallies[v].items[k].middle_count;
    return count;
}

static void judge_pair(const search *s, size_t node, const tally *item,
                       caus_colliders *result)
{
    size_t words = s->skeleton->word_count;
    for (size_t m = 0; m < item->middle_count; m++) {
        size_t middle = item->middles[m];
        uint64_t *arrows = result->arrows + middle * words;
        verdict said = judge(s, node, item, m);
        if (said == AMBIGUOUS)
            result->ambiguous[result->ambiguous_count++] = (caus_triple){
                .source = node, .middle = middle, .target = item->other};
        if (said != COLLIDER)
            continue;
        caus_bit_set(arrows, node);
        caus_bit_set(arrows, item->other);
    }
}

static void share_tests(search *s, uint64_t used)
{
    uint64_t limit = s->options->max_tests;
    assert(s->skeleton->node_count);
    s->quota = UINT64_MAX;
    if (limit)
        s->quota = used < limit ? (limit - used) / s->skeleton->node_count : 0;
}

static caus_status find(search *s, caus_walk *walks, caus_arena *arena,
                        caus_colliders *result, caus_error *err)
{
    const caus_skeleton *skeleton = s->skeleton;
    size_t nodes = skeleton->node_count, longest = 0;
    for (size_t v = 0; v < nodes; v++)
        if (skeleton->neighbours.count[v] > longest)
            longest = skeleton->neighbours.count[v];
    s->limits = CAUS_ARRAY(arena, double, longest + 1);
    s->tallies = CAUS_ARRAY(arena, tallies, nodes);
    s->exhausted = CAUS_ARRAY(arena, bool, nodes);
    result->arrows = CAUS_ARRAY(arena, uint64_t, nodes * skeleton->word_count);
    if (!s->limits || !s->tallies || !s->exhausted || !result->arrows)
        return caus_arena_fail(arena, err);
    for (size_t size = 0; size <= longest; size++)
        s->limits[size] = s->engine->limit(s->engine->state, size);
    share_tests(s, skeleton->test_count);
    CAUS_TRY(caus_each_node(s->run, walks, nodes, count_node, s, err));
    result->complete = true;
    for (size_t v = 0; v < nodes; v++)
        result->complete = result->complete && !s->exhausted[v];
    for (int k = 0; k < caus_run_threads(s->run); k++) {
        result->complete = result->complete && !walks[k].stopped;
        result->test_count += walks[k].test_count;
    }
    result->ambiguous = CAUS_ARRAY(arena, caus_triple, count_triples(s));
    if (!result->ambiguous)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < nodes && result->complete; v++)
        for (size_t k = 0; k < s->tallies[v].count; k++)
            if (s->tallies[v].items[k].other > v)
                judge_pair(s, v, &s->tallies[v].items[k], result);
    qsort(result->ambiguous, result->ambiguous_count, sizeof(caus_triple),
          caus_triple_compare);
    return CAUS_OK;
}

caus_status caus_colliders_find(const caus_engine *engine,
                                const caus_skeleton *skeleton,
                                caus_collider_rule rule,
                                const caus_skeleton_options *options,
                                const caus_run *run, caus_walk *walks,
                                caus_arena *arena, caus_colliders *result,
                                caus_error *err)
{
    search s = {.engine = engine,
                .skeleton = skeleton,
                .options = options,
                .run = run,
                .rule = rule};
    caus_colliders found = {0};
    CAUS_TRY(find(&s, walks, arena, &found, err));
    *result = found;
    return CAUS_OK;
}
