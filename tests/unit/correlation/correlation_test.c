/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/correlation.h"
#include "fault.h"
#include "given.h"
#include "test.h"

enum { ROWS = 300, COLUMNS = 4 };

/* 1 follows 0 three steps later, 2 is exp(0), 3 is constant. */
static double *values_of(caus_arena *arena)
{
    caus_random random;
    caus_random_init(&random, 29, 0);
    double *x = CAUS_ARRAY(arena, double, ROWS *COLUMNS);
    assert_non_null(x);
    for (size_t t = 0; t < ROWS; t++) {
        double *now = x + t * COLUMNS;
        now[0] = caus_random_normal(&random);
        now[1] = caus_random_normal(&random);
        if (t > 2)
            now[1] += now[-3 * COLUMNS];
        now[2] = exp(3 * now[0]);
        now[3] = 1e9;
    }
    return x;
}

static caus_series series_of(const double *values, caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, values, ROWS, 1000,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static caus_discovery learn(const caus_series *series,
                            const caus_correlation_options *options,
                            caus_arena *arena)
{
    caus_discovery found;
    caus_error err = {0};
    caus_run *run = given_run(&(caus_run_options){.threads = 2});
    if (caus_discover_correlation(series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_discovery *found, size_t a, size_t b,
                        size_t lag)
{
    return caus_edge_text(caus_graph_get(&found->graph, a, b, lag));
}

static void a_delay_is_found_and_marked_without_a_cause(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_correlation_options options = caus_correlation_options_default();
    options.max_lag = 5;
    options.fdr = CAUS_FDR_BY;
    caus_discovery found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 3), "o->");
    assert_string_equal(edge(&found, 0, 2, 0), "---");
    assert_string_equal(edge(&found, 0, 3, 0), "");
    size_t cell = caus_graph_cell(&found.graph, 0, 1, 3);
    assert_true(fabs(found.statistic[cell] - sqrt(.5)) < .1);
    assert_true(found.lower[cell] < sqrt(.5) && found.upper[cell] > sqrt(.5));
    assert_int_equal(found.rows_used, ROWS - 5);
    caus_arena_free(arena);
}

static void what_is_known_is_not_looked_at(void **unused)
{
    (void)unused;
    enum { LAGS = 4 };
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_correlation_options options = caus_correlation_options_default();
    unsigned char known[COLUMNS * COLUMNS * LAGS] = {0};
    options.max_lag = LAGS - 1;
    options.fdr = CAUS_FDR_BH;
    caus_discovery free_one = learn(&series, &options, arena);
    size_t gone = caus_graph_cell(&free_one.graph, 0, 1, 3);
    size_t both = caus_graph_cell(&free_one.graph, 0, 2, 0);
    size_t given = caus_graph_cell(&free_one.graph, 1, 0, 1);
    assert_string_equal(edge(&free_one, 0, 1, 3), "o->");
    known[gone] = CAUS_ASSUME_ONLY_BACK;
    known[both] = CAUS_ASSUME_ONLY_BACK; /* may still go the other way */
    known[given] = CAUS_ASSUME_LINK;
    options.assumptions = known;
    caus_discovery found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 3), "");
    assert_string_equal(edge(&found, 0, 2, 0), "---");
    assert_string_equal(edge(&found, 1, 0, 1), "-->");
    assert_true(found.p_value[gone] >= 1 && found.p_value[given] >= 1);
    assert_int_equal(found.test_count, free_one.test_count - 2);
    known[both] = CAUS_ASSUME_ABSENT;
    found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 0, 2, 0), "");
    assert_int_equal(found.test_count, free_one.test_count - 3);
    known[caus_graph_cell(&free_one.graph, 2, 0, 0)] = CAUS_ASSUME_LINK;
    caus_error err = {0};
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    assert_int_equal(
        caus_discover_correlation(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void ranks_see_through_a_monotone_change(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_correlation_options options = caus_correlation_options_default();
    caus_discovery found = learn(&series, &options, arena);
    assert_true(found.statistic[2] < .8);
    options.kind = CAUS_CORRELATION_SPEARMAN;
    found = learn(&series, &options, arena);
    assert_true(found.statistic[2] >= 1);
    assert_true(!(found.p_value[2] > 0));
    caus_arena_free(arena);
}

static void the_least_correlation_hides_weak_edges(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_correlation_options options = caus_correlation_options_default();
    options.max_lag = 3;
    options.least = .9;
    caus_discovery found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 3), "");
    assert_true(found.p_value[caus_graph_cell(&found.graph, 0, 1, 3)] < 1e-20);
    caus_arena_free(arena);
}

