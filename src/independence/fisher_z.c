/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlation with Fisher's z: atanh(r) · sqrt(n − k − 3) is normal.
 * With the df = n − 2 − k of partial correlation, n − k − 3 = df − 1.
 */
#include <math.h>

#include "independence/linear_internal.h"
#include "numeric/distributions.h"

static double p_value(double statistic, double df)
{
    double r = fabs(statistic);
    if (!(df > 1))
        return 1;
    return r < 1 ? erfc(sqrt((df - 1) / 2) * atanh(r)) : 0;
}

static double critical(double alpha, double df)
{
    if (!(alpha > 0) || !(df > 1))
        return 1;
    if (alpha >= 1)
        return 0;
    return tanh(-caus_normal_quantile(alpha / 2) / sqrt(df - 1));
}

caus_status caus_fisher_z_init(const caus_sample *sample, const double *weights,
                               int threads, const caus_run *run,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err)
{
    CAUS_TRY(
        caus_parcorr_init(sample, weights, threads, run, arena, result, err));
    result->p_value = p_value;
    result->critical = critical;
    result->critical_near = critical;
    return CAUS_OK;
}
