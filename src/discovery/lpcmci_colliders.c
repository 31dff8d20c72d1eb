/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collider rules ER-00 of LPCMCI. In an open triple whose middle is in no
 * set that separates the ends, the middle is no ancestor of an end, provided
 * that the links are adjacencies indeed. Where that is not known, either the
 * middle mark '!' makes sure that an ancestor would be adjacent, or a test
 * given a separating set tells that a path connects; a test that finds none
 * removes the link.
 */
#include <string.h>

#include "discovery/lpcmci_internal.h"

typedef enum kind { SURE, HALF, ARROW, BOTH } kind;

typedef struct triple {
    size_t a, b, c;
} triple;

/* The nodes to take off a pair, and all that goes with it, so that its later
 * end is at lag 0. */
static size_t base_of(const caus_lp *lp, size_t a, size_t b)
{
    size_t lag_a = caus_lp_lag(lp, a), lag_b = caus_lp_lag(lp, b);
    return (lag_a < lag_b ? lag_a : lag_b) * lp->variable_count;
}

static unsigned char mark_at(const caus_lp *lp, size_t node, size_t other)
{
    caus_lp_seen seen = caus_lp_see(lp, node, other);
    return seen.link->mark[seen.near];
}

static const caus_lp_link *link_of(const caus_lp *lp, size_t a, size_t b)
{
    return caus_lp_see(lp, a, b).link;
}

static bool is_exhausted(const caus_lp_link *link)
{
    return link->is_sure ||
           (link->done[CAUS_LP_SOURCE] && link->done[CAUS_LP_TARGET]);
}

/* Whether a node with this mark may be a collider. */
static bool is_open(unsigned char mark)
{
    return mark == CAUS_MARK_CIRCLE || mark == CAUS_MARK_ARROW;
}

/* Whether the pattern of a rule fits; a and c play different parts in HALF
 * and ARROW, where the link of b and c is the one to be marked. */
static bool fits(const caus_lp *lp, kind which, const triple *t)
{
    unsigned char to_a = mark_at(lp, t->b, t->a);
    unsigned char to_c = mark_at(lp, t->b, t->c);
    const caus_lp_link *ab = link_of(lp, t->a, t->b);
    const caus_lp_link *bc = link_of(lp, t->b, t->c);
    switch (which) {
    case SURE:
        return is_open(to_a) && is_open(to_c) && ab->is_sure && bc->is_sure &&
               (to_a == CAUS_MARK_CIRCLE || to_c == CAUS_MARK_CIRCLE);
    case HALF:
        return to_c == CAUS_MARK_CIRCLE && ab->is_sure && !bc->is_sure &&
               is_exhausted(bc);
    case ARROW:
        return to_a == CAUS_MARK_ARROW && to_c == CAUS_MARK_CIRCLE &&
               is_exhausted(bc);
    case BOTH:
        return !(ab->is_sure && bc->is_sure);
    }
    return false;
}

/* A separating set of a and c with the parents of a link's ends, in the frame
 * of that link; nodes later than both ends are left out. */
static void set_for_link(const caus_lp *lp, const triple *t,
                         const uint64_t *separating, size_t from, size_t to,
                         uint64_t *result)
{
    uint64_t *parents = caus_lp_scratch(lp, CAUS_LP_DEFINITE);
    size_t shift = base_of(lp, t->a, t->c), base = base_of(lp, from, to);
    memset(result, 0, lp->words * sizeof *result);
    caus_lp_parents(lp, from, to, parents);
    for (size_t node = caus_bit_next(parents, lp->words, 0);
         node < lp->node_count;
         node = caus_bit_next(parents, lp->words, node + 1))
        if (node >= base)
            caus_bit_set(result, node - base);
    for (size_t node = caus_bit_next(separating, lp->words, 0);
         node < lp->node_count;
         node = caus_bit_next(separating, lp->words, node + 1)) {
        size_t moved = node + shift;
        if (moved >= base && moved - base < lp->node_count)
            caus_bit_set(result, moved - base);
    }
    caus_bit_clear(result, from - base);
    caus_bit_clear(result, to - base);
}

