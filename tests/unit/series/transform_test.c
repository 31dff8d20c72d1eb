/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/series.h"
#include "fault.h"
#include "numeric/distributions.h"
#include "test.h"

#define MISSING ((double)NAN)

enum { LONGEST = 64 };

typedef struct bench {
    caus_run *run;
    caus_arena *arena;
} bench;

static int set_up(void **state)
{
    bench *b = test_calloc(1, sizeof *b);
    caus_run_options options = {.threads = 2};
    assert_int_equal(caus_run_new(&options, &b->run, NULL), CAUS_OK);
    b->arena = caus_arena_new(0);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    caus_run_free(b->run);
    caus_arena_free(b->arena);
    test_free(b);
    return 0;
}

/* Two environments of one column: the baseline in two segments. */
static caus_series make_series(const bench *b, const double *first,
                               const double *second, const double *third,
                               size_t rows)
{
    const double *const columns[3] = {first, second, third};
    caus_segment *segments = CAUS_ARRAY(b->arena, caus_segment, 3);
    caus_environment *environments = CAUS_ARRAY(b->arena, caus_environment, 2);
    environments[0] = (caus_environment){0, "baseline"};
    environments[1] = (caus_environment){1, "incident"};
    caus_series series = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(caus_series_from_values(NULL, 1, columns[i], rows, 10,
                                                 b->arena, &series, NULL),
                         CAUS_OK);
        segments[i] = series.segments[0];
        segments[i].environment = i == 2;
    }
    series.segments = segments;
    series.segment_count = 3;
    series.environments = environments;
    series.environment_count = 2;
    return series;
}

