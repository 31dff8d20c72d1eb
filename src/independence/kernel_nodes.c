/* SPDX-License-Identifier: Apache-2.0 */
#include "independence/kernel_nodes.h"

#include <math.h>

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
