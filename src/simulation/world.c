/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "simulation/world_internal.h"

static const int64_t second_ns = 1000000000;
/* 2026-03-02T09:00:00Z, a Monday morning. */
static const int64_t default_start_ns = INT64_C(1772442000) * 1000000000;

caus_world_options caus_world_options_default(void)
{
    return (caus_world_options){
        .services = 10,
        .fault = CAUS_WORLD_AUTO,
        .duration_ns = 7200 * second_ns,
        .fault_at_ns = -1,
        .step_ns = 15 * second_ns,
        .scrape_ns = 15 * second_ns,
    };
}

static caus_status check_times(const caus_world_options *options,
                               caus_error *err)
{
    if (options->duration_ns < 600 * second_ns ||
        options->duration_ns > 48 * INT64_C(3600) * second_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a world of %.0f s: it lasts from 10 minutes to 48 "
                         "hours",
                         (double)options->duration_ns * 1e-9);
    if (options->step_ns < second_ns || options->step_ns > 3600 * second_ns ||
        options->step_ns % second_ns || options->start_ns % options->step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a step of %g s: it is whole seconds from 1 s to 1 h "
                         "and the start of the world a multiple of it",
                         (double)options->step_ns * 1e-9);
    if (options->scrape_ns < second_ns || options->scrape_ns > 300 * second_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a scrape every %g s: it is from 1 s to 5 min",
                         (double)options->scrape_ns * 1e-9);
    if (options->fault_at_ns < -1 || options->fault_for_ns < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a fault begins after the start of the world and "
                         "lasts: times below 0 mean nothing");
    return CAUS_OK;
}

static caus_status check_options(const caus_world_options *options,
                                 caus_error *err)
{
    if (options->services < 3 || options->services > WORLD_SERVICES_MAX)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu services: a world has from 3 to %d",
                         options->services, (int)WORLD_SERVICES_MAX);
    if ((unsigned)options->fault > CAUS_WORLD_AUTO)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT, "there is no fault %d",
                         (int)options->fault);
    if (!(options->fault_size >= 0) || options->fault_size > 1000)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a fault of size %g: it is from 0 to 1000",
                         options->fault_size);
    if (options->fault_size > 1 && options->fault == CAUS_WORLD_ERRORS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "errors of size %g: it is a share of the requests, at "
                         "most 1",
                         options->fault_size);
    return check_times(options, err);
}

static caus_status check_cost(const world_plan *plan, caus_error *err)
{
    const double most = 40e6;
    double requests = 0;
    for (size_t s = 0; s < plan->service_count; s++)
        requests += plan->services[s].rate;
    requests *= (double)plan->duration_us * 1e-6;
    if (requests > most)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "this world would have %.0f million requests, over "
                         "%.0f million: fewer services or a shorter time",
                         requests * 1e-6, most * 1e-6);
    return CAUS_OK;
}

static caus_status tell_services(const world_sim *sim, caus_world *world,
                                 caus_arena *out, caus_error *err)
{
    size_t count = sim->plan->service_count;
    caus_world_service *services = CAUS_ARRAY(out, caus_world_service, count);
    if (!services)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < count; s++) {
        const world_service *plan = &sim->plan->services[s];
        const world_service_count *counted = &sim->services[s];
        services[s] = (caus_world_service){
            .name = plan->name,
            .is_entry = plan->is_entry,
            .pods = plan->pods,
            .workers = plan->workers,
            .rate = plan->rate,
            .work_s = plan->work_us * 1e-6,
            .scales = plan->scales,
            .arrived = counted->arrived,
            .succeeded = counted->succeeded,
            .failed = counted->failed,
            .lost = counted->lost,
            .unfinished = counted->present,
            .crowd_s = counted->crowd_us * 1e-6,
            .stay_s = counted->stay_us * 1e-6,
        };
    }
    world->services = services;
    world->service_count = count;
    return CAUS_OK;
}

static caus_status tell_calls(const world_sim *sim, caus_world *world,
                              caus_arena *out, caus_error *err)
{
    size_t count = sim->plan->edge_count;
    caus_world_call *calls = CAUS_ARRAY(out, caus_world_call, count);
    if (!calls)
        return caus_arena_fail(out, err);
    for (size_t e = 0; e < count; e++) {
        const world_edge *plan = &sim->plan->edges[e];
        calls[e] = (caus_world_call){
            .caller = plan->caller,
            .callee = plan->callee,
            .is_asynchronous = plan->is_asynchronous,
            .is_optional = plan->is_optional,
            .probability = plan->probability,
            .timeout_s =
                plan->is_asynchronous ? 0 : (double)plan->timeout_us * 1e-6,
            .retries = plan->is_asynchronous ? 0 : plan->retries,
            .connections = plan->connections,
            .issued = sim->edges[e].issued,
            .timeouts = sim->edges[e].timeouts,
            .retried = sim->edges[e].retried,
        };
    }
    world->calls = calls;
    world->call_count = count;
    return CAUS_OK;
}

