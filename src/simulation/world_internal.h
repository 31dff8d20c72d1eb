/* SPDX-License-Identifier: Apache-2.0 */
/* How a world is run and looked at. Times are whole microseconds after its
 * start. */
#ifndef CAUS_SRC_SIMULATION_WORLD_INTERNAL_H
#define CAUS_SRC_SIMULATION_WORLD_INTERNAL_H

#include "simulation/world_plan.h"

typedef enum world_event_kind {
    WORLD_ARRIVAL,   /* of a user's request; index = service */
    WORLD_WORKED,    /* a call's own work is done */
    WORLD_SLEPT,     /* an injected delay is over */
    WORLD_TIMED_OUT, /* a call's caller waits no longer */
    WORLD_RETRY,     /* a call repeats its last call */
    WORLD_TICK,      /* every second */
    WORLD_SCRAPE,    /* index = pod */
    WORLD_POD_READY,
    WORLD_CHANGE, /* index = planned change */
    WORLD_FAULT,  /* begins or ends */
    WORLD_RELEASE /* of a worker that was kept; index = pod */
} world_event_kind;

typedef struct world_event {
    int64_t at_us;
    uint64_t order; /* of events at one time, with the kind in the low bits */
    int32_t index;
    uint32_t generation; /* of the call: another one = the call is gone */
} world_event;

typedef enum world_stage {
    WORLD_QUEUED,
    WORLD_BEFORE,  /* work before the first call */
    WORLD_CALLING, /* waits for a connection, an answer or a retry */
    WORLD_AFTER    /* work after the last call */
} world_stage;

/* A request at a service. */
typedef struct world_call {
    int64_t arrived_us;
    int64_t waits_until_us; /* its caller's patience; INT64_MAX = no end */
    uint64_t key;
    uint32_t generation;
    int32_t parent; /* WORLD_NONE = nobody waits */
    uint32_t parent_generation;
    int32_t pod;
    int32_t next; /* in the queue it waits in */
    uint32_t trace, span, parent_span;
    int16_t service;
    int16_t edge;     /* by which it was called; WORLD_NONE = by a user */
    uint8_t position; /* of the caller's edge that is its turn */
    uint8_t attempt;
    uint8_t stage;
    bool is_live;
    bool is_abandoned;
    bool is_computing; /* counts as active on its node */
    bool failed;
    bool is_caught; /* threw, and its service went on */
} world_call;

typedef struct world_line {
    int32_t first, last;
    uint32_t length;
} world_line;

typedef struct world_pool {
    uint32_t size, in_use;
    double retry_budget;
    world_line waiting;
} world_pool;

typedef enum world_pod_state {
    WORLD_POD_STARTING,
    WORLD_POD_SERVING,
    WORLD_POD_DRAINING,
    WORLD_POD_GONE
} world_pod_state;

typedef struct world_pod {
    size_t service, node;
    uint32_t number;
    world_pod_state state;
    bool is_bad;      /* runs the bad version */
    bool is_broken;   /* a partial outage */
    bool was_added;   /* by the autoscaler */
    int32_t replaces; /* drained when this one serves */
    uint32_t kills;
    uint32_t workers, busy;
    uint32_t active; /* calls computing now */
    world_line queue;
    world_pool pools[CAUS_WORLD_POOLS];
    double leaked_bytes;
    caus_world_scrape counters;
} world_pod;

/* The pods of a service that take requests. */
enum { WORLD_READY_MAX = 32 };
typedef struct world_ready {
    uint32_t count;
    int32_t pods[WORLD_READY_MAX];
} world_ready;

/* What is counted of a service each second, in the world and its twin. */
typedef struct world_second {
    float calls, errors, duration_s;
} world_second;

typedef struct world_edge_count {
    uint64_t issued, timeouts, retried;
} world_edge_count;

typedef struct world_service_count {
    uint64_t arrived, succeeded, failed, lost;
    uint64_t present;
    int64_t since_us; /* `crowd_us` is up to here */
    double crowd_us, stay_us;
    int64_t scaled_us; /* when a pod was last added or taken away */
    double busy_mean;  /* share of workers, smoothed */
    uint32_t next_pod_number;
} world_service_count;

/* Growing arrays. */
typedef struct world_array {
    void *items;
    size_t count, capacity;
} world_array;

typedef struct world_sim {
    const world_plan *plan;
    bool has_fault;
    bool records; /* spans and scrapes; the twin does not */
    bool failed;  /* no memory */
    int64_t now_us;
    uint64_t order;
    world_array events; /* world_event, a heap */
    world_array calls;  /* world_call */
    int32_t free_call;
    size_t live_count;
    world_array pods;    /* world_pod */
    world_array spans;   /* caus_world_span */
    world_array scrapes; /* caus_world_scrape */
    world_array changes; /* caus_world_change with µs in time_ns */
    world_array logs;    /* caus_world_log */
    double *node_active; /* [node_count] */
    double *node_stress;
    double *node_noise;
    uint64_t *node_works;   /* pieces of work begun there */
    uint64_t *node_crowded; /* those that had to share */
    double *drift;          /* [service_count] of the work, a factor */
    double load;            /* factor of all arrivals */
    caus_random random_load, random_drift, random_node;
    caus_random random_arrival[WORLD_SERVICES_MAX];
    uint32_t next_trace, next_span; /* = those given out */
    double fault_level;             /* 0 … 1 */
    bool is_tick;
    world_ready *ready; /* [service_count] */
    world_service_count *services;
    world_edge_count *edges;
    world_second *seconds; /* [second_count × service_count] */
    size_t second_count;
    caus_arena *arena; /* of the texts of changes */
} world_sim;

