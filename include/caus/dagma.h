/* SPDX-License-Identifier: Apache-2.0 */
/* Continuous optimisation over acyclic linear models. */
#ifndef CAUS_DAGMA_H
#define CAUS_DAGMA_H

#include "discovery.h"

CAUS_API_BEGIN

/* How cycles are kept out of least squares. */
typedef enum caus_acyclic {
    CAUS_ACYCLIC_DAGMA,  /* a barrier, −log det(sI − W∘W), by Adam along a
                            central path */
    CAUS_ACYCLIC_NOTEARS /* a constraint, tr exp(W∘W) = N, by augmented
                            Lagrangians and quasi-Newton steps */
} caus_acyclic;

typedef struct caus_dagma_options {
    caus_acyclic acyclic;
    double penalty;    /* of the sum of |weights|, ≥ 0 */
    double least;      /* weights of smaller size are no edges, ≥ 0 */
    bool standardise;  /* bring every column to unit variance first; with this
                          the direction of edges is mostly noise */
    double level;      /* of intervals, in (0, 1); 0 = none */
    size_t stages;     /* DAGMA: 1 … 20 of central path, each with a tenth of
                          the weight of the fit before */
    size_t iterations; /* ≥ 1 in a stage, the last has twice as many; NOTEARS:
                          in a subproblem */
    double step;       /* of Adam, > 0 */
    size_t max_parents; /* edges of the largest |weight| into a variable that
                           stay; 0 = any number */
    const unsigned char *assumptions; /* caus_assumption per pair [N × N];
                                         NULL = all unknown */
} caus_dagma_options;

/* Penalty .03, least .3, columns as they are, level .95, 5 stages of 30,000
 * iterations, step 3e-4. */
caus_dagma_options caus_dagma_options_default(void);

/* NOTEARS with penalty .1 and at most 15,000 iterations, else the same. */
caus_dagma_options caus_notears_options_default(void);

/*
 * What must be said beside every result: that the directions follow from the
 * units the columns happen to have.
 */
const char *caus_dagma_warning(void);

typedef struct caus_dagma {
    caus_discovery found; /* edges -->; statistic: partial correlation given the
                             target's other parents, with t-test */
    const double *weight; /* [N × N] source, target; 0 = no edge */
    double acyclicity;    /* h of all weights, before small ones went; ≥ 0; in
                             the form of the method */
    double score;         /* half the residual sum of squares a row, of all */
    double least;         /* the size of weights that left no cycle; options->
                             least or above */
    double upward;        /* share of edges into the variable with the larger
                             variance; near 1: the units decided; NaN without
                             edges */
} caus_dagma;

/*
 * Learns a linear model without cycles by DAGMA or NOTEARS: least squares with
 * an L1 penalty, and cycles kept out as options->acyclic says.
 *
 *   series   segments are pooled, rows with a missing value left out
 *   options  NULL = default
 *   result   lives in `out`
 *
 * Not for telemetry: the score prefers edges from small variance to large, so
 * another unit gives another graph (caus_dagma_warning()). Only ever used when
 * asked for by name. Column order and threads change no byte; scaling changes
 * everything. Weights that assumptions rule out are 0 from the start; those
 * they require are neither penalised nor too small, and where they close a
 * cycle the weakest others on it go, so that `least` is not raised. A constant
 * column has no edge but required ones, which options->max_parents keeps
 * first. When the time limit passes there is no
 * edge and found.complete is false. Fails with CAUS_ERR_INVALID_ARGUMENT
 * (options; variances beyond 1e100), CAUS_ERR_TOO_FEW_SAMPLES (rows ≤ N + 1),
 * …_CANCELLED, …_OUT_OF_MEMORY, …_LIMIT, CAUS_ERR_UNSUPPORTED (a link
 * required in no direction).
 * Cost O(rows · N²), then O(N³) an iteration. Source: Bello, Aragam & Ravikumar
 * (2022), NeurIPS 35, sections 3 and 4; Zheng, Aragam, Ravikumar & Xing (2018),
 * NeurIPS 31, algorithm 1; on the scale: Reisach, Seiler & Weichwald (2021),
 * NeurIPS 34.
 */
caus_status caus_discover_dagma(const caus_series *series,
                                const caus_dagma_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_dagma *result, caus_error *err);

CAUS_API_END
#endif
