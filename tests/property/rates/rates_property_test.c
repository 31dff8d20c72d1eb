/* SPDX-License-Identifier: Apache-2.0 */
/* Error rates where the truth is known: levels of every test, coverage of
 * intervals, shares of false links among those reported. */
#include <math.h>

#include "base/base.h"
#include "caus/single_test.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { COLUMNS = 6 };

/* P(at most k of n) at rate p; exact enough to tell 1e-5 from 1e-4. */
static double binomial_tail(size_t k, size_t n, double p)
{
    double sum = 0;
    for (size_t i = 0; i <= k; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
                   lgamma((double)(n - i) + 1) + (double)i * log(p) +
                   (double)(n - i) * log1p(-p));
    return sum;
}

/* Whether so many of n are no surprise at rate p: two sides of 1e-5. */
static bool is_plausible(size_t k, size_t n, double p)
{
    const double least = 1e-5;
    double below = binomial_tail(k, n, p);
    double above = k ? 1 - binomial_tail(k - 1, n, p) : 1;
    return below > least && above > least;
}

static caus_series series_of(const planted *world)
{
    caus_series series = world->series;
    series.segments = world->segments;
    return series;
}

/* ---- levels ---- */

/* x, y and z: independent, or x and y each driven by z. Categories are three
 * each; x2 and y2 belong to x and y where vectors are tested. */
enum { X, Y, Z };

static double category(double value)
{
    return (value > -.43) + (value > .43) - 1.;
}

static void common_cause(planted *world, bool caused, bool categories)
{
    size_t rows = world->segments[0].row_count;
    for (size_t r = 0; r < rows; r++) {
        double *row = world->values[0] + r * COLUMNS;
        if (categories)
            row[Z] = category(row[Z]);
        for (size_t v = 0; v < COLUMNS; v++) {
            if (caused && v != Z)
                row[v] = .7 * row[Z] + .7 * row[v];
            if (categories && v != Z)
                row[v] = category(row[v]);
        }
    }
}

typedef struct level_case {
    caus_test test;
    size_t rows, trials;
    bool categories;
} level_case;

static double one_p_value(const level_case *c, uint64_t seed, bool caused,
                          const caus_run *run)
{
    planted world = planted_noise(seed, 1, c->rows, COLUMNS);
    caus_variable variables[COLUMNS] = {{0}};
    static const char *const names[COLUMNS] = {"x",  "y",  "z",
                                               "x2", "y2", "rest"};
    static const int groups[COLUMNS] = {0, 1, -1, 0, 1, -1};
    caus_series series = series_of(&world);
    common_cause(&world, caused, c->categories);
    caus_ci_options options = caus_ci_options_default();
    options.test.test = c->test;
    options.test.knn.shuffles = 199;
    for (size_t v = 0; v < COLUMNS; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = names[v];
        if (c->test == CAUS_TEST_VECTORS)
            variables[v].vector_group = groups[v];
    }
    series.variables = variables;
    const caus_lagged z = {Z, 0};
    caus_ci_question question = {.source = {X, 0},
                                 .target = {Y, 0},
                                 .conditions = &z,
                                 .condition_count = caused};
    caus_ci_answer answer;
    caus_error err;
    if (caus_ci_test(&series, &options, &question, run, &answer, &err) !=
        CAUS_OK)
        fail_msg("%s: %s", caus_test_name(c->test), err.message);
    planted_free(&world);
    return answer.p_value;
}

static void check_level(const level_case *c, bool caused, const caus_run *run)
{
    size_t alarms = 0;
    for (size_t trial = 0; trial < c->trials; trial++)
        alarms += one_p_value(c, 7000 + trial, caused, run) <= .05;
    if (!is_plausible(alarms, c->trials, .05))
        fail_msg("%s, %s: %zu alarms of %zu", caus_test_name(c->test),
                 caused ? "common cause" : "independent", alarms, c->trials);
}

static const level_case level_cases[] = {
    {CAUS_TEST_PARCORR, 60, 1000, false},
    {CAUS_TEST_FISHER_Z, 60, 1000, false},
    {CAUS_TEST_ROBUST, 400, 1000, false}, /* 8 % with 60 rows */
    {CAUS_TEST_WLS, 120, 1000, false},
    {CAUS_TEST_VECTORS, 60, 1000, false},
    {CAUS_TEST_GSQUARED, 400, 1000, true},
    {CAUS_TEST_CHISQUARED, 400, 1000, true},
    {CAUS_TEST_CMIKNN, 60, 200, false},
    {CAUS_TEST_CMIKNN_MIXED, 60, 200, false},
    {CAUS_TEST_GPDC, 60, 200, false},
    {CAUS_TEST_RCOT, 150, 400, false},
};

