/* SPDX-License-Identifier: Apache-2.0 */
/* LPCMCI asked with a known system in place of data. */
#include "base/base.h"
#include "caus/lpcmci.h"
#include "property/lpcmci/exact.h"
#include "test.h"

enum { GRAPHS = 1200, MOST_NODES = 5 };

typedef struct world {
    caus_graph truth;
    size_t observed[MOST_NODES];
    size_t variables;
    size_t max_lag; /* of the window */
} world;

static caus_graph random_system(caus_random *random, caus_arena *arena)
{
    size_t nodes = 3 + (size_t)caus_random_below(random, MOST_NODES - 2);
    size_t lags = nodes < 5 ? (size_t)caus_random_below(random, 3) : 1;
    size_t order[MOST_NODES];
    double share = .05 + .15 * caus_random_uniform(random);
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, nodes, lags, arena, NULL),
                     CAUS_OK);
    for (size_t k = 0; k < nodes; k++) {
        size_t at = (size_t)caus_random_below(random, k + 1);
        order[k] = order[at];
        order[at] = k;
    }
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < nodes; j++)
            for (size_t lag = 0; lag <= lags; lag++) {
                bool is_own = lag == 1 && i == j;
                double chance = is_own ? .7 : share;
                if ((lag == 0 && order[i] >= order[j]) ||
                    caus_random_uniform(random) >= chance)
                    continue;
                caus_graph_set(&graph, i, j, lag, CAUS_MARK_TAIL,
                               CAUS_MARK_ARROW);
            }
    return graph;
}

/* A system of which up to two nodes are hidden. */
static world random_world(caus_random *random, caus_arena *arena)
{
    world made = {.truth = random_system(random, arena)};
    size_t nodes = made.truth.node_count;
    size_t hidden = (size_t)caus_random_below(random, 3);
    for (size_t k = 0; k < nodes; k++) {
        size_t at = (size_t)caus_random_below(random, k + 1);
        made.observed[k] = made.observed[at];
        made.observed[at] = k;
    }
    made.variables = nodes - hidden < 2 ? 2 : nodes - hidden;
    made.max_lag = made.truth.max_lag;
    if (made.max_lag < 2 && made.variables < 4)
        made.max_lag += (size_t)caus_random_below(random, 2);
    return made;
}

static caus_graph learn(const world *w, const caus_run *run, caus_arena *arena)
{
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_graph found;
    caus_error err;
    options.max_lag = w->max_lag;
    if (caus_lpcmci_of_truth(&w->truth, w->observed, w->variables, &options,
                             run, arena, &found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

/* A mark that is known from more than the rules of the exact graph is right
 * when it tells the truth: minimal separating sets and the order of time
 * together can tell more than those rules. */
static bool is_known(const exact *e, size_t a, size_t b, unsigned char mark,
                     unsigned char expected, size_t *beyond)
{
    bool is_ancestor = e->ancestor[a * e->nodes + b];
    if (mark == expected)
        return true;
    *beyond += 1;
    return expected == CAUS_MARK_CIRCLE &&
           ((mark == CAUS_MARK_TAIL && is_ancestor) ||
            (mark == CAUS_MARK_ARROW && !is_ancestor));
}

static size_t count_differences(const exact *e, const caus_graph *found,
                                unsigned number, size_t *beyond)
{
    size_t wrong = 0;
    for (size_t i = 0; i < e->variables; i++)
        for (size_t j = 0; j < e->variables; j++)
            for (size_t lag = 0; lag < e->lags; lag++) {
                size_t a = exact_node(e, i, lag), b = exact_node(e, j, 0);
                if (!lag && i >= j)
                    continue;
                caus_edge edge = caus_graph_get(found, i, j, lag);
                caus_edge expected = {e->mark[b * e->nodes + a],
                                      e->mark[a * e->nodes + b]};
                if (is_known(e, a, b, edge.source, expected.source, beyond) &&
                    is_known(e, b, a, edge.target, expected.target, beyond))
                    continue;
                wrong++;
                print_error("graph %u: %zu(t-%zu) %s %zu(t), expected %s\n",
                            number, i, lag, caus_edge_text(edge), j,
                            caus_edge_text(expected));
            }
    return wrong;
}

static void right_answers_give_the_exact_partial_ancestral_graph(void **state)
{
    (void)state;
    caus_run_options options = caus_run_options_default();
    caus_run *run = NULL;
    size_t wrong = 0, beyond = 0;
    options.threads = 1;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    for (unsigned number = 0; number < GRAPHS; number++) {
        caus_random random;
        caus_arena *arena = caus_arena_new(0);
        assert_non_null(arena);
        caus_random_init(&random, 15, number);
        world w = random_world(&random, arena);
        caus_graph found = learn(&w, run, arena);
        exact e =
            exact_init(&w.truth, w.observed, w.variables, w.max_lag, arena);
        exact_solve(&e);
        wrong += count_differences(&e, &found, number, &beyond) > 0;
        caus_arena_free(arena);
    }
    caus_run_free(run);
    assert_true(beyond < 20);
    if (wrong)
        fail_msg("%zu of %d graphs differ", wrong, GRAPHS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_answers_give_the_exact_partial_ancestral_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
