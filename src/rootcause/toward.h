/* SPDX-License-Identifier: Apache-2.0 */
/* What callers measure of their calls to one callee. */
#ifndef CAUS_SRC_ROOTCAUSE_TOWARD_H
#define CAUS_SRC_ROOTCAUSE_TOWARD_H

#include "caus/graph.h"
#include "rootcause/scene.h"

/*
 * The calls of which latencies, failures and counts tell that are named after a
 * callee of their service: "cart_cluster_upstream_rq_time{cluster="pay"}" tells
 * of the way from cart to pay, not of what callers of cart get, and what counts
 * these not of how often cart is called.
 * Sets the scene's `toward`.
 */
caus_status caus_toward_find(const caus_series *series, caus_arena *out,
                             caus_scene *scene, caus_error *err);

/* Who has not taken the messages that a variable of service `own` tells to be
 * waiting: the group of readers that its name tells, if it is a service, as a
 * broker measures for all of them. */
size_t caus_toward_reader(const caus_scene *scene, const char *name,
                          size_t own);

/*
 * Adds the calls between services of a call graph that it lacks and a caller
 * measures by its callee's name: "cart_http_client_errors{server="pay"}". Where
 * the graph tells that it is the other way round, that counts.
 */
caus_status caus_toward_join(const caus_series *series, caus_topology *calls,
                             caus_arena *out, caus_error *err);

#endif
