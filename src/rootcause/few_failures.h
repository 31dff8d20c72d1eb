/* SPDX-License-Identifier: Apache-2.0 */
/* How little one failure tells, where failures are counted. */
#ifndef CAUS_SRC_ROOTCAUSE_FEW_FAILURES_H
#define CAUS_SRC_ROOTCAUSE_FEW_FAILURES_H

#include "rootcause/scene.h"
#include "rootcause/timeline.h"

/*
 * Raises `least` of failures to twice the standard deviation that one of them
 * makes among all rows, and one of them at most. What one is, and in how many
 * rows in succession it is told in the mean, healthy rows of anything that is
 * measured alike tell; where none of these has any, all rows do. Of shares it
 * stays.
 *
 *   scratch  as before afterwards
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(variables × rows).
 */
caus_status caus_few_failures_find(const caus_scene *scene, caus_arena *scratch,
                                   caus_timeline *timeline, caus_error *err);

#endif
