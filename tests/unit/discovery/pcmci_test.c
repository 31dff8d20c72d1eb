/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "discovery/discovery_internal.h"
#include "fault.h"
#include "test.h"
#include "unit/discovery/planted.h"

static caus_status discover(const planted *world,
                            const caus_pcmci_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_discovery *found, caus_error *err)
{
    caus_series series = world->series;
    series.segments = world->segments;
    return caus_discover_pcmci(&series, options, run, out, found, err);
}

/* Expects a status and a word of the sentence. */
static void expect_error(const planted *world,
                         const caus_pcmci_options *options, caus_status status,
                         const char *words)
{
    caus_error err = {0};
    caus_arena *out = caus_arena_new(0);
    caus_run *run = planted_run(1);
    caus_discovery found = {.test_count = 99};
    size_t before = caus_arena_used_bytes(out);
    assert_int_equal(discover(world, options, run, out, &found, &err), status);
    assert_int_equal(err.status, status);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_int_equal(found.test_count, 99);
    assert_int_equal(caus_arena_used_bytes(out), before);
    caus_run_free(run);
    caus_arena_free(out);
}

static void check_finite(const caus_discovery *found)
{
    for (size_t cell = 0; cell < planted_cells(found); cell++) {
        assert_true(fabs(found->statistic[cell]) <= 1);
        assert_true(found->p_value[cell] >= 0 && found->p_value[cell] <= 1);
        assert_true(found->lower[cell] >= -1 && found->upper[cell] <= 1);
    }
}

static void defaults_are_the_documented_ones(void **unused)
{
    (void)unused;
    caus_pcmci_options options = caus_pcmci_options_default();
    assert_int_equal(options.method, CAUS_METHOD_PCMCI);
    assert_int_equal(options.max_lag, 5);
    assert_int_equal(options.min_lag, 0);
    assert_true(fabs(options.alpha - .05) < 1e-15);
    assert_true(fabs(options.level - .95) < 1e-15);
    assert_int_equal(options.max_combinations, 1);
    assert_int_equal(options.bootstrap, 0);
}

static void p_values_of_unreported_links_are_not_evaluated(void **unused)
{
    (void)unused;
    planted world = planted_chain(1, 1, 200, 4);
    caus_run *run = planted_run(1);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 2;
    caus_discovery some = planted_discover(&world, &options, run, world.arena);
    options.all_links = true;
    caus_discovery all = planted_discover(&world, &options, run, world.arena);
    size_t unknown = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            for (size_t lag = 0; lag <= 2; lag++) {
                size_t cell = caus_graph_cell(&some.graph, i, j, lag);
                bool has_link =
                    *caus_edge_text(caus_graph_get(&some.graph, i, j, lag));
                assert_true(all.p_value[cell] >= 0);
                if (isnan(some.p_value[cell])) {
                    assert_false(has_link);
                    assert_true(all.p_value[cell] > options.alpha);
                    unknown++;
                } else {
                    assert_memory_equal(&some.p_value[cell], &all.p_value[cell],
                                        sizeof(double));
                }
            }
    assert_true(unknown > 0);
    check_finite(&all);
    caus_run_free(run);
    planted_free(&world);
}

static void constant_duplicate_and_collinear_columns_are_results(void **unused)
{
    (void)unused;
    for (int method = CAUS_METHOD_PCMCI; method <= CAUS_METHOD_LAGGED;
         method++) {
        planted world = planted_chain(2, 1, 200, 7);
        for (size_t r = 0; r < 200; r++) {
            double *x = world.values[0] + r * 7;
            x[3] = 42;
            x[4] = x[0];
            x[5] = x[0] + x[1] - 3;
            x[6] = (double)r; /* all its lags are collinear */
        }
        caus_run *run = planted_run(2);
        caus_pcmci_options options = caus_pcmci_options_default();
        options.method = (caus_method)method;
        options.max_lag = 2;
        options.all_links = true;
        options.bootstrap = 3;
        caus_discovery found =
            planted_discover(&world, &options, run, world.arena);
        check_finite(&found);
        for (size_t j = 0; j < 7; j++)
            for (size_t lag = 0; lag <= 2; lag++) {
                size_t cell = caus_graph_cell(&found.graph, 3, j, lag);
                assert_true(found.statistic[cell] >= 0 &&
                            found.statistic[cell] <= 0);
                assert_true(found.p_value[cell] >= 1);
            }
        caus_run_free(run);
        planted_free(&world);
    }
}

