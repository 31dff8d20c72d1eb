/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCMCI+ (Runge 2020): lagged conditions are selected as in PCMCI, then links
 * at all lags are tested given sets of lag-0 neighbours, then lag-0 edges are
 * oriented.
 */
#include <math.h>
#include <string.h>

#include "discovery/pcmciplus_internal.h"

static caus_status init_hands(caus_plus *plus, caus_error *err)
{
    size_t variables = plus->question->variable_count;
    size_t lags = plus->question->options->max_lag + 1;
    size_t stride = plus->candidate_stride;
    for (int k = 0; k < plus->search->threads; k++) {
        caus_arena *arena = plus->search->hands[k].arena;
        size_t *lists = CAUS_ARRAY(arena, size_t, 5 * stride);
        caus_node *extra = CAUS_ARRAY(arena, caus_node, variables * lags);
        if (!lists || !extra)
            return caus_arena_fail(arena, err);
        plus->hands[k] = (caus_plus_hand){.list = lists,
                                          .back_list = lists + stride,
                                          .given = lists + 2 * stride,
                                          .combination = lists + 3 * stride,
                                          .counts = lists + 4 * stride,
                                          .extra = extra};
    }
    return CAUS_OK;
}

static caus_status init_candidates(caus_plus *plus, caus_error *err)
{
    caus_arena *arena = plus->search->hands[0].arena;
    size_t variables = plus->question->variable_count;
    plus->candidate_stride = variables;
    plus->candidates = plus->neighbours;
    plus->candidate_count = plus->neighbour_count;
    if (!caus_plus_is_plain_pc(plus))
        return CAUS_OK;
    plus->candidate_stride = plus->search->test->sample->stride *
                             (plus->question->options->max_lag + 1);
    plus->candidates =
        CAUS_ARRAY(arena, size_t, variables * plus->candidate_stride);
    plus->candidate_count = CAUS_ARRAY(arena, size_t, variables);
    return plus->candidates && plus->candidate_count
               ? CAUS_OK
               : caus_arena_fail(arena, err);
}

static caus_status init_given(caus_plus *plus, caus_error *err)
{
    const caus_question *question = plus->question;
    caus_arena *arena = plus->search->hands[0].arena;
    if (!plus->search->test->place || !(question->options->level > 0))
        return CAUS_OK;
    size_t variables = question->variable_count;
    plus->given = CAUS_ARRAY(arena, caus_given, question->cell_count);
    plus->shown_cell = CAUS_ARRAY(arena, size_t, variables * variables);
    return plus->given && plus->shown_cell ? CAUS_OK
                                           : caus_arena_fail(arena, err);
}

caus_status caus_plus_init(caus_search *search, caus_findings *findings,
                           caus_plus *plus, caus_error *err)
{
    const caus_question *question = search->question;
    caus_arena *arena = search->hands[0].arena;
    size_t variables = question->variable_count, cells = question->cell_count;
    *plus = (caus_plus){
        .question = question,
        .search = search,
        .findings = findings,
        .strength = CAUS_ARRAY(arena, double, cells),
        .separating_sets = CAUS_ARRAY(arena, caus_separating_set, cells),
        .neighbours = CAUS_ARRAY(arena, size_t, variables * variables),
        .neighbour_count = CAUS_ARRAY(arena, size_t, variables),
        .most_given = CAUS_ARRAY(arena, size_t, variables),
        .hands = CAUS_ARRAY(arena, caus_plus_hand, (size_t)search->threads),
        .marks = CAUS_ARRAY(arena, unsigned char, variables *variables),
        .shown_statistic = CAUS_ARRAY(arena, double, variables *variables),
        .shown_df = CAUS_ARRAY(arena, double, variables *variables),
    };
    if (!plus->strength || !plus->separating_sets || !plus->neighbours ||
        !plus->neighbour_count || !plus->most_given || !plus->hands ||
        !plus->marks || !plus->shown_statistic || !plus->shown_df)
        return caus_arena_fail(arena, err);
    CAUS_TRY(init_candidates(plus, err));
    CAUS_TRY(init_given(plus, err));
    return init_hands(plus, err);
}

/* Calls `work` for every cell. */
typedef void cell_fn(caus_plus *plus, size_t source, size_t target, size_t lag);

