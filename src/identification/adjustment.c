/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimal adjustment set on the graph unrolled over time. Time goes back
 * only as far as the treatment and the parents of what it causes.
 */
#include "identification/identification.h"

/* Flags of nodes, [variable × (longest_lag + 1)]. */
typedef struct window {
    const caus_effect_question *question;
    caus_causes causes;
    size_t longest_lag;
    unsigned char *flags;
} window;

enum { CAUSED = 1, CAUSING = 2, CONDITION = 4 };

static inline unsigned char *flags_of(const window *w, size_t variable,
                                      size_t lag)
{
    return &w->flags[variable * (w->longest_lag + 1) + lag];
}

static inline bool is_treatment(const window *w, size_t variable, size_t lag)
{
    return variable == w->question->treatment.variable &&
           lag == w->question->treatment.lag;
}

static inline bool is_between(const window *w, size_t variable, size_t lag)
{
    return (*flags_of(w, variable, lag) & (CAUSED | CAUSING)) ==
               (CAUSED | CAUSING) &&
           !is_treatment(w, variable, lag);
}

/* Everything the treatment causes, from its time on. */
static void mark_caused(const window *w)
{
    const caus_causes *causes = &w->causes;
    *flags_of(w, w->question->treatment.variable, w->question->treatment.lag) |=
        CAUSED;
    for (size_t lag = w->question->treatment.lag + 1; lag-- > 0;)
        for (size_t place = 0; place < causes->variable_count; place++) {
            size_t v = causes->order[place];
            for (size_t k = causes->first[v]; k < causes->first[v + 1]; k++) {
                size_t back = lag + causes->nodes[k].lag;
                if (back <= w->question->treatment.lag &&
                    *flags_of(w, causes->nodes[k].variable, back) & CAUSED)
                    *flags_of(w, v, lag) |= CAUSED;
            }
        }
}

/* Everything that causes the outcome, back to the treatment's time. */
static void mark_causing(const window *w)
{
    const caus_causes *causes = &w->causes;
    *flags_of(w, w->question->outcome, 0) |= CAUSING;
    for (size_t lag = 0; lag <= w->question->treatment.lag; lag++)
        for (size_t place = causes->variable_count; place-- > 0;) {
            size_t v = causes->order[place];
            if (!(*flags_of(w, v, lag) & CAUSING))
                continue;
            for (size_t k = causes->first[v]; k < causes->first[v + 1]; k++)
                *flags_of(w, causes->nodes[k].variable,
                          lag + causes->nodes[k].lag) |= CAUSING;
        }
}

/* Returns how many nodes lie between, and how many conditions there are. */
static size_t mark_conditions(const window *w, size_t *condition_count)
{
    const caus_causes *causes = &w->causes;
    size_t between = 0;
    *condition_count = 0;
    for (size_t v = 0; v < causes->variable_count; v++)
        for (size_t lag = 0; lag <= w->question->treatment.lag; lag++) {
            if (!is_between(w, v, lag))
                continue;
            between++;
            for (size_t k = causes->first[v]; k < causes->first[v + 1]; k++) {
                size_t cause = causes->nodes[k].variable;
                size_t back = lag + causes->nodes[k].lag;
                unsigned char *flags = flags_of(w, cause, back);
                if (is_between(w, cause, back) ||
                    is_treatment(w, cause, back) || *flags & CONDITION)
                    continue;
                *flags |= CONDITION;
                ++*condition_count;
            }
        }
    return between;
}

static caus_status give(const window *w, caus_arena *out,
                        caus_adjustment *result, caus_error *err)
{
    size_t conditions, between = mark_conditions(w, &conditions);
    caus_lagged *set = CAUS_ARRAY(out, caus_lagged, conditions);
    caus_lagged *path = CAUS_ARRAY(out, caus_lagged, between);
    if (!set || !path)
        return caus_arena_fail(out, err);
    *result = (caus_adjustment){set, conditions, path, between};
    for (size_t v = 0; v < w->causes.variable_count; v++)
        for (size_t lag = 0; lag <= w->longest_lag; lag++) {
            if (*flags_of(w, v, lag) & CONDITION)
                *set++ = (caus_lagged){v, lag};
            if (is_between(w, v, lag))
                *path++ = (caus_lagged){v, lag};
        }
    return CAUS_OK;
}

static caus_status check(const caus_effect_question *question, caus_error *err)
{
    size_t count = question->graph->node_count;
    caus_lagged treatment = question->treatment;
    if (treatment.variable >= count || question->outcome >= count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s is variable %zu, but the graph's last one is "
                         "%zu",
                         treatment.variable >= count ? "treatment" : "outcome",
                         treatment.variable >= count ? treatment.variable
                                                     : question->outcome,
                         count - 1);
    if (treatment.variable == question->outcome && treatment.lag == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "treatment and outcome are both variable %zu at lag 0",
                         question->outcome);
    if (treatment.lag > SIZE_MAX / 2 - question->graph->max_lag)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "the lag of the treatment is %zu: give a smaller one",
                         treatment.lag);
    return CAUS_OK;
}

static caus_status find(window *w, caus_arena *scratch, caus_arena *out,
                        caus_adjustment *result, caus_error *err)
{
    CAUS_TRY(caus_causes_init(w->question->graph, scratch, &w->causes, err));
    w->flags =
        caus_arena_array(scratch, w->causes.variable_count, w->longest_lag + 1);
    if (!w->flags)
        return caus_arena_fail(scratch, err);
    mark_caused(w);
    mark_causing(w);
    return give(w, out, result, err);
}

caus_status caus_adjustment_optimal(const caus_effect_question *question,
                                    caus_arena *out, caus_adjustment *result,
                                    caus_error *err)
{
    CAUS_TRY(check(question, err));
    window w = {.question = question,
                .longest_lag =
                    question->treatment.lag + question->graph->max_lag};
    caus_arena *scratch = caus_arena_new(0);
    if (!scratch)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory is left to follow the graph over time");
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = find(&w, scratch, out, result, err);
    caus_arena_free(scratch);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
