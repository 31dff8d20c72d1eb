/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "caus/render.h"
#include "fault.h"
#include "made_case.h"
#include "test.h"

typedef made_measure measure;
typedef made_fixture fixture;

static void the_service_that_broke_comes_first(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
    assert_true(told.suspects[0].confidence >= .5);
    assert_non_null(strstr(told.summary, "root"));
}

static void an_onset_that_is_not_given_is_found(void **state)
{
    caus_explain_options options = made_options();
    options.has_onset = false;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_in_range(told.onset.row, MADE_ONSET - 1, MADE_ONSET + 1);
    assert_false(told.onset_given);
}

/* The last rows before the made onset and the first after it. */
static caus_explanation explain_cut(fixture *with, const measure *measures,
                                    size_t before, size_t after,
                                    const caus_explain_options *options)
{
    caus_series series = made_series(with->arena, measures, NULL, 1);
    caus_segment cut = series.segments[0];
    cut.values += (MADE_ONSET - before) * MADE_VARIABLES;
    cut.row_count = before + after;
    series.segments = &cut;
    return made_explain_series(with, &series, options);
}

/* The same, without an onset. */
static caus_explanation explain_few(fixture *with, const measure *measures,
                                    size_t before, size_t after)
{
    caus_explain_options options = made_options();
    options.has_onset = false;
    return explain_cut(with, measures, before, after, &options);
}

/* Side breaks by far and is well again; later root breaks, and lasts. */
static void of_two_incidents_the_later_is_asked_about(void **state)
{
    enum { FIRST = 90, END = 130 };
    fixture *with = *state;
    measure later[MADE_VARIABLES];
    memcpy(later, made_incident, sizeof later);
    for (size_t v = 0; v < MADE_VARIABLES; v++)
        later[v].shift *= .04;
    caus_series series = made_series(with->arena, later, NULL, 1);
    double *values = CAUS_ARRAY(with->arena, double, MADE_ROWS *MADE_VARIABLES);
    memcpy(values, series.segments[0].values,
           MADE_ROWS * MADE_VARIABLES * sizeof *values);
    for (size_t r = FIRST; r < END; r++) {
        values[r * MADE_VARIABLES] += .5;
        values[r * MADE_VARIABLES + 8] += .4;
        values[r * MADE_VARIABLES + 9] += 40;
    }
    caus_segment segment = series.segments[0];
    segment.values = values;
    series.segments = &segment;
    caus_explain_options options = made_options();
    options.has_onset = false;
    options.symptom = NULL;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(told.onset.first_row >= END);
    assert_string_not_equal(told.suspects[0].service, "side");
}

/* Too few for a detector: the clearest split of medians comes early. */
static void few_rows_are_parted_where_they_change(void **state)
{
    for (size_t after = 4; after <= 9; after++) {
        size_t before = 13;
        caus_explanation told =
            explain_few(*state, made_incident, before, after);
        assert_int_equal(told.onset.row, before);
        assert_int_equal(told.onset.first_row, before - 1);
        assert_int_equal(told.onset.last_row, before);
    }
}

static void few_healthy_rows_leave_a_small_change_open(void **state)
{
    measure small[MADE_VARIABLES];
    memcpy(small, made_incident, sizeof small);
    for (size_t v = 0; v < MADE_VARIABLES; v++)
        small[v].shift = small[v].noise;
    caus_explanation told = explain_few(*state, small, 12, 4);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_non_null(strstr(told.summary, "too few to tell"));
    assert_non_null(strstr(told.missing[0], "no rows before 20"));
}

enum { END = MADE_ONSET + 35 };

/* The made incident until row `end`, then again as before. */
static caus_explanation explain_until(fixture *with, size_t end)
{
    measure calm[MADE_VARIABLES];
    made_quiet(calm);
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_series after = made_series(with->arena, calm, NULL, 1);
    caus_segment *segment = caus_arena_array(with->arena, 1, sizeof *segment);
    *segment = series.segments[0];
    double *values = CAUS_ARRAY(with->arena, double, MADE_ROWS *MADE_VARIABLES);
    for (size_t i = 0; i < MADE_ROWS * MADE_VARIABLES; i++)
        values[i] = i < end * MADE_VARIABLES ? segment->values[i]
                                             : after.segments[0].values[i];
    segment->values = values;
    series.segments = segment;
    caus_explain_options options = made_options();
    return made_explain_series(with, &series, &options);
}