static void for_each_cell(caus_plus *plus, cell_fn *work)
{
    const caus_question *question = plus->question;
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t j = 0; j < question->variable_count; j++)
            for (size_t lag = question->options->min_lag;
                 lag <= question->options->max_lag; lag++)
                work(plus, i, j, lag);
}

/* Links at lag 0, and at other lags when the selection is to be forgotten. */
static void link_hypotheses(caus_plus *plus, size_t source, size_t target,
                            size_t lag)
{
    const caus_question *question = plus->question;
    bool reset =
        question->options->reset_lagged_links || caus_plus_is_plain_pc(plus);
    size_t cell = caus_cell(question, source, target, lag);
    plus->findings->linked[cell] =
        (lag == 0 || reset) &&
        caus_is_hypothesis(question, source, target, lag);
}

static void link_selections(caus_plus *plus)
{
    const caus_question *question = plus->question;
    size_t stride = plus->search->test->sample->stride;
    for (size_t j = 0; j < question->variable_count; j++) {
        const caus_selection *selection = &plus->findings->selections[j];
        for (size_t k = 0; k < selection->count; k++) {
            caus_node node = selection->nodes[k];
            plus->findings
                ->linked[caus_cell(question, node % stride, j, node / stride)] =
                1;
        }
    }
}

/* A link that was never tested is none, unless it was granted. */
static void settle_link(caus_plus *plus, size_t source, size_t target,
                        size_t lag)
{
    const caus_question *question = plus->question;
    size_t cell = caus_cell(question, source, target, lag);
    size_t back = lag ? cell : caus_cell(question, target, source, 0);
    if (caus_is_granted(caus_assumed(question, source, target, lag))) {
        plus->findings->linked[cell] = 1;
        plus->findings->statistic[cell] = 1;
        plus->findings->df[cell] = 0;
    } else if (isinf(plus->strength[cell]) && isinf(plus->strength[back])) {
        plus->findings->linked[cell] = 0;
    }
}

/* At lag 0 the statistic of the test from the smaller to the larger variable
 * is shown, with the larger p-value of both, as in tigramite. */
static void merge_ends(caus_plus *plus, size_t source, size_t target,
                       size_t lag)
{
    const caus_question *question = plus->question;
    caus_findings *findings = plus->findings;
    if (lag > 0 || source >= target)
        return;
    size_t variables = question->variable_count;
    size_t forward = caus_cell(question, source, target, 0);
    size_t back = caus_cell(question, target, source, 0);
    bool has_forward = isfinite(plus->strength[forward]);
    bool has_back = isfinite(plus->strength[back]);
    bool keep_forward =
        !has_back ||
        (has_forward &&
         caus_is_weaker(plus->search->test, findings->statistic[forward],
                        findings->df[forward], findings->statistic[back],
                        findings->df[back]));
    bool is_linked = findings->linked[forward] || findings->linked[back];
    size_t weaker = keep_forward ? forward : back;
    size_t shown = is_linked || !has_forward ? weaker : forward;
    size_t there = source * variables + target;
    size_t and_there = target * variables + source;
    plus->shown_statistic[there] = findings->statistic[shown];
    plus->shown_statistic[and_there] = findings->statistic[shown];
    plus->shown_df[there] = plus->shown_df[and_there] = findings->df[shown];
    if (plus->shown_cell)
        plus->shown_cell[there] = plus->shown_cell[and_there] = shown;
    size_t other = keep_forward ? back : forward;
    findings->statistic[other] = findings->statistic[weaker];
    findings->df[other] = findings->df[weaker];
}

static caus_status give_ambiguous(caus_plus *plus, caus_error *err)
{
    caus_arena *arena = plus->search->hands[0].arena;
    caus_triple *list = CAUS_ARRAY(arena, caus_triple, plus->triple_count);
    if (!list)
        return caus_arena_fail(arena, err);
    for (size_t t = 0; t < plus->triple_count; t++) {
        const caus_plus_triple *triple = &plus->triples[t];
        if (triple->verdict == CAUS_VERDICT_AMBIGUOUS)
            list[plus->ambiguous_count++] = (caus_triple){
                triple->source, triple->lag, triple->middle, triple->target};
    }
    plus->ambiguous = list;
    return CAUS_OK;
}

/*
 * Of two variables that are not linked, one is no cause of the other and is
 * separated from it by its own parents: among lag-0 neighbours no more need be
 * given than the bound leaves beside the lagged parents that are known.
 */
