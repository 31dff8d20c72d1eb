/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs over time as lists of causes. */
#ifndef CAUS_SRC_IDENTIFICATION_IDENTIFICATION_H
#define CAUS_SRC_IDENTIFICATION_IDENTIFICATION_H

#include "base/base.h"
#include "caus/effects.h"

typedef struct caus_causes {
    size_t variable_count;
    size_t max_lag;
    const caus_lagged *nodes; /* causes of variable v at t: first[v] up to
                                 first[v + 1], by variable, then lag */
    const size_t *first;      /* [variable_count + 1] */
    const size_t *order;      /* [variable_count] causes at lag 0 come before
                                 their effects */
} caus_causes;

/* The causes in a graph of directed edges without a cycle; fails with
 * CAUS_ERR_INVALID_ARGUMENT otherwise. `result` lives in `out`. */
caus_status caus_causes_init(const caus_graph *graph, caus_arena *out,
                             caus_causes *result, caus_error *err);

#endif
