/* SPDX-License-Identifier: Apache-2.0 */
/*
 * m-separation in a known lagged graph as a test of independence, and LPCMCI
 * with it. It is no file of independence/, which must not know graphs.
 */
#include <string.h>

#include "discovery/lpcmci_internal.h"

typedef struct separation_test {
    caus_separation unfolded;
    caus_sample *sample;
    const size_t *observed;
    size_t observed_count;
    size_t node_count; /* of the lagged graph */
} separation_test;

struct caus_ci_work {
    const separation_test *state;
    uint64_t *shared;
    uint64_t *given;
    uint64_t *reached;
    size_t target;
};

static size_t unfolded_node(const separation_test *state, caus_node node)
{
    size_t lag = node / state->sample->stride;
    return lag * state->node_count +
           state->observed[node % state->sample->stride];
}

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const separation_test *test = state;
    size_t words = test->unfolded.word_count;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    uint64_t *bits = CAUS_ARRAY(arena, uint64_t, 3 * words);
    if (!work || !bits)
        return caus_arena_fail(arena, err);
    *work = (caus_ci_work){.state = test,
                           .shared = bits,
                           .given = bits + words,
                           .reached = bits + 2 * words};
    *result = work;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    (void)err;
    memset(work->shared, 0,
           work->state->unfolded.word_count * sizeof *work->shared);
    for (size_t k = 0; k < count; k++)
        caus_bit_set(work->shared, unfolded_node(work->state, given[k]));
    work->target = unfolded_node(work->state, target);
    return CAUS_OK;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    const separation_test *state = work->state;
    size_t node = unfolded_node(state, source->node);
    (void)err;
    memcpy(work->given, work->shared,
           state->unfolded.word_count * sizeof *work->given);
    for (size_t k = 0; k < source->extra_count; k++)
        caus_bit_set(work->given, unfolded_node(state, source->extra[k]));
    caus_bit_clear(work->given, node);
    caus_bit_clear(work->given, work->target);
    caus_separation_reach(&state->unfolded, work->target, work->given,
                          work->reached);
    *result = (caus_ci_result){
        .statistic = caus_bit_get(work->reached, node) ? 1 : 0, .df = 1};
    return CAUS_OK;
}

static double p_value(double statistic, double df)
{
    (void)df;
    return statistic > 0 ? 0 : 1;
}

/* Copies of the graph one step apart, the latest first. */
static caus_status unfold(const caus_graph *truth, size_t steps,
                          caus_arena *arena, caus_separation *result,
                          caus_error *err)
{
    size_t n = truth->node_count;
    caus_graph flat;
    CAUS_TRY(caus_graph_init(&flat, n * steps, 0, arena, err));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t lag = 0; lag <= truth->max_lag; lag++) {
                caus_edge edge = caus_graph_get(truth, i, j, lag);
                if (edge.source == CAUS_MARK_NONE || (!lag && i > j))
                    continue;
                for (size_t at = 0; at + lag < steps; at++)
                    caus_graph_set(&flat, (at + lag) * n + i, at * n + j, 0,
                                   edge.source, edge.target);
            }
    return caus_separation_init(result, &flat, arena, err);
}

/*
 * A test that answers from a known lagged graph, unfolded in time as far as
 * needed: statistic 1 and p-value 0 where a path connects, else 0 and 1.
 *
 *   truth     lagged edges -->, acyclic at lag 0
 *   observed  [observed_count] nodes that are the variables of the sample
 *   sample    set: holds no rows
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT, CAUS_ERR_OUT_OF_MEMORY, …_LIMIT.
 * A test costs O(unfolded nodes and edges).
 */
