/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "test.h"
#include "unit/discovery/planted.h"

/* Lag-0 effects on top of a chain: 0 → 1 ← 2, 1 → 3 → 4 → …, each row. */
static planted planted_now(uint64_t seed, size_t segments, size_t rows,
                           size_t variables)
{
    planted world = planted_noise(seed, segments, rows, variables);
    for (size_t s = 0; s < segments; s++) {
        for (size_t t = 1; t < rows; t++) {
            double *x = world.values[s] + t * variables;
            for (size_t v = 0; v < variables; v++)
                x[v] += .4 * x[v - variables];
            x[1] += .7 * x[0] + .7 * x[2];
            for (size_t v = 3; v < variables; v++)
                x[v] += .7 * x[v > 3 ? v - 1 : 1];
        }
    }
    return world;
}

static caus_pcmci_options plus_options(void)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = CAUS_METHOD_PCMCIPLUS;
    options.max_lag = 2;
    options.pc_alpha = .01;
    options.all_links = true;
    return options;
}

static const char *text(const caus_discovery *found, size_t i, size_t j)
{
    return caus_edge_text(caus_graph_get(&found->graph, i, j, 0));
}

static void a_collider_orients_what_follows_it(void **unused)
{
    (void)unused;
    planted world = planted_now(1, 1, 1000, 5);
    caus_run *run = planted_run(2);
    caus_pcmci_options options = plus_options();
    for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++) {
        options.colliders = (caus_collider_rule)rule;
        caus_discovery found =
            planted_discover(&world, &options, run, world.arena);
        assert_string_equal(text(&found, 0, 1), "-->");
        assert_string_equal(text(&found, 2, 1), "-->");
        assert_string_equal(text(&found, 1, 3), "-->");
        assert_string_equal(text(&found, 3, 4), "-->");
        assert_string_equal(text(&found, 0, 2), "");
        assert_true(found.complete);
    }
    caus_run_free(run);
    planted_free(&world);
}

static void a_chain_without_a_past_cannot_be_oriented(void **unused)
{
    (void)unused;
    planted world = planted_noise(2, 1, 800, 3);
    for (size_t t = 0; t < 800; t++) {
        double *x = world.values[0] + t * 3;
        x[1] += x[0];
        x[2] += x[1];
    }
    world.series.step_ns = 0; /* a table */
    caus_run *run = planted_run(1);
    caus_pcmci_options options = plus_options();
    options.max_lag = 0;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    assert_string_equal(text(&found, 0, 1), "o-o");
    assert_string_equal(text(&found, 1, 2), "o-o");
    assert_string_equal(text(&found, 0, 2), "");
    size_t cell = caus_graph_cell(&found.graph, 0, 2, 0);
    assert_int_equal(found.separating_sets[cell].count, 1);
    assert_int_equal(found.separating_sets[cell].nodes[0].variable, 1);
    assert_int_equal(found.separating_sets[cell].nodes[0].lag, 0);
    caus_run_free(run);
    planted_free(&world);
}

static void the_result_does_not_depend_on_threads(void **unused)
{
    (void)unused;
    planted world = planted_now(3, 2, 150, 9);
    planted_miss(&world, 1, 40, 4);
    for (int k = 0; k < 3; k++) {
        caus_pcmci_options options = plus_options();
        options.pc_alpha = k == 2 ? (double)NAN : .2;
        options.reset_lagged_links = k == 1;
        options.fdr = CAUS_FDR_BY;
        options.bootstrap = 5;
        options.uneven_rows = k > 0;
        caus_run *one = planted_run(1), *four = planted_run(4);
        caus_discovery a = planted_discover(&world, &options, one, world.arena);
        caus_discovery b =
            planted_discover(&world, &options, four, world.arena);
        assert_true(planted_same(&a, &b));
        assert_int_equal(a.graph.ambiguous_count, b.graph.ambiguous_count);
        assert_int_equal(a.test_count, b.test_count);
        caus_run_free(one);
        caus_run_free(four);
    }
    planted_free(&world);
}

