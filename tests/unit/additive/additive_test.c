/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "given.h"
#include "property/additive/world.h"
#include "test.h"

enum { ROWS = 400 };

static caus_additive learn(const double *values, size_t rows, size_t columns,
                           const caus_additive_options *options,
                           caus_arena *arena)
{
    caus_series series;
    caus_additive found;
    caus_error err = {0};
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
    assert_int_equal(caus_series_from_values(NULL, columns, values, rows,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    if (caus_discover_additive(&series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_additive *found, size_t a, size_t b,
                        size_t lag)
{
    return caus_edge_text(caus_graph_get(&found->found.graph, a, b, lag));
}

/* y = x² has no correlation with x. */
static double *parabola_of(caus_arena *arena)
{
    double *x = given_noise(17, ROWS, 2, arena);
    for (size_t r = 0; r < ROWS; r++)
        x[2 * r] = x[2 * r + 1] * x[2 * r + 1] + .5 * x[2 * r];
    return x;
}

static void a_cause_without_correlation_is_found(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_additive found = learn(parabola_of(arena), ROWS, 2, NULL, arena);
    assert_string_equal(edge(&found, 1, 0, 0), "-->");
    assert_int_equal(found.order[0], 1);
    assert_true(found.found.statistic[2] > .7);
    assert_true(found.found.statistic[2] < 1);
    assert_true(found.found.p_value[2] < 1e-50);
    assert_true(found.functions[2] > 1);
    assert_int_equal(found.functions[1], 0);
    assert_true(fabs(found.left[0] - (1 - found.found.statistic[2])) < 1e-9);
    assert_true(found.left[1] >= 1);
    caus_arena_free(arena);
}

static void lines_alone_do_not_find_it(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_additive_options options = caus_additive_options_default();
    options.basis = 1;
    caus_additive found = learn(parabola_of(arena), ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 0);
    caus_arena_free(arena);
}

static void a_line_with_normal_noise_has_no_direction(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *x = given_noise(17, ROWS, 2, arena);
    for (size_t r = 0; r < ROWS; r++)
        x[2 * r] += x[2 * r + 1];
    caus_additive_options options = caus_additive_options_default();
    caus_additive found = learn(x, ROWS, 2, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 0), "---");
    assert_int_equal(found.functions[1] + found.functions[2], 1);
    options.evidence = 0;
    found = learn(x, ROWS, 2, &options, arena);
    assert_true(strchr(edge(&found, 0, 1, 0), '>') ||
                strchr(edge(&found, 0, 1, 0), '<'));
    caus_arena_free(arena);
}

/* 0 → 2 ← 1 → 3, all lines: the collider directs what hangs on it. */
static void colliders_and_what_follows_are_directed(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(17, ROWS, 4, arena);
    for (size_t r = 0; r < ROWS; r++) {
        double *x = values + 4 * r;
        x[2] += x[0] + x[1];
        x[3] += x[2];
    }
    caus_additive found = learn(values, ROWS, 4, NULL, arena);
    assert_string_equal(edge(&found, 0, 2, 0), "-->");
    assert_string_equal(edge(&found, 1, 2, 0), "-->");
    assert_string_equal(edge(&found, 2, 3, 0), "-->");
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 3);
    caus_arena_free(arena);
}

static void a_cause_in_the_past_is_found_at_its_lag(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(17, ROWS, 3, arena);
    for (size_t r = 2; r < ROWS; r++) {
        double *x = values + 3 * r;
        x[1] = cos(2 * x[-6]) + .3 * x[1];
        x[2] = .5 * x[-1] + .5 * x[2];
        x[0] = .5 * x[0] + sin(2 * x[2]);
    }
    caus_additive_options options = caus_additive_options_default();
    options.max_lag = 3;
    caus_additive found = learn(values, ROWS, 3, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 2), "-->");
    assert_string_equal(edge(&found, 2, 2, 1), "-->");
    assert_string_equal(edge(&found, 2, 0, 0), "-->");
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 3);
    assert_int_equal(found.found.rows_used, ROWS - 3);
    caus_arena_free(arena);
}

static void what_is_assumed_absent_is_not_found(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *x = parabola_of(arena);
    caus_additive_options options = caus_additive_options_default();
    unsigned char cells[4] = {0};
    options.assumptions = cells;
    cells[2] = CAUS_ASSUME_ABSENT;
    caus_additive found = learn(x, ROWS, 2, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 0);
    cells[2] = CAUS_ASSUME_UNKNOWN;
    for (size_t r = 0; r < ROWS; r++)
        x[2 * r] = x[2 * r] - x[2 * r + 1] * x[2 * r + 1] + x[2 * r + 1];
    cells[1] = CAUS_ASSUME_NOT_BACK;
    found = learn(x, ROWS, 2, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 0), "-->");
    caus_arena_free(arena);
}

