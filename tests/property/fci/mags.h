/* SPDX-License-Identifier: Apache-2.0 */
/* All ancestral graphs of few nodes that separate alike, one by one. */
#ifndef CAUS_TESTS_PROPERTY_FCI_MAGS_H
#define CAUS_TESTS_PROPERTY_FCI_MAGS_H

#include "property/static/truth.h"

enum { MAGS_MOST_NODES = 9, MAGS_MOST_EDGES = 36 };

/* Which pairs each set of observed nodes separates: bit b of apart[set][a]. */
typedef struct mags_model {
    size_t nodes;
    unsigned apart[1 << MAGS_MOST_NODES][MAGS_MOST_NODES];
    unsigned ever_apart[MAGS_MOST_NODES];
} mags_model;

/* What the true graph says of its first observed nodes. */
void mags_observe(truth *state, mags_model *model);

/*
 * The partial ancestral graph: the marks that all ancestral graphs of this
 * model share, circles elsewhere.
 *
 *   undirected  count graphs with edges --- too
 *   within      only graphs with the arrows and tails of this one; NULL = all
 *   most        graphs that may be looked at
 *   members     set to the number of graphs; 0 when there were too many
 */
caus_graph mags_pag(const mags_model *model, bool undirected,
                    const caus_graph *within, uint64_t most, size_t *members,
                    caus_arena *arena);

#endif
