/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are told again until they are measured again. */
#include <math.h>
#include <string.h>

#include "caus/cadence.h"
#include "fault.h"
#include "test.h"

enum { ROWS = 240, COLUMNS = 5, EVERY = 4 };

static const int64_t step_ns = INT64_C(5000000000);

/* What is measured the n-th time, of a column. */
static double nth(size_t column, size_t n)
{
    return (double)((n * 7919 + column * 104729) % 1009);
}

static caus_series make(caus_arena *arena, const double *values, size_t columns)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, columns, values, ROWS,
                                             step_ns, arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static size_t thin(caus_arena *arena, const caus_series *series,
                   caus_series *thinned)
{
    size_t every = 0;
    assert_int_equal(caus_series_thin(series, arena, thinned, &every, NULL),
                     CAUS_OK);
    return every;
}

/* The row of four in which each column is measured; till the next it is told
 * again, or missing. */
static const size_t row_of_four[COLUMNS] = {0, 1, 2, 3, 2};

static void hold(double values[ROWS * COLUMNS], bool is_told_again)
{
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            size_t since = r + EVERY - row_of_four[c];
            values[r * COLUMNS + c] = is_told_again || since % EVERY == 0
                                          ? nth(c, since / EVERY)
                                          : (double)NAN;
        }
    }
}

static double value_of(const caus_series *series, size_t row, size_t column)
{
    return series->segments[0].values[row * series->variable_count + column];
}

static void each_measurement_is_one_value(void **state)
{
    double values[ROWS * COLUMNS];
    for (int again = 0; again < 2; again++) {
        caus_series thinned;
        hold(values, again);
        caus_series series = make(*state, values, COLUMNS);
        assert_int_equal(thin(*state, &series, &thinned), EVERY);
        const caus_segment *segment = &thinned.segments[0];
        assert_int_equal(thinned.step_ns, EVERY * step_ns);
        assert_int_equal(segment->row_count, ROWS / EVERY);
        /* Two of five are new in the third row of four. */
        assert_int_equal(segment->start_ns,
                         series.segments[0].start_ns + 2 * step_ns);
        for (size_t r = 1; r < segment->row_count; r++) {
            for (size_t c = 0; c < COLUMNS; c++)
                assert_true(value_of(&thinned, r, c) ==
                            nth(c, row_of_four[c] < 3 ? r + 1 : r));
        }
        assert_false(caus_segment_is_missing(segment, 1, 3));
    }
}

/* Once thinned there is nothing left to thin. */
static void twice_is_once(void **state)
{
    double values[ROWS * COLUMNS];
    caus_series thinned, again;
    hold(values, true);
    caus_series series = make(*state, values, COLUMNS);
    thin(*state, &series, &thinned);
    assert_int_equal(thin(*state, &thinned, &again), 1);
    assert_ptr_equal(again.segments, thinned.segments);
}

/* One column in ten may be measured in every row: it becomes a mean. */
static void what_is_measured_more_often_becomes_a_mean(void **state)
{
    enum { MANY = 20 };
    static double values[ROWS * MANY];
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < MANY; c++)
            values[r * MANY + c] = c ? nth(c, r / EVERY) : (double)(r % 7);
    }
    caus_series thinned, series = make(*state, values, MANY);
    assert_int_equal(thin(*state, &series, &thinned), EVERY);
    for (size_t r = 1; r < ROWS / EVERY; r++) {
        double sum = 0;
        for (size_t i = 0; i < EVERY; i++)
            sum += (double)((EVERY * r - i) % 7);
        assert_true(fabs(value_of(&thinned, r, 0) - sum / EVERY) < 1e-12);
        assert_true(value_of(&thinned, r, 1) == nth(1, r));
    }
    /* Three of twenty are more than that. */
    for (size_t r = 0; r < ROWS; r++) {
        values[r * MANY + 1] = nth(1, r);
        values[r * MANY + 2] = nth(2, r);
    }
    series = make(*state, values, MANY);
    assert_int_equal(thin(*state, &series, &thinned), 1);
}

