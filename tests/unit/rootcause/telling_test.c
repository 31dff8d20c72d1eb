/* SPDX-License-Identifier: Apache-2.0 */
/* What people and programs are told of an explanation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caus/render.h"
#include "made_case.h"
#include "test.h"

enum { SCREEN_LINES = 24, SCREEN_COLUMNS = 80, ONE_HOUR = 60 };

/* An explanation with what it was made from. */
typedef struct told_case {
    caus_series series;
    caus_explanation told;
    caus_explanation_answer answer;
    const char *text; /* as rendered last */
} told_case;

/* With an onset that is named so many rows late. */
static told_case *tell_late(made_fixture *with, const made_measure *measures,
                            size_t rows)
{
    told_case *made = caus_arena_array(with->arena, 1, sizeof *made);
    caus_explain_options options = made_options();
    options.onset_ns += (int64_t)rows * made_step_ns;
    made->series = made_series(with->arena, measures, NULL, 1);
    made->told = made_explain_series(with, &made->series, &options);
    made->answer = (caus_explanation_answer){.series = &made->series,
                                             .explanation = &made->told};
    return made;
}

static told_case *tell(made_fixture *with, const made_measure *measures)
{
    return tell_late(with, measures, 0);
}

static const char *render(made_fixture *with, told_case *made,
                          caus_format format, int32_t zone_minutes)
{
    const caus_render_options how = {.zone_offset_minutes = zone_minutes};
    size_t length;
    if (caus_render_explanation(&made->answer, format, &how, with->arena,
                                &made->text, &length, &with->err) != CAUS_OK)
        fail_msg("%s", with->err.message);
    return made->text;
}

static void expect_start(const char *text, const char *start)
{
    if (strncmp(text, start, strlen(start)) != 0)
        fail_msg("not \"%s\" but \"%.400s\"", start, text);
}

static void the_first_line_tells_what_could_be_seen(void **state)
{
    made_fixture *with = *state;
    told_case *made = tell(with, made_incident);
    expect_start(render(with, made, CAUS_FORMAT_TEXT, INT32_MIN),
                 "searched effects 0–14 min 45 s after the onset; later ones "
                 "cannot appear\n"
                 "10 variables of 4 services, calls (delays up to 1 min 15 s); "
                 "no traces, logs,\nchanges\n"
                 "2023-11-14 22:13:20–23:13:05 UTC · 180 rows of 15 s before "
                 "the onset, 60 after\n"
                 "onset 2023-11-14 22:58:20 UTC, as given");
    expect_start(render(with, made, CAUS_FORMAT_MARKDOWN, INT32_MIN),
                 "# Root cause\n\n*searched effects 0–14 min 45 s after the "
                 "onset; later ones cannot appear*\n");
}

static void an_onset_before_the_one_given_is_told_with_it(void **state)
{
    made_fixture *with = *state;
    told_case *made = tell_late(with, made_incident, 4);
    assert_non_null(
        strstr(render(with, made, CAUS_FORMAT_TEXT, INT32_MIN),
               "\nonset 2023-11-14 22:58:20 UTC, before 22:59:20 UTC, which "
               "was given"));
    const char *json = render(with, made, CAUS_FORMAT_JSON, INT32_MIN);
    assert_non_null(strstr(json, "\"time\": \"2023-11-14T22:58:20Z\",\n"
                                 "    \"interval\": [\n"
                                 "      \"2023-11-14T22:58:20Z\",\n"
                                 "      \"2023-11-14T22:59:20Z\"\n"
                                 "    ]"));
    assert_non_null(strstr(json, "\"onset_given\": true"));
}

static void programs_are_told_what_could_be_seen(void **state)
{
    made_fixture *with = *state;
    told_case *made = tell(with, made_incident);
    const char *json = render(with, made, CAUS_FORMAT_JSON, INT32_MIN);
    const char *searched = strstr(json, "\"searched\": {");
    assert_non_null(searched);
    assert_true(searched < strstr(json, "\"verdict\""));
    static const char *const parts[] = {"\"start\": \"2023-11-14T22:13:20Z\"",
                                        "\"end\": \"2023-11-14T23:13:05Z\"",
                                        "\"step_seconds\": 15",
                                        "\"variables\": 10",
                                        "\"services\": 4",
                                        "\"calls\"",
                                        "\"usual_delays_up_to_seconds\": 75"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(searched, parts[i]))
            fail_msg("no %s in %.400s", parts[i], searched);
}

