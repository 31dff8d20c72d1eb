/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of LiNGAM share. */
#ifndef CAUS_SRC_DISCOVERY_LINGAM_INTERNAL_H
#define CAUS_SRC_DISCOVERY_LINGAM_INTERNAL_H

#include "caus/lingam.h"
#include "discovery/lag_prior.h"
#include "discovery/var_internal.h"

/* Which columns may be causes of which, and which must be: bit u of row v for
 * u → v, [count × words] each. */
typedef struct caus_lingam_known {
    size_t words;
    uint64_t *allowed;
    uint64_t *required;
    uint64_t *scratch; /* [3 × words] */
} caus_lingam_known;

/* Columns whose order is sought. */
typedef struct caus_lingam_columns {
    size_t count;
    size_t row_count;
    size_t stride;  /* row_count padded with zeros */
    double *values; /* [count × stride] one column after another, centred;
                       used up by the search */
    bool *varies;   /* [count] false: constant, or determined by others */
    const caus_lingam_known *known; /* NULL = nothing */
} caus_lingam_columns;

caus_status caus_lingam_columns_init(size_t count, size_t row_count,
                                     caus_arena *arena,
                                     caus_lingam_columns *columns,
                                     caus_error *err);

/*
 * Causes before effects: DirectLiNGAM. Columns that those before them
 * determine follow them at once, constant ones come last.
 *
 *   order       [count]
 *   pair_count  pairs compared; the result would be the same with all
 */
caus_status caus_lingam_order(caus_lingam_columns *columns, const caus_run *run,
                              caus_arena *arena, size_t *order,
                              uint64_t *pair_count, caus_error *err);

/*
 * Who may come first among the remaining columns, and whom none of those can
 * reach: the sets Uc and V(j) of Shimizu et al. (2011), section 3.4.
 *
 *   left          [left_count] the remaining ones
 *   is_candidate  [columns] set for them; without knowledge all are
 *   stays         [columns] set for them
 *
 * Returns the number of candidates, ≥ 1 when required links have no cycle.
 */
size_t caus_lingam_candidates(const caus_lingam_known *known,
                              const size_t *left, size_t left_count,
                              bool *is_candidate, bool *stays);

/* Rows of bits by place of a table; NULL when nothing is known. */
caus_status caus_lingam_know(const caus_lag_prior *prior,
                             const caus_lag_table *table, caus_arena *arena,
                             const caus_lingam_known **result, caus_error *err);

/* Work of the adaptive lasso for up to `most` predictors. */
typedef struct caus_lasso {
    size_t most;
    size_t *active;    /* [most] */
    double *sign;      /* [most] of the active */
    double *factor;    /* [most × most] Cholesky factor of the active */
    double *direction; /* [most] of the active */
    double *slope;     /* [most] */
    double *rest;      /* [most] correlations with the residual */
    bool *is_active;   /* [most] */
    bool *is_in;       /* [most] slopes that are not 0 */
    double *normal;    /* [most × most] correlations of the predictors */
    double *target;    /* [most] their correlations with the target */
    double *weight;    /* [most] */
} caus_lasso;

caus_status caus_lasso_init(size_t most, caus_arena *arena, caus_lasso *lasso,
                            caus_error *err);

/*
 * The predictors that the adaptive lasso keeps: weights are the least-squares
 * slopes, the penalty is the knot of the path with the least BIC.
 *
 *   lasso  normal and target are filled for `count` predictors; weight holds
 *          the slopes of least squares
 *   left   share of the target's variance that least squares leaves
 *   keep   [count]
 */
void caus_lasso_select(caus_lasso *lasso, size_t count, double left,
                       double rows, bool *keep);

/* Slopes on the kept predictors and the diagonal of the inverse of their
 * correlations, both [count] and 0 for others; returns the share left. */
double caus_lasso_refit(caus_lasso *lasso, size_t count, const bool *keep,
                        double *slope, double *own);

/* The edge of a cell as it was estimated; df 0 = it was not. */
typedef struct caus_lingam_edge {
    double slope; /* standardised */
    double error; /* of it */
    double partial;
    double df;
    double p_value;
    double q_value; /* of CAUS_LINGAM_TEST; the p-value without FDR */
    bool is_kept;
} caus_lingam_edge;

/* A model in places of the table. */
typedef struct caus_lingam_model {
    const caus_lag_table *table;
    caus_factor factor; /* lagged columns, then the present in order */
    size_t past_count;
    size_t *order;           /* [variables] places */
    bool *varies;            /* [variables] by place */
    caus_lingam_edge *edges; /* [variables × columns] target place, column */
    double *normality;       /* [variables] by place */
    double *columns;         /* [columns × stride] standardised */
    size_t stride;
    uint64_t pair_count;
} caus_lingam_model;

typedef struct caus_lingam_question {
    const caus_lag_table *table;
    const caus_lingam_options *options;
    const caus_lag_prior *prior;
    const caus_run *run;
} caus_lingam_question;

/* Everything from a table to kept edges, all of it in `arena`. May be called
 * from a thread of a team, and works alone then. */
caus_status caus_lingam_learn(const caus_lingam_question *question,
                              caus_arena *arena, caus_lingam_model *model,
                              caus_error *err);

#endif
