/* SPDX-License-Identifier: Apache-2.0 */
/* Where people tell a time near the incident: of two the one near it. */
#include <string.h>

#include "fault.h"
#include "made_case.h"
#include "rootcause/trace_windows.h"
#include "test.h"

enum {
    FIRST = 130, /* root breaks, for a while */
    FIRST_END = 144,
    SECOND = 180, /* side breaks, louder, to the last row */
    BEFORE = 30,
    BEHIND = 15
};

static const char *const first_names[] = {"root_latency", "root_cpu",
                                          "mid_latency", "front_latency"};
static const double first_sizes[] = {.2, 40, .3, .5};
static const char *const second_names[] = {"side_latency", "side_cpu",
                                           "front_latency"};
static const double second_sizes[] = {1.2, 80, 2.5};

static void add(const caus_series *series, double *values, const char *name,
                double size, size_t from, size_t end)
{
    size_t v = caus_series_find(series, name);
    for (size_t r = from; r < end; r++)
        values[r * MADE_VARIABLES + v] += size;
}

static caus_series two_incidents(made_fixture *with)
{
    made_measure calm[MADE_VARIABLES];
    made_quiet(calm);
    caus_series series = made_series(with->arena, calm, NULL, 1);
    size_t cells = MADE_ROWS * MADE_VARIABLES;
    double *values = caus_arena_array(with->arena, cells, sizeof *values);
    caus_segment *segment = caus_arena_array(with->arena, 1, sizeof *segment);
    memcpy(values, series.segments[0].values, cells * sizeof *values);
    for (size_t i = 0; i < sizeof first_sizes / sizeof *first_sizes; i++)
        add(&series, values, first_names[i], first_sizes[i], FIRST, FIRST_END);
    for (size_t i = 0; i < sizeof second_sizes / sizeof *second_sizes; i++)
        add(&series, values, second_names[i], second_sizes[i], SECOND,
            MADE_ROWS);
    *segment = series.segments[0];
    segment->values = values;
    series.segments = segment;
    return series;
}

static caus_explain_options near(size_t row)
{
    caus_explain_options options = made_options();
    int64_t time_ns = made_start_ns + (int64_t)row * made_step_ns;
    options.has_onset = false;
    options.has_near = true;
    options.near_ns = time_ns;
    options.near_before_ns = BEFORE * made_step_ns;
    options.near_after_ns = BEHIND * made_step_ns;
    return options;
}

static caus_explanation explain(made_fixture *with,
                                const caus_explain_options *options)
{
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = two_incidents(with);
    return made_explain_series(with, series, options);
}

static void expect(const caus_explanation *told, const char *service,
                   size_t onset)
{
    assert_int_equal(told->verdict, CAUS_VERDICT_CAUSE);
    assert_string_equal(told->suspects[0].service, service);
    assert_in_range(told->onset.row, onset - 2, onset + 2);
    /* what could be seen ends with the rows that were compared */
    assert_int_equal(told->last_ns,
                     made_start_ns +
                         (int64_t)(told->rows_before + told->rows_after - 1) *
                             made_step_ns);
}

static void the_incident_near_the_time_is_explained(void **state)
{
    made_fixture *with = *state;
    for (size_t row = FIRST + 2; row < FIRST_END; row++) {
        caus_explain_options options = near(row);
        caus_explanation told = explain(with, &options);
        expect(&told, "root", FIRST);
        assert_int_equal(told.sought, CAUS_SOUGHT_NEAR);
    }
}

