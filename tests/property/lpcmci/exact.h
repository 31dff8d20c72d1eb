/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partial ancestral graph over a window of time, written down from a known
 * system by its definition: links where the observed ancestors in the window
 * do not separate, arrows by time, then the rules R0 to R4 and R8 to R10 of
 * Zhang (2008) applied without any cleverness.
 */
#ifndef CAUS_TESTS_PROPERTY_LPCMCI_EXACT_H
#define CAUS_TESTS_PROPERTY_LPCMCI_EXACT_H

#include "caus/graph.h"
#include "graph/dag.h"

typedef struct exact {
    size_t variables;
    size_t lags; /* of the window, + 1 */
    size_t nodes;
    caus_separation world; /* of the unfolded system */
    size_t world_nodes;    /* of one time */
    const size_t *observed;
    bool *ancestor;             /* [nodes × nodes] row before column */
    unsigned char *mark;        /* [nodes × nodes] at the column's end; NONE */
    const unsigned char *known; /* [variables² × lags] caus_assumption by graph
                                   cell, both directions at lag 0; NULL */
    size_t *path;               /* [nodes] */
} exact;

exact exact_init(const caus_graph *truth, const size_t *observed,
                 size_t variables, size_t max_lag, caus_arena *arena);

/* Node of variable at a lag. */
static inline size_t exact_node(const exact *e, size_t variable, size_t lag)
{
    return lag * e->variables + variable;
}

/* Links and marks, all shifts of a pair alike. */
void exact_solve(exact *e);

#endif
