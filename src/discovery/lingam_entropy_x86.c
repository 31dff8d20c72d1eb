/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/lingam_entropy.h"

static void sum_portable(caus_entropy_task *task)
{
    caus_entropy_sums(task);
}

__attribute__((target("avx2"))) static void sum_avx2(caus_entropy_task *task)
{
    caus_entropy_sums(task);
}

__attribute__((target("avx512f,avx512dq"))) static void
sum_avx512(caus_entropy_task *task)
{
    caus_entropy_sums(task);
}

size_t caus_entropy_all(caus_entropy_fn *functions[CAUS_ENTROPY_MOST])
{
    size_t count = 0;
    functions[count++] = sum_portable;
    if (__builtin_cpu_supports("avx2"))
        functions[count++] = sum_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        functions[count++] = sum_avx512;
    return count;
}

caus_entropy_fn *caus_entropy_best(void)
{
    caus_entropy_fn *functions[CAUS_ENTROPY_MOST];
    return functions[caus_entropy_all(functions) - 1];
}
