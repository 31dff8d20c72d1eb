/* SPDX-License-Identifier: Apache-2.0 */
/* Outages that come and go, and services that are away or were started anew. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

/* ---- failures that come and go ---- */

static const made_measure failing[MADE_VARIABLES] = {
    {"front_latency", "front", .2, .01, 0}, {"front_errors", "front", 0, 0, 0},
    {"front_cpu", "front", 20, 1, 0},       {"mid_latency", "mid", .1, .003, 0},
    {"mid_errors", "mid", 0, 0, 0},         {"mid_cpu", "mid", 10, .6, 0},
    {"root_latency", "root", .05, .004, 0}, {"root_errors", "root", 0, 0, 0},
    {"side_errors", "side", 0, 0, 0},       {"side_cpu", "side", 15, 1, 0}};

/* Errors of front, mid and root in rows that are drawn, `share` of all since
 * the onset; a few of everybody in healthy rows. */
static void draw_outages(caus_series *series, double share, uint64_t seed)
{
    static const size_t broken[] = {1, 4, 7, 8};
    double *values = (double *)(uintptr_t)series->segments[0].values;
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t r = 0; r < MADE_ROWS; r++) {
        bool out = r >= MADE_ONSET && caus_random_uniform(&random) < share;
        for (size_t i = 0; i < 4; i++) {
            double few = caus_random_uniform(&random) < .1;
            values[r * MADE_VARIABLES + broken[i]] =
                few + (out && broken[i] != 8 ? 30 : 0);
        }
    }
}

static void an_outage_of_one_row_in_five_is_traced_to_its_end(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        caus_series series = made_series(with->arena, failing, NULL, 1);
        draw_outages(&series, .2 + .03 * (double)seed, seed);
        caus_explanation told = made_explain_series(with, &series, &options);
        assert_string_equal(made_first_of(&told), "root");
        assert_true(told.suspects[0].score > 1);
    }
}

/* Requests of root fail in one row of `every` until row `end`, and so do those
 * of its callers. */
