/* SPDX-License-Identifier: Apache-2.0 */
/* What the past of a variable and of its best predictors leaves unexplained. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/numeric.h"
#include "numeric/order.h"

enum { MOST_OTHERS = 3, MOST_TERMS = 1 + 10 + MOST_OTHERS };

/* Values beyond this teach no more. */
static const double most_shift = 8;
/* Ridge, as a share of the number of rows. */
static const double ridge = .01;
/* Residuals have at least so many robust deviations of the variable. */
static const double least_deviation = .25;

typedef struct regression_job {
    const caus_detect_job *job;
    size_t rows, reference, columns, lags;
    double *values; /* [columns × rows] standardised; 0 = missing */
    double *taught; /* likewise, drawn in */
} regression_job;

/* Terms of one regression: a constant, own past, the past of others. */
typedef struct terms {
    size_t count;
    size_t column[MOST_TERMS];
    size_t lag[MOST_TERMS]; /* 0 = the constant */
    double weight[MOST_TERMS];
} terms;

static double term_at(const regression_job *g, const double *values,
                      const terms *t, size_t k, size_t row)
{
    return t->lag[k] ? values[t->column[k] * g->rows + row - t->lag[k]] : 1;
}

/* Ridge regression over the reference. */
static void fit(const regression_job *g, size_t target, terms *t)
{
    double matrix[MOST_TERMS * MOST_TERMS] = {0}, right[MOST_TERMS] = {0};
    const double *y = g->taught + target * g->rows;
    for (size_t r = g->lags; r < g->reference; r++) {
        double x[MOST_TERMS];
        for (size_t k = 0; k < t->count; k++)
            x[k] = term_at(g, g->taught, t, k, r);
        for (size_t k = 0; k < t->count; k++) {
            right[k] = fma(x[k], y[r], right[k]);
            for (size_t l = 0; l <= k; l++)
                matrix[k * MOST_TERMS + l] =
                    fma(x[k], x[l], matrix[k * MOST_TERMS + l]);
        }
    }
    for (size_t k = 0; k < t->count; k++)
        matrix[k * MOST_TERMS + k] += ridge * (double)g->reference;
    caus_invert_symmetric(matrix, t->count, MOST_TERMS, 0, NULL);
    for (size_t k = 0; k < t->count; k++) {
        t->weight[k] = 0;
        for (size_t l = 0; l < t->count; l++)
            t->weight[k] += matrix[k * MOST_TERMS + l] * right[l];
    }
}

static void leave_rest(const regression_job *g, const double *values,
                       size_t target, const terms *t, double *rest)
{
    for (size_t r = 0; r < g->rows; r++) {
        double sum = 0;
        for (size_t k = 0; r >= g->lags && k < t->count; k++)
            sum += t->weight[k] * term_at(g, values, t, k, r);
        rest[r] = values[target * g->rows + r] - sum;
    }
}

/* Adds the others whose past goes best with what own past leaves. */
static void choose_others(const regression_job *g, size_t target,
                          const double *rest, terms *t)
{
    double best[MOST_OTHERS] = {0};
    size_t column[MOST_OTHERS], lag[MOST_OTHERS], found = 0;
    size_t count = g->reference - g->lags;
    for (size_t c = 0; c < g->columns; c++)
        for (size_t l = 1; c != target && l <= g->lags; l++) {
            const double *other = g->taught + c * g->rows + g->lags - l;
            double norm = caus_dot(other, other, count);
            double dot = caus_dot(other, rest + g->lags, count);
            double gain = norm > 0 ? dot * dot / norm : 0;
            size_t at = found < MOST_OTHERS ? found : MOST_OTHERS;
            while (at > 0 && gain > best[at - 1])
                at--;
            if (at == MOST_OTHERS)
                continue;
            found += found < MOST_OTHERS;
            for (size_t k = found - 1; k > at; k--) {
                best[k] = best[k - 1];
                column[k] = column[k - 1];
                lag[k] = lag[k - 1];
            }
            best[at] = gain;
            column[at] = c;
            lag[at] = l;
        }
    for (size_t k = 0; k < found; k++) {
        t->column[t->count] = column[k];
        t->lag[t->count++] = lag[k];
    }
}

static double spread_of(const double *values, size_t count, double *room)
{
    memcpy(room, values, count * sizeof *room);
    caus_sort(room, count);
    return (room[3 * count / 4] - room[count / 4]) / 1.349;
}

/* Residuals of one column, in their own robust deviations. */
static void regress(const regression_job *g, size_t target, double *room,
                    double *rest)
{
    terms t = {.count = 1};
    for (size_t l = 1; l <= g->lags; l++) {
        t.column[t.count] = target;
        t.lag[t.count++] = l;
    }
    fit(g, target, &t);
    leave_rest(g, g->taught, target, &t, rest);
    choose_others(g, target, rest, &t);
    fit(g, target, &t);
    leave_rest(g, g->values, target, &t, rest);
    double spread = spread_of(rest + g->lags, g->reference - g->lags, room);
    const double *original = g->job->panel->columns[target];
    for (size_t r = 0; r < g->rows; r++)
        rest[r] = isnan(original[r]) ? (double)NAN
                                     : rest[r] / fmax(spread, least_deviation);
}

static void take_values(const regression_job *g, caus_arena *scratch)
{
    for (size_t c = 0; c < g->columns; c++) {
        double *values = g->values + c * g->rows;
        caus_fill_standardised(g->job, c, scratch, values);
        for (size_t r = 0; r < g->rows; r++) {
            if (isnan(values[r]))
                values[r] = 0;
            g->taught[c * g->rows + r] =
                fmax(-most_shift, fmin(most_shift, values[r]));
        }
    }
}

caus_status caus_prepare_regressions(caus_detect_job *job, caus_arena *scratch,
                                     caus_error *err)
{
    const caus_panel *panel = job->panel;
    size_t cells = panel->row_count * panel->column_count;
    regression_job g = {.job = job,
                        .rows = panel->row_count,
                        .reference = panel->reference_count,
                        .columns = panel->column_count,
                        .lags = job->options->max_lag};
    double *all = CAUS_ARRAY(scratch, double, cells);
    double *room = CAUS_ARRAY(scratch, double, g.rows);
    g.values = CAUS_ARRAY(scratch, double, cells);
    g.taught = CAUS_ARRAY(scratch, double, cells);
    if (!all || !room || !g.values || !g.taught)
        return caus_arena_fail(scratch, err);
    take_values(&g, scratch);
    for (size_t c = 0; c < g.columns; c++) {
        CAUS_TRY(caus_run_check(job->run, err));
        regress(&g, c, room, all + c * g.rows);
    }
    job->prepared = all;
    return CAUS_OK;
}
