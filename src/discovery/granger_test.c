/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaving a set S of columns out of a regression on C adds
 *     slope_S' · inv(inv(C)_SS) · slope_S
 * to the residual sum of squares, so one factor of C serves every source.
 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "discovery/granger_internal.h"
#include "independence/independence.h"
#include "numeric/distributions.h"

/* The equation of one target. */
typedef struct equation {
    const caus_lag_table *table;
    const caus_factor *factor;
    size_t count;        /* columns of the factor */
    const double *slope; /* [count] standardised */
    double left;         /* residual share */
    size_t target;       /* place */
} equation;

/* One thread's work on a source: its columns in the factor and the block of
 * the inverse that belongs to them. */
typedef struct block {
    size_t *places; /* [max_lag] in the factor */
    size_t count;
    double *inverse; /* [max_lag × max_lag] */
    double *factor;  /* [max_lag × max_lag] Cholesky factor of it */
    double *work;    /* [max_lag] */
} block;

static caus_status block_init(size_t max_lag, caus_arena *arena, block *b,
                              caus_error *err)
{
    *b = (block){.places = CAUS_ARRAY(arena, size_t, max_lag),
                 .inverse = CAUS_ARRAY(arena, double, max_lag *max_lag),
                 .factor = CAUS_ARRAY(arena, double, max_lag *max_lag),
                 .work = CAUS_ARRAY(arena, double, max_lag)};
    if (!b->places || !b->inverse || !b->factor || !b->work)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static void invert_block(block *b, const caus_factor *factor, size_t count)
{
    for (size_t i = 0; i < b->count; i++)
        for (size_t j = 0; j <= i; j++) {
            size_t p = b->places[i], q = b->places[j];
            double sum = 0;
            for (size_t m = p > q ? p : q; m < count; m++) {
                const double *row = factor->inverse + m * factor->stride;
                sum += row[p] * row[q];
            }
            b->inverse[i * b->count + j] = sum;
        }
    for (size_t i = 0; i < b->count; i++) {
        double *row = b->factor + i * b->count;
        for (size_t j = 0; j <= i; j++) {
            const double *other = b->factor + j * b->count;
            double sum = b->inverse[i * b->count + j];
            for (size_t m = 0; m < j; m++)
                sum -= row[m] * other[m];
            row[j] = i == j ? sqrt(sum) : sum / other[j];
        }
    }
}

/* The columns of a source among the first `count` of a factor. */
static void load_block(block *b, const caus_factor *factor, size_t count,
                       size_t variables, size_t source)
{
    b->count = 0;
    for (size_t k = 0; k < count; k++)
        if (factor->columns[k] % variables == source)
            b->places[b->count++] = k;
    invert_block(b, factor, count);
}

/* What is added to the residual share without the source. */
static double loss_of(const block *b, const equation *e)
{
    double sum = 0;
    for (size_t i = 0; i < b->count; i++) {
        const double *row = b->factor + i * b->count;
        double value = e->slope[b->places[i]];
        for (size_t m = 0; m < i; m++)
            value -= row[m] * b->work[m];
        b->work[i] = value / row[i];
        sum += b->work[i] * b->work[i];
    }
    return sum;
}

/* Partial correlations of the lags, with intervals; the strongest lag. */
static size_t write_lags(const caus_granger_call *c, const block *b,
                         const equation *e, double df, size_t first_cell)
{
    size_t strongest = 0;
    double most = -1;
    double reach =
        c->lower ? caus_student_t_quantile_sf((1 - c->options->level) / 2, df)
                 : 0;
    double critical = reach / sqrt(reach * reach + df);
    for (size_t k = 0; k < b->count; k++) {
        size_t lag = e->factor->columns[b->places[k]] / c->variables;
        size_t cell = first_cell + lag;
        double own = b->inverse[k * b->count + k];
        double t = e->slope[b->places[k]] / sqrt(e->left * own / df);
        c->partial[cell] = t / sqrt(t * t + df);
        if (fabs(t) > most) {
            most = fabs(t);
            strongest = lag;
        }
        if (!c->lower)
            continue;
        caus_ends ends =
            caus_interval_fisher(NULL, c->partial[cell], df, critical);
        c->lower[cell] = ends.lower;
        c->upper[cell] = ends.upper;
    }
    return strongest;
}

/* Tests the loaded source on the target of an equation. */
static void test_pair(const caus_granger_call *c, const block *b,
                      const equation *e, size_t source)
{
    size_t from = e->table->order[source], to = e->table->order[e->target];
    size_t pair = from * c->variables + to;
    double rows = (double)e->table->row_count;
    double df = rows - (double)e->count - 1;
    c->lags[pair] = e->table->max_lag;
    if (!c->is_asked[pair])
        return;
    if (!b->count || !(e->left > 0))
        return;
    double ratio = loss_of(b, e) / e->left, own_df = (double)b->count;
    if (c->options->test == CAUS_GRANGER_F) {
        c->statistic[pair] = ratio / own_df * df;
        c->p_value[pair] = caus_fisher_f_sf(c->statistic[pair], own_df, df);
    } else {
        c->statistic[pair] = ratio * rows;
        c->p_value[pair] = caus_chi_squared_sf(c->statistic[pair], own_df);
    }
    c->strongest[pair] =
        write_lags(c, b, e, df, pair * (c->options->max_lag + 1));
}

/* ---- given all variables ---- */

static caus_status each_source(const caus_granger_call *c,
                               const caus_var_fit *fit, caus_error *err)
{
    int threads = caus_run_threads(c->run);
    caus_arena *arena = caus_run_scratch(c->run, 0);
    block *blocks = CAUS_ARRAY(arena, block, (size_t)threads);
    if (!blocks)
        return caus_arena_fail(arena, err);
    for (int k = 0; k < threads; k++)
        CAUS_TRY(block_init(fit->table->max_lag, arena, &blocks[k], err));
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t source = 0; source < c->variables; source++) {
        block *b = &blocks[threads > 1 ? omp_get_thread_num() : 0];
        if (caus_run_should_stop(c->run))
            continue;
        load_block(b, &fit->factor, fit->past_count, c->variables, source);
        for (size_t target = 0; target < c->variables; target++) {
            if (target == source ||
                c->is_joined[source * c->variables + target])
                continue;
            equation e = {.table = fit->table,
                          .factor = &fit->factor,
                          .count = fit->past_count,
                          .slope = fit->coefficient + target * fit->past_count,
                          .left = fit->left[target],
                          .target = target};
            test_pair(c, b, &e, source);
        }
    }
    return caus_run_check(c->run, err);
}

