/* SPDX-License-Identifier: Apache-2.0 */
#define WIDTH 2
#include "discovery/incident_levels_kernel.h"

void caus_levels_fit_portable(caus_levels_task *task)
{
    fit(task);
}
