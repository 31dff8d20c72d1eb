/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about pairs before any test. */
#include <stdlib.h>
#include <string.h>

#include "discovery/static_internal.h"

typedef struct label {
    char text[48];
} label;

/* A variable's name for a sentence, its number where it has none. */
static const char *name_of(const caus_engine *engine, size_t node, label *room)
{
    if (engine->variables)
        return engine->variables[node].name;
    snprintf(room->text, sizeof room->text, "variable %zu", node);
    return room->text;
}

/* The same assumption seen from the other end. */
static unsigned char turned(unsigned char assumption)
{
    switch (assumption) {
    case CAUS_ASSUME_LINK:
        return CAUS_ASSUME_LINK_BACK;
    case CAUS_ASSUME_LINK_BACK:
        return CAUS_ASSUME_LINK;
    case CAUS_ASSUME_NOT_BACK:
        return CAUS_ASSUME_ONLY_BACK;
    case CAUS_ASSUME_ONLY_BACK:
        return CAUS_ASSUME_NOT_BACK;
    default:
        return assumption;
    }
}

static caus_status check_range(const caus_engine *engine,
                               const unsigned char *cells, caus_error *err)
{
    label a, b;
    size_t nodes = engine->node_count;
    for (size_t cell = 0; cell < nodes * nodes; cell++)
        if (cells[cell] > CAUS_ASSUME_ONLY_BACK)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the assumption about %s and %s is %d, which "
                             "means nothing: give a caus_assumption",
                             name_of(engine, cell / nodes, &a),
                             name_of(engine, cell % nodes, &b), cells[cell]);
    return CAUS_OK;
}

static caus_status complete_pair(const caus_engine *engine, size_t i, size_t j,
                                 unsigned char *cells, caus_error *err)
{
    label a, b;
    unsigned char *forward = &cells[i * engine->node_count + j];
    unsigned char *back = &cells[j * engine->node_count + i];
    if (*back == CAUS_ASSUME_UNKNOWN)
        *back = turned(*forward);
    if (*forward == CAUS_ASSUME_UNKNOWN)
        *forward = turned(*back);
    if (*forward != turned(*back))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "what is assumed from %s to %s contradicts what is "
                         "assumed from %s to %s: give one of them, or the "
                         "same from both ends",
                         name_of(engine, i, &a), name_of(engine, j, &b),
                         name_of(engine, j, &b), name_of(engine, i, &a));
    return CAUS_OK;
}

static uint64_t *row_of(const caus_prior *prior, uint64_t *rows, size_t node)
{
    return rows + node * prior->word_count;
}

static bool points(unsigned char assumption)
{
    return assumption == CAUS_ASSUME_LINK || assumption == CAUS_ASSUME_NOT_BACK;
}

/* Row v: everything with a path of required links into v. */
static void find_required_causes(const caus_prior *prior, uint64_t *before)
{
    size_t nodes = prior->node_count, words = prior->word_count;
    for (size_t u = 0; u < nodes; u++)
        for (size_t v = 0; v < nodes; v++)
            if (prior->cells[u * nodes + v] == CAUS_ASSUME_LINK)
                caus_bit_set(before + v * words, u);
    for (size_t m = 0; m < nodes; m++)
        for (size_t v = 0; v < nodes; v++)
            if (caus_bit_get(before + v * words, m))
                for (size_t w = 0; w < words; w++)
                    before[v * words + w] |= before[m * words + w];
}

/*
 * Required links must not lead back to what is to come first. Without hidden
 * causes "if linked, then this way" is about the link alone: where a path leads
 * back, there is no link.
 */
static caus_status check_order(const caus_engine *engine, bool latent,
                               const caus_prior *prior, unsigned char *cells,
                               caus_arena *arena, caus_error *err)
{
    label a, b;
    size_t nodes = prior->node_count, words = prior->word_count;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    uint64_t *before = CAUS_ARRAY(arena, uint64_t, nodes * words);
    if (!before)
        return caus_arena_fail(arena, err);
    find_required_causes(prior, before);
    for (size_t u = 0; u < nodes; u++)
        for (size_t v = 0; v < nodes; v++) {
            if (!points(cells[u * nodes + v]) ||
                !caus_bit_get(before + u * words, v))
                continue;
            if (latent || cells[u * nodes + v] == CAUS_ASSUME_LINK)
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "%s is assumed to come before %s, but "
                                 "required links lead from %s back to %s: "
                                 "take one of them away",
                                 name_of(engine, u, &a), name_of(engine, v, &b),
                                 name_of(engine, v, &b),
                                 name_of(engine, u, &a));
            cells[u * nodes + v] = cells[v * nodes + u] = CAUS_ASSUME_ABSENT;
        }
    caus_arena_rewind(arena, mark);
    return CAUS_OK;
}

/*
 * Whether u, which is later than v, can be left out of sets for v when there
 * may be hidden causes: a separating set of v and t holds causes of either, so
 * u must be later than every t that is not itself later than v. With tiers it
 * always is.
 */
static bool is_later_than_all(const caus_prior *prior, size_t u, size_t v)
{
    size_t nodes = prior->node_count;
    for (size_t t = 0; t < nodes; t++)
        if (t != u && t != v && !points(prior->cells[v * nodes + t]) &&
            !points(prior->cells[t * nodes + u]))
            return false;
    return true;
}

static void fill_rows(caus_prior *prior, bool latent)
{
    size_t nodes = prior->node_count;
    for (size_t v = 0; v < nodes; v++)
        for (size_t u = 0; u < nodes; u++) {
            unsigned char cell = prior->cells[v * nodes + u];
            if (!points(cell))
                continue;
            caus_bit_set(row_of(prior, prior->arrows, u), v);
            if (!latent || cell == CAUS_ASSUME_LINK)
                caus_bit_set(row_of(prior, prior->tails, v), u);
            if (!latent || is_later_than_all(prior, u, v))
                caus_bit_set(row_of(prior, prior->excluded, v), u);
        }
}

