/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of one search on several processes. */
#ifndef CAUS_SRC_DISCOVERY_SEARCH_GROUP_H
#define CAUS_SRC_DISCOVERY_SEARCH_GROUP_H

#include "discovery/discovery_internal.h"

/* What a search held before a group of processes worked on its targets. */
typedef struct caus_search_past caus_search_past;
/* NULL when memory is out. */
caus_search_past *caus_search_remember(const caus_search *search,
                                       const caus_findings *findings);
/*
 * Tells all processes what each has changed since. Every process calls it, with
 * its own status, whatever happened to it.
 */
caus_status caus_search_exchange(caus_search *search, caus_findings *findings,
                                 caus_search_past *past, caus_status status,
                                 caus_error *err);
void caus_search_forget(caus_search_past *past);

#endif
