// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "telemetry/clickhouse_bins.h"

enum { FIRST = 1000, LAST = 1009 };

static const int64_t step_ns = 60000000000;
static const caus_step_ranges ranges = {60000000000, 1, {{FIRST, LAST}}};
static const caus_span_group everything = {
    .errors = true, .mean = true, .quantile = {true, true, true}};

typedef struct row {
    uint32_t step;
    unsigned entry;
    uint64_t spans, errors;
    double level_s; /* of mean; quantiles are 1, 2 and 3 times it */
} row;

static caus_status take(caus_span_bins *bins, row from, caus_error *err)
{
    double level_ns = from.level_s * 1e9;
    caus_row_value values[8] = {{.number = from.step},  {.number = from.entry},
                                {.number = from.spans}, {.number = from.errors},
                                {.real = level_ns},     {.real = level_ns},
                                {.real = 2 * level_ns}, {.real = 3 * level_ns}};
    return caus_span_bins_take(bins, values, err);
}

static caus_span_bins bins_of(const row *rows, size_t count)
{
    caus_span_bins bins = {.group = &everything, .ranges = &ranges};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(take(&bins, rows[i], NULL), CAUS_OK);
    caus_span_bins_settle(&bins);
    return bins;
}

static caus_fetch_options options_for(int first, int last)
{
    return (caus_fetch_options){
        .window = {first * step_ns, last * step_ns, step_ns}};
}

typedef struct made {
    caus_arena *out;
    caus_track track;
    const char *texts[4];
    caus_warnings warnings;
} made;

static caus_status make(const caus_span_bins *bins, caus_trace_value value,
                        const caus_fetch_options *options,
                        const caus_span_presence *presence, made *to,
                        caus_error *err)
{
    caus_variable_spec spec = {.origin = CAUS_ORIGIN_TRACE,
                               .name = "cart_value",
                               .service = "cart",
                               .trace_value = value};
    to->warnings = (caus_warnings){to->texts, 0, 4};
    return caus_span_track(bins, &spec, options, presence, "SELECT 1", to->out,
                           &to->track, &to->warnings, err);
}

static made track_of(const caus_span_bins *bins, caus_trace_value value,
                     const caus_span_presence *presence)
{
    made result = {.out = caus_arena_new(0)};
    caus_fetch_options options = options_for(FIRST, LAST);
    assert_int_equal(make(bins, value, &options, presence, &result, NULL),
                     CAUS_OK);
    return result;
}

static void a_count_is_zero_where_others_have_spans_else_missing(void **state)
{
    (void)state;
    const row rows[] = {{1000, 1, 7, 2, 1}, {1003, 1, 9, 0, 1}};
    uint32_t steps[] = {1000, 1001, 1003, 1008};
    caus_span_presence presence = {&ranges, steps, 4, 4};
    caus_span_bins bins = bins_of(rows, 2);
    made calls = track_of(&bins, CAUS_TRACE_CALLS, &presence);
    static const double wanted[] = {7, 0, 9, 0};
    assert_int_equal(calls.track.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(calls.track.time_ns[i] == steps[i] * step_ns);
        assert_true(calls.track.value[i] == wanted[i]);
        assert_true(calls.track.support[i] == wanted[i]);
    }
    made errors = track_of(&bins, CAUS_TRACE_ERRORS, &presence);
    assert_int_equal(errors.track.count, 4);
    assert_true(errors.track.value[0] == 2 && errors.track.value[1] == 0);
    assert_true(errors.track.support[2] == 9);
    made ratio = track_of(&bins, CAUS_TRACE_ERROR_RATIO, &presence);
    assert_int_equal(ratio.track.count, 2);
    assert_true(ratio.track.value[0] == 2.0 / 7);
    made alone = track_of(&bins, CAUS_TRACE_CALLS, NULL);
    assert_int_equal(alone.track.count, 2);
    caus_arena_free(calls.out);
    caus_arena_free(errors.out);
    caus_arena_free(ratio.out);
    caus_arena_free(alone.out);
    caus_span_bins_deinit(&bins);
}

static void entry_spans_count_alone_where_there_are_any(void **state)
{
    (void)state;
    const row rows[] = {
        {1000, 0, 70, 0, 1}, {1001, 0, 50, 0, 1}, {1001, 1, 60, 0, 2}};
    caus_span_bins bins = bins_of(rows, 3);
    made got = track_of(&bins, CAUS_TRACE_CALLS, NULL);
    assert_int_equal(got.track.count, 1);
    assert_true(got.track.value[0] == 60);
    caus_arena_free(got.out);
    caus_span_bins_deinit(&bins);
    bins = bins_of(rows, 2);
    got = track_of(&bins, CAUS_TRACE_CALLS, NULL);
    assert_int_equal(got.track.count, 2);
    caus_arena_free(got.out);
    caus_span_bins_deinit(&bins);
}