/* root broke louder, but was well again when somebody saw that side is not. */
static void what_was_over_by_then_is_not_what_was_seen(void **state)
{
    enum { LATER = 170, LATER_END = 190, NOTICED = 178 };
    made_fixture *with = *state;
    caus_series series = two_incidents(with);
    caus_segment segment = series.segments[0];
    double *values = (double *)(uintptr_t)segment.values;
    for (size_t i = 0; i < sizeof second_sizes / sizeof *second_sizes; i++)
        add(&series, values, second_names[i], -second_sizes[i], SECOND,
            MADE_ROWS);
    for (size_t i = 0; i < sizeof first_sizes / sizeof *first_sizes; i++)
        add(&series, values, first_names[i], 4 * first_sizes[i], FIRST,
            FIRST_END);
    for (size_t i = 0; i < sizeof second_sizes / sizeof *second_sizes; i++)
        add(&series, values, second_names[i], .2 * second_sizes[i], LATER,
            LATER_END);
    caus_explain_options options = near(NOTICED);
    options.near_before_ns = (NOTICED - FIRST + 5) * made_step_ns;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "side");
    assert_in_range(told.onset.row, LATER - 2, LATER + 2);
    options = near(FIRST_END - 1);
    told = made_explain_series(with, &series, &options);
    expect(&told, "root", FIRST);
}

/* Root breaks near the time, and side, louder, when half of the rows behind
 * that are over. */
static caus_explanation explain_noticed(made_fixture *with, size_t row)
{
    enum { LATER = FIRST_END + 6, LATER_END = LATER + 24 };
    made_measure calm[MADE_VARIABLES];
    made_quiet(calm);
    caus_series series = made_series(with->arena, calm, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t i = 0; i < sizeof first_sizes / sizeof *first_sizes; i++)
        add(&series, values, first_names[i], first_sizes[i], FIRST, FIRST_END);
    for (size_t i = 0; i < sizeof second_sizes / sizeof *second_sizes; i++)
        add(&series, values, second_names[i], second_sizes[i], LATER,
            LATER_END);
    caus_explain_options options = near(row);
    options.near_after_ns = (LATER_END - (int64_t)row) * made_step_ns;
    return made_explain_series(with, &series, &options);
}

static void what_came_long_after_the_time_is_none_of_it(void **state)
{
    for (size_t row = FIRST - 3; row < FIRST_END; row++) {
        caus_explanation told = explain_noticed(*state, row);
        assert_string_equal(told.suspects[0].service, "root");
        assert_in_range(told.onset.row, FIRST - 1, FIRST + 1);
        assert_int_equal(told.sought, CAUS_SOUGHT_NEAR);
    }
}

/* Those up to the time may be too few by themselves. */
static void rows_behind_the_time_count_where_others_are_blank(void **state)
{
    enum { BLANK = FIRST + 1, NOTICED = FIRST + 2 };
    made_fixture *with = *state;
    caus_series series = two_incidents(with);
    caus_segment segment = series.segments[0];
    uint64_t *missing = caus_arena_array(
        with->arena, MADE_VARIABLES * segment.word_count, sizeof *missing);
    for (size_t r = BLANK; r <= NOTICED + 6; r++) {
        for (size_t v = 0; v < MADE_VARIABLES; v++)
            missing[v * segment.word_count + r / 64] |= UINT64_C(1) << (r % 64);
    }
    segment.missing = missing;
    series.segments = &segment;
    caus_explain_options options = near(NOTICED);
    options.near_before_ns = made_step_ns;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.sought, CAUS_SOUGHT_NEAR);
    assert_string_equal(told.suspects[0].service, "root");
}

static void without_a_time_the_louder_one_is(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = near(0);
    options.has_near = false;
    caus_explanation told = explain(with, &options);
    assert_string_equal(told.suspects[0].service, "side");
    assert_int_equal(told.sought, CAUS_SOUGHT_EVERYWHERE);
}

/* root moved further and stayed there, but traces of after it are called
 * normal. */
