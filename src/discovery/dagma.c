/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/notears_internal.h"
#include "discovery/parents.h"
#include "independence/independence.h"
#include "numeric/distributions.h"
#include "numeric/numeric.h"

caus_dagma_options caus_dagma_options_default(void)
{
    return (caus_dagma_options){.penalty = .03,
                                .least = .3,
                                .level = .95,
                                .stages = 5,
                                .iterations = 30000,
                                .step = 3e-4};
}

caus_dagma_options caus_notears_options_default(void)
{
    caus_dagma_options options = caus_dagma_options_default();
    options.acyclic = CAUS_ACYCLIC_NOTEARS;
    options.penalty = .1;
    options.iterations = 15000;
    return options;
}

const char *caus_dagma_warning(void)
{
    return "directions found by DAGMA or NOTEARS follow the variances of the "
           "columns: in other units, or standardised, the same data give "
           "another graph; do not read them as causes unless all units are the "
           "same and meant";
}

/* Everything one call works on, in places of the table. */
typedef struct call {
    const caus_series *series;
    const caus_dagma_options *options;
    const caus_run *run;
    caus_arena *out;
    size_t variables;
    caus_lag_table table;
    caus_dagma_problem problem;
    double *weights; /* [variables × stride] */
    bool *is_edge;   /* [variables × variables] source, target */
    uint64_t iterations;
} call;

static caus_status check_range(const char *what, double value, bool is_fine,
                               caus_error *err)
{
    if (is_fine && isfinite(value))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT, "%s is %g", what, value);
}

static caus_status check_options(const caus_dagma_options *options,
                                 caus_error *err)
{
    enum { MOST_STAGES = 20 };
    CAUS_TRY(check_range("the penalty (0 or more)", options->penalty,
                         options->penalty >= 0, err));
    CAUS_TRY(check_range("the least weight (0 or more)", options->least,
                         options->least >= 0, err));
    CAUS_TRY(check_range("the level of intervals (0 to below 1)",
                         options->level,
                         options->level >= 0 && options->level < 1, err));
    CAUS_TRY(check_range("the step (above 0)", options->step, options->step > 0,
                         err));
    CAUS_TRY(check_range("the number of iterations (1 or more)",
                         (double)options->iterations, options->iterations > 0,
                         err));
    return check_range(
        "the number of stages (1 to 20)", (double)options->stages,
        options->stages >= 1 && options->stages <= MOST_STAGES, err);
}

static caus_status fill_covariance(call *c, caus_arena *scratch,
                                   caus_error *err)
{
    const caus_correlation *correlation = &c->table.correlation;
    size_t stride = c->problem.stride;
    double *covariance = CAUS_ARRAY(scratch, double, stride *stride);
    if (!covariance)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < c->variables; i++)
        for (size_t j = 0; j < c->variables; j++) {
            double unit = c->options->standardise
                              ? 1
                              : c->table.deviation[i] * c->table.deviation[j];
            covariance[i * stride + j] =
                unit * correlation->matrix[i * correlation->stride + j];
        }
    for (size_t i = 0; i < c->variables; i++)
        if (!(covariance[i * stride + i] < 1e100))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "%s has variance %g, beyond 1e100: give it in a "
                             "larger unit or standardise",
                             c->series->variables[c->table.order[i]].name,
                             covariance[i * stride + i]);
    c->problem.covariance = covariance;
    return CAUS_OK;
}

/* ---- from weights to a graph without cycles ---- */

static bool is_required(const call *c, size_t source, size_t target)
{
    const bool *cells = c->problem.is_free;
    return cells && cells[source * c->problem.stride + target];
}

static void mark_edges(const call *c, double least)
{
    for (size_t i = 0; i < c->variables; i++)
        for (size_t j = 0; j < c->variables; j++) {
            double size = fabs(c->weights[i * c->problem.stride + j]);
            c->is_edge[i * c->variables + j] =
                is_required(c, i, j) || (i != j && size > 0 && size >= least);
        }
}

