/* SPDX-License-Identifier: Apache-2.0 */
/* Systems of which little is measured, or told. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

typedef made_measure measure;

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

static bool warns(const caus_explanation *told, const char *words)
{
    for (size_t i = 0; i < told->warning_count; i++) {
        if (strstr(told->warnings[i], words))
            return true;
    }
    return false;
}

static void who_is_in_no_call_may_stand_anywhere(void **state)
{
    static const char *const services[] = {"front", "mid", "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 2}};
    static const caus_topology without = {3, services, 2, calls};
    static const char *const others[] = {"root_cpu", "root_requests",
                                         "root_latency_p99"};
    caus_explain_options options = made_options();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        measure measures[MADE_VARIABLES];
        memcpy(measures, made_incident, sizeof measures);
        measures[7] = (measure){others[i], "root", .07, .004, 0};
        options.topology = &made_topology;
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(told.suspects[0].service, "root");
        assert_false(warns(&told, "knows no"));
        options.topology = &without;
        told = made_explain(*state, measures, &options);
        assert_string_equal(told.suspects[0].service, "root");
        assert_false(told.suspects[0].share.known);
        assert_true(warns(&told, "the call graph knows no root:"));
    }
}

static void who_shows_what_users_wait_for_only_looks_at_it(void **state)
{
    measure looking[MADE_VARIABLES];
    memcpy(looking, made_incident, sizeof looking);
    looking[8] = (measure){"slo_latency", "slo", .2, .01, .5};
    looking[9] = (measure){"slo_errors", "slo", 0, 0, 0};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, looking, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_true(made_suspect_of(&told, "slo")->observer);
    looking[9] = (measure){"slo_requests", "slo", 100, 3, 0};
    told = made_explain(*state, looking, &options);
    assert_false(made_suspect_of(&told, "slo")->observer);
}

/* A proxy in front tells neither latency nor errors; nobody calls a worker
 * either. */
static void users_see_through_a_silent_front(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {3, 2}};
    static const caus_topology behind = {4, services, 3, calls};
    measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    measures[0] = (measure){"front_requests", "front", 100, 3, 0};
    measures[1] = (measure){"front_threads", "front", 9, .5, 0};
    measures[8].shift = .05;
    caus_explain_options options = made_options();
    options.topology = &behind;
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(measures[told.symptom].name, "mid_latency");
    measures[1] = (measure){"front_errors", "front", 0, 0, 0};
    told = made_explain(*state, measures, &options);
    assert_string_equal(measures[told.symptom].name, "side_latency");
}

/* Side calls mid and mid front, whichever stands first among services. */
static void users_see_through_one_front_behind_another(void **state)
{
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "store"};
    static const size_t calls[][2] = {{3, 1}, {1, 0}, {2, 4}};
    static const caus_topology behind = {5, services, 3, calls};
    measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    measures[3] = (measure){"mid_requests", "mid", 100, 3, 0};
    measures[6].shift = .1;
    measures[8] = (measure){"side_requests", "side", 100, 3, 0};
    caus_explain_options options = made_options();
    options.topology = &behind;
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, measures, &options);
    assert_string_equal(measures[told.symptom].name, "front_latency");
}

static void
what_calls_take_is_what_users_see_where_nothing_else_is(void **state)
{
    static const char *const clients[] = {
        "front_client_mid_latency",  "front_lettuce_mid_latency",
        "front_jedis_mid_latency",   "front_jdbc_mid_latency",
        "front_command_mid_latency", "front_publish_mid_latency",
        "front_producer_mid_latency"};
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        measure measures[MADE_VARIABLES];
        memcpy(measures, made_incident, sizeof measures);
        measures[2] = (measure){clients[i], "front", .1, .003, .5};
        caus_explain_options options = made_options();
        options.symptom = NULL;
        caus_explanation told = made_explain(*state, measures, &options);
        assert_string_equal(measures[told.symptom].name, "front_latency");
        measures[0] = (measure){"front_requests", "front", 100, 3, 0};
        told = made_explain(*state, measures, &options);
        assert_string_equal(measures[told.symptom].name, clients[i]);
    }
}

