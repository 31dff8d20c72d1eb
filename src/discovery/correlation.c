/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/correlation_internal.h"
#include "discovery/discovery_internal.h"
#include "discovery/lag_prior.h"
#include "numeric/distributions.h"

/* Lags of a series' own past that count towards effective rows. */
enum { MOST_PAST = 100, LEAST_PAIRS = 4 };

caus_correlation_options caus_correlation_options_default(void)
{
    return (caus_correlation_options){.alpha = .05, .level = .95};
}

/* Everything one call works on; arrays by cell but for the last three. */
typedef struct call {
    const caus_correlation_options *options;
    const caus_run *run;
    caus_arena *out;
    caus_look look;
    caus_lag_prior prior;
    size_t cells;
    double *statistic;
    double *p_value;
    double *q_value;
    double *lower;
    double *upper;
    double *correlation; /* [N × N] of one lag */
    size_t *count;       /* [N × N] */
    double *past;        /* [N × (past_count + 1)]; NULL = all rows count */
    size_t past_count;
    double critical; /* normal deviate of the level */
    uint64_t test_count;
} call;

static caus_status check_options(const caus_correlation_options *options,
                                 caus_error *err)
{
    CAUS_TRY(caus_check_alpha(options->alpha, err));
    if (!(options->least >= 0 && options->least < 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the least correlation is %g: give a number from 0 "
                         "(any) to below 1",
                         options->least);
    return caus_check_level(options->level, err);
}

static size_t cell_of(const call *c, size_t source, size_t target, size_t lag)
{
    return (source * c->look.variables + target) * (c->options->max_lag + 1) +
           lag;
}

/* Rows that would tell as much if none resembled the one before. */
static double effective_rows(const call *c, size_t i, size_t j, double rows)
{
    if (!c->past)
        return rows;
    const double *x = c->past + i * (c->past_count + 1);
    const double *y = c->past + j * (c->past_count + 1);
    double sum = 0;
    for (size_t k = 1; k <= c->past_count && (double)k < rows; k++)
        sum += (rows - (double)k) / rows * (x[k] * y[k]);
    double effective = rows / fmax(1 + 2 * sum, 1);
    return fmax(effective, LEAST_PAIRS);
}

static void set_interval(const call *c, size_t cell, double r, double rows)
{
    double factor =
        c->options->kind == CAUS_CORRELATION_SPEARMAN ? 1 + r * r / 2 : 1;
    double reach = c->critical * sqrt(factor / (rows - 3));
    bool is_bare = fabs(r) >= 1 || !(rows > 3);
    c->lower[cell] = is_bare ? r : tanh(atanh(r) - reach);
    c->upper[cell] = is_bare ? r : tanh(atanh(r) + reach);
}

/* Whether a pair is looked at: not where a link is known to be or not to be.
 * At lag 0 one that can go one way only still may be. */
static bool is_open(const call *c, size_t i, size_t j, size_t lag)
{
    caus_assumption known = caus_lag_prior_get(&c->prior, i, j, lag);
    if (known == CAUS_ASSUME_ABSENT || caus_is_granted(known))
        return false;
    return lag == 0 ? i != j : caus_lag_prior_allows(&c->prior, i, j, lag);
}

/* Numbers of one cell from the present lag's matrices. */
static void write_cell(const call *c, size_t i, size_t j, size_t lag)
{
    size_t pair = i * c->look.variables + j, cell = cell_of(c, i, j, lag);
    double r = c->correlation[pair];
    if (c->count[pair] < LEAST_PAIRS || !is_open(c, i, j, lag))
        return;
    double rows = effective_rows(c, i, j, (double)c->count[pair]);
    double df = rows - 2;
    c->statistic[cell] = r;
    double t = fabs(r) * sqrt(df / ((1 - r) * (1 + r)));
    c->p_value[cell] =
        fabs(r) >= 1 ? 0 : fmin(1, 2 * caus_student_t_sf_fast(t, df));
    if (c->lower)
        set_interval(c, cell, r, rows);
}

static void write_lag(call *c, size_t lag)
{
    size_t variables = c->look.variables;
    int threads = caus_run_threads(c->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 8) if (threads > 1)
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            write_cell(c, i, j, lag);
    for (size_t i = 0; i < variables; i++)
        for (size_t j = lag ? 0 : i + 1; j < variables; j++)
            c->test_count += is_open(c, i, j, lag);
}

/* ---- the result ---- */

static bool is_hypothesis(const call *c, size_t cell)
{
    size_t lags = c->options->max_lag + 1, pair = cell / lags;
    size_t i = pair / c->look.variables, j = pair % c->look.variables;
    return (cell % lags || i < j) && is_open(c, i, j, cell % lags);
}

static caus_status adjust(const call *c, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    double *p_values = CAUS_ARRAY(scratch, double, c->cells);
    double *q_values = CAUS_ARRAY(scratch, double, c->cells);
    size_t *order = CAUS_ARRAY(scratch, size_t, c->cells);
    size_t count = 0, next = 0;
    if (!p_values || !q_values || !order)
        return caus_arena_fail(scratch, err);
    for (size_t cell = 0; cell < c->cells; cell++)
        if (is_hypothesis(c, cell))
            p_values[count++] = c->p_value[cell];
    caus_fdr_adjust(p_values, count, c->options->fdr, order, q_values);
    for (size_t cell = 0; cell < c->cells; cell++)
        c->q_value[cell] = is_hypothesis(c, cell) ? q_values[next++] : 1;
    for (size_t i = 0; i < c->look.variables; i++)
        for (size_t j = 0; j < i; j++)
            c->q_value[cell_of(c, i, j, 0)] = c->q_value[cell_of(c, j, i, 0)];
    return CAUS_OK;
}

/* A required link, drawn as it is known. */
static void grant_edge(const call *c, caus_graph *graph, size_t cell)
{
    size_t lags = c->options->max_lag + 1, pair = cell / lags;
    size_t i = pair / c->look.variables, j = pair % c->look.variables;
    caus_assumption known = caus_lag_prior_get(&c->prior, i, j, cell % lags);
    if (known == CAUS_ASSUME_LINK)
        caus_graph_set(graph, i, j, cell % lags, CAUS_MARK_TAIL,
                       CAUS_MARK_ARROW);
    else if (known == CAUS_ASSUME_ADJACENT)
        caus_graph_set(graph, i, j, cell % lags, CAUS_MARK_TAIL,
                       CAUS_MARK_TAIL);
}

static void set_edge(const call *c, caus_graph *graph, size_t cell)
{
    size_t lags = c->options->max_lag + 1, pair = cell / lags;
    const double *verdict = c->q_value ? c->q_value : c->p_value;
    if (!is_hypothesis(c, cell) || !(verdict[cell] <= c->options->alpha) ||
        fabs(c->statistic[cell]) < c->options->least)
        return;
    bool lagged = cell % lags > 0;
    caus_graph_set(graph, pair / c->look.variables, pair % c->look.variables,
                   cell % lags, lagged ? CAUS_MARK_CIRCLE : CAUS_MARK_TAIL,
                   lagged ? CAUS_MARK_ARROW : CAUS_MARK_TAIL);
}

static caus_status give_result(call *c, caus_discovery *result, caus_error *err)
{
    if (c->q_value)
        CAUS_TRY(adjust(c, err));
    CAUS_TRY(caus_graph_init(&result->graph, c->look.variables,
                             c->options->max_lag, c->out, err));
    for (size_t cell = 0; cell < c->cells; cell++) {
        set_edge(c, &result->graph, cell);
        grant_edge(c, &result->graph, cell);
    }
    result->statistic = c->statistic;
    result->p_value = c->p_value;
    result->q_value = c->q_value;
    result->lower = c->lower;
    result->upper = c->upper;
    result->rows_used = caus_look_pairs(&c->look, c->options->max_lag);
    result->test_count = c->test_count;
    return CAUS_OK;
}

static caus_status init_arrays(call *c, size_t variables, caus_error *err)
{
    bool has_q = c->options->fdr != CAUS_FDR_NONE;
    bool has_interval = c->options->level > 0;
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    c->statistic = CAUS_ARRAY(c->out, double, c->cells);
    c->p_value = CAUS_ARRAY(c->out, double, c->cells);
    c->q_value = CAUS_ARRAY(c->out, double, has_q ? c->cells : 0);
    c->lower = CAUS_ARRAY(c->out, double, has_interval ? c->cells : 0);
    c->upper = CAUS_ARRAY(c->out, double, has_interval ? c->cells : 0);
    c->correlation = CAUS_ARRAY(scratch, double, variables *variables);
    c->count = CAUS_ARRAY(scratch, size_t, variables * variables);
    if (!c->statistic || !c->p_value || !c->q_value || !c->lower || !c->upper)
        return caus_arena_fail(c->out, err);
    if (!c->correlation || !c->count)
        return caus_arena_fail(scratch, err);
    for (size_t cell = 0; cell < c->cells; cell++)
        c->p_value[cell] = 1;
    c->q_value = has_q ? c->q_value : NULL;
    c->lower = has_interval ? c->lower : NULL;
    c->upper = has_interval ? c->upper : NULL;
    return CAUS_OK;
}

static caus_status look_back(call *c, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t rows = c->look.rows / 5;
    c->past_count = rows < MOST_PAST ? rows : MOST_PAST;
    c->past =
        CAUS_ARRAY(scratch, double, c->look.variables *(c->past_count + 1));
    if (!c->past)
        return caus_arena_fail(scratch, err);
    caus_look_back(&c->look, c->past_count, c->past);
    return caus_run_check(c->run, err);
}

static caus_status look_at_lags(call *c, caus_error *err)
{
    if (c->options->effective_rows)
        CAUS_TRY(look_back(c, err));
    for (size_t lag = 0; lag <= c->options->max_lag; lag++) {
        CAUS_TRY(
            caus_look_at_lag(&c->look, lag, c->correlation, c->count, err));
        write_lag(c, lag);
        caus_run_progress(c->run, CAUS_STAGE_TEST, lag + 1,
                          c->options->max_lag + 1);
    }
    return CAUS_OK;
}

static caus_status learn(call *c, const caus_series *series,
                         caus_discovery *result, caus_error *err)
{
    bool ranks = c->options->kind == CAUS_CORRELATION_SPEARMAN;
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    CAUS_TRY(caus_lag_prior_read(series, c->options->max_lag,
                                 c->options->assumptions, false, scratch,
                                 &c->prior, err));
    CAUS_TRY(init_arrays(c, series->variable_count, err));
    caus_status status =
        caus_look_init(series, ranks, c->run, scratch, &c->look, err);
    if (status == CAUS_ERR_TIME_LIMIT)
        return caus_give_empty(series->variable_count, c->options->max_lag,
                               c->out, result, err);
    CAUS_TRY(status);
    size_t pairs = caus_look_pairs(&c->look, c->options->max_lag);
    if (pairs < LEAST_PAIRS)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows leave %zu pairs at lag %zu: need at least "
                         "%d; widen the window or lower --max-lag",
                         c->look.rows, pairs, c->options->max_lag, LEAST_PAIRS);
    status = look_at_lags(c, err);
    if (status != CAUS_OK && status != CAUS_ERR_TIME_LIMIT)
        return status;
    result->complete = status == CAUS_OK;
    return give_result(c, result, err);
}

caus_status caus_discover_correlation(const caus_series *series,
                                      const caus_correlation_options *options,
                                      const caus_run *run, caus_arena *out,
                                      caus_discovery *result, caus_error *err)
{
    caus_correlation_options defaults = caus_correlation_options_default();
    caus_scope scope;
    caus_discovery made = {0};
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(options, err));
    CAUS_TRY(caus_check_series_lags(series, options->max_lag, err));
    call c = {.options = options,
              .run = run,
              .out = out,
              .cells = series->variable_count * series->variable_count *
                       (options->max_lag + 1),
              .critical = caus_normal_quantile((1 + options->level) / 2)};
    caus_scope_open(&scope, run, out);
    caus_status status =
        caus_scope_close(&scope, learn(&c, series, &made, err));
    if (status == CAUS_OK)
        *result = made;
    return status;
}