/* Takes variables without causes away until none is left, or a cycle. */
static bool has_cycle(const call *c, bool *is_gone)
{
    size_t gone = 0;
    memset(is_gone, 0, c->variables * sizeof *is_gone);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t j = 0; j < c->variables; j++) {
            bool has_cause = is_gone[j];
            for (size_t i = 0; i < c->variables && !has_cause; i++)
                has_cause = !is_gone[i] && c->is_edge[i * c->variables + j];
            if (has_cause)
                continue;
            is_gone[j] = changed = true;
            gone++;
        }
    }
    return gone < c->variables;
}

/* Whether edges lead from one variable to another; `is_seen` is scratch. */
static bool leads(const call *c, size_t from, size_t to, bool *is_seen)
{
    is_seen[from] = true;
    for (size_t j = 0; j < c->variables; j++)
        if (c->is_edge[from * c->variables + j] && !is_seen[j] &&
            (j == to || leads(c, j, to, is_seen)))
            return true;
    return false;
}

/* The weakest edge on a cycle that need not stay; SIZE_MAX without one. */
static size_t weakest_on_cycle(const call *c, bool *is_seen)
{
    double least = HUGE_VAL;
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < c->variables; i++)
        for (size_t j = 0; j < c->variables; j++) {
            double size = fabs(c->weights[i * c->problem.stride + j]);
            if (!c->is_edge[i * c->variables + j] || is_required(c, i, j) ||
                !(size < least))
                continue;
            memset(is_seen, 0, c->variables * sizeof *is_seen);
            if (!leads(c, j, i, is_seen))
                continue;
            least = size;
            found = i * c->variables + j;
        }
    return found;
}

/* A required edge may be so weak that no threshold would leave much of a cycle
 * through it: edges of cycles go one by one, the weakest first. */
static caus_status open_cycles(call *c, bool *is_seen, caus_error *err)
{
    for (;;) {
        size_t weakest = weakest_on_cycle(c, is_seen);
        CAUS_TRY(caus_run_check(c->run, err));
        if (weakest == SIZE_MAX)
            return CAUS_OK;
        c->is_edge[weakest] = false;
    }
}

/* The next larger size of a weight, so that one edge less is marked. */
static double next_size(const call *c, double least)
{
    double next = HUGE_VAL;
    for (size_t i = 0; i < c->variables; i++)
        for (size_t j = 0; j < c->variables; j++) {
            double size = fabs(c->weights[i * c->problem.stride + j]);
            if (c->is_edge[i * c->variables + j] && size > least)
                next = fmin(next, size);
        }
    return next;
}

static caus_status find_edges(call *c, caus_arena *scratch, double *least,
                              caus_error *err)
{
    bool *is_gone = CAUS_ARRAY(scratch, bool, c->variables);
    c->is_edge = CAUS_ARRAY(scratch, bool, c->variables * c->variables);
    if (!is_gone || !c->is_edge)
        return caus_arena_fail(scratch, err);
    mark_edges(c, *least);
    if (c->problem.is_free)
        return open_cycles(c, is_gone, err);
    while (has_cycle(c, is_gone)) {
        CAUS_TRY(caus_run_check(c->run, err));
        *least = next_size(c, *least);
        mark_edges(c, *least);
        /* the weights that are left are all of one size */
        if (isinf(*least))
            break;
    }
    return CAUS_OK;
}

/* Of more edges into a variable than are allowed the strongest stay. */
static caus_status bound_parents(call *c, caus_arena *scratch, caus_error *err)
{
    size_t most = c->options->max_parents;
    caus_ranked *list = CAUS_ARRAY(scratch, caus_ranked, c->variables);
    if (!list)
        return caus_arena_fail(scratch, err);
    for (size_t j = 0; most && j < c->variables; j++) {
        size_t count = 0;
        for (size_t i = 0; i < c->variables; i++) {
            double size = fabs(c->weights[i * c->problem.stride + j]);
            if (c->is_edge[i * c->variables + j])
                list[count++] =
                    (caus_ranked){is_required(c, i, j) ? HUGE_VAL : size, i};
        }
        caus_rank_parents(list, count);
        for (size_t k = most; k < count; k++)
            c->is_edge[list[k].cell * c->variables + j] = false;
    }
    return CAUS_OK;
}

/* ---- the result ---- */

typedef struct numbers {
    double *statistic, *p_value, *lower, *upper, *weight;
} numbers;

