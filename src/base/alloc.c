/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/base.h"

void *caus_alloc(size_t bytes)
{
    return calloc(1, bytes ? bytes : 1);
}

void *caus_realloc(void *memory, size_t bytes)
{
    return realloc(memory, bytes ? bytes : 1);
}
