/* SPDX-License-Identifier: Apache-2.0 */
/* Services, variables and changes in the order of their scores, and how sure
 * that is. */
#ifndef CAUS_SRC_ROOTCAUSE_RANKING_H
#define CAUS_SRC_ROOTCAUSE_RANKING_H

#include "rootcause/rootcause_internal.h"

/* Fills `ranked`, `rank_of` and `suspects` once the services are scored. */
caus_status caus_suspects_rank(caus_case *about, caus_error *err);
/* Fills `clues` then, and those of each suspect. */
caus_status caus_clues_rank(caus_case *about, caus_error *err);
/* The loudest variable of a suspect whose aspect fits, then; of any where
 * `fits` is NULL. SIZE_MAX = none moved. */
size_t caus_clues_loudest(const caus_case *about, size_t rank,
                          bool (*fits)(caus_aspect aspect));

/* Fills the context's `covered` from the scores without it. */
caus_status caus_coverage_find(caus_case *about, caus_error *err);

/* Confidence of every suspect; sets `incident` and `explained`. */
caus_status caus_confidence_fill(caus_case *about, double *confidence,
                                 caus_error *err);

/* How well changes of each service fit the onset, once that is placed. */
caus_status caus_changes_weigh(caus_case *about, caus_error *err);
/* Whether one came so shortly before it that people would look there. */
bool caus_changed_shortly_before(const caus_case *about, size_t service);
/* Ranks the changes once the services have their confidence. */
caus_status caus_changes_rank(caus_case *about, caus_explanation *result,
                              caus_error *err);

#endif
