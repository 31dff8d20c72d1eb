/* SPDX-License-Identifier: Apache-2.0 */
/* The body of caus_eliminate_fn, compiled for several instruction sets:
 * products and sums one by one, so all round alike. */
#ifndef CAUS_SRC_DISCOVERY_DAGMA_ELIMINATE_H
#define CAUS_SRC_DISCOVERY_DAGMA_ELIMINATE_H

#include <math.h>

#include "discovery/dagma_internal.h"

static inline __attribute__((always_inline)) double
caus_eliminate(double *restrict matrix, size_t count, size_t stride)
{
    double log_determinant = 0;
    for (size_t k = 0; k < count; k++) {
        double *restrict pivot_row = matrix + k * stride;
        double pivot = pivot_row[k];
        if (!(pivot > 0))
            return (double)NAN;
        log_determinant += log(pivot);
        pivot_row[k] = 1;
        for (size_t j = 0; j < stride; j++)
            pivot_row[j] /= pivot;
        for (size_t i = 0; i < count; i++) {
            double *restrict row = matrix + i * stride;
            double factor = row[k];
            if (i == k || !(factor < 0 || factor > 0))
                continue;
            row[k] = 0;
            for (size_t j = 0; j < stride; j++)
                row[j] -= factor * pivot_row[j];
        }
    }
    return log_determinant;
}

#endif
