/* SPDX-License-Identifier: Apache-2.0 */
/* Vector autoregression by least squares. */
#ifndef CAUS_VAR_H
#define CAUS_VAR_H

#include "series.h"

CAUS_API_BEGIN

/* How many lags a model gets. */
typedef enum caus_var_criterion {
    CAUS_VAR_FIXED, /* as many as asked for */
    CAUS_VAR_AIC,   /* Akaike's criterion, up to as many */
    CAUS_VAR_BIC,   /* Schwarz's */
    CAUS_VAR_HQ     /* Hannan and Quinn's */
} caus_var_criterion;

/* x(t) = intercept + sum over lags of coefficient · x(t − lag) + noise. */
typedef struct caus_var {
    size_t variable_count;
    size_t order;              /* lags in use */
    size_t row_count;          /* rows with a value of all lagged variables */
    const double *coefficient; /* [order × N × N] lag − 1, target, source: in
                                  units of the target per unit of the source */
    const double *intercept;   /* [N] */
    const double *covariance;  /* [N × N] of the residuals, divided by the
                                  degrees of freedom, rows − N · order − 1 */
    const double *criterion;   /* [max_lag + 1] by order; NULL when fixed */
} caus_var;

/*
 * Fits a vector autoregression with intercept by least squares.
 *
 *   series     segments are pooled, no lagged row crosses one; rows with a
 *              missing value at any lag are left out
 *   max_lag    ≥ 1
 *   criterion  how the order is chosen: all orders are compared on the rows
 *              that the largest leaves; then the chosen one is fitted on its
 * own result     lives in `out`
 *
 * A lagged column that others determine gets coefficient 0.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (a table without time, no lag),
 * CAUS_ERR_TOO_FEW_SAMPLES (rows ≤ N · max_lag + 1), …_CANCELLED,
 * …_TIME_LIMIT, …_OUT_OF_MEMORY, …_LIMIT.
 * Cost O(rows · (N · max_lag)² + (N · max_lag)³).
 * Source: Luetkepohl (2005), New Introduction to Multiple Time Series Analysis,
 * sections 3.2 and 4.3.
 */
caus_status caus_var_estimate(const caus_series *series, size_t max_lag,
                              caus_var_criterion criterion, const caus_run *run,
                              caus_arena *out, caus_var *result,
                              caus_error *err);

CAUS_API_END
#endif