static void traces_told_apart_say_which_of_two_is_meant(void **state)
{
    enum { CALM = FIRST_END + 10 };
    made_fixture *with = *state;
    caus_series series = two_incidents(with);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t i = 0; i < sizeof first_sizes / sizeof *first_sizes; i++)
        add(&series, values, first_names[i], first_sizes[i], FIRST_END,
            MADE_ROWS);
    for (size_t i = 0; i < sizeof second_sizes / sizeof *second_sizes; i++)
        add(&series, values, second_names[i], -.8 * second_sizes[i], SECOND,
            MADE_ROWS);
    static const int64_t duration[] = {1, 1};
    static const uint32_t parent[] = {CAUS_NO_SPAN, CAUS_NO_SPAN};
    static const uint32_t operation[] = {0, 0}, trace[] = {0, 1};
    static const unsigned char failed[] = {0, 0}, phase[] = {0, 1};
    static const size_t first[] = {0, 1, 2};
    static const char *const ids[] = {"a", "b"}, *const services[] = {"front"};
    static const caus_operation operations[] = {{0, "page"}};
    const int64_t start[] = {made_start_ns + CALM * made_step_ns,
                             made_start_ns + (SECOND + 2) * made_step_ns};
    const caus_spans spans = {2,          start,  duration, parent,   operation,
                              trace,      failed, false,    2,        first,
                              ids,        phase,  1,        services, 1,
                              operations, {0},    NULL};
    caus_explain_options options = made_options();
    options.has_onset = false;
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "root");
    options.spans = &spans;
    told = made_explain_series(with, &series, &options);
    assert_string_equal(told.suspects[0].service, "side");
    assert_in_range(told.onset.row, SECOND - 2, SECOND + 2);
}

/* Nothing is found where two times are alike: both are told. */
static void two_alike_are_told_where_nothing_is_found(void **state)
{
    made_fixture *with = *state;
    caus_series series = two_incidents(with);
    caus_explain_options options = near(0);
    caus_segment segment = series.segments[0];
    size_t cells = MADE_ROWS * MADE_VARIABLES, at = FIRST / 2, length = 15;
    double *values = caus_arena_array(with->arena, cells, sizeof *values);
    for (size_t r = 0; r < MADE_ROWS; r++)
        memcpy(values + r * MADE_VARIABLES,
               segment.values + r % 120 * MADE_VARIABLES,
               MADE_VARIABLES * sizeof *values);
    segment.values = values;
    series.segments = &segment;
    options.has_near = false;
    add(&series, values, "root_latency", 1, at, at + length);
    add(&series, values, "root_cpu", 40, at, at + length);
    add(&series, values, "side_latency", 1, at + 80, at + 80 + length);
    add(&series, values, "side_cpu", 40, at + 80, at + 80 + length);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_true(told.warning_count > 0);
    assert_non_null(strstr(told.warnings[0], "--around"));
}

static void its_end_is_found_behind_the_rows_near_it(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = near(FIRST + 2);
    caus_explanation told = explain(with, &options);
    assert_true(told.ending.known);
    assert_true(told.ending.row > FIRST + 2 + BEHIND);
}

static void where_nothing_is_near_the_rest_is_looked_at(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = near(80), everywhere = near(80);
    everywhere.has_near = false;
    caus_explanation told = explain(with, &options);
    caus_explanation whole = explain(with, &everywhere);
    assert_int_equal(told.sought, CAUS_SOUGHT_ELSEWHERE);
    assert_string_equal(told.suspects[0].service, whole.suspects[0].service);
    /* A second look is one more chance to find something by chance. */
    assert_true(told.departure <= whole.departure);
}

static void a_time_outside_the_rows_is_no_time(void **state)
{
    made_fixture *with = *state;
    const size_t rows[] = {0, 5, 10 * MADE_ROWS};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        caus_explain_options options = near(rows[i]);
        caus_explanation told = explain(with, &options);
        assert_int_equal(told.sought, CAUS_SOUGHT_ELSEWHERE);
    }
}

