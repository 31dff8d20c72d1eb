/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_caus_alloc(size_t bytes);
void *__real_caus_realloc(void *memory, size_t bytes);
void *__wrap_caus_alloc(size_t bytes);
void *__wrap_caus_realloc(void *memory, size_t bytes);

static atomic_long allocations_left = -1;
static atomic_bool refused;

void fault_fail_after(long successes)
{
    atomic_store(&refused, false);
    atomic_store(&allocations_left, successes);
}

bool fault_stop(void)
{
    atomic_store(&allocations_left, -1);
    return atomic_load(&refused);
}

static bool refuse(void)
{
    if (atomic_load(&allocations_left) < 0)
        return false;
    if (atomic_fetch_sub(&allocations_left, 1) > 0)
        return false;
    atomic_store(&allocations_left, -1);
    atomic_store(&refused, true);
    return true;
}

void *__wrap_caus_alloc(size_t bytes)
{
    return refuse() ? NULL : __real_caus_alloc(bytes);
}

void *__wrap_caus_realloc(void *memory, size_t bytes)
{
    return refuse() ? NULL : __real_caus_realloc(memory, bytes);
}
