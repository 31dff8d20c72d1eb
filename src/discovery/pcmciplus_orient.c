/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orientation of lag-0 edges (Runge 2020, algorithms S2 and S3): colliders,
 * then three rules until nothing changes, with knowledge a fourth (Meek 1995).
 * Each rule collects all its
 * orientations before the first is applied. An edge that is to point both ways
 * gets conflict marks, or keeps the direction it had first.
 */
#include <string.h>

#include "discovery/pcmciplus_internal.h"

static bool is_open(const caus_plus *plus, size_t i, size_t j)
{
    return *caus_plus_mark(plus, i, j) == CAUS_MARK_CIRCLE;
}

static bool points(const caus_plus *plus, size_t i, size_t j)
{
    return *caus_plus_mark(plus, i, j) == CAUS_MARK_ARROW;
}

static void set_marks(const caus_plus *plus, size_t i, size_t j, caus_mark at_i,
                      caus_mark at_j)
{
    *caus_plus_mark(plus, j, i) = (unsigned char)at_i;
    *caus_plus_mark(plus, i, j) = (unsigned char)at_j;
}

/* Whether the user said which way the edge points. */
static bool is_known(const caus_plus *plus, size_t i, size_t j)
{
    caus_assumption assumption = caus_assumed(plus->question, i, j, 0);
    return assumption == CAUS_ASSUME_LINK ||
           assumption == CAUS_ASSUME_NOT_BACK ||
           assumption == CAUS_ASSUME_LINK_BACK ||
           assumption == CAUS_ASSUME_ONLY_BACK;
}

/* Lets i point to j. */
static void orient(const caus_plus *plus, size_t i, size_t j)
{
    if (is_open(plus, i, j))
        set_marks(plus, i, j, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    else if (points(plus, j, i) && !is_known(plus, i, j) &&
             !plus->question->options->keep_first_orientation)
        set_marks(plus, i, j, CAUS_MARK_CONFLICT, CAUS_MARK_CONFLICT);
}

static void begin_marks(caus_plus *plus)
{
    size_t variables = plus->question->variable_count;
    for (size_t i = 0; i < variables; i++)
        for (size_t j = i + 1; j < variables; j++) {
            if (!caus_plus_is_linked(plus, i, j, 0))
                continue;
            caus_edge edge =
                caus_link_marks(plus->question, true, true, i, j, 0);
            set_marks(plus, i, j, (caus_mark)edge.source,
                      (caus_mark)edge.target);
        }
}

static void orient_colliders(caus_plus *plus)
{
    for (size_t t = 0; t < plus->triple_count; t++) {
        const caus_plus_triple *triple = &plus->triples[t];
        if (triple->verdict != CAUS_VERDICT_COLLIDER)
            continue;
        orient(plus, triple->target, triple->middle);
        if (triple->lag == 0)
            orient(plus, triple->source, triple->middle);
    }
}

/* Edges to orient, each from the first to the second. */
typedef struct edge_list {
    size_t (*edges)[2];
    size_t count;
    size_t capacity;
    caus_arena *arena;
} edge_list;

static caus_status add_edge(edge_list *list, size_t from, size_t to,
                            caus_error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        size_t(*edges)[2] =
            caus_arena_array(list->arena, capacity, sizeof *edges);
        if (!edges)
            return caus_arena_fail(list->arena, err);
        if (list->count)
            memcpy(edges, list->edges, list->count * sizeof *edges);
        list->edges = edges;
        list->capacity = capacity;
    }
    list->edges[list->count][0] = from;
    list->edges[list->count++][1] = to;
    return CAUS_OK;
}

/* Whether an end of a triple points to its middle. */
static bool enters_middle(const caus_plus *plus, const caus_plus_triple *triple)
{
    return triple->lag > 0 || points(plus, triple->source, triple->middle);
}

/* source → middle o–o target, no collider: middle → target. */
static caus_status away_from_colliders(const caus_plus *plus, edge_list *list,
                                       caus_error *err)
{
    for (size_t t = 0; t < plus->triple_count; t++) {
        const caus_plus_triple *triple = &plus->triples[t];
        if (triple->verdict != CAUS_VERDICT_AMBIGUOUS &&
            is_open(plus, triple->middle, triple->target) &&
            enters_middle(plus, triple))
            CAUS_TRY(add_edge(list, triple->middle, triple->target, err));
    }
    return CAUS_OK;
}

/* i → k → j and i o–o j: i → j. */
static caus_status away_from_cycles(const caus_plus *plus, edge_list *list,
                                    caus_error *err)
{
    size_t variables = plus->question->variable_count;
    for (size_t j = 0; j < variables; j++) {
        const size_t *near = plus->neighbours + j * variables;
        for (size_t a = 0; a < plus->neighbour_count[j]; a++) {
            if (!is_open(plus, near[a], j))
                continue;
            for (size_t b = 0; b < plus->neighbour_count[j]; b++) {
                if (!points(plus, near[a], near[b]) ||
                    !points(plus, near[b], j))
                    continue;
                CAUS_TRY(add_edge(list, near[a], j, err));
                break;
            }
        }
    }
    return CAUS_OK;
}

