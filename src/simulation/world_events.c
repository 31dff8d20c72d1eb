/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of coming events, growing arrays, and random numbers by key. */
#include <math.h>
#include <stdlib.h>

#include "simulation/world_internal.h"
#include "simulation/world_random.h"

enum { KIND_BITS = 4 };

bool caus_world_reserve(world_array *array, size_t more, size_t item_bytes)
{
    size_t need = array->count + more;
    if (need <= array->capacity)
        return true;
    size_t capacity = array->capacity ? array->capacity * 2 : 1024;
    while (capacity < need)
        capacity *= 2;
    void *grown = caus_realloc(array->items, capacity * item_bytes);
    if (!grown)
        return false;
    array->items = grown;
    array->capacity = capacity;
    return true;
}

static bool is_before(const world_event *a, const world_event *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

void caus_world_push(world_sim *sim, int64_t at_us, world_event_kind kind,
                     int32_t index, uint32_t generation)
{
    if (!caus_world_reserve(&sim->events, 1, sizeof(world_event))) {
        sim->failed = true;
        return;
    }
    world_event *heap = WORLD_EVENTS(sim);
    world_event added = {at_us, sim->order++ << KIND_BITS | (unsigned)kind,
                         index, generation};
    size_t at = sim->events.count++;
    while (at > 0) {
        size_t above = (at - 1) / 2;
        if (!is_before(&added, &heap[above]))
            break;
        heap[at] = heap[above];
        at = above;
    }
    heap[at] = added;
}

world_event caus_world_pop(world_sim *sim)
{
    world_event *heap = WORLD_EVENTS(sim);
    world_event first = heap[0], last = heap[--sim->events.count];
    size_t count = sim->events.count, at = 0;
    for (;;) {
        size_t below = 2 * at + 1;
        if (below >= count)
            break;
        if (below + 1 < count && is_before(&heap[below + 1], &heap[below]))
            below++;
        if (!is_before(&heap[below], &last))
            break;
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = last;
    return first;
}

world_event_kind caus_world_kind_of(const world_event *event)
{
    return (world_event_kind)(event->order & ((1u << KIND_BITS) - 1));
}

/* SplitMix64's finaliser over the sum, as caus_random_init() seeds. */
uint64_t caus_world_mix(uint64_t key, uint64_t part)
{
    uint64_t z = key + (part + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double caus_world_uniform(uint64_t key)
{
    return (double)(key >> 11) * 0x1p-53;
}

double caus_world_normal(uint64_t key)
{
    double radius = sqrt(-2 * log(1 - caus_world_uniform(key)));
    return radius *
           cos(6.283185307179586 * caus_world_uniform(caus_world_mix(key, 0)));
}