static caus_ending ending_of(made_fixture *with, size_t every, size_t end)
{
    static const size_t failed[] = {1, 4, 7};
    caus_explain_options options = made_options();
    options.symptom = "front_errors";
    caus_series series = made_series(with->arena, failing, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    draw_outages(&series, 0, every);
    for (size_t r = MADE_ONSET; r < end; r++) {
        values[r * MADE_VARIABLES + 5] += 20; /* mid_cpu: nobody feels it */
        for (size_t i = 0; i < 3 && (r - MADE_ONSET) % every == 0; i++)
            values[r * MADE_VARIABLES + failed[i]] += 30;
    }
    caus_explanation told = made_explain_series(with, &series, &options);
    return told.ending;
}

/* Most rows of such an outage are as before, and yet it goes on. */
static void an_outage_that_comes_and_goes_ends_with_its_last_row(void **state)
{
    enum { END = MADE_ONSET + 30 };
    size_t found = 0;
    for (size_t every = 2; every <= 5; every++) {
        caus_ending lasting = ending_of(*state, every, MADE_ROWS);
        caus_ending over = ending_of(*state, every, END);
        if (!lasting.known || !over.known)
            continue; /* it is not called an incident */
        found++;
        assert_false(lasting.is_over);
        assert_true(over.is_over);
        assert_in_range(over.row, END - every, END + 1);
    }
    assert_true(found >= 3);
}

static void what_fails_once_is_no_outage(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = made_series(with->arena, failing, NULL, 1);
    draw_outages(&series, 0, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    caus_explanation before = made_explain_series(with, &series, &options);
    values[(MADE_ONSET + 7) * MADE_VARIABLES + 7] = 1e6;
    caus_explanation told = made_explain_series(with, &series, &options);
    for (size_t i = 0; i < told.suspect_count; i++) {
        const caus_suspect *now = &told.suspects[i];
        assert_true(now->score <=
                    made_suspect_of(&before, now->service)->score + .1);
    }
}

/* ---- services that are not measured now and then ---- */

enum { WORDS = (MADE_ROWS + 63) / 64 };

/* Two of twelve rows from the onset on are missing, of mid or of all but front,
 * whose requests fail in them where somebody feels it. */
static caus_series hide(made_fixture *with, bool all, bool is_felt)
{
    caus_series series = made_series(with->arena, failing, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    caus_segment *segment = caus_arena_array(with->arena, 1, sizeof *segment);
    uint64_t *missing =
        caus_arena_array(with->arena, WORDS * MADE_VARIABLES, sizeof *missing);
    *segment = series.segments[0];
    segment->missing = missing;
    segment->word_count = WORDS;
    series.segments = segment;
    draw_outages(&series, 0, 3);
    for (size_t r = MADE_ONSET; r < MADE_ROWS; r++) {
        bool hidden = (r - MADE_ONSET) % 12 < 2;
        values[r * MADE_VARIABLES + 1] += hidden && is_felt ? 30 : 0;
        for (size_t v = 0; v < MADE_VARIABLES && hidden; v++) {
            bool mid = strcmp(series.variables[v].service, "mid") == 0;
            if (!mid && !(all && v > 2))
                continue;
            values[r * MADE_VARIABLES + v] = (double)NAN;
            missing[v * WORDS + r / 64] |= UINT64_C(1) << (r % 64);
        }
    }
    return series;
}

static void who_is_not_measured_now_and_then_is_suspected(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = hide(with, false, true);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "mid");
    assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
    assert_non_null(strstr(told.suspects[0].sentence, "not measured in 10 of"));
    options.has_onset = false;
    told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "mid");
    assert_int_equal(told.onset.found ? told.onset.row : 999, MADE_ONSET);
}

/* Its callers are answered as ever: only the values got lost. */
static void who_is_not_measured_and_nobody_misses_is_not(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = hide(with, false, false);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
}

/* Requests of front fail in the rows in which mid is not measured, and did as
 * often for as long before: by chance. */
static void who_is_not_missed_more_than_by_chance_is_not_away(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    for (int often = 0; often < 2; often++) {
        caus_series series = hide(with, false, true);
        double *values = (double *)(uintptr_t)series.segments[0].values;
        for (size_t r = 0; r < MADE_ONSET && often; r += 6)
            values[r * MADE_VARIABLES + 1] += 30;
        caus_explanation told = made_explain_series(with, &series, &options);
        bool is_told = strstr(made_suspect_of(&told, "mid")->sentence,
                              "not measured in 10 of");
        assert_int_equal(is_told, !often);
    }
}

/* Nobody measures who calls mid; requests of front, as users see, or those of
 * side, which has nothing to do with mid, fail in the rows in which it is not
 * measured. */
static void where_no_caller_is_measured_users_miss_who_is_away(void **state)
{
    enum { FRONT_ERRORS = 1, SIDE_ERRORS = 8 };
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "proxy"};
    static const size_t calls[][2] = {{0, 2}, {0, 3}, {4, 1}};
    static const caus_topology topology = {5, services, 3, calls};
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    options.topology = &topology;
    for (int is_user = 0; is_user < 2; is_user++) {
        caus_series series = hide(with, false, false);
        double *values = (double *)(uintptr_t)series.segments[0].values;
        for (size_t r = MADE_ONSET; r < MADE_ROWS; r++)
            values[r * MADE_VARIABLES +
                   (is_user ? FRONT_ERRORS : SIDE_ERRORS)] +=
                (r - MADE_ONSET) % 12 < 2 ? 30 : 0;
        caus_explanation told = made_explain_series(with, &series, &options);
        bool is_told = strstr(made_suspect_of(&told, "mid")->sentence,
                              "not measured in 10 of");
        assert_int_equal(is_told, is_user);
    }
}

/* Who counts its failures, or does for it, counts none where it is gone: that
 * is no answer. Where nobody told who calls it, whoever fails feels it. */
static void who_is_gone_needs_no_caller_to_be_missed(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    options.topology = NULL;
    caus_series series = hide(with, false, true);
    const caus_segment *segment = &series.segments[0];
    double *values = (double *)(uintptr_t)segment->values;
    uint64_t *missing = (uint64_t *)(uintptr_t)segment->missing;
    for (size_t r = 0; r < MADE_ROWS; r++) {
        for (size_t v = 0; v < MADE_VARIABLES; v++) {
            if (strcmp(series.variables[v].name, "mid_errors") != 0)
                continue;
            values[r * MADE_VARIABLES + v] = 0;
            missing[v * WORDS + r / 64] &= ~(UINT64_C(1) << (r % 64));
        }
    }
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "mid");
}

