/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/lpcmci.h"

#include <math.h>
#include <string.h>

#include "fault.h"
#include "test.h"
#include "unit/discovery/planted.h"

/* a drives x and b drives y one step later; x and y share a cause that is not
 * among the columns a, b, x, y. */
static planted confounded(uint64_t seed, size_t rows)
{
    planted world = planted_noise(seed, 1, rows, 5);
    double *at = world.values[0];
    for (size_t t = rows; t-- > 1;) {
        double *now = at + 5 * t;
        const double *before = now - 5;
        now[2] += .8 * before[0] + now[4];
        now[3] += .8 * before[1] + now[4];
    }
    for (size_t t = 0; t < rows; t++)
        memmove(at + 4 * t, at + 5 * t, 4 * sizeof *at);
    world.series.variable_count = 4;
    return world;
}

static caus_series series_of(const planted *world)
{
    caus_series series = world->series;
    series.segments = world->segments;
    return series;
}

static caus_discovery learn(const planted *world,
                            const caus_lpcmci_options *options, int threads,
                            caus_arena *arena)
{
    caus_run *run = planted_run(threads);
    caus_series series = series_of(world);
    caus_discovery found;
    caus_error err;
    if (caus_discover_lpcmci(&series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_discovery *found, size_t from, size_t to,
                        size_t lag)
{
    return caus_edge_text(caus_graph_get(&found->graph, from, to, lag));
}

static void a_hidden_common_cause_is_shown_as_such(void **state)
{
    (void)state;
    planted world = confounded(3, 2000);
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = 1;
    caus_discovery found = learn(&world, &options, 1, world.arena);
    assert_true(found.complete);
    assert_string_equal(edge(&found, 2, 3, 0), "<->");
    assert_string_equal(edge(&found, 0, 2, 1), "o->");
    assert_string_equal(edge(&found, 1, 3, 1), "o->");
    assert_int_equal(caus_graph_edge_count(&found.graph), 3);
    planted_free(&world);
}

static void set_names(caus_variable *variables, const char *const *names,
                      const size_t *order, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        variables[k] = caus_variable_default();
        variables[k].name = names[order[k]];
    }
}

static void the_order_of_columns_does_not_matter(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    static const char *const names[COUNT] = {"a", "b", "c", "d", "e"};
    static const size_t same[COUNT] = {0, 1, 2, 3, 4};
    static const size_t order[COUNT] = {3, 0, 4, 2, 1};
    planted world = planted_chain(5, 1, 400, COUNT);
    planted other = planted_chain(5, 1, 400, COUNT);
    caus_variable variables[COUNT], shuffled[COUNT];
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = 2;
    set_names(variables, names, same, COUNT);
    set_names(shuffled, names, order, COUNT);
    world.series.variables = variables;
    other.series.variables = shuffled;
    for (size_t t = 0; t < 400; t++)
        for (size_t k = 0; k < COUNT; k++)
            other.values[0][t * COUNT + k] =
                world.values[0][t * COUNT + order[k]];
    caus_discovery a = learn(&world, &options, 1, world.arena);
    caus_discovery b = learn(&other, &options, 1, other.arena);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            for (size_t lag = 0; lag <= 2; lag++) {
                size_t there =
                    caus_graph_cell(&a.graph, order[i], order[j], lag);
                size_t here = caus_graph_cell(&b.graph, i, j, lag);
                if (i == j && lag == 0)
                    continue;
                assert_string_equal(edge(&b, i, j, lag),
                                    edge(&a, order[i], order[j], lag));
                assert_true(b.statistic[here] == a.statistic[there]);
                assert_true(b.p_value[here] == a.p_value[there]);
            }
    planted_free(&world);
    planted_free(&other);
}

static bool same_result(const caus_discovery *a, const caus_discovery *b)
{
    size_t cells = planted_cells(a);
    return a->test_count == b->test_count &&
           !memcmp(a->graph.cells, b->graph.cells,
                   cells * sizeof *a->graph.cells) &&
           !memcmp(a->statistic, b->statistic, cells * sizeof(double)) &&
           !memcmp(a->p_value, b->p_value, cells * sizeof(double));
}

static void threads_and_scale_do_not_matter(void **state)
{
    (void)state;
    planted world = planted_chain(6, 2, 300, 4);
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = 2;
    caus_discovery one = learn(&world, &options, 1, world.arena);
    caus_discovery three = learn(&world, &options, 3, world.arena);
    assert_true(same_result(&one, &three));
    for (size_t s = 0; s < 2; s++)
        for (size_t t = 0; t < 300; t++)
            world.values[s][4 * t + 1] *= 1024;
    caus_discovery scaled = learn(&world, &options, 1, world.arena);
    assert_true(same_result(&one, &scaled));
    planted_free(&world);
}

static void constant_and_equal_columns_have_no_links_of_their_own(void **state)
{
    (void)state;
    planted world = planted_noise(7, 1, 300, 4);
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = 2;
    for (size_t t = 0; t < 300; t++) {
        world.values[0][4 * t] = 3;
        world.values[0][4 * t + 2] = world.values[0][4 * t + 1];
    }
    caus_discovery found = learn(&world, &options, 1, world.arena);
    assert_true(found.complete);
    for (size_t j = 1; j < 4; j++)
        for (size_t lag = 0; lag <= 2; lag++)
            assert_string_equal(edge(&found, 0, j, lag), "");
    for (size_t cell = 0; cell < planted_cells(&found); cell++)
        assert_true(isfinite(found.statistic[cell]) &&
                    isfinite(found.p_value[cell]));
    planted_free(&world);
}

static void limits_give_a_partial_answer(void **state)
{
    (void)state;
    planted world = planted_chain(8, 1, 300, 4);
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = 2;
    options.max_tests = 20;
    caus_discovery found = learn(&world, &options, 1, world.arena);
    assert_false(found.complete);
    assert_int_equal(found.test_count, 20);
    assert_true(caus_graph_edge_count(&found.graph) > 0);
    options.max_tests = 0;
    options.max_conditions = 1;
    options.max_conditions_second = 1;
    options.max_separating_search = 2;
    options.max_combinations = 2;
    found = learn(&world, &options, 1, world.arena);
    assert_true(found.complete);
    planted_free(&world);
}

static caus_status limited(const planted *world, double seconds,
                           const volatile sig_atomic_t *cancel,
                           caus_discovery *found)
{
    caus_run_options run_options = caus_run_options_default();
    caus_run *run = NULL;
    run_options.threads = 1;
    run_options.time_limit_s = seconds;
    run_options.cancel = cancel;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    caus_series series = series_of(world);
    caus_status status =
        caus_discover_lpcmci(&series, NULL, run, world->arena, found, NULL);
    caus_run_free(run);
    return status;
}

static void time_limit_is_partial_and_cancel_an_error(void **state)
{
    (void)state;
    static volatile sig_atomic_t cancel = 1;
    planted world = planted_chain(9, 1, 300, 3);
    caus_discovery found = {.rows_used = 17};
    assert_int_equal(limited(&world, 0, &cancel, &found), CAUS_ERR_CANCELLED);
    assert_int_equal(found.rows_used, 17);
    assert_int_equal(limited(&world, 1e-9, NULL, &found), CAUS_OK);
    assert_false(found.complete);
    planted_free(&world);
}

static void refused(const planted *world, const caus_lpcmci_options *options,
                    caus_status status, const char *words)
{
    caus_run *run = planted_run(1);
    caus_discovery found;
    caus_error err;
    caus_series series = series_of(world);
    assert_int_equal(
        caus_discover_lpcmci(&series, options, run, world->arena, &found, &err),
        status);
    assert_non_null(strstr(err.message, words));
    caus_run_free(run);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    planted world = planted_noise(10, 1, 8, 2);
    const caus_lpcmci_options good = caus_lpcmci_options_default();
    caus_lpcmci_options options = good;
    options.alpha = 1;
    refused(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "alpha is 1");
    options = good;
    options.preliminary_iterations = 101;
    refused(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "101 preliminary");
    options = good;
    options.max_combinations = 0;
    refused(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "no combination");
    options = good;
    options.max_lag = 3;
    refused(&world, &options, CAUS_ERR_TOO_FEW_SAMPLES, "8 rows");
    options.max_lag = 40000;
    refused(&world, &options, CAUS_ERR_LIMIT, "40000");
    world.series.step_ns = 0;
    refused(&world, &good, CAUS_ERR_INVALID_ARGUMENT, "no lags");
    planted_free(&world);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    planted world = planted_chain(11, 1, 120, 3);
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = 1;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = planted_run(1);
        caus_arena *out = caus_arena_new(0);
        caus_discovery found = {.rows_used = 17};
        caus_error err;
        assert_non_null(out);
        size_t before = caus_arena_used_bytes(out);
        fault_fail_after(allowed);
        caus_series series = series_of(&world);
        caus_status status =
            caus_discover_lpcmci(&series, &options, run, out, &found, &err);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed) {
            assert_int_equal(found.rows_used, 17);
            assert_int_equal(caus_arena_used_bytes(out), before);
        }
        caus_arena_free(out);
        caus_run_free(run);
    }
    planted_free(&world);
}

