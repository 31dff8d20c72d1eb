/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of greedy searches. */
#ifndef CAUS_SRC_DISCOVERY_GES_INTERNAL_H
#define CAUS_SRC_DISCOVERY_GES_INTERNAL_H

#include "discovery/score_internal.h"

/* A search at the graph without edges; false when memory is out. */
bool caus_ges_init(caus_score_search *search,
                   const caus_correlation *correlation, double penalty,
                   const caus_run *run, caus_arena *arena);

/* The same by a local score. */
bool caus_ges_init_local(caus_score_search *search, size_t node_count,
                         const caus_local_score *local, double penalty,
                         const caus_run *run, caus_arena *arena);

/* Applies an operator and marks the nodes around it dirty. False, with the
 * graph as it was, when no member of the class allows it. */
bool caus_ges_apply(caus_score_search *search, caus_operator_kind kind,
                    size_t source, size_t target, const uint64_t *set);

/* Marks the nodes dirty whose operators two graphs may have different. */
void caus_ges_mark_changed(caus_score_search *search, const caus_pdag *old,
                           const caus_pdag *new);

void caus_ges_mark_all(caus_score_search *search);

/*
 * Takes the best operator of the first kind that gains, until none does.
 *
 *   kinds     in order of preference
 *   thorough  look at all nodes before ending, not at the dirty ones alone
 */
void caus_ges_climb(caus_score_search *search, const caus_operator_kind *kinds,
                    size_t kind_count, bool thorough);

/* The score of the graph, always the same for the same graph: sums of gains
 * have rounding of their own. */
double caus_ges_score(caus_score_search *search);

/* Forward with inserts, backward with deletes. */
void caus_ges_run(caus_score_search *search);

/* The same and then turns, over again while the score rises. */
void caus_ges_run_turning(caus_score_search *search);

/* The extremely greedy search: deletes before inserts and turns in either
 * order, then restarts from the graph with one edge less. */
caus_status caus_xges_run(caus_score_search *search, caus_arena *arena,
                          caus_error *err);

#endif