/* A cause that explains nothing, one that is constant, and one in the past. */
static void what_is_required_is_kept(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *x = given_noise(23, ROWS, 3, arena);
    for (size_t r = 0; r < ROWS; r++)
        x[3 * r + 2] = 5;
    caus_additive_options options = caus_additive_options_default();
    unsigned char cells[3 * 3 * 2] = {0};
    options.max_lag = 1;
    options.basis = 1;
    options.assumptions = cells;
    cells[(0 * 3 + 1) * 2] = CAUS_ASSUME_LINK;
    cells[(2 * 3 + 0) * 2] = CAUS_ASSUME_LINK;
    cells[(1 * 3 + 0) * 2 + 1] = CAUS_ASSUME_LINK;
    caus_additive found = learn(x, ROWS, 3, &options, arena);
    assert_string_equal(edge(&found, 0, 1, 0), "-->");
    assert_string_equal(edge(&found, 2, 0, 0), "-->");
    assert_string_equal(edge(&found, 1, 0, 1), "-->");
    assert_int_equal(caus_graph_edge_count(&found.found.graph), 3);
    /* the share that a line of its one cause leaves of variable 1 */
    double mean[2] = {0}, product[3] = {0};
    for (size_t r = 1; r < ROWS; r++)
        for (size_t v = 0; v < 2; v++)
            mean[v] += x[3 * r + v] / (ROWS - 1);
    for (size_t r = 1; r < ROWS; r++) {
        double a = x[3 * r] - mean[0], b = x[3 * r + 1] - mean[1];
        product[0] += a * a;
        product[1] += a * b;
        product[2] += b * b;
    }
    double share = product[1] * product[1] / (product[0] * product[2]);
    assert_true(fabs(found.left[1] - (1 - share)) < 1e-12);
    caus_arena_free(arena);
}