caus_status caus_prior_read(const caus_engine *engine,
                            const unsigned char *cells, bool latent,
                            caus_arena *arena, const caus_prior **result,
                            caus_error *err)
{
    size_t nodes = engine->node_count, words = caus_bit_words(nodes);
    *result = NULL;
    if (!cells)
        return CAUS_OK;
    CAUS_TRY(check_range(engine, cells, err));
    caus_prior *made = CAUS_ARRAY(arena, caus_prior, 1);
    unsigned char *copy = CAUS_ARRAY(arena, unsigned char, nodes *nodes);
    uint64_t *rows = CAUS_ARRAY(arena, uint64_t, 3 * nodes * words);
    if (!made || !copy || !rows)
        return caus_arena_fail(arena, err);
    memcpy(copy, cells, nodes * nodes);
    for (size_t i = 0; i < nodes; i++) {
        copy[i * nodes + i] = CAUS_ASSUME_ABSENT;
        for (size_t j = i + 1; j < nodes; j++)
            CAUS_TRY(complete_pair(engine, i, j, copy, err));
    }
    *made = (caus_prior){.node_count = nodes,
                         .word_count = words,
                         .cells = copy,
                         .arrows = rows,
                         .tails = rows + nodes * words,
                         .excluded = rows + 2 * nodes * words};
    CAUS_TRY(check_order(engine, latent, made, copy, arena, err));
    fill_rows(made, latent);
    *result = made;
    return CAUS_OK;
}

bool caus_prior_requires(const caus_prior *prior, size_t a, size_t b)
{
    caus_assumption known = caus_prior_get(prior, a, b);
    return known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_LINK_BACK ||
           known == CAUS_ASSUME_ADJACENT;
}

/* ---- directions without hidden causes ---- */

void caus_prior_draw(const caus_prior *prior, caus_pdag *graph)
{
    size_t words = graph->word_count;
    for (size_t to = 0; to < graph->node_count; to++) {
        const uint64_t *row = row_of(prior, prior->arrows, to);
        for (size_t from = caus_bit_next(row, words, 0); from < 64 * words;
             from = caus_bit_next(row, words, from + 1)) {
            if (!caus_bit_get(caus_pdag_row(graph, graph->adjacent, to), from))
                continue;
            caus_pdag_remove(graph, from, to);
            caus_pdag_add_directed(graph, from, to);
        }
    }
}

typedef struct closing {
    caus_pdag *graph;
    const caus_triple *ambiguous;
    size_t ambiguous_count;
} closing;

/* Rule 4: from – to, d → c → to, from – d, from and c joined, d and `to` not,
 * gives from → to. */
static bool follows_from_fourth(const closing *c, size_t from, size_t to)
{
    caus_pdag *g = c->graph;
    size_t words = g->word_count;
    const uint64_t *near = caus_pdag_row(g, g->neighbours, from);
    const uint64_t *joined = caus_pdag_row(g, g->adjacent, from);
    const uint64_t *parents = caus_pdag_row(g, g->parents, to);
    const uint64_t *adjacent = caus_pdag_row(g, g->adjacent, to);
    for (size_t d = caus_bit_next(near, words, 0); d < 64 * words;
         d = caus_bit_next(near, words, d + 1)) {
        const uint64_t *children = caus_pdag_row(g, g->children, d);
        if (d == to || caus_bit_get(adjacent, d) ||
            caus_triples_have(c->ambiguous, c->ambiguous_count, d, from, to))
            continue;
        for (size_t w = 0; w < words; w++)
            if (children[w] & joined[w] & parents[w])
                return true;
    }
    return false;
}

static bool apply_fourth(const closing *c, uint64_t *arrows)
{
    caus_pdag *g = c->graph;
    size_t words = g->word_count;
    bool any = false;
    memset(arrows, 0, g->node_count * words * sizeof *arrows);
    for (size_t from = 0; from < g->node_count; from++) {
        const uint64_t *near = caus_pdag_row(g, g->neighbours, from);
        for (size_t to = caus_bit_next(near, words, 0); to < 64 * words;
             to = caus_bit_next(near, words, to + 1))
            if (follows_from_fourth(c, from, to)) {
                caus_bit_set(arrows + to * words, from);
                any = true;
            }
    }
    for (size_t to = 0; any && to < g->node_count; to++)
        for (size_t from = caus_bit_next(arrows + to * words, words, 0);
             from < 64 * words;
             from = caus_bit_next(arrows + to * words, words, from + 1)) {
            caus_bit_clear(caus_pdag_row(g, g->neighbours, to), from);
            caus_bit_clear(caus_pdag_row(g, g->neighbours, from), to);
            if (!caus_bit_get(arrows + from * words, to))
                caus_pdag_add_directed(g, from, to);
        }
    return any;
}

void caus_prior_close(caus_pdag *graph, const caus_triple *ambiguous,
                      size_t ambiguous_count, uint64_t *arrows)
{
    closing c = {graph, ambiguous, ambiguous_count};
    do
        caus_pdag_close(graph, ambiguous, ambiguous_count, arrows);
    while (apply_fourth(&c, arrows));
}

bool caus_triples_have(const caus_triple *triples, size_t count, size_t a,
                       size_t middle, size_t b)
{
    if (!count)
        return false;
    caus_triple key = {
        .source = a < b ? a : b, .middle = middle, .target = a < b ? b : a};
    return bsearch(&key, triples, count, sizeof key, caus_triple_compare);
}