/* While nothing was scraped it may have begun at any time. */
static void an_onset_behind_a_gap_lies_within_it(void **state)
{
    fixture *with = *state;
    enum { GAP = 12, WORDS = (MADE_ROWS + 63) / 64 };
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_segment segment = series.segments[0];
    uint64_t *missing =
        caus_arena_array(with->arena, WORDS * MADE_VARIABLES, sizeof *missing);
    double *values = caus_arena_array(with->arena, MADE_ROWS * MADE_VARIABLES,
                                      sizeof *values);
    memcpy(values, segment.values, MADE_ROWS * MADE_VARIABLES * sizeof *values);
    for (size_t v = 0; v < MADE_VARIABLES; v++) {
        for (size_t r = MADE_ONSET - GAP; r < MADE_ONSET; r++) {
            values[r * MADE_VARIABLES + v] = (double)NAN;
            missing[v * WORDS + r / 64] |= UINT64_C(1) << (r % 64);
        }
    }
    segment.values = values;
    segment.missing = missing;
    series.segments = &segment;
    caus_explain_options options = made_options();
    options.has_onset = false;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.onset.row, MADE_ONSET);
    assert_int_equal(told.onset.first_row, MADE_ONSET - GAP - 1);
    assert_true(told.onset.first_ns ==
                made_start_ns + (MADE_ONSET - GAP - 1) * made_step_ns);
}

static void an_end_within_the_rows_is_found(void **state)
{
    caus_explanation told = explain_until(*state, END);
    assert_true(told.ending.known);
    assert_true(told.ending.is_over);
    assert_in_range(told.ending.row, END - 1, END + 1);
    assert_true(told.ending.time_ns ==
                made_start_ns + (int64_t)(told.ending.row - 1) * made_step_ns);
}

static void what_goes_on_to_the_last_row_has_no_end(void **state)
{
    /* two rows of calm are no end yet */
    for (size_t calm = 0; calm < 3; calm++) {
        caus_explanation told = explain_until(*state, MADE_ROWS - calm);
        assert_true(told.ending.known);
        assert_false(told.ending.is_over);
        assert_int_equal(told.ending.row, MADE_ROWS);
        assert_true(told.ending.time_ns ==
                    made_start_ns + (MADE_ROWS - 1) * made_step_ns);
    }
}

static void where_nothing_happened_nothing_ended(void **state)
{
    caus_explanation told = explain_until(*state, 0);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_false(told.ending.known);
}

static void a_louder_caller_is_explained_by_its_callee(void **state)
{
    measure quiet[MADE_VARIABLES];
    memcpy(quiet, made_incident, sizeof quiet);
    quiet[7].shift = 0;  /* nothing shows inside the root */
    quiet[6].level = .3; /* nor that it is within mid */
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, quiet, &options);
    assert_string_equal(told.suspects[0].service, "root");
    options.topology = NULL;
    told = made_explain(*state, quiet, &options);
    assert_string_not_equal(told.suspects[0].service, "root");
}

static void the_chain_leads_over_callers_to_the_symptom(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_int_equal(told.suspects[0].hop_count, 2);
    const caus_hop *chain = told.suspects[0].chain;
    assert_int_equal(chain[0].from, 0);
    assert_string_equal(told.suspects[chain[0].to].service, "mid");
    assert_string_equal(told.suspects[chain[1].to].service, "front");
    assert_true(chain[1].effect > .4 && chain[1].effect < .6);
    assert_int_equal(told.reach_count, 2);
}

static void services_and_variables_are_ranked_once(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_int_equal(told.suspect_count, 4);
    assert_int_equal(told.clue_count, MADE_VARIABLES);
    bool seen[MADE_VARIABLES] = {false};
    for (size_t i = 0; i < MADE_VARIABLES; i++) {
        assert_false(seen[told.clues[i].variable]);
        seen[told.clues[i].variable] = true;
        assert_true(i == 0 || told.clues[i].score <= told.clues[i - 1].score);
    }
    for (size_t i = 1; i < 4; i++)
        assert_true(told.suspects[i].score <= told.suspects[i - 1].score);
}

