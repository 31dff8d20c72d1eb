/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/score_internal.h"

static const uint64_t *row(const caus_pdag *graph, const uint64_t *rows,
                           size_t node)
{
    return rows + node * graph->word_count;
}

/* ---- paths ---- */

/*
 * What semi-directed paths from a node reach without entering `blocked`. With
 * `over` a node, the edge from the start to it is not taken.
 */
static void reach(caus_score_search *s, size_t from, size_t over)
{
    const caus_pdag *graph = &s->graph;
    caus_scoring *scoring = &s->scoring;
    size_t words = scoring->word_count;
    uint64_t *reached = scoring->reached, *queue = scoring->queue;
    const uint64_t *children = row(graph, graph->children, from);
    const uint64_t *near = row(graph, graph->neighbours, from);
    for (size_t w = 0; w < words; w++)
        reached[w] = (children[w] | near[w]) & ~scoring->blocked[w];
    if (over != SIZE_MAX)
        caus_bit_clear(reached, over);
    memcpy(queue, reached, words * sizeof *queue);
    caus_bit_set(scoring->blocked, from);
    for (size_t v = caus_bit_next(queue, words, 0); v < 64 * words;
         v = caus_bit_next(queue, words, 0)) {
        caus_bit_clear(queue, v);
        children = row(graph, graph->children, v);
        near = row(graph, graph->neighbours, v);
        for (size_t w = 0; w < words; w++) {
            uint64_t fresh =
                (children[w] | near[w]) & ~scoring->blocked[w] & ~reached[w];
            reached[w] |= fresh;
            queue[w] |= fresh;
        }
    }
}

static void block(caus_score_search *s, const uint64_t *set,
                  const uint64_t *more)
{
    for (size_t w = 0; w < s->scoring.word_count; w++)
        s->scoring.blocked[w] = set[w] | (more ? more[w] : 0);
}

bool caus_operators_is_valid(caus_score_search *search, caus_operator_kind kind,
                             size_t source, size_t target, const uint64_t *set)
{
    const caus_pdag *graph = &search->graph;
    if (search->known)
        return caus_score_try(search, kind, source, target, set);
    if (kind == CAUS_OPERATOR_INSERT) {
        block(search, set, NULL);
        reach(search, target, SIZE_MAX);
        return !caus_bit_get(search->scoring.reached, source);
    }
    if (kind == CAUS_OPERATOR_TURN &&
        caus_bit_get(row(graph, graph->children, target), source)) {
        block(search, set, row(graph, graph->neighbours, source));
        reach(search, target, source);
        return !caus_bit_get(search->scoring.reached, source);
    }
    return true;
}

/* ---- candidates ---- */

static void keep(caus_score_search *s, caus_operator_kind kind, size_t source,
                 size_t target, double gain, const uint64_t *set)
{
    size_t place = kind * s->scoring.node_count + target;
    s->best[place] = (caus_operator){gain, (uint32_t)source};
    memcpy(s->sets + place * s->scoring.word_count, set,
           s->scoring.word_count * sizeof *set);
}

static double best_gain(const caus_score_search *s, caus_operator_kind kind,
                        size_t target)
{
    return s->best[kind * s->scoring.node_count + target].gain;
}

static bool is_forbidden(const caus_score_search *s, size_t a, size_t b)
{
    return !caus_score_allows(s, a, b) ||
           (s->forbidden[0] == a && s->forbidden[1] == b) ||
           (s->forbids_back && s->forbidden[0] == b && s->forbidden[1] == a);
}

/* The same by a local score: the other parents are those of the graph and the
 * clique. */
static double local_addition(caus_score_search *s, size_t target, size_t source)
{
    caus_scoring *scoring = &s->scoring;
    const caus_local_score *local = scoring->local;
    const uint64_t *parents = row(&s->graph, s->graph.parents, target);
    for (size_t w = 0; w < scoring->word_count; w++)
        scoring->given[w] = parents[w] | scoring->clique[w];
    return local->score(local->data, target, scoring->given, source) -
           local->score(local->data, target, scoring->given, SIZE_MAX);
}

/* What X → Y adds to the score of Y when the residuals hold its other
 * parents. */
static double addition(caus_score_search *s, size_t target, size_t depth,
                       size_t source)
{
    const caus_scoring *scoring = &s->scoring;
    if (scoring->local)
        return local_addition(s, target, source);
    size_t stride = scoring->correlation->stride;
    const double *variance = scoring->residuals.variance + depth * stride;
    const double *covariance = scoring->residuals.covariance + depth * stride;
    double product = fmax(variance[source], CAUS_RIDGE / 2) *
                     fmax(variance[target], CAUS_RIDGE / 2);
    double share = covariance[source] * covariance[source] / product;
    return -scoring->half_rows * log1p(-fmin(share, 1 - CAUS_RIDGE / 2)) -
           scoring->penalty;
}

