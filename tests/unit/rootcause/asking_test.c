/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads no messages any more, who asks of its own accord, whom nobody
 * reaches, and whose calls fail. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "rootcause/toward.h"
#include "test.h"

static double score_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->score;
}

/* Mid reads what front writes to the broker, and asks root for each. */
static caus_explanation explain_reader(made_fixture *with, const char *lag,
                                       const char *service, double fewer,
                                       double longer)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, 0},
        {"front_requests", "front", 100, 2, 0},
        {"broker_messages_published_total", "broker", 100, 2, 0},
        {"broker_cpu", "broker", 10, .6, 0},
        {"mid_processing_seconds", "mid", .1, .003, longer},
        {"mid_requests", "mid", 100, 2, -fewer},
        {"mid_cpu", "mid", 10, 1, 0},
        {"root_latency", "root", .05, .004, .01 + longer},
        {"root_requests", "root", 150, 3, -fewer},
        {lag, service, 5, 1, 200}};
    static const char *const services[] = {"broker", "front", "mid", "root"};
    static const size_t calls[][2] = {{1, 0}, {2, 0}, {2, 3}};
    const caus_topology topology = {4, services, 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = NULL;
    return made_explain(with, measures, &options);
}

/* Of the requests of root those are left that take longer. */
static void who_reads_nothing_while_messages_wait_has_stopped(void **state)
{
    static const char lag[] = "mid_consumergroup_lag";
    caus_explanation told = explain_reader(*state, lag, "mid", 98, 0);
    assert_string_equal(made_first_of(&told), "mid");
    double stopped = score_of(&told, "mid");
    assert_true(score_of(&told, "root") < .8 * stopped);
    /* It takes fewer, as each takes four times as long. */
    told = explain_reader(*state, lag, "mid", 75, .3);
    assert_string_equal(made_first_of(&told), "root");
}

static void a_broker_measures_for_groups_that_read(void **state)
{
    caus_explanation told = explain_reader(
        *state, "broker_consumergroup_lag{group=\"mid\",topic=\"front\"}",
        "broker", 98, 0);
    assert_string_equal(made_first_of(&told), "mid");
    double by_group = score_of(&told, "broker");
    told = explain_reader(*state, "broker_consumergroup_lag_mid_orders",
                          "broker", 98, 0);
    assert_string_equal(made_first_of(&told), "mid");
    assert_true(score_of(&told, "broker") <= by_group);
    told = explain_reader(*state, "broker_consumergroup_lag", "broker", 98, 0);
    assert_true(score_of(&told, "broker") > 2 * by_group);
}

/* "records" is left out as a word for what is measured where it is no service.
 */
static void a_reader_may_be_called_as_messages_are(void **state)
{
    (void)state;
    static const char *const services[] = {"broker", "mailer", "records"};
    const caus_scene scene = {.service_count = 3, .services = services};
    static const char *const of_records[] = {"_consumergroup_records_lag",
                                             "_consumergroup_lag_records"};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(caus_toward_reader(&scene, of_records[i], 0), 2);
    assert_int_equal(
        caus_toward_reader(&scene, "_consumergroup_records_lag_mailer", 0), 2);
    assert_int_equal(
        caus_toward_reader(&scene, "_consumer_offset_lag_mailer", 0), 1);
    assert_int_equal(caus_toward_reader(&scene, "_consumer_lag_max", 0), 0);
}

/* A job that nobody calls asks mid, as users do through front. */
static caus_explanation explain_job(made_fixture *with, double more,
                                    const made_measure *front,
                                    const made_measure *counted)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .1},
        *front,
        {"mid_latency", "mid", .1, .003, .05},
        {"mid_requests", "mid", 120, 3, 20 * more},
        {"mid_cpu", "mid", 10, .6, 8},
        {"root_latency", "root", .05, .004, .03},
        {"root_requests", "root", 240, 5, 40 * more},
        *counted,
        {"job_cpu", "job", 5, .2, 5 * more},
        {"side_latency", "side", .08, .004, 0}};
    static const char *const services[] = {"front", "job", "mid", "root",
                                           "side"};
    static const size_t calls[][2] = {{0, 2}, {0, 4}, {1, 2}, {2, 3}};
    const caus_topology topology = {5, services, 4, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    return made_explain(with, measures, &options);
}

