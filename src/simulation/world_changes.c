/* SPDX-License-Identifier: Apache-2.0 */
/* Deploys and configuration changes, harmless but for the bad one. */
#include "simulation/world_internal.h"

void caus_world_tell_change(world_sim *sim, size_t service, const char *kind,
                            const char *ref, const char *text)
{
    if (!sim->records)
        return;
    if (!caus_world_reserve(&sim->changes, 1, sizeof(caus_world_change))) {
        sim->failed = true;
        return;
    }
    caus_world_change *changes = sim->changes.items;
    changes[sim->changes.count++] = (caus_world_change){
        .time_ns = sim->now_us, /* made a time of day when all is done */
        .service = service,
        .kind = kind,
        .ref = ref,
        .text = text,
    };
}

/* One new pod after the other; each takes the place of an old one. */
static void replace_pods(world_sim *sim, size_t service, bool is_bad)
{
    enum { PACE_US = 5 * WORLD_SECOND_US };
    size_t count = sim->pods.count;
    int64_t ready_us = sim->now_us;
    for (size_t i = 0; i < count; i++) {
        if (WORLD_PODS(sim)[i].service != service ||
            WORLD_PODS(sim)[i].state != WORLD_POD_SERVING)
            continue;
        bool was_added = WORLD_PODS(sim)[i].was_added;
        ready_us += PACE_US;
        int32_t made = caus_world_add_pod(sim, service, ready_us);
        if (made == WORLD_NONE)
            return;
        WORLD_PODS(sim)[made].replaces = (int32_t)i;
        WORLD_PODS(sim)[made].is_bad = is_bad;
        WORLD_PODS(sim)[made].was_added = was_added;
    }
}

void caus_world_start_change(world_sim *sim, size_t planned)
{
    const world_plan *plan = sim->plan;
    const world_planned *change = &plan->changes[planned];
    /* While the bad version is out, later ones are built on it. */
    bool is_bad = sim->has_fault && plan->fault == CAUS_WORLD_DEPLOY &&
                  change->service == plan->root &&
                  change->at_us >= plan->fault_at_us &&
                  change->at_us < plan->fault_end_us;
    char *ref = caus_arena_format(
        sim->arena, "%s-%zu", change->is_deploy ? "v1" : "config", planned + 1);
    if (!ref) {
        sim->failed = true;
        return;
    }
    if (change->is_deploy) {
        caus_world_tell_change(sim, change->service, "deploy", ref,
                               "new version rolled out");
        replace_pods(sim, change->service, is_bad);
        return;
    }
    caus_world_tell_change(sim, change->service, "config", ref,
                           "configuration reloaded");
    for (size_t i = 0; i < sim->pods.count; i++) {
        if (WORLD_PODS(sim)[i].service == change->service)
            caus_world_reload(sim, (int32_t)i);
    }
}
