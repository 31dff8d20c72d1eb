/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/base.h"
#include "caus/report.h"
#include "fault.h"
#include "test.h"

enum { ROWS = 160, ONSET = 120, MOST = 40 };

static const int64_t start_ns = INT64_C(1761706800) * 1000000000;
static const int64_t step_ns = INT64_C(15) * 1000000000;

/* An incident of services in a row, each calling the next; the last breaks. */
typedef struct made_report {
    caus_arena *arena;
    caus_run *run;
    caus_topology topology;
    caus_series series;
    caus_segment segment;
    caus_explanation told;
    caus_explanation_answer answer;
    caus_change change;
    caus_changes changes;
    caus_report report;
} made_report;

static const caus_environment window = {0, "window"};

static double *make_values(made_report *made, size_t count, double shift)
{
    double *values =
        caus_arena_array(made->arena, ROWS * count, sizeof *values);
    for (size_t v = 0; v < count; v++) {
        caus_random random;
        caus_random_init(&random, 11, v);
        for (size_t r = 0; r < ROWS; r++)
            values[r * count + v] = 1 + .05 * caus_random_normal(&random) +
                                    (r >= ONSET ? shift * (double)(v + 1) : 0);
    }
    return values;
}

static void make_calls(made_report *made, const char *const *services,
                       size_t count)
{
    size_t(*calls)[2] = caus_arena_array(made->arena, count, sizeof *calls);
    for (size_t i = 0; i + 1 < count; i++) {
        calls[i][0] = i;
        calls[i][1] = i + 1;
    }
    made->topology = (caus_topology){count, services, count - 1,
                                     (const size_t(*)[2])(void *)calls};
}

static void make_series(made_report *made, const char *const *services,
                        size_t count, double shift)
{
    caus_variable *variables =
        caus_arena_array(made->arena, count, sizeof *variables);
    for (size_t v = 0; v < count; v++) {
        variables[v] = caus_variable_default();
        variables[v].name =
            caus_arena_format(made->arena, "%s_latency", services[v]);
        variables[v].service = services[v];
        variables[v].unit = "s";
        variables[v].query = "rate(x[1m]) > 0 & \"y\"";
    }
    made->segment = (caus_segment){.row_count = ROWS,
                                   .word_count = (ROWS + 63) / 64,
                                   .start_ns = start_ns,
                                   .values = make_values(made, count, shift)};
    made->series = (caus_series){.variable_count = count,
                                 .variables = variables,
                                 .segment_count = 1,
                                 .segments = &made->segment,
                                 .environment_count = 1,
                                 .environments = &window,
                                 .step_ns = step_ns};
}