/* Keeps an insert with the clique, unless a path forbids it. */
static bool try_insert(caus_score_search *s, size_t source, size_t target,
                       double gain, bool *has_reach)
{
    const uint64_t *clique = s->scoring.clique;
    if (s->known) {
        if (!caus_score_try(s, CAUS_OPERATOR_INSERT, source, target, clique))
            return false;
        keep(s, CAUS_OPERATOR_INSERT, source, target, gain, clique);
        return true;
    }
    if (!*has_reach) {
        block(s, clique, NULL);
        reach(s, target, SIZE_MAX);
        *has_reach = true;
    }
    if (caus_bit_get(s->scoring.reached, source))
        return false;
    keep(s, CAUS_OPERATOR_INSERT, source, target, gain, clique);
    return true;
}

static void consider_local_inserts(caus_score_search *s, size_t target,
                                   const uint64_t *eligible)
{
    size_t words = s->scoring.word_count;
    bool has_reach = false;
    for (size_t v = caus_bit_next(eligible, words, 0); v < 64 * words;
         v = caus_bit_next(eligible, words, v + 1)) {
        s->scoring.evaluated++;
        if (is_forbidden(s, v, target))
            continue;
        double gain = local_addition(s, target, v);
        if (gain > best_gain(s, CAUS_OPERATOR_INSERT, target))
            try_insert(s, v, target, gain, &has_reach);
    }
}

static void consider_inserts(caus_score_search *s, size_t target, size_t depth,
                             const uint64_t *eligible)
{
    caus_scoring *scoring = &s->scoring;
    size_t words = scoring->word_count, stride = scoring->correlation->stride;
    const double *variance = scoring->residuals.variance + depth * stride;
    const double *covariance = scoring->residuals.covariance + depth * stride;
    double left = variance[target], least = scoring->least_reduction;
    double known = best_gain(s, CAUS_OPERATOR_INSERT, target);
    bool has_reach = false;
    if (known > 0)
        least = -expm1(-(known + scoring->penalty) / scoring->half_rows);
    for (size_t v = caus_bit_next(eligible, words, 0); v < 64 * words;
         v = caus_bit_next(eligible, words, v + 1)) {
        scoring->evaluated++;
        if (!(covariance[v] * covariance[v] > least * variance[v] * left) ||
            is_forbidden(s, v, target))
            continue;
        double gain = addition(s, target, depth, v);
        if (!(gain > known) || !try_insert(s, v, target, gain, &has_reach))
            continue;
        known = gain;
        least = -expm1(-(known + scoring->penalty) / scoring->half_rows);
    }
}

/* What the source's score gains when the target is no parent of it any more;
 * `given` are its other parents. */
static double removal(caus_scoring *scoring, size_t source, size_t target,
                      uint64_t *given)
{
    const caus_local_score *local = scoring->local;
    caus_bit_clear(given, target);
    if (local)
        return local->score(local->data, source, given, SIZE_MAX) -
               local->score(local->data, source, given, target);
    double without = caus_scoring_log_variance(scoring, source, given);
    caus_bit_set(given, target);
    double with = caus_scoring_log_variance(scoring, source, given);
    return -scoring->half_rows * (without - with) + scoring->penalty;
}

/* Fills scoring->bits with the source's other parents when it comes right after
 * the target of its turn. Only what is known joins the target's parents to the
 * source's neighbours. */
static void gather_parents(caus_score_search *s, size_t source, size_t target)
{
    const caus_pdag *graph = &s->graph;
    const uint64_t *parents = row(graph, graph->parents, source);
    const uint64_t *near = row(graph, graph->neighbours, source);
    const uint64_t *before = row(graph, graph->parents, target);
    for (size_t w = 0; w < s->scoring.word_count; w++)
        s->scoring.bits[w] =
            parents[w] | (near[w] & (s->scoring.clique[w] | before[w]));
}

static void consider_turn(caus_score_search *s, size_t source, size_t target,
                          size_t depth)
{
    caus_scoring *scoring = &s->scoring;
    scoring->evaluated++;
    gather_parents(s, source, target);
    double gain = addition(s, target, depth, source) +
                  removal(scoring, source, target, scoring->bits);
    if (gain > best_gain(s, CAUS_OPERATOR_TURN, target) &&
        caus_operators_is_valid(s, CAUS_OPERATOR_TURN, source, target,
                                scoring->clique))
        keep(s, CAUS_OPERATOR_TURN, source, target, gain, scoring->clique);
}