static void columns_without_enough_values_are_results(void **unused)
{
    (void)unused;
    for (int ranks = 0; ranks < 2; ranks++) {
        caus_arena *arena = caus_arena_new(0);
        double *x = values_of(arena);
        for (size_t t = 3; t < ROWS; t++)
            x[t * COLUMNS + 2] = (double)NAN;
        for (size_t t = 0; t < ROWS; t += 3)
            x[t * COLUMNS] = (double)INFINITY;
        caus_series series = series_of(x, arena);
        caus_correlation_options options = caus_correlation_options_default();
        options.max_lag = 4;
        options.kind = (caus_correlation_kind)ranks;
        options.effective_rows = true;
        caus_discovery found = learn(&series, &options, arena);
        for (size_t cell = 0; cell < 5 * COLUMNS * COLUMNS; cell++) {
            assert_true(fabs(found.statistic[cell]) <= 1);
            assert_true(found.p_value[cell] >= 0 && found.p_value[cell] <= 1);
            assert_true(found.lower[cell] <= found.upper[cell]);
        }
        assert_string_equal(edge(&found, 0, 1, 3), "o->");
        assert_true(found.p_value[2 * 5] >= 1);
        caus_arena_free(arena);
    }
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    static const caus_correlation_options bad[] = {
        {.alpha = 0, .level = .95},          {.alpha = .05, .level = 1},
        {.alpha = .05, .least = 1},          {.alpha = .05, .least = -.1},
        {.alpha = .05, .max_lag = ROWS - 3}, {.alpha = .05, .max_lag = ROWS},
    };
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_run *run = given_run(NULL);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        caus_error err = {0};
        caus_discovery found = {.test_count = 99};
        assert_int_equal(caus_discover_correlation(&series, &bad[k], run, arena,
                                                   &found, &err),
                         k < 4 ? CAUS_ERR_INVALID_ARGUMENT
                               : CAUS_ERR_TOO_FEW_SAMPLES);
        assert_true(strlen(err.message) > 10);
        assert_int_equal(found.test_count, 99);
    }
    series.step_ns = 0;
    caus_discovery found;
    assert_int_equal(
        caus_discover_correlation(
            &series, &(caus_correlation_options){.alpha = .05, .max_lag = 1},
            run, arena, &found, NULL),
        CAUS_ERR_INVALID_ARGUMENT);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_time_limit_gives_a_part_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_discovery found;
    caus_run *run =
        given_run(&(caus_run_options){.threads = 1, .time_limit_s = 1e-9});
    assert_int_equal(
        caus_discover_correlation(&series, NULL, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.complete);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    run = given_run(&(caus_run_options){.threads = 1, .cancel = &cancel});
    assert_int_equal(
        caus_discover_correlation(&series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(values_of(arena), arena);
    caus_correlation_options options = caus_correlation_options_default();
    options.kind = CAUS_CORRELATION_SPEARMAN;
    options.max_lag = 1;
    options.fdr = CAUS_FDR_BH;
    options.effective_rows = true;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_arena *out = caus_arena_new(0);
        caus_discovery found;
        fault_fail_after(allowed);
        caus_status status = caus_discover_correlation(&series, &options, run,
                                                       out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delay_is_found_and_marked_without_a_cause),
        cmocka_unit_test(what_is_known_is_not_looked_at),
        cmocka_unit_test(ranks_see_through_a_monotone_change),
        cmocka_unit_test(the_least_correlation_hides_weak_edges),
        cmocka_unit_test(columns_without_enough_values_are_results),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_time_limit_gives_a_part_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