#define WORLD_EVENTS(sim) ((world_event *)(sim)->events.items)
#define WORLD_CALLS(sim) ((world_call *)(sim)->calls.items)
#define WORLD_PODS(sim) ((world_pod *)(sim)->pods.items)

/*
 * Runs a plan from its start to its end.
 *
 *   twin  set to the same system as it was when the fault began, to be
 * continued without it; empty without a fault
 */
caus_status caus_world_simulate(const world_plan *plan, const caus_run *run,
                                caus_arena *arena, world_sim *result,
                                world_sim *twin, caus_error *err);
/* Runs a twin to its end; it counts, but records neither spans nor scrapes. */
caus_status caus_world_continue(world_sim *twin, const caus_run *run,
                                caus_error *err);
void caus_world_sim_deinit(world_sim *sim);

/* Room for `more` items; false when memory is out. */
bool caus_world_reserve(world_array *array, size_t more, size_t item_bytes);

/* events */
void caus_world_push(world_sim *sim, int64_t at_us, world_event_kind kind,
                     int32_t index, uint32_t generation);
world_event caus_world_pop(world_sim *sim);
world_event_kind caus_world_kind_of(const world_event *event);

/* calls */
void caus_world_arrive(world_sim *sim, size_t service);
void caus_world_worked(world_sim *sim, int32_t index);
void caus_world_slept(world_sim *sim, int32_t index);
void caus_world_time_out(world_sim *sim, int32_t index);
void caus_world_retry(world_sim *sim, int32_t index);
/* A worker of a pod is free again, unless the pod was killed meanwhile. */
void caus_world_release(world_sim *sim, int32_t pod, uint32_t kills);
/* Everything in the pod is lost; its callers are told. */
void caus_world_lose(world_sim *sim, int32_t pod);

/* counts */
void caus_world_count_arrival(world_sim *sim, const world_call *call);
void caus_world_count_end(world_sim *sim, const world_call *call, int reason);
void caus_world_count_lost(world_sim *sim, const world_call *call);
/* At the end: the time of everyone still there. */
void caus_world_count_present(world_sim *sim);

/* pods */
/* WORLD_NONE when memory is out. */
int32_t caus_world_add_pod(world_sim *sim, size_t service, int64_t ready_us);
void caus_world_pod_ready(world_sim *sim, int32_t pod);
void caus_world_drain(world_sim *sim, int32_t pod);
void caus_world_reload(world_sim *sim, int32_t pod);
/* Takes a drained pod away once nothing is left in it. */
void caus_world_pod_idle(world_sim *sim, int32_t pod);
void caus_world_kill(world_sim *sim, int32_t pod);
int32_t caus_world_choose_pod(const world_sim *sim, size_t service,
                              uint64_t key);

/* changes and faults, every second */
void caus_world_tick(world_sim *sim);
void caus_world_apply_fault(world_sim *sim);
void caus_world_start_change(world_sim *sim, size_t planned);
void caus_world_tell_change(world_sim *sim, size_t service, const char *kind,
                            const char *ref, const char *text);
/* The slow-down of work on a node by all that computes there. */
double caus_world_slowness(world_sim *sim, size_t node);
/* The chance that a request of a pod fails, and how much slower it works. */
double caus_world_error_share(const world_sim *sim, const world_pod *pod);
double caus_world_work_factor(const world_sim *sim, const world_pod *pod);
int64_t caus_world_delay_us(const world_sim *sim, const world_pod *pod);
/* The share of its requests that throw and are caught. */
double caus_world_caught_share(const world_sim *sim, const world_pod *pod);
/* How long a worker stays taken after its request. */
int64_t caus_world_keep_us(const world_sim *sim, const world_pod *pod);
/* The time of day's factor of all arrivals. */
double caus_world_day(const world_sim *sim);

/* logs */
/* A request ends; `reason` as when it is counted, `is_hit` by a fault that its
 * service catches. */
void caus_world_log_end(world_sim *sim, const world_call *call, int reason);
/* A caller waits no longer, repeats a call, or goes on without it. */
void caus_world_log_call(world_sim *sim, const world_call *caller,
                         caus_world_line line);
void caus_world_log_pod(world_sim *sim, size_t service, caus_world_line line,
                        uint32_t value);
/* What is logged without a request, every second. */
void caus_world_log_tick(world_sim *sim);

/* scrapes */
void caus_world_scrape_pod(world_sim *sim, int32_t pod);

/* ---- what is made of it ---- */

caus_status caus_world_derive(caus_world *world, const caus_run *run,
                              caus_arena *out, caus_error *err);
/* Needs the simulation for what crowded nodes did. */
caus_status caus_world_find_edges(const world_sim *sim, caus_world *world,
                                  caus_arena *out, caus_error *err);
caus_status caus_world_compare(const world_sim *with, const world_sim *without,
                               caus_world *world, caus_arena *out,
                               caus_error *err);

#endif