static void a_graph_of_other_names_is_none(void **state)
{
    static const struct {
        const char *services[4];
        const char *words;
    } graphs[] = {
        {{"front-svc", "mid-svc", "root-svc", "side-svc"},
         "says front-svc where they say front: take -svc from all"},
        {{"eu/front", "eu/mid", "eu/root", "eu/side"},
         "says eu/front where they say front: take eu/ from all"},
        {{"fron", "mi", "roo", "sid"}, "nearest are its fron and their front"},
        {{"front", "b", "c", "d"}, "--topology is left out"},
    };
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}};
    caus_explain_options options = made_options();
    options.topology = NULL;
    caus_explanation none = made_explain(*state, made_incident, &options);
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
        const caus_topology other = {4, graphs[i].services, 3, calls};
        options.topology = &other;
        caus_explanation told = made_explain(*state, made_incident, &options);
        assert_true(warns(&told, graphs[i].words));
        assert_false(told.has_calls);
        assert_int_equal(told.suspect_count, none.suspect_count);
        for (size_t s = 0; s < none.suspect_count; s++) {
            assert_string_equal(told.suspects[s].service,
                                none.suspects[s].service);
            assert_true(told.suspects[s].score == none.suspects[s].score);
        }
    }
    options.topology = &made_topology;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_false(warns(&told, "--topology"));
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
    options.topology = NULL; /* nobody told that front asks side */
    told = made_explain(*state, failing, &options);
    assert_true(made_suspect_of(&told, "side")->score <
                made_suspect_of(&told, "root")->score);
    options.topology = &made_topology;
    measure busy[MADE_VARIABLES];
    memcpy(busy, failing, sizeof busy);
    busy[7].level = 900;
    told = made_explain(*state, busy, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

static void
who_can_have_moved_what_is_loud_comes_before_who_cannot(void **state)
{
    measure joined[MADE_VARIABLES];
    memcpy(joined, made_incident, sizeof joined);
    joined[7].shift = 0;
    joined[9].shift = 50; /* as if the baseline were from another time */
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, joined, &options);
    assert_string_equal(told.suspects[0].service, "root");
    static const char *const services[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {1, 3}};
    static const caus_topology below = {4, services, 3, calls};
    options.topology = &below;
    told = made_explain(*state, joined, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

static void a_symptom_that_hardly_moves_is_a_weak_guide(void **state)
{
    measure hidden[MADE_VARIABLES];
    memcpy(hidden, made_incident, sizeof hidden);
    hidden[0].shift = .025;
    hidden[3].shift = hidden[5].shift = hidden[7].shift = 0;
    hidden[6] = (measure){"root_errors", "root", 9, 1, 90};
    hidden[8].shift = .01;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, hidden, &options);
    assert_string_equal(told.suspects[0].service, "root");
    hidden[0].shift = .5; /* latency it is */
    told = made_explain(*state, hidden, &options);
    assert_string_equal(told.suspects[0].service, "front");
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
    double loud = told.suspects[0].score; /* what side shows is root's, too */
    doubled[8].shift = 0;
    told = made_explain(*state, doubled, &options);
    assert_true(fabs(told.suspects[0].score - loud) < 1e-9);
    doubled[8].shift = .6; /* far more than what stands behind it */
    told = made_explain(*state, doubled, &options);
    assert_string_equal(told.suspects[0].service, "side");
}

/* The alarm is about what got worse, however far something else got better. */
static void what_got_better_adds_nothing_to_the_alarm(void **state)
{
    measure slow[MADE_VARIABLES];
    made_quiet(slow);
    slow[6].shift = .08;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, slow, &options);
    double alarm = told.alarm;
    assert_true(alarm > 1);
    for (double less = 30; less < 1e4; less *= 10) {
        slow[9].shift = -less;
        told = made_explain(*state, slow, &options);
        assert_true(fabs(told.alarm - alarm) < 1e-9);
    }
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
    assert_true(made_suspect_of(&told, "root")->score <
                .5 * told.suspects[0].score);
}