static void terms_add_up_to_the_score(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    for (size_t i = 0; i < told.suspect_count; i++) {
        double sum = 0;
        for (size_t t = 0; t < CAUS_TERM_COUNT; t++)
            sum += told.suspects[i].terms[t];
        assert_true(sum == told.suspects[i].score);
    }
    assert_int_equal(told.suspects[0].rank_without[CAUS_TERM_TRACES], 1);
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void assert_same_suspect(const caus_suspect *told,
                                const caus_suspect *again, const size_t *order)
{
    assert_string_equal(told->service, again->service);
    assert_true(told->score == again->score);
    assert_true(told->confidence == again->confidence);
    assert_true(told->onset.first_ns == again->onset.first_ns);
    assert_true(told->onset.last_ns == again->onset.last_ns);
    assert_true(told->share.low == again->share.low);
    assert_true(told->share.high == again->share.high);
    assert_string_equal(told->sentence, again->sentence);
    assert_int_equal(told->hop_count, again->hop_count);
    for (size_t i = 0; i < told->hop_count; i++) {
        assert_true(told->chain[i].lag_low_s == again->chain[i].lag_low_s);
        assert_true(told->chain[i].lag_high_s == again->chain[i].lag_high_s);
        assert_int_equal(told->chain[i].variable,
                         order[again->chain[i].variable]);
    }
}

static void expect_order_does_not_matter(fixture *with, const size_t *order)
{
    enum { LOOKED_FOR, GIVEN, NEAR, WAYS };
    for (int way = 0; way < WAYS; way++) {
        caus_explain_options options = made_options();
        options.near_ns = options.onset_ns + 10 * made_step_ns;
        options.near_before_ns = options.near_after_ns = 30 * made_step_ns;
        options.has_onset = way == GIVEN;
        options.has_near = way == NEAR;
        caus_explanation told = made_explain(with, made_incident, &options);
        caus_series shuffled =
            made_series(with->arena, made_incident, order, 1);
        caus_explanation again = made_explain_series(with, &shuffled, &options);
        assert_string_equal(told.summary, again.summary);
        assert_int_equal(told.symptom, order[again.symptom]);
        assert_true(told.onset.first_ns == again.onset.first_ns);
        assert_true(told.onset.last_ns == again.onset.last_ns);
        assert_true(is_same(told.alarm, again.alarm));
        assert_true(told.suspects[0].hop_count > 0);
        for (size_t i = 0; i < told.suspect_count; i++)
            assert_same_suspect(&told.suspects[i], &again.suspects[i], order);
        for (size_t i = 0; i < MADE_VARIABLES; i++) {
            assert_int_equal(told.clues[i].variable,
                             order[again.clues[i].variable]);
            assert_true(told.clues[i].onset.first_ns ==
                        again.clues[i].onset.first_ns);
            assert_true(told.clues[i].onset.last_ns ==
                        again.clues[i].onset.last_ns);
        }
    }
}

/* Of columns that are sorted by name and of others, and of both where an onset
 * has to be looked for, which draws random numbers, in all rows or near a time.
 */
static void the_order_of_columns_does_not_matter(void **state)
{
    static const size_t sorted[] = {2, 1, 0, 4, 3, 5, 7, 6, 9, 8};
    static const size_t shuffled[] = {9, 3, 7, 1, 0, 8, 2, 6, 5, 4};
    expect_order_does_not_matter(*state, sorted);
    expect_order_does_not_matter(*state, shuffled);
}

static void the_unit_of_bytes_does_not_matter(void **state)
{
    fixture *with = *state;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(with, made_incident, &options);
    caus_series scaled = made_series(with->arena, made_incident, NULL, 1024);
    caus_explanation again = made_explain_series(with, &scaled, &options);
    for (size_t i = 0; i < told.suspect_count; i++) {
        assert_string_equal(told.suspects[i].service,
                            again.suspects[i].service);
        assert_true(told.suspects[i].score == again.suspects[i].score);
    }
}

static void a_silent_callee_is_suspected_of_a_slow_way(void **state)
{
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    for (size_t i = 0; i < MADE_VARIABLES; i++) {
        if (strcmp(measures[i].service, "root") == 0)
            measures[i].shift = 0;
    }
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, measures, &options);
    double way = made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY];
    assert_true(way > 0);
    /* front's latency is explained by mid, so the way to side is not. */
    assert_true(made_suspect_of(&told, "side")->terms[CAUS_TERM_WAY] < way);
    assert_string_equal(told.suspects[0].service, "mid");
    told = made_explain(*state, made_incident, &options);
    assert_true(made_suspect_of(&told, "root")->terms[CAUS_TERM_WAY] < way / 2);
}

