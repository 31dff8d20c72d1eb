/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "independence/independence.h"
#include "test.h"
#include "unit/discovery/planted.h"

/* A test on a world, ready for questions. */
typedef struct bench {
    caus_arena *arena;
    caus_run *run;
    caus_sample sample;
    caus_independence test;
    caus_ci_work *work;
} bench;

/* The test keeps a pointer to its sample, so a bench stays where it is. */
static void make_bench(bench *made, const planted *world, size_t longest_lag,
                       const double *weights)
{
    *made = (bench){.arena = caus_arena_new(0), .run = planted_run(1)};
    caus_series series = world->series;
    series.segments = world->segments;
    caus_sample_options options = {.longest_lag = longest_lag};
    assert_int_equal(caus_sample_init(&series, &options, made->run, made->arena,
                                      &made->sample, NULL),
                     CAUS_OK);
    assert_int_equal(caus_parcorr_init(&made->sample, weights, 1, made->run,
                                       made->arena, &made->test, NULL),
                     CAUS_OK);
    assert_int_equal(
        made->test.start(made->test.state, made->arena, &made->work, NULL),
        CAUS_OK);
}

static void free_bench(bench *made)
{
    caus_arena_free(made->arena);
    caus_run_free(made->run);
}

static caus_ci_result ask(bench *on, caus_lagged source, caus_lagged target,
                          const caus_lagged *given, size_t count)
{
    caus_node nodes[8] = {0};
    caus_ci_result result;
    for (size_t k = 0; k < count; k++)
        nodes[k] = caus_node_of(&on->sample, given[k].variable, given[k].lag);
    caus_ci_source asked = {
        .node = caus_node_of(&on->sample, source.variable, source.lag)};
    assert_int_equal(on->test.condition(
                         on->work,
                         caus_node_of(&on->sample, target.variable, target.lag),
                         nodes, count, NULL),
                     CAUS_OK);
    assert_int_equal(on->test.test(on->work, &asked, &result, NULL), CAUS_OK);
    return result;
}

static void own_conditions_equal_shared_ones(void **unused)
{
    (void)unused;
    planted world = planted_chain(1, 1, 200, 6);
    bench on;
    make_bench(&on, &world, 4, NULL);
    const caus_lagged given[3] = {{2, 1}, {1, 2}, {4, 3}};
    caus_node nodes[3];
    for (size_t k = 0; k < 3; k++)
        nodes[k] = caus_node_of(&on.sample, given[k].variable, given[k].lag);
    caus_ci_result all =
        ask(&on, (caus_lagged){0, 1}, (caus_lagged){3, 0}, given, 3);
    for (size_t shared = 0; shared < 3; shared++) {
        caus_ci_source source = {.node = caus_node_of(&on.sample, 0, 1),
                                 .extra = nodes + shared,
                                 .extra_count = 3 - shared};
        caus_ci_result plain, prepared;
        caus_node target = caus_node_of(&on.sample, 3, 0);
        on.test.condition(on.work, target, nodes, shared, NULL);
        on.test.test(on.work, &source, &plain, NULL);
        on.test.prepare(on.test.state, on.arena, &source, NULL);
        assert_non_null(source.prepared);
        on.test.test(on.work, &source, &prepared, NULL);
        assert_true(fabs(plain.statistic - all.statistic) < 1e-14);
        assert_true(fabs(prepared.statistic - all.statistic) < 1e-14);
        assert_true(plain.df <= all.df && plain.df >= all.df);
        assert_true(prepared.df <= all.df && prepared.df >= all.df);
    }
    free_bench(&on);
    planted_free(&world);
}

static void a_constant_source_has_statistic_0_and_p_1(void **unused)
{
    (void)unused;
    planted world = planted_noise(2, 1, 80, 3);
    for (size_t r = 0; r < 80; r++)
        world.values[0][r * 3] = .1; /* no sum of tenths is exact */
    bench on;
    make_bench(&on, &world, 2, NULL);
    caus_ci_result result =
        ask(&on, (caus_lagged){0, 1}, (caus_lagged){1, 0}, NULL, 0);
    assert_true(result.statistic <= 0 && result.statistic >= 0);
    assert_true(caus_ci_p_value(&on.test, &result) >= 1);
    free_bench(&on);
    planted_free(&world);
}

static void a_constant_condition_does_not_count(void **unused)
{
    (void)unused;
    planted world = planted_noise(3, 1, 80, 3);
    for (size_t r = 0; r < 80; r++)
        world.values[0][r * 3] = 5;
    bench on;
    make_bench(&on, &world, 2, NULL);
    const caus_lagged given = {0, 1};
    caus_ci_result with =
        ask(&on, (caus_lagged){2, 1}, (caus_lagged){1, 0}, &given, 1);
    caus_ci_result without =
        ask(&on, (caus_lagged){2, 1}, (caus_lagged){1, 0}, NULL, 0);
    assert_memory_equal(&with, &without, sizeof with);
    free_bench(&on);
    planted_free(&world);
}

