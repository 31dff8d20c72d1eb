/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law of the distance correlation of independent ranks. The centred
 * distances of n ranks have the eigenvalues 1 / (2 sin²(π k / 2n)), cosines
 * being the eigenvectors, which tend to 2 n² / (π² k²). So count · R² tends to
 * Σ w(m) χ²_d(m) with w(m) = 1 / (m² ζ(4)), d(m) the number of divisors of m.
 *
 * Its upper tail is the integral of M(s) exp(−s x) / (2πi s) along any line to
 * the right of 0 and the left of the first pole of the moment generating
 * function M. A parabola through the saddle point that opens to the right,
 * where exp(−s x) vanishes, makes the trapezoid rule exact to rounding with few
 * nodes and keeps all digits of small tails.
 */
#include <math.h>

#include "numeric/distance.h"

enum { TERMS = 24 };

static const double zeta_2 = 1.64493406684822643647;
static const double zeta_4 = 1.08232323371113819152;
static const double zeta_6 = 1.01734306198444913971;

typedef struct null_law {
    double weight[TERMS];
    double half_count[TERMS]; /* d(m) / 2 */
    double rest[3];           /* of log M from later terms, by powers of s */
    double x;
} null_law;

static void make_law(null_law *law, double x)
{
    double power[3] = {zeta_2 * zeta_2 / zeta_4, 1,
                       zeta_6 * zeta_6 / (zeta_4 * zeta_4 * zeta_4)};
    for (int m = 1; m <= TERMS; m++) {
        int divisors = 0;
        for (int k = 1; k <= m; k++)
            divisors += m % k == 0;
        double weight = 1 / ((double)(m * m) * zeta_4);
        law->weight[m - 1] = weight;
        law->half_count[m - 1] = .5 * divisors;
        power[0] -= divisors * weight;
        power[1] -= divisors * weight * weight;
        power[2] -= divisors * weight * weight * weight;
    }
    law->rest[0] = power[0];
    law->rest[1] = power[1];
    law->rest[2] = power[2] * 4 / 3;
    law->x = x;
}

/* The first three derivatives of log(M(s) exp(−s x) / s) at a real s. */
static void differentiate(const null_law *law, double s, double result[3])
{
    const double *rest = law->rest;
    result[0] = rest[0] + s * (2 * rest[1] + 3 * s * rest[2]) - law->x - 1 / s;
    result[1] = 2 * rest[1] + 6 * s * rest[2] + 1 / (s * s);
    result[2] = 6 * rest[2] - 2 / (s * s * s);
    for (int m = 0; m < TERMS; m++) {
        double ratio = 2 * law->weight[m] / (1 - 2 * law->weight[m] * s);
        double term = law->half_count[m] * ratio;
        result[0] += term;
        result[1] += term * ratio;
        result[2] += 2 * term * ratio * ratio;
    }
}

static double find_saddle(const null_law *law)
{
    double low = 0, high = .5 / law->weight[0], slopes[3];
    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2;
        differentiate(law, middle, slopes);
        if (slopes[0] < 0)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* log(M(s) exp(−s x) / s) at s = real + i · imaginary, imaginary ≥ 0: no
 * logarithm crosses its cut, since no factor leaves the lower half plane. */
static void evaluate(const null_law *law, double real, double imaginary,
                     double *size, double *angle)
{
    const double *rest = law->rest;
    double square = real * real - imaginary * imaginary;
    double cross = 2 * real * imaginary;
    *size = (rest[0] - law->x) * real + rest[1] * square +
            rest[2] * (square * real - cross * imaginary) -
            log(hypot(real, imaginary));
    *angle = (rest[0] - law->x) * imaginary + rest[1] * cross +
             rest[2] * (square * imaginary + cross * real) -
             atan2(imaginary, real);
    for (int m = 0; m < TERMS; m++) {
        double a = 1 - 2 * law->weight[m] * real;
        double b = -2 * law->weight[m] * imaginary;
        *size -= law->half_count[m] * .5 * log(a * a + b * b);
        *angle -= law->half_count[m] * atan2(b, a);
    }
}

static double upper_tail(double x)
{
    enum { MOST_NODES = 400 };
    static const double negligible = 1e-13;
    null_law law;
    double slopes[3], top, angle;
    make_law(&law, x);
    double saddle = find_saddle(&law);
    differentiate(&law, saddle, slopes);
    double step = .25 / sqrt(slopes[1]);
    /* the curve of steepest descent bends so at the saddle */
    double bend = fabs(slopes[2]) / (6 * slopes[1]);
    evaluate(&law, saddle, 0, &top, &angle);
    double sum = .5;
    for (int k = 1; k < MOST_NODES; k++) {
        double t = step * k, size;
        evaluate(&law, saddle + bend * t * t, t, &size, &angle);
        double height = exp(size - top);
        sum += height * (cos(angle) + 2 * bend * t * sin(angle));
        if (height * (1 + 2 * bend * t) < negligible)
            break;
    }
    return sum * step / M_PI * exp(top);
}

double caus_distance_sf(double correlation, double count)
{
    static const double limit_mean = zeta_2 * zeta_2 / zeta_4;
    static const double surely = .5; /* below, a tail differs from 1 by 1e-6 */
    if (!(count >= 2))
        return 1;
    double n2 = count * count;
    double trace = (n2 - 1) / 3;
    double squares = (((4 * n2 - 1) * (4 * n2 + 11)) / 45 - 1) / 8;
    double mean = trace * trace / ((count - 1) * squares);
    double x = correlation * correlation * limit_mean / mean;
    if (!(x > surely))
        return 1;
    return fmin(upper_tail(x), 1);
}
