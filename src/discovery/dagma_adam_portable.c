/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/dagma_adam.h"

static void adam_portable(const caus_adam_step *step)
{
    caus_adam(step);
}

caus_adam_fn *caus_adam_best(void)
{
    return adam_portable;
}
