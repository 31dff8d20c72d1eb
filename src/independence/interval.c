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
