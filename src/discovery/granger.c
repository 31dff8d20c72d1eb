/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/discovery_internal.h"
#include "discovery/granger_internal.h"
#include "discovery/parents.h"

caus_granger_options caus_granger_options_default(void)
{
    return (caus_granger_options){
        .max_lag = 5, .lag_order = CAUS_VAR_FIXED, .alpha = .05, .level = .95};
}

static caus_status init_arrays(caus_granger_call *c, caus_error *err)
{
    size_t pairs = c->variables * c->variables;
    bool has_interval = c->options->level > 0;
    bool has_q = c->options->fdr != CAUS_FDR_NONE;
    c->partial = CAUS_ARRAY(c->out, double, c->cells);
    c->cell_p = CAUS_ARRAY(c->out, double, c->cells);
    c->lower = CAUS_ARRAY(c->out, double, has_interval ? c->cells : 0);
    c->upper = CAUS_ARRAY(c->out, double, has_interval ? c->cells : 0);
    c->statistic = CAUS_ARRAY(c->out, double, pairs);
    c->p_value = CAUS_ARRAY(c->out, double, pairs);
    c->q_value = CAUS_ARRAY(c->out, double, has_q ? pairs : 0);
    c->lags = CAUS_ARRAY(c->out, size_t, pairs);
    c->strongest = CAUS_ARRAY(caus_run_scratch(c->run, 0), size_t, pairs);
    c->is_joined = CAUS_ARRAY(caus_run_scratch(c->run, 0), bool, pairs);
    c->is_asked = CAUS_ARRAY(caus_run_scratch(c->run, 0), bool, pairs);
    if (!c->strongest || !c->is_joined || !c->is_asked)
        return caus_arena_fail(caus_run_scratch(c->run, 0), err);
    if (!c->partial || !c->cell_p || !c->lower || !c->upper || !c->statistic ||
        !c->p_value || !c->q_value || !c->lags)
        return caus_arena_fail(c->out, err);
    for (size_t pair = 0; pair < pairs; pair++)
        c->p_value[pair] = 1;
    c->lower = has_interval ? c->lower : NULL;
    c->upper = has_interval ? c->upper : NULL;
    c->q_value = has_q ? c->q_value : NULL;
    return CAUS_OK;
}

/* The pairs that are tested are one family. */
static caus_status adjust(const caus_granger_call *c, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t pairs = c->variables * c->variables, count = 0;
    double *p_values = CAUS_ARRAY(scratch, double, pairs);
    double *q_values = CAUS_ARRAY(scratch, double, pairs);
    size_t *order = CAUS_ARRAY(scratch, size_t, pairs);
    if (!p_values || !q_values || !order)
        return caus_arena_fail(scratch, err);
    for (size_t pair = 0; pair < pairs; pair++)
        if (c->is_asked[pair])
            p_values[count++] = c->p_value[pair];
    caus_fdr_adjust(p_values, count, c->options->fdr, order, q_values);
    count = 0;
    for (size_t pair = 0; pair < pairs; pair++)
        c->q_value[pair] =
            c->is_asked[pair] ? q_values[count++] : c->p_value[pair];
    return CAUS_OK;
}

/* Of more edges into a variable than are allowed the strongest stay. */
static caus_status bound_parents(const caus_granger_call *c, caus_graph *graph,
                                 caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t lags = c->options->max_lag + 1, most = c->options->max_parents;
    caus_ranked *list = CAUS_ARRAY(scratch, caus_ranked, c->variables * lags);
    if (!list)
        return caus_arena_fail(scratch, err);
    for (size_t j = 0; most && j < c->variables; j++) {
        size_t count = 0;
        for (size_t k = 0; k < c->variables * lags; k++) {
            size_t source = k / lags, lag = k % lags;
            size_t cell = (source * c->variables + j) * lags + lag;
            bool stays = caus_lag_prior_requires(&c->prior, source, j, lag);
            if (lag && caus_graph_get(graph, source, j, lag).source)
                list[count++] =
                    (caus_ranked){stays ? HUGE_VAL : fabs(c->partial[cell]), k};
        }
        caus_rank_parents(list, count);
        for (size_t k = most; k < count; k++)
            caus_graph_set(graph, list[k].cell / lags, j, list[k].cell % lags,
                           CAUS_MARK_NONE, CAUS_MARK_NONE);
    }
    return CAUS_OK;
}

/* One edge a pair at most, at the lag that tells most, and the ones required.
 * The p and q there are those of all lags together; other lags of the model
 * have none. */
static void give_links(caus_granger_call *c, double *cell_q, caus_graph *graph)
{
    size_t lags = c->options->max_lag + 1;
    for (size_t cell = 0; cell < c->cells; cell++) {
        size_t pair = cell / lags, lag = cell % lags;
        size_t from = pair / c->variables, to = pair % c->variables;
        bool is_strongest = lag && lag == c->strongest[pair];
        bool is_term = c->strongest[pair] && lag && lag <= c->lags[pair] &&
                       caus_lag_prior_allows(&c->prior, from, to, lag);
        double other = is_term ? (double)NAN : 1;
        c->cell_p[cell] = is_strongest ? c->p_value[pair] : other;
        if (cell_q)
            cell_q[cell] = is_strongest ? c->q_value[pair] : other;
        double verdict = c->q_value ? c->q_value[pair] : c->p_value[pair];
        if ((is_strongest && c->is_asked[pair] &&
             verdict <= c->options->alpha) ||
            caus_lag_prior_requires(&c->prior, from, to, lag))
            caus_graph_set(graph, from, to, lag, CAUS_MARK_TAIL,
                           CAUS_MARK_ARROW);
    }
}

