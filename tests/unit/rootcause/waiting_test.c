/* SPDX-License-Identifier: Apache-2.0 */
/* Whom services wait for, where not all of them are measured, and latency that
 * comes and goes. */
#include <stdio.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

enum {
    FRONT_LATENCY = 0,
    MID_LATENCY = 3,
    ROOT_LATENCY = 6,
    ROOT_CPU,
    SIDE_LATENCY = 8
};

static double score_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->score;
}

/* Nobody is anything but front, mid and side slow. */
static void slow_above(made_measure *measures)
{
    memcpy(measures, made_incident, MADE_VARIABLES * sizeof *measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        measures[i].shift = 0;
    measures[FRONT_LATENCY].shift = measures[MID_LATENCY].shift =
        measures[SIDE_LATENCY].shift = .5;
}

/* mid, side and mute call root, which is slow to reach; nobody measures mute,
 * nor store, whom mid calls as well. */
static void who_is_not_measured_is_no_witness(void **state)
{
    made_fixture *with = *state;
    static const char *const services[] = {"front", "mid",  "mute",
                                           "root",  "side", "store"};
    static const size_t calls[][2] = {{0, 1}, {0, 2}, {0, 4}, {1, 3},
                                      {1, 5}, {2, 3}, {4, 3}};
    const caus_topology topology = {6, services, 7, calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    slow_above(measures);
    caus_explanation told = made_explain(with, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(score_of(&told, "store") < .5 * score_of(&told, "root"));
    measures[SIDE_LATENCY].shift = 0; /* a witness that all is well */
    told = made_explain(with, measures, &options);
    assert_string_not_equal(made_first_of(&told), "root");
}

/* mid and mute call root, of which nobody measures how long it takes. */
static void
who_counts_failures_is_no_witness_of_how_long_calls_take(void **state)
{
    static const char *const services[] = {"front", "mid", "mute", "root",
                                           "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 2}, {0, 4}, {1, 3}, {2, 3}};
    static const caus_topology topology = {5, services, 5, calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    slow_above(measures);
    measures[ROOT_LATENCY] = (made_measure){"mute_cpu", "mute", 20, 1, 0};
    measures[SIDE_LATENCY] = (made_measure){"mute_errors", "mute", 0, 0, 0};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_true(score_of(&told, "root") > .5 * score_of(&told, "mid"));
    measures[SIDE_LATENCY] = (made_measure){"mute_latency", "mute", .1, .01, 0};
    told = made_explain(*state, measures, &options);
    assert_true(score_of(&told, "root") < .1 * score_of(&told, "mid"));
}

/* What front shows and no callee explains, as root is slower by so much; nobody
 * measures how mid between them answers. */
static double left_of_front(made_fixture *with, double of_root)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, made_incident, sizeof measures);
    measures[MID_LATENCY] = (made_measure){"mid_disk", "mid", 9, 1, 0};
    measures[MID_LATENCY + 2].shift = 0;
    measures[ROOT_LATENCY].shift = of_root;
    caus_explanation told = made_explain(with, measures, &options);
    return made_suspect_of(&told, "front")->terms[CAUS_TERM_EXTERNAL];
}

static void callers_wait_through_who_is_not_measured(void **state)
{
    assert_true(left_of_front(*state, .2) < .5 * left_of_front(*state, 0));
}

/* mid calls root and store, and nobody measures how long these take; that root
 * is up says nothing of that. */
static caus_explanation explain_stores(made_fixture *with, const char *measure,
                                       double more)
{
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "store"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {1, 4}};
    static const caus_topology topology = {5, services, 4, calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    slow_above(measures);
    measures[SIDE_LATENCY].shift = 0;
    measures[ROOT_LATENCY] = (made_measure){measure, "root", 13, 1, more};
    measures[ROOT_CPU] = (made_measure){"root_up", "root", 1, 0, 0};
    return made_explain(with, measures, &options);
}

static bool misses(const caus_explanation *told, const char *words)
{
    for (size_t i = 0; i < told->missing_count; i++) {
        if (strstr(told->missing[i], words))
            return true;
    }
    return false;
}

static void a_store_in_which_requests_pile_up_is_who_they_wait_for(void **state)
{
    static const char *const counts[] = {"root_sockets", "root_threads_running",
                                         "root_connections"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        caus_explanation told = explain_stores(*state, counts[i], 0);
        assert_string_equal(made_first_of(&told), "mid");
        told = explain_stores(*state, counts[i], 12);
        assert_string_equal(made_first_of(&told), "root");
        assert_true(score_of(&told, "root") > 2 * score_of(&told, "store"));
        assert_true(misses(&told, "no latency or error metric of root"));
    }
}

/* What mid tells of each of its calls is no latency of its own: it says which
 * callee it waits for, or that it is none. */
static void who_a_caller_names_is_who_it_waits_for(void **state)
{
    enum { SPARE = 4, OTHER_SPARE = 9 };
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "the-store"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {1, 4}};
    static const caus_topology topology = {5, services, 4, calls};
    static const char *const first[] = {"mid", "root", "the-store"};
    for (size_t slow = 0; slow < 3; slow++) {
        caus_explain_options options = made_options();
        made_measure measures[MADE_VARIABLES];
        options.topology = &topology;
        slow_above(measures);
        measures[SIDE_LATENCY].shift = 0;
        measures[SPARE] =
            (made_measure){"mid_upstream_rq_time{cluster=\"root\"}", "mid", 50,
                           2, slow == 1 ? 400 : 0};
        measures[OTHER_SPARE] = (made_measure){
            "mid_client_the_store_time", "mid", 50, 2, slow == 2 ? 400 : 0};
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), first[slow]);
    }
}

