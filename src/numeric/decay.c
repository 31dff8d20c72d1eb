/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/decay.h"

const caus_decay_kernel *caus_decay_best(void)
{
    size_t count;
    const caus_decay_kernel *kernels = caus_decay_kernels(&count);
    while (count > 1 && !kernels[count - 1].is_usable())
        count--;
    return &kernels[count - 1];
}
