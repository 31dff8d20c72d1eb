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
    size_t starts;      /* ≥ 1: orders the search begins with, all but the
                           first drawn by the run's seed; the best wins */
    uint64_t max_tests; /* scores to ask for, 0 = no limit; when used up the
                           result is partial */
    double evidence;    /* ≥ 0: log likelihood by which a direction must be
                           better than the other where only the shape of
                           functions tells it, else the edge is ---; 0 = every
                           edge is directed */
    const unsigned char *assumptions; /* caus_assumption per graph cell
                                [N × N × (max_lag+1)]; NULL = all unknown */
} caus_additive_options;

/* A table, 8 functions, penalty 1, alpha .001, 10 parents, 5 starts, evidence
 * 7, nothing assumed. */
caus_additive_options caus_additive_options_default(void);

/* Arrays by cell are [N × N × (max_lag + 1)] as in the graph. */
typedef struct caus_additive {
    caus_discovery found; /* edges --> and ---; statistic: share of the target's
                             variance that the cause explains of what the
                             others leave (partial R²), p-value of its F test */
    const size_t *order;  /* [N] variables, causes before effects */
    const unsigned char *functions; /* by cell, in the direction of fitting
                                       only: functions in use; 1 = a line */
    const double *left; /* [N] share of the variance that causes leave */
} caus_additive;

/*
 * Learns which variables are sums of smooth functions of others and of noise: a
 * causal additive model, by the order with the best penalised likelihood.
 *
 *   series   segments are pooled; rows with a missing value at any lag are left
 *            out; at least 10 rows; with lags a time series
 *   options  NULL = default
 *   result   lives in `out`. found.test_count: scores that were asked for
 *
 * The functions of a cause are natural cubic splines, smoothest first; how many
 * are used follows from the penalty, so that a line costs no more than in a
 * linear model. At lag 0 --- means: the direction follows neither from a
 * collider nor from the shapes. Of linear data with normal noise the answer is
 * thus near the completed graph. Assumptions: what is absent or can only go the
 * other way is not fitted; a required cause comes first in every order, costs
 * nothing and is neither pruned nor tested away.
 * Neither the order of columns nor the number of threads nor scaling by powers
 * of two changes a byte, unless columns are copies of each other. A constant
 * column has no edge but required ones; nor has one that others determine:
 * found.singular names it and them. When the time limit passes or max_tests is
 * used up, the graph is that of the best order so far, all directed, and
 * found.complete is false.
 * Assumes no hidden common cause, noise that is independent of the causes, near
 * normal and of one variance, and effects that add up.
 * Fails with CAUS_ERR_INVALID_ARGUMENT, CAUS_ERR_TOO_FEW_SAMPLES,
 * …_UNSUPPORTED (a link required in no direction), …_CANCELLED,
 * …_OUT_OF_MEMORY, …_LIMIT. Cost O(rows · (N · lags · basis)²) once; then
 * nothing depends on the rows. Source: Buehlmann, Peters & Ernest (2014),
 * Annals of Statistics 42, for the model; Chen & Chen (2008), Biometrika 95,
 * for the price of a cause.
 */
caus_status caus_discover_additive(const caus_series *series,
                                   const caus_additive_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_additive *result, caus_error *err);

CAUS_API_END
#endif
