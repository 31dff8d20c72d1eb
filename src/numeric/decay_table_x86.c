/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for x86-64. */
#include "numeric/decay_internal.h"

static bool is_always_usable(void)
{
    return true;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq");
}

const caus_decay_kernel *caus_decay_kernels(size_t *count)
{
    static const caus_decay_kernel kernels[] = {
        {"portable", is_always_usable, caus_decay_portable,
         caus_cosine_portable},
        {"avx2", has_avx2, caus_decay_avx2, caus_cosine_avx2},
        {"avx512", has_avx512, caus_decay_avx512, caus_cosine_avx512},
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
