/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/series.h"
#include "fault.h"
#include "test.h"

#define MISSING ((double)NAN)

typedef struct bench {
    caus_run *run;
    caus_arena *arena;
} bench;

static int set_up(void **state)
{
    bench *b = test_calloc(1, sizeof *b);
    caus_run_options options = {.threads = 1};
    assert_int_equal(caus_run_new(&options, &b->run, NULL), CAUS_OK);
    b->arena = caus_arena_new(0);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    caus_run_free(b->run);
    caus_arena_free(b->arena);
    test_free(b);
    return 0;
}

static caus_track make_track(caus_kind kind, const int64_t *times,
                             const double *values, size_t count)
{
    caus_track track = {.variable = caus_variable_default(),
                        .count = count,
                        .time_ns = times,
                        .value = values};
    track.variable.name = "v";
    track.variable.kind = kind;
    return track;
}

static caus_series align_track(const bench *b, const caus_track *track,
                               caus_grid window)
{
    caus_samples samples = {1, track};
    caus_align_options options = {.window = window};
    caus_series series;
    caus_error err = {0};
    if (caus_series_align(&samples, &options, b->run, b->arena, &series,
                          &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return series;
}

static void assert_rows(const caus_series *series, const double *expected,
                        size_t count)
{
    const caus_segment *segment = &series->segments[0];
    assert_int_equal(segment->row_count, count);
    for (size_t row = 0; row < count; row++) {
        bool missing = isnan(expected[row]);
        assert_int_equal(caus_segment_is_missing(segment, row, 0), missing);
        assert_int_equal(isnan(segment->values[row]), missing);
        if (!missing)
            assert_true(segment->values[row] == expected[row]);
    }
}

static void sample_on_an_edge_closes_its_bin(void **state)
{
    static const int64_t times[] = {0, 1, 10, 11, 20, 30, 31};
    static const double values[] = {1, 2, 4, 8, 16, 32, 64};
    caus_track track = make_track(CAUS_KIND_COUNT, times, values, 7);
    caus_series series = align_track(*state, &track, (caus_grid){0, 30, 10});
    static const double expected[] = {1, 2 + 4, 8 + 16, 32};
    assert_rows(&series, expected, 4);
}

static void window_is_aligned_down_and_its_end_inclusive(void **state)
{
    static const int64_t times[] = {-5, 5, 15, 25, 35};
    static const double values[] = {1, 2, 3, 4, 5};
    caus_track track = make_track(CAUS_KIND_GAUGE, times, values, 5);
    /* Start 7 becomes 0, end 39 becomes 30: the bin (30, 40] is half full. */
    caus_series series = align_track(*state, &track, (caus_grid){7, 39, 10});
    static const double expected[] = {1, 2, 3, 4};
    assert_rows(&series, expected, 4);
    assert_true(series.segments[0].start_ns == 0);
    assert_true(series.step_ns == 10);
}

static void times_before_1970_align_down_too(void **state)
{
    (void)state;
    caus_grid grid = caus_grid_align((caus_grid){-1, 5, 10});
    assert_true(grid.start_ns == -10);
    assert_true(grid.end_ns == 0);
    assert_int_equal(caus_grid_row_count(&grid), 2);
    grid = caus_grid_align((caus_grid){-20, -20, 10});
    assert_true(grid.start_ns == -20);
    assert_int_equal(caus_grid_row_count(&grid), 1);
}

static void grid_without_rows_counts_none(void **state)
{
    (void)state;
    assert_int_equal(caus_grid_row_count(&(caus_grid){10, 0, 10}), 0);
    assert_int_equal(caus_grid_row_count(&(caus_grid){0, 10, 0}), 0);
    caus_grid widest = {INT64_MIN, INT64_MAX, 1};
    assert_true(caus_grid_row_count(&widest) == SIZE_MAX);
    widest.step_ns = 7;
    assert_true(caus_grid_align(widest).start_ns == INT64_MIN);
}

static void several_samples_are_averaged_but_counts_summed(void **state)
{
    static const int64_t times[] = {2, 4, 6, 8};
    static const double values[] = {1, 2, 3, 6};
    static const caus_kind kinds[] = {CAUS_KIND_GAUGE, CAUS_KIND_COUNTER_RATE,
                                      CAUS_KIND_COUNT, CAUS_KIND_EVENT,
                                      CAUS_KIND_CATEGORY};
    static const double expected[] = {3, 3, 12, 6, 6};
    for (size_t i = 0; i < 5; i++) {
        caus_track track = make_track(kinds[i], times, values, 4);
        caus_series series =
            align_track(*state, &track, (caus_grid){10, 10, 10});
        assert_rows(&series, &expected[i], 1);
    }
}

static void support_weights_the_mean(void **state)
{
    static const int64_t times[] = {1, 2, 3, 11, 12, 21};
    static const double values[] = {1, 5, 100, 2, 4, MISSING};
    static const double support[] = {3, 1, 0, 0, 0, 2};
    caus_track track = make_track(CAUS_KIND_LATENCY_QUANTILE, times, values, 6);
    track.support = support;
    caus_series series = align_track(*state, &track, (caus_grid){10, 40, 10});
    /* The second bin knows no support: a plain mean. */
    static const double expected[] = {2, 3, MISSING, MISSING};
    assert_rows(&series, expected, 4);
    static const double supports[] = {4, 0, 2, 0};
    for (size_t row = 0; row < 4; row++)
        assert_true(series.segments[0].support[row] == supports[row]);
}

static void tracks_without_support_say_unknown(void **state)
{
    const bench *b = *state;
    static const int64_t times[] = {1};
    static const double values[] = {7}, support[] = {9};
    caus_track tracks[2] = {make_track(CAUS_KIND_GAUGE, times, values, 1),
                            make_track(CAUS_KIND_GAUGE, times, values, 1)};
    tracks[0].variable.name = "other";
    tracks[1].support = support;
    caus_samples samples = {2, tracks};
    caus_align_options options = {.window = {10, 10, 10}};
    caus_series series;
    assert_int_equal(
        caus_series_align(&samples, &options, b->run, b->arena, &series, NULL),
        CAUS_OK);
    assert_true(isnan(series.segments[0].support[0]));
    assert_true(series.segments[0].support[1] == 9);
}

static void duplicates_in_time_count_once(void **state)
{
    static const int64_t times[] = {5, 5, 5, 6, 6};
    static const double values[] = {1, 2, MISSING, 10, 10};
    caus_track track = make_track(CAUS_KIND_COUNT, times, values, 5);
    caus_series series = align_track(*state, &track, (caus_grid){10, 10, 10});
    static const double expected[] = {12};
    assert_rows(&series, expected, 1);
}

static void what_is_not_finite_is_missing_and_never_filled(void **state)
{
    static const int64_t times[] = {5, 15, 25, 45, 46};
    static const double values[] = {1, HUGE_VAL, MISSING, -HUGE_VAL, 3};
    caus_track track = make_track(CAUS_KIND_GAUGE, times, values, 5);
    caus_series series = align_track(*state, &track, (caus_grid){10, 50, 10});
    static const double expected[] = {1, MISSING, MISSING, MISSING, 3};
    assert_rows(&series, expected, 5);
}

static void empty_track_is_a_missing_column(void **state)
{
    caus_track track = make_track(CAUS_KIND_COUNT, NULL, NULL, 0);
    caus_series series = align_track(*state, &track, (caus_grid){10, 30, 10});
    static const double expected[] = {MISSING, MISSING, MISSING};
    assert_rows(&series, expected, 3);
}

static void regular_samples_align_to_themselves(void **state)
{
    enum { ROWS = 500 };
    const bench *b = *state;
    caus_random random;
    caus_random_init(&random, 7, 0);
    int64_t times[ROWS];
    double values[ROWS], support[ROWS];
    for (int kind = CAUS_KIND_UNKNOWN; kind <= CAUS_KIND_CATEGORY; kind++) {
        for (size_t i = 0; i < ROWS; i++) {
            times[i] = 60000 + 15 * (int64_t)i;
            values[i] = exp(30 * caus_random_normal(&random));
            support[i] = caus_random_uniform(&random);
            if (caus_random_below(&random, 9) == 0)
                values[i] = MISSING;
        }
        caus_track track = make_track((caus_kind)kind, times, values, ROWS);
        track.support = support;
        caus_series series = align_track(
            b, &track, (caus_grid){60000, 60000 + 15 * (ROWS - 1), 15});
        assert_rows(&series, values, ROWS);
    }
}

static void bins_agree_with_a_search_over_all_samples(void **state)
{
    enum { SAMPLES = 400 };
    const bench *b = *state;
    caus_random random;
    caus_random_init(&random, 3, 1);
    for (int round = 0; round < 30; round++) {
        int64_t times[SAMPLES], now = -1000;
        double values[SAMPLES];
        for (size_t i = 0; i < SAMPLES; i++) {
            now += 1 + (int64_t)caus_random_below(&random, 9);
            times[i] = now;
            values[i] = (double)caus_random_below(&random, 100);
        }
        caus_track track = make_track(CAUS_KIND_COUNT, times, values, SAMPLES);
        int64_t step = 1 + (int64_t)caus_random_below(&random, 40);
        caus_grid grid = caus_grid_align((caus_grid){-700, 600, step});
        caus_series series = align_track(b, &track, grid);
        double expected[2000];
        size_t rows = caus_grid_row_count(&grid);
        for (size_t row = 0; row < rows; row++) {
            int64_t end = grid.start_ns + (int64_t)row * step;
            expected[row] = MISSING;
            for (size_t i = 0; i < SAMPLES; i++)
                if (times[i] > end - step && times[i] <= end)
                    expected[row] =
                        values[i] + (isnan(expected[row]) ? 0 : expected[row]);
        }
        assert_rows(&series, expected, rows);
    }
}

static void baseline_is_a_segment_before_the_window(void **state)
{
    const bench *b = *state;
    static const int64_t times[] = {5, 15, 25, 35, 45};
    static const double values[] = {1, 2, 3, 4, 5};
    caus_track track = make_track(CAUS_KIND_GAUGE, times, values, 5);
    caus_samples samples = {1, &track};
    caus_align_options options = {.window = {40, 50, 10},
                                  .baseline = {10, 40, 10},
                                  .window_name = "incident"};
    caus_series series;
    assert_int_equal(
        caus_series_align(&samples, &options, b->run, b->arena, &series, NULL),
        CAUS_OK);
    assert_int_equal(series.segment_count, 2);
    assert_int_equal(series.environment_count, 2);
    assert_string_equal(series.environments[0].name, "baseline");
    assert_string_equal(series.environments[1].name, "incident");
    /* Row 40 is in both grids and belongs to the window. */
    assert_int_equal(series.segments[0].row_count, 3);
    assert_int_equal(series.segments[1].row_count, 2);
    assert_int_equal(series.segments[1].environment, 1);
    assert_true(series.segments[1].offset_steps == 3);
    assert_true(series.segments[0].values[2] == 3);
    assert_true(series.segments[1].values[0] == 4);
    assert_int_equal(caus_series_row_count(&series), 5);
}

static void texts_live_on_without_the_samples(void **state)
{
    char name[] = "pod_cpu", label[] = "zone";
    caus_label labels[1] = {{label, label}};
    caus_track track = make_track(CAUS_KIND_GAUGE, NULL, NULL, 0);
    track.variable.name = name;
    track.variable.labels = labels;
    track.variable.label_count = 1;
    track.variable.query = NULL;
    caus_series series = align_track(*state, &track, (caus_grid){0, 0, 1});
    memset(name, '!', sizeof name - 1);
    memset(label, '!', sizeof label - 1);
    memset(labels, 0, sizeof labels);
    assert_string_equal(series.variables[0].name, "pod_cpu");
    assert_string_equal(series.variables[0].labels[0].value, "zone");
    assert_string_equal(series.variables[0].query, "");
}

static void assert_refused(const bench *b, caus_samples samples,
                           caus_align_options options, caus_status expected,
                           const char *word)
{
    caus_series series = {.variable_count = 99};
    caus_error err;
    size_t used = caus_arena_used_bytes(b->arena);
    assert_int_equal(
        caus_series_align(&samples, &options, b->run, b->arena, &series, &err),
        expected);
    if (!strstr(err.message, word))
        fail_msg("%s", err.message);
    assert_int_equal(series.variable_count, 99);
    assert_int_equal(caus_arena_used_bytes(b->arena), used);
}

static void wrong_calls_are_refused_with_a_remedy(void **state)
{
    const bench *b = *state;
    static const int64_t times[] = {5, 4};
    static const double values[] = {1, 2};
    caus_track tracks[2] = {make_track(CAUS_KIND_GAUGE, times, values, 1),
                            make_track(CAUS_KIND_GAUGE, times, values, 1)};
    caus_samples one = {1, tracks}, two = {2, tracks}, none = {0, NULL};
    caus_align_options good = {.window = {0, 10, 10}}, bad = good;
    assert_refused(b, none, good, CAUS_ERR_TOO_FEW_SAMPLES, "no series");
    assert_refused(b, two, good, CAUS_ERR_INVALID_ARGUMENT, "\"v\"");
    bad.window.step_ns = 0;
    assert_refused(b, one, bad, CAUS_ERR_INVALID_ARGUMENT, "step");
    bad.window.step_ns = INT64_MAX;
    assert_refused(b, one, bad, CAUS_ERR_INVALID_ARGUMENT, "1970");
    bad.window = (caus_grid){20, 10, 10};
    assert_refused(b, one, bad, CAUS_ERR_INVALID_ARGUMENT, "before the start");
    bad.window = (caus_grid){0, INT64_MAX - 10, 10};
    assert_refused(b, one, bad, CAUS_ERR_INVALID_ARGUMENT, "1970");
    bad.window = (caus_grid){0, INT64_MAX / 2, 1};
    assert_refused(b, one, bad, CAUS_ERR_LIMIT, "wider step");
    bad = good;
    bad.baseline = (caus_grid){0, 10, 5};
    assert_refused(b, one, bad, CAUS_ERR_INVALID_ARGUMENT, "one step");
    bad.baseline = (caus_grid){0, 10, 10};
    assert_refused(b, one, bad, CAUS_ERR_INVALID_ARGUMENT, "no row before");
    tracks[0].count = 2;
    assert_refused(b, one, good, CAUS_ERR_INVALID_DATA, "v: sample 2");
}

static void cancelled_call_leaves_nothing(void **state)
{
    const bench *b = *state;
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = {.threads = 1, .cancel = &cancel};
    bench cancelled = {NULL, b->arena};
    assert_int_equal(caus_run_new(&options, &cancelled.run, NULL), CAUS_OK);
    caus_track track = make_track(CAUS_KIND_GAUGE, NULL, NULL, 0);
    caus_samples samples = {1, &track};
    assert_refused(&cancelled, samples,
                   (caus_align_options){.window = {0, 10, 10}},
                   CAUS_ERR_CANCELLED, "cancelled");
    caus_run_free(cancelled.run);
}

static void every_failed_allocation_is_reported(void **state)
{
    const bench *b = *state;
    static const int64_t times[] = {5};
    static const double values[] = {1};
    caus_label labels[1] = {{"a", "b"}};
    caus_track track = make_track(CAUS_KIND_GAUGE, times, values, 1);
    track.variable.labels = labels;
    track.variable.label_count = 1;
    track.support = values;
    caus_samples samples = {1, &track};
    caus_align_options options = {.window = {2000, 9000, 1},
                                  .baseline = {0, 1999, 1}};
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = {.variable_count = 99};
        fault_fail_after(n);
        status =
            caus_series_align(&samples, &options, b->run, arena, &series, NULL);
        fault_stop();
        assert_true(status == CAUS_OK || status == CAUS_ERR_OUT_OF_MEMORY);
        assert_int_equal(series.variable_count, status == CAUS_OK ? 1 : 99);
        caus_arena_free(arena);
        assert_true(n < 100);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sample_on_an_edge_closes_its_bin),
        TEST(window_is_aligned_down_and_its_end_inclusive),
        TEST(times_before_1970_align_down_too),
        TEST(grid_without_rows_counts_none),
        TEST(several_samples_are_averaged_but_counts_summed),
        TEST(support_weights_the_mean),
        TEST(tracks_without_support_say_unknown),
        TEST(duplicates_in_time_count_once),
        TEST(what_is_not_finite_is_missing_and_never_filled),
        TEST(empty_track_is_a_missing_column),
        TEST(regular_samples_align_to_themselves),
        TEST(bins_agree_with_a_search_over_all_samples),
        TEST(baseline_is_a_segment_before_the_window),
        TEST(texts_live_on_without_the_samples),
        TEST(wrong_calls_are_refused_with_a_remedy),
        TEST(cancelled_call_leaves_nothing),
        TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
