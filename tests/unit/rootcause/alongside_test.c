/* SPDX-License-Identifier: Apache-2.0 */
/* Callees that are slow when their callers are, and calls that do not reach
 * them. */
#include <string.h>

#include "made_case.h"
#include "test.h"

static double score_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->score;
}

enum { MID_SLOW = 3, ROOT_SLOW = 6 };

/* Root is far less steady than mid; `asked` requests of it for a hundred of
 * mid's. In one of four rows mid takes .2 s more, and root so many rows later.
 */
static caus_explanation explain_bursts(made_fixture *with, double asked,
                                       size_t later)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .004, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_cpu", "mid", 10, .6, 0},
        {"mid_latency", "mid", .1, .002, 0},
        {"mid_requests", "mid", 100, 2, 0},
        {"root_requests", "root", asked, asked / 50, 0},
        {"root_latency", "root", .05, .02, 0},
        {"root_cpu", "root", 30, 1, 0},
        {"side_latency", "side", .08, .004, 0},
        {"side_cpu", "side", 15, 1, 0}};
    caus_explain_options options = made_options();
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series->segments[0].values;
    for (size_t r = MADE_ONSET + 2; r + later < MADE_ROWS; r += 4) {
        values[r * MADE_VARIABLES + MID_SLOW] += .2;
        values[(r + later) * MADE_VARIABLES + ROOT_SLOW] += .2;
    }
    return made_explain_series(with, series, &options);
}

static void who_is_slow_when_its_caller_is_made_it_slow(void **state)
{
    caus_explanation told = explain_bursts(*state, 100, 0);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(score_of(&told, "root") > 2 * score_of(&told, "mid"));
    assert_non_null(
        strstr(made_suspect_of(&told, "root")->sentence, "latency"));
    told = explain_bursts(*state, 100, 2); /* at other times */
    assert_string_equal(made_first_of(&told), "mid");
}

/* Of fifty requests of mid one waits for it. */
static void it_is_no_louder_for_its_caller_than_what_arrives_there(void **state)
{
    caus_explanation told = explain_bursts(*state, 2, 0);
    assert_string_equal(made_first_of(&told), "mid");
}

/* Requests of mid fail; it calls root, which is well, and side, too. */
static const made_measure failing[MADE_VARIABLES] = {
    {"front_requests", "front", 100, 2, 0},
    {"front_errors", "front", 1, .3, 60},
    {"mid_latency", "mid", .1, .003, 0},
    {"mid_requests", "mid", 100, 2, 0},
    {"mid_errors", "mid", 1, .3, 60},
    {"root_latency", "root", .05, .004, 0},
    {"root_requests", "root", 100, 2, 0},
    {"root_errors", "root", 1, .3, 0},
    {"side_requests", "side", 100, 2, 0},
    {"side_errors", "side", 1, .3, 0}};

enum { ROOT_REQUESTS = 6, ROOT_ERRORS, SIDE_REQUESTS, SIDE_ERRORS };

/* As many rows are known before the onset. */
static caus_explanation explain_since(made_fixture *with,
                                      const made_measure *measures, size_t rows,
                                      bool front_calls_side)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 3}, {0, 3}};
    const caus_topology topology = {4, services, front_calls_side ? 4 : 3,
                                    calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = made_series(with->arena, measures, NULL, 1);
    caus_segment *segment = (caus_segment *)(uintptr_t)series->segments;
    size_t left_out = MADE_ONSET - rows;
    segment->values += left_out * MADE_VARIABLES;
    segment->row_count -= left_out;
    segment->word_count = (segment->row_count + 63) / 64;
    segment->start_ns += (int64_t)left_out * made_step_ns;
    return made_explain_series(with, series, &options);
}

static caus_explanation explain_failing(made_fixture *with,
                                        const made_measure *measures)
{
    return explain_since(with, measures, MADE_ONSET, false);
}

/* How likely root is for mid. */
static double share_of_root(made_fixture *with, const made_measure *measures)
{
    caus_explanation told = explain_failing(with, measures);
    return score_of(&told, "root") / score_of(&told, "mid");
}