/* The same where nobody counts what mid gets, so that how often it asks is not
 * known. */
static void who_was_hardly_ever_called_has_no_habit(void **state)
{
    measure novel[MADE_VARIABLES];
    memcpy(novel, counted, sizeof novel);
    novel[3] = (measure){"mid_memory", "mid", 500, 5, 0};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, novel, &options);
    double usual = made_suspect_of(&told, "root")->terms[CAUS_TERM_EXTERNAL];
    novel[5] = (measure){"root_requests", "root", 9, .1, 891};
    told = made_explain(*state, novel, &options);
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_EXTERNAL] <
                .3 * usual);
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
    assert_false(made_suspect_of(&told, "root")->observer);
    assert_true(made_suspect_of(&told, "root")->score > 0);
}

static void numbers_tell_who_may_call_whom(void **state)
{
    measure plain[MADE_VARIABLES];
    memcpy(plain, made_incident, sizeof plain);
    plain[7].shift = 0; /* nothing shows inside the root */
    caus_explain_options options = made_options();
    options.topology = NULL;
    caus_explanation told = made_explain(*state, plain, &options);
    assert_string_equal(told.suspects[0].service, "root");
    plain[6].level = .3; /* what takes longer is not within mid */
    told = made_explain(*state, plain, &options);
    assert_string_not_equal(told.suspects[0].service, "root");
}

/* front is slow itself; root, which gets fewer requests, is a little. */
static const measure apart[MADE_VARIABLES] = {
    {"front_latency_p50", "front", .02, .0004, .1},
    {"front_latency_p99", "front", .1, .003, .4},
    {"front_requests", "front", 800, 9, 0},
    {"mid_latency_p50", "mid", .03, .002, 0},
    {"mid_latency_p99", "mid", .09, .004, 0},
    {"root_latency_p50", "root", .05, .004, .06},
    {"root_latency_p99", "root", .08, .006, .1},
    {"root_requests", "root", 100, 3, 0},
    {"side_latency_p50", "side", .04, .004, 0},
    {"side_cpu", "side", 15, 1, 0}};

static void
who_takes_longer_is_no_callee_for_getting_fewer_requests(void **state)
{
    caus_explain_options options = made_options();
    options.topology = NULL;
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, apart, &options);
    double with_root =
        made_suspect_of(&told, "front")->terms[CAUS_TERM_EXTERNAL];
    measure alone[MADE_VARIABLES];
    memcpy(alone, apart, sizeof alone);
    alone[5].shift = alone[6].shift = 0;
    told = made_explain(*state, alone, &options);
    assert_true(with_root >
                .99 *
                    made_suspect_of(&told, "front")->terms[CAUS_TERM_EXTERNAL]);
}

/* Nobody told who calls whom: front gives up what it waits for too long. */
static void a_slow_callee_explains_failures_without_calls(void **state)
{
    measure failing[MADE_VARIABLES];
    memcpy(failing, made_incident, sizeof failing);
    failing[1] = (measure){"front_errors", "front", 2, .3, 60};
    failing[9] = (measure){"root_errors", "root", 2, .3, 0};
    failing[3].shift = failing[5].shift = failing[7].shift = 0;
    caus_explain_options options = made_options();
    options.topology = NULL;
    options.symptom = "front_errors";
    caus_explanation told = made_explain(*state, failing, &options);
    double with_root = made_suspect_of(&told, "front")->score;
    failing[6].shift = 0;
    told = made_explain(*state, failing, &options);
    assert_true(with_root < .7 * made_suspect_of(&told, "front")->score);
}

static void a_queue_tells_where_latency_is_not_measured(void **state)
{
    measure blind[MADE_VARIABLES];
    memcpy(blind, made_incident, sizeof blind);
    blind[5].shift = blind[7].shift = 0;
    blind[6] = (measure){"root_queue_depth", "root", 3, .5, 20};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, blind, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_EXTERNAL] > 0);
    blind[7] = (measure){"root_errors", "root", 0, 0, 0};
    told = made_explain(*state, blind, &options);
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_EXTERNAL] <= 0);
}

