/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/calls.h"

caus_status caus_calls_group(const caus_topology *calls, size_t end,
                             caus_arena *out, const size_t **start,
                             const size_t **others, caus_error *err)
{
    size_t services = calls->service_count;
    size_t *first = CAUS_ARRAY(out, size_t, services + 2);
    size_t *found = CAUS_ARRAY(out, size_t, calls->call_count + 1);
    if (!first || !found)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < calls->call_count; i++)
        first[calls->calls[i][end] + 2]++;
    for (size_t s = 2; s < services + 2; s++)
        first[s] += first[s - 1];
    for (size_t i = 0; i < calls->call_count; i++)
        found[first[calls->calls[i][end] + 1]++] = calls->calls[i][1 - end];
    *start = first;
    *others = found;
    return CAUS_OK;
}
