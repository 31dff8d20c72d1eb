/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "test.h"
#include "unit/anomaly/plant.h"

enum { ROWS = 9 };

/* log of the normal-inverse-gamma evidence of rows [from, to) of a column,
 * prior 1, 0, 1, 1, value by value from Student's t. */
static double evidence(const double *values, size_t stride, size_t from,
                       size_t to)
{
    double weight = 1, mean = 0, shape = 1, scale = 1, sum = 0;
    for (size_t r = from; r < to; r++) {
        double value = values[r * stride];
        if (isnan(value))
            continue;
        double width = scale * (weight + 1) / (weight * shape);
        double off = (value - mean) * (value - mean);
        sum += lgamma(shape + .5) - lgamma(shape) -
               .5 * log(2 * shape * 3.14159265358979323846 * width) -
               (shape + .5) * log(1 + off / (2 * shape * width));
        scale += weight * off / (2 * (weight + 1));
        mean = (weight * mean + value) / (weight + 1);
        weight += 1;
        shape += .5;
    }
    return sum;
}

/* The posterior by adding up all 2^(rows − 1) ways to cut the rows. */
static double by_enumeration(const double *values, size_t columns, size_t rows,
                             double hazard, size_t start)
{
    double total = 0, last = 0;
    for (unsigned cuts = 0; cuts < 1u << (rows - 1); cuts++) {
        double sum = 0;
        size_t from = 0;
        for (size_t r = 1; r <= rows; r++) {
            bool is_cut = r < rows && (cuts >> (r - 1) & 1);
            if (r < rows)
                sum += log(is_cut ? hazard : 1 - hazard);
            if (r < rows && !is_cut)
                continue;
            for (size_t c = 0; c < columns; c++)
                sum += evidence(values + c, columns, from, r);
            if (r < rows)
                from = r;
        }
        total += exp(sum);
        last += from == start ? exp(sum) : 0;
    }
    return last / total;
}

static void beliefs_equal_the_sum_over_all_segmentations(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    double values[ROWS * 2];
    caus_random random;
    caus_random_init(&random, 3, 0);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < 2; c++)
            values[2 * r + c] = caus_random_normal(&random) + (r >= 5 ? 3 : 0);
    values[4] = (double)NAN;
    for (size_t delay = 0; delay < 4; delay++) {
        caus_run_lengths found;
        assert_int_equal(caus_run_lengths_find(values, ROWS, 2, .1, delay, run,
                                               arena, &found, NULL),
                         CAUS_OK);
        for (size_t r = 0; r < ROWS; r++) {
            size_t seen = r + delay + 1 < ROWS ? r + delay + 1 : ROWS;
            assert_true(fabs(found.change[r] -
                             by_enumeration(values, 2, seen, .1, r)) < 1e-5);
        }
    }
    caus_arena_free(arena);
    caus_run_free(run);
}

static void a_change_of_all_variables_is_believed(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    double values[120 * 3];
    caus_random random;
    caus_random_init(&random, 4, 0);
    for (size_t i = 0; i < 120 * 3; i++)
        values[i] = caus_random_normal(&random) + (i >= 240 ? 4 : 0);
    caus_run_lengths found;
    assert_int_equal(
        caus_run_lengths_find(values, 120, 3, .01, 3, run, arena, &found, NULL),
        CAUS_OK);
    assert_true(found.change[80] > .9);
    assert_int_equal(found.longest[79], 80);
    assert_int_equal(found.longest[119], 40);
    double others = 0;
    for (size_t r = 1; r < 120; r++)
        others = fmax(others, r == 80 ? 0 : found.change[r]);
    assert_true(others < .2);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void wrong_input_and_no_memory_are_told(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = plant_run(1);
    double values[40] = {0};
    caus_run_lengths found;
    caus_error err = {0};
    assert_int_equal(
        caus_run_lengths_find(values, 0, 1, .1, 0, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        caus_run_lengths_find(values, 40, 1, 1, 0, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "hazard 1"));
    values[7] = (double)INFINITY;
    assert_int_equal(
        caus_run_lengths_find(values, 40, 1, .1, 0, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "row 7"));
    values[7] = 0;
    caus_run_free(run);
    caus_arena_free(arena);
    bool refused = true;
    for (long n = 0; refused; n++) {
        run = plant_run(1);
        arena = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status = caus_run_lengths_find(values, 40, 1, .1, 0, run,
                                                   arena, &found, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(arena);
        caus_run_free(run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beliefs_equal_the_sum_over_all_segmentations),
        cmocka_unit_test(a_change_of_all_variables_is_believed),
        cmocka_unit_test(wrong_input_and_no_memory_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
