/* SPDX-License-Identifier: Apache-2.0 */
/* The graph that LPCMCI works on: links, their marks, and rows of bits. */
#include <string.h>

#include "discovery/lpcmci_internal.h"

/* The source and target of a cell at the end of the window. */
static void ends_of(const caus_lp *lp, size_t cell, size_t *source,
                    size_t *target)
{
    size_t lag = cell % (lp->max_lag + 1), pair = cell / (lp->max_lag + 1);
    *source = lag * lp->variable_count + pair / lp->variable_count;
    *target = pair % lp->variable_count;
}

void caus_lp_mirror(caus_lp *lp, size_t cell)
{
    size_t source, target;
    ends_of(lp, cell, &source, &target);
    if (caus_lp_lag(lp, source) > 0)
        return;
    const caus_lp_link *from = &lp->links[cell];
    caus_lp_link *to = &lp->links[caus_lp_cell(lp, target, source)];
    for (int end = 0; end < CAUS_LP_ENDS; end++) {
        to->mark[end] = from->mark[!end];
        to->done[end] = from->done[!end];
        to->wanted[end] = from->wanted[!end];
    }
    to->is_sure = from->is_sure;
    to->is_unwanted = from->is_unwanted;
}

static void know_end(caus_lp_link *link, int end, caus_mark mark)
{
    link->mark[end] = (unsigned char)mark;
    link->is_known[end] = true;
}

/* What is known of a link; a required one is never tested. */
static void know_link(const caus_lp *lp, size_t cell, caus_lp_link *link)
{
    size_t n = lp->variable_count, lags = lp->max_lag + 1;
    switch (caus_lag_prior_get(&lp->prior, lp->column[cell / lags / n],
                               lp->column[cell / lags % n], cell % lags)) {
    case CAUS_ASSUME_ABSENT:
        *link = (caus_lp_link){.is_sure = false};
        return;
    case CAUS_ASSUME_LINK:
        know_end(link, CAUS_LP_SOURCE, CAUS_MARK_TAIL);
        know_end(link, CAUS_LP_TARGET, CAUS_MARK_ARROW);
        link->is_sure = true;
        return;
    case CAUS_ASSUME_LINK_BACK:
        know_end(link, CAUS_LP_SOURCE, CAUS_MARK_ARROW);
        know_end(link, CAUS_LP_TARGET, CAUS_MARK_TAIL);
        link->is_sure = true;
        return;
    case CAUS_ASSUME_ADJACENT:
        link->is_sure = true;
        return;
    case CAUS_ASSUME_NOT_BACK:
        know_end(link, CAUS_LP_TARGET, CAUS_MARK_ARROW);
        return;
    case CAUS_ASSUME_ONLY_BACK:
        know_end(link, CAUS_LP_SOURCE, CAUS_MARK_ARROW);
        return;
    case CAUS_ASSUME_UNKNOWN:
        return;
    }
}

/* What the data say by marks stays known when a link is removed. Marks that
 * were given count as long as the link is there, as in tigramite. */
static void note_marks(caus_lp *lp, size_t cell)
{
    const caus_lp_link *link = &lp->links[cell];
    for (int end = 0; end < CAUS_LP_ENDS; end++)
        if (link->mark[end] != CAUS_MARK_NONE &&
            link->mark[end] != CAUS_MARK_CIRCLE && !link->is_known[end])
            lp->told[cell * CAUS_LP_ENDS + (size_t)end] = link->mark[end];
}

caus_mark caus_lp_told(const caus_lp *lp, size_t node, size_t other)
{
    bool is_later = caus_lp_lag(lp, node) < caus_lp_lag(lp, other);
    size_t end = is_later ? CAUS_LP_TARGET : CAUS_LP_SOURCE;
    size_t cell = caus_lp_cell(lp, node, other);
    return (caus_mark)lp->told[cell * CAUS_LP_ENDS + end];
}

void caus_lp_fill(caus_lp *lp)
{
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        size_t source, target;
        ends_of(lp, cell, &source, &target);
        bool is_lagged = caus_lp_lag(lp, source) > 0;
        caus_lp_link link = {.is_sure = false};
        if (source != target) {
            link.mark[CAUS_LP_SOURCE] = CAUS_MARK_CIRCLE;
            link.mark[CAUS_LP_TARGET] =
                is_lagged ? CAUS_MARK_ARROW : CAUS_MARK_CIRCLE;
            link.done[CAUS_LP_SOURCE] = is_lagged;
            know_link(lp, cell, &link);
        }
        lp->links[cell] = link;
        memset(lp->told + cell * CAUS_LP_ENDS, CAUS_MARK_NONE, CAUS_LP_ENDS);
    }
}

void caus_lp_refill(caus_lp *lp)
{
    memcpy(lp->kept, lp->links, lp->cell_count * sizeof *lp->kept);
    caus_lp_fill(lp);
    for (size_t cell = 0; cell < lp->cell_count; cell++)
        for (int end = 0; end < CAUS_LP_ENDS; end++)
            if (lp->links[cell].mark[end] != CAUS_MARK_NONE &&
                lp->kept[cell].mark[end] == CAUS_MARK_TAIL &&
                lp->kept[cell].mark[!end] == CAUS_MARK_ARROW) {
                lp->links[cell].mark[end] = CAUS_MARK_TAIL;
                lp->links[cell].mark[!end] = CAUS_MARK_ARROW;
                note_marks(lp, cell);
            }
}

