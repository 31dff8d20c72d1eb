/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the middle of an open triple is in what separates its ends. */
#include <string.h>

#include "discovery/lpcmci_internal.h"

/* Possible parents of a node other than the partner, without the definite
 * conditions. */
static size_t list_search(const caus_lp *lp, size_t node, size_t partner,
                          const uint64_t *definite, uint32_t *list)
{
    const uint64_t *adjacent = lp->view.adjacent + node * lp->words;
    const uint64_t *arrows = lp->view.there[CAUS_MARK_ARROW] + node * lp->words;
    size_t count = 0;
    for (size_t other = caus_bit_next(adjacent, lp->words, 0);
         other < lp->node_count;
         other = caus_bit_next(adjacent, lp->words, other + 1))
        if (other != partner && !caus_bit_get(arrows, other) &&
            !caus_bit_get(definite, other))
            list[count++] = (uint32_t)other;
    return count;
}

static void add_chosen(const caus_lp *lp, const uint32_t *list, size_t size,
                       uint64_t *given)
{
    for (size_t k = 0; k < size; k++)
        caus_bit_set(given, list[lp->combination[k]]);
}

/* All sets of possible parents of one end that separate it from the other. */
static caus_status collect(caus_lp *lp, size_t node, size_t partner,
                           caus_error *err)
{
    uint64_t *definite = caus_lp_scratch(lp, CAUS_LP_DEFINITE);
    uint64_t *given = caus_lp_scratch(lp, CAUS_LP_GIVEN);
    caus_lp_parents(lp, node, partner, definite);
    size_t count = 0;
    if (caus_lp_lag(lp, node) == 0) /* the other end only as it is */
        count = list_search(lp, node, partner, definite, lp->more);
    for (size_t size = 0; size <= count && size <= lp->options->max_conditions;
         size++) {
        size_t tried = 0;
        for (size_t k = 0; k < size; k++)
            lp->combination[k] = k;
        do {
            bool dependent;
            memcpy(given, definite, lp->words * sizeof *given);
            add_chosen(lp, lp->more, size, given);
            CAUS_TRY(caus_lp_ask(lp, node, partner, given, &dependent, err));
            if (!dependent)
                CAUS_TRY(caus_lp_add_set(lp, &lp->votes, given, err));
        } while (++tried < lp->options->max_combinations &&
                 caus_next_combination(lp->combination, size, count));
    }
    return CAUS_OK;
}

/*
 * A pair that is known to be apart was never tested, and rules need to know
 * what separates it: the smallest of the sets found, as if it had been.
 */
static caus_status find_sets(caus_lp *lp, size_t a, size_t c,
                             caus_lp_sets *known, caus_error *err)
{
    size_t least = SIZE_MAX;
    lp->votes.count = 0;
    CAUS_TRY(collect(lp, a, c, err));
    CAUS_TRY(collect(lp, c, a, err));
    for (size_t k = 0; k < lp->votes.count; k++) {
        size_t size = caus_bit_count(lp->votes.bits + k * lp->words, lp->words);
        least = size < least ? size : least;
    }
    for (size_t k = 0; k < lp->votes.count; k++) {
        const uint64_t *bits = lp->votes.bits + k * lp->words;
        if (caus_bit_count(bits, lp->words) == least)
            CAUS_TRY(caus_lp_add_set(lp, known, bits, err));
    }
    return CAUS_OK;
}

caus_status caus_lp_know_sets(caus_lp *lp, size_t a, size_t c,
                              const caus_lp_sets **result, caus_error *err)
{
    caus_lp_sets *known = caus_lp_sets_of(lp, a, c);
    if (!known->count && lp->prior.cells)
        CAUS_TRY(find_sets(lp, a, c, known, err));
    *result = known;
    return CAUS_OK;
}

caus_status caus_lp_decide(caus_lp *lp, size_t a, size_t b, size_t c, bool ask,
                           caus_lp_vote *result, caus_error *err)
{
    size_t n = lp->variable_count, in = 0;
    size_t lag_a = caus_lp_lag(lp, a), lag_c = caus_lp_lag(lp, c);
    size_t base = lag_a < lag_c ? lag_a : lag_c;
    bool is_later = caus_lp_lag(lp, b) < base;
    a -= base * n;
    c -= base * n;
    const caus_lp_sets *known;
    CAUS_TRY(caus_lp_know_sets(lp, a, c, &known, err));
    lp->votes.count = 0;
    for (size_t k = 0; k < known->count; k++)
        CAUS_TRY(
            caus_lp_add_set(lp, &lp->votes, known->bits + k * lp->words, err));
    if (ask) {
        CAUS_TRY(collect(lp, a, c, err));
        CAUS_TRY(collect(lp, c, a, err));
    }
    for (size_t k = 0; k < lp->votes.count && !is_later; k++)
        in += caus_bit_get(lp->votes.bits + k * lp->words, b - base * n);
    *result = 2 * in > lp->votes.count   ? CAUS_LP_VOTE_IN
              : 2 * in < lp->votes.count ? CAUS_LP_VOTE_OUT
                                         : CAUS_LP_VOTE_OPEN;
    return CAUS_OK;
}
