/* SPDX-License-Identifier: Apache-2.0 */
/* Effects on random systems, against their definitions by brute force. */
#include <math.h>

#include "base/base.h"
#include "caus/effects.h"
#include "test.h"

enum {
    VARIABLES = 4,
    LAGS = 2,
    MOST_LAG = 3, /* of a treatment */
    /* Far enough back for every path that could tell sets apart. */
    WINDOW = MOST_LAG + 5 * LAGS,
    NODES = VARIABLES * (WINDOW + 1)
};

typedef struct model {
    caus_arena *arena;
    caus_run *run;
    caus_graph graph;
    double slope[VARIABLES][VARIABLES][LAGS + 1]; /* source, target, lag */
} model;

static void add(model *s, size_t source, size_t target, size_t lag,
                double slope)
{
    s->slope[source][target][lag] = slope;
    caus_graph_set(&s->graph, source, target, lag, CAUS_MARK_TAIL,
                   CAUS_MARK_ARROW);
}

/* Variables cause later ones of a random order at lag 0, any at other lags. */
static model random_system(uint64_t seed)
{
    model s = {.arena = caus_arena_new(0)};
    caus_random random;
    size_t order[VARIABLES] = {0, 1, 2, 3};
    caus_random_init(&random, seed, 0);
    assert_int_equal(caus_run_new(NULL, &s.run, NULL), CAUS_OK);
    assert_int_equal(caus_graph_init(&s.graph, VARIABLES, LAGS, s.arena, NULL),
                     CAUS_OK);
    for (size_t v = VARIABLES - 1; v > 0; v--) {
        size_t other = caus_random_below(&random, v + 1), held = order[v];
        order[v] = order[other];
        order[other] = held;
    }
    for (size_t a = 0; a < VARIABLES; a++)
        for (size_t b = 0; b < VARIABLES; b++)
            for (size_t lag = a >= b; lag <= LAGS; lag++)
                if (caus_random_below(&random, 100) < 25)
                    add(&s, order[a], order[b], lag,
                        .4 * (caus_random_uniform(&random) - .5));
    return s;
}

static void free_system(model *s)
{
    caus_run_free(s->run);
    caus_arena_free(s->arena);
}

/* Sum over all directed paths; NULL = through every variable. */
static double sum_paths(const model *s, caus_lagged from, caus_lagged to,
                        const bool *without)
{
    if (from.variable == to.variable && from.lag == to.lag)
        return 1;
    double sum = 0;
    for (size_t v = 0; v < VARIABLES; v++)
        for (size_t lag = 0; lag <= LAGS && to.lag + lag <= from.lag; lag++) {
            caus_lagged next = {v, to.lag + lag};
            double slope = s->slope[v][to.variable][lag];
            bool is_barred = without && without[v];
            if (fabs(slope) > 0 && !is_barred)
                sum += slope * sum_paths(s, from, next, without);
        }
    return sum;
}

/* ---- adjustment ---- */

static size_t node_of(caus_lagged at)
{
    return at.lag * VARIABLES + at.variable;
}

/* The graph over the window, without the first edges of causal paths from the
 * treatment: what is left of its link to the outcome is confounding. */
static caus_graph unrolled(const model *s, caus_lagged treatment,
                           const bool *is_between)
{
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, NODES, 0, s->arena, NULL),
                     CAUS_OK);
    for (size_t i = 0; i < VARIABLES; i++)
        for (size_t j = 0; j < VARIABLES; j++)
            for (size_t lag = 0; lag <= LAGS; lag++)
                for (size_t t = 0; t + lag <= WINDOW; t++) {
                    size_t from = node_of((caus_lagged){i, t + lag});
                    size_t to = node_of((caus_lagged){j, t});
                    bool is_first =
                        from == node_of(treatment) && is_between[to];
                    if (fabs(s->slope[i][j][lag]) > 0 && !is_first)
                        caus_graph_set(&graph, from, to, 0, CAUS_MARK_TAIL,
                                       CAUS_MARK_ARROW);
                }
    return graph;
}

