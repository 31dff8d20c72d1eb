/* SPDX-License-Identifier: Apache-2.0 */
/* An engine that answers from the true graph. */
#ifndef CAUS_TESTS_PROPERTY_STATIC_TRUTH_H
#define CAUS_TESTS_PROPERTY_STATIC_TRUTH_H

#include "discovery/static_internal.h"

typedef struct truth {
    caus_separation separation; /* of the whole graph */
    size_t observed;            /* nodes 0 … observed − 1 are seen */
    const uint64_t *selected;   /* nodes that are always given; NULL = none */
    uint64_t *given;
    uint64_t *reached;
} truth;

/* Fails the test when the graph is not directed. */
truth truth_init(const caus_graph *graph, size_t observed, caus_arena *arena);

/* For one thread: the questions share their scratch memory. */
caus_engine truth_engine(const truth *state);

/* A random DAG in a random order with this share of the possible edges. */
caus_graph truth_random_dag(caus_random *random, size_t nodes, double share,
                            caus_arena *arena);

#endif
