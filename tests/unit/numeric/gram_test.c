/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "numeric/numeric.h"
#include "test.h"

enum { ROWS = 301, STRIDE = 40, LEFT = 16 };

static void fill(double *values, size_t count, uint64_t seed)
{
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t k = 0; k < count; k++)
        values[k] = caus_random_normal(&random) *
                    ldexp(1, (int)caus_random_below(&random, 40) - 20);
}

static void every_kernel_gives_the_bits_of_one_chain_of_fma(void **unused)
{
    (void)unused;
    static double left[ROWS * STRIDE], right[ROWS * STRIDE];
    static double start[LEFT * STRIDE], out[LEFT * STRIDE];
    static double expected[LEFT * STRIDE];
    fill(left, ROWS * STRIDE, 1);
    fill(right, ROWS * STRIDE, 2);
    fill(start, LEFT * STRIDE, 3);
    size_t count;
    const caus_gram_kernel *kernels = caus_gram_kernels(&count);
    for (size_t width = 8; width <= STRIDE; width += 8) {
        memcpy(expected, start, sizeof expected);
        for (size_t i = 0; i < LEFT; i++)
            for (size_t j = 0; j < width; j++)
                for (size_t r = 0; r < ROWS; r++)
                    expected[i * STRIDE + j] =
                        fma(left[r * STRIDE + i], right[r * STRIDE + j],
                            expected[i * STRIDE + j]);
        for (size_t k = 0; k < count; k++) {
            if (!kernels[k].is_usable())
                continue;
            memcpy(out, start, sizeof out);
            caus_gram_task task = {.left = left,
                                   .right = right,
                                   .out = out,
                                   .left_stride = STRIDE,
                                   .right_stride = STRIDE,
                                   .out_stride = STRIDE,
                                   .left_count = LEFT,
                                   .right_count = width,
                                   .row_count = ROWS};
            kernels[k].add(&task);
            if (memcmp(out, expected, sizeof out) != 0)
                fail_msg("%s differs at width %zu", kernels[k].name, width);
        }
    }
}

static void the_best_kernel_is_usable(void **unused)
{
    (void)unused;
    assert_true(caus_gram_best()->is_usable());
    assert_non_null(caus_gram_best()->name);
}

static void a_basis_tells_collinear_from_nearly_collinear(void **unused)
{
    (void)unused;
    enum { COUNT = 50 };
    double columns[4 * COUNT], probe[COUNT];
    caus_basis basis = {.columns = columns, .row_count = COUNT};
    double a[COUNT], b[COUNT], sum[COUNT];
    caus_random random;
    caus_random_init(&random, 4, 0);
    for (size_t r = 0; r < COUNT; r++) {
        a[r] = caus_random_normal(&random);
        b[r] = caus_random_normal(&random);
        sum[r] = 3 * a[r] - 2 * b[r];
        probe[r] = sum[r] + 1e-9 * caus_random_normal(&random);
    }
    assert_true(caus_basis_add(&basis, a));
    assert_true(caus_basis_add(&basis, b));
    assert_false(caus_basis_add(&basis, sum));
    assert_false(caus_basis_project(&basis, sum));
    assert_true(caus_dot(sum, sum, COUNT) <= 0);
    assert_true(caus_basis_project(&basis, probe));
    assert_int_equal(basis.count, 2);
    assert_true(fabs(caus_dot(probe, columns, COUNT)) < 1e-20);
}

static void an_inverse_times_its_matrix_is_the_identity(void **unused)
{
    (void)unused;
    enum { COUNT = 13, WIDE = 16 };
    double factor[COUNT][COUNT], matrix[COUNT * WIDE] = {0};
    double inverse[COUNT * WIDE];
    caus_random random;
    caus_random_init(&random, 5, 0);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            factor[i][j] = caus_random_normal(&random) + (i == j ? 4 : 0);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            for (size_t k = 0; k < COUNT; k++)
                matrix[i * WIDE + j] += factor[i][k] * factor[j][k];
    memcpy(inverse, matrix, sizeof inverse);
    assert_true(caus_invert_symmetric(inverse, COUNT, WIDE, 1e-12, NULL) >
                1e-12);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            double sum = 0;
            for (size_t k = 0; k < COUNT; k++)
                sum += matrix[i * WIDE + k] * inverse[k * WIDE + j];
            assert_true(fabs(sum - (i == j)) < 1e-10);
        }
}

static void a_singular_matrix_is_not_inverted(void **unused)
{
    (void)unused;
    double matrix[4] = {1, 1, 1, 1};
    assert_true(caus_invert_symmetric(matrix, 2, 2, 1e-12, NULL) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_gives_the_bits_of_one_chain_of_fma),
        cmocka_unit_test(the_best_kernel_is_usable),
        cmocka_unit_test(a_basis_tells_collinear_from_nearly_collinear),
        cmocka_unit_test(an_inverse_times_its_matrix_is_the_identity),
        cmocka_unit_test(a_singular_matrix_is_not_inverted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
