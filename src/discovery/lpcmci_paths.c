/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of LPCMCI that follow paths: R-04, ER-09 and ER-10. */
#include <string.h>

#include "discovery/lpcmci_internal.h"

static bool has(const caus_lp *lp, uint64_t *const *rows, caus_mark mark,
                size_t node, size_t other)
{
    return caus_lp_has(lp, rows[mark], node, other);
}

static bool is_linked(const caus_lp *lp, size_t a, size_t b)
{
    return caus_lp_has(lp, lp->view.adjacent, a, b);
}

static caus_status is_between(caus_lp *lp, size_t a, size_t b, size_t c,
                              bool *result, caus_error *err)
{
    caus_lp_vote vote;
    bool ask = !lp->skip_lag_0 && caus_lp_has(lp, lp->view.sure, a, b) &&
               caus_lp_has(lp, lp->view.sure, b, c);
    CAUS_TRY(caus_lp_decide(lp, a, b, c, ask, &vote, err));
    *result = vote == CAUS_LP_VOTE_IN;
    return CAUS_OK;
}

/* ---- discriminating paths ---- */

typedef struct discriminated {
    size_t last;   /* the collider next to the middle */
    size_t middle; /* what the path tells about */
    size_t end;    /* its neighbour */
} discriminated;

static caus_status conclude(caus_lp *lp, const discriminated *d, size_t start,
                            caus_error *err)
{
    caus_lp_vote vote;
    CAUS_TRY(caus_lp_decide(lp, start, d->middle, d->end, true, &vote, err));
    if (vote == CAUS_LP_VOTE_IN) {
        caus_lp_want(lp, d->middle, d->end, CAUS_MARK_TAIL);
        caus_lp_want(lp, d->end, d->middle, CAUS_MARK_ARROW);
    } else if (vote == CAUS_LP_VOTE_OUT) {
        caus_lp_want(lp, d->middle, d->end, CAUS_MARK_ARROW);
        caus_lp_want(lp, d->end, d->middle, CAUS_MARK_ARROW);
        caus_lp_want(lp, d->middle, d->last, CAUS_MARK_ARROW);
    }
    return CAUS_OK;
}

static bool is_parent(const caus_lp *lp, size_t node, size_t child)
{
    const caus_lp_view *v = &lp->view;
    return has(lp, v->here, CAUS_MARK_TAIL, node, child) &&
           has(lp, v->there, CAUS_MARK_ARROW, node, child);
}

/* Walks back over colliders that are parents of the end until a node is
 * reached that is not linked to it. */
static caus_status walk_back(caus_lp *lp, const discriminated *d,
                             caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    uint64_t *seen = caus_lp_scratch(lp, CAUS_LP_PATH);
    size_t head = 0, tail = 0;
    memset(seen, 0, lp->words * sizeof *seen);
    caus_bit_set(seen, d->middle);
    caus_bit_set(seen, d->end);
    caus_bit_set(seen, d->last);
    lp->list[tail++] = (uint32_t)d->last;
    while (head < tail) {
        size_t at = lp->list[head++];
        const uint64_t *row = v->here[CAUS_MARK_ARROW] + at * lp->words;
        for (size_t next = caus_bit_next(row, lp->words, 0);
             next < lp->node_count;
             next = caus_bit_next(row, lp->words, next + 1)) {
            if (caus_bit_get(seen, next) || !caus_lp_has(lp, v->sure, at, next))
                continue;
            if (!is_linked(lp, next, d->end)) {
                caus_bit_set(seen, next);
                CAUS_TRY(conclude(lp, d, next, err));
            } else if (is_parent(lp, next, d->end) &&
                       has(lp, v->here, CAUS_MARK_ARROW, next, at)) {
                caus_bit_set(seen, next);
                lp->list[tail++] = (uint32_t)next;
            }
        }
    }
    return CAUS_OK;
}

