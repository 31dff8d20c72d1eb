/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The skeleton phase of PCMCI+ (Runge 2020, algorithm 2): momentary conditional
 * independence given growing sets of lag-0 neighbours of the target. Neighbours
 * are those at the start of a size, so that targets do not depend on each
 * other, except that a lag-0 link removed from one end is not tested from the
 * other: that is why each size has a forward and a backward pass.
 */
#include <math.h>
#include <string.h>

#include "discovery/pcmciplus_internal.h"

bool caus_next_combination(size_t *places, size_t size, size_t count)
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

/* The nodes linked to a target at lags below `lags`, the strongest first. */
static size_t list_linked(const caus_plus *plus, size_t target, size_t lags,
                          size_t *list)
{
    const caus_question *question = plus->question;
    size_t stride = plus->search->test->sample->stride, count = 0;
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t lag = 0; lag < lags; lag++) {
            if ((i == target && lag == 0) ||
                !caus_plus_is_linked(plus, i, target, lag))
                continue;
            double strength =
                plus->strength[caus_cell(question, i, target, lag)];
            size_t place = count++;
            for (; place > 0; place--) {
                size_t other = list[place - 1];
                if (plus->strength[caus_cell(question, other % stride, target,
                                             other / stride)] >= strength)
                    break;
                list[place] = other;
            }
            list[place] = lag * stride + i;
        }
    return count;
}

void caus_plus_list_neighbours(caus_plus *plus)
{
    size_t variables = plus->question->variable_count;
    size_t lags = plus->question->options->max_lag + 1;
    for (size_t j = 0; j < variables; j++) {
        plus->neighbour_count[j] =
            list_linked(plus, j, 1, plus->neighbours + j * variables);
        if (caus_plus_is_plain_pc(plus))
            plus->candidate_count[j] = list_linked(
                plus, j, lags, plus->candidates + j * plus->candidate_stride);
    }
}

caus_status caus_plus_condition(caus_plus *plus, caus_hand *hand, size_t target,
                                caus_error *err)
{
    const caus_selection *selection = &plus->findings->selections[target];
    size_t count = caus_smaller(selection->count,
                                plus->question->options->max_conditions_target);
    caus_plus_hand_of(plus, hand)->target = target;
    return plus->search->test->condition(
        hand->work, caus_node_of(plus->search->test->sample, target, 0),
        selection->nodes, count, err);
}

caus_status caus_plus_test(caus_plus *plus, caus_hand *hand, size_t source,
                           size_t lag, const size_t *given, size_t count,
                           caus_ci_result *result, caus_error *err)
{
    const caus_sample *sample = plus->search->test->sample;
    const caus_selection *selection = &plus->findings->selections[source];
    const caus_plus_hand *place = caus_plus_hand_of(plus, hand);
    caus_node *extra = place->extra;
    size_t parents = caus_smaller(
        selection->count, plus->question->options->max_conditions_source);
    size_t shift = lag * sample->stride, used = 0;
    for (size_t k = 0; k < count; k++)
        extra[used++] = (caus_node)given[k];
    for (size_t k = 0; k < parents; k++)
        extra[used++] = selection->nodes[k] + (caus_node)shift;
    caus_ci_source tested = {.node = caus_node_of(sample, source, lag),
                             .extra = extra,
                             .extra_count = used};
    hand->test_count++;
    CAUS_TRY(plus->search->test->test(hand->work, &tested, result, err));
    size_t cell = caus_cell(plus->question, source, place->target, lag);
    if (plus->unevenness && plus->unevenness[cell] > 0)
        result->df = fmax(1, result->df / plus->unevenness[cell]);
    return CAUS_OK;
}

static caus_status note_given(caus_plus *plus, caus_hand *hand, size_t cell,
                              caus_error *err)
{
    caus_given *given = &plus->given[cell];
    if (given->capacity < plus->size) {
        given->nodes = CAUS_ARRAY(hand->arena, caus_node, plus->size);
        if (!given->nodes)
            return caus_arena_fail(hand->arena, err);
        given->capacity = plus->size;
    }
    given->count = plus->size;
    for (size_t k = 0; k < plus->size; k++)
        given->nodes[k] = (caus_node)caus_plus_hand_of(plus, hand)->given[k];
    return CAUS_OK;
}

/* Keeps the least convincing result of a link. */
static caus_status note_result(caus_plus *plus, caus_hand *hand, size_t cell,
                               const caus_ci_result *result, caus_error *err)
{
    caus_status status = CAUS_OK;
    double *statistic = &plus->findings->statistic[cell];
    double *df = &plus->findings->df[cell];
    double size = fabs(result->statistic);
    double new_df = result->undetermined ? 0 : result->df;
    if (isinf(plus->strength[cell]) ||
        caus_is_weaker(plus->search->test, result->statistic, new_df,
                       *statistic, *df)) {
        *statistic = result->statistic;
        *df = new_df;
        if (plus->given)
            status = note_given(plus, hand, cell, err);
    }
    if (size < plus->strength[cell])
        plus->strength[cell] = size;
    return status;
}

