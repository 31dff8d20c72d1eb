/* SPDX-License-Identifier: Apache-2.0 */
#include "property/static/truth.h"

#include "test.h"

static const double limit_value = .5, dependent = .9;

static void ask(const truth *state, size_t node, const uint32_t *chosen,
                size_t count)
{
    for (size_t w = 0; w < state->separation.word_count; w++)
        state->given[w] = state->selected ? state->selected[w] : 0;
    for (size_t k = 0; k < count; k++)
        caus_bit_set(state->given, chosen[k]);
    caus_separation_reach(&state->separation, node, state->given,
                          state->reached);
}

static void marginal(const caus_walk *walk, size_t node, double *squared)
{
    const truth *state = walk->engine->state;
    ask(state, node, NULL, 0);
    for (size_t v = 0; v < state->observed; v++)
        squared[v] = caus_bit_get(state->reached, v) ? dependent : 0;
}

static caus_status begin(caus_walk *walk, caus_error *err)
{
    (void)walk;
    (void)err;
    return CAUS_OK;
}

static void descend(caus_walk *walk, size_t depth, size_t candidate)
{
    (void)walk;
    (void)depth;
    (void)candidate;
}

static void test(caus_walk *walk, size_t depth, size_t candidate)
{
    const truth *state = walk->engine->state;
    assert_int_equal(walk->chosen[depth], walk->candidates[candidate]);
    ask(state, walk->node, walk->chosen, depth + 1);
    for (size_t t = 0; t < walk->target_count; t++) {
        uint32_t node = walk->targets[t];
        walk->squared[t] = caus_bit_get(state->reached, node) ? dependent : 0;
        if (walk->is_chosen[node])
            walk->squared[t] = CAUS_UNDETERMINED;
    }
}

static double limit(const void *state, size_t condition_count)
{
    (void)state;
    (void)condition_count;
    return limit_value;
}

static double deviate(const void *state, double squared, size_t condition_count)
{
    (void)state;
    (void)condition_count;
    return squared;
}

truth truth_init(const caus_graph *graph, size_t observed, caus_arena *arena)
{
    truth made = {.observed = observed};
    assert_int_equal(caus_separation_init(&made.separation, graph, arena, NULL),
                     CAUS_OK);
    made.given = CAUS_ARRAY(arena, uint64_t, made.separation.word_count);
    made.reached = CAUS_ARRAY(arena, uint64_t, made.separation.word_count);
    assert_non_null(made.given);
    assert_non_null(made.reached);
    return made;
}

caus_engine truth_engine(const truth *state)
{
    return (caus_engine){
        .state = state,
        .node_count = state->observed,
        .marginal = marginal,
        .begin = begin,
        .descend = descend,
        .test = test,
        .limit = limit,
        .deviate = deviate,
        .most_conditions = SIZE_MAX,
    };
}

caus_graph truth_random_dag(caus_random *random, size_t nodes, double share,
                            caus_arena *arena)
{
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, nodes, 0, arena, NULL), CAUS_OK);
    size_t *order = CAUS_ARRAY(arena, size_t, nodes);
    assert_non_null(order);
    for (size_t k = 0; k < nodes; k++) {
        size_t at = (size_t)caus_random_below(random, k + 1);
        order[k] = order[at];
        order[at] = k;
    }
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            if (caus_random_uniform(random) < share)
                caus_graph_set(&graph, order[a], order[b], 0, CAUS_MARK_TAIL,
                               CAUS_MARK_ARROW);
    return graph;
}
