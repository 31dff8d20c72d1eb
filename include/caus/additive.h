/* SPDX-License-Identifier: Apache-2.0 */
/* Causes whose effects are sums of smooth functions. */
#ifndef CAUS_ADDITIVE_H
#define CAUS_ADDITIVE_H

#include "discovery.h"

CAUS_API_BEGIN

typedef struct caus_additive_options {
    size_t max_lag; /* 0 = a table; else causes in the past come first */
    size_t basis;   /* 1 … 32 functions of a cause at most; 1 = lines only */
    double penalty; /* > 0, times log(rows) / 2 for each function in use */
    double alpha;   /* an edge is kept when p ≤ alpha; in (0, 1) */
    size_t max_parents; /* of a variable, lagged ones too; ≥ 1 */
    size_t starts;      /* ≥ 1: orders the search begins with; the best wins */
    double evidence;    /* ≥ 0: log likelihood by which a direction must be
                           better than the other where only the shape of
                           functions tells it, else the edge is ---; 0 = every
                           edge is directed */
    const unsigned char *assumptions; /* caus_assumption per graph cell
                                [N × N × (max_lag+1)]; NULL = all unknown */
} caus_additive_options;

caus_additive_options caus_additive_options_default(void);

typedef struct caus_additive {
    caus_discovery found;
    const size_t *order;
    const unsigned char *functions;
    const double *left;
} caus_additive;

caus_status caus_discover_additive(const caus_series *series,
                                   const caus_additive_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_additive *result, caus_error *err);

CAUS_API_END
#endif
