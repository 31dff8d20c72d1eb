/* SPDX-License-Identifier: Apache-2.0 */
/* How surprising it is that a step of requests is taken more or less often than
 * it was, given how steps of this system are. */
#include <math.h>

#include "events/evidence_internal.h"

void caus_step_sums_add(caus_step_sums *sums, double share)
{
    sums->count++;
    sums->shares += share;
    sums->squares += share * share;
}

caus_step_habit caus_step_habit_of(const caus_step_sums *sums)
{
    /* One step more, that goes either way, so that nothing is certain. */
    double count = sums->count + 1;
    double mean = (sums->shares + .5) / count;
    double variance = (sums->squares + .25) / count - mean * mean;
    double size = mean * (1 - mean) / variance - 1;
    return (caus_step_habit){mean * size, (1 - mean) * size};
}

static double log_beta(double a, double b)
{
    int sign;
    return lgamma_r(a, &sign) + lgamma_r(b, &sign) - lgamma_r(a + b, &sign);
}

double caus_step_p(const caus_step_habit *habit,
                   const size_t hits[CAUS_PHASE_COUNT],
                   const size_t counts[CAUS_PHASE_COUNT])
{
    double n = (double)counts[CAUS_PHASE_INCIDENT];
    double k = (double)hits[CAUS_PHASE_INCIDENT];
    double a = habit->taken + (double)hits[CAUS_PHASE_NORMAL];
    double b = habit->left +
               (double)(counts[CAUS_PHASE_NORMAL] - hits[CAUS_PHASE_NORMAL]);
    bool is_more = k * (a + b) > n * a;
    /* The tail of fewer is that of more, counted the other way round. */
    if (!is_more) {
        k = n - k;
        double taken = a;
        a = b;
        b = taken;
    }
    const double negligible = 1e-17;
    double term = 1, sum = 1;
    double first =
        caus_log_choose(n, k) + log_beta(a + k, b + n - k) - log_beta(a, b);
    while (k < n && term > negligible * sum) {
        term *= (n - k) * (a + k) / ((k + 1) * (b + n - k - 1));
        sum += term;
        k++;
    }
    return fmin(1, 2 * exp(first) * sum);
}
