/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums whose parts do not wait for one another: eight of them, put together in
 * one order, so that the bits do not depend on the instruction set.
 */
#ifndef CAUS_SRC_NUMERIC_SUMS_H
#define CAUS_SRC_NUMERIC_SUMS_H

#include <string.h>

#include "base/base.h"

typedef double caus_pair __attribute__((vector_size(16)));
typedef int64_t caus_pair_bits __attribute__((vector_size(16)));

enum { CAUS_SUM_PAIRS = 4, CAUS_SUM_STEP = 2 * CAUS_SUM_PAIRS };

static inline caus_pair caus_load_pair(const double *values)
{
    caus_pair made;
    memcpy(&made, values, sizeof made);
    return made;
}

static inline double caus_add_pairs(const caus_pair sums[CAUS_SUM_PAIRS])
{
    caus_pair sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    return sum[0] + sum[1];
}

/* Of `values` [count]. */
static inline double caus_sum(const double *values, size_t count)
{
    caus_pair sums[CAUS_SUM_PAIRS] = {{0}};
    size_t i = 0;
    for (; i + CAUS_SUM_STEP <= count; i += CAUS_SUM_STEP)
        for (size_t k = 0; k < CAUS_SUM_PAIRS; k++)
            sums[k] += caus_load_pair(values + i + 2 * k);
    double rest = 0;
    for (; i < count; i++)
        rest += values[i];
    return caus_add_pairs(sums) + rest;
}

/* Of left[i] × right[i]; both [count], and may overlap. */
static inline double caus_sum_products(const double *left, const double *right,
                                       size_t count)
{
    caus_pair sums[CAUS_SUM_PAIRS] = {{0}};
    size_t i = 0;
    for (; i + CAUS_SUM_STEP <= count; i += CAUS_SUM_STEP)
        for (size_t k = 0; k < CAUS_SUM_PAIRS; k++)
            sums[k] += caus_load_pair(left + i + 2 * k) *
                       caus_load_pair(right + i + 2 * k);
    double rest = 0;
    for (; i < count; i++)
        rest += left[i] * right[i];
    return caus_add_pairs(sums) + rest;
}

#endif
