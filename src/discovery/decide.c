/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/discovery_internal.h"
#include "discovery/parents.h"

static double p_value_of(const caus_search *search,
                         const caus_findings *findings, size_t cell)
{
    if (findings->df[cell] < 1)
        return findings->linked[cell] ? 0 : 1; /* granted, or no verdict */
    return search->test->p_value(findings->statistic[cell], findings->df[cell]);
}

/* Whether the p-value of `a` is at least that of `b`. */
static bool is_weaker(const caus_search *search, const caus_findings *findings,
                      size_t a, size_t b)
{
    double df_a = findings->df[a], df_b = findings->df[b];
    if (df_a >= 1 && df_b >= 1)
        return caus_is_weaker(search->test, findings->statistic[a], df_a,
                              findings->statistic[b], df_b);
    return p_value_of(search, findings, a) >= p_value_of(search, findings, b);
}

/* At lag 0 both directions were tested; the weaker numbers stand for both.
 * Each direction keeps its own verdict: they differ when the two tests had
 * other conditions or other rows. */
static void make_pair_symmetric(const caus_search *search,
                                caus_findings *findings, size_t i, size_t j)
{
    const caus_question *question = search->question;
    size_t forward = caus_cell(question, i, j, 0);
    size_t back = caus_cell(question, j, i, 0);
    bool one_way = !caus_is_tested(question, i, j, 0) ||
                   !caus_is_tested(question, j, i, 0);
    bool keep_forward = one_way ? caus_is_tested(question, i, j, 0)
                                : is_weaker(search, findings, forward, back);
    size_t from = keep_forward ? forward : back;
    size_t to = keep_forward ? back : forward;
    findings->statistic[to] = findings->statistic[from];
    findings->df[to] = findings->df[from];
    if (findings->ends)
        findings->ends[to] = findings->ends[from];
    /* in PCMCI+ the end that was not tested keeps what the search found */
    if (one_way && !findings->plus)
        findings->linked[to] = findings->linked[from];
    if (!findings->q_value)
        return;
    findings->p_value[to] = findings->p_value[from];
    findings->q_value[to] = findings->q_value[from];
}

static void make_symmetric(const caus_search *search, caus_findings *findings)
{
    size_t variables = search->question->variable_count;
#pragma omp parallel for num_threads(search->threads) \
    schedule(dynamic, 8) if (search->threads > 1)
    for (size_t i = 0; i < variables; i++)
        for (size_t j = i + 1; j < variables; j++)
            make_pair_symmetric(search, findings, i, j);
}

static bool counts_for_fdr(const caus_question *question, size_t source,
                           size_t target, size_t lag)
{
    return caus_is_tested(question, source, target, lag) &&
           (lag > 0 || question->options->fdr_contemporaneous) &&
           (source != target || !question->options->fdr_skip_own_past);
}

/* q-values of the hypotheses; others keep their p-value. */
static caus_status adjust(const caus_search *search, caus_findings *findings,
                          caus_arena *arena, caus_error *err)
{
    const caus_question *question = search->question;
    size_t cells = question->cell_count, lags = question->options->max_lag + 1;
    size_t *where = CAUS_ARRAY(arena, size_t, cells);
    size_t *order = CAUS_ARRAY(arena, size_t, cells);
    double *p_values = CAUS_ARRAY(arena, double, cells);
    double *q_values = CAUS_ARRAY(arena, double, cells);
    if (!where || !order || !p_values || !q_values)
        return caus_arena_fail(arena, err);
    size_t count = 0;
    for (size_t cell = 0; cell < cells; cell++) {
        size_t lag = cell % lags, pair = cell / lags;
        size_t source = pair / question->variable_count;
        size_t target = pair % question->variable_count;
        double p = p_value_of(search, findings, cell);
        findings->p_value[cell] = findings->q_value[cell] = p;
        if (!counts_for_fdr(question, source, target, lag))
            continue;
        where[count] = cell;
        p_values[count++] = p;
    }
    caus_fdr_adjust(p_values, count, question->options->fdr, order, q_values);
    for (size_t k = 0; k < count; k++)
        findings->q_value[where[k]] = q_values[k];
    for (size_t cell = 0; cell < cells; cell++)
        if (findings->df[cell] >= 1)
            findings->linked[cell] =
                findings->q_value[cell] <= question->options->alpha &&
                (!findings->plus || findings->linked[cell]);
    return CAUS_OK;
}

static caus_status correct(caus_search *search, caus_findings *findings,
                           caus_error *err)
{
    caus_arena *arena = search->hands[0].arena;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_status status = adjust(search, findings, arena, err);
    caus_arena_rewind(arena, mark);
    return status;
}

/* Lists the links that are directed into a target. */
static size_t list_parents(const caus_question *question,
                           const caus_findings *findings, size_t target,
                           caus_ranked *list)
{
    size_t variables = question->variable_count, count = 0;
    size_t lags = question->options->max_lag + 1;
    for (size_t k = 0; k < variables * lags; k++) {
        size_t source = k / lags, lag = k % lags;
        size_t cell = caus_cell(question, source, target, lag);
        size_t back = caus_cell(question, target, source, lag);
        bool is_back = lag == 0 && findings->linked[back];
        if ((!findings->linked[cell] && !is_back) ||
            caus_link_marks(question, findings->linked[cell], is_back, source,
                            target, lag)
                    .target != CAUS_MARK_ARROW)
            continue;
        bool stays =
            caus_assumed(question, source, target, lag) == CAUS_ASSUME_LINK;
        list[count++] = (caus_ranked){
            stays ? HUGE_VAL : fabs(findings->statistic[cell]), k};
    }
    return count;
}

/* Of more parents than are allowed the strongest are reported. */
static caus_status bound_parents(caus_search *search, caus_findings *findings,
                                 caus_error *err)
{
    const caus_question *question = search->question;
    size_t lags = question->options->max_lag + 1;
    size_t most = question->options->max_parents;
    caus_arena *arena = search->hands[0].arena;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_ranked *list =
        CAUS_ARRAY(arena, caus_ranked, question->variable_count * lags);
    if (!list)
        return caus_arena_fail(arena, err);
    for (size_t j = 0; j < question->variable_count; j++) {
        size_t count = list_parents(question, findings, j, list);
        caus_rank_parents(list, count);
        for (size_t k = most; k < count; k++) {
            size_t source = list[k].cell / lags, lag = list[k].cell % lags;
            findings->linked[caus_cell(question, source, j, lag)] = false;
            if (lag == 0)
                findings->linked[caus_cell(question, j, source, 0)] = false;
        }
    }
    caus_arena_rewind(arena, mark);
    return CAUS_OK;
}

caus_status caus_decide_links(caus_search *search, caus_findings *findings,
                              caus_error *err)
{
    if (search->question->options->fdr != CAUS_FDR_NONE)
        CAUS_TRY(correct(search, findings, err));
    if (search->question->options->min_lag == 0 &&
        (!findings->plus || findings->q_value))
        make_symmetric(search, findings);
    if (search->question->options->max_parents && !findings->plus)
        CAUS_TRY(bound_parents(search, findings, err));
    return CAUS_OK;
}
