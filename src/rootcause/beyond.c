/* SPDX-License-Identifier: Apache-2.0 */
/* How rare what an incident shows is among healthy windows. */
#include "rootcause/beyond.h"

#include <math.h>

#include "numeric/distributions.h"

static const double most_deviate = 30;
/* Siegmund's constant: how much further than a level a walk of discrete steps
 * goes. */
static const double overshoot = .583;

double caus_deviate_of(double tail)
{
    return fmin(fmax(0 - caus_normal_quantile(tail), -most_deviate),
                most_deviate);
}

double caus_deviate_beyond(const double *windows, size_t count, double largest,
                           const caus_windows_prior *known)
{
    double sum = 0, squares = 0, n = (double)count;
    if (!count)
        return (double)NAN;
    for (size_t i = 0; i < count; i++) {
        sum += windows[i];
        squares += windows[i] * windows[i];
    }
    double mean = sum / n, freedom = n - 1 + known->windows;
    double prior = known->windows * known->deviation * known->deviation;
    double variance = (fmax(0, squares - n * mean * mean) + prior) / freedom;
    double off = (largest - mean) / sqrt(variance * (1 + 1 / n));
    return caus_deviate_of(caus_student_t_sf_fast(off, freedom));
}

/*
 * Means of the last rows, each over its own deviation, are an
 * Ornstein-Uhlenbeck process in half the logarithm of their number: it passes
 * level z as often as z times the normal density there, in discrete steps less.
 * Below level one crossings come in clusters.
 */
double caus_deviate_crossings(double deviate, double shortest, double longest)
{
    double level = fmax(deviate, 1), sum = 0, length = shortest;
    while (length < longest) {
        double step = log1p(1 / length) / 2;
        sum += step * exp(-overshoot * level * sqrt(2 * step));
        length++;
    }
    return sum * level * exp(-level * level / 2) / sqrt(2 * M_PI);
}

double caus_deviate_sought(double deviate, double crossings)
{
    double tail = caus_normal_sf(deviate);
    return caus_deviate_of(-expm1(log1p(-tail) - crossings));
}

double caus_deviate_together(const double *deviates, size_t count)
{
    double sum = 0, known = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(deviates[i]))
            continue;
        sum -= 2 * log(caus_normal_sf(deviates[i]));
        known++;
    }
    return known > 0 ? caus_deviate_of(caus_chi_squared_sf(sum, 2 * known))
                     : (double)NAN;
}