static void make_report(made_report *made, const char *const *services,
                        size_t count, double shift)
{
    static const char *const command = "caus report --csv \"a & b\".csv";
    caus_run_options run_options = caus_run_options_default();
    run_options.threads = 1;
    *made = (made_report){.arena = caus_arena_new(0)};
    assert_int_equal(caus_run_new(&run_options, &made->run, NULL), CAUS_OK);
    make_calls(made, services, count);
    make_series(made, services, count, shift);
    made->change = (caus_change){.time_ns = start_ns + (ONSET - 4) * step_ns,
                                 .service = services[count - 1],
                                 .kind = CAUS_CHANGE_DEPLOY,
                                 .kind_name = "deploy",
                                 .ref = "v2<b>",
                                 .text = ""};
    made->changes = (caus_changes){1, &made->change};
    caus_explain_options options = caus_explain_options_default();
    options.topology = &made->topology;
    options.changes = &made->changes;
    options.symptom = made->series.variables[0].name;
    options.has_onset = true;
    options.onset_ns = start_ns + ONSET * step_ns;
    caus_error err;
    if (caus_explain(&made->series, &options, made->run, made->arena,
                     &made->told, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    made->answer = (caus_explanation_answer){
        .series = &made->series, .explanation = &made->told, .seed = 3};
    memset(made->answer.inputs_sha256, 'b', 64);
    made->report = (caus_report){.explanation = &made->answer,
                                 .graph_missing = "too few rows",
                                 .changes = &made->changes,
                                 .source = "a & b.csv",
                                 .commands = &command,
                                 .command_count = 1};
}

static void drop_report(made_report *made)
{
    caus_run_free(made->run);
    caus_arena_free(made->arena);
}

static const char *render(made_report *made, caus_format format)
{
    caus_render_options options = {.zone_offset_minutes = 90};
    caus_error err;
    const char *text = NULL;
    size_t length;
    if (caus_render_report(&made->report, format, &options, NULL, made->arena,
                           &text, &length, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    assert_int_equal(strlen(text), length);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found++;
    return found;
}

static void assert_well_formed(const char *page)
{
    if (system("command -v xmllint >/dev/null 2>&1") != 0)
        return;
    FILE *pipe = popen("xmllint --noout -", "w");
    assert_non_null(pipe);
    fputs(page, pipe);
    assert_int_equal(pclose(pipe), 0);
}

static const char *const calm_names[] = {"front", "mid", "root"};

static void
what_is_usual_at_the_time_of_day_is_drawn_where_it_counted(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    assert_null(strstr(render(&made, CAUS_FORMAT_HTML), "time of day"));
    caus_time_of_day usual[3] = {{.centre = 0}, {.centre = 1}, {.centre = 0}};
    for (size_t hour = 0; hour < CAUS_HOURS_OF_DAY; hour++)
        usual[1].levels[hour] = 1 + (double)hour;
    made.told.usual = usual;
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    assert_int_equal(count_of(page, "<path class=\"usual\" d=\"M42.0 "), 1);
    assert_int_equal(count_of(page, "usual at that time of day"), 1);
    drop_report(&made);
}

static void the_page_tells_cause_chain_and_sources(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    assert_non_null(strstr(page, "<h1>It began in root</h1>"));
    assert_non_null(strstr(page, "Cause found"));
    assert_int_equal(count_of(page, "<div class=\"hop\">"), 2);
    assert_int_equal(count_of(page, "What would refute it"), 2);
    assert_int_equal(count_of(page, "class=\"chart\""), 3);
    assert_non_null(strstr(page, "03:30:00 UTC (05:00:00 +01:30)"));
    assert_non_null(strstr(page, "No graph: too few rows."));
    assert_non_null(strstr(page, made.answer.inputs_sha256));
    assert_non_null(strstr(page, "<dd>3</dd>"));
    const char *words = render(&made, CAUS_FORMAT_MARKDOWN);
    assert_non_null(strstr(words, "# Incident report: It began in root\n"));
    assert_non_null(strstr(words, made.answer.inputs_sha256));
    drop_report(&made);
}

/* What a page could fetch or run would stand in one of these. */
static void the_page_fetches_and_runs_nothing(void **state)
{
    (void)state;
    static const char *const forbidden[] = {
        "<script", "<link",  "<img",    "<iframe",     "src=",    "url(",
        "@import", "onload", "onclick", "javascript:", "https://"};
    made_report made;
    make_report(&made, calm_names, 3, 2);
    const char *page = render(&made, CAUS_FORMAT_HTML);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        assert_null(strstr(page, forbidden[i]));
    assert_non_null(strstr(page, "http-equiv=\"Content-Security-Policy\" "
                                 "content=\"default-src 'none'; "));
    drop_report(&made);
}

static void links_are_there_when_grafana_is_known(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    assert_null(strstr(render(&made, CAUS_FORMAT_HTML), "In Grafana"));
    made.answer.grafana.url = "https://grafana.example.com";
    made.answer.grafana.logs = "loki";
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    assert_non_null(strstr(page, "<a rel=\"noreferrer\" href=\"https://"
                                 "grafana.example.com/explore?"));
    assert_non_null(strstr(render(&made, CAUS_FORMAT_MARKDOWN),
                           "](https://grafana.example.com/explore?"));
    drop_report(&made);
}

static void the_graph_is_drawn_and_listed(void **state)
{
    (void)state;
    made_report made;
    made_answer graph;
    make_report(&made, calm_names, 3, 2);
    make_incident(&graph);
    made.report.graph = &graph.answer;
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    bool has_dot = system("command -v dot >/dev/null 2>&1") == 0;
    assert_int_equal(count_of(page, "class=\"caus\""), has_dot);
    assert_int_equal(count_of(page, "No picture: "), !has_dot);
    assert_non_null(strstr(page, "+0.41"));
    assert_non_null(strstr(page, "cart_errors"));
    assert_non_null(
        strstr(render(&made, CAUS_FORMAT_MARKDOWN),
               "| `auth_latency` | preceded | `payment_errors` | 15 s |"));
    free_answer(&graph);
    drop_report(&made);
}

/* The chain holds fewer series fixed than the graph: where one has a link and
 * the other has none, both are told in one sentence. */
static void chain_and_graph_do_not_contradict_each_other(void **state)
{
    (void)state;
    static const char *const names[] = {"checkout", "payment"};
    static const char both[] = "; the services on the way alone show no such "
                               "link";
    made_report made;
    made_answer graph;
    make_report(&made, names, 2, 2);
    make_incident(&graph);
    made.report.graph = &graph.answer;
    caus_suspect *suspects =
        caus_arena_array(made.arena, made.told.suspect_count, sizeof *suspects);
    memcpy(suspects, made.told.suspects,
           made.told.suspect_count * sizeof *suspects);
    assert_string_equal(suspects[0].service, "payment");
    assert_int_equal(suspects[0].hop_count, 1);
    caus_hop hop = suspects[0].chain[0];
    suspects[0].chain = &hop;
    made.told.suspects = suspects;
    hop.word = "preceded";
    for (size_t linked = 0; linked < 2; linked++) {
        hop.has_link = linked;
        const char *page = render(&made, CAUS_FORMAT_HTML);
        const char *words = render(&made, CAUS_FORMAT_MARKDOWN);
        assert_int_equal(count_of(page, both), !linked);
        assert_int_equal(count_of(words, both), !linked);
        assert_non_null(
            strstr(words, "graph below: payment_errors preceded checkout"));
    }
    free_answer(&graph);
    drop_report(&made);
}

static void hostile_names_stay_text(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "</script><img src=x onerror=alert(1)>", "a\" onclick=\"b",
        "]]>&lt;\x01\x1b[0m\xff", "日本語</title></style>"};
    made_report made;
    make_report(&made, hostile, 4, 2);
    made.answer.warnings = hostile;
    made.answer.warning_count = 4;
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "</script"));
    assert_null(strstr(page, "\" onclick"));
    assert_int_equal(count_of(page, "</title>"),
                     1 + count_of(page, "class=\"chart\"") +
                         count_of(page, "<g class=\"change\">"));
    assert_int_equal(count_of(page, "</style>"), 1);
    assert_null(strchr(page, '\x01'));
    assert_null(strchr(page, '\x1b'));
    /* Markdown shows what stands between backticks as it is. */
    const char *words = render(&made, CAUS_FORMAT_MARKDOWN);
    assert_int_equal(count_of(words, "<img"),
                     count_of(words, "`</script><img src=x"));
    drop_report(&made);
}

/* Pieces of lines: paths of healthy and of later rows, and where they go on
 * after a gap. */
static size_t count_strokes(const char *page)
{
    static const char *const kinds[] = {"<path class=\"early\" d=\"",
                                        "<path class=\"late\" d=\""};
    size_t strokes = 0;
    for (size_t i = 0; i < 2; i++)
        for (const char *at = strstr(page, kinds[i]); at;
             at = strstr(at + 1, kinds[i]))
            for (const char *letter = at + strlen(kinds[i]); *letter != '"';
                 letter++)
                strokes += *letter == 'M';
    return strokes;
}

static void gaps_interrupt_the_line(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    size_t strokes = count_strokes(render(&made, CAUS_FORMAT_HTML));
    union {
        const double *shared;
        double *own;
    } values = {made.segment.values};
    for (size_t r = 60; r < 70; r++)
        values.own[r * 3] = (double)NAN;
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    assert_null(strstr(page, "nan"));
    assert_non_null(strstr(page, "2.08&#160;%"));
    assert_int_equal(count_strokes(page), strokes + 1);
    drop_report(&made);
}

static void an_isolated_value_is_seen(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    union {
        const double *shared;
        double *own;
    } values = {made.segment.values};
    assert_null(strstr(render(&made, CAUS_FORMAT_HTML), "h.1"));
    for (size_t r = 60; r < 70; r++)
        if (r != 65)
            values.own[r * 3] = (double)NAN;
    assert_int_equal(count_of(render(&made, CAUS_FORMAT_HTML), "h.1"), 1);
    drop_report(&made);
}

static void make_many(made_report *made)
{
    static char texts[MOST][16];
    static const char *names[MOST];
    for (size_t i = 0; i < MOST; i++) {
        snprintf(texts[i], sizeof texts[i], "service%02zu", i);
        names[i] = texts[i];
    }
    make_report(made, names, MOST, 2);
}

/* Of forty that moved by far, the symptom by least. */
static void what_moved_by_far_is_drawn_be_it_folded(void **state)
{
    (void)state;
    made_report made;
    make_many(&made);
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    size_t moved = 0;
    for (size_t i = 0; i < made.told.clue_count; i++)
        moved +=
            made.told.clues[i].score > 0 && fabs(made.told.clues[i].size) >= 3;
    assert_true(moved > 24);
    assert_int_equal(count_of(page, "class=\"chart\""), moved);
    const char *folded = strstr(page, "<details class=\"paper\"><summary>");
    assert_non_null(folded);
    assert_int_equal(count_of(page, "class=\"chart\"") -
                         count_of(folded, "class=\"chart\""),
                     24);
    const char *series = strstr(page, "id=\"series\"");
    assert_non_null(series);
    const char *symptom =
        strstr(series, "<span class=\"role\">symptom</span><span");
    assert_true(symptom && symptom < folded);
    assert_null(strstr(page, "more moved by less"));
    assert_true(strlen(page) < 1000000);
    drop_report(&made);
}

/* Clues of a report, to be changed. */
static caus_clue *own_clues(made_report *made)
{
    size_t count = made->told.clue_count;
    caus_clue *clues = caus_arena_array(made->arena, count, sizeof *clues);
    memcpy(clues, made->told.clues, count * sizeof *clues);
    made->told.clues = clues;
    return clues;
}

/* What moved by little gives way. */
static void what_moved_by_little_is_left_out_first(void **state)
{
    (void)state;
    made_report made;
    make_many(&made);
    caus_clue *clues = own_clues(&made);
    for (size_t i = 0; i < made.told.clue_count; i++)
        clues[i].size = i < 10 ? 2 : 50;
    made.told.verdict = CAUS_VERDICT_NO_ANOMALY; /* nobody is on the way */
    const char *page = render(&made, CAUS_FORMAT_HTML);
    size_t drawn = count_of(page, ">50.0 deviations<");
    size_t little = count_of(page, ">2.0 deviations<");
    assert_int_equal(drawn + little, count_of(page, " deviations<"));
    assert_int_equal(drawn, made.told.clue_count - 10);
    assert_true(little <= 1); /* the symptom may be of them */
    assert_non_null(strstr(page, little ? ">9 more moved by less"
                                        : ">10 more moved by less"));
    drop_report(&made);
}

static void who_moved_without_an_onset_has_a_row_that_says_so(void **state)
{
    (void)state;
    static const char words[] = "moved; when is not measurable";
    made_report made;
    make_report(&made, calm_names, 3, 2);
    caus_clue *clues = own_clues(&made);
    for (size_t undated = 0; undated <= 3; undated++) {
        for (size_t i = 0; i < 3; i++) {
            assert_true(clues[i].score > 0);
            clues[i].onset.found = i >= undated;
        }
        const char *page = render(&made, CAUS_FORMAT_HTML);
        assert_well_formed(page);
        assert_int_equal(count_of(page, words), undated);
        assert_int_equal(count_of(page, "class=\"strip\""), 3 - undated);
        assert_int_equal(count_of(render(&made, CAUS_FORMAT_MARKDOWN), words),
                         undated);
    }
    clues[0].after = (double)NAN;
    assert_non_null(strstr(render(&made, CAUS_FORMAT_HTML), " s → no value<"));
    drop_report(&made);
}

/* Without a symptom nobody has a share of what it changed. */
static void forget_symptom(made_report *made)
{
    size_t count = made->told.suspect_count;
    caus_suspect *suspects =
        caus_arena_array(made->arena, count, sizeof *suspects);
    memcpy(suspects, made->told.suspects, count * sizeof *suspects);
    for (size_t i = 0; i < count; i++)
        suspects[i].share.known = false;
    made->told.suspects = suspects;
    made->told.symptom = SIZE_MAX;
}

/* Of what moved by little in services that are not on the way. */
static void without_an_onset_little_has_no_place_in_the_order(void **state)
{
    (void)state;
    static const char words[] = "moved; when is not measurable";
    made_report made;
    make_report(&made, calm_names, 3, 2);
    caus_clue *clues = own_clues(&made);
    forget_symptom(&made);
    made.told.verdict = CAUS_VERDICT_NO_ANOMALY; /* nobody is on the way */
    for (size_t little = 0; little <= 3; little++) {
        for (size_t i = 0; i < 3; i++) {
            clues[i].size = i < little ? 2 : 50;
            clues[i].onset.found = false;
        }
        const char *page = render(&made, CAUS_FORMAT_HTML);
        assert_int_equal(count_of(page, words), 3 - little);
        assert_int_equal(count_of(page, "Nothing moved by much"), little == 3);
        for (size_t i = 0; i < 3; i++)
            clues[i].onset.found = true;
        assert_int_equal(
            count_of(render(&made, CAUS_FORMAT_HTML), "class=\"strip\""), 3);
    }
    drop_report(&made);
}

static void a_quiet_window_is_told_as_such(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 0);
    made.report.changes = NULL;
    assert_int_equal(made.told.verdict, CAUS_VERDICT_NO_ANOMALY);
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_well_formed(page);
    assert_non_null(strstr(page, "No anomaly"));
    assert_non_null(strstr(page, "Nothing spread"));
    assert_null(strstr(page, "class=\"meter\""));
    assert_non_null(strstr(page, "class=\"chart\"")); /* of the symptom */
    drop_report(&made);
}

