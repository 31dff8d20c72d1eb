/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of LPCMCI that look at two or three links (Gerhardus & Runge 2020,
 * supplement). All places of a rule look at the same graph; marks that
 * contradict each other become conflicts. After a rule that changed something
 * the first one is tried again.
 */
#include "discovery/lpcmci_internal.h"

/* Runs `body` for every node of a row. */
#define EACH(node, lp, row)                                  \
    for (size_t node = caus_bit_next((row), (lp)->words, 0); \
         (node) < (lp)->node_count;                          \
         (node) = caus_bit_next((row), (lp)->words, (node) + 1))

/* APR: a known ancestor that its descendant's parents cannot separate is a
 * parent. */
static caus_status rule_parents(caus_lp *lp, caus_error *err)
{
    (void)err;
    lp->has_settled = false;
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        caus_lp_link *link = &lp->links[cell];
        if (lp->skip_lag_0 && cell % (lp->max_lag + 1) == 0)
            continue;
        for (int end = 0; end < CAUS_LP_ENDS; end++)
            if (link->mark[end] == CAUS_MARK_TAIL &&
                link->mark[!end] == CAUS_MARK_ARROW && link->done[!end] &&
                !link->is_sure)
                link->is_sure = lp->has_settled = true;
    }
    if (lp->has_settled)
        caus_lp_look(lp);
    return CAUS_OK;
}

/* a -> b -> c and a o-* c: a -*> c. */
static caus_status rule_transitive_tail(caus_lp *lp, caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    (void)err;
    for (size_t a = 0; a < lp->node_count; a++)
        EACH(c, lp, v->here[CAUS_MARK_CIRCLE] + a * lp->words)
        {
            bool found = false;
            for (size_t w = 0; w < lp->words && !found; w++)
                found = v->here[CAUS_MARK_TAIL][a * lp->words + w] &
                        v->there[CAUS_MARK_ARROW][a * lp->words + w] &
                        v->there[CAUS_MARK_TAIL][c * lp->words + w] &
                        v->here[CAUS_MARK_ARROW][c * lp->words + w];
            if (found)
                caus_lp_want(lp, a, c, CAUS_MARK_TAIL);
        }
    return CAUS_OK;
}

/* a -> b *-> c or a *-> b -> c, and a *-o c: a *-> c. */
static caus_status rule_transitive_arrow(caus_lp *lp, caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    (void)err;
    for (size_t c = 0; c < lp->node_count; c++)
        EACH(a, lp, v->here[CAUS_MARK_CIRCLE] + c * lp->words)
        {
            bool found = false;
            for (size_t w = 0; w < lp->words && !found; w++)
                found = v->there[CAUS_MARK_ARROW][a * lp->words + w] &
                        v->here[CAUS_MARK_ARROW][c * lp->words + w] &
                        (v->here[CAUS_MARK_TAIL][a * lp->words + w] |
                         v->there[CAUS_MARK_TAIL][c * lp->words + w]);
            if (found)
                caus_lp_want(lp, c, a, CAUS_MARK_ARROW);
        }
    return CAUS_OK;
}

static bool is_sure(const caus_lp *lp, size_t a, size_t b)
{
    return caus_lp_has(lp, lp->view.sure, a, b);
}

static bool is_linked(const caus_lp *lp, size_t a, size_t b)
{
    return caus_lp_has(lp, lp->view.adjacent, a, b);
}

/* Whether this is the latest shift of a triple: others say the same. */
static bool is_latest(const caus_lp *lp, size_t a, size_t b, size_t c)
{
    size_t n = lp->variable_count;
    return a < n || b < n || c < n;
}

