/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted of requests while they come and go. */
#include <math.h>

#include "simulation/world_internal.h"

const double caus_world_bounds[CAUS_WORLD_BUCKETS] = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, (double)INFINITY};

/* Brings the integral of the number present up to now. */
static world_service_count *settle(world_sim *sim, size_t service)
{
    world_service_count *count = &sim->services[service];
    count->crowd_us +=
        (double)count->present * (double)(sim->now_us - count->since_us);
    count->since_us = sim->now_us;
    return count;
}

void caus_world_count_arrival(world_sim *sim, const world_call *call)
{
    world_service_count *count = settle(sim, (size_t)call->service);
    count->arrived++;
    count->present++;
    if (call->edge == WORLD_NONE && call->pod != WORLD_NONE)
        WORLD_PODS(sim)[call->pod].counters.arrived++;
}

static void record_span(world_sim *sim, const world_call *call, bool failed)
{
    if (!caus_world_reserve(&sim->spans, 1, sizeof(caus_world_span))) {
        sim->failed = true;
        return;
    }
    caus_world_span *spans = sim->spans.items;
    int64_t spent_us = sim->now_us - call->arrived_us;
    spans[sim->spans.count++] = (caus_world_span){
        .start_us = call->arrived_us,
        .duration_us = spent_us,
        .trace = call->trace,
        .span = call->span,
        .parent = call->parent_span,
        .service = (uint16_t)call->service,
        .call = (uint16_t)call->edge,
        .failed = failed,
    };
}

void caus_world_count_end(world_sim *sim, const world_call *call, int reason)
{
    world_service_count *count = settle(sim, (size_t)call->service);
    int64_t spent_us = sim->now_us - call->arrived_us;
    double spent_s = (double)spent_us * 1e-6;
    count->present--;
    count->stay_us += (double)spent_us;
    count->succeeded += reason < 0;
    count->failed += reason >= 0;
    world_second *second =
        &sim->seconds[(size_t)(sim->now_us / WORLD_SECOND_US) *
                          sim->plan->service_count +
                      (size_t)call->service];
    second->calls++;
    second->errors += (float)(reason >= 0);
    second->duration_s += (float)spent_s;
    if (!sim->records)
        return;
    record_span(sim, call, reason >= 0);
    if (call->pod == WORLD_NONE)
        return;
    caus_world_scrape *counters = &WORLD_PODS(sim)[call->pod].counters;
    counters->requests++;
    if (reason >= 0)
        counters->errors[reason]++;
    counters->duration_sum_s += spent_s;
    for (size_t b = 0; b < CAUS_WORLD_BUCKETS; b++)
        counters->buckets[b] += spent_s <= caus_world_bounds[b];
}

void caus_world_count_lost(world_sim *sim, const world_call *call)
{
    world_service_count *count = settle(sim, (size_t)call->service);
    count->present--;
    count->lost++;
    count->stay_us += (double)(sim->now_us - call->arrived_us);
}

void caus_world_count_present(world_sim *sim)
{
    for (size_t s = 0; s < sim->plan->service_count; s++)
        settle(sim, s);
    for (size_t i = 0; i < sim->calls.count; i++) {
        const world_call *call = &WORLD_CALLS(sim)[i];
        if (call->is_live)
            sim->services[call->service].stay_us +=
                (double)(sim->now_us - call->arrived_us);
    }
}
