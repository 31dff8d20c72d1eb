/* SPDX-License-Identifier: Apache-2.0 */
/* Distance correlation of ranks (Szekely, Rizzo & Bakirov 2007). */
#ifndef CAUS_SRC_NUMERIC_DISTANCE_H
#define CAUS_SRC_NUMERIC_DISTANCE_H

#include "base/base.h"

/* Most ranks: up to there all sums are exact. */
enum { CAUS_DISTANCE_ROWS = 8192 };

/* Where a correlation of up to `capacity` ranks is worked out. */
typedef struct caus_distance_work {
    struct caus_ranked_value *values; /* [capacity] */
    uint32_t *order;                  /* [capacity] rows by the first column */
    uint32_t *counts;                 /* [capacity + 2] */
    struct caus_below *tree;          /* [capacity + 1] */
    uint64_t *spread;                 /* [2 × capacity] sums of distances */
    size_t capacity;
} caus_distance_work;

/* Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. */
caus_status caus_distance_work_init(caus_distance_work *work, size_t capacity,
                                    caus_arena *arena, caus_error *err);

/*
 * Replaces values by ranks: how many values are not larger, 1 … count.
 *
 *   values  [count]; equal values share the rank of the last of them
 *   ranks   [count]
 */
void caus_distance_rank(caus_distance_work *work, const double *values,
                        size_t count, uint32_t *ranks);

/*
 * The distance correlation of two columns of whole numbers: the square root of
 * the biased (V-statistic) distance covariance over the geometric mean of the
 * distance variances.
 *
 *   a, b   [count] in 1 … count ≤ work->capacity ≤ CAUS_DISTANCE_ROWS
 *
 * Returns a number in [0, 1]; 0 where a column takes one value or count is 0.
 * Sums are exact, so neither the order of rows nor that of the two columns
 * matters. Cost O(count · log count).
 */
double caus_distance_correlation(caus_distance_work *work, const uint32_t *a,
                                 const uint32_t *b, size_t count);

/*
 * P(R ≥ correlation) for the distance correlation R of two random permutations
 * of `count` ranks, by its limit: count · R² is a sum of squares of independent
 * standard normals with weights 1 / (j² k² ζ(4)), j, k ≥ 1, here scaled to the
 * exact mean that R² has under permutation. A little too large where count is
 * small. Relative error of the limit below 1e-6.
 *
 *   correlation  in [0, 1]
 *   count        rows; below 2 the result is 1
 */
double caus_distance_sf(double correlation, double count);

#endif
