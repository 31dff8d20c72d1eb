/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests gpdc and rcot compute with. */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "numeric/cholesky.h"
#include "numeric/decay.h"
#include "numeric/distance.h"
#include "test.h"

static void exponentials_and_cosines_are_those_of_libm(void **unused)
{
    (void)unused;
    enum { COUNT = 4001 };
    static double values[COUNT], out[COUNT], first[2][COUNT];
    size_t count;
    const caus_decay_kernel *kernels = caus_decay_kernels(&count);
    for (size_t k = 0; k < count; k++) {
        if (!kernels[k].is_usable())
            continue;
        for (size_t i = 0; i < COUNT; i++)
            values[i] = .17 * (double)i;
        kernels[k].decay(values, -1, COUNT, out);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(fabs(out[i] / exp(-values[i]) - 1) < 1e-15);
        if (k == 0)
            memcpy(first[0], out, sizeof out);
        assert_memory_equal(first[0], out, sizeof out);
        for (size_t i = 0; i < COUNT; i++)
            out[i] = .0371 * ((double)i - 2000);
        kernels[k].cosine(out, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(fabs(out[i] - cos(.0371 * ((double)i - 2000))) < 1e-14);
        if (k == 0)
            memcpy(first[1], out, sizeof out);
        assert_memory_equal(first[1], out, sizeof out);
    }
}

static void factors_multiply_to_the_matrix(void **unused)
{
    (void)unused;
    enum { MOST = 136 };
    static double matrix[MOST * MOST], factor[MOST * MOST], scratch[MOST * 60];
    for (size_t n = 1; n <= 130; n += 1 + n / 4) {
        size_t stride = caus_pad_lanes(n);
        double vector[MOST], form = 0;
        assert_true(caus_cholesky_scratch(stride) <= MOST * 60);
        memset(matrix, 0, sizeof matrix);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                matrix[i * stride + j] =
                    exp(-.1 * fabs((double)i - (double)j)) + (i == j) * .5;
        memcpy(factor, matrix, sizeof matrix);
        assert_true(caus_cholesky(factor, n, stride, scratch, NULL) > .5);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++) {
                double sum = 0;
                for (size_t k = 0; k <= i; k++)
                    sum += factor[k * stride + i] * factor[k * stride + j];
                assert_true(fabs(sum - matrix[i * stride + j]) < 1e-13);
            }
        for (size_t i = 0; i < n; i++)
            vector[i] = cos((double)i);
        caus_cholesky_forward(factor, n, stride, vector);
        caus_cholesky_backward(factor, n, stride, vector);
        for (size_t i = 0; i < n; i++) {
            form = -cos((double)i);
            for (size_t j = 0; j < n; j++)
                form += matrix[i * stride + j] * vector[j];
            assert_true(fabs(form) < 1e-12);
        }
    }
}

static void a_matrix_that_is_not_positive_is_told(void **unused)
{
    (void)unused;
    double matrix[64] = {0}, scratch[2000];
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            matrix[i * 8 + j] = i == j ? 1 : 2;
    assert_false(caus_cholesky(matrix, 3, 8, scratch, NULL) > 0);
}

/* The formula, by all pairs. */
static double all_pairs(const uint32_t *a, const uint32_t *b, size_t n)
{
    double sums[3] = {0}, totals[2] = {0}, rows[3] = {0};
    for (size_t i = 0; i < n; i++) {
        double row[2] = {0};
        for (size_t j = 0; j < n; j++) {
            double x = fabs((double)a[i] - (double)a[j]);
            double y = fabs((double)b[i] - (double)b[j]);
            sums[0] += x * y;
            sums[1] += x * x;
            sums[2] += y * y;
            row[0] += x;
            row[1] += y;
        }
        totals[0] += row[0];
        totals[1] += row[1];
        rows[0] += row[0] * row[1];
        rows[1] += row[0] * row[0];
        rows[2] += row[1] * row[1];
    }
    double m = (double)n, parts[3];
    const double pairs[3] = {totals[0] * totals[1], totals[0] * totals[0],
                             totals[1] * totals[1]};
    for (size_t k = 0; k < 3; k++)
        parts[k] = sums[k] / (m * m) - 2 * rows[k] / (m * m * m) +
                   pairs[k] / pow(m, 4);
    return sqrt(parts[0] / sqrt(parts[1] * parts[2]));
}

