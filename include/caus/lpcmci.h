/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery over time with hidden common causes. */
#ifndef CAUS_LPCMCI_H
#define CAUS_LPCMCI_H

#include "discovery.h"

CAUS_API_BEGIN

typedef struct caus_lpcmci_options {
    caus_test_options test;        /* of conditional independence */
    size_t max_lag;                /* 0 for a table without time */
    double alpha;                  /* dependent when p ≤ alpha; in (0, 1) */
    size_t preliminary_iterations; /* searches whose parents the last one
                                      starts from; ≤ 100 */
    size_t max_conditions;         /* besides the known parents of the pair;
                                      SIZE_MAX = no limit */
    size_t max_conditions_second;  /* the same, in the second removal phase */
    size_t max_separating_search;  /* pairs with a larger search set are not
                                      tested in the second phase; SIZE_MAX */
    size_t max_combinations;       /* of conditions tried for each end of a
                                      pair and size, ≥ 1; SIZE_MAX */
    uint64_t max_tests;            /* 0 = no limit */
    unsigned mask_roles;           /* caus_mask_role bits; 0 = ignore masks */
    bool drop_up_to_max_lag;       /* as in caus_pcmci_options */
    const unsigned char *assumptions; /* caus_assumption per graph cell
                                [N × N × (max_lag + 1)]; NULL = all unknown */
} caus_lpcmci_options;

/* Partial correlation, lags 0 … 5, alpha .01, one preliminary iteration, no
 * limits. */
caus_lpcmci_options caus_lpcmci_options_default(void);

/*
 * Learns which variables cause which, and where a hidden common cause is
 * possible or certain, by LPCMCI (Gerhardus & Runge 2020, NeurIPS 33).
 *
 *   series   one or more segments; they are pooled
 *   options  NULL = default
 *   result   lives in `out`. graph: the time-series partial ancestral graph.
 *            A tail at a means a causes b, an arrow at b that b does not cause
 *            a, a circle that either may be: a --> b; a <-> b: a hidden common
 *            cause and no causation between them; a o-> b: a causes b, or a
 *            hidden cause drives both, or both; o-o; x where rules disagree.
 *            `statistic` and `p_value` of a pair are those of its weakest
 *            test, at lag 0 the same in both directions
 *
 * Neither the order of columns nor the number of threads changes the result:
 * pairs are gone through in the order of names, conditions in the order of the
 * weakest statistic they have shown.
 * Assumptions are the marks that the search starts from, and no rule changes
 * them: --> for a required link, which is never tested, an arrow at what is no
 * cause (of the past too: <->, if linked), no link where there is none. Whoever
 * says that a is no cause of b says so of every way from a to b.
 * Assumes that the graph does not change over time, faithfulness, no selection
 * and no cycles. When the time limit or max_tests cuts the search short, the
 * edges not yet removed are given with the marks known so far, and complete is
 * false.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (contradicting assumptions too),
 * CAUS_ERR_TOO_FEW_SAMPLES, …_LIMIT, …_CANCELLED, …_OUT_OF_MEMORY.
 * Cost: tests exponential in the number of possible parents of a variable,
 * each made once.
 */
caus_status caus_discover_lpcmci(const caus_series *series,
                                 const caus_lpcmci_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_discovery *result, caus_error *err);

/*
 * The graph that LPCMCI finds when every test is right: what is to be known at
 * best of a system of which only some variables are observed.
 *
 *   truth     lagged DAG, every edge --> from source(t − lag); the same at all
 *             times, acyclic at lag 0
 *   observed  [observed_count] the nodes of `truth` that are measured; they
 *             become the variables of the result in this order
 *   options   `test`, `mask_roles` and `alpha` have no meaning; NULL = default
 *             with the largest lag of `truth`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (other edges, cycles, nodes named
 * twice) and as caus_discover_lpcmci().
 */
caus_status caus_lpcmci_of_truth(const caus_graph *truth,
                                 const size_t *observed, size_t observed_count,
                                 const caus_lpcmci_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_graph *result, caus_error *err);

CAUS_API_END
#endif
