/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numeric/distributions.h"
#include "numeric/order.h"
#include "numeric/row_order.h"
#include "test.h"

enum { MOST = 400, KINDS = 7 };

static double draw(int kind, size_t place, size_t count, caus_random *random)
{
    double share = caus_random_uniform(random);
    switch (kind) {
    case 0:
        return share;
    case 1:
        return floor(4 * share); /* many ties */
    case 2:
        return (double)place;
    case 3:
        return -(double)place;
    case 4: /* up and down again */
        return (double)(place < count / 2 ? place : count - place);
    case 5: /* far from 0 and near one another, but for some */
        return share < .05 ? -1 : 1e9 + 1e-4 * share;
    default:
        return share < .9 ? 0 : share < .95 ? -HUGE_VAL : HUGE_VAL;
    }
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Counts of 0 to MOST in every kind, beside what qsort() makes of them. */
static void for_samples(void (*check)(double *values, const double *sorted,
                                      size_t count))
{
    caus_random random;
    caus_random_init(&random, 7, 0);
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t count = 0; count <= MOST; count += 1 + count / 20) {
            double values[MOST + 1], sorted[MOST + 1];
            for (size_t i = 0; i < count; i++)
                values[i] = draw(kind, i, count, &random);
            memcpy(sorted, values, count * sizeof *sorted);
            qsort(sorted, count, sizeof *sorted, by_value);
            check(values, sorted, count);
        }
}

static void check_sort(double *values, const double *sorted, size_t count)
{
    caus_sort(values, count);
    assert_memory_equal(values, sorted, count * sizeof *values);
}

static void sorting_is_as_qsort_does(void **state)
{
    (void)state;
    for_samples(check_sort);
}

static void check_selected(double *values, const double *sorted, size_t count)
{
    for (size_t place = 0; place < count; place += 1 + count / 7) {
        assert_true(caus_select(values, count, place) == sorted[place]);
        assert_true(values[place] == sorted[place]);
        for (size_t i = 0; i < count; i++)
            assert_true(i < place ? values[i] <= sorted[place]
                                  : values[i] >= sorted[place]);
    }
    caus_sort(values, count); /* none is lost */
    assert_memory_equal(values, sorted, count * sizeof *values);
}

static void a_selected_value_parts_the_others(void **state)
{
    (void)state;
    for_samples(check_selected);
}

static void check_median(double *values, const double *sorted, size_t count)
{
    double median = caus_median(values, count);
    if (!count)
        assert_true(isnan(median));
    else if (count % 2)
        assert_true(median == sorted[count / 2]);
    else
        assert_true(median ==
                    sorted[count / 2 - 1] / 2 + sorted[count / 2] / 2);
}

static void a_median_is_between_the_middle_two(void **state)
{
    (void)state;
    for_samples(check_median);
    double large[] = {1e308, 1.5e308};
    assert_true(caus_median(large, 2) == 1.25e308);
}

static void quantiles_are_those_of_r(void **state)
{
    (void)state;
    /* quantile(c(1, 2, 4, 8, 16), c(0, .1, .25, .5, .9, 1)) of R */
    static const double sorted[] = {1, 2, 4, 8, 16};
    static const double shares[] = {0, .1, .25, .5, .9, 1};
    static const double expected[] = {1, 1.4, 2, 4, 12.8, 16};
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(caus_sorted_quantile(sorted, 5, shares[i]) -
                         expected[i]) < 1e-14);
    assert_true(caus_sorted_quantile(sorted, 1, .7) == 1);
}

static void the_deviation_is_that_of_a_normal_sample(void **state)
{
    (void)state;
    double sorted[MOST];
    for (size_t i = 0; i < MOST; i++)
        sorted[i] = 5 + 3 * caus_normal_quantile(((double)i + .5) / MOST);
    assert_true(fabs(caus_sorted_deviation(sorted, MOST) - 3) < .01);
}

static void the_median_of_three_needs_no_order(void **state)
{
    (void)state;
    static const double orders[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                       {2, 3, 1}, {3, 1, 2}, {3, 2, 1},
                                       {2, 2, 9}, {2, 9, 2}, {9, 2, 2}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        assert_true(caus_median_of_three(orders[i][0], orders[i][1],
                                         orders[i][2]) == 2);
}

static void check_rows(double *values, const double *sorted, size_t count)
{
    uint32_t rows[MOST + 1];
    caus_ordered *scratch = calloc(caus_order_room(count) + 1, sizeof *scratch);
    assert_non_null(scratch);
    assert_int_equal(caus_order_rows(values, count, scratch, rows), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(values[rows[i]] == sorted[i]);
        if (i && sorted[i] == sorted[i - 1])
            assert_true(rows[i] > rows[i - 1]);
    }
    free(scratch);
}

static void rows_are_by_value_and_equal_ones_by_row(void **state)
{
    (void)state;
    for_samples(check_rows);
}

static void missing_values_have_no_place_among_rows(void **state)
{
    (void)state;
    static const double values[] = {0,        (double)NAN,  -HUGE_VAL, -0.,
                                    HUGE_VAL, -(double)NAN, -1};
    static const uint32_t expected[] = {2, 6, 0, 3, 4};
    caus_ordered scratch[32];
    uint32_t rows[7];
    assert_true(caus_order_room(7) <= 32);
    assert_int_equal(caus_order_rows(values, 7, scratch, rows), 5);
    assert_memory_equal(rows, expected, sizeof expected);
}

/* Runs of a value that it has again later, one of them parted by a gap. */
static void values_that_stay_are_sorted_row_by_row(void **state)
{
    (void)state;
    static const double values[] = {2, 2, 2, 1, 1,           2, 2,
                                    0, 1, 3, 3, (double)NAN, 3, -0.};
    static const uint32_t expected[] = {7, 13, 3, 4, 8,  0, 1,
                                        2, 5,  6, 9, 10, 12};
    enum { COUNT = sizeof values / sizeof *values };
    caus_ordered scratch[4 * COUNT];
    uint32_t rows[COUNT];
    assert_true(caus_order_room(COUNT) <= 4 * (size_t)COUNT);
    assert_int_equal(caus_order_rows(values, COUNT, scratch, rows), COUNT - 1);
    assert_memory_equal(rows, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_is_as_qsort_does),
        cmocka_unit_test(a_selected_value_parts_the_others),
        cmocka_unit_test(a_median_is_between_the_middle_two),
        cmocka_unit_test(quantiles_are_those_of_r),
        cmocka_unit_test(the_deviation_is_that_of_a_normal_sample),
        cmocka_unit_test(the_median_of_three_needs_no_order),
        cmocka_unit_test(rows_are_by_value_and_equal_ones_by_row),
        cmocka_unit_test(missing_values_have_no_place_among_rows),
        cmocka_unit_test(values_that_stay_are_sorted_row_by_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
