/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The expected digest was computed by Python's hashlib over the bytes that
 * hash.c describes, packed with struct.
 */
#include <math.h>
#include <string.h>

#include "caus/series.h"
#include "test.h"

enum { ROWS = 3, COLUMNS = 2 };

static const char *const names[COLUMNS] = {"load", "latency"};

static caus_series make_series(caus_arena *arena, const double *values)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(names, COLUMNS, values, ROWS, 1000,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static const double plain[ROWS * COLUMNS] = {0, 1.5, -2, (double)NAN, 3, 4};

static void hash_is_sha256_of_names_grid_values_and_masks(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make_series(arena, plain);
    char text[65];
    caus_series_hash(&series, text);
    assert_string_equal(
        text,
        "3db571565a7996e5a8167e6d260358595962325c94c7c367e030e4ce07408362");
    caus_arena_free(arena);
}

static void equal_data_from_another_path_hashes_equal(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make_series(arena, plain);
    char expected[65], text[65];
    caus_series_hash(&series, expected);

    /* −0 and another NaN; no missing bit to spare, an explicit full mask. */
    double values[ROWS * COLUMNS];
    memcpy(values, plain, sizeof values);
    values[0] = -0.0;
    values[3] = -HUGE_VAL;
    caus_series other = make_series(arena, values);
    uint64_t full[COLUMNS] = {7, UINT64_MAX};
    caus_segment segment = other.segments[0];
    segment.selected = full;
    other.segments = &segment;
    caus_variable described[COLUMNS];
    memcpy(described, other.variables, sizeof described);
    described[0].source = "prometheus";
    other.variables = described;
    caus_series_hash(&other, text);
    assert_string_equal(text, expected);

    /* The samples of the same numbers, put on the grid. */
    static const int64_t times[ROWS] = {0, 1000, 2000};
    static const double load[ROWS] = {0, -2, 3};
    static const double latency[ROWS] = {1.5, (double)NAN, 4};
    caus_track tracks[COLUMNS] = {
        {.variable = caus_variable_default(), ROWS, times, load, NULL},
        {.variable = caus_variable_default(), ROWS, times, latency, NULL}};
    tracks[0].variable.name = names[0];
    tracks[1].variable.name = names[1];
    caus_samples samples = {COLUMNS, tracks};
    caus_align_options options = {.window = {0, 2000, 1000}};
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_series_align(&samples, &options, run, arena, &other, NULL),
        CAUS_OK);
    caus_series_hash(&other, text);
    assert_string_equal(text, expected);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void assert_differs(const caus_series *series, const char *expected)
{
    char text[65];
    caus_series_hash(series, text);
    assert_int_equal(strlen(text), 64);
    assert_string_not_equal(text, expected);
}

static void anything_that_matters_changes_the_hash(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make_series(arena, plain);
    char expected[65];
    caus_series_hash(&series, expected);

    double values[ROWS * COLUMNS];
    memcpy(values, plain, sizeof values);
    values[5] = nextafter(4, 5);
    caus_series other = make_series(arena, values);
    assert_differs(&other, expected);

    other = series;
    other.step_ns = 1001;
    assert_differs(&other, expected);

    caus_variable renamed[COLUMNS];
    memcpy(renamed, series.variables, sizeof renamed);
    renamed[1].name = "latency2";
    other = series;
    other.variables = renamed;
    assert_differs(&other, expected);

    caus_environment environment = {0, "incident"};
    other = series;
    other.environments = &environment;
    assert_differs(&other, expected);

    uint64_t selected[COLUMNS] = {7, 3};
    caus_segment segment = series.segments[0];
    segment.selected = selected;
    other = series;
    other.segments = &segment;
    assert_differs(&other, expected);
    segment = series.segments[0];
    segment.start_ns = 1000;
    assert_differs(&other, expected);
    segment = series.segments[0];
    segment.environment = 1;
    assert_differs(&other, expected);
    caus_arena_free(arena);
}

static void the_order_of_columns_does_not_matter(void **state)
{
    (void)state;
    static const char *const turned[COLUMNS] = {"latency", "load"};
    static const double exchanged[ROWS * COLUMNS] = {1.5, 0, (double)NAN,
                                                     -2,  4, 3};
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make_series(arena, plain), other;
    uint64_t selected[COLUMNS] = {7, 3}, swapped[COLUMNS] = {3, 7};
    caus_segment segment = series.segments[0];
    segment.selected = selected;
    series.segments = &segment;
    char expected[65], text[65];
    caus_series_hash(&series, expected);
    assert_int_equal(caus_series_from_values(turned, COLUMNS, exchanged, ROWS,
                                             1000, arena, &other, NULL),
                     CAUS_OK);
    caus_segment cut = other.segments[0];
    cut.selected = swapped;
    other.segments = &cut;
    caus_series_hash(&other, text);
    assert_string_equal(text, expected);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_sha256_of_names_grid_values_and_masks),
        cmocka_unit_test(equal_data_from_another_path_hashes_equal),
        cmocka_unit_test(anything_that_matters_changes_the_hash),
        cmocka_unit_test(the_order_of_columns_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