static void more_required_causes_than_parents_are_refused(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    caus_additive found;
    caus_error err = {0};
    caus_additive_options options = caus_additive_options_default();
    unsigned char cells[3 * 3] = {0};
    cells[0 * 3 + 2] = cells[1 * 3 + 2] = CAUS_ASSUME_LINK;
    options.assumptions = cells;
    options.max_parents = 1;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    assert_int_equal(caus_series_from_values(NULL, 3,
                                             given_noise(23, ROWS, 3, arena),
                                             ROWS, 0, arena, &series, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_discover_additive(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "--max-parents"));
    caus_run_free(run);
    caus_arena_free(arena);
}

static void constant_and_determined_columns_are_results(void **unused)
{
    (void)unused;
    enum { COLUMNS = 7 };
    for (size_t lags = 0; lags < 3; lags++) {
        caus_arena *arena = caus_arena_new(0);
        double *values = given_noise(17, ROWS, COLUMNS, arena);
        for (size_t r = 0; r < ROWS; r++) {
            double *x = values + r * COLUMNS;
            x[1] += x[0];
            x[2] = 42;
            x[3] = 3 * x[0] - 1;
            x[5] = x[4];
            x[6] = x[1] > 0;
        }
        caus_additive_options options = caus_additive_options_default();
        options.max_lag = lags;
        caus_additive found = learn(values, ROWS, COLUMNS, &options, arena);
        for (size_t v = 0; v < COLUMNS; v++)
            if (v != 2)
                assert_string_equal(edge(&found, 2, v, 0), "");
        assert_true(found.found.complete);
        assert_int_equal(found.found.singular_count, 2);
        assert_int_equal(found.found.singular[0].count, 2);
        size_t cells = COLUMNS * COLUMNS * (lags + 1);
        for (size_t cell = 0; cell < cells; cell++) {
            assert_true(found.found.statistic[cell] >= 0 &&
                        found.found.statistic[cell] <= 1);
            assert_true(found.found.p_value[cell] >= 0 &&
                        found.found.p_value[cell] <= 1);
        }
        caus_arena_free(arena);
    }
}

static void rows_with_gaps_are_left_out(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(17, ROWS, 3, arena);
    for (size_t r = 0; r < ROWS; r += 10)
        values[3 * r + r % 3] = (double)NAN;
    caus_additive found = learn(values, ROWS, 3, NULL, arena);
    assert_int_equal(found.found.rows_used, ROWS - ROWS / 10);
    caus_arena_free(arena);
}

static void assert_refused(const caus_series *series,
                           caus_additive_options options)
{
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
    caus_arena *arena = caus_arena_new(0);
    caus_additive found = {.order = (const size_t *)&options};
    assert_int_equal(
        caus_discover_additive(series, &options, run, arena, &found, NULL),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_ptr_equal(found.order, &options);
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(17, 9, 4, arena);
    caus_series table;
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
    caus_error err = {0};
    caus_additive found;
    const caus_additive_options plain = caus_additive_options_default();
    caus_additive_options options = plain;
    assert_int_equal(
        caus_series_from_values(NULL, 4, values, 9, 0, arena, &table, NULL),
        CAUS_OK);
    assert_int_equal(
        caus_discover_additive(&table, NULL, run, arena, &found, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "9 of 9 rows"));
    options.max_lag = 1;
    assert_refused(&table, options);
    options = plain;
    options.basis = 33;
    assert_refused(&table, options);
    options.basis = 0;
    assert_refused(&table, options);
    options = plain;
    options.penalty = 0;
    assert_refused(&table, options);
    options = plain;
    options.alpha = 0;
    assert_refused(&table, options);
    options = plain;
    options.max_parents = 0;
    assert_refused(&table, options);
    options = plain;
    options.starts = 0;
    assert_refused(&table, options);
    options = plain;
    options.evidence = (double)NAN;
    assert_refused(&table, options);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void no_variable_has_more_parents_than_allowed(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(17, ROWS, 5, arena);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t v = 0; v < 4; v++)
            values[5 * r + 4] += values[5 * r + v];
    caus_additive_options options = caus_additive_options_default();
    options.max_parents = 2;
    options.evidence = 0;
    caus_additive found = learn(values, ROWS, 5, &options, arena);
    for (size_t v = 0; v < 5; v++) {
        size_t parents = 0;
        for (size_t u = 0; u < 5; u++)
            parents += found.functions[5 * u + v] > 0;
        assert_true(parents <= 2);
    }
    assert_true(caus_graph_edge_count(&found.found.graph) > 1);
    caus_arena_free(arena);
}

static void a_time_limit_gives_a_part_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    world made;
    world_options data = {
        .shape = WORLD_SIGMOID, .nodes = 40, .edges = 60, .rows = 300};
    caus_additive found;
    caus_run *run = NULL;
    assert_int_equal(world_make(&data, arena, &made, NULL), CAUS_OK);
    for (double limit = 1e-5; limit < 2; limit *= 10) {
        caus_run_options options = {.threads = 1, .time_limit_s = limit};
        assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
        assert_int_equal(caus_discover_additive(&made.series, NULL, run, arena,
                                                &found, NULL),
                         CAUS_OK);
        if (limit < 1e-3)
            assert_false(found.found.complete);
        if (limit < 1e-4)
            assert_int_equal(caus_graph_edge_count(&found.found.graph), 0);
        assert_non_null(found.functions);
        caus_run_free(run);
    }
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = {.threads = 1, .cancel = &cancel};
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_additive(&made.series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(17, 120, 5, arena);
    caus_series series;
    caus_additive_options options = caus_additive_options_default();
    options.max_lag = 1;
    for (size_t r = 0; r < 120; r++) {
        values[5 * r + 1] += values[5 * r];
        values[5 * r + 3] = values[5 * r + 2];
    }
    assert_int_equal(
        caus_series_from_values(NULL, 5, values, 120, 1, arena, &series, NULL),
        CAUS_OK);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 3});
        caus_arena *out = caus_arena_new(0);
        caus_additive found;
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_additive(&series, &options, run, out, &found, NULL);
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
        cmocka_unit_test(a_cause_without_correlation_is_found),
        cmocka_unit_test(lines_alone_do_not_find_it),
        cmocka_unit_test(a_line_with_normal_noise_has_no_direction),
        cmocka_unit_test(colliders_and_what_follows_are_directed),
        cmocka_unit_test(a_cause_in_the_past_is_found_at_its_lag),
        cmocka_unit_test(what_is_assumed_absent_is_not_found),
        cmocka_unit_test(what_is_required_is_kept),
        cmocka_unit_test(more_required_causes_than_parents_are_refused),
        cmocka_unit_test(constant_and_determined_columns_are_results),
        cmocka_unit_test(rows_with_gaps_are_left_out),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(no_variable_has_more_parents_than_allowed),
        cmocka_unit_test(a_time_limit_gives_a_part_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