static caus_status discriminate_pair(caus_lp *lp, size_t middle, size_t end,
                                     caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    const uint64_t *row = v->adjacent + middle * lp->words;
    if (!caus_lp_has(lp, v->sure, middle, end))
        return CAUS_OK;
    for (size_t last = caus_bit_next(row, lp->words, 0); last < lp->node_count;
         last = caus_bit_next(row, lp->words, last + 1)) {
        discriminated d = {last, middle, end};
        if (last != end && is_parent(lp, last, end) &&
            has(lp, v->here, CAUS_MARK_ARROW, last, middle) &&
            caus_lp_has(lp, v->sure, last, end) &&
            caus_lp_has(lp, v->sure, last, middle))
            CAUS_TRY(walk_back(lp, &d, err));
    }
    return CAUS_OK;
}

caus_status caus_lp_rule_discriminate(caus_lp *lp, caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    for (size_t middle = 0; middle < lp->node_count; middle++) {
        const uint64_t *row = v->here[CAUS_MARK_CIRCLE] + middle * lp->words;
        for (size_t end = caus_bit_next(row, lp->words, 0);
             end < lp->node_count; end = caus_bit_next(row, lp->words, end + 1))
            CAUS_TRY(discriminate_pair(lp, middle, end, err));
    }
    return CAUS_OK;
}

/* ---- ER-09 and ER-10: paths that may be directed ---- */

/* Word w of the nodes that a link may lead to. Conflicts lead nowhere: both
 * directions were found for them. */
static uint64_t led_to(const caus_lp *lp, size_t from, size_t w)
{
    const caus_lp_view *v = &lp->view;
    size_t at = from * lp->words + w;
    uint64_t circles = lp->skip_lag_0 ? 0 : v->there[CAUS_MARK_CIRCLE][at];
    return (v->here[CAUS_MARK_CIRCLE][at] | v->here[CAUS_MARK_TAIL][at]) &
           (v->there[CAUS_MARK_ARROW][at] | circles);
}

static bool may_lead(const caus_lp *lp, size_t from, size_t to)
{
    return led_to(lp, from, to / 64) >> (to % 64) & 1;
}

/* From `start` over its neighbour `first` to `goal`. */
typedef struct way {
    size_t start, first, goal;
} way;

/* Word w of the nodes that a way may go on to. */
static uint64_t next_steps(const caus_lp *lp, const way *along, size_t from,
                           size_t at, size_t w)
{
    uint64_t next =
        led_to(lp, at, w) & ~lp->view.adjacent[from * lp->words + w];
    if (along->start / 64 == w)
        next &= ~((uint64_t)1 << along->start % 64);
    if (from / 64 == w)
        next &= ~((uint64_t)1 << from % 64);
    return next;
}

static bool may_step(const caus_lp *lp, const way *w, size_t from, size_t at,
                     size_t next)
{
    return next_steps(lp, w, from, at, next / 64) >> (next % 64) & 1;
}

/*
 * Whether a walk takes a way of which no two nodes two apart are linked. It may
 * come back to a node: cheap, and most ways do not even have such a walk.
 */
static bool has_walk(const caus_lp *lp, const way *along)
{
    size_t head = 0, tail = 0;
    memset(lp->steps, 0, lp->node_count * lp->words * sizeof *lp->steps);
    lp->queue[tail++] = caus_lp_step(along->start, along->first);
    while (head < tail) {
        uint32_t step = lp->queue[head++];
        size_t from = caus_lp_step_from(step), at = caus_lp_step_to(step);
        for (size_t w = 0; w < lp->words; w++) {
            uint64_t *taken = lp->steps + at * lp->words + w;
            uint64_t next = next_steps(lp, along, from, at, w) & ~*taken;
            *taken |= next;
            for (; next; next &= next - 1) {
                size_t to = 64 * w + (size_t)__builtin_ctzll(next);
                if (to == along->goal)
                    return true;
                lp->queue[tail++] = caus_lp_step(at, to);
            }
        }
    }
    return false;
}