/* ---- one thread's tools ---- */

typedef struct bench {
    caus_factor factor; /* of the pasts in an equation */
    block block;
    double *slope; /* [columns] of the factor */
    bool *is_in;   /* [N] */
} bench;

static caus_status init_benches(const caus_granger_call *c, size_t columns,
                                bench **benches, caus_error *err)
{
    caus_arena *arena = caus_run_scratch(c->run, 0);
    int threads = caus_run_threads(c->run);
    *benches = CAUS_ARRAY(arena, bench, (size_t)threads);
    if (!*benches)
        return caus_arena_fail(arena, err);
    for (int k = 0; k < threads; k++) {
        bench *tools = &(*benches)[k];
        CAUS_TRY(caus_factor_init(columns, arena, &tools->factor, err));
        CAUS_TRY(block_init(c->options->max_lag, arena, &tools->block, err));
        tools->slope = CAUS_ARRAY(arena, double, columns);
        tools->is_in = CAUS_ARRAY(arena, bool, c->variables);
        if (!tools->slope || !tools->is_in)
            return caus_arena_fail(arena, err);
    }
    return CAUS_OK;
}

/* Residual share of the variance and slopes on the factor's columns. */
static double regress(const caus_factor *factor, const caus_lag_table *table,
                      size_t target, double *slope)
{
    const double *row =
        table->correlation.matrix + target * table->correlation.stride;
    double left = row[target];
    memset(slope, 0, factor->count * sizeof *slope);
    for (size_t m = 0; m < factor->count; m++) {
        const double *inverse = factor->inverse + m * factor->stride;
        double part = 0;
        for (size_t k = 0; k <= m; k++)
            part += inverse[k] * row[factor->columns[k]];
        for (size_t k = 0; k <= m; k++)
            slope[k] += part * inverse[k];
        left -= part * part;
    }
    return left > CAUS_LEAST_SHARE ? left : 0;
}

static void empty_factor(caus_factor *factor)
{
    memset(factor->rows, 0,
           factor->count * factor->stride * sizeof *factor->rows);
    memset(factor->inverse, 0,
           factor->count * factor->stride * sizeof *factor->inverse);
    factor->count = 0;
}

/* ---- with knowledge ---- */

bool caus_granger_is_open(const caus_granger_call *c, size_t source,
                          size_t target, size_t lags)
{
    bool is_open = source != target;
    for (size_t lag = 1; lag <= lags; lag++)
        if (caus_lag_prior_requires(&c->prior, source, target, lag))
            return false;
    for (size_t lag = 1; is_open && lag <= lags; lag++)
        if (caus_lag_prior_allows(&c->prior, source, target, lag))
            return true;
    return false;
}

/* The pasts that knowledge lets into the equation of a target: its own and that
 * of one source, or of all (SIZE_MAX). */
