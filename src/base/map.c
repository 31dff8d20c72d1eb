/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

typedef struct slot {
    const char *key; /* NULL = free */
    size_t length;
    size_t value;
    uint64_t hash;
} slot;

struct caus_map {
    slot *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

/* FNV-1a, finished by a multiplication that mixes the high bits down. */
static uint64_t hash_of(const char *key, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

caus_map *caus_map_new(void)
{
    caus_map *map = caus_alloc(sizeof *map);
    if (!map)
        return NULL;
    map->capacity = 16;
    map->slots = caus_alloc(map->capacity * sizeof *map->slots);
    if (!map->slots) {
        free(map);
        return NULL;
    }
    return map;
}

void caus_map_free(caus_map *map)
{
    if (!map)
        return;
    free(map->slots);
    free(map);
}

static slot *find_slot(slot *slots, size_t capacity, const char *key,
                       size_t length, uint64_t hash)
{
    size_t at = hash & (capacity - 1);
    while (slots[at].key &&
           !(slots[at].hash == hash && slots[at].length == length &&
             memcmp(slots[at].key, key, length) == 0))
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static bool grow(caus_map *map)
{
    size_t capacity = map->capacity * 2;
    slot *slots = caus_alloc(capacity * sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < map->capacity; i++) {
        slot *old = &map->slots[i];
        if (old->key)
            *find_slot(slots, capacity, old->key, old->length, old->hash) =
                *old;
    }
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

int caus_map_insert(caus_map *map, const char *key, size_t length, size_t value,
                    size_t *found)
{
    uint64_t hash = hash_of(key, length);
    slot *place = find_slot(map->slots, map->capacity, key, length, hash);
    if (place->key) {
        if (found)
            *found = place->value;
        return 0;
    }
    if (map->count * 4 >= map->capacity * 3) {
        if (!grow(map))
            return -1;
        place = find_slot(map->slots, map->capacity, key, length, hash);
    }
    *place = (slot){key, length, value, hash};
    map->count++;
    if (found)
        *found = value;
    return 1;
}

bool caus_map_find(const caus_map *map, const char *key, size_t length,
                   size_t *found)
{
    const slot *place =
        find_slot(map->slots, map->capacity, key, length, hash_of(key, length));
    if (!place->key)
        return false;
    if (found)
        *found = place->value;
    return true;
}
