/* SPDX-License-Identifier: Apache-2.0 */
/* How far the rows from the onset are from what healthy rows do. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

static const double rare = 4, rarer = 5;

static void healthy_rows_do_what_healthy_rows_do(void **state)
{
    made_measure healthy[MADE_VARIABLES];
    made_quiet(healthy);
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, healthy, &options);
    assert_true(told.departure < rare);
    assert_true(told.departure_beyond < 2);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
}

static void one_variable_of_many_is_enough(void **state)
{
    made_measure hit[MADE_VARIABLES];
    made_quiet(hit);
    hit[8].shift = hit[8].noise * 2; /* lasts, though it is small */
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, hit, &options);
    assert_true(told.departure > rarer);
    assert_true(told.departure_beyond > 2);
}

static void load_alone_is_no_departure(void **state)
{
    static const char *const requests[] = {"front_requests", "mid_requests",
                                           "root_requests", "side_requests"};
    made_measure busy[MADE_VARIABLES];
    made_quiet(busy);
    for (size_t i = 0; i < 4; i++)
        busy[i] =
            (made_measure){requests[i], made_topology.services[i], 100, 3, 200};
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, busy, &options);
    assert_true(told.departure < rare);
}

/* The same values with an empty row behind each. */
static caus_series with_gaps(caus_arena *arena, const caus_series *series)
{
    size_t cells = MADE_ROWS * MADE_VARIABLES;
    size_t words = (2 * MADE_ROWS + 63) / 64;
    double *values = caus_arena_array(arena, 2 * cells, sizeof *values);
    uint64_t *missing =
        caus_arena_array(arena, MADE_VARIABLES * words, sizeof *missing);
    caus_segment *segment = caus_arena_array(arena, 1, sizeof *segment);
    for (size_t r = 0; r < MADE_ROWS; r++) {
        for (size_t v = 0; v < MADE_VARIABLES; v++) {
            size_t at = 2 * r * MADE_VARIABLES + v;
            values[at] = series->segments[0].values[r * MADE_VARIABLES + v];
            values[at + MADE_VARIABLES] = (double)NAN;
            missing[v * words + (2 * r + 1) / 64] |= UINT64_C(1)
                                                     << (2 * r + 1) % 64;
        }
    }
    *segment = series->segments[0];
    segment->row_count = 2 * MADE_ROWS;
    segment->word_count = words;
    segment->values = values;
    segment->missing = missing;
    caus_series made = *series;
    made.segments = segment;
    made.step_ns = made_step_ns / 2;
    return made;
}

static void empty_rows_are_none(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    caus_explanation full = made_explain(with, made_incident, &options);
    caus_series *series = caus_arena_array(with->arena, 2, sizeof *series);
    series[0] = made_series(with->arena, made_incident, NULL, 1);
    series[1] = with_gaps(with->arena, &series[0]);
    caus_explanation told = made_explain_series(with, &series[1], &options);
    assert_int_equal(told.rows_before, full.rows_before);
    assert_int_equal(told.rows_after, full.rows_after);
    assert_true(told.departure == full.departure);
    assert_true(told.departure_beyond == full.departure_beyond);
    assert_true(told.strength == full.strength);
}

static void an_onset_that_was_looked_for_must_be_rarer(void **state)
{
    made_measure hit[MADE_VARIABLES];
    memcpy(hit, made_incident, sizeof hit);
    caus_explain_options options = made_options();
    caus_explanation given = made_explain(*state, hit, &options);
    options.has_onset = false;
    caus_explanation found = made_explain(*state, hit, &options);
    assert_int_equal(found.rows_before, given.rows_before);
    assert_true(found.departure < given.departure);
    assert_true(found.departure > rarer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(healthy_rows_do_what_healthy_rows_do,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(one_variable_of_many_is_enough,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(load_alone_is_no_departure, made_set_up,
                                        made_tear_down),
        cmocka_unit_test_setup_teardown(empty_rows_are_none, made_set_up,
                                        made_tear_down),
        cmocka_unit_test_setup_teardown(
            an_onset_that_was_looked_for_must_be_rarer, made_set_up,
            made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
