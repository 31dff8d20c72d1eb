/* SPDX-License-Identifier: Apache-2.0 */
/* What one failure is, where failures are counted. */
#ifndef CAUS_SRC_ROOTCAUSE_FEW_FAILURES_H
#define CAUS_SRC_ROOTCAUSE_FEW_FAILURES_H

#include "caus/series.h"
#include "rootcause/timeline.h"

/*
 * Raises `least` of failures to what one of them is in a row, if the healthy
 * rows of anything that is measured alike tell; of shares it stays.
 *
 *   scratch  as before afterwards
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(variables × rows + all names).
 */
caus_status caus_few_failures_find(const caus_series *series,
                                   caus_arena *scratch, caus_timeline *timeline,
                                   caus_error *err);

#endif