/* How many links alpha .01 drops of those that alpha 1 reports. */
static size_t count_dropped(const planted *world, caus_pcmci_options options,
                            const caus_run *run)
{
    options.alpha = 1;
    caus_discovery all = planted_discover(world, &options, run, world->arena);
    options.alpha = .01;
    caus_discovery few = planted_discover(world, &options, run, world->arena);
    size_t dropped = 0;
    for (size_t cell = 0; cell < planted_cells(&few); cell++) {
        double p = (few.q_value ? few.q_value : few.p_value)[cell];
        if (all.graph.cells[cell].target == CAUS_MARK_NONE)
            continue;
        bool kept = few.graph.cells[cell].target != CAUS_MARK_NONE;
        assert_int_equal(kept, p <= .01);
        dropped += !kept;
    }
    return dropped;
}

/* Of which one end alone was tested, too. */
static void no_reported_link_is_above_alpha(void **unused)
{
    (void)unused;
    caus_run *run = planted_run(1);
    caus_pcmci_options options = plus_options();
    options.pc_alpha = .3;
    options.fdr_contemporaneous = true;
    unsigned char cells[6 * 6 * 3] = {0};
    for (size_t i = 0; i < 6; i++)
        for (size_t j = i + 1; j < 6; j++)
            cells[(i * 6 + j) * 3] = CAUS_ASSUME_NOT_BACK;
    for (uint64_t seed = 4; seed < 24; seed++) {
        planted world = planted_now(seed, 1, 120, 6);
        options.assumptions = seed % 2 ? cells : NULL;
        for (int fdr = CAUS_FDR_NONE; fdr <= CAUS_FDR_BH; fdr++) {
            options.fdr = (caus_fdr)fdr;
            assert_true(count_dropped(&world, options, run) > 0);
        }
        planted_free(&world);
    }
    caus_run_free(run);
}

/* Benjamini and Hochberg by their definition. */
static double adjusted(const double *p_values, size_t count, size_t place)
{
    double least = 1;
    for (size_t k = 0; k < count; k++) {
        size_t rank = 0;
        for (size_t i = 0; i < count; i++)
            rank += p_values[i] <= p_values[k];
        if (p_values[k] >= p_values[place])
            least = fmin(least, p_values[k] * (double)count / (double)rank);
    }
    return least;
}

static void what_knowledge_orders_is_corrected_apart(void **unused)
{
    (void)unused;
    enum { ORDERED = 3 };
    planted world = planted_now(4, 1, 120, 6);
    caus_run *run = planted_run(1);
    caus_pcmci_options options = plus_options();
    unsigned char cells[6 * 6 * 3] = {0};
    static const size_t ordered[ORDERED] = {(0 * 6 + 1) * 3, (0 * 6 + 5) * 3,
                                            (2 * 6 + 4) * 3};
    for (size_t k = 0; k < ORDERED; k++)
        cells[ordered[k]] = CAUS_ASSUME_NOT_BACK;
    options.assumptions = cells;
    options.fdr = CAUS_FDR_BH;
    options.fdr_contemporaneous = true;
    options.fdr_ordered_apart = true;
    options.alpha = 1;
    caus_discovery apart = planted_discover(&world, &options, run, world.arena);
    options.fdr_ordered_apart = false;
    caus_discovery together =
        planted_discover(&world, &options, run, world.arena);
    double p_values[ORDERED];
    size_t differing = 0;
    for (size_t k = 0; k < ORDERED; k++)
        p_values[k] = apart.p_value[ordered[k]];
    for (size_t k = 0; k < ORDERED; k++) {
        double q = apart.q_value[ordered[k]];
        assert_true(fabs(q - adjusted(p_values, ORDERED, k)) < 1e-15);
        differing += fabs(q - together.q_value[ordered[k]]) > 1e-12;
    }
    assert_true(differing > 0);
    caus_run_free(run);
    planted_free(&world);
}

static size_t place(size_t source, size_t target, size_t lag)
{
    return (source * 5 + target) * 3 + lag;
}

