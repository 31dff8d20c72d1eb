/* SPDX-License-Identifier: Apache-2.0 */
/* What changes by itself: load, the speed of services and nodes, the number of
 * pods. All of it from streams that no request touches. */
#include <math.h>

#include "simulation/world_internal.h"

/* One second of a mean-reverting walk of the logarithm of a factor. */
static double wander(double factor, double deviation, double time_s,
                     caus_random *random)
{
    double keep = exp(-1 / time_s);
    double kick = deviation * sqrt(1 - keep * keep);
    return exp(keep * log(factor) + kick * caus_random_normal(random));
}

static void wander_all(world_sim *sim)
{
    const world_plan *plan = sim->plan;
    sim->load = wander(sim->load, 0.1, 150, &sim->random_load);
    for (size_t n = 0; n < plan->node_count; n++)
        sim->node_noise[n] =
            wander(sim->node_noise[n], 0.06, 60, &sim->random_node);
    for (size_t s = 0; s < plan->service_count; s++)
        sim->drift[s] = wander(sim->drift[s], 0.18, 40 + 10 * (double)(s % 8),
                               &sim->random_drift);
}

static void scale_pods(world_sim *sim, size_t service)
{
    enum { PAUSE_US = 120 * WORLD_SECOND_US, START_US = 30 * WORLD_SECOND_US };
    const world_service *plan = &sim->plan->services[service];
    world_service_count *count = &sim->services[service];
    uint32_t busy = 0, workers = 0, pods = 0;
    int32_t added = WORLD_NONE;
    for (size_t i = 0; i < sim->pods.count; i++) {
        const world_pod *pod = &WORLD_PODS(sim)[i];
        if (pod->service != service || pod->state != WORLD_POD_SERVING)
            continue;
        busy += pod->busy;
        workers += pod->workers;
        pods++;
        if (pod->was_added)
            added = (int32_t)i;
    }
    double share = workers ? (double)busy / workers : 1;
    count->busy_mean += (share - count->busy_mean) / 60;
    if (sim->now_us - count->scaled_us < PAUSE_US)
        return;
    if (count->busy_mean > 0.75 && pods < 2 * plan->pods) {
        int32_t made = caus_world_add_pod(sim, service, sim->now_us + START_US);
        if (made == WORLD_NONE)
            return;
        WORLD_PODS(sim)[made].was_added = true;
        caus_world_tell_change(sim, service, "scale", "autoscaler",
                               "a pod added");
    } else if (count->busy_mean < 0.25 && added != WORLD_NONE) {
        caus_world_drain(sim, added);
        caus_world_tell_change(sim, service, "scale", "autoscaler",
                               "a pod taken away");
    } else {
        return;
    }
    count->scaled_us = sim->now_us;
}

void caus_world_tick(world_sim *sim)
{
    wander_all(sim);
    caus_world_apply_fault(sim);
    caus_world_log_tick(sim);
    for (size_t s = 0; s < sim->plan->service_count; s++) {
        if (sim->plan->services[s].scales)
            scale_pods(sim, s);
    }
}

double caus_world_day(const world_sim *sim)
{
    double day_s = (double)sim->now_us * 1e-6 + sim->plan->day_phase;
    return 1 +
           sim->plan->day_amplitude * sin(6.283185307179586 * day_s / 86400);
}

double caus_world_slowness(world_sim *sim, size_t node)
{
    double crowd = (sim->node_active[node] + sim->node_stress[node]) /
                   sim->plan->node_cores;
    sim->node_works[node]++;
    sim->node_crowded[node] += crowd > 1;
    return fmax(1, crowd) * sim->node_noise[node];
}
