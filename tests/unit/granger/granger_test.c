/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/granger.h"
#include "fault.h"
#include "given.h"
#include "test.h"

enum { ROWS = 400, COLUMNS = 5 };

/* 0 drives 1 two steps later, 1 drives 2 one step later; 3 is constant, 4 is
 * 0 in another unit. */
static caus_series chain(caus_arena *arena)
{
    caus_random random;
    caus_series series;
    caus_random_init(&random, 23, 0);
    double *x = CAUS_ARRAY(arena, double, ROWS *COLUMNS);
    assert_non_null(x);
    for (size_t t = 0; t < ROWS; t++) {
        double *now = x + t * COLUMNS;
        for (size_t v = 0; v < 3; v++)
            now[v] = caus_random_normal(&random);
        if (t > 1) {
            now[1] += .7 * now[-2 * COLUMNS];
            now[2] += .7 * now[1 - COLUMNS];
        }
        now[3] = 7;
        now[4] = 100 * now[0] + 3;
    }
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, x, ROWS, 1000,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static caus_granger learn(const caus_series *series,
                          const caus_granger_options *options,
                          caus_arena *arena)
{
    caus_granger found;
    caus_error err = {0};
    caus_run *run = given_run(&(caus_run_options){.threads = 2});
    if (caus_discover_granger(series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_granger *found, size_t a, size_t b,
                        size_t lag)
{
    return caus_edge_text(caus_graph_get(&found->found.graph, a, b, lag));
}

static void
only_the_pairwise_test_takes_an_indirect_cause_for_direct(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(arena);
    caus_granger_options options = caus_granger_options_default();
    options.max_lag = 4;
    options.alpha = .001;
    options.pairwise = true;
    caus_granger found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 2), "-->");
    assert_string_equal(edge(&found, 1, 2, 1), "-->");
    assert_string_equal(edge(&found, 0, 2, 3), "-->");
    options.pairwise = false;
    found = learn(&series, &options, arena);
    assert_string_equal(edge(&found, 1, 2, 1), "-->");
    assert_string_equal(edge(&found, 0, 2, 3), "");
    caus_arena_free(arena);
}

static void constants_have_no_edge_and_twins_are_named(void **unused)
{
    (void)unused;
    for (int pairwise = 0; pairwise < 2; pairwise++) {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = chain(arena);
        caus_granger_options options = caus_granger_options_default();
        options.pairwise = pairwise;
        options.fdr = CAUS_FDR_BH;
        caus_granger found = learn(&series, &options, arena);
        for (size_t v = 0; v < COLUMNS; v++) {
            assert_true(found.p_value[3 * COLUMNS + v] >= 1);
            assert_true(found.p_value[v * COLUMNS + 3] >= 1);
        }
        assert_true(found.p_value[4] >= 1);           /* 0 → 4 */
        assert_true(found.p_value[4 * COLUMNS] >= 1); /* 4 → 0 */
        assert_int_equal(found.found.singular_count, pairwise ? 0 : 1);
        for (size_t cell = 0; cell < COLUMNS * COLUMNS; cell++)
            assert_true(found.q_value[cell] >= found.p_value[cell] &&
                        found.q_value[cell] <= 1);
        for (size_t cell = 0; cell < 6 * COLUMNS * COLUMNS; cell++)
            assert_true(fabs(found.found.statistic[cell]) <= 1);
        caus_arena_free(arena);
    }
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(arena), table = series;
    caus_run *run = given_run(NULL);
    caus_error err = {0};
    caus_granger found = {.lags = NULL};
    caus_granger_options options = caus_granger_options_default();
    table.step_ns = 0;
    assert_int_equal(
        caus_discover_granger(&table, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options.max_lag = 0;
    assert_int_equal(
        caus_discover_granger(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options.max_lag = 90;
    assert_int_equal(
        caus_discover_granger(&series, &options, run, arena, &found, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "310 of 400 rows"));
    options = caus_granger_options_default();
    options.alpha = 2;
    assert_int_equal(
        caus_discover_granger(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options = caus_granger_options_default();
    options.level = -1;
    assert_int_equal(
        caus_discover_granger(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_null(found.lags);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_time_limit_gives_nothing_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = chain(arena);
    caus_granger found;
    caus_granger_options options = caus_granger_options_default();
    options.fdr = CAUS_FDR_BY;
    caus_run *run =
        given_run(&(caus_run_options){.threads = 1, .time_limit_s = 1e-9});
    assert_int_equal(
        caus_discover_granger(&series, &options, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.found.complete);
    assert_true(found.p_value[1] >= 1 && found.q_value[1] >= 1);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    run = given_run(&(caus_run_options){.threads = 1, .cancel = &cancel});
    assert_int_equal(
        caus_discover_granger(&series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    for (int pairwise = 0; pairwise < 2; pairwise++) {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = chain(arena);
        caus_granger_options options = caus_granger_options_default();
        options.pairwise = pairwise;
        options.fdr = CAUS_FDR_BH;
        bool failed = true;
        for (long allowed = 0; failed; allowed++) {
            caus_run *run = given_run(&(caus_run_options){.threads = 1});
            caus_arena *out = caus_arena_new(0);
            caus_granger found;
            fault_fail_after(allowed);
            caus_status status = caus_discover_granger(&series, &options, run,
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            only_the_pairwise_test_takes_an_indirect_cause_for_direct),
        cmocka_unit_test(constants_have_no_edge_and_twins_are_named),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_time_limit_gives_nothing_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
