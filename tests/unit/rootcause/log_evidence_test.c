/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "caus/render.h"
#include "events/events.h"
#include "fault.h"
#include "made_case.h"
#include "test.h"

typedef made_fixture fixture;

/* So many lines a row, from a row to another. */
typedef struct said {
    const char *service;
    const char *text;
    caus_severity severity;
    size_t lines;
    size_t from, to;
    size_t every; /* rows; 0 = 1 */
} said;

static const said routine[] = {
    {"front", "handled 17 requests", CAUS_SEVERITY_INFO, 3, 0, MADE_ROWS, 0},
    {"root", "cache is warm", CAUS_SEVERITY_INFO, 1, 0, MADE_ROWS, 5}};
enum { ROUTINES = sizeof routine / sizeof *routine };

static caus_slice slice_of(const char *text)
{
    return (caus_slice){text, strlen(text)};
}

static caus_status add(caus_logs_builder *builder, const said *item,
                       caus_error *err)
{
    for (size_t row = item->from; row < item->to; row++) {
        for (size_t i = 0; i < item->lines; i++) {
            caus_log_row line = {
                .time_ns =
                    made_start_ns + ((int64_t)row * 1000 - 700 + (int64_t)i) *
                                        (made_step_ns / 1000),
                .service = slice_of(item->service),
                .text = slice_of(item->text),
                .trace = slice_of(row % 2 ? "4bf92f35" : "a3ce929d"),
                .severity = item->severity,
                .lines = 1};
            if (row % (item->every ? item->every : 1) == 0)
                CAUS_TRY(caus_logs_builder_add(builder, &line, err));
        }
    }
    return CAUS_OK;
}

static caus_status make_logs(fixture *with, const said *items, size_t count,
                             bool backwards, caus_logs *result)
{
    caus_error *err = &with->err;
    caus_logs_builder *builder = caus_logs_builder_new(.5, 1000, 0);
    if (!builder)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory");
    caus_status status = CAUS_OK;
    for (size_t i = 0; i < count && status == CAUS_OK; i++)
        status = add(builder, &items[backwards ? count - 1 - i : i], err);
    if (status == CAUS_OK)
        status = caus_logs_builder_finish(builder, with->run, with->arena,
                                          result, err);
    caus_logs_builder_free(builder);
    return status;
}

/* An incident in which no metric moves but for the symptom, a little. */
static caus_explanation explain(fixture *with, const said *items, size_t count)
{
    made_measure quiet[MADE_VARIABLES];
    said all[16];
    made_quiet(quiet);
    memcpy(all, routine, sizeof routine);
    memcpy(all + ROUTINES, items, count * sizeof *items);
    caus_logs *logs = caus_arena_array(with->arena, 1, sizeof *logs);
    assert_int_equal(make_logs(with, all, ROUTINES + count, false, logs),
                     CAUS_OK);
    caus_explain_options options = made_options();
    options.logs = logs;
    return made_explain(with, quiet, &options);
}

static void lines_that_were_never_there_name_their_service(void **state)
{
    static const said items[] = {{"root", "price of item 17 is null",
                                  CAUS_SEVERITY_ERROR, 2, MADE_ONSET, MADE_ROWS,
                                  0}};
    caus_explanation told = explain(*state, items, 1);
    const caus_suspect *first = &told.suspects[0];
    assert_true(told.has_logs);
    assert_string_equal(first->service, "root");
    assert_true(first->terms[CAUS_TERM_LOGS] > 1);
    assert_true(first->rank_without[CAUS_TERM_LOGS] >= 1);
    assert_int_equal(first->log_fact_count, 1);
    assert_int_not_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    const caus_log_fact *fact = first->log_facts;
    assert_string_equal(fact->text, "price of item <*> is null");
    assert_true(fact->is_new);
    assert_int_equal(fact->before, 0);
    assert_int_equal(fact->after, 2 * (MADE_ROWS - MADE_ONSET));
    assert_int_equal(fact->exemplar_count, CAUS_EXEMPLARS);
    assert_non_null(strstr(first->sentence,
                           "new error lines: \"price of item <*> is null\" 120 "
                           "times since 22:58:"));
}

static bool warns(const caus_explanation *told, const char *sentence)
{
    bool any = false;
    for (size_t i = 0; i < told->warning_count; i++)
        any = any || strcmp(told->warnings[i], sentence) == 0;
    return any;
}

