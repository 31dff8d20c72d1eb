/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/numeric.h"

const caus_gram_kernel *caus_gram_best(void)
{
    size_t count;
    const caus_gram_kernel *kernels = caus_gram_kernels(&count);
    while (count > 1 && !kernels[count - 1].is_usable())
        count--;
    return &kernels[count - 1];
}
