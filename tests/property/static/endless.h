/* SPDX-License-Identifier: Apache-2.0 */
/* Correlations as of endless rows, so that only the truth scores best. */
#ifndef CAUS_TESTS_PROPERTY_STATIC_ENDLESS_H
#define CAUS_TESTS_PROPERTY_STATIC_ENDLESS_H

#include "discovery/score_internal.h"

/* Correlations that random weights of a DAG imply, as of very many rows. */
caus_correlation endless_rows(const caus_graph *dag_marks, caus_random *random,
                              caus_arena *arena);

/* Whether some set all but hides an edge: below the correlation that pays for
 * one, even of 2^36 rows. */
bool endless_hides_an_edge(const caus_graph *dag_marks,
                           const caus_correlation *correlation,
                           caus_arena *arena);

#endif
