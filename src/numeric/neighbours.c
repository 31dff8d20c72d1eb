/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/neighbours.h"

const caus_neighbour_kernel *caus_neighbour_best(void)
{
    size_t count;
    const caus_neighbour_kernel *const *kernels =
        caus_neighbour_kernels(&count);
    while (count > 1 && !kernels[count - 1]->is_usable())
        count--;
    return kernels[count - 1];
}
