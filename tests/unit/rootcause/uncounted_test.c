/* SPDX-License-Identifier: Apache-2.0 */
/* Failures that are told from the first on, or only where there are some. */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "made_case.h"
#include "rootcause/uncounted.h"
#include "test.h"

enum { ROWS = 80, FIRST = 60, REQUESTS = 0, FAILURES = 1, VARIABLES = 2 };

/* 1 = a value, 0 = none */
typedef int has_value(size_t row);

static int always(size_t row)
{
    return row < ROWS;
}

static int from_the_first(size_t row)
{
    return row >= FIRST;
}

static int now_and_then(size_t row)
{
    return row % 10 < 2;
}

static int less_often(size_t row)
{
    return row % 4 == 0;
}

static caus_series make(caus_arena *arena, const char *failures,
                        has_value *requests, has_value *failed, double least)
{
    const char *names[VARIABLES] = {"pay_requests", failures};
    has_value *const has[VARIABLES] = {requests, failed};
    caus_variable *variables =
        caus_arena_array(arena, VARIABLES, sizeof *variables);
    double *values = caus_arena_array(arena, ROWS * VARIABLES, sizeof *values);
    uint64_t *missing = caus_arena_array(arena, VARIABLES * 2, sizeof *missing);
    for (size_t v = 0; v < VARIABLES; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = names[v];
        variables[v].service = "pay";
        for (size_t r = 0; r < ROWS; r++) {
            bool is = has[v](r);
            values[r * VARIABLES + v] =
                is ? least + (double)(r % 3) : (double)NAN;
            if (!is)
                missing[v * 2 + r / 64] |= UINT64_C(1) << (r % 64);
        }
    }
    return made_window(arena, variables, VARIABLES, ROWS, values, missing);
}

/* How many rows of a series without failures are 0 afterwards. */
static size_t filled(made_fixture *with, const caus_series *series)
{
    caus_case about = {.series = series, .run = with->run, .out = with->arena};
    size_t count = 0;
    assert_int_equal(caus_uncounted_fill(&about, &with->err), CAUS_OK);
    for (size_t r = 0; r < ROWS; r++) {
        if (!caus_segment_is_missing(&series->segments[0], r, FAILURES))
            continue;
        if (caus_segment_is_missing(&about.series->segments[0], r, FAILURES))
            continue;
        size_t at = r * VARIABLES + FAILURES;
        assert_true(about.series->segments[0].values[at] == 0);
        count++;
    }
    return count;
}

static size_t filled_of(made_fixture *with, const char *failures,
                        has_value *requests, has_value *failed, double least)
{
    caus_series series = make(with->arena, failures, requests, failed, least);
    return filled(with, &series);
}

static void there_were_none_before_the_first(void **state)
{
    assert_int_equal(filled_of(*state, "pay_errors", always, from_the_first, 0),
                     FIRST);
    assert_int_equal(
        filled_of(*state, "pay_HTTPCode_5XX", always, from_the_first, 5),
        FIRST);
}

static void what_never_is_0_has_no_value_where_it_would_be(void **state)
{
    assert_int_equal(filled_of(*state, "pay_errors", always, now_and_then, 1),
                     ROWS - ROWS / 5);
    assert_int_equal(filled_of(*state, "pay_errors", always, now_and_then, 0),
                     0);
}

static void what_is_not_measured_may_be_anything(void **state)
{
    assert_int_equal(
        filled_of(*state, "pay_errors", from_the_first, from_the_first, 1), 0);
    assert_int_equal(filled_of(*state, "pay_errors", always, less_often, 1), 0);
    assert_int_equal(
        filled_of(*state, "pay_error_ratio", always, from_the_first, 0), 0);
    assert_int_equal(
        filled_of(*state, "pay_latency", always, from_the_first, 0), 0);
}

/* Root answers as fast as ever; what fails there has no value before. */
static void who_begins_to_fail_is_named(void **state)
{
    made_fixture *with = *state;
    made_measure measures[MADE_VARIABLES];
    made_quiet(measures);
    measures[1] = (made_measure){"front_errors", "front", 1, .2, 30};
    measures[5] = (made_measure){"mid_errors", "mid", 1, .2, 30};
    measures[7] = (made_measure){"root_errors", "root", 30, 2, 0};
    caus_series series = made_series(with->arena, measures, NULL, 1);
    caus_segment *segment = (caus_segment *)(uintptr_t)series.segments;
    double *values = (double *)(uintptr_t)segment->values;
    uint64_t *missing = caus_arena_array(
        with->arena, MADE_VARIABLES * segment->word_count, sizeof *missing);
    for (size_t r = 0; r < MADE_ONSET; r++) {
        values[r * MADE_VARIABLES + 7] = (double)NAN;
        missing[7 * segment->word_count + r / 64] |= UINT64_C(1) << (r % 64);
    }
    segment->missing = missing;
    caus_explain_options options = made_options();
    options.symptom = "front_errors";
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "root");
}

static void without_memory_it_says_so(void **state)
{
    made_fixture *with = *state;
    caus_series series =
        make(with->arena, "pay_errors", always, from_the_first, 1);
    for (long successes = 0;; successes++) {
        caus_arena *out = caus_arena_new(0);
        caus_case about = {.series = &series, .run = with->run, .out = out};
        fault_fail_after(successes);
        caus_status status = caus_uncounted_fill(&about, &with->err);
        bool failed = fault_stop();
        assert_true(status == CAUS_OK || (failed && about.series == &series));
        caus_arena_free(out);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_were_none_before_the_first,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_never_is_0_has_no_value_where_it_would_be, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_measured_may_be_anything,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(who_begins_to_fail_is_named,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(without_memory_it_says_so, made_set_up,
                                        made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