static void who_is_not_reached_may_be_what_failed(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    assert_true(share_of_root(*state, measures) < .1);
    measures[ROOT_REQUESTS].shift = -60;
    assert_true(share_of_root(*state, measures) > .7);
    caus_explanation told = explain_failing(*state, measures);
    assert_non_null(strstr(made_suspect_of(&told, "root")->sentence,
                           "requests for each of its callers', which fail, "
                           "instead of "));
    measures[SIDE_REQUESTS].shift = -60; /* mid fails before it calls */
    assert_true(share_of_root(*state, measures) < .1);
    measures[SIDE_REQUESTS].shift = 0;
    measures[SIDE_ERRORS].shift = 60; /* and does not go on to root */
    assert_true(share_of_root(*state, measures) < .1);
}

/* Of few rows nobody knows how often as much is missing. */
static void who_is_not_reached_is_told_by_healthy_windows(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[ROOT_REQUESTS].shift = -10;
    for (size_t rows = 12; rows <= MADE_ONSET; rows *= 15) {
        caus_explanation told = explain_since(*state, measures, rows, false);
        assert_int_equal(told.placebo_count > 0, rows == MADE_ONSET);
        const char *sentence = made_suspect_of(&told, "root")->sentence;
        bool is_told = strstr(sentence, "for each of its callers'");
        assert_int_equal(is_told, told.placebo_count > 0);
    }
}

/* Front calls side, too: how often is not known where it counts nothing, nor
 * then whether mid asks side less. */
static void who_may_be_asked_less_is_no_witness(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[ROOT_REQUESTS].shift = -60;
    for (size_t counted = 0; counted < 2; counted++) {
        const made_measure other = {"front_cpu", "front", 30, 1, 0};
        measures[0] = counted ? failing[0] : other;
        caus_explanation told =
            explain_since(*state, measures, MADE_ONSET, true);
        const char *sentence = made_suspect_of(&told, "root")->sentence;
        bool is_told = strstr(sentence, "for each of its callers'");
        assert_int_equal(is_told, counted);
    }
}

/* Who may fail unseen may be why mid does not go on to root: it is as likely.
 */
static void who_counts_no_failures_is_no_witness_of_who_is_missed(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[ROOT_REQUESTS].shift = -60;
    double known = share_of_root(*state, measures);
    measures[SIDE_ERRORS] = (made_measure){"side_cpu", "side", 30, 1, 0};
    double unknown = share_of_root(*state, measures);
    assert_true(unknown < .85 * known);
}

/* Side, which counts no failures, may have failed mid: another caller of it is
 * measured by `of_calm`. */
static double share_of_root_beside(made_fixture *with, made_measure of_side,
                                   made_measure of_calm)
{
    static const char *const services[] = {"calm", "front", "mid", "root",
                                           "side"};
    static const size_t calls[][2] = {{0, 4}, {1, 2}, {2, 3}, {2, 4}};
    static const caus_topology topology = {5, services, 4, calls};
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[0] = of_calm;
    measures[2] = (made_measure){"calm_requests", "calm", 100, 2, 0};
    measures[ROOT_REQUESTS].shift = -60;
    measures[SIDE_ERRORS] = of_side;
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    caus_explanation told = made_explain(with, measures, &options);
    return score_of(&told, "root") / score_of(&told, "mid");
}

/* What side failed would fail its other caller as well, as far as that counts
 * what fails. */
static void another_caller_tells_whether_who_counts_none_failed(void **state)
{
    const made_measure counts = {"side_errors", "side", 1, .3, 0},
                       counts_none = {"side_cpu", "side", 30, 1, 0},
                       well = {"calm_errors", "calm", 1, .3, 0},
                       failed = {"calm_errors", "calm", 1, .3, 60},
                       unknown = {"calm_cpu", "calm", 30, 1, 0};
    double known = share_of_root_beside(*state, counts, well);
    double likely = share_of_root_beside(*state, counts_none, unknown);
    assert_true(likely < .85 * known);
    assert_true(share_of_root_beside(*state, counts_none, well) > .99 * known);
    assert_true(share_of_root_beside(*state, counts_none, failed) <
                1.01 * likely);
}

