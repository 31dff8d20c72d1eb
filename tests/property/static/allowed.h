/* SPDX-License-Identifier: Apache-2.0 */
/* Knowledge about a DAG, and every DAG that fits it. */
#ifndef CAUS_TESTS_PROPERTY_STATIC_ALLOWED_H
#define CAUS_TESTS_PROPERTY_STATIC_ALLOWED_H

#include "base/base.h"
#include "caus/discovery.h"

enum { ALLOWED_MOST_NODES = 9 };

/* True statements about a fifth of the pairs, from one end or both. */
void allowed_assume(const caus_graph *dag, caus_random *random,
                    unsigned char *cells);

/* The arrows that all DAGs of the class have that the assumptions allow. */
caus_graph allowed_graph(const caus_graph *dag, const unsigned char *cells,
                         caus_arena *arena);

/* Whether assumptions let an edge point this way. */
bool allowed_edge(const unsigned char *cells, size_t nodes, size_t source,
                  size_t target);

#endif