/* Whether i o–o k → j ← l o–o i with k and l not adjacent. */
static bool has_double_triangle(const caus_plus *plus, size_t i, size_t j)
{
    size_t variables = plus->question->variable_count;
    const size_t *near = plus->neighbours + j * variables;
    size_t count = plus->neighbour_count[j];
    for (size_t a = 0; a < count; a++) {
        if (!points(plus, near[a], j) || !is_open(plus, i, near[a]))
            continue;
        for (size_t b = a + 1; b < count; b++)
            if (points(plus, near[b], j) && is_open(plus, i, near[b]) &&
                !caus_plus_is_linked(plus, near[a], near[b], 0))
                return true;
    }
    return false;
}

/* i o–o k → j, i o–o l → j, i o–o j, k and l not adjacent: i → j. */
static caus_status away_from_both(const caus_plus *plus, edge_list *list,
                                  caus_error *err)
{
    size_t variables = plus->question->variable_count;
    for (size_t j = 0; j < variables; j++) {
        const size_t *near = plus->neighbours + j * variables;
        for (size_t a = 0; a < plus->neighbour_count[j]; a++)
            if (is_open(plus, near[a], j) &&
                has_double_triangle(plus, near[a], j))
                CAUS_TRY(add_edge(list, near[a], j, err));
    }
    return CAUS_OK;
}

static bool is_ambiguous(const caus_plus *plus, size_t source, size_t middle,
                         size_t target)
{
    for (size_t t = 0; t < plus->triple_count; t++) {
        const caus_plus_triple *triple = &plus->triples[t];
        bool is_this = triple->source == source && triple->target == target;
        bool is_turned = triple->source == target && triple->target == source;
        if (triple->lag == 0 && triple->middle == middle &&
            (is_this || is_turned) && triple->verdict == CAUS_VERDICT_AMBIGUOUS)
            return true;
    }
    return false;
}

/* Whether i o–o d → c → j with i and c adjacent, d and j not. */
static bool has_detour(const caus_plus *plus, size_t i, size_t j)
{
    size_t variables = plus->question->variable_count;
    const size_t *near = plus->neighbours + i * variables;
    size_t count = plus->neighbour_count[i];
    for (size_t a = 0; a < count; a++) {
        size_t d = near[a];
        if (d == j || !is_open(plus, i, d) ||
            caus_plus_is_linked(plus, d, j, 0) || is_ambiguous(plus, d, i, j))
            continue;
        for (size_t b = 0; b < count; b++)
            if (points(plus, d, near[b]) && points(plus, near[b], j))
                return true;
    }
    return false;
}

/* Meek's fourth rule: only known directions call for it. */
static caus_status away_from_detours(const caus_plus *plus, edge_list *list,
                                     caus_error *err)
{
    size_t variables = plus->question->variable_count;
    for (size_t j = 0; plus->question->assumptions && j < variables; j++) {
        const size_t *near = plus->neighbours + j * variables;
        for (size_t a = 0; a < plus->neighbour_count[j]; a++)
            if (is_open(plus, near[a], j) && has_detour(plus, near[a], j))
                CAUS_TRY(add_edge(list, near[a], j, err));
    }
    return CAUS_OK;
}

typedef caus_status rule_fn(const caus_plus *plus, edge_list *list,
                            caus_error *err);

static caus_status apply_rule(const caus_plus *plus, rule_fn *rule,
                              edge_list *list, bool *changed, caus_error *err)
{
    list->count = 0;
    CAUS_TRY(rule(plus, list, err));
    for (size_t k = 0; k < list->count; k++)
        orient(plus, list->edges[k][0], list->edges[k][1]);
    *changed = *changed || list->count > 0;
    return CAUS_OK;
}

caus_status caus_plus_orient(caus_plus *plus, caus_error *err)
{
    edge_list list = {.arena = plus->search->hands[0].arena};
    begin_marks(plus);
    if (plus->question->options->min_lag > 0 || caus_plus_is_over(plus))
        return CAUS_OK;
    orient_colliders(plus);
    for (bool changed = true; changed;) {
        changed = false;
        CAUS_TRY(apply_rule(plus, away_from_colliders, &list, &changed, err));
        CAUS_TRY(apply_rule(plus, away_from_cycles, &list, &changed, err));
        CAUS_TRY(apply_rule(plus, away_from_both, &list, &changed, err));
        CAUS_TRY(apply_rule(plus, away_from_detours, &list, &changed, err));
    }
    return CAUS_OK;
}