static void hide_row(caus_series *series, const char *service, size_t row)
{
    const caus_segment *segment = &series->segments[0];
    double *values = (double *)(uintptr_t)segment->values;
    uint64_t *missing = (uint64_t *)(uintptr_t)segment->missing;
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        if (strcmp(series->variables[v].service, service) != 0)
            continue;
        values[row * MADE_VARIABLES + v] = (double)NAN;
        missing[v * WORDS + row / 64] |= UINT64_C(1) << (row % 64);
    }
}

/* Hides a service of a series in one row of so many, each beginning elsewhere.
 */
static void lose(caus_series *series, const char *service, size_t from,
                 size_t every)
{
    for (size_t r = from; r < MADE_ROWS; r += every)
        hide_row(series, service, r);
}

/* Of all services values get lost now and then; that none of mid's did before
 * the onset is chance. */
static void what_gets_lost_of_all_is_no_silence(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    for (int often = 0; often < 2; often++) {
        caus_series series = hide(with, false, true);
        lose(&series, "side", 5, often ? 3 : MADE_ROWS);
        lose(&series, "root", 9, often ? 4 : MADE_ROWS);
        caus_explanation told = made_explain_series(with, &series, &options);
        bool is_told = strstr(told.suspects[0].sentence, "not measured");
        assert_int_equal(is_told, !often);
    }
}

/* Whoever it is that is measured from the middle of the healthy rows on: mid,
 * which is away in the incident, or another. */
static void who_was_not_measured_yet_was_not_away(void **state)
{
    static const char *const late[] = {"mid", "side"};
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        caus_series series = hide(with, false, true);
        for (size_t r = 0; r < MADE_ONSET / 2; r++)
            hide_row(&series, late[i], r);
        caus_explanation told = made_explain_series(with, &series, &options);
        assert_string_equal(made_first_of(&told), "mid");
        assert_non_null(
            strstr(told.suspects[0].sentence, "not measured in 10 of"));
    }
}

/* Where the onset is placed late, silence began with its own first row. */
static void silence_began_after_the_last_row_that_was_heard(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = hide(with, false, true);
    for (int64_t late = 0; late < 2; late++) {
        options.onset_ns = made_start_ns + (MADE_ONSET + late) * made_step_ns;
        caus_explanation told = made_explain_series(with, &series, &options);
        assert_string_equal(made_first_of(&told), "mid");
        const caus_onset *onset = &told.suspects[0].onset;
        assert_int_equal(onset->first_row, MADE_ONSET - 1);
        assert_int_equal(onset->row, MADE_ONSET);
        assert_int_equal(onset->last_row, MADE_ONSET);
        assert_int_equal(onset->last_ns - onset->first_ns, made_step_ns);
    }
}

/* Nobody feels it when mid is away first. */
static void who_is_away_again_was_so_from_the_first_time_on(void **state)
{
    enum { FRONT_ERRORS = 1 };
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    options.has_onset = false;
    caus_series series = hide(with, false, true);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET; r < MADE_ONSET + 2; r++)
        values[r * MADE_VARIABLES + FRONT_ERRORS] -= 30;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(told.onset.found);
    assert_int_equal(told.onset.row, MADE_ONSET);
}

/* Silence tells that something happened where nothing else does. */
static void silence_goes_beyond_healthy_rows(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = hide(with, false, true);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(told.beyond > 2 * told.departure_beyond);
    lose(&series, "side", 5, 3);
    lose(&series, "root", 9, 4);
    told = made_explain_series(with, &series, &options);
    assert_true(told.beyond < told.departure_beyond);
}

static void a_row_that_nobody_measured_tells_of_no_service(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = hide(with, true, true);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "front");
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_null(strstr(told.suspects[i].sentence, "not measured"));
}

/* Memory of mid goes from `high` times its level to `low` times that in one
 * row, while requests of front fail. */
