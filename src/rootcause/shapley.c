/* SPDX-License-Identifier: Apache-2.0 */
/* Shapley values of a sum seen through sinh. */
#include <math.h>

#include "rootcause/attribution.h"

/* Legendre's polynomial and its derivative, by the three-term recurrence. */
static double legendre(size_t degree, double x, double *slope)
{
    double before = 1, at = x;
    for (size_t k = 2; k <= degree; k++) {
        double next =
            ((double)(2 * k - 1) * x * at - (double)(k - 1) * before) /
            (double)k;
        before = at;
        at = next;
    }
    *slope = (double)degree * (x * at - before) / (x * x - 1);
    return at;
}

void caus_quadrature_init(caus_quadrature *rule, size_t count)
{
    enum { STEPS = 20 };
    rule->count = count;
    for (size_t i = 0; i < count; i++) {
        double x = cos(M_PI * ((double)i + .75) / ((double)count + .5));
        double slope = 1;
        for (int step = 0; step < STEPS; step++)
            x -= legendre(count, x, &slope) / slope;
        rule->node[i] = .5 * (1 - x);
        rule->weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
}

/* Adds what one of the two products in sinh gives each player. */
static void add_product(const caus_quadrature *rule, const double *parts,
                        size_t count, double sign, double *values)
{
    for (size_t k = 0; k < rule->count; k++) {
        double q = rule->node[k], product = .5 * sign * rule->weight[k];
        for (size_t i = 0; i < count; i++)
            product *= 1 + q * expm1(sign * parts[i]);
        for (size_t i = 0; i < count; i++) {
            double gain = expm1(sign * parts[i]);
            values[i] += product * gain / (1 + q * gain);
        }
    }
}

void caus_shapley_sinh(const caus_quadrature *rule, const double *parts,
                       size_t count, double *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = 0;
    add_product(rule, parts, count, 1, values);
    add_product(rule, parts, count, -1, values);
}