/* mid's calls to root and to side, which are well, as others find them: one is
 * slow, or both. */
static caus_explanation explain_own_end(made_fixture *with, double other,
                                        double others)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_client_seconds_peer_root", "front", .06, .002, others},
        {"front_client_seconds_peer_side", "front", .09, .002, others},
        {"mid_latency", "mid", .1, .003, .5},
        {"mid_cpu", "mid", 10, .6, 0},
        {"mid_client_seconds_peer_root", "mid", .06, .002, .4},
        {"root_latency", "root", .05, .004, 0},
        {"mid_client_seconds_peer_side", "mid", .09, .002, other},
        {"side_latency", "side", .08, .004, 0},
        {"side_cpu", "side", 15, 1, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}};
    static const caus_topology topology = {4, services, 5, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    return made_explain(with, measures, &options);
}

static void who_finds_several_callees_slow_alone_is_slow(void **state)
{
    caus_explanation told = explain_own_end(*state, .4, 0);
    assert_string_equal(made_first_of(&told), "mid");
    assert_true(score_of(&told, "mid") > 2 * score_of(&told, "root"));
    /* Front reaches root as ever; where it does not, both wait for these. */
    double alone = score_of(&told, "mid");
    told = explain_own_end(*state, 0, 0);
    assert_string_equal(made_first_of(&told), "mid");
    told = explain_own_end(*state, .4, .4);
    assert_true(score_of(&told, "mid") < .5 * alone);
}

/* Nobody measures how long root and store take, which mid waits for one behind
 * the other. */
static void who_stands_behind_the_unmeasured_may_be_it(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "store"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {2, 4}};
    static const caus_topology topology = {5, services, 4, calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    slow_above(measures);
    measures[FRONT_LATENCY + 1] =
        (made_measure){"mid_client_seconds_peer_root", "mid", .06, .002, .4};
    measures[SIDE_LATENCY].shift = 0;
    measures[ROOT_LATENCY] = (made_measure){"store_cpu", "store", 9, 1, 0};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(score_of(&told, "store") > .8 * score_of(&told, "root"));
    assert_true(told.suspects[0].confidence < .7);
}

/* Sixty services of which nobody measures any, each of which calls all: there
 * are millions of ways over three of them. */
