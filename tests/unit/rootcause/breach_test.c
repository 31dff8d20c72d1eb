/* SPDX-License-Identifier: Apache-2.0 */
/* When a named symptom stands out by itself, and what that tells of. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "rootcause/rows.h"
#include "test.h"

static const char symptom[] = "front_latency";

/* Healthy rows that can be written to. */
static caus_series calm(made_fixture *with, double **values)
{
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    caus_series series = made_series(with->arena, quiet, NULL, 1);
    *values = (double *)(uintptr_t)series.segments[0].values;
    return series;
}

static void add(const caus_series *series, double *values, const char *name,
                double size, size_t from, size_t end)
{
    size_t v = caus_series_find(series, name);
    for (size_t r = from; r < end; r++)
        values[r * MADE_VARIABLES + v] += size;
}

static caus_explain_options named(const char *name)
{
    caus_explain_options options = made_options();
    options.has_onset = false;
    options.topology = NULL;
    options.symptom = name;
    return options;
}

static caus_breach find(made_fixture *with, const caus_series *series,
                        const char *name)
{
    caus_explain_options options = named(name);
    caus_case about = {.series = series,
                       .whole = series,
                       .options = &options,
                       .run = with->run,
                       .out = with->arena};
    caus_breach found;
    assert_int_equal(caus_case_open(&about, &with->err), CAUS_OK);
    assert_int_equal(caus_breach_find(&about, &found, &with->err), CAUS_OK);
    return found;
}

static void what_goes_on_to_the_last_row_is_found(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    assert_false(find(with, &series, symptom).found);
    add(&series, values, symptom, .05, 200, MADE_ROWS);
    caus_breach found = find(with, &series, symptom);
    assert_true(found.found);
    assert_int_equal(found.near_row, 160);
    assert_int_equal(found.last_row, MADE_ROWS - 1);
    assert_int_equal(found.until_row, MADE_ROWS - 1);
}

static void as_many_rows_behind_it_are_compared(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, symptom, .5, 200, 212);
    caus_breach found = find(with, &series, symptom);
    assert_true(found.found);
    assert_int_equal(found.near_row, 188);
    assert_int_equal(found.last_row, 211);
    assert_int_equal(found.until_row, 223);
}

static void what_was_over_long_ago_is_none(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, symptom, 2, 100, 120);
    assert_false(find(with, &series, symptom).found);
}

static void of_two_the_later_is_meant(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, symptom, 2, 140, 180);
    assert_int_equal(find(with, &series, symptom).last_row, 179);
    add(&series, values, symptom, .1, 215, MADE_ROWS);
    caus_breach found = find(with, &series, symptom);
    assert_true(found.found);
    assert_int_equal(found.near_row, 190);
}

static void a_pause_is_no_end(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, symptom, .2, 180, 200);
    add(&series, values, symptom, .2, 215, MADE_ROWS);
    assert_int_equal(find(with, &series, symptom).near_row, 120);
}

static void what_comes_again_and_again_is_its_habit(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    for (size_t r = 20; r < MADE_ROWS; r += 30)
        add(&series, values, symptom, .3, r, r + 8);
    assert_false(find(with, &series, symptom).found);
}

static void what_is_better_than_usual_is_none(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, symptom, -.15, 200, MADE_ROWS);
    assert_false(find(with, &series, symptom).found);
}

static void a_share_that_was_whole_before_is_found(void **state)
{
    made_fixture *with = *state;
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    quiet[1] = (made_measure){"front_availability", "front", 100, 0, -2};
    caus_series series = made_series(with->arena, quiet, NULL, 1);
    caus_breach found = find(with, &series, "front_availability");
    assert_true(found.found);
    assert_int_equal(found.near_row, MADE_ONSET - (MADE_ROWS - MADE_ONSET));
}

/* Two rows of three have no value. */
static void a_symptom_may_be_measured_now_and_then(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    caus_segment segment = series.segments[0];
    size_t v = caus_series_find(&series, symptom);
    uint64_t *missing = caus_arena_array(
        with->arena, MADE_VARIABLES * segment.word_count, sizeof *missing);
    for (size_t r = 0; r < MADE_ROWS; r++) {
        if (r % 3 == 0)
            continue;
        missing[v * segment.word_count + r / 64] |= UINT64_C(1) << (r % 64);
        values[r * MADE_VARIABLES + v] = (double)NAN;
    }
    segment.missing = missing;
    series.segments = &segment;
    add(&series, values, symptom, .2, 210, MADE_ROWS);
    caus_breach found = find(with, &series, symptom);
    assert_true(found.found);
    assert_int_equal(found.near_row, 180);
    assert_int_equal(found.last_row, 237);
}

static void a_few_rows_are_enough(void **state)
{
    enum { FEW = 26, BROKEN = 21 };
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    caus_segment segment = series.segments[0];
    segment.row_count = FEW;
    segment.word_count = 1;
    series.segments = &segment;
    assert_false(find(with, &series, symptom).found);
    add(&series, values, symptom, .2, BROKEN, FEW);
    caus_breach found = find(with, &series, symptom);
    assert_true(found.found);
    assert_int_equal(found.near_row, BROKEN - (FEW - BROKEN));
    segment.row_count = CAUS_LEAST_SEARCHED - 1;
    assert_false(find(with, &series, symptom).found);
}

