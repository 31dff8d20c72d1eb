/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/parents.h"
#include "discovery/static_internal.h"
#include "numeric/distributions.h"

enum { LEAST_ROWS = 5 };

caus_pc_options caus_pc_options_default(void)
{
    return (caus_pc_options){.alpha = .01,
                             .max_conditions = SIZE_MAX,
                             .colliders = CAUS_COLLIDERS_CONSERVATIVE};
}

static void join_neighbours(const caus_skeleton *skeleton, caus_pdag *graph)
{
    size_t words = skeleton->word_count;
    for (size_t v = 0; v < skeleton->node_count; v++) {
        const uint64_t *row = skeleton->adjacent + v * words;
        for (size_t w = caus_bit_next(row, words, v + 1); w < 64 * words;
             w = caus_bit_next(row, words, w + 1))
            caus_pdag_add_undirected(graph, v, w);
    }
}

/* An edge with arrows from colliders at both ends has a conflict. */
static void draw_colliders(const caus_colliders *colliders, caus_pdag *graph)
{
    size_t words = graph->word_count;
    for (size_t to = 0; to < graph->node_count; to++) {
        const uint64_t *row = colliders->arrows + to * words;
        for (size_t from = caus_bit_next(row, words, 0); from < 64 * words;
             from = caus_bit_next(row, words, from + 1)) {
            caus_pdag_add_directed(graph, from, to);
            if (!caus_bit_get(colliders->arrows + from * words, to))
                continue;
            caus_bit_clear(caus_pdag_row(graph, graph->parents, to), from);
            caus_bit_clear(caus_pdag_row(graph, graph->children, from), to);
        }
    }
}

static caus_status orient(const caus_skeleton *skeleton,
                          const caus_prior *prior,
                          const caus_colliders *colliders, caus_arena *scratch,
                          caus_arena *out, caus_graph *graph, caus_error *err)
{
    caus_pdag pdag;
    size_t nodes = skeleton->node_count;
    uint64_t *arrows =
        CAUS_ARRAY(scratch, uint64_t, nodes * skeleton->word_count);
    if (!arrows || !caus_pdag_init(&pdag, nodes, scratch))
        return caus_arena_fail(scratch, err);
    CAUS_TRY(caus_graph_init(graph, nodes, 0, out, err));
    join_neighbours(skeleton, &pdag);
    if (colliders->complete)
        draw_colliders(colliders, &pdag);
    if (prior)
        caus_prior_draw(prior, &pdag);
    if (colliders->complete && prior)
        caus_prior_close(&pdag, colliders->ambiguous,
                         colliders->ambiguous_count, arrows);
    else if (colliders->complete)
        caus_pdag_close(&pdag, colliders->ambiguous, colliders->ambiguous_count,
                        arrows);
    caus_pdag_write(&pdag, graph);
    size_t count = colliders->ambiguous_count;
    if (!count)
        return CAUS_OK;
    caus_triple *ambiguous = CAUS_ARRAY(out, caus_triple, count);
    if (!ambiguous)
        return caus_arena_fail(out, err);
    memcpy(ambiguous, colliders->ambiguous, count * sizeof *ambiguous);
    graph->ambiguous = ambiguous;
    graph->ambiguous_count = count;
    return CAUS_OK;
}

/*
 * Of two nodes that are not adjacent, one is no ancestor of the other and is
 * separated from it by its own parents: with a bound on those no larger set is
 * needed.
 */
static caus_status bound_sets(const caus_engine *engine,
                              const caus_pc_options *options,
                              caus_skeleton_options *limits, caus_error *err)
{
    caus_lag_prior known = {.variable_count = engine->node_count,
                            .lags = 1,
                            .cells =
                                limits->prior ? limits->prior->cells : NULL};
    if (options->max_parents && options->max_parents < limits->max_conditions)
        limits->max_conditions = options->max_parents;
    return caus_check_parents(&known, engine->variables, options->max_parents,
                              err);
}

caus_status caus_pc_learn(const caus_engine *engine,
                          const caus_pc_options *options, const caus_run *run,
                          caus_arena *out, caus_discovery *result,
                          caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_skeleton_options limits = {.max_conditions = options->max_conditions,
                                    .max_tests = options->max_tests};
    caus_walk *walks;
    caus_skeleton skeleton;
    caus_colliders colliders = {0};
    CAUS_TRY(caus_prior_read(engine, options->assumptions, false, scratch,
                             &limits.prior, err));
    CAUS_TRY(bound_sets(engine, options, &limits, err));
    CAUS_TRY(caus_walks_init(engine, run, &walks, err));
    CAUS_TRY(caus_skeleton_learn(engine, &limits, run, walks, scratch,
                                 &skeleton, err));
    uint64_t tests = skeleton.test_count;
    if (skeleton.complete) {
        CAUS_TRY(caus_colliders_find(engine, &skeleton, options->colliders,
                                     &limits, run, walks, scratch, &colliders,
                                     err));
        tests = colliders.test_count;
    }
    caus_status status = caus_run_check(run, err);
    if (status == CAUS_ERR_CANCELLED)
        return status;
    CAUS_TRY(orient(&skeleton, limits.prior, &colliders, scratch, out,
                    &result->graph, err));
    CAUS_TRY(caus_give_numbers(&skeleton, out, result, err));
    CAUS_TRY(caus_give_sets(&skeleton, out, result, err));
    CAUS_TRY(caus_give_singular(&skeleton, out, result, err));
    result->test_count = tests;
    result->complete = colliders.complete;
    return CAUS_OK;
}

static caus_status learn(const void *data, const caus_correlation *correlation,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    const caus_pc_options *options = data;
    caus_fisher fisher = {correlation,
                          caus_normal_quantile(1 - options->alpha / 2)};
    caus_engine engine = caus_fisher_engine(&fisher);
    return caus_pc_learn(&engine, options, run, out, result, err);
}

caus_status caus_discover_pc(const caus_series *series,
                             const caus_pc_options *options,
                             const caus_run *run, caus_arena *out,
                             caus_discovery *result, caus_error *err)
{
    caus_pc_options defaults = caus_pc_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(caus_check_alpha(options->alpha, err));
    return caus_static_call(series, LEAST_ROWS, run, out, learn, options,
                            result, err);
}