static caus_graph two_causes(caus_arena *arena)
{
    caus_graph truth;
    assert_int_equal(caus_graph_init(&truth, 3, 1, arena, NULL), CAUS_OK);
    caus_graph_set(&truth, 0, 1, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&truth, 0, 2, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    return truth;
}

static void truth_refused(const caus_graph *truth, const size_t *observed,
                          size_t count, const char *words)
{
    caus_run *run = planted_run(1);
    caus_arena *arena = caus_arena_new(0);
    caus_graph found;
    caus_error err;
    assert_non_null(arena);
    assert_int_equal(caus_lpcmci_of_truth(truth, observed, count, NULL, run,
                                          arena, &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, words));
    caus_arena_free(arena);
    caus_run_free(run);
}

static void a_wrong_truth_is_refused(void **state)
{
    (void)state;
    static const size_t all[] = {0, 1, 2}, twice[] = {0, 0}, beyond[] = {3};
    caus_arena *arena = caus_arena_new(0);
    assert_non_null(arena);
    caus_graph truth = two_causes(arena);
    truth_refused(&truth, twice, 2, "twice");
    truth_refused(&truth, beyond, 1, "observed node 3");
    truth_refused(&truth, all, 0, "none of the 3");
    caus_graph_set(&truth, 1, 2, 1, CAUS_MARK_ARROW, CAUS_MARK_ARROW);
    truth_refused(&truth, all, 3, "<->");
    truth = two_causes(arena);
    caus_graph_set(&truth, 2, 1, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&truth, 1, 0, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    truth_refused(&truth, all, 3, "cycle");
    caus_arena_free(arena);
}

static void truth_survives_failed_allocations(void **state)
{
    (void)state;
    static const size_t seen[] = {1, 2};
    caus_arena *arena = caus_arena_new(0);
    assert_non_null(arena);
    caus_graph truth = two_causes(arena);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = planted_run(1);
        caus_arena *out = caus_arena_new(0);
        caus_graph found = {.node_count = 17};
        assert_non_null(out);
        fault_fail_after(allowed);
        caus_status status =
            caus_lpcmci_of_truth(&truth, seen, 2, NULL, run, out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        assert_int_equal(found.node_count, failed ? 17 : 2);
        caus_arena_free(out);
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hidden_common_cause_is_shown_as_such),
        cmocka_unit_test(the_order_of_columns_does_not_matter),
        cmocka_unit_test(threads_and_scale_do_not_matter),
        cmocka_unit_test(constant_and_equal_columns_have_no_links_of_their_own),
        cmocka_unit_test(limits_give_a_partial_answer),
        cmocka_unit_test(time_limit_is_partial_and_cancel_an_error),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(every_failed_allocation_is_told),
        cmocka_unit_test(a_wrong_truth_is_refused),
        cmocka_unit_test(truth_survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