/* Whether any directed path leads from one node to another. */
static bool leads(const model *s, caus_lagged from, caus_lagged to)
{
    if (from.variable == to.variable && from.lag == to.lag)
        return true;
    for (size_t v = 0; v < VARIABLES; v++)
        for (size_t lag = 0; lag <= LAGS && to.lag + lag <= from.lag; lag++)
            if (fabs(s->slope[v][to.variable][lag]) > 0 &&
                leads(s, from, (caus_lagged){v, to.lag + lag}))
                return true;
    return false;
}

static void check_separation(const model *s, caus_effect_question question,
                             const caus_adjustment *found)
{
    bool is_between[NODES] = {false}, separated[NODES];
    size_t given[NODES];
    for (size_t k = 0; k < found->between_count; k++)
        is_between[node_of(found->between[k])] = true;
    for (size_t k = 0; k < found->set_count; k++) {
        given[k] = node_of(found->set[k]);
        assert_false(is_between[given[k]]);
        assert_false(leads(s, question.treatment, found->set[k]));
    }
    caus_graph graph = unrolled(s, question.treatment, is_between);
    assert_int_equal(caus_graph_separated(&graph, node_of(question.treatment),
                                          given, found->set_count, separated,
                                          NULL),
                     CAUS_OK);
    assert_true(separated[question.outcome]);
    for (size_t k = 0; k < found->set_count; k++) { /* none is for nothing */
        bool is_parent = false;
        for (size_t b = 0; b < found->between_count; b++)
            for (size_t lag = 0; lag <= LAGS; lag++)
                is_parent =
                    is_parent ||
                    (found->between[b].lag + lag == found->set[k].lag &&
                     fabs(s->slope[found->set[k].variable]
                                  [found->between[b].variable][lag]) > 0);
        assert_true(is_parent);
    }
}

static void what_is_held_fixed_removes_confounding_and_no_effect(void **unused)
{
    (void)unused;
    size_t causes = 0, conditions = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        model s = random_system(seed);
        for (size_t x = 0; x < VARIABLES; x++)
            for (size_t lag = x == 0; lag <= MOST_LAG; lag++) {
                caus_effect_question question = {&s.graph, {x, lag}, 0};
                caus_adjustment found;
                assert_int_equal(
                    caus_adjustment_optimal(&question, s.arena, &found, NULL),
                    CAUS_OK);
                bool is_cause =
                    leads(&s, question.treatment, (caus_lagged){0, 0});
                assert_int_equal(is_cause, found.between_count > 0);
                if (is_cause)
                    check_separation(&s, question, &found);
                causes += is_cause;
                conditions += found.set_count;
            }
        free_system(&s);
    }
    assert_true(causes > 200 && conditions > causes);
}

/* ---- numbers ---- */

