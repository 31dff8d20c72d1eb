/* SPDX-License-Identifier: Apache-2.0 */
/* What each fault does, second by second. */
#include <math.h>

#include "simulation/world_internal.h"
#include "simulation/world_random.h"

static const char *const fault_names[] = {
    "none",   "delay", "errors", "leak", "cpu",  "pool",
    "deploy", "ramp",  "outage", "code", "auto",
};

static const char *const fault_texts[] = {
    "nothing goes wrong",
    "every request of the root service sleeps so many seconds longer",
    "a share of the root's requests fails at once",
    "the root's memory fills: its work slows and its pods are killed",
    "runaway threads of the root fill the nodes it runs on",
    "the root gives its workers and their connections back late: none is free",
    "a new version of the root is so many times slower and fails 5 % more",
    "as delay, but growing over the first half of the fault",
    "one pod of the root fails every request",
    "a share of the root's requests throws: half fail, half are caught",
    "one of the others but none and code, in turn by seed",
};

const char *caus_world_fault_name(caus_world_fault fault)
{
    return (unsigned)fault <= CAUS_WORLD_AUTO ? fault_names[fault] : "";
}

const char *caus_world_fault_text(caus_world_fault fault)
{
    return (unsigned)fault <= CAUS_WORLD_AUTO ? fault_texts[fault] : "";
}

static bool is_on(const world_sim *sim, caus_world_fault fault)
{
    return sim->plan->fault == fault && sim->fault_level > 0;
}

static bool is_hit(const world_sim *sim, const world_pod *pod,
                   caus_world_fault fault)
{
    return is_on(sim, fault) && pod->service == sim->plan->root;
}

double caus_world_error_share(const world_sim *sim, const world_pod *pod)
{
    double share = sim->plan->services[pod->service].error_share;
    if (is_hit(sim, pod, CAUS_WORLD_ERRORS))
        share += sim->plan->fault_size;
    if (is_hit(sim, pod, CAUS_WORLD_CODE))
        share += sim->plan->fault_size / 2;
    if (pod->is_bad)
        share += 0.05;
    return pod->is_broken ? 1 : share;
}

double caus_world_caught_share(const world_sim *sim, const world_pod *pod)
{
    return is_hit(sim, pod, CAUS_WORLD_CODE) ? sim->plan->fault_size / 2 : 0;
}

double caus_world_work_factor(const world_sim *sim, const world_pod *pod)
{
    const world_service *service = &sim->plan->services[pod->service];
    if (pod->is_bad || is_hit(sim, pod, CAUS_WORLD_CPU))
        return sim->plan->fault_size;
    /* Collections take the more time the less memory is left. */
    double share =
        (service->memory_bytes + pod->leaked_bytes) / service->memory_limit;
    double over = fmax(0, share - 0.5) / 0.5;
    return 1 + 8 * over * over;
}

int64_t caus_world_delay_us(const world_sim *sim, const world_pod *pod)
{
    if (!is_hit(sim, pod, CAUS_WORLD_DELAY) &&
        !is_hit(sim, pod, CAUS_WORLD_RAMP))
        return 0;
    return (int64_t)(sim->fault_level * sim->plan->fault_size *
                     WORLD_SECOND_US);
}

/* So long that all workers of a pod together are busy by the fault's size. */
int64_t caus_world_keep_us(const world_sim *sim, const world_pod *pod)
{
    if (!is_hit(sim, pod, CAUS_WORLD_POOL))
        return 0;
    const world_service *service = &sim->plan->services[pod->service];
    uint32_t pods = sim->ready[pod->service].count;
    double rate =
        service->rate * caus_world_day(sim) / (double)(pods ? pods : 1);
    double use_us = sim->plan->fault_size * pod->workers / rate * 1e6;
    return use_us > service->hold_us ? (int64_t)(use_us - service->hold_us) : 0;
}

static double level_now(const world_sim *sim)
{
    const world_plan *plan = sim->plan;
    if (!sim->has_fault || sim->now_us < plan->fault_at_us ||
        sim->now_us >= plan->fault_end_us)
        return 0;
    if (plan->fault != CAUS_WORLD_RAMP)
        return 1;
    double half = (double)(plan->fault_end_us - plan->fault_at_us) / 2;
    double level = (double)(sim->now_us - plan->fault_at_us) / half;
    return fmin(1, fmax(level, 1e-6));
}

static void leak(world_sim *sim, int32_t index)
{
    const world_plan *plan = sim->plan;
    const world_service *service = &plan->services[plan->root];
    world_pod *pod = &WORLD_PODS(sim)[index];
    pod->leaked_bytes +=
        service->memory_limit * plan->fault_size / 3600 *
        (0.9 +
         0.2 * caus_world_uniform(caus_world_mix(plan->seed, pod->number)));
    if (service->memory_bytes + pod->leaked_bytes < service->memory_limit)
        return;
    caus_world_kill(sim, index);
    caus_world_tell_change(sim, plan->root, "oom_kill", "kubelet",
                           "a pod was killed for its memory and restarts");
}

static void stress(world_sim *sim, const world_pod *pod)
{
    double threads = sim->plan->node_cores * 0.25 * sim->plan->fault_size;
    sim->node_stress[pod->node] = threads;
}

static void apply_to_pod(world_sim *sim, int32_t index)
{
    world_pod *pod = &WORLD_PODS(sim)[index];
    double level = sim->fault_level;
    switch (sim->plan->fault) {
    case CAUS_WORLD_OUTAGE:
        pod->is_broken = level > 0 && index == sim->ready[pod->service].pods[0];
        break;
    case CAUS_WORLD_CPU:
        if (level > 0)
            stress(sim, pod);
        break;
    case CAUS_WORLD_LEAK:
        if (level > 0 && sim->is_tick)
            leak(sim, index);
        else if (level <= 0)
            pod->leaked_bytes = 0;
        break;
    default:
        break;
    }
}

/* At every tick, at both ends of the fault, and when a pod comes. */
void caus_world_apply_fault(world_sim *sim)
{
    double before = sim->fault_level;
    sim->fault_level = level_now(sim);
    if (before <= 0 && sim->fault_level <= 0)
        return;
    for (size_t n = 0; n < sim->plan->node_count; n++)
        sim->node_stress[n] = 0;
    for (size_t i = 0; i < sim->pods.count; i++) {
        const world_pod *pod = &WORLD_PODS(sim)[i];
        if (pod->service == sim->plan->root && pod->state == WORLD_POD_SERVING)
            apply_to_pod(sim, (int32_t)i);
    }
}

bool caus_world_fault_from_name(const char *name, caus_world_fault *result)
{
    for (int i = 0; i <= CAUS_WORLD_AUTO; i++) {
        const char *at = fault_names[i], *word = name;
        while (*at && *at == *word)
            at++, word++;
        if (*at || *word)
            continue;
        *result = (caus_world_fault)i;
        return true;
    }
    return false;
}
