/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying operators and choosing the next one. An operator is applied to a
 * member of the class in which its set comes right before the target; the
 * member is completed again. Only operators into nodes whose surroundings
 * changed are looked for anew. A path that used to forbid an insert may vanish
 * far away, so before a search ends all nodes are looked at once more.
 */
#include <string.h>

#include "discovery/ges_internal.h"

/* Gains below this part of the penalty are rounding. */
static const double least_gain = 1e-7;

static bool make_search(caus_score_search *search, const caus_run *run,
                        caus_arena *arena)
{
    size_t nodes = search->scoring.node_count;
    size_t words = search->scoring.word_count;
    search->run = run;
    search->max_parents = SIZE_MAX;
    search->forbidden[0] = search->forbidden[1] = SIZE_MAX;
    search->first = CAUS_ARRAY(arena, size_t, nodes + 2);
    search->best =
        CAUS_ARRAY(arena, caus_operator, CAUS_OPERATOR_KINDS * nodes);
    search->sets =
        CAUS_ARRAY(arena, uint64_t, CAUS_OPERATOR_KINDS * nodes * words);
    search->dirty = CAUS_ARRAY(arena, uint64_t, words);
    search->touched = CAUS_ARRAY(arena, uint64_t, words);
    return search->first && search->best && search->sets && search->dirty &&
           search->touched && caus_pdag_init(&search->graph, nodes, arena) &&
           caus_pdag_init(&search->member, nodes, arena) &&
           caus_pdag_init(&search->next, nodes, arena) &&
           caus_dag_work_init(&search->work, nodes, arena);
}

bool caus_ges_init(caus_score_search *search,
                   const caus_correlation *correlation, double penalty,
                   const caus_run *run, caus_arena *arena)
{
    *search = (caus_score_search){0};
    return caus_scoring_init(&search->scoring, correlation, penalty, arena) &&
           make_search(search, run, arena);
}

bool caus_ges_init_local(caus_score_search *search, size_t node_count,
                         const caus_local_score *local, double penalty,
                         const caus_run *run, caus_arena *arena)
{
    *search = (caus_score_search){0};
    return caus_scoring_init_local(&search->scoring, node_count, local, penalty,
                                   arena) &&
           make_search(search, run, arena);
}

/* ---- applying ---- */

/* The set, a source that must come before or after, the target. */
static size_t list_first(caus_score_search *s, caus_operator_kind kind,
                         size_t source, size_t target, const uint64_t *set)
{
    size_t words = s->scoring.word_count, count = 0;
    const uint64_t *near =
        caus_pdag_row(&s->graph, s->graph.neighbours, target);
    for (size_t v = caus_bit_next(set, words, 0); v < 64 * words;
         v = caus_bit_next(set, words, v + 1))
        s->first[count++] = v;
    if (kind == CAUS_OPERATOR_DELETE && caus_bit_get(near, source))
        s->first[count++] = source;
    s->first[count++] = target;
    if (kind == CAUS_OPERATOR_TURN)
        s->first[count++] = source;
    return count;
}

static void mark_node(caus_score_search *s, const caus_pdag *old,
                      const caus_pdag *new, size_t node)
{
    size_t words = s->scoring.word_count, at = node * words;
    bool changed = false, new_parents = false;
    for (size_t w = at; w < at + words; w++) {
        new_parents = new_parents || old->parents[w] != new->parents[w];
        changed = changed || old->children[w] != new->children[w] ||
                  old->neighbours[w] != new->neighbours[w];
    }
    if (!changed && !new_parents)
        return;
    caus_bit_set(s->dirty, node);
    /* Sets of neighbours depend on who is joined to the node, turns of its
     * parents on its other parents. */
    for (size_t w = 0; w < words; w++) {
        s->dirty[w] |= old->neighbours[at + w] | new->neighbours[at + w];
        if (new_parents)
            s->dirty[w] |= old->parents[at + w] | new->parents[at + w];
    }
}

void caus_ges_mark_changed(caus_score_search *s, const caus_pdag *old,
                           const caus_pdag *new)
{
    for (size_t v = 0; v < s->scoring.node_count; v++)
        mark_node(s, old, new, v);
}

/* A member of the class, changed by an operator. */
static bool change_member(caus_score_search *s, caus_operator_kind kind,
                          size_t source, size_t target, const uint64_t *set)
{
    if (s->known)
        return caus_score_try(s, kind, source, target, set);
    size_t count = list_first(s, kind, source, target, set);
    if (!caus_pdag_extend(&s->graph, s->first, count, &s->work, &s->member))
        return false;
    if (kind == CAUS_OPERATOR_DELETE)
        caus_pdag_remove(&s->member, source, target);
    else
        caus_pdag_add_directed(&s->member, source, target);
    return true;
}

