/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that nobody took rates of. */
#include <math.h>

#include "caus/counters.h"
#include "fault.h"
#include "test.h"

enum { ROWS = 40, COLUMNS = 6 };

static const char *const names[COLUMNS] = {"a_requests_total",
                                           "a_questions",
                                           "a_memory_bytes",
                                           "a_errors_total{code=\"500\"}",
                                           "a_cpu",
                                           "a_restarts_total"};

/* 3 requests a second in steps of 5 s; a row is missing, and a process starts
 * anew in one. */
static void fill(double values[ROWS * COLUMNS])
{
    for (size_t r = 0; r < ROWS; r++) {
        double *row = values + r * COLUMNS, time = (double)r;
        row[0] = r < 30 ? 1000 + 15 * time : 15 * (time - 29);
        row[1] = 70 + 10 * time;
        row[2] = 1e8 + 1e5 * time;
        row[3] = r < 20 ? 6000 : 6000 + 5 * (time - 19);
        row[4] = .2 + (r % 3 ? .1 : 0);
        row[5] = r < 20 ? 1 : 2;
    }
    values[10 * COLUMNS] = (double)NAN;
}

static caus_series make_of(const char *const *called, size_t count,
                           const double *values, caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(called, count, values, ROWS,
                                             INT64_C(5000000000), arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

static caus_series make(caus_arena *arena)
{
    double values[ROWS * COLUMNS];
    fill(values);
    return make_of(names, COLUMNS, values, arena);
}

/* Which of the columns count; `rated` as the series then is. */
static const bool *rate(const char *const *called, size_t count,
                        const double *values, caus_arena *arena,
                        caus_series *rated)
{
    caus_series series = make_of(called, count, values, arena);
    const bool *counters;
    assert_int_equal(
        caus_series_rate_counters(&series, arena, rated, &counters, NULL),
        CAUS_OK);
    return counters;
}

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-12);
}

static void counters_become_increases_a_second(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make(arena), rated;
    const bool *counters;
    assert_int_equal(
        caus_series_rate_counters(&series, arena, &rated, &counters, NULL),
        CAUS_OK);
    static const bool expected[COLUMNS] = {true, true,  false,
                                           true, false, false};
    for (size_t v = 0; v < COLUMNS; v++)
        assert_int_equal(counters[v], expected[v]);
    const caus_segment *segment = &rated.segments[0];
    assert_true(caus_segment_is_missing(segment, 0, 0));
    assert_true(caus_segment_is_missing(segment, 10, 0));
    for (size_t r = 1; r < ROWS; r++) {
        const double *row = segment->values + r * COLUMNS;
        if (r != 10)
            assert_near(row[0], 3);
        assert_near(row[1], 2);
        assert_near(row[3], r < 20 ? 0 : 1);
        assert_near(row[2], series.segments[0].values[r * COLUMNS + 2]);
    }
    caus_arena_free(arena);
}

static void what_has_a_kind_or_falls_stays_as_it_is(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make(arena), rated;
    caus_variable *variables = (caus_variable *)(uintptr_t)series.variables;
    double *values = (double *)(uintptr_t)series.segments[0].values;
    const bool *counters;
    for (size_t v = 0; v < COLUMNS; v++)
        variables[v].kind = CAUS_KIND_GAUGE;
    variables[0].kind = CAUS_KIND_UNKNOWN;
    values[25 * COLUMNS] = 1200;
    assert_int_equal(
        caus_series_rate_counters(&series, arena, &rated, &counters, NULL),
        CAUS_OK);
    assert_ptr_equal(rated.segments, series.segments);
    caus_arena_free(arena);
}

/* Of three processes one starts anew: what the others count goes on. */
static void a_sum_of_processes_may_fall_by_a_part(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make(arena), rated;
    double *values = (double *)(uintptr_t)series.segments[0].values;
    const bool *counters;
    for (size_t r = 0; r < ROWS; r++) {
        double gone = r < 20 ? 0 : 500;
        values[r * COLUMNS] = 1500 - gone + 15 * (double)r;
        values[r * COLUMNS + 1] = 700 - gone / 2 + 10 * (double)r;
    }
    assert_int_equal(
        caus_series_rate_counters(&series, arena, &rated, &counters, NULL),
        CAUS_OK);
    assert_true(counters[0]);
    assert_false(counters[1]); /* is not called one */
    const caus_segment *segment = &rated.segments[0];
    for (size_t r = 1; r < ROWS; r++) {
        bool missing = caus_segment_is_missing(segment, r, 0);
        assert_int_equal(missing, r == 20 || r == 10);
        if (!missing)
            assert_near(segment->values[r * COLUMNS], 3);
    }
    caus_arena_free(arena);
}

