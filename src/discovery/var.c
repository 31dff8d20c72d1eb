/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/var_internal.h"

/* ---- the order ---- */

/* Residual covariances of the present, in units of the variables' variances,
 * as the lags are taken in one after another. */
typedef struct choice {
    const caus_lag_table *table;
    caus_factor past;
    double *rest;   /* [variables × variables] */
    double *part;   /* [variables] of one column */
    double *factor; /* [variables × variables] scratch of the determinant */
} choice;

/* rest −= part · partᵀ for the column that was just added; part is the
 * covariance of the present with what it adds, over its deviation. */
static void take_in(choice *c)
{
    size_t variables = c->table->variable_count;
    const caus_correlation *correlation = &c->table->correlation;
    const double *inverse =
        c->past.inverse + (c->past.count - 1) * c->past.stride;
    for (size_t i = 0; i < variables; i++) {
        const double *row = correlation->matrix + i * correlation->stride;
        double sum = 0;
        for (size_t k = 0; k < c->past.count; k++)
            sum += inverse[k] * row[c->past.columns[k]];
        c->part[i] = sum;
    }
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            c->rest[i * variables + j] -= c->part[i] * c->part[j];
}

/* The log determinant of the rest; a variable that others determine counts
 * as nothing, for every order alike. */
static double log_determinant(choice *c)
{
    size_t variables = c->table->variable_count;
    double *l = c->factor, sum = 0;
    for (size_t i = 0; i < variables; i++) {
        double pivot = c->rest[i * variables + i];
        for (size_t j = 0; j < i; j++) {
            double value = c->rest[i * variables + j];
            for (size_t m = 0; m < j; m++)
                value -= l[i * variables + m] * l[j * variables + m];
            double own = l[j * variables + j];
            l[i * variables + j] = own > 0 ? value / own : 0;
            pivot -= l[i * variables + j] * l[i * variables + j];
        }
        bool counts = pivot > CAUS_LEAST_SHARE;
        l[i * variables + i] = counts ? sqrt(pivot) : 0;
        sum += counts ? log(pivot) : 0;
    }
    return sum;
}

double caus_var_penalty(caus_var_criterion criterion, double rows)
{
    if (criterion == CAUS_VAR_AIC)
        return 2 / rows;
    return (criterion == CAUS_VAR_BIC ? log(rows) : 2 * log(log(rows))) / rows;
}

/* In units of the variables, as the determinant of their covariance. */
static double log_units(const caus_lag_table *table)
{
    double sum = 0;
    for (size_t i = 0; i < table->variable_count; i++)
        if (table->deviation[i] > 0)
            sum += 2 * log(table->deviation[i]);
    return sum;
}

static caus_status choose(choice *c, caus_var_criterion criterion,
                          const caus_run *run, size_t *result, double *score,
                          caus_error *err)
{
    const caus_lag_table *table = c->table;
    size_t variables = table->variable_count;
    double rows = (double)table->row_count, best = HUGE_VAL;
    double units = log_units(table);
    for (size_t i = 0; i < variables; i++)
        memcpy(c->rest + i * variables,
               table->correlation.matrix + i * table->correlation.stride,
               variables * sizeof *c->rest);
    for (size_t lag = 0; lag <= table->max_lag; lag++) {
        for (size_t k = 0; lag && k < variables; k++) {
            CAUS_TRY(caus_run_check(run, err));
            if (caus_factor_add(&c->past, &table->correlation,
                                lag * variables + k, NULL))
                take_in(c);
        }
        double count = (double)(lag * variables * variables + variables);
        double value = log_determinant(c) + units +
                       caus_var_penalty(criterion, rows) * count;
        if (score)
            score[lag] = value;
        if (lag && value < best) {
            best = value;
            *result = lag;
        }
    }
    return CAUS_OK;
}

