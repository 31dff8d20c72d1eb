/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "caus/graph.h"

caus_status caus_graph_distance(const caus_graph *a, const caus_graph *b,
                                size_t *result, caus_error *err)
{
    if (a->node_count != b->node_count || a->max_lag != b->max_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "graphs of %zu nodes with lags up to %zu and of %zu "
                         "nodes with lags up to %zu cannot be compared",
                         a->node_count, a->max_lag, b->node_count, b->max_lag);
    size_t cells = a->node_count * a->node_count * (a->max_lag + 1);
    size_t different = 0;
    for (size_t k = 0; k < cells; k++)
        different += a->cells[k].source != b->cells[k].source ||
                     a->cells[k].target != b->cells[k].target;
    *result = different;
    return CAUS_OK;
}