/* Counts add up, and an event in any row is one. */
static void counts_add_up_and_events_stay(void **state)
{
    enum { MANY = 40, COUNT = 0, EVENT = 1 };
    static double values[ROWS * MANY];
    caus_variable variables[MANY];
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 2; c < MANY; c++)
            values[r * MANY + c] = nth(c, r / EVERY);
        values[r * MANY + COUNT] = (double)(r % 5);
        values[r * MANY + EVENT] = r % 10 == 3;
    }
    caus_series thinned, series = make(*state, values, MANY);
    memcpy(variables, series.variables, sizeof variables);
    variables[COUNT].kind = CAUS_KIND_COUNT;
    variables[EVENT].kind = CAUS_KIND_EVENT;
    series.variables = variables;
    assert_int_equal(thin(*state, &series, &thinned), EVERY);
    /* Of row 0 alone nothing is told; rows 1 to 4, and 17 to 20. */
    assert_true(isnan(value_of(&thinned, 0, COUNT)));
    assert_true(caus_segment_is_missing(&thinned.segments[0], 0, COUNT));
    assert_true(value_of(&thinned, 1, COUNT) == 10);
    assert_true(value_of(&thinned, 1, EVENT) == 1);
    assert_true(value_of(&thinned, 5, EVENT) == 0);
}

static void what_differs_from_row_to_row_stays(void **state)
{
    double values[ROWS * COLUMNS];
    for (size_t r = 0; r < ROWS; r++) {
        values[r * COLUMNS] = nth(0, r);
        values[r * COLUMNS + 1] = r > ROWS / 2; /* changes once */
        for (size_t c = 2; c < COLUMNS; c++)
            values[r * COLUMNS + c] = nth(c, r / EVERY);
    }
    caus_series thinned, series = make(*state, values, COLUMNS);
    assert_int_equal(thin(*state, &series, &thinned), 1);
    assert_ptr_equal(thinned.segments, series.segments);
}

/* Thirty rows have to stay; and of a table without times no row comes too
 * often. */
static void few_rows_and_tables_stay(void **state)
{
    double values[ROWS * COLUMNS];
    caus_series thinned;
    for (size_t r = 0; r < ROWS; r++)
        values[r] = nth(0, r / 8);
    caus_series series = make(*state, values, 1);
    assert_int_equal(thin(*state, &series, &thinned), 8);
    for (size_t r = 0; r < ROWS; r++)
        values[r] = nth(0, r / 9);
    series = make(*state, values, 1);
    assert_int_equal(thin(*state, &series, &thinned), 1);
    hold(values, true);
    series = make(*state, values, COLUMNS);
    series.step_ns = 0;
    assert_int_equal(thin(*state, &series, &thinned), 1);
}

/* Four of eight rows in succession have no value: these are no rows. */
static void rows_between_measurements_are_no_rows(void **state)
{
    double values[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        values[r] = r % 8 < 4 ? nth(0, r / 8) : (double)NAN;
    caus_series thinned, series = make(*state, values, 1);
    assert_int_equal(thin(*state, &series, &thinned), 1);
    for (size_t r = 0; r < ROWS; r++)
        values[r] = nth(0, r / 4);
    series = make(*state, values, 1);
    assert_int_equal(thin(*state, &series, &thinned), 4);
}

/* What changes seldom and at any time is measured in every row. */
static void what_changes_at_any_time_stays(void **state)
{
    double values[ROWS * COLUMNS];
    uint64_t random = 7;
    for (size_t every = 10; every < 60; every += 10) {
        for (size_t i = 0; i < ROWS * COLUMNS; i++) {
            random = random * UINT64_C(6364136223846793005) + 1;
            double last = i < COLUMNS ? 0 : values[i - COLUMNS];
            values[i] = last + ((random >> 33) % every == 0);
        }
        caus_series thinned, series = make(*state, values, COLUMNS);
        assert_int_equal(thin(*state, &series, &thinned), 1);
    }
}

/* A step keeps its rows, whoever else is measured when; what never changes does
 * not say when rows are new. */
static void steps_and_constants_keep_their_values(void **state)
{
    enum { MANY = 60, STEP = 5, STEP_ROW = 102 };
    static double values[ROWS * MANY];
    double held[ROWS * COLUMNS];
    hold(held, true);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < MANY; c++)
            values[r * MANY + c] =
                c < COLUMNS ? held[r * COLUMNS + c] : (double)c;
        values[r * MANY + STEP] = r < STEP_ROW ? 100 : 50;
    }
    caus_series thinned, series = make(*state, values, MANY);
    assert_int_equal(thin(*state, &series, &thinned), EVERY);
    assert_int_equal(thinned.segments[0].start_ns,
                     series.segments[0].start_ns + 2 * step_ns);
    for (size_t r = 0; r < thinned.segments[0].row_count; r++)
        assert_true(value_of(&thinned, r, STEP) ==
                    (r * EVERY + 2 < STEP_ROW ? 100 : 50));
}

