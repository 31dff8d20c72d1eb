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
    if (one_way)
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

/* Hypotheses that are corrected together. */
typedef enum family {
    FAMILY_NONE,
    FAMILY_OPEN,
    FAMILY_ORDERED,
    FAMILY_COUNT
} family;

static family family_of(const caus_question *question, size_t cell)
{
    const caus_pcmci_options *options = question->options;
    size_t lags = options->max_lag + 1, lag = cell % lags, pair = cell / lags;
    size_t source = pair / question->variable_count;
    size_t target = pair % question->variable_count;
    if (!caus_is_tested(question, source, target, lag) ||
        (lag == 0 && !options->fdr_contemporaneous) ||
        (source == target && options->fdr_skip_own_past))
        return FAMILY_NONE;
    bool is_ordered = lag == 0 && caus_assumed(question, source, target, 0) ==
                                      CAUS_ASSUME_NOT_BACK;
    return is_ordered && options->fdr_ordered_apart ? FAMILY_ORDERED
                                                    : FAMILY_OPEN;
}

/* Room for all hypotheses. */
typedef struct hypotheses {
    size_t *where, *order;
    double *p_values, *q_values;
} hypotheses;

static void adjust_family(const caus_search *search, caus_findings *findings,
                          family which, const hypotheses *room)
{
    const caus_question *question = search->question;
    size_t count = 0;
    for (size_t cell = 0; cell < question->cell_count; cell++) {
        if (family_of(question, cell) != which)
            continue;
        room->where[count] = cell;
        room->p_values[count++] = findings->p_value[cell];
    }
    caus_fdr_adjust(room->p_values, count, question->options->fdr, room->order,
                    room->q_values);
    for (size_t k = 0; k < count; k++)
        findings->q_value[room->where[k]] = room->q_values[k];
}

/* q-values of the hypotheses; others keep their p-value. */
static caus_status adjust(const caus_search *search, caus_findings *findings,
                          caus_arena *arena, caus_error *err)
{
    const caus_question *question = search->question;
    size_t cells = question->cell_count;
    hypotheses room = {.where = CAUS_ARRAY(arena, size_t, cells),
                       .order = CAUS_ARRAY(arena, size_t, cells),
                       .p_values = CAUS_ARRAY(arena, double, cells),
                       .q_values = CAUS_ARRAY(arena, double, cells)};
    if (!room.where || !room.order || !room.p_values || !room.q_values)
        return caus_arena_fail(arena, err);
    for (size_t cell = 0; cell < cells; cell++)
        findings->p_value[cell] = findings->q_value[cell] =
            p_value_of(search, findings, cell);
    for (family which = FAMILY_OPEN; which < FAMILY_COUNT; which++)
        adjust_family(search, findings, which, &room);
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
