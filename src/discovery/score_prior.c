/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Greedy search with knowledge. The graph is the maximally oriented one of the
 * members that knowledge allows (Meek 1995). Its neighbours without direction
 * need not fall into blocks that are free of arrows, so the paths of the plain
 * conditions do not decide: an operator directs every edge around its target
 * and is made when a DAG with these directions and the same colliders exists.
 */
#include <assert.h>
#include <string.h>

#include "discovery/ges_internal.h"

bool caus_score_allows(const caus_score_search *search, size_t source,
                       size_t target)
{
    if (!search->known)
        return true;
    caus_assumption known =
        caus_prior_get(search->known->prior, source, target);
    return known != CAUS_ASSUME_ABSENT && known != CAUS_ASSUME_LINK_BACK &&
           known != CAUS_ASSUME_ONLY_BACK;
}

bool caus_score_may_delete(const caus_score_search *search, size_t a, size_t b)
{
    return !search->known || !caus_prior_requires(search->known->prior, a, b);
}

bool caus_score_complete(caus_score_search *search, caus_pdag *result)
{
    if (!caus_pdag_complete(&search->member, &search->work, result))
        return false;
    if (!search->known)
        return true;
    caus_prior_draw(search->known->prior, result);
    caus_prior_close(result, NULL, 0, search->known->arrows);
    return true;
}

/* Directs the edges of a node: those from `first` and `more` at it, others away
 * from it. */
static void direct_around(caus_pdag *graph, size_t node, const uint64_t *first,
                          const uint64_t *more)
{
    size_t words = graph->word_count;
    const uint64_t *near = caus_pdag_row(graph, graph->neighbours, node);
    for (size_t v = caus_bit_next(near, words, 0); v < 64 * words;
         v = caus_bit_next(near, words, v + 1)) {
        if (caus_bit_get(first, v) || (more && caus_bit_get(more, v)))
            caus_pdag_add_directed(graph, v, node);
        else
            caus_pdag_add_directed(graph, node, v);
    }
}

/* The turned graph may have been the first without a cycle: what it came from
 * must be a member of the class. */
static bool was_acyclic(caus_score_search *s, size_t source, size_t target)
{
    caus_pdag before = s->known->trial;
    caus_pdag_copy(&before, &s->member);
    caus_pdag_add_directed(&before, target, source);
    return caus_pdag_sort(&before, &s->work);
}

bool caus_score_try(caus_score_search *s, caus_operator_kind kind,
                    size_t source, size_t target, const uint64_t *set)
{
    caus_pdag trial = s->known->trial;
    caus_pdag_copy(&trial, &s->graph);
    if (kind == CAUS_OPERATOR_DELETE)
        caus_pdag_add_directed(&trial, source, target);
    direct_around(&trial, target, set, NULL);
    if (kind == CAUS_OPERATOR_TURN)
        direct_around(&trial, source, set,
                      caus_pdag_row(&s->graph, s->graph.parents, target));
    if (kind != CAUS_OPERATOR_DELETE)
        caus_pdag_add_directed(&trial, source, target);
    if (!caus_pdag_direct(&trial, &s->work, &s->member))
        return false;
    if (kind == CAUS_OPERATOR_DELETE)
        caus_pdag_remove(&s->member, source, target);
    return kind != CAUS_OPERATOR_TURN || was_acyclic(s, source, target);
}

/* ---- the beginning ---- */

/* The required links alone, as search->member. */
static void link_required(caus_score_search *s, const caus_prior *prior)
{
    caus_pdag *dag = &s->member;
    size_t bytes = dag->node_count * dag->word_count * sizeof *dag->parents;
    memset(dag->parents, 0, bytes);
    memset(dag->children, 0, bytes);
    memset(dag->neighbours, 0, bytes);
    memset(dag->adjacent, 0, bytes);
    for (size_t a = 0; a < prior->node_count; a++)
        for (size_t b = 0; b < prior->node_count; b++)
            if (caus_prior_get(prior, a, b) == CAUS_ASSUME_LINK)
                caus_pdag_add_directed(dag, a, b);
}

/* Required links of which only the ends are known, where they are not there
 * yet, follow the order of the others. */
static void join_required(caus_score_search *s, const caus_prior *prior)
{
    caus_pdag *dag = &s->member;
    const size_t *place = s->work.place;
    bool is_sorted = caus_pdag_sort(dag, &s->work);
    assert(is_sorted); /* caus_prior_read() refuses cycles */
    (void)is_sorted;
    for (size_t a = 0; a < prior->node_count; a++)
        for (size_t b = 0; b < prior->node_count; b++)
            if (caus_prior_get(prior, a, b) == CAUS_ASSUME_ADJACENT &&
                place[a] < place[b] &&
                !caus_bit_get(caus_pdag_row(dag, dag->adjacent, a), b))
                caus_pdag_add_directed(dag, a, b);
}

static caus_status check_parents(const caus_score_search *s,
                                 const caus_variable *variables,
                                 caus_error *err)
{
    const caus_pdag *member = &s->member;
    for (size_t v = 0; v < member->node_count; v++) {
        size_t count = caus_bit_count(caus_pdag_row(member, member->parents, v),
                                      member->word_count);
        if (count > s->max_parents)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "%zu required links lead into %s and at most %zu "
                             "parents are allowed: raise --max-parents or "
                             "require fewer",
                             count, variables ? variables[v].name : "a node",
                             s->max_parents);
    }
    return CAUS_OK;
}

/*
 * Takes assumptions over and starts from the links they require.
 *
 *   cells      caus_score_options.assumptions
 *   variables  for messages; NULL = without names
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT where they contradict each other or
 * search->max_parents; CAUS_ERR_OUT_OF_MEMORY.
 */
