/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "caus/series.h"
#include "fault.h"
#include "test.h"

static const char *const names[3] = {"a", "b", "c"};
#define MISSING ((double)NAN)

static void values_are_copied_and_gaps_become_bits(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double values[] = {1, 2, MISSING, 4, HUGE_VAL, 6, 7, 8, -HUGE_VAL};
    caus_series series;
    assert_int_equal(
        caus_series_from_values(names, 3, values, 3, 5, arena, &series, NULL),
        CAUS_OK);
    memset(values, 0, sizeof values);
    assert_int_equal(series.variable_count, 3);
    assert_int_equal(series.step_ns, 5);
    assert_int_equal(series.environment_count, 1);
    assert_int_equal(series.segment_count, 1);
    const caus_segment *segment = &series.segments[0];
    assert_int_equal(segment->environment, series.environments[0].id);
    static const bool missing[9] = {0, 0, 1, 0, 1, 0, 0, 0, 1};
    for (size_t row = 0; row < 3; row++) {
        for (size_t i = 0; i < 3; i++) {
            bool is_missing = missing[row * 3 + i];
            double value = segment->values[row * 3 + i];
            assert_int_equal(caus_segment_is_missing(segment, row, i),
                             is_missing);
            assert_int_equal(isnan(value), is_missing);
            assert_true(caus_segment_is_selected(segment, row, i));
            if (!is_missing)
                assert_true(value == (double)(row * 3 + i + 1));
        }
    }
    caus_arena_free(arena);
}

static void columns_without_names_are_numbered(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double values[4] = {0};
    caus_series series;
    assert_int_equal(
        caus_series_from_values(NULL, 2, values, 2, 0, arena, &series, NULL),
        CAUS_OK);
    assert_int_equal(caus_series_find(&series, "x0"), 0);
    assert_int_equal(caus_series_find(&series, "x1"), 1);
    assert_true(caus_series_find(&series, "x2") == SIZE_MAX);
    assert_null(series.segments[0].missing);
    assert_int_equal(caus_series_row_count(&series), 2);
    caus_arena_free(arena);
}

static void series_may_be_empty_of_rows(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    assert_int_equal(
        caus_series_from_values(names, 3, NULL, 0, 1, arena, &series, NULL),
        CAUS_OK);
    assert_int_equal(caus_series_row_count(&series), 0);
    caus_arena_free(arena);
}

static void wrong_columns_are_refused_by_name(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double values[4] = {0};
    caus_series series = {.variable_count = 99};
    caus_error err;
    assert_int_equal(
        caus_series_from_values(names, 0, values, 1, 0, arena, &series, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        caus_series_from_values(names, 2, values, 2, -1, arena, &series, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    const char *const twice[2] = {"load", "load"};
    assert_int_equal(
        caus_series_from_values(twice, 2, values, 2, 0, arena, &series, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "\"load\""));
    const char *const unnamed[2] = {"load", ""};
    assert_int_equal(
        caus_series_from_values(unnamed, 2, values, 2, 0, arena, &series, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(caus_series_from_values(NULL, SIZE_MAX / 64, values,
                                             SIZE_MAX / 8, 0, arena, &series,
                                             &err),
                     CAUS_ERR_OUT_OF_MEMORY);
    assert_int_equal(caus_series_from_values(names, 2, values, SIZE_MAX / 2, 0,
                                             arena, &series, &err),
                     CAUS_ERR_LIMIT);
    assert_int_equal(series.variable_count, 99);
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    caus_arena_free(arena);
}

static void selection_keeps_columns_masks_and_order(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double values[70 * 3], support[70 * 3];
    for (size_t i = 0; i < 70 * 3; i++) {
        values[i] = i % 7 == 0 ? MISSING : (double)i;
        support[i] = (double)i / 2;
    }
    caus_series series, kept;
    assert_int_equal(
        caus_series_from_values(names, 3, values, 70, 5, arena, &series, NULL),
        CAUS_OK);
    uint64_t selected[6] = {UINT64_MAX, 63, 0, 0, 0xf0f0, 1};
    caus_segment segment = series.segments[0];
    segment.selected = selected;
    segment.support = support;
    series.segments = &segment;
    static const size_t keep[2] = {2, 0};
    assert_int_equal(caus_series_select(&series, keep, 2, arena, &kept, NULL),
                     CAUS_OK);
    assert_int_equal(kept.variable_count, 2);
    assert_string_equal(kept.variables[0].name, "c");
    const caus_segment *made = &kept.segments[0];
    for (size_t row = 0; row < 70; row++) {
        for (size_t i = 0; i < 2; i++) {
            size_t cell = row * 3 + keep[i];
            assert_memory_equal(&made->values[row * 2 + i],
                                &segment.values[cell], sizeof(double));
            assert_true(made->support[row * 2 + i] == support[cell]);
            assert_int_equal(caus_segment_is_missing(made, row, i),
                             cell % 7 == 0);
            assert_int_equal(caus_segment_is_selected(made, row, i),
                             caus_segment_is_selected(&segment, row, keep[i]));
        }
    }
    caus_arena_free(arena);
}

static void wrong_selections_are_refused(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double values[6] = {0};
    caus_series series, kept = {.variable_count = 99};
    caus_error err;
    caus_series_from_values(names, 3, values, 2, 0, arena, &series, NULL);
    size_t used = caus_arena_used_bytes(arena);
    static const size_t outside[2] = {0, 3}, twice[2] = {1, 1};
    assert_int_equal(
        caus_series_select(&series, outside, 2, arena, &kept, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(caus_series_select(&series, twice, 2, arena, &kept, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "\"b\""));
    assert_int_equal(caus_series_select(&series, twice, 0, arena, &kept, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(kept.variable_count, 99);
    assert_int_equal(caus_arena_used_bytes(arena), used);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    double *values = test_calloc(3000 * 3, sizeof *values);
    values[1] = MISSING;
    static const size_t keep[2] = {1, 0};
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = {.variable_count = 99}, kept = series;
        fault_fail_after(n);
        status = caus_series_from_values(names, 3, values, 3000, 1, arena,
                                         &series, NULL);
        if (status == CAUS_OK)
            status = caus_series_select(&series, keep, 2, arena, &kept, NULL);
        else
            assert_int_equal(series.variable_count, 99);
        fault_stop();
        assert_true(status == CAUS_OK || status == CAUS_ERR_OUT_OF_MEMORY);
        assert_int_equal(kept.variable_count, status == CAUS_OK ? 2 : 99);
        caus_arena_free(arena);
        assert_true(n < 100);
    }
    test_free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_copied_and_gaps_become_bits),
        cmocka_unit_test(columns_without_names_are_numbered),
        cmocka_unit_test(series_may_be_empty_of_rows),
        cmocka_unit_test(wrong_columns_are_refused_by_name),
        cmocka_unit_test(selection_keeps_columns_masks_and_order),
        cmocka_unit_test(wrong_selections_are_refused),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
