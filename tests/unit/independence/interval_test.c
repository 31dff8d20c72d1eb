/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/base.h"
#include "caus/single_test.h"
#include "independence/independence_internal.h"
#include "numeric/distributions.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { VARIABLES = 4, LAGS = 2, ROWS = 90 };

static caus_series series_of(const planted *world)
{
    caus_series series = world->series;
    series.segments = world->segments;
    return series;
}

static caus_ci_answer ask(const planted *world, const caus_ci_options *options,
                          const caus_ci_question *question)
{
    caus_series series = series_of(world);
    caus_run *run = planted_run(1);
    caus_ci_answer answer;
    caus_error err = {0};
    if (caus_ci_test(&series, options, question, run, &answer, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return answer;
}

/* Noise in which 1 follows 0 a little, at a p-value near .05. */
static caus_ci_answer near_the_edge(caus_test test, caus_interval interval,
                                    uint64_t seed)
{
    planted world = planted_noise(seed, 1, ROWS, 3);
    for (size_t r = 0; r < ROWS; r++)
        world.values[0][r * 3 + 1] += .2 * world.values[0][r * 3];
    caus_ci_options options = caus_ci_options_default();
    options.test.test = test;
    options.test.interval = interval;
    const caus_lagged third = {2, 0};
    caus_ci_question question = {.source = {0, 0},
                                 .target = {1, 0},
                                 .conditions = &third,
                                 .condition_count = 1};
    caus_ci_answer answer = ask(&world, &options, &question);
    planted_free(&world);
    return answer;
}

static void an_interval_leaves_0_out_where_the_p_value_is_small(void **unused)
{
    (void)unused;
    static const caus_test tests[] = {CAUS_TEST_PARCORR, CAUS_TEST_FISHER_Z,
                                      CAUS_TEST_WLS};
    size_t inside = 0, outside = 0;
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++)
        for (uint64_t seed = 0; seed < 100; seed++)
            for (int student = 0; student < 2; student++) {
                caus_ci_answer answer = near_the_edge(
                    tests[k],
                    student ? CAUS_INTERVAL_STUDENT : CAUS_INTERVAL_FISHER,
                    seed);
                bool holds = answer.lower <= 0 && answer.upper >= 0;
                assert_int_equal(holds, answer.p_value > .05);
                inside += holds;
                outside += !holds;
            }
    assert_true(inside > 100 && outside > 100);
}

static void students_interval_is_one_length_in_t(void **unused)
{
    (void)unused;
    caus_ci_answer answer =
        near_the_edge(CAUS_TEST_PARCORR, CAUS_INTERVAL_STUDENT, 3);
    double r[] = {answer.lower, answer.statistic, answer.upper}, t[3];
    for (size_t k = 0; k < 3; k++)
        t[k] = r[k] * sqrt(answer.df / (1 - r[k] * r[k]));
    double reach = caus_student_t_quantile_sf(.025, answer.df);
    assert_true(fabs(t[1] - t[0] - reach) < 1e-10);
    assert_true(fabs(t[2] - t[1] - reach) < 1e-10);
}

/* The correlation of normal pairs, each divided by the mean size of its last
 * `window` values. */
static double simulated(double r, size_t window, size_t rows)
{
    enum { MOST = 64 };
    double last[2][MOST] = {{0}}, sum[2] = {0}, products[3] = {0};
    caus_random random;
    caus_random_init(&random, 5, window);
    for (size_t row = 0; row < rows + window; row++) {
        double pair[2] = {caus_random_normal(&random),
                          caus_random_normal(&random)};
        pair[1] = r * pair[0] + sqrt(1 - r * r) * pair[1];
        for (size_t k = 0; k < 2; k++) {
            double *old = &last[k][row % window];
            sum[k] += fabs(pair[k]) - *old;
            *old = fabs(pair[k]);
            pair[k] /= sum[k] / (double)window;
        }
        if (row < window)
            continue;
        products[0] += pair[0] * pair[0];
        products[1] += pair[1] * pair[1];
        products[2] += pair[0] * pair[1];
    }
    return products[2] / sqrt(products[0] * products[1]);
}

static void
division_by_a_windows_mean_shrinks_as_the_formula_says(void **unused)
{
    (void)unused;
    static const double truths[] = {0, .3, -.5, .7, .9};
    static const size_t windows[] = {8, 10, 40};
    for (size_t k = 0; k < sizeof truths / sizeof *truths; k++)
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            double r = truths[k];
            double small = caus_windowed_correlation(r, windows[w]);
            double made = simulated(r, windows[w], 400000);
            double order = 1 / (double)(windows[w] * windows[w]);
            assert_true(fabs(made - small) < order * fabs(r) + .005);
            assert_true(fabs(caus_unwindowed_correlation(small, windows[w]) -
                             r) < 1e-12);
        }
    assert_true(fabs(caus_unwindowed_correlation(1, 10) - 1) < 1e-12);
}