/* What is asked again takes time, too. */
static void who_counts_no_failures_may_have_failed(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[ROOT_ERRORS] = (made_measure){"root_cpu", "root", 30, 1, 0};
    assert_true(share_of_root(*state, measures) > .7);
    caus_explanation told = explain_failing(*state, measures);
    assert_non_null(strstr(made_suspect_of(&told, "root")->sentence,
                           "all its callers fail more often"));
    measures[2].shift = .5;
    assert_true(share_of_root(*state, measures) > .7);
    measures[5].shift = .4; /* who is slow itself needs no way */
    told = explain_failing(*state, measures);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(told.suspects[0].terms[CAUS_TERM_WAY] < .1);
    measures[5].shift = 0;
    measures[4].shift = measures[1].shift = 0;
    assert_true(share_of_root(*state, measures) < .7);
}

static void a_long_incident_leaves_a_short_past_its_rows(void **state)
{
    caus_explanation told = explain_since(*state, failing, 30, false);
    assert_true(told.alarm > 1);
}

/* Mid, side and calm call root, of which only its own exporter tells; mid calls
 * well, too. Mid and side fail, calm needs no answer of root. */
static const made_measure several[MADE_VARIABLES] = {
    {"front_errors", "front", 1, .3, 60},
    {"mid_requests", "mid", 100, 2, 0},
    {"mid_errors", "mid", 1, .3, 30},
    {"side_requests", "side", 100, 2, 0},
    {"side_errors", "side", 1, .3, 30},
    {"calm_requests", "calm", 100, 2, 0},
    {"calm_errors", "calm", 1, .3, 0},
    {"root_commands_processed", "root", 200, 5, 0},
    {"well_requests", "well", 100, 2, 0},
    {"well_errors", "well", 1, .3, 0}};

enum { SEVERAL_SIDE_ERRORS = 4, SEVERAL_ROOT = 7, SEVERAL_WELL };

static caus_explanation explain_several(made_fixture *with,
                                        const made_measure *measures)
{
    static const char *const services[] = {"calm", "front", "mid",
                                           "root", "side",  "well"};
    static const size_t calls[][2] = {{1, 0}, {1, 2}, {1, 4}, {0, 3},
                                      {2, 3}, {4, 3}, {2, 5}};
    const caus_topology topology = {6, services, 7, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    return made_explain(with, measures, &options);
}

static void
what_several_callers_that_fail_reach_no_more_failed_them(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, several, sizeof measures);
    caus_explanation told = explain_several(*state, measures);
    assert_string_not_equal(made_first_of(&told), "root");
    measures[SEVERAL_ROOT].shift = -80;
    told = explain_several(*state, measures);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(score_of(&told, "root") > 2 * score_of(&told, "mid"));
    measures[SEVERAL_WELL].shift = -60; /* mid does not get to its calls */
    told = explain_several(*state, measures);
    assert_string_not_equal(made_first_of(&told), "root");
}

/* It alone asks root no less than it did by more than its share. */
static void one_caller_that_fails_asks_less_by_its_share(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, several, sizeof measures);
    measures[SEVERAL_SIDE_ERRORS].shift = 0;
    measures[SEVERAL_ROOT].shift = -50;
    caus_explanation told = explain_several(*state, measures);
    assert_string_equal(made_first_of(&told), "mid");
    measures[SEVERAL_ROOT].shift = -190;
    told = explain_several(*state, measures);
    assert_string_equal(made_first_of(&told), "root");
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(who_is_slow_when_its_caller_is_made_it_slow),
        MADE(it_is_no_louder_for_its_caller_than_what_arrives_there),
        MADE(who_is_not_reached_may_be_what_failed),
        MADE(who_is_not_reached_is_told_by_healthy_windows),
        MADE(who_may_be_asked_less_is_no_witness),
        MADE(who_counts_no_failures_is_no_witness_of_who_is_missed),
        MADE(another_caller_tells_whether_who_counts_none_failed),
        MADE(who_counts_no_failures_may_have_failed),
        MADE(a_long_incident_leaves_a_short_past_its_rows),
        MADE(what_several_callers_that_fail_reach_no_more_failed_them),
        MADE(one_caller_that_fails_asks_less_by_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
