/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intervals that are found in the rows: the tests behind the reported numbers
 * are made again, given the same conditions, by a test that finds them.
 */
#include <math.h>
#include <string.h>

#include "discovery/pcmciplus_internal.h"

/* Whether a cell's numbers come from a test and are reported. */
static bool is_wanted(const caus_plus *plus, size_t source, size_t target,
                      size_t lag)
{
    const caus_findings *findings = plus->findings;
    size_t cell = caus_cell(plus->question, source, target, lag);
    size_t back = lag ? cell : caus_cell(plus->question, target, source, 0);
    bool is_told = plus->question->options->all_links ||
                   findings->linked[cell] || findings->linked[back];
    return is_told && isfinite(plus->strength[cell]) &&
           caus_is_tested(plus->question, source, target, lag) &&
           !caus_is_granted(caus_assumed(plus->question, source, target, lag));
}

/* The kept test of one link, made again. */
static caus_status test_again(const caus_search *search, caus_hand *hand,
                              const caus_findings *findings, size_t source,
                              size_t target, size_t lag, caus_error *err)
{
    const caus_plus *plus = findings->plus;
    size_t cell = caus_cell(search->question, source, target, lag);
    const caus_given *given = &plus->given[cell];
    const caus_selection *selection = &findings->selections[source];
    size_t parents = caus_smaller(
        selection->count, search->question->options->max_conditions_source);
    caus_node *extra =
        CAUS_ARRAY(hand->arena, caus_node, given->count + parents);
    if (!extra)
        return caus_arena_fail(hand->arena, err);
    if (given->count)
        memcpy(extra, given->nodes, given->count * sizeof *extra);
    for (size_t k = 0; k < parents; k++)
        extra[given->count + k] =
            selection->nodes[k] +
            (caus_node)(lag * search->test->sample->stride);
    caus_ci_source tested = {
        .node = caus_node_of(search->test->sample, source, lag),
        .extra = extra,
        .extra_count = given->count + parents};
    caus_ci_result result = {.undetermined = true};
    CAUS_TRY(search->test->test(hand->work, &tested, &result, err));
    if (!result.undetermined)
        findings->ends[cell] = result.ends;
    return CAUS_OK;
}

static caus_status test_target(caus_search *search, caus_hand *hand,
                               caus_findings *findings, size_t target,
                               caus_error *err)
{
    const caus_question *question = search->question;
    const caus_selection *selection = &findings->selections[target];
    CAUS_TRY(search->test->condition(
        hand->work, caus_node_of(search->test->sample, target, 0),
        selection->nodes,
        caus_smaller(selection->count,
                     question->options->max_conditions_target),
        err));
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t lag = question->options->min_lag;
             lag <= question->options->max_lag; lag++)
            if (!caus_run_should_stop(question->run) &&
                is_wanted(findings->plus, i, target, lag))
                CAUS_TRY(
                    test_again(search, hand, findings, i, target, lag, err));
    return CAUS_OK;
}

/* Of PCMCI+: every kept test again, by the process that made it; at lag 0 the
 * one whose numbers are shown. */
static caus_status place_plus(caus_search *search, caus_findings *findings,
                              caus_error *err)
{
    const caus_question *question = search->question;
    const caus_plus *plus = findings->plus;
    size_t variables = question->variable_count;
    CAUS_TRY(
        caus_search_each(search, findings, CAUS_STAGE_TEST, test_target, err));
    for (size_t i = 0; question->options->min_lag == 0 && i < variables; i++)
        for (size_t j = i + 1; j < variables; j++) {
            size_t forward = caus_cell(question, i, j, 0);
            size_t back = caus_cell(question, j, i, 0);
            if (plus->shown_cell[i * variables + j] == forward)
                findings->ends[back] = findings->ends[forward];
            else
                findings->ends[forward] = findings->ends[back];
        }
    return CAUS_OK;
}

/* Of the other methods: the links tested again as they were. */
static caus_status place_links(caus_search *search, caus_findings *findings,
                               caus_error *err)
{
    CAUS_TRY(caus_test_links(search, findings, err));
    return caus_decide_links(search, findings, err);
}

/* Marks the links that are told; at lag 0 in both directions, since the weaker
 * of them is. */
static void mark_told(const caus_question *question,
                      const caus_findings *findings, unsigned char *told)
{
    size_t variables = question->variable_count;
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            for (size_t lag = 0; lag <= question->options->max_lag; lag++) {
                size_t cell = caus_cell(question, i, j, lag);
                size_t back = lag ? cell : caus_cell(question, j, i, 0);
                told[cell] = question->options->all_links ||
                             findings->linked[cell] || findings->linked[back];
            }
}

static caus_status make_findings(const caus_question *question,
                                 const caus_findings *findings,
                                 caus_arena *arena, caus_findings *made,
                                 caus_error *err)
{
    size_t cells = question->cell_count;
    CAUS_TRY(caus_findings_init(question, arena, made, err));
    unsigned char *told = CAUS_ARRAY(arena, unsigned char, cells);
    made->ends = CAUS_ARRAY(arena, caus_ends, cells);
    if (!told || !made->ends)
        return caus_arena_fail(arena, err);
    mark_told(question, findings, told);
    for (size_t cell = 0; cell < cells; cell++)
        made->ends[cell] = (caus_ends){(double)NAN, (double)NAN};
    made->wanted = told;
    made->selections = findings->selections;
    made->plus = findings->plus;
    return CAUS_OK;
}

/* No test of the search has more conditions. */
static size_t most_conditions(const caus_question *question,
                              const caus_findings *findings)
{
    size_t lags = question->options->max_lag, most = 0, given = 0;
    for (size_t v = 0; findings->selections && v < question->variable_count;
         v++)
        most = caus_larger(most, findings->selections[v].count);
    for (size_t cell = 0; findings->plus && cell < question->cell_count; cell++)
        given = caus_larger(given, findings->plus->given[cell].count);
    if (question->options->method == CAUS_METHOD_FULLCI)
        return lags * question->variable_count;
    return caus_larger(2 * most + given, lags);
}

/* Threads have the same budget each, so their number does not decide. */
static bool have_room(const caus_search *search, const caus_findings *findings)
{
    const caus_question *question = search->question;
    double limit = (double)caus_run_memory_limit_bytes(question->run);
    double columns = 2 * (double)most_conditions(question, findings) + 8;
    double rows = (double)search->test->sample->row_count;
    return !(limit > 0) || 4 * columns * rows * sizeof(double) <= limit;
}

caus_status caus_row_intervals(caus_search *search,
                               const caus_findings *findings,
                               const caus_ends **ends, bool *fit,
                               caus_error *err)
{
    const caus_question *question = search->question;
    caus_arena *arena = search->hands[0].arena;
    caus_independence placed;
    caus_search again;
    caus_findings made;
    *ends = NULL;
    *fit = true;
    if (!search->test->place || atomic_load(&search->stopped))
        return CAUS_OK;
    *fit = have_room(search, findings);
    if (!*fit)
        return CAUS_OK;
    CAUS_TRY(search->test->place(search->test->place_state,
                                 question->options->level, arena, &placed,
                                 err));
    CAUS_TRY(caus_search_init(&again, question, &placed, search->first_thread,
                              search->threads, arena, err));
    again.quiet = true;
    again.grouped = search->grouped;
    CAUS_TRY(make_findings(question, findings, arena, &made, err));
    CAUS_TRY(made.plus ? place_plus(&again, &made, err)
                       : place_links(&again, &made, err));
    *ends = made.ends;
    return CAUS_OK;
}