/* Early on, slo answers sooner than front, and is no observer by these rows. */
static void a_first_attempt_leaves_the_second_what_there_was(void **state)
{
    enum { SOONER_END = 60 };
    made_fixture *with = *state;
    made_measure watched[MADE_VARIABLES];
    memcpy(watched, made_incident, sizeof watched);
    watched[8] = (made_measure){"slo_latency", "slo", .3, .01, 0};
    watched[9] = (made_measure){"slo_errors", "slo", 0, 0, 0};
    caus_series series = made_series(with->arena, watched, NULL, 1);
    caus_segment segment = series.segments[0];
    size_t cells = MADE_ROWS * MADE_VARIABLES;
    double *values = caus_arena_array(with->arena, cells, sizeof *values);
    memcpy(values, segment.values, cells * sizeof *values);
    add(&series, values, "slo_latency", -.2, 0, SOONER_END);
    segment.values = values;
    series.segments = &segment;
    caus_explain_options options = made_options();
    options.has_onset = false;
    const caus_extent early = {
        .found = true,
        .onset = caus_onset_given(
            SOONER_END / 2, made_start_ns + SOONER_END / 2 * made_step_ns)};
    caus_case about = {.series = &series,
                       .whole = &series,
                       .options = &options,
                       .run = with->run,
                       .out = with->arena};
    caus_explanation told;
    assert_int_equal(caus_case_open(&about, &with->err), CAUS_OK);
    caus_case first = about;
    first.extent = &early;
    assert_int_equal(caus_case_explain(&first, &told, &with->err), CAUS_OK);
    size_t last = told.suspect_count - 1;
    assert_false(told.suspects[last].observer);
    assert_int_equal(caus_case_explain(&about, &told, &with->err), CAUS_OK);
    assert_in_range(told.onset.row, MADE_ONSET - 2, MADE_ONSET + 2);
    assert_string_equal(told.suspects[last].service, "slo");
    assert_true(told.suspects[last].observer);
}

static void later_traces_are_left_out_whole(void **state)
{
    made_fixture *with = *state;
    static const int64_t start[] = {10, 11, 30, 31, 20, 21};
    static const int64_t duration[] = {1, 2, 3, 4, 5, 6};
    static const uint32_t parent[] = {CAUS_NO_SPAN, 0, CAUS_NO_SPAN, 2,
                                      CAUS_NO_SPAN, 4};
    static const uint32_t operation[] = {0, 1, 0, 1, 0, 1};
    static const uint32_t trace[] = {0, 0, 1, 1, 2, 2};
    static const unsigned char failed[] = {0, 0, 0, 0, 0, 1};
    static const unsigned char phase[] = {0, 0, 1};
    static const size_t first[] = {0, 2, 4, 6};
    static const char *const ids[] = {"a", "late", "b"};
    const caus_spans spans = {6,      start, duration, parent, operation, trace,
                              failed, true,  3,        first,  ids,       phase,
                              0,      NULL,  0,        NULL,   {0},       NULL};
    const caus_spans *kept;
    assert_int_equal(
        caus_spans_until(&spans, 20, with->arena, &kept, &with->err), CAUS_OK);
    assert_int_equal(kept->trace_count, 2);
    assert_int_equal(kept->span_count, 4);
    assert_string_equal(kept->trace_ids[1], "b");
    assert_int_equal(kept->trace_phase[1], 1);
    assert_int_equal(kept->trace_start[2], 4);
    assert_int_equal(kept->parent[2], CAUS_NO_SPAN);
    assert_int_equal(kept->parent[3], 2);
    assert_int_equal(kept->trace[3], 1);
    assert_int_equal(kept->start_ns[3], 21);
    assert_int_equal(kept->failed[3], 1);
    assert_int_equal(
        caus_spans_until(&spans, 9, with->arena, &kept, &with->err), CAUS_OK);
    assert_int_equal(kept->span_count + kept->trace_count, 0);
}

static void want_of_memory_is_told(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = near(FIRST + 5);
    caus_series series = two_incidents(with);
    made_want_memory(with, &series, &options);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_incident_near_the_time_is_explained),
        TEST(what_was_over_by_then_is_not_what_was_seen),
        TEST(what_came_long_after_the_time_is_none_of_it),
        TEST(rows_behind_the_time_count_where_others_are_blank),
        TEST(without_a_time_the_louder_one_is),
        TEST(traces_told_apart_say_which_of_two_is_meant),
        TEST(two_alike_are_told_where_nothing_is_found),
        TEST(its_end_is_found_behind_the_rows_near_it),
        TEST(where_nothing_is_near_the_rest_is_looked_at),
        TEST(a_time_outside_the_rows_is_no_time),
        TEST(a_first_attempt_leaves_the_second_what_there_was),
        TEST(later_traces_are_left_out_whole),
        TEST(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
