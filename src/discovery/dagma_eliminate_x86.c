/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/dagma_eliminate.h"

static double eliminate_portable(double *matrix, size_t count, size_t stride)
{
    return caus_eliminate(matrix, count, stride);
}

__attribute__((target("avx2"))) static double
eliminate_avx2(double *matrix, size_t count, size_t stride)
{
    return caus_eliminate(matrix, count, stride);
}

__attribute__((target("avx512f"))) static double
eliminate_avx512(double *matrix, size_t count, size_t stride)
{
    return caus_eliminate(matrix, count, stride);
}

caus_eliminate_fn *caus_eliminate_best(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return eliminate_avx512;
    return __builtin_cpu_supports("avx2") ? eliminate_avx2 : eliminate_portable;
}
