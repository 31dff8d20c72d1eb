/* SPDX-License-Identifier: Apache-2.0 */
/* Granger causality: whose past helps to foretell whom. */
#ifndef CAUS_GRANGER_H
#define CAUS_GRANGER_H

#include "discovery.h"
#include "var.h"

CAUS_API_BEGIN

typedef enum caus_granger_test {
    CAUS_GRANGER_F,          /* F-test, exact for normal noise */
    CAUS_GRANGER_CHI_SQUARED /* rows · (restricted − full) / full sum of
                                squares */
} caus_granger_test;

typedef struct caus_granger_options {
    size_t max_lag;               /* ≥ 1 */
    caus_var_criterion lag_order; /* how many of the lags are used: one number
                                     for all variables, or one a pair */
    bool pairwise; /* given the target's own past alone; else given the past of
                      all variables */
    caus_granger_test test;
    double alpha;       /* in (0, 1); an edge has p (or q) ≤ alpha */
    caus_fdr fdr;       /* over all ordered pairs */
    double level;       /* of intervals, in (0, 1); 0 = none */
    size_t max_parents; /* edges of the largest |partial correlation| into a
                           variable that stay; 0 = any number */
    uint64_t max_tests; /* 0 = no limit; pairs by the names of target and
                           source, the rest has p 1 and is no part of the
                           family: the result is partial */
    const unsigned char *assumptions; /* caus_assumption per graph cell
                                [N × N × (max_lag + 1)]; NULL = all unknown */
} caus_granger_options;

/* Given all variables, lags 1 … 5, F-test, alpha .05, no FDR, level .95. */
caus_granger_options caus_granger_options_default(void);

/* Arrays are [N × N], source and target; on the diagonal statistic 0, p 1. */
typedef struct caus_granger {
    caus_discovery found;    /* an edge --> at the strongest lag of its pair;
                                statistic of every lag: partial correlation given
                                the rest of the equation; p_value (q_value) at
                                the strongest lag: that of the pair, at others
                                NaN */
    const double *statistic; /* F or chi squared */
    const double *p_value;
    const double *q_value; /* NULL without FDR */
    const size_t *lags;    /* in use; all the same given all variables */
} caus_granger;

/*
 * Tests for each ordered pair whether the lags of the source leave the
 * equation of the target without loss.
 *
 *   series   a time series; segments are pooled, rows with a missing value of
 *            any variable at any lag are left out
 *   options  NULL = default
 *   result   lives in `out`
 *
 * Lags of a source that assumptions rule out are no term of the target's
 * equation; a pair without a lag left, or with a required one, is not tested
 * and no part of the family that FDR looks at. Required links are edges.
 * Foretelling is not causing: a hidden common cause with two delays looks the
 * same, and so do effects within one step. A constant source or target has p 1.
 * Of variables whose pasts determine each other one stands for all; they are
 * named in found.singular. The order of columns and the number of threads
 * change no byte. When the time limit passes, the result has no edge and
 * found.complete is false.
 * Fails with CAUS_ERR_INVALID_ARGUMENT, CAUS_ERR_TOO_FEW_SAMPLES (rows ≤
 * lags · variables in an equation + 1), …_CANCELLED, …_OUT_OF_MEMORY, …_LIMIT,
 * CAUS_ERR_UNSUPPORTED (a link required at lag 0).
 * Cost O(rows · (N · max_lag)² + (N · max_lag)³).
 * Source: Granger (1969), Econometrica 37, 424-438; Luetkepohl (2005), New
 * Introduction to Multiple Time Series Analysis, section 3.6.
 */
caus_status caus_discover_granger(const caus_series *series,
                                  const caus_granger_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_granger *result, caus_error *err);

CAUS_API_END
#endif