/* What began and ended before the window that was asked for is none of it. */
static void rows_of_a_baseline_are_not_in_question(void **state)
{
    enum { WINDOW = 210 };
    static const caus_environment environments[] = {{0, "baseline"},
                                                    {1, "window"}};
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, symptom, .2, 170, 200);
    assert_true(find(with, &series, symptom).found);
    caus_segment parts[2] = {series.segments[0], series.segments[0]};
    parts[0].row_count = WINDOW;
    parts[1].row_count = MADE_ROWS - WINDOW;
    parts[1].word_count = 1;
    parts[1].start_ns += WINDOW * made_step_ns;
    parts[1].values += WINDOW * MADE_VARIABLES;
    parts[1].environment = 1;
    series.segments = parts;
    series.segment_count = 2;
    series.environments = environments;
    series.environment_count = 2;
    assert_false(find(with, &series, symptom).found);
    add(&series, values, symptom, .2, 200, 215);
    assert_true(find(with, &series, symptom).found);
}

static void noise_alone_seldom_stands_out(void **state)
{
    enum { TIMES = 300 };
    made_fixture *with = *state;
    double *values;
    size_t found = 0;
    caus_series series = calm(with, &values);
    size_t v = caus_series_find(&series, symptom);
    for (size_t i = 0; i < TIMES; i++) {
        caus_random random;
        caus_random_init(&random, 11, i);
        for (size_t r = 0; r < MADE_ROWS; r++)
            values[r * MADE_VARIABLES + v] =
                .2 + .01 * caus_random_normal(&random);
        found += find(with, &series, symptom).found;
    }
    assert_true(found <= TIMES / 20);
}

/* side broke for longer and by more, and front does not wait for it. */
static caus_series beside_a_louder_one(made_fixture *with)
{
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, "side_latency", 1.2, 110, 165);
    add(&series, values, "side_cpu", 80, 110, 165);
    add(&series, values, "root_latency", .04, 215, MADE_ROWS);
    add(&series, values, "root_cpu", 12, 215, MADE_ROWS);
    add(&series, values, "mid_latency", .04, 215, MADE_ROWS);
    add(&series, values, symptom, .08, 217, MADE_ROWS);
    return series;
}

static void the_incident_of_the_symptom_is_explained(void **state)
{
    made_fixture *with = *state;
    caus_series series = beside_a_louder_one(with);
    caus_explain_options options = named(symptom);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_in_range(told.onset.row, 213, 217);
    assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
    options.symptom = NULL;
    told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

/* What mid calls broke, and something else by more; mid itself shows little. */
static void what_the_symptom_can_wait_for_is_looked_at_first(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    add(&series, values, "root_latency", .1, 150, 220);
    add(&series, values, "root_cpu", 20, 150, 220);
    add(&series, values, "side_latency", 1.2, 190, MADE_ROWS);
    add(&series, values, "side_cpu", 80, 190, MADE_ROWS);
    add(&series, values, "front_latency", 1, 190, MADE_ROWS);
    caus_explain_options options = named("mid_latency");
    options.topology = &made_topology;
    assert_false(find(with, &series, options.symptom).found);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_in_range(told.onset.row, 148, 152);
    options.symptom = NULL;
    told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

/* Side and its latency are in the call graph, and nobody measures them. */
static void what_is_not_measured_keeps_no_other_from_being_found(void **state)
{
    made_fixture *with = *state;
    double *values;
    caus_series series = calm(with, &values);
    caus_segment segment = series.segments[0];
    uint64_t *missing = caus_arena_array(
        with->arena, MADE_VARIABLES * segment.word_count, sizeof *missing);
    add(&series, values, "root_latency", .2, 180, MADE_ROWS);
    add(&series, values, "root_cpu", 40, 180, MADE_ROWS);
    add(&series, values, "mid_latency", .2, 180, MADE_ROWS);
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        if (strcmp(series.variables[v].service, "side") != 0)
            continue;
        for (size_t r = 0; r < MADE_ROWS; r++) {
            missing[v * segment.word_count + r / 64] |= UINT64_C(1) << (r % 64);
            values[r * MADE_VARIABLES + v] = (double)NAN;
        }
    }
    segment.missing = missing;
    series.segments = &segment;
    caus_explain_options options = named("side_latency");
    options.topology = &made_topology;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "root");
}

static void want_of_memory_is_told(void **state)
{
    made_fixture *with = *state;
    caus_series series = beside_a_louder_one(with);
    caus_explain_options options = named(symptom);
    options.topology = &made_topology;
    made_want_memory(with, &series, &options);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_goes_on_to_the_last_row_is_found),
        TEST(as_many_rows_behind_it_are_compared),
        TEST(what_was_over_long_ago_is_none),
        TEST(of_two_the_later_is_meant),
        TEST(a_pause_is_no_end),
        TEST(what_comes_again_and_again_is_its_habit),
        TEST(what_is_better_than_usual_is_none),
        TEST(a_share_that_was_whole_before_is_found),
        TEST(a_symptom_may_be_measured_now_and_then),
        TEST(a_few_rows_are_enough),
        TEST(rows_of_a_baseline_are_not_in_question),
        TEST(noise_alone_seldom_stands_out),
        TEST(the_incident_of_the_symptom_is_explained),
        TEST(what_the_symptom_can_wait_for_is_looked_at_first),
        TEST(what_is_not_measured_keeps_no_other_from_being_found),
        TEST(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
