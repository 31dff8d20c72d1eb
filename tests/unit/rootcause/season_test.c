/* SPDX-License-Identifier: Apache-2.0 */
/* Variables that follow the time of day. */
#include <math.h>
#include <string.h>

#include "caus/rootcause.h"
#include "fault.h"
#include "rootcause/season.h"
#include "test.h"

enum { VARIABLES = 4, DAY = 144, DAYS = 3, ROWS = DAY * DAYS, FIRST = 330 };

static const int64_t step_ns = (int64_t)600 * 1000000000;
static const double two_pi = 6.283185307179586;

typedef struct fixture {
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    double *values;
} fixture;

static double usual(size_t row)
{
    return 1 + .5 * cos(two_pi * (double)row / DAY);
}

/* Two that swing, noise, and a level that rises. */
static void make(fixture *with, size_t rows, double scale)
{
    static const char *const names[] = {"a_latency_p95", "b_latency_p95",
                                        "b_memory", "a_latency_p50"};
    caus_random random;
    caus_error err;
    caus_run_options run_options = caus_run_options_default();
    caus_random_init(&random, 5, 0);
    assert_int_equal(caus_run_new(&run_options, &with->run, &err), CAUS_OK);
    with->arena = caus_arena_new(0);
    with->values = CAUS_ARRAY(with->arena, double, rows *VARIABLES);
    for (size_t r = 0; r < rows; r++) {
        double *row = with->values + r * VARIABLES;
        double noise = caus_random_normal(&random);
        row[0] = scale * usual(r) * (1 + .03 * noise);
        row[1] = scale * (1 + .1 * caus_random_normal(&random));
        row[2] = scale * (1 + (double)r / (double)rows);
        row[3] = scale * .5 * usual(r) * (1 + .03 * noise);
    }
    assert_int_equal(caus_series_from_values(names, VARIABLES, with->values,
                                             rows, step_ns, with->arena,
                                             &with->series, &err),
                     CAUS_OK);
    caus_variable *named = CAUS_ARRAY(with->arena, caus_variable, VARIABLES);
    for (size_t v = 0; v < VARIABLES; v++) {
        named[v] = with->series.variables[v];
        named[v].service = names[v][0] == 'a' ? "a" : "b";
    }
    with->series.variables = named;
}

static void drop(const fixture *with)
{
    caus_run_free(with->run);
    caus_arena_free(with->arena);
}

static caus_case case_of(const fixture *with,
                         const caus_explain_options *options)
{
    return (caus_case){.series = &with->series,
                       .options = options,
                       .run = with->run,
                       .out = with->arena};
}

static int64_t onset_of(const fixture *with)
{
    return with->series.segments[0].start_ns + FIRST * step_ns;
}

static double value_of(const caus_series *series, size_t row, size_t variable)
{
    return series->segments[0].values[row * series->variable_count + variable];
}

static void a_swing_is_taken_out_and_nothing_else(void **state)
{
    (void)state;
    fixture with;
    caus_error err;
    make(&with, ROWS, 1);
    caus_explain_options options = {.has_onset = true,
                                    .onset_ns = onset_of(&with)};
    caus_case about = case_of(&with, &options);
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_OK);
    assert_int_equal(about.season_count, 2);
    double behind = 0;
    for (size_t r = FIRST; r < ROWS; r++)
        behind += usual(r) / (ROWS - FIRST);
    for (size_t r = 0; r < ROWS; r++) {
        double noise = value_of(&with.series, r, 0) / usual(r);
        assert_true(fabs(value_of(about.series, r, 0) / behind - noise) < .06);
        for (size_t v = 1; v < 3; v++)
            assert_true(value_of(about.series, r, v) ==
                        value_of(&with.series, r, v));
    }
    drop(&with);
}

static void scale_changes_no_bit(void **state)
{
    (void)state;
    fixture one, eight;
    const caus_explain_options options = {.has_onset = false};
    caus_error err;
    make(&one, ROWS, 1);
    make(&eight, ROWS, 8);
    caus_case plain = case_of(&one, &options);
    caus_case scaled = case_of(&eight, &options);
    assert_int_equal(caus_season_take_out(&plain, &err), CAUS_OK);
    assert_int_equal(caus_season_take_out(&scaled, &err), CAUS_OK);
    for (size_t r = 0; r < ROWS; r++)
        assert_true(8 * value_of(plain.series, r, 0) ==
                    value_of(scaled.series, r, 0));
    drop(&one);
    drop(&eight);
}

