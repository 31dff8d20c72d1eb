/* SPDX-License-Identifier: Apache-2.0 */
/* What was there before anybody felt it, and what makes nobody wait as long as
 * the symptom does. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

/* Mid and side got slow; both answer one request for each of front's. */
static const made_measure slow[MADE_VARIABLES] = {
    {"front_latency_avg", "front", .2, .004, .2},
    {"front_requests", "front", 100, 2, 0},
    {"mid_latency_avg", "mid", .1, .01, .2},
    {"mid_requests", "mid", 100, 2, 0},
    {"mid_cpu", "mid", 10, .6, 0},
    {"root_latency_avg", "root", .05, .004, 0},
    {"root_requests", "root", 100, 2, 0},
    {"side_latency_avg", "side", .08, .002, .15},
    {"side_latency_p99", "side", .1, .002, .15},
    {"side_requests", "side", 100, 2, 0}};

enum { FRONT_LATENCY, SIDE_LATENCY = 7, SIDE_P99, SIDE_REQUESTS };

static bool is_told_unheeded(const caus_explanation *told, const char *service)
{
    const caus_suspect *suspect = made_suspect_of(told, service);
    for (size_t i = 0; i < suspect->finding_count; i++) {
        const char *found = suspect->findings[i].found;
        if (found && strstr(found, "before anybody felt anything"))
            return true;
    }
    return false;
}

/* Side is as slow for so many rows before the onset as since, and front for so
 * many. */
static caus_series *early(made_fixture *with, size_t side_rows,
                          size_t front_rows)
{
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = made_series(with->arena, slow, NULL, 1);
    double *values = (double *)(uintptr_t)series->segments[0].values;
    for (size_t r = MADE_ONSET - side_rows; r < MADE_ONSET; r++) {
        values[r * MADE_VARIABLES + SIDE_LATENCY] += .15;
        values[r * MADE_VARIABLES + SIDE_P99] += .15;
    }
    for (size_t r = MADE_ONSET - front_rows; r < MADE_ONSET; r++)
        values[r * MADE_VARIABLES + FRONT_LATENCY] += .2;
    return series;
}

static caus_explanation explain_early(made_fixture *with, const char *symptom,
                                      size_t side_rows, size_t front_rows)
{
    caus_explain_options options = made_options();
    options.symptom = symptom;
    return made_explain_series(with, early(with, side_rows, front_rows),
                               &options);
}

static void expect_first(const caus_explanation *told, const char *service)
{
    assert_string_equal(told->suspects[0].service, service);
}

static void what_nobody_felt_for_long_is_not_it(void **state)
{
    static const char *const symptoms[] = {"front_latency_avg", NULL};
    for (size_t i = 0; i < sizeof symptoms / sizeof *symptoms; i++) {
        caus_explanation told = explain_early(*state, symptoms[i], 0, 0);
        expect_first(&told, "side");
        assert_false(is_told_unheeded(&told, "side"));
        told = explain_early(*state, symptoms[i], 24, 0); /* six minutes */
        expect_first(&told, "mid");
        assert_true(is_told_unheeded(&told, "side"));
        assert_false(is_told_unheeded(&told, "mid"));
    }
}

static void queues_and_timeouts_take_their_time(void **state)
{
    caus_explanation told = explain_early(*state, "front_latency_avg", 6, 0);
    expect_first(&told, "side");
    assert_false(is_told_unheeded(&told, "side"));
}

static void an_onset_that_is_named_late_is_nobodys_alibi(void **state)
{
    caus_explanation told = explain_early(*state, "front_latency_avg", 24, 24);
    assert_false(is_told_unheeded(&told, "side"));
}

/* A row of means tells of the part of its step in which side was slow. */
static void a_row_that_is_slow_in_part_counts_in_part(void **state)
{
    static const double slower[] = {.15, .0825};
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = "front_latency_avg";
    for (size_t i = 0; i < sizeof slower / sizeof *slower; i++) {
        caus_series *series = early(with, 0, 0);
        double *values = (double *)(uintptr_t)series->segments[0].values;
        for (size_t r = MADE_ONSET - 13; r < MADE_ONSET; r++) {
            values[r * MADE_VARIABLES + SIDE_LATENCY] += slower[i];
            values[r * MADE_VARIABLES + SIDE_P99] += slower[i];
        }
        caus_explanation told = made_explain_series(with, series, &options);
        assert_true(is_told_unheeded(&told, "side") == (i == 0));
    }
}

