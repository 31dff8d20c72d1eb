/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static structure learning: graphs over variables without lags. All segments
 * of a series are pooled, its order in time plays no part; rows with a missing
 * value are left out. Results have max_lag 0.
 */
#ifndef CAUS_STRUCTURE_H
#define CAUS_STRUCTURE_H

#include "discovery.h"

CAUS_API_BEGIN

typedef struct caus_pc_options {
    double alpha;                 /* dependent when p ≤ alpha; in (0, 1) */
    size_t max_conditions;        /* SIZE_MAX = no limit */
    caus_collider_rule colliders; /* over sets of neighbours of either end */
    uint64_t max_tests; /* 0 = no limit; when used up the result is partial */
    size_t max_parents; /* of a variable, in truth: then no larger set needs to
                           be tried; 0 = any number */
    const unsigned char *assumptions; /* caus_assumption per pair [N × N];
                                         NULL = all unknown */
} caus_pc_options;

/* alpha .01, no limits, conservative colliders, nothing assumed. */
caus_pc_options caus_pc_options_default(void);

/*
 * Learns a completed graph by PC-stable with Fisher's z of partial
 * correlations.
 *
 *   series   at least 5 complete rows
 *   options  NULL = default
 *   result   lives in `out`: edges --> and --- , x-x where two colliders
 *            disagree; graph.ambiguous holds the triples that stay open.
 *            `statistic` is the partial correlation given the separating set,
 *            or, of an edge, the one that came nearest to separating; `p_value`
 *            goes with it, of edges only
 *
 * Neither the order of columns nor the number of threads changes the result:
 * conditions are taken in the order of their marginal correlation, and a pair
 * is tested first from the end with fewer neighbours. A constant column has
 * statistic 0 and no edge. A test whose conditions determine one side is not
 * made; its edge stays and the variables are named in `singular`.
 * Assumptions count before testing: absent pairs are not tested for an edge
 * (the collider rule may look at them), required ones keep theirs and have the
 * marginal p-value, known directions are drawn, and what cannot come before a
 * node is no condition where that node is tested. When the
 * time limit or max_tests cuts the search short, edges not tested stay,
 * nothing is oriented and complete is false.
 * Assumes no hidden common cause, linear dependence with noise near normal and
 * faithfulness.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (assumptions that contradict each other
 * or max_parents, the variables named), CAUS_ERR_TOO_FEW_SAMPLES, …_LIMIT,
 * …_CANCELLED, …_OUT_OF_MEMORY.
 * Cost O(rows · variables²) and a few ns a test; the number of tests is
 * exponential in the largest number of neighbours.
 * Source: Colombo & Maathuis (2014), JMLR 15, 3741-3782, sections 4.1 to 4.3;
 * Kalisch & Buehlmann (2007), JMLR 8, section 2.2.
 */
caus_status caus_discover_pc(const caus_series *series,
                             const caus_pc_options *options,
                             const caus_run *run, caus_arena *out,
                             caus_discovery *result, caus_error *err);

typedef enum caus_score_method {
    CAUS_SEARCH_XGES,       /* extremely greedy, leaves optima */
    CAUS_SEARCH_GES,        /* inserts forward, deletes backward */
    CAUS_SEARCH_TURNING_GES /* and then turns, over again while one gains */
} caus_score_method;

typedef enum caus_score_kind {
    CAUS_SCORE_GAUSSIAN,  /* linear dependence, normal noise */
    CAUS_SCORE_BDEU,      /* of categories: Bayesian Dirichlet */
    CAUS_SCORE_CATEGORIES /* of categories: likelihood less a penalty */
} caus_score_kind;

typedef struct caus_score_options {
    caus_score_method search;
    caus_score_kind score;
    double penalty;     /* times log(rows) / 2 for an edge, of categories for a
                           free probability: 1 is the BIC; no part of BDeu */
    double ebic_gamma;  /* times log(variables) for an edge more; 0 = no
                           extended BIC; no part of BDeu */
    double sample_size; /* equivalent, of BDeu's prior; > 0 */
    size_t max_parents; /* no step leaves a variable with more; SIZE_MAX */
    uint64_t max_tests; /* operators to score, 0 = no limit; when used up the
                           result is partial */
    const unsigned char *assumptions; /* caus_assumption per pair [N × N];
                                         NULL = all unknown */
} caus_score_options;

/* The extremely greedy search, Gaussian, penalty 2, gamma 0, sample size 1, any
 * number of parents, nothing assumed. */
caus_score_options caus_score_options_default(void);

/*
 * Learns a completed graph by greedy search for the best score.
 *
 *   series   at least 5 complete rows
 *   options  NULL = default
 *   result   lives in `out`: edges --> and ---. `statistic` of an edge is the
 *            partial correlation of its ends given the other parents in the
 *            class member that would miss it least, `p_value` is Fisher's for
 *            it and knows nothing of the search; `test_count` counts operators
 *            that were scored
 *
 * A class's score is the sum over variables of −n/2 · log(residual variance on
 * the parents) less the penalty of its edges. Variables that others determine
 * to ten digits add nothing as parents. When the time limit or
 * max_tests cuts the search short, the graph so far is given and complete is
 * false.
 * With assumptions the search starts from the required links and no step is
 * scored that would contradict them. The result has the directions that all
 * members share which the assumptions allow (Meek 1995).
 * With categories a variable's distinct values, 255 at most, are in no order
 * (more are CAUS_ERR_INVALID_ARGUMENT, the variable named). Rows with a missing
 * value are left out. BDeu is the logarithm of the marginal likelihood under a
 * uniform prior that is worth sample_size rows. `statistic` is then G² given
 * the same other parents and `p_value` its χ² tail.
 * Assumes no hidden common cause, faithfulness and, of the Gaussian score,
 * linear dependence with noise near normal.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (assumptions that contradict each other
 * or max_parents, the variables named), CAUS_ERR_TOO_FEW_SAMPLES, …_LIMIT,
 * …_CANCELLED, …_OUT_OF_MEMORY.
 * Cost O(rows · variables²), then about variables · 10 ns for each clique of
 * neighbours of each node near a change.
 * Source: Chickering (2002), JMLR 3, 507-554; Hauser & Buehlmann (2012), JMLR
 * 13, propositions 31 and 34; Heckerman, Geiger & Chickering (1995), Machine
 * Learning 20, 197-243, for BDeu; Nazaret & Blei (2025), arXiv 2502.19551; Chen
 * & Chen (2008), Biometrika 95, for gamma.
 */
caus_status caus_discover_score(const caus_series *series,
                                const caus_score_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err);

CAUS_API_END
#endif
