/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/static_tests.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "numeric/distributions.h"

/* p-values below this may underflow: the statistic tells them apart. */
static const double least_p = 1e-280;

struct caus_tested_hand {
    _Alignas(64) caus_ci_work *work;
    const caus_arena *scratch; /* by which a walk is known */
    caus_node *given;          /* [variable_count] */
    caus_error error;          /* of the first test that failed */
};

static size_t node_count_of(const caus_tested *state)
{
    return state->sample.variable_count;
}

static double square_of_deviate(double z)
{
    return z * z / (1 + z * z);
}

static double deviate_of_p(double p)
{
    return p < 1 ? -caus_normal_quantile(p / 2) : 0;
}

static caus_tested_pair judge(const caus_tested *state,
                              const caus_ci_result *found)
{
    double p = caus_ci_p_value(&state->test, found);
    double size = fabs(found->statistic), z;
    if (p < least_p)
        z = deviate_of_p(least_p) + size / (1 + size);
    else
        z = deviate_of_p(p);
    double squared = square_of_deviate(z);
    return (caus_tested_pair){found->statistic < 0 ? -squared : squared,
                              found->statistic, p};
}

/* ---- the engine ---- */

static caus_tested_hand *hand_of(const caus_walk *walk)
{
    const caus_tested *state = walk->engine->state;
    size_t place = 0;
    while (state->hands[place].scratch != walk->arena)
        place++;
    return &state->hands[place];
}

static void marginal(const caus_walk *walk, size_t node, double *squared)
{
    const caus_tested *state = walk->engine->state;
    size_t nodes = node_count_of(state);
    for (size_t v = 0; v < nodes; v++)
        squared[v] = state->marginal[node * nodes + v].squared;
}

static caus_status begin(caus_walk *walk, caus_error *err)
{
    const caus_tested_hand *hand = hand_of(walk);
    if (hand->error.status == CAUS_OK)
        return CAUS_OK;
    return caus_fail(err, hand->error.status, "%s", hand->error.message);
}

/* Tests condition on walk->chosen: there is nothing to keep. */
static void descend(caus_walk *walk, size_t depth, size_t candidate)
{
    (void)walk, (void)depth, (void)candidate;
}

/* Keeps the weakest test of a pair until one separates it. */
static void note(const caus_walk *walk, uint32_t target,
                 const caus_tested_pair *found)
{
    const caus_tested *state = walk->engine->state;
    caus_tested_pair *known =
        &state->weakest[walk->node * node_count_of(state) + target];
    if (walk->fewest > 0 && fabs(known->squared) > state->limit &&
        fabs(found->squared) < fabs(known->squared))
        *known = *found;
}

/* One target given the set that the hand was told; false on failure. */
static bool test_target(caus_walk *walk, caus_tested_hand *hand, size_t place)
{
    const caus_tested *state = walk->engine->state;
    uint32_t target = walk->targets[place];
    caus_ci_source source = {.node = target};
    caus_ci_result result;
    if (state->test.test(hand->work, &source, &result, &hand->error) != CAUS_OK)
        return false;
    if (result.undetermined)
        return true;
    caus_tested_pair found = judge(state, &result);
    walk->squared[place] = found.squared;
    note(walk, target, &found);
    return true;
}

static void test(caus_walk *walk, size_t depth, size_t candidate)
{
    const caus_tested *state = walk->engine->state;
    caus_tested_hand *hand = hand_of(walk);
    for (size_t t = 0; t < walk->target_count; t++)
        walk->squared[t] = CAUS_UNDETERMINED;
    if (hand->error.status != CAUS_OK)
        return;
    for (size_t k = 0; k < depth; k++)
        hand->given[k] = walk->chosen[k];
    hand->given[depth] = walk->candidates[candidate];
    if (state->test.condition(hand->work, (caus_node)walk->node, hand->given,
                              depth + 1, &hand->error) != CAUS_OK)
        return;
    for (size_t t = 0; t < walk->target_count; t++)
        if (!walk->is_chosen[walk->targets[t]] && !test_target(walk, hand, t))
            return;
}

static double limit(const void *data, size_t condition_count)
{
    const caus_tested *state = data;
    (void)condition_count;
    return state->limit;
}

static double deviate(const void *state, double squared, size_t condition_count)
{
    double square = fabs(squared);
    (void)state, (void)condition_count;
    return square < 1 ? sqrt(square / (1 - square)) : HUGE_VAL;
}

caus_engine caus_test_engine(const caus_tested *state)
{
    size_t rows = state->sample.row_count;
    return (caus_engine){.state = state,
                         .node_count = node_count_of(state),
                         .marginal = marginal,
                         .begin = begin,
                         .descend = descend,
                         .test = test,
                         .limit = limit,
                         .deviate = deviate,
                         .most_conditions = rows > 4 ? rows - 4 : 0,
                         .variables = state->sample.variables};
}

caus_status caus_tested_check(const caus_tested *state, caus_error *err)
{
    for (int k = 0; k < caus_run_threads(state->run); k++) {
        const caus_error *error = &state->hands[k].error;
        if (error->status != CAUS_OK && error->status != CAUS_ERR_TIME_LIMIT)
            return caus_fail(err, error->status, "%s", error->message);
    }
    return CAUS_OK;
}

