/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/dagma_eliminate.h"

static double eliminate_portable(double *matrix, size_t count, size_t stride)
{
    return caus_eliminate(matrix, count, stride);
}

caus_eliminate_fn *caus_eliminate_best(void)
{
    return eliminate_portable;
}
