/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "discovery/lingam_internal.h"
#include "discovery/parents.h"
#include "independence/independence.h"
#include "numeric/distributions.h"

caus_lingam_options caus_lingam_options_default(void)
{
    return (caus_lingam_options){.lag_order = CAUS_VAR_BIC,
                                 .prune = CAUS_LINGAM_LASSO,
                                 .alpha = .05,
                                 .level = .95};
}

static caus_status check_options(const caus_lingam_options *options,
                                 caus_error *err)
{
    if (options->prune == CAUS_LINGAM_TEST)
        CAUS_TRY(caus_check_alpha(options->alpha, err));
    if (!(options->least_effect >= 0 && isfinite(options->least_effect)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the least effect is %g: give 0 (any) or more, in "
                         "deviations per deviation",
                         options->least_effect);
    return caus_check_level(options->level, err);
}

/* Everything one call works on. */
typedef struct call {
    const caus_series *series;
    const caus_lingam_options *options;
    const caus_run *run;
    caus_arena *out;
    size_t cells;
    caus_lag_prior prior;
    caus_lag_table table;
    caus_lingam_model model;
} call;

/* The public cell of a target place and a column of the table. */
static size_t cell_of(const call *c, size_t target, size_t column)
{
    size_t variables = c->table.variable_count;
    size_t source = c->table.order[column % variables];
    return (source * variables + c->table.order[target]) *
               (c->options->max_lag + 1) +
           column / variables;
}

/* Numbers by cell of a result. */
typedef struct numbers {
    double *statistic, *p_value, *q_value, *lower, *upper;
    double *coefficient, *error;
} numbers;

static caus_status init_numbers(const call *c, numbers *n, caus_error *err)
{
    bool has_q = c->options->prune == CAUS_LINGAM_TEST &&
                 c->options->fdr != CAUS_FDR_NONE;
    bool has_interval = c->options->level > 0;
    *n = (numbers){
        .statistic = CAUS_ARRAY(c->out, double, c->cells),
        .p_value = CAUS_ARRAY(c->out, double, c->cells),
        .q_value = CAUS_ARRAY(c->out, double, has_q ? c->cells : 0),
        .lower = CAUS_ARRAY(c->out, double, has_interval ? c->cells : 0),
        .upper = CAUS_ARRAY(c->out, double, has_interval ? c->cells : 0),
        .coefficient = CAUS_ARRAY(c->out, double, c->cells),
        .error = CAUS_ARRAY(c->out, double, c->cells),
    };
    if (!n->statistic || !n->p_value || !n->q_value || !n->lower || !n->upper ||
        !n->coefficient || !n->error)
        return caus_arena_fail(c->out, err);
    for (size_t cell = 0; cell < c->cells; cell++) {
        n->p_value[cell] = 1;
        if (has_q)
            n->q_value[cell] = 1;
    }
    n->q_value = has_q ? n->q_value : NULL;
    n->lower = has_interval ? n->lower : NULL;
    n->upper = has_interval ? n->upper : NULL;
    return CAUS_OK;
}

static void give_edge(const call *c, const numbers *n, caus_graph *graph,
                      size_t target, size_t column)
{
    size_t variables = c->table.variable_count;
    const caus_lingam_edge *edge =
        &c->model.edges[target * variables * (c->table.max_lag + 1) + column];
    size_t lag = column / variables, cell = cell_of(c, target, column);
    size_t source = c->table.order[column % variables];
    if (edge->is_kept ||
        caus_lag_prior_requires(&c->prior, source, c->table.order[target], lag))
        caus_graph_set(graph, source, c->table.order[target], lag,
                       CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    if (!(edge->df > 0))
        return;
    size_t back = lag ? cell : cell_of(c, column, target);
    n->statistic[cell] = n->statistic[back] = edge->partial;
    n->p_value[cell] = n->p_value[back] = edge->p_value;
    if (n->q_value)
        n->q_value[cell] = n->q_value[back] = edge->q_value;
    if (n->lower) {
        double reach =
            caus_student_t_quantile_sf((1 - c->options->level) / 2, edge->df);
        caus_ends ends =
            caus_interval_fisher(NULL, edge->partial, edge->df,
                                 reach / sqrt(reach * reach + edge->df));
        n->lower[cell] = n->lower[back] = ends.lower;
        n->upper[cell] = n->upper[back] = ends.upper;
    }
    if (!edge->is_kept)
        return;
    double unit = c->table.deviation[target] / c->table.deviation[column];
    n->coefficient[cell] = edge->slope * unit;
    n->error[cell] = edge->error * unit;
}

/* The variables that determine the one at a place, and itself. */
static caus_status give_block(const call *c, size_t v,
                              caus_singular_block *block, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    double *slope = CAUS_ARRAY(scratch, double, c->model.factor.count);
    bool *is_in = CAUS_ARRAY(scratch, bool, c->table.variable_count);
    if (!slope || !is_in)
        return caus_arena_fail(scratch, err);
    caus_factor_explain(&c->model.factor, &c->table.correlation, v,
                        c->table.variable_count, slope, is_in);
    return caus_give_block(&c->table, is_in, c->out, block, err);
}

static caus_status give_singular(const call *c, caus_discovery *found,
                                 caus_error *err)
{
    size_t variables = c->table.variable_count;
    caus_singular_block *blocks =
        CAUS_ARRAY(c->out, caus_singular_block, variables);
    if (!blocks)
        return caus_arena_fail(c->out, err);
    for (size_t v = 0; v < variables; v++)
        if (!c->model.varies[v] && c->table.size[v] > 0)
            CAUS_TRY(give_block(c, v, &blocks[found->singular_count++], err));
    if (found->singular_count)
        found->singular = blocks;
    return CAUS_OK;
}

static caus_status give_result(const call *c, caus_lingam *result,
                               caus_error *err)
{
    size_t variables = c->table.variable_count;
    caus_discovery *found = &result->found;
    numbers n;
    CAUS_TRY(caus_graph_init(&found->graph, variables, c->options->max_lag,
                             c->out, err));
    CAUS_TRY(init_numbers(c, &n, err));
    size_t *order = CAUS_ARRAY(c->out, size_t, variables);
    double *normality = CAUS_ARRAY(c->out, double, variables);
    if (!order || !normality)
        return caus_arena_fail(c->out, err);
    for (size_t v = 0; v < variables; v++) {
        order[v] = c->table.order[c->model.order[v]];
        normality[c->table.order[v]] = c->model.normality[v];
        for (size_t k = 0; k < variables * (c->table.max_lag + 1); k++)
            give_edge(c, &n, &found->graph, v, k);
    }
    CAUS_TRY(give_singular(c, found, err));
    found->statistic = n.statistic;
    found->p_value = n.p_value;
    found->q_value = n.q_value;
    found->lower = n.lower;
    found->upper = n.upper;
    found->rows_used = c->table.row_count;
    found->test_count = c->model.pair_count;
    found->complete = true;
    result->order = order;
    result->lags = c->table.max_lag;
    result->coefficient = n.coefficient;
    result->error = n.error;
    result->normality = normality;
    return CAUS_OK;
}

/* ---- bootstrap ---- */

static size_t block_of(const call *c)
{
    size_t rows = c->table.row_count, block = c->options->block_rows;
    if (!block)
        block = c->table.max_lag ? (size_t)ceil(cbrt((double)rows)) : (size_t)1;
    return block > rows ? rows : block;
}

/* Blocks of consecutive rows, each starting anywhere; the ends are joined. */
static void draw_rows(const call *c, size_t replicate, size_t *rows)
{
    caus_random random;
    size_t count = c->table.row_count, block = block_of(c);
    caus_random_init(&random, caus_run_seed(c->run), replicate);
    for (size_t r = 0; r < count;) {
        size_t start = (size_t)caus_random_below(&random, count);
        for (size_t k = 0; k < block && r < count; k++)
            rows[r++] = (start + k) % count;
    }
}

/* Replicates share the counts; the first failure ends them. */
typedef struct resampling {
    const call *c;
    double *share; /* by cell */
    size_t done;
    caus_status status;
    caus_error error;
} resampling;

static caus_status learn_replicate(resampling *s, size_t number,
                                   caus_arena *arena, caus_error *err)
{
    const call *c = s->c;
    caus_lag_table table;
    caus_lingam_model model;
    size_t columns = c->table.variable_count * (c->table.max_lag + 1);
    size_t *rows = CAUS_ARRAY(arena, size_t, c->table.row_count);
    if (!rows)
        return caus_arena_fail(arena, err);
    draw_rows(c, number, rows);
    CAUS_TRY(caus_lag_table_draw(&c->table, rows, c->run, arena, &table, err));
    caus_lingam_question question = {&table, c->options, &c->prior, c->run};
    CAUS_TRY(caus_lingam_learn(&question, arena, &model, err));
    for (size_t v = 0; v < c->table.variable_count; v++)
        for (size_t k = 0; k < columns; k++)
            if (model.edges[v * columns + k].is_kept) {
                double *count = &s->share[cell_of(c, v, k)];
#pragma omp atomic
                *count += 1;
            }
    return CAUS_OK;
}

static void run_replicate(resampling *s, size_t number, int thread)
{
    caus_arena *arena = caus_run_scratch(s->c->run, thread);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_error error = {0};
    caus_status status = learn_replicate(s, number, arena, &error);
    caus_arena_rewind(arena, mark);
#pragma omp critical(caus_lingam_replicates)
    {
        s->done += status == CAUS_OK;
        if (status != CAUS_OK && s->status == CAUS_OK) {
            s->status = status;
            s->error = error;
        }
        caus_run_progress(s->c->run, CAUS_STAGE_BOOTSTRAP, s->done,
                          s->c->options->bootstrap);
    }
}

static bool has_failed(resampling *s)
{
    bool failed;
#pragma omp critical(caus_lingam_replicates)
    failed = s->status != CAUS_OK;
    return failed;
}

static caus_status give_stability(const call *c, caus_discovery *found,
                                  caus_error *err)
{
    resampling s = {.c = c, .share = CAUS_ARRAY(c->out, double, c->cells)};
    if (!s.share)
        return caus_arena_fail(c->out, err);
    int threads = caus_run_threads(c->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t k = 0; k < c->options->bootstrap; k++)
        if (!has_failed(&s))
            run_replicate(&s, k, threads > 1 ? omp_get_thread_num() : 0);
    if (s.status == CAUS_ERR_TIME_LIMIT)
        found->complete = false;
    else if (s.status != CAUS_OK)
        return caus_fail(err, s.status, "%s", s.error.message);
    for (size_t cell = 0; cell < c->cells; cell++)
        s.share[cell] = s.done ? s.share[cell] / (double)s.done : 0;
    found->stability = s.share;
    return CAUS_OK;
}

/* ---- the call ---- */

static caus_status learn(call *c, caus_lingam *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t lags = c->options->max_lag;
    size_t variables = c->series->variable_count;
    CAUS_TRY(caus_lag_prior_read(c->series, lags, c->options->assumptions,
                                 false, scratch, &c->prior, err));
    CAUS_TRY(caus_lag_prior_check_ends(&c->prior, c->series, "LiNGAM", err));
    CAUS_TRY(caus_check_parents(&c->prior, c->series->variables,
                                c->options->max_parents, err));
    if (lags)
        CAUS_TRY(caus_var_choose(c->series, c->options->max_lag,
                                 c->options->lag_order, c->run, scratch, &lags,
                                 NULL, err));
    if (lags < caus_lag_prior_longest(&c->prior))
        lags = caus_lag_prior_longest(&c->prior);
    size_t least = variables * (c->options->max_lag + 1) + 1;
    CAUS_TRY(caus_lag_table_init(c->series, lags, lags, least < 5 ? 5 : least,
                                 c->run, scratch, &c->table, err));
    caus_lingam_question question = {&c->table, c->options, &c->prior, c->run};
    CAUS_TRY(caus_lingam_learn(&question, scratch, &c->model, err));
    CAUS_TRY(give_result(c, result, err));
    if (c->options->bootstrap)
        CAUS_TRY(give_stability(c, &result->found, err));
    return CAUS_OK;
}

/* What can be said when the time limit passes before there is an order. */
static caus_status give_nothing(const call *c, caus_lingam *result,
                                caus_error *err)
{
    size_t variables = c->series->variable_count;
    *result = (caus_lingam){0};
    size_t *order = CAUS_ARRAY(c->out, size_t, variables);
    double *normality = CAUS_ARRAY(c->out, double, variables);
    double *zero = CAUS_ARRAY(c->out, double, c->cells);
    if (!order || !normality || !zero)
        return caus_arena_fail(c->out, err);
    for (size_t v = 0; v < variables; v++) {
        order[v] = v;
        normality[v] = (double)NAN;
    }
    result->order = order;
    result->normality = normality;
    result->coefficient = result->error = zero;
    return caus_give_empty(variables, c->options->max_lag, c->out,
                           &result->found, err);
}

caus_status caus_discover_lingam(const caus_series *series,
                                 const caus_lingam_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_lingam *result, caus_error *err)
{
    caus_lingam_options defaults = caus_lingam_options_default();
    caus_scope scope;
    caus_lingam made = {0};
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(options, err));
    CAUS_TRY(caus_check_series_lags(series, options->max_lag, err));
    call c = {.series = series,
              .options = options,
              .run = run,
              .out = out,
              .cells = series->variable_count * series->variable_count *
                       (options->max_lag + 1)};
    caus_scope_open(&scope, run, out);
    caus_status status = learn(&c, &made, err);
    if (status == CAUS_ERR_TIME_LIMIT) {
        caus_arena_rewind(out, scope.out_mark);
        status = give_nothing(&c, &made, err);
    }
    status = caus_scope_close(&scope, status);
    if (status == CAUS_OK)
        *result = made;
    return status;
}