/* Tests the ends of a link given each set that separates a and c; sets
 * *is_linked to false, and the link to be removed, where one separates. */
static caus_status confirm_link(caus_lp *lp, const triple *t, size_t from,
                                size_t to, bool *is_linked, caus_error *err)
{
    size_t shift = base_of(lp, t->a, t->c), base = base_of(lp, from, to);
    uint64_t *given = caus_lp_scratch(lp, CAUS_LP_MINIMAL);
    const caus_lp_sets *sets;
    size_t low = (from < to ? from : to) - base;
    size_t high = (from < to ? to : from) - base;
    caus_lp_sets *found = &lp->found[caus_lp_cell(lp, low, high)];
    if (link_of(lp, from, to)->is_sure)
        return CAUS_OK;
    CAUS_TRY(caus_lp_know_sets(lp, t->a - shift, t->c - shift, &sets, err));
    if (!sets->count)
        *is_linked = false; /* nothing to ask with */
    for (size_t k = 0; k < sets->count; k++) {
        bool dependent;
        set_for_link(lp, t, sets->bits + k * lp->words, from, to, given);
        CAUS_TRY(
            caus_lp_ask(lp, from - base, to - base, given, &dependent, err));
        if (dependent)
            continue;
        *is_linked = false;
        caus_lp_refuse(lp, from, to);
        CAUS_TRY(caus_lp_add_set(lp, found, given, err));
    }
    return CAUS_OK;
}

static caus_status apply(caus_lp *lp, kind which, const triple *t,
                         caus_error *err)
{
    bool is_linked = true;
    caus_lp_vote vote;
    if (!fits(lp, which, t))
        return CAUS_OK;
    if (which == ARROW || which == BOTH)
        CAUS_TRY(confirm_link(lp, t, t->a, t->b, &is_linked, err));
    if (which == BOTH)
        CAUS_TRY(confirm_link(lp, t, t->c, t->b, &is_linked, err));
    if (!is_linked)
        return CAUS_OK;
    unsigned char to_a = mark_at(lp, t->b, t->a);
    unsigned char to_c = mark_at(lp, t->b, t->c);
    if (which == BOTH && !(is_open(to_a) && is_open(to_c)))
        return CAUS_OK;
    bool want_a = (which == SURE || which == BOTH) && to_a == CAUS_MARK_CIRCLE;
    bool want_c = to_c == CAUS_MARK_CIRCLE;
    if (!want_a && !want_c)
        return CAUS_OK;
    CAUS_TRY(caus_lp_decide(lp, t->a, t->b, t->c, true, &vote, err));
    if (vote != CAUS_LP_VOTE_OUT)
        return CAUS_OK;
    if (want_a)
        caus_lp_want(lp, t->b, t->a, CAUS_MARK_ARROW);
    if (want_c)
        caus_lp_want(lp, t->b, t->c, CAUS_MARK_ARROW);
    return CAUS_OK;
}

static caus_status apply_around(caus_lp *lp, kind which, size_t b, size_t a,
                                caus_error *err)
{
    bool is_symmetric = which == SURE || which == BOTH;
    const uint64_t *row = lp->view.adjacent + b * lp->words;
    size_t n = lp->variable_count;
    for (size_t c = caus_bit_next(row, lp->words, is_symmetric ? a + 1 : 0);
         c < lp->node_count; c = caus_bit_next(row, lp->words, c + 1)) {
        triple t = {a, b, c};
        if (c != a && (a < n || b < n || c < n) &&
            !caus_lp_has(lp, lp->view.adjacent, a, c))
            CAUS_TRY(apply(lp, which, &t, err));
    }
    return CAUS_OK;
}

/* The smallest of some sets; of equal ones that which is first by its bits, so
 * that the order in which they were found does not matter. */
