/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for x86-64. */
#include "numeric/neighbours_internal.h"

const caus_neighbour_kernel *const *caus_neighbour_kernels(size_t *count)
{
    static const caus_neighbour_kernel *const kernels[] = {
        &caus_neighbour_portable,
        &caus_neighbour_sse2,
        &caus_neighbour_avx2,
        &caus_neighbour_avx512,
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