/* The next node after `from` that a path may go on with, or node_count. */
static caus_status next_on_path(caus_lp *lp, const way *w, size_t before,
                                size_t at, size_t *next, caus_error *err)
{
    const uint64_t *row = lp->view.adjacent + at * lp->words;
    uint64_t *used = lp->steps;
    for (*next = caus_bit_next(row, lp->words, *next); *next < lp->node_count;
         *next = caus_bit_next(row, lp->words, *next + 1)) {
        bool is_inner;
        if (caus_bit_get(used, *next) || !may_step(lp, w, before, at, *next))
            continue;
        if (has(lp, lp->view.here, CAUS_MARK_TAIL, at, *next))
            return CAUS_OK; /* an ancestor of it is no collider */
        CAUS_TRY(is_between(lp, before, at, *next, &is_inner, err));
        if (is_inner)
            return CAUS_OK;
    }
    return CAUS_OK;
}

/*
 * Whether a path that may be directed takes a way, no two of its nodes two
 * apart being linked and each inner node being in what separates its
 * neighbours: by depth first, the path standing in lp->queue and the node to
 * try next behind it.
 */
static caus_status has_path(caus_lp *lp, const way *w, bool *result,
                            caus_error *err)
{
    size_t depth = 2;
    uint32_t *path = lp->queue, *tried = lp->queue + lp->node_count + 1;
    memset(lp->steps, 0, lp->words * sizeof *lp->steps);
    caus_bit_set(lp->steps, w->start);
    caus_bit_set(lp->steps, w->first);
    path[0] = (uint32_t)w->start;
    path[1] = (uint32_t)w->first;
    tried[1] = 0;
    while (depth > 1) {
        size_t next = tried[depth - 1];
        CAUS_TRY(caus_run_check(lp->run, err));
        CAUS_TRY(
            next_on_path(lp, w, path[depth - 2], path[depth - 1], &next, err));
        if (next == w->goal) {
            *result = true;
            return CAUS_OK;
        }
        tried[depth - 1] = (uint32_t)next + 1;
        if (next >= lp->node_count) {
            caus_bit_clear(lp->steps, path[--depth]);
            continue;
        }
        caus_bit_set(lp->steps, next);
        path[depth] = (uint32_t)next;
        tried[depth++] = 0;
    }
    *result = false;
    return CAUS_OK;
}

static caus_status leads(caus_lp *lp, size_t start, size_t first, size_t goal,
                         bool *result, caus_error *err)
{
    way w = {start, first, goal};
    *result = first == goal;
    if (*result || !has_walk(lp, &w))
        return CAUS_OK;
    return has_path(lp, &w, result, err);
}

/* a o-> c, and a path that may be directed leads from a to c over a node not
 * linked to c: a -> c. */
static caus_status follow_path(caus_lp *lp, size_t a, size_t c, caus_error *err)
{
    const uint64_t *row = lp->view.adjacent + a * lp->words;
    for (size_t b = caus_bit_next(row, lp->words, 0); b < lp->node_count;
         b = caus_bit_next(row, lp->words, b + 1)) {
        bool is_inner, found;
        if (b == c || is_linked(lp, b, c) || !may_lead(lp, a, b))
            continue;
        CAUS_TRY(is_between(lp, b, a, c, &is_inner, err));
        if (!is_inner)
            continue;
        CAUS_TRY(leads(lp, a, b, c, &found, err));
        if (found) {
            caus_lp_want(lp, a, c, CAUS_MARK_TAIL);
            return CAUS_OK;
        }
    }
    return CAUS_OK;
}

typedef caus_status pair_fn(caus_lp *lp, size_t a, size_t c, caus_error *err);

