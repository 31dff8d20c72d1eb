/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "discovery/lingam_internal.h"
#include "discovery/parents.h"
#include "numeric/distributions.h"
#include "numeric/numeric.h"

/* One thread's place to work in. */
typedef struct fitting {
    caus_lasso lasso;
    caus_regression regression; /* room for every column */
    bool *keep;
    size_t *list;     /* [columns] predictors as places of the factor */
    double *residual; /* [stride] */
} fitting;

typedef struct learning {
    const caus_lingam_options *options;
    const caus_lag_prior *prior;
    const caus_run *run;
    caus_lingam_model *model;
    fitting *fittings; /* [threads] */
    int threads;       /* 1 within a replicate */
    size_t *place;     /* [variables] in the factor; SIZE_MAX = none */
} learning;

static size_t column_count(const caus_lag_table *table)
{
    return table->variable_count * (table->max_lag + 1);
}

/* The panel, column after column, each with unit variance. */
static caus_status standardise(caus_lingam_model *model, caus_arena *arena,
                               caus_error *err)
{
    const caus_lag_table *table = model->table;
    size_t columns = column_count(table);
    model->stride = caus_pad_lanes(table->row_count);
    model->columns = CAUS_ARRAY(arena, double, columns * model->stride);
    if (!model->columns)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < table->row_count; r++) {
        const double *row =
            table->correlation.panel + r * table->correlation.stride;
        for (size_t c = 0; c < columns; c++)
            if (table->size[c] > 0)
                model->columns[c * model->stride + r] = row[c] / table->size[c];
    }
    return CAUS_OK;
}

static void subtract(double *to, const double *from, double factor, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        to[r] -= factor * from[r];
}

/* What the past leaves of the present. */
static caus_status fill_columns(const caus_lingam_model *model,
                                const caus_var_fit *fit, const caus_run *run,
                                caus_lingam_columns *columns, caus_error *err)
{
    const caus_lag_table *table = model->table;
    int threads = caus_run_threads(run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t i = 0; i < table->variable_count; i++) {
        if (caus_run_should_stop(run))
            continue;
        double *to = columns->values + i * columns->stride;
        memcpy(to, model->columns + i * model->stride,
               model->stride * sizeof *to);
        for (size_t k = 0; k < fit->past_count; k++)
            subtract(to,
                     model->columns + fit->factor.columns[k] * model->stride,
                     fit->coefficient[i * fit->past_count + k], model->stride);
        columns->varies[i] = table->size[i] > 0 && fit->left[i] > 0;
    }
    return caus_run_check(run, err);
}

static caus_status find_order(const learning *l, caus_arena *arena,
                              caus_error *err)
{
    caus_lingam_model *model = l->model;
    size_t variables = model->table->variable_count;
    caus_var_fit fit;
    caus_lingam_columns columns;
    CAUS_TRY(caus_var_fit_init(model->table, l->run, arena, &fit, err));
    CAUS_TRY(caus_lingam_columns_init(variables, model->table->row_count, arena,
                                      &columns, err));
    CAUS_TRY(
        caus_lingam_know(l->prior, model->table, arena, &columns.known, err));
    CAUS_TRY(fill_columns(model, &fit, l->run, &columns, err));
    CAUS_TRY(caus_lingam_order(&columns, l->run, arena, model->order,
                               &model->pair_count, err));
    model->factor = fit.factor;
    model->past_count = fit.past_count;
    for (size_t k = 0; k < variables; k++) {
        size_t v = model->order[k];
        l->place[v] = SIZE_MAX;
        model->varies[v] = columns.varies[v] &&
                           caus_factor_add(&model->factor,
                                           &model->table->correlation, v, NULL);
        if (model->varies[v])
            l->place[v] = model->factor.count - 1;
    }
    return CAUS_OK;
}

static bool is_required(const learning *l, size_t v, size_t column)
{
    const caus_lag_table *table = l->model->table;
    size_t variables = table->variable_count;
    return caus_lag_prior_requires(l->prior, table->order[column % variables],
                                   table->order[v], column / variables);
}

/* The columns before a place that knowledge lets be causes. */
static size_t list_predictors(const learning *l, fitting *f, size_t v,
                              size_t place)
{
    const caus_lag_table *table = l->model->table;
    size_t variables = table->variable_count, count = 0;
    for (size_t k = 0; k < place; k++) {
        size_t column = l->model->factor.columns[k];
        if (caus_lag_prior_allows(l->prior, table->order[column % variables],
                                  table->order[v], column / variables))
            f->list[count++] = k;
    }
    return count;
}

