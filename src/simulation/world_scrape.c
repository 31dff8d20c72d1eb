/* SPDX-License-Identifier: Apache-2.0 */
/* What a scrape finds, and when it finds nothing. */
#include "simulation/world_internal.h"
#include "simulation/world_random.h"

enum { PART_FAILED = 41, PART_GAP = 42, GAP_SLOT_S = 180 };

static const double failed_share = 0.002, gap_share = 0.003;

static uint64_t draw(const world_sim *sim, uint64_t part, uint64_t what,
                     uint64_t when)
{
    uint64_t key = caus_world_mix(caus_world_mix(sim->plan->seed, part), what);
    return caus_world_mix(key, when);
}

/* Three minutes in which nothing of a service was scraped. */
static bool is_in_gap(const world_sim *sim, size_t service)
{
    uint64_t slot = (uint64_t)(sim->now_us / WORLD_SECOND_US / GAP_SLOT_S);
    return caus_world_uniform(draw(sim, PART_GAP, service, slot)) < gap_share;
}

static void keep(world_sim *sim, const caus_world_scrape *seen)
{
    if (!caus_world_reserve(&sim->scrapes, 1, sizeof *seen)) {
        sim->failed = true;
        return;
    }
    caus_world_scrape *scrapes = sim->scrapes.items;
    scrapes[sim->scrapes.count++] = *seen;
}

void caus_world_scrape_pod(world_sim *sim, int32_t index)
{
    const world_pod *pod = &WORLD_PODS(sim)[index];
    if (pod->state == WORLD_POD_GONE || !sim->records)
        return;
    caus_world_push(sim, sim->now_us + sim->plan->scrape_us, WORLD_SCRAPE,
                    index, 0);
    if (is_in_gap(sim, pod->service))
        return;
    const world_service *service = &sim->plan->services[pod->service];
    caus_world_scrape seen = {.time_us = sim->now_us, .pod = (uint32_t)index};
    uint64_t chance =
        draw(sim, PART_FAILED, (uint64_t)index, (uint64_t)sim->now_us);
    if (pod->state != WORLD_POD_STARTING &&
        caus_world_uniform(chance) >= failed_share) {
        seen = pod->counters;
        seen.time_us = sim->now_us;
        seen.pod = (uint32_t)index;
        seen.is_up = true;
        seen.busy = pod->busy;
        seen.queued = pod->queue.length;
        double wobble = caus_world_uniform(caus_world_mix(chance, 0));
        seen.memory_bytes = service->memory_bytes * (0.98 + 0.04 * wobble) +
                            pod->leaked_bytes + 2e6 * pod->busy;
        for (size_t i = 0; i < service->edge_count; i++)
            seen.connections[i] = pod->pools[i].in_use;
    }
    keep(sim, &seen);
}
