/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the second removal phase looks for separating sets: nodes that a path
 * reaches on which every inner node may be a collider, the paper's napds_t.
 */
#include <string.h>

#include "discovery/lpcmci_internal.h"

/* Whether `middle` may be a collider between its neighbours on a path, or the
 * three are all linked. */
static bool may_pass(const caus_lp *lp, size_t from, size_t middle, size_t to)
{
    const uint64_t *tails = lp->view.here[CAUS_MARK_TAIL];
    const uint64_t *arrows = lp->view.here[CAUS_MARK_ARROW];
    if (caus_lp_has(lp, tails, middle, from) ||
        caus_lp_has(lp, tails, middle, to))
        return false;
    return caus_lp_has(lp, lp->view.adjacent, from, to) ||
           (caus_lp_has(lp, arrows, middle, from) &&
            caus_lp_has(lp, arrows, middle, to));
}

/* Whether a node is known to be no ancestor of another. */
static bool is_no_ancestor(const caus_lp *lp, size_t node, size_t of)
{
    return caus_lp_lag(lp, node) < caus_lp_lag(lp, of) ||
           caus_lp_has(lp, lp->view.there[CAUS_MARK_ARROW], of, node);
}

static bool is_child(const caus_lp *lp, size_t node, size_t of)
{
    return caus_lp_has(lp, lp->view.there[CAUS_MARK_TAIL], node, of) &&
           caus_lp_has(lp, lp->view.here[CAUS_MARK_ARROW], node, of);
}

static void spread(const caus_lp *lp, size_t node, size_t partner,
                   uint64_t *seen, uint64_t *result)
{
    size_t n = lp->node_count, head = 0, tail = 0;
    uint32_t *queue = lp->queue;
    memset(seen, 0, n * lp->words * sizeof *seen);
    const uint64_t *first = lp->view.adjacent + node * lp->words;
    for (size_t to = caus_bit_next(first, lp->words, 0); to < n;
         to = caus_bit_next(first, lp->words, to + 1)) {
        if (to == partner)
            continue;
        caus_bit_set(seen + node * lp->words, to);
        queue[tail++] = (uint32_t)(node * n + to);
    }
    while (head < tail) {
        size_t from = queue[head] / n, middle = queue[head] % n;
        head++;
        if ((is_no_ancestor(lp, middle, node) &&
             is_no_ancestor(lp, middle, partner)) ||
            is_child(lp, middle, partner))
            continue;
        caus_bit_set(result, middle);
        const uint64_t *row = lp->view.adjacent + middle * lp->words;
        for (size_t to = caus_bit_next(row, lp->words, 0); to < n;
             to = caus_bit_next(row, lp->words, to + 1)) {
            if (to == node || to == partner || to == from ||
                caus_bit_get(seen + middle * lp->words, to) ||
                !may_pass(lp, from, middle, to))
                continue;
            caus_bit_set(seen + middle * lp->words, to);
            queue[tail++] = (uint32_t)(middle * n + to);
        }
    }
}

void caus_lp_possible_separators(const caus_lp *lp, size_t node, size_t partner,
                                 uint64_t *result)
{
    memset(result, 0, lp->words * sizeof *result);
    spread(lp, node, partner, lp->steps, result);
    caus_bit_clear(result, node);
    caus_bit_clear(result, partner);
}