/* The first rows of the made series, to be written to. */
static double *copy_rows(made_fixture *with, size_t rows, caus_segment *cut,
                         caus_series *series)
{
    *series = made_series(with->arena, made_incident, NULL, 1);
    *cut = series->segments[0];
    double *values =
        caus_arena_array(with->arena, rows * MADE_VARIABLES, sizeof *values);
    assert_non_null(values);
    memcpy(values, cut->values, rows * MADE_VARIABLES * sizeof *values);
    cut->row_count = rows;
    cut->values = values;
    series->segments = cut;
    return values;
}

/* Two recordings are joined two rows before anybody notices anything: of five
 * rows two are ill. */
static void a_joint_that_nobody_saw_is_no_onset(void **state)
{
    made_fixture *with = *state;
    caus_series series;
    caus_segment cut;
    double *values = copy_rows(with, MADE_ONSET + 3, &cut, &series);
    for (size_t v = 0; v < MADE_VARIABLES; v++)
        values[(MADE_ONSET + 2) * MADE_VARIABLES + v] = values[v];
    for (size_t r = MADE_ONSET - 2; r < cut.row_count; r++)
        values[r * MADE_VARIABLES + 8] += 1; /* side_latency */
    caus_explain_options options = made_options();
    options.has_onset = false;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_in_range(told.rows_before, MADE_ONSET - 1, MADE_ONSET);
    assert_string_equal(told.suspects[0].service, "root");
}

/* Of a few rows, and many behind them in which nobody measured anything. */
static void an_onset_is_looked_for_where_values_are(void **state)
{
    enum { FIRST = 10, LAST = 16, ROWS = 106, WORDS = (ROWS + 63) / 64 };
    made_fixture *with = *state;
    measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    caus_series made = made_series(with->arena, quiet, NULL, 1);
    double *values = (double *)(uintptr_t)made.segments[0].values;
    uint64_t *missing =
        caus_arena_array(with->arena, WORDS * MADE_VARIABLES, sizeof *missing);
    for (size_t r = FIRST; r < LAST; r++)
        values[r * MADE_VARIABLES + 6] += .2;
    for (size_t r = LAST; r < ROWS; r++) {
        for (size_t v = 0; v < MADE_VARIABLES; v++)
            missing[v * WORDS + r / 64] |= UINT64_C(1) << (r % 64);
    }
    caus_series series = made_window(with->arena, made.variables,
                                     MADE_VARIABLES, ROWS, values, missing);
    caus_explain_options options = made_options();
    options.has_onset = false;
    options.symptom = NULL;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(told.onset.found);
    assert_int_equal(told.onset.row, FIRST);
    assert_string_equal(told.suspects[0].service, "root");
}

/* By three deviations side may be off by chance. */
static void what_hardly_moved_needs_no_explanation(void **state)
{
    measure off[MADE_VARIABLES];
    memcpy(off, made_incident, sizeof off);
    caus_explain_options options = made_options();
    off[8].shift = 2.9 * off[8].noise;
    caus_explanation told = made_explain(*state, off, &options);
    assert_true(told.explained == 1);
    off[8].shift = 5 * off[8].noise;
    told = made_explain(*state, off, &options);
    assert_true(told.explained < 1);
}

/* What was not measured since is no sign that it was off all the time. */
static void what_is_hardly_ever_measured_moved_where_it_is_next(void **state)
{
    made_fixture *with = *state;
    caus_series series;
    caus_segment cut;
    double *values = copy_rows(with, MADE_ONSET + 4, &cut, &series);
    for (size_t r = 0; r < cut.row_count; r++) {
        double *row = values + r * MADE_VARIABLES;
        for (size_t v = 0; v < MADE_VARIABLES; v++)
            if (v != 8 && r >= MADE_ONSET)
                row[v] -= made_incident[v].shift;
        if (r >= 60)
            row[8] = r < MADE_ONSET ? (double)NAN : 4;
    }
    caus_explain_options options = made_options();
    options.has_onset = false;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_in_range(told.onset.row, MADE_ONSET - 2, MADE_ONSET);
}

/* The incident without the values from one row to another of variables whose
 * names begin so. */