static void a_job_asks_of_its_own_accord(void **state)
{
    static const made_measure front[] = {{"front_requests", "front", 100, 2, 0},
                                         {"front_memory", "front", 100, 2, 0}};
    static const made_measure counted[] = {
        {"job_http_client_requests_total", "job", 20, 1, 180},
        {"job_memory", "job", 20, 1, 0}};
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        caus_explanation told = explain_job(*state, 9, &front[i], &counted[i]);
        assert_string_equal(made_first_of(&told), "job");
        assert_true(told.suspects[0].terms[CAUS_TERM_CALLS] > 1);
    }
}

/* Mid and side ask root, and count in words of their own; front asks both. */
static caus_explanation explain_gone(made_fixture *with, double lack,
                                     double side)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 1, .3, 60},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 1, .3, 60},
        {"mid_latency", "mid", .1, .003, 0},
        {"root_latency", "root", .05, .004, 0},
        {"root_commands_processed", "root", 3000, 60, -lack},
        {"root_errors", "root", 1, .3, 0},
        {"side_messages_received", "side", 50, 2, side},
        {"side_latency", "side", .08, .004, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {3, 2}};
    const caus_topology topology = {4, services, 4, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    return made_explain(with, measures, &options);
}

static void whom_none_of_several_callers_asks_is_not_reached(void **state)
{
    caus_explanation told = explain_gone(*state, 2980, 0);
    assert_string_equal(made_first_of(&told), "root");
    /* Mid may have asked for all that is missing; or side asks no more. */
    told = explain_gone(*state, 1800, 0);
    assert_string_equal(made_first_of(&told), "mid");
    told = explain_gone(*state, 2980, -49.9);
    assert_string_equal(made_first_of(&told), "mid");
}

/* Front and mid ask root, and side, which takes longer. */
static caus_explanation explain_beside(made_fixture *with, double longer)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 1, .3, 60},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 1, .3, 60},
        {"root_latency", "root", .05, .004, 0},
        {"root_requests", "root", 200, 4, -199},
        {"root_errors", "root", 1, .3, 0},
        {"side_requests", "side", 200, 2, 0},
        {"side_latency", "side", .08, .004, longer},
        {"side_errors", "side", 1, .3, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 2}, {0, 3}, {1, 2}, {1, 3}};
    const caus_topology topology = {4, services, 4, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    return made_explain(with, measures, &options);
}

/* Who answers a little later than ever did not fail all that asked it. */
static void
whom_nobody_asks_is_not_reached_though_others_are_slower(void **state)
{
    caus_explanation told = explain_beside(*state, 0);
    assert_string_equal(made_first_of(&told), "root");
    double well = score_of(&told, "root");
    told = explain_beside(*state, .012);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(score_of(&told, "root") > .6 * well);
    /* Much later it may have. */
    told = explain_beside(*state, .1);
    assert_true(score_of(&told, "root") < .4 * well);
}

/* Mid makes calls to root, of which nothing is measured but that. */
static caus_explanation explain_failing(made_fixture *with, double failing)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .3},
        {"front_requests", "front", 100, 2, 0},
        {"mid_latency", "mid", .1, .003, .3},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_client_errors{peer=\"root\"}", "mid", 0, 0, failing},
        {"mid_client_seconds{peer=\"root\"}", "mid", .03, .001, 0},
        {"mid_cpu", "mid", 10, .6, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"side_latency", "side", .08, .004, 0},
        {"side_cpu", "side", 15, 1, 0}};
    caus_explain_options options = made_options();
    return made_explain(with, measures, &options);
}

static void calls_that_are_made_again_take_time(void **state)
{
    caus_explanation told = explain_failing(*state, 90);
    assert_string_equal(made_first_of(&told), "root");
    /* Two requests in a hundred make nobody slow. */
    told = explain_failing(*state, 2);
    assert_string_equal(made_first_of(&told), "mid");
}

/* Front, mid and side wait for root, of which nobody measures how long it
 * takes; mid also for store, which is slow itself. */
static void who_waits_for_another_too_clears_nobody(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "store"};
    static const size_t calls[][2] = {{0, 2}, {1, 2}, {1, 4}, {3, 2}};
    const caus_topology topology = {5, services, 4, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = NULL;
    double scores[2];
    for (size_t i = 0; i < 2; i++) {
        const made_measure measures[MADE_VARIABLES] = {
            {"front_latency", "front", .2, .01, .5},
            {"front_cpu", "front", 20, 1, 0},
            {"mid_latency", "mid", .1, .003, .06},
            {"mid_cpu", "mid", 10, .6, 0},
            {"side_latency", "side", .08, .004, .3},
            {"side_cpu", "side", 15, 1, 0},
            {"store_latency", "store", .02, .001, i ? .05 : 0},
            {"store_cpu", "store", 15, 1, 0},
            {"root_cpu", "root", 30, 1, 0},
            {"root_memory", "root", 30, 1, 0}};
        caus_explanation told = made_explain(*state, measures, &options);
        scores[i] = score_of(&told, "side");
    }
    assert_true(scores[1] < 1.1 * scores[0]);
}

