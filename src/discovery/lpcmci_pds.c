/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the second removal phase looks for separating sets: nodes that a path
 * reaches on which every inner node may be a collider, the paper's napds_t.
 */
#include <string.h>

#include "discovery/lpcmci_internal.h"

/* Whether a link has an arrow at a node; a conflict is taken for one, as
 * tigramite does. */
static bool points_at(const caus_lp *lp, size_t node, size_t other)
{
    return caus_lp_has(lp, lp->view.here[CAUS_MARK_ARROW], node, other) ||
           caus_lp_has(lp, lp->view.here[CAUS_MARK_CONFLICT], node, other);
}

/* Word w of the nodes that a path from `from` may go on to: `middle` may be a
 * collider between both, or the three are all linked. */
static uint64_t passed_to(const caus_lp *lp, size_t from, size_t middle,
                          size_t w)
{
    const caus_lp_view *v = &lp->view;
    size_t at = middle * lp->words + w;
    uint64_t arrows =
        points_at(lp, middle, from)
            ? v->here[CAUS_MARK_ARROW][at] | v->here[CAUS_MARK_CONFLICT][at]
            : 0;
    return v->adjacent[at] & ~v->here[CAUS_MARK_TAIL][at] &
           (arrows | v->adjacent[from * lp->words + w]);
}

/* Whether a node is known to be no ancestor of another. */
static bool is_no_ancestor(const caus_lp *lp, size_t node, size_t of)
{
    return caus_lp_lag(lp, node) < caus_lp_lag(lp, of) ||
           caus_lp_has(lp, lp->view.there[CAUS_MARK_ARROW], of, node) ||
           caus_lp_told(lp, node, of) == CAUS_MARK_ARROW;
}

static bool is_child(const caus_lp *lp, size_t node, size_t of)
{
    return caus_lp_has(lp, lp->view.there[CAUS_MARK_TAIL], node, of) &&
           caus_lp_has(lp, lp->view.here[CAUS_MARK_ARROW], node, of);
}

/* Goes on from a step to those that were not taken yet; returns the new end of
 * the queue. */
static size_t go_on(const caus_lp *lp, uint32_t step, const uint64_t *ends,
                    uint64_t *seen, size_t tail)
{
    size_t from = caus_lp_step_from(step), middle = caus_lp_step_to(step);
    if (caus_lp_has(lp, lp->view.here[CAUS_MARK_TAIL], middle, from))
        return tail;
    for (size_t w = 0; w < lp->words; w++) {
        uint64_t *taken = seen + middle * lp->words + w;
        uint64_t next = passed_to(lp, from, middle, w) & ~ends[w] & ~*taken;
        if (from / 64 == w)
            next &= ~((uint64_t)1 << from % 64);
        *taken |= next;
        for (; next; next &= next - 1)
            lp->queue[tail++] =
                caus_lp_step(middle, 64 * w + (size_t)__builtin_ctzll(next));
    }
    return tail;
}

static void spread(const caus_lp *lp, size_t node, size_t partner,
                   uint64_t *seen, uint64_t *result)
{
    size_t head = 0, tail = 0;
    uint64_t *ends = caus_lp_scratch(lp, CAUS_LP_PATH);
    /* what it causes is then an ancestor of neither */
    bool is_sink =
        is_no_ancestor(lp, node, partner) || points_at(lp, node, partner);
    memset(seen, 0, lp->node_count * lp->words * sizeof *seen);
    memset(ends, 0, lp->words * sizeof *ends);
    caus_bit_set(ends, node);
    caus_bit_set(ends, partner);
    const uint64_t *first = lp->view.adjacent + node * lp->words;
    for (size_t to = caus_bit_next(first, lp->words, 0); to < lp->node_count;
         to = caus_bit_next(first, lp->words, to + 1))
        if (to != partner)
            lp->queue[tail++] = caus_lp_step(node, to);
    while (head < tail) {
        uint32_t step = lp->queue[head++];
        size_t middle = caus_lp_step_to(step);
        if ((is_no_ancestor(lp, middle, node) &&
             is_no_ancestor(lp, middle, partner)) ||
            is_child(lp, middle, partner) ||
            (is_sink && is_child(lp, middle, node)))
            continue;
        caus_bit_set(result, middle);
        /* as a collider next to the node it is no ancestor of that one */
        if (caus_lp_step_from(step) != node ||
            !is_no_ancestor(lp, middle, partner))
            tail = go_on(lp, step, ends, seen, tail);
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