static void many_ways_over_the_unmeasured_are_one_answer(void **state)
{
    enum { UNMEASURED = 60, MEASURED = 4, CALLS = 3 };
    static const char *const measured[] = {"front", "mid", "root", "side"};
    static const size_t known[CALLS][2] = {{0, 1}, {0, 3}, {1, 2}};
    char names[UNMEASURED][8];
    const char *services[MEASURED + UNMEASURED];
    static size_t calls[CALLS + UNMEASURED * UNMEASURED + 1][2];
    size_t count = CALLS;
    memcpy(services, measured, sizeof measured);
    memcpy(calls, known, sizeof known);
    for (size_t i = 0; i < UNMEASURED; i++) {
        snprintf(names[i], sizeof names[i], "u%02zu", i);
        services[MEASURED + i] = names[i];
        for (size_t k = 0; k < UNMEASURED; k++) {
            calls[count][0] = MEASURED + i;
            calls[count++][1] = MEASURED + k;
        }
    }
    caus_topology topology = {MEASURED + UNMEASURED, services, count,
                              (const size_t(*)[2])calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_string_equal(made_first_of(&told), "root");
}

/* Root gets twice the requests, and mid fails: callers' requests and failures
 * tell of both. Then all four call themselves as well. */
static void who_calls_itself_is_no_caller_of_its_own(void **state)
{
    enum { MOST = 16 };
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_requests", "front", 100, 2, 0},
        {"front_errors", "front", 0, 0, 30},
        {"mid_latency", "mid", .1, .003, .5},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_errors", "mid", 0, 0, 30},
        {"root_latency", "root", .05, .004, .2},
        {"root_requests", "root", 100, 2, 100},
        {"side_requests", "side", 50, 1, -20},
        {"root_cpu", "root", 30, 1, 20}};
    size_t calls[MOST][2], count = made_topology.call_count;
    memcpy(calls, made_topology.calls, count * sizeof *calls);
    for (size_t s = 0; s < made_topology.service_count; s++)
        memcpy(calls[count++], (size_t[]){s, s}, sizeof *calls);
    caus_topology topology = made_topology;
    topology.call_count = count;
    topology.calls = (const size_t(*)[2])calls;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, measures, &options);
    options.topology = &topology;
    caus_explanation same = made_explain(*state, measures, &options);
    assert_int_equal(same.suspect_count, told.suspect_count);
    for (size_t i = 0; i < told.suspect_count; i++) {
        assert_string_equal(same.suspects[i].service, told.suspects[i].service);
        assert_true(same.suspects[i].score == told.suspects[i].score);
        assert_true(same.suspects[i].confidence == told.suspects[i].confidence);
        assert_string_equal(same.suspects[i].sentence,
                            told.suspects[i].sentence);
    }
}

/* Side calls itself, or is in no call, beside those of others or of nobody. */
static void who_calls_itself_alone_is_in_no_call(void **state)
{
    static const size_t alone[][2] = {{0, 1}, {1, 2}, {3, 3}};
    static const size_t only_itself[][2] = {{3, 3}};
    const caus_topology with = {4, made_topology.services, 3, alone},
                        without = {3, made_topology.services, 2, alone},
                        itself = {4, made_topology.services, 1, only_itself};
    const caus_topology *const pairs[][2] = {{&with, &without},
                                             {&itself, NULL}};
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    measures[SIDE_LATENCY].shift = .5;
    measures[SIDE_LATENCY + 1] = (made_measure){"side_errors", "side", 0, 0, 0};
    for (size_t i = 0; i < 4; i++) {
        /* slower than front, as an SLO, or not */
        measures[SIDE_LATENCY].level = i % 2 ? .3 : .08;
        caus_explain_options options = made_options();
        options.topology = pairs[i / 2][0];
        caus_explanation told = made_explain(*state, measures, &options);
        options.topology = pairs[i / 2][1];
        caus_explanation same = made_explain(*state, measures, &options);
        for (size_t s = 0; s < told.suspect_count; s++) {
            assert_string_equal(same.suspects[s].service,
                                told.suspects[s].service);
            assert_true(same.suspects[s].score == told.suspects[s].score);
            assert_int_equal(same.suspects[s].observer,
                             told.suspects[s].observer);
        }
    }
}

/* The way from mid to root, over `unmeasured` services, each of which calls
 * itself as well; root is measured by `of_root`. A job of which nothing is
 * known may ask root, too. */
