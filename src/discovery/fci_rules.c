/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks of a partial ancestral graph, and the rules that find arrows: 1 to
 * 4 of Zhang (2008), Artificial Intelligence 172, section 3.
 */
#include <string.h>

#include "discovery/fci_internal.h"

static bool make_scratch(caus_pag *pag, caus_arena *arena)
{
    size_t nodes = pag->node_count, ends = 0;
    for (size_t v = 0; v < nodes; v++)
        if (pag->lists->first[v] + pag->lists->count[v] > ends)
            ends = pag->lists->first[v] + pag->lists->count[v];
    ends += nodes;
    pag->marks = CAUS_ARRAY(arena, unsigned char, nodes *nodes);
    pag->asked = CAUS_ARRAY(arena, unsigned char, nodes *nodes);
    pag->queue = CAUS_ARRAY(arena, uint32_t, ends);
    pag->queue_from = CAUS_ARRAY(arena, uint32_t, ends);
    pag->stamps = CAUS_ARRAY(arena, uint32_t, ends);
    pag->origin = CAUS_ARRAY(arena, uint32_t, nodes);
    pag->found = CAUS_ARRAY(arena, uint32_t, nodes);
    pag->bits = CAUS_ARRAY(arena, uint64_t, nodes * pag->word_count);
    return pag->marks && pag->asked && pag->queue && pag->queue_from &&
           pag->stamps && pag->origin && pag->found && pag->bits;
}

static bool has_bit(const uint64_t *rows, const caus_pag *pag, size_t row,
                    size_t place)
{
    return caus_bit_get(rows + row * pag->word_count, place);
}

/* The mark at b of a – b that is known beforehand, or NONE. */
static caus_mark known_mark(const caus_pag *pag, size_t a, size_t b)
{
    if (!pag->prior)
        return CAUS_MARK_NONE;
    if (has_bit(pag->prior->arrows, pag, b, a))
        return CAUS_MARK_ARROW;
    return has_bit(pag->prior->tails, pag, b, a) ? CAUS_MARK_TAIL
                                                 : CAUS_MARK_NONE;
}

caus_status caus_pag_init(caus_pag *pag, const caus_skeleton *skeleton,
                          const caus_prior *prior,
                          const caus_colliders *colliders, caus_arena *arena,
                          caus_error *err)
{
    size_t nodes = skeleton->node_count;
    caus_pag made = {.node_count = nodes,
                     .word_count = skeleton->word_count,
                     .skeleton = skeleton,
                     .lists = &skeleton->neighbours,
                     .prior = prior,
                     .ambiguous = colliders->ambiguous,
                     .ambiguous_count = colliders->ambiguous_count};
    if (!make_scratch(&made, arena))
        return caus_arena_fail(arena, err);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            if (!has_bit(skeleton->adjacent, &made, a, b))
                continue;
            caus_mark mark = known_mark(&made, a, b);
            if (mark == CAUS_MARK_NONE && colliders->arrows &&
                has_bit(colliders->arrows, &made, b, a))
                mark = CAUS_MARK_ARROW;
            made.marks[a * nodes + b] =
                (unsigned char)(mark == CAUS_MARK_NONE ? CAUS_MARK_CIRCLE
                                                       : mark);
        }
    *pag = made;
    return CAUS_OK;
}

static unsigned char drawn(unsigned char mark, unsigned char asked)
{
    if (asked & (asked - 1))
        return CAUS_MARK_CONFLICT;
    unsigned char wanted =
        asked & (1U << CAUS_MARK_ARROW) ? CAUS_MARK_ARROW : CAUS_MARK_TAIL;
    return mark == CAUS_MARK_CIRCLE || mark == wanted ? wanted
                                                      : CAUS_MARK_CONFLICT;
}

bool caus_pag_draw(caus_pag *pag)
{
    bool changed = false;
    size_t nodes = pag->node_count;
    for (size_t a = 0; a < nodes; a++) {
        size_t count;
        const uint32_t *near = caus_pag_neighbours(pag, a, &count);
        for (size_t k = 0; k < count; k++) {
            size_t cell = a * nodes + near[k];
            unsigned char asked = pag->asked[cell];
            pag->asked[cell] = 0;
            if (!asked || known_mark(pag, a, near[k]) != CAUS_MARK_NONE)
                continue;
            unsigned char mark = drawn(pag->marks[cell], asked);
            changed = changed || mark != pag->marks[cell];
            pag->marks[cell] = mark;
        }
    }
    return changed;
}

/* Rule 1: a *→ b o–* c with a and c apart gives b → c. */
static void ask_first(caus_pag *pag, size_t b, size_t c)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, b, &count);
    for (size_t k = 0; k < count; k++) {
        size_t a = near[k];
        if (caus_pag_mark(pag, a, b) != CAUS_MARK_ARROW ||
            !caus_pag_is_plain(pag, a, b, c))
            continue;
        caus_pag_ask(pag, c, b, CAUS_MARK_TAIL);
        caus_pag_ask(pag, b, c, CAUS_MARK_ARROW);
        return;
    }
}

/* Rule 2: a → b *→ c or a *→ b → c, and a *–o c gives a *→ c. */
static void ask_second(caus_pag *pag, size_t a, size_t c)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, a, &count);
    for (size_t k = 0; k < count; k++) {
        size_t b = near[k];
        if (caus_pag_mark(pag, a, b) != CAUS_MARK_ARROW ||
            caus_pag_mark(pag, b, c) != CAUS_MARK_ARROW)
            continue;
        if (caus_pag_mark(pag, b, a) != CAUS_MARK_TAIL &&
            caus_pag_mark(pag, c, b) != CAUS_MARK_TAIL)
            continue;
        caus_pag_ask(pag, a, c, CAUS_MARK_ARROW);
        return;
    }
}