static void healthy_rows_have_no_cause(void **state)
{
    measure healthy[MADE_VARIABLES];
    made_quiet(healthy);
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, healthy, &options);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_true(told.suspects[0].confidence < .5);
    assert_int_equal(told.suspect_count, 4);
}

/* Latency and errors that fall, processors that rest. */
static void relief_is_no_alarm(void **state)
{
    measure relieved[MADE_VARIABLES];
    memcpy(relieved, made_incident, sizeof relieved);
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, relieved, &options);
    assert_true(told.alarm > 1);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        relieved[i].shift *= -1;
    told = made_explain(*state, relieved, &options);
    assert_true(told.alarm < 1);
}

static void trouble_that_was_over_before_the_onset_is_no_alarm(void **state)
{
    made_fixture *with = *state;
    measure healthy[MADE_VARIABLES];
    double values[MADE_ROWS * MADE_VARIABLES];
    made_quiet(healthy);
    caus_series series = made_series(with->arena, healthy, NULL, 1);
    caus_segment segment = series.segments[0];
    memcpy(values, segment.values, sizeof values);
    for (size_t r = MADE_ONSET - 25; r < MADE_ONSET - 10; r++)
        for (size_t i = 0; i < MADE_VARIABLES; i++)
            values[r * MADE_VARIABLES + i] += made_incident[i].shift;
    segment.values = values;
    series.segments = &segment;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_true(told.alarm < 1);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    options.onset_ns -= 25 * made_step_ns;
    told = made_explain_series(with, &series, &options);
    assert_true(told.alarm > 1);
}

static void who_only_looks_at_others_comes_last(void **state)
{
    measure watched[MADE_VARIABLES];
    memcpy(watched, made_incident, sizeof watched);
    watched[8] = (measure){"slo_p99", "slo", .3, .01, 9};
    caus_explain_options options = made_options();
    options.symptom = "slo_p99";
    caus_explanation told = made_explain(*state, watched, &options);
    assert_string_equal(told.suspects[0].service, "root");
    assert_true(told.suspects[told.suspect_count - 1].observer);
    assert_string_equal(told.suspects[told.suspect_count - 1].service, "slo");
}

static void rings_of_calls_end(void **state)
{
    static const size_t ring[][2] = {{0, 1}, {1, 2}, {2, 0}};
    const caus_topology circle = {4, made_topology.services, 3, ring};
    caus_explain_options options = made_options();
    options.topology = &circle;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_string_equal(told.suspects[0].service, "root");
}

static void the_change_before_the_onset_is_blamed(void **state)
{
    caus_explain_options options = made_options();
    caus_change list[] = {
        made_change(options.onset_ns, -6000, "side", CAUS_CHANGE_CONFIG, "c1"),
        made_change(options.onset_ns, -30, "root", CAUS_CHANGE_DEPLOY, "v2")};
    caus_changes changes = {2, list};
    options.changes = &changes;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_int_equal(told.change_count, 2);
    assert_string_equal(told.changes[0].ref, "v2");
    assert_true(told.changes[0].confidence > told.changes[1].confidence);
    assert_false(told.changes[0].indistinguishable);
    assert_true(told.suspects[0].terms[CAUS_TERM_CHANGE] > 0);
}

