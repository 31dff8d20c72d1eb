/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of decay.c, included once an instruction set. There are no calls,
 * branches or fused operations in them: the compiler makes vectors of any width
 * and the bits are the same.
 */
#ifndef CAUS_SRC_NUMERIC_DECAY_KERNEL_H
#define CAUS_SRC_NUMERIC_DECAY_KERNEL_H

#include <string.h>

#include "numeric/decay.h"

/* Adding and taking it away rounds to a whole number, which is left in the last
 * bits of the sum. */
static const double caus_decay_round = 0x1.8p52;

static inline double caus_decay_one(double x)
{
    static const double log2_e = 0x1.71547652b82fep0;
    static const double log_2_high = 0x1.62e42fee00000p-1;
    static const double log_2_low = 0x1.a39ef35793c76p-33;
    static const double least = -700;
    x = x < least ? least : x;
    double shifted = x * log2_e + caus_decay_round;
    double whole = shifted - caus_decay_round;
    double r = (x - whole * log_2_high) - whole * log_2_low;
    /* Taylor's series on |r| ≤ log(2) / 2 */
    double sum = 1. / 6227020800;
    sum = sum * r + 1. / 479001600;
    sum = sum * r + 1. / 39916800;
    sum = sum * r + 1. / 3628800;
    sum = sum * r + 1. / 362880;
    sum = sum * r + 1. / 40320;
    sum = sum * r + 1. / 5040;
    sum = sum * r + 1. / 720;
    sum = sum * r + 1. / 120;
    sum = sum * r + 1. / 24;
    sum = sum * r + 1. / 6;
    sum = sum * r + .5;
    sum = sum * r + 1;
    sum = sum * r + 1;
    uint64_t bits, power;
    memcpy(&bits, &shifted, sizeof bits);
    power = (bits << 52) + 0x3ff0000000000000u;
    double scale;
    memcpy(&scale, &power, sizeof scale);
    return sum * scale;
}

static inline void caus_decay_loop(const double *values, double factor,
                                   size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = caus_decay_one(factor * values[i]);
}

/* cos x = 1 − 2 sin²(x / 2), the sine by Taylor's series on |x / 2| ≤ π / 2. */
static inline double caus_cosine_one(double x)
{
    static const double turns = 0x1.45f306dc9c883p-3; /* 1 / (2 π) */
    static const double turn_high = 0x1.921fb54400000p2;
    static const double turn_low = 0x1.0b4611a626331p-32;
    double whole = (x * turns + caus_decay_round) - caus_decay_round;
    double half = .5 * ((x - whole * turn_high) - whole * turn_low);
    double square = half * half;
    double sum = 1. / 51090942171709440000.;
    sum = sum * square - 1. / 121645100408832000.;
    sum = sum * square + 1. / 355687428096000.;
    sum = sum * square - 1. / 1307674368000.;
    sum = sum * square + 1. / 6227020800.;
    sum = sum * square - 1. / 39916800;
    sum = sum * square + 1. / 362880;
    sum = sum * square - 1. / 5040;
    sum = sum * square + 1. / 120;
    sum = sum * square - 1. / 6;
    double sine = half + half * square * sum;
    return 1 - 2 * sine * sine;
}

static inline void caus_cosine_loop(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = caus_cosine_one(values[i]);
}

#endif
