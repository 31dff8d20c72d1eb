/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The searches. Greedy equivalence search: Chickering (2002), JMLR 3, 507-554;
 * with turns: Hauser & Buehlmann (2012), JMLR 13, 2409-2464. The extremely
 * greedy one after Nazaret & Blei (2025), arXiv 2502.19551: it prefers deletes,
 * then tries to leave the optimum it is in by taking an edge out against the
 * score and going on without it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/ges_internal.h"

/* Gains below this part of the penalty are rounding. */
static const double least_gain = 1e-7;

/* Turns come last: before inserts they led to lower scores on two of eight data
 * sets of generated data, and never to a higher one. */
static const caus_operator_kind greedy_order[] = {
    CAUS_OPERATOR_DELETE, CAUS_OPERATOR_INSERT, CAUS_OPERATOR_TURN};

/* From no edges either order may end far below the other, at a small part of
 * what the restarts cost: both are tried. */
static const caus_operator_kind turning_order[] = {
    CAUS_OPERATOR_DELETE, CAUS_OPERATOR_TURN, CAUS_OPERATOR_INSERT};

void caus_ges_run(caus_score_search *search)
{
    caus_ges_mark_all(search);
    caus_ges_climb(search, &greedy_order[1], 1, true);
    caus_ges_climb(search, &greedy_order[0], 1, true);
}

void caus_ges_run_turning(caus_score_search *search)
{
    double least = least_gain * search->scoring.penalty;
    double before, score = -HUGE_VAL;
    do {
        before = score;
        caus_ges_run(search);
        caus_ges_climb(search, &greedy_order[2], 1, true);
        score = caus_ges_score(search);
    } while (!search->stopped && score > before + least);
}

/* An edge that may be taken out at a loss. */
typedef struct loss {
    double gain;
    uint32_t source;
    uint32_t target;
    uint64_t *set;
} loss;

/* An attempt that failed: it will again while nothing changes around the nodes
 * that it looked at. */
typedef struct attempt {
    uint32_t version; /* of the graph it began with */
    uint64_t touched[];
} attempt;

typedef struct restarts {
    caus_score_search *search;
    caus_arena *arena;
    attempt **attempts; /* [node_count²] by source, target; NULL = none */
    uint32_t version;
    uint32_t *changed;   /* [node_count] the version that changed a node last */
    caus_pdag graph;     /* the best so far */
    caus_operator *best; /* its operators */
    uint64_t *sets;
    double gained;
    double score;
} restarts;

static int compare_losses(const void *a, const void *b)
{
    const loss *x = a, *y = b;
    if (x->gain > y->gain || x->gain < y->gain)
        return x->gain > y->gain ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return x->source < y->source ? -1 : x->source > y->source;
}

static size_t operator_bytes(const caus_score_search *s)
{
    return CAUS_OPERATOR_KINDS * s->scoring.node_count * sizeof *s->best;
}

static size_t set_bytes(const caus_score_search *s)
{
    return CAUS_OPERATOR_KINDS * s->scoring.node_count * s->scoring.word_count *
           sizeof *s->sets;
}

static void save(restarts *r)
{
    caus_score_search *s = r->search;
    caus_pdag_copy(&r->graph, &s->graph);
    memcpy(r->best, s->best, operator_bytes(s));
    memcpy(r->sets, s->sets, set_bytes(s));
    r->gained = s->gained;
    r->score = caus_ges_score(s);
}

static void restore(restarts *r)
{
    caus_score_search *s = r->search;
    caus_pdag_copy(&s->graph, &r->graph);
    memcpy(s->best, r->best, operator_bytes(s));
    memcpy(s->sets, r->sets, set_bytes(s));
    memset(s->dirty, 0, s->scoring.word_count * sizeof *s->dirty);
    s->gained = r->gained;
}

/* Every way to take an edge out, the cheapest first. */
static caus_status list_losses(restarts *r, loss **result, size_t *count,
                               caus_error *err)
{
    caus_score_search *s = r->search;
    size_t nodes = s->scoring.node_count, words = s->scoring.word_count;
    size_t most = 0, found = 0;
    for (size_t v = 0; v < nodes; v++)
        most += caus_bit_count(caus_pdag_row(&s->graph, s->graph.adjacent, v),
                               words);
    loss *losses = CAUS_ARRAY(r->arena, loss, most);
    uint64_t *sets = CAUS_ARRAY(r->arena, uint64_t, most * words);
    if (!losses || !sets)
        return caus_arena_fail(r->arena, err);
    for (size_t v = 0; v < nodes; v++) {
        const uint64_t *row = caus_pdag_row(&s->graph, s->graph.adjacent, v);
        const uint64_t *children =
            caus_pdag_row(&s->graph, s->graph.children, v);
        for (size_t u = caus_bit_next(row, words, 0); u < 64 * words;
             u = caus_bit_next(row, words, u + 1)) {
            if (caus_bit_get(children, u) || !caus_score_may_delete(s, u, v))
                continue;
            uint64_t *set = sets + found * words;
            double gain = caus_operators_best_delete(s, u, v, set);
            losses[found++] = (loss){gain, (uint32_t)u, (uint32_t)v, set};
        }
    }
    qsort(losses, found, sizeof *losses, compare_losses);
    *result = losses;
    *count = found;
    return CAUS_OK;
}

static bool is_joined(const caus_pdag *graph, size_t a, size_t b)
{
    return caus_bit_get(caus_pdag_row(graph, graph->adjacent, a), b);
}