static void every_test_keeps_its_level(void **unused)
{
    (void)unused;
    size_t count = sizeof level_cases / sizeof *level_cases;
    assert_int_equal(count, CAUS_TEST_COUNT);
    caus_run *run = planted_run(1);
    for (size_t k = 0; k < count; k++) {
        check_level(&level_cases[k], false, run);
        check_level(&level_cases[k], true, run);
    }
    caus_run_free(run);
}

/* ---- intervals ---- */

/* Rows of noise: normal, with the tails of Student's t with 5 degrees of
 * freedom, or both sides and the causes seen through exp(). */
typedef enum tails { NORMAL, HEAVY, SEEN_THROUGH_EXP } tails;

typedef struct coverage_case {
    caus_test test;
    tails tails;
    size_t conditions; /* ≤ 4 */
    double truth;
} coverage_case;

static void make_rows(const coverage_case *c, uint64_t seed, planted *world)
{
    caus_random random;
    caus_random_init(&random, seed, 1);
    for (size_t r = 0; r < world->segments[0].row_count; r++) {
        double *row = world->values[0] + r * COLUMNS;
        for (size_t v = 0; c->tails == HEAVY && v < COLUMNS; v++) {
            double sum = 0;
            for (int k = 0; k < 5; k++) {
                double value = caus_random_normal(&random);
                sum += value * value / 5;
            }
            row[v] /= sqrt(sum);
        }
        row[1] = c->truth * row[0] + sqrt(1 - c->truth * c->truth) * row[1];
        for (size_t k = 0; k < c->conditions; k++) {
            row[0] += row[2 + k];
            row[1] += row[2 + k];
        }
        for (size_t v = 0; c->tails == SEEN_THROUGH_EXP && v < COLUMNS; v++)
            row[v] = exp(row[v]);
    }
}

static bool is_covered(const coverage_case *c, uint64_t seed,
                       const caus_run *run)
{
    enum { ROWS = 120 };
    static const caus_lagged given[] = {{2, 0}, {3, 0}, {4, 0}, {5, 0}};
    planted world = planted_noise(seed, 1, ROWS, COLUMNS);
    make_rows(c, seed, &world);
    caus_series series = series_of(&world);
    caus_ci_options options = caus_ci_options_default();
    options.test.test = c->test;
    caus_ci_question question = {.source = {0, 0},
                                 .target = {1, 0},
                                 .conditions = given,
                                 .condition_count = c->conditions};
    caus_ci_answer answer;
    assert_int_equal(
        caus_ci_test(&series, &options, &question, run, &answer, NULL),
        CAUS_OK);
    planted_free(&world);
    return answer.lower <= c->truth && c->truth <= answer.upper;
}

static void intervals_cover_as_often_as_they_say(void **unused)
{
    (void)unused;
    enum { TRIALS = 1500 };
    static const coverage_case cases[] = {
        {CAUS_TEST_PARCORR, NORMAL, 0, 0},
        {CAUS_TEST_PARCORR, NORMAL, 4, -.7},
        {CAUS_TEST_PARCORR, HEAVY, 1, .3},
        {CAUS_TEST_PARCORR, HEAVY, 4, .9},
        {CAUS_TEST_FISHER_Z, NORMAL, 1, .95},
        {CAUS_TEST_FISHER_Z, HEAVY, 1, -.7},
        {CAUS_TEST_WLS, NORMAL, 1, 0},
        {CAUS_TEST_WLS, NORMAL, 4, .9},
        {CAUS_TEST_WLS, HEAVY, 1, -.7},
        {CAUS_TEST_WLS, HEAVY, 4, .9},
        {CAUS_TEST_ROBUST, NORMAL, 1, -.7},
        {CAUS_TEST_ROBUST, NORMAL, 4, 0},
        {CAUS_TEST_ROBUST, NORMAL, 4, -.7},
        {CAUS_TEST_ROBUST, SEEN_THROUGH_EXP, 0, .3},
        {CAUS_TEST_ROBUST, SEEN_THROUGH_EXP, 4, .9},
    };
    caus_run *run = planted_run(1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        size_t covered = 0;
        for (size_t trial = 0; trial < TRIALS; trial++)
            covered += is_covered(&cases[k], 50 + trial, run);
        bool is_low = (double)covered < .95 * TRIALS &&
                      !is_plausible(covered, TRIALS, .93);
        bool is_high = (double)covered > .95 * TRIALS &&
                       !is_plausible(covered, TRIALS, .97);
        if (is_low || is_high)
            fail_msg("%s, tails %d, %zu conditions: %zu of %d cover %g",
                     caus_test_name(cases[k].test), (int)cases[k].tails,
                     cases[k].conditions, covered, TRIALS, cases[k].truth);
    }
    caus_run_free(run);
}

