/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/jpcmciplus.h"

#include <math.h>
#include <string.h>

#include "fault.h"
#include "test.h"
#include "unit/contexts/world.h"

static caus_jpcmciplus_options strict_options(void)
{
    caus_jpcmciplus_options options = caus_jpcmciplus_options_default();
    options.search.max_lag = 2;
    options.search.pc_alpha = options.search.alpha = .01;
    options.search.all_links = true;
    return options;
}

static const char *edge(const caus_jpcmciplus *found, size_t i, size_t j,
                        size_t lag)
{
    return caus_edge_text(caus_graph_get(&found->discovery.graph, i, j, lag));
}

/* v0 → v1 at lag 1; what nobody measures adds to v1 and v2 alike. */
static void plant_hidden(world *w, bool is_place)
{
    for (size_t m = 0; m < w->series.segment_count; m++)
        for (size_t t = 1; t < w->segments[m].row_count; t++) {
            double *x = w->values[m] + 3 * t;
            double hidden = (double)((is_place ? m : t) * 7 % 5) - 2;
            x[1] += .6 * x[-3] + hidden;
            x[2] += hidden;
        }
}

static void hidden_contexts_do_not_link_their_effects(void **unused)
{
    (void)unused;
    for (size_t place = 0; place < 2; place++) {
        world w;
        world_noise(&w, 1, place ? 5 : 24, place ? 200 : 16, 3);
        plant_hidden(&w, place);
        caus_run *run = world_run(2);
        caus_jpcmciplus_options options = strict_options();
        caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
        size_t dummy = place ? 4 : 3;
        assert_int_equal(found.variable_count, 5);
        assert_string_equal(found.variables[3].name, "time_dummy");
        assert_int_equal(found.variables[4].role, CAUS_ROLE_SPACE_DUMMY);
        assert_string_equal(edge(&found, 0, 1, 1), "-->");
        assert_string_equal(edge(&found, 1, 2, 0), "");
        assert_string_equal(edge(&found, dummy, 1, 0), "-->");
        assert_string_equal(edge(&found, dummy, 2, 0), "-->");
        assert_string_equal(edge(&found, 0, dummy, 0), "");
        assert_string_equal(edge(&found, 7 - dummy, 2, 0), "");
        assert_true(found.discovery.complete);
        options.time_dummy = options.space_dummy = false;
        caus_jpcmciplus fooled = world_discover(&w, &options, run, w.arena);
        assert_int_equal(fooled.variable_count, 3);
        assert_string_not_equal(edge(&fooled, 1, 2, 0), "");
        caus_run_free(run);
        world_free(&w);
    }
}

static void observed_contexts_are_causes_at_their_lags(void **unused)
{
    (void)unused;
    world w;
    world_noise(&w, 2, 16, 60, 4);
    world_set_context(&w, 2, CAUS_ROLE_TIME_CONTEXT, 21);
    world_set_context(&w, 3, CAUS_ROLE_SPACE_CONTEXT, 22);
    for (size_t m = 0; m < 16; m++)
        for (size_t t = 1; t < 60; t++) {
            double *x = w.values[m] + 4 * t;
            x[0] += .9 * x[2 - 4];
            x[1] += .8 * x[3];
        }
    caus_run *run = world_run(1);
    caus_jpcmciplus_options options = strict_options();
    caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
    assert_string_equal(edge(&found, 2, 0, 1), "-->");
    assert_string_equal(edge(&found, 2, 0, 0), "");
    assert_string_equal(edge(&found, 3, 1, 0), "-->");
    assert_string_equal(edge(&found, 0, 1, 0), "");
    for (size_t d = 4; d < 6; d++)
        for (size_t v = 0; v < 2; v++)
            assert_string_equal(edge(&found, d, v, 0), "");
    caus_run_free(run);
    world_free(&w);
}

static void one_environment_is_plain_pcmciplus(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 3, 1, 200);
    caus_run *run = world_run(1);
    caus_jpcmciplus_options options = strict_options();
    options.search.test.interval = CAUS_INTERVAL_FISHER;
    caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
    caus_discovery plain;
    assert_int_equal(caus_discover_pcmciplus(&w.series, &options.search, run,
                                             w.arena, &plain, NULL),
                     CAUS_OK);
    assert_int_equal(found.variable_count, 3);
    assert_true(world_same(&found.discovery, &plain));
    caus_run_free(run);
    world_free(&w);
}