static void bound_sets(caus_plus *plus)
{
    const caus_question *question = plus->question;
    size_t bound = question->options->max_parents;
    for (size_t j = 0; j < question->variable_count; j++) {
        size_t *most = &plus->most_given[j];
        *most = bound ? bound : SIZE_MAX;
        if (!bound || plus->is_exogenous || caus_plus_is_plain_pc(plus))
            continue;
        for (size_t i = 0; i < question->variable_count; i++)
            for (size_t lag = 1; lag <= question->options->max_lag; lag++)
                *most -= caus_assumed(question, i, j, lag) == CAUS_ASSUME_LINK;
    }
}

caus_status caus_plus_find_links(caus_plus *plus, caus_error *err)
{
    bound_sets(plus);
    for_each_cell(plus, link_hypotheses);
    link_selections(plus);
    if (plus->question->options->uneven_rows)
        CAUS_TRY(caus_plus_weigh_rows(plus, err));
    if (!caus_plus_is_over(plus))
        CAUS_TRY(caus_plus_skeleton(plus, err));
    for_each_cell(plus, settle_link);
    for_each_cell(plus, merge_ends);
    caus_plus_list_neighbours(plus);
    return CAUS_OK;
}

caus_status caus_plus_find_marks(caus_plus *plus, caus_error *err)
{
    if (!caus_plus_is_over(plus) && plus->question->options->min_lag == 0)
        CAUS_TRY(caus_plus_find_colliders(plus, err));
    CAUS_TRY(caus_plus_orient(plus, err));
    if (!caus_plus_is_over(plus))
        CAUS_TRY(give_ambiguous(plus, err));
    return CAUS_OK;
}

static caus_status find_graph(caus_plus *plus, caus_error *err)
{
    if (!caus_plus_is_plain_pc(plus))
        CAUS_TRY(caus_select_conditions(plus->search, plus->findings, err));
    CAUS_TRY(caus_plus_find_links(plus, err));
    return caus_plus_find_marks(plus, err);
}

/* One alpha being tried. */
typedef struct trial {
    caus_plus plus;
    caus_findings findings;
    caus_pcmci_options options;
    caus_question question;
} trial;

void caus_plus_clear(caus_plus *plus)
{
    caus_findings *findings = plus->findings;
    size_t cells = plus->question->cell_count;
    size_t variables = plus->question->variable_count;
    memset(findings->statistic, 0, cells * sizeof *findings->statistic);
    memset(findings->df, 0, cells * sizeof *findings->df);
    memset(plus->separating_sets, 0, cells * sizeof *plus->separating_sets);
    memset(plus->marks, 0, variables * variables);
    for (size_t cell = 0; cell < cells; cell++)
        plus->strength[cell] = HUGE_VAL;
    for (size_t j = 0; j < variables; j++)
        findings->selections[j].count = 0;
    plus->triple_count = plus->ambiguous_count = 0;
}

static caus_status init_trial(caus_search *search, trial *t, caus_error *err)
{
    t->options = *search->question->options;
    t->question = *search->question;
    t->question.options = &t->options;
    t->options.fdr = CAUS_FDR_NONE;
    CAUS_TRY(caus_findings_init(&t->question, search->hands[0].arena,
                                &t->findings, err));
    t->findings.plus = &t->plus;
    return caus_plus_init(search, &t->findings, &t->plus, err);
}

static void copy_selection(const caus_selection *from, caus_selection *to)
{
    to->count = from->count;
    to->alpha = from->alpha;
    memcpy(to->nodes, from->nodes, from->count * sizeof *to->nodes);
    memcpy(to->strength, from->strength, from->count * sizeof *to->strength);
}

static void keep_trial(const trial *t, caus_findings *findings)
{
    size_t cells = t->question.cell_count;
    memcpy(findings->statistic, t->findings.statistic,
           cells * sizeof *findings->statistic);
    memcpy(findings->df, t->findings.df, cells * sizeof *findings->df);
    memcpy(findings->linked, t->findings.linked, cells);
    for (size_t j = 0; j < t->question.variable_count; j++)
        copy_selection(&t->findings.selections[j], &findings->selections[j]);
    findings->plus = t->findings.plus;
}

/* Searches with one alpha, the a-th of those the hands have ready. */
static caus_status run_trial(caus_search *search, trial *t, size_t a,
                             double alpha, caus_error *err)
{
    const caus_question *question = search->question;
    t->options.pc_alpha = alpha;
    for (int k = 0; k < search->threads; k++)
        search->hands[k].select[0] = search->hands[k].select[a];
    search->question = t->plus.question = &t->question;
    caus_plus_clear(&t->plus);
    caus_status status = find_graph(&t->plus, err);
    search->question = question;
    return status;
}