bool caus_ges_apply(caus_score_search *s, caus_operator_kind kind,
                    size_t source, size_t target, const uint64_t *set)
{
    if (!change_member(s, kind, source, target, set) ||
        !caus_score_complete(s, &s->next))
        return false;
    caus_ges_mark_changed(s, &s->graph, &s->next);
    caus_pdag kept = s->graph;
    s->graph = s->next;
    s->next = kept;
    return true;
}

/* ---- choosing ---- */

void caus_ges_mark_all(caus_score_search *s)
{
    for (size_t v = 0; v < s->scoring.node_count; v++)
        caus_bit_set(s->dirty, v);
}

/* Notes when time or operators are used up. */
static bool is_over(caus_score_search *s)
{
    if (caus_run_should_stop(s->run) ||
        (s->max_tests && s->scoring.evaluated >= s->max_tests))
        s->stopped = true;
    return s->stopped;
}

static void look_again(caus_score_search *s)
{
    size_t words = s->scoring.word_count;
    for (size_t v = caus_bit_next(s->dirty, words, 0);
         v < 64 * words && !is_over(s);
         v = caus_bit_next(s->dirty, words, v + 1))
        caus_operators_find(s, v);
    for (size_t w = 0; w < words; w++)
        s->touched[w] |= s->dirty[w];
    memset(s->dirty, 0, words * sizeof *s->dirty);
}

/* The target of the best operator of a kind; SIZE_MAX when none gains. */
static size_t best_target(const caus_score_search *s, caus_operator_kind kind)
{
    const caus_operator *best = s->best + kind * s->scoring.node_count;
    size_t found = SIZE_MAX;
    double gain = least_gain * s->scoring.penalty;
    for (size_t v = 0; v < s->scoring.node_count; v++)
        if (best[v].gain > gain) {
            gain = best[v].gain;
            found = v;
        }
    return found;
}

/* Applies the best operator of a kind that is valid. */
static bool step(caus_score_search *s, caus_operator_kind kind)
{
    size_t nodes = s->scoring.node_count, words = s->scoring.word_count;
    for (size_t v = best_target(s, kind); v != SIZE_MAX;
         v = best_target(s, kind)) {
        caus_operator *best = &s->best[kind * nodes + v];
        const uint64_t *set = s->sets + (kind * nodes + v) * words;
        double gain = best->gain;
        if (is_over(s))
            return false;
        if (!caus_operators_is_valid(s, kind, best->source, v, set)) {
            caus_operators_find(s, v);
            continue;
        }
        if (caus_ges_apply(s, kind, best->source, v, set)) {
            s->gained += gain;
            look_again(s);
            return true;
        }
        best->gain = 0;
    }
    return false;
}

double caus_ges_score(caus_score_search *s)
{
    size_t words = s->scoring.word_count;
    const caus_local_score *local = s->scoring.local;
    double score = 0;
    if (s->known)
        caus_pdag_direct(&s->graph, &s->work, &s->member);
    else
        caus_pdag_extend(&s->graph, NULL, 0, &s->work, &s->member);
    for (size_t v = 0; v < s->scoring.node_count; v++) {
        const uint64_t *parents =
            caus_pdag_row(&s->member, s->member.parents, v);
        if (local) {
            score += local->score(local->data, v, parents, SIZE_MAX);
            continue;
        }
        score -= s->scoring.half_rows *
                     caus_scoring_log_variance(&s->scoring, v, parents) +
                 s->scoring.penalty * (double)caus_bit_count(parents, words);
    }
    return score;
}

void caus_ges_climb(caus_score_search *s, const caus_operator_kind *kinds,
                    size_t kind_count, bool thorough)
{
    bool fresh = false; /* every node was looked at since the last step */
    size_t nodes = s->scoring.node_count;
    /* Rounding must not keep nearly singular data going for ever. */
    size_t steps_left = 10 * nodes + nodes * nodes;
    look_again(s);
    while (!s->stopped && steps_left--) {
        size_t k = 0;
        while (k < kind_count && !s->stopped && !step(s, kinds[k]))
            k++;
        if (k < kind_count) {
            fresh = false;
            continue;
        }
        if (fresh || !thorough)
            break;
        caus_ges_mark_all(s);
        look_again(s);
        fresh = true;
    }
}