static void a_day_and_a_half_tells_no_habit(void **state)
{
    (void)state;
    fixture with;
    const caus_explain_options options = {.has_onset = false};
    caus_error err;
    make(&with, DAY * 3 / 2, 1);
    caus_case about = case_of(&with, &options);
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_OK);
    assert_int_equal(about.season_count, 0);
    assert_ptr_equal(about.series, &with.series);
    drop(&with);
}

/* What is usual is told of each variable, wherever its column is. */
static void the_order_of_columns_does_not_matter(void **state)
{
    (void)state;
    static const size_t order[VARIABLES] = {2, 0, 3, 1};
    fixture with;
    caus_error err;
    caus_series other;
    caus_explanation told, again;
    make(&with, ROWS, 1);
    const caus_explain_options options = {.has_onset = true,
                                          .onset_ns = onset_of(&with)};
    assert_int_equal(caus_series_select(&with.series, order, VARIABLES,
                                        with.arena, &other, &err),
                     CAUS_OK);
    assert_int_equal(
        caus_explain(&with.series, &options, with.run, with.arena, &told, &err),
        CAUS_OK);
    assert_int_equal(
        caus_explain(&other, &options, with.run, with.arena, &again, &err),
        CAUS_OK);
    assert_non_null(told.usual);
    for (size_t v = 0; v < VARIABLES; v++) {
        assert_memory_equal(&again.usual[v], &told.usual[order[v]],
                            sizeof *told.usual);
        assert_true(again.usual[v].centre > 0 ? order[v] % 3 == 0
                                              : order[v] % 3 != 0);
    }
    drop(&with);
}

static void an_onset_before_all_rows_leaves_no_habit(void **state)
{
    (void)state;
    fixture with;
    const caus_explain_options options = {.has_onset = true,
                                          .onset_ns = INT64_MIN};
    caus_error err;
    make(&with, ROWS, 1);
    caus_case about = case_of(&with, &options);
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_OK);
    assert_ptr_equal(about.series, &with.series);
    drop(&with);
}

/* Of each hour the first half in one segment, the other in the next. */
static void segments_that_share_an_hour_tell_it_together(void **state)
{
    (void)state;
    enum { EVERY = DAY / 4 + 3 };
    fixture with;
    caus_error err;
    make(&with, ROWS, 1);
    const caus_explain_options options = {.has_onset = false};
    caus_case whole = case_of(&with, &options);
    assert_int_equal(caus_season_take_out(&whole, &err), CAUS_OK);
    caus_segment parts[ROWS / EVERY + 1];
    size_t count = 0;
    for (size_t from = 0; from < ROWS; from += EVERY) {
        parts[count] = with.series.segments[0];
        parts[count].row_count = from + EVERY < ROWS ? EVERY : ROWS - from;
        parts[count].start_ns += (int64_t)from * step_ns;
        parts[count++].values += from * VARIABLES;
    }
    with.series.segments = parts;
    with.series.segment_count = count;
    caus_case cut = case_of(&with, &options);
    assert_int_equal(caus_season_take_out(&cut, &err), CAUS_OK);
    assert_int_equal(cut.season_count, whole.season_count);
    assert_memory_equal(cut.usual, whole.usual,
                        VARIABLES * sizeof *whole.usual);
    drop(&with);
}

/* b is asked twice for each request of a; b is not measured in one hour of
 * every day, which leaves it its time of day. */
static void services_are_compared_as_they_were_measured(void **state)
{
    (void)state;
    static const char *const names[] = {"a_requests", "b_requests"};
    static const char *const services[] = {"a", "b"};
    static const size_t call[1][2] = {{0, 1}};
    const caus_topology calls = {2, services, 1, call};
    double values[ROWS * 2];
    fixture with;
    caus_random random;
    caus_error err;
    make(&with, ROWS, 1);
    caus_random_init(&random, 9, 0);
    for (size_t r = 0; r < ROWS; r++) {
        values[2 * r] =
            1000 * usual(r) * (1 + .01 * caus_random_normal(&random));
        values[2 * r + 1] =
            r % DAY < DAY / 24 ? (double)NAN : 2 * values[2 * r];
    }
    assert_int_equal(caus_series_from_values(names, 2, values, ROWS, step_ns,
                                             with.arena, &with.series, &err),
                     CAUS_OK);
    caus_variable named[] = {with.series.variables[0],
                             with.series.variables[1]};
    named[0].service = "a";
    named[1].service = "b";
    with.series.variables = named;
    caus_explain_options options = {
        .topology = &calls, .has_onset = true, .onset_ns = onset_of(&with)};
    caus_case about = case_of(&with, &options);
    caus_explanation told;
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_OK);
    assert_int_equal(about.season_count, 1);
    about.whole = about.series;
    assert_int_equal(caus_case_open(&about, &err), CAUS_OK);
    assert_int_equal(caus_case_explain(&about, &told, &err), CAUS_OK);
    const double *asked = about.calls_each.values + ROWS;
    size_t seen = 0;
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(isnan(asked[r]) || fabs(asked[r] - 2) < 1e-6);
        seen += isnan(asked[r]) ? 0 : 1;
    }
    assert_int_equal(seen, (size_t)(ROWS - DAYS * DAY / 24));
    drop(&with);
}

