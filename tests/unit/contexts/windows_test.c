/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/windows.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "test.h"
#include "unit/contexts/world.h"

static caus_pcmci_options search_options(caus_method method)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = method;
    options.max_lag = 2;
    options.pc_alpha = options.alpha = .01;
    options.all_links = true;
    return options;
}

/* v0 → v1 at lag 1 in every other stretch of rows, v1 → v2 always. */
static void plant_regimes(world *w, size_t stretch)
{
    for (size_t m = 0; m < w->series.segment_count; m++)
        for (size_t t = 1; t < w->segments[m].row_count; t++) {
            double *x = w->values[m] + 3 * t;
            x[1] += t / stretch % 2 ? .9 * x[-3] : 0;
            x[2] += .6 * x[1 - 3];
        }
}

static size_t *label_stretches(const world *w, size_t stretch)
{
    size_t rows = caus_series_row_count(&w->series), row = 0;
    size_t *labels = caus_arena_array(w->arena, rows, sizeof *labels);
    assert_non_null(labels);
    for (size_t m = 0; m < w->series.segment_count; m++)
        for (size_t t = 0; t < w->segments[m].row_count; t++)
            labels[row++] = t / stretch % 2;
    return labels;
}

static void a_window_of_all_rows_is_a_plain_search(void **unused)
{
    (void)unused;
    static const caus_method methods[] = {CAUS_METHOD_PCMCI,
                                          CAUS_METHOD_PCMCIPLUS};
    for (size_t k = 0; k < 2; k++) {
        world w;
        world_confounded(&w, 1, 1, 130);
        w.missing[0][0] = 1 << 5;
        w.values[0][15] = (double)NAN;
        caus_run *run = world_run(2);
        caus_window_options options = {130, 1, search_options(methods[k])};
        caus_windows found;
        caus_discovery plain;
        assert_int_equal(caus_discover_windows(&w.series, &options, run,
                                               w.arena, &found, NULL),
                         CAUS_OK);
        assert_int_equal(found.window_count, 1);
        assert_int_equal(caus_discover_pcmci(&w.series, &options.search, run,
                                             w.arena, &plain, NULL),
                         CAUS_OK);
        assert_true(world_same(&found.windows[0].discovery, &plain));
        assert_true(found.complete);
        caus_run_free(run);
        world_free(&w);
    }
}

static void a_window_is_a_search_of_its_rows(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 2, 2, 200);
    w.segments[1].row_count = 90; /* too short for a window */
    w.segments[0].start_ns = 7000000000;
    for (size_t t = 3; t < 200; t += 11)
        w.values[0][3 * t + t % 3] = (double)NAN;
    for (size_t t = 3; t < 200; t += 11)
        w.missing[0][t % 3 * 4 + t / 64] |= (uint64_t)1 << t % 64;
    caus_run *run = world_run(1);
    caus_window_options options = {100, 37, search_options(CAUS_METHOD_PCMCI)};
    caus_windows found;
    assert_int_equal(
        caus_discover_windows(&w.series, &options, run, w.arena, &found, NULL),
        CAUS_OK);
    assert_int_equal(found.window_count, 3);
    for (size_t k = 0; k < 3; k++) {
        const caus_window *window = &found.windows[k];
        static const char *const names[] = {"v0", "v1", "v2"};
        caus_series cut;
        caus_discovery alone;
        assert_int_equal(window->first_row, 37 * k);
        assert_int_equal(window->start_ns, (7 + 37 * (int64_t)k) * 1000000000);
        assert_int_equal(caus_series_from_values(
                             names, 3, w.values[0] + 3 * window->first_row, 100,
                             1000000000, w.arena, &cut, NULL),
                         CAUS_OK);
        assert_int_equal(caus_discover_pcmci(&cut, &options.search, run,
                                             w.arena, &alone, NULL),
                         CAUS_OK);
        assert_true(world_same(&window->discovery, &alone));
    }
    caus_run_free(run);
    world_free(&w);
}

