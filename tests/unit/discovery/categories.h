/* SPDX-License-Identifier: Apache-2.0 */
/* Random Bayesian networks of categories, for tests and benches. */
#ifndef CAUS_TESTS_UNIT_DISCOVERY_CATEGORIES_H
#define CAUS_TESTS_UNIT_DISCOVERY_CATEGORIES_H

#include "base/base.h"

typedef struct categories {
    size_t nodes;
    size_t edges;        /* at most two parents a node */
    size_t least_levels; /* of a node, ≥ 2 */
    size_t most_levels;
    size_t rows;
    uint64_t seed;
} categories;

/*
 * Draws a network and rows from it; nodes are numbered at random, not in the
 * order of causes.
 *
 *   is_parent  [nodes × nodes] source, target; may be NULL
 *
 * Returns [rows × nodes] categories as whole numbers, in `arena`; NULL when
 * memory is out.
 */
double *categories_draw(const categories *from, bool *is_parent,
                        caus_arena *arena);

#endif