static void look_at(caus_lp *lp, const caus_lp_link *link, size_t a, size_t b)
{
    caus_lp_view *view = &lp->view;
    unsigned char here = link->mark[CAUS_LP_SOURCE];
    unsigned char there = link->mark[CAUS_LP_TARGET];
    caus_bit_set(caus_lp_row(lp, view->adjacent, a), b);
    caus_bit_set(caus_lp_row(lp, view->adjacent, b), a);
    caus_bit_set(caus_lp_row(lp, view->here[here], a), b);
    caus_bit_set(caus_lp_row(lp, view->here[there], b), a);
    caus_bit_set(caus_lp_row(lp, view->there[there], a), b);
    caus_bit_set(caus_lp_row(lp, view->there[here], b), a);
    if (link->is_sure) {
        caus_bit_set(caus_lp_row(lp, view->sure, a), b);
        caus_bit_set(caus_lp_row(lp, view->sure, b), a);
    }
}

void caus_lp_look(caus_lp *lp)
{
    size_t bytes = lp->node_count * lp->words * sizeof(uint64_t);
    memset(lp->view.adjacent, 0, bytes);
    memset(lp->view.sure, 0, bytes);
    for (int mark = CAUS_MARK_TAIL; mark <= CAUS_MARK_CONFLICT; mark++) {
        memset(lp->view.here[mark], 0, bytes);
        memset(lp->view.there[mark], 0, bytes);
    }
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        const caus_lp_link *link = &lp->links[cell];
        size_t source, target;
        if (link->mark[0] == CAUS_MARK_NONE)
            continue;
        ends_of(lp, cell, &source, &target);
        for (; source < lp->node_count; source += lp->variable_count) {
            look_at(lp, link, source, target);
            target += lp->variable_count;
        }
    }
}

void caus_lp_want(caus_lp *lp, size_t a, size_t b, caus_mark mark)
{
    caus_lp_seen seen = caus_lp_see(lp, a, b);
    if (lp->skip_lag_0 && caus_lp_lag(lp, a) == caus_lp_lag(lp, b))
        return;
    seen.link->wanted[seen.near] |= (unsigned char)(1u << mark);
    lp->is_unsettled = true;
    caus_lp_mirror(lp, caus_lp_cell(lp, a, b));
}

void caus_lp_refuse(caus_lp *lp, size_t a, size_t b)
{
    caus_lp_see(lp, a, b).link->is_unwanted = true;
    lp->is_unsettled = true;
    caus_lp_mirror(lp, caus_lp_cell(lp, a, b));
}

static bool settle_end(caus_lp_link *link, int end)
{
    unsigned wanted = link->wanted[end];
    unsigned char before = link->mark[end], after = before;
    bool tail = wanted & 1u << CAUS_MARK_TAIL;
    bool arrow = wanted & 1u << CAUS_MARK_ARROW;
    link->wanted[end] = 0;
    if (before == CAUS_MARK_NONE || link->is_known[end])
        return false;
    if (before == CAUS_MARK_CIRCLE)
        after = tail && arrow ? CAUS_MARK_CONFLICT
                : tail        ? CAUS_MARK_TAIL
                : arrow       ? CAUS_MARK_ARROW
                              : before;
    else if ((before == CAUS_MARK_TAIL && arrow) ||
             (before == CAUS_MARK_ARROW && tail))
        after = CAUS_MARK_CONFLICT;
    link->mark[end] = after;
    return after != before;
}

/* Marks that a rule saw beside a link that it removes may rest on that one:
 * they are found again where they do not. */
static void drop_marks_beside_removals(caus_lp *lp)
{
    bool any = false;
    for (size_t cell = 0; cell < lp->cell_count; cell++)
        any = any || lp->links[cell].is_unwanted;
    for (size_t cell = 0; any && cell < lp->cell_count; cell++)
        memset(lp->links[cell].wanted, 0, sizeof lp->links[cell].wanted);
}

bool caus_lp_settle(caus_lp *lp)
{
    bool changed = false;
    if (!lp->is_unsettled)
        return false;
    lp->is_unsettled = false;
    drop_marks_beside_removals(lp);
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        caus_lp_link *link = &lp->links[cell];
        for (int end = 0; end < CAUS_LP_ENDS; end++)
            changed |= settle_end(link, end);
        note_marks(lp, cell);
        if (!link->is_unwanted)
            continue;
        changed |= link->mark[0] != CAUS_MARK_NONE;
        *link = (caus_lp_link){.is_sure = false};
    }
    if (changed)
        caus_lp_look(lp);
    return changed;
}

/* An arrow at one end means that the parents of the other need not be asked:
 * the rule MMR. */
void caus_lp_update_middle(caus_lp *lp)
{
    for (size_t cell = 0; cell < lp->cell_count; cell++)
        for (int end = 0; end < CAUS_LP_ENDS; end++)
            if (lp->links[cell].mark[end] == CAUS_MARK_ARROW)
                lp->links[cell].done[!end] = true;
}

void caus_lp_make_sure(caus_lp *lp)
{
    for (size_t cell = 0; cell < lp->cell_count; cell++)
        lp->links[cell].is_sure = lp->links[cell].mark[0] != CAUS_MARK_NONE;
    caus_lp_look(lp);
}

void caus_lp_parents(const caus_lp *lp, size_t a, size_t b, uint64_t *result)
{
    const caus_lp_view *view = &lp->view;
    const uint64_t *arrow_a = view->here[CAUS_MARK_ARROW] + a * lp->words;
    const uint64_t *arrow_b = view->here[CAUS_MARK_ARROW] + b * lp->words;
    const uint64_t *tail_a = view->there[CAUS_MARK_TAIL] + a * lp->words;
    const uint64_t *tail_b = view->there[CAUS_MARK_TAIL] + b * lp->words;
    for (size_t w = 0; w < lp->words; w++)
        result[w] = (arrow_a[w] & tail_a[w]) | (arrow_b[w] & tail_b[w]);
    caus_bit_clear(result, a);
    caus_bit_clear(result, b);
}