/* As a level they would have been more ever since. */
static void failures_that_are_seldom_are_counted(void **state)
{
    (void)state;
    enum { SELDOM = 6 };
    static const char *const seldom[SELDOM] = {
        "a_requests_5xx_count", "a_requests_total{code=\"503\"}",
        "a_errors_total",       "a_pods_count",
        "a_failures_count",     "a_errors"};
    caus_arena *arena = caus_arena_new(0);
    double values[ROWS * SELDOM];
    caus_series rated;
    for (size_t r = 0; r < ROWS; r++) {
        double *row = values + r * SELDOM;
        row[0] = row[1] = row[5] = r < 25 ? 6000 : 6050;
        row[2] = r < 20 ? 1 : r < 30 ? 2 : 3;
        row[3] = r < 25 ? 4 : 5;
        row[4] = r < 35 ? 0 : 20; /* or as many in each row since */
    }
    const bool *counters = rate(seldom, SELDOM, values, arena, &rated);
    static const bool expected[SELDOM] = {true,  true,  true,
                                          false, false, false};
    for (size_t v = 0; v < SELDOM; v++)
        assert_int_equal(counters[v], expected[v]);
    for (size_t r = 1; r < ROWS; r++)
        assert_near(rated.segments[0].values[r * SELDOM], r == 25 ? 10 : 0);
    caus_arena_free(arena);
}

/* What there is at a time is no count, whatever a label or a word says. */
static void what_grows_at_a_time_is_no_count_of_failures(void **state)
{
    (void)state;
    enum { GROWING = 3 };
    static const char *const growing[GROWING] = {
        "a_disk_used_bytes{port=\"5432\"}", "a_retry_queue_size",
        "a_requests_total{code=\"503\"}"};
    caus_arena *arena = caus_arena_new(0);
    double values[ROWS * GROWING];
    caus_series rated;
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t v = 0; v < GROWING; v++)
            values[r * GROWING + v] = 100 + (double)(r / 4);
    }
    const bool *counters = rate(growing, GROWING, values, arena, &rated);
    for (size_t v = 0; v < GROWING; v++)
        assert_int_equal(counters[v], v == 2);
    caus_arena_free(arena);
}

/* For long nothing fails: then hardly a row rises, and none falls. */
static void what_counts_failures_need_not_rise_in_every_row(void **state)
{
    (void)state;
    static const char *const called[COLUMNS] = {
        "a_upstream_rq_5xx", "a_threads",    "a_errors",
        "a_error_rate",      "a_rq_timeout", "a_timeouts"};
    caus_arena *arena = caus_arena_new(0);
    double values[ROWS * COLUMNS];
    caus_series rated;
    for (size_t r = 0; r < ROWS; r++) {
        double failed = r < 25 ? 40 : 40 + 7 * (double)(r - 24);
        for (size_t v = 0; v < COLUMNS; v++)
            values[r * COLUMNS + v] = failed;
        values[r * COLUMNS + 2] = r % 3 ? 0 : failed; /* for each row */
        values[r * COLUMNS + 3] /= 1000;
        values[r * COLUMNS + 5] = fmin(failed, 75); /* rises too seldom */
    }
    const bool *counters = rate(called, COLUMNS, values, arena, &rated);
    for (size_t v = 0; v < COLUMNS; v++)
        assert_int_equal(counters[v], v == 0 || v == 4);
    caus_arena_free(arena);
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    for (long successes = 0;; successes++) {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = make(arena), rated = {0};
        const bool *counters = NULL;
        caus_error err;
        fault_fail_after(successes);
        caus_status status =
            caus_series_rate_counters(&series, arena, &rated, &counters, &err);
        bool failed = fault_stop();
        assert_true(status == CAUS_OK || (failed && !counters));
        caus_arena_free(arena);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_become_increases_a_second),
        cmocka_unit_test(what_has_a_kind_or_falls_stays_as_it_is),
        cmocka_unit_test(a_sum_of_processes_may_fall_by_a_part),
        cmocka_unit_test(failures_that_are_seldom_are_counted),
        cmocka_unit_test(what_counts_failures_need_not_rise_in_every_row),
        cmocka_unit_test(what_grows_at_a_time_is_no_count_of_failures),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