static const uint64_t *smallest_set(const caus_lp *lp, const caus_lp_sets *sets)
{
    const uint64_t *best = sets->bits;
    size_t least = caus_bit_count(best, lp->words);
    for (size_t k = 1; k < sets->count; k++) {
        const uint64_t *bits = sets->bits + k * lp->words;
        size_t size = caus_bit_count(bits, lp->words);
        if (size < least ||
            (size == least &&
             memcmp(bits, best, lp->words * sizeof *bits) < 0)) {
            best = bits;
            least = size;
        }
    }
    return best;
}

/* The member without which a set still separates, and by the weakest test;
 * node_count if there is none. */
static caus_status find_spare(caus_lp *lp, size_t from, size_t to,
                              const uint64_t *stays, uint64_t *given,
                              size_t *spare, caus_error *err)
{
    caus_ci_result weakest = {0};
    *spare = lp->node_count;
    for (size_t node = caus_bit_next(given, lp->words, 0);
         node < lp->node_count;
         node = caus_bit_next(given, lp->words, node + 1)) {
        caus_ci_result result;
        bool dependent;
        if (caus_bit_get(stays, node))
            continue;
        caus_bit_clear(given, node);
        CAUS_TRY(
            caus_lp_ask_for(lp, from, to, given, &result, &dependent, err));
        caus_bit_set(given, node);
        if (result.undetermined)
            result.df = 0;
        if (dependent ||
            (*spare < lp->node_count &&
             caus_is_weaker(lp->test, weakest.statistic, weakest.df,
                            result.statistic, result.df)))
            continue;
        weakest = result;
        *spare = node;
    }
    return CAUS_OK;
}

/* Takes members off a separating set, one by one, as long as it separates:
 * then it is weakly minimal. The known parents stay. */
static caus_status keep_minimal(caus_lp *lp, size_t from, size_t to,
                                const uint64_t *set, caus_error *err)
{
    uint64_t *given = caus_lp_scratch(lp, CAUS_LP_GIVEN);
    uint64_t *parents = caus_lp_scratch(lp, CAUS_LP_DEFINITE);
    caus_lp_parents(lp, from, to, parents);
    memcpy(given, set, lp->words * sizeof *given);
    for (size_t spare = 0; spare < lp->node_count;) {
        CAUS_TRY(find_spare(lp, from, to, parents, given, &spare, err));
        if (spare < lp->node_count)
            caus_bit_clear(given, spare);
    }
    return caus_lp_add_set(lp, caus_lp_sets_of(lp, from, to), given, err);
}

/* Notes why links are removed: a minimal set for each. */
static caus_status keep_found(caus_lp *lp, caus_error *err)
{
    size_t n = lp->variable_count;
    for (size_t to = 0; to < n; to++)
        for (size_t from = 0; from < lp->node_count; from++) {
            caus_lp_sets *found = &lp->found[caus_lp_cell(lp, from, to)];
            if (!found->count)
                continue;
            CAUS_TRY(keep_minimal(lp, from, to, smallest_set(lp, found), err));
            found->count = 0;
        }
    return CAUS_OK;
}

static caus_status apply_everywhere(caus_lp *lp, kind which, caus_error *err)
{
    for (size_t b = 0; b < lp->node_count; b++) {
        const uint64_t *row = lp->view.adjacent + b * lp->words;
        for (size_t a = caus_bit_next(row, lp->words, 0); a < lp->node_count;
             a = caus_bit_next(row, lp->words, a + 1))
            CAUS_TRY(apply_around(lp, which, b, a, err));
    }
    return keep_found(lp, err);
}

caus_status caus_lp_rule_collider_sure(caus_lp *lp, caus_error *err)
{
    return apply_everywhere(lp, SURE, err);
}

caus_status caus_lp_rule_collider_half(caus_lp *lp, caus_error *err)
{
    return apply_everywhere(lp, HALF, err);
}

caus_status caus_lp_rule_collider_arrow(caus_lp *lp, caus_error *err)
{
    return apply_everywhere(lp, ARROW, err);
}

caus_status caus_lp_rule_collider_both(caus_lp *lp, caus_error *err)
{
    return apply_everywhere(lp, BOTH, err);
}