/* With masks that select everything each test works on the rows themselves. */
static void rows_and_correlations_agree(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        world w;
        world_confounded(&w, seed, 6, 40);
        for (size_t m = 0; m < 6; m++)
            w.segments[m].offset_steps = (int64_t)(seed * m % 4);
        for (size_t m = 0; m < 6; m++)
            for (size_t v = 0; v < 3; v++)
                w.selected[m][v] = ((uint64_t)1 << 40) - 1;
        caus_run *run = world_run(1);
        caus_jpcmciplus_options options = strict_options();
        options.search.pc_alpha = .2;
        caus_jpcmciplus fast = world_discover(&w, &options, run, w.arena);
        options.search.mask_roles = CAUS_MASK_TARGET;
        caus_jpcmciplus slow = world_discover(&w, &options, run, w.arena);
        assert_true(world_distance(&fast.discovery, &slow.discovery) < 1e-12);
        assert_int_equal(fast.discovery.test_count, slow.discovery.test_count);
        caus_run_free(run);
        world_free(&w);
    }
}

static void threads_and_order_change_no_byte(void **unused)
{
    (void)unused;
    world w, shuffled;
    world_confounded(&w, 5, 8, 50);
    world_confounded(&shuffled, 5, 8, 50);
    static const size_t order[] = {2, 0, 1};
    for (size_t v = 0; v < 3; v++) {
        shuffled.variables[v] = w.variables[order[v]];
        for (size_t m = 0; m < 8; m++)
            for (size_t t = 0; t < 50; t++)
                shuffled.values[m][3 * t + v] = w.values[m][3 * t + order[v]];
    }
    caus_run *one = world_run(1), *three = world_run(3);
    caus_jpcmciplus_options options = strict_options();
    caus_jpcmciplus a = world_discover(&w, &options, one, w.arena);
    caus_jpcmciplus b = world_discover(&w, &options, three, w.arena);
    caus_jpcmciplus c = world_discover(&shuffled, &options, one, w.arena);
    assert_true(world_same(&a.discovery, &b.discovery));
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            for (size_t lag = 0; lag <= 2; lag++) {
                size_t from = i < 3 ? order[i] : i, to = j < 3 ? order[j] : j;
                double expected = a.discovery.statistic[caus_graph_cell(
                    &a.discovery.graph, from, to, lag)];
                double got = c.discovery.statistic[caus_graph_cell(
                    &c.discovery.graph, i, j, lag)];
                assert_memory_equal(&got, &expected, sizeof got);
            }
    caus_run_free(one);
    caus_run_free(three);
    world_free(&w);
    world_free(&shuffled);
}

static void a_power_of_two_changes_no_byte(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 6, 8, 50);
    caus_run *run = world_run(1);
    caus_jpcmciplus_options options = strict_options();
    caus_jpcmciplus before = world_discover(&w, &options, run, w.arena);
    for (size_t m = 0; m < 8; m++)
        for (size_t k = 0; k < 150; k++)
            w.values[m][k] = ldexp(w.values[m][k], k % 3 == 1 ? 300 : -70);
    caus_jpcmciplus after = world_discover(&w, &options, run, w.arena);
    assert_true(world_same(&before.discovery, &after.discovery));
    caus_run_free(run);
    world_free(&w);
}

/* A time context given the time dummy, and a copy of a column. */
static void what_conditions_determine_is_no_link(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 7, 10, 50);
    for (size_t m = 0; m < 10; m++)
        for (size_t t = 0; t < 50; t++)
            w.values[m][3 * t] = w.values[m][3 * t + 1];
    caus_run *run = world_run(1);
    caus_jpcmciplus_options options = strict_options();
    caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
    for (size_t cell = 0; cell < 5 * 5 * 3; cell++) {
        assert_true(isfinite(found.discovery.statistic[cell]));
        assert_true(found.discovery.p_value[cell] >= 0 &&
                    found.discovery.p_value[cell] <= 1);
    }
    caus_run_free(run);
    world_free(&w);
}

static void missing_and_short_environments_are_results(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 8, 8, 40);
    w.segments[3].row_count = 4; /* shorter than twice the largest lag */
    w.segments[5].row_count = 9;
    w.segments[2].offset_steps = 1000;
    for (size_t m = 0; m < 8; m++)
        for (size_t t = 0; t < 40; t += 7 + m) {
            w.missing[m][t % 3] |= (uint64_t)1 << t;
            w.values[m][3 * t + t % 3] = (double)NAN;
        }
    caus_run *run = world_run(2);
    caus_jpcmciplus_options options = strict_options();
    caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
    assert_true(found.discovery.complete);
    assert_int_equal(found.discovery.rows_used, 6 * 36 + 5);
    for (size_t cell = 0; cell < 5 * 5 * 3; cell++)
        assert_true(isfinite(found.discovery.statistic[cell]));
    caus_run_free(run);
    world_free(&w);
}

