/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Condition selection, the PC1 part of PCMCI (Runge et al. 2019): candidates
 * are tested against the strongest others, one more condition a sweep, and
 * leave the list after the sweep in which they fail.
 */
#include <math.h>
#include <string.h>

#include "discovery/discovery_internal.h"

/* The list of one target while it shrinks. */
typedef struct shrinking {
    caus_search *search;
    caus_hand *hand;
    caus_decider *decider;
    size_t target;
    size_t count;
    caus_findings *findings;
} shrinking;

static bool is_granted(const shrinking *list, caus_node node)
{
    const caus_question *question = list->search->question;
    size_t stride = list->search->test->sample->stride;
    if (!question->assumptions)
        return false;
    return caus_is_granted(
        caus_assumed(question, node % stride, list->target, node / stride));
}

/* All candidates, by variable and then lag. A granted link counts as the
 * strongest possible. */
static void list_candidates(shrinking *list)
{
    const caus_question *question = list->search->question;
    caus_hand *hand = list->hand;
    list->count = 0;
    for (size_t i = 0; i < question->variable_count; i++) {
        for (size_t lag = question->first_lag;
             lag <= question->options->max_lag; lag++) {
            if (caus_assumed(question, i, list->target, lag) ==
                CAUS_ASSUME_ABSENT)
                continue;
            caus_node node = caus_node_of(list->search->test->sample, i, lag);
            hand->candidates[list->count] = node;
            hand->strength[list->count] = is_granted(list, node) ? 1 : HUGE_VAL;
            hand->removed[list->count++] = false;
        }
    }
}

/* Drops removed candidates and puts the strongest first; equals keep their
 * order. */
static void sort_list(shrinking *list)
{
    caus_hand *hand = list->hand;
    size_t kept = 0;
    for (size_t m = 0; m < list->count; m++) {
        if (hand->removed[m])
            continue;
        caus_node node = hand->candidates[m];
        double strength = hand->strength[m];
        size_t place = kept++;
        for (; place > 0 && hand->strength[place - 1] < strength; place--) {
            hand->candidates[place] = hand->candidates[place - 1];
            hand->strength[place] = hand->strength[place - 1];
        }
        hand->candidates[place] = node;
        hand->strength[place] = strength;
    }
    memset(hand->removed, 0, list->count * sizeof *hand->removed);
    list->count = kept;
}

/* PCMCI+ tests no more what selection removed: this result stands. */
static void note_removal(shrinking *list, caus_node node,
                         const caus_ci_result *result)
{
    size_t stride = list->search->test->sample->stride;
    size_t cell = caus_cell(list->search->question, node % stride, list->target,
                            node / stride);
    list->findings->statistic[cell] = result->statistic;
    list->findings->df[cell] = result->undetermined ? 0 : result->df;
}

/* Tests candidate m under the conditions set; returns false on a stop. */
static caus_status test_candidate(shrinking *list, size_t m, bool *stop,
                                  caus_error *err)
{
    caus_hand *hand = list->hand;
    caus_ci_result result;
    if (caus_search_is_cut(list->search, hand)) {
        *stop = true;
        return CAUS_OK;
    }
    caus_ci_source source = {.node = hand->candidates[m]};
    CAUS_TRY(list->search->test->test(hand->work, &source, &result, err));
    hand->test_count++;
    double strength = fabs(result.statistic);
    if (strength < hand->strength[m])
        hand->strength[m] = strength;
    hand->removed[m] = !caus_is_dependent(list->decider, &result);
    if (hand->removed[m] && list->findings->plus)
        note_removal(list, hand->candidates[m], &result);
    return CAUS_OK;
}

static caus_status set_conditions(shrinking *list, size_t count,
                                  caus_error *err)
{
    caus_node target =
        caus_node_of(list->search->test->sample, list->target, 0);
    return list->search->test->condition(list->hand->work, target,
                                         list->hand->conditions, count, err);
}

/* One sweep with one combination a candidate: the first `size` others. All
 * candidates behind them share their conditions. */
