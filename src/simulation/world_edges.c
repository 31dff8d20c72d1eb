/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The true causes between derived series: who loads whom, who waits for whom,
 * who fails with whom, and how long after the cause the effect was counted.
 */
#include <math.h>
#include <stdlib.h>

#include "simulation/world_internal.h"

enum { KINDS = 3, CALLS = 0, ERRORS = 1, LATENCY = 2, LAGS = 4096 };
enum { SEEN_TIMES = 20 }; /* from here on a mechanism is no longer weak */

/* Lags, thinned evenly. */
typedef struct lags {
    size_t count, skip, stride;
    int64_t total;
    int64_t values[LAGS]; /* µs */
} lags;

typedef struct call_lags {
    lags starts;  /* callee's start − caller's start */
    lags loads;   /* callee's end − caller's end */
    lags replies; /* caller's end − callee's, which came first */
    lags fails;   /* the same where both failed */
    lags waits;   /* the same where the callee failed */
    lags lates;   /* the same where the callee ended after the caller failed */
} call_lags;

typedef struct finder {
    caus_world *world;
    caus_world_edge *edges;
    size_t count;
} finder;

static void add_lag(lags *to, int64_t lag_us)
{
    to->total++;
    if (to->skip) {
        to->skip--;
        return;
    }
    if (!to->stride)
        to->stride = 1;
    if (to->count == LAGS) { /* full: every second one is enough */
        for (size_t i = 0; i < LAGS / 2; i++)
            to->values[i] = to->values[2 * i];
        to->count /= 2;
        to->stride *= 2;
    }
    to->values[to->count++] = lag_us;
    to->skip = to->stride - 1;
}

static int compare_lags(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The 5 % and 95 %. */
static void range_of(lags *from, double result_s[2])
{
    result_s[0] = result_s[1] = (double)NAN;
    if (!from->count)
        return;
    qsort(from->values, from->count, sizeof *from->values, compare_lags);
    size_t tail = from->count / 20;
    result_s[0] = (double)from->values[tail] * 1e-6;
    result_s[1] = (double)from->values[from->count - 1 - tail] * 1e-6;
}

static void see_pair(const caus_world_span *caller,
                     const caus_world_span *callee, call_lags *result)
{
    int64_t ends_us = caller->start_us + caller->duration_us -
                      callee->start_us - callee->duration_us;
    add_lag(&result->starts, callee->start_us - caller->start_us);
    add_lag(&result->loads, -ends_us);
    if (ends_us >= 0)
        add_lag(&result->replies, ends_us);
    else if (caller->failed)
        add_lag(&result->lates, ends_us);
    if (ends_us >= 0 && callee->failed)
        add_lag(&result->waits, ends_us);
    if (ends_us >= 0 && caller->failed && callee->failed)
        add_lag(&result->fails, ends_us);
}

/* Spans by their number: place + 1, 0 = never ended. */
static uint32_t *index_spans(const caus_world *world, size_t given,
                             caus_arena *out)
{
    uint32_t *places = CAUS_ARRAY(out, uint32_t, given);
    for (size_t i = 0; places && i < world->span_count; i++)
        places[world->spans[i].span] = (uint32_t)i + 1;
    return places;
}

static void see_spans(const caus_world *world, const uint32_t *places,
                      call_lags *result)
{
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        if (span->parent == UINT32_MAX || !places[span->parent])
            continue;
        see_pair(&world->spans[places[span->parent] - 1], span,
                 &result[span->call]);
    }
}

static void add(finder *to, size_t source, size_t target, const char *mechanism,
                bool is_weak, const double lag_s[2])
{
    to->edges[to->count++] = (caus_world_edge){
        source, target, mechanism, is_weak, false, {lag_s[0], lag_s[1]}};
}

/* How much of the caller's time goes into a call. */
static double share_of(const world_plan *plan, size_t call)
{
    const world_edge *edge = &plan->edges[call];
    return edge->probability * plan->services[edge->callee].hold_us /
           plan->services[edge->caller].hold_us;
}

/* Failures of a callee that change how long its caller takes, the callee taking
 * as long as ever: who repeats waits, who gives up saves the rest of its work.
 * At most a tenth of the caller's mean time when errors alone were forced on.
 */
static void add_failed_time(finder *to, const caus_world_call *call,
                            call_lags *seen)
{
    size_t callee = call->callee * KINDS + ERRORS;
    size_t caller = call->caller * KINDS + LATENCY;
    double lag_s[2];
    if (call->retries && seen->waits.total) {
        range_of(&seen->waits, lag_s);
        add(to, callee, caller, "back-off", true, lag_s);
    } else if (!call->retries && !call->is_optional && seen->fails.total) {
        range_of(&seen->fails, lag_s);
        add(to, callee, caller, "giving up", true, lag_s);
        to->edges[to->count - 1].lowers = true;
    }
}