caus_status caus_var_choose(const caus_series *series, size_t max_lag,
                            caus_var_criterion criterion, const caus_run *run,
                            caus_arena *arena, size_t *result, double *score,
                            caus_error *err)
{
    size_t variables = series->variable_count;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_lag_table table;
    choice c = {.table = &table};
    *result = max_lag;
    if (criterion == CAUS_VAR_FIXED)
        return CAUS_OK;
    CAUS_TRY(caus_lag_table_init(series, max_lag, max_lag,
                                 variables * max_lag + 2, run, arena, &table,
                                 err));
    CAUS_TRY(caus_factor_init(variables * max_lag, arena, &c.past, err));
    c.rest = CAUS_ARRAY(arena, double, variables *variables);
    c.factor = CAUS_ARRAY(arena, double, variables *variables);
    c.part = CAUS_ARRAY(arena, double, variables);
    if (!c.rest || !c.factor || !c.part)
        return caus_arena_fail(arena, err);
    CAUS_TRY(choose(&c, criterion, run, result, score, err));
    caus_arena_rewind(arena, mark);
    return CAUS_OK;
}

/* ---- the fit ---- */

/* Slopes of one present variable on the factor's columns. */
static void fit_variable(const caus_var_fit *fit, size_t i)
{
    const caus_factor *past = &fit->factor;
    const caus_correlation *correlation = &fit->table->correlation;
    const double *row = correlation->matrix + i * correlation->stride;
    double *slope = fit->coefficient + i * fit->past_count;
    double left = row[i];
    for (size_t m = 0; m < fit->past_count; m++) {
        const double *inverse = past->inverse + m * past->stride;
        double part = 0;
        for (size_t k = 0; k <= m; k++)
            part += inverse[k] * row[past->columns[k]];
        for (size_t k = 0; k <= m; k++)
            slope[k] += part * inverse[k];
        left -= part * part;
    }
    fit->left[i] = left > CAUS_LEAST_SHARE ? left : 0;
}

caus_status caus_var_fit_init(const caus_lag_table *table, const caus_run *run,
                              caus_arena *arena, caus_var_fit *fit,
                              caus_error *err)
{
    size_t variables = table->variable_count;
    size_t columns = variables * (table->max_lag + 1);
    caus_var_fit made = {.table = table};
    CAUS_TRY(caus_factor_init(columns, arena, &made.factor, err));
    for (size_t c = variables; c < columns; c++) {
        CAUS_TRY(caus_run_check(run, err));
        caus_factor_add(&made.factor, &table->correlation, c, NULL);
    }
    made.past_count = made.factor.count;
    made.coefficient = CAUS_ARRAY(arena, double, variables *made.past_count);
    made.left = CAUS_ARRAY(arena, double, variables);
    if (!made.coefficient || !made.left)
        return caus_arena_fail(arena, err);
    int threads = caus_run_threads(run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t i = 0; i < variables; i++)
        fit_variable(&made, i);
    CAUS_TRY(caus_run_check(run, err));
    *fit = made;
    return CAUS_OK;
}

/* ---- the public form ---- */

static void give_coefficients(const caus_var_fit *fit, double *coefficient)
{
    const caus_lag_table *table = fit->table;
    size_t variables = table->variable_count;
    for (size_t i = 0; i < variables; i++)
        for (size_t k = 0; k < fit->past_count; k++) {
            size_t column = fit->factor.columns[k];
            size_t lag = column / variables;
            size_t source = table->order[column % variables];
            double slope = fit->coefficient[i * fit->past_count + k];
            coefficient[((lag - 1) * variables + table->order[i]) * variables +
                        source] =
                slope * (table->deviation[i] / table->deviation[column]);
        }
}

