/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for any other processor. */
#include "numeric/gram_internal.h"

static bool is_always_usable(void)
{
    return true;
}

const caus_gram_kernel *caus_gram_kernels(size_t *count)
{
    static const caus_gram_kernel kernels[] = {
        {"portable", is_always_usable, caus_gram_add_portable},
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
