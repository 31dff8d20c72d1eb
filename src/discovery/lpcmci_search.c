/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The removal phases of LPCMCI. Pairs come in batches: links of a variable
 * with its own past, then lag 0, lag 1 and so on. What a batch separates is
 * removed at its end, so that the order within it does not matter to the graph.
 */
#include <math.h>
#include <string.h>

#include "discovery/lpcmci_internal.h"

/* One pass over all links with one size of condition sets. */
typedef struct pass {
    size_t size;
    bool is_second;   /* removal phase */
    bool was_tested;  /* some link */
    bool has_removed; /* some link */
} pass;

/* Orders candidates by the least statistic against a node, the largest first;
 * ties by lag and name. */
static void sort_candidates(const caus_lp *lp, size_t node, uint32_t *list,
                            size_t count)
{
    double *keys = lp->keys;
    for (size_t k = 0; k < count; k++) {
        uint32_t moved = list[k];
        double key = lp->least[caus_lp_cell(lp, moved, node)];
        size_t place = k;
        for (; place > 0 && keys[place - 1] < key; place--) {
            list[place] = list[place - 1];
            keys[place] = keys[place - 1];
        }
        list[place] = moved;
        keys[place] = key;
    }
}

static size_t list_bits(const caus_lp *lp, const uint64_t *bits, uint32_t *list)
{
    size_t count = 0;
    for (size_t node = caus_bit_next(bits, lp->words, 0); node < lp->node_count;
         node = caus_bit_next(bits, lp->words, node + 1))
        list[count++] = (uint32_t)node;
    return count;
}

/* Neighbours of a node that may be its parents: the paper's apds_t. */
static void possible_parents(const caus_lp *lp, size_t node, size_t partner,
                             uint64_t *result)
{
    const uint64_t *adjacent = lp->view.adjacent + node * lp->words;
    const uint64_t *arrows = lp->view.there[CAUS_MARK_ARROW] + node * lp->words;
    for (size_t w = 0; w < lp->words; w++)
        result[w] = adjacent[w] & ~arrows[w];
    caus_bit_clear(result, partner);
}

/*
 * Of candidates that are ancestors of an end all are given: where a set of
 * ancestors separates, it does so with any further ones (it separates in the
 * moral graph of the ancestors).
 */
static void add_ancestors(const caus_lp *lp, size_t node, size_t partner,
                          const uint64_t *candidates, uint64_t *definite)
{
    for (size_t k = caus_bit_next(candidates, lp->words, 0); k < lp->node_count;
         k = caus_bit_next(candidates, lp->words, k + 1))
        if (caus_lp_told(lp, k, node) == CAUS_MARK_TAIL ||
            caus_lp_told(lp, k, partner) == CAUS_MARK_TAIL)
            caus_bit_set(definite, k);
}

/* Conditions to choose from, in order; those given anyway are left out. */
static size_t list_candidates(caus_lp *lp, const pass *p, size_t node,
                              size_t partner)
{
    uint64_t *search = caus_lp_scratch(lp, CAUS_LP_SEARCH);
    uint64_t *definite = caus_lp_scratch(lp, CAUS_LP_DEFINITE);
    if (p->is_second)
        caus_lp_possible_separators(lp, node, partner, search);
    else
        possible_parents(lp, node, partner, search);
    caus_lp_parents(lp, node, partner, definite);
    if (p->is_second)
        add_ancestors(lp, node, partner, search, definite);
    for (size_t w = 0; w < lp->words; w++)
        search[w] &= ~definite[w];
    size_t count = list_bits(lp, search, lp->list);
    sort_candidates(lp, node, lp->list, count);
    return count;
}

/* Tests a pair given sets of one size drawn from the candidates. */
static caus_status test_sets(caus_lp *lp, pass *p, size_t node, size_t partner,
                             size_t count, bool *is_separated, caus_error *err)
{
    uint64_t *definite = caus_lp_scratch(lp, CAUS_LP_DEFINITE);
    uint64_t *given = caus_lp_scratch(lp, CAUS_LP_GIVEN);
    size_t tried = 0;
    for (size_t k = 0; k < p->size; k++)
        lp->combination[k] = k;
    p->was_tested = true;
    do {
        bool dependent;
        memcpy(given, definite, lp->words * sizeof *given);
        for (size_t k = 0; k < p->size; k++)
            caus_bit_set(given, lp->list[lp->combination[k]]);
        CAUS_TRY(caus_lp_ask(lp, node, partner, given, &dependent, err));
        if (!dependent) {
            *is_separated = true;
            return caus_lp_add_set(lp, caus_lp_sets_of(lp, node, partner),
                                   given, err);
        }
    } while (++tried < lp->options->max_combinations &&
             caus_next_combination(lp->combination, p->size, count));
    return CAUS_OK;
}

/* One end has no sets of this size. In the second phase that is enough: what
 * separates would be found from there. */
static void end_side(caus_lp *lp, const pass *p, size_t node, size_t partner)
{
    caus_lp_seen seen = caus_lp_see(lp, node, partner);
    if (p->is_second)
        seen.link->is_sure = true;
    else
        seen.link->done[seen.near] = true;
    caus_lp_mirror(lp, caus_lp_cell(lp, node, partner));
}

