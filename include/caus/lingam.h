/* SPDX-License-Identifier: Apache-2.0 */
/* Linear models with noise that is not normal: causes before effects. */
#ifndef CAUS_LINGAM_H
#define CAUS_LINGAM_H

#include "discovery.h"
#include "var.h"

CAUS_API_BEGIN

/* Which of the possible causes of a variable are kept. */
typedef enum caus_lingam_prune {
    CAUS_LINGAM_LASSO, /* adaptive lasso, the knot with the least BIC */
    CAUS_LINGAM_TEST,  /* t-tests in the regression on all of them */
    CAUS_LINGAM_NONE   /* all */
} caus_lingam_prune;

typedef struct caus_lingam_options {
    size_t max_lag;               /* 0 = DirectLiNGAM; else VAR-LiNGAM */
    caus_var_criterion lag_order; /* how many of the lags are used */
    caus_lingam_prune prune;
    double alpha;        /* of CAUS_LINGAM_TEST: kept when p (or q) ≤ alpha */
    caus_fdr fdr;        /* of CAUS_LINGAM_TEST */
    double least_effect; /* ≥ 0; an edge that moves its target by less, in
                            deviations per deviation, is left out */
    size_t max_parents;  /* edges of the largest |partial correlation| into a
                            variable that stay, each lag one; 0 = any number */
    double level;        /* of intervals, in (0, 1); 0 = none */
    size_t bootstrap;    /* replicates for stability; 0 = none */
    size_t block_rows;   /* consecutive rows a replicate draws together; 0 = 1
                            without lags, else the cube root of the rows */
    const unsigned char *assumptions; /* caus_assumption per graph cell
                                [N × N × (max_lag + 1)]; NULL = all unknown */
} caus_lingam_options;

/* DirectLiNGAM, adaptive lasso, alpha .05, no FDR, any effect, level .95, no
 * bootstrap; of lags, when asked for, as many as Schwarz's criterion takes. */
caus_lingam_options caus_lingam_options_default(void);

/* Arrays by cell are [N × N × (max_lag + 1)] as in the graph, lag 0 in the
 * direction of the edge only. */
typedef struct caus_lingam {
    caus_discovery found;      /* edges --> ; statistic: partial correlation
                                  given the target's other causes */
    const size_t *order;       /* [N] variables, causes before effects */
    size_t lags;               /* in use */
    const double *coefficient; /* by cell, in units of the target per unit of
                                  the source; 0 = no edge */
    const double *error;       /* by cell: its standard error */
    const double *normality;   /* [N] p-value of normal noise (Jarque-Bera);
                                  NaN for constant columns. With two or more
                                  large ones, the direction between these
                                  variables means nothing */
} caus_lingam;

/*
 * Learns a linear model without cycles and hidden causes from noise that is not
 * normal: DirectLiNGAM, with lags VAR-LiNGAM (the order is found on the
 * residuals of a vector autoregression).
 *
 *   series   segments are pooled; rows with a missing value at any lag are left
 *            out; with lags a time series
 *   options  NULL = default
 *   result   lives in `out`. Numbers of an edge belong to the regression of its
 *            target on the causes that were kept (CAUS_LINGAM_TEST, …_NONE: on
 *            all before it) and know nothing of the selection. found.stability:
 *            share of bootstrap replicates with the edge, found.test_count:
 *            pairs compared
 *
 * Assumptions of lag 0 bound the order: first comes one that nothing left can
 * cause, else one that nothing left must cause and that can cause something;
 * what no such variable reaches is left as it is. A link that cannot be is no
 * term of the regression of its target, a required one is kept whatever its
 * size. The autoregression whose residuals are ordered takes all lags.
 * The order is that of comparing all pairs by likelihood ratios with entropies
 * approximated as by Hyvarinen and Smith. Column order, threads and scaling by
 * powers of two change no byte, other scaling nothing but rounding. A constant
 * column has no edge; nor has one that others determine: found.singular names
 * it and them. When the time limit passes there is no edge, the order is that
 * of the series, and found.complete is false; during the bootstrap, stability
 * is that of the replicates so far.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (contradicting assumptions too),
 * CAUS_ERR_TOO_FEW_SAMPLES (rows ≤ N · (max_lag + 1)), …_CANCELLED,
 * …_OUT_OF_MEMORY, …_LIMIT, CAUS_ERR_UNSUPPORTED (links required one way or the
 * other).
 * Cost at most rows · N³ / 3 evaluations of two exponentials, usually a
 * fraction; O(rows · (N · lags)²), O((N · lags)⁴) for the lasso. Replicates
 * each cost as much again.
 * Source: Shimizu et al. (2011), JMLR 12, 1225-1248; Hyvarinen & Smith (2013),
 * JMLR 14, 111-152; Hyvarinen et al. (2010), JMLR 11, 1709-1731; Zou (2006),
 * JASA 101, for the lasso.
 */
caus_status caus_discover_lingam(const caus_series *series,
                                 const caus_lingam_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_lingam *result, caus_error *err);

CAUS_API_END
#endif
