/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "series/time_columns.h"
#include "test.h"

enum { COLUMNS = 3, FIRST = 11, SECOND = 4, ROWS = FIRST + SECOND };

static const int64_t STEP_NS = 1000;

/* The later rows come first; two values of the earlier ones are missing. */
typedef struct parted {
    caus_variable variables[COLUMNS];
    double later[SECOND * COLUMNS], earlier[FIRST * COLUMNS];
    uint64_t missing[COLUMNS];
    caus_segment segments[2];
    caus_series series;
} parted;

/* Of a row of all and a column: falling, rising, and with ties. */
static double value_of(size_t row, size_t column)
{
    double kinds[COLUMNS] = {-(double)row, (double)row, (double)(row % 3)};
    return kinds[column];
}

static void part_rows(parted *p)
{
    *p = (parted){.missing = {0, UINT64_C(1) << 9, 0}};
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t r = 0; r < FIRST; r++)
            p->earlier[r * COLUMNS + c] = value_of(r, c);
        for (size_t r = 0; r < SECOND; r++)
            p->later[r * COLUMNS + c] = value_of(FIRST + r, c);
    }
    p->earlier[2 * COLUMNS + 2] = HUGE_VAL;
    p->segments[0] = (caus_segment){.row_count = SECOND,
                                    .word_count = 1,
                                    .start_ns = 50 * STEP_NS,
                                    .values = p->later};
    p->segments[1] = (caus_segment){.row_count = FIRST,
                                    .word_count = 1,
                                    .start_ns = 7 * STEP_NS,
                                    .values = p->earlier,
                                    .missing = p->missing};
    p->series = (caus_series){.variable_count = COLUMNS,
                              .variables = p->variables,
                              .segment_count = 2,
                              .segments = p->segments,
                              .step_ns = STEP_NS};
}

static bool is_left_out(size_t row, size_t column)
{
    return (row == 9 && column == 1) || (row == 2 && column == 2);
}

static void columns_have_the_rows_of_all_segments_by_time(void **state)
{
    (void)state;
    parted p;
    part_rows(&p);
    caus_arena *arena = caus_arena_new(0);
    caus_time_columns columns;
    assert_int_equal(
        caus_time_columns_init(&p.series, NULL, arena, &columns, NULL),
        CAUS_OK);
    assert_int_equal(columns.row_count, ROWS);
    assert_int_equal(columns.column_count, COLUMNS);
    for (size_t r = 0; r < ROWS; r++) {
        int64_t steps = r < FIRST ? 7 + (int64_t)r : 50 + (int64_t)(r - FIRST);
        assert_int_equal(columns.time_ns[r], steps * STEP_NS);
        for (size_t c = 0; c < COLUMNS; c++) {
            double value = columns.values[c * ROWS + r];
            assert_true(is_left_out(r, c) ? isnan(value)
                                          : value == value_of(r, c));
        }
    }
    caus_arena_free(arena);
}

/* Values and their missing bits alike. */
static void columns_come_in_the_order_that_is_told(void **state)
{
    (void)state;
    static const size_t order[COLUMNS] = {1, 2, 0};
    parted p;
    part_rows(&p);
    caus_arena *arena = caus_arena_new(0);
    caus_time_columns columns;
    assert_int_equal(
        caus_time_columns_init(&p.series, order, arena, &columns, NULL),
        CAUS_OK);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++) {
            double value = columns.values[c * ROWS + r];
            assert_true(is_left_out(r, order[c])
                            ? isnan(value)
                            : value == value_of(r, order[c]));
        }
    caus_arena_free(arena);
}

static void wanted_columns_are_ordered_by_value_and_row(void **state)
{
    (void)state;
    parted p;
    part_rows(&p);
    static const bool wanted[COLUMNS] = {true, false, true};
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    caus_arena *arena = caus_arena_new(0);
    caus_time_columns columns;
    assert_int_equal(
        caus_time_columns_init(&p.series, NULL, arena, &columns, NULL),
        CAUS_OK);
    assert_int_equal(caus_time_columns_sort(&columns, wanted, run, arena, NULL),
                     CAUS_OK);
    assert_int_equal(columns.present[0], ROWS);
    assert_int_equal(columns.present[1], 0);
    assert_int_equal(columns.present[2], ROWS - 1);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(columns.order[i], ROWS - 1 - i);
    const uint32_t *order = columns.order + 2 * ROWS;
    for (size_t i = 1; i < ROWS - 1; i++) {
        double before = columns.values[2 * ROWS + order[i - 1]];
        double value = columns.values[2 * ROWS + order[i]];
        assert_true(before < value ||
                    (before == value && order[i - 1] < order[i]));
    }
    caus_arena_free(arena);
    caus_run_free(run);
}

static void columns_without_memory_fail(void **state)
{
    (void)state;
    parted p;
    part_rows(&p);
    caus_arena *arena = caus_arena_new(256);
    caus_time_columns columns = {0};
    caus_error err;
    assert_int_equal(
        caus_time_columns_init(&p.series, NULL, arena, &columns, &err),
        CAUS_ERR_LIMIT);
    assert_null(columns.values);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_the_rows_of_all_segments_by_time),
        cmocka_unit_test(columns_come_in_the_order_that_is_told),
        cmocka_unit_test(wanted_columns_are_ordered_by_value_and_row),
        cmocka_unit_test(columns_without_memory_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
