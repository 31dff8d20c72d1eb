/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who calls whom: entry services first, then every service has at least one
 * caller among those before it, so there is no circle.
 */
#include <math.h>
#include <string.h>

#include "simulation/world_plan.h"

enum { CALLEES_MAX = 5, DEPTH_MAX = 6 };

static bool has_edge(const world_plan *plan, size_t caller, size_t callee)
{
    for (size_t e = 0; e < plan->edge_count; e++) {
        if (plan->edges[e].caller == caller && plan->edges[e].callee == callee)
            return true;
    }
    return false;
}

static void add_edge(world_plan *plan, caus_random *random, size_t caller,
                     size_t callee)
{
    static const double probabilities[] = {1, 1, 0.8, 0.6};
    if (plan->edge_count == WORLD_EDGES_MAX || has_edge(plan, caller, callee))
        return;
    plan->edges[plan->edge_count++] = (world_edge){
        .caller = caller,
        .callee = callee,
        .is_asynchronous = caus_random_uniform(random) < 0.15,
        .is_optional = caus_random_uniform(random) < 0.2,
        .probability = probabilities[caus_random_below(random, 4)],
        .retries = (int)caus_random_below(random, 3),
        .backoff_us = 20000 + (int64_t)caus_random_below(random, 80000),
    };
    plan->services[caller].edge_count++;
}

/* A caller with room for one more callee, not too deep; some entry if none. */
static size_t choose_caller(const world_plan *plan, caus_random *random,
                            size_t callee, size_t entries, const size_t *depths)
{
    for (int attempt = 0; attempt < 50; attempt++) {
        size_t caller = (size_t)caus_random_below(random, callee);
        if (plan->services[caller].edge_count < CALLEES_MAX &&
            depths[caller] < DEPTH_MAX)
            return caller;
    }
    for (size_t caller = 0; caller < callee; caller++) {
        if (plan->services[caller].edge_count < CALLEES_MAX)
            return caller;
    }
    return entries - 1;
}

static void sort_edges(world_plan *plan)
{
    for (size_t i = 1; i < plan->edge_count; i++) {
        world_edge moved = plan->edges[i];
        size_t at = i;
        for (; at > 0 && plan->edges[at - 1].caller > moved.caller; at--)
            plan->edges[at] = plan->edges[at - 1];
        plan->edges[at] = moved;
    }
    for (size_t s = 0, e = 0; s < plan->service_count; s++) {
        plan->services[s].first_edge = e;
        e += plan->services[s].edge_count;
    }
}

/* So much that the least used service has enough spans for a quantile, but no
 * more than a world can afford. */
static void set_rates(world_plan *plan, caus_random *random)
{
    const double least = 4, most = 7; /* a second; of a mean service */
    double total = 0, smallest = (double)INFINITY;
    for (size_t s = 0; s < plan->service_count; s++) {
        world_service *service = &plan->services[s];
        if (service->is_entry)
            service->rate = 0.7 + 0.6 * caus_random_uniform(random);
        total += service->rate;
        smallest = fmin(smallest, service->rate);
        for (size_t i = 0; i < service->edge_count; i++) {
            const world_edge *edge = &plan->edges[service->first_edge + i];
            plan->services[edge->callee].rate +=
                service->rate * edge->probability;
        }
    }
    double factor =
        fmin(least / smallest, most * (double)plan->service_count / total);
    for (size_t s = 0; s < plan->service_count; s++)
        plan->services[s].rate *= factor;
}

void caus_world_plan_graph(world_plan *plan, caus_random *random)
{
    size_t count = plan->service_count;
    size_t entries = 1 + (size_t)caus_random_below(random, 1 + count / 8);
    size_t depths[WORLD_SERVICES_MAX] = {0};
    for (size_t s = 0; s < count; s++) {
        plan->services[s].is_entry = s < entries;
        if (s < entries)
            continue;
        /* No entry stays without callees. */
        size_t caller = s < 2 * entries
                            ? s - entries
                            : choose_caller(plan, random, s, entries, depths);
        add_edge(plan, random, caller, s);
        depths[s] = depths[caller] + 1;
        if (s > entries && caus_random_uniform(random) < 0.3)
            add_edge(plan, random,
                     choose_caller(plan, random, s, entries, depths), s);
    }
    sort_edges(plan);
    set_rates(plan, random);
}
