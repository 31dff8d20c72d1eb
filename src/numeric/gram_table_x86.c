/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for x86-64. */
#include "numeric/gram_internal.h"

static bool is_always_usable(void)
{
    return true;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

const caus_gram_kernel *caus_gram_kernels(size_t *count)
{
    static const caus_gram_kernel kernels[] = {
        {"portable", is_always_usable, caus_gram_add_portable},
        {"avx2", has_avx2, caus_gram_add_avx2},
        {"avx512", has_avx512, caus_gram_add_avx512},
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