static double way_beside(made_fixture *with, size_t unmeasured,
                         const char *of_root, bool has_job)
{
    enum { ROOT = 2, JOB = 8 };
    static const char *const services[] = {"front", "mid", "root", "side", "u1",
                                           "u2",    "u3",  "u4",   "u5"};
    size_t calls[12][2] = {{0, 1}, {0, 3}};
    size_t count = 2, last = 1;
    for (size_t i = 4; i < 4 + unmeasured; i++) {
        memcpy(calls[count++], (size_t[]){last, i}, sizeof *calls);
        memcpy(calls[count++], (size_t[]){i, i}, sizeof *calls);
        last = i;
    }
    memcpy(calls[count++], (size_t[]){last, ROOT}, sizeof *calls);
    if (has_job)
        memcpy(calls[count++], (size_t[]){JOB, ROOT}, sizeof *calls);
    caus_topology topology = {9, services, count, (const size_t(*)[2])calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    slow_above(measures);
    measures[SIDE_LATENCY].shift = 0;
    measures[ROOT_LATENCY].name = of_root;
    caus_explanation told = made_explain(with, measures, &options);
    return made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY];
}

static double way_behind(made_fixture *with, size_t unmeasured,
                         const char *of_root)
{
    return way_beside(with, unmeasured, of_root, false);
}

static void of_whom_nothing_is_known_tells_nothing_of_a_way(void **state)
{
    for (size_t i = 1; i < 4; i++) {
        double alone = way_beside(*state, i, "root_jobs", false);
        assert_true(alone > 0);
        assert_true(way_beside(*state, i, "root_jobs", true) == alone);
    }
}

static void who_is_behind_three_unmeasured_may_be_it(void **state)
{
    static const char *const busy = "root_jobs", *const quick = "root_latency";
    double near = way_behind(*state, 0, busy);
    for (size_t i = 1; i < 4; i++) {
        double next = way_behind(*state, i, busy);
        assert_true(next > .8 * near && next < .95 * near);
        near = next;
    }
    assert_true(near > 0);
    assert_true(way_behind(*state, 4, busy) <= 0);
    assert_true(way_behind(*state, 1, quick) <= 0);
}

/* front fails, whom a service stands behind that nobody measures; mid, which
 * calls root as well, counts no failures. */
static void who_counts_none_is_no_witness_behind_the_unmeasured(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "u1"};
    static const size_t calls[][2] = {{0, 3}, {0, 4}, {1, 2}, {4, 2}};
    static const caus_topology topology = {5, services, 4, calls};
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.topology = &topology;
    options.symptom = "front_errors";
    slow_above(measures);
    measures[FRONT_LATENCY].shift = measures[MID_LATENCY].shift =
        measures[SIDE_LATENCY].shift = 0;
    measures[FRONT_LATENCY + 1].shift = 20;
    measures[ROOT_LATENCY].name = "root_jobs";
    caus_explanation told = made_explain(*state, measures, &options);
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY] > 0);
}

/* mid finds root and side slow, or root alone, which nobody else calls. */
static double way_to_root(made_fixture *with, double of_side)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_cpu", "front", 20, 1, 0},
        {"front_requests", "front", 100, 2, 0},
        {"mid_latency", "mid", .1, .003, .5},
        {"mid_cpu", "mid", 10, .6, 0},
        {"mid_client_seconds_peer_root", "mid", .06, .002, .4},
        {"root_latency", "root", .05, .004, 0},
        {"mid_client_seconds_peer_side", "mid", .09, .002, of_side},
        {"side_latency", "side", .08, .004, 0},
        {"side_cpu", "side", 15, 1, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 3}};
    static const caus_topology topology = {4, services, 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    caus_explanation told = made_explain(with, measures, &options);
    return made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY];
}

static void a_caller_s_own_end_is_no_way_to_a_callee(void **state)
{
    double alone = way_to_root(*state, 0);
    assert_true(alone > 1);
    assert_true(way_to_root(*state, .4) < .5 * alone);
}

/* That another callee of mid is slow tells nothing of its calls to root, which
 * are measured. */
