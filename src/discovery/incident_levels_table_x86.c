/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for x86-64. */
#include "discovery/incident_levels.h"

caus_levels_fn *caus_levels_best(void)
{
    return __builtin_cpu_supports("avx2") ? caus_levels_fit_avx2
                                          : caus_levels_fit_portable;
}
