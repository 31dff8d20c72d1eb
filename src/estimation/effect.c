/* SPDX-License-Identifier: Apache-2.0 */
/* The total effect of one variable at a lag, in two ways. */
#include "estimation/estimation_internal.h"

typedef struct call {
    const caus_series *series;
    const caus_effect_question *question;
    const caus_run *run;
    caus_arena *scratch;
    caus_causes causes;
    caus_linear_effect found;
    size_t first_row;
} call;

/* The outcome regressed on the adjustment set and the treatment. */
static caus_status adjust(call *c, caus_error *err)
{
    const caus_adjustment *adjustment = &c->found.adjustment;
    size_t count = adjustment->set_count + 1;
    caus_lagged *causes = CAUS_ARRAY(c->scratch, caus_lagged, count);
    double *slopes = CAUS_ARRAY(c->scratch, double, count);
    if (!causes || !slopes)
        return caus_arena_fail(c->scratch, err);
    for (size_t k = 0; k < adjustment->set_count; k++)
        causes[k] = adjustment->set[k];
    causes[count - 1] = c->question->treatment;
    caus_least_squares task = {.series = c->series,
                               .target = {c->question->outcome, 0},
                               .causes = causes,
                               .cause_count = count,
                               .named_count = 1,
                               .first_row = c->first_row};
    CAUS_TRY(caus_least_squares_fit(&task, c->run, slopes, &c->found.row_count,
                                    err));
    c->found.total = slopes[count - 1];
    return CAUS_OK;
}

/* The effect on a node from those on its parents; on nodes that are not
 * between it is 0. `effects` is [variable × (treatment lag + 1)]. */
static caus_status follow(call *c, caus_lagged node, double *effects,
                          caus_error *err)
{
    const caus_causes *causes = &c->causes;
    size_t lags = c->question->treatment.lag + 1;
    const caus_lagged *parents = causes->nodes + causes->first[node.variable];
    size_t count =
        causes->first[node.variable + 1] - causes->first[node.variable];
    caus_lagged *shifted = CAUS_ARRAY(c->scratch, caus_lagged, count);
    double *slopes = CAUS_ARRAY(c->scratch, double, count);
    if (!shifted || !slopes)
        return caus_arena_fail(c->scratch, err);
    for (size_t k = 0; k < count; k++)
        shifted[k] =
            (caus_lagged){parents[k].variable, parents[k].lag + node.lag};
    caus_least_squares task = {.series = c->series,
                               .target = node,
                               .causes = shifted,
                               .cause_count = count,
                               .named_count = count,
                               .first_row = c->first_row};
    CAUS_TRY(caus_least_squares_fit(&task, c->run, slopes, NULL, err));
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        if (shifted[k].lag < lags)
            sum += slopes[k] *
                   effects[shifted[k].variable * lags + shifted[k].lag];
    effects[node.variable * lags + node.lag] = sum;
    return CAUS_OK;
}

/* Wright's sum over paths, node by node in the order of causes. */
static caus_status follow_paths(call *c, caus_error *err)
{
    const caus_adjustment *adjustment = &c->found.adjustment;
    size_t variables = c->causes.variable_count;
    size_t lags = c->question->treatment.lag + 1;
    double *effects = CAUS_ARRAY(c->scratch, double, variables *lags);
    bool *is_between = CAUS_ARRAY(c->scratch, bool, variables *lags);
    if (!effects || !is_between)
        return caus_arena_fail(c->scratch, err);
    caus_lagged treatment = c->question->treatment;
    effects[treatment.variable * lags + treatment.lag] = 1;
    for (size_t k = 0; k < adjustment->between_count; k++)
        is_between[adjustment->between[k].variable * lags +
                   adjustment->between[k].lag] = true;
    for (size_t lag = lags; lag-- > 0;)
        for (size_t place = 0; place < variables; place++) {
            size_t v = c->causes.order[place];
            if (is_between[v * lags + lag])
                CAUS_TRY(follow(c, (caus_lagged){v, lag}, effects, err));
        }
    c->found.by_paths = effects[c->question->outcome * lags];
    return CAUS_OK;
}

static caus_status estimate(call *c, caus_error *err)
{
    CAUS_TRY(caus_run_check(c->run, err));
    CAUS_TRY(caus_causes_init(c->question->graph, c->scratch, &c->causes, err));
    if (c->found.adjustment.between_count == 0)
        return CAUS_OK;
    CAUS_TRY(adjust(c, err));
    return follow_paths(c, err);
}

caus_status caus_effect_linear(const caus_series *series,
                               const caus_effect_question *question,
                               const caus_run *run, caus_arena *out,
                               caus_linear_effect *result, caus_error *err)
{
    call c = {.series = series,
              .question = question,
              .run = run,
              .scratch = caus_run_scratch(run, 0),
              .first_row = question->treatment.lag + question->graph->max_lag};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(c.scratch);
    CAUS_TRY(caus_estimation_check(series, question->graph, err));
    CAUS_TRY(caus_adjustment_optimal(question, out, &c.found.adjustment, err));
    caus_status status = estimate(&c, err);
    caus_arena_rewind(c.scratch, scratch_mark);
    if (status == CAUS_OK)
        *result = c.found;
    else
        caus_arena_rewind(out, mark);
    return status;
}