static void
a_source_that_the_conditions_determine_is_undetermined(void **unused)
{
    (void)unused;
    planted world = planted_noise(4, 1, 120, 5);
    for (size_t r = 0; r < 120; r++) {
        double *x = world.values[0] + r * 5;
        x[3] = x[0];
        x[4] = 2 * x[0] - x[1] + 7;
    }
    bench on;
    make_bench(&on, &world, 2, NULL);
    const caus_lagged given[2] = {{0, 1}, {1, 1}};
    caus_ci_result copy =
        ask(&on, (caus_lagged){3, 1}, (caus_lagged){2, 0}, given, 1);
    caus_ci_result sum =
        ask(&on, (caus_lagged){4, 1}, (caus_lagged){2, 0}, given, 2);
    assert_true(copy.undetermined && sum.undetermined);
    assert_true(caus_ci_p_value(&on.test, &copy) >= 1);
    free_bench(&on);
    planted_free(&world);
}

static void a_duplicate_condition_counts_but_changes_no_residual(void **unused)
{
    (void)unused;
    planted world = planted_chain(5, 1, 120, 4);
    for (size_t r = 0; r < 120; r++)
        world.values[0][r * 4 + 3] = world.values[0][r * 4];
    bench on;
    make_bench(&on, &world, 2, NULL);
    const caus_lagged given[2] = {{0, 1}, {3, 1}};
    caus_ci_result one =
        ask(&on, (caus_lagged){1, 1}, (caus_lagged){2, 0}, given, 1);
    caus_ci_result two =
        ask(&on, (caus_lagged){1, 1}, (caus_lagged){2, 0}, given, 2);
    assert_true(fabs(one.statistic - two.statistic) < 1e-13);
    assert_true(two.df <= one.df - 1 && two.df >= one.df - 1);
    free_bench(&on);
    planted_free(&world);
}

/* A pivot of 1e-8: normal equations alone would keep eight digits. */
static void nearly_collinear_conditions_keep_ten_digits(void **unused)
{
    (void)unused;
    planted world = planted_chain(6, 1, 150, 5);
    planted exact = planted_chain(6, 1, 150, 5);
    for (size_t r = 0; r < 150; r++) {
        double *x = world.values[0] + r * 5;
        x[4] = x[0] + 1e-4 * x[3]; /* spans the same plane as x[0], x[3] */
    }
    bench near;
    make_bench(&near, &world, 2, NULL);
    bench plain;
    make_bench(&plain, &exact, 2, NULL);
    const caus_lagged slanted[2] = {{0, 1}, {4, 1}};
    const caus_lagged square[2] = {{0, 1}, {3, 1}};
    caus_ci_result a =
        ask(&near, (caus_lagged){1, 1}, (caus_lagged){2, 0}, slanted, 2);
    caus_ci_result b =
        ask(&plain, (caus_lagged){1, 1}, (caus_lagged){2, 0}, square, 2);
    assert_true(fabs(a.statistic - b.statistic) < 1e-10);
    free_bench(&near);
    free_bench(&plain);
    planted_free(&world);
    planted_free(&exact);
}

static void a_spike_at_the_edge_costs_no_digits(void **unused)
{
    (void)unused;
    planted spiked = planted_chain(7, 1, 150, 3);
    planted plain = planted_chain(7, 1, 150, 3);
    spiked.values[0][149 * 3] = 1e9; /* in lag 0 only */
    bench a;
    make_bench(&a, &spiked, 2, NULL);
    bench b;
    make_bench(&b, &plain, 2, NULL);
    caus_ci_result with =
        ask(&a, (caus_lagged){0, 1}, (caus_lagged){1, 0}, NULL, 0);
    caus_ci_result without =
        ask(&b, (caus_lagged){0, 1}, (caus_lagged){1, 0}, NULL, 0);
    assert_true(fabs(with.statistic - without.statistic) < 1e-7);
    free_bench(&a);
    free_bench(&b);
    planted_free(&spiked);
    planted_free(&plain);
}

static void a_weight_of_two_equals_a_row_seen_twice(void **unused)
{
    (void)unused;
    planted once = planted_noise(8, 1, 60, 4);
    planted twice = planted_noise(8, 2, 60, 4);
    memcpy(twice.values[1], once.values[0], 60 * 4 * sizeof(double));
    double weights[60];
    for (size_t r = 0; r < 60; r++)
        weights[r] = 2;
    bench a;
    make_bench(&a, &once, 2, weights);
    bench b;
    make_bench(&b, &twice, 2, NULL);
    const caus_lagged given = {2, 1};
    caus_ci_result weighted =
        ask(&a, (caus_lagged){0, 1}, (caus_lagged){1, 0}, &given, 1);
    caus_ci_result pooled =
        ask(&b, (caus_lagged){0, 1}, (caus_lagged){1, 0}, &given, 1);
    assert_true(fabs(weighted.statistic - pooled.statistic) < 1e-14);
    assert_true(weighted.df <= pooled.df && weighted.df >= pooled.df);
    free_bench(&a);
    free_bench(&b);
    planted_free(&once);
    planted_free(&twice);
}