static void take_allowed(const caus_granger_call *c,
                         const caus_lag_table *table, bench *tools,
                         size_t target, size_t source)
{
    empty_factor(&tools->factor);
    for (size_t lag = 1; lag <= table->max_lag; lag++)
        for (size_t v = 0; v < c->variables; v++)
            if ((source == SIZE_MAX || v == source || v == target) &&
                caus_lag_prior_allows(&c->prior, table->order[v],
                                      table->order[target], lag))
                caus_factor_add(&tools->factor, &table->correlation,
                                lag * c->variables + v, NULL);
}

/* Tests a source in the equation that the tools hold. */
static void test_taken(const caus_granger_call *c, const caus_lag_table *table,
                       bench *tools, size_t target, size_t source)
{
    equation e = {.table = table,
                  .factor = &tools->factor,
                  .count = tools->factor.count,
                  .slope = tools->slope,
                  .target = target};
    e.left = regress(&tools->factor, table, target, tools->slope);
    load_block(&tools->block, &tools->factor, tools->factor.count, c->variables,
               source);
    test_pair(c, &tools->block, &e, source);
}

static caus_status each_target(const caus_granger_call *c,
                               const caus_lag_table *table, caus_error *err)
{
    int threads = caus_run_threads(c->run);
    bench *benches;
    CAUS_TRY(init_benches(c, c->variables * table->max_lag, &benches, err));
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t target = 0; target < c->variables; target++) {
        bench *tools = &benches[threads > 1 ? omp_get_thread_num() : 0];
        if (caus_run_should_stop(c->run))
            continue;
        take_allowed(c, table, tools, target, SIZE_MAX);
        for (size_t source = 0; source < c->variables; source++)
            if (source != target &&
                !c->is_joined[source * c->variables + target])
                test_taken(c, table, tools, target, source);
    }
    return caus_run_check(c->run, err);
}

static bool is_in_factor(const caus_factor *factor, size_t count, size_t column)
{
    for (size_t k = 0; k < count; k++)
        if (factor->columns[k] == column)
            return true;
    return false;
}

/* Names variables whose pasts determine each other and keeps them from being
 * tested on each other. */
static caus_status join_variables(const caus_granger_call *c,
                                  const caus_var_fit *fit,
                                  caus_discovery *found, caus_error *err)
{
    const caus_lag_table *table = fit->table;
    size_t variables = c->variables;
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    double *slope = CAUS_ARRAY(scratch, double, fit->past_count);
    bool *is_in = CAUS_ARRAY(scratch, bool, variables);
    caus_singular_block *blocks =
        CAUS_ARRAY(c->out, caus_singular_block, variables);
    if (!slope || !is_in)
        return caus_arena_fail(scratch, err);
    if (!blocks)
        return caus_arena_fail(c->out, err);
    for (size_t v = 0; v < variables; v++) {
        size_t members = 0;
        memset(is_in, 0, variables * sizeof *is_in);
        for (size_t lag = 1; lag <= table->max_lag; lag++) {
            size_t column = lag * variables + v;
            if (table->size[column] > 0 &&
                !is_in_factor(&fit->factor, fit->past_count, column))
                caus_factor_explain(&fit->factor, &table->correlation, column,
                                    variables, slope, is_in);
        }
        for (size_t a = 0; a < variables; a++) {
            members += is_in[a];
            for (size_t b = 0; b < variables; b++)
                if (is_in[a] && is_in[b])
                    c->is_joined[a * variables + b] = true;
        }
        if (members > 1)
            CAUS_TRY(caus_give_block(table, is_in, c->out,
                                     &blocks[found->singular_count++], err));
    }
    found->singular = found->singular_count ? blocks : NULL;
    return CAUS_OK;
}

caus_status caus_granger_test_all(caus_granger_call *c, caus_discovery *found,
                                  caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t lags;
    caus_lag_table table;
    caus_var_fit fit;
    CAUS_TRY(caus_var_choose(c->series, c->options->max_lag,
                             c->options->lag_order, c->run, scratch, &lags,
                             NULL, err));
    if (lags < caus_lag_prior_longest(&c->prior))
        lags = caus_lag_prior_longest(&c->prior);
    CAUS_TRY(caus_lag_table_init(c->series, lags, lags,
                                 c->variables * c->options->max_lag + 2, c->run,
                                 scratch, &table, err));
    CAUS_TRY(caus_var_fit_init(&table, c->run, scratch, &fit, err));
    c->row_count = table.row_count;
    CAUS_TRY(join_variables(c, &fit, found, err));
    return c->prior.cells ? each_target(c, &table, err)
                          : each_source(c, &fit, err);
}

/* ---- given the target's past alone ---- */