/* Tests a pair from the side of one end, unless that is done. */
static caus_status test_side(caus_lp *lp, pass *p, size_t node, size_t partner,
                             bool *is_separated, caus_error *err)
{
    caus_lp_seen seen = caus_lp_see(lp, node, partner);
    if (!p->is_second && seen.link->done[seen.near])
        return CAUS_OK;
    size_t count = list_candidates(lp, p, node, partner);
    bool is_large = p->is_second && count > lp->options->max_separating_search;
    if (count < p->size) {
        end_side(lp, p, node, partner);
        return CAUS_OK;
    }
    return is_large ? CAUS_OK
                    : test_sets(lp, p, node, partner, count, is_separated, err);
}

static caus_status test_pair(caus_lp *lp, pass *p, size_t source, size_t target,
                             caus_error *err)
{
    bool is_separated = false;
    caus_lp_seen seen = caus_lp_see(lp, source, target);
    const caus_lp_link *link = seen.link;
    if (link->mark[0] == CAUS_MARK_NONE || link->is_sure)
        return CAUS_OK;
    bool is_now = source < lp->variable_count;
    if (p->is_second && is_now &&
        list_candidates(lp, p, source, target) < p->size) {
        end_side(lp, p, source, target);
        return CAUS_OK;
    }
    CAUS_TRY(test_side(lp, p, target, source, &is_separated, err));
    if (is_now && !link->is_sure)
        CAUS_TRY(test_side(lp, p, source, target, &is_separated, err));
    if (is_separated) {
        caus_lp_refuse(lp, source, target);
        p->has_removed = true;
    }
    return CAUS_OK;
}

static caus_status test_own_past(caus_lp *lp, pass *p, caus_error *err)
{
    for (size_t v = 0; v < lp->variable_count; v++)
        for (size_t lag = lp->max_lag; lag > 0; lag--)
            CAUS_TRY(test_pair(lp, p, lag * lp->variable_count + v, v, err));
    return CAUS_OK;
}

static caus_status test_lag(caus_lp *lp, pass *p, size_t lag, caus_error *err)
{
    size_t n = lp->variable_count;
    for (size_t i = 0; i < n; i++)
        for (size_t j = lag ? 0 : i + 1; j < n; j++)
            if (i != j)
                CAUS_TRY(test_pair(lp, p, lag * n + i, j, err));
    return CAUS_OK;
}

static caus_status run_pass(caus_lp *lp, pass *p, caus_error *err)
{
    if (lp->max_lag > 0) {
        CAUS_TRY(test_own_past(lp, p, err));
        caus_lp_settle(lp);
    }
    for (size_t lag = 0; lag <= lp->max_lag; lag++) {
        CAUS_TRY(test_lag(lp, p, lag, err));
        caus_lp_settle(lp);
    }
    return CAUS_OK;
}

/* Removes with growing condition sets until no link is open; starts again
 * where rules have found something out. */
static caus_status remove_links(caus_lp *lp, bool is_second, caus_error *err)
{
    caus_lp_rules rules = is_second ? CAUS_LP_RULES_ALL : CAUS_LP_RULES_LAGGED;
    size_t limit = is_second ? lp->options->max_conditions_second
                             : lp->options->max_conditions;
    size_t size = 0;
    for (;;) {
        bool changed = false;
        pass p = {.size = size, .is_second = is_second};
        CAUS_TRY(run_pass(lp, &p, err));
        if (!p.was_tested || size == limit)
            break;
        if (p.has_removed)
            CAUS_TRY(caus_lp_orient(lp, rules, &changed, err));
        if (changed)
            caus_lp_update_middle(lp);
        size = changed ? 0 : size + 1;
    }
    bool changed;
    CAUS_TRY(caus_lp_orient(lp, CAUS_LP_RULES_ALL, &changed, err));
    caus_lp_update_middle(lp);
    return CAUS_OK;
}

static void start_iteration(caus_lp *lp, bool is_first)
{
    if (is_first)
        caus_lp_fill(lp);
    else
        caus_lp_refill(lp);
    caus_lp_look(lp);
    caus_lp_forget_sets(lp);
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        lp->least[cell] = HUGE_VAL;
        lp->statistic[cell] = 0;
        lp->df[cell] = -1;
    }
}

caus_status caus_lp_search(caus_lp *lp, caus_error *err)
{
    size_t iterations = lp->options->preliminary_iterations + 1;
    for (size_t k = 0; k < iterations; k++) {
        caus_run_progress(lp->run, CAUS_STAGE_TEST, k, iterations + 1);
        start_iteration(lp, k == 0);
        CAUS_TRY(remove_links(lp, false, err));
    }
    caus_run_progress(lp->run, CAUS_STAGE_TEST, iterations, iterations + 1);
    CAUS_TRY(remove_links(lp, true, err));
    caus_lp_make_sure(lp);
    bool changed;
    CAUS_TRY(caus_lp_orient(lp, CAUS_LP_RULES_ALL, &changed, err));
    caus_run_progress(lp->run, CAUS_STAGE_TEST, iterations + 1, iterations + 1);
    return CAUS_OK;
}
