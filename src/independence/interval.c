/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals of correlations. */
#include <math.h>

#include "independence/independence_internal.h"

caus_ends caus_interval_fisher(const caus_independence *test, double statistic,
                               double df, double critical)
{
    (void)test;
    if (!(df > 0) || fabs(statistic) >= 1)
        return (caus_ends){statistic, statistic};
    /* a statistic of 1 would be needed to tell anything from 0 */
    double reach = critical < 1 ? atanh(critical) : HUGE_VAL;
    return (caus_ends){tanh(atanh(statistic) - reach),
                       tanh(atanh(statistic) + reach)};
}

static double t_of(double r, double df)
{
    return r * sqrt(df / ((1 - r) * (1 + r)));
}

/* Both ends are one quantile away on the scale of Student's t. */
caus_ends caus_interval_student(const caus_independence *test, double statistic,
                                double df, double critical)
{
    (void)test;
    if (!(df >= 1) || fabs(statistic) >= 1 || critical >= 1)
        return (caus_ends){statistic, statistic};
    double low = t_of(statistic, df) - t_of(critical, df);
    double high = t_of(statistic, df) + t_of(critical, df);
    return (caus_ends){low / sqrt(df + low * low),
                       high / sqrt(df + high * high)};
}

caus_ends caus_interval_around(const caus_independence *test, double statistic,
                               const caus_ci_result *centre, double critical)
{
    caus_ends ends =
        test->interval(test, centre->statistic, centre->df, critical);
    return (caus_ends){fmin(ends.lower, statistic),
                       fmax(ends.upper, statistic)};
}

double caus_windowed_correlation(double r, size_t window)
{
    const double half_pi = 1.5707963267948966;
    double shared = sqrt((1 - r) * (1 + r)) + r * asin(r);
    return r * (1 - (half_pi - shared) / (double)window);
}

double caus_unwindowed_correlation(double windowed, size_t window)
{
    /* rises in r, and at 1 is 1: halving finds it */
    double low = 0, high = 1, size = fabs(windowed);
    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2;
        if (caus_windowed_correlation(middle, window) < size)
            low = middle;
        else
            high = middle;
    }
    return copysign((low + high) / 2, windowed);
}
