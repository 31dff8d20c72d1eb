/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that find tails: 5 to 10 of Zhang (2008), Artificial Intelligence
 * 172, section 3.4. Where they ask for an uncovered path we take any uncovered
 * walk. That is sound for the same reason: none of its triples is a collider,
 * so a tail at its start carries to its end, and no ancestral graph has a
 * directed walk in a circle. It makes the search linear in the pairs of edges.
 */
#include <string.h>

#include "discovery/fci_internal.h"

/* Whether one can go from a to b on an edge of the walk. */
typedef bool step_fn(const caus_pag *pag, size_t a, size_t b);

static bool is_circle(const caus_pag *pag, size_t a, size_t b)
{
    return caus_pag_mark(pag, a, b) == CAUS_MARK_CIRCLE &&
           caus_pag_mark(pag, b, a) == CAUS_MARK_CIRCLE;
}

/* Neither into a nor out of b. */
static bool may_direct(const caus_pag *pag, size_t a, size_t b)
{
    caus_mark there = caus_pag_mark(pag, a, b);
    caus_mark here = caus_pag_mark(pag, b, a);
    return (here == CAUS_MARK_TAIL || here == CAUS_MARK_CIRCLE) &&
           (there == CAUS_MARK_ARROW || there == CAUS_MARK_CIRCLE);
}

/* An edge as walked: where the node stands in the list of the one before. */
typedef struct ends {
    size_t from, to;
} ends;

static size_t end_of(const caus_pag *pag, size_t from, size_t place)
{
    return pag->lists->first[from] + place;
}

/*
 * Uncovered walks whose first edge goes from `start` to its neighbour at
 * `place`, without coming back to `avoided`. Sets the bits of all nodes after
 * `start`; returns whether the first edge is walked again in the same
 * direction.
 */
static bool walk_uncovered(caus_pag *pag, size_t start, size_t place,
                           size_t avoided, step_fn *may_step, uint64_t *reached)
{
    size_t first = 0, last = 0, begin = end_of(pag, start, place);
    uint32_t stamp = ++pag->stamp;
    pag->queue[last++] = (uint32_t)begin;
    pag->queue_from[0] = (uint32_t)start;
    pag->stamps[begin] = stamp;
    bool again = false;
    while (first < last) {
        ends walked = {pag->queue_from[first],
                       pag->lists->items[pag->queue[first]]};
        size_t count;
        const uint32_t *near = caus_pag_neighbours(pag, walked.to, &count);
        first++;
        if (reached)
            caus_bit_set(reached, walked.to);
        for (size_t k = 0; k < count; k++) {
            size_t end = end_of(pag, walked.to, k);
            if (near[k] == avoided || !may_step(pag, walked.to, near[k]) ||
                !caus_pag_is_plain(pag, walked.from, walked.to, near[k]))
                continue;
            again = again || end == begin;
            if (pag->stamps[end] == stamp)
                continue;
            pag->stamps[end] = stamp;
            pag->queue_from[last] = (uint32_t)walked.to;
            pag->queue[last++] = (uint32_t)end;
        }
    }
    return again;
}

/* Rule 5: an uncovered cycle of o–o edges is undirected. */
void caus_pag_ask_undirected(caus_pag *pag)
{
    for (size_t a = 0; a < pag->node_count; a++) {
        size_t count;
        const uint32_t *near = caus_pag_neighbours(pag, a, &count);
        for (size_t k = 0; k < count; k++) {
            if (!is_circle(pag, a, near[k]) ||
                !walk_uncovered(pag, a, k, SIZE_MAX, is_circle, NULL))
                continue;
            caus_pag_ask(pag, a, near[k], CAUS_MARK_TAIL);
            caus_pag_ask(pag, near[k], a, CAUS_MARK_TAIL);
        }
    }
}

/* Rule 6: a – b o–* c gives b –* c. Rule 7: a –o b o–* c with a and c apart
 * gives b –* c. */
static bool is_selected(const caus_pag *pag, size_t b, size_t c)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, b, &count);
    for (size_t k = 0; k < count; k++) {
        size_t a = near[k];
        if (a == c || caus_pag_mark(pag, b, a) != CAUS_MARK_TAIL)
            continue;
        caus_mark mark = caus_pag_mark(pag, a, b);
        if (mark == CAUS_MARK_TAIL ||
            (mark == CAUS_MARK_CIRCLE && caus_pag_is_plain(pag, a, b, c)))
            return true;
    }
    return false;
}

