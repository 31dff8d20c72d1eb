/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "discovery/notears_internal.h"
#include "fault.h"
#include "given.h"
#include "test.h"

enum { ROWS = 400, COLUMNS = 4 };

/* 0 → 1 → 2 with unit noise; 3 is constant. */
static caus_series chain(double unit, caus_arena *arena)
{
    caus_random random;
    caus_series series;
    caus_random_init(&random, 31, 0);
    double *x = CAUS_ARRAY(arena, double, ROWS *COLUMNS);
    assert_non_null(x);
    for (size_t r = 0; r < ROWS; r++) {
        double *row = x + r * COLUMNS;
        for (size_t v = 0; v < 3; v++)
            row[v] = caus_random_normal(&random) + (v ? row[v - 1] : 0);
        row[3] = 5;
    }
    for (size_t r = 0; r < ROWS; r++)
        x[r * COLUMNS + 2] *= unit;
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, x, ROWS, 0, arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

static caus_dagma learn(const caus_series *series,
                        const caus_dagma_options *options, caus_arena *arena)
{
    caus_dagma found;
    caus_error err = {0};
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    if (caus_discover_dagma(series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_dagma *found, size_t a, size_t b)
{
    return caus_edge_text(caus_graph_get(&found->found.graph, a, b, 0));
}

static void check_chain(const caus_dagma_options *options)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena);
    caus_dagma found = learn(&series, options, arena);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 2);
    assert_string_equal(edge(&found, 0, 1), "-->");
    assert_string_equal(edge(&found, 1, 2), "-->");
    assert_true(fabs(found.weight[1] - 1) < .15);
    assert_true(found.upward >= 1 && found.acyclicity >= 0);
    assert_true(found.found.p_value[1] < 1e-20);
    assert_true(found.found.lower[1] < found.found.statistic[1]);
    caus_arena_free(arena);
}

static void a_chain_of_growing_variance_is_found(void **unused)
{
    (void)unused;
    caus_dagma_options notears = caus_notears_options_default();
    check_chain(NULL);
    check_chain(&notears);
}

static void check_units(caus_dagma_options options)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(.05, arena);
    options.least = .02;
    options.penalty = .03;
    caus_dagma found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 1, 2), "<--");
    assert_non_null(strstr(caus_dagma_warning(), "other units"));
    caus_arena_free(arena);
}

/* The fact behind the warning. */
static void another_unit_turns_an_edge_around(void **unused)
{
    (void)unused;
    check_units(caus_dagma_options_default());
    check_units(caus_notears_options_default());
}

static void cycles_are_cut_at_the_weakest_edge(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena);
    caus_dagma_options options = caus_dagma_options_default();
    options.stages = 1;
    options.iterations = 1000;
    options.least = 0;
    caus_dagma found = learn(&series, &options, arena);
    assert_true(found.least > 0);
    assert_true(caus_graph_edge_count(&found.found.graph) <= 3);
    caus_arena_free(arena);
}

/* All else being forbidden, a required weight is that of least squares, the
 * wrong way round too, however large weights have to be. */
static void check_required(caus_dagma_options options)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena);
    unsigned char cells[COLUMNS * COLUMNS];
    memset(cells, CAUS_ASSUME_ABSENT, sizeof cells);
    cells[2 * COLUMNS + 1] = cells[3 * COLUMNS + 0] = CAUS_ASSUME_LINK;
    cells[1 * COLUMNS + 2] = cells[0 * COLUMNS + 3] = CAUS_ASSUME_LINK_BACK;
    options.assumptions = cells;
    options.least = 10;
    caus_dagma found = learn(&series, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 2);
    assert_string_equal(edge(&found, 2, 1), "-->");
    assert_string_equal(edge(&found, 3, 0), "-->");
    const double *x = series.segments[0].values;
    double mean[2] = {0}, products = 0, squares = 0;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t v = 0; v < 2; v++)
            mean[v] += x[r * COLUMNS + 1 + v] / ROWS;
    for (size_t r = 0; r < ROWS; r++) {
        double effect = x[r * COLUMNS + 1] - mean[0];
        double cause = x[r * COLUMNS + 2] - mean[1];
        products += cause * effect;
        squares += cause * cause;
    }
    double off = found.weight[2 * COLUMNS + 1] - products / squares;
    assert_true(fabs(off) < 2e-4);
    caus_arena_free(arena);
}