static caus_status remove_link(caus_plus *plus, caus_hand *hand, size_t source,
                               size_t target, size_t lag, caus_error *err)
{
    const caus_plus_hand *place = caus_plus_hand_of(plus, hand);
    size_t cell = caus_cell(plus->question, source, target, lag);
    caus_lagged *nodes = CAUS_ARRAY(hand->arena, caus_lagged, plus->size);
    if (!nodes)
        return caus_arena_fail(hand->arena, err);
    size_t stride = plus->search->test->sample->stride;
    for (size_t k = 0; k < plus->size; k++) {
        size_t node = place->list[place->combination[k]];
        nodes[k] = (caus_lagged){node % stride, node / stride};
    }
    caus_separating_set set = {plus->size, nodes};
    plus->findings->linked[cell] = 0;
    plus->separating_sets[cell] = set;
    if (lag > 0)
        return CAUS_OK;
    size_t back = caus_cell(plus->question, target, source, 0);
    plus->findings->linked[back] = 0;
    plus->separating_sets[back] = set;
    return CAUS_OK;
}

/* Tests one link given all sets of the present size. */
static caus_status test_link(caus_plus *plus, caus_hand *hand, size_t source,
                             size_t target, size_t lag, caus_error *err)
{
    caus_plus_hand *place = caus_plus_hand_of(plus, hand);
    const size_t *list = plus->candidates + target * plus->candidate_stride;
    size_t cell = caus_cell(plus->question, source, target, lag), count = 0;
    size_t node = caus_node_of(plus->search->test->sample, source, lag);
    for (size_t k = 0; k < plus->candidate_count[target]; k++)
        if (list[k] != node)
            place->list[count++] = list[k];
    if (count < plus->size)
        return CAUS_OK;
    for (size_t k = 0; k < plus->size; k++)
        place->combination[k] = k;
    do {
        caus_ci_result result;
        if (caus_search_is_cut(plus->search, hand))
            return CAUS_OK;
        for (size_t k = 0; k < plus->size; k++)
            place->given[k] = place->list[place->combination[k]];
        CAUS_TRY(caus_plus_test(plus, hand, source, lag, place->given,
                                plus->size, &result, err));
        CAUS_TRY(note_result(plus, hand, cell, &result, err));
        if (!caus_is_dependent(&hand->select[0], &result))
            return remove_link(plus, hand, source, target, lag, err);
    } while (caus_next_combination(place->combination, plus->size, count));
    return CAUS_OK;
}

/* Whether a link belongs to this pass. */
static bool is_due(const caus_plus *plus, size_t source, size_t target,
                   size_t lag)
{
    bool is_backward = lag == 0 && source > target;
    if (is_backward != plus->backward || (lag == 0 && source == target))
        return false;
    return caus_plus_is_linked(plus, source, target, lag) &&
           caus_is_tested(plus->question, source, target, lag) &&
           !caus_is_granted(caus_assumed(plus->question, source, target, lag));
}

static bool has_sets(const caus_findings *findings, size_t target)
{
    const caus_plus *plus = findings->plus;
    return plus->candidate_count[target] >= plus->size &&
           plus->most_given[target] >= plus->size;
}

static caus_status test_target(caus_search *search, caus_hand *hand,
                               caus_findings *findings, size_t target,
                               caus_error *err)
{
    caus_plus *plus = findings->plus;
    if (!has_sets(findings, target))
        return CAUS_OK;
    CAUS_TRY(caus_plus_condition(plus, hand, target, err));
    for (size_t i = 0; i < search->question->variable_count; i++)
        for (size_t lag = search->question->options->min_lag;
             lag <= search->question->options->max_lag; lag++)
            if (is_due(plus, i, target, lag))
                CAUS_TRY(test_link(plus, hand, i, target, lag, err));
    return CAUS_OK;
}

static size_t most_candidates(const caus_plus *plus)
{
    size_t most = 0;
    for (size_t j = 0; j < plus->question->variable_count; j++)
        if (plus->candidate_count[j] > most)
            most = plus->candidate_count[j];
    return most;
}

caus_status caus_plus_skeleton(caus_plus *plus, caus_error *err)
{
    size_t limit = plus->question->options->max_conditions;
    caus_plus_list_neighbours(plus);
    for (plus->size = 0;
         plus->size <= most_candidates(plus) && plus->size <= limit;
         plus->size++) {
        for (int pass = 0; pass < 2; pass++) {
            plus->backward = pass == 1;
            caus_search_share_tests(plus->search, plus->findings, has_sets);
            CAUS_TRY(caus_search_each(plus->search, plus->findings,
                                      CAUS_STAGE_TEST, test_target, err));
            if (caus_plus_is_over(plus))
                return CAUS_OK;
        }
        caus_plus_list_neighbours(plus);
    }
    return CAUS_OK;
}