static void calls_to_one_callee_are_no_other_s_doing(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 3}};
    static const caus_topology topology = {4, services, 3, calls};
    double way[2];
    for (size_t is_slow = 0; is_slow < 2; is_slow++) {
        const made_measure measures[MADE_VARIABLES] = {
            {"front_latency", "front", .2, .01, .5},
            {"front_errors", "front", 1, .3, 40},
            {"front_requests", "front", 100, 2, 0},
            {"mid_latency", "mid", .1, .003, .5},
            {"mid_cpu", "mid", 10, .6, 0},
            {"mid_client_errors_peer_root", "mid", 1, .3, 40},
            {"root_cpu", "root", 30, 1, 0},
            {"mid_errors", "mid", 1, .3, 40},
            {"side_latency", "side", .08, .004, is_slow ? .4 : 0},
            {"side_cpu", "side", 15, 1, 0}};
        caus_explain_options options = made_options();
        options.topology = &topology;
        options.symptom = "front_errors";
        caus_explanation told = made_explain(*state, measures, &options);
        way[is_slow] = made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY];
    }
    assert_true(way[0] > 2);
    assert_true(way[1] > .7 * way[0]);
}

/* That mid's calls of one service are as quick as ever tells nothing of those
 * of root, whether or not the graph knows that it calls the former. */
static void quick_calls_of_one_callee_tell_nothing_of_others(void **state)
{
    enum { SPARE = 4 };
    static const char *const told_of[] = {"mid_client_side_time",
                                          "mid_client_time"};
    double share[2];
    for (size_t all = 0; all < 2; all++) {
        caus_explain_options options = made_options();
        made_measure measures[MADE_VARIABLES];
        slow_above(measures);
        measures[SIDE_LATENCY].shift = 0;
        measures[ROOT_LATENCY] = (made_measure){"root_disk", "root", 9, 1, 0};
        measures[SPARE] = (made_measure){told_of[all], "mid", 50, 2, 0};
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), "mid");
        share[all] = score_of(&told, "root") / score_of(&told, "mid");
    }
    assert_true(share[0] > .5);
    assert_true(share[1] < .1);
}

/* Nor does it count its failures: those of its caller, which gives up, are its
 * doing as well. */
static void a_store_that_fills_makes_its_callers_fail(void **state)
{
    enum { FRONT_ERRORS = 1, MID_ERRORS = 5 };
    double least = 0;
    for (int fills = 0; fills < 2; fills++) {
        made_measure measures[MADE_VARIABLES];
        made_quiet(measures);
        measures[FRONT_ERRORS] =
            (made_measure){"front_errors", "front", 0, 0, 9};
        measures[MID_ERRORS] = (made_measure){"mid_errors", "mid", 0, 0, 9};
        measures[ROOT_LATENCY] = (made_measure){"root_threads_running", "root",
                                                13, 1, fills ? 12 : 0};
        caus_explain_options options = made_options();
        options.symptom = "front_errors";
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), fills ? "root" : "mid");
        double score = score_of(&told, "root");
        assert_true(score > least);
        least = score;
    }
}

/* mid and side call root, of which nobody counts anything that fails; nor does
 * side of itself, which is as fast as ever. */
static void who_counts_no_failures_is_no_witness_of_them(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {3, 2}};
    static const caus_topology topology = {4, services, 3, calls};
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = "front_errors";
    made_quiet(measures);
    measures[1] = (made_measure){"front_errors", "front", 0, 0, 9};
    measures[5] = (made_measure){"mid_errors", "mid", 0, 0, 9};
    measures[ROOT_LATENCY] = (made_measure){"root_memory", "root", 30, 1, 0};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_true(score_of(&told, "root") > .5 * score_of(&told, "mid"));
    measures[9] = (made_measure){"side_errors", "side", .1, .1, 0};
    told = made_explain(*state, measures, &options);
    assert_true(score_of(&told, "root") < .1 * score_of(&told, "mid"));
}

/* Requests pile up in mid, of which no latency is measured, as it waits for
 * root. */
static void who_fills_for_a_slow_callee_is_not_waited_for(void **state)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    made_quiet(measures);
    measures[FRONT_LATENCY].shift = measures[ROOT_LATENCY].shift = .5;
    measures[MID_LATENCY] = (made_measure){"mid_sockets", "mid", 13, 1, 90};
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(made_first_of(&told), "root");
    assert_true(told.suspects[1].terms[CAUS_TERM_WAY] < .1);
}