void caus_pag_ask_selected(caus_pag *pag)
{
    for (size_t b = 0; b < pag->node_count; b++) {
        size_t count;
        const uint32_t *near = caus_pag_neighbours(pag, b, &count);
        for (size_t k = 0; k < count; k++)
            if (caus_pag_mark(pag, near[k], b) == CAUS_MARK_CIRCLE &&
                is_selected(pag, b, near[k]))
                caus_pag_ask(pag, near[k], b, CAUS_MARK_TAIL);
    }
}

/* Rule 8: a → b → c or a –o b → c, and a o→ c gives a → c. */
static bool follows_by_chain(const caus_pag *pag, size_t a, size_t c)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, a, &count);
    for (size_t k = 0; k < count; k++) {
        size_t b = near[k];
        caus_mark mark = caus_pag_mark(pag, a, b);
        if (caus_pag_mark(pag, b, a) == CAUS_MARK_TAIL &&
            (mark == CAUS_MARK_ARROW ||
             (mark == CAUS_MARK_CIRCLE && pag->selection)) &&
            caus_pag_directs(pag, b, c))
            return true;
    }
    return false;
}

/* Rule 9: an uncovered, potentially directed walk a, b, …, c with b and c
 * apart, and a o→ c gives a → c. `reached` has a row for each neighbour. */
static bool follows_by_walk(const caus_pag *pag, size_t a, size_t c)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, a, &count);
    for (size_t k = 0; k < count; k++)
        if (caus_bit_get(pag->bits + k * pag->word_count, c) &&
            caus_pag_is_plain(pag, near[k], a, c))
            return true;
    return false;
}

/* Whether a walk by way of the neighbour at a place reaches a parent of c. */
static bool reaches_parent(const caus_pag *pag, size_t place, size_t c)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, c, &count);
    for (size_t k = 0; k < count; k++)
        if (caus_pag_directs(pag, near[k], c) &&
            caus_bit_get(pag->bits + place * pag->word_count, near[k]))
            return true;
    return false;
}

/* Rule 10: b → c ← d, uncovered, potentially directed walks from a to b and
 * from a to d whose second nodes differ and are apart, and a o→ c gives
 * a → c. */
static bool follows_by_two_walks(caus_pag *pag, size_t a, size_t c)
{
    size_t count, ways = 0;
    const uint32_t *near = caus_pag_neighbours(pag, a, &count);
    for (size_t k = 0; k < count; k++)
        if (near[k] != c && reaches_parent(pag, k, c))
            pag->found[ways++] = near[k];
    for (size_t i = 0; i < ways; i++)
        for (size_t j = i + 1; j < ways; j++)
            if (caus_pag_is_plain(pag, pag->found[i], a, pag->found[j]))
                return true;
    return false;
}

static bool is_half_open(const caus_pag *pag, size_t a, size_t c)
{
    return caus_pag_mark(pag, a, c) == CAUS_MARK_ARROW &&
           caus_pag_mark(pag, c, a) == CAUS_MARK_CIRCLE;
}

static void ask_for_node(caus_pag *pag, size_t a)
{
    size_t count, open = 0;
    const uint32_t *near = caus_pag_neighbours(pag, a, &count);
    for (size_t k = 0; k < count; k++)
        open += is_half_open(pag, a, near[k]);
    if (!open)
        return;
    memset(pag->bits, 0, count * pag->word_count * sizeof *pag->bits);
    for (size_t k = 0; k < count; k++)
        if (may_direct(pag, a, near[k]))
            walk_uncovered(pag, a, k, a, may_direct,
                           pag->bits + k * pag->word_count);
    for (size_t k = 0; k < count; k++)
        if (is_half_open(pag, a, near[k]) &&
            (follows_by_chain(pag, a, near[k]) ||
             follows_by_walk(pag, a, near[k]) ||
             follows_by_two_walks(pag, a, near[k])))
            caus_pag_ask(pag, near[k], a, CAUS_MARK_TAIL);
}

void caus_pag_ask_tails(caus_pag *pag)
{
    for (size_t a = 0; a < pag->node_count; a++)
        ask_for_node(pag, a);
}
