/* SPDX-License-Identifier: Apache-2.0 */
/* How far the rows from the onset are from what healthy rows do. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "numeric/distributions.h"
#include "test.h"

static const double rare = 4, rarer = 5;
enum { TRIES = 200 };

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
    hit[8].noise = hit[8].level * .1;
    hit[8].shift = hit[8].noise * 3; /* lasts, though it is small */
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

/* Quiet rows of which `length` from a row on are off by so much in one
 * variable. */
static caus_explanation explain_burst(made_fixture *with, size_t variable,
                                      size_t first, size_t length, double size)
{
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = made_series(with->arena, quiet, NULL, 1);
    size_t cells = MADE_ROWS * MADE_VARIABLES;
    double *values = caus_arena_array(with->arena, cells, sizeof *values);
    caus_segment *segment = caus_arena_array(with->arena, 1, sizeof *segment);
    *segment = series->segments[0];
    memcpy(values, segment->values, cells * sizeof *values);
    for (size_t r = first; r < first + length; r++)
        values[r * MADE_VARIABLES + variable] += size;
    segment->values = values;
    series->segments = segment;
    caus_explain_options options = made_options();
    return made_explain_series(with, series, &options);
}

static void a_job_that_is_soon_over_is_no_departure(void **state)
{
    enum { CPU = 7, LATENCY = 6, JOB = 8 };
    const double size = made_incident[CPU].shift;
    for (size_t first = MADE_ONSET; first + JOB < MADE_ONSET + 28; first += 6) {
        caus_explanation job = explain_burst(*state, CPU, first, JOB, size);
        assert_true(job.departure < rare);
        assert_true(job.departure_beyond < 2);
    }
    caus_explanation lasts = explain_burst(*state, CPU, MADE_ONSET, 60, size);
    caus_explanation felt = explain_burst(*state, LATENCY, MADE_ONSET, JOB,
                                          made_incident[LATENCY].shift);
    assert_true(lasts.departure > rarer);
    assert_true(lasts.departure_beyond > 2);
    assert_true(felt.departure_beyond > 2);
}

/* A steady variable may move by less than counts as a change, however rarely it
 * does. */
static void less_than_a_change_is_no_departure(void **state)
{
    enum { LATENCY = 6 };
    static const double parts[] = {.03, .5};
    for (size_t i = 0; i < 2; i++) {
        made_measure steady[MADE_VARIABLES];
        made_quiet(steady);
        double level = steady[LATENCY].level;
        steady[LATENCY].noise = level * 1e-4;
        steady[LATENCY].shift = level * parts[i];
        caus_explain_options options = made_options();
        caus_explanation told = made_explain(*state, steady, &options);
        assert_true(i ? told.departure > rarer : told.departure < rare);
        assert_true(i ? told.departure_beyond > 2 : told.departure_beyond < 2);
    }
}

/* A series whose variables are noise of which this share of a value is that of
 * the row before. */
static caus_series noise_of(caus_arena *arena, uint64_t seed, double memory)
{
    caus_series series = made_series(arena, made_incident, NULL, 1);
    size_t cells = MADE_ROWS * MADE_VARIABLES;
    double *values = caus_arena_array(arena, cells, sizeof *values);
    caus_segment *segment = caus_arena_array(arena, 1, sizeof *segment);
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        double last = caus_random_normal(&random);
        for (size_t r = 0; r < MADE_ROWS; r++) {
            last = memory * last +
                   sqrt(1 - memory * memory) * caus_random_normal(&random);
            values[r * MADE_VARIABLES + v] = 20 + 3 * last;
        }
    }
    *segment = series.segments[0];
    segment->values = values;
    series.segments = segment;
    return series;
}

/* The others do the same for as long, one after the other, before the onset. */
static void what_happens_now_and_then_is_no_departure(void **state)
{
    enum { LATENCY = 6, FIRST = 64, APART = 12, LASTS = 30 };
    made_fixture *with = *state;
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    caus_series series = made_series(with->arena, quiet, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        size_t from = v == LATENCY ? MADE_ONSET : FIRST + v * APART;
        size_t to = from + LASTS;
        if (v != LATENCY && to > MADE_ONSET)
            to = MADE_ONSET;
        for (size_t r = from; r < to; r++)
            values[r * MADE_VARIABLES + v] += quiet[v].level;
    }
    caus_explain_options options = made_options();
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(told.departure_beyond < 1.5);
}

