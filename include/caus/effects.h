/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear effects along a known graph over time: the total effect of a variable
 * at a lag, what to adjust for to read it off a regression, and through which
 * variables effects travel.
 *
 * Everywhere: the graph has directed edges only, no cycle at lag 0, holds at
 * all times, and no hidden variable causes two of its nodes.
 */
#ifndef CAUS_EFFECTS_H
#define CAUS_EFFECTS_H

#include "discovery.h"

CAUS_API_BEGIN

/* How much does outcome(t) change with treatment(t − lag)? */
typedef struct caus_effect_question {
    const caus_graph *graph;
    caus_lagged treatment;
    size_t outcome; /* a variable, at t; not the treatment at lag 0 */
} caus_effect_question;

/* Lists are sorted by variable, then by lag. */
typedef struct caus_adjustment {
    const caus_lagged *set; /* what to hold fixed */
    size_t set_count;
    /* Nodes on directed paths from the treatment to the outcome, the outcome
     * among them; none when the treatment is no cause. */
    const caus_lagged *between;
    size_t between_count;
} caus_adjustment;

/*
 * The optimal adjustment set: parents of the nodes between treatment and
 * outcome that are neither between nor the treatment. No other set of
 * variables of the graph that removes confounding gives a linear estimate of
 * smaller asymptotic variance. Lags may go beyond those of the graph, up to
 * treatment lag + max_lag.
 *
 *   result  lives in `out`; empty lists when the treatment is no cause
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no such variable, other edges than -->,
 * a cycle), CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost
 * O(edges · treatment lag).
 * Source: Henckel, Perkovic & Maathuis (2022), Journal of the Royal Statistical
 * Society B 84, on the graph unrolled over time, as in Runge (2021), NeurIPS
 * 34, arXiv 2102.10324.
 */
caus_status caus_adjustment_optimal(const caus_effect_question *question,
                                    caus_arena *out, caus_adjustment *result,
                                    caus_error *err);

typedef struct caus_linear_effect {
    caus_adjustment adjustment;
    double total;     /* by regression on treatment and adjustment set, in units
                         of the outcome per unit of the treatment; 0 when the
                         treatment is no cause */
    double by_paths;  /* the same by regressing every node between on its
                         parents and summing products along paths (Wright) */
    size_t row_count; /* of the regression behind `total`; 0 without one */
} caus_linear_effect;

/*
 * The total effect, estimated twice: with a right graph and linear causes both
 * numbers estimate the same, so a difference beyond noise speaks against one of
 * these.
 *
 *   series  of the graph's variables. Rows: those with treatment lag + max_lag
 *           rows before them in their segment and every value of the
 *           regression known
 *   result  lives in `out`
 *
 * No interval is given: the residuals of such a regression are autocorrelated
 * when effects pass through the outcome's own past.
 *
 * Fails as caus_adjustment_optimal(), with CAUS_ERR_TOO_FEW_SAMPLES,
 * CAUS_ERR_INVALID_DATA (a cause is determined by the other variables of its
 * regression), CAUS_ERR_UNSUPPORTED (sums in place of rows),
 * CAUS_ERR_CANCELLED, CAUS_ERR_TIME_LIMIT. Cost O(rows · parents²) for every
 * node between. Source: Runge (2021); Wright (1921), Journal of Agricultural
 * Research 20.
 */
caus_status caus_effect_linear(const caus_series *series,
                               const caus_effect_question *question,
                               const caus_run *run, caus_arena *out,
                               caus_linear_effect *result, caus_error *err);

/*
 * Effects between all variables, in standard deviations. Matrices are
 * [max_lag + 1][target][source], averages are by variable.
 */
typedef struct caus_mediation {
    const caus_graph *graph; /* that was given; the caller keeps it */
    const double *direct; /* of source(t − lag) on target(t): coefficient of the
                             regression of the target on its parents, all in
                             standard deviations */
    const double *total; /* of all paths that take lag steps together; at lag 0
                            1 on the diagonal */
    /* Means over the other variables of the largest |total| over lags: of the
     * effects that a variable has (ACE), and of those it suffers (ACS); 0 where
     * there is no other variable. */
    const double *average_effect;
    const double *average_susceptibility;
    /* The mean over pairs of other variables of the largest part, over lags, of
     * the total effect that passes through the variable (AMCE); 0 without two
     * others. */
    const double *average_mediated;
} caus_mediation;

/*
 * Fits every variable on its parents and follows effects along the graph.
 *
 *   series  of the graph's variables. Rows as for caus_effect_linear(), with
 *           max_lag rows before them; columns of a regression are standardised
 *           over its rows
 *   result  lives in `out`
 *
 * A variable that is constant in its rows shows no effects on it. Fails as
 * caus_effect_linear(). Cost O(rows · parents²) for every variable and
 * O(variables² · edges · max_lag) for what is mediated.
 * Source: Runge et al. (2015), Nature Communications 6:8502; links at lag 0 are
 * added to it.
 */
caus_status caus_mediation_linear(const caus_series *series,
                                  const caus_graph *graph, const caus_run *run,
                                  caus_arena *out, caus_mediation *result,
                                  caus_error *err);

/*
 * The total effects that pass through none of some variables; what is missing
 * to `total` is their mediated effect (MCE).
 *
 *   without  [variable_count] which may not be passed through, nor be source or
 *            target
 *   result   [max_lag + 1][target][source] in `out`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost
 * O(variables · edges · max_lag).
 */
caus_status caus_mediation_without(const caus_mediation *mediation,
                                   const bool *without, caus_arena *out,
                                   const double **result, caus_error *err);

CAUS_API_END
#endif
