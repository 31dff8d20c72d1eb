/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "caus/single_test.h"
#include "independence/linear_internal.h"
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

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Normal scores in place of values. */
static void score(double *values, size_t rows)
{
    double sorted[ROWS], made[ROWS];
    memcpy(sorted, values, rows * sizeof *sorted);
    qsort(sorted, rows, sizeof *sorted, compare_doubles);
    for (size_t k = 0; k < rows; k++) {
        const double *at =
            bsearch(&values[k], sorted, rows, sizeof *sorted, compare_doubles);
        double rank = (double)(at - sorted + 1);
        made[k] = caus_normal_quantile(rank / (double)(rows + 1));
    }
    memcpy(values, made, rows * sizeof *made);
}

/* By how much a correlation of scores is smaller in the mean than that of the
 * numbers, times the rows. */
static double lost_by_scores(double r, size_t rows)
{
    enum { TRIALS = 2500 };
    caus_random random;
    double lost = 0;
    caus_random_init(&random, 5, rows);
    for (size_t trial = 0; trial < TRIALS; trial++) {
        double x[2][ROWS], y[2][ROWS], found[2];
        for (size_t k = 0; k < rows; k++) {
            x[0][k] = x[1][k] = caus_random_normal(&random);
            y[0][k] = y[1][k] =
                r * x[0][k] + sqrt(1 - r * r) * caus_random_normal(&random);
        }
        score(x[1], rows);
        score(y[1], rows);
        for (size_t way = 0; way < 2; way++) {
            caus_linear_normalise(x[way], rows);
            caus_linear_normalise(y[way], rows);
            found[way] = caus_dot(x[way], y[way], rows);
        }
        lost += found[0] - found[1];
    }
    return lost / TRIALS * (double)rows;
}

/* The mean difference of the two correlations varies far less than either. */
static void scores_lose_what_the_formula_says(void **unused)
{
    (void)unused;
    static const double truths[] = {.3, -.6, .9, .98};
    static const size_t rows[] = {20, 80};
    for (size_t k = 0; k < sizeof truths / sizeof *truths; k++)
        for (size_t n = 0; n < 2; n++) {
            double r = truths[k], count = (double)rows[n];
            double scored = caus_scored_correlation(r, count);
            double said = (r - scored) * count;
            assert_true(fabs(said - lost_by_scores(r, rows[n])) <
                        .1 * fabs(said) + .05);
            assert_true(fabs(caus_unscored_correlation(scored, count) - r) <
                        1e-11);
        }
    assert_true(fabs(caus_unscored_correlation(1, 50) - 1) < 1e-12);
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
        cmocka_unit_test(scores_lose_what_the_formula_says),
        cmocka_unit_test(a_links_interval_is_that_of_its_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