/* Both copies fail in selection, given the other, and both keep their link. */
static void both_copies_of_a_cause_keep_their_link(void **unused)
{
    (void)unused;
    planted world = planted_noise(3, 1, 200, 3);
    for (size_t r = 1; r < 200; r++) {
        double *x = world.values[0] + r * 3;
        x[1] += .6 * x[-3];
        x[2] = x[0];
    }
    world.values[0][2] = world.values[0][0];
    caus_run *run = planted_run(1);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 2;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    size_t first = caus_graph_cell(&found.graph, 0, 1, 1);
    size_t copy = caus_graph_cell(&found.graph, 2, 1, 1);
    assert_int_equal(found.parents[1].count, 0);
    assert_int_equal(found.graph.cells[first].target, CAUS_MARK_ARROW);
    assert_int_equal(found.graph.cells[copy].target, CAUS_MARK_ARROW);
    assert_memory_equal(&found.statistic[first], &found.statistic[copy], 8);
    caus_run_free(run);
    planted_free(&world);
}

static void too_few_rows_says_how_many_are_needed(void **unused)
{
    (void)unused;
    planted world = planted_noise(4, 1, 20, 4);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = CAUS_METHOD_FULLCI;
    options.max_lag = 3;
    expect_error(&world, &options, CAUS_ERR_TOO_FEW_SAMPLES, "at least 15");
    options.method = CAUS_METHOD_PCMCI;
    options.max_lag = 10;
    expect_error(&world, &options, CAUS_ERR_TOO_FEW_SAMPLES, "20 rows");
    planted_free(&world);
}

static void wrong_options_are_named(void **unused)
{
    (void)unused;
    planted world = planted_noise(5, 1, 60, 2);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.min_lag = 6;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "smallest lag 6");
    options = caus_pcmci_options_default();
    options.alpha = 1.5;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "alpha is 1.5");
    options = caus_pcmci_options_default();
    options.pc_alpha = 0;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "pc_alpha is 0");
    options = caus_pcmci_options_default();
    options.level = 1;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "level");
    options = caus_pcmci_options_default();
    options.max_combinations = 0;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "combination");
    options = caus_pcmci_options_default();
    options.max_lag = 0;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "--max-lag 1");
    world.series.step_ns = 0;
    options.max_lag = 1;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "no lags");
    planted_free(&world);
}

static void a_table_is_tested_at_lag_0(void **unused)
{
    (void)unused;
    planted world = planted_noise(6, 1, 100, 3);
    world.series.step_ns = 0;
    for (size_t r = 0; r < 100; r++)
        world.values[0][r * 3 + 1] += world.values[0][r * 3];
    caus_run *run = planted_run(1);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = CAUS_METHOD_LAGGED;
    options.max_lag = 0;
    options.alpha = .001;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    assert_string_equal(caus_edge_text(caus_graph_get(&found.graph, 0, 1, 0)),
                        "o-o");
    assert_int_equal(caus_graph_edge_count(&found.graph), 1);
    caus_run_free(run);
    planted_free(&world);
}

static size_t cell_of(size_t source, size_t target, size_t lag)
{
    return (source * 3 + target) * 3 + lag; /* 3 variables, lags 0 … 2 */
}

static void assumptions_are_honoured(void **unused)
{
    (void)unused;
    planted world = planted_chain(7, 1, 200, 3);
    unsigned char cells[27] = {0};
    cells[cell_of(0, 1, 1)] = CAUS_ASSUME_ABSENT;
    cells[cell_of(2, 0, 2)] = CAUS_ASSUME_LINK;
    cells[cell_of(0, 1, 0)] = CAUS_ASSUME_LINK;
    cells[cell_of(2, 1, 0)] = CAUS_ASSUME_ADJACENT;
    cells[cell_of(0, 2, 0)] = CAUS_ASSUME_ABSENT;
    caus_run *run = planted_run(1);
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 2;
    options.assumptions = cells;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    const caus_graph *graph = &found.graph;
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 0, 1, 1)), "");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 2, 0, 2)), "-->");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 0, 1, 0)), "-->");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 1, 0, 0)), "<--");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 1, 2, 0)), "o-o");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 0, 2, 0)), "");
    assert_int_equal(found.parents[0].parents[0].variable, 2);
    caus_run_free(run);
    planted_free(&world);
}

