/* SPDX-License-Identifier: Apache-2.0 */
#include "independence/discrete_bits.h"

const caus_bits_kernel *caus_bits_best(void)
{
    size_t count;
    const caus_bits_kernel *kernels = caus_bits_kernels(&count);
    while (!kernels[count - 1].is_usable())
        count--;
    return &kernels[count - 1];
}
