/* SPDX-License-Identifier: Apache-2.0 */
/* The loop over events. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/world_internal.h"

enum { STREAM_LOAD = 3, STREAM_DRIFT, STREAM_NODE, STREAM_ARRIVAL = 100 };
enum { CHECK_EVENTS = 4096, SPARE_CALLS = 64 };

static double *ones(caus_arena *arena, size_t count)
{
    double *result = CAUS_ARRAY(arena, double, count);
    for (size_t i = 0; result && i < count; i++)
        result[i] = 1;
    return result;
}

static caus_status prepare(world_sim *sim, caus_arena *arena, caus_error *err)
{
    const world_plan *plan = sim->plan;
    size_t services = plan->service_count;
    sim->second_count = (size_t)(plan->duration_us / WORLD_SECOND_US) + 1;
    sim->node_active = CAUS_ARRAY(arena, double, plan->node_count);
    sim->node_stress = CAUS_ARRAY(arena, double, plan->node_count);
    sim->node_works = CAUS_ARRAY(arena, uint64_t, plan->node_count);
    sim->node_crowded = CAUS_ARRAY(arena, uint64_t, plan->node_count);
    sim->node_noise = ones(arena, plan->node_count);
    sim->drift = ones(arena, services);
    sim->services = CAUS_ARRAY(arena, world_service_count, services);
    sim->edges = CAUS_ARRAY(arena, world_edge_count, plan->edge_count);
    sim->seconds =
        CAUS_ARRAY(arena, world_second, sim->second_count * services);
    sim->ready = CAUS_ARRAY(arena, world_ready, services);
    if (!sim->node_works || !sim->node_crowded || !sim->node_active ||
        !sim->node_stress || !sim->node_noise || !sim->drift ||
        !sim->services || !sim->edges || !sim->seconds || !sim->ready)
        return caus_arena_fail(arena, err);
    caus_random_init(&sim->random_load, plan->seed, STREAM_LOAD);
    caus_random_init(&sim->random_drift, plan->seed, STREAM_DRIFT);
    caus_random_init(&sim->random_node, plan->seed, STREAM_NODE);
    for (size_t s = 0; s < services; s++)
        caus_random_init(&sim->random_arrival[s], plan->seed,
                         STREAM_ARRIVAL + s);
    return CAUS_OK;
}

static void expect_arrival(world_sim *sim, size_t service)
{
    const world_plan *plan = sim->plan;
    double day =
        1 + plan->day_amplitude *
                sin(6.283185307179586 *
                    ((double)sim->now_us * 1e-6 + plan->day_phase) / 86400);
    double rate = plan->services[service].rate * sim->load * day;
    double wait_s =
        -log(1 - caus_random_uniform(&sim->random_arrival[service])) / rate;
    caus_world_push(sim, sim->now_us + 1 + (int64_t)(wait_s * 1e6),
                    WORLD_ARRIVAL, (int32_t)service, 0);
}

static void begin(world_sim *sim)
{
    const world_plan *plan = sim->plan;
    caus_world_push(sim, 0, WORLD_TICK, 0, 0);
    for (size_t s = 0; s < plan->service_count; s++) {
        for (uint32_t p = 0; p < plan->services[s].pods; p++)
            caus_world_add_pod(sim, s, 0);
        if (plan->services[s].is_entry)
            expect_arrival(sim, s);
    }
    for (size_t i = 0; i < plan->change_count; i++)
        caus_world_push(sim, plan->changes[i].at_us, WORLD_CHANGE, (int32_t)i,
                        0);
    if (sim->has_fault) {
        caus_world_push(sim, plan->fault_at_us, WORLD_FAULT, 0, 0);
        caus_world_push(sim, plan->fault_end_us, WORLD_FAULT, 0, 0);
    }
}

/* One event can make a call for each that is alive, and a few. */
static void keep_room(world_sim *sim)
{
    size_t need = 2 * sim->live_count + SPARE_CALLS;
    if (sim->calls.count >= need)
        return;
    if (!caus_world_reserve(&sim->calls, need, sizeof(world_call))) {
        sim->failed = true;
        return;
    }
    for (size_t i = sim->calls.count; i < sim->calls.capacity; i++) {
        WORLD_CALLS(sim)[i] = (world_call){.next = sim->free_call};
        sim->free_call = (int32_t)i;
    }
    sim->calls.count = sim->calls.capacity;
}

static void handle_call(world_sim *sim, const world_event *event)
{
    const world_call *call = &WORLD_CALLS(sim)[event->index];
    if (!call->is_live || call->generation != event->generation)
        return;
    switch (caus_world_kind_of(event)) {
    case WORLD_WORKED:
        caus_world_worked(sim, event->index);
        break;
    case WORLD_SLEPT:
        caus_world_slept(sim, event->index);
        break;
    case WORLD_TIMED_OUT:
        caus_world_time_out(sim, event->index);
        break;
    default:
        caus_world_retry(sim, event->index);
        break;
    }
}

