/* SPDX-License-Identifier: Apache-2.0 */
#include "independence/kernel_identity.h"

#include <math.h>

caus_status caus_kernel_identify(const caus_sample *sample, caus_arena *arena,
                                 const uint64_t **result, caus_error *err)
{
    uint64_t *identity = CAUS_ARRAY(arena, uint64_t, sample->node_count);
    if (!identity)
        return caus_arena_fail(arena, err);
    for (caus_node node = 0; node < sample->node_count; node++) {
        size_t variable = node % sample->stride;
        if (variable >= sample->variable_count)
            continue;
        uint64_t hash = 0xcbf29ce484222325u + node / sample->stride;
        for (const char *at = sample->variables[variable].name; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
        caus_random mixed;
        caus_random_init(&mixed, hash, 0);
        identity[node] = caus_random_bits(&mixed);
    }
    *result = identity;
    return CAUS_OK;
}

void caus_kernel_sort(const uint64_t *identity, caus_node *nodes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        caus_node node = nodes[i];
        size_t at = i;
        for (; at && identity[nodes[at - 1]] > identity[node]; at--)
            nodes[at] = nodes[at - 1];
        nodes[at] = node;
    }
}

bool caus_kernel_standardise(const caus_linear_work *work, caus_node node,
                             double *column)
{
    size_t count = work->row_count;
    if (!caus_linear_copy(work, node, column))
        return false;
    caus_linear_centre(column, count);
    double deviation = sqrt(caus_dot(column, column, count) / (double)count);
    if (!(deviation > 0))
        return false;
    for (size_t r = 0; r < count; r++)
        column[r] /= deviation;
    return true;
}