/* Front's latency has no value but in one of so many rows. */
static void measure_seldom(made_fixture *with, const caus_series *series,
                           size_t rows)
{
    caus_segment *segment = (caus_segment *)(uintptr_t)&series->segments[0];
    double *values = (double *)(uintptr_t)segment->values;
    size_t words = MADE_VARIABLES * segment->word_count;
    uint64_t *missing = caus_arena_array(with->arena, words, sizeof *missing);
    for (size_t r = 0; r < MADE_ROWS; r++) {
        if (r % rows == rows - 1)
            continue;
        missing[FRONT_LATENCY * segment->word_count + r / 64] |= UINT64_C(1)
                                                                 << (r % 64);
        values[r * MADE_VARIABLES + FRONT_LATENCY] = (double)NAN;
    }
    segment->missing = missing;
}

/* Every third minute, and not in the row of the onset. */
static void who_is_seldom_measured_may_have_felt_it_before(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = "front_latency_avg";
    static const size_t early_rows[] = {0, 24};
    for (size_t i = 0; i < 2; i++) {
        caus_series *series = early(with, early_rows[i], early_rows[i]);
        measure_seldom(with, series, 12);
        caus_explanation told = made_explain_series(with, series, &options);
        assert_false(is_told_unheeded(&told, "side"));
        assert_false(is_told_unheeded(&told, "mid"));
    }
}

/* The healthy rows are of the day before; side was slow in their last. */
static void what_lies_between_rows_is_no_time_that_it_was_there(void **state)
{
    enum { ROWS_A_DAY = 5760 };
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = "front_latency_avg";
    caus_series *series = early(with, 1, 0);
    caus_segment parts[] = {series->segments[0], series->segments[0]};
    parts[0].row_count = MADE_ONSET;
    parts[0].word_count = (MADE_ONSET + 63) / 64;
    parts[1].row_count = MADE_ROWS - MADE_ONSET;
    parts[1].word_count = 1;
    parts[1].start_ns += (MADE_ONSET + ROWS_A_DAY) * made_step_ns;
    parts[1].values += (size_t)MADE_ONSET * MADE_VARIABLES;
    series->segments = parts;
    series->segment_count = 2;
    options.onset_ns += ROWS_A_DAY * made_step_ns;
    caus_explanation told = made_explain_series(with, series, &options);
    assert_false(is_told_unheeded(&told, "side"));
    expect_first(&told, "side");
}

/* Side answers so many requests. */
static caus_explanation explain_asked(made_fixture *with, double requests,
                                      double front_gains)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    options.symptom = "front_latency_avg";
    memcpy(measures, slow, sizeof measures);
    measures[SIDE_REQUESTS].level = requests;
    measures[SIDE_REQUESTS].noise = requests / 50;
    measures[FRONT_LATENCY].shift = front_gains;
    return made_explain(with, measures, &options);
}

/* A request in fifty waits .15 s, and each takes .2 s more. */
static void who_makes_hardly_anybody_wait_is_not_it(void **state)
{
    caus_explanation told = explain_asked(*state, 100, .2);
    expect_first(&told, "side");
    told = explain_asked(*state, 2, .2);
    expect_first(&told, "mid");
}

static void deviations_count_no_requests(void **state)
{
    caus_explanation told = explain_asked(*state, 2, .2);
    double counted = made_suspect_of(&told, "side")->score;
    told = explain_asked(*state, -2, .2);
    assert_true(made_suspect_of(&told, "side")->score > 2 * counted);
}

/* A request in fifty waits .15 s, and all queue behind these. */
static void a_queue_makes_more_of_little(void **state)
{
    caus_explanation told = explain_asked(*state, 2, .2);
    double alone = made_suspect_of(&told, "side")->score;
    told = explain_asked(*state, 2, 4);
    assert_true(made_suspect_of(&told, "side")->score > 2 * alone);
}

#define MADE(test) \
    cmocka_unit_test_setup_teardown(test, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(what_nobody_felt_for_long_is_not_it),
        MADE(queues_and_timeouts_take_their_time),
        MADE(an_onset_that_is_named_late_is_nobodys_alibi),
        MADE(a_row_that_is_slow_in_part_counts_in_part),
        MADE(who_is_seldom_measured_may_have_felt_it_before),
        MADE(what_lies_between_rows_is_no_time_that_it_was_there),
        MADE(who_makes_hardly_anybody_wait_is_not_it),
        MADE(deviations_count_no_requests),
        MADE(a_queue_makes_more_of_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
