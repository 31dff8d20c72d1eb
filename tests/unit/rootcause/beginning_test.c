/* SPDX-License-Identifier: Apache-2.0 */
/* An onset that was named late: the rows of the incident before it. */
#include <string.h>

#include "made_case.h"
#include "test.h"

enum { FRONT_LATENCY = 0 };

static caus_explain_options named_at(size_t row)
{
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns + (int64_t)row * made_step_ns;
    return options;
}

static size_t begun_at(made_fixture *with, const made_measure *measures,
                       size_t named)
{
    caus_explain_options options = named_at(named);
    caus_explanation told = made_explain(with, measures, &options);
    assert_true(told.onset_given);
    assert_int_equal(told.onset.last_row, named);
    assert_int_equal(told.onset.first_row, told.onset.row);
    return told.onset.row;
}

static void it_had_begun_before_the_onset_named(void **state)
{
    for (size_t late = 1; late < 20; late++)
        assert_int_equal(begun_at(*state, made_incident, MADE_ONSET + late),
                         MADE_ONSET);
}

static void an_onset_named_in_time_or_early_is_kept(void **state)
{
    for (size_t early = 0; early < 5; early++)
        assert_int_equal(begun_at(*state, made_incident, MADE_ONSET - early),
                         MADE_ONSET - early);
}

static void where_nothing_happened_it_is_kept(void **state)
{
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    for (size_t row = 60; row < 220; row += 7)
        assert_int_equal(begun_at(*state, quiet, row), row);
}

/* Rows as far before it as there are since could be the incident's, not more:
 * the rest is looked at as healthy. */
static void no_more_rows_are_taken_than_there_are_since(void **state)
{
    enum { SINCE = 20 };
    size_t named = MADE_ROWS - SINCE;
    assert_int_equal(begun_at(*state, made_incident, named), named - SINCE);
}

/* The made incident, of which the variables [first, last) began earlier. */
static caus_series with_early(caus_arena *arena, size_t first, size_t last,
                              size_t rows)
{
    size_t cells = MADE_ROWS * MADE_VARIABLES;
    caus_series series = made_series(arena, made_incident, NULL, 1);
    caus_segment *segment = caus_arena_array(arena, 1, sizeof *segment);
    double *values = caus_arena_array(arena, cells, sizeof *values);
    memcpy(values, series.segments[0].values, cells * sizeof *values);
    for (size_t r = MADE_ONSET - rows; r < MADE_ONSET; r++) {
        for (size_t v = first; v < last; v++)
            values[r * MADE_VARIABLES + v] += made_incident[v].shift;
    }
    *segment = series.segments[0];
    segment->values = values;
    series.segments = segment;
    return series;
}

/* A splice, for one: the row before is of another day, on which much was at
 * another level. */
static void what_moved_while_users_were_well_was_another_matter(void **state)
{
    enum { EARLY = 1, OTHERS = FRONT_LATENCY + 1 };
    made_fixture *with = *state;
    caus_explain_options options = named_at(MADE_ONSET);
    caus_series series = with_early(with->arena, OTHERS, MADE_VARIABLES, EARLY);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET);
    series = with_early(with->arena, FRONT_LATENCY, OTHERS, EARLY);
    told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET);
    series = with_early(with->arena, FRONT_LATENCY, MADE_VARIABLES, EARLY);
    told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET - EARLY);
}

/* Between two days memory of many moves, and nobody feels it. */
static void memory_that_moved_before_is_of_another_day(void **state)
{
    enum { EARLY = 3, MEMORY = 4, LAST = 7, ROOT_LATENCY = 8 };
    made_fixture *with = *state;
    made_measure measures[MADE_VARIABLES];
    made_quiet(measures);
    measures[4] = (made_measure){"mid_memory_bytes", "mid", 100, 1, 40};
    measures[5] = (made_measure){"side_memory_bytes", "side", 100, 1, 40};
    measures[6] = (made_measure){"front_memory_bytes", "front", 100, 1, 40};
    measures[8] = (made_measure){"root_latency", "root", .05, .004, .2};
    caus_explain_options options = named_at(MADE_ONSET);
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET - EARLY; r < MADE_ONSET; r++) {
        for (size_t v = MEMORY; v < LAST; v++)
            values[r * MADE_VARIABLES + v] += 40;
    }
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET);
    for (size_t r = MADE_ONSET - EARLY; r < MADE_ONSET; r++)
        values[r * MADE_VARIABLES + ROOT_LATENCY] += .2;
    told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET - EARLY);
}

/* Nobody named a symptom: entries tell how users are. */
static void entries_tell_how_users_are(void **state)
{
    enum { EARLY = 1 };
    made_fixture *with = *state;
    caus_explain_options options = named_at(MADE_ONSET);
    options.symptom = NULL;
    caus_series series =
        with_early(with->arena, FRONT_LATENCY + 1, MADE_VARIABLES, EARLY);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET);
}

/* Behind a gap it is another time, whatever was there. */
static void a_gap_ends_it(void **state)
{
    enum { LATE = 8, GAP = 4 };
    made_fixture *with = *state;
    size_t words = (MADE_ROWS + 63) / 64;
    caus_explain_options options = named_at(MADE_ONSET + LATE);
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_segment segment = series.segments[0];
    uint64_t *missing =
        caus_arena_array(with->arena, MADE_VARIABLES * words, sizeof *missing);
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        for (size_t r = MADE_ONSET + 1; r < MADE_ONSET + 1 + GAP; r++)
            missing[v * words + r / 64] |= UINT64_C(1) << r % 64;
    }
    segment.missing = missing;
    series.segments = &segment;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET + 1 + GAP);
}

static void late_or_not_the_same_is_told(void **state)
{
    caus_explain_options in_time = named_at(MADE_ONSET);
    caus_explain_options late = named_at(MADE_ONSET + 9);
    caus_explanation a = made_explain(*state, made_incident, &in_time);
    caus_explanation b = made_explain(*state, made_incident, &late);
    assert_int_equal(a.verdict, b.verdict);
    assert_string_equal(a.summary, b.summary);
    for (size_t i = 0; i < a.suspect_count; i++) {
        assert_string_equal(a.suspects[i].service, b.suspects[i].service);
        assert_true(a.suspects[i].score == b.suspects[i].score);
    }
    assert_int_equal(b.clues[0].variable, a.clues[0].variable);
}

/* Looking for it costs: the same rows say less than if they had been named. */
static void rows_that_were_looked_for_say_less(void **state)
{
    caus_explain_options in_time = named_at(MADE_ONSET);
    caus_explain_options late = named_at(MADE_ONSET + 9);
    caus_explanation a = made_explain(*state, made_incident, &in_time);
    caus_explanation b = made_explain(*state, made_incident, &late);
    assert_true(b.departure < a.departure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_had_begun_before_the_onset_named,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(an_onset_named_in_time_or_early_is_kept,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(where_nothing_happened_it_is_kept,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            no_more_rows_are_taken_than_there_are_since, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_moved_while_users_were_well_was_another_matter, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            memory_that_moved_before_is_of_another_day, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(entries_tell_how_users_are, made_set_up,
                                        made_tear_down),
        cmocka_unit_test_setup_teardown(a_gap_ends_it, made_set_up,
                                        made_tear_down),
        cmocka_unit_test_setup_teardown(late_or_not_the_same_is_told,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(rows_that_were_looked_for_say_less,
                                        made_set_up, made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
