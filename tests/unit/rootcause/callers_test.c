/* SPDX-License-Identifier: Apache-2.0 */
/* Callers that ask more, and callers that only wait. */
#include <string.h>

#include "made_case.h"
#include "test.h"

/* ---- calls for a request ---- */

/* `times` as many requests of whom mid calls, who gets slow by that. */
static const made_measure asked[MADE_VARIABLES] = {
    {"front_latency", "front", .2, .01, .5},
    {"front_requests", "front", 100, 2, 0},
    {"front_cpu", "front", 20, 1, 0},
    {"mid_latency", "mid", .1, .003, .5},
    {"mid_requests", "mid", 100, 2, 0},
    {"root_errors", "root", 0, 0, 0},
    {"root_latency", "root", .05, .004, .4},
    {"root_requests", "root", 100, 2, 0},
    {"root_cpu", "root", 30, 1, 40},
    {"side_requests", "side", 100, 2, 0}};

enum { MID_REQUESTS = 4, ROOT_ERRORS, ROOT_REQUESTS = 7 };

static void who_asks_more_is_blamed_not_who_works_for_it(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
    for (double times = 1.5; times < 5; times += .5) {
        measures[ROOT_REQUESTS].shift = 100 * (times - 1);
        told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), "mid");
        assert_true(told.suspects[0].terms[CAUS_TERM_CALLS] > 0);
        assert_non_null(strstr(told.suspects[0].sentence,
                               " requests for each that this service got, "
                               "instead of "));
    }
}

/* No service need have room for twice the requests; for a seventh more it has.
 */
static void a_few_more_requests_break_nobody(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = 14;
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
}

static double outside_of_root(const caus_explanation *told)
{
    return made_suspect_of(told, "root")->terms[CAUS_TERM_EXTERNAL];
}

/* Front asks mid three times as often, and mid root as often as ever for each
 * of its requests. */
static void who_is_asked_more_asks_others_more(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    caus_explanation told = made_explain(*state, measures, &options);
    double usual = outside_of_root(&told);
    measures[MID_REQUESTS].shift = measures[ROOT_REQUESTS].shift = 200;
    told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "front");
    assert_true(outside_of_root(&told) < .5 * usual);
}

static void who_fails_is_asked_again_by_its_own_doing(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = measures[ROOT_ERRORS].shift = 80;
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
    /* A "duration" is no share: eight are no eight of a hundred. */
    for (size_t i = 0; i < MADE_VARIABLES; i++) {
        if (!strstr(measures[i].name, "_requests"))
            continue;
        measures[i].level = 10;
        measures[i].noise = .2;
    }
    measures[ROOT_REQUESTS].shift = measures[ROOT_ERRORS].shift = 8;
    measures[ROOT_ERRORS].name = "root_request_duration_count_error";
    told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
}

static void who_counts_what_it_repeats_is_believed(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = 60;
    measures[2] = (made_measure){"mid_errors", "mid", 0, 0, 60};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_true(told.suspects[0].terms[CAUS_TERM_CALLS] <= 0);
    measures[9] = (made_measure){"mid_retries", "mid", 0, 0, 2};
    told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "mid");
    assert_true(told.suspects[0].terms[CAUS_TERM_CALLS] > 0);
}

static void more_users_are_nobodys_asking(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++) {
        if (strstr(measures[i].name, "_requests"))
            measures[i].shift = 100;
    }
    caus_explanation told = made_explain(*state, measures, &options);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_true(told.suspects[i].terms[CAUS_TERM_CALLS] <= 0);
}

/* Who fails gets at most two of three requests because of that. */
static void a_flood_that_fails_is_asked_not_repeated(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = 570;
    measures[ROOT_ERRORS].shift = 650;
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "mid");
    assert_true(told.suspects[0].terms[CAUS_TERM_CALLS] > 0);
}

static double calls_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->terms[CAUS_TERM_CALLS];
}

/* Users who are less content asked nobody again. */
static void slow_answers_are_not_asked_for_again(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = 60;
    measures[2] = (made_measure){"mid_apdex", "mid", 1, 0, -.5};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_true(calls_of(&told, "mid") > 0);
}

