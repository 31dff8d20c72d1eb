/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a request at a service: it waits for a worker, works, calls
 * others over connections of its pod, works again and answers. A worker is held
 * from the start of the work to the answer.
 */
#include <math.h>
#include <string.h>

#include "simulation/world_internal.h"
#include "simulation/world_random.h"

/* Parts of a call's key. */
enum { PART_POD = 1, PART_WORK, PART_ERROR, PART_BACKOFF, PART_EDGE = 16 };
enum { SUCCEEDED = -1, OWN_ERROR, CALLEE_ERROR, REFUSED };

static const double share_before = 0.6; /* of the work, before the calls */
static const double budget_gain = 0.1, budget_most = 10;

static void call_next(world_sim *sim, int32_t index);
static void answer(world_sim *sim, int32_t index, bool succeeded);
static void fill_workers(world_sim *sim, int32_t pod);

static void append(world_sim *sim, world_line *line, int32_t index)
{
    WORLD_CALLS(sim)[index].next = WORLD_NONE;
    if (line->length++)
        WORLD_CALLS(sim)[line->last].next = index;
    else
        line->first = index;
    line->last = index;
}

static int32_t take_first(world_sim *sim, world_line *line)
{
    int32_t first = line->first;
    line->first = WORLD_CALLS(sim)[first].next;
    line->length--;
    return first;
}

static int32_t new_call(world_sim *sim)
{
    int32_t index = sim->free_call;
    if (index == WORLD_NONE) { /* the loop keeps room for all one event makes */
        sim->failed = true;
        return WORLD_NONE;
    }
    world_call *call = &WORLD_CALLS(sim)[index];
    sim->free_call = call->next;
    sim->live_count++;
    uint32_t generation = call->generation;
    *call = (world_call){.generation = generation,
                         .is_live = true,
                         .arrived_us = sim->now_us,
                         .waits_until_us = INT64_MAX,
                         .parent = WORLD_NONE,
                         .parent_span = UINT32_MAX,
                         .span = sim->next_span++,
                         .next = WORLD_NONE,
                         .edge = WORLD_NONE};
    return index;
}

static void free_call(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    call->is_live = false;
    call->generation++;
    call->next = sim->free_call;
    sim->free_call = index;
    sim->live_count--;
}

static bool is_waiting(const world_sim *sim, int32_t index, uint32_t generation)
{
    return index != WORLD_NONE && WORLD_CALLS(sim)[index].is_live &&
           WORLD_CALLS(sim)[index].generation == generation;
}

static void compute(world_sim *sim, int32_t index, double share)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    world_pod *pod = &WORLD_PODS(sim)[call->pod];
    const world_service *service = &sim->plan->services[call->service];
    double spread = service->spread;
    double normal = caus_world_normal(caus_world_mix(call->key, PART_WORK));
    double work_us =
        share * service->work_us * exp(spread * normal - spread * spread / 2) *
        sim->drift[call->service] * caus_world_work_factor(sim, pod);
    call->is_computing = true;
    pod->active++;
    sim->node_active[pod->node]++;
    pod->counters.cpu_s += work_us * 1e-6;
    double spent_us = work_us * caus_world_slowness(sim, pod->node);
    caus_world_push(sim, sim->now_us + 1 + (int64_t)spent_us, WORLD_WORKED,
                    index, call->generation);
}

static void stop_computing(world_sim *sim, world_call *call)
{
    if (!call->is_computing)
        return;
    world_pod *pod = &WORLD_PODS(sim)[call->pod];
    call->is_computing = false;
    pod->active--;
    sim->node_active[pod->node]--;
}

void caus_world_release(world_sim *sim, int32_t pod, uint32_t kills)
{
    if (WORLD_PODS(sim)[pod].kills != kills)
        return;
    WORLD_PODS(sim)[pod].busy--;
    fill_workers(sim, pod);
    caus_world_pod_idle(sim, pod);
}

static void end_work(world_sim *sim, int32_t pod)
{
    const world_pod *here = &WORLD_PODS(sim)[pod];
    int64_t keep_us = caus_world_keep_us(sim, here);
    if (keep_us > 0)
        caus_world_push(sim, sim->now_us + keep_us, WORLD_RELEASE, pod,
                        here->kills);
    else
        caus_world_release(sim, pod, here->kills);
}

/* Ends a request, frees its worker and tells who waits for it. */
static void finish(world_sim *sim, int32_t index, int reason)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    caus_world_count_end(sim, call, reason);
    caus_world_log_end(sim, call, reason);
    bool worked = call->stage != WORLD_QUEUED;
    bool is_awaited = !call->is_abandoned &&
                      is_waiting(sim, call->parent, call->parent_generation);
    int32_t parent = call->parent, pod = call->pod;
    free_call(sim, index);
    if (worked)
        end_work(sim, pod);
    if (is_awaited)
        answer(sim, parent, reason == SUCCEEDED);
}