static caus_status init_numbers(const call *c, numbers *n, caus_error *err)
{
    size_t cells = c->variables * c->variables;
    size_t intervals = c->options->level > 0 ? cells : 0;
    *n = (numbers){.statistic = CAUS_ARRAY(c->out, double, cells),
                   .p_value = CAUS_ARRAY(c->out, double, cells),
                   .lower = CAUS_ARRAY(c->out, double, intervals),
                   .upper = CAUS_ARRAY(c->out, double, intervals),
                   .weight = CAUS_ARRAY(c->out, double, cells)};
    if (!n->statistic || !n->p_value || !n->lower || !n->upper || !n->weight)
        return caus_arena_fail(c->out, err);
    for (size_t cell = 0; cell < cells; cell++)
        n->p_value[cell] = 1;
    n->lower = intervals ? n->lower : NULL;
    n->upper = intervals ? n->upper : NULL;
    return CAUS_OK;
}

static void give_edge(const call *c, const numbers *n, size_t source,
                      size_t target, double slope, double own, double left,
                      double df)
{
    size_t from = c->table.order[source], to = c->table.order[target];
    size_t cells[2] = {from * c->variables + to, to * c->variables + from};
    double t = left > 0 ? slope / sqrt(left * own / df) : 0;
    n->weight[cells[0]] = c->weights[source * c->problem.stride + target];
    for (size_t k = 0; k < 2; k++) {
        n->statistic[cells[k]] = t / sqrt(t * t + df);
        n->p_value[cells[k]] = fmin(1, 2 * caus_student_t_sf(fabs(t), df));
        if (!n->lower)
            continue;
        double reach =
            caus_student_t_quantile_sf((1 - c->options->level) / 2, df);
        caus_ends ends = caus_interval_fisher(NULL, n->statistic[cells[k]], df,
                                              reach / sqrt(reach * reach + df));
        n->lower[cells[k]] = ends.lower;
        n->upper[cells[k]] = ends.upper;
    }
}

/* Least squares of a target on its parents; edges from parents that others
 * determine keep statistic 0. */
static caus_status give_target(const call *c, const numbers *n,
                               caus_graph *graph, size_t target,
                               caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_factor factor;
    CAUS_TRY(caus_factor_init(c->variables, scratch, &factor, err));
    caus_regression fit = {.slope = CAUS_ARRAY(scratch, double, c->variables),
                           .own = CAUS_ARRAY(scratch, double, c->variables)};
    if (!fit.slope || !fit.own)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < c->variables; i++) {
        if (!c->is_edge[i * c->variables + target])
            continue;
        caus_graph_set(graph, c->table.order[i], c->table.order[target], 0,
                       CAUS_MARK_TAIL, CAUS_MARK_ARROW);
        give_edge(c, n, i, target, 0, 1, 1, 1);
        caus_factor_add(&factor, &c->table.correlation, i, NULL);
    }
    size_t parents = factor.count;
    if (parents &&
        caus_factor_add(&factor, &c->table.correlation, target, NULL)) {
        double df = (double)c->table.row_count - (double)parents - 1;
        caus_factor_regress(&factor, parents, &fit);
        for (size_t k = 0; k < parents; k++)
            give_edge(c, n, factor.columns[k], target, fit.slope[k], fit.own[k],
                      fit.left, df);
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}

static double upward_share(const call *c)
{
    double edges = 0, upward = 0;
    for (size_t i = 0; i < c->variables; i++)
        for (size_t j = 0; j < c->variables; j++) {
            if (!c->is_edge[i * c->variables + j])
                continue;
            edges++;
            upward += c->table.deviation[j] > c->table.deviation[i];
        }
    return edges > 0 ? upward / edges : (double)NAN;
}

/* What is left of the fit, and how far from acyclic all weights are. */
static caus_status measure(call *c, caus_dagma *result, caus_error *err)
{
    caus_notears notears;
    c->problem.mu = 1;
    c->problem.s = 1;
    caus_dagma_value(&c->problem, c->weights, &result->score,
                     &result->acyclicity);
    if (c->options->acyclic == CAUS_ACYCLIC_DAGMA)
        return CAUS_OK;
    CAUS_TRY(caus_notears_init(&notears, &c->problem,
                               caus_run_scratch(c->run, 0), err));
    result->acyclicity = caus_notears_acyclicity(&notears, c->weights);
    return CAUS_OK;
}

