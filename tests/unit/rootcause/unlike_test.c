/* SPDX-License-Identifier: Apache-2.0 */
/* Services that count requests each in their own words, and calls that a call
 * graph lacks. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

static double score_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->score;
}

/* Mid asks root, a store, `times` as often, and both get slow by that. */
static caus_explanation explain_asked(made_fixture *with, double times,
                                      double failing)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_requests", "front", 100, 2, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_latency", "mid", .1, .003, .5},
        {"mid_requests", "mid", 100, 2, 0},
        {"root_errors", "root", 0, 0, failing},
        {"root_latency", "root", .05, .004, .4},
        {"root_commands_processed", "root", 3000, 60, 3000 * (times - 1)},
        {"root_cpu", "root", 30, 1, 40},
        {"mid_errors", "mid", 0, 0, failing / 60}};
    caus_explain_options options = made_options();
    return made_explain(with, measures, &options);
}

static void who_asks_a_store_more_is_blamed(void **state)
{
    caus_explanation told = explain_asked(*state, 1, 0);
    assert_string_equal(made_first_of(&told), "root");
    for (double times = 2; times < 6; times++) {
        told = explain_asked(*state, times, 0);
        assert_string_equal(made_first_of(&told), "mid");
        assert_true(told.suspects[0].terms[CAUS_TERM_CALLS] > 0);
    }
}

/* Half of them fail, after two more attempts. */
static void what_a_store_fails_is_asked_again_by_its_own_doing(void **state)
{
    caus_explanation told = explain_asked(*state, 2, 3000);
    assert_string_equal(made_first_of(&told), "root");
}

/* Four in ten of its answers do so, of three attempts in a row one in
 * sixteen. */
static void few_failures_of_a_caller_hide_many_attempts(void **state)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_requests", "front", 100, 2, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_latency", "mid", .1, .003, .5},
        {"mid_requests", "mid", 100, 2, 0},
        {"root_cpu", "root", 30, 1, 20},
        {"root_latency", "root", .05, .004, .4},
        {"root_commands_processed", "root", 3000, 60, 3000 * .56},
        {"side_cpu", "side", 15, 1, 0},
        {"mid_errors", "mid", 0, 0, 6.25}};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(made_suspect_of(&told, "mid")->terms[CAUS_TERM_CALLS] <= 0);
}

/* Mid fails by `failing` requests; root, which counts its own otherwise, lacks
 * so many of 3000. */
static caus_explanation explain_lack_of(made_fixture *with, double failing,
                                        double lack, const char *error,
                                        const char *time)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 1, .3, failing},
        {time, "mid", .1, .003, 0},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 1, .3, failing},
        {"root_latency", "root", .05, .004, 0},
        {"root_commands_processed", "root", 3000, 60, -lack},
        {"root_errors", "root", 1, .3, 0},
        {"side_requests", "side", 100, 2, 0},
        {error, "side", 1, .3, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 3}};
    const caus_topology topology = {4, services, 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    return made_explain(with, measures, &options);
}

static caus_explanation explain_lack(made_fixture *with, double failing,
                                     double lack, const char *error)
{
    return explain_lack_of(with, failing, lack, error, "mid_latency");
}

static void who_is_missed_may_count_otherwise(void **state)
{
    caus_explanation told = explain_lack(*state, 60, 1800, "side_errors");
    assert_string_equal(made_first_of(&told), "mid");
    assert_true(score_of(&told, "root") > .7 * score_of(&told, "mid"));
}

/* Mid would have to fail whenever it would ask root, and only then. */
static void whom_nobody_reaches_any_more_explains_its_caller(void **state)
{
    caus_explanation told = explain_lack(*state, 60, 2950, "side_errors");
    assert_string_equal(made_first_of(&told), "root");
    assert_true(score_of(&told, "mid") < .7 * score_of(&told, "root"));
}

/* Of how long mid takes nobody tells: that is no reason to believe it slow. */
static void whom_nobody_times_is_slow_for_nobody(void **state)
{
    caus_explanation told = explain_lack(*state, 60, 2400, "side_errors");
    double timed = score_of(&told, "root");
    told = explain_lack_of(*state, 60, 2400, "side_errors", "mid_memory");
    assert_true(score_of(&told, "root") <= 1.01 * timed);
}

/* Another caller of root counts messages, which surge: no sum of both tells. */
static void callers_that_count_unlike_are_not_added_up(void **state)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 1, .3, 60},
        {"mid_latency", "mid", .1, .003, 0},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 1, .3, 60},
        {"root_latency", "root", .05, .004, 0},
        {"root_commands_processed", "root", 3000, 60, 0},
        {"side_messages_received", "side", 100, 2, 3000},
        {"well_requests", "well", 100, 2, 0},
        {"well_errors", "well", 1, .3, 0}};
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "well"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 4}, {3, 2}};
    const caus_topology topology = {5, services, 4, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    caus_explanation told = made_explain(*state, measures, &options);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_null(strstr(told.suspects[i].sentence, "for each of its"));
}

static double lead_of_root(const caus_explanation *told)
{
    return score_of(told, "root") / score_of(told, "mid");
}