static void what_the_user_knows_is_kept(void **unused)
{
    (void)unused;
    planted world = planted_now(5, 1, 500, 5);
    unsigned char cells[5 * 5 * 3];
    memset(cells, CAUS_ASSUME_UNKNOWN, sizeof cells);
    cells[place(0, 1, 0)] = CAUS_ASSUME_ABSENT;
    cells[place(3, 1, 0)] = CAUS_ASSUME_NOT_BACK; /* against the data */
    cells[place(0, 4, 0)] = CAUS_ASSUME_LINK;
    cells[place(2, 2, 1)] = CAUS_ASSUME_ABSENT;
    cells[place(4, 0, 2)] = CAUS_ASSUME_LINK;
    caus_run *run = planted_run(2);
    caus_pcmci_options options = plus_options();
    options.assumptions = cells;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    assert_string_equal(text(&found, 0, 1), "");
    assert_string_equal(text(&found, 3, 1), "-->");
    assert_string_equal(text(&found, 0, 4), "-->");
    caus_edge lagged = caus_graph_get(&found.graph, 4, 0, 2);
    assert_int_equal(lagged.target, CAUS_MARK_ARROW);
    lagged = caus_graph_get(&found.graph, 2, 2, 1);
    assert_int_equal(lagged.target, CAUS_MARK_NONE);
    caus_run_free(run);
    planted_free(&world);
}

static void odd_columns_are_results(void **unused)
{
    (void)unused;
    planted world = planted_now(6, 1, 200, 8);
    for (size_t r = 0; r < 200; r++) {
        double *x = world.values[0] + r * 8;
        x[4] = 42;
        x[5] = x[0];
        x[6] = x[0] + x[1] - 3;
        x[7] = (double)(r % 3);
    }
    caus_run *run = planted_run(2);
    caus_pcmci_options options = plus_options();
    options.pc_alpha = (double)NAN;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    for (size_t cell = 0; cell < planted_cells(&found); cell++) {
        assert_true(fabs(found.statistic[cell]) <= 1);
        assert_true(found.p_value[cell] >= 0 && found.p_value[cell] <= 1);
        assert_true(found.lower[cell] >= -1 && found.upper[cell] <= 1);
    }
    for (size_t j = 0; j < 8; j++)
        assert_string_equal(j == 4 ? "" : text(&found, 4, j), "");
    caus_run_free(run);
    planted_free(&world);
}

/* Stops at the so-many-th word of progress about tests. */
typedef struct stopper {
    volatile sig_atomic_t flag;
} stopper;

static void stop_at_tests(void *data, caus_stage stage, uint64_t done,
                          uint64_t total)
{
    stopper *watch = data;
    (void)done;
    (void)total;
    if (stage == CAUS_STAGE_TEST)
        watch->flag = 1;
}

static void cancel_leaves_the_result_alone(void **unused)
{
    (void)unused;
    planted world = planted_now(7, 1, 1000, 40);
    stopper watch = {0};
    caus_run_options run_options = caus_run_options_default();
    run_options.threads = 1;
    run_options.cancel = &watch.flag;
    run_options.progress = stop_at_tests;
    run_options.progress_data = &watch;
    caus_run *run;
    caus_error err = {0};
    caus_discovery found = {.test_count = 99};
    caus_series series = world.series;
    series.segments = world.segments;
    caus_arena *out = caus_arena_new(0);
    size_t before = caus_arena_used_bytes(out);
    caus_pcmci_options options = plus_options();
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    assert_int_equal(
        caus_discover_pcmciplus(&series, &options, run, out, &found, &err),
        CAUS_ERR_CANCELLED);
    assert_int_equal(found.test_count, 99);
    assert_int_equal(caus_arena_used_bytes(out), before);
    caus_arena_free(out);
    caus_run_free(run);
    planted_free(&world);
}

/* Lag-0 edges of a search that was cut short are never oriented. */
static void a_time_limit_gives_a_partial_result(void **unused)
{
    (void)unused;
    planted world = planted_now(8, 1, 600, 60);
    caus_pcmci_options options = plus_options();
    options.pc_alpha = .4;
    bool seen_part = false;
    double limit = 1e-6;
    for (int k = 0; k < 16; k++) {
        caus_run_options run_options = caus_run_options_default();
        run_options.time_limit_s = limit;
        run_options.threads = 2;
        caus_run *run;
        assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
        caus_discovery found =
            planted_discover(&world, &options, run, world.arena);
        caus_run_free(run);
        if (found.complete)
            break;
        limit *= 3;
        seen_part = true;
        for (size_t i = 0; i < 60; i++)
            for (size_t j = i + 1; j < 60; j++) {
                const char *mark = text(&found, i, j);
                assert_true(*mark == 0 || strcmp(mark, "o-o") == 0);
            }
    }
    assert_true(seen_part);
    planted_free(&world);
}