static void handle(world_sim *sim, const world_event *event)
{
    switch (caus_world_kind_of(event)) {
    case WORLD_ARRIVAL:
        expect_arrival(sim, (size_t)event->index);
        caus_world_arrive(sim, (size_t)event->index);
        break;
    case WORLD_TICK:
        caus_world_push(sim, sim->now_us + WORLD_SECOND_US, WORLD_TICK, 0, 0);
        sim->is_tick = true;
        caus_world_tick(sim);
        sim->is_tick = false;
        break;
    case WORLD_SCRAPE:
        caus_world_scrape_pod(sim, event->index);
        break;
    case WORLD_POD_READY:
        caus_world_pod_ready(sim, event->index);
        break;
    case WORLD_CHANGE:
        caus_world_start_change(sim, (size_t)event->index);
        break;
    case WORLD_FAULT:
        caus_world_apply_fault(sim);
        break;
    case WORLD_RELEASE:
        caus_world_release(sim, event->index, event->generation);
        break;
    default:
        handle_call(sim, event);
    }
}

static bool copy_array(world_array *array, size_t item_bytes)
{
    const void *items = array->items;
    array->items = caus_alloc(array->capacity * item_bytes);
    if (array->items && array->count)
        memcpy(array->items, items, array->count * item_bytes);
    return array->items;
}

static void *copy_part(caus_arena *arena, const void *part, size_t count,
                       size_t item_bytes)
{
    void *copy = caus_arena_array(arena, count, item_bytes);
    if (copy)
        memcpy(copy, part, count * item_bytes);
    return copy;
}

#define COPY_PART(sim, field, count) \
    ((sim)->field =                  \
         copy_part((sim)->arena, (sim)->field, (count), sizeof *(sim)->field))

static bool copy_parts(world_sim *twin)
{
    size_t services = twin->plan->service_count;
    size_t nodes = twin->plan->node_count;
    return COPY_PART(twin, node_active, nodes) &&
           COPY_PART(twin, node_stress, nodes) &&
           COPY_PART(twin, node_works, nodes) &&
           COPY_PART(twin, node_crowded, nodes) &&
           COPY_PART(twin, node_noise, nodes) &&
           COPY_PART(twin, drift, services) &&
           COPY_PART(twin, ready, services) &&
           COPY_PART(twin, services, services) &&
           COPY_PART(twin, edges, twin->plan->edge_count) &&
           COPY_PART(twin, seconds, services * twin->second_count);
}

/* The system as it is, to go on without the fault and without records. */
static void branch(world_sim *sim, world_sim *twin)
{
    *twin = *sim;
    twin->has_fault = twin->records = false;
    twin->spans = twin->scrapes = twin->changes = twin->logs = (world_array){0};
    bool copied = copy_array(&twin->events, sizeof(world_event));
    copied = copy_array(&twin->calls, sizeof(world_call)) && copied;
    copied = copy_array(&twin->pods, sizeof(world_pod)) && copied;
    sim->failed = !copied || !copy_parts(twin);
}

static caus_status loop(world_sim *sim, world_sim *twin, const caus_run *run,
                        caus_error *err)
{
    const world_plan *plan = sim->plan;
    for (uint64_t handled = 0;; handled++) {
        if (handled % CHECK_EVENTS == 0)
            CAUS_TRY(caus_run_check(run, err));
        keep_room(sim);
        if (twin && sim->has_fault && !twin->plan && !sim->failed &&
            WORLD_EVENTS(sim)[0].at_us >= plan->fault_at_us)
            branch(sim, twin);
        if (sim->failed)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory to simulate a world of %zu services",
                             plan->service_count);
        world_event event = caus_world_pop(sim);
        if (event.at_us >= plan->duration_us)
            return CAUS_OK;
        sim->now_us = event.at_us;
        handle(sim, &event);
    }
}

static void end(world_sim *sim)
{
    sim->now_us = sim->plan->duration_us;
    caus_world_count_present(sim);
}

caus_status caus_world_simulate(const world_plan *plan, const caus_run *run,
                                caus_arena *arena, world_sim *result,
                                world_sim *twin, caus_error *err)
{
    *twin = (world_sim){0};
    *result = (world_sim){
        .plan = plan,
        .has_fault = plan->fault != CAUS_WORLD_NONE,
        .records = true,
        .load = 1,
        .free_call = WORLD_NONE,
        .arena = arena,
    };
    caus_status status = prepare(result, arena, err);
    if (status == CAUS_OK) {
        begin(result);
        status = loop(result, twin, run, err);
    }
    if (status == CAUS_OK) {
        end(result);
    } else {
        caus_world_sim_deinit(result);
        caus_world_sim_deinit(twin);
    }
    return status;
}

caus_status caus_world_continue(world_sim *twin, const caus_run *run,
                                caus_error *err)
{
    CAUS_TRY(loop(twin, NULL, run, err));
    end(twin);
    return CAUS_OK;
}

void caus_world_sim_deinit(world_sim *sim)
{
    free(sim->events.items);
    free(sim->calls.items);
    free(sim->pods.items);
    free(sim->spans.items);
    free(sim->scrapes.items);
    free(sim->changes.items);
    free(sim->logs.items);
    *sim = (world_sim){0};
}
