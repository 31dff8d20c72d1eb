/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unshielded triples source(t − lag) – middle(t) – target(t) and whether they
 * are colliders (Runge 2020, algorithm S2): by the first separating set, or by
 * how many of all separating sets among the neighbours hold the middle.
 */
#include <string.h>

#include "discovery/pcmciplus_internal.h"

/* Whether both ends see the same tests at lag 0: then one end is enough. */
static bool is_symmetric(const caus_question *question)
{
    const caus_pcmci_options *options = question->options;
    return !options->mask_roles &&
           options->max_conditions_target == options->max_conditions_source;
}

/* Calls for every unshielded triple; with triples NULL they are counted. */
static size_t list_triples(const caus_plus *plus, caus_plus_triple *triples)
{
    size_t variables = plus->question->variable_count, count = 0;
    for (size_t j = 0; j < variables; j++) {
        for (size_t k = 0; k < variables; k++) {
            if (k == j || !caus_plus_is_linked(plus, k, j, 0) ||
                (plus->is_exogenous &&
                 (plus->is_exogenous[j] || plus->is_exogenous[k])))
                continue;
            for (size_t i = 0; i < variables; i++) {
                for (size_t lag = 0; lag <= plus->question->options->max_lag;
                     lag++) {
                    if ((lag == 0 && i == j) ||
                        !caus_plus_is_linked(plus, i, k, lag) ||
                        caus_plus_is_linked(plus, i, j, lag))
                        continue;
                    if (triples)
                        triples[count] = (caus_plus_triple){
                            .source = i, .lag = lag, .middle = k, .target = j};
                    count++;
                }
            }
        }
    }
    return count;
}

/* Chains triples with the same ends. */
static void chain_triples(caus_plus *plus)
{
    bool symmetric = is_symmetric(plus->question);
    for (size_t t = plus->triple_count; t-- > 0;) {
        caus_plus_triple *triple = &plus->triples[t];
        size_t source = triple->source, target = triple->target;
        if (symmetric && triple->lag == 0 && source > target) {
            source = triple->target;
            target = triple->source;
        }
        size_t *head = &plus->chains[caus_cell(plus->question, source, target,
                                               triple->lag)];
        triple->next = *head;
        *head = t + 1;
    }
}

static bool is_separating(const caus_separating_set *set, size_t variable)
{
    for (size_t k = 0; k < set->count; k++)
        if (set->nodes[k].variable == variable && set->nodes[k].lag == 0)
            return true;
    return false;
}

static void judge_by_first_set(caus_plus *plus)
{
    for (size_t t = 0; t < plus->triple_count; t++) {
        caus_plus_triple *triple = &plus->triples[t];
        const caus_separating_set *set = &plus->separating_sets[caus_cell(
            plus->question, triple->source, triple->target, triple->lag)];
        triple->verdict = is_separating(set, triple->middle)
                              ? CAUS_VERDICT_NO_COLLIDER
                              : CAUS_VERDICT_COLLIDER;
    }
}

/* How a pair of ends is separated. */
typedef struct pair {
    caus_plus *plus;
    caus_hand *hand;
    caus_plus_hand *place;
    size_t source, target, lag;
    size_t separations;
} pair;

static caus_status try_set(pair *p, const size_t *given, size_t count,
                           caus_error *err)
{
    caus_ci_result result;
    CAUS_TRY(caus_plus_test(p->plus, p->hand, p->source, p->lag, given, count,
                            &result, err));
    if (caus_is_dependent(&p->hand->select[0], &result))
        return CAUS_OK;
    p->separations++;
    for (size_t k = 0; k < count; k++)
        p->place->counts[given[k]]++;
    return CAUS_OK;
}

/* What sets are made of. */
typedef struct choice {
    const size_t *list;
    size_t count;
    size_t least, most; /* members of a set */
    /* sets within the first `known` were tried, up to this size */
    size_t known, known_most;
} choice;

static caus_status try_sets(pair *p, const choice *c, caus_error *err)
{
    size_t *places = p->place->combination, *given = p->place->given;
    for (size_t size = c->least; size <= c->count && size <= c->most; size++) {
        for (size_t k = 0; k < size; k++)
            places[k] = k;
        do {
            if (size && size <= c->known_most && places[size - 1] < c->known)
                continue;
            if (caus_search_is_cut(p->plus->search, p->hand))
                return CAUS_OK;
            for (size_t k = 0; k < size; k++)
                given[k] = c->list[places[k]];
            CAUS_TRY(try_set(p, given, size, err));
        } while (caus_next_combination(places, size, c->count));
    }
    return CAUS_OK;
}

static size_t list_others(const caus_plus *plus, size_t variable, size_t other,
                          size_t *list)
{
    const size_t *all = plus->candidates + variable * plus->candidate_stride;
    size_t count = 0;
    for (size_t k = 0; k < plus->candidate_count[variable]; k++)
        if (all[k] != other)
            list[count++] = all[k];
    return count;
}

/* Members of the second list that the first has come first; returns how many.
 */
static size_t move_common(const size_t *first, size_t first_count,
                          size_t *second, size_t second_count)
{
    size_t common = 0;
    for (size_t k = 0; k < second_count; k++) {
        for (size_t m = 0; m < first_count; m++) {
            if (first[m] != second[k])
                continue;
            size_t moved = second[k];
            second[k] = second[common];
            second[common++] = moved;
            break;
        }
    }
    return common;
}

