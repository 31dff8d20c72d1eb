/* SPDX-License-Identifier: Apache-2.0 */
/* What services write to their logs while requests come and go. */
#include "simulation/world_internal.h"
#include "simulation/world_random.h"

enum {
    PART_SAMPLE = 9,
    PART_ROUTINE = 41,
    PART_GLITCH = 42,
    PART_LINES = 43,
    HANDLED_ONE_IN = 50,
    MEMORY_SECONDS = 20,
    NOTICE_SECONDS = 30, /* between notices after a change */
    GLITCH_SECONDS = 7200
};

static const double slow_times = 6; /* of what a request usually takes */
static const int64_t least_slow_us = 300000;
static const double full_share = .85; /* of the memory */

static void add(world_sim *sim, const caus_world_log *line)
{
    if (!sim->records)
        return;
    if (!caus_world_reserve(&sim->logs, 1, sizeof(caus_world_log))) {
        sim->failed = true;
        return;
    }
    caus_world_log *logs = sim->logs.items;
    logs[sim->logs.count] = *line;
    logs[sim->logs.count++].time_us = sim->now_us;
}

static uint32_t spent_ms(const world_sim *sim, const world_call *call)
{
    return (uint32_t)((sim->now_us - call->arrived_us) / 1000);
}

/* The callee whose turn it is, or was last. */
static uint16_t callee_of(const world_sim *sim, const world_call *call)
{
    const world_service *service = &sim->plan->services[call->service];
    if (call->position >= service->edge_count)
        return UINT16_MAX;
    return (uint16_t)sim->plan->edges[service->first_edge + call->position]
        .callee;
}

/* Whether what a service throws itself is the fault's. */
static bool is_fault(const world_sim *sim, const world_call *call)
{
    caus_world_fault fault = sim->plan->fault;
    const world_pod *pod = &WORLD_PODS(sim)[call->pod];
    bool throws = fault == CAUS_WORLD_ERRORS || fault == CAUS_WORLD_CODE;
    if (pod->is_broken || pod->is_bad)
        return true;
    uint64_t key = caus_world_mix(call->key, PART_LINES);
    double usual = sim->plan->services[call->service].error_share;
    double all = caus_world_error_share(sim, pod);
    return throws && (size_t)call->service == sim->plan->root &&
           sim->fault_level > 0 && caus_world_uniform(key) * all >= usual;
}

void caus_world_log_end(world_sim *sim, const world_call *call, int reason)
{
    enum { OWN_ERROR, CALLEE_ERROR, REFUSED };
    caus_world_log line = {.trace = call->trace,
                           .service = (uint16_t)call->service,
                           .other = UINT16_MAX,
                           .value = spent_ms(sim, call)};
    const world_service *service = &sim->plan->services[call->service];
    int64_t spent_us = sim->now_us - call->arrived_us;
    bool is_slow = spent_us > least_slow_us &&
                   (double)spent_us > slow_times * service->hold_us;
    if (reason == OWN_ERROR) {
        line.line = is_fault(sim, call) ? CAUS_WORLD_LINE_FAULT
                                        : CAUS_WORLD_LINE_REJECTED;
    } else if (reason == CALLEE_ERROR) {
        line.line = CAUS_WORLD_LINE_CALLEE;
        line.other = callee_of(sim, call);
    } else if (reason == REFUSED) {
        if (call->is_abandoned)
            return;
        line.line = CAUS_WORLD_LINE_REFUSED;
    } else if (call->is_caught) {
        line.line = CAUS_WORLD_LINE_FAULT;
    } else if (is_slow) {
        line.line = CAUS_WORLD_LINE_SLOW;
    } else if (caus_world_mix(call->key, PART_SAMPLE) % HANDLED_ONE_IN) {
        return;
    } else {
        line.line = CAUS_WORLD_LINE_HANDLED;
    }
    add(sim, &line);
}

void caus_world_log_call(world_sim *sim, const world_call *caller,
                         caus_world_line line)
{
    caus_world_log told = {.trace = caller->trace,
                           .service = (uint16_t)caller->service,
                           .other = callee_of(sim, caller),
                           .value = line == CAUS_WORLD_LINE_RETRY
                                        ? caller->attempt
                                        : spent_ms(sim, caller),
                           .line = (uint8_t)line};
    add(sim, &told);
}

void caus_world_log_pod(world_sim *sim, size_t service, caus_world_line line,
                        uint32_t value)
{
    caus_world_log told = {.trace = UINT32_MAX,
                           .service = (uint16_t)service,
                           .other = UINT16_MAX,
                           .value = value,
                           .line = (uint8_t)line};
    add(sim, &told);
}

/* A harmless change leaves words of its own for a while. */
static void log_changes(world_sim *sim, uint32_t second)
{
    enum { LASTS_US = 600 * WORLD_SECOND_US };
    for (size_t i = 0; i < sim->plan->change_count; i++) {
        const world_planned *change = &sim->plan->changes[i];
        if (sim->now_us >= change->at_us &&
            sim->now_us < change->at_us + LASTS_US &&
            (second + i) % NOTICE_SECONDS == 0)
            caus_world_log_pod(sim, change->service, CAUS_WORLD_LINE_NOTICE,
                               (uint32_t)i);
    }
}

/* Some services now and then tell of errors that nobody notices. */
static void log_glitch(world_sim *sim, size_t service, uint32_t second)
{
    uint64_t key = caus_world_mix(sim->plan->seed, PART_GLITCH);
    key = caus_world_mix(caus_world_mix(key, service), second / GLITCH_SECONDS);
    uint32_t begin = (uint32_t)(key % GLITCH_SECONDS);
    uint32_t lasts = 5 + (uint32_t)(key >> 32) % 60;
    uint32_t now = second % GLITCH_SECONDS;
    if ((key >> 48) % 2 == 0 && now >= begin && now < begin + lasts &&
        now % 3 == 0)
        caus_world_log_pod(sim, service, CAUS_WORLD_LINE_GLITCH, second);
}

static void log_memory(world_sim *sim, uint32_t second)
{
    for (size_t i = 0; i < sim->pods.count; i++) {
        const world_pod *pod = &WORLD_PODS(sim)[i];
        const world_service *service = &sim->plan->services[pod->service];
        double share =
            (service->memory_bytes + pod->leaked_bytes) / service->memory_limit;
        if (pod->state == WORLD_POD_SERVING && share > full_share &&
            (second + pod->number) % MEMORY_SECONDS == 0)
            caus_world_log_pod(sim, pod->service, CAUS_WORLD_LINE_MEMORY,
                               (uint32_t)(100 * share));
    }
}

void caus_world_log_tick(world_sim *sim)
{
    uint32_t second = (uint32_t)(sim->now_us / WORLD_SECOND_US);
    if (!sim->records)
        return;
    for (size_t s = 0; s < sim->plan->service_count; s++) {
        uint64_t key = caus_world_mix(sim->plan->seed, PART_ROUTINE);
        key = caus_world_mix(caus_world_mix(key, s), second);
        if (key % 40 == 0)
            caus_world_log_pod(sim, s, CAUS_WORLD_LINE_ROUTINE,
                               (uint32_t)(key >> 32));
        log_glitch(sim, s, second);
    }
    log_changes(sim, second);
    log_memory(sim, second);
}