static void contradicting_assumptions_are_refused(void **unused)
{
    (void)unused;
    planted world = planted_noise(8, 1, 100, 3);
    unsigned char cells[27] = {0};
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 2;
    options.assumptions = cells;
    cells[cell_of(0, 1, 0)] = CAUS_ASSUME_LINK;
    cells[cell_of(1, 0, 0)] = CAUS_ASSUME_LINK;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "contradict");
    memset(cells, 0, sizeof cells);
    cells[cell_of(0, 1, 2)] = CAUS_ASSUME_LINK_BACK;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT,
                 "past cannot be an effect");
    cells[cell_of(0, 1, 2)] = 77;
    expect_error(&world, &options, CAUS_ERR_INVALID_ARGUMENT, "means nothing");
    planted_free(&world);
}

static void a_memory_limit_is_refused_before_the_work(void **unused)
{
    (void)unused;
    planted world = planted_noise(9, 1, 100, 200);
    caus_run_options run_options = caus_run_options_default();
    run_options.memory_limit_bytes = 4 << 20;
    caus_run *run;
    caus_error err;
    caus_discovery found;
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    assert_int_equal(discover(&world, NULL, run, world.arena, &found, &err),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "limit of 4 MiB"));
    caus_run_free(run);
    planted_free(&world);
}