static void changes_that_touch_the_same_are_not_told_apart(void **state)
{
    caus_explain_options options = made_options();
    caus_change list[] = {
        made_change(options.onset_ns, -40, "root", CAUS_CHANGE_CONFIG, "c1"),
        made_change(options.onset_ns, -30, "root", CAUS_CHANGE_DEPLOY, "v2")};
    caus_changes changes = {2, list};
    options.changes = &changes;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_true(told.changes[0].indistinguishable);
    assert_true(told.changes[1].indistinguishable);
    /* only one of them began it */
    assert_true(told.changes[0].confidence > 0 &&
                told.changes[0].confidence + told.changes[1].confidence <=
                    told.suspects[0].confidence + 1e-12);
}

static void expect_failure(fixture *with, const caus_explain_options *options,
                           caus_status status, const char *words)
{
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_explanation told = {.suspect_count = 99};
    assert_int_equal(caus_explain(&series, options, with->run, with->arena,
                                  &told, &with->err),
                     status);
    assert_non_null(strstr(with->err.message, words));
    assert_int_equal(told.suspect_count, 99);
}

static void an_unknown_symptom_names_the_nearest(void **state)
{
    caus_explain_options options = made_options();
    options.symptom = "front_latencies";
    expect_failure(*state, &options, CAUS_ERR_INVALID_ARGUMENT,
                   "front_latency");
    options.symptom = "side";
    expect_failure(*state, &options, CAUS_ERR_INVALID_ARGUMENT,
                   "nearest are side_latency, side_cpu");
}

static void an_onset_outside_the_rows_is_refused(void **state)
{
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns;
    expect_failure(*state, &options, CAUS_ERR_INVALID_ARGUMENT, "run from");
    options.onset_ns = made_start_ns + MADE_ROWS * made_step_ns;
    expect_failure(*state, &options, CAUS_ERR_INVALID_ARGUMENT, "run from");
}

static void a_cancelled_run_explains_nothing(void **state)
{
    fixture *with = *state;
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_explain_options options = made_options();
    volatile sig_atomic_t cancel = 1;
    const caus_run_options run_options = {.threads = 1, .cancel = &cancel};
    caus_explanation told = {.suspect_count = 99};
    caus_run *run;
    assert_int_equal(caus_run_new(&run_options, &run, &with->err), CAUS_OK);
    size_t before = caus_arena_used_bytes(with->arena);
    assert_int_equal(
        caus_explain(&series, &options, run, with->arena, &told, &with->err),
        CAUS_ERR_CANCELLED);
    assert_int_equal(told.suspect_count, 99);
    assert_int_equal(caus_arena_used_bytes(with->arena), before);
    caus_run_free(run);
}

static void scratch_is_given_back(void **state)
{
    fixture *with = *state;
    caus_explain_options options = made_options();
    const caus_arena *scratch = caus_run_scratch(with->run, 0);
    size_t before = caus_arena_used_bytes(scratch);
    made_explain(with, made_incident, &options);
    assert_int_equal(caus_arena_used_bytes(scratch), before);
    options.has_onset = false;
    made_explain(with, made_incident, &options);
    assert_int_equal(caus_arena_used_bytes(scratch), before);
    options.symptom = "side_latencies";
    expect_failure(with, &options, CAUS_ERR_INVALID_ARGUMENT, "side_latency");
    assert_int_equal(caus_arena_used_bytes(scratch), before);
}

/* Everything is ranked, and what is missing is said. */
static void few_rows_before_a_given_onset_prove_nothing(void **state)
{
    for (size_t before = 1; before < 10; before++) {
        caus_explain_options options = made_options();
        options.onset_ns = made_start_ns + (int64_t)before * made_step_ns;
        caus_explanation told =
            explain_cut(*state, made_incident, before, 40, &options);
        assert_int_equal(told.verdict, CAUS_VERDICT_INSUFFICIENT);
        assert_non_null(strstr(told.doubt, "before the onset cannot show"));
        assert_int_equal(told.rows_before, before);
        assert_int_equal(told.suspect_count, 4);
        if (before >= 5)
            assert_string_equal(told.suspects[0].service, "root");
        else
            assert_non_null(strstr(told.summary, "Too few rows before"));
    }
}

