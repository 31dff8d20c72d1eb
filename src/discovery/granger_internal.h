/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of Granger's test share. */
#ifndef CAUS_SRC_DISCOVERY_GRANGER_INTERNAL_H
#define CAUS_SRC_DISCOVERY_GRANGER_INTERNAL_H

#include "caus/granger.h"
#include "discovery/lag_prior.h"
#include "discovery/var_internal.h"

/* Everything one call works on; arrays are in the caller's order. */
typedef struct caus_granger_call {
    const caus_series *series;
    const caus_granger_options *options;
    const caus_run *run;
    caus_arena *out;
    caus_lag_prior prior;
    size_t variables;
    size_t cells;
    double *partial; /* by cell */
    double *lower;
    double *upper;
    double *cell_p;
    double *statistic; /* [N × N] from here on */
    double *p_value;
    double *q_value;
    size_t *lags;
    size_t *strongest; /* lag; 0 = not tested */
    bool *is_joined;   /* [N × N] places whose pasts determine each other */
    bool *is_asked;    /* [N × N] open pairs that the limit of tests leaves */
    bool is_cut;       /* by that limit */
    size_t row_count;
    uint64_t test_count;
} caus_granger_call;

/* Whether knowledge leaves a pair to be tested at some lag up to `lags`. */
bool caus_granger_is_open(const caus_granger_call *c, size_t source,
                          size_t target, size_t lags);

/* Fill statistics, p-values, lags and partial correlations: in one equation
 * for each target with all variables, or in one for each pair. */
caus_status caus_granger_test_all(caus_granger_call *c, caus_discovery *found,
                                  caus_error *err);
caus_status caus_granger_test_pairs(caus_granger_call *c, caus_error *err);

#endif
