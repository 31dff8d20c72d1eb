/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the entropy of a column is approximated from (Hyvarinen 1998): means of
 * log cosh u and of u exp(−u²/2). Elementary operations only, in the same order
 * on every processor, so the bits do not depend on the instruction set.
 */
#ifndef CAUS_SRC_DISCOVERY_LINGAM_ENTROPY_H
#define CAUS_SRC_DISCOVERY_LINGAM_ENTROPY_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CAUS_ENTROPY_LANES = 8 };

typedef double caus_lanes __attribute__((vector_size(64)));
typedef int64_t caus_lane_bits __attribute__((vector_size(64)));

/* Sums over u = scale · (x − factor · y). */
typedef struct caus_entropy_task {
    const double *x; /* [count] padded with zeros, which add nothing */
    const double *y;
    double factor;
    double scale;
    size_t count; /* a multiple of CAUS_ENTROPY_LANES */
    double log_cosh;
    double bump;
} caus_entropy_task;

typedef void caus_entropy_fn(caus_entropy_task *task);

/* The fastest function that this processor runs. */
caus_entropy_fn *caus_entropy_best(void);

/* Every function of this build that this processor runs; returns how many. */
enum { CAUS_ENTROPY_MOST = 3 };
size_t caus_entropy_all(caus_entropy_fn *functions[CAUS_ENTROPY_MOST]);

/*
 * value = exp(value) for values ≤ 0: 2^k · exp(r) with |r| ≤ log(2) / 2, exp(r)
 * by its Taylor series; 0 for values below −700.
 */
static inline __attribute__((always_inline)) void
caus_lanes_exp(caus_lanes *value)
{
    const double round = 0x1.8p52, log2_high = 0x1.62e42feep-1,
                 log2_low = 0x1.a39ef35793c76p-33;
    caus_lanes x = *value;
    caus_lane_bits small = x < -700.0;
    x = (caus_lanes)((caus_lane_bits)x & ~small);
    caus_lanes shifted = x * 0x1.71547652b82fep0 + round;
    caus_lanes whole = shifted - round;
    caus_lanes r = x - whole * log2_high - whole * log2_low;
    caus_lanes sum = r * (1 / 479001600.0) + 1 / 39916800.0;
    sum = sum * r + 1 / 3628800.0;
    sum = sum * r + 1 / 362880.0;
    sum = sum * r + 1 / 40320.0;
    sum = sum * r + 1 / 5040.0;
    sum = sum * r + 1 / 720.0;
    sum = sum * r + 1 / 120.0;
    sum = sum * r + 1 / 24.0;
    sum = sum * r + 1 / 6.0;
    sum = sum * r + .5;
    sum = sum * r + 1.0;
    sum = sum * r + 1.0;
    caus_lane_bits power = ((caus_lane_bits)shifted + 1023) << 52;
    sum *= (caus_lanes)power;
    *value = (caus_lanes)((caus_lane_bits)sum & ~small);
}

/* log cosh u = |u| + log(1 + exp(−2 |u|)) − log 2; the logarithms of a stretch
 * are taken together, as that of a product below 2^512. */
static inline __attribute__((always_inline)) void
caus_entropy_sums(caus_entropy_task *task)
{
    enum { STRETCH = 512 * CAUS_ENTROPY_LANES };
    const caus_lane_bits sign = (caus_lane_bits){0} + INT64_MIN;
    caus_lanes size = {0}, bump = {0};
    double logs = 0;
    for (size_t first = 0; first < task->count; first += STRETCH) {
        size_t end =
            task->count - first < STRETCH ? task->count : first + STRETCH;
        caus_lanes product = (caus_lanes){0} + 1.0;
        for (size_t k = first; k < end; k += CAUS_ENTROPY_LANES) {
            caus_lanes x, y;
            memcpy(&x, task->x + k, sizeof x);
            memcpy(&y, task->y + k, sizeof y);
            caus_lanes u = (x - task->factor * y) * task->scale;
            caus_lanes far = (caus_lanes)((caus_lane_bits)u & ~sign);
            caus_lanes near = far * -2.0, bell = u * u * -.5;
            size += far;
            caus_lanes_exp(&near);
            product *= near + 1.0;
            caus_lanes_exp(&bell);
            bump += u * bell;
        }
        for (size_t lane = 0; lane < CAUS_ENTROPY_LANES; lane++)
            logs += log(product[lane]);
    }
    task->log_cosh = logs - (double)task->count * 0.69314718055994530942;
    task->bump = 0;
    for (size_t lane = 0; lane < CAUS_ENTROPY_LANES; lane++) {
        task->log_cosh += size[lane];
        task->bump += bump[lane];
    }
}

#endif
