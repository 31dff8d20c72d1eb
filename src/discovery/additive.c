/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/additive.h"

#include <math.h>
#include <string.h>

#include "discovery/additive_internal.h"
#include "discovery/parents.h"
#include "numeric/distributions.h"
#include "numeric/spline.h"

caus_additive_options caus_additive_options_default(void)
{
    return (caus_additive_options){.basis = 8,
                                   .penalty = 1,
                                   .alpha = .001,
                                   .max_parents = 10,
                                   .starts = 5,
                                   .evidence = 7};
}

static caus_status check_options(const caus_additive_options *options,
                                 caus_error *err)
{
    CAUS_TRY(caus_check_alpha(options->alpha, err));
    if (options->basis < 1 || options->basis > CAUS_SPLINE_MOST)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu functions of a cause were asked for: give 1 "
                         "(lines only) to %d",
                         options->basis, CAUS_SPLINE_MOST);
    if (!(options->penalty > 0 && isfinite(options->penalty)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the penalty is %g: give a number above 0, 1 is "
                         "Schwarz's",
                         options->penalty);
    if (!(options->evidence >= 0 && isfinite(options->evidence)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the evidence for a direction is %g: give 0 (every "
                         "edge is directed) or more, in log likelihood",
                         options->evidence);
    if (!options->starts)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the search starts from 0 orders: give 1 or more");
    if (!options->max_parents)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "at most 0 parents leave no edge: give 1 or more");
    return CAUS_OK;
}

/* Everything one call works on. */
typedef struct call {
    const caus_series *series;
    const caus_additive_options *options;
    const caus_run *run;
    caus_arena *out;
    size_t cells;
    caus_lag_table table;
    caus_additive_data data;
    caus_additive_search search;
    bool *is_edge; /* [variables × columns] target, column */
    double *statistic, *p_value, *left;
    unsigned char *functions;
} call;

static caus_status read_knowledge(call *c, caus_error *err)
{
    caus_lag_prior prior;
    CAUS_TRY(caus_lag_prior_read(c->series, c->options->max_lag,
                                 c->options->assumptions, false,
                                 caus_run_scratch(c->run, 0), &prior, err));
    CAUS_TRY(caus_lag_prior_check_ends(&prior, c->series,
                                       "the additive learner", err));
    CAUS_TRY(caus_check_parents(&prior, c->series->variables,
                                c->options->max_parents, err));
    caus_additive_data_know(&c->table, &prior, &c->data);
    return CAUS_OK;
}

static caus_status init_numbers(call *c, caus_error *err)
{
    size_t variables = c->series->variable_count;
    c->statistic = CAUS_ARRAY(c->out, double, c->cells);
    c->p_value = CAUS_ARRAY(c->out, double, c->cells);
    c->functions = CAUS_ARRAY(c->out, unsigned char, c->cells);
    c->left = CAUS_ARRAY(c->out, double, variables);
    if (!c->statistic || !c->p_value || !c->functions || !c->left)
        return caus_arena_fail(c->out, err);
    for (size_t cell = 0; cell < c->cells; cell++)
        c->p_value[cell] = 1;
    for (size_t v = 0; v < variables; v++)
        c->left[v] = 1;
    return CAUS_OK;
}

static size_t cell_of(const call *c, size_t target, size_t column)
{
    size_t variables = c->data.variable_count;
    return (c->table.order[column % variables] * variables +
            c->table.order[target]) *
               (c->options->max_lag + 1) +
           column / variables;
}

/* What a cause explains beside the others, and its F test. */
typedef struct term {
    double share, p_value;
} term;

static term test_term(const call *c, caus_additive_work *work, uint32_t cause)
{
    size_t taken;
    double loss = caus_additive_loss(&c->data, work, cause, &taken);
    double df = (double)c->data.row_count - (double)work->count - 1;
    term made = {loss / (work->left + loss), 1};
    if (taken && df > 0)
        made.p_value = caus_fisher_f_sf(
            loss / (double)taken / (work->left / df), (double)taken, df);
    return made;
}

static void give_edge(const call *c, size_t target, uint32_t cause,
                      size_t functions, term found)
{
    size_t variables = c->data.variable_count, lag = cause / variables;
    size_t cell = cell_of(c, target, cause);
    size_t back = lag ? cell : cell_of(c, cause, target);
    c->statistic[cell] = c->statistic[back] = found.share;
    c->p_value[cell] = c->p_value[back] = found.p_value;
    c->functions[cell] = (unsigned char)functions;
    c->is_edge[target * c->data.column_count + cause] = true;
}

/* A required cause without functions, which no term was fitted for. */
static void keep_required(const call *c, size_t target)
{
    for (size_t column = 0; column < c->data.column_count; column++) {
        size_t cell = target * c->data.column_count + column;
        c->is_edge[cell] = c->is_edge[cell] || c->data.is_required[cell];
    }
}

/* The causes of one target: the weakest goes until all that need not stay are
 * significant. */
static void give_target(const call *c, size_t target,
                        const caus_additive_node *node,
                        caus_additive_work *work)
{
    const bool *is_required =
        c->data.is_required + target * c->data.column_count;
    size_t count = node->cause_count;
    for (;;) {
        double weakest = c->options->alpha;
        size_t place = count;
        caus_additive_fit(&c->data, target, node->causes, node->functions,
                          count, work);
        caus_additive_invert(work);
        for (size_t k = 0; k < count; k++) {
            double p = test_term(c, work, node->causes[k]).p_value;
            if (p > weakest && !is_required[node->causes[k]]) {
                weakest = p;
                place = k;
            }
        }
        if (place == count)
            break;
        count--;
        for (size_t k = place; k < count; k++) {
            node->causes[k] = node->causes[k + 1];
            node->functions[k] = node->functions[k + 1];
        }
    }
    for (size_t k = 0; k < count; k++)
        give_edge(c, target, node->causes[k], node->functions[k],
                  test_term(c, work, node->causes[k]));
    keep_required(c, target);
    c->left[c->table.order[target]] = work->left;
}

/* Edges whose direction was not compared when time ran out are directed. */
static caus_status give_marks(call *c, caus_graph *graph, bool *complete,
                              caus_error *err)
{
    size_t columns = c->data.column_count, variables = c->data.variable_count;
    bool *is_directed = c->is_edge;
    if (c->options->evidence > 0 && *complete) {
        caus_arena *scratch = caus_run_scratch(c->run, 0);
        is_directed = CAUS_ARRAY(scratch, bool, variables *columns);
        if (!is_directed)
            return caus_arena_fail(scratch, err);
        caus_status status = caus_additive_direct(
            &c->search, c->is_edge, c->options->evidence, is_directed, err);
        if (status == CAUS_ERR_TIME_LIMIT) {
            *complete = false;
            is_directed = c->is_edge;
        } else {
            CAUS_TRY(status);
        }
    }
    for (size_t v = 0; v < variables; v++)
        for (size_t k = 0; k < columns; k++)
            if (c->is_edge[v * columns + k])
                caus_graph_set(graph, c->table.order[k % variables],
                               c->table.order[v], k / variables, CAUS_MARK_TAIL,
                               is_directed[v * columns + k] ? CAUS_MARK_ARROW
                                                            : CAUS_MARK_TAIL);
    return CAUS_OK;
}

/* The variables that determine the one at a place, and itself. */
static caus_status give_block(const call *c, const caus_factor *factor,
                              size_t v, caus_singular_block *block,
                              caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    double *slope = CAUS_ARRAY(scratch, double, factor->count);
    bool *is_in = CAUS_ARRAY(scratch, bool, c->table.variable_count);
    if (!slope || !is_in)
        return caus_arena_fail(scratch, err);
    caus_factor_explain(factor, &c->table.correlation, v,
                        c->table.variable_count, slope, is_in);
    return caus_give_block(&c->table, is_in, c->out, block, err);
}

static caus_status give_singular(const call *c, caus_discovery *found,
                                 caus_error *err)
{
    size_t variables = c->table.variable_count;
    caus_singular_block *blocks =
        CAUS_ARRAY(c->out, caus_singular_block, variables);
    caus_factor factor;
    if (!blocks)
        return caus_arena_fail(c->out, err);
    CAUS_TRY(
        caus_factor_init(variables, caus_run_scratch(c->run, 0), &factor, err));
    for (size_t v = 0; v < variables; v++)
        if (c->table.size[v] > 0 &&
            !caus_factor_add(&factor, &c->table.correlation, v, NULL))
            CAUS_TRY(give_block(c, &factor, v, &blocks[found->singular_count++],
                                err));
    if (found->singular_count)
        found->singular = blocks;
    return CAUS_OK;
}

static caus_status give_result(call *c, bool complete, caus_additive *result,
                               caus_error *err)
{
    caus_additive_search *s = &c->search;
    size_t variables = c->data.variable_count;
    caus_discovery *found = &result->found;
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t *order = CAUS_ARRAY(c->out, size_t, variables);
    if (!order)
        return caus_arena_fail(c->out, err);
    CAUS_TRY(caus_graph_init(&found->graph, variables, c->options->max_lag,
                             c->out, err));
    CAUS_TRY(init_numbers(c, err));
    c->is_edge = CAUS_ARRAY(scratch, bool, variables * c->data.column_count);
    if (!c->is_edge)
        return caus_arena_fail(scratch, err);
    for (size_t k = 0; k < variables; k++) {
        const caus_additive_node *node;
        size_t target = s->order[k];
        order[k] = c->table.order[target];
        CAUS_TRY(caus_run_check_cancel(c->run, err));
        caus_additive_allow(&c->data, s->order, k, s->bits[0]);
        CAUS_TRY(caus_additive_score(&c->data, target, s->bits[0],
                                     &s->trees[target], &s->works[0], scratch,
                                     &node, err));
        give_target(c, target, node, &s->works[0]);
    }
    CAUS_TRY(give_marks(c, &found->graph, &complete, err));
    CAUS_TRY(give_singular(c, found, err));
    found->statistic = c->statistic;
    found->p_value = c->p_value;
    found->rows_used = c->table.row_count;
    found->test_count = s->look_count;
    found->complete = complete;
    result->order = order;
    result->functions = c->functions;
    result->left = c->left;
    return CAUS_OK;
}

static caus_status learn(call *c, caus_additive *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    bool complete = false;
    CAUS_TRY(caus_lag_table_init(c->series, c->options->max_lag,
                                 c->options->max_lag, 10, c->run, scratch,
                                 &c->table, err));
    CAUS_TRY(caus_additive_data_init(&c->table, c->options, c->run, scratch,
                                     &c->data, err));
    CAUS_TRY(read_knowledge(c, err));
    CAUS_TRY(caus_additive_search_init(&c->data, c->run, &c->search, err));
    c->search.max_looks = c->options->max_tests;
    CAUS_TRY(caus_additive_search_run(&c->search, c->options->starts, &complete,
                                      err));
    return give_result(c, complete, result, err);
}

/* What can be said when the time limit passes before the functions are. */
static caus_status give_nothing(call *c, caus_additive *result, caus_error *err)
{
    size_t variables = c->series->variable_count;
    size_t *order = CAUS_ARRAY(c->out, size_t, variables);
    if (!order)
        return caus_arena_fail(c->out, err);
    CAUS_TRY(init_numbers(c, err));
    for (size_t v = 0; v < variables; v++)
        order[v] = v;
    *result = (caus_additive){
        .order = order, .functions = c->functions, .left = c->left};
    return caus_give_empty(variables, c->options->max_lag, c->out,
                           &result->found, err);
}

caus_status caus_discover_additive(const caus_series *series,
                                   const caus_additive_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_additive *result, caus_error *err)
{
    caus_additive_options defaults = caus_additive_options_default();
    caus_scope scope;
    caus_additive made = {0};
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