static void note_changes(restarts *r)
{
    caus_score_search *s = r->search;
    size_t words = s->scoring.word_count;
    r->version++;
    caus_ges_mark_changed(s, &r->graph, &s->graph);
    for (size_t v = caus_bit_next(s->dirty, words, 0); v < 64 * words;
         v = caus_bit_next(s->dirty, words, v + 1))
        r->changed[v] = r->version;
    memset(s->dirty, 0, words * sizeof *s->dirty);
}

static attempt **attempt_of(const restarts *r, const loss *taken)
{
    return &r->attempts[taken->source * r->search->scoring.node_count +
                        taken->target];
}

static bool would_fail_again(const restarts *r, const loss *taken)
{
    const attempt *before = *attempt_of(r, taken);
    size_t words = r->search->scoring.word_count;
    if (!before)
        return false;
    for (size_t v = caus_bit_next(before->touched, words, 0); v < 64 * words;
         v = caus_bit_next(before->touched, words, v + 1))
        if (r->changed[v] > before->version)
            return false;
    return true;
}

static caus_status note_failure(restarts *r, const loss *taken, caus_error *err)
{
    caus_score_search *s = r->search;
    size_t bytes = s->scoring.word_count * sizeof *s->touched;
    attempt **place = attempt_of(r, taken);
    if (!*place)
        *place = caus_arena_array(r->arena, 1, sizeof **place + bytes);
    if (!*place)
        return caus_arena_fail(r->arena, err);
    (*place)->version = r->version;
    memcpy((*place)->touched, s->touched, bytes);
    return CAUS_OK;
}

/* Takes an edge out and goes on; whether that ends higher. */
static bool try_without(restarts *r, const loss *taken, bool forbids_back)
{
    caus_score_search *s = r->search;
    s->forbids_back = forbids_back;
    s->forbidden[0] = taken->source;
    s->forbidden[1] = taken->target;
    if (caus_ges_apply(s, CAUS_OPERATOR_DELETE, taken->source, taken->target,
                       taken->set)) {
        s->gained += taken->gain;
        caus_ges_climb(s, greedy_order, 3, false);
    }
    s->forbidden[0] = s->forbidden[1] = SIZE_MAX;
    double least = least_gain * s->scoring.penalty;
    if (!s->stopped && s->gained > r->gained + least &&
        caus_ges_score(s) > r->score + least) {
        caus_ges_mark_all(s);
        caus_ges_climb(s, greedy_order, 3, true);
        note_changes(r);
        save(r);
        return true;
    }
    restore(r);
    return false;
}

/* Tries every edge once; whether any attempt ended higher. A loss that was
 * listed for another graph is scored anew. */
static caus_status try_all(restarts *r, bool *improved, caus_error *err)
{
    caus_score_search *s = r->search;
    size_t words = s->scoring.word_count;
    loss *losses = NULL;
    size_t count = 0;
    *improved = false;
    CAUS_TRY(list_losses(r, &losses, &count, err));
    for (size_t k = 0; k < count && !s->stopped; k++) {
        size_t a = losses[k].source, b = losses[k].target;
        const uint64_t *children =
            caus_pdag_row(&s->graph, s->graph.children, b);
        if (!is_joined(&s->graph, a, b) || caus_bit_get(children, a) ||
            would_fail_again(r, &losses[k]))
            continue;
        losses[k].gain = caus_operators_best_delete(s, a, b, losses[k].set);
        memset(s->touched, 0, words * sizeof *s->touched);
        if (try_without(r, &losses[k], true) ||
            try_without(r, &losses[k], false))
            *improved = true;
        else
            CAUS_TRY(note_failure(r, &losses[k], err));
    }
    return CAUS_OK;
}

/* The better end of two climbs from where the search stands. */
static caus_status begin(restarts *r, caus_error *err)
{
    caus_score_search *s = r->search;
    caus_pdag start;
    double gained = s->gained;
    if (!caus_pdag_init(&start, s->scoring.node_count, r->arena))
        return caus_arena_fail(r->arena, err);
    caus_pdag_copy(&start, &s->graph);
    caus_ges_mark_all(s);
    caus_ges_climb(s, turning_order, 3, true);
    save(r);
    caus_pdag_copy(&s->graph, &start);
    s->gained = gained;
    caus_ges_mark_all(s);
    caus_ges_climb(s, greedy_order, 3, true);
    if (caus_ges_score(s) > r->score)
        save(r);
    else
        restore(r);
    return CAUS_OK;
}

caus_status caus_xges_run(caus_score_search *search, caus_arena *arena,
                          caus_error *err)
{
    restarts r = {.search = search, .arena = arena};
    r.best = CAUS_ARRAY(arena, caus_operator,
                        CAUS_OPERATOR_KINDS * search->scoring.node_count);
    r.sets = CAUS_ARRAY(arena, uint64_t,
                        CAUS_OPERATOR_KINDS * search->scoring.node_count *
                            search->scoring.word_count);
    size_t nodes = search->scoring.node_count;
    r.attempts = CAUS_ARRAY(arena, attempt *, nodes * nodes);
    r.changed = CAUS_ARRAY(arena, uint32_t, nodes);
    if (!r.best || !r.sets || !r.attempts || !r.changed ||
        !caus_pdag_init(&r.graph, search->scoring.node_count, arena))
        return caus_arena_fail(arena, err);
    CAUS_TRY(begin(&r, err));
    bool improved = true;
    while (improved && !search->stopped)
        CAUS_TRY(try_all(&r, &improved, err));
    return CAUS_OK;
}
