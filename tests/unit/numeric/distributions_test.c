/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values: mpmath 1.4.1 at 60 digits (regularised incomplete beta,
 * erfc, Newton steps for the inverses), rounded to 18. scipy 1.17.1 agrees to
 * 2e-13 wherever it does not underflow; its t tails reach 0 or infinity first.
 */
#include <float.h>
#include <math.h>

#include "numeric/distributions.h"
#include "test.h"

#define NOTHING ((double)NAN)

typedef struct row {
    double at;
    double df;
    double expected;
} row;

static const row tails[] = {
    {0.1, 1, 0.468274482569446429},
    {1e-08, 1, 0.499999996816901138},
    {1000000.0, 1, 3.18309886183684568e-7},
    {2.5, 1.5, 0.0849032513073480324},
    {-3, 2, 0.952267016866645434},
    {37, 3, 0.0000217117440624895628},
    {1.96, 10, 0.0392181201238498565},
    {12.5, 27, 4.84823619740019205e-13},
    {60, 29, 2.85402167970105256e-32},
    {1e-09, 100, 0.499999999602053813},
    {-0.5, 100, 0.690913217084556714},
    {200, 150, 2.77568955332632094e-184},
    {38, 487, 4.41620837168135521e-148},
    {12.25, 991, 1.5780190752170308e-32},
    {55, 991, 1.09362914994159784e-303},
    {37, 100000.0, 5.98731412171233004e-298},
    {-10, 5000, 1.0},
    {5, 1000000.0, 2.86699893544537078e-7},
};
static const row quantiles[] = {
    {0.5, 7, 0.0},
    {0.4, 1, 0.324919696232906249},
    {0.025, 10, 2.22813885198627472},
    {0.025, 994, 1.96235343459493013},
    {1e-12, 5, 393.95695957760377},
    {1e-100, 30, 10810.6450011439759},
    {1e-300, 100, 9682.73428706956364},
    {1e-300, 991, 54.4989452551101544},
    {1e-300, 3, 1.0331108360446529e+100},
    {0.999, 50, -3.2614090557983179},
    {0.75, 2, -0.816496580927726033},
};
static const row normal_tails[] = {
    {0.0, 0, 0.5},
    {0.1, 0, 0.460172162722971016},
    {1.96, 0, 0.0249978951482204362},
    {5.0, 0, 2.86651571879193912e-7},
    {8.0, 0, 6.22096057427178412e-16},
    {20.0, 0, 2.7536241186062337e-89},
    {37.0, 0, 5.72557122252457682e-300},
    {-1.0, 0, 0.841344746068542949},
    {-5.0, 0, 0.999999713348428121},
    {-8.0, 0, 0.999999999999999378},
};
static const row normal_quantiles[] = {
    {0.5, 0, 0.0},
    {0.3, 0, -0.524400512708040816},
    {0.05, 0, -1.64485362695147269},
    {0.025, 0, -1.95996398454005421},
    {1e-06, 0, -4.75342430882289896},
    {1e-20, 0, -9.26234008979840758},
    {1e-100, 0, -21.2734535609653243},
    {1e-300, 0, -37.0470962993611992},
    {0.9, 0, 1.28155156554460059},
    {0.99999, 0, 4.26489079392384077},
};

typedef double two_arguments(double at, double df);

static void assert_close(const row *expected, double actual, double tolerance)
{
    double allowed = tolerance * fabs(expected->expected);
    if (!(fabs(actual - expected->expected) <= allowed))
        fail_msg("at %.17g, %.17g: got %.17g, expected %.17g", expected->at,
                 expected->df, actual, expected->expected);
}

static void compare(const row *rows, size_t count, two_arguments *function,
                    double tolerance)
{
    for (size_t i = 0; i < count; i++)
        assert_close(&rows[i], function(rows[i].at, rows[i].df), tolerance);
}

static double normal_sf(double z, double unused)
{
    (void)unused;
    return caus_normal_sf(z);
}

static double mirrored_normal_cdf(double z, double unused)
{
    (void)unused;
    return caus_normal_cdf(-z);
}

