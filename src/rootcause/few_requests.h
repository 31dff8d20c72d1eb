/* SPDX-License-Identifier: Apache-2.0 */
/* How little the latency of a few requests tells. */
#ifndef CAUS_SRC_ROOTCAUSE_FEW_REQUESTS_H
#define CAUS_SRC_ROOTCAUSE_FEW_REQUESTS_H

#include "rootcause/scene.h"
#include "rootcause/timeline.h"

/* Fills `chance` of a timeline; O(variables × rows). */
caus_status caus_few_requests_find(const caus_scene *scene, caus_arena *scratch,
                                   caus_timeline *timeline, caus_error *err);

#endif
