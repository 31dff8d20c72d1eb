/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of pc_alpha: every alpha is tried; its graph is extended to one
 * without undirected edges, and the sum of Akaike's criteria of all variables
 * given their parents decides.
 */
#include <math.h>
#include <string.h>

#include "discovery/pcmciplus_internal.h"

/* Where a graph is oriented to the end. */
typedef struct extension {
    const caus_plus *plus;
    double *weight;  /* [variable_count] Σ |statistic| of links into it */
    size_t *order;   /* [variable_count] by weight, the largest first */
    bool *gone;      /* [variable_count] already made a sink */
    bool *parent;    /* [variable_count²] source, target */
    caus_node *list; /* [variable_count · (max_lag + 1)] */
} extension;

static caus_status init_extension(const caus_plus *plus, extension *e,
                                  caus_error *err)
{
    caus_arena *arena = plus->search->hands[0].arena;
    size_t variables = plus->question->variable_count;
    size_t lags = plus->question->options->max_lag + 1;
    *e = (extension){
        .plus = plus,
        .weight = CAUS_ARRAY(arena, double, variables),
        .order = CAUS_ARRAY(arena, size_t, variables),
        .gone = CAUS_ARRAY(arena, bool, variables),
        .parent = CAUS_ARRAY(arena, bool, variables *variables),
        .list = CAUS_ARRAY(arena, caus_node, variables * lags),
    };
    if (!e->weight || !e->order || !e->gone || !e->parent || !e->list)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static double shown_statistic(const caus_plus *plus, size_t source,
                              size_t target, size_t lag)
{
    size_t variables = plus->question->variable_count;
    if (lag == 0)
        return plus->shown_statistic[source * variables + target];
    return plus->findings
        ->statistic[caus_cell(plus->question, source, target, lag)];
}

static void order_variables(extension *e)
{
    const caus_question *question = e->plus->question;
    for (size_t j = 0; j < question->variable_count; j++) {
        for (size_t i = 0; i < question->variable_count; i++)
            for (size_t lag = question->options->min_lag;
                 lag <= question->options->max_lag; lag++)
                if (lag > 0 || i != j)
                    e->weight[j] += fabs(shown_statistic(e->plus, i, j, lag));
        size_t place = j;
        for (; place > 0 && e->weight[e->order[place - 1]] <= e->weight[j];
             place--)
            e->order[place] = e->order[place - 1];
        e->order[place] = j;
    }
}

/* Whether two neighbours i < j of a variable count as adjacent: as tigramite
 * has it, an edge from i to j does not. */
static bool is_joined(const caus_plus *plus, size_t i, size_t j)
{
    unsigned char at_i = *caus_plus_mark(plus, j, i);
    return caus_plus_is_linked(plus, i, j, 0) &&
           (at_i == CAUS_MARK_CIRCLE || at_i == CAUS_MARK_ARROW);
}

static bool is_open_still(const extension *e, size_t i, size_t j)
{
    return !e->gone[i] && caus_plus_is_linked(e->plus, i, j, 0) &&
           *caus_plus_mark(e->plus, i, j) == CAUS_MARK_CIRCLE;
}

/* Whether all undirected edges of a variable may point to it: then its
 * neighbours must be adjacent, lest a collider be made. */
static bool may_be_sink(const extension *e, size_t variable)
{
    size_t variables = e->plus->question->variable_count;
    for (size_t i = 0; i < variables; i++) {
        if (!is_open_still(e, i, variable))
            continue;
        for (size_t j = i + 1; j < variables; j++)
            if (is_open_still(e, j, variable) && !is_joined(e->plus, i, j))
                return false;
    }
    return true;
}

static void make_sink(extension *e, size_t variable)
{
    size_t variables = e->plus->question->variable_count;
    for (size_t i = 0; i < variables; i++)
        if (is_open_still(e, i, variable))
            e->parent[i * variables + variable] = true;
    e->gone[variable] = true;
}

/* The variable to be made a sink next; SIZE_MAX when each makes a collider. */
static size_t find_sink(const extension *e)
{
    for (size_t k = 0; k < e->plus->question->variable_count; k++)
        if (!e->gone[e->order[k]] && may_be_sink(e, e->order[k]))
            return e->order[k];
    return SIZE_MAX;
}

/* Makes sinks from the largest weight on, after Dor and Tarsi (1992). What
 * cannot be oriented without a collider stays out. */
static void extend(extension *e)
{
    size_t sink;
    while ((sink = find_sink(e)) != SIZE_MAX)
        make_sink(e, sink);
}

static bool is_parent(const extension *e, size_t source, size_t target)
{
    return e->parent[source * e->plus->question->variable_count + target] ||
           (caus_plus_is_linked(e->plus, source, target, 0) &&
            *caus_plus_mark(e->plus, source, target) == CAUS_MARK_ARROW);
}

static size_t list_parents(const extension *e, size_t target)
{
    const caus_question *question = e->plus->question;
    size_t variables = question->variable_count, count = 0;
    const caus_sample *sample = e->plus->search->test->sample;
    for (size_t i = 0; i < variables; i++)
        for (size_t lag = question->options->min_lag;
             lag <= question->options->max_lag; lag++)
            if (lag ? caus_plus_is_linked(e->plus, i, target, lag)
                    : is_parent(e, i, target))
                e->list[count++] = caus_node_of(sample, i, lag);
    return count;
}

caus_status caus_plus_score(const caus_plus *plus, double *result,
                            caus_error *err)
{
    const caus_independence *test = plus->search->test;
    caus_ci_work *work = plus->search->hands[0].work;
    extension e;
    double sum = 0;
    CAUS_TRY(init_extension(plus, &e, err));
    order_variables(&e);
    extend(&e);
    for (size_t j = 0; j < plus->question->variable_count; j++) {
        double score;
        size_t count = list_parents(&e, j);
        CAUS_TRY(test->condition(work, caus_node_of(test->sample, j, 0), e.list,
                                 count, err));
        CAUS_TRY(test->score(work, &score, err));
        sum += score;
    }
    *result = sum;
    return CAUS_OK;
}