static void local_times_stand_beside_utc(void **state)
{
    static const caus_format formats[] = {CAUS_FORMAT_TEXT,
                                          CAUS_FORMAT_MARKDOWN};
    made_fixture *with = *state;
    told_case *made = tell(with, made_incident);
    for (size_t f = 0; f < 2; f++) {
        const char *text = render(with, made, formats[f], ONE_HOUR);
        assert_non_null(
            strstr(text, "onset 2023-11-14 22:58:20 UTC (23:58:20 +01:00)"));
        assert_non_null(strstr(text, "2023-11-14 22:13:20–23:13:05 UTC "
                                     "(23:13:20–2023-11-15 00:13:05"));
        text = render(with, made, formats[f], INT32_MIN);
        assert_null(strstr(text, "+01:00"));
    }
}

static void where_nothing_was_found_no_onset_is_told(void **state)
{
    made_fixture *with = *state;
    made_measure calm[MADE_VARIABLES];
    made_quiet(calm);
    told_case *made = tell(with, calm);
    assert_int_equal(made->told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_int_equal(made->told.reach_count, 0);
    const char *text = render(with, made, CAUS_FORMAT_TEXT, INT32_MIN);
    assert_null(strstr(text, "onset 20"));
    assert_null(strstr(text, "the onset"));
    assert_non_null(strstr(text, "nothing found from 2023-11-14 22:58:20 UTC"));
}

/* Lines up to the full list of services, and none wider than a terminal. */
static size_t first_screen(const char *text)
{
    const char *end = strstr(text, "\n\n     all services");
    assert_non_null(end);
    size_t lines = 0, columns = 0;
    for (const char *at = text; at <= end; at++) {
        columns += ((unsigned char)*at & 0xc0) != 0x80;
        if (*at != '\n')
            continue;
        if (columns > SCREEN_COLUMNS + 1)
            fail_msg("line %zu has %zu columns", lines + 1, columns - 1);
        lines++;
        columns = 0;
    }
    return lines;
}

static void the_first_screen_fits_whatever_there_is_to_tell(void **state)
{
    static const char long_name[] =
        "a_namespace_of_some_length/front_of_everything_latency_milliseconds_"
        "bucket_p95_by_route_and_zone";
    made_fixture *with = *state;
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        measures[i].name =
            caus_arena_format(with->arena, "%s_%s", made_incident[i].name,
                              i ? "with_a_very_long_name_indeed_of_it" : "");
    measures[0].name = made_incident[0].name; /* the symptom */
    told_case *made = tell(with, measures);
    assert_int_equal(made->told.suspects[0].hop_count, 2);
    caus_variable *variables =
        caus_arena_array(with->arena, MADE_VARIABLES, sizeof *variables);
    memcpy(variables, made->series.variables,
           MADE_VARIABLES * sizeof *variables);
    variables[made->told.symptom].name = long_name;
    made->series.variables = variables;
    made->told.hidden_cause = made->told.summary = made->told.runner_up =
        caus_arena_format(with->arena, "%s: %s %s %s", long_name,
                          made->told.summary, made->told.summary,
                          made->told.summary);
    made->answer.next_command =
        "caus report --recording a/long/path/of/an/incident.caus --topology "
        "another/long/path/topology.csv --changes deploys.csv -o incident.html";
    const char *text = render(with, made, CAUS_FORMAT_TEXT, ONE_HOUR);
    assert_in_range(first_screen(text), 20, SCREEN_LINES);
    assert_non_null(strstr(text, "\nnext: caus report "));
    assert_non_null(strstr(text, "\nwhat is missing\n"));
}

static void a_hop_without_a_word_is_told_as_a_fact(void **state)
{
    made_fixture *with = *state;
    told_case *made = tell(with, made_incident);
    caus_suspect *suspects = caus_arena_array(
        with->arena, made->told.suspect_count, sizeof *suspects);
    memcpy(suspects, made->told.suspects,
           made->told.suspect_count * sizeof *suspects);
    made->told.suspects = suspects;
    assert_int_equal(suspects[0].hop_count, 2);
    caus_hop hops[] = {suspects[0].chain[0], suspects[0].chain[1]};
    const char *word = hops[1].word;
    hops[0].word = NULL;
    hops[0].unearned = "mid calls root; nothing measured of mid moved";
    suspects[0].chain = hops;
    const char *json = render(with, made, CAUS_FORMAT_JSON, INT32_MIN);
    const char *first = strstr(json, "\"from\": \"root\"");
    assert_non_null(first);
    const char *second = strstr(first, "\"from\": \"mid\"");
    assert_non_null(second);
    const char *told = strstr(first, "\"word\": ");
    assert_true(told > second);
    assert_true(strncmp(told + 9, word, strlen(word)) == 0);
    const char *fact = strstr(first, "\"sentence\": \"mid calls root; nothing "
                                     "measured of mid moved\"");
    assert_true(fact && fact < second);
    const char *text = render(with, made, CAUS_FORMAT_TEXT, INT32_MIN);
    assert_non_null(strstr(text, "  root → mid  mid calls root; nothing "
                                 "measured of mid moved\n"));
    text = render(with, made, CAUS_FORMAT_MARKDOWN, INT32_MIN);
    assert_non_null(
        strstr(text, "1. mid calls root; nothing measured of mid moved; "));
}

static void order_is_told_as_far_as_it_is_known(void **state)
{
    static const struct {
        double lag_s, low_s, high_s;
        const char *words;
    } cases[] = {{30, 15, 45, ", 30 s later\n"},
                 {30, -15, 75, ", perhaps 30 s later\n"},
                 {0, -15, 15, ", at the same time\n"},
                 {-30, -75, 15, ", order not measurable\n"},
                 {-30, -45, -15, ", 30 s earlier, which contradicts it\n"}};
    made_fixture *with = *state;
    told_case *made = tell(with, made_incident);
    caus_reach reach = made->told.reach[0];
    made->told.reach = &reach;
    made->told.reach_count = 1;
    reach.moved = reach.has_lag = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reach.lag_s = cases[i].lag_s;
        reach.lag_low_s = cases[i].low_s;
        reach.lag_high_s = cases[i].high_s;
        const char *text = render(with, made, CAUS_FORMAT_TEXT, INT32_MIN);
        const char *words = strstr(text, "whom it can reach\n");
        assert_non_null(words);
        if (!strstr(words, cases[i].words))
            fail_msg("not \"%s\" in \"%.200s\"", cases[i].words, words);
        text = render(with, made, CAUS_FORMAT_JSON, INT32_MIN);
        words = strstr(text, "\"blast_radius\"");
        assert_non_null(words);
        assert_int_equal(strstr(words, "\"delay_seconds\"") != NULL,
                         cases[i].lag_s >= 0);
        assert_non_null(strstr(words, "\"lag_interval\""));
    }
}

