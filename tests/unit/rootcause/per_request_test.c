/* SPDX-License-Identifier: Apache-2.0 */
/* What grows as requests do tells nothing of who gets them. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

enum { SIDE_LOAD = 8, SIDE_OWN, MID_LOAD = 5, SPARE = 4 };

/* What side scores inside if its requests, and something of it, grow by so
 * much; `counted` = its requests are, else those of mid alone. */
static double inside(made_fixture *with, const char *own, double load,
                     double grown, bool counted)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    measures[SIDE_LOAD] = (made_measure){"side_latency", "side", .08, .004, 0};
    if (counted)
        measures[SIDE_LOAD] =
            (made_measure){"side_requests", "side", 100, 3, 100 * (load - 1)};
    measures[MID_LOAD] =
        (made_measure){"mid_requests", "mid", 100, 3, 100 * (load - 1)};
    measures[SPARE] = (made_measure){"side_p99", "side", .2, .01, 0};
    measures[SIDE_OWN] = (made_measure){own, "side", 15, .5, 15 * (grown - 1)};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(with, measures, &options);
    return made_suspect_of(&told, "side")->terms[CAUS_TERM_INTERNAL];
}

static void work_that_grows_as_requests_do_is_no_clue(void **state)
{
    made_fixture *with = *state;
    double quiet = inside(with, "side_cpu", 1, 3, true);
    assert_true(quiet > 1);
    assert_true(inside(with, "side_cpu", 3, 3, true) < .1 * quiet);
    /* Half of it, by logarithms, is of each request. */
    double half = inside(with, "side_cpu", 3, 9, true);
    double all = inside(with, "side_cpu", 1, 9, true);
    assert_true(half > .3 * all && half < .7 * all);
}

/* Side asks root three times as often: what side does grows with what it asks,
 * not with what it is asked. */
static void what_a_service_asks_is_not_what_it_is_asked(void **state)
{
    made_fixture *with = *state;
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {3, 2}};
    static const caus_topology topology = {4, services, 4, calls};
    static const char asked[] = "side_upstream_rq_total{cluster=\"root\"}";
    caus_explain_options options = made_options();
    options.topology = &topology;
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    measures[SIDE_LOAD] = (made_measure){asked, "side", 100, 3, 200};
    measures[MID_LOAD] = (made_measure){"mid_requests", "mid", 100, 3, 0};
    measures[SIDE_OWN] = (made_measure){"side_cpu", "side", 15, .5, 30};
    caus_explanation told = made_explain(with, measures, &options);
    assert_true(made_suspect_of(&told, "side")->terms[CAUS_TERM_INTERNAL] > 1);
}

static void memory_does_not_follow_requests(void **state)
{
    made_fixture *with = *state;
    assert_true(inside(with, "side_memory", 3, 3, true) >
                .9 * inside(with, "side_memory", 1, 3, true));
}

/* Nobody has room for twice the requests: how far a limit is passed then tells
 * nothing. */
static void limits_are_reached_by_more_requests(void **state)
{
    static const char *const limits[] = {"side_cpu_throttled", "side_queue"};
    made_fixture *with = *state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        double alone = inside(with, limits[i], 1, 50, true);
        assert_true(alone > .5);
        assert_true(inside(with, limits[i], 2.2, 50, true) < .1 * alone);
    }
}

/* Where nobody counts the requests of a service those of most grew, too. */
static void requests_of_others_stand_for_those_that_nobody_counts(void **state)
{
    made_fixture *with = *state;
    double quiet = inside(with, "side_cpu", 1, 3, false);
    assert_true(quiet > 1);
    assert_true(inside(with, "side_cpu", 3, 3, false) < .1 * quiet);
}

/* A counter of seconds grows with calls as well: what each takes is told. */
static void seconds_of_all_calls_follow_requests(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_sum;
    } names[] = {{"redis_commands_duration_seconds_total", true},
                 {"http_request_duration_seconds_sum", true},
                 {"listener_process_duration_seconds_sum_orders", true},
                 {"http_request_duration_seconds_p95", false},
                 {"latency", false}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        caus_variable variable = caus_variable_default();
        variable.name = names[i].name;
        assert_int_equal(caus_aspect_of(&variable), CAUS_ASPECT_LATENCY);
        assert_int_equal(caus_aspect_is_sum(&variable), names[i].is_sum);
    }
}

#define MADE(test) \
    cmocka_unit_test_setup_teardown(test, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(work_that_grows_as_requests_do_is_no_clue),
        MADE(what_a_service_asks_is_not_what_it_is_asked),
        MADE(memory_does_not_follow_requests),
        MADE(limits_are_reached_by_more_requests),
        MADE(requests_of_others_stand_for_those_that_nobody_counts),
        cmocka_unit_test(seconds_of_all_calls_follow_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
