/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "events/events_internal.h"

enum { FIRST_CAPACITY = 64 };

void caus_pairs_deinit(caus_pairs *pairs)
{
    free(pairs->keys);
    free(pairs->slots);
    *pairs = (caus_pairs){0};
}

static size_t find_slot(const caus_pairs *pairs, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
    size_t at = (hash ^ hash >> 32) & (pairs->slot_count - 1);
    while (pairs->slots[at] && pairs->keys[pairs->slots[at] - 1] != key)
        at = (at + 1) & (pairs->slot_count - 1);
    return at;
}

static bool grow(caus_pairs *pairs)
{
    size_t capacity = pairs->capacity ? pairs->capacity * 2 : FIRST_CAPACITY;
    uint64_t *keys = caus_realloc(pairs->keys, capacity * sizeof *keys);
    if (!keys)
        return false;
    pairs->keys = keys;
    uint32_t *slots = caus_alloc(2 * capacity * sizeof *slots);
    if (!slots)
        return false;
    free(pairs->slots);
    pairs->slots = slots;
    pairs->slot_count = 2 * capacity;
    pairs->capacity = capacity;
    for (size_t i = 0; i < pairs->count; i++)
        slots[find_slot(pairs, keys[i])] = (uint32_t)(i + 1);
    return true;
}

uint32_t caus_pairs_add(caus_pairs *pairs, uint32_t first, uint32_t second)
{
    uint64_t key = (uint64_t)first << 32 | second;
    if (pairs->count == pairs->capacity && !grow(pairs))
        return CAUS_NO_PAIR;
    size_t slot = find_slot(pairs, key);
    if (!pairs->slots[slot]) {
        pairs->keys[pairs->count++] = key;
        pairs->slots[slot] = (uint32_t)pairs->count;
    }
    return pairs->slots[slot] - 1;
}