/* Calls `work` for every a o-> c in its latest place. */
static caus_status each_half_directed(caus_lp *lp, pair_fn *work,
                                      caus_error *err)
{
    const caus_lp_view *v = &lp->view;
    for (size_t a = 0; a < lp->node_count; a++) {
        const uint64_t *row = v->here[CAUS_MARK_CIRCLE] + a * lp->words;
        for (size_t c = caus_bit_next(row, lp->words, 0);
             c < lp->variable_count; c = caus_bit_next(row, lp->words, c + 1)) {
            bool skip = lp->skip_lag_0 && caus_lp_lag(lp, a) == 0;
            if (!skip && has(lp, v->there, CAUS_MARK_ARROW, a, c))
                CAUS_TRY(work(lp, a, c, err));
        }
    }
    return CAUS_OK;
}

caus_status caus_lp_rule_path(caus_lp *lp, caus_error *err)
{
    return each_half_directed(lp, follow_path, err);
}

/* Word w of the parents of a node. */
static uint64_t parents_of(const caus_lp *lp, size_t node, size_t w)
{
    size_t at = node * lp->words + w;
    return lp->view.here[CAUS_MARK_ARROW][at] &
           lp->view.there[CAUS_MARK_TAIL][at];
}

static bool has_parents(const caus_lp *lp, size_t node)
{
    uint64_t any = 0;
    for (size_t w = 0; w < lp->words; w++)
        any |= parents_of(lp, node, w);
    return any != 0;
}

/* Whether `first` leads from a to some parent of c; marks those reached. */
static caus_status parents_reached(caus_lp *lp, size_t a, size_t first,
                                   size_t c, uint64_t *reached, caus_error *err)
{
    for (size_t w = 0; w < lp->words; w++) {
        reached[w] = 0;
        for (uint64_t rest = parents_of(lp, c, w); rest; rest &= rest - 1) {
            size_t b = 64 * w + (size_t)__builtin_ctzll(rest);
            bool found = false;
            if (b != a)
                CAUS_TRY(leads(lp, a, first, b, &found, err));
            if (found)
                caus_bit_set(reached, b);
        }
    }
    return CAUS_OK;
}

static bool has_two(const caus_lp *lp, const uint64_t *one, const uint64_t *two)
{
    size_t ones = caus_bit_count(one, lp->words);
    size_t twos = caus_bit_count(two, lp->words);
    return ones && twos &&
           (ones > 1 || twos > 1 ||
            memcmp(one, two, lp->words * sizeof *one) != 0);
}

/* a o-> c with parents b and d of c, and paths that may be directed from a to
 * b and to d whose first nodes are not linked: a -> c. */
static caus_status follow_two(caus_lp *lp, size_t a, size_t c, caus_error *err)
{
    const uint64_t *row = lp->view.adjacent + a * lp->words;
    uint64_t *one = caus_lp_scratch(lp, CAUS_LP_RULE);
    uint64_t *two = caus_lp_scratch(lp, CAUS_LP_PATH);
    if (!has_parents(lp, c))
        return CAUS_OK;
    for (size_t m = caus_bit_next(row, lp->words, 0); m < lp->node_count;
         m = caus_bit_next(row, lp->words, m + 1)) {
        if (m == c || !may_lead(lp, a, m))
            continue;
        CAUS_TRY(parents_reached(lp, a, m, c, one, err));
        if (!caus_bit_count(one, lp->words))
            continue;
        for (size_t w = caus_bit_next(row, lp->words, m + 1);
             w < lp->node_count; w = caus_bit_next(row, lp->words, w + 1)) {
            bool is_inner;
            if (w == c || is_linked(lp, m, w) || !may_lead(lp, a, w))
                continue;
            CAUS_TRY(is_between(lp, m, a, w, &is_inner, err));
            if (!is_inner)
                continue;
            CAUS_TRY(parents_reached(lp, a, w, c, two, err));
            if (has_two(lp, one, two)) {
                caus_lp_want(lp, a, c, CAUS_MARK_TAIL);
                return CAUS_OK;
            }
        }
    }
    return CAUS_OK;
}

caus_status caus_lp_rule_two_paths(caus_lp *lp, caus_error *err)
{
    return each_half_directed(lp, follow_two, err);
}