enum { WORDS = (MADE_ROWS + 63) / 64 };

static void lose(caus_series *series, size_t row, size_t variable)
{
    double *values = (double *)(uintptr_t)series->segments[0].values;
    uint64_t *missing = (uint64_t *)(uintptr_t)series->segments[0].missing;
    values[row * MADE_VARIABLES + variable] = (double)NAN;
    missing[variable * WORDS + row / 64] |= UINT64_C(1) << (row % 64);
}

/* Front fails whenever mid is away, whose variables stand first. */
static caus_series series_of(made_fixture *with, const char *last)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"mid_cpu", "mid", 10, .6, 0},
        {last, "mid", 30, 1, 0},
        {"front_errors", "front", 1, .3, 0},
        {"front_requests", "front", 100, 2, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"front_memory", "front", 20, 1, 0},
        {"root_cpu", "root", 30, 1, 0},
        {"root_memory", "root", 30, 1, 0},
        {"side_cpu", "side", 15, 1, 0},
        {"side_memory", "side", 15, 1, 0}};
    caus_series series = made_series(with->arena, measures, NULL, 1);
    caus_segment *segment = caus_arena_array(with->arena, 1, sizeof *segment);
    *segment = series.segments[0];
    segment->missing =
        caus_arena_array(with->arena, WORDS * MADE_VARIABLES, sizeof(uint64_t));
    segment->word_count = WORDS;
    series.segments = segment;
    return series;
}

static void go_away(caus_series *series, size_t row)
{
    double *values = (double *)(uintptr_t)series->segments[0].values;
    lose(series, row, 0);
    values[row * MADE_VARIABLES + 2] += 60;
}

/* What its disk has left is known of who runs it. */
static void who_is_gone_does_not_tell_what_is_told_of_it(void **state)
{
    static const char *const last[] = {"mid_memory",
                                       "mid_kubelet_volume_available_bytes"};
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
        caus_series series = series_of(with, last[i]);
        for (size_t r = MADE_ONSET; r < MADE_ROWS; r++) {
            go_away(&series, r);
            if (i == 0)
                lose(&series, r, 1);
        }
        caus_explanation told = made_explain_series(with, &series, &options);
        assert_string_equal(made_first_of(&told), "mid");
    }
}

/* Of mid one value tells; of others one of two is lost in the meantime. */
static void values_that_get_lost_one_by_one_are_no_silence(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    for (size_t lossy = 0; lossy < 2; lossy++) {
        caus_series series = series_of(with, "mid_requests");
        for (size_t r = 0; r < MADE_ROWS; r++)
            lose(&series, r, 1);
        for (size_t r = MADE_ONSET; r < MADE_ROWS; r += 12)
            go_away(&series, r);
        for (size_t v = 4; v < MADE_VARIABLES && lossy; v++) {
            for (size_t r = v; r < MADE_ROWS; r += 15)
                lose(&series, r, v);
        }
        caus_explanation told = made_explain_series(with, &series, &options);
        const char *sentence = made_suspect_of(&told, "mid")->sentence;
        bool is_away = strstr(sentence, "not measured in 5 of") != NULL;
        assert_int_equal(is_away && made_suspect_of(&told, "mid")->score > .5,
                         !lossy);
    }
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(who_reads_nothing_while_messages_wait_has_stopped),
        MADE(a_broker_measures_for_groups_that_read),
        cmocka_unit_test(a_reader_may_be_called_as_messages_are),
        MADE(a_job_asks_of_its_own_accord),
        MADE(whom_none_of_several_callers_asks_is_not_reached),
        MADE(whom_nobody_asks_is_not_reached_though_others_are_slower),
        MADE(calls_that_are_made_again_take_time),
        MADE(who_waits_for_another_too_clears_nobody),
        MADE(who_is_gone_does_not_tell_what_is_told_of_it),
        MADE(values_that_get_lost_one_by_one_are_no_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