static caus_series apply(const bench *b, const caus_series *series,
                         caus_transform transform)
{
    caus_series made;
    caus_error err = {0};
    if (caus_series_transform(series, transform, b->run, b->arena, &made,
                              &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return made;
}

static void assert_values(const caus_segment *segment, const double *expected,
                          double tolerance)
{
    for (size_t row = 0; row < segment->row_count; row++) {
        double value = segment->values[row];
        assert_int_equal(isnan(value), isnan(expected[row]));
        assert_int_equal(caus_segment_is_missing(segment, row, 0),
                         isnan(expected[row]));
        if (!isnan(value) && !(fabs(value - expected[row]) <= tolerance))
            fail_msg("row %zu: %.17g, expected %.17g", row, value,
                     expected[row]);
    }
}

static void words_name_transforms(void **state)
{
    (void)state;
    caus_transform found = CAUS_TRANSFORM_NONE;
    assert_true(caus_transform_from_name("normal-scores", &found));
    assert_int_equal(found, CAUS_TRANSFORM_NORMAL_SCORES);
    assert_true(caus_transform_from_name("none", &found));
    assert_int_equal(found, CAUS_TRANSFORM_NONE);
    assert_true(caus_transform_from_name("standardise", &found));
    assert_true(caus_transform_from_name("difference", &found));
    assert_true(caus_transform_from_name("log1p", &found));
    assert_true(caus_transform_from_name("detrend", &found));
    assert_false(caus_transform_from_name("normal", &found));
    assert_int_equal(found, CAUS_TRANSFORM_DETREND);
}

static void none_copies_bit_for_bit(void **state)
{
    const bench *b = *state;
    static const double x[3] = {-0.0, MISSING, 1e300};
    caus_series series = make_series(b, x, x, x, 3);
    caus_series made = apply(b, &series, CAUS_TRANSFORM_NONE);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_not_equal(made.segments[i].values,
                             series.segments[i].values);
        assert_memory_equal(made.segments[i].values, series.segments[i].values,
                            sizeof x);
    }
}

static void standardise_scales_each_environment_over_its_segments(void **state)
{
    const bench *b = *state;
    static const double first[2] = {1, 3}, second[2] = {5, MISSING};
    static const double third[2] = {100, 300};
    caus_series series = make_series(b, first, second, third, 2);
    caus_series made = apply(b, &series, CAUS_TRANSFORM_STANDARDISE);
    double unit = sqrt(3. / 2); /* 2 / sqrt(8 / 3) */
    assert_values(&made.segments[0], (double[]){-unit, 0}, 1e-15);
    assert_values(&made.segments[1], (double[]){unit, MISSING}, 1e-15);
    assert_values(&made.segments[2], (double[]){-1, 1}, 0);
}

static void powers_of_two_leave_standardised_bits_alone(void **state)
{
    const bench *b = *state;
    caus_random random;
    caus_random_init(&random, 1, 1);
    double plain[LONGEST], scaled[LONGEST];
    for (size_t i = 0; i < LONGEST; i++) {
        plain[i] = caus_random_normal(&random) + 3;
        scaled[i] = plain[i] * 0x1p-20;
    }
    caus_series a = make_series(b, plain, plain, plain, LONGEST);
    caus_series c = make_series(b, scaled, scaled, scaled, LONGEST);
    a = apply(b, &a, CAUS_TRANSFORM_STANDARDISE);
    c = apply(b, &c, CAUS_TRANSFORM_STANDARDISE);
    assert_memory_equal(a.segments[0].values, c.segments[0].values,
                        sizeof plain);
}

static void
normal_scores_are_quantiles_of_ranks_with_ties_averaged(void **state)
{
    const bench *b = *state;
    static const double first[3] = {10, -5, 10}, second[3] = {7, MISSING, 99};
    static const double third[3] = {2, 1, 3};
    caus_series series = make_series(b, first, second, third, 3);
    caus_series made = apply(b, &series, CAUS_TRANSFORM_NORMAL_SCORES);
    /* Ranks of 10 −5 10 7 99: 3.5 1 3.5 2 5 of 5. */
    double tied = caus_normal_quantile(3.5 / 6);
    assert_values(&made.segments[0],
                  (double[]){tied, caus_normal_quantile(1. / 6), tied}, 0);
    assert_values(&made.segments[1],
                  (double[]){caus_normal_quantile(2. / 6), MISSING,
                             caus_normal_quantile(5. / 6)},
                  0);
    assert_values(
        &made.segments[2],
        (double[]){0, caus_normal_quantile(.25), caus_normal_quantile(.75)}, 0);
}

static void constant_columns_become_zero(void **state)
{
    const bench *b = *state;
    static const double x[3] = {.1, .1, .1}, y[3] = {.1, MISSING, .1};
    static const caus_transform transforms[] = {CAUS_TRANSFORM_STANDARDISE,
                                                CAUS_TRANSFORM_NORMAL_SCORES,
                                                CAUS_TRANSFORM_DETREND};
    for (size_t i = 0; i < 3; i++) {
        caus_series series = make_series(b, x, y, x, 3);
        caus_series made = apply(b, &series, transforms[i]);
        assert_values(&made.segments[0], (double[]){0, 0, 0}, 0);
        assert_values(&made.segments[1], (double[]){0, MISSING, 0}, 0);
    }
}

static void difference_starts_anew_in_each_segment(void **state)
{
    const bench *b = *state;
    static const double first[4] = {1, 4, MISSING, 10};
    static const double second[4] = {20, 30, 50, 51};
    caus_series series = make_series(b, first, second, second, 4);
    caus_series made = apply(b, &series, CAUS_TRANSFORM_DIFFERENCE);
    assert_values(&made.segments[0], (double[]){MISSING, 3, MISSING, MISSING},
                  0);
    assert_values(&made.segments[1], (double[]){MISSING, 10, 20, 1}, 0);
    assert_null(series.segments[1].missing);
}

static void log1p_keeps_missing_and_refuses_minus_one(void **state)
{
    const bench *b = *state;
    static const double good[3] = {0, 1e-20, MISSING}, bad[3] = {1, -1, 2};
    caus_series series = make_series(b, good, good, good, 3);
    caus_series made = apply(b, &series, CAUS_TRANSFORM_LOG1P);
    assert_values(&made.segments[0], (double[]){0, 1e-20, MISSING}, 0);
    series = make_series(b, good, bad, good, 3);
    caus_error err;
    made = (caus_series){.variable_count = 99};
    size_t used = caus_arena_used_bytes(b->arena);
    assert_int_equal(caus_series_transform(&series, CAUS_TRANSFORM_LOG1P,
                                           b->run, b->arena, &made, &err),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(err.message, "x0: row 1 is -1"));
    assert_int_equal(made.variable_count, 99);
    assert_int_equal(caus_arena_used_bytes(b->arena), used);
}

static void detrend_takes_each_segments_line_away(void **state)
{
    const bench *b = *state;
    static const double line[5] = {3, 5, MISSING, 9, 11};
    static const double bend[5] = {0, 0, 1, 0, 0};
    static const double lone[5] = {MISSING, 7, MISSING, MISSING, MISSING};
    caus_series series = make_series(b, line, bend, lone, 5);
    caus_series made = apply(b, &series, CAUS_TRANSFORM_DETREND);
    assert_values(&made.segments[0], (double[]){0, 0, MISSING, 0, 0}, 1e-14);
    assert_values(&made.segments[1], (double[]){-.2, -.2, .8, -.2, -.2}, 1e-15);
    assert_values(&made.segments[2],
                  (double[]){MISSING, 0, MISSING, MISSING, MISSING}, 0);
}

static void only_system_variables_change(void **state)
{
    const bench *b = *state;
    double values[8] = {1, 5, 2, 7, 3, 6, 4, 9};
    caus_series series;
    assert_int_equal(
        caus_series_from_values(NULL, 2, values, 4, 1, b->arena, &series, NULL),
        CAUS_OK);
    caus_variable variables[2] = {series.variables[0], series.variables[1]};
    variables[1].role = CAUS_ROLE_SPACE_DUMMY;
    series.variables = variables;
    caus_series made = apply(b, &series, CAUS_TRANSFORM_DIFFERENCE);
    for (size_t row = 0; row < 4; row++) {
        assert_true(made.segments[0].values[2 * row + 1] ==
                    values[2 * row + 1]);
        assert_false(caus_segment_is_missing(&made.segments[0], row, 1));
    }
    assert_true(isnan(made.segments[0].values[0]));
}

static void threads_do_not_change_bits(void **state)
{
    enum { COLUMNS = 9, ROWS = 130 };
    const bench *b = *state;
    caus_run *alone = NULL;
    caus_run_options options = {.threads = 1};
    assert_int_equal(caus_run_new(&options, &alone, NULL), CAUS_OK);
    double values[COLUMNS * ROWS];
    caus_random random;
    caus_random_init(&random, 2, 5);
    for (size_t i = 0; i < COLUMNS * ROWS; i++)
        values[i] = i % 11 ? caus_random_normal(&random) : MISSING;
    caus_series series, one;
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, values, ROWS, 1,
                                             b->arena, &series, NULL),
                     CAUS_OK);
    for (int t = CAUS_TRANSFORM_STANDARDISE; t <= CAUS_TRANSFORM_DETREND; t++) {
        if (t == CAUS_TRANSFORM_LOG1P)
            continue;
        caus_series two = apply(b, &series, (caus_transform)t);
        assert_int_equal(caus_series_transform(&series, (caus_transform)t,
                                               alone, b->arena, &one, NULL),
                         CAUS_OK);
        assert_memory_equal(one.segments[0].values, two.segments[0].values,
                            sizeof values);
    }
    caus_run_free(alone);
}