static void a_required_edge_is_neither_penalised_nor_too_small(void **unused)
{
    (void)unused;
    check_required(caus_dagma_options_default());
    check_required(caus_notears_options_default());
}

/* 2 → 0 is required of 0 → 1 → 2, and far too little is done about cycles. */
static void a_cycle_through_a_required_edge_is_opened(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena);
    caus_dagma_options options = caus_dagma_options_default();
    unsigned char cells[COLUMNS * COLUMNS] = {0};
    cells[2 * COLUMNS] = CAUS_ASSUME_LINK;
    options.assumptions = cells;
    options.stages = 1;
    options.iterations = 1000;
    options.least = 0;
    caus_dagma found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 2, 0), "-->");
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 2);
    bool is_kept = strcmp(edge(&found, 0, 1), "-->") == 0;
    assert_string_equal(edge(&found, 1, 2), is_kept ? "" : "-->");
    caus_arena_free(arena);
}

static void the_gradient_is_that_of_the_objective(void **unused)
{
    (void)unused;
    enum { NODES = 5 };
    caus_arena *arena = caus_arena_new(0);
    caus_dagma_problem problem;
    caus_random random;
    caus_random_init(&random, 3, 0);
    assert_int_equal(caus_dagma_problem_init(&problem, NODES, arena, NULL),
                     CAUS_OK);
    size_t stride = problem.stride;
    double *covariance = CAUS_ARRAY(arena, double, stride *stride);
    double *weights = CAUS_ARRAY(arena, double, stride *stride);
    double *slope = CAUS_ARRAY(arena, double, stride *stride);
    assert_true(covariance && weights && slope);
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < NODES; j++) {
            covariance[i * stride + j] = i == j ? 2 : .3;
            weights[i * stride + j] = .4 * caus_random_uniform(&random) - .2;
        }
    problem.covariance = covariance;
    problem.mu = .7;
    problem.s = .9;
    assert_true(caus_dagma_prepare(&problem, weights));
    for (size_t k = 0; k < NODES * stride; k++)
        slope[k] = 2 * weights[k] * problem.matrix[k] -
                   problem.mu * problem.gradient[k];
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < NODES; j++) {
            double *w = &weights[i * stride + j], kept = *w, step = 1e-6;
            *w = kept + step;
            double above = caus_dagma_value(&problem, weights, NULL, NULL);
            *w = kept - step;
            double below = caus_dagma_value(&problem, weights, NULL, NULL);
            *w = kept;
            double difference = (above - below) / (2 * step);
            assert_true(fabs(difference - slope[i * stride + j]) < 1e-7);
        }
    weights[1] = weights[stride] = 2; /* outside */
    assert_false(caus_dagma_prepare(&problem, weights));
    assert_true(isinf(caus_dagma_value(&problem, weights, NULL, NULL)));
    caus_arena_free(arena);
}