/* a *-> b o-* c, the ends not linked, b in what separates them: b -> c. */
static caus_status extend_arrow(caus_lp *lp, size_t a, size_t b, size_t c,
                                caus_error *err)
{
    caus_lp_vote vote;
    if (a == c || is_linked(lp, a, c) || !is_latest(lp, a, b, c))
        return CAUS_OK;
    bool ask = !lp->skip_lag_0 && is_sure(lp, a, b) && is_sure(lp, b, c);
    CAUS_TRY(caus_lp_decide(lp, a, b, c, ask, &vote, err));
    if (vote == CAUS_LP_VOTE_IN) {
        caus_lp_want(lp, b, c, CAUS_MARK_TAIL);
        caus_lp_want(lp, c, b, CAUS_MARK_ARROW);
    }
    return CAUS_OK;
}

static caus_status rule_no_collider(caus_lp *lp, caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    for (size_t b = 0; b < lp->node_count; b++)
        EACH(c, lp, v->here[CAUS_MARK_CIRCLE] + b * lp->words)
        {
            if (lp->skip_lag_0 && caus_lp_lag(lp, b) == caus_lp_lag(lp, c))
                continue;
            EACH(a, lp, v->here[CAUS_MARK_ARROW] + b * lp->words)
            CAUS_TRY(extend_arrow(lp, a, b, c, err));
        }
    return CAUS_OK;
}

/* a *-> b <-* c, a *-o d o-* c, d *-o b, the ends not linked and d in what
 * separates them: d *-> b. */
static caus_status close_square(caus_lp *lp, size_t d, size_t b,
                                caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    uint64_t *both = caus_lp_scratch(lp, CAUS_LP_RULE);
    for (size_t w = 0; w < lp->words; w++)
        both[w] = v->here[CAUS_MARK_ARROW][b * lp->words + w] &
                  v->here[CAUS_MARK_CIRCLE][d * lp->words + w];
    EACH(a, lp, both)
    EACH(c, lp, both)
    {
        caus_lp_vote vote;
        if (c <= a || is_linked(lp, a, c))
            continue;
        bool ask = is_sure(lp, a, d) && is_sure(lp, d, c);
        CAUS_TRY(caus_lp_decide(lp, a, d, c, ask, &vote, err));
        if (vote == CAUS_LP_VOTE_IN)
            caus_lp_want(lp, b, d, CAUS_MARK_ARROW);
    }
    return CAUS_OK;
}

static caus_status rule_square(caus_lp *lp, caus_error *err)
{
    for (size_t b = 0; b < lp->node_count; b++)
        EACH(d, lp, lp->view.here[CAUS_MARK_CIRCLE] + b * lp->words)
    CAUS_TRY(close_square(lp, d, b, err));
    return CAUS_OK;
}

typedef struct rule_entry {
    caus_lp_rule *apply;
    bool in_removal; /* used between removals as well */
} rule_entry;

static const rule_entry rule_list[] = {
    {rule_parents, true},
    {rule_transitive_tail, true},
    {rule_transitive_arrow, true},
    {rule_no_collider, true},
    {caus_lp_rule_collider_sure, false},
    {caus_lp_rule_collider_half, false},
    {rule_square, false},
    {caus_lp_rule_discriminate, false},
    {caus_lp_rule_path, true},
    {caus_lp_rule_two_paths, true},
    {caus_lp_rule_collider_arrow, false},
    {caus_lp_rule_collider_both, false},
};

caus_status caus_lp_orient(caus_lp *lp, caus_lp_rules rules, bool *changed,
                           caus_error *err)
{
    size_t count = sizeof rule_list / sizeof *rule_list, k = 0;
    *changed = false;
    caus_lp_look(lp);
    lp->skip_lag_0 = rules == CAUS_LP_RULES_LAGGED;
    while (k < count) {
        bool is_used = rules == CAUS_LP_RULES_ALL || rule_list[k].in_removal;
        lp->has_settled = false;
        if (is_used)
            CAUS_TRY(rule_list[k].apply(lp, err));
        bool has_changed = is_used && (caus_lp_settle(lp) || lp->has_settled);
        *changed |= has_changed;
        k = has_changed ? 0 : k + 1;
    }
    lp->skip_lag_0 = false;
    return CAUS_OK;
}