static void start(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    world_pod *pod = &WORLD_PODS(sim)[call->pod];
    pod->busy++;
    call->stage = WORLD_BEFORE;
    uint64_t key = caus_world_mix(call->key, PART_ERROR);
    double chance = caus_world_uniform(key);
    double share = caus_world_error_share(sim, pod);
    call->failed = chance < share;
    call->is_caught =
        !call->failed && chance < share + caus_world_caught_share(sim, pod);
    bool calls = sim->plan->services[call->service].edge_count > 0;
    compute(sim, index, calls ? share_before : 1);
}

static void fill_workers(world_sim *sim, int32_t pod)
{
    for (;;) {
        world_pod *here = &WORLD_PODS(sim)[pod];
        if (here->busy >= here->workers || !here->queue.length)
            return;
        int32_t index = take_first(sim, &here->queue);
        if (WORLD_CALLS(sim)[index].is_abandoned)
            finish(sim, index, REFUSED);
        else
            start(sim, index);
    }
}

static void enter(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    size_t service = (size_t)call->service;
    call->pod = caus_world_choose_pod(sim, service,
                                      caus_world_mix(call->key, PART_POD));
    caus_world_count_arrival(sim, call);
    if (call->pod == WORLD_NONE) {
        finish(sim, index, REFUSED);
        return;
    }
    world_pod *pod = &WORLD_PODS(sim)[call->pod];
    bool is_queued = call->edge != WORLD_NONE &&
                     sim->plan->edges[call->edge].is_asynchronous;
    if (pod->busy < pod->workers)
        start(sim, index);
    else if (is_queued ||
             pod->queue.length < sim->plan->services[service].queue_limit)
        append(sim, &pod->queue, index);
    else
        finish(sim, index, REFUSED);
}

void caus_world_arrive(world_sim *sim, size_t service)
{
    enum { PART_TRACES = 77 };
    int32_t index = new_call(sim);
    if (index == WORLD_NONE)
        return;
    world_call *call = &WORLD_CALLS(sim)[index];
    call->service = (int16_t)service;
    call->trace = sim->next_trace++;
    call->key = caus_world_mix(caus_world_mix(sim->plan->seed, PART_TRACES),
                               call->trace);
    enter(sim, index);
}

/* Calls the callee whose turn it is. */
static void issue(world_sim *sim, int32_t index)
{
    int32_t made = new_call(sim);
    if (made == WORLD_NONE)
        return;
    world_call *call = &WORLD_CALLS(sim)[index];
    world_call *child = &WORLD_CALLS(sim)[made];
    size_t number =
        sim->plan->services[call->service].first_edge + call->position;
    const world_edge *edge = &sim->plan->edges[number];
    child->service = (int16_t)edge->callee;
    child->edge = (int16_t)number;
    child->trace = call->trace;
    child->parent_span = call->span;
    child->key = caus_world_mix(
        caus_world_mix(call->key, PART_EDGE + call->position), call->attempt);
    sim->edges[number].issued++;
    if (!edge->is_asynchronous) {
        child->parent = index;
        child->parent_generation = call->generation;
        child->waits_until_us = sim->now_us + edge->timeout_us;
        caus_world_push(sim, child->waits_until_us, WORLD_TIMED_OUT, made,
                        child->generation);
    }
    enter(sim, made);
}

static world_pool *pool_of(world_sim *sim, const world_call *call)
{
    return &WORLD_PODS(sim)[call->pod].pools[call->position];
}

static void want_connection(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    world_pool *pool = pool_of(sim, call);
    if (pool->in_use < pool->size && !pool->waiting.length) {
        pool->in_use++;
        issue(sim, index);
    } else {
        append(sim, &pool->waiting, index);
    }
}

static void fill_pool(world_sim *sim, int32_t pod, size_t position)
{
    for (;;) {
        world_pool *pool = &WORLD_PODS(sim)[pod].pools[position];
        if (pool->in_use >= pool->size || !pool->waiting.length)
            return;
        int32_t index = take_first(sim, &pool->waiting);
        if (WORLD_CALLS(sim)[index].is_abandoned) {
            finish(sim, index, CALLEE_ERROR);
        } else {
            pool->in_use++;
            issue(sim, index);
        }
    }
}