static caus_status tell_pods(const world_sim *sim, caus_world *world,
                             caus_arena *out, caus_error *err)
{
    caus_world_pod *pods = CAUS_ARRAY(out, caus_world_pod, sim->pods.count);
    if (!pods)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < sim->pods.count; i++) {
        const world_pod *pod = &WORLD_PODS(sim)[i];
        pods[i] = (caus_world_pod){
            .name = caus_arena_format(out, "%s-%u",
                                      sim->plan->services[pod->service].name,
                                      pod->number),
            .service = pod->service,
            .node = pod->node,
        };
        if (!pods[i].name)
            return caus_arena_fail(out, err);
    }
    world->pods = pods;
    world->pod_count = sim->pods.count;
    world->node_count = sim->plan->node_count;
    return CAUS_OK;
}

static void *copy_items(const world_array *array, size_t item_bytes,
                        caus_arena *out)
{
    void *items = caus_arena_array(out, array->count, item_bytes);
    if (items && array->count)
        memcpy(items, array->items, array->count * item_bytes);
    return items;
}

static caus_status tell_records(const world_sim *sim, caus_world *world,
                                caus_arena *out, caus_error *err)
{
    world->spans = copy_items(&sim->spans, sizeof(caus_world_span), out);
    world->scrapes = copy_items(&sim->scrapes, sizeof(caus_world_scrape), out);
    caus_world_change *changes =
        copy_items(&sim->changes, sizeof(caus_world_change), out);
    world->logs = copy_items(&sim->logs, sizeof(caus_world_log), out);
    world->log_count = sim->logs.count;
    if (!world->spans || !world->scrapes || !world->logs || !changes)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < sim->changes.count; i++)
        changes[i].time_ns =
            changes[i].time_ns * 1000 + world->options.start_ns;
    world->changes = changes;
    world->span_count = sim->spans.count;
    world->scrape_count = sim->scrapes.count;
    world->change_count = sim->changes.count;
    return CAUS_OK;
}

static caus_status tell(const world_sim *sim, const caus_run *run,
                        caus_world *world, caus_arena *out, caus_error *err)
{
    CAUS_TRY(tell_services(sim, world, out, err));
    CAUS_TRY(tell_calls(sim, world, out, err));
    CAUS_TRY(tell_pods(sim, world, out, err));
    CAUS_TRY(tell_records(sim, world, out, err));
    CAUS_TRY(caus_world_derive(world, run, out, err));
    return caus_world_find_edges(sim, world, out, err);
}

static caus_status simulate(const world_plan *plan, const caus_run *run,
                            caus_world *world, caus_arena *out, caus_error *err)
{
    world_sim sim, twin;
    CAUS_TRY(caus_world_simulate(plan, run, out, &sim, &twin, err));
    caus_status status = tell(&sim, run, world, out, err);
    if (status == CAUS_OK && sim.has_fault)
        status = caus_world_continue(&twin, run, err);
    if (status == CAUS_OK && sim.has_fault)
        status = caus_world_compare(&sim, &twin, world, out, err);
    caus_world_sim_deinit(&sim);
    caus_world_sim_deinit(&twin);
    return status;
}

static caus_status make(const caus_world_options *options, const caus_run *run,
                        caus_arena *out, caus_world *world, caus_error *err)
{
    world_plan *plan = CAUS_ARRAY(out, world_plan, 1);
    if (!plan)
        return caus_arena_fail(out, err);
    CAUS_TRY(check_options(options, err));
    CAUS_TRY(caus_world_plan(options, caus_run_seed(run), out, plan, err));
    CAUS_TRY(check_cost(plan, err));
    bool has_fault = plan->fault != CAUS_WORLD_NONE;
    *world = (caus_world){
        .options = *options,
        .seed = plan->seed,
        .fault = plan->fault,
        .root = has_fault ? plan->root : SIZE_MAX,
    };
    if (has_fault) {
        world->fault_size = plan->fault_size;
        world->fault_ns[0] = options->start_ns + plan->fault_at_us * 1000;
        world->fault_ns[1] = options->start_ns + plan->fault_end_us * 1000;
    }
    return simulate(plan, run, world, out, err);
}

caus_status caus_world_make(const caus_world_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_world *result, caus_error *err)
{
    caus_world_options settled =
        options ? *options : caus_world_options_default();
    if (!settled.start_ns)
        settled.start_ns =
            settled.step_ns > 0
                ? default_start_ns - default_start_ns % settled.step_ns
                : 0;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_world world;
    caus_status status = make(&settled, run, out, &world, err);
    if (status == CAUS_OK)
        *result = world;
    else
        caus_arena_rewind(out, mark);
    return status;
}