static void lines_of_nobody_who_is_known_are_left_out_and_told(void **state)
{
    static const said items[] = {
        {"", "hello", CAUS_SEVERITY_INFO, 1, 0, MADE_ROWS, 0},
        {"stranger", "hello", CAUS_SEVERITY_INFO, 1, 0, MADE_ROWS, 0}};
    caus_explanation unnamed = explain(*state, items, 1);
    caus_explanation unknown = explain(*state, items + 1, 1);
    caus_explanation both = explain(*state, items, 2);
    assert_true(warns(&unnamed, "log lines that name no service are left out"));
    assert_true(warns(&unknown,
                      "log lines of stranger are left out: no variable and no "
                      "call is of that name"));
    assert_true(warns(&both,
                      "log lines of stranger are left out: no variable and "
                      "no call is of that name; so are lines that name "
                      "no service"));
}

static void lines_that_name_a_callee_speak_of_it(void **state)
{
    static const said items[] = {{"mid", "call to root failed",
                                  CAUS_SEVERITY_ERROR, 5, MADE_ONSET, MADE_ROWS,
                                  0}};
    caus_explanation told = explain(*state, items, 1);
    const caus_suspect *root = made_suspect_of(&told, "root");
    const caus_suspect *mid = made_suspect_of(&told, "mid");
    assert_string_equal(told.suspects[0].service, "root");
    assert_true(mid->score < root->score);
    assert_true(mid->terms[CAUS_TERM_LOGS] > 0);
    assert_true(mid->terms[CAUS_TERM_LOGS] < root->terms[CAUS_TERM_LOGS]);
}

static void a_callee_that_speaks_for_itself_explains_its_caller(void **state)
{
    static const said items[] = {{"mid", "upstream error", CAUS_SEVERITY_ERROR,
                                  9, MADE_ONSET, MADE_ROWS, 0},
                                 {"root", "index out of range",
                                  CAUS_SEVERITY_ERROR, 3, MADE_ONSET, MADE_ROWS,
                                  0}};
    caus_explanation told = explain(*state, items, 2);
    assert_string_equal(told.suspects[0].service, "root");
}

static void what_all_say_weighs_less(void **state)
{
    static const char text[] = "context deadline exceeded";
    static const said items[] = {
        {"front", text, CAUS_SEVERITY_ERROR, 4, MADE_ONSET, MADE_ROWS, 0},
        {"mid", text, CAUS_SEVERITY_ERROR, 4, MADE_ONSET, MADE_ROWS, 0},
        {"side", text, CAUS_SEVERITY_ERROR, 4, MADE_ONSET, MADE_ROWS, 0},
        {"root", "disk is full", CAUS_SEVERITY_ERROR, 4, MADE_ONSET, MADE_ROWS,
         0}};
    caus_explanation told = explain(*state, items, 4);
    const caus_suspect *side = made_suspect_of(&told, "side");
    const caus_suspect *root = made_suspect_of(&told, "root");
    assert_true(side->terms[CAUS_TERM_LOGS] < .5 * root->terms[CAUS_TERM_LOGS]);
}

static void bursts_that_are_usual_are_no_news(void **state)
{
    static const said items[] = {{"side", "session store: write conflict",
                                  CAUS_SEVERITY_ERROR, 12, 5, MADE_ROWS, 25},
                                 {"root", "bad checksum", CAUS_SEVERITY_ERROR,
                                  1, MADE_ONSET, MADE_ROWS, 2}};
    caus_explanation told = explain(*state, items, 2);
    assert_string_equal(told.suspects[0].service, "root");
    assert_int_equal(made_suspect_of(&told, "side")->log_fact_count, 0);
}

static void a_warning_counts_less_than_an_error(void **state)
{
    static const said items[] = {
        {"root", "odd value", CAUS_SEVERITY_WARN, 2, MADE_ONSET, MADE_ROWS, 0},
        {"side", "bad value", CAUS_SEVERITY_ERROR, 2, MADE_ONSET, MADE_ROWS,
         0}};
    caus_explanation told = explain(*state, items, 2);
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_LOGS] <
                made_suspect_of(&told, "side")->terms[CAUS_TERM_LOGS] * 3);
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_LOGS] > 0);
}

static const char *json_of(fixture *with, const caus_series *series,
                           const caus_explanation *told)
{
    caus_explanation_answer answer = {.series = series, .explanation = told};
    caus_render_options how = {0};
    const char *text;
    size_t length;
    assert_int_equal(caus_render_explanation(&answer, CAUS_FORMAT_JSON, &how,
                                             with->arena, &text, &length,
                                             &with->err),
                     CAUS_OK);
    return text;
}

