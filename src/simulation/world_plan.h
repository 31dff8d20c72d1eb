/* SPDX-License-Identifier: Apache-2.0 */
/* Everything of a world that is drawn before the first request. Times are whole
 * microseconds after its start. */
#ifndef CAUS_SRC_SIMULATION_WORLD_PLAN_H
#define CAUS_SRC_SIMULATION_WORLD_PLAN_H

#include "base/base.h"
#include "caus/world.h"

enum {
    WORLD_SERVICES_MAX = 120,
    WORLD_EDGES_MAX = 240,
    WORLD_NONE = -1,
    WORLD_SECOND_US = 1000000
};

typedef struct world_service {
    const char *name;
    bool is_entry;
    bool scales;
    double rate;         /* requests a second expected */
    double work_us;      /* mean */
    double spread;       /* of the logarithm of the work */
    double hold_us;      /* mean time in work, callees included, no queues */
    double crest_us;     /* mean answer at the crest of the day, with queues */
    double error_share;  /* of requests, when nothing is wrong */
    double memory_bytes; /* after a start */
    double memory_limit;
    uint32_t pods;
    uint32_t workers;     /* of a pod */
    uint32_t queue_limit; /* of a pod */
    size_t first_edge;
    size_t edge_count;
} world_service;

typedef struct world_edge {
    size_t caller, callee;
    bool is_asynchronous;
    bool is_optional;
    double probability;
    int64_t timeout_us;
    int64_t backoff_us;
    int retries;
    uint32_t connections; /* of a pod */
} world_edge;

/* A change that is planned, harmful or not. */
typedef struct world_planned {
    int64_t at_us;
    size_t service;
    bool is_deploy; /* every pod is replaced; else its counters restart */
} world_planned;

typedef struct world_plan {
    uint64_t seed;
    size_t service_count;
    world_service services[WORLD_SERVICES_MAX];
    size_t edge_count;
    world_edge edges[WORLD_EDGES_MAX];
    size_t node_count;
    double node_cores;
    double day_amplitude, day_phase;
    caus_world_fault fault;
    size_t root;
    double fault_size;
    int64_t fault_at_us, fault_end_us;
    int64_t duration_us, scrape_us;
    size_t change_count;
    const world_planned *changes; /* by time */
} world_plan;

/* Draws a plan. Options are checked by caus_world_make(). */
caus_status caus_world_plan(const caus_world_options *options, uint64_t seed,
                            caus_arena *out, world_plan *result,
                            caus_error *err);
/* Draws who calls whom and how often. */
void caus_world_plan_graph(world_plan *plan, caus_random *random);

#endif