static void distance_correlations_are_those_of_all_pairs(void **unused)
{
    (void)unused;
    enum { MOST = 200 };
    caus_arena *arena = caus_arena_new(0);
    caus_distance_work work;
    caus_random random;
    caus_random_init(&random, 3, 0);
    assert_int_equal(caus_distance_work_init(&work, MOST, arena, NULL),
                     CAUS_OK);
    for (size_t n = 2; n <= MOST; n += 1 + n / 5) {
        double values[2][MOST];
        uint32_t a[MOST], b[MOST];
        for (size_t r = 0; r < n; r++) {
            values[0][r] = caus_random_normal(&random);
            values[1][r] = round(values[0][r] * values[0][r] +
                                 3 * caus_random_normal(&random));
        }
        values[1][0] = 99;
        caus_distance_rank(&work, values[0], n, a);
        caus_distance_rank(&work, values[1], n, b);
        double found = caus_distance_correlation(&work, a, b, n);
        double other = caus_distance_correlation(&work, b, a, n);
        assert_true(fabs(found - all_pairs(a, b, n)) < 1e-9);
        assert_memory_equal(&found, &other, sizeof found);
        double self = caus_distance_correlation(&work, a, a, n);
        assert_true(fabs(self - 1) < 1e-15);
        for (size_t r = 0; r < n; r++)
            b[r] = (uint32_t)n;
        assert_true(caus_distance_correlation(&work, a, b, n) <= 0);
    }
    caus_arena_free(arena);
}

/* Its mean is ζ(2)² / ζ(4) = 2.5 and its variance 2. */
static void the_null_law_has_its_moments(void **unused)
{
    (void)unused;
    static const double rows = 1e9, step = .01;
    double mean = .5 * step, square = 0;
    for (double x = step; x < 120; x += step) {
        double p = caus_distance_sf(sqrt(x / rows), rows);
        mean += p * step;
        square += 2 * x * p * step;
    }
    assert_true(fabs(mean - 2.5) < 1e-3);
    assert_true(fabs(square - 2.5 * 2.5 - 2) < 1e-2);
}

static void permutations_follow_the_null_law(void **unused)
{
    (void)unused;
    enum { ROWS = 60, TIMES = 4000 };
    static const double levels[] = {.5, .1, .05, .01};
    caus_arena *arena = caus_arena_new(0);
    caus_distance_work work;
    caus_random random;
    uint32_t a[ROWS], b[ROWS];
    size_t below[4] = {0};
    caus_random_init(&random, 5, 0);
    assert_int_equal(caus_distance_work_init(&work, ROWS, arena, NULL),
                     CAUS_OK);
    for (uint32_t r = 0; r < ROWS; r++)
        a[r] = b[r] = r + 1;
    for (size_t k = 0; k < TIMES; k++) {
        for (size_t left = ROWS; left > 1; left--) {
            size_t other = caus_random_below(&random, left);
            uint32_t kept = b[left - 1];
            b[left - 1] = b[other];
            b[other] = kept;
        }
        double p = caus_distance_sf(
            caus_distance_correlation(&work, a, b, ROWS), ROWS);
        for (size_t l = 0; l < 4; l++)
            below[l] += p <= levels[l];
    }
    for (size_t l = 0; l < 4; l++) {
        double noise = 3 * sqrt(levels[l] * (1 - levels[l]) / TIMES);
        double share = (double)below[l] / TIMES;
        assert_true(share < levels[l] + noise);
        assert_true(share > .6 * levels[l] - noise);
    }
    caus_arena_free(arena);
}

static void tails_keep_their_digits(void **unused)
{
    (void)unused;
    double before = 1;
    for (double r = 0; r <= 1; r += .01) {
        double p = caus_distance_sf(r, 1000);
        assert_true(p <= before && p >= 0);
        before = p;
    }
    assert_true(caus_distance_sf(.5, 1000) > 0);
    assert_true(caus_distance_sf(.5, 1000) < 1e-50);
    assert_true(caus_distance_sf(1, 1) >= 1);
}

static void distances_say_when_memory_is_out(void **unused)
{
    (void)unused;
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_arena *arena = caus_arena_new(0);
        caus_distance_work work;
        fault_fail_after(n);
        status = caus_distance_work_init(&work, 100000, arena, NULL);
        fault_stop();
        assert_true(status == CAUS_OK || status == CAUS_ERR_OUT_OF_MEMORY);
        caus_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_and_cosines_are_those_of_libm),
        cmocka_unit_test(factors_multiply_to_the_matrix),
        cmocka_unit_test(a_matrix_that_is_not_positive_is_told),
        cmocka_unit_test(distance_correlations_are_those_of_all_pairs),
        cmocka_unit_test(the_null_law_has_its_moments),
        cmocka_unit_test(permutations_follow_the_null_law),
        cmocka_unit_test(tails_keep_their_digits),
        cmocka_unit_test(distances_say_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