/* Without lines of before and after, not a byte of the answer changes. */
static void lines_without_a_before_change_nothing(void **state)
{
    fixture *with = *state;
    static const said items[] = {
        {"root", "bad checksum", CAUS_SEVERITY_ERROR, 3, MADE_ONSET, MADE_ROWS,
         0},
        {"stranger", "who am I", CAUS_SEVERITY_ERROR, 3, 0, MADE_ROWS, 0}};
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_explain_options options = made_options();
    caus_logs logs;
    caus_explanation none = made_explain_series(with, &series, &options);
    const char *plain = json_of(with, &series, &none);
    assert_null(strstr(plain, "\"logs\""));
    options.logs = &logs;
    assert_int_equal(make_logs(with, items, 1, false, &logs), CAUS_OK);
    caus_explanation late = made_explain_series(with, &series, &options);
    assert_false(late.has_logs);
    assert_true(late.suspects[0].score == none.suspects[0].score);
    assert_non_null(strstr(late.warnings[0], "before the onset"));
    assert_int_equal(make_logs(with, items + 1, 1, false, &logs), CAUS_OK);
    caus_explanation foreign = made_explain_series(with, &series, &options);
    assert_true(foreign.suspects[0].score == none.suspects[0].score);
    assert_non_null(strstr(foreign.warnings[0], "stranger"));
}

static void the_order_of_lines_does_not_matter(void **state)
{
    fixture *with = *state;
    static const said items[] = {
        {"root", "bad checksum", CAUS_SEVERITY_ERROR, 3, MADE_ONSET, MADE_ROWS,
         0},
        {"mid", "call to root failed", CAUS_SEVERITY_ERROR, 2, MADE_ONSET + 1,
         MADE_ROWS, 0},
        {"front", "handled 5", CAUS_SEVERITY_INFO, 1, 0, MADE_ROWS, 0}};
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_explain_options options = made_options();
    const char *texts[2];
    for (int backwards = 0; backwards < 2; backwards++) {
        caus_logs logs;
        assert_int_equal(make_logs(with, items, 3, backwards, &logs), CAUS_OK);
        options.logs = &logs;
        caus_explanation told = made_explain_series(with, &series, &options);
        texts[backwards] = json_of(with, &series, &told);
    }
    assert_string_equal(texts[0], texts[1]);
}

static void an_onset_that_only_logs_show_is_found(void **state)
{
    fixture *with = *state;
    made_measure quiet[MADE_VARIABLES];
    static const said items[] = {{"front", "handled 17 requests",
                                  CAUS_SEVERITY_INFO, 3, 0, MADE_ROWS, 0},
                                 {"root", "price is null", CAUS_SEVERITY_ERROR,
                                  2, MADE_ONSET, MADE_ROWS, 0}};
    made_quiet(quiet);
    caus_logs logs;
    assert_int_equal(make_logs(with, items, 2, false, &logs), CAUS_OK);
    caus_explain_options options = made_options();
    options.has_onset = false;
    options.logs = &logs;
    caus_explanation told = made_explain(with, quiet, &options);
    assert_int_equal(told.onset.row, MADE_ONSET);
    assert_string_equal(told.suspects[0].service, "root");
}

/* Seven variables move too little for a detector; side says something from half
 * of the time before on. */
static caus_explanation explain_small(fixture *with, caus_severity severity,
                                      size_t lines, size_t every)
{
    const said items[] = {routine[0],
                          {"side", "price is null", severity, lines,
                           MADE_ONSET / 2, MADE_ROWS, every}};
    made_measure small[MADE_VARIABLES];
    memcpy(small, made_incident, sizeof small);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        small[i].shift = 1.2 * small[i].noise;
    small[8].shift = small[9].shift = 0;
    caus_logs logs;
    assert_int_equal(make_logs(with, items, 2, false, &logs), CAUS_OK);
    caus_explain_options options = made_options();
    options.has_onset = false;
    options.logs = &logs;
    return made_explain(with, small, &options);
}

static void errors_that_harm_nobody_date_no_incident(void **state)
{
    caus_explanation told = explain_small(*state, CAUS_SEVERITY_ERROR, 1, 7);
    assert_in_range(told.onset.row, MADE_ONSET - 20, MADE_ONSET + 20);
    assert_string_not_equal(told.suspects[0].service, "side");
}

static void what_is_louder_of_both_dates_the_incident(void **state)
{
    caus_explanation told = explain_small(*state, CAUS_SEVERITY_ERROR, 90, 1);
    assert_int_equal(told.onset.row, MADE_ONSET / 2);
    assert_string_equal(told.suspects[0].service, "side");
    told = explain_small(*state, CAUS_SEVERITY_WARN, 90, 1);
    assert_in_range(told.onset.row, MADE_ONSET - 20, MADE_ONSET + 20);
}

/* The onset of root by what it says. */
static caus_onset onset_by(fixture *with, const said *items, size_t count)
{
    caus_explanation told = explain(with, items, count);
    return made_suspect_of(&told, "root")->onset;
}

static said null_price(size_t from, size_t every)
{
    return (said){
        "root", "price is null", CAUS_SEVERITY_ERROR, 2, from, MADE_ROWS,
        every};
}

