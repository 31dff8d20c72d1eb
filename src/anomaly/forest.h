/* SPDX-License-Identifier: Apache-2.0 */
/* Isolation forests over any number of features. */
#ifndef CAUS_SRC_ANOMALY_FOREST_H
#define CAUS_SRC_ANOMALY_FOREST_H

#include "anomaly/anomaly_internal.h"

typedef struct caus_forest {
    size_t feature_count; /* ≥ 1 */
    size_t tree_count;
    size_t tree_sample; /* rows a tree is grown from */
    uint64_t seed;
    uint64_t stream; /* of the first tree; the others follow */
} caus_forest;

/* Mean path length c(n) of a search tree of `count` values. */
double caus_forest_mean_depth(size_t count);

/*
 * Scores in (0, 1): 1 = set apart at once, .5 and less = ordinary.
 *
 *   values       [row_count × feature_count], finite
 *   learn_count  trees are grown from the first so many rows, ≥ 1
 *   scores       [row_count]
 *
 * Returns false when memory is out. Cost O(trees · rows · log sample).
 * Source: F. T. Liu, K. M. Ting & Z.-H. Zhou (2008), Isolation Forest, ICDM.
 */
bool caus_forest_score(const caus_forest *forest, const double *values,
                       size_t row_count, size_t learn_count,
                       caus_arena *scratch, double *scores);

#endif