/* Of this thread alone: other programs must not make a test fail. */
static double worked(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef struct canceller {
    volatile sig_atomic_t flag;
    caus_stage stage;
    double set_at;
    uint64_t calls;
} canceller;

/* Cancels at the first word from the stage asked for. */
static void cancel_in_stage(void *data, caus_stage stage, uint64_t done,
                            uint64_t total)
{
    canceller *watch = data;
    (void)done;
    (void)total;
    watch->calls++;
    if (stage != watch->stage || watch->flag)
        return;
    watch->set_at = worked();
    watch->flag = 1;
}

static void cancel_stops_every_stage_within_100_ms(void **unused)
{
    (void)unused;
    planted world = planted_chain(10, 1, 1500, 60);
    for (int stage = CAUS_STAGE_SELECT; stage <= CAUS_STAGE_BOOTSTRAP;
         stage++) {
        canceller watch = {.stage = (caus_stage)stage};
        caus_run_options run_options = caus_run_options_default();
        run_options.threads = 1; /* a volatile flag set by a thread of the
                                    call would be a race to TSan */
        run_options.cancel = &watch.flag;
        run_options.progress = cancel_in_stage;
        run_options.progress_data = &watch;
        caus_run *run;
        caus_error err;
        caus_discovery found;
        caus_pcmci_options options = caus_pcmci_options_default();
        options.bootstrap = 100000;
        assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
        assert_int_equal(
            discover(&world, &options, run, world.arena, &found, &err),
            CAUS_ERR_CANCELLED);
        assert_true(watch.flag && worked() - watch.set_at < .1);
        caus_run_free(run);
    }
    planted_free(&world);
}

static caus_discovery discover_within(const planted *world, double seconds,
                                      size_t bootstrap)
{
    caus_run_options run_options = caus_run_options_default();
    run_options.time_limit_s = seconds;
    run_options.threads = 2;
    caus_run *run;
    caus_pcmci_options options = caus_pcmci_options_default();
    options.bootstrap = bootstrap;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    double before = worked();
    caus_discovery found = planted_discover(world, &options, run, world->arena);
    assert_true(worked() - before < seconds + 1);
    caus_run_free(run);
    return found;
}

static void a_time_limit_gives_a_partial_result(void **unused)
{
    (void)unused;
    planted world = planted_chain(11, 1, 1500, 80);
    caus_discovery some = {0};
    caus_discovery nothing = discover_within(&world, 1e-6, 0);
    assert_false(nothing.complete);
    assert_int_equal(caus_graph_edge_count(&nothing.graph), 0);
    assert_true(nothing.p_value[5] >= 1);
    /* long enough to come to the bootstrap, however busy the machine is */
    for (double seconds = 1; !some.stability; seconds *= 2) {
        assert_true(seconds < 100);
        some = discover_within(&world, seconds, 100000);
        assert_false(some.complete);
    }
    planted_free(&world);
}

static void out_of_memory_is_an_error_at_every_allocation(void **unused)
{
    (void)unused;
    planted world = planted_chain(12, 2, 80, 4);
    planted_miss(&world, 0, 33, 1);
    for (int method = CAUS_METHOD_PCMCI; method <= CAUS_METHOD_LAGGED;
         method++) {
        bool failed = true;
        for (long allowed = 0; failed; allowed++) {
            caus_run *run = planted_run(1);
            caus_arena *out = caus_arena_new(0);
            caus_discovery found;
            caus_error err = {0};
            caus_pcmci_options options = caus_pcmci_options_default();
            options.method = (caus_method)method;
            options.max_lag = 2;
            options.fdr = CAUS_FDR_BH;
            options.pc_alpha = (double)NAN;
            options.bootstrap = 2;
            fault_fail_after(allowed);
            caus_status status =
                discover(&world, &options, run, out, &found, &err);
            failed = fault_stop();
            assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            if (failed)
                assert_int_equal(caus_arena_used_bytes(out), 0);
            caus_arena_free(out);
            caus_run_free(run);
        }
    }
    planted_free(&world);
}

static void fdr_equals_its_definition(void **unused)
{
    (void)unused;
    /* sorted: .001 .008 .039 .041 .6; BH: p · 5 / rank, made monotone */
    const double p[5] = {.041, .001, .6, .039, .008};
    const double expected[5] = {.05125, .005, .6, .05125, .02};
    double q[5];
    size_t order[5];
    caus_fdr_adjust(p, 5, CAUS_FDR_BH, order, q);
    for (size_t k = 0; k < 5; k++)
        assert_true(fabs(q[k] - expected[k]) < 1e-15);
    double harmonic = 1 + 1. / 2 + 1. / 3 + 1. / 4 + 1. / 5;
    caus_fdr_adjust(p, 5, CAUS_FDR_BY, order, q);
    for (size_t k = 0; k < 5; k++)
        assert_true(fabs(q[k] - fmin(1, expected[k] * harmonic)) < 1e-15);
    caus_fdr_adjust(p, 0, CAUS_FDR_BH, order, q);
}

static void blocks_grow_with_autocorrelation(void **unused)
{
    (void)unused;
    size_t rows[2];
    for (size_t k = 0; k < 2; k++) {
        planted world = planted_noise(13, 1, 2000, 2);
        for (size_t t = 1; k && t < 2000; t++)
            world.values[0][2 * t] += .9 * world.values[0][2 * t - 2];
        caus_series series = world.series;
        series.segments = world.segments;
        caus_sample_options options = {.longest_lag = 4};
        caus_sample sample;
        caus_run *run = planted_run(1);
        assert_int_equal(caus_sample_init(&series, &options, run, world.arena,
                                          &sample, NULL),
                         CAUS_OK);
        rows[k] = caus_block_rows(&sample);
        caus_run_free(run);
        planted_free(&world);
    }
    assert_true(rows[0] <= 3);
    /* phi = .9: (4 · 1996 · 90² / 19²)^(1/3) = 56 */
    assert_in_range(rows[1], 40, 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(p_values_of_unreported_links_are_not_evaluated),
        cmocka_unit_test(constant_duplicate_and_collinear_columns_are_results),
        cmocka_unit_test(both_copies_of_a_cause_keep_their_link),
        cmocka_unit_test(too_few_rows_says_how_many_are_needed),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(a_table_is_tested_at_lag_0),
        cmocka_unit_test(assumptions_are_honoured),
        cmocka_unit_test(contradicting_assumptions_are_refused),
        cmocka_unit_test(a_memory_limit_is_refused_before_the_work),
        cmocka_unit_test(cancel_stops_every_stage_within_100_ms),
        cmocka_unit_test(a_time_limit_gives_a_partial_result),
        cmocka_unit_test(out_of_memory_is_an_error_at_every_allocation),
        cmocka_unit_test(fdr_equals_its_definition),
        cmocka_unit_test(blocks_grow_with_autocorrelation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