/* Noise in which some variable is far off for some rows now and then: a slow
 * request, as long as rates tell of it. */
static caus_series noise_with_bursts(caus_arena *arena, uint64_t seed)
{
    enum { LASTS = 12 };
    static const double size = 20, each_row = .06;
    caus_series series = noise_of(arena, seed, 0);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    caus_random random;
    caus_random_init(&random, seed, 1);
    for (size_t at = 0; at < MADE_ROWS; at++) {
        if (caus_random_uniform(&random) >= each_row)
            continue;
        size_t v =
            (size_t)(caus_random_uniform(&random) * (double)MADE_VARIABLES);
        for (size_t r = at; r < at + LASTS && r < MADE_ROWS; r++)
            values[r * MADE_VARIABLES + v] += size;
    }
    return series;
}

/* A memory of no noise: BURSTS. */
enum { BURSTS = -1 };

/* How often noise departs by more than 1, 2 and 3 deviations. */
static void count_departures(made_fixture *with, double memory, bool has_onset,
                             double *shares)
{
    for (size_t i = 0; i < TRIES; i++) {
        caus_arena_mark mark = caus_arena_get_mark(with->arena);
        caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
        *series = memory == BURSTS ? noise_with_bursts(with->arena, i)
                                   : noise_of(with->arena, i, memory);
        caus_explain_options options = made_options();
        options.has_onset = has_onset;
        caus_explanation told = made_explain_series(with, series, &options);
        for (size_t k = 0; k < 3; k++)
            shares[k] +=
                (told.departure_beyond > (double)(k + 1)) / (double)TRIES;
        caus_arena_rewind(with->arena, mark);
    }
}

static void noise_departs_no_more_often_than_it_is_told(void **state)
{
    static const double memories[] = {0, .7};
    for (size_t i = 0; i < 4; i++) {
        double shares[3] = {0};
        count_departures(*state, memories[i % 2], i < 2, shares);
        for (size_t k = 0; k < 3; k++) {
            double told = caus_normal_sf((double)(k + 1));
            assert_true(shares[k] < told + 3 * sqrt(told / TRIES));
        }
    }
}

/* Of few windows, each with a burst of something else, more cannot be told: but
 * what a window shows must not be in those that it is held against. */
static void bursts_seldom_depart(void **state)
{
    static const double most[] = {.4, .15, .03};
    double shares[3] = {0};
    count_departures(*state, BURSTS, true, shares);
    for (size_t k = 0; k < 3; k++)
        assert_true(shares[k] < most[k]);
}

/* The score of root where all that moves in the incident also did in some
 * healthy rows from one on. */
static double score_after(made_fixture *with, size_t earlier)
{
    enum { LASTED = 14 };
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = earlier; r < earlier + LASTED; r++) {
        for (size_t v = 0; v < MADE_VARIABLES; v++)
            values[r * MADE_VARIABLES + v] += made_incident[v].shift;
    }
    caus_explain_options options = made_options();
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "root");
    return told.suspects[0].score;
}

/* Healthy windows lie in the later half of the rows before the onset. */
static void an_earlier_incident_is_no_habit(void **state)
{
    double unseen = score_after(*state, 30);
    for (size_t row = MADE_ONSET / 2 + 10; row < MADE_ONSET - 20; row += 10)
        assert_true(fabs(score_after(*state, row) - unseen) < .05 * unseen);
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
        cmocka_unit_test_setup_teardown(a_job_that_is_soon_over_is_no_departure,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(less_than_a_change_is_no_departure,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_happens_now_and_then_is_no_departure, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            noise_departs_no_more_often_than_it_is_told, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(bursts_seldom_depart, made_set_up,
                                        made_tear_down),
        cmocka_unit_test_setup_teardown(an_earlier_incident_is_no_habit,
                                        made_set_up, made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