/* Scores may differ by rounding alone: the first alpha keeps them. */
static bool is_better(double score, double best)
{
    return score < best - 1e-10 * fabs(best);
}

void caus_plus_drop_weak(caus_search *search, caus_findings *findings)
{
    caus_decider *decider = &search->hands[0].report;
    for (size_t cell = 0; cell < search->question->cell_count; cell++) {
        caus_ci_result result = {.statistic = findings->statistic[cell],
                                 .df = findings->df[cell]};
        if (findings->linked[cell] && findings->df[cell] >= 1)
            findings->linked[cell] = caus_is_dependent(decider, &result);
    }
}

caus_status caus_plus_run(caus_search *search, caus_findings *findings,
                          caus_error *err)
{
    size_t alpha_count, free_trial = 0;
    const double *alphas =
        caus_pc_alphas(search->question->options, &alpha_count);
    double best = HUGE_VAL, score = 0;
    caus_arena *arena = search->hands[0].arena;
    trial *trials = CAUS_ARRAY(arena, trial, 2);
    if (!trials)
        return caus_arena_fail(arena, err);
    for (size_t a = 0; a < alpha_count; a++) {
        trial *t = &trials[free_trial];
        if (!t->findings.plus)
            CAUS_TRY(init_trial(search, t, err));
        CAUS_TRY(run_trial(search, t, a, alphas[a], err));
        bool is_over = atomic_load(&search->stopped);
        if (is_over && a > 0)
            break;
        if (alpha_count > 1 && !is_over)
            CAUS_TRY(caus_plus_score(&t->plus, &score, err));
        if (a == 0 || is_better(score, best)) {
            keep_trial(t, findings);
            best = score;
            free_trial = 1 - free_trial;
        }
        if (is_over)
            break;
    }
    caus_plus_drop_weak(search, findings);
    return caus_decide_links(search, findings, err);
}

caus_edge caus_plus_edge(const caus_findings *findings, size_t source,
                         size_t target)
{
    return (caus_edge){*caus_plus_mark(findings->plus, target, source),
                       *caus_plus_mark(findings->plus, source, target)};
}

static void show_lag_0(const caus_plus *plus, caus_findings *findings)
{
    size_t variables = plus->question->variable_count;
    if (plus->question->options->min_lag > 0)
        return;
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++) {
            size_t cell = caus_cell(plus->question, i, j, 0);
            findings->statistic[cell] =
                plus->shown_statistic[i * variables + j];
            findings->df[cell] = plus->shown_df[i * variables + j];
        }
}

caus_status caus_plus_give(caus_findings *findings, caus_arena *out,
                           caus_discovery *result, caus_error *err)
{
    const caus_plus *plus = findings->plus;
    size_t cells = plus->question->cell_count, count = plus->ambiguous_count;
    caus_separating_set *sets = CAUS_ARRAY(out, caus_separating_set, cells);
    caus_triple *triples = CAUS_ARRAY(out, caus_triple, count);
    if (!sets || !triples)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < cells; cell++) {
        const caus_separating_set *from = &plus->separating_sets[cell];
        if (!from->count)
            continue;
        caus_lagged *nodes = CAUS_ARRAY(out, caus_lagged, from->count);
        if (!nodes)
            return caus_arena_fail(out, err);
        memcpy(nodes, from->nodes, from->count * sizeof *nodes);
        sets[cell] = (caus_separating_set){from->count, nodes};
    }
    if (count)
        memcpy(triples, plus->ambiguous, count * sizeof *triples);
    show_lag_0(plus, findings);
    result->separating_sets = sets;
    result->graph.ambiguous = triples;
    result->graph.ambiguous_count = count;
    return CAUS_OK;
}

caus_status caus_discover_pcmciplus(const caus_series *series,
                                    const caus_pcmci_options *options,
                                    const caus_run *run, caus_arena *out,
                                    caus_discovery *result, caus_error *err)
{
    caus_pcmci_options mine = options ? *options : caus_pcmci_options_default();
    mine.method = CAUS_METHOD_PCMCIPLUS;
    return caus_discover_pcmci(series, &mine, run, out, result, err);
}
