/* SPDX-License-Identifier: Apache-2.0 */
/* PCMCI and its bootstrap with the tests of the linear family. */
#include <math.h>
#include <string.h>

#include "test.h"
#include "unit/discovery/planted.h"

static const caus_test linear_tests[] = {CAUS_TEST_FISHER_Z, CAUS_TEST_ROBUST,
                                         CAUS_TEST_WLS, CAUS_TEST_VECTORS};
enum { TEST_COUNT = sizeof linear_tests / sizeof *linear_tests };

static caus_pcmci_options options_of(caus_test which)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.test.test = which;
    options.max_lag = 2;
    options.all_links = true;
    return options;
}

static caus_discovery discover(const planted *world,
                               const caus_pcmci_options *options, int threads,
                               caus_arena *arena)
{
    caus_run *run = planted_run(threads);
    caus_discovery found = planted_discover(world, options, run, arena);
    caus_run_free(run);
    return found;
}

static void every_test_finds_the_planted_chain(void **unused)
{
    (void)unused;
    planted world = planted_chain(41, 1, 400, 4);
    for (size_t k = 0; k < TEST_COUNT; k++) {
        caus_arena *arena = caus_arena_new(0);
        caus_pcmci_options options = options_of(linear_tests[k]);
        caus_discovery found = discover(&world, &options, 1, arena);
        for (size_t v = 0; v + 1 < 4; v++)
            assert_string_equal(
                caus_edge_text(caus_graph_get(&found.graph, v, v + 1, 1)),
                "-->");
        caus_arena_free(arena);
    }
    planted_free(&world);
}

static void threads_change_no_byte_of_search_and_bootstrap(void **unused)
{
    (void)unused;
    planted world = planted_chain(42, 2, 70, 4);
    planted_miss(&world, 0, 30, 2);
    for (size_t k = 0; k < 2 * TEST_COUNT; k++) {
        if (k == TEST_COUNT)
            memset(world.missing[0], 0,
                   4 * world.segments[0].word_count * sizeof(uint64_t));
        caus_arena *arena = caus_arena_new(0);
        caus_pcmci_options options = options_of(linear_tests[k % TEST_COUNT]);
        options.bootstrap = 6;
        options.block_rows = 5;
        caus_discovery one = discover(&world, &options, 1, arena);
        caus_discovery four = discover(&world, &options, 4, arena);
        assert_true(planted_same(&one, &four));
        assert_non_null(one.stability);
        double most = 0;
        for (size_t cell = 0; cell < planted_cells(&one); cell++) {
            assert_true(one.stability[cell] >= 0 && one.stability[cell] <= 1);
            most = fmax(most, one.stability[cell]);
        }
        assert_true(most > .5);
        caus_arena_free(arena);
    }
    planted_free(&world);
}

static void of_a_vector_one_variable_is_searched(void **unused)
{
    (void)unused;
    planted world = planted_chain(43, 1, 300, 5);
    caus_variable variables[5];
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t v = 0; v < 5; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = names[v];
    }
    variables[1].vector_group = variables[3].vector_group = 7;
    world.series.variables = variables;
    caus_arena *arena = caus_arena_new(0);
    caus_pcmci_options options = options_of(CAUS_TEST_VECTORS);
    caus_discovery found = discover(&world, &options, 1, arena);
    for (size_t v = 0; v < 5; v++)
        for (size_t lag = 0; lag <= 2; lag++) {
            assert_string_equal(
                caus_edge_text(caus_graph_get(&found.graph, v, 3, lag)), "");
            assert_string_equal(
                caus_edge_text(caus_graph_get(&found.graph, 3, v, lag)), "");
        }
    /* 2 → 3 and 3 → 4 show as links of the vector, which 1 stands for */
    assert_string_equal(caus_edge_text(caus_graph_get(&found.graph, 2, 1, 1)),
                        "-->");
    assert_string_equal(caus_edge_text(caus_graph_get(&found.graph, 1, 4, 1)),
                        "-->");
    caus_arena_free(arena);
    planted_free(&world);
}

static void without_a_score_pc_alpha_must_be_given(void **unused)
{
    (void)unused;
    planted world = planted_noise(44, 1, 60, 3);
    caus_series series = world.series;
    series.segments = world.segments;
    caus_run *run = planted_run(1);
    caus_arena *arena = caus_arena_new(0);
    for (size_t k = 0; k < TEST_COUNT; k++) {
        caus_pcmci_options options = options_of(linear_tests[k]);
        options.pc_alpha = (double)NAN;
        caus_discovery found;
        caus_error err = {0};
        caus_status status =
            caus_discover_pcmci(&series, &options, run, arena, &found, &err);
        bool has_score = options.test.test == CAUS_TEST_FISHER_Z ||
                         options.test.test == CAUS_TEST_ROBUST;
        assert_int_equal(status,
                         has_score ? CAUS_OK : CAUS_ERR_INVALID_ARGUMENT);
        assert_true(has_score || strstr(err.message, "--pc-alpha"));
    }
    caus_run_free(run);
    caus_arena_free(arena);
    planted_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_test_finds_the_planted_chain),
        cmocka_unit_test(threads_change_no_byte_of_search_and_bootstrap),
        cmocka_unit_test(of_a_vector_one_variable_is_searched),
        cmocka_unit_test(without_a_score_pc_alpha_must_be_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
