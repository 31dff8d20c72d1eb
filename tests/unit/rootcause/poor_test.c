/* SPDX-License-Identifier: Apache-2.0 */
/* Systems of which little is measured, or told. */
#include <string.h>

#include "made_case.h"
#include "test.h"

typedef made_measure measure;

static const caus_suspect *suspect(const caus_explanation *told,
                                   const char *service)
{
    for (size_t i = 0; i < told->suspect_count; i++) {
        if (strcmp(told->suspects[i].service, service) == 0)
            return &told->suspects[i];
    }
    fail_msg("%s is not ranked", service);
    return NULL;
}

static void a_callee_that_nobody_measures_is_looked_through(void **state)
{
    measure blind[MADE_VARIABLES];
    memcpy(blind, made_incident, sizeof blind);
    blind[3] = (measure){"mid_threads", "mid", 20, 1, 0};
    blind[5].shift = blind[7].shift = 0;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, blind, &options);
    assert_string_equal(told.suspects[0].service, "root");
}

static void few_failures_do_not_make_many(void **state)
{
    static const measure failing[MADE_VARIABLES] = {
        {"front_availability", "front", 99.9, .02, -4},
        {"front_requests", "front", 1000, 20, 0},
        {"mid_availability", "mid", 99.9, .02, -4.5},
        {"mid_requests", "mid", 950, 20, 0},
        {"root_availability", "root", 99.9, .02, -5},
        {"root_requests", "root", 900, 20, 0},
        {"side_availability", "side", 100, 0, -100},
        {"side_requests", "side", 3, .5, 0},
        {"root_cpu", "root", 30, 1, 0},
        {"side_cpu", "side", 15, 1, 0}};
    caus_explain_options options = made_options();
    options.symptom = "front_availability";
    caus_explanation told = made_explain(*state, failing, &options);
    assert_string_equal(told.suspects[0].service, "root");
    measure busy[MADE_VARIABLES];
    memcpy(busy, failing, sizeof busy);
    busy[7].level = 900;
    told = made_explain(*state, busy, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

static void who_only_stands_before_another_did_not_begin_it(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 2}, {0, 3}};
    static const caus_topology topology = {4, services, 2, calls};
    measure doubled[MADE_VARIABLES];
    memcpy(doubled, made_incident, sizeof doubled);
    doubled[3].shift = doubled[5].shift = doubled[7].shift = 0;
    doubled[8] = (measure){"side_latency", "side", .06, .002, .2};
    caus_explain_options options = made_options();
    options.topology = &topology;
    caus_explanation told = made_explain(*state, doubled, &options);
    assert_string_equal(told.suspects[0].service, "root");
    doubled[8].shift = .6; /* far more than what stands behind it */
    told = made_explain(*state, doubled, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

/* front calls mid calls root, and all count their requests. */
static const measure counted[MADE_VARIABLES] = {
    {"front_latency", "front", .2, .01, .5},
    {"front_requests", "front", 1000, 20, 0},
    {"mid_latency", "mid", .1, .003, .5},
    {"mid_requests", "mid", 950, 20, 0},
    {"root_latency", "root", .05, .01, .1},
    {"root_requests", "root", 900, 20, 0},
    {"side_latency", "side", .08, .004, 0},
    {"side_requests", "side", 300, 9, 0},
    {"root_cpu", "root", 30, 1, 0},
    {"side_cpu", "side", 15, 1, 0}};

static void who_is_hardly_asked_makes_nobody_slow(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, counted, &options);
    assert_string_equal(told.suspects[0].service, "root");
    measure rare[MADE_VARIABLES];
    memcpy(rare, counted, sizeof rare);
    rare[5] = (measure){"root_requests", "root", 3, .1, 0};
    told = made_explain(*state, rare, &options);
    assert_string_equal(told.suspects[0].service, "mid");
}

static void more_calls_than_ever_are_the_callers_doing(void **state)
{
    measure novel[MADE_VARIABLES];
    memcpy(novel, counted, sizeof novel);
    novel[5] = (measure){"root_requests", "root", 2, .1, 900};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, novel, &options);
    assert_string_equal(told.suspects[0].service, "mid");
    assert_true(suspect(&told, "root")->score < .5 * told.suspects[0].score);
}

static void
a_balancer_that_some_requests_pass_stands_before_another(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 2}, {0, 3}};
    static const caus_topology topology = {4, services, 2, calls};
    measure some[MADE_VARIABLES];
    memcpy(some, counted, sizeof some);
    some[2].shift = 0;
    some[6].shift = 1.6; /* of each request more than of those behind it */
    some[7] = (measure){"side_requests", "side", 60, 3, 0};
    caus_explain_options options = made_options();
    options.topology = &topology;
    caus_explanation told = made_explain(*state, some, &options);
    assert_string_equal(told.suspects[0].service, "root");
    some[7] = (measure){"side_requests", "side", 2500, 90, 0};
    told = made_explain(*state, some, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

static void who_counts_requests_is_no_observer(void **state)
{
    measure outside[MADE_VARIABLES];
    memcpy(outside, made_incident, sizeof outside);
    outside[7] = (measure){"root_requests", "root", 300, 9, 0};
    caus_explain_options options = made_options();
    options.topology = NULL;
    caus_explanation told = made_explain(*state, outside, &options);
    assert_false(suspect(&told, "root")->observer);
    assert_true(suspect(&told, "root")->score > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_callee_that_nobody_measures_is_looked_through, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(few_failures_do_not_make_many,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            who_only_stands_before_another_did_not_begin_it, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(who_is_hardly_asked_makes_nobody_slow,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            more_calls_than_ever_are_the_callers_doing, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_balancer_that_some_requests_pass_stands_before_another,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(who_counts_requests_is_no_observer,
                                        made_set_up, made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