static caus_status assume(caus_score_search *search, const unsigned char *cells,
                          const caus_variable *variables, caus_arena *arena,
                          caus_error *err)
{
    const caus_prior *prior;
    caus_engine names = {.node_count = search->scoring.node_count,
                         .variables = variables};
    CAUS_TRY(caus_prior_read(&names, cells, false, arena, &prior, err));
    if (!prior)
        return CAUS_OK;
    caus_score_known *known = CAUS_ARRAY(arena, caus_score_known, 1);
    if (!known || !caus_pdag_init(&known->trial, prior->node_count, arena))
        return caus_arena_fail(arena, err);
    known->prior = prior;
    known->arrows =
        CAUS_ARRAY(arena, uint64_t, prior->node_count * prior->word_count);
    if (!known->arrows)
        return caus_arena_fail(arena, err);
    link_required(search, prior);
    CAUS_TRY(check_parents(search, variables, err));
    join_required(search, prior);
    search->known = known;
    caus_score_complete(search, &search->graph);
    return CAUS_OK;
}

/* ---- two beginnings ---- */

static caus_status climb(caus_score_search *s, caus_score_method method,
                         caus_arena *arena, caus_error *err)
{
    if (method == CAUS_SEARCH_XGES)
        return caus_xges_run(s, arena, err);
    if (method == CAUS_SEARCH_GES)
        caus_ges_run(s);
    else
        caus_ges_run_turning(s);
    return CAUS_OK;
}

static bool leads_to(caus_score_search *s, const caus_pdag *dag, size_t from,
                     size_t to)
{
    size_t words = dag->word_count;
    uint64_t *queue = s->scoring.queue, *reached = s->scoring.reached;
    memset(reached, 0, words * sizeof *reached);
    memset(queue, 0, words * sizeof *queue);
    caus_bit_set(queue, from);
    for (size_t v = from; v < 64 * words; v = caus_bit_next(queue, words, 0)) {
        const uint64_t *children = caus_pdag_row(dag, dag->children, v);
        caus_bit_clear(queue, v);
        for (size_t w = 0; w < words; w++) {
            queue[w] |= children[w] & ~reached[w];
            reached[w] |= children[w];
        }
    }
    return caus_bit_get(reached, to);
}

static bool add_allowed(caus_score_search *s, caus_pdag *dag, size_t source,
                        size_t target)
{
    const uint64_t *parents = caus_pdag_row(dag, dag->parents, target);
    if (!caus_score_allows(s, source, target) ||
        caus_bit_count(parents, dag->word_count) >= s->max_parents ||
        leads_to(s, dag, target, source))
        return false;
    caus_pdag_add_directed(dag, source, target);
    return true;
}

/*
 * Makes search->graph, which knows nothing, one that knowledge allows: with its
 * directions drawn where that leaves a DAG, else edge by edge, turned or left
 * out where need be.
 */
static void adapt(caus_score_search *s, const caus_score_known *known)
{
    caus_pdag trial = known->trial, *drawn = &s->next;
    size_t words = s->graph.word_count;
    link_required(s, known->prior);
    caus_pdag_copy(&trial, &s->member);
    caus_pdag_copy(drawn, &s->graph);
    caus_prior_draw(known->prior, drawn);
    if (!caus_pdag_direct(drawn, &s->work, &s->member))
        caus_pdag_direct(&s->graph, &s->work, &s->member);
    for (size_t v = 0; v < s->scoring.node_count; v++) {
        const uint64_t *parents =
            caus_pdag_row(&s->member, s->member.parents, v);
        for (size_t u = caus_bit_next(parents, words, 0); u < 64 * words;
             u = caus_bit_next(parents, words, u + 1))
            if (!caus_bit_get(caus_pdag_row(&trial, trial.adjacent, v), u) &&
                !add_allowed(s, &trial, u, v))
                add_allowed(s, &trial, v, u);
    }
    caus_pdag_copy(&s->member, &trial);
    join_required(s, known->prior);
    caus_score_complete(s, &s->graph);
}

/*
 * Knowledge forbids steps on the way as well as at the end, so a search from
 * the required links may get stuck below what it allows. A second one begins at
 * what is best without knowledge; the better of both is given.
 */
static caus_status climb_twice(caus_score_search *s, caus_score_method method,
                               caus_arena *arena, caus_error *err)
{
    const caus_score_known *known = s->known;
    caus_pdag empty, first;
    if (!caus_pdag_init(&empty, s->scoring.node_count, arena) ||
        !caus_pdag_init(&first, s->scoring.node_count, arena))
        return caus_arena_fail(arena, err);
    CAUS_TRY(climb(s, method, arena, err));
    double score = caus_ges_score(s);
    caus_pdag_copy(&first, &s->graph);
    caus_pdag_copy(&s->graph, &empty);
    s->known = NULL;
    CAUS_TRY(climb(s, method, arena, err));
    s->known = known;
    if (!s->stopped) {
        adapt(s, known);
        CAUS_TRY(climb(s, method, arena, err));
    }
    if (s->stopped || caus_ges_score(s) < score)
        caus_pdag_copy(&s->graph, &first);
    return CAUS_OK;
}

caus_status caus_score_run(caus_score_search *search,
                           const caus_score_options *options,
                           const caus_variable *variables, caus_arena *arena,
                           caus_error *err)
{
    search->max_parents = options->max_parents;
    search->max_tests = options->max_tests;
    CAUS_TRY(assume(search, options->assumptions, variables, arena, err));
    return search->known ? climb_twice(search, options->search, arena, err)
                         : climb(search, options->search, arena, err);
}