static double normal_quantile(double p, double unused)
{
    (void)unused;
    return caus_normal_quantile(p);
}

#define COMPARE(rows, function, tolerance) \
    compare(rows, sizeof(rows) / sizeof((rows)[0]), function, tolerance)

static void reported_tails_keep_their_digits_down_to_1e_300(void **state)
{
    (void)state;
    COMPARE(tails, caus_student_t_sf, 4 * DBL_EPSILON);
    COMPARE(quantiles, caus_student_t_quantile_sf, 4 * DBL_EPSILON);
    COMPARE(normal_tails, normal_sf, 4 * DBL_EPSILON);
    COMPARE(normal_tails, mirrored_normal_cdf, 4 * DBL_EPSILON);
    COMPARE(normal_quantiles, normal_quantile, 4 * DBL_EPSILON);
}

static void bulk_tails_agree_with_reported_ones(void **state)
{
    (void)state;
    for (double df = 3; df < 3000; df *= 1.7) {
        for (double t = -4; t < 35; t += .37) {
            double exact = caus_student_t_sf(t, df);
            row expected = {t, df, exact};
            assert_close(&expected, caus_student_t_sf_fast(t, df), 1e-12);
        }
    }
}

static void quantile_undoes_the_tail(void **state)
{
    (void)state;
    for (double df = 1; df < 2000; df = df * 2 + 1) {
        for (double p = 1e-290; p < .5; p *= 1e9) {
            double t = caus_student_t_quantile_sf(p, df);
            /* One unit in the last place of t moves p by this much. */
            double sensitivity = 1 + (df + 1) / (1 + df / t / t);
            row expected = {t, df, p};
            assert_close(&expected, caus_student_t_sf(t, df),
                         4 * DBL_EPSILON * sensitivity);
        }
    }
}

static void limits_are_exact(void **state)
{
    (void)state;
    assert_true(caus_student_t_sf(HUGE_VAL, 5) == 0);
    assert_true(caus_student_t_sf(-HUGE_VAL, 5) == 1);
    assert_true(caus_student_t_sf(0, 5) == .5);
    assert_true(caus_student_t_sf(2, HUGE_VAL) == caus_normal_sf(2));
    assert_true(caus_student_t_quantile_sf(0, 5) == HUGE_VAL);
    assert_true(caus_student_t_quantile_sf(1, 5) == -HUGE_VAL);
    assert_true(caus_student_t_quantile_sf(.1, HUGE_VAL) ==
                -caus_normal_quantile(.1));
    assert_true(caus_normal_sf(HUGE_VAL) == 0);
    assert_true(caus_normal_cdf(HUGE_VAL) == 1);
    assert_true(caus_normal_quantile(0) == -HUGE_VAL);
    assert_true(caus_normal_quantile(1) == HUGE_VAL);
}

static void arguments_outside_the_domain_give_nan(void **state)
{
    (void)state;
    assert_true(isnan(caus_student_t_sf(NOTHING, 5)));
    assert_true(isnan(caus_student_t_sf(1, 0)));
    assert_true(isnan(caus_student_t_sf(1, -2)));
    assert_true(isnan(caus_student_t_sf(1, NOTHING)));
    assert_true(isnan(caus_student_t_sf_fast(NOTHING, 5)));
    assert_true(isnan(caus_student_t_quantile_sf(-.1, 5)));
    assert_true(isnan(caus_student_t_quantile_sf(1.1, 5)));
    assert_true(isnan(caus_student_t_quantile_sf(.1, 0)));
    assert_true(isnan(caus_student_t_quantile_sf(NOTHING, 5)));
    assert_true(isnan(caus_normal_sf(NOTHING)));
    assert_true(isnan(caus_normal_quantile(-.1)));
    assert_true(isnan(caus_normal_quantile(NOTHING)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reported_tails_keep_their_digits_down_to_1e_300),
        cmocka_unit_test(bulk_tails_agree_with_reported_ones),
        cmocka_unit_test(quantile_undoes_the_tail),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(arguments_outside_the_domain_give_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