static void assert_refused(const world *w,
                           const caus_jpcmciplus_options *options,
                           caus_status status, const char *word)
{
    caus_run *run = world_run(1);
    caus_arena *out = caus_arena_new(0);
    caus_error err = {0};
    caus_jpcmciplus found = {.variable_count = 77};
    assert_int_equal(
        caus_discover_jpcmciplus(&w->series, options, run, out, &found, &err),
        status);
    assert_non_null(strstr(err.message, word));
    assert_int_equal(found.variable_count, 77);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
    caus_run_free(run);
}

static void settings_it_cannot_honour_are_refused(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 9, 4, 40);
    caus_jpcmciplus_options options = strict_options();
    options.search.pc_alpha = (double)NAN;
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "pc_alpha");
    options = strict_options();
    options.search.min_lag = 1;
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "lag");
    options = strict_options();
    options.search.bootstrap = 5;
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "bootstrap");
    options = strict_options();
    options.search.test.test = (caus_test)(CAUS_TEST_PARCORR + 1);
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "parcorr");
    world_free(&w);
}

static void roles_that_data_or_knowledge_deny_are_refused(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 10, 4, 40);
    caus_jpcmciplus_options options = strict_options();
    w.variables[0].role = CAUS_ROLE_TIME_CONTEXT;
    assert_refused(&w, &options, CAUS_ERR_INVALID_DATA, "v0");
    w.variables[0].role = CAUS_ROLE_SPACE_CONTEXT;
    assert_refused(&w, &options, CAUS_ERR_INVALID_DATA, "environment");
    w.variables[0].role = CAUS_ROLE_TIME_DUMMY;
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "dummy");
    for (size_t v = 0; v < 3; v++)
        w.variables[v].role = CAUS_ROLE_TIME_CONTEXT;
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "system");
    for (size_t v = 1; v < 3; v++)
        w.variables[v].role = CAUS_ROLE_SYSTEM;
    world_set_context(&w, 0, CAUS_ROLE_TIME_CONTEXT, 3);
    unsigned char known[3 * 3 * 3] = {0};
    known[(1 * 3 + 0) * 3] = CAUS_ASSUME_LINK;
    options.search.assumptions = known;
    assert_refused(&w, &options, CAUS_ERR_INVALID_ARGUMENT, "causes only");
    world_free(&w);
}

static void knowledge_is_honoured_for_contexts_too(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 11, 12, 50);
    world_set_context(&w, 0, CAUS_ROLE_TIME_CONTEXT, 3);
    unsigned char known[3 * 3 * 3] = {0};
    known[(0 * 3 + 1) * 3] = CAUS_ASSUME_LINK;
    known[(1 * 3 + 1) * 3 + 1] = CAUS_ASSUME_ABSENT;
    known[(2 * 3 + 2) * 3 + 2] = CAUS_ASSUME_LINK;
    caus_jpcmciplus_options options = strict_options();
    options.search.assumptions = known;
    caus_run *run = world_run(1);
    caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
    assert_string_equal(edge(&found, 0, 1, 0), "-->");
    assert_string_equal(edge(&found, 1, 1, 1), "");
    assert_string_equal(edge(&found, 2, 2, 2), "-->");
    caus_run_free(run);
    world_free(&w);
}

static void fdr_only_takes_links_away(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 12, 10, 40);
    caus_jpcmciplus_options options = strict_options();
    options.search.pc_alpha = options.search.alpha = .2;
    caus_run *run = world_run(1);
    caus_jpcmciplus all = world_discover(&w, &options, run, w.arena);
    options.search.fdr = CAUS_FDR_BH;
    options.search.fdr_contemporaneous = true;
    caus_jpcmciplus some = world_discover(&w, &options, run, w.arena);
    assert_non_null(some.discovery.q_value);
    for (size_t cell = 0; cell < 5 * 5 * 3; cell++) {
        if (some.discovery.graph.cells[cell].source != CAUS_MARK_NONE)
            assert_int_not_equal(all.discovery.graph.cells[cell].source,
                                 CAUS_MARK_NONE);
        assert_true(some.discovery.q_value[cell] >=
                    some.discovery.p_value[cell]);
    }
    caus_run_free(run);
    world_free(&w);
}

