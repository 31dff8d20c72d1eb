/* SPDX-License-Identifier: Apache-2.0 */
/* Searches on sums that were stored. */
#ifndef CAUS_SRC_DISCOVERY_GRAM_H
#define CAUS_SRC_DISCOVERY_GRAM_H

#include "discovery/static_internal.h"

/* As caus_correlate(), of lag 0 in the rows of a series that holds sums. There
 * is no panel. */
caus_status caus_gram_correlation(const caus_series *series, size_t least,
                                  caus_arena *arena, caus_correlation *result,
                                  caus_error *err);

#endif