static void windows_that_cannot_be_are_refused(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 3, 1, 50);
    caus_run *run = world_run(1);
    caus_windows found;
    caus_error err = {0};
    caus_window_options options = {51, 1, search_options(CAUS_METHOD_PCMCI)};
    assert_int_equal(
        caus_discover_windows(&w.series, &options, run, w.arena, &found, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "has 50"));
    options = (caus_window_options){10, 0, search_options(CAUS_METHOD_PCMCI)};
    assert_int_equal(
        caus_discover_windows(&w.series, &options, run, w.arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options.step_rows = 1;
    options.search.method = CAUS_METHOD_JPCMCIPLUS;
    assert_int_equal(
        caus_discover_windows(&w.series, &options, run, w.arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    options.search.method = CAUS_METHOD_PCMCI;
    options.length_rows = 4; /* no more than twice the largest lag */
    assert_int_equal(
        caus_discover_windows(&w.series, &options, run, w.arena, &found, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    caus_run_free(run);
    world_free(&w);
}

static void one_regime_is_a_plain_search(void **unused)
{
    (void)unused;
    static const caus_method methods[] = {CAUS_METHOD_PCMCI,
                                          CAUS_METHOD_PCMCIPLUS};
    for (size_t k = 0; k < 2; k++) {
        world w;
        world_confounded(&w, 4, 2, 100);
        caus_run *run = world_run(2);
        caus_pcmci_options options = search_options(methods[k]);
        size_t *labels = label_stretches(&w, 1000);
        caus_regime_labels one = {.regime_count = 1, .labels = labels};
        caus_regimes found;
        caus_discovery plain;
        assert_int_equal(caus_discover_regimes(&w.series, &one, &options, run,
                                               w.arena, &found, NULL),
                         CAUS_OK);
        assert_int_equal(caus_discover_pcmci(&w.series, &options, run, w.arena,
                                             &plain, NULL),
                         CAUS_OK);
        assert_int_equal(found.regimes[0].row_count, 200);
        assert_true(world_distance(&found.regimes[0].discovery, &plain) <
                    1e-12);
        assert_memory_equal(found.regimes[0].discovery.graph.cells,
                            plain.graph.cells, 27 * sizeof(caus_edge));
        caus_run_free(run);
        world_free(&w);
    }
}

static void each_regime_has_its_own_links(void **unused)
{
    (void)unused;
    world w;
    world_noise(&w, 5, 1, 1200, 3);
    plant_regimes(&w, 100);
    caus_run *run = world_run(2);
    caus_pcmci_options options = search_options(CAUS_METHOD_PCMCI);
    caus_regime_labels two = {.regime_count = 2,
                              .labels = label_stretches(&w, 100)};
    caus_regimes found;
    assert_int_equal(caus_discover_regimes(&w.series, &two, &options, run,
                                           w.arena, &found, NULL),
                     CAUS_OK);
    assert_int_equal(found.regime_count, 2);
    assert_true(found.complete);
    for (size_t k = 0; k < 2; k++) {
        const caus_graph *graph = &found.regimes[k].discovery.graph;
        caus_edge gated = caus_graph_get(graph, 0, 1, 1);
        assert_int_equal(gated.target,
                         k ? CAUS_MARK_ARROW : (int)CAUS_MARK_NONE);
        assert_int_equal(caus_graph_get(graph, 1, 2, 1).target,
                         CAUS_MARK_ARROW);
        assert_int_equal(found.regimes[k].row_count, 600);
    }
    caus_difference difference;
    assert_int_equal(caus_graph_difference(&found.regimes[0].discovery,
                                           &found.regimes[1].discovery, .001,
                                           w.arena, &difference, NULL),
                     CAUS_OK);
    assert_int_equal(difference.added, 1);
    assert_int_equal(difference.lost, 0);
    assert_true(difference.links[0].p_value < 1e-6);
    caus_run_free(run);
    world_free(&w);
}

static void values_of_a_variable_are_regimes(void **unused)
{
    (void)unused;
    world w;
    world_noise(&w, 6, 2, 6, 2);
    static const double phases[2][6] = {{2, 2, -1, -1, 2, 7},
                                        {7, 7, 7, -1, 2, 2}};
    for (size_t m = 0; m < 2; m++)
        for (size_t t = 0; t < 6; t++)
            w.values[m][2 * t + 1] = phases[m][t];
    w.missing[1][1] = 1; /* the first row of the second variable */
    caus_regime_labels labels;
    assert_int_equal(
        caus_regimes_of_variable(&w.series, 1, w.arena, &labels, NULL),
        CAUS_OK);
    static const size_t expected[] = {1,        1, 0, 0, 1, 2,
                                      SIZE_MAX, 2, 2, 0, 1, 1};
    assert_int_equal(labels.regime_count, 3);
    assert_memory_equal(labels.labels, expected, sizeof expected);
    assert_true(labels.values[0] < 0 && labels.values[2] > 6);
    world_free(&w);
}

static void regimes_that_cannot_be_are_refused(void **unused)
{
    (void)unused;
    world w;
    world_noise(&w, 7, 1, 200, 2);
    caus_run *run = world_run(1);
    caus_error err = {0};
    caus_regime_labels labels;
    caus_regimes found;
    size_t used = caus_arena_used_bytes(w.arena);
    assert_int_equal(
        caus_regimes_of_variable(&w.series, 2, w.arena, &labels, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        caus_regimes_of_variable(&w.series, 1, w.arena, &labels, &err),
        CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(err.message, "200 different values"));
    memset(w.missing[0], 0xff, 8 * sizeof(uint64_t));
    assert_int_equal(
        caus_regimes_of_variable(&w.series, 1, w.arena, &labels, &err),
        CAUS_ERR_INVALID_DATA);
    assert_int_equal(caus_arena_used_bytes(w.arena), used);
    size_t *wrong = label_stretches(&w, 10);
    labels = (caus_regime_labels){.regime_count = 1, .labels = wrong};
    assert_int_equal(caus_discover_regimes(&w.series, &labels, NULL, run,
                                           w.arena, &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    labels.regime_count = 0;
    assert_int_equal(caus_discover_regimes(&w.series, &labels, NULL, run,
                                           w.arena, &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    caus_run_free(run);
    world_free(&w);
}

/* A result of three variables without lags, made by hand. */
typedef struct made {
    caus_edge cells[9];
    double statistic[9];
    double df[9];
    caus_discovery discovery;
} made;

static void make(made *m)
{
    *m = (made){0};
    for (size_t k = 0; k < 9; k++)
        m->df[k] = 103;
    m->discovery = (caus_discovery){.graph = {3, 0, m->cells, NULL, 0},
                                    .statistic = m->statistic,
                                    .df = m->df};
}

static void join(made *m, size_t i, size_t j, caus_mark at_i, caus_mark at_j,
                 double statistic)
{
    caus_graph_set(&m->discovery.graph, i, j, 0, at_i, at_j);
    m->statistic[3 * i + j] = m->statistic[3 * j + i] = statistic;
}

static void a_difference_tells_what_changed(void **unused)
{
    (void)unused;
    made a, b;
    caus_arena *out = caus_arena_new(0);
    caus_difference found;
    make(&a);
    make(&b);
    join(&a, 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .5);
    join(&b, 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .1);
    join(&a, 0, 2, CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE, .4);
    join(&b, 0, 2, CAUS_MARK_ARROW, CAUS_MARK_TAIL, .4);
    join(&b, 1, 2, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .3);
    assert_int_equal(caus_graph_difference(&a.discovery, &b.discovery, .05, out,
                                           &found, NULL),
                     CAUS_OK);
    assert_int_equal(found.link_count, 3);
    assert_int_equal(found.links[0].change, CAUS_CHANGE_STRENGTH);
    assert_int_equal(found.links[1].change, CAUS_CHANGE_REORIENTED);
    assert_int_equal(found.links[2].change, CAUS_CHANGE_ADDED);
    assert_string_equal(caus_change_name(found.links[1].change), "reoriented");
    /* 1 − pnorm(z) twice, z = (atanh(.5) − atanh(.1)) / sqrt(2 / 102) */
    double z = (.54930614433405485 - .10033534773107558) / sqrt(2. / 102);
    assert_true(fabs(found.links[0].p_value - erfc(z / sqrt(2))) < 1e-15);
    assert_true(fabs(found.links[1].p_value - 1) < 1e-15);
    assert_int_equal(caus_graph_difference(&b.discovery, &a.discovery, .001,
                                           out, &found, NULL),
                     CAUS_OK);
    assert_int_equal(found.lost, 1);
    assert_int_equal(found.changed, 0);
    caus_arena_free(out);
}

static void what_has_no_df_has_no_p_value(void **unused)
{
    (void)unused;
    made a, b;
    caus_arena *out = caus_arena_new(0);
    caus_difference found;
    make(&a);
    make(&b);
    join(&a, 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW, 1);
    join(&b, 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .1);
    join(&a, 0, 2, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .5);
    join(&b, 0, 2, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .1);
    b.df[2] = 1;
    assert_int_equal(
        caus_graph_difference(&a.discovery, &b.discovery, 1, out, &found, NULL),
        CAUS_OK);
    assert_true(isnan(found.links[0].p_value));
    assert_true(isnan(found.links[1].p_value));
    assert_int_equal(found.links[0].change, CAUS_CHANGE_NONE);
    b.discovery.df = NULL;
    assert_int_equal(
        caus_graph_difference(&a.discovery, &b.discovery, 1, out, &found, NULL),
        CAUS_OK);
    assert_true(isnan(found.links[1].p_value));
    caus_error err = {0};
    assert_int_equal(
        caus_graph_difference(&a.discovery, &b.discovery, 2, out, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    b.discovery.graph.node_count = 2;
    assert_int_equal(
        caus_graph_difference(&a.discovery, &b.discovery, 1, out, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    caus_arena_free(out);
}

static void a_summary_holds_what_most_graphs_have(void **unused)
{
    (void)unused;
    made graphs[4];
    const caus_discovery *found[4];
    for (size_t k = 0; k < 4; k++) {
        make(&graphs[k]);
        found[k] = &graphs[k].discovery;
    }
    for (size_t k = 0; k < 3; k++)
        join(&graphs[k], 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .4);
    for (size_t k = 0; k < 2; k++) /* two of four: no edge wins */
        join(&graphs[k], 0, 2, CAUS_MARK_TAIL, CAUS_MARK_ARROW, .8);
    for (size_t k = 0; k < 4; k++) /* two each way */
        join(&graphs[k], 1, 2, k < 2 ? CAUS_MARK_TAIL : CAUS_MARK_ARROW,
             k < 2 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL, -.2);
    caus_arena *out = caus_arena_new(0);
    caus_graph_summary summary;
    assert_int_equal(caus_graphs_summarise(found, 4, out, &summary, NULL),
                     CAUS_OK);
    const caus_graph *graph = &summary.graph;
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 0, 1, 0)), "-->");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 0, 2, 0)), "");
    assert_string_equal(caus_edge_text(caus_graph_get(graph, 1, 2, 0)), "o-o");
    assert_true(fabs(summary.frequency[1] - .75) < 1e-15);
    assert_true(fabs(summary.frequency[3] - .75) < 1e-15);
    assert_true(fabs(summary.link_frequency[5] - 1) < 1e-15);
    assert_true(fabs(summary.frequency[5]) < 1e-15);
    assert_true(fabs(summary.mean_statistic[2] - .4) < 1e-15);
    caus_error err = {0};
    assert_int_equal(caus_graphs_summarise(found, 0, out, &summary, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    graphs[2].discovery.graph.max_lag = 1;
    assert_int_equal(caus_graphs_summarise(found, 4, out, &summary, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    caus_arena_free(out);
}

static void a_passed_time_limit_leaves_windows_out(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 8, 1, 300);
    caus_run_options run_options = caus_run_options_default();
    run_options.threads = 1;
    run_options.time_limit_s = 1e-9;
    caus_run *run;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    caus_window_options options = {100, 50, search_options(CAUS_METHOD_PCMCI)};
    caus_windows windows;
    assert_int_equal(caus_discover_windows(&w.series, &options, run, w.arena,
                                           &windows, NULL),
                     CAUS_OK);
    assert_false(windows.complete);
    assert_int_equal(windows.window_count, 0);
    caus_regime_labels two = {.regime_count = 2,
                              .labels = label_stretches(&w, 50)};
    caus_regimes regimes;
    assert_int_equal(caus_discover_regimes(&w.series, &two, &options.search,
                                           run, w.arena, &regimes, NULL),
                     CAUS_OK);
    assert_false(regimes.complete);
    caus_run_free(run);
    world_free(&w);
}

/* Everything of this header in one go; the first failure is returned. */
static caus_status call_all(const world *w, const size_t *stretches,
                            const caus_run *run, caus_arena *out)
{
    caus_window_options options = {60, 20, search_options(CAUS_METHOD_PCMCI)};
    caus_windows windows;
    caus_regime_labels read, given = {.regime_count = 2, .labels = stretches};
    caus_regimes regimes;
    CAUS_TRY(caus_regimes_of_variable(&w->series, 0, out, &read, NULL));
    CAUS_TRY(caus_discover_regimes(&w->series, &given, &options.search, run,
                                   out, &regimes, NULL));
    CAUS_TRY(
        caus_discover_windows(&w->series, &options, run, out, &windows, NULL));
    const caus_discovery *found[2] = {&windows.windows[0].discovery,
                                      &windows.windows[1].discovery};
    caus_graph_summary summary;
    caus_difference difference;
    CAUS_TRY(caus_graphs_summarise(found, 2, out, &summary, NULL));
    return caus_graph_difference(found[0], found[1], .05, out, &difference,
                                 NULL);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    world w;
    world_confounded(&w, 9, 1, 80);
    w.missing[0][0] = 2;
    size_t *labels = label_stretches(&w, 20);
    bool failed = true;
    for (long n = 0; failed; n++) {
        caus_run *run = world_run(1);
        caus_arena *out = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status = call_all(&w, labels, run, out);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
        caus_run_free(run);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_of_all_rows_is_a_plain_search),
        cmocka_unit_test(a_window_is_a_search_of_its_rows),
        cmocka_unit_test(windows_that_cannot_be_are_refused),
        cmocka_unit_test(one_regime_is_a_plain_search),
        cmocka_unit_test(each_regime_has_its_own_links),
        cmocka_unit_test(values_of_a_variable_are_regimes),
        cmocka_unit_test(regimes_that_cannot_be_are_refused),
        cmocka_unit_test(a_difference_tells_what_changed),
        cmocka_unit_test(what_has_no_df_has_no_p_value),
        cmocka_unit_test(a_summary_holds_what_most_graphs_have),
        cmocka_unit_test(a_passed_time_limit_leaves_windows_out),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
