/* SPDX-License-Identifier: Apache-2.0 */
/* Two samples; the numbers are of scipy 1.13.1 (mannwhitneyu asymptotic with
 * continuity, fisher_exact one-sided and doubled, betabinom likewise). */
#include <math.h>
#include <stdlib.h>

#include "events/evidence_internal.h"
#include "fault.h"
#include "test.h"

static caus_sample sample_of(caus_observed *room, const double *values,
                             size_t count, size_t zeros)
{
    for (size_t i = 0; i < count; i++)
        room[i] = (caus_observed){values[i], (uint32_t)i};
    return (caus_sample){room, count, zeros};
}

static void near(double value, double expected)
{
    if (fabs(value - expected) > 1e-12)
        fail_msg("%.17g is not %.17g", value, expected);
}

static void mann_whitney_agrees_with_scipy_under_ties(void **state)
{
    (void)state;
    static const double a[] = {1, 2, 2, 3, 5, 8, 8, 9};
    static const double b[] = {0, 2, 4, 8, 8, 10, 11, 12, 15};
    static const double positive_a[] = {1, 1, 2}, positive_b[] = {1, 1, 2, 3};
    caus_observed room[2][9];
    caus_sample x = sample_of(room[0], a, 8, 0);
    caus_sample y = sample_of(room[1], b, 9, 0);
    double superiority;
    near(caus_mann_whitney(&x, &y, &superiority), 0.19008513935840243);
    near(superiority, 0.6944444444444444);
    near(caus_mann_whitney(&y, &x, &superiority), 0.19008513935840243);
    near(superiority, 1 - 0.6944444444444444);
    x = sample_of(room[0], positive_a, 3, 4);
    y = sample_of(room[1], positive_b, 4, 1);
    near(caus_mann_whitney(&x, &y, &superiority), 0.19708221276838955);
    near(superiority, 0.7285714285714285);
}

static void equal_samples_do_not_differ(void **state)
{
    (void)state;
    static const double a[] = {3, 3, 3};
    caus_observed room[3];
    caus_sample x = sample_of(room, a, 3, 0);
    double superiority;
    near(caus_mann_whitney(&x, &x, &superiority), 1);
    near(superiority, 0.5);
    caus_sample none = {NULL, 0, 4};
    near(caus_mann_whitney(&none, &none, &superiority), 1);
    near(caus_sample_quantile(&none, 0.5), 0);
    near(caus_sample_spread(&none, 1e-6), 1e-6);
}

static void steps_agree_with_scipy(void **state)
{
    (void)state;
    static const struct {
        caus_step_habit habit;
        size_t hits[2], counts[2];
        double p;
    } cases[] = {
        {{.607, .0498}, {3, 0}, {3, 4}, 0.001019350705754289},
        {{.368, .0302}, {9, 3}, {9, 6}, 0.001291931285515418},
        {{.5, .5}, {177, 149}, {200, 200}, 0.0003389413180696491},
        {{.368, .0302}, {14, 30}, {111, 115}, 0.011957329536598671},
        {{2, 3}, {1, 5}, {7, 5}, 0.009615384615384803},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        near(caus_step_p(&cases[i].habit, cases[i].hits, cases[i].counts),
             cases[i].p);
}

/* The fewer steps are known, the less is certain of any. */
static void habits_of_steps_have_their_mean_and_are_never_certain(void **state)
{
    (void)state;
    for (double count = 0; count < 2000; count = 3 * count + 1) {
        caus_step_sums always = {count, count, count};
        caus_step_habit habit = caus_step_habit_of(&always);
        size_t hits[] = {3, 0}, counts[] = {3, 3};
        near(habit.taken / (habit.taken + habit.left),
             (count + .5) / (count + 1));
        double p = caus_step_p(&habit, hits, counts);
        assert_true(p > 0 && p <= 1);
        caus_step_sums more = {2 * count + 1, 2 * count + 1, 2 * count + 1};
        habit = caus_step_habit_of(&more);
        assert_true(caus_step_p(&habit, hits, counts) < p);
    }
}

static void fisher_agrees_with_scipy(void **state)
{
    (void)state;
    static const struct {
        size_t tables[4];
        double p;
    } cases[] = {{{3, 20, 9, 20}, 0.08235877701951116},
                 {{0, 100, 8, 120}, 0.014044186420279681},
                 {{50, 1000, 70, 1000}, 0.07323227720335666},
                 {{5, 5, 0, 5}, 0.007936507936507938},
                 {{2, 10, 2, 10}, 1},
                 {{0, 7, 0, 9}, 1},
                 {{7, 7, 9, 9}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t *t = cases[i].tables;
        near(caus_fisher_exact(t[0], t[1], t[2], t[3]), cases[i].p);
        near(caus_fisher_exact(t[2], t[3], t[0], t[1]), cases[i].p);
    }
}

static void spread_is_that_of_the_middle_and_never_zero(void **state)
{
    (void)state;
    static const double a[] = {1, 2, 3, 4, 100}, flat[] = {5, 5, 5, 5};
    caus_observed room[5];
    caus_sample x = sample_of(room, a, 5, 0);
    near(caus_sample_quantile(&x, 0.5), 3);
    near(caus_sample_quantile(&x, 0.25), 2);
    near(caus_sample_spread(&x, 1e-6), 1.4826); /* 1 away, in the middle */
    near(caus_sample_mean(&x), 22);
    x = sample_of(room, flat, 4, 0);
    near(caus_sample_spread(&x, 1e-6), 0.5);
}

static void trimmed_means_leave_out_a_twentieth_at_either_end(void **state)
{
    (void)state;
    double values[40];
    caus_observed room[40];
    for (int i = 0; i < 40; i++)
        values[i] = i < 2 ? -1e9 : i >= 38 ? 1e9 : i;
    caus_sample x = sample_of(room, values, 40, 0);
    near(caus_sample_trimmed_mean(&x), 19.5);
}

static void q_values_are_those_of_benjamini_and_hochberg(void **state)
{
    (void)state;
    static const double p[] = {0.04, 0.001, 0.5, 0.03};
    static const double expected[] = {0.04 * 4 / 3, 0.004, 0.5, 0.04 * 4 / 3};
    double q[4];
    caus_arena *scratch = caus_arena_new(0);
    assert_int_equal(caus_false_discovery(p, 4, scratch, q, NULL), CAUS_OK);
    for (int i = 0; i < 4; i++)
        near(q[i], expected[i]);
    caus_arena_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mann_whitney_agrees_with_scipy_under_ties),
        cmocka_unit_test(equal_samples_do_not_differ),
        cmocka_unit_test(steps_agree_with_scipy),
        cmocka_unit_test(habits_of_steps_have_their_mean_and_are_never_certain),
        cmocka_unit_test(fisher_agrees_with_scipy),
        cmocka_unit_test(spread_is_that_of_the_middle_and_never_zero),
        cmocka_unit_test(trimmed_means_leave_out_a_twentieth_at_either_end),
        cmocka_unit_test(q_values_are_those_of_benjamini_and_hochberg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
