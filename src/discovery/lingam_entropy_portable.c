/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/lingam_entropy.h"

static void sum_portable(caus_entropy_task *task)
{
    caus_entropy_sums(task);
}

size_t caus_entropy_all(caus_entropy_fn *functions[CAUS_ENTROPY_MOST])
{
    functions[0] = sum_portable;
    return 1;
}

caus_entropy_fn *caus_entropy_best(void)
{
    return sum_portable;
}
