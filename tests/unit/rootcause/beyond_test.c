/* SPDX-License-Identifier: Apache-2.0 */
/* Deviates of an incident over healthy windows. */
#include <math.h>

#include "base/base.h"
#include "numeric/distributions.h"
#include "rootcause/beyond.h"
#include "rootcause/placebo.h"
#include "test.h"

enum { WINDOWS = 12, TRIES = 4000, ROWS = 60, SHORTEST = 3 };

static const double exact = 1e-9;

/* The largest mean of the last rows, over its deviation, of any length. */
static double largest_mean(caus_random *random)
{
    double sum = 0, most = -INFINITY;
    for (size_t length = 1; length <= ROWS; length++) {
        sum += caus_random_normal(random);
        if (length >= SHORTEST)
            most = fmax(most, sum / sqrt((double)length));
    }
    return most;
}

static void looking_everywhere_finds_chance_as_often_as_told(void **state)
{
    (void)state;
    static const double levels[] = {2, 2.5, 3};
    caus_random random;
    double passed[3] = {0};
    caus_random_init(&random, 1, 0);
    for (size_t i = 0; i < 10 * TRIES; i++) {
        double most = largest_mean(&random);
        for (size_t k = 0; k < 3; k++)
            passed[k] += most > levels[k];
    }
    for (size_t k = 0; k < 3; k++) {
        double share = passed[k] / (10 * TRIES);
        double told = caus_normal_sf(caus_deviate_sought(
            levels[k], caus_deviate_crossings(levels[k], SHORTEST, ROWS)));
        assert_true(fabs(told - share) < .15 * share);
        assert_true(share > 5 * caus_normal_sf(levels[k]));
    }
}

static void one_length_is_looked_at_once(void **state)
{
    (void)state;
    assert_true(caus_deviate_crossings(2, 5, 5) == 0);
    assert_true(fabs(caus_deviate_sought(2, 0) - 2) < exact);
    assert_true(caus_deviate_crossings(2, 3, 300) >
                caus_deviate_crossings(2, 3, 30));
}

static void what_is_rarer_stays_rarer_when_it_is_looked_for(void **state)
{
    (void)state;
    double last = -INFINITY;
    for (double deviate = -4; deviate < 12; deviate += .05) {
        double crossings = caus_deviate_crossings(deviate, 3, 1000);
        double sought = caus_deviate_sought(deviate, crossings);
        assert_true(sought > last);
        assert_true(sought <= deviate);
        last = sought;
    }
}

static double try_healthy(caus_random *random, size_t count, double deviation)
{
    double windows[WINDOWS];
    for (size_t i = 0; i < count; i++)
        windows[i] = deviation * caus_random_normal(random);
    return caus_deviate_beyond(windows, count,
                               deviation * caus_random_normal(random),
                               &(caus_windows_prior){deviation, 8});
}

static void few_windows_call_healthy_rows_no_more_often_than_many(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 2, 0);
    for (size_t count = 1; count <= WINDOWS; count += 11) {
        double rare = 0;
        for (size_t i = 0; i < TRIES; i++)
            rare += try_healthy(&random, count, .7) > 1.645;
        assert_true(rare / TRIES < .06);
    }
}

static void windows_that_do_as_much_take_what_is_beyond(void **state)
{
    (void)state;
    const caus_windows_prior known = {.7, 8};
    double windows[WINDOWS] = {0}, last = INFINITY;
    for (size_t loud = 0; loud <= 6; loud++) {
        double told = caus_deviate_beyond(windows, WINDOWS, 4, &known);
        assert_true(told < last);
        last = told;
        windows[loud] = 4;
    }
    assert_true(last < 1.5);
    assert_true(isnan(caus_deviate_beyond(windows, 0, 4, &known)));
}

static void one_kind_alone_is_what_it_is(void **state)
{
    (void)state;
    const double alone[] = {(double)NAN, 2.5, (double)NAN};
    assert_true(fabs(caus_deviate_together(alone, 3) - 2.5) < exact);
    assert_true(isnan(caus_deviate_together(alone, 1)));
}

static void a_quiet_kind_hardly_lessens_a_loud_one(void **state)
{
    (void)state;
    const double loud[] = {-3, 5, 0}, both[] = {2, 2};
    assert_true(caus_deviate_together(loud, 2) > 4);
    assert_true(caus_deviate_together(loud, 3) > 3.5);
    assert_true(caus_deviate_together(both, 2) > 2.4);
}

static void kinds_that_show_nothing_seldom_do_together(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 3, 0);
    double rare = 0;
    for (size_t i = 0; i < TRIES; i++) {
        double kinds[4];
        for (size_t k = 0; k < 4; k++)
            kinds[k] = caus_random_normal(&random);
        rare += caus_deviate_together(kinds, 4) > 1.645;
    }
    assert_true(rare / TRIES > .04 && rare / TRIES < .06);
}

/* Four of ten windows are loud, of which so many may be left out. */
static void the_loudest_windows_are_left_out_as_many_as_may_be(void **state)
{
    (void)state;
    enum { COUNT = 10, WIDTH = 2 };
    static const double means[COUNT] = {1, 9, 1.1, 7, .9, 1, 8, 1.2, 6, 1};
    double clues[COUNT * WIDTH];
    for (size_t i = 0; i < COUNT; i++) {
        clues[i * WIDTH] = means[i] - .5;
        clues[i * WIDTH + 1] = means[i] + .5;
    }
    for (size_t most = 0; most <= COUNT; most++) {
        bool left_out[COUNT] = {false};
        caus_placebo_leave_out(clues, COUNT, WIDTH, most, left_out);
        for (size_t i = 0; i < COUNT; i++) {
            bool is_loud = means[i] > 2 && means[i] > 9 - (double)most;
            assert_int_equal(left_out[i], is_loud);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looking_everywhere_finds_chance_as_often_as_told),
        cmocka_unit_test(one_length_is_looked_at_once),
        cmocka_unit_test(what_is_rarer_stays_rarer_when_it_is_looked_for),
        cmocka_unit_test(few_windows_call_healthy_rows_no_more_often_than_many),
        cmocka_unit_test(windows_that_do_as_much_take_what_is_beyond),
        cmocka_unit_test(the_loudest_windows_are_left_out_as_many_as_may_be),
        cmocka_unit_test(one_kind_alone_is_what_it_is),
        cmocka_unit_test(a_quiet_kind_hardly_lessens_a_loud_one),
        cmocka_unit_test(kinds_that_show_nothing_seldom_do_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