static void out_of_memory_is_an_error_at_every_allocation(void **unused)
{
    (void)unused;
    planted world = planted_now(9, 2, 60, 5);
    planted_miss(&world, 0, 33, 1);
    caus_series series = world.series;
    series.segments = world.segments;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = planted_run(1);
        caus_arena *out = caus_arena_new(0);
        caus_discovery found;
        caus_error err = {0};
        caus_pcmci_options options = plus_options();
        options.fdr = CAUS_FDR_BH;
        options.pc_alpha = (double)NAN;
        options.bootstrap = 1;
        options.uneven_rows = true;
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_pcmciplus(&series, &options, run, out, &found, &err);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        caus_run_free(run);
    }
    planted_free(&world);
}

/* Links of independent noise stay near the share that alpha allows. */
static void noise_has_few_links(void **unused)
{
    (void)unused;
    size_t links = 0, pairs = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        planted world = planted_noise(100 + seed, 1, 300, 8);
        caus_run *run = planted_run(1);
        caus_pcmci_options options = plus_options();
        options.pc_alpha = .05;
        caus_discovery found =
            planted_discover(&world, &options, run, world.arena);
        links += caus_graph_edge_count(&found.graph);
        pairs += 8 * 8 * 2 + 8 * 7 / 2;
        caus_run_free(run);
        planted_free(&world);
    }
    double rate = (double)links / (double)pairs;
    assert_true(rate > .01 && rate < .065);
}

/* Variables that stand still but for one row in fifteen, each on its own. */
static planted planted_bursts(uint64_t seed)
{
    enum { ROWS = 110, VARIABLES = 5 };
    planted world = planted_noise(seed, 2, ROWS, VARIABLES);
    caus_random random;
    caus_random_init(&random, seed, 1);
    for (size_t s = 0; s < 2; s++) {
        for (size_t t = 0; t < ROWS; t++) {
            double *x = world.values[s] + t * VARIABLES;
            for (size_t v = 0; v < VARIABLES; v++) {
                bool moves = caus_random_uniform(&random) < 1. / 15;
                x[v] = moves ? 10 * x[v] : .1 * x[v];
                x[v] += t ? .6 * x[v - VARIABLES] : 0;
            }
        }
    }
    return world;
}

/* The share of all lag-0 tests with p ≤ .001; `largest` is the largest df. */
static double share_of_sure(bool uneven_rows, double *largest)
{
    size_t sure = 0, pairs = 0;
    caus_run *run = planted_run(1);
    for (uint64_t seed = 0; seed < 200; seed++) {
        planted world = planted_bursts(500 + seed);
        caus_pcmci_options options = plus_options();
        options.uneven_rows = uneven_rows;
        caus_discovery found =
            planted_discover(&world, &options, run, world.arena);
        for (size_t i = 0; i < 5; i++) {
            for (size_t j = i + 1; j < 5; j++, pairs++) {
                size_t cell = caus_graph_cell(&found.graph, i, j, 0);
                sure += found.p_value[cell] <= .001;
                *largest = fmax(*largest, found.df[cell]);
            }
        }
        planted_free(&world);
    }
    caus_run_free(run);
    return (double)sure / (double)pairs;
}

static void variables_that_move_in_bursts_meet_in_few_rows(void **unused)
{
    (void)unused;
    double df = 0, even_df = 0;
    assert_true(share_of_sure(false, &even_df) > .003);
    assert_true(share_of_sure(true, &df) <= .001);
    assert_true(df <= even_df); /* never more rows than there are */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collider_orients_what_follows_it),
        cmocka_unit_test(a_chain_without_a_past_cannot_be_oriented),
        cmocka_unit_test(the_result_does_not_depend_on_threads),
        cmocka_unit_test(no_reported_link_is_above_alpha),
        cmocka_unit_test(what_knowledge_orders_is_corrected_apart),
        cmocka_unit_test(what_the_user_knows_is_kept),
        cmocka_unit_test(odd_columns_are_results),
        cmocka_unit_test(cancel_leaves_the_result_alone),
        cmocka_unit_test(a_time_limit_gives_a_partial_result),
        cmocka_unit_test(out_of_memory_is_an_error_at_every_allocation),
        cmocka_unit_test(noise_has_few_links),
        cmocka_unit_test(variables_that_move_in_bursts_meet_in_few_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
