/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "discovery/discovery_internal.h"

/* Restores the heap of `order` below `root`: largest p-value on top. */
static void sift_down(const double *p_values, size_t *order, size_t root,
                      size_t count)
{
    size_t moved = order[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count &&
            p_values[order[child + 1]] > p_values[order[child]])
            child++;
        if (!(p_values[order[child]] > p_values[moved]))
            break;
        order[root] = order[child];
        root = child;
    }
    order[root] = moved;
}

/* Heap sort: no allocation, no recursion, no context to pass. */
static void sort_ascending(const double *p_values, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(p_values, order, i, count);
    for (size_t last = count; last-- > 1;) {
        size_t largest = order[0];
        order[0] = order[last];
        order[last] = largest;
        sift_down(p_values, order, 0, last);
    }
}

void caus_fdr_adjust(const double *p_values, size_t count, caus_fdr method,
                     size_t *order, double *q_values)
{
    double factor = 1;
    if (method == CAUS_FDR_BY) {
        factor = 0;
        for (size_t i = count; i >= 1; i--)
            factor += 1 / (double)i;
    }
    sort_ascending(p_values, order, count);
    double least = 1;
    for (size_t rank = count; rank >= 1; rank--) {
        size_t place = order[rank - 1];
        double q = p_values[place] * (factor * (double)count / (double)rank);
        if (q < least)
            least = q;
        q_values[place] = least;
    }
}