static void constant_and_missing_series_have_axes(void **state)
{
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        made_report made;
        make_report(&made, calm_names, 3, 2);
        union {
            const double *shared;
            double *own;
        } values = {made.segment.values};
        for (size_t r = 0; r < ROWS; r++)
            values.own[r * 3] = missing ? (double)NAN : 7;
        const char *page = render(&made, CAUS_FORMAT_HTML);
        assert_well_formed(page);
        assert_null(strstr(page, "nan"));
        assert_null(strstr(page, "inf"));
        drop_report(&made);
    }
}

static void other_formats_and_rows_without_times_are_refused(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    caus_error err;
    const char *text = NULL;
    size_t length;
    assert_int_equal(caus_render_report(&made.report, CAUS_FORMAT_SVG, NULL,
                                        NULL, made.arena, &text, &length, &err),
                     CAUS_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "markdown"));
    made.segment.start_ns = 0;
    assert_int_equal(caus_render_report(&made.report, CAUS_FORMAT_HTML, NULL,
                                        NULL, made.arena, &text, &length, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "column time"));
    made.report.explanation = NULL;
    assert_int_equal(caus_render_report(&made.report, CAUS_FORMAT_HTML, NULL,
                                        NULL, made.arena, &text, &length, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_null(text);
    drop_report(&made);
}

/* Where a healthy window scores as high, a multiple below 1 behind a high
 * confidence would read like a mistake. */
static void only_a_multiple_above_one_is_told(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    assert_int_equal(made.told.verdict, CAUS_VERDICT_CAUSE);
    made.told.placebo_count = 7;
    made.told.strength = 1.5;
    assert_non_null(strstr(render(&made, CAUS_FORMAT_HTML),
                           "1.5 times the strongest of 7 healthy windows"));
    made.told.strength = .8;
    const char *page = render(&made, CAUS_FORMAT_HTML);
    assert_null(strstr(page, "times the strongest"));
    assert_non_null(strstr(page,
                           "though one of 7 healthy windows shows as much in "
                           "metrics"));
    made.told.strength = (double)NAN;
    assert_null(strstr(render(&made, CAUS_FORMAT_HTML), "of 7 healthy"));
    drop_report(&made);
}

static void explain(made_report *made, caus_format format, bool first_screen,
                    const char **text)
{
    caus_render_options options = {.first_screen = first_screen};
    caus_error err;
    size_t length;
    if (caus_render_explanation(&made->answer, format, &options, made->arena,
                                text, &length, &err) != CAUS_OK)
        fail_msg("%s", err.message);
}

/* What was deployed just before is what to look at first: neither a long chain
 * nor the runner-up may push it off the page or the first screen. */
static void the_nearest_change_is_told_before_the_runner_up(void **state)
{
    (void)state;
    made_report made;
    make_report(&made, calm_names, 3, 2);
    assert_non_null(made.told.runner_up);
    const char *text = render(&made, CAUS_FORMAT_HTML);
    const char *change = strstr(text, "<dt>Nearest change</dt>");
    assert_non_null(change);
    assert_non_null(strstr(change, "<dt>Rule out</dt>"));
    explain(&made, CAUS_FORMAT_TEXT, true, &text);
    change = strstr(text, "nearest change: deploy of");
    assert_non_null(change);
    assert_non_null(strstr(change, "  next is"));
    explain(&made, CAUS_FORMAT_TEXT, false, &text);
    assert_non_null(strstr(text, "\nchanges near the onset\n  deploy of"));
    explain(&made, CAUS_FORMAT_MARKDOWN, false, &text);
    assert_non_null(strstr(text, "\n- nearest change: deploy of"));
    /* Where nothing began nothing was changed before it. */
    made.told.verdict = CAUS_VERDICT_NO_ANOMALY;
    explain(&made, CAUS_FORMAT_TEXT, false, &text);
    assert_null(strstr(text, "deploy of"));
    explain(&made, CAUS_FORMAT_MARKDOWN, false, &text);
    assert_null(strstr(text, "- nearest change"));
    made.told.verdict = CAUS_VERDICT_CAUSE;
    made.told.change_count = 0;
    assert_null(strstr(render(&made, CAUS_FORMAT_HTML), "Nearest change"));
    drop_report(&made);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const caus_format formats[] = {CAUS_FORMAT_HTML,
                                          CAUS_FORMAT_MARKDOWN};
    made_report made;
    made_answer graph;
    make_report(&made, calm_names, 3, 2);
    make_incident(&graph);
    for (size_t f = 0; f < 2; f++) {
        /* A picture runs a program each time: Markdown has none. */
        made.report.graph =
            formats[f] == CAUS_FORMAT_MARKDOWN ? &graph.answer : NULL;
        bool refused = true;
        for (long n = 0; refused; n++) {
            caus_arena *arena = caus_arena_new(0);
            caus_error err = {0};
            const char *text = NULL;
            size_t length;
            fault_fail_after(n);
            caus_status status =
                caus_render_report(&made.report, formats[f], NULL, NULL, arena,
                                   &text, &length, &err);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            assert_int_equal(text != NULL, !refused);
            caus_arena_free(arena);
        }
    }
    free_answer(&graph);
    drop_report(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_tells_cause_chain_and_sources),
        cmocka_unit_test(the_page_fetches_and_runs_nothing),
        cmocka_unit_test(links_are_there_when_grafana_is_known),
        cmocka_unit_test(the_graph_is_drawn_and_listed),
        cmocka_unit_test(chain_and_graph_do_not_contradict_each_other),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(gaps_interrupt_the_line),
        cmocka_unit_test(an_isolated_value_is_seen),
        cmocka_unit_test(what_moved_by_far_is_drawn_be_it_folded),
        cmocka_unit_test(what_moved_by_little_is_left_out_first),
        cmocka_unit_test(who_moved_without_an_onset_has_a_row_that_says_so),
        cmocka_unit_test(without_an_onset_little_has_no_place_in_the_order),
        cmocka_unit_test(a_quiet_window_is_told_as_such),
        cmocka_unit_test(
            what_is_usual_at_the_time_of_day_is_drawn_where_it_counted),
        cmocka_unit_test(constant_and_missing_series_have_axes),
        cmocka_unit_test(only_a_multiple_above_one_is_told),
        cmocka_unit_test(other_formats_and_rows_without_times_are_refused),
        cmocka_unit_test(the_nearest_change_is_told_before_the_runner_up),
        cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