/* One side of rule 3: a *→ b and a *–o d. */
static bool is_wing(const caus_pag *pag, size_t a, size_t b, size_t d)
{
    return caus_pag_mark(pag, a, b) == CAUS_MARK_ARROW &&
           caus_pag_mark(pag, a, d) == CAUS_MARK_CIRCLE;
}

/* Rule 3: a *→ b ←* c, a *–o d o–* c, a and c apart, d *–o b gives d *→ b. */
static void ask_third(caus_pag *pag, size_t d, size_t b)
{
    size_t count;
    const uint32_t *near = caus_pag_neighbours(pag, d, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_wing(pag, near[i], b, d))
            continue;
        for (size_t j = i + 1; j < count; j++)
            if (is_wing(pag, near[j], b, d) &&
                caus_pag_is_plain(pag, near[i], d, near[j])) {
                caus_pag_ask(pag, d, b, CAUS_MARK_ARROW);
                return;
            }
    }
}

void caus_pag_ask_arrows(caus_pag *pag)
{
    for (size_t a = 0; a < pag->node_count; a++) {
        size_t count;
        const uint32_t *near = caus_pag_neighbours(pag, a, &count);
        for (size_t k = 0; k < count; k++) {
            size_t b = near[k];
            if (caus_pag_mark(pag, b, a) == CAUS_MARK_CIRCLE)
                ask_first(pag, a, b);
            if (caus_pag_mark(pag, a, b) != CAUS_MARK_CIRCLE)
                continue;
            ask_second(pag, a, b);
            ask_third(pag, a, b);
        }
    }
}

/* ---- rule 4 ---- */

/* Walks back from alpha over colliders that are parents of gamma; puts the
 * nodes that are apart from gamma into pag->found and returns their number. */
static size_t find_thetas(caus_pag *pag, size_t alpha, size_t gamma)
{
    size_t first = 0, last = 0, found = 0;
    uint32_t stamp = ++pag->stamp;
    pag->queue[last++] = (uint32_t)alpha;
    pag->stamps[alpha] = pag->stamps[gamma] = stamp;
    while (first < last) {
        size_t count, v = pag->queue[first++];
        const uint32_t *near = caus_pag_neighbours(pag, v, &count);
        for (size_t k = 0; k < count; k++) {
            uint32_t w = near[k];
            if (pag->stamps[w] == stamp ||
                caus_pag_mark(pag, w, v) != CAUS_MARK_ARROW)
                continue;
            bool apart = !caus_pag_joins(pag, w, gamma);
            if (!apart && (caus_pag_mark(pag, v, w) != CAUS_MARK_ARROW ||
                           !caus_pag_directs(pag, w, gamma)))
                continue;
            pag->stamps[w] = stamp;
            pag->origin[w] = (uint32_t)v;
            if (apart)
                pag->found[found++] = w;
            else
                pag->queue[last++] = w;
        }
    }
    return found;
}

/* Whether a separating set has a node; false where there is no set. */
static bool is_in_set(const caus_pag *pag, size_t a, size_t b, size_t node)
{
    size_t cell = a < b ? a * pag->node_count + b : b * pag->node_count + a;
    const uint32_t *set = pag->skeleton->sets[cell];
    for (size_t k = 0; k < pag->skeleton->set_sizes[cell]; k++)
        if (set[k] == node)
            return true;
    return false;
}

static void ask_fourth(caus_pag *pag, const caus_discriminating *path)
{
    size_t alpha = path->alpha, beta = path->beta, gamma = path->gamma;
    caus_pag_ask(pag, beta, gamma, CAUS_MARK_ARROW);
    if (is_in_set(pag, path->theta, gamma, beta)) {
        caus_pag_ask(pag, gamma, beta, CAUS_MARK_TAIL);
        return;
    }
    caus_pag_ask(pag, gamma, beta, CAUS_MARK_ARROW);
    caus_pag_ask(pag, alpha, beta, CAUS_MARK_ARROW);
}

/* Paths by way of one alpha, for every beta. */
static void discriminate(caus_pag *pag, size_t alpha, size_t gamma,
                         caus_discriminating_fn *trusts, void *data)
{
    size_t count, found = 0;
    bool sought = false;
    const uint32_t *near = caus_pag_neighbours(pag, alpha, &count);
    for (size_t k = 0; k < count; k++) {
        size_t beta = near[k];
        if (caus_pag_mark(pag, beta, alpha) != CAUS_MARK_ARROW ||
            caus_pag_mark(pag, gamma, beta) != CAUS_MARK_CIRCLE)
            continue;
        if (!sought)
            found = find_thetas(pag, alpha, gamma);
        sought = true;
        for (size_t t = 0; t < found; t++) {
            caus_discriminating path = {pag->found[t], alpha, beta, gamma};
            if (caus_prior_get(pag->prior, path.theta, gamma) ==
                    CAUS_ASSUME_ABSENT ||
                (trusts && !trusts(data, pag, &path)))
                continue;
            ask_fourth(pag, &path);
        }
    }
}

void caus_pag_ask_discriminating(caus_pag *pag, caus_discriminating_fn *trusts,
                                 void *data)
{
    for (size_t gamma = 0; gamma < pag->node_count; gamma++) {
        size_t count;
        const uint32_t *near = caus_pag_neighbours(pag, gamma, &count);
        for (size_t k = 0; k < count; k++)
            if (caus_pag_directs(pag, near[k], gamma))
                discriminate(pag, near[k], gamma, trusts, data);
    }
}
