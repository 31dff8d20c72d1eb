/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "independence/independence.h"

caus_status caus_decider_init(caus_decider *decider,
                              const caus_independence *test, double alpha,
                              caus_arena *arena, caus_error *err)
{
    enum { MOST_KEPT = 1 << 20 };
    size_t limit = test->sample->row_count + 1;
    limit = limit < MOST_KEPT ? limit : MOST_KEPT;
    double *near = CAUS_ARRAY(arena, double, limit);
    if (!near)
        return caus_arena_fail(arena, err);
    *decider = (caus_decider){
        .test = test, .alpha = alpha, .near = near, .df_limit = limit};
    return CAUS_OK;
}

/* Only whole degrees are kept: of others it would be those of whoever came
 * first. */
static double near_critical(caus_decider *decider, double df)
{
    size_t place = (size_t)df;
    if (place >= decider->df_limit || (double)place < df) {
        if (df < decider->far_df || df > decider->far_df)
            decider->far = decider->test->critical_near(decider->alpha, df);
        decider->far_df = df;
        return decider->far;
    }
    double *known = &decider->near[place];
    if (!(*known > 0))
        *known = decider->test->critical_near(decider->alpha, df);
    return *known;
}

bool caus_is_dependent(caus_decider *decider, const caus_ci_result *result)
{
    if (result->undetermined)
        return false;
    if (decider->alpha >= 1)
        return true;
    if (decider->test->critical_near) {
        double beyond =
            fabs(result->statistic) - near_critical(decider, result->df);
        if (fabs(beyond) > caus_near)
            return beyond > 0;
    }
    return decider->test->p_value(result->statistic, result->df) <=
           decider->alpha;
}

double caus_ci_p_value(const caus_independence *test,
                       const caus_ci_result *result)
{
    return result->undetermined ? 1
                                : test->p_value(result->statistic, result->df);
}

bool caus_is_weaker(const caus_independence *test, double statistic, double df,
                    double other, double other_df)
{
    double size = fabs(statistic), other_size = fabs(other);
    if (df < 1 || other_df < 1)
        return df < 1;
    if (test->is_correlation && size <= other_size && df <= other_df)
        return true;
    if (test->is_correlation && size >= other_size && df >= other_df)
        return false;
    if (test->deviate_near) {
        double error, other_error;
        double beyond = test->deviate_near(size, df, &error) -
                        test->deviate_near(other_size, other_df, &other_error);
        if (fabs(beyond) > error + other_error)
            return beyond < 0;
    }
    return test->p_value(statistic, df) >= test->p_value(other, other_df);
}
