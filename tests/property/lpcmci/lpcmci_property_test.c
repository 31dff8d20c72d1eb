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

static caus_graph learn(const world *w, const unsigned char *known,
                        const caus_run *run, caus_arena *arena)
{
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_graph found;
    caus_error err;
    options.max_lag = w->max_lag;
    options.assumptions = known;
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
        caus_graph found = learn(&w, NULL, run, arena);
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

/* ---- with true knowledge ---- */

enum { NO_CAUSES = 1, REQUIRED = 2, ABSENT = 4 };

static size_t cell_of(const exact *e, size_t i, size_t j, size_t lag)
{
    return (i * e->variables + j) * e->lags + lag;
}

/* Whether one variable is a cause of another at any lag of the window. */
static bool may_cause(const exact *e, size_t i, size_t j)
{
    for (size_t lag = 0; lag < e->lags; lag++)
        if (e->ancestor[exact_node(e, i, lag) * e->nodes + exact_node(e, j, 0)])
            return true;
    return false;
}

static void know_no_causes(const exact *e, caus_random *random,
                           unsigned char *known)
{
    for (size_t i = 0; i < e->variables; i++)
        for (size_t j = 0; j < e->variables; j++) {
            if (i == j || may_cause(e, i, j) ||
                caus_random_uniform(random) < .5)
                continue;
            for (size_t lag = 1; lag < e->lags; lag++)
                known[cell_of(e, i, j, lag)] = CAUS_ASSUME_ONLY_BACK;
            if (known[cell_of(e, i, j, 0)] == CAUS_ASSUME_UNKNOWN) {
                known[cell_of(e, i, j, 0)] = CAUS_ASSUME_ONLY_BACK;
                known[cell_of(e, j, i, 0)] = CAUS_ASSUME_NOT_BACK;
            }
        }
}

static void know_links(const exact *e, const world *w, caus_random *random,
                       unsigned char *known)
{
    for (size_t i = 0; i < e->variables; i++)
        for (size_t j = 0; j < e->variables; j++)
            for (size_t lag = 0; lag <= w->truth.max_lag; lag++) {
                caus_edge edge = caus_graph_get(&w->truth, w->observed[i],
                                                w->observed[j], lag);
                if (edge.source != CAUS_MARK_TAIL ||
                    edge.target != CAUS_MARK_ARROW ||
                    caus_random_uniform(random) < .6)
                    continue;
                known[cell_of(e, i, j, lag)] = CAUS_ASSUME_LINK;
                if (lag == 0)
                    known[cell_of(e, j, i, 0)] = CAUS_ASSUME_LINK_BACK;
            }
}

static void know_absences(const exact *e, caus_random *random,
                          unsigned char *known)
{
    for (size_t i = 0; i < e->variables; i++)
        for (size_t j = 0; j < e->variables; j++)
            for (size_t lag = 0; lag < e->lags; lag++) {
                size_t a = exact_node(e, i, lag), b = exact_node(e, j, 0);
                if ((!lag && i <= j) || (lag && i == j) ||
                    e->mark[a * e->nodes + b] != CAUS_MARK_NONE ||
                    caus_random_uniform(random) < .6)
                    continue;
                known[cell_of(e, i, j, lag)] = CAUS_ASSUME_ABSENT;
                if (!lag)
                    known[cell_of(e, j, i, 0)] = CAUS_ASSUME_ABSENT;
            }
}

/* Marks that contradict what is so, or links where there is none. */
static size_t count_errors(const exact *e, const caus_graph *found,
                           size_t *open)
{
    size_t wrong = 0;
    for (size_t i = 0; i < e->variables; i++)
        for (size_t j = 0; j < e->variables; j++)
            for (size_t lag = 0; lag < e->lags; lag++) {
                size_t a = exact_node(e, i, lag), b = exact_node(e, j, 0);
                if (!lag && i >= j)
                    continue;
                caus_edge edge = caus_graph_get(found, i, j, lag);
                size_t ends[2][2] = {{a, b}, {b, a}};
                wrong += (edge.source == CAUS_MARK_NONE) !=
                         (e->mark[a * e->nodes + b] == CAUS_MARK_NONE);
                for (int end = 0; end < 2; end++) {
                    unsigned char mark = end ? edge.target : edge.source;
                    bool causes =
                        e->ancestor[ends[end][0] * e->nodes + ends[end][1]];
                    wrong += mark == CAUS_MARK_CONFLICT ||
                             (mark == CAUS_MARK_TAIL && !causes) ||
                             (mark == CAUS_MARK_ARROW && causes);
                    *open += mark == CAUS_MARK_CIRCLE;
                }
            }
    return wrong;
}

typedef struct tally {
    size_t wrong;   /* graphs with marks against the truth */
    size_t differs; /* graphs unlike the rules' closure */
    size_t helped;  /* graphs with fewer circles than without knowledge */
} tally;

static void learn_knowing(unsigned number, int kinds, const caus_run *run,
                          tally *t)
{
    caus_random random;
    caus_arena *arena = caus_arena_new(0);
    assert_non_null(arena);
    caus_random_init(&random, 16, number);
    world w = random_world(&random, arena);
    exact e = exact_init(&w.truth, w.observed, w.variables, w.max_lag, arena);
    exact_solve(&e);
    unsigned char *known =
        CAUS_ARRAY(arena, unsigned char, e.variables *e.variables *e.lags);
    assert_non_null(known);
    if (kinds & REQUIRED)
        know_links(&e, &w, &random, known);
    if (kinds & NO_CAUSES)
        know_no_causes(&e, &random, known);
    if (kinds & ABSENT)
        know_absences(&e, &random, known);
    size_t open_before = 0, open_after = 0, beyond = 0;
    caus_graph plain = learn(&w, NULL, run, arena);
    caus_graph found = learn(&w, known, run, arena);
    count_errors(&e, &plain, &open_before);
    t->wrong += count_errors(&e, &found, &open_after) > 0;
    t->helped += open_after < open_before;
    e.known = known;
    exact_solve(&e);
    t->differs += count_differences(&e, &found, number, &beyond) > 0;
    caus_arena_free(arena);
}

static void what_is_known_is_where_the_search_starts(void **state)
{
    (void)state;
    caus_run_options options = caus_run_options_default();
    caus_run *run = NULL;
    options.threads = 1;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    for (int kinds = 1; kinds < 8; kinds++) {
        tally t = {0};
        for (unsigned number = 0; number < 300; number++)
            learn_knowing(1000 * (unsigned)kinds + number, kinds, run, &t);
        assert_int_equal(t.wrong, 0);
        assert_int_equal(t.differs, 0);
        assert_true(kinds == ABSENT || t.helped >= 30);
    }
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_where_the_search_starts),
        cmocka_unit_test(right_answers_give_the_exact_partial_ancestral_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