static caus_verdict judge(const pair *p, size_t middle)
{
    size_t all = p->separations, with = p->place->counts[middle];
    if (!all)
        return CAUS_VERDICT_AMBIGUOUS;
    if (p->plus->question->options->colliders == CAUS_COLLIDERS_CONSERVATIVE) {
        if (with == 0)
            return CAUS_VERDICT_COLLIDER;
        return with == all ? CAUS_VERDICT_NO_COLLIDER : CAUS_VERDICT_AMBIGUOUS;
    }
    if (2 * with == all)
        return CAUS_VERDICT_AMBIGUOUS;
    return 2 * with < all ? CAUS_VERDICT_COLLIDER : CAUS_VERDICT_NO_COLLIDER;
}

static caus_status judge_pair(pair *p, size_t chain, caus_error *err)
{
    caus_plus *plus = p->plus;
    caus_plus_hand *place = p->place;
    size_t source = caus_node_of(plus->search->test->sample, p->source, p->lag);
    size_t count = list_others(plus, p->target, source, place->list);
    memset(place->counts, 0, plus->candidate_stride * sizeof *place->counts);
    p->separations = 0;
    choice here = {.list = place->list,
                   .count = count,
                   .most = plus->most_given[p->target]};
    CAUS_TRY(try_sets(p, &here, err));
    if (!p->lag) {
        size_t back = list_others(plus, p->source, p->target, place->back_list);
        choice there = {
            .list = place->back_list,
            .count = back,
            .known = move_common(place->list, count, place->back_list, back),
            .known_most = here.most,
            .least = 1,
            .most = plus->most_given[p->source]};
        CAUS_TRY(try_sets(p, &there, err));
    }
    for (size_t t = chain; t; t = plus->triples[t - 1].next)
        plus->triples[t - 1].verdict = judge(p, plus->triples[t - 1].middle);
    return CAUS_OK;
}

static bool ends_triples(const caus_findings *findings, size_t target)
{
    const caus_question *question = findings->plus->question;
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t lag = 0; lag <= question->options->max_lag; lag++)
            if (findings->plus->chains[caus_cell(question, i, target, lag)])
                return true;
    return false;
}

static caus_status judge_target(caus_search *search, caus_hand *hand,
                                caus_findings *findings, size_t target,
                                caus_error *err)
{
    caus_plus *plus = findings->plus;
    pair p = {.plus = plus,
              .hand = hand,
              .place = caus_plus_hand_of(plus, hand),
              .target = target};
    bool is_fixed = false;
    for (p.source = 0; p.source < search->question->variable_count; p.source++)
        for (p.lag = 0; p.lag <= search->question->options->max_lag; p.lag++) {
            size_t chain = plus->chains[caus_cell(plus->question, p.source,
                                                  target, p.lag)];
            if (!chain)
                continue;
            if (!is_fixed)
                CAUS_TRY(caus_plus_condition(plus, hand, target, err));
            is_fixed = true;
            CAUS_TRY(judge_pair(&p, chain, err));
        }
    return CAUS_OK;
}

/* The set with or without one member. */
static caus_status change_set(caus_plus *plus, size_t cell, size_t member,
                              bool with, caus_error *err)
{
    caus_separating_set *set = &plus->separating_sets[cell];
    caus_arena *arena = plus->search->hands[0].arena;
    if (is_separating(set, member) == with)
        return CAUS_OK;
    caus_lagged *nodes = CAUS_ARRAY(arena, caus_lagged, set->count + 1);
    if (!nodes)
        return caus_arena_fail(arena, err);
    size_t count = 0;
    for (size_t k = 0; k < set->count; k++)
        if (set->nodes[k].variable != member || set->nodes[k].lag)
            nodes[count++] = set->nodes[k];
    if (with)
        nodes[count++].variable = member;
    *set = (caus_separating_set){count, nodes};
    return CAUS_OK;
}

/* Makes the separating sets agree with the verdicts. */
static caus_status change_sets(caus_plus *plus, caus_error *err)
{
    for (size_t t = 0; t < plus->triple_count; t++) {
        const caus_plus_triple *triple = &plus->triples[t];
        if (triple->verdict != CAUS_VERDICT_COLLIDER &&
            triple->verdict != CAUS_VERDICT_NO_COLLIDER)
            continue;
        bool with = triple->verdict == CAUS_VERDICT_NO_COLLIDER;
        size_t source = triple->source, target = triple->target;
        size_t cell = caus_cell(plus->question, source, target, triple->lag);
        CAUS_TRY(change_set(plus, cell, triple->middle, with, err));
        if (triple->lag == 0)
            plus->separating_sets[caus_cell(plus->question, target, source,
                                            0)] = plus->separating_sets[cell];
    }
    return CAUS_OK;
}

caus_status caus_plus_find_colliders(caus_plus *plus, caus_error *err)
{
    caus_arena *arena = plus->search->hands[0].arena;
    plus->triple_count = list_triples(plus, NULL);
    plus->triples = CAUS_ARRAY(arena, caus_plus_triple, plus->triple_count);
    plus->chains = CAUS_ARRAY(arena, size_t, plus->question->cell_count);
    if (!plus->triples || !plus->chains)
        return caus_arena_fail(arena, err);
    list_triples(plus, plus->triples);
    if (plus->question->options->colliders == CAUS_COLLIDERS_NONE) {
        judge_by_first_set(plus);
        return CAUS_OK;
    }
    chain_triples(plus);
    caus_search_share_tests(plus->search, plus->findings, ends_triples);
    CAUS_TRY(caus_search_each(plus->search, plus->findings, CAUS_STAGE_TEST,
                              judge_target, err));
    return change_sets(plus, err);
}
