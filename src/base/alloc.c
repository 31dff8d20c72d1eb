/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/base.h"

/* No object may be larger than pointers can be apart. */
static bool is_possible(size_t bytes)
{
    return bytes <= PTRDIFF_MAX;
}

void *caus_alloc(size_t bytes)
{
    if (!is_possible(bytes))
        return NULL;
    return calloc(1, bytes ? bytes : 1);
}

void *caus_realloc(void *memory, size_t bytes)
{
    if (!is_possible(bytes))
        return NULL;
    return realloc(memory, bytes ? bytes : 1);
}
