/* SPDX-License-Identifier: Apache-2.0 */
#include "series/order.h"

#include <math.h>

static double larger(double a, double b)
{
    return a > b ? a : b;
}

double caus_variable_blur_s(const caus_variable *a, const caus_variable *b,
                            double step_s)
{
    double interval = larger(a->scrape_interval_s, b->scrape_interval_s);
    if (!(interval > 0))
        return 0;
    double window = larger(a->rate_window_s, b->rate_window_s);
    double blur = interval + larger(window - step_s, 0);
    double apart = fabs(a->scrape_offset_s - b->scrape_offset_s);
    return isfinite(apart) ? blur + apart : blur;
}