/* The made incident, by a share of its size; or of another, in which two
 * services that do not call one another are as loud. */
static told_case *tell_share(made_fixture *with, double share, bool is_even)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        bool loud = strcmp(measures[v].service, "mid") == 0 || v >= 8;
        if (is_even)
            measures[v].shift = loud ? 40 * measures[v].noise : 0;
        measures[v].shift *= share;
    }
    return tell(with, measures);
}

static void expect_no_certainty(made_fixture *with, told_case *made)
{
    static const caus_format formats[] = {CAUS_FORMAT_TEXT,
                                          CAUS_FORMAT_MARKDOWN};
    static const char *const certain[] = {"high (", "medium (", "low (",
                                          "score  confidence",
                                          "score | confidence"};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        const char *text = render(with, made, formats[f], INT32_MIN);
        for (size_t i = 0; i < sizeof certain / sizeof *certain; i++)
            assert_null(strstr(text, certain[i]));
        assert_non_null(strstr(text, "if any"));
        if (formats[f] == CAUS_FORMAT_TEXT)
            first_screen(text);
    }
}

static void what_is_not_proven_does_not_sound_certain(void **state)
{
    enum { PARTS = 300 };
    made_fixture *with = *state;
    size_t seen[3] = {0, 0, 0};
    for (size_t part = 0; part <= PARTS; part++) {
        told_case *made = tell_share(with, (double)part / PARTS, part % 2 == 0);
        const caus_explanation *told = &made->told;
        bool open = told->verdict == CAUS_VERDICT_INSUFFICIENT;
        seen[told->verdict]++;
        assert_true(open == (told->doubt != NULL));
        if (told->verdict == CAUS_VERDICT_CAUSE)
            continue;
        expect_no_certainty(with, made);
        assert_null(strstr(told->summary, "drives"));
        assert_null(strstr(told->summary, "caused"));
        if (open)
            assert_non_null(strstr(made->text, told->doubt));
    }
    assert_true(seen[CAUS_VERDICT_CAUSE] && seen[CAUS_VERDICT_NO_ANOMALY] &&
                seen[CAUS_VERDICT_INSUFFICIENT]);
}

/* Nothing moves but one variable of side, whose latency stays. */
static void make_sole(made_measure *measures, const char *name, double shift)
{
    made_quiet(measures);
    measures[9] = (made_measure){name, "side", .6, .02, shift};
}

static caus_explanation explain_sole(made_fixture *with, const char *name,
                                     double shift, const char *symptom,
                                     const caus_topology *calls)
{
    made_measure measures[MADE_VARIABLES];
    caus_explain_options options = made_options();
    make_sole(measures, name, shift);
    options.symptom = symptom;
    options.has_onset = false;
    options.topology = calls;
    return made_explain(with, measures, &options);
}