/* The conditions of a link: lag-0 variables of a set, the parents of both. */
static size_t list_conditions(const caus_discovery *found, size_t set,
                              caus_lagged source, size_t target,
                              caus_lagged *to)
{
    size_t count = 0;
    for (size_t v = 0; v < VARIABLES; v++)
        if (set >> v & 1)
            to[count++] = (caus_lagged){v, 0};
    const caus_parents *own = &found->parents[target];
    for (size_t k = 0; k < own->count; k++)
        if (own->parents[k].variable != source.variable ||
            own->parents[k].lag != source.lag)
            to[count++] = own->parents[k];
    own = &found->parents[source.variable];
    for (size_t k = 0; k < own->count; k++)
        to[count++] = (caus_lagged){own->parents[k].variable,
                                    own->parents[k].lag + source.lag};
    return count;
}

/* Whether some set of lag-0 variables gives the statistic and interval. */
static bool is_explained(const planted *world, const caus_discovery *found,
                         caus_lagged source, size_t target)
{
    size_t cell =
        caus_graph_cell(&found->graph, source.variable, target, source.lag);
    caus_ci_options options = caus_ci_options_default();
    options.test.test = CAUS_TEST_ROBUST;
    options.longest_lag = 2 * LAGS;
    for (size_t set = 0; set < 1U << VARIABLES; set++) {
        caus_lagged given[VARIABLES * (2 * LAGS + 2)];
        if (set >> target & 1 ||
            (source.lag == 0 && set >> source.variable & 1))
            continue;
        caus_ci_question question = {.source = source,
                                     .target = {target, 0},
                                     .conditions = given,
                                     .condition_count = list_conditions(
                                         found, set, source, target, given)};
        caus_ci_answer answer = ask(world, &options, &question);
        if (fabs(answer.statistic - found->statistic[cell]) < 1e-10 &&
            fabs(answer.lower - found->lower[cell]) < 1e-9 &&
            fabs(answer.upper - found->upper[cell]) < 1e-9)
            return true;
    }
    return false;
}

static void check_links(const planted *world, caus_method method)
{
    caus_run *run = planted_run(2);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = method;
    options.max_lag = LAGS;
    options.test.test = CAUS_TEST_ROBUST;
    caus_discovery found = planted_discover(world, &options, run, world->arena);
    size_t links = 0;
    for (size_t i = 0; i < VARIABLES; i++)
        for (size_t j = 0; j < VARIABLES; j++)
            for (size_t lag = 0; lag <= LAGS; lag++) {
                caus_edge edge = caus_graph_get(&found.graph, i, j, lag);
                if (edge.source == CAUS_MARK_NONE || (lag == 0 && i > j))
                    continue;
                links++;
                bool back = lag == 0 && !is_explained(world, &found,
                                                      (caus_lagged){i, 0}, j);
                assert_true(is_explained(world, &found,
                                         (caus_lagged){back ? j : i, lag},
                                         back ? i : j));
            }
    assert_true(links > VARIABLES);
    caus_run_free(run);
}

/* With normal scores the interval lies around another statistic than the one
 * told, which must have been given the same conditions. */
static void a_links_interval_is_that_of_its_test(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 4; seed++) {
        planted world = planted_chain(seed, 1, ROWS, VARIABLES);
        for (size_t r = 0; r < ROWS; r++) /* and links at lag 0 */
            for (size_t v = 1; v < VARIABLES; v++)
                world.values[0][r * VARIABLES + v] +=
                    .5 * world.values[0][r * VARIABLES + v - 1];
        if (seed % 2)
            planted_miss(&world, 0, 30, 1);
        check_links(&world, CAUS_METHOD_PCMCI);
        check_links(&world, CAUS_METHOD_PCMCIPLUS);
        planted_free(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_leaves_0_out_where_the_p_value_is_small),
        cmocka_unit_test(students_interval_is_one_length_in_t),
        cmocka_unit_test(
            division_by_a_windows_mean_shrinks_as_the_formula_says),
        cmocka_unit_test(a_links_interval_is_that_of_its_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