/* h and its slope, by differences; weights large enough to be squared. */
static void the_slope_of_notears_is_that_of_its_value(void **unused)
{
    (void)unused;
    enum { NODES = 5 };
    caus_arena *arena = caus_arena_new(0);
    caus_notears notears;
    caus_dagma_problem problem = {.count = NODES, .stride = 8};
    caus_random random;
    caus_random_init(&random, 4, 0);
    double covariance[64] = {0}, weights[64] = {0}, slope[64], unused_slope[64];
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < NODES; j++) {
            covariance[i * 8 + j] = i == j ? 2 : .3;
            weights[i * 8 + j] =
                i == j ? 0 : 2 * caus_random_uniform(&random) - 1;
        }
    problem.covariance = covariance;
    assert_int_equal(caus_notears_init(&notears, &problem, arena, NULL),
                     CAUS_OK);
    notears.multiplier = .3;
    notears.price = .2;
    double value = caus_notears_value(&notears, weights, slope);
    assert_true(isfinite(value));
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < NODES; j++) {
            double *w = &weights[i * 8 + j], kept = *w, step = 1e-6;
            if (i == j)
                continue;
            *w = kept + step;
            double above = caus_notears_value(&notears, weights, unused_slope);
            *w = kept - step;
            double below = caus_notears_value(&notears, weights, unused_slope);
            *w = kept;
            double by_steps = (above - below) / (2 * step);
            assert_true(fabs(by_steps - slope[i * 8 + j]) <
                        1e-6 * (1 + fabs(by_steps)));
        }
    caus_arena_free(arena);
}

static void what_is_acyclic_has_no_acyclicity(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_notears notears;
    caus_dagma_problem problem = {.count = 3, .stride = 8};
    double weights[64] = {0, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1};
    assert_int_equal(caus_notears_init(&notears, &problem, arena, NULL),
                     CAUS_OK);
    assert_true(fabs(caus_notears_acyclicity(&notears, weights)) <= 0);
    /* two nodes in a circle: exp has 2 cosh(ab) − 2 more on its diagonal */
    double circle[64] = {0, .5, 0, 0, 0, 0, 0, 0, .25};
    assert_true(fabs(caus_notears_acyclicity(&notears, circle) -
                     2 * (cosh(.125) - 1)) < 1e-15);
    circle[8] = 1e-3;
    assert_true(fabs(caus_notears_acyclicity(&notears, circle) /
                         (2.5e-7 + 5.2083333333e-15) -
                     1) < 1e-9);
    caus_arena_free(arena);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena), huge = chain(1e60, arena);
    caus_run *run = given_run(NULL);
    for (int k = 0; k < 7; k++) {
        caus_dagma_options options = caus_dagma_options_default();
        caus_error err = {0};
        caus_dagma found = {.score = 99};
        options.penalty = k == 0 ? -1 : options.penalty;
        options.least = k == 1 ? (double)NAN : options.least;
        options.level = k == 2 ? 1 : options.level;
        options.stages = k == 3 ? 0 : options.stages;
        options.iterations = k == 4 ? 0 : options.iterations;
        options.step = k == 5 ? 0 : options.step;
        assert_int_equal(caus_discover_dagma(k == 6 ? &huge : &series, &options,
                                             run, arena, &found, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        assert_true(strlen(err.message) > 10);
        assert_true(found.score >= 99);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_time_limit_gives_nothing_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena);
    caus_dagma found;
    caus_run *run =
        given_run(&(caus_run_options){.threads = 1, .time_limit_s = 1e-4});
    assert_int_equal(
        caus_discover_dagma(&series, NULL, run, arena, &found, NULL), CAUS_OK);
    assert_false(found.found.complete);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    run = given_run(&(caus_run_options){.threads = 1, .cancel = &cancel});
    assert_int_equal(
        caus_discover_dagma(&series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void fail_allocations(caus_dagma_options options)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(1, arena);
    options.iterations = 1000;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_arena *out = caus_arena_new(0);
        caus_dagma found;
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_dagma(&series, &options, run, out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    fail_allocations(caus_dagma_options_default());
    fail_allocations(caus_notears_options_default());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_growing_variance_is_found),
        cmocka_unit_test(another_unit_turns_an_edge_around),
        cmocka_unit_test(cycles_are_cut_at_the_weakest_edge),
        cmocka_unit_test(a_required_edge_is_neither_penalised_nor_too_small),
        cmocka_unit_test(a_cycle_through_a_required_edge_is_opened),
        cmocka_unit_test(the_gradient_is_that_of_the_objective),
        cmocka_unit_test(the_slope_of_notears_is_that_of_its_value),
        cmocka_unit_test(what_is_acyclic_has_no_acyclicity),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_time_limit_gives_nothing_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