/* So few that no onset can be looked for: none is made up. */
static void too_few_rows_for_an_onset_are_ranked_without_one(void **state)
{
    for (size_t after = 1; after < 6; after++) {
        for (size_t before = 1; before + after < 13; before++) {
            caus_explanation told =
                explain_few(*state, made_incident, before, after);
            assert_int_equal(told.verdict, CAUS_VERDICT_INSUFFICIENT);
            assert_false(told.onset.found);
            assert_non_null(strstr(told.doubt, "13 are needed: widen --start"));
            assert_int_equal(told.suspect_count, 4);
            assert_int_equal(told.clue_count, MADE_VARIABLES);
            assert_int_equal(told.rows_before + told.rows_after,
                             before + after);
        }
    }
    caus_explanation told = explain_few(*state, made_incident, 3, 3);
    const caus_suspect *first = &told.suspects[0];
    for (size_t i = 0; i < first->finding_count; i++)
        assert_int_not_equal(first->findings[i].state, CAUS_STATE_FAILED);
    assert_true(explain_few(*state, made_incident, 10, 3).onset.found);
}

static void constant_columns_rank_without_a_cause(void **state)
{
    measure flat[MADE_VARIABLES];
    memcpy(flat, made_incident, sizeof flat);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        flat[i].noise = flat[i].shift = 0;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, flat, &options);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_int_equal(told.clue_count, MADE_VARIABLES);
}

static void what_never_moved_before_may_be_the_cause(void **state)
{
    measure broken[MADE_VARIABLES];
    made_quiet(broken);
    broken[6] = (measure){"root_availability", "root", 100, 0, -20};
    broken[1] = (measure){"front_errors", "front", 0, 0, 20};
    broken[3] = (measure){"mid_errors", "mid", 0, 0, 20};
    caus_explain_options options = made_options();
    options.symptom = "front_errors";
    caus_explanation told = made_explain(*state, broken, &options);
    assert_string_equal(told.suspects[0].service, "root");
}

static caus_aspect aspect_of(const char *name)
{
    caus_variable variable = caus_variable_default();
    variable.name = name;
    variable.service = "cart-db";
    return caus_aspect_of(&variable);
}

static void names_tell_what_is_measured(void **state)
{
    (void)state;
    assert_int_equal(aspect_of("cart-db_latency.p99"), CAUS_ASPECT_LATENCY);
    assert_int_equal(aspect_of("cart-db_clat_p90"), CAUS_ASPECT_LATENCY);
    assert_int_equal(aspect_of("cart-db_success_rate"), CAUS_ASPECT_ERRORS);
    assert_int_equal(aspect_of("cart-db_requests.Sum"), CAUS_ASPECT_LOAD);
    assert_int_equal(aspect_of("cart-db_cpu_m"), CAUS_ASPECT_CPU);
    assert_int_equal(aspect_of("cart-db_process_memory_bytes"),
                     CAUS_ASPECT_MEMORY);
    assert_int_equal(aspect_of("cart-db_sys_read"), CAUS_ASPECT_RESOURCE);
    assert_int_equal(aspect_of("cart-db_queue_length"), CAUS_ASPECT_SATURATION);
    assert_int_equal(aspect_of("cart-db_net_rx"), CAUS_ASPECT_NETWORK);
    assert_int_equal(aspect_of("cart-db_temperature"), CAUS_ASPECT_OTHER);
    assert_int_equal(aspect_of("cart-db_reads_availability"),
                     CAUS_ASPECT_ERRORS);
    assert_int_equal(aspect_of("cart-db_memory_available"), CAUS_ASPECT_MEMORY);
    assert_int_equal(aspect_of("cart-db_filesystem_avail_bytes"),
                     CAUS_ASPECT_RESOURCE);
}

static void success_and_availability_are_bad_downwards(void **state)
{
    (void)state;
    caus_variable variable = caus_variable_default();
    variable.name = "a_availability.Average";
    variable.service = "a";
    assert_int_equal(caus_aspect_bad_direction(&variable, CAUS_ASPECT_ERRORS),
                     -1);
    variable.name = "a_errors";
    assert_int_equal(caus_aspect_bad_direction(&variable, CAUS_ASPECT_ERRORS),
                     1);
}