/* From as much before the first of them as lines lie apart. */
static void who_says_what_nobody_said_began_with_it(void **state)
{
    for (size_t row = MADE_ONSET; row < MADE_ONSET + 18; row += 6) {
        const said dense = null_price(row, 1), sparse = null_price(row, 6);
        caus_onset at = onset_by(*state, &dense, 1);
        assert_true(at.found);
        assert_int_equal(at.first_row, row);
        assert_int_equal(at.row, row);
        assert_int_equal(at.time_ns,
                         made_start_ns + (int64_t)row * made_step_ns);
        at = onset_by(*state, &sparse, 1);
        assert_true(at.found);
        assert_int_equal(at.last_row, row);
        assert_int_equal(at.first_row, row - 3);
    }
}

static void few_or_known_or_quiet_lines_date_nobody(void **state)
{
    said few = null_price(MADE_ONSET, 1), quiet = few;
    said known[] = {null_price(MADE_ONSET / 2, 1), few};
    known[0].to = MADE_ONSET / 2 + 1;
    few.to = MADE_ONSET + 1;
    quiet.severity = CAUS_SEVERITY_INFO;
    assert_false(onset_by(*state, &few, 1).found);
    assert_false(onset_by(*state, known, 2).found);
    assert_false(onset_by(*state, &quiet, 1).found);
}

/* Root moves with the onset, and says so ten rows later; mid says it at once
 * and moves ten rows later. */
static void lines_date_only_who_had_not_moved_before(void **state)
{
    enum { LATER = 10, MID_LATENCY = 3, MID_QUEUE = 5 };
    fixture *with = *state;
    const said items[] = {
        routine[0],
        {"root", "price is null", CAUS_SEVERITY_ERROR, 2, MADE_ONSET + LATER,
         MADE_ROWS, 0},
        {"mid", "no answer", CAUS_SEVERITY_ERROR, 2, MADE_ONSET, MADE_ROWS, 0}};
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET; r < MADE_ONSET + LATER; r++) {
        values[r * MADE_VARIABLES + MID_LATENCY] -=
            made_incident[MID_LATENCY].shift;
        values[r * MADE_VARIABLES + MID_QUEUE] -=
            made_incident[MID_QUEUE].shift;
    }
    caus_explain_options options = made_options();
    caus_explanation silent = made_explain_series(with, &series, &options);
    caus_logs logs;
    assert_int_equal(make_logs(with, items, 3, false, &logs), CAUS_OK);
    options.logs = &logs;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(made_suspect_of(&silent, "mid")->onset.row > MADE_ONSET + 5);
    assert_int_equal(made_suspect_of(&told, "mid")->onset.row, MADE_ONSET);
    assert_int_equal(made_suspect_of(&told, "root")->onset.row,
                     made_suspect_of(&silent, "root")->onset.row);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    fixture *with = *state;
    static const said items[] = {{"front", "handled 17 requests",
                                  CAUS_SEVERITY_INFO, 1, 0, MADE_ROWS, 4},
                                 {"root", "price is null", CAUS_SEVERITY_ERROR,
                                  1, MADE_ONSET, MADE_ROWS, 0}};
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_explain_options options = made_options();
    bool refused = true;
    for (long allowed = 0; refused; allowed++) {
        caus_arena *arena = caus_arena_new(0);
        fixture other = *with;
        caus_explanation told;
        caus_logs logs;
        assert_non_null(arena);
        other.arena = arena;
        fault_fail_after(allowed);
        caus_status status = make_logs(&other, items, 2, false, &logs);
        options.logs = &logs;
        if (status == CAUS_OK)
            status =
                caus_explain(&series, &options, with->run, arena, &told, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(arena);
    }
}

#define ON_MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MADE(lines_that_were_never_there_name_their_service),
        ON_MADE(lines_of_nobody_who_is_known_are_left_out_and_told),
        ON_MADE(lines_that_name_a_callee_speak_of_it),
        ON_MADE(a_callee_that_speaks_for_itself_explains_its_caller),
        ON_MADE(what_all_say_weighs_less),
        ON_MADE(bursts_that_are_usual_are_no_news),
        ON_MADE(a_warning_counts_less_than_an_error),
        ON_MADE(lines_without_a_before_change_nothing),
        ON_MADE(the_order_of_lines_does_not_matter),
        ON_MADE(an_onset_that_only_logs_show_is_found),
        ON_MADE(errors_that_harm_nobody_date_no_incident),
        ON_MADE(who_says_what_nobody_said_began_with_it),
        ON_MADE(few_or_known_or_quiet_lines_date_nobody),
        ON_MADE(lines_date_only_who_had_not_moved_before),
        ON_MADE(what_is_louder_of_both_dates_the_incident),
        ON_MADE(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