static caus_status give_result(call *c, caus_dagma *result, caus_error *err)
{
    caus_discovery *found = &result->found;
    numbers n;
    CAUS_TRY(measure(c, result, err));
    result->least = c->options->least;
    CAUS_TRY(find_edges(c, caus_run_scratch(c->run, 0), &result->least, err));
    CAUS_TRY(bound_parents(c, caus_run_scratch(c->run, 0), err));
    CAUS_TRY(caus_graph_init(&found->graph, c->variables, 0, c->out, err));
    CAUS_TRY(init_numbers(c, &n, err));
    for (size_t target = 0; target < c->variables; target++)
        CAUS_TRY(give_target(c, &n, &found->graph, target, err));
    result->upward = upward_share(c);
    result->weight = n.weight;
    found->statistic = n.statistic;
    found->p_value = n.p_value;
    found->lower = n.lower;
    found->upper = n.upper;
    found->rows_used = c->table.row_count;
    found->test_count = c->iterations;
    found->complete = true;
    return CAUS_OK;
}

/* Weights that knowledge rules out or requires. */
static caus_status read_knowledge(call *c, caus_arena *scratch, caus_error *err)
{
    caus_lag_prior prior;
    size_t stride = c->problem.stride;
    CAUS_TRY(caus_lag_prior_read(c->series, 0, c->options->assumptions, false,
                                 scratch, &prior, err));
    CAUS_TRY(caus_lag_prior_check_ends(&prior, c->series, "dagma", err));
    CAUS_TRY(caus_check_parents(&prior, c->series->variables,
                                c->options->max_parents, err));
    if (!prior.cells)
        return CAUS_OK;
    bool *is_barred = CAUS_ARRAY(scratch, bool, stride *stride);
    bool *is_free = CAUS_ARRAY(scratch, bool, stride *stride);
    bool requires = false;
    if (!is_barred || !is_free)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < c->variables; i++)
        for (size_t j = 0; j < c->variables; j++) {
            size_t from = c->table.order[i], to = c->table.order[j];
            is_barred[i * stride + j] =
                !caus_lag_prior_allows(&prior, from, to, 0);
            is_free[i * stride + j] =
                caus_lag_prior_requires(&prior, from, to, 0);
            requires = requires || is_free[i * stride + j];
        }
    c->problem.is_barred = is_barred;
    c->problem.is_free = requires ? is_free : NULL;
    return CAUS_OK;
}

static caus_status solve(call *c, caus_arena *scratch, caus_error *err)
{
    bool is_dagma = c->options->acyclic == CAUS_ACYCLIC_DAGMA;
    return (is_dagma ? caus_dagma_solve : caus_notears_solve)(
        &c->problem, c->options, c->run, scratch, c->weights, &c->iterations,
        err);
}

static caus_status learn(call *c, caus_dagma *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    CAUS_TRY(caus_lag_table_init(c->series, 0, 0, c->variables + 2, c->run,
                                 scratch, &c->table, err));
    CAUS_TRY(caus_dagma_problem_init(&c->problem, c->variables, scratch, err));
    CAUS_TRY(read_knowledge(c, scratch, err));
    CAUS_TRY(fill_covariance(c, scratch, err));
    c->problem.penalty = c->options->penalty;
    c->weights =
        CAUS_ARRAY(scratch, double, c->problem.stride * c->problem.stride);
    if (!c->weights)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(solve(c, scratch, err));
    return give_result(c, result, err);
}

static caus_status give_nothing(const call *c, caus_dagma *result,
                                caus_error *err)
{
    *result = (caus_dagma){.least = c->options->least, .upward = (double)NAN};
    result->weight = CAUS_ARRAY(c->out, double, c->variables * c->variables);
    if (!result->weight)
        return caus_arena_fail(c->out, err);
    return caus_give_empty(c->variables, 0, c->out, &result->found, err);
}

caus_status caus_discover_dagma(const caus_series *series,
                                const caus_dagma_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_dagma *result, caus_error *err)
{
    caus_dagma_options defaults = caus_dagma_options_default();
    caus_scope scope;
    caus_dagma made = {0};
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(options, err));
    CAUS_TRY(caus_check_series_lags(series, 0, err));
    call c = {.series = series,
              .options = options,
              .run = run,
              .out = out,
              .variables = series->variable_count};
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