/* ---- tests without conditions ---- */

/* A node with all nodes after it. */
static caus_status test_pairs(const caus_tested *state, size_t node,
                              caus_tested_hand *hand, caus_error *err)
{
    size_t nodes = node_count_of(state);
    CAUS_TRY(state->test.condition(hand->work, (caus_node)node, NULL, 0, err));
    for (size_t v = node + 1; v < nodes; v++) {
        caus_ci_source source = {.node = (caus_node)v};
        caus_ci_result result;
        CAUS_TRY(caus_run_check(state->run, err));
        CAUS_TRY(state->test.test(hand->work, &source, &result, err));
        caus_tested_pair found = judge(state, &result);
        state->marginal[node * nodes + v] = found;
        state->marginal[v * nodes + node] = found;
    }
    return CAUS_OK;
}

static caus_status test_marginals(const caus_tested *state, caus_error *err)
{
    size_t nodes = node_count_of(state);
    int threads = caus_run_threads(state->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t v = 0; v < nodes; v++) {
        caus_tested_hand *hand = &state->hands[omp_get_thread_num()];
        if (hand->error.status == CAUS_OK)
            test_pairs(state, v, hand, &hand->error);
    }
    for (int k = 0; k < threads; k++) {
        const caus_error *error = &state->hands[k].error;
        if (error->status != CAUS_OK)
            return caus_fail(err, error->status, "%s", error->message);
    }
    memcpy(state->weakest, state->marginal,
           nodes * nodes * sizeof *state->weakest);
    return CAUS_OK;
}

static caus_status make_hands(caus_tested *state, caus_arena **arenas,
                              caus_error *err)
{
    int threads = caus_run_threads(state->run);
    state->hands = CAUS_ARRAY(arenas[0], caus_tested_hand, (size_t)threads);
    if (!state->hands)
        return caus_arena_fail(arenas[0], err);
    for (int k = 0; k < threads; k++) {
        caus_tested_hand *hand = &state->hands[k];
        hand->scratch = caus_run_scratch(state->run, k);
        hand->given = CAUS_ARRAY(arenas[k], caus_node, node_count_of(state));
        if (!hand->given)
            return caus_arena_fail(arenas[k], err);
        CAUS_TRY(
            state->test.start(state->test.state, arenas[k], &hand->work, err));
    }
    return CAUS_OK;
}

caus_status caus_tested_init(const caus_series *series,
                             const caus_test_options *test, double alpha,
                             const caus_run *run, caus_arena **arenas,
                             caus_tested *result, caus_error *err)
{
    size_t nodes = series->variable_count;
    caus_sample_options sampling = {.longest_lag = 0};
    /* a p-value of alpha itself is dependent */
    *result = (caus_tested){
        .run = run,
        .limit = nextafter(square_of_deviate(deviate_of_p(alpha)), 0),
        .marginal = CAUS_ARRAY(arenas[0], caus_tested_pair, nodes * nodes),
        .weakest = CAUS_ARRAY(arenas[0], caus_tested_pair, nodes * nodes),
    };
    if (!result->marginal || !result->weakest)
        return caus_arena_fail(arenas[0], err);
    CAUS_TRY(caus_sample_init(series, &sampling, run, arenas[0],
                              &result->sample, err));
    CAUS_TRY(caus_independence_init(test, &result->sample, NULL,
                                    caus_run_threads(run), run, arenas[0],
                                    &result->test, err));
    CAUS_TRY(make_hands(result, arenas, err));
    return test_marginals(result, err);
}

/* The weakest test of a pair from either end. */
static const caus_tested_pair *weakest_of(const caus_tested *state, size_t a,
                                          size_t b)
{
    size_t nodes = node_count_of(state);
    const caus_tested_pair *one = &state->weakest[a * nodes + b];
    const caus_tested_pair *other = &state->weakest[b * nodes + a];
    return fabs(other->squared) < fabs(one->squared) ||
                   (a > b && fabs(other->squared) <= fabs(one->squared))
               ? other
               : one;
}

caus_status caus_tested_give(const caus_tested *state, caus_arena *out,
                             caus_discovery *result, caus_error *err)
{
    size_t nodes = node_count_of(state);
    double *statistic = CAUS_ARRAY(out, double, nodes *nodes);
    double *p_value = CAUS_ARRAY(out, double, nodes *nodes);
    if (!statistic || !p_value)
        return caus_arena_fail(out, err);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            size_t cell = a * nodes + b;
            p_value[cell] = result->p_value[cell];
            if (a == b || !(fabs(result->statistic[cell]) > 0))
                continue;
            const caus_tested_pair *found = weakest_of(state, a, b);
            statistic[cell] = found->statistic;
            if (!isnan(p_value[cell]))
                p_value[cell] = found->p_value;
        }
    result->statistic = statistic;
    result->p_value = p_value;
    result->rows_used = state->sample.row_count;
    return CAUS_OK;
}
