/* SPDX-License-Identifier: Apache-2.0 */
/* What a limit of tests leaves of a search. */
#include <math.h>
#include <string.h>

#include "caus/granger.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { VARIABLES = 6, MOST_LAG = 2 };

static caus_pcmci_options options_of(caus_method method)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = method;
    options.max_lag = MOST_LAG;
    options.all_links = true;
    options.fdr = CAUS_FDR_BH;
    return options;
}

static const caus_method family[] = {
    CAUS_METHOD_PCMCI,  CAUS_METHOD_BIVCI,     CAUS_METHOD_FULLCI,
    CAUS_METHOD_LAGGED, CAUS_METHOD_PCMCIPLUS, CAUS_METHOD_PC_LAGGED};

/* Fails unless the search with this limit gives the same on three threads and
 * keeps to it; returns it. */
static caus_discovery part_of(const planted *world,
                              const caus_pcmci_options *options)
{
    caus_run *alone = planted_run(1), *three = planted_run(3);
    caus_discovery part = planted_discover(world, options, alone, world->arena);
    caus_discovery again =
        planted_discover(world, options, three, world->arena);
    assert_true(planted_same(&part, &again));
    assert_int_equal(part.complete, again.complete);
    assert_true(part.test_count <= options->max_tests);
    caus_run_free(alone);
    caus_run_free(three);
    return part;
}

static void check_limits(const planted *world, caus_pcmci_options options)
{
    caus_run *run = planted_run(2);
    caus_discovery whole = planted_discover(world, &options, run, world->arena);
    size_t cut = 0;
    assert_true(whole.complete);
    for (uint64_t limit = 1; limit < 8 * whole.test_count; limit *= 2) {
        options.max_tests = limit;
        caus_discovery part = part_of(world, &options);
        if (limit < whole.test_count)
            assert_false(part.complete);
        if (part.complete)
            assert_true(planted_same(&part, &whole));
        cut += !part.complete;
    }
    assert_true(cut > 3);
    options.max_tests = VARIABLES * whole.test_count;
    assert_true(part_of(world, &options).complete);
    caus_run_free(run);
}

static void a_limit_is_kept_and_gives_the_same_on_any_threads(void **unused)
{
    (void)unused;
    planted world = planted_chain(3, 1, 300, VARIABLES);
    for (size_t k = 0; k < sizeof family / sizeof *family; k++)
        check_limits(&world, options_of(family[k]));
    planted_free(&world);
}

static void a_limit_holds_for_all_levels_that_are_tried(void **unused)
{
    (void)unused;
    planted world = planted_chain(4, 1, 300, VARIABLES);
    const caus_method chosen[] = {CAUS_METHOD_PCMCI, CAUS_METHOD_PCMCIPLUS};
    for (size_t k = 0; k < 2; k++) {
        caus_pcmci_options options = options_of(chosen[k]);
        caus_run *run = planted_run(1);
        options.pc_alpha = (double)NAN;
        uint64_t all =
            planted_discover(&world, &options, run, world.arena).test_count;
        for (options.max_tests = 1; options.max_tests < 2 * all;
             options.max_tests *= 3)
            part_of(&world, &options);
        caus_run_free(run);
    }
    planted_free(&world);
}

static void what_is_granted_stays_in_a_part(void **unused)
{
    (void)unused;
    planted world = planted_noise(5, 1, 200, VARIABLES);
    unsigned char cells[VARIABLES * VARIABLES * (MOST_LAG + 1)] = {0};
    cells[(4 * VARIABLES + 1) * (MOST_LAG + 1) + 2] = CAUS_ASSUME_LINK;
    for (size_t k = 0; k < sizeof family / sizeof *family; k++) {
        caus_pcmci_options options = options_of(family[k]);
        options.assumptions = cells;
        for (options.max_tests = 1; options.max_tests < 1000;
             options.max_tests *= 10) {
            caus_discovery part = part_of(&world, &options);
            assert_string_equal(
                caus_edge_text(caus_graph_get(&part.graph, 4, 1, 2)), "-->");
        }
    }
    planted_free(&world);
}

static void a_part_tells_no_stability(void **unused)
{
    (void)unused;
    planted world = planted_chain(6, 1, 200, VARIABLES);
    caus_pcmci_options options = options_of(CAUS_METHOD_PCMCIPLUS);
    caus_run *run = planted_run(2);
    options.bootstrap = 4;
    options.max_tests = 50;
    caus_discovery part = planted_discover(&world, &options, run, world.arena);
    assert_false(part.complete);
    assert_null(part.stability);
    options.max_tests = 100000;
    part = planted_discover(&world, &options, run, world.arena);
    assert_true(part.complete);
    assert_non_null(part.stability);
    caus_run_free(run);
    planted_free(&world);
}

static void granger_tests_the_first_pairs_by_name(void **unused)
{
    (void)unused;
    planted world = planted_chain(7, 1, 300, VARIABLES);
    caus_granger_options options = caus_granger_options_default();
    world.series.segments = world.segments;
    options.fdr = CAUS_FDR_BH;
    for (int turn = 0; turn < 2; turn++) {
        options.pairwise = turn == 1;
        for (options.max_tests = 1; options.max_tests <= 32;
             options.max_tests++) {
            caus_run *run = planted_run(2);
            caus_granger part;
            assert_int_equal(caus_discover_granger(&world.series, &options, run,
                                                   world.arena, &part, NULL),
                             CAUS_OK);
            caus_run_free(run);
            bool is_whole = options.max_tests >= 30;
            assert_int_equal(part.found.complete, is_whole);
            assert_int_equal(part.found.test_count,
                             is_whole ? 30 : options.max_tests);
            for (size_t v = 0; v < VARIABLES * (VARIABLES - 1); v++) {
                size_t target = v / (VARIABLES - 1);
                size_t source = v % (VARIABLES - 1);
                source += source >= target;
                size_t pair = source * VARIABLES + target;
                assert_int_equal(part.statistic[pair] > 0,
                                 v < options.max_tests);
            }
        }
    }
    planted_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_kept_and_gives_the_same_on_any_threads),
        cmocka_unit_test(a_limit_holds_for_all_levels_that_are_tried),
        cmocka_unit_test(what_is_granted_stays_in_a_part),
        cmocka_unit_test(a_part_tells_no_stability),
        cmocka_unit_test(granger_tests_the_first_pairs_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
