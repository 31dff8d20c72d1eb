/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "test.h"

static caus_discovery learn(const double *values, size_t rows, size_t columns,
                            const caus_score_options *options,
                            caus_arena *arena)
{
    caus_series series;
    caus_discovery found;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    assert_int_equal(caus_series_from_values(NULL, columns, values, rows, 0,
                                             arena, &series, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_discover_score(&series, options, run, arena, &found, NULL),
        CAUS_OK);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_discovery *found, size_t a, size_t b)
{
    return caus_edge_text(caus_graph_get(&found->graph, a, b, 0));
}

static void a_collider_is_oriented_and_a_chain_is_not(void **unused)
{
    (void)unused;
    enum { ROWS = 500, COLUMNS = 6 };
    for (int search = 0; search <= CAUS_SEARCH_TURNING_GES; search++) {
        caus_arena *arena = caus_arena_new(0);
        double *values = given_noise(41, ROWS, COLUMNS, arena);
        for (size_t r = 0; r < ROWS; r++) {
            double *x = values + r * COLUMNS;
            x[1] += x[0] + x[2];
            x[4] += x[3];
            x[5] += x[4];
        }
        caus_score_options options = caus_score_options_default();
        options.search = (caus_score_method)search;
        caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
        assert_int_equal(caus_graph_edge_count(&found.graph), 4);
        assert_string_equal(edge(&found, 0, 1), "-->");
        assert_string_equal(edge(&found, 2, 1), "-->");
        assert_string_equal(edge(&found, 3, 4), "---");
        assert_string_equal(edge(&found, 4, 5), "---");
        assert_true(found.complete);
        /* 0 → 1 given 2: weights 1, unit noise: 1 / √2 */
        assert_true(fabs(found.statistic[1] - sqrt(.5)) < .05);
        assert_true(found.p_value[1] < 1e-20);
        assert_true(found.p_value[5] >= 1);
        caus_arena_free(arena);
    }
}

/* One more edge pays when n/2 · −log(1 − r²) is above the penalty. */
static void the_penalty_is_what_an_edge_costs(void **unused)
{
    (void)unused;
    enum { ROWS = 400 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(41, ROWS, 2, arena);
    for (size_t r = 0; r < ROWS; r++)
        values[2 * r + 1] += .2 * values[2 * r];
    caus_score_options options = caus_score_options_default();
    options.penalty = 1e-3;
    caus_discovery found = learn(values, ROWS, 2, &options, arena);
    double r = found.statistic[1];
    double worth = -.5 * ROWS * log1p(-r * r);
    options.penalty = worth * .999 / (.5 * log(ROWS));
    found = learn(values, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.graph), 1);
    options.penalty = worth * 1.001 / (.5 * log(ROWS));
    found = learn(values, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.graph), 0);
    options.penalty = worth * .9 / (.5 * log(ROWS));
    options.ebic_gamma = worth * .099 / log(2);
    found = learn(values, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.graph), 1);
    options.ebic_gamma = worth * .101 / log(2);
    found = learn(values, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.graph), 0);
    caus_arena_free(arena);
}

static void constant_and_determined_columns_are_results(void **unused)
{
    (void)unused;
    enum { ROWS = 200, COLUMNS = 7 };
    for (int search = 0; search <= CAUS_SEARCH_TURNING_GES; search++) {
        caus_arena *arena = caus_arena_new(0);
        double *values = given_noise(41, ROWS, COLUMNS, arena);
        for (size_t r = 0; r < ROWS; r++) {
            double *x = values + r * COLUMNS;
            x[1] += x[0];
            x[2] = 42;
            x[3] = 3 * x[0] - 1;
            x[6] = x[4] + x[5];
        }
        caus_score_options options = caus_score_options_default();
        options.search = (caus_score_method)search;
        caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
        for (size_t v = 0; v < COLUMNS; v++)
            if (v != 2)
                assert_string_equal(edge(&found, 2, v), "");
        assert_string_not_equal(edge(&found, 0, 3), "");
        assert_true(found.complete);
        for (size_t cell = 0; cell < COLUMNS * COLUMNS; cell++) {
            assert_true(fabs(found.statistic[cell]) <= 1);
            assert_true(found.p_value[cell] >= 0 && found.p_value[cell] <= 1);
        }
        caus_arena_free(arena);
    }
}

static void more_variables_than_rows_are_searched(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(41, 12, 40, arena);
    caus_discovery found = learn(values, 12, 40, NULL, arena);
    assert_true(found.complete);
    caus_arena_free(arena);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    static const struct {
        double penalty, gamma;
        const char *words;
    } cases[] = {{0, 0, "penalty is 0"},
                 {(double)NAN, 0, "penalty"},
                 {2, -1, "gamma"},
                 {2, (double)INFINITY, "gamma"}};
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    double *values = given_noise(41, 50, 3, arena);
    assert_int_equal(
        caus_series_from_values(NULL, 3, values, 50, 0, arena, &series, NULL),
        CAUS_OK);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        caus_score_options options = caus_score_options_default();
        caus_error err = {0};
        caus_run *run = given_run(NULL);
        caus_discovery found = {.test_count = 99};
        options.penalty = cases[k].penalty;
        options.ebic_gamma = cases[k].gamma;
        assert_int_equal(
            caus_discover_score(&series, &options, run, arena, &found, &err),
            CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, cases[k].words));
        assert_int_equal(found.test_count, 99);
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

static void a_time_limit_gives_a_part_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world;
    sem_options data = {60, 4, 2, 300, false};
    assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
    caus_run *run = given_run(&(caus_run_options){.time_limit_s = 2e-3});
    caus_discovery found;
    assert_int_equal(
        caus_discover_score(&world.series, NULL, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.complete);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    run = given_run(&(caus_run_options){.cancel = &cancel});
    assert_int_equal(
        caus_discover_score(&world.series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world;
    sem_options data = {12, 4, 2, 100, false};
    assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_arena *out = caus_arena_new(0);
        caus_discovery found;
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_score(&world.series, NULL, run, out, &found, NULL);
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
        cmocka_unit_test(a_collider_is_oriented_and_a_chain_is_not),
        cmocka_unit_test(the_penalty_is_what_an_edge_costs),
        cmocka_unit_test(constant_and_determined_columns_are_results),
        cmocka_unit_test(more_variables_than_rows_are_searched),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_time_limit_gives_a_part_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
