/* SPDX-License-Identifier: Apache-2.0 */
/* Whose own change the symptom's is made of. docs/design/0029-chain-words.md */
#ifndef CAUS_SRC_ROOTCAUSE_ATTRIBUTION_H
#define CAUS_SRC_ROOTCAUSE_ATTRIBUTION_H

#include "rootcause/rootcause_internal.h"

enum { CAUS_MOST_NODES = 24 };

/* Nodes and weights of Gauss and Legendre on [0, 1]. */
typedef struct caus_quadrature {
    size_t count;
    double node[CAUS_MOST_NODES], weight[CAUS_MOST_NODES];
} caus_quadrature;

/* Exact for polynomials of a degree below 2 · count; count in [1, 24]. */
void caus_quadrature_init(caus_quadrature *rule, size_t count);

/*
 * Shapley values of the game in which a coalition is worth sinh of the sum of
 * its parts. They add up to sinh of the sum of all.
 *
 *   rule    for ⌈count / 2⌉ nodes or more
 *   values  [count]
 *
 * A product of one factor a player is multilinear, so that Owen's integral over
 * the diagonal is one of a polynomial: nothing is sampled. Cost O(count²).
 * Source: G. Owen (1972), Multilinear extensions of games, Management Science
 * 18:64-79.
 */
void caus_shapley_sinh(const caus_quadrature *rule, const double *parts,
                       size_t count, double *values);

/* Variables that moved, callees before their callers, the symptom last. */
typedef struct caus_mechanism {
    size_t node_count;
    size_t variable[CAUS_MOST_NODES];
    size_t service[CAUS_MOST_NODES];
    size_t parent_count[CAUS_MOST_NODES];
    size_t parents[CAUS_MOST_NODES][CAUS_MOST_NODES]; /* nodes before it */
    bool only_looks; /* the symptom is an observer's: nothing is its own */
    double level[CAUS_MOST_NODES]; /* change, log-like in deviations, ≥ 0 */
} caus_mechanism;

/* False where no call graph, or no symptom that moved, gives one. */
caus_status caus_mechanism_find(const caus_case *about, caus_mechanism *result,
                                bool *found, caus_error *err);

/* Sums of products over blocks of rows. */
typedef struct caus_moments {
    size_t width;                         /* of a matrix */
    size_t block_count[CAUS_PHASE_COUNT]; /* healthy ones stand first */
    double *blocks;                       /* [blocks × width × width] */
} caus_moments;

caus_status caus_moments_init(const caus_case *about,
                              const caus_mechanism *mechanism,
                              caus_moments *result, caus_error *err);

/* Shares of the symptom's change, [service_count]; not known where there is no
 * mechanism. */
caus_status caus_attribution_find(const caus_case *about, caus_share *shares,
                                  caus_error *err);

#endif