static caus_status sweep_first(shrinking *list, size_t size, bool *stop,
                               caus_error *err)
{
    caus_hand *hand = list->hand;
    memcpy(hand->conditions, hand->candidates, size * sizeof(caus_node));
    CAUS_TRY(set_conditions(list, size, err));
    for (size_t m = size; m < list->count && !*stop; m++)
        if (!is_granted(list, hand->candidates[m]))
            CAUS_TRY(test_candidate(list, m, stop, err));
    for (size_t m = 0; m < size && !*stop; m++) {
        if (is_granted(list, hand->candidates[m]))
            continue;
        size_t used = 0;
        for (size_t k = 0; k <= size; k++)
            if (k != m)
                hand->conditions[used++] = hand->candidates[k];
        CAUS_TRY(set_conditions(list, size, err));
        CAUS_TRY(test_candidate(list, m, stop, err));
    }
    return CAUS_OK;
}

/* The next `size` of `count` places in lexicographic order; false at the end.
 */
static bool next_combination(size_t *places, size_t size, size_t count)
{
    size_t k = size;
    while (k > 0 && places[k - 1] == count - size + k - 1)
        k--;
    if (k == 0)
        return false;
    places[k - 1]++;
    for (; k < size; k++)
        places[k] = places[k - 1] + 1;
    return true;
}

/* Tests candidate m given combinations of the others until one separates. */
static caus_status try_combinations(shrinking *list, size_t m, size_t size,
                                    bool *stop, caus_error *err)
{
    caus_hand *hand = list->hand;
    size_t limit = list->search->question->options->max_combinations;
    for (size_t k = 0; k < size; k++)
        hand->combination[k] = k;
    for (size_t tried = 0; tried < limit && !*stop; tried++) {
        for (size_t k = 0; k < size; k++) {
            size_t place = hand->combination[k];
            hand->conditions[k] = hand->candidates[place + (place >= m)];
        }
        CAUS_TRY(set_conditions(list, size, err));
        CAUS_TRY(test_candidate(list, m, stop, err));
        if (hand->removed[m] ||
            !next_combination(hand->combination, size, list->count - 1))
            break;
    }
    return CAUS_OK;
}

static caus_status sweep(shrinking *list, size_t size, bool *stop,
                         caus_error *err)
{
    if (list->search->question->options->max_combinations == 1)
        return sweep_first(list, size, stop, err);
    for (size_t m = 0; m < list->count && !*stop; m++)
        if (!is_granted(list, list->hand->candidates[m]))
            CAUS_TRY(try_combinations(list, m, size, stop, err));
    return CAUS_OK;
}

static caus_status shrink(shrinking *list, bool *stop, caus_error *err)
{
    size_t limit = list->search->question->options->max_conditions;
    list_candidates(list);
    for (size_t size = 0; size < list->count && size <= limit; size++) {
        CAUS_TRY(sweep(list, size, stop, err));
        if (*stop)
            return CAUS_OK;
        sort_list(list);
    }
    return CAUS_OK;
}

static void keep(const shrinking *list, caus_selection *selection)
{
    selection->count = list->count;
    selection->alpha = list->decider->alpha;
    memcpy(selection->nodes, list->hand->candidates,
           list->count * sizeof *selection->nodes);
    memcpy(selection->strength, list->hand->strength,
           list->count * sizeof *selection->strength);
}

/* Equal conditions in another order score equal but for rounding: the first
 * alpha keeps them. */
static bool is_better(double score, double best)
{
    return score < best - 1e-10 * fabs(best);
}

/* A target that was not finished keeps no conditions. */
static caus_status select_target(caus_search *search, caus_hand *hand,
                                 caus_findings *findings, size_t target,
                                 caus_error *err)
{
    bool automatic = isnan(search->question->options->pc_alpha);
    size_t alphas = automatic ? CAUS_PC_ALPHA_COUNT : 1;
    double best = HUGE_VAL;
    for (size_t a = 0; a < alphas; a++) {
        shrinking list = {search, hand, &hand->select[a], target, 0, findings};
        double score = 0;
        bool stop = false;
        CAUS_TRY(shrink(&list, &stop, err));
        if (stop)
            return CAUS_OK;
        if (automatic) {
            memcpy(hand->conditions, hand->candidates,
                   list.count * sizeof(caus_node));
            CAUS_TRY(set_conditions(&list, list.count, err));
            CAUS_TRY(search->test->score(hand->work, &score, err));
        }
        if (a == 0 || is_better(score, best)) {
            keep(&list, &findings->selections[target]);
            best = score;
        }
    }
    return CAUS_OK;
}

caus_status caus_select_conditions(caus_search *search, caus_findings *findings,
                                   caus_error *err)
{
    caus_search_share_tests(search, findings, NULL);
    return caus_search_each(search, findings, CAUS_STAGE_SELECT, select_target,
                            err);
}