/* Who is asked more at night has a habit of its own. */
static void what_is_compared_has_its_own_time_of_day(void **state)
{
    (void)state;
    fixture with;
    caus_error err;
    make(&with, ROWS, 1);
    const caus_explain_options options = {.has_onset = false};
    caus_case about = case_of(&with, &options);
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_OK);
    assert_int_equal(caus_case_open(&about, &err), CAUS_OK);
    const double *measured;
    assert_int_equal(caus_season_put_back(&about, with.arena, &measured, &err),
                     CAUS_OK);
    double columns[2 * ROWS];
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(fabs(measured[r] - value_of(&with.series, r, 0)) < 1e-12);
        columns[r] = measured[r] / measured[ROWS + r];
        columns[ROWS + r] = measured[3 * ROWS + r] / measured[r];
    }
    caus_timeline made = {
        .row_count = ROWS, .variable_count = 2, .values = columns};
    assert_int_equal(caus_season_take_out_of(&about, &made, &err), CAUS_OK);
    double swing = 0;
    for (size_t r = 0; r < ROWS; r++) {
        swing += fabs(columns[r] - about.usual[0].centre) / ROWS;
        assert_true(columns[ROWS + r] == measured[3 * ROWS + r] / measured[r]);
    }
    assert_true(swing < .15);
    drop(&with);
}

static void a_cancelled_run_stops_it(void **state)
{
    (void)state;
    fixture with;
    const caus_explain_options options = {.has_onset = false};
    volatile sig_atomic_t cancel = 1;
    caus_run_options run_options = {.threads = 1, .cancel = &cancel};
    caus_run *run;
    caus_error err;
    make(&with, ROWS, 1);
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    caus_case about = case_of(&with, &options);
    about.run = run;
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_ERR_CANCELLED);
    assert_ptr_equal(about.series, &with.series);
    caus_run_free(run);
    drop(&with);
}

/* On its way up the swing is as large as the fault. */
static void a_fault_on_a_ramp_is_seen_and_a_ramp_is_none(void **state)
{
    (void)state;
    for (int broken = 0; broken < 2; broken++) {
        fixture with;
        caus_explanation told;
        caus_explain_options options = caus_explain_options_default();
        caus_error err;
        make(&with, FIRST + 6, 1);
        double *rows = CAUS_ARRAY(with.arena, double, (FIRST + 6) * VARIABLES);
        memcpy(rows, with.values, (FIRST + 6) * VARIABLES * sizeof *rows);
        for (size_t r = FIRST; broken && r < FIRST + 6; r++) {
            rows[r * VARIABLES] *= 1.35;
            rows[r * VARIABLES + 3] *= 1.35;
        }
        caus_segment segment = with.series.segments[0];
        segment.values = rows;
        with.series.segments = &segment;
        options.has_onset = true;
        options.onset_ns = onset_of(&with);
        assert_int_equal(caus_explain(&with.series, &options, with.run,
                                      with.arena, &told, &err),
                         CAUS_OK);
        if (broken) {
            assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
            assert_string_equal(told.suspects[0].service, "a");
            assert_non_null(strstr(told.warnings[0], "the time of day"));
        } else {
            assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
        }
        drop(&with);
    }
}

static caus_explanation look_again(const fixture *with,
                                   const caus_explain_options *options,
                                   const caus_extent *before)
{
    caus_error err;
    caus_explanation told;
    caus_case about = case_of(with, options);
    assert_int_equal(caus_season_take_out(&about, &err), CAUS_OK);
    about.whole = about.series;
    assert_int_equal(caus_case_open(&about, &err), CAUS_OK);
    caus_case first = about;
    first.extent = before;
    if (before)
        assert_int_equal(caus_case_explain(&first, &told, &err), CAUS_OK);
    assert_int_equal(caus_case_explain(&about, &told, &err), CAUS_OK);
    return told;
}