static caus_series restart(made_fixture *with, double high, double low)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[5] = (made_measure){"mid_memory", "mid", 10, .06, 0};
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET; r < MADE_ROWS; r++) {
        values[r * MADE_VARIABLES + 1] += r % 6 ? 0 : 30;
        values[r * MADE_VARIABLES + 5] *= r < MADE_ONSET + 9 ? high : low;
    }
    return series;
}

static void who_was_started_anew_is_suspected(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = restart(with, 1, 1);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "front");
    series = restart(with, 1.6, 1);
    told = made_explain_series(with, &series, &options);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_null(strstr(told.suspects[i].sentence, "memory fell at once"));
    series = restart(with, 1, .4);
    told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "mid");
    assert_non_null(strstr(told.suspects[0].sentence, "memory fell at once"));
}

/* Of two whose memory falls at once one falls no further than another's did
 * before. */
static void who_falls_as_others_did_was_not_started_anew(void **state)
{
    made_fixture *with = *state;
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, failing, sizeof measures);
    measures[3] = (made_measure){"side_memory", "side", 10, .06, 0};
    measures[5] = (made_measure){"mid_memory", "mid", 10, .06, 0};
    measures[9] = (made_measure){"root_memory", "root", 10, .06, 0};
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = 0; r < MADE_ROWS; r++) {
        double *row = values + r * MADE_VARIABLES;
        row[1] += r < MADE_ONSET || r % 6 ? 0 : 30;
        row[9] *= r < 60 ? 1 : .5;
        row[5] *= r < MADE_ONSET + 9 ? 1 : .3;
        row[3] *= r < MADE_ONSET + 9 ? 1 : .6;
    }
    caus_explanation told = made_explain_series(with, &series, &options);
    for (size_t i = 0; i < told.suspect_count; i++) {
        bool fell = strstr(told.suspects[i].sentence, "memory fell at once");
        assert_int_equal(fell, strcmp(told.suspects[i].service, "mid") == 0);
    }
}

/* Where a baseline of another day ends memory of several falls at once. */
static void of_several_that_fall_any_may_be_it(void **state)
{
    made_fixture *with = *state;
    double external[2];
    for (size_t others = 0; others < 2; others++) {
        made_measure measures[MADE_VARIABLES];
        memcpy(measures, failing, sizeof measures);
        measures[3] = (made_measure){"side_memory", "side", 10, .06, 0};
        measures[5] = (made_measure){"mid_memory", "mid", 10, .06, 0};
        caus_explain_options options = made_options();
        options.symptom = NULL;
        caus_series series = made_series(with->arena, measures, NULL, 1);
        double *values = (double *)(uintptr_t)series.segments[0].values;
        for (size_t r = MADE_ONSET; r < MADE_ROWS; r++) {
            double *row = values + r * MADE_VARIABLES;
            row[1] += r % 6 ? 0 : 30;
            row[5] *= .3;
            row[3] *= others ? .3 : 1;
        }
        caus_explanation told = made_explain_series(with, &series, &options);
        external[others] =
            made_suspect_of(&told, "mid")->terms[CAUS_TERM_EXTERNAL];
    }
    assert_true(external[0] > 0);
    assert_true(external[1] < .6 * external[0]);
}

/* Side was started once more, while its caller is as ever, or slow. */
static void who_is_started_anew_counts_as_far_as_somebody_feels_it(void **state)
{
    double term[2] = {0};
    for (int is_felt = 0; is_felt < 2; is_felt++) {
        made_measure measures[MADE_VARIABLES];
        made_quiet(measures);
        measures[9] = (made_measure){"side_restarts_total", "side", 3, 0, 1};
        measures[0].shift = is_felt ? .5 : 0;
        caus_explain_options options = made_options();
        options.symptom = NULL;
        caus_explanation told = made_explain(*state, measures, &options);
        if (!is_felt)
            assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
        term[is_felt] =
            made_suspect_of(&told, "side")->terms[CAUS_TERM_INTERNAL];
    }
    assert_true(term[1] > 1 && term[0] > 0 && term[0] < .7 * term[1]);
}

/* Memory of side grew, and side answers as ever, or nobody measures how it
 * answers. */
