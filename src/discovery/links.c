/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tests of links: momentary conditional independence (Runge et al. 2019),
 * bivariate and full conditional independence, and plain lagged dependence.
 * They differ only in what is conditioned on.
 */
#include <math.h>
#include <string.h>

#include "discovery/discovery_internal.h"

/* The whole past of a variable, or of all of them. */
static size_t list_past(const caus_search *search, size_t first_variable,
                        size_t variable_count, caus_node *nodes)
{
    const caus_question *question = search->question;
    size_t count = 0;
    for (size_t i = 0; i < variable_count; i++)
        for (size_t lag = question->first_lag;
             lag <= question->options->max_lag; lag++)
            nodes[count++] =
                caus_node_of(search->test->sample, first_variable + i, lag);
    return count;
}

static caus_status condition_target(caus_search *search, caus_hand *hand,
                                    const caus_findings *findings,
                                    size_t target, caus_error *err)
{
    const caus_question *question = search->question;
    const caus_pcmci_options *options = question->options;
    caus_node node = caus_node_of(search->test->sample, target, 0);
    const caus_node *given = hand->conditions;
    size_t count = 0;
    if (options->method == CAUS_METHOD_PCMCI) {
        const caus_selection *selection = &findings->selections[target];
        given = selection->nodes;
        count = caus_smaller(selection->count, options->max_conditions_target);
    } else if (options->method == CAUS_METHOD_BIVCI) {
        count = list_past(search, target, 1, hand->conditions);
    } else if (options->method == CAUS_METHOD_FULLCI) {
        count =
            list_past(search, 0, question->variable_count, hand->conditions);
    }
    return search->test->condition(hand->work, node, given, count, err);
}

/* The source's own parents, as far back as the source is. */
static caus_status prepare_source(caus_search *search, caus_hand *hand,
                                  const caus_selection *selection,
                                  caus_ci_source *source, size_t lag,
                                  caus_error *err)
{
    size_t shift = lag * search->test->sample->stride;
    size_t count = caus_smaller(
        selection->count, search->question->options->max_conditions_source);
    caus_node *extra = CAUS_ARRAY(hand->arena, caus_node, count);
    if (!extra)
        return caus_arena_fail(hand->arena, err);
    for (size_t k = 0; k < count; k++)
        extra[k] = selection->nodes[k] + (caus_node)shift;
    source->extra = extra;
    source->extra_count = count;
    const caus_independence *test = search->test;
    return test->prepare ? test->prepare(test->state, hand->arena, source, err)
                         : CAUS_OK;
}

/* All lags of one variable as sources. */
static caus_status prepare_variable(caus_search *search, caus_hand *hand,
                                    caus_findings *findings, size_t variable,
                                    caus_error *err)
{
    const caus_question *question = search->question;
    size_t lags = question->options->max_lag + 1;
    for (size_t lag = question->options->min_lag; lag < lags; lag++) {
        caus_ci_source *source = &search->sources[variable * lags + lag];
        source->node = caus_node_of(search->test->sample, variable, lag);
        if (findings->selections)
            CAUS_TRY(prepare_source(search, hand,
                                    &findings->selections[variable], source,
                                    lag, err));
    }
    return CAUS_OK;
}

static caus_status prepare_sources(caus_search *search, caus_findings *findings,
                                   caus_error *err)
{
    const caus_question *question = search->question;
    caus_arena *arena = search->hands[0].arena;
    search->sources =
        CAUS_ARRAY(arena, caus_ci_source,
                   question->variable_count * (question->options->max_lag + 1));
    if (!search->sources)
        return caus_arena_fail(arena, err);
    return caus_search_each(search, findings, CAUS_STAGE_COUNT,
                            prepare_variable, err);
}

/* What is granted holds in a search that is cut short, too. */
static void grant_links(const caus_question *question, caus_findings *findings)
{
    size_t variables = question->variable_count;
    if (!question->assumptions)
        return;
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            for (size_t lag = question->options->min_lag;
                 lag <= question->options->max_lag; lag++) {
                size_t cell = caus_cell(question, i, j, lag);
                if (!caus_is_tested(question, i, j, lag) ||
                    !caus_is_granted(caus_assumed(question, i, j, lag)))
                    continue;
                findings->statistic[cell] = 1;
                findings->df[cell] = 0;
                findings->linked[cell] = 1;
            }
}

static caus_status test_link(caus_search *search, caus_hand *hand,
                             caus_findings *findings, size_t source,
                             size_t target, size_t lag, caus_error *err)
{
    const caus_question *question = search->question;
    size_t cell = caus_cell(question, source, target, lag);
    caus_ci_result result;
    size_t place = source * (question->options->max_lag + 1) + lag;
    CAUS_TRY(
        search->test->test(hand->work, &search->sources[place], &result, err));
    hand->test_count++;
    findings->statistic[cell] = result.statistic;
    findings->df[cell] = result.undetermined ? 0 : result.df;
    findings->linked[cell] = caus_is_dependent(&hand->report, &result);
    if (findings->ends && !result.undetermined)
        findings->ends[cell] = result.ends;
    return CAUS_OK;
}

static bool is_wanted(const caus_findings *findings, size_t cell)
{
    return !findings->wanted || findings->wanted[cell];
}

static caus_status test_target(caus_search *search, caus_hand *hand,
                               caus_findings *findings, size_t target,
                               caus_error *err)
{
    const caus_question *question = search->question;
    CAUS_TRY(condition_target(search, hand, findings, target, err));
    for (size_t i = 0; i < question->variable_count; i++) {
        for (size_t lag = question->options->min_lag;
             lag <= question->options->max_lag; lag++) {
            if (!caus_is_tested(question, i, target, lag) ||
                caus_is_granted(caus_assumed(question, i, target, lag)) ||
                !is_wanted(findings, caus_cell(question, i, target, lag)))
                continue;
            if (caus_search_is_cut(search, hand))
                return CAUS_OK;
            CAUS_TRY(test_link(search, hand, findings, i, target, lag, err));
        }
    }
    return CAUS_OK;
}

caus_status caus_test_links(caus_search *search, caus_findings *findings,
                            caus_error *err)
{
    grant_links(search->question, findings);
    if (search->question->options->method == CAUS_METHOD_FULLCI) {
        bool handled;
        CAUS_TRY(caus_test_links_full(search, findings, &handled, err));
        if (handled)
            return CAUS_OK;
    }
    CAUS_TRY(prepare_sources(search, findings, err));
    if (atomic_load(&search->stopped)) /* some sources may be missing */
        return CAUS_OK;
    caus_search_share_tests(search, findings, NULL);
    return caus_search_each(search, findings, CAUS_STAGE_TEST, test_target,
                            err);
}