static caus_status init_test(const caus_graph *truth, const size_t *observed,
                             size_t observed_count, size_t longest_lag,
                             caus_arena *arena, caus_sample *sample,
                             caus_independence *result, caus_error *err)
{
    /* A path that leaves the window need not go back further than through
     * every node once at its longest lag, there and back. */
    size_t steps =
        longest_lag + 1 + 2 * truth->node_count * (truth->max_lag + 1);
    separation_test *state = CAUS_ARRAY(arena, separation_test, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *sample = (caus_sample){.variable_count = observed_count,
                            .stride = observed_count,
                            .longest_lag = longest_lag,
                            .node_count = observed_count * (longest_lag + 1),
                            .row_count = 1};
    *state = (separation_test){.sample = sample,
                               .observed = observed,
                               .observed_count = observed_count,
                               .node_count = truth->node_count};
    CAUS_TRY(unfold(truth, steps, arena, &state->unfolded, err));
    *result = (caus_independence){.state = state,
                                  .sample = sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test,
                                  .p_value = p_value};
    return CAUS_OK;
}

static caus_status check_edges(const caus_graph *truth, caus_arena *arena,
                               caus_error *err)
{
    size_t n = truth->node_count;
    caus_pdag order;
    caus_dag_work work;
    if (!caus_pdag_init(&order, n, arena) ||
        !caus_dag_work_init(&work, n, arena))
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t lag = 0; lag <= truth->max_lag; lag++) {
                caus_edge edge = caus_graph_get(truth, i, j, lag);
                bool is_forward = edge.source == CAUS_MARK_TAIL &&
                                  edge.target == CAUS_MARK_ARROW;
                bool is_back = !lag && edge.source == CAUS_MARK_ARROW &&
                               edge.target == CAUS_MARK_TAIL;
                if (!lag && is_forward)
                    caus_pdag_add_directed(&order, i, j);
                if (edge.source != CAUS_MARK_NONE && !is_forward && !is_back)
                    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                     "the known graph has %s from node %zu to "
                                     "%zu at lag %zu: only --> is a cause",
                                     caus_edge_text(edge), i, j, lag);
            }
    if (!caus_pdag_sort(&order, &work))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the known graph has a cycle at lag 0: take one of "
                         "its edges out");
    return CAUS_OK;
}

static caus_status check_observed(const caus_graph *truth,
                                  const size_t *observed, size_t count,
                                  caus_error *err)
{
    if (!count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "none of the %zu nodes is observed: name one or more",
                         truth->node_count);
    for (size_t k = 0; k < count; k++) {
        if (observed[k] >= truth->node_count)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "observed node %zu: the graph has nodes 0 to %zu",
                             observed[k], truth->node_count - 1);
        for (size_t other = 0; other < k; other++)
            if (observed[other] == observed[k])
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "node %zu is observed twice: name it once",
                                 observed[k]);
    }
    return CAUS_OK;
}

static caus_status search_truth(const caus_graph *truth, const size_t *observed,
                                caus_lp_question *question, caus_arena *scratch,
                                caus_arena *out, caus_graph *result,
                                caus_error *err)
{
    size_t count = question->variable_count;
    size_t *column = CAUS_ARRAY(scratch, size_t, count);
    caus_sample sample;
    caus_independence test_of;
    caus_lp lp;
    if (!column)
        return caus_arena_fail(scratch, err);
    for (size_t k = 0; k < count; k++)
        column[k] = k;
    question->column = column;
    CAUS_TRY(check_edges(truth, scratch, err));
    CAUS_TRY(check_observed(truth, observed, count, err));
    CAUS_TRY(init_test(truth, observed, count, question->options->max_lag,
                       scratch, &sample, &test_of, err));
    CAUS_TRY(caus_lp_init(&lp, question, &test_of, scratch, err));
    CAUS_TRY(caus_lp_search(&lp, err));
    return caus_lp_give_graph(&lp, out, result, err);
}

caus_status caus_lpcmci_of_truth(const caus_graph *truth,
                                 const size_t *observed, size_t observed_count,
                                 const caus_lpcmci_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_graph *result, caus_error *err)
{
    caus_lpcmci_options mine =
        options ? *options : caus_lpcmci_options_default();
    if (!options)
        mine.max_lag = truth->max_lag;
    mine.alpha = .5;
    CAUS_TRY(caus_lp_check_options(&mine, err));
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_lp_question question = {
        .options = &mine, .run = run, .variable_count = observed_count};
    caus_graph made;
    caus_status status =
        search_truth(truth, observed, &question, scratch, out, &made, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