/* side, whom nobody calls, asks root as mid does, and works ten times as much
 * as it did. */
static void of_several_callers_who_does_more_asks_more(void **state)
{
    static const size_t calls[3][2] = {{0, 1}, {1, 2}, {3, 2}};
    const caus_topology topology = {4, made_topology.services, 3, calls};
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    options.topology = &topology;
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = 300;
    measures[9] = (made_measure){"side_cpu", "side", 15, 1, 0};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_true(calls_of(&told, "mid") > calls_of(&told, "side"));
    measures[3].shift = 0;
    measures[9].shift = 150;
    told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "side");
    assert_true(calls_of(&told, "side") > 2 * calls_of(&told, "mid"));
}

/* mid asks store more, whom nobody else calls; of root, which is asked more
 * than that, side asks as much. */
static void whom_it_asks_more_itself_is_told(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "store"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 4}, {3, 2}};
    const caus_topology topology = {5, services, 4, calls};
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    options.topology = &topology;
    memcpy(measures, asked, sizeof measures);
    measures[ROOT_REQUESTS].shift = 400;
    measures[ROOT_ERRORS] = (made_measure){"side_cpu", "side", 15, 1, 150};
    measures[3] = (made_measure){"store_requests", "store", 100, 2, 100};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_non_null(strstr(made_suspect_of(&told, "mid")->sentence,
                           "store got 2.01 requests for each"));
    assert_true(calls_of(&told, "mid") > 0);
}

/* mid is slow, nothing measured of root moved, and the calls of mid take so
 * much longer. */
static void slow_calls(made_measure measures[MADE_VARIABLES], double longer)
{
    memcpy(measures, made_incident, MADE_VARIABLES * sizeof *measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++) {
        if (strcmp(measures[i].service, "root") == 0)
            measures[i].shift = 0;
        if (strcmp(measures[i].name, "mid_queue_depth") == 0)
            measures[i] =
                (made_measure){"mid_client_latency", "mid", .06, .004, longer};
    }
}

/* What they take longer is what mid lost: it is the way to root. Is it mid's
 * own work, its calls take as long as ever. */
static void what_its_calls_take_clears_a_caller(void **state)
{
    for (int own_work = 0; own_work < 2; own_work++) {
        made_measure measures[MADE_VARIABLES];
        slow_calls(measures, own_work ? 0 : .5);
        caus_explain_options options = made_options();
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), own_work ? "mid" : "root");
        assert_true(own_work || told.suspects[0].terms[CAUS_TERM_WAY] > 1);
    }
}

/* A change of root is told if it came shortly before. */
static void an_old_change_is_not_told_as_near(void **state)
{
    static const int after_s[] = {-60, -2400};
    made_measure measures[MADE_VARIABLES];
    slow_calls(measures, .5);
    for (int old = 0; old < 2; old++) {
        caus_explain_options options = made_options();
        const caus_change change = made_change(
            options.onset_ns, after_s[old], "root", CAUS_CHANGE_DEPLOY, "v2");
        const caus_changes changes = {1, &change};
        options.changes = &changes;
        caus_explanation told = made_explain(*state, measures, &options);
        const char *said = told.suspects[0].sentence;
        assert_string_equal(made_first_of(&told), "root");
        assert_true(told.suspects[0].terms[CAUS_TERM_CHANGE] > 0);
        assert_int_equal(strstr(said, "changed near the onset") != NULL, !old);
    }
}

/* The calls of mid take longer, too, but hardly any of what mid does: something
 * that it does besides keeps its requests. */
static void calls_that_gained_little_clear_nobody(void **state)
{
    double scores[2] = {0};
    for (int much = 0; much < 2; much++) {
        made_measure measures[MADE_VARIABLES];
        slow_calls(measures, much ? 1 : .02);
        for (size_t i = 0; i < MADE_VARIABLES; i++) {
            if (strcmp(measures[i].name, "mid_latency") == 0)
                measures[i].shift = 2;
        }
        caus_explain_options options = made_options();
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), much ? "root" : "mid");
        scores[much] = made_suspect_of(&told, "mid")->score;
    }
    assert_true(scores[0] > 2 * scores[1]);
}

