/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/lingam.h"
#include "discovery/lingam_entropy.h"
#include "fault.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "test.h"

/* Independent columns, uniform in [−1, 1]. */
static double *uniform_of(size_t rows, size_t columns, caus_arena *arena)
{
    caus_random random;
    caus_random_init(&random, 17, 0);
    double *values = CAUS_ARRAY(arena, double, rows *columns);
    assert_non_null(values);
    for (size_t k = 0; k < rows * columns; k++)
        values[k] = 2 * caus_random_uniform(&random) - 1;
    return values;
}

static caus_lingam learn(const double *values, size_t rows, size_t columns,
                         const caus_lingam_options *options, caus_arena *arena)
{
    caus_series series;
    caus_lingam found;
    caus_error err = {0};
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
    assert_int_equal(caus_series_from_values(NULL, columns, values, rows,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    if (caus_discover_lingam(&series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_lingam *found, size_t a, size_t b)
{
    return caus_edge_text(caus_graph_get(&found->found.graph, a, b, 0));
}

static void a_pair_that_correlation_cannot_orient_is_oriented(void **unused)
{
    (void)unused;
    enum { ROWS = 500 };
    for (int prune = CAUS_LINGAM_LASSO; prune <= CAUS_LINGAM_NONE; prune++) {
        caus_arena *arena = caus_arena_new(0);
        double *x = uniform_of(ROWS, 2, arena);
        for (size_t r = 0; r < ROWS; r++)
            x[2 * r] += 1.5 * x[2 * r + 1];
        caus_lingam_options options = caus_lingam_options_default();
        options.prune = (caus_lingam_prune)prune;
        caus_lingam found = learn(x, ROWS, 2, &options, arena);
        assert_string_equal(edge(&found, 1, 0), "-->");
        assert_int_equal(found.order[0], 1);
        assert_true(fabs(found.coefficient[2] - 1.5) < 4 * found.error[2]);
        assert_true(found.found.p_value[2] < 1e-50);
        assert_true(found.found.lower[2] < found.found.statistic[2]);
        assert_true(found.found.upper[2] > found.found.statistic[2]);
        assert_true(found.normality[0] < .01 && found.normality[1] < .01);
        caus_arena_free(arena);
    }
}

static void normal_noise_is_told(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_random random;
    caus_random_init(&random, 5, 0);
    double values[2000];
    for (size_t k = 0; k < 2000; k++)
        values[k] = caus_random_normal(&random);
    caus_lingam found = learn(values, 1000, 2, NULL, arena);
    assert_true(found.normality[0] > .01 && found.normality[1] > .01);
    caus_arena_free(arena);
}

static void the_least_effect_counts_in_deviations(void **unused)
{
    (void)unused;
    enum { ROWS = 400 };
    caus_arena *arena = caus_arena_new(0);
    double *x = uniform_of(ROWS, 2, arena);
    for (size_t r = 0; r < ROWS; r++)
        x[2 * r + 1] = 1000 * (x[2 * r + 1] + x[2 * r]);
    caus_lingam_options options = caus_lingam_options_default();
    options.least_effect = .6; /* 1 / sqrt(2) is above */
    caus_lingam found = learn(x, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 1);
    options.least_effect = .8;
    found = learn(x, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 0);
    assert_true(!(found.coefficient[1] > 0));
    caus_arena_free(arena);
}

static void tests_with_a_false_discovery_rate_keep_fewer_edges(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *x = uniform_of(200, 20, arena);
    caus_lingam_options options = caus_lingam_options_default();
    options.prune = CAUS_LINGAM_TEST;
    caus_lingam plain = learn(x, 200, 20, &options, arena);
    options.fdr = CAUS_FDR_BH;
    caus_lingam adjusted = learn(x, 200, 20, &options, arena);
    assert_null(plain.found.q_value);
    assert_non_null(adjusted.found.q_value);
    assert_true(caus_graph_edge_count(&plain.found.graph) > 0);
    assert_int_equal(caus_graph_edge_count(&adjusted.found.graph), 0);
    caus_arena_free(arena);
}

static void constant_and_determined_columns_are_results(void **unused)
{
    (void)unused;
    enum { ROWS = 300, COLUMNS = 6 };
    for (int prune = CAUS_LINGAM_LASSO; prune <= CAUS_LINGAM_NONE; prune++)
        for (size_t lags = 0; lags < 3; lags++) {
            caus_arena *arena = caus_arena_new(0);
            double *values = uniform_of(ROWS, COLUMNS, arena);
            for (size_t r = 0; r < ROWS; r++) {
                double *x = values + r * COLUMNS;
                x[1] += x[0];
                x[2] = 42;
                x[3] = 3 * x[0] - 1;
                x[5] = x[4];
            }
            caus_lingam_options options = caus_lingam_options_default();
            options.prune = (caus_lingam_prune)prune;
            options.max_lag = lags;
            caus_lingam found = learn(values, ROWS, COLUMNS, &options, arena);
            for (size_t v = 0; v < COLUMNS; v++)
                assert_string_equal(edge(&found, 2, v), "");
            assert_true(found.found.complete);
            assert_int_equal(found.found.singular_count, 2);
            assert_int_equal(found.found.singular[0].count, 2);
            size_t cells = COLUMNS * COLUMNS * (lags + 1);
            for (size_t cell = 0; cell < cells; cell++) {
                assert_true(fabs(found.found.statistic[cell]) <= 1);
                assert_true(found.found.p_value[cell] >= 0 &&
                            found.found.p_value[cell] <= 1);
                assert_true(isfinite(found.coefficient[cell]));
            }
            caus_arena_free(arena);
        }
}

static void rows_with_gaps_are_left_out(void **unused)
{
    (void)unused;
    enum { ROWS = 400, COLUMNS = 3 };
    caus_arena *arena = caus_arena_new(0);
    double *values = uniform_of(ROWS, COLUMNS, arena);
    for (size_t r = 0; r < ROWS; r += 10)
        values[r * COLUMNS + r % COLUMNS] = (double)NAN;
    caus_lingam found = learn(values, ROWS, COLUMNS, NULL, arena);
    assert_int_equal(found.found.rows_used, ROWS - ROWS / 10);
    caus_lingam_options options = caus_lingam_options_default();
    options.max_lag = 2;
    options.lag_order = CAUS_VAR_FIXED;
    found = learn(values, ROWS, COLUMNS, &options, arena);
    assert_int_equal(found.found.rows_used, ROWS - 3 * ROWS / 10);
    caus_arena_free(arena);
}

static void a_bootstrap_tells_firm_edges_from_chance(void **unused)
{
    (void)unused;
    enum { ROWS = 300 };
    caus_arena *arena = caus_arena_new(0);
    double *x = uniform_of(ROWS, 3, arena);
    for (size_t r = 0; r < ROWS; r++)
        x[3 * r + 1] += x[3 * r];
    caus_lingam_options options = caus_lingam_options_default();
    options.bootstrap = 50;
    caus_lingam found = learn(x, ROWS, 3, &options, arena);
    assert_true(found.found.stability[1] > .9); /* 0 → 1 */
    assert_true(found.found.stability[3] < .1); /* 1 → 0 */
    assert_true(found.found.stability[2] < .5); /* 0 → 2 */
    caus_arena_free(arena);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = uniform_of(8, 4, arena);
    caus_series series, table;
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
    caus_error err = {0};
    caus_lingam found = {.lags = 99};
    caus_lingam_options options = caus_lingam_options_default();
    assert_int_equal(
        caus_series_from_values(NULL, 4, values, 8, 1, arena, &series, NULL),
        CAUS_OK);
    assert_int_equal(
        caus_series_from_values(NULL, 4, values, 8, 0, arena, &table, NULL),
        CAUS_OK);
    options.max_lag = 1;
    assert_int_equal(
        caus_discover_lingam(&series, &options, run, arena, &found, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "7 of 8 rows"));
    assert_int_equal(
        caus_discover_lingam(&table, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options = caus_lingam_options_default();
    options.level = 1;
    assert_int_equal(
        caus_discover_lingam(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options = caus_lingam_options_default();
    options.least_effect = -1;
    assert_int_equal(
        caus_discover_lingam(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options = caus_lingam_options_default();
    options.prune = CAUS_LINGAM_TEST;
    options.alpha = 0;
    assert_int_equal(
        caus_discover_lingam(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(found.lags, 99);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_time_limit_gives_a_part_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world;
    sem_options data = {60, 4, 2, 500, true};
    caus_lingam found;
    caus_run *run = NULL;
    caus_run_options options = {.threads = 1, .time_limit_s = 1e-3};
    assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_lingam(&world.series, NULL, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.found.complete);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 0);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    options = (caus_run_options){.threads = 1, .cancel = &cancel};
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_lingam(&world.series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = uniform_of(200, 5, arena);
    caus_series series;
    caus_lingam_options options = caus_lingam_options_default();
    options.max_lag = 2;
    options.bootstrap = 2;
    assert_int_equal(
        caus_series_from_values(NULL, 5, values, 200, 1, arena, &series, NULL),
        CAUS_OK);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
        caus_arena *out = caus_arena_new(0);
        caus_lingam found;
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_lingam(&series, &options, run, out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

static void an_autoregression_reports_failed_allocations(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = uniform_of(100, 3, arena);
    caus_series series;
    assert_int_equal(
        caus_series_from_values(NULL, 3, values, 100, 1, arena, &series, NULL),
        CAUS_OK);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
        caus_arena *out = caus_arena_new(0);
        caus_var found;
        fault_fail_after(allowed);
        caus_status status =
            caus_var_estimate(&series, 2, CAUS_VAR_AIC, run, out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

static void entropy_sums_are_the_same_on_every_instruction_set(void **unused)
{
    (void)unused;
    enum { COUNT = 8 * 1031 };
    caus_arena *arena = caus_arena_new(0);
    double *x = uniform_of(COUNT, 2, arena), *y = x + COUNT;
    long double log_cosh = 0, bump = 0;
    x[3] = 1e3; /* exp underflows */
    for (size_t k = 0; k < COUNT; k++) {
        long double u = 3 * (x[k] - .25L * y[k]);
        log_cosh += fabsl(u) + log1pl(expl(-2 * fabsl(u))) - logl(2);
        bump += u * expl(-u * u / 2);
    }
    caus_entropy_fn *functions[CAUS_ENTROPY_MOST];
    size_t count = caus_entropy_all(functions);
    caus_entropy_task first = {0};
    for (size_t k = 0; k < count; k++) {
        caus_entropy_task task = {
            .x = x, .y = y, .factor = .25, .scale = 3, .count = COUNT};
        functions[k](&task);
        if (k == 0)
            first = task;
        assert_memory_equal(&task.log_cosh, &first.log_cosh, sizeof(double));
        assert_memory_equal(&task.bump, &first.bump, sizeof(double));
        assert_true(fabsl(task.log_cosh - log_cosh) < 1e-14L * log_cosh);
        assert_true(fabsl(task.bump - bump) < 1e-11L);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_that_correlation_cannot_orient_is_oriented),
        cmocka_unit_test(normal_noise_is_told),
        cmocka_unit_test(the_least_effect_counts_in_deviations),
        cmocka_unit_test(tests_with_a_false_discovery_rate_keep_fewer_edges),
        cmocka_unit_test(constant_and_determined_columns_are_results),
        cmocka_unit_test(rows_with_gaps_are_left_out),
        cmocka_unit_test(a_bootstrap_tells_firm_edges_from_chance),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_time_limit_gives_a_part_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(an_autoregression_reports_failed_allocations),
        cmocka_unit_test(entropy_sums_are_the_same_on_every_instruction_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
