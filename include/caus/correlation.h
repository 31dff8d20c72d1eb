/* SPDX-License-Identifier: Apache-2.0 */
/* First looks: which variables move together, now or with a delay. */
#ifndef CAUS_CORRELATION_H
#define CAUS_CORRELATION_H

#include "discovery.h"

CAUS_API_BEGIN

typedef enum caus_correlation_kind {
    CAUS_CORRELATION_PEARSON,
    CAUS_CORRELATION_SPEARMAN /* of ranks, ties averaged */
} caus_correlation_kind;

typedef struct caus_correlation_options {
    caus_correlation_kind kind;
    size_t max_lag;      /* 0 = at the same time only */
    double alpha;        /* in (0, 1); an edge has p (or q) ≤ alpha */
    caus_fdr fdr;        /* over all pairs and lags */
    double least;        /* in [0, 1); an edge has |correlation| ≥ this */
    double level;        /* of intervals, in (0, 1); 0 = none */
    bool effective_rows; /* count rows as fewer where both series resemble
                            their own past: independent ones that drift seem
                            to move together otherwise */
    /* [N × N × (max_lag + 1)] caus_assumption by graph cell, at lag 0 in either
     * or both directions; NULL = nothing known. Absent links are neither
     * computed nor reported, required ones reported without numbers */
    const unsigned char *assumptions;
} caus_correlation_options;

/* Pearson, lag 0, alpha .05, no FDR, any correlation, level .95, all rows
 * count. */
caus_correlation_options caus_correlation_options_default(void);

/*
 * Correlates all pairs of variables at lags 0 … max_lag.
 *
 *   series   segments are pooled, no lagged pair crosses one. A pair uses the
 *            rows that have both values, each with its own means, or ranks
 *   options  NULL = default
 *   result   lives in `out`: edges --- at lag 0; o-> at lag > 0, since only
 *            the order in time is known: the later one is no cause of the
 *            earlier, a common cause may stand behind both. A variable may be
 *            linked with its own past. Statistic: the correlation; p-value:
 *            Student's t, two-sided, of every pair; interval: Fisher's z
 *
 * This says nothing about causes. A constant column has correlation 0 and p 1,
 * and so has a pair with fewer than 4 rows. Column order, threads and scaling
 * by powers of two change no byte. When the time limit passes, lags not reached
 * have p 1 and complete is false.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (also assumptions that contradict each
 * other), CAUS_ERR_TOO_FEW_SAMPLES (fewer than 4
 * rows at the largest lag), …_CANCELLED, …_OUT_OF_MEMORY, …_LIMIT.
 * Cost O(rows · N² · lags), with ranks also O(N · lags · rows · log rows).
 * Source: Bonett & Wright (2000), Psychometrika 65, for the interval of ranks;
 * Pyper & Peterman (1998), Can. J. Fish. Aquat. Sci. 55, for effective rows.
 */
caus_status caus_discover_correlation(const caus_series *series,
                                      const caus_correlation_options *options,
                                      const caus_run *run, caus_arena *out,
                                      caus_discovery *result, caus_error *err);

CAUS_API_END
#endif
