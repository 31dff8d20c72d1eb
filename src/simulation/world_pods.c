/* SPDX-License-Identifier: Apache-2.0 */
/* Pods come, serve, are drained, killed and replaced. */
#include <math.h>
#include <string.h>

#include "simulation/world_internal.h"
#include "simulation/world_random.h"

enum { PART_NODE = 31, PART_OFFSET = 32, RESTART_US = 12 * WORLD_SECOND_US };

/* Share of a node's cores; with more, work would be slow at the crest. */
static const double most_booked = 0.5;

/* The one place where a pod's state changes: who takes requests is known by
 * list, in the order of the pods' numbers. */
static void set_state(world_sim *sim, int32_t pod, world_pod_state state)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    world_ready *ready = &sim->ready[here->service];
    bool was = here->state == WORLD_POD_SERVING;
    bool is = state == WORLD_POD_SERVING;
    here->state = state;
    if (was == is)
        return;
    uint32_t at = 0;
    while (at < ready->count && ready->pods[at] < pod)
        at++;
    if (is && ready->count < WORLD_READY_MAX) {
        memmove(&ready->pods[at + 1], &ready->pods[at],
                (ready->count - at) * sizeof *ready->pods);
        ready->pods[at] = pod;
        ready->count++;
    } else if (was && at < ready->count && ready->pods[at] == pod) {
        ready->count--;
        memmove(&ready->pods[at], &ready->pods[at + 1],
                (ready->count - at) * sizeof *ready->pods);
    }
}

/* The first scrape of a pod at or after a time: every target has an offset of
 * its own within the interval. */
static int64_t next_scrape_us(const world_sim *sim, uint64_t key)
{
    int64_t interval_us = sim->plan->scrape_us;
    int64_t offset_us =
        (int64_t)(caus_world_mix(key, PART_OFFSET) % (uint64_t)interval_us);
    int64_t rounds = (sim->now_us - offset_us + interval_us - 1) / interval_us;
    return offset_us + (rounds < 0 ? 0 : rounds) * interval_us;
}

/* The cores a pod of the service needs at the crest of the day. */
static double cores_of(const world_plan *plan, size_t service)
{
    const world_service *here = &plan->services[service];
    return (1 + plan->day_amplitude) * here->rate * here->work_us * 1e-6 /
           here->pods;
}

/* The cores asked for by pods on a node. */
static double booked_on(const world_sim *sim, size_t node)
{
    double cores = 0;
    for (size_t i = 0; i < sim->pods.count; i++) {
        const world_pod *pod = &WORLD_PODS(sim)[i];
        if (pod->node == node && pod->state != WORLD_POD_GONE)
            cores += cores_of(sim->plan, pod->service);
    }
    return cores;
}

/* Any node, but none that would be full: the first with room from one that the
 * key draws, or else the emptiest. */
static size_t choose_node(const world_sim *sim, size_t service, uint64_t key)
{
    size_t count = sim->plan->node_count, emptiest = 0;
    size_t drawn = (size_t)(caus_world_mix(key, PART_NODE) % count);
    double need = cores_of(sim->plan, service), least = (double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        size_t node = (drawn + i) % count;
        double booked = booked_on(sim, node);
        if (booked + need <= most_booked * sim->plan->node_cores)
            return node;
        if (booked < least) {
            least = booked;
            emptiest = node;
        }
    }
    return emptiest;
}

static void fill_in(const world_sim *sim, world_pod *pod)
{
    const world_service *service = &sim->plan->services[pod->service];
    pod->workers = service->workers;
    for (size_t i = 0; i < service->edge_count; i++) {
        pod->pools[i].size =
            sim->plan->edges[service->first_edge + i].connections;
        pod->pools[i].retry_budget = 1;
    }
}

int32_t caus_world_add_pod(world_sim *sim, size_t service, int64_t ready_us)
{
    if (!caus_world_reserve(&sim->pods, 1, sizeof(world_pod))) {
        sim->failed = true;
        return WORLD_NONE;
    }
    uint32_t number = sim->services[service].next_pod_number++;
    uint64_t key =
        caus_world_mix(caus_world_mix(sim->plan->seed, service), number);
    size_t node = choose_node(sim, service, key);
    int32_t index = (int32_t)sim->pods.count++;
    world_pod *pod = &WORLD_PODS(sim)[index];
    *pod = (world_pod){
        .service = service,
        .number = number,
        .node = node,
        .state = WORLD_POD_STARTING,
        .replaces = WORLD_NONE,
    };
    fill_in(sim, pod);
    if (sim->records)
        caus_world_push(sim, next_scrape_us(sim, key), WORLD_SCRAPE, index, 0);
    if (ready_us > sim->now_us)
        caus_world_push(sim, ready_us, WORLD_POD_READY, index, 0);
    else
        caus_world_pod_ready(sim, index);
    return index;
}

void caus_world_pod_ready(world_sim *sim, int32_t pod)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    if (here->state != WORLD_POD_STARTING)
        return;
    set_state(sim, pod, WORLD_POD_SERVING);
    here->counters = (caus_world_scrape){.started_us = sim->now_us};
    if (sim->now_us > 0)
        caus_world_log_pod(sim, here->service, CAUS_WORLD_LINE_STARTED,
                           here->number);
    if (here->replaces != WORLD_NONE)
        caus_world_drain(sim, here->replaces);
    here->replaces = WORLD_NONE;
    caus_world_apply_fault(sim);
}

void caus_world_pod_idle(world_sim *sim, int32_t pod)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    if (here->state == WORLD_POD_DRAINING && !here->busy && !here->queue.length)
        set_state(sim, pod, WORLD_POD_GONE);
}

void caus_world_drain(world_sim *sim, int32_t pod)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    if (here->state != WORLD_POD_SERVING)
        return;
    set_state(sim, pod, WORLD_POD_DRAINING);
    caus_world_pod_idle(sim, pod);
}

/* A new process takes over sockets and requests: only counters start anew. */
void caus_world_reload(world_sim *sim, int32_t pod)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    if (here->state == WORLD_POD_SERVING)
        here->counters = (caus_world_scrape){.started_us = sim->now_us};
}

void caus_world_kill(world_sim *sim, int32_t pod)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    set_state(sim, pod, WORLD_POD_STARTING);
    here->leaked_bytes = 0;
    here->kills++;
    caus_world_lose(sim, pod);
    caus_world_push(sim, sim->now_us + RESTART_US, WORLD_POD_READY, pod, 0);
}

int32_t caus_world_choose_pod(const world_sim *sim, size_t service,
                              uint64_t key)
{
    const world_ready *ready = &sim->ready[service];
    return ready->count ? ready->pods[key % ready->count] : WORLD_NONE;
}