static void critical_values_are_near(void **unused)
{
    (void)unused;
    planted world = planted_noise(9, 1, 20, 2);
    bench on;
    make_bench(&on, &world, 2, NULL);
    static const double alphas[] = {1.1e-4, .001, .01, .05, .1,
                                    .2,     .4,   .5,  .9,  .999};
    for (size_t a = 0; a < sizeof alphas / sizeof alphas[0]; a++)
        for (double df = 1; df < 1e7; df = floor(df * 1.3) + 1) {
            double exact = on.test.critical(alphas[a], df);
            double near = on.test.critical_near(alphas[a], df);
            if (!(fabs(exact - near) < caus_near / 2))
                fail_msg("alpha %g df %g: off by %g", alphas[a], df,
                         near - exact);
        }
    free_bench(&on);
    planted_free(&world);
}

/* Statistics by steps around a critical value, on both sides. */
static void decide_around(caus_decider *decider, double critical, double step,
                          double df)
{
    for (int k = -50; k <= 50; k++) {
        caus_ci_result result = {.statistic = critical + k * step, .df = df};
        assert_int_equal(caus_is_dependent(decider, &result),
                         caus_ci_p_value(decider->test, &result) <= .05);
    }
}

static void a_decision_is_that_of_the_p_value(void **unused)
{
    (void)unused;
    planted world = planted_noise(10, 1, 90, 2);
    bench on;
    make_bench(&on, &world, 2, NULL);
    caus_decider decider;
    assert_int_equal(caus_decider_init(&decider, &on.test, .05, on.arena, NULL),
                     CAUS_OK);
    decide_around(&decider, on.test.critical(.05, 60), 1e-8, 60);
    /* Uneven rows leave a part of a degree: who asked before must not matter.
     */
    static const double dfs[] = {60.1, 60.9, 60, 60.9, 60.1};
    for (size_t d = 0; d < sizeof dfs / sizeof dfs[0]; d++)
        decide_around(&decider, on.test.critical(.05, 60.5), 1e-4, dfs[d]);
    free_bench(&on);
    planted_free(&world);
}

/* Where p-values differ at all, in pairs of like and unlike size and degrees
 * of freedom. */
static void the_weaker_of_two_has_the_larger_p_value(void **unused)
{
    (void)unused;
    static const double factors[] = {.5,       .97,      .999, 1 - 1e-6,
                                     1 + 1e-6, 1 + 1e-3, 1.03, 1.9};
    static const double shifts[] = {-20, -3, -1, 0, 1, 3, 20};
    planted world = planted_noise(11, 1, 90, 2);
    bench on;
    make_bench(&on, &world, 2, NULL);
    for (double df = 2; df < 1e5; df = floor(df * 1.5) + 1)
        for (double r = .001; r < .9; r *= 1.7)
            for (size_t f = 0; f < sizeof factors / sizeof *factors; f++)
                for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
                    double other = fmin(.99, r * factors[f]);
                    double other_df = fmax(1, df + shifts[k]);
                    double p = on.test.p_value(r, df);
                    double other_p = on.test.p_value(other, other_df);
                    if (fabs(p - other_p) <= 1e-9 * p)
                        continue;
                    assert_int_equal(
                        caus_is_weaker(&on.test, r, df, -other, other_df),
                        p > other_p);
                }
    free_bench(&on);
    planted_free(&world);
}

static void
out_of_memory_is_an_error_and_leaves_the_arena_as_it_was(void **unused)
{
    (void)unused;
    planted world = planted_chain(11, 2, 70, 3);
    planted_miss(&world, 0, 40, 1);
    caus_series series = world.series;
    series.segments = world.segments;
    caus_sample_options options = {.longest_lag = 4};
    caus_run *run = planted_run(1);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_sample sample;
        caus_independence test;
        caus_error err = {0};
        fault_fail_after(allowed);
        caus_status status =
            caus_sample_init(&series, &options, run, arena, &sample, &err);
        if (status == CAUS_OK)
            status =
                caus_parcorr_init(&sample, NULL, 1, run, arena, &test, &err);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(arena);
    }
    caus_run_free(run);
    planted_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_conditions_equal_shared_ones),
        cmocka_unit_test(a_constant_source_has_statistic_0_and_p_1),
        cmocka_unit_test(a_constant_condition_does_not_count),
        cmocka_unit_test(
            a_source_that_the_conditions_determine_is_undetermined),
        cmocka_unit_test(a_duplicate_condition_counts_but_changes_no_residual),
        cmocka_unit_test(nearly_collinear_conditions_keep_ten_digits),
        cmocka_unit_test(a_spike_at_the_edge_costs_no_digits),
        cmocka_unit_test(a_weight_of_two_equals_a_row_seen_twice),
        cmocka_unit_test(critical_values_are_near),
        cmocka_unit_test(a_decision_is_that_of_the_p_value),
        cmocka_unit_test(the_weaker_of_two_has_the_larger_p_value),
        cmocka_unit_test(
            out_of_memory_is_an_error_and_leaves_the_arena_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