/* Copies what the lasso needs about the predictors. */
static void load_lasso(const learning *l, fitting *f, size_t place,
                       size_t count)
{
    const caus_factor *factor = &l->model->factor;
    const caus_correlation *correlation = &l->model->table->correlation;
    const double *target =
        correlation->matrix + factor->columns[place] * correlation->stride;
    for (size_t i = 0; i < count; i++) {
        size_t column = factor->columns[f->list[i]];
        const double *row = correlation->matrix + column * correlation->stride;
        for (size_t j = 0; j < count; j++)
            f->lasso.normal[i * f->lasso.most + j] =
                row[factor->columns[f->list[j]]];
        f->lasso.target[i] = target[column];
    }
}

/* Slopes on all predictors; on all columns before a place the factor has
 * them. */
static double regress(const learning *l, fitting *f, size_t place, size_t count)
{
    double *slope = f->regression.slope, *own = f->regression.own;
    memset(f->keep, true, count * sizeof *f->keep);
    if (l->options->prune == CAUS_LINGAM_LASSO || l->prior->cells)
        load_lasso(l, f, place, count);
    if (l->prior->cells)
        return caus_lasso_refit(&f->lasso, count, f->keep, slope, own);
    caus_factor_regress(&l->model->factor, place, &f->regression);
    return f->regression.left;
}

/* Keeps what the lasso selects and what is required; returns how many. */
static size_t select_predictors(const learning *l, fitting *f, size_t v,
                                size_t count, double *left)
{
    double rows = (double)l->model->table->row_count;
    size_t kept = 0;
    if (l->options->prune != CAUS_LINGAM_LASSO || !count)
        return count;
    memcpy(f->lasso.weight, f->regression.slope,
           count * sizeof *f->lasso.weight);
    caus_lasso_select(&f->lasso, count, *left, rows, f->keep);
    for (size_t k = 0; k < count; k++) {
        size_t column = l->model->factor.columns[f->list[k]];
        f->keep[k] = f->keep[k] || is_required(l, v, column);
        kept += f->keep[k];
    }
    *left = caus_lasso_refit(&f->lasso, count, f->keep, f->regression.slope,
                             f->regression.own);
    return kept;
}

static void write_edge(const learning *l, caus_lingam_edge *edge, double slope,
                       double own, double df, double left)
{
    double error = sqrt(left * own / df), t = slope / error;
    *edge = (caus_lingam_edge){
        .slope = slope,
        .error = error,
        .partial = t / sqrt(t * t + df),
        .df = df,
        .p_value = 2 * caus_student_t_sf(fabs(t), df),
        .is_kept = fabs(slope) >= l->options->least_effect,
    };
}

/* The Jarque-Bera statistic has chi-squared distribution with two degrees of
 * freedom, whose upper tail is exp(−x/2). */
static double normality_of(const double *values, size_t rows)
{
    double sums[5] = {0};
    for (size_t r = 0; r < rows; r++) {
        double square = values[r] * values[r];
        sums[2] += square;
        sums[3] += square * values[r];
        sums[4] += square * square;
    }
    double count = (double)rows, variance = sums[2] / count;
    double skew = sums[3] / count / (variance * sqrt(variance));
    double excess = sums[4] / count / (variance * variance) - 3;
    return exp(-count / 12 * (skew * skew + excess * excess / 4));
}

/* The regression of one variable on those before it. */
static void fit_variable(const learning *l, fitting *f, size_t v)
{
    caus_lingam_model *model = l->model;
    size_t place = l->place[v], rows = model->table->row_count;
    model->normality[v] = (double)NAN;
    if (place == SIZE_MAX)
        return;
    size_t count = list_predictors(l, f, v, place);
    double left = regress(l, f, place, count);
    size_t kept = select_predictors(l, f, v, count, &left);
    double df = (double)rows - (double)kept - 1;
    memcpy(f->residual, model->columns + v * model->stride,
           model->stride * sizeof *f->residual);
    for (size_t k = 0; k < count; k++) {
        if (!f->keep[k])
            continue;
        size_t column = model->factor.columns[f->list[k]];
        caus_lingam_edge *edge =
            &model->edges[v * column_count(model->table) + column];
        double slope = f->regression.slope[k];
        write_edge(l, edge, slope, f->regression.own[k], df, left);
        edge->is_kept = edge->is_kept || is_required(l, v, column);
        subtract(f->residual, model->columns + column * model->stride, slope,
                 model->stride);
    }
    model->normality[v] = normality_of(f->residual, rows);
}