/* ---- links ---- */

/* What planted_chain() draws; lag 0 has no link. */
static bool is_true(size_t source, size_t target, size_t lag)
{
    return (lag == 1 && (source == target || source + 1 == target)) ||
           (lag == 2 && source == 0 && target > 1);
}

/* The share of false links among those reported, 0 if there are none. */
static double false_share(const caus_discovery *found, bool nothing_is_true)
{
    const caus_graph *graph = &found->graph;
    size_t links = 0, wrong = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                if (edge.source == CAUS_MARK_NONE || (lag == 0 && i >= j))
                    continue;
                links++;
                wrong += nothing_is_true || !is_true(i, j, lag);
            }
    return links ? (double)wrong / (double)links : 0;
}

typedef struct rate {
    double mean, deviation; /* of the mean */
} rate;

static rate false_rate(const caus_pcmci_options *options, bool noise,
                       size_t trials, const caus_run *run)
{
    double sum = 0, squares = 0;
    for (size_t trial = 0; trial < trials; trial++) {
        planted world = noise ? planted_noise(300 + trial, 1, 250, 8)
                              : planted_chain(300 + trial, 1, 250, 8);
        caus_discovery found =
            planted_discover(&world, options, run, world.arena);
        double share = false_share(&found, noise);
        sum += share;
        squares += share * share;
        planted_free(&world);
    }
    double n = (double)trials, mean = sum / n;
    return (rate){mean, sqrt((squares / n - mean * mean) / n)};
}

/* With every method of the family, in noise and with true links beside. */
static void false_links_are_no_more_than_the_rate_asked_for(void **unused)
{
    (void)unused;
    enum { TRIALS = 100 };
    static const caus_method methods[] = {CAUS_METHOD_PCMCI, CAUS_METHOD_FULLCI,
                                          CAUS_METHOD_PCMCIPLUS};
    const double level = .1;
    caus_run *run = planted_run(1);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (int fdr = CAUS_FDR_BH; fdr <= CAUS_FDR_BY; fdr++)
            for (int noise = 0; noise < 2; noise++) {
                caus_pcmci_options options = caus_pcmci_options_default();
                options.method = methods[m];
                options.max_lag = 2;
                options.min_lag = methods[m] != CAUS_METHOD_PCMCIPLUS;
                options.alpha = level;
                options.fdr = (caus_fdr)fdr;
                options.fdr_contemporaneous = true;
                rate wrong = false_rate(&options, noise, TRIALS, run);
                if (wrong.mean > level + 4 * wrong.deviation)
                    fail_msg("method %d, FDR %d, %s: %.3f of the links are "
                             "false (± %.3f)",
                             (int)methods[m], fdr, noise ? "noise" : "links",
                             wrong.mean, wrong.deviation);
            }
    caus_run_free(run);
}

/* Links of noise at level alpha, without correction. */
static void noise_is_linked_at_the_rate_of_alpha(void **unused)
{
    (void)unused;
    static const caus_method methods[] = {CAUS_METHOD_PCMCI, CAUS_METHOD_BIVCI,
                                          CAUS_METHOD_FULLCI,
                                          CAUS_METHOD_LAGGED};
    enum { TRIALS = 40, VARIABLES = 8, LAGS = 2 };
    caus_run *run = planted_run(1);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        size_t links = 0;
        for (size_t trial = 0; trial < TRIALS; trial++) {
            planted world = planted_noise(900 + trial, 1, 200, VARIABLES);
            caus_pcmci_options options = caus_pcmci_options_default();
            options.method = methods[m];
            options.max_lag = LAGS;
            options.min_lag = 1;
            options.alpha = .05;
            caus_discovery found =
                planted_discover(&world, &options, run, world.arena);
            links += caus_graph_edge_count(&found.graph);
            planted_free(&world);
        }
        if (!is_plausible(links, TRIALS * VARIABLES * VARIABLES * LAGS, .05))
            fail_msg("method %d: %zu links", (int)methods[m], links);
    }
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_test_keeps_its_level),
        cmocka_unit_test(intervals_cover_as_often_as_they_say),
        cmocka_unit_test(noise_is_linked_at_the_rate_of_alpha),
        cmocka_unit_test(false_links_are_no_more_than_the_rate_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
