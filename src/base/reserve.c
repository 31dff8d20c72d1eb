/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/base.h"

bool caus_reserve(void *items, size_t count, size_t *capacity,
                  size_t item_bytes)
{
    if (count < *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : CAUS_RESERVE_FIRST;
    if (wanted > SIZE_MAX / item_bytes)
        return false;
    /* The pointer is of any type, so that its bytes are copied. */
    void *grown;
    memcpy(&grown, items, sizeof grown);
    grown = caus_realloc(grown, wanted * item_bytes);
    if (!grown)
        return false;
    memcpy(items, &grown, sizeof grown);
    *capacity = wanted;
    return true;
}