/* ---- what callers have in common ---- */

/* Nobody is slow but front, mid and, by so many seconds, side. */
static caus_explanation explain_waiting(made_fixture *with,
                                        const size_t calls[4][2], double side)
{
    const caus_topology topology = {4, made_topology.services, 4, calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    made_quiet(measures);
    measures[0].shift = measures[3].shift = .5;
    measures[8].shift = side;
    return made_explain(with, measures, &options);
}

/* front calls mid and side, both call root, which is slow to reach. */
static void what_all_callers_wait_for_is_suspected(void **state)
{
    static const size_t calls[4][2] = {{0, 1}, {0, 3}, {1, 2}, {3, 2}};
    caus_explanation told = explain_waiting(*state, calls, .5);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(told.suspects[0].terms[CAUS_TERM_WAY] > 1);
    told = explain_waiting(*state, calls, 0);
    assert_string_equal(made_first_of(&told), "mid");
}

/* side calls mid, too: it waits for that. */
static void who_waits_for_another_caller_makes_no_second(void **state)
{
    static const size_t calls[4][2] = {{0, 3}, {1, 2}, {3, 1}, {3, 2}};
    caus_explanation told = explain_waiting(*state, calls, .5);
    assert_string_equal(made_first_of(&told), "mid");
}

/* front waits for root and so does mid; what side lost it lost by mid, which
 * says nothing against that. */
static void who_waits_for_another_caller_is_no_witness_against(void **state)
{
    static const size_t apart[4][2] = {{0, 2}, {1, 2}, {3, 2}, {3, 2}};
    static const size_t behind[4][2] = {{0, 2}, {1, 2}, {3, 1}, {3, 2}};
    caus_explanation told = explain_waiting(*state, apart, .5);
    assert_string_equal(made_first_of(&told), "root");
    double way = told.suspects[0].terms[CAUS_TERM_WAY];
    told = explain_waiting(*state, behind, .5);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(told.suspects[0].terms[CAUS_TERM_WAY] > .9 * way);
}

/* Of mid that fails, and waits for root as, if so, side does. */
static double external_of_mid(made_fixture *with, bool common)
{
    static const size_t calls[4][2] = {{0, 1}, {0, 3}, {1, 2}, {3, 2}};
    const caus_topology topology = {4, made_topology.services, common ? 4 : 3,
                                    calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    options.symptom = NULL;
    made_quiet(measures);
    measures[0].shift = measures[3].shift = measures[8].shift = .5;
    measures[5] = (made_measure){"mid_errors", "mid", 1, .1, 50};
    caus_explanation told = made_explain(with, measures, &options);
    return made_suspect_of(&told, "mid")->terms[CAUS_TERM_EXTERNAL];
}

static void who_waits_as_others_do_fails_for_that(void **state)
{
    assert_true(external_of_mid(*state, true) <
                .4 * external_of_mid(*state, false));
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(who_asks_more_is_blamed_not_who_works_for_it),
        MADE(a_few_more_requests_break_nobody),
        MADE(who_is_asked_more_asks_others_more),
        MADE(who_fails_is_asked_again_by_its_own_doing),
        MADE(who_counts_what_it_repeats_is_believed),
        MADE(more_users_are_nobodys_asking),
        MADE(a_flood_that_fails_is_asked_not_repeated),
        MADE(slow_answers_are_not_asked_for_again),
        MADE(of_several_callers_who_does_more_asks_more),
        MADE(whom_it_asks_more_itself_is_told),
        MADE(what_its_calls_take_clears_a_caller),
        MADE(an_old_change_is_not_told_as_near),
        MADE(calls_that_gained_little_clear_nobody),
        MADE(what_all_callers_wait_for_is_suspected),
        MADE(who_waits_for_another_caller_makes_no_second),
        MADE(who_waits_for_another_caller_is_no_witness_against),
        MADE(who_waits_as_others_do_fails_for_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