/* Residuals of the scaled, centred panel, as shares of the deviation. */
static caus_status give_covariance(const caus_var_fit *fit, caus_arena *arena,
                                   double *covariance, caus_error *err)
{
    const caus_lag_table *table = fit->table;
    const caus_correlation *correlation = &table->correlation;
    size_t variables = table->variable_count, count = fit->past_count;
    double df = (double)table->row_count - (double)count - 1;
    double *parts = CAUS_ARRAY(arena, double, variables *count);
    if (!parts)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < variables; i++) {
        const double *row = correlation->matrix + i * correlation->stride;
        for (size_t m = 0; m < count; m++)
            for (size_t k = 0; k <= m; k++)
                parts[i * count + m] +=
                    fit->factor.inverse[m * fit->factor.stride + k] *
                    (row[fit->factor.columns[k]]);
    }
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++) {
            double rest = correlation->matrix[i * correlation->stride + j];
            for (size_t m = 0; m < count; m++)
                rest -= parts[i * count + m] * parts[j * count + m];
            covariance[table->order[i] * variables + table->order[j]] =
                rest * table->deviation[i] * table->deviation[j] *
                ((double)table->row_count / df);
        }
    return CAUS_OK;
}

/* The mean of what the slopes leave, row by row. */
static void give_intercept(const caus_series *series, const caus_var *var,
                           const size_t *place, double *intercept)
{
    size_t variables = series->variable_count;
    double rows = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        size_t whole = 0;
        for (size_t r = 0; r < segment->row_count; r++) {
            bool is_whole = true;
            for (size_t v = 0; is_whole && v < variables; v++)
                is_whole = !caus_segment_is_missing(segment, r, v);
            whole = is_whole ? whole + 1 : 0;
            if (whole <= var->order)
                continue;
            rows++;
            for (size_t i = 0; i < variables; i++) {
                const double *now = segment->values + r * variables;
                double rest = now[i];
                for (size_t cell = 0; cell < var->order * variables; cell++) {
                    size_t lag = cell / variables + 1;
                    size_t j = place[cell % variables];
                    rest -= var->coefficient[((lag - 1) * variables + i) *
                                                 variables +
                                             j] *
                            (now - lag * variables)[j];
                }
                intercept[i] += (rest - intercept[i]) / rows;
            }
        }
    }
}

static caus_status estimate(const caus_series *series, size_t max_lag,
                            caus_var_criterion criterion, const caus_run *run,
                            caus_arena *out, caus_var *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    size_t variables = series->variable_count;
    double *score = NULL;
    caus_var made = {.variable_count = variables};
    if (criterion != CAUS_VAR_FIXED) {
        score = CAUS_ARRAY(out, double, max_lag + 1);
        if (!score)
            return caus_arena_fail(out, err);
    }
    CAUS_TRY(caus_var_choose(series, max_lag, criterion, run, scratch,
                             &made.order, score, err));
    caus_lag_table table;
    caus_var_fit fit;
    CAUS_TRY(caus_lag_table_init(series, made.order, made.order,
                                 variables * made.order + 2, run, scratch,
                                 &table, err));
    CAUS_TRY(caus_var_fit_init(&table, run, scratch, &fit, err));
    double *coefficient =
        CAUS_ARRAY(out, double, made.order *variables *variables);
    double *covariance = CAUS_ARRAY(out, double, variables *variables);
    double *intercept = CAUS_ARRAY(out, double, variables);
    if (!coefficient || !covariance || !intercept)
        return caus_arena_fail(out, err);
    give_coefficients(&fit, coefficient);
    CAUS_TRY(give_covariance(&fit, scratch, covariance, err));
    made.coefficient = coefficient;
    made.row_count = table.row_count;
    give_intercept(series, &made, table.order, intercept);
    made.covariance = covariance;
    made.intercept = intercept;
    made.criterion = score;
    *result = made;
    return CAUS_OK;
}

caus_status caus_var_estimate(const caus_series *series, size_t max_lag,
                              caus_var_criterion criterion, const caus_run *run,
                              caus_arena *out, caus_var *result,
                              caus_error *err)
{
    caus_scope scope;
    if (max_lag == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "an autoregression needs --max-lag 1 or more");
    CAUS_TRY(caus_check_series_lags(series, max_lag, err));
    caus_scope_open(&scope, run, out);
    return caus_scope_close(
        &scope, estimate(series, max_lag, criterion, run, out, result, err));
}
