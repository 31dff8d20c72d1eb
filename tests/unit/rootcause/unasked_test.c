/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks another less for each request, though neither fails. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

enum { FRONT, MID, SIDE, ROOT, MID_ERRORS, MID_LATENCY, ROOT_ERRORS };

/* Front asks mid and side, which both ask root, 70 and 30 times. */
static void make(made_measure *measures)
{
    const made_measure quiet[MADE_VARIABLES] = {
        [FRONT] = {"front_requests", "front", 100, 2, 0},
        [MID] = {"mid_requests", "mid", 70, 2, 0},
        [SIDE] = {"side_requests", "side", 30, 1, 0},
        [ROOT] = {"root_requests", "root", 100, 2, 0},
        [MID_ERRORS] = {"mid_errors", "mid", 1, .3, 0},
        [MID_LATENCY] = {"mid_latency", "mid", .1, .003, 0},
        [ROOT_ERRORS] = {"root_errors", "root", 1, .3, 0},
        {"front_latency", "front", .2, .01, 0},
        {"front_errors", "front", 1, .3, 0},
        {"side_latency", "side", .08, .004, 0}};
    memcpy(measures, quiet, sizeof quiet);
}

static caus_explanation
explain_values(made_fixture *with, const caus_series *series, bool is_shared)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {3, 2}};
    const caus_topology topology = {4, services, is_shared ? 4 : 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    return made_explain_series(with, series, &options);
}

static caus_explanation explain(made_fixture *with,
                                const made_measure *measures, bool is_shared)
{
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = made_series(with->arena, measures, NULL, 1);
    return explain_values(with, series, is_shared);
}

static double calls_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->terms[CAUS_TERM_CALLS];
}

static void who_leaves_out_a_call_is_told(void **state)
{
    made_measure measures[MADE_VARIABLES];
    make(measures);
    caus_explanation told = explain(*state, measures, false);
    assert_true(calls_of(&told, "mid") <= 0);
    measures[ROOT].shift = -80;
    told = explain(*state, measures, false);
    assert_string_equal(made_first_of(&told), "mid");
    /* Cohen's h of 80 in 100 is 2.21, and less away from the symptom. */
    assert_true(calls_of(&told, "mid") > 2 && calls_of(&told, "mid") < 2.22);
    assert_non_null(
        strstr(told.suspects[0].sentence,
               "root got 0.286 requests for each that this service got, "
               "instead of 1.43, though neither fails"));
    assert_true(calls_of(&told, "front") <= 0);
    assert_true(calls_of(&told, "root") <= 0);
}

static void a_call_less_is_of_who_makes_most_of_them(void **state)
{
    made_measure measures[MADE_VARIABLES];
    make(measures);
    measures[ROOT].shift = -60;
    caus_explanation told = explain(*state, measures, true);
    assert_string_equal(made_first_of(&told), "mid");
    double mid = calls_of(&told, "mid"), side = calls_of(&told, "side");
    assert_true(side > 0);
    assert_true(fabs(mid / side - 70. / 30) < .05);
    assert_non_null(strstr(told.suspects[0].sentence, "of its callers'"));
}

static void who_fails_or_is_slow_leaves_nothing_out(void **state)
{
    static const size_t moved[] = {MID_ERRORS, MID_LATENCY, ROOT_ERRORS};
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        made_measure measures[MADE_VARIABLES];
        make(measures);
        measures[ROOT].shift = -80;
        measures[moved[i]].shift = 40 * measures[moved[i]].noise;
        caus_explanation told = explain(*state, measures, false);
        assert_null(strstr(made_suspect_of(&told, "mid")->sentence,
                           "though neither fails"));
    }
}

/* Who is asked by the dear half of the requests only takes longer in the mean,
 * but not ten times as long. */
static void what_is_left_of_a_mix_may_take_longer(void **state)
{
    enum { ROOT_LATENCY = ROOT_ERRORS };
    double external[2];
    for (size_t i = 0; i < 2; i++) {
        made_measure measures[MADE_VARIABLES];
        make(measures);
        measures[ROOT].shift = -80;
        measures[ROOT_LATENCY] =
            (made_measure){"root_latency", "root", .01, .0003, i ? .09 : .02};
        caus_explanation told = explain(*state, measures, false);
        external[i] = made_suspect_of(&told, "root")->terms[CAUS_TERM_EXTERNAL];
        assert_true(calls_of(&told, "mid") > 1);
    }
    assert_true(external[0] < .3 && external[1] > 1);
}

/* What a callee gets less is no more than rows, or windows, differ by chance.
 */
static void by_chance_a_callee_may_lack_as_many(void **state)
{
    made_measure measures[MADE_VARIABLES];
    make(measures);
    measures[ROOT] = (made_measure){"root_requests", "root", 40, 60, -12};
    caus_explanation told = explain(*state, measures, false);
    assert_true(calls_of(&told, "mid") <= 0);
    made_fixture *with = *state;
    make(measures);
    measures[ROOT].shift = -60;
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET - 60; r < MADE_ONSET - 20; r++)
        values[r * MADE_VARIABLES + ROOT] -= 70;
    told = explain_values(with, &series, false);
    assert_true(calls_of(&told, "mid") <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_leaves_out_a_call_is_told,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_call_less_is_of_who_makes_most_of_them, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(who_fails_or_is_slow_leaves_nothing_out,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(what_is_left_of_a_mix_may_take_longer,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(by_chance_a_callee_may_lack_as_many,
                                        made_set_up, made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
