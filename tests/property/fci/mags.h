/* SPDX-License-Identifier: Apache-2.0 */
/* All ancestral graphs of few nodes that separate alike, one by one. */
#ifndef CAUS_TESTS_PROPERTY_FCI_MAGS_H
#define CAUS_TESTS_PROPERTY_FCI_MAGS_H

#include "property/static/truth.h"

enum { MAGS_MOST_NODES = 6 };

/* Which sets of observed nodes separate a pair: bit Z of apart[a][b]. */
typedef struct mags_model {
    size_t nodes;
    uint64_t apart[MAGS_MOST_NODES][MAGS_MOST_NODES];
} mags_model;

/* What the true graph says of its first observed nodes. */
mags_model mags_observe(truth *state);

/*
 * The partial ancestral graph: the marks that all ancestral graphs of this
 * model share, circles elsewhere.
 *
 *   undirected  count graphs with edges --- too
 *   members     set to the number of graphs
 */
caus_graph mags_pag(const mags_model *model, bool undirected, size_t *members,
                    caus_arena *arena);

size_t mags_edge_count(const mags_model *model);

#endif