static caus_status give_result(caus_granger_call *c, caus_granger *result,
                               caus_error *err)
{
    caus_discovery *found = &result->found;
    double *cell_q = NULL;
    CAUS_TRY(caus_graph_init(&found->graph, c->variables, c->options->max_lag,
                             c->out, err));
    if (c->q_value) {
        CAUS_TRY(adjust(c, err));
        cell_q = CAUS_ARRAY(c->out, double, c->cells);
        if (!cell_q)
            return caus_arena_fail(c->out, err);
    }
    give_links(c, cell_q, &found->graph);
    CAUS_TRY(bound_parents(c, &found->graph, err));
    found->statistic = c->partial;
    found->p_value = c->cell_p;
    found->q_value = cell_q;
    found->lower = c->lower;
    found->upper = c->upper;
    found->rows_used = c->row_count;
    for (size_t pair = 0; pair < c->variables * c->variables; pair++)
        found->test_count += c->is_asked[pair];
    found->complete = !c->is_cut;
    result->statistic = c->statistic;
    result->p_value = c->p_value;
    result->q_value = c->q_value;
    result->lags = c->lags;
    return CAUS_OK;
}

/* The past alone foretells: links within one step have no place. */
static caus_status read_prior(caus_granger_call *c, caus_error *err)
{
    CAUS_TRY(caus_lag_prior_read(c->series, c->options->max_lag,
                                 c->options->assumptions, false,
                                 caus_run_scratch(c->run, 0), &c->prior, err));
    CAUS_TRY(caus_check_parents(&c->prior, c->series->variables,
                                c->options->max_parents, err));
    for (size_t pair = 0; pair < c->variables * c->variables; pair++) {
        size_t source = pair / c->variables, target = pair % c->variables;
        caus_assumption known =
            caus_lag_prior_get(&c->prior, source, target, 0);
        if (known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_ADJACENT)
            return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                             "%s -> %s is required at lag 0, but Granger's "
                             "test asks what the past foretells: no regression "
                             "of it holds values of the same step, so the "
                             "link would condition nothing; require it at a "
                             "lag of 1 or more, or take pcmci+ or var-lingam",
                             c->series->variables[source].name,
                             c->series->variables[target].name);
    }
    return CAUS_OK;
}

/* Pairs by the names of target and source, as far as the limit goes. */
static caus_status choose_pairs(caus_granger_call *c, caus_error *err)
{
    const size_t *order;
    uint64_t asked = 0;
    CAUS_TRY(caus_order_by_name(c->series, caus_run_scratch(c->run, 0), &order,
                                err));
    for (size_t place = 0; place < c->variables * c->variables; place++) {
        size_t target = place / c->variables, source = place % c->variables;
        target = order ? order[target] : target;
        source = order ? order[source] : source;
        if (!caus_granger_is_open(c, source, target, c->options->max_lag))
            continue;
        if (c->options->max_tests && asked == c->options->max_tests) {
            c->is_cut = true;
            break;
        }
        c->is_asked[source * c->variables + target] = true;
        asked++;
    }
    return CAUS_OK;
}

static caus_status learn(caus_granger_call *c, caus_granger *result,
                         caus_error *err)
{
    CAUS_TRY(init_arrays(c, err));
    CAUS_TRY(read_prior(c, err));
    CAUS_TRY(choose_pairs(c, err));
    if (c->options->pairwise)
        CAUS_TRY(caus_granger_test_pairs(c, err));
    else
        CAUS_TRY(caus_granger_test_all(c, &result->found, err));
    return give_result(c, result, err);
}

static caus_status give_nothing(caus_granger_call *c, caus_granger *result,
                                caus_error *err)
{
    *result = (caus_granger){0};
    CAUS_TRY(init_arrays(c, err));
    for (size_t pair = 0; c->q_value && pair < c->variables * c->variables;
         pair++)
        c->q_value[pair] = 1;
    result->statistic = c->statistic;
    result->p_value = c->p_value;
    result->q_value = c->q_value;
    result->lags = c->lags;
    return caus_give_empty(c->variables, c->options->max_lag, c->out,
                           &result->found, err);
}

static caus_status check_options(const caus_granger_options *options,
                                 caus_error *err)
{
    enum { MOST_LAGS = 255 };
    if (options->max_lag < 1 || options->max_lag > MOST_LAGS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the largest lag is %zu: Granger's test needs "
                         "--max-lag 1 to %d",
                         options->max_lag, MOST_LAGS);
    CAUS_TRY(caus_check_alpha(options->alpha, err));
    return caus_check_level(options->level, err);
}

caus_status caus_discover_granger(const caus_series *series,
                                  const caus_granger_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_granger *result, caus_error *err)
{
    caus_granger_options defaults = caus_granger_options_default();
    caus_scope scope;
    caus_granger made = {0};
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(options, err));
    CAUS_TRY(caus_check_series_lags(series, options->max_lag, err));
    size_t variables = series->variable_count;
    caus_granger_call c = {.series = series,
                           .options = options,
                           .run = run,
                           .out = out,
                           .variables = variables,
                           .cells =
                               variables * variables * (options->max_lag + 1)};
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
