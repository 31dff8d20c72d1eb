/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls whom, service by service. */
#ifndef CAUS_SRC_GRAPH_CALLS_H
#define CAUS_SRC_GRAPH_CALLS_H

#include "base/base.h"
#include "caus/graph.h"

/*
 * The other ends of the calls that a service is at one end of, side by side and
 * in the order of the calls.
 *
 *   calls   its names are not looked at
 *   end     0 = of callers, their callees; 1 = of callees, their callers
 *   start   [service_count + 1] into others
 *   others  [call_count]
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(services + calls).
 */
caus_status caus_calls_group(const caus_topology *calls, size_t end,
                             caus_arena *out, const size_t **start,
                             const size_t **others, caus_error *err);

#endif