static caus_status init_fittings(learning *l, caus_arena *arena,
                                 caus_error *err)
{
    size_t columns = column_count(l->model->table);
    bool has_lasso = l->options->prune == CAUS_LINGAM_LASSO || l->prior->cells;
    size_t most = has_lasso ? columns : 0;
    l->fittings = CAUS_ARRAY(arena, fitting, (size_t)l->threads);
    if (!l->fittings)
        return caus_arena_fail(arena, err);
    for (int k = 0; k < l->threads; k++) {
        fitting *f = &l->fittings[k];
        CAUS_TRY(caus_lasso_init(most, arena, &f->lasso, err));
        f->regression.slope = CAUS_ARRAY(arena, double, columns);
        f->regression.own = CAUS_ARRAY(arena, double, columns);
        f->keep = CAUS_ARRAY(arena, bool, columns);
        f->list = CAUS_ARRAY(arena, size_t, columns);
        f->residual = CAUS_ARRAY(arena, double, l->model->stride);
        if (!f->regression.slope || !f->regression.own || !f->keep ||
            !f->list || !f->residual)
            return caus_arena_fail(arena, err);
    }
    return CAUS_OK;
}

static caus_status fit(learning *l, caus_arena *arena, caus_error *err)
{
    size_t variables = l->model->table->variable_count;
    int threads = l->threads;
    CAUS_TRY(init_fittings(l, arena, err));
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t v = 0; v < variables; v++)
        if (!caus_run_should_stop(l->run))
            fit_variable(
                l, &l->fittings[threads > 1 ? omp_get_thread_num() : 0], v);
    return caus_run_check(l->run, err);
}

/* Which tested edges stay; p-values of all of them are one family. */
static caus_status decide(const learning *l, caus_arena *arena, caus_error *err)
{
    size_t columns = column_count(l->model->table);
    size_t total = l->model->table->variable_count * columns;
    caus_lingam_edge *edges = l->model->edges;
    if (l->options->prune != CAUS_LINGAM_TEST)
        return CAUS_OK;
    double *p_values = CAUS_ARRAY(arena, double, total);
    double *q_values = CAUS_ARRAY(arena, double, total);
    size_t *order = CAUS_ARRAY(arena, size_t, total);
    if (!p_values || !q_values || !order)
        return caus_arena_fail(arena, err);
    size_t count = 0;
    for (size_t cell = 0; cell < total; cell++)
        if (edges[cell].df > 0)
            p_values[count++] = edges[cell].p_value;
    const double *verdicts = p_values;
    if (l->options->fdr != CAUS_FDR_NONE) {
        caus_fdr_adjust(p_values, count, l->options->fdr, order, q_values);
        verdicts = q_values;
    }
    count = 0;
    for (size_t cell = 0; cell < total; cell++) {
        if (!(edges[cell].df > 0))
            continue;
        edges[cell].q_value = verdicts[count++];
        if (edges[cell].q_value > l->options->alpha &&
            !is_required(l, cell / columns, cell % columns))
            edges[cell].is_kept = false;
    }
    return CAUS_OK;
}

/* Of more causes than are allowed the strongest stay. */
static caus_status bound_parents(const learning *l, caus_arena *arena,
                                 caus_error *err)
{
    size_t columns = column_count(l->model->table);
    size_t most = l->options->max_parents;
    caus_ranked *list = CAUS_ARRAY(arena, caus_ranked, columns);
    if (!list)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; most && v < l->model->table->variable_count; v++) {
        caus_lingam_edge *edges = l->model->edges + v * columns;
        size_t count = 0;
        for (size_t k = 0; k < columns; k++) {
            double size = fabs(edges[k].partial);
            if (edges[k].is_kept)
                list[count++] =
                    (caus_ranked){is_required(l, v, k) ? HUGE_VAL : size, k};
        }
        caus_rank_parents(list, count);
        for (size_t k = most; k < count; k++)
            edges[list[k].cell].is_kept = false;
    }
    return CAUS_OK;
}

caus_status caus_lingam_learn(const caus_lingam_question *question,
                              caus_arena *arena, caus_lingam_model *model,
                              caus_error *err)
{
    const caus_lag_table *table = question->table;
    size_t variables = table->variable_count;
    caus_lingam_model made = {.table = table};
    learning l = {.options = question->options,
                  .prior = question->prior,
                  .run = question->run,
                  .model = &made,
                  .threads =
                      omp_in_parallel() ? 1 : caus_run_threads(question->run)};
    made.order = CAUS_ARRAY(arena, size_t, variables);
    made.varies = CAUS_ARRAY(arena, bool, variables);
    made.normality = CAUS_ARRAY(arena, double, variables);
    made.edges =
        CAUS_ARRAY(arena, caus_lingam_edge, variables * column_count(table));
    l.place = CAUS_ARRAY(arena, size_t, variables);
    if (!made.order || !made.varies || !made.normality || !made.edges ||
        !l.place)
        return caus_arena_fail(arena, err);
    CAUS_TRY(standardise(&made, arena, err));
    CAUS_TRY(find_order(&l, arena, err));
    CAUS_TRY(fit(&l, arena, err));
    CAUS_TRY(decide(&l, arena, err));
    CAUS_TRY(bound_parents(&l, arena, err));
    *model = made;
    return CAUS_OK;
}