static void add_call(finder *to, const world_sim *sim, size_t number,
                     call_lags *seen)
{
    const caus_world_call *call = &to->world->calls[number];
    size_t caller = call->caller * KINDS, callee = call->callee * KINDS;
    double lag_s[2];
    range_of(&seen->loads, lag_s);
    add(to, caller + CALLS, callee + CALLS, "load", false, lag_s);
    if (call->is_asynchronous)
        return;
    range_of(&seen->replies, lag_s);
    add(to, callee + LATENCY, caller + LATENCY, "reply",
        share_of(sim->plan, number) < 0.2, lag_s);
    if (!call->is_optional) {
        if (seen->fails.total) {
            range_of(&seen->fails, lag_s);
            add(to, callee + ERRORS, caller + ERRORS, "failure",
                seen->fails.total < SEEN_TIMES, lag_s);
        }
        if (seen->lates.total) {
            range_of(&seen->lates, lag_s);
            add(to, callee + LATENCY, caller + ERRORS, "time-out",
                seen->lates.total < SEEN_TIMES, lag_s);
        }
    }
    add_failed_time(to, call, seen);
    if (call->retried) {
        double back_off_s = (double)sim->plan->edges[number].backoff_us * 1e-6;
        double after_s[2] = {back_off_s / 2, back_off_s * 3};
        add(to, callee + ERRORS, callee + CALLS, "retry", true, after_s);
        if (call->timeouts)
            add(to, callee + LATENCY, callee + CALLS, "retry", true, after_s);
    }
}

static void add_queues(finder *to)
{
    static const double at_once[2] = {0, 0};
    for (size_t s = 0; s < to->world->service_count; s++) {
        size_t first = s * KINDS;
        add(to, first + CALLS, first + LATENCY, "queue", true, at_once);
        add(to, first + LATENCY, first + ERRORS, "queue", true, at_once);
    }
}

/* Whether work on a node common to two services had to share its cores. */
static bool meet(const world_sim *sim, size_t a, size_t b, bool *is_crowded)
{
    bool both = false;
    *is_crowded = false;
    for (size_t n = 0; n < sim->plan->node_count; n++) {
        bool has_a = false, has_b = false;
        for (size_t p = 0; p < sim->pods.count; p++) {
            const world_pod *pod = &WORLD_PODS(sim)[p];
            has_a = has_a || (pod->node == n && pod->service == a);
            has_b = has_b || (pod->node == n && pod->service == b);
        }
        both = both || (has_a && has_b);
        if (has_a && has_b && sim->node_crowded[n] * 20 > sim->node_works[n])
            *is_crowded = true;
    }
    return both;
}

static caus_status add_nodes(finder *to, const world_sim *sim, caus_arena *out,
                             caus_error *err)
{
    static const double at_once[2] = {0, 0};
    size_t services = to->world->service_count;
    size_t(*shared)[2] =
        caus_arena_array(out, services * services / 2, sizeof *shared);
    if (!shared)
        return caus_arena_fail(out, err);
    size_t count = 0;
    for (size_t a = 0; a < services; a++) {
        for (size_t b = a + 1; b < services; b++) {
            bool is_crowded;
            if (!meet(sim, a, b, &is_crowded))
                continue;
            shared[count][0] = a;
            shared[count++][1] = b;
            if (!is_crowded)
                continue;
            add(to, a * KINDS + CALLS, b * KINDS + LATENCY, "node", true,
                at_once);
            add(to, b * KINDS + CALLS, a * KINDS + LATENCY, "node", true,
                at_once);
        }
    }
    to->world->shared = (const size_t(*)[2])shared;
    to->world->shared_count = count;
    return CAUS_OK;
}

caus_status caus_world_find_edges(const world_sim *sim, caus_world *world,
                                  caus_arena *out, caus_error *err)
{
    size_t calls = world->call_count, services = world->service_count;
    caus_world_call *told = CAUS_ARRAY(out, caus_world_call, calls);
    finder to = {
        .world = world,
        .edges = CAUS_ARRAY(out, caus_world_edge,
                            7 * calls + 2 * services + services * services)};
    if (!told || !to.edges)
        return caus_arena_fail(out, err);
    caus_arena_mark mark = caus_arena_get_mark(out);
    uint32_t *places = index_spans(world, sim->next_span, out);
    call_lags *seen = CAUS_ARRAY(out, call_lags, calls);
    if (!places || !seen)
        return caus_arena_fail(out, err);
    see_spans(world, places, seen);
    for (size_t c = 0; c < calls; c++) {
        told[c] = world->calls[c];
        range_of(&seen[c].starts, told[c].start_lag_s);
        range_of(&seen[c].replies, told[c].end_lag_s);
        add_call(&to, sim, c, &seen[c]);
    }
    caus_arena_rewind(out, mark);
    add_queues(&to);
    CAUS_TRY(add_nodes(&to, sim, out, err));
    world->calls = told;
    world->edges = to.edges;
    world->edge_count = to.count;
    return CAUS_OK;
}