static void a_second_look_at_a_swing_is_as_the_first_would_be(void **state)
{
    (void)state;
    enum { EARLY = 200 };
    fixture with;
    make(&with, ROWS, 1);
    const caus_explain_options options = {.has_onset = false};
    const caus_extent early = {
        .found = true,
        .onset = caus_onset_given(EARLY, with.series.segments[0].start_ns +
                                             EARLY * step_ns)};
    caus_explanation alone = look_again(&with, &options, NULL);
    caus_explanation told = look_again(&with, &options, &early);
    assert_int_equal(told.onset.row, alone.onset.row);
    assert_true(told.beyond == alone.beyond);
    for (size_t i = 0; i < VARIABLES; i++) {
        assert_int_equal(told.clues[i].variable, alone.clues[i].variable);
        assert_true(told.clues[i].before == alone.clues[i].before);
        assert_true(told.clues[i].after == alone.clues[i].after);
    }
    drop(&with);
}

/* As it is where the onset is given: pictures draw what is usual then. */
static void where_the_onset_is_found_before_is_usual_then(void **state)
{
    (void)state;
    fixture with;
    caus_explanation told;
    caus_explain_options options = caus_explain_options_default();
    caus_error err;
    make(&with, FIRST + 12, 1);
    for (size_t r = FIRST; r < FIRST + 12; r++) {
        with.values[r * VARIABLES] *= 1.6;
        with.values[r * VARIABLES + 3] *= 1.6;
    }
    caus_segment segment = with.series.segments[0];
    segment.values = with.values;
    with.series.segments = &segment;
    assert_int_equal(
        caus_explain(&with.series, &options, with.run, with.arena, &told, &err),
        CAUS_OK);
    assert_int_equal(told.verdict, CAUS_VERDICT_CAUSE);
    double then = 0;
    for (size_t r = FIRST; r < FIRST + 12; r++)
        then += usual(r) / 12;
    size_t seen = 0;
    for (size_t i = 0; i < told.clue_count; i++) {
        const caus_clue *clue = &told.clues[i];
        if (clue->variable != 0)
            continue;
        assert_true(fabs(clue->before / then - 1) < .08);
        assert_true(fabs(clue->after / then / 1.6 - 1) < .08);
        seen++;
    }
    assert_int_equal(seen, 1);
    for (size_t v = 0; v < VARIABLES; v++)
        assert_int_equal(told.usual[v].centre > 0, v == 0 || v == 3);
    drop(&with);
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    bool refused = true;
    for (long n = 0; refused; n++) {
        fixture with;
        const caus_explain_options options = {.has_onset = false};
        caus_error err;
        make(&with, ROWS, 1);
        caus_arena *out = caus_arena_new(0);
        caus_case about = case_of(&with, &options);
        about.out = out;
        fault_fail_after(n);
        caus_status status = caus_season_take_out(&about, &err);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
        drop(&with);
    }
}

/* With calls, whose ratios lose their time of day, and an onset to be found. */
static void want_of_memory_is_told_of_the_whole(void **state)
{
    (void)state;
    static const char *const services[] = {"a", "b"};
    static const size_t call[1][2] = {{0, 1}};
    const caus_topology calls = {2, services, 1, call};
    bool refused = true;
    size_t count = 0;
    for (long n = 0; refused; n++, count++) {
        fixture with;
        const caus_explain_options options = {.topology = &calls};
        caus_explanation told;
        caus_error err;
        make(&with, ROWS, 1);
        caus_run_options one = {.threads = 1};
        caus_run *run;
        assert_int_equal(caus_run_new(&one, &run, &err), CAUS_OK);
        caus_arena *out = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status =
            caus_explain(&with.series, &options, run, out, &told, &err);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
        caus_run_free(run);
        drop(&with);
    }
    assert_true(count > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swing_is_taken_out_and_nothing_else),
        cmocka_unit_test(the_order_of_columns_does_not_matter),
        cmocka_unit_test(an_onset_before_all_rows_leaves_no_habit),
        cmocka_unit_test(segments_that_share_an_hour_tell_it_together),
        cmocka_unit_test(services_are_compared_as_they_were_measured),
        cmocka_unit_test(what_is_compared_has_its_own_time_of_day),
        cmocka_unit_test(a_cancelled_run_stops_it),
        cmocka_unit_test(scale_changes_no_bit),
        cmocka_unit_test(a_day_and_a_half_tells_no_habit),
        cmocka_unit_test(a_fault_on_a_ramp_is_seen_and_a_ramp_is_none),
        cmocka_unit_test(a_second_look_at_a_swing_is_as_the_first_would_be),
        cmocka_unit_test(where_the_onset_is_found_before_is_usual_then),
        cmocka_unit_test(want_of_memory_is_told),
        cmocka_unit_test(want_of_memory_is_told_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
