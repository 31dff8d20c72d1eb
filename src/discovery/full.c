/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full conditional independence when all tests share their rows. With C the
 * correlations of the whole past, c those of the target with it,
 * beta = inv(C) c and s = 1 − c·beta, the partial correlation of past node x
 * with the target given the rest is
 *     beta[x] / sqrt(s · inv(C)[x,x] + beta[x]²),
 * read off the inverse of the joint matrix; lag 0 follows from the residual
 * covariances 1 − c·beta and R[x,y] − c_x·beta_y.
 */
#include <math.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "numeric/numeric.h"

/* Pivots below this leave fewer than six digits: test one by one instead. */
static const double least_pivot = 1e-9;

typedef struct whole_past {
    const double *correlations;
    size_t node_count;
    size_t count;
    size_t stride;
    caus_node *nodes; /* [count] constant ones left out */
    double *inverse;  /* [count × stride] of C */
} whole_past;

/* Sorts variables by the correlation with their own last value, so that the
 * order of columns leaves no trace in the rounding. */
static void order_variables(const caus_search *search, const double *key,
                            size_t *order)
{
    for (size_t i = 0; i < search->question->variable_count; i++) {
        size_t place = i;
        for (; place > 0 && key[order[place - 1]] < key[i]; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
}

static caus_status list_past(const caus_search *search, caus_arena *arena,
                             whole_past *past, caus_error *err)
{
    const caus_question *question = search->question;
    const caus_sample *sample = search->test->sample;
    size_t variables = question->variable_count;
    size_t most = variables * question->options->max_lag;
    double *key = CAUS_ARRAY(arena, double, variables);
    size_t *order = CAUS_ARRAY(arena, size_t, variables);
    past->nodes = CAUS_ARRAY(arena, caus_node, most);
    past->stride = caus_pad_lanes(most);
    past->inverse = CAUS_ARRAY(arena, double, most * past->stride);
    if (!key || !order || !past->nodes || !past->inverse)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++)
        key[v] = past->correlations[v * past->node_count +
                                    caus_node_of(sample, v, 1)];
    order_variables(search, key, order);
    for (size_t k = 0; k < variables; k++) {
        for (size_t lag = question->first_lag;
             lag <= question->options->max_lag; lag++) {
            caus_node node = caus_node_of(sample, order[k], lag);
            if (past->correlations[node * past->node_count + node] > 0)
                past->nodes[past->count++] = node;
        }
    }
    return CAUS_OK;
}

static double dot_with_row(const whole_past *past, caus_node node,
                           const double *weights)
{
    const double *row = past->correlations + node * past->node_count;
    double sum = 0;
    for (size_t k = 0; k < past->count; k++)
        sum += row[past->nodes[k]] * weights[k];
    return sum;
}

static bool is_asked(const caus_question *question, size_t source,
                     size_t target, size_t lag)
{
    return caus_is_tested(question, source, target, lag) &&
           !caus_is_granted(caus_assumed(question, source, target, lag));
}

static void note(caus_search *search, caus_hand *hand, caus_findings *findings,
                 size_t cell, double statistic, double df)
{
    caus_ci_result result = {.statistic = statistic, .df = df};
    uint64_t limit = search->question->options->max_tests;
    if (limit && hand->test_count == limit) {
        atomic_store(&search->stopped, true);
        return;
    }
    hand->test_count++;
    if (!(fabs(statistic) <= 1) || df < 1)
        return;
    findings->statistic[cell] = statistic;
    findings->df[cell] = df;
    findings->linked[cell] = caus_is_dependent(&hand->report, &result);
}

typedef struct target_fit {
    double *beta;
    double left;
} target_fit;

/* Past nodes against one target. */
static void test_past(caus_search *search, caus_hand *hand,
                      caus_findings *findings, const whole_past *past,
                      const target_fit *fit, size_t target)
{
    const caus_question *question = search->question;
    const caus_sample *sample = search->test->sample;
    double df = (double)sample->row_count - 2 - (double)past->count + 1;
    for (size_t k = 0; k < past->count; k++) {
        size_t source = past->nodes[k] % sample->stride;
        size_t lag = past->nodes[k] / sample->stride;
        if (!is_asked(question, source, target, lag))
            continue;
        double beta = fit->beta[k];
        double own = past->inverse[k * past->stride + k];
        note(search, hand, findings, caus_cell(question, source, target, lag),
             beta / sqrt(fit->left * own + beta * beta), df);
    }
}

static void test_present(caus_search *search, caus_hand *hand,
                         caus_findings *findings, const whole_past *past,
                         const target_fit *fits, size_t target)
{
    const caus_question *question = search->question;
    double df =
        (double)search->test->sample->row_count - 2 - (double)past->count;
    for (size_t i = 0; i < question->variable_count; i++) {
        if (!is_asked(question, i, target, 0) || !fits[i].beta ||
            !fits[target].beta)
            continue;
        double both = past->correlations[i * past->node_count + target] -
                      dot_with_row(past, (caus_node)i, fits[target].beta);
        note(search, hand, findings, caus_cell(question, i, target, 0),
             both / sqrt(fits[i].left * fits[target].left), df);
    }
}

/* beta and what it leaves for every variable that is not constant; false when
 * the past determines one of them. */
static caus_status fit_targets(caus_search *search, const whole_past *past,
                               target_fit *fits, caus_arena *arena,
                               bool *is_sound, caus_error *err)
{
    for (size_t v = 0; v < search->question->variable_count && *is_sound; v++) {
        const double *row = past->correlations + v * past->node_count;
        CAUS_TRY(caus_run_check(search->question->run, err));
        if (!(row[v] > 0))
            continue;
        fits[v].beta = CAUS_ARRAY(arena, double, past->stride);
        if (!fits[v].beta)
            return caus_arena_fail(arena, err);
        for (size_t k = 0; k < past->count; k++)
            fits[v].beta[k] = dot_with_row(past, (caus_node)v,
                                           past->inverse + k * past->stride);
        fits[v].left = 1 - dot_with_row(past, (caus_node)v, fits[v].beta);
        *is_sound = fits[v].left > least_pivot;
    }
    return CAUS_OK;
}

static caus_status invert_past(const caus_search *search, whole_past *past,
                               bool *is_sound, caus_error *err)
{
    for (size_t i = 0; i < past->count; i++) {
        const double *row =
            past->correlations + past->nodes[i] * past->node_count;
        for (size_t j = 0; j < past->count; j++)
            past->inverse[i * past->stride + j] = row[past->nodes[j]];
    }
    double smallest =
        caus_invert_symmetric(past->inverse, past->count, past->stride,
                              least_pivot, search->question->run);
    *is_sound = smallest >= least_pivot;
    return caus_run_check(search->question->run, err);
}

static caus_status run_full(caus_search *search, caus_findings *findings,
                            caus_arena *arena, bool *handled, caus_error *err)
{
    const caus_question *question = search->question;
    caus_hand *hand = &search->hands[0];
    whole_past past = {
        .correlations = search->test->correlations,
        .node_count = search->test->sample->node_count,
    };
    if (!past.correlations || question->options->max_lag == 0)
        return CAUS_OK;
    bool is_sound = true;
    CAUS_TRY(list_past(search, arena, &past, err));
    CAUS_TRY(invert_past(search, &past, &is_sound, err));
    target_fit *fits = CAUS_ARRAY(arena, target_fit, question->variable_count);
    if (!fits)
        return caus_arena_fail(arena, err);
    if (is_sound)
        CAUS_TRY(fit_targets(search, &past, fits, arena, &is_sound, err));
    if (!is_sound)
        return CAUS_OK;
    for (size_t target = 0; target < question->variable_count; target++) {
        if (fits[target].beta && !caus_run_should_stop(question->run)) {
            test_past(search, hand, findings, &past, &fits[target], target);
            test_present(search, hand, findings, &past, fits, target);
        }
    }
    CAUS_TRY(caus_run_check(question->run, err));
    *handled = true;
    return CAUS_OK;
}

caus_status caus_test_links_full(caus_search *search, caus_findings *findings,
                                 bool *handled, caus_error *err)
{
    caus_arena *arena = search->hands[0].arena;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    *handled = false;
    caus_status status = run_full(search, findings, arena, handled, err);
    caus_arena_rewind(arena, mark);
    if (status == CAUS_ERR_TIME_LIMIT) {
        atomic_store(&search->stopped, true);
        *handled = true;
        return CAUS_OK;
    }
    return status;
}