static void latency_is_p95_with_fifty_spans_and_p50_below(void **state)
{
    (void)state;
    row rows[] = {
        {1000, 1, 10, 0, 1}, {1001, 1, 50, 0, 1}, {1002, 1, 90, 0, 1}};
    caus_span_bins bins = bins_of(rows, 3);
    made got = track_of(&bins, CAUS_TRACE_LATENCY, NULL);
    assert_true(got.track.value[0] == 2 && got.warnings.count == 0);
    assert_int_equal(got.track.variable.kind, CAUS_KIND_LATENCY_QUANTILE);
    caus_arena_free(got.out);
    caus_span_bins_deinit(&bins);
    rows[1].spans = 49;
    bins = bins_of(rows, 3);
    got = track_of(&bins, CAUS_TRACE_LATENCY, NULL);
    assert_true(got.track.value[0] == 1);
    assert_int_equal(got.warnings.count, 1);
    assert_string_equal(got.texts[0],
                        "cart_value: a median of 49 spans a step is too few "
                        "for p95 (50), so it is p50; --step 2m would give "
                        "enough");
    caus_arena_free(got.out);
    got = track_of(&bins, CAUS_TRACE_LATENCY_P99, NULL);
    assert_true(got.track.value[0] == 3);
    assert_non_null(strstr(got.texts[0], "little more than the slowest span"));
    caus_arena_free(got.out);
    caus_span_bins_deinit(&bins);
}

static void a_latency_of_fewer_than_five_spans_is_missing(void **state)
{
    (void)state;
    const row rows[] = {{1000, 1, 4, 0, 1}, {1001, 1, 5, 0, 1}};
    caus_span_bins bins = bins_of(rows, 2);
    made got = track_of(&bins, CAUS_TRACE_LATENCY_AVG, NULL);
    assert_int_equal(got.track.count, 1);
    assert_true(got.track.time_ns[0] == 1001 * step_ns);
    assert_int_equal(got.warnings.count, 1);
    assert_string_equal(got.texts[0], "cart_value: 1 step with fewer than 5 "
                                      "spans is missing");
    caus_arena_free(got.out);
    caus_span_bins_deinit(&bins);
}

static void steps_between_baseline_and_window_are_left_out(void **state)
{
    (void)state;
    const row rows[] = {{1001, 1, 5, 0, 1},
                        {1004, 1, 5, 0, 1},
                        {1005, 1, 6, 0, 1},
                        {1008, 1, 7, 0, 1}};
    caus_span_bins bins = bins_of(rows, 4);
    caus_fetch_options options = options_for(1007, 1009);
    options.baseline = (caus_grid){1000 * step_ns, 1004 * step_ns, step_ns};
    made got = {.out = caus_arena_new(0)};
    assert_int_equal(make(&bins, CAUS_TRACE_CALLS, &options, NULL, &got, NULL),
                     CAUS_OK);
    assert_int_equal(got.track.count, 3);
    assert_true(got.track.value[2] == 7);
    caus_step_range gap;
    assert_true(caus_span_bins_gap(&bins, &options, &gap));
    assert_int_equal(gap.first, 1000);
    assert_int_equal(gap.last, 1009);
    options = options_for(1004, 1005);
    assert_false(caus_span_bins_gap(&bins, &options, &gap));
    caus_arena_free(got.out);
    caus_span_bins_deinit(&bins);
}

static void rows_that_cannot_be_true_are_refused(void **state)
{
    (void)state;
    const row wrong[] = {
        {999, 1, 5, 0, 1},                 /* outside */
        {1010, 1, 5, 0, 1},                /* outside */
        {1003, 1, 5, 0, 1},                /* goes back */
        {1004, 1, 5, 0, 1},                /* twice */
        {1004, 0, 5, 0, 1},                /* entry first */
        {1005, 2, 5, 0, 1},                /* no flag */
        {1005, 1, 0, 0, 1},                /* empty */
        {1005, 1, 5, 6, 1},                /* more errors than spans */
        {1005, 1, 5, 0, (double)NAN},      /* no number */
        {1005, 1, 5, 0, (double)INFINITY}, /* likewise */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const row good = {1004, 1, 5, 0, 1};
        caus_span_bins bins = bins_of(&good, 1);
        assert_int_equal(take(&bins, wrong[i], NULL), CAUS_ERR_INVALID_DATA);
        assert_int_equal(bins.count, 1);
        caus_span_bins_deinit(&bins);
    }
    caus_span_presence presence = {.ranges = &ranges};
    const uint64_t steps[] = {1000, 1000, 999, 2000};
    for (size_t i = 0; i < 4; i++) {
        caus_row_value value = {.number = steps[i]};
        assert_int_equal(caus_span_presence_take(&presence, &value, NULL),
                         i ? CAUS_ERR_INVALID_DATA : CAUS_OK);
    }
    free(presence.steps);
}

static void assembly_survives_each_failed_allocation(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        caus_span_bins bins = {.group = &everything, .ranges = &ranges};
        made got = {.out = caus_arena_new(0)};
        caus_fetch_options options = options_for(FIRST, LAST);
        caus_error err;
        fault_fail_after(n);
        caus_status status = CAUS_OK;
        for (uint32_t step = FIRST; step <= LAST && status == CAUS_OK; step++)
            status = take(&bins, (row){step, 1, 3 + step % 4, 0, 1}, &err);
        if (status == CAUS_OK)
            status =
                make(&bins, CAUS_TRACE_LATENCY, &options, NULL, &got, &err);
        bool refused = fault_stop();
        caus_arena_free(got.out);
        caus_span_bins_deinit(&bins);
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (!refused)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_zero_where_others_have_spans_else_missing),
        cmocka_unit_test(entry_spans_count_alone_where_there_are_any),
        cmocka_unit_test(latency_is_p95_with_fifty_spans_and_p50_below),
        cmocka_unit_test(a_latency_of_fewer_than_five_spans_is_missing),
        cmocka_unit_test(steps_between_baseline_and_window_are_left_out),
        cmocka_unit_test(rows_that_cannot_be_true_are_refused),
        cmocka_unit_test(assembly_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
