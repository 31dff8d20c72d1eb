/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static structure learning where variables that nobody measured may cause
 * several that were, and where rows may have been selected by their values.
 */
#ifndef CAUS_FCI_H
#define CAUS_FCI_H

#include "discovery.h"

CAUS_API_BEGIN

typedef struct caus_fci_options {
    double alpha;                 /* dependent when p ≤ alpha; in (0, 1) */
    size_t max_conditions;        /* SIZE_MAX = no limit */
    caus_collider_rule colliders; /* over sets of neighbours of either end */
    uint64_t max_tests; /* 0 = no limit; when used up the result is partial */
    bool fast;          /* RFCI: no sets beyond neighbours; instead the middle
                           of every triple is tested */
    bool selection;     /* rows may have been selected: rules 5 to 7 */
    const unsigned char *assumptions; /* caus_assumption per pair [N × N];
                                         NULL = all unknown */
} caus_fci_options;

/* alpha .01, no limits, conservative colliders, FCI, no selection. */
caus_fci_options caus_fci_options_default(void);

/*
 * Learns a partial ancestral graph (PAG) by FCI, or by RFCI, with Fisher's z of
 * partial correlations.
 *
 *   series   at least 5 complete rows; segments are pooled
 *   options  NULL = default
 *   result   lives in `out`. An arrow at b of a *-> b: b is no cause of a. A
 *            tail at a of a --> b: a is a cause of b, perhaps by way of others
 *            (or of what rows were selected by). A circle: the data allow
 *            either. So a <-> b has a hidden common cause, a o-> b is --> or
 *            <->, and a --- b is selected. A mark `x` was asked for and
 *            against: the evidence contradicts itself. graph.ambiguous holds
 *            the triples that may or may not be colliders. `statistic` and
 *            `p_value` as from caus_discover_pc()
 *
 * FCI tests every edge of PC's skeleton again given sets of nodes that might
 * separate its ends when there are hidden causes (Possible-D-SEP), and applies
 * Zhang's rules 1 to 4 and 8 to 10, with `selection` 5 to 7 as well. With true
 * separations its marks are all that can be told. RFCI makes far fewer tests;
 * an edge of its graph need not mean that no set separates the ends, but its
 * marks mean the same. Neither the order of columns nor the number of threads
 * changes the result. Constant and determined columns as in PC.
 * Assumptions count before testing: absent pairs are not tested for an edge
 * (the collider rule may look at them), required ones keep theirs and have the
 * marginal p-value. "-->" draws both marks; "if linked, then this way" the
 * arrow only, for a hidden cause may link the pair; what is later than a node
 * and all that are not later (as with tiers) is no condition where that node is
 * tested. No rule changes a known mark.
 * When the time limit or max_tests cuts the search short, complete is false,
 * edges not tested stay, and marks that were not found are circles.
 * Assumes linear dependence with noise near normal, faithfulness and no
 * feedback.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (alpha; assumptions that contradict each
 * other, the variables named), CAUS_ERR_TOO_FEW_SAMPLES, …_LIMIT, …_CANCELLED,
 * …_OUT_OF_MEMORY.
 * Cost as PC; FCI's sets are exponential in the largest Possible-D-SEP.
 * Source: Zhang (2008), Artificial Intelligence 172, 1873-1896, section 3;
 * Colombo, Maathuis, Kalisch & Richardson (2012), Annals of Statistics 40,
 * 294-321, section 3; Colombo & Maathuis (2014), JMLR 15, section 4.
 */
caus_status caus_discover_fci(const caus_series *series,
                              const caus_fci_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_discovery *result, caus_error *err);

CAUS_API_END
#endif
