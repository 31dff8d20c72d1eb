/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of lagged columns, least squares on their correlations, vector
 * autoregression. */
#ifndef CAUS_SRC_DISCOVERY_VAR_INTERNAL_H
#define CAUS_SRC_DISCOVERY_VAR_INTERNAL_H

#include "caus/var.h"
#include "discovery/static_internal.h"

/* ---- one call: scratch is given back, on failure the results too ---- */

enum { CAUS_SCOPE_THREADS = 256 };

typedef struct caus_scope {
    const caus_run *run;
    caus_arena *out;
    caus_arena_mark out_mark;
    caus_arena_mark marks[CAUS_SCOPE_THREADS];
} caus_scope;

void caus_scope_open(caus_scope *scope, const caus_run *run, caus_arena *out);
caus_status caus_scope_close(caus_scope *scope, caus_status status);

/* ---- lagged columns ---- */

/*
 * Variables at lags 0 … max_lag over the rows that have a value of all of
 * them. Variables stand in an order that follows from their values alone, so
 * that a shuffle of columns leaves no trace in the rounding.
 */
typedef struct caus_lag_table {
    size_t variable_count;
    size_t max_lag;
    size_t row_count;
    const size_t *order; /* [variable_count] the series' variable of a place */
    caus_correlation correlation; /* column lag · variable_count + place */
    const double *size;      /* [columns] root mean square of a panel column; 0
                                = constant */
    const double *deviation; /* [columns] the same in the variable's unit */
} caus_lag_table;

/*
 *   longest  rows are those that would hold lags up to this; ≥ max_lag
 *   least    rows that are needed
 *   what     names the need in the error's sentence
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES, …_OUT_OF_MEMORY, …_LIMIT, …_CANCELLED,
 * …_TIME_LIMIT. Cost O(rows · columns²).
 */
caus_status caus_lag_table_init(const caus_series *series, size_t max_lag,
                                size_t longest, size_t least,
                                const caus_run *run, caus_arena *arena,
                                caus_lag_table *table, caus_error *err);

/* The table of some of its rows, drawn with repetition; `rows` [row_count]. */
caus_status caus_lag_table_draw(const caus_lag_table *table, const size_t *rows,
                                const caus_run *run, caus_arena *arena,
                                caus_lag_table *result, caus_error *err);

/* Whether the lags can be had of this series. */
caus_status caus_check_series_lags(const caus_series *series, size_t max_lag,
                                   caus_error *err);

/* ---- least squares on correlations ---- */

/* A residual variance below this share of the variance is rounding. */
#define CAUS_LEAST_SHARE 1e-10

/*
 * Cholesky factor of correlations, column by column in a chosen order. A
 * column that those before it determine is left out.
 */
typedef struct caus_factor {
    size_t count; /* columns in the factor */
    size_t stride;
    size_t *columns; /* [count] of the correlations */
    double *rows;    /* [count × stride] lower triangle */
    double *inverse; /* [count × stride] of it, lower triangle */
} caus_factor;

caus_status caus_factor_init(size_t most, caus_arena *arena,
                             caus_factor *factor, caus_error *err);

/* Adds a column; returns whether it was added. `left` [may be NULL] is the
 * share of its variance that those before it leave. */
bool caus_factor_add(caus_factor *factor, const caus_correlation *correlation,
                     size_t column, double *left);

/* The regression of the column at a place on all before it. */
typedef struct caus_regression {
    double left;   /* residual share of the variance */
    double *slope; /* [place] standardised, parallel to factor->columns */
    double *own;   /* [place] diagonal of the inverse of their correlations */
} caus_regression;

void caus_factor_regress(const caus_factor *factor, size_t place,
                         caus_regression *result);

/* A standardised slope below this on what determines a column is rounding. */
#define CAUS_LEAST_SLOPE 1e-6

/* Marks the variables whose columns determine one that is not in the factor;
 * `slope` [factor->count] is scratch. */
void caus_factor_explain(const caus_factor *factor,
                         const caus_correlation *correlation, size_t column,
                         size_t variables, double *slope, bool *is_in);

/* The members [variables of the table] as a public block. */
caus_status caus_give_block(const caus_lag_table *table, const bool *is_in,
                            caus_arena *out, caus_singular_block *block,
                            caus_error *err);

/* ---- vector autoregression ---- */

/* What a criterion adds for each coefficient, in units of the mean log
 * likelihood doubled. */
double caus_var_penalty(caus_var_criterion criterion, double rows);

/* The order 1 … max_lag with the least criterion; all orders are compared on
 * the rows that the largest leaves. `score` [max_lag + 1] may be NULL. */
caus_status caus_var_choose(const caus_series *series, size_t max_lag,
                            caus_var_criterion criterion, const caus_run *run,
                            caus_arena *arena, size_t *result, double *score,
                            caus_error *err);

/* What least squares of the present on the past gives. */
typedef struct caus_var_fit {
    const caus_lag_table *table;
    caus_factor factor;  /* of the lagged columns; has room for the present */
    size_t past_count;   /* columns in it */
    double *coefficient; /* [variables × past_count] of each present place,
                            standardised */
    double *left;        /* [variables] residual share of the variance */
} caus_var_fit;

caus_status caus_var_fit_init(const caus_lag_table *table, const caus_run *run,
                              caus_arena *arena, caus_var_fit *fit,
                              caus_error *err);

#endif
