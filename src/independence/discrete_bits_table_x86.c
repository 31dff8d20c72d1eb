/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a build for x86-64. */
#include "independence/discrete_bits.h"

static bool is_always_usable(void)
{
    return true;
}

static bool has_popcnt(void)
{
    return __builtin_cpu_supports("popcnt");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512vpopcntdq");
}

const caus_bits_kernel *caus_bits_kernels(size_t *count)
{
    static const caus_bits_kernel kernels[] = {
        {"portable", is_always_usable, caus_bits_count_portable,
         caus_bits_intersect_portable, 2},
        {"popcnt", has_popcnt, caus_bits_count_popcnt,
         caus_bits_intersect_popcnt, .5},
        {"avx512", has_avx512, caus_bits_count_avx512,
         caus_bits_intersect_avx512, .12},
    };
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}
