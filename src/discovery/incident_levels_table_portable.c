/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for any other processor. */
#include "discovery/incident_levels.h"

caus_levels_fn *caus_levels_best(void)
{
    return caus_levels_fit_portable;
}