/* Takes one lag of both in; false when one determines the other. */
static bool take_lag(const caus_granger_call *c, const caus_lag_table *table,
                     bench *tools, size_t lag, size_t i, size_t j)
{
    const size_t both[2] = {i, j};
    for (size_t k = 0; k < 2; k++) {
        size_t column = lag * c->variables + both[k];
        if (caus_factor_add(&tools->factor, &table->correlation, column,
                            NULL) ||
            !(table->size[column] > 0))
            continue;
        tools->is_in[i] = tools->is_in[j] = false;
        caus_factor_explain(&tools->factor, &table->correlation, column,
                            c->variables, tools->slope, tools->is_in);
        if (tools->is_in[both[1 - k]])
            return false;
    }
    return true;
}

/* Both directions between two places. */
static void test_both(const caus_granger_call *c, const caus_lag_table *table,
                      bench *tools, size_t i, size_t j)
{
    empty_factor(&tools->factor);
    for (size_t lag = 1; lag <= table->max_lag; lag++)
        if (!take_lag(c, table, tools, lag, i, j))
            return;
    for (int turn = 0; turn < 2; turn++) {
        size_t source = turn ? j : i, target = turn ? i : j;
        if (c->prior.cells)
            take_allowed(c, table, tools, target, source);
        test_taken(c, table, tools, target, source);
    }
}

/* The determinant of what the factor's columns leave of two variables. */
static double residual_determinant(const caus_factor *factor,
                                   const caus_correlation *correlation,
                                   size_t i, size_t j)
{
    const double *x = correlation->matrix + i * correlation->stride;
    const double *y = correlation->matrix + j * correlation->stride;
    double own = x[i], other = y[j], both = x[j];
    for (size_t m = 0; m < factor->count; m++) {
        const double *inverse = factor->inverse + m * factor->stride;
        double x_part = 0, y_part = 0;
        for (size_t k = 0; k <= m; k++) {
            x_part += inverse[k] * x[factor->columns[k]];
            y_part += inverse[k] * y[factor->columns[k]];
        }
        own -= x_part * x_part;
        other -= y_part * y_part;
        both -= x_part * y_part;
    }
    return own * other - both * both;
}

/* The lags of one pair by the criterion. */
static size_t choose_lags(const caus_granger_call *c,
                          const caus_lag_table *table, bench *tools, size_t i,
                          size_t j)
{
    size_t best_lag = 1;
    double best = HUGE_VAL, rows = (double)table->row_count;
    double cost = 4 * caus_var_penalty(c->options->lag_order, rows);
    empty_factor(&tools->factor);
    for (size_t lag = 1; lag <= table->max_lag; lag++) {
        if (!take_lag(c, table, tools, lag, i, j))
            break;
        double left =
            residual_determinant(&tools->factor, &table->correlation, i, j);
        double value = log(fmax(left, CAUS_LEAST_SHARE)) + cost * (double)lag;
        if (value < best) {
            best = value;
            best_lag = lag;
        }
    }
    return best_lag;
}

/* Chooses the lags of all pairs (table of max_lag), or tests those pairs whose
 * number of lags is that of the table. */
static caus_status each_pair(const caus_granger_call *c,
                             const caus_lag_table *table, bench *benches,
                             unsigned char *lags, bool choose, caus_error *err)
{
    int threads = caus_run_threads(c->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t i = 0; i < c->variables; i++) {
        bench *tools = &benches[threads > 1 ? omp_get_thread_num() : 0];
        for (size_t j = 0; j < i && !caus_run_should_stop(c->run); j++) {
            size_t a = table->order[i], b = table->order[j];
            unsigned char *used =
                &lags[a > b ? a * c->variables + b : b * c->variables + a];
            if (choose)
                *used = (unsigned char)choose_lags(c, table, tools, i, j);
            else if (*used == table->max_lag)
                test_both(c, table, tools, i, j);
        }
    }
    return caus_run_check(c->run, err);
}

caus_status caus_granger_test_pairs(caus_granger_call *c, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t most = c->options->max_lag, least = 2 * most + 2;
    caus_lag_table table;
    bench *benches;
    unsigned char *lags =
        CAUS_ARRAY(scratch, unsigned char, c->variables * c->variables);
    if (!lags)
        return caus_arena_fail(scratch, err);
    memset(lags, (int)most, c->variables * c->variables);
    CAUS_TRY(init_benches(c, 2 * most, &benches, err));
    for (size_t lag = most + 1; lag-- > 0;) {
        bool choose = lag == most && c->options->lag_order != CAUS_VAR_FIXED;
        caus_arena_mark mark = caus_arena_get_mark(scratch);
        if (lag && (lag == most ||
                    memchr(lags, (int)lag, c->variables * c->variables))) {
            CAUS_TRY(caus_lag_table_init(c->series, lag, lag, least, c->run,
                                         scratch, &table, err));
            if (choose)
                CAUS_TRY(each_pair(c, &table, benches, lags, true, err));
            CAUS_TRY(each_pair(c, &table, benches, lags, false, err));
            if (lag == most)
                c->row_count = table.row_count;
        }
        caus_arena_rewind(scratch, mark);
    }
    return CAUS_OK;
}