static void a_passed_time_limit_is_a_partial_result(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 13, 8, 60);
    caus_run_options run_options = caus_run_options_default();
    run_options.threads = 1;
    run_options.time_limit_s = 1e-9;
    caus_run *run;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    caus_jpcmciplus_options options = strict_options();
    caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
    assert_false(found.discovery.complete);
    assert_int_equal(found.discovery.graph.node_count, 5);
    caus_run_free(run);
    world_free(&w);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 14, 5, 30);
    w.missing[1][0] = 1;
    w.values[1][0] = (double)NAN;
    caus_jpcmciplus_options options = strict_options();
    bool failed = true;
    for (long n = 0; failed; n++) {
        caus_run *run = world_run(1);
        caus_arena *out = caus_arena_new(0);
        caus_jpcmciplus found = {.variable_count = 77};
        fault_fail_after(n);
        caus_status status = caus_discover_jpcmciplus(&w.series, &options, run,
                                                      out, &found, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(found.variable_count, 77);
        caus_arena_free(out);
        caus_run_free(run);
    }
    world_free(&w);
}

static void pooled_series_keep_their_clock(void **unused)
{
    (void)unused;
    world w;
    world_noise(&w, 15, 2, 20, 2);
    static const char *const names[] = {"east", "west"};
    caus_series parts[2] = {w.series, w.series}, pooled;
    for (size_t p = 0; p < 2; p++) {
        parts[p].segments = &w.segments[p];
        parts[p].segment_count = 1;
    }
    w.segments[0].start_ns = 50000000000;
    w.segments[1].start_ns = 47000000000;
    assert_int_equal(
        caus_series_pool(parts, names, 2, true, w.arena, &pooled, NULL),
        CAUS_OK);
    assert_int_equal(pooled.segment_count, 2);
    assert_int_equal(pooled.segments[0].offset_steps, 0);
    assert_int_equal(pooled.segments[1].offset_steps, -3);
    assert_int_equal(pooled.segments[1].environment, 1);
    assert_string_equal(pooled.environments[1].name, "west");
    assert_int_equal(
        caus_series_pool(parts, names, 2, false, w.arena, &pooled, NULL),
        CAUS_OK);
    assert_int_equal(pooled.segments[1].offset_steps, 0);
    world_free(&w);
}

static void series_that_do_not_match_are_not_pooled(void **unused)
{
    (void)unused;
    world w, other;
    world_noise(&w, 16, 1, 20, 2);
    world_noise(&other, 16, 1, 20, 2);
    static const char *const names[] = {"east", "west"};
    caus_series parts[2] = {w.series, other.series}, pooled;
    caus_error err = {0};
    assert_int_equal(
        caus_series_pool(parts, names, 0, false, w.arena, &pooled, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    parts[1].step_ns = 5;
    assert_int_equal(
        caus_series_pool(parts, names, 2, false, w.arena, &pooled, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "west has another step"));
    parts[1].step_ns = parts[0].step_ns;
    other.variables[1].name = "other";
    assert_int_equal(
        caus_series_pool(parts, names, 2, false, w.arena, &pooled, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "other"));
    parts[1].variable_count = 1;
    assert_int_equal(
        caus_series_pool(parts, names, 2, false, w.arena, &pooled, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    parts[0].step_ns = 0;
    assert_int_equal(
        caus_series_pool(parts, names, 1, true, w.arena, &pooled, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    world_free(&w);
    world_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_contexts_do_not_link_their_effects),
        cmocka_unit_test(observed_contexts_are_causes_at_their_lags),
        cmocka_unit_test(one_environment_is_plain_pcmciplus),
        cmocka_unit_test(rows_and_correlations_agree),
        cmocka_unit_test(threads_and_order_change_no_byte),
        cmocka_unit_test(a_power_of_two_changes_no_byte),
        cmocka_unit_test(what_conditions_determine_is_no_link),
        cmocka_unit_test(missing_and_short_environments_are_results),
        cmocka_unit_test(settings_it_cannot_honour_are_refused),
        cmocka_unit_test(roles_that_data_or_knowledge_deny_are_refused),
        cmocka_unit_test(knowledge_is_honoured_for_contexts_too),
        cmocka_unit_test(fdr_only_takes_links_away),
        cmocka_unit_test(a_passed_time_limit_is_a_partial_result),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(pooled_series_keep_their_clock),
        cmocka_unit_test(series_that_do_not_match_are_not_pooled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
