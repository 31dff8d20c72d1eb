/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "test.h"

static sem world_of(size_t nodes, size_t rows, caus_arena *arena)
{
    sem world;
    sem_options options = {nodes, 3, 3, rows, false};
    assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
    return world;
}

static caus_discovery learn(const double *values, size_t rows, size_t columns,
                            const caus_pc_options *options, caus_arena *arena)
{
    caus_series series;
    caus_discovery found;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    assert_int_equal(caus_series_from_values(NULL, columns, values, rows, 0,
                                             arena, &series, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_discover_pc(&series, options, run, arena, &found, NULL), CAUS_OK);
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
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, COLUMNS, arena);
    for (size_t r = 0; r < ROWS; r++) {
        double *x = values + r * COLUMNS;
        x[1] += x[0] + x[2];
        x[4] += x[3];
        x[5] += x[4];
    }
    caus_discovery found = learn(values, ROWS, COLUMNS, NULL, arena);
    assert_int_equal(caus_graph_edge_count(&found.graph), 4);
    assert_string_equal(edge(&found, 0, 1), "-->");
    assert_string_equal(edge(&found, 2, 1), "-->");
    assert_string_equal(edge(&found, 3, 4), "---");
    assert_string_equal(edge(&found, 4, 5), "---");
    assert_true(found.complete);
    assert_int_equal(found.rows_used, ROWS);
    /* an edge's numbers are of the test nearest to separating it */
    assert_true(found.p_value[0 * COLUMNS + 1] < 1e-10);
    assert_true(found.statistic[0 * COLUMNS + 1] > .4);
    assert_true(isnan(found.p_value[0 * COLUMNS + 5]));
    const caus_separating_set *set = &found.separating_sets[3 * COLUMNS + 5];
    assert_int_equal(set->count, 1);
    assert_int_equal(set->nodes[0].variable, 4);
    assert_int_equal(found.singular_count, 0);
    caus_arena_free(arena);
}

/* Partial correlations of three standardised columns, worked out by hand. */
static void the_statistic_is_the_partial_correlation(void **unused)
{
    (void)unused;
    enum { ROWS = 200 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, 3, arena);
    double sum[3] = {0}, product[3][3] = {{0}}, r[3][3];
    for (size_t k = 0; k < ROWS; k++) {
        double *x = values + k * 3;
        x[1] += x[0];
        x[2] += x[1];
        for (size_t i = 0; i < 3; i++)
            sum[i] += x[i] / ROWS;
    }
    for (size_t k = 0; k < ROWS; k++)
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 3; j++)
                product[i][j] +=
                    (values[k * 3 + i] - sum[i]) * (values[k * 3 + j] - sum[j]);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            r[i][j] = product[i][j] / sqrt(product[i][i] * product[j][j]);
    double partial = (r[0][2] - r[0][1] * r[1][2]) /
                     sqrt((1 - r[0][1] * r[0][1]) * (1 - r[1][2] * r[1][2]));
    caus_discovery found = learn(values, ROWS, 3, NULL, arena);
    assert_string_equal(edge(&found, 0, 2), "");
    assert_true(fabs(found.statistic[2] - partial) < 1e-12);
    assert_true(fabs(found.statistic[6] - partial) < 1e-12);
    caus_arena_free(arena);
}

static void constant_and_determined_columns_are_named_not_fatal(void **unused)
{
    (void)unused;
    enum { ROWS = 200, COLUMNS = 7 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, COLUMNS, arena);
    for (size_t r = 0; r < ROWS; r++) {
        double *x = values + r * COLUMNS;
        x[1] += x[0];
        x[2] = 42;
        x[3] = 3 * x[0] - 1;
        x[6] = x[4] + x[5];
    }
    for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++) {
        caus_pc_options options = caus_pc_options_default();
        options.colliders = (caus_collider_rule)rule;
        caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
        for (size_t v = 0; v < COLUMNS; v++)
            if (v != 2)
                assert_string_equal(edge(&found, 2, v), "");
        assert_string_not_equal(edge(&found, 0, 3), "");
        bool pair = false, triple = false;
        for (size_t k = 0; k < found.singular_count; k++) {
            const caus_singular_block *block = &found.singular[k];
            pair = pair || (block->count == 2 && block->variables[0] == 0 &&
                            block->variables[1] == 3);
            triple = triple ||
                     (block->count == 3 && block->variables[0] == 4 &&
                      block->variables[1] == 5 && block->variables[2] == 6);
        }
        assert_true(pair && triple);
        for (size_t cell = 0; cell < COLUMNS * COLUMNS; cell++)
            assert_true(fabs(found.statistic[cell]) <= 1);
    }
    caus_arena_free(arena);
}