static void consider_directed_turns(caus_score_search *s, size_t target,
                                    size_t depth, const uint64_t *outside)
{
    const caus_pdag *graph = &s->graph;
    size_t words = s->scoring.word_count;
    const uint64_t *children = row(graph, graph->children, target);
    for (size_t v = caus_bit_next(children, words, 0); v < 64 * words;
         v = caus_bit_next(children, words, v + 1)) {
        if (!caus_bit_get(outside, v) && caus_score_allows(s, v, target))
            consider_turn(s, v, target, depth);
    }
}

/* Whether C ∩ N cuts C \ N off from N \ C among the target's neighbours. */
static bool is_cut(caus_score_search *s, size_t source, size_t target)
{
    const caus_pdag *graph = &s->graph;
    caus_scoring *scoring = &s->scoring;
    size_t words = scoring->word_count;
    const uint64_t *near = row(graph, graph->neighbours, target);
    const uint64_t *far = row(graph, graph->neighbours, source);
    const uint64_t *clique = scoring->clique;
    uint64_t *reached = scoring->reached, *queue = scoring->queue, any = 0;
    for (size_t w = 0; w < words; w++) {
        queue[w] = reached[w] = clique[w] & ~far[w];
        any |= queue[w];
    }
    if (!any)
        return false;
    for (size_t v = caus_bit_next(queue, words, 0); v < 64 * words;
         v = caus_bit_next(queue, words, 0)) {
        const uint64_t *beside = row(graph, graph->neighbours, v);
        caus_bit_clear(queue, v);
        for (size_t w = 0; w < words; w++) {
            uint64_t fresh =
                beside[w] & near[w] & ~(clique[w] & far[w]) & ~reached[w];
            reached[w] |= fresh;
            queue[w] |= fresh;
        }
    }
    for (size_t w = 0; w < words; w++)
        if (reached[w] & far[w] & near[w] & ~clique[w])
            return false;
    return true;
}

static void consider_undirected_turns(caus_score_search *s, size_t target,
                                      size_t depth)
{
    const caus_pdag *graph = &s->graph;
    size_t words = s->scoring.word_count;
    const uint64_t *near = row(graph, graph->neighbours, target);
    for (size_t v = caus_bit_next(near, words, 0); v < 64 * words;
         v = caus_bit_next(near, words, v + 1)) {
        if (!caus_bit_get(s->scoring.clique, v) &&
            caus_score_allows(s, v, target) && is_cut(s, v, target))
            consider_turn(s, v, target, depth);
    }
}

/* Operators whose set is scoring->clique. NA must lie within it: whoever is
 * joined to a neighbour outside is not eligible. */
static void consider(caus_score_search *s, size_t target, size_t depth)
{
    const caus_pdag *graph = &s->graph;
    caus_scoring *scoring = &s->scoring;
    size_t words = scoring->word_count;
    uint64_t *outside = scoring->rest;
    if (depth >= s->max_parents)
        return;
    const uint64_t *near = row(graph, graph->neighbours, target);
    const uint64_t *joined = row(graph, graph->adjacent, target);
    memset(outside, 0, words * sizeof *outside);
    for (size_t v = caus_bit_next(near, words, 0); v < 64 * words;
         v = caus_bit_next(near, words, v + 1)) {
        if (caus_bit_get(scoring->clique, v))
            continue;
        for (size_t w = 0; w < words; w++)
            outside[w] |= row(graph, graph->adjacent, v)[w];
    }
    consider_directed_turns(s, target, depth, outside);
    for (size_t w = 0; w < words; w++)
        outside[w] = ~outside[w] & ~joined[w];
    caus_bit_clear(outside, target);
    for (size_t v = s->scoring.node_count; v < 64 * words; v++)
        caus_bit_clear(outside, v);
    if (scoring->local)
        consider_local_inserts(s, target, outside);
    else
        consider_inserts(s, target, depth, outside);
    consider_undirected_turns(s, target, depth);
}

/* All cliques of the target's neighbours that go on from scoring->clique with
 * neighbours from `from` on; the depth is that of the largest clique. */
