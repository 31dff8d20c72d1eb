/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for any other processor. */
#include "independence/discrete_bits.h"

static bool is_always_usable(void)
{
    return true;
}

const caus_bits_kernel *caus_bits_kernels(size_t *count)
{
    static const caus_bits_kernel kernels[] = {
        {"portable", is_always_usable, caus_bits_count_portable,
         caus_bits_intersect_portable, 2},
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