static caus_series simulate(const model *s, size_t rows, uint64_t seed)
{
    enum { WARM = 50 };
    caus_random random;
    caus_series series;
    double *values =
        caus_arena_array(s->arena, (rows + WARM) * VARIABLES, sizeof *values);
    caus_random_init(&random, seed, 1);
    for (size_t r = 0; r < (rows + WARM) * VARIABLES; r++)
        values[r] = caus_random_normal(&random);
    for (size_t r = LAGS; r < rows + WARM; r++)
        for (size_t pass = 0; pass < VARIABLES; pass++) /* lag 0 needs order */
            for (size_t j = 0; j < VARIABLES; j++) {
                size_t before = 0; /* longest path of lag 0 that ends here */
                for (size_t i = 0; i < VARIABLES; i++)
                    before += i != j && leads(s, (caus_lagged){i, 0},
                                              (caus_lagged){j, 0});
                for (size_t i = 0; before == pass && i < VARIABLES; i++)
                    for (size_t lag = 0; lag <= LAGS; lag++)
                        values[r * VARIABLES + j] +=
                            s->slope[i][j][lag] *
                            values[(r - lag) * VARIABLES + i];
            }
    assert_int_equal(caus_series_from_values(NULL, VARIABLES,
                                             values + (size_t)WARM * VARIABLES,
                                             rows, 1, s->arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static void both_estimates_come_near_the_sum_over_paths(void **unused)
{
    (void)unused;
    enum { ROWS = 20000 };
    size_t strong = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        model s = random_system(seed);
        caus_series series = simulate(&s, ROWS, seed);
        for (size_t x = 0; x < VARIABLES; x++)
            for (size_t lag = x == 0; lag <= MOST_LAG; lag++) {
                caus_effect_question question = {&s.graph, {x, lag}, 0};
                caus_linear_effect found;
                double truth = sum_paths(&s, question.treatment,
                                         (caus_lagged){0, 0}, NULL);
                assert_int_equal(caus_effect_linear(&series, &question, s.run,
                                                    s.arena, &found, NULL),
                                 CAUS_OK);
                /* 1 / sqrt(rows) is .007 */
                assert_true(fabs(found.total - truth) < .05);
                assert_true(fabs(found.by_paths - truth) < .05);
                strong += fabs(truth) > .1;
            }
        free_system(&s);
    }
    assert_true(strong > 5);
}

static void where_all_paths_are_one_edge_both_estimates_are_one(void **unused)
{
    (void)unused;
    size_t compared = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        model s = random_system(seed);
        caus_series series = simulate(&s, 100, seed);
        for (size_t x = 0; x < VARIABLES; x++)
            for (size_t lag = x == 0; lag <= LAGS; lag++) {
                caus_effect_question question = {&s.graph, {x, lag}, 0};
                caus_linear_effect found;
                assert_int_equal(caus_effect_linear(&series, &question, s.run,
                                                    s.arena, &found, NULL),
                                 CAUS_OK);
                if (found.adjustment.between_count != 1)
                    continue;
                compared++;
                assert_true(fabs(found.total - found.by_paths) < 1e-12);
            }
        free_system(&s);
    }
    assert_true(compared > 10);
}

static void check_sums(const model *s, const caus_mediation *found,
                       const double *total, const bool *without)
{
    model fitted = *s;
    size_t matrix = (size_t)VARIABLES * VARIABLES;
    for (size_t k = 0; k < matrix * (LAGS + 1); k++)
        fitted.slope[k % VARIABLES][k / VARIABLES % VARIABLES][k / matrix] =
            found->direct[k];
    for (size_t k = 0; k < matrix * (LAGS + 1); k++) {
        caus_lagged from = {k % VARIABLES, k / matrix};
        caus_lagged to = {k / VARIABLES % VARIABLES, 0};
        bool is_barred =
            without && (without[from.variable] || without[to.variable]);
        double sum = is_barred ? 0 : sum_paths(&fitted, from, to, without);
        assert_true(fabs(total[k] - sum) < 1e-12);
    }
}

static void mediation_sums_over_paths(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 20; seed++) {
        model s = random_system(seed);
        caus_series series = simulate(&s, 100, seed);
        caus_mediation found;
        const double *less;
        assert_int_equal(caus_mediation_linear(&series, &s.graph, s.run,
                                               s.arena, &found, NULL),
                         CAUS_OK);
        check_sums(&s, &found, found.total, NULL);
        for (size_t set = 1; set < 1U << VARIABLES; set++) {
            bool without[VARIABLES];
            for (size_t v = 0; v < VARIABLES; v++)
                without[v] = set >> v & 1;
            assert_int_equal(
                caus_mediation_without(&found, without, s.arena, &less, NULL),
                CAUS_OK);
            check_sums(&s, &found, less, without);
        }
        free_system(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_fixed_removes_confounding_and_no_effect),
        cmocka_unit_test(both_estimates_come_near_the_sum_over_paths),
        cmocka_unit_test(where_all_paths_are_one_edge_both_estimates_are_one),
        cmocka_unit_test(mediation_sums_over_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
