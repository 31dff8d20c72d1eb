/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/dagma_adam.h"

static void adam_portable(const caus_adam_step *step)
{
    caus_adam(step);
}

__attribute__((target("avx2"))) static void
adam_avx2(const caus_adam_step *step)
{
    caus_adam(step);
}

__attribute__((target("avx512f"))) static void
adam_avx512(const caus_adam_step *step)
{
    caus_adam(step);
}

caus_adam_fn *caus_adam_best(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return adam_avx512;
    return __builtin_cpu_supports("avx2") ? adam_avx2 : adam_portable;
}