static void
what_nobody_knows_the_meaning_of_is_told_and_may_be_named(void **state)
{
    static const char *const names[] = {"side_requests", "side_flux"};
    for (size_t i = 0; i < 8; i++) {
        const char *name = names[i / 2 % 2];
        double shift = i % 2 ? .9 : -.4;
        const caus_topology *calls = i < 4 ? NULL : &made_topology;
        caus_explanation told = explain_sole(*state, name, shift, NULL, calls);
        assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
        assert_non_null(strstr(told.summary, name));
        assert_non_null(strstr(told.summary, "(--symptom)"));
        told = explain_sole(*state, name, shift, name, calls);
        assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
        assert_string_equal(told.suspects[0].service, "side");
        told = explain_sole(*state, name, 0, name, calls);
        assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
        assert_null(strstr(told.summary, name));
    }
}

static void full_queues_and_lost_quality_are_trouble(void **state)
{
    static const struct {
        const char *name;
        double shift;
    } troubles[] = {{"side_queue_depth", 1.2},  {"side_pool_in_use", 1.2},
                    {"side_utilization", 1.2},  {"side_usage", 1.2},
                    {"side_open_handles", 1.2}, {"side_apdex", -.4}};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        const char *name = troubles[i].name;
        caus_explanation told =
            explain_sole(*state, name, troubles[i].shift, NULL, &made_topology);
        assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
        assert_string_equal(told.suspects[0].service, "side");
        told = explain_sole(*state, name, troubles[i].shift * -.4, NULL,
                            &made_topology);
        assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    }
}

static void constant_series_are_called_so(void **state)
{
    made_measure still[MADE_VARIABLES];
    caus_explain_options options = made_options();
    make_sole(still, "side_cpu", 0);
    options.has_onset = false;
    for (size_t v = 0; v < MADE_VARIABLES; v++)
        still[v].noise = 0;
    caus_explanation told = made_explain(*state, still, &options);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_non_null(strstr(told.summary, "constant"));
    assert_true(told.warning_count);
    assert_non_null(strstr(told.warnings[0], "constant"));
    still[0].noise = .01;
    told = made_explain(*state, still, &options);
    assert_null(strstr(told.summary, "constant"));
}

static bool misses(const caus_explanation *told, const char *words)
{
    for (size_t i = 0; i < told->missing_count; i++) {
        if (strstr(told->missing[i], words))
            return true;
    }
    return false;
}

static void one_service_alone_is_told_as_one(void **state)
{
    made_measure single[MADE_VARIABLES];
    memcpy(single, made_incident, sizeof single);
    for (size_t v = 0; v < MADE_VARIABLES; v++)
        single[v].service = "root";
    caus_explain_options options = made_options();
    options.topology = NULL;
    caus_explanation told = made_explain(*state, single, &options);
    assert_int_equal(told.suspect_count, 1);
    assert_true(misses(&told, "no metric of any service but root"));
    told = made_explain(*state, made_incident, &options);
    assert_false(misses(&told, "of any service but"));
}

/* Of two entries one moves by chance and does not call what broke. */
static void
a_symptom_by_chance_is_not_told_of_what_never_reaches_it(void **state)
{
    static const size_t parted[][2] = {{0, 3}, {1, 2}};
    const caus_topology apart = {4, made_topology.services, 2, parted};
    made_measure told_by[MADE_VARIABLES];
    made_quiet(told_by);
    told_by[0].shift = .025;
    told_by[6].shift = made_incident[6].shift;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, told_by, &options);
    assert_int_equal(told.symptom, 0);
    options.topology = &apart;
    told = made_explain(*state, told_by, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_int_equal(told.symptom, 6);
    assert_true(told.suspects[0].share.known &&
                told.suspects[0].share.value == 1);
    options.symptom = "front_latency";
    told = made_explain(*state, told_by, &options);
    assert_int_equal(told.symptom, 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_line_tells_what_could_be_seen),
        TEST(an_onset_before_the_one_given_is_told_with_it),
        TEST(programs_are_told_what_could_be_seen),
        TEST(local_times_stand_beside_utc),
        TEST(where_nothing_was_found_no_onset_is_told),
        TEST(the_first_screen_fits_whatever_there_is_to_tell),
        TEST(a_hop_without_a_word_is_told_as_a_fact),
        TEST(order_is_told_as_far_as_it_is_known),
        TEST(what_is_not_proven_does_not_sound_certain),
        TEST(what_nobody_knows_the_meaning_of_is_told_and_may_be_named),
        TEST(full_queues_and_lost_quality_are_trouble),
        TEST(constant_series_are_called_so),
        TEST(one_service_alone_is_told_as_one),
        TEST(a_symptom_by_chance_is_not_told_of_what_never_reaches_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