/* A counter that is measured in every row still counts. */
static void counters_keep_their_last_value(void **state)
{
    enum { MANY = 20 };
    static double values[ROWS * MANY];
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < MANY; c++)
            values[r * MANY + c] =
                c ? nth(c, r / EVERY) : (double)(r < 120 ? r : r - 119);
    }
    caus_series thinned, series = make(*state, values, MANY);
    assert_int_equal(thin(*state, &series, &thinned), EVERY);
    for (size_t r = 0; r < ROWS / EVERY; r++)
        assert_true(value_of(&thinned, r, 0) == values[r * EVERY * MANY]);
}

/* Of a window that five rows would not be left of nothing is. */
static void short_windows_stay(void **state)
{
    double values[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        values[r] = nth(0, r / EVERY);
    caus_series thinned, series = make(*state, values, 1);
    caus_segment parts[2] = {series.segments[0], series.segments[0]};
    for (size_t last = 19; last <= 20; last++) {
        parts[0].row_count = ROWS - last;
        parts[1].row_count = last;
        parts[1].values = parts[0].values + parts[0].row_count;
        parts[1].start_ns =
            parts[0].start_ns + (int64_t)parts[0].row_count * step_ns;
        series.segments = parts;
        series.segment_count = 2;
        assert_int_equal(thin(*state, &series, &thinned),
                         last < 20 ? 1 : EVERY);
    }
}

/* Two stretches are thinned on one grid, wherever each begins. */
static void stretches_share_a_grid(void **state)
{
    double values[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        values[r] = nth(0, r / EVERY);
    caus_series thinned, series = make(*state, values, 1);
    caus_segment halves[2] = {series.segments[0], series.segments[0]};
    halves[0].row_count = 100;
    halves[1].values += 110;
    halves[1].row_count = ROWS - 110;
    halves[1].start_ns += 110 * step_ns;
    halves[1].offset_steps += 110;
    halves[0].missing = halves[1].missing = NULL;
    series.segments = halves;
    series.segment_count = 2;
    assert_int_equal(thin(*state, &series, &thinned), EVERY);
    assert_int_equal(thinned.segments[0].row_count, 25);
    assert_int_equal(thinned.segments[1].start_ns, 112 * step_ns);
    assert_int_equal(thinned.segments[1].offset_steps, 28);
    assert_true(thinned.segments[1].values[0] == nth(0, 28));
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    double values[ROWS * COLUMNS];
    hold(values, true);
    for (long successes = 0;; successes++) {
        caus_arena *arena = caus_arena_new(0);
        caus_series thinned = {0}, series = make(arena, values, COLUMNS);
        size_t every = 0;
        fault_fail_after(successes);
        caus_status status =
            caus_series_thin(&series, arena, &thinned, &every, NULL);
        bool failed = fault_stop();
        assert_true(!failed || (every == 0 && !thinned.segments));
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(arena);
        if (!failed)
            break;
    }
}

static int set_up(void **state)
{
    *state = caus_arena_new(0);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    caus_arena_free(*state);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_measurement_is_one_value),
        TEST(twice_is_once),
        TEST(what_is_measured_more_often_becomes_a_mean),
        TEST(counts_add_up_and_events_stay),
        TEST(what_differs_from_row_to_row_stays),
        TEST(few_rows_and_tables_stay),
        TEST(rows_between_measurements_are_no_rows),
        TEST(what_changes_at_any_time_stays),
        TEST(steps_and_constants_keep_their_values),
        TEST(counters_keep_their_last_value),
        TEST(short_windows_stay),
        TEST(stretches_share_a_grid),
        cmocka_unit_test(without_memory_it_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