static void stopped_call_says_so(void **state)
{
    const bench *b = *state;
    static const double x[3] = {1, 2, 3};
    caus_series series = make_series(b, x, x, x, 3), made;
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = {.threads = 2, .cancel = &cancel};
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_error err;
    assert_int_equal(caus_series_transform(&series, CAUS_TRANSFORM_DETREND, run,
                                           b->arena, &made, &err),
                     CAUS_ERR_CANCELLED);
    assert_string_equal(err.message, "cancelled");
    caus_run_free(run);
}

static void every_failed_allocation_is_reported(void **state)
{
    const bench *b = *state;
    static double x[4000];
    for (size_t i = 0; i < 4000; i++)
        x[i] = (double)(i % 17);
    caus_series series = make_series(b, x, x, x, 4000);
    for (int t = CAUS_TRANSFORM_NONE; t <= CAUS_TRANSFORM_DETREND; t++) {
        caus_status status = CAUS_ERR_OUT_OF_MEMORY;
        for (long n = 0; status != CAUS_OK; n++) {
            caus_run_options options = {.threads = 1};
            caus_run *run = NULL;
            assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
            caus_arena *arena = caus_arena_new(0);
            caus_series made = {.variable_count = 99};
            fault_fail_after(n);
            status = caus_series_transform(&series, (caus_transform)t, run,
                                           arena, &made, NULL);
            fault_stop();
            assert_true(status == CAUS_OK || status == CAUS_ERR_OUT_OF_MEMORY);
            assert_int_equal(made.variable_count, status == CAUS_OK ? 1 : 99);
            caus_arena_free(arena);
            caus_run_free(run);
            assert_true(n < 100);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(words_name_transforms),
        TEST(none_copies_bit_for_bit),
        TEST(standardise_scales_each_environment_over_its_segments),
        TEST(powers_of_two_leave_standardised_bits_alone),
        TEST(normal_scores_are_quantiles_of_ranks_with_ties_averaged),
        TEST(constant_columns_become_zero),
        TEST(difference_starts_anew_in_each_segment),
        TEST(log1p_keeps_missing_and_refuses_minus_one),
        TEST(detrend_takes_each_segments_line_away),
        TEST(only_system_variables_change),
        TEST(threads_do_not_change_bits),
        TEST(stopped_call_says_so),
        TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