/* Latency of root is ten times as high in one of four rows [from, to). */
static double score_of_bursts(made_fixture *with, size_t from, size_t to)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    options.symptom = NULL;
    memcpy(measures, made_incident, sizeof measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        measures[i].shift = 0;
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = from; r < to; r += 4)
        values[r * MADE_VARIABLES + ROOT_LATENCY] *= 10;
    caus_explanation told = made_explain_series(with, &series, &options);
    return score_of(&told, "root");
}

static void latency_that_comes_and_goes_counts(void **state)
{
    double never = score_of_bursts(*state, 0, 0);
    double since = score_of_bursts(*state, MADE_ONSET, MADE_ROWS);
    double always = score_of_bursts(*state, 0, MADE_ROWS);
    double late = score_of_bursts(*state, MADE_ROWS - 12, MADE_ROWS);
    assert_true(since > never + 1);
    assert_true(always < never + .3 && late < never + .3);
}

/* How loud it is that side_cpu, or its latency, is `times` as high in `rows`
 * rows. */
static double alone_of(made_fixture *with, size_t variable, double times,
                       size_t rows)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    memcpy(measures, made_incident, sizeof measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        measures[i].shift = 0;
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET + 2; r < MADE_ONSET + 2 + rows; r++)
        values[r * MADE_VARIABLES + variable] *= times;
    return made_explain_series(with, &series, &options).alone;
}

/* A job that runs for a while is one, however much it takes. */
static void what_nobody_feels_for_a_while_is_no_incident(void **state)
{
    enum { SIDE_CPU = 9, A_WHILE = 8, LASTING = 50 };
    double job = alone_of(*state, SIDE_CPU, 10, A_WHILE);
    assert_true(job == alone_of(*state, SIDE_CPU, 100, A_WHILE));
    assert_true(alone_of(*state, SIDE_CPU, 10, LASTING) > 2 * job);
    assert_true(alone_of(*state, SIDE_LATENCY, 10, A_WHILE) > 2 * job);
}

/* mid writes to root, a broker, and side reads there, which is slow. */
static caus_explanation explain_backlog(made_fixture *with, double writer)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, writer},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_latency", "mid", .1, .02, writer},
        {"mid_cpu", "mid", 10, .6, 0},
        {"mid_requests", "mid", 100, 2, 0},
        {"root_consumergroup_lag", "root", 5, 1, 200},
        {"root_cpu", "root", 30, 1, 0},
        {"root_messages_published_total", "root", 100, 2, 0},
        {"side_processing_seconds", "side", .08, .004, .3},
        {"side_cpu", "side", 15, 1, 0}};
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {3, 2}};
    static const caus_topology topology = {4, services, 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    options.symptom = NULL;
    return made_explain(with, measures, &options);
}

/* Front and side call root, which nobody measures from outside; front is slow,
 * and side as ever, whom somebody asks in every `turn`-th row. */
static double way_beside_a_quiet_caller(made_fixture *with, size_t turn)
{
    enum { SIDE_REQUESTS = 4, SIDE_LATENCY_2 = 8 };
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 2}, {3, 2}};
    static const caus_topology topology = {4, services, 3, calls};
    made_measure measures[MADE_VARIABLES];
    made_quiet(measures);
    measures[0].shift = .5;
    measures[SIDE_REQUESTS] = (made_measure){"side_requests", "side", 5, .2, 0};
    measures[6] = (made_measure){"root_disk", "root", 9, 1, 0};
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = 0; r < MADE_ROWS; r++)
        values[r * MADE_VARIABLES + SIDE_REQUESTS] *= r % turn == 0;
    caus_explain_options options = made_options();
    options.topology = &topology;
    caus_explanation told = made_explain_series(with, &series, &options);
    return made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY];
}

static void who_is_hardly_asked_is_no_witness(void **state)
{
    assert_true(way_beside_a_quiet_caller(*state, 1) < .5);
    assert_true(way_beside_a_quiet_caller(*state, 2) < .5);
    assert_true(way_beside_a_quiet_caller(*state, 3) > 1);
}