static caus_explanation explain_without(made_fixture *with, const char *start,
                                        size_t from, size_t end)
{
    enum { WORDS = (MADE_ROWS + 63) / 64 };
    static uint64_t missing[MADE_VARIABLES * WORDS];
    caus_series series;
    caus_segment cut;
    double *values = copy_rows(with, MADE_ROWS, &cut, &series);
    memset(missing, 0, sizeof missing);
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        if (strncmp(series.variables[v].name, start, strlen(start)) != 0)
            continue;
        for (size_t r = from; r < end; r++) {
            values[r * MADE_VARIABLES + v] = (double)NAN;
            missing[v * WORDS + r / 64] |= UINT64_C(1) << (r % 64);
        }
    }
    cut.missing = missing;
    caus_explain_options options = made_options();
    return made_explain_series(with, &series, &options);
}

static caus_explanation explain_cut(made_fixture *with, size_t from, size_t end)
{
    return explain_without(with, "root_", from, end);
}

/* A few percent are usual, and nothing is said of them. */
static void how_much_is_missing_is_told(void **state)
{
    made_fixture *with = *state;
    caus_explanation told = explain_cut(with, 30, 102);
    assert_true(warns(&told,
                      "6 % of all values are missing (of root_cpu 30 %): "
                      "they are left out, never filled") ||
                warns(&told, "6 % of all values are missing (of root_latency "
                             "30 %): they are left out, never filled"));
    told = explain_cut(with, 30, 70);
    assert_int_equal(told.warning_count, 0);
    told = explain_without(with, "", 30, 54);
    assert_true(warns(&told, "24 of 240 rows (10 %) have no value at all: "
                             "they are left out, never filled"));
    assert_int_equal(told.warning_count, 1);
    told = explain_without(with, "", 30, 40);
    assert_int_equal(told.warning_count, 0);
}

static bool tells_silence(const caus_explanation *told)
{
    for (size_t i = 0; i < told->missing_count; i++)
        if (strncmp(told->missing[i], "no value of root after ", 23) == 0)
            return true;
    return false;
}

/* A gap is none that ends, nor the last of gaps that are usual. */
static void who_is_not_heard_any_more_is_named(void **state)
{
    made_fixture *with = *state;
    caus_explanation told = explain_cut(with, MADE_ONSET, MADE_ROWS);
    assert_true(tells_silence(&told));
    told = explain_cut(with, MADE_ONSET, MADE_ROWS - 1);
    assert_false(tells_silence(&told));
    told = explain_cut(with, MADE_ROWS - 2, MADE_ROWS);
    assert_false(tells_silence(&told));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(users_see_through_a_silent_front,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            users_see_through_one_front_behind_another, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_calls_take_is_what_users_see_where_nothing_else_is,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(an_onset_is_looked_for_where_values_are,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(what_hardly_moved_needs_no_explanation,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_got_better_adds_nothing_to_the_alarm, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_callee_that_nobody_measures_is_looked_through, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(few_failures_do_not_make_many,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            who_can_have_moved_what_is_loud_comes_before_who_cannot,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_symptom_that_hardly_moves_is_a_weak_guide, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            who_only_stands_before_another_did_not_begin_it, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(who_is_in_no_call_may_stand_anywhere,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            who_shows_what_users_wait_for_only_looks_at_it, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(a_graph_of_other_names_is_none,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(who_is_hardly_asked_makes_nobody_slow,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            more_calls_than_ever_are_the_callers_doing, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(who_was_hardly_ever_called_has_no_habit,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_balancer_that_some_requests_pass_stands_before_another,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(who_counts_requests_is_no_observer,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(numbers_tell_who_may_call_whom,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            who_takes_longer_is_no_callee_for_getting_fewer_requests,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_slow_callee_explains_failures_without_calls, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_queue_tells_where_latency_is_not_measured, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(a_joint_that_nobody_saw_is_no_onset,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_hardly_ever_measured_moved_where_it_is_next, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_heard_any_more_is_named,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(how_much_is_missing_is_told,
                                        made_set_up, made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