static void more_variables_than_rows_are_searched(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, 12, 40, arena);
    caus_pc_options options = caus_pc_options_default();
    options.alpha = .2;
    caus_discovery found = learn(values, 12, 40, &options, arena);
    assert_true(found.complete);
    for (size_t cell = 0; cell < 1600; cell++)
        assert_true(fabs(found.statistic[cell]) <= 1);
    caus_arena_free(arena);
}

static void rows_with_a_gap_are_left_out(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, 100, 3, arena);
    values[5 * 3 + 1] = (double)NAN;
    caus_discovery with = learn(values, 100, 3, NULL, arena);
    assert_int_equal(with.rows_used, 99);
    memmove(values + 5 * 3, values + 6 * 3, 94 * 3 * sizeof *values);
    caus_discovery without = learn(values, 99, 3, NULL, arena);
    assert_memory_equal(with.statistic, without.statistic, 9 * sizeof(double));
    caus_arena_free(arena);
}

static void expect_error(const caus_series *series,
                         const caus_pc_options *options, caus_status status,
                         const char *words)
{
    caus_error err = {0};
    caus_arena *out = caus_arena_new(0);
    caus_run *run = given_run(NULL);
    caus_discovery found = {.test_count = 99};
    assert_int_equal(caus_discover_pc(series, options, run, out, &found, &err),
                     status);
    assert_non_null(strstr(err.message, words));
    assert_int_equal(found.test_count, 99);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_run_free(run);
    caus_arena_free(out);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(4, 4, arena);
    expect_error(&world.series, NULL, CAUS_ERR_TOO_FEW_SAMPLES, "4 of 4 rows");
    world = world_of(4, 50, arena);
    caus_pc_options options = caus_pc_options_default();
    options.alpha = 0;
    expect_error(&world.series, &options, CAUS_ERR_INVALID_ARGUMENT,
                 "alpha is 0");
    options.alpha = (double)NAN;
    expect_error(&world.series, &options, CAUS_ERR_INVALID_ARGUMENT, "alpha");
    expect_error(&(caus_series){0}, NULL, CAUS_ERR_INVALID_ARGUMENT,
                 "no variables");
    caus_arena_free(arena);
}

static void a_test_limit_gives_the_same_part_on_any_thread_count(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(25, 500, arena);
    caus_pc_options options = caus_pc_options_default();
    options.alpha = .2;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_discovery whole, part, again;
    assert_int_equal(
        caus_discover_pc(&world.series, &options, run, arena, &whole, NULL),
        CAUS_OK);
    assert_true(whole.complete);
    for (uint64_t limit = 1; limit < whole.test_count; limit = limit * 3) {
        options.max_tests = limit + 300;
        assert_int_equal(
            caus_discover_pc(&world.series, &options, run, arena, &part, NULL),
            CAUS_OK);
        assert_true(part.complete || part.test_count <= limit + 300);
        caus_run *two = given_run(&(caus_run_options){.threads = 3});
        assert_int_equal(
            caus_discover_pc(&world.series, &options, two, arena, &again, NULL),
            CAUS_OK);
        caus_run_free(two);
        assert_int_equal(part.test_count, again.test_count);
        assert_int_equal(part.complete, again.complete);
        assert_memory_equal(part.statistic, again.statistic,
                            625 * sizeof(double));
        assert_memory_equal(part.graph.cells, again.graph.cells,
                            625 * sizeof(caus_edge));
    }
    options.max_tests = 301;
    assert_int_equal(
        caus_discover_pc(&world.series, &options, run, arena, &part, NULL),
        CAUS_OK);
    assert_false(part.complete);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_time_limit_gives_a_part_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(30, 300, arena);
    caus_run *run = given_run(&(caus_run_options){.time_limit_s = 1e-9});
    caus_discovery found;
    assert_int_equal(
        caus_discover_pc(&world.series, NULL, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.complete);
    assert_int_equal(caus_graph_edge_count(&found.graph), 0);
    assert_true(found.p_value[5] >= 1);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    run = given_run(&(caus_run_options){.cancel = &cancel});
    assert_int_equal(
        caus_discover_pc(&world.series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(12, 60, arena);
    caus_pc_options options = caus_pc_options_default();
    options.alpha = .2;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_arena *out = caus_arena_new(0);
        caus_discovery found;
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_pc(&world.series, &options, run, out, &found, NULL);
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
        cmocka_unit_test(the_statistic_is_the_partial_correlation),
        cmocka_unit_test(constant_and_determined_columns_are_named_not_fatal),
        cmocka_unit_test(more_variables_than_rows_are_searched),
        cmocka_unit_test(rows_with_a_gap_are_left_out),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_test_limit_gives_the_same_part_on_any_thread_count),
        cmocka_unit_test(a_time_limit_gives_a_part_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