static void call_next(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    const world_service *service = &sim->plan->services[call->service];
    for (; call->position < service->edge_count; call->position++) {
        const world_edge *edge =
            &sim->plan->edges[service->first_edge + call->position];
        uint64_t key = caus_world_mix(call->key, PART_EDGE + call->position);
        if (caus_world_uniform(key) >= edge->probability)
            continue;
        if (!edge->is_asynchronous) {
            want_connection(sim, index);
            return;
        }
        issue(sim, index);
    }
    call->stage = WORLD_AFTER;
    compute(sim, index, 1 - share_before);
}

static void go_on(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    if (call->failed) {
        finish(sim, index, OWN_ERROR);
    } else if (call->stage == WORLD_AFTER ||
               !sim->plan->services[call->service].edge_count) {
        finish(sim, index, SUCCEEDED);
    } else {
        call->stage = WORLD_CALLING;
        call_next(sim, index);
    }
}

void caus_world_worked(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    stop_computing(sim, call);
    int64_t delay_us = caus_world_delay_us(sim, &WORLD_PODS(sim)[call->pod]);
    if (call->stage == WORLD_BEFORE && delay_us > 0)
        caus_world_push(sim, sim->now_us + delay_us, WORLD_SLEPT, index,
                        call->generation);
    else
        go_on(sim, index);
}

void caus_world_slept(world_sim *sim, int32_t index)
{
    go_on(sim, index);
}

/* A callee failed or was waited for too long. */
static void bear_failure(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    size_t number =
        sim->plan->services[call->service].first_edge + call->position;
    const world_edge *edge = &sim->plan->edges[number];
    world_pool *pool = pool_of(sim, call);
    if (!call->is_abandoned && call->attempt < edge->retries &&
        pool->retry_budget >= 1) {
        pool->retry_budget--;
        call->attempt++;
        sim->edges[number].retried++;
        caus_world_log_call(sim, call, CAUS_WORLD_LINE_RETRY);
        uint64_t key = caus_world_mix(call->key, PART_BACKOFF + call->position);
        double factor = ldexp(0.5 + caus_world_uniform(key), call->attempt - 1);
        caus_world_push(
            sim, sim->now_us + (int64_t)((double)edge->backoff_us * factor),
            WORLD_RETRY, index, call->generation);
    } else if (edge->is_optional) {
        caus_world_log_call(sim, call, CAUS_WORLD_LINE_WITHOUT);
        call->position++;
        call->attempt = 0;
        call_next(sim, index);
    } else {
        finish(sim, index, CALLEE_ERROR);
    }
}

static void answer(world_sim *sim, int32_t index, bool succeeded)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    world_pool *pool = pool_of(sim, call);
    int32_t pod = call->pod;
    size_t position = call->position;
    pool->in_use--;
    if (succeeded) {
        pool->retry_budget =
            fmin(pool->retry_budget + budget_gain, budget_most);
        call->position++;
        call->attempt = 0;
        call_next(sim, index);
    } else {
        bear_failure(sim, index);
    }
    fill_pool(sim, pod, position);
}

void caus_world_time_out(world_sim *sim, int32_t index)
{
    world_call *call = &WORLD_CALLS(sim)[index];
    if (call->is_abandoned)
        return;
    call->is_abandoned = true;
    sim->edges[call->edge].timeouts++;
    if (!is_waiting(sim, call->parent, call->parent_generation))
        return;
    caus_world_log_call(sim, &WORLD_CALLS(sim)[call->parent],
                        CAUS_WORLD_LINE_TIMEOUT);
    answer(sim, call->parent, false);
}

void caus_world_retry(world_sim *sim, int32_t index)
{
    if (WORLD_CALLS(sim)[index].is_abandoned)
        finish(sim, index, CALLEE_ERROR);
    else
        want_connection(sim, index);
}

void caus_world_lose(world_sim *sim, int32_t pod)
{
    world_pod *here = &WORLD_PODS(sim)[pod];
    here->queue = (world_line){0};
    for (size_t i = 0; i < CAUS_WORLD_POOLS; i++) {
        here->pools[i].in_use = 0;
        here->pools[i].waiting = (world_line){0};
    }
    here->busy = 0;
    for (size_t i = 0; i < sim->calls.count; i++) {
        world_call *call = &WORLD_CALLS(sim)[i];
        if (!call->is_live || call->pod != pod)
            continue;
        stop_computing(sim, call);
        caus_world_count_lost(sim, call);
        int32_t parent = call->parent;
        bool is_awaited = !call->is_abandoned &&
                          is_waiting(sim, parent, call->parent_generation);
        free_call(sim, (int32_t)i);
        if (is_awaited)
            answer(sim, parent, false);
    }
}
