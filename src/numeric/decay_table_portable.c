/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for any other processor. */
#include "numeric/decay_internal.h"

static bool is_always_usable(void)
{
    return true;
}

const caus_decay_kernel *caus_decay_kernels(size_t *count)
{
    static const caus_decay_kernel kernels[] = {
        {"portable", is_always_usable, caus_decay_portable,
         caus_cosine_portable},
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
