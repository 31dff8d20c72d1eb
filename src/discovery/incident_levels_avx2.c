/* SPDX-License-Identifier: Apache-2.0 */
#define WIDTH 4
#include "discovery/incident_levels_kernel.h"

void caus_levels_fit_avx2(caus_levels_task *task)
{
    fit(task);
}