static void memory_that_nobody_feels_counts_less(void **state)
{
    double term[2];
    for (int is_measured = 0; is_measured < 2; is_measured++) {
        made_measure measures[MADE_VARIABLES];
        memcpy(measures, made_incident, sizeof measures);
        for (size_t i = 0; i < MADE_VARIABLES; i++) {
            if (strcmp(measures[i].name, "side_cpu") == 0)
                measures[i] =
                    (made_measure){"side_memory_bytes", "side", 15, 1, 40};
            if (strcmp(measures[i].name, "side_latency") == 0 && !is_measured)
                measures[i].name = "side_requests";
        }
        caus_explain_options options = made_options();
        caus_explanation told = made_explain(*state, measures, &options);
        term[is_measured] =
            made_suspect_of(&told, "side")->terms[CAUS_TERM_INTERNAL];
    }
    assert_true(term[0] > 1);
    assert_true(term[1] < .7 * term[0] && term[1] > .3 * term[0]);
}

/* Memory of mid that rises by .03 a row until `until`, and as much again. */
static caus_explanation explain_heap(made_fixture *with, size_t until)
{
    caus_explain_options options = made_options();
    options.symptom = NULL;
    caus_series series = restart(with, 1, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = 0; r < MADE_ROWS; r++)
        values[r * MADE_VARIABLES + 5] +=
            .03 * ((double)r - (r < until ? 0 : (double)until + 40));
    return made_explain_series(with, &series, &options);
}

static void a_heap_that_fills_as_before_tells_nothing(void **state)
{
    caus_explanation told = explain_heap(*state, MADE_ROWS);
    for (size_t i = 0; i < told.clue_count; i++) {
        if (told.clues[i].variable == 5)
            assert_true(told.clues[i].size < 1);
    }
}

/* Its garbage is first collected in the incident. */
static void garbage_that_is_collected_starts_nobody_anew(void **state)
{
    caus_explanation told = explain_heap(*state, MADE_ONSET + 9);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_null(strstr(told.suspects[i].sentence, "memory fell at once"));
}

/* What others count of it, nothing, is no sign of life. */
static void
who_is_gone_while_its_requests_are_counted_is_suspected(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    made_measure measures[MADE_VARIABLES];
    options.symptom = NULL;
    memcpy(measures, failing, sizeof measures);
    measures[3] = (made_measure){"mid_requests", "mid", 100, 3, 0};
    measures[4] = (made_measure){"mid_cpu", "mid", 10, .6, 0};
    measures[5] = (made_measure){"mid_memory_limit", "mid", 512, 0, 0};
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET; r < MADE_ROWS; r++) {
        values[r * MADE_VARIABLES + 1] += 30;
        values[r * MADE_VARIABLES + 3] = 0;
        values[r * MADE_VARIABLES + 4] = (double)NAN;
    }
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(made_first_of(&told), "mid");
    assert_non_null(strstr(told.suspects[0].sentence, "not measured in 60 of"));
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(an_outage_of_one_row_in_five_is_traced_to_its_end),
        MADE(an_outage_that_comes_and_goes_ends_with_its_last_row),
        MADE(what_fails_once_is_no_outage),
        MADE(who_is_not_measured_now_and_then_is_suspected),
        MADE(who_is_not_measured_and_nobody_misses_is_not),
        MADE(who_is_not_missed_more_than_by_chance_is_not_away),
        MADE(where_no_caller_is_measured_users_miss_who_is_away),
        MADE(who_is_gone_needs_no_caller_to_be_missed),
        MADE(what_gets_lost_of_all_is_no_silence),
        MADE(who_was_not_measured_yet_was_not_away),
        MADE(who_is_away_again_was_so_from_the_first_time_on),
        MADE(silence_goes_beyond_healthy_rows),
        MADE(silence_began_after_the_last_row_that_was_heard),
        MADE(a_row_that_nobody_measured_tells_of_no_service),
        MADE(who_was_started_anew_is_suspected),
        MADE(who_falls_as_others_did_was_not_started_anew),
        MADE(of_several_that_fall_any_may_be_it),
        MADE(who_is_started_anew_counts_as_far_as_somebody_feels_it),
        MADE(memory_that_nobody_feels_counts_less),
        MADE(a_heap_that_fills_as_before_tells_nothing),
        MADE(garbage_that_is_collected_starts_nobody_anew),
        MADE(who_is_gone_while_its_requests_are_counted_is_suspected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
