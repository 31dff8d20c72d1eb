/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "numeric/numeric.h"
#include "numeric/spline.h"
#include "test.h"

enum { ROWS = 400, MOST = 8 };

static double *normal_of(caus_arena *arena)
{
    caus_random random;
    double *values = CAUS_ARRAY(arena, double, ROWS);
    double mean = 0;
    assert_non_null(values);
    caus_random_init(&random, 3, 0);
    for (size_t r = 0; r < ROWS; r++)
        mean += (values[r] = caus_random_normal(&random)) / ROWS;
    for (size_t r = 0; r < ROWS; r++)
        values[r] -= mean;
    return values;
}

static double *fill(const double *values, size_t most, size_t *count,
                    caus_arena *arena)
{
    double *out = CAUS_ARRAY(arena, double, ROWS *MOST);
    assert_int_equal(
        caus_spline_fill(values, ROWS, most, MOST, arena, out, count, NULL),
        CAUS_OK);
    return out;
}

static double product(const double *out, size_t a, size_t b)
{
    double sum = 0;
    for (size_t r = 0; r < ROWS; r++)
        sum += out[r * MOST + a] * out[r * MOST + b];
    return sum / ROWS;
}

static void functions_are_orthonormal_and_start_with_the_line(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = normal_of(arena);
    size_t count;
    double *out = fill(values, MOST, &count, arena);
    assert_int_equal(count, MOST);
    for (size_t a = 0; a < MOST; a++) {
        double mean = 0;
        for (size_t r = 0; r < ROWS; r++)
            mean += out[r * MOST + a] / ROWS;
        assert_true(fabs(mean) < 1e-12);
        for (size_t b = 0; b < MOST; b++)
            assert_true(fabs(product(out, a, b) - (a == b)) < 1e-10);
    }
    for (size_t r = 1; r < ROWS; r++)
        assert_true(fabs(out[r * MOST] * values[0] - out[0] * values[r]) <
                    1e-12);
    caus_arena_free(arena);
}

/* The second function changes direction once, the third twice, … */
static void later_functions_are_wigglier(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = CAUS_ARRAY(arena, double, ROWS);
    size_t count;
    for (size_t r = 0; r < ROWS; r++)
        values[r] = (double)r - (ROWS - 1) / 2.0;
    double *out = fill(values, MOST, &count, arena);
    for (size_t k = 0; k < MOST; k++) {
        size_t turns = 0;
        for (size_t r = 1; r + 1 < ROWS; r++) {
            double before = out[r * MOST + k] - out[(r - 1) * MOST + k];
            double after = out[(r + 1) * MOST + k] - out[r * MOST + k];
            turns += before * after < 0;
        }
        assert_int_equal(turns, k);
    }
    caus_arena_free(arena);
}

/* Natural splines with as many knots as distinct values reach any function. */
static void few_distinct_values_give_few_functions(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = CAUS_ARRAY(arena, double, ROWS);
    size_t count;
    for (size_t distinct = 2; distinct <= 5; distinct++) {
        for (size_t r = 0; r < ROWS; r++)
            values[r] = (double)(r % distinct) - (double)(distinct - 1) / 2;
        /* not quite centred: 400 is no multiple of 3 */
        double *out = fill(values, MOST, &count, arena);
        assert_int_equal(count, distinct - 1);
        for (size_t r = 0; r < ROWS; r++)
            for (size_t k = count; k < MOST; k++)
                assert_false(fabs(out[r * MOST + k]) > 0);
    }
    caus_arena_free(arena);
}

static void a_smooth_function_is_in_the_span(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = normal_of(arena), left = 0, all = 0, mean = 0;
    size_t count;
    double *out = fill(values, MOST, &count, arena), part[MOST] = {0};
    for (size_t r = 0; r < ROWS; r++)
        mean += sin(1.5 * values[r]) / ROWS;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < MOST; k++)
            part[k] += out[r * MOST + k] * (sin(1.5 * values[r]) - mean) / ROWS;
    for (size_t r = 0; r < ROWS; r++) {
        double value = sin(1.5 * values[r]) - mean, fit = 0;
        for (size_t k = 0; k < MOST; k++)
            fit += part[k] * out[r * MOST + k];
        all += value * value;
        left += (value - fit) * (value - fit);
    }
    assert_true(left < .01 * all);
    caus_arena_free(arena);
}

static void a_power_of_two_changes_no_byte(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = normal_of(arena);
    double *scaled = CAUS_ARRAY(arena, double, ROWS);
    size_t count;
    for (size_t r = 0; r < ROWS; r++)
        scaled[r] = ldexp(values[r], -37);
    assert_memory_equal(fill(values, MOST, &count, arena),
                        fill(scaled, MOST, &count, arena),
                        ROWS * MOST * sizeof(double));
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = normal_of(arena);
    double *out = CAUS_ARRAY(arena, double, ROWS *MOST);
    size_t count;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_arena *scratch = caus_arena_new(0);
        fault_fail_after(allowed);
        caus_status status = caus_spline_fill(values, ROWS, MOST, MOST, scratch,
                                              out, &count, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(scratch);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_orthonormal_and_start_with_the_line),
        cmocka_unit_test(later_functions_are_wigglier),
        cmocka_unit_test(few_distinct_values_give_few_functions),
        cmocka_unit_test(a_smooth_function_is_in_the_span),
        cmocka_unit_test(a_power_of_two_changes_no_byte),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