static void walk_cliques(caus_score_search *s, size_t target, size_t depth,
                         size_t from)
{
    const caus_pdag *graph = &s->graph;
    caus_scoring *scoring = &s->scoring;
    size_t words = scoring->word_count;
    const uint64_t *near = row(graph, graph->neighbours, target);
    consider(s, target, depth);
    for (size_t v = caus_bit_next(near, words, from); v < 64 * words;
         v = caus_bit_next(near, words, v + 1)) {
        const uint64_t *joined = row(graph, graph->adjacent, v);
        bool is_clique = true;
        for (size_t w = 0; w < words; w++)
            is_clique = is_clique && !(scoring->clique[w] & ~joined[w]);
        if (!is_clique)
            continue;
        caus_residuals_add(scoring, target, depth, v);
        caus_bit_set(scoring->clique, v);
        walk_cliques(s, target, depth + 1, v + 1);
        caus_bit_clear(scoring->clique, v);
    }
}

/* ---- deletes ---- */

typedef struct deletion {
    caus_score_search *search;
    size_t source;
    size_t target;
    const uint64_t *shared; /* NA */
    double gain;            /* best so far */
    uint64_t *set;          /* of the best */
} deletion;

static void walk_deletes(deletion *d, size_t from)
{
    caus_score_search *s = d->search;
    caus_scoring *scoring = &s->scoring;
    size_t words = scoring->word_count;
    const uint64_t *parents = row(&s->graph, s->graph.parents, d->target);
    for (size_t w = 0; w < words; w++)
        scoring->bits[w] = parents[w] | scoring->clique[w];
    scoring->evaluated++;
    double gain = removal(scoring, d->target, d->source, scoring->bits);
    if (gain > d->gain &&
        caus_operators_is_valid(s, CAUS_OPERATOR_DELETE, d->source, d->target,
                                scoring->clique)) {
        d->gain = gain;
        memcpy(d->set, scoring->clique, words * sizeof *d->set);
    }
    for (size_t v = caus_bit_next(d->shared, words, from); v < 64 * words;
         v = caus_bit_next(d->shared, words, v + 1)) {
        const uint64_t *joined = row(&s->graph, s->graph.adjacent, v);
        bool is_clique = true;
        for (size_t w = 0; w < words; w++)
            is_clique = is_clique && !(scoring->clique[w] & ~joined[w]);
        if (!is_clique)
            continue;
        caus_bit_set(scoring->clique, v);
        walk_deletes(d, v + 1);
        caus_bit_clear(scoring->clique, v);
    }
}

double caus_operators_best_delete(caus_score_search *search, size_t source,
                                  size_t target, uint64_t *set)
{
    const caus_pdag *graph = &search->graph;
    caus_scoring *scoring = &search->scoring;
    size_t words = scoring->word_count;
    const uint64_t *near = row(graph, graph->neighbours, target);
    const uint64_t *joined = row(graph, graph->adjacent, source);
    uint64_t *shared = scoring->rest;
    for (size_t w = 0; w < words; w++)
        shared[w] = near[w] & joined[w];
    memset(scoring->clique, 0, words * sizeof *scoring->clique);
    deletion d = {search, source, target, shared, -HUGE_VAL, set};
    walk_deletes(&d, 0);
    return d.gain;
}

static void find_deletes(caus_score_search *s, size_t target)
{
    const caus_pdag *graph = &s->graph;
    uint64_t *set = s->scoring.queue;
    const uint64_t *parents = row(graph, graph->parents, target);
    const uint64_t *near = row(graph, graph->neighbours, target);
    for (size_t v = 0; v < s->scoring.node_count; v++) {
        if ((!caus_bit_get(parents, v) && !caus_bit_get(near, v)) ||
            !caus_score_may_delete(s, v, target))
            continue;
        double gain = caus_operators_best_delete(s, v, target, set);
        if (gain > best_gain(s, CAUS_OPERATOR_DELETE, target))
            keep(s, CAUS_OPERATOR_DELETE, v, target, gain, set);
    }
}

void caus_operators_find(caus_score_search *search, size_t target)
{
    const caus_pdag *graph = &search->graph;
    caus_scoring *scoring = &search->scoring;
    size_t words = scoring->word_count, depth = 0;
    const uint64_t *parents = row(graph, graph->parents, target);
    for (size_t kind = 0; kind < CAUS_OPERATOR_KINDS; kind++)
        search->best[kind * scoring->node_count + target].gain = 0;
    find_deletes(search, target);
    caus_residuals_start(scoring, target);
    for (size_t v = caus_bit_next(parents, words, 0); v < 64 * words;
         v = caus_bit_next(parents, words, v + 1))
        caus_residuals_add(scoring, target, depth++, v);
    memset(scoring->clique, 0, words * sizeof *scoring->clique);
    walk_cliques(search, target, depth, 0);
}