/* Of what a cache does not have its callers ask others, whatever it answers. */
static void what_a_cache_lacks_makes_its_callers_slow(void **state)
{
    double external[2];
    for (int misses = 0; misses < 2; misses++) {
        made_measure measures[MADE_VARIABLES];
        made_quiet(measures);
        measures[0].shift = measures[3].shift = .5;
        measures[7] = (made_measure){"root_keyspace_misses", "root", 30, 1,
                                     misses ? 60 : 0};
        caus_explain_options options = made_options();
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(made_first_of(&told), misses ? "root" : "mid");
        external[misses] =
            made_suspect_of(&told, "mid")->terms[CAUS_TERM_EXTERNAL];
    }
    assert_true(external[1] < .5 * external[0]);
}

/* Front writes to root, which a reader and another one read; users wait, as
 * messages pile up there. The readers take so much less than they did. */
static caus_explanation explain_readers(made_fixture *with, double less,
                                        double other_less)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_requests", "front", 100, 2, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"reader_requests", "reader", 40, 1, -40 * less},
        {"reader_latency", "reader", .05, .002, 0},
        {"root_queue_messages", "root", 20, 3, 400},
        {"root_cpu", "root", 30, 1, 0},
        {"other_requests", "other", 40, 1, -40 * other_less},
        {"other_latency", "other", .05, .002, 0},
        {"other_cpu", "other", 15, 1, 0}};
    static const char *const services[] = {"front", "other", "reader", "root"};
    static const size_t calls[][2] = {{0, 3}, {1, 3}, {2, 3}};
    const caus_topology topology = {4, services, 3, calls};
    caus_explain_options options = made_options();
    options.topology = &topology;
    return made_explain(with, measures, &options);
}

static void what_waits_for_a_reader_that_stopped_is_its_doing(void **state)
{
    caus_explanation told = explain_readers(*state, 0, 0);
    assert_true(score_of(&told, "reader") < .2 * told.suspects[0].score);
    told = explain_readers(*state, .95, .3);
    assert_string_equal(made_first_of(&told), "reader");
    assert_non_null(strstr(told.suspects[0].sentence,
                           " requests instead of 40.1, of what root keeps "
                           "for it"));
    assert_true(told.suspects[0].confidence > .5);
    /* Where fewer messages come both have less to do. */
    told = explain_readers(*state, .6, .6);
    assert_true(score_of(&told, "reader") < .2 * told.suspects[0].score);
}

static void messages_pile_up_where_their_reader_is_slow(void **state)
{
    caus_explanation told = explain_backlog(*state, 0);
    assert_string_equal(made_first_of(&told), "side");
    told = explain_backlog(*state, .01); /* by chance */
    assert_string_equal(made_first_of(&told), "side");
    told = explain_backlog(*state, .5); /* who writes waits for it, too */
    assert_string_equal(made_first_of(&told), "root");
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(messages_pile_up_where_their_reader_is_slow),
        MADE(who_is_not_measured_is_no_witness),
        MADE(callers_wait_through_who_is_not_measured),
        MADE(who_counts_failures_is_no_witness_of_how_long_calls_take),
        MADE(a_store_in_which_requests_pile_up_is_who_they_wait_for),
        MADE(who_a_caller_names_is_who_it_waits_for),
        MADE(who_finds_several_callees_slow_alone_is_slow),
        MADE(who_stands_behind_the_unmeasured_may_be_it),
        MADE(many_ways_over_the_unmeasured_are_one_answer),
        MADE(who_calls_itself_is_no_caller_of_its_own),
        MADE(who_calls_itself_alone_is_in_no_call),
        MADE(of_whom_nothing_is_known_tells_nothing_of_a_way),
        MADE(who_is_behind_three_unmeasured_may_be_it),
        MADE(who_counts_none_is_no_witness_behind_the_unmeasured),
        MADE(a_caller_s_own_end_is_no_way_to_a_callee),
        MADE(calls_to_one_callee_are_no_other_s_doing),
        MADE(quick_calls_of_one_callee_tell_nothing_of_others),
        MADE(who_is_hardly_asked_is_no_witness),
        MADE(what_a_cache_lacks_makes_its_callers_slow),
        MADE(what_waits_for_a_reader_that_stopped_is_its_doing),
        MADE(a_store_that_fills_makes_its_callers_fail),
        MADE(who_counts_no_failures_is_no_witness_of_them),
        MADE(who_fills_for_a_slow_callee_is_not_waited_for),
        MADE(latency_that_comes_and_goes_counts),
        MADE(what_nobody_feels_for_a_while_is_no_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