/* Side counts no failures and may be who failed mid, before that asked root. */
static void who_counts_no_failures_is_as_likely(void **state)
{
    caus_explanation told = explain_lack(*state, 60, 2950, "side_errors");
    double known = lead_of_root(&told);
    told = explain_lack(*state, 60, 2950, "side_cpu");
    assert_true(lead_of_root(&told) > .5 && lead_of_root(&told) < known);
}

/* The graph lacks the call from mid to root, which mid measures. */
static caus_explanation explain_gap(made_fixture *with, const char *measured)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 1, .3, 60},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 1, .3, 60},
        {measured, "mid", 1, .3, 60},
        {"root_cpu", "root", 30, 1, 0},
        {"root_latency", "root", .05, .004, 0},
        {"side_requests", "side", 100, 2, 0},
        {"side_errors", "side", 1, .3, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {2, 3}};
    const caus_topology topology = {4, services, 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    return made_explain(with, measures, &options);
}

static void a_call_that_a_client_measures_is_one(void **state)
{
    static const char *const clients[] = {
        "mid_http_client_errors_server_address_root",
        "mid_envoy_upstream_errors{cluster=\"root\"}"};
    for (size_t i = 0; i < 2; i++) {
        caus_explanation told = explain_gap(*state, clients[i]);
        assert_true(score_of(&told, "root") > score_of(&told, "mid"));
    }
}

static void who_is_named_otherwise_is_no_callee(void **state)
{
    static const char *const others[] = {
        "mid_add_to_root_errors",
        "mid_errors{source=\"root\",destination=\"mid\"}",
        "mid_http_client_errors_server_address_roots"};
    for (size_t i = 0; i < 3; i++) {
        caus_explanation told = explain_gap(*state, others[i]);
        assert_string_equal(made_first_of(&told), "mid");
        assert_true(score_of(&told, "root") < .5 * score_of(&told, "mid"));
    }
}

/* Root measures calls of mid, and mid of root: neither column tells. */
static void calls_that_both_ends_measure_are_none(void **state)
{
    static const size_t order[2][MADE_VARIABLES] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 1, 2, 3, 4, 6, 5, 7, 8, 9}};
    static const made_measure measures[MADE_VARIABLES] = {
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 1, .3, 60},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 1, .3, 60},
        {"mid_http_client_errors_server_address_root", "mid", 1, .3, 60},
        {"root_http_client_errors_server_address_mid", "root", 1, .3, 60},
        {"root_latency", "root", .05, .004, 0},
        {"side_requests", "side", 100, 2, 0},
        {"side_errors", "side", 1, .3, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {2, 3}};
    const caus_topology topology = {4, services, 3, calls};
    made_fixture *with = *state;
    double scores[2];
    for (size_t i = 0; i < 2; i++) {
        caus_explain_options options = made_options();
        options.topology = &topology;
        options.symptom = "front_errors";
        caus_series series = made_series(with->arena, measures, order[i], 1);
        caus_explanation told = made_explain_series(with, &series, &options);
        scores[i] = score_of(&told, "root");
    }
    assert_true(fabs(scores[0] - scores[1]) < 1e-9);
}

/* A load generator may be called as what asks is. */
static void a_service_called_client_is_no_callee(void **state)
{
    static const char *const services[] = {"client", "front", "mid", "root"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {2, 3}};
    const caus_topology topology = {4, services, 3, calls};
    double scores[2];
    for (size_t i = 0; i < 2; i++) {
        const made_measure measures[MADE_VARIABLES] = {
            {"front_requests", "front", 100, 2, 0},
            {"front_errors", "front", 1, .3, 60},
            {"client_requests", "client", 20, 1, 0},
            {"mid_requests", "mid", 100, 2, 0},
            {"mid_errors", "mid", 1, .3, 60},
            {i ? "mid_http_client_errors" : "mid_http_other_errors", "mid", 1,
             .3, 60},
            {"root_cpu", "root", 30, 1, 0},
            {"root_latency", "root", .05, .004, 0},
            {"root_errors", "root", 1, .3, 0},
            {"client_errors", "client", 1, .3, 60}};
        caus_explain_options options = made_options();
        options.topology = &topology;
        options.symptom = "front_errors";
        caus_explanation told = made_explain(*state, measures, &options);
        scores[i] = score_of(&told, "mid");
    }
    assert_true(scores[1] > .9 * scores[0]);
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(who_asks_a_store_more_is_blamed),
        MADE(what_a_store_fails_is_asked_again_by_its_own_doing),
        MADE(few_failures_of_a_caller_hide_many_attempts),
        MADE(who_is_missed_may_count_otherwise),
        MADE(whom_nobody_reaches_any_more_explains_its_caller),
        MADE(whom_nobody_times_is_slow_for_nobody),
        MADE(callers_that_count_unlike_are_not_added_up),
        MADE(who_counts_no_failures_is_as_likely),
        MADE(a_call_that_a_client_measures_is_one),
        MADE(who_is_named_otherwise_is_no_callee),
        MADE(calls_that_both_ends_measure_are_none),
        MADE(a_service_called_client_is_no_callee),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