static void less_of_what_is_left_is_bad(void **state)
{
    (void)state;
    static const char *const names[] = {"a_node_memory_MemAvailable_bytes",
                                        "a_memory_free", "a_pool_idle"};
    caus_variable variable = caus_variable_default();
    variable.service = "a";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        variable.name = names[i];
        caus_aspect aspect = caus_aspect_of(&variable);
        assert_true(aspect == CAUS_ASPECT_MEMORY ||
                    aspect == CAUS_ASPECT_SATURATION);
        assert_int_equal(caus_aspect_bad_direction(&variable, aspect), -1);
    }
    variable.name = "a_memory_used";
    assert_int_equal(caus_aspect_bad_direction(&variable, CAUS_ASPECT_MEMORY),
                     1);
}

static void want_of_memory_is_told(void **state)
{
    fixture *with = *state;
    caus_explain_options options = made_options();
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    made_want_memory(with, &series, &options);
}

static void every_format_is_written_or_memory_is_missed(void **state)
{
    fixture *with = *state;
    caus_explain_options options = made_options();
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_explanation told = made_explain_series(with, &series, &options);
    caus_explanation_answer answer = {.series = &series, .explanation = &told};
    caus_render_options how = {.zone_offset_minutes = INT32_MIN};
    static const caus_format formats[] = {CAUS_FORMAT_JSON, CAUS_FORMAT_TEXT,
                                          CAUS_FORMAT_MARKDOWN};
    const char *text;
    size_t length;
    for (size_t f = 0; f < 3; f++) {
        for (long n = 0;; n++) {
            caus_arena *out = caus_arena_new(0);
            fault_fail_after(n);
            caus_status status =
                out ? caus_render_explanation(&answer, formats[f], &how, out,
                                              &text, &length, &with->err)
                    : CAUS_ERR_OUT_OF_MEMORY;
            bool refused = fault_stop();
            if (status == CAUS_OK)
                assert_non_null(strstr(text, "root"));
            else
                assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            caus_arena_free(out);
            if (!refused)
                break;
        }
    }
    assert_int_equal(caus_render_explanation(&answer, CAUS_FORMAT_DOT, &how,
                                             with->arena, &text, &length,
                                             &with->err),
                     CAUS_ERR_UNSUPPORTED);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_service_that_broke_comes_first),
        TEST(an_onset_that_is_not_given_is_found),
        TEST(of_two_incidents_the_later_is_asked_about),
        TEST(few_rows_are_parted_where_they_change),
        TEST(few_healthy_rows_leave_a_small_change_open),
        TEST(an_onset_behind_a_gap_lies_within_it),
        TEST(an_end_within_the_rows_is_found),
        TEST(what_goes_on_to_the_last_row_has_no_end),
        TEST(where_nothing_happened_nothing_ended),
        TEST(a_louder_caller_is_explained_by_its_callee),
        TEST(the_chain_leads_over_callers_to_the_symptom),
        TEST(services_and_variables_are_ranked_once),
        TEST(terms_add_up_to_the_score),
        TEST(the_order_of_columns_does_not_matter),
        TEST(the_unit_of_bytes_does_not_matter),
        TEST(a_silent_callee_is_suspected_of_a_slow_way),
        TEST(healthy_rows_have_no_cause),
        TEST(relief_is_no_alarm),
        TEST(trouble_that_was_over_before_the_onset_is_no_alarm),
        TEST(who_only_looks_at_others_comes_last),
        TEST(rings_of_calls_end),
        TEST(the_change_before_the_onset_is_blamed),
        TEST(changes_that_touch_the_same_are_not_told_apart),
        TEST(an_unknown_symptom_names_the_nearest),
        TEST(an_onset_outside_the_rows_is_refused),
        TEST(a_cancelled_run_explains_nothing),
        TEST(scratch_is_given_back),
        TEST(few_rows_before_a_given_onset_prove_nothing),
        TEST(too_few_rows_for_an_onset_are_ranked_without_one),
        TEST(constant_columns_rank_without_a_cause),
        TEST(what_never_moved_before_may_be_the_cause),
        TEST(names_tell_what_is_measured),
        TEST(success_and_availability_are_bad_downwards),
        TEST(less_of_what_is_left_is_bad),
        TEST(want_of_memory_is_told),
        TEST(every_format_is_written_or_memory_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
