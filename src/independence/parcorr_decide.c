/* SPDX-License-Identifier: Apache-2.0 */
/* P-values, critical values and intervals of a partial correlation. */
#include <math.h>

#include "independence/independence_internal.h"
#include "numeric/distributions.h"

static double t_of(double r, double df)
{
    return r * sqrt(df / ((1 - r) * (1 + r)));
}

static double p_value(double statistic, double df)
{
    double r = fabs(statistic);
    if (!(df >= 1))
        return 1;
    if (r >= 1)
        return 0;
    return 2 * caus_student_t_sf_fast(t_of(r, df), df);
}

static double r_of(double t, double df)
{
    return t / sqrt(df + t * t);
}

static double critical(double alpha, double df)
{
    if (!(alpha > 0) || !(df >= 1))
        return 1;
    if (alpha >= 1)
        return 0;
    return r_of(caus_student_t_quantile_sf(alpha / 2, df), df);
}

/* Upper quantile of the normal distribution: Abramowitz and Stegun 26.2.23,
 * good to 4.5e-4, and two steps of Newton's method. */
static double normal_quantile_sf(double p)
{
    double t = sqrt(-2 * log(p));
    double z = t - (2.515517 + t * (.802853 + t * .010328)) /
                       (1 + t * (1.432788 + t * (.189269 + t * .001308)));
    for (int step = 0; step < 2; step++) {
        double tail = .5 * erfc(z * .70710678118654752);
        z += (tail - p) * 2.5066282746310002 * exp(.5 * z * z);
    }
    return z;
}

/* Abramowitz and Stegun 26.7.5, four terms; the test of this file's claim is
 * critical_values_are_near. */
double caus_parcorr_critical_near(double alpha, double df)
{
    if (!(alpha > 1e-4) || alpha >= 1 || df < 40)
        return critical(alpha, df);
    double z = normal_quantile_sf(alpha / 2), v = 1 / df, s = z * z;
    double g1 = z * (s + 1) / 4;
    double g2 = z * (3 + s * (16 + s * 5)) / 96;
    double g3 = z * (-15 + s * (17 + s * (19 + s * 3))) / 384;
    double g4 =
        z * (-945 + s * (-1920 + s * (1482 + s * (776 + s * 79)))) / 92160;
    return r_of(z + v * (g1 + v * (g2 + v * (g3 + v * g4))), df);
}

/* Wallace (1959), Annals of Mathematical Statistics 30, approximation 3; its
 * error was measured to be below 0.02 z³ / df² for these arguments. */
static double deviate_near(double statistic, double df, double *error)
{
    double squared = statistic * statistic;
    double z = (8 * df + 1) / (8 * df + 3) * sqrt(-df * log1p(-squared));
    double reach = 1 + z;
    bool is_near = df >= 40 && z < 30;
    *error = is_near ? .03 * reach * reach * reach / (df * df) : HUGE_VAL;
    return z;
}

void caus_parcorr_decide(caus_independence *test)
{
    test->p_value = p_value;
    test->is_correlation = true;
    test->critical = critical;
    test->critical_near = caus_parcorr_critical_near;
    test->deviate_near = deviate_near;
    test->interval = caus_interval_fisher;
}
