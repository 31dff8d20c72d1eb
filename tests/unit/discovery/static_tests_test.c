/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/structure_tests.h"
#include "fault.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "test.h"

static sem world_of(size_t nodes, size_t rows, uint64_t seed, caus_arena *arena)
{
    sem world;
    sem_options options = {nodes, 2, seed, rows, false};
    assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
    return world;
}

static caus_test_options test_of(caus_test which)
{
    caus_test_options test = caus_test_options_default();
    test.test = which;
    return test;
}

static caus_discovery pc_by(const caus_series *series, caus_test which,
                            int threads, caus_arena *arena)
{
    caus_test_options test = test_of(which);
    caus_run *run = given_run(&(caus_run_options){.threads = threads});
    caus_discovery found;
    caus_error err = {0};
    if (caus_discover_pc_by(series, NULL, &test, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static bool same_marks(const caus_graph *a, const caus_graph *b)
{
    for (size_t i = 0; i < a->node_count; i++)
        for (size_t j = 0; j < a->node_count; j++)
            if (strcmp(caus_edge_text(caus_graph_get(a, i, j, 0)),
                       caus_edge_text(caus_graph_get(b, i, j, 0))) != 0)
                return false;
    return true;
}

static void fisher_z_one_by_one_gives_the_graph_of_pc(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        caus_arena *arena = caus_arena_new(0);
        sem world = world_of(12, 600, seed, arena);
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_discovery fast;
        assert_int_equal(
            caus_discover_pc(&world.series, NULL, run, arena, &fast, NULL),
            CAUS_OK);
        caus_discovery found =
            pc_by(&world.series, CAUS_TEST_FISHER_Z, 1, arena);
        assert_true(same_marks(&fast.graph, &found.graph));
        for (size_t cell = 0; cell < 144; cell++) {
            if (isnan(fast.p_value[cell]))
                continue;
            assert_true(fabs(fast.statistic[cell] - found.statistic[cell]) <
                        1e-10);
            assert_true(fabs(fast.p_value[cell] - found.p_value[cell]) <=
                        1e-8 * fast.p_value[cell]);
        }
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

static void fci_takes_the_same_tests(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(10, 800, 4, arena);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_test_options test = test_of(CAUS_TEST_FISHER_Z);
    caus_discovery fast, found;
    assert_int_equal(
        caus_discover_fci(&world.series, NULL, run, arena, &fast, NULL),
        CAUS_OK);
    assert_int_equal(caus_discover_fci_by(&world.series, NULL, &test, run,
                                          arena, &found, NULL),
                     CAUS_OK);
    assert_true(same_marks(&fast.graph, &found.graph));
    caus_run_free(run);
    caus_arena_free(arena);
}

static void threads_change_no_byte(void **unused)
{
    (void)unused;
    static const caus_test tests[] = {CAUS_TEST_PARCORR, CAUS_TEST_ROBUST,
                                      CAUS_TEST_WLS, CAUS_TEST_VECTORS};
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) {
        caus_arena *arena = caus_arena_new(0);
        sem world = world_of(9, 200, 2, arena);
        caus_discovery one = pc_by(&world.series, tests[k], 1, arena);
        caus_discovery four = pc_by(&world.series, tests[k], 4, arena);
        assert_true(caus_graph_edge_count(&one.graph) > 0);
        assert_true(same_marks(&one.graph, &four.graph));
        assert_memory_equal(one.statistic, four.statistic, 81 * sizeof(double));
        assert_memory_equal(one.p_value, four.p_value, 81 * sizeof(double));
        assert_int_equal(one.test_count, four.test_count);
        caus_arena_free(arena);
    }
}

/* x and y move together only by one outlier each: ranks do not see it. */
static void normal_scores_withstand_an_outlier(void **unused)
{
    (void)unused;
    enum { ROWS = 300 };
    caus_arena *arena = caus_arena_new(0);
    caus_random random;
    caus_random_init(&random, 7, 0);
    double *values = CAUS_ARRAY(arena, double, 2 * (size_t)ROWS);
    for (size_t k = 0; k < 2 * (size_t)ROWS; k++)
        values[k] = caus_random_normal(&random);
    values[100] = values[101] = 1e4;
    caus_series series;
    assert_int_equal(
        caus_series_from_values(NULL, 2, values, ROWS, 0, arena, &series, NULL),
        CAUS_OK);
    caus_discovery plain = pc_by(&series, CAUS_TEST_PARCORR, 1, arena);
    caus_discovery robust = pc_by(&series, CAUS_TEST_ROBUST, 1, arena);
    assert_int_equal(caus_graph_edge_count(&plain.graph), 1);
    assert_int_equal(caus_graph_edge_count(&robust.graph), 0);
    caus_arena_free(arena);
}

static void missing_values_and_constants_give_numbers(void **unused)
{
    (void)unused;
    enum { ROWS = 120, COLUMNS = 4 };
    caus_arena *arena = caus_arena_new(0);
    caus_random random;
    caus_random_init(&random, 8, 0);
    double *values = CAUS_ARRAY(arena, double, (size_t)ROWS *COLUMNS);
    for (size_t r = 0; r < ROWS; r++) {
        double *x = values + r * COLUMNS;
        x[0] = caus_random_normal(&random);
        x[1] = r % 7 ? x[0] + caus_random_normal(&random) : (double)NAN;
        x[2] = 5;
        x[3] = x[0]; /* a copy */
    }
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, values, ROWS, 0,
                                             arena, &series, NULL),
                     CAUS_OK);
    static const caus_test tests[] = {CAUS_TEST_PARCORR, CAUS_TEST_FISHER_Z,
                                      CAUS_TEST_ROBUST, CAUS_TEST_WLS,
                                      CAUS_TEST_VECTORS};
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) {
        caus_discovery found = pc_by(&series, tests[k], 1, arena);
        for (size_t i = 0; i < COLUMNS; i++) {
            assert_string_equal(
                caus_edge_text(caus_graph_get(&found.graph, i, 2, 0)), "");
            for (size_t j = 0; j < COLUMNS; j++)
                assert_true(isfinite(found.statistic[i * COLUMNS + j]));
        }
        assert_string_not_equal(
            caus_edge_text(caus_graph_get(&found.graph, 0, 3, 0)), "");
    }
    caus_arena_free(arena);
}

static void a_test_that_refuses_the_data_says_so(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(4, 400, 1, arena);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_test_options test = test_of(CAUS_TEST_WLS);
    caus_discovery found = {0};
    caus_error err = {0};
    test.wls_window = 1;
    assert_int_equal(caus_discover_pc_by(&world.series, NULL, &test, run, arena,
                                         &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "wls_window is 1"));
    test = test_of(CAUS_TEST_COUNT);
    assert_int_equal(caus_discover_pc_by(&world.series, NULL, &test, run, arena,
                                         &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_null(found.statistic);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void out_of_memory_is_an_error_that_leaves_no_trace(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(5, 60, 3, arena);
    caus_test_options test = test_of(CAUS_TEST_WLS);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_arena *out = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 2});
        caus_discovery found = {0};
        fault_fail_after(allowed);
        caus_status status = caus_discover_pc_by(&world.series, NULL, &test,
                                                 run, out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_run_free(run);
        caus_arena_free(out);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fisher_z_one_by_one_gives_the_graph_of_pc),
        cmocka_unit_test(fci_takes_the_same_tests),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(normal_scores_withstand_an_outlier),
        cmocka_unit_test(missing_values_and_constants_give_numbers),
        cmocka_unit_test(a_test_that_refuses_the_data_says_so),
        cmocka_unit_test(out_of_memory_is_an_error_that_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
