/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFCI: what replaces Possible-D-SEP. Colombo, Maathuis, Kalisch & Richardson
 * (2012), Annals of Statistics 40, section 3.1: an unshielded triple is
 * believed when its middle depends on both ends given the set that separates
 * them (lemma 3.1), a discriminating path when every edge of it withstands all
 * parts of the set of its ends (lemma 3.2). Unlike there, edges that fail go in
 * rounds, and marks begin anew after each, so that no order plays a part.
 */
#include <math.h>
#include <string.h>

#include "discovery/fci_internal.h"

/* An edge and a smallest set given which its ends are independent. */
typedef struct caus_refuted {
    struct caus_refuted *next;
    uint32_t a, b;
    uint32_t size;
    uint32_t *set;
    double square;
} caus_refuted;

/* What a walk over sets for one pair found. */
typedef struct probe {
    double limit;
    caus_refuted *found; /* NULL = dependent */
    bool failed;
} probe;

static void look(caus_walk *walk)
{
    probe *p = walk->data;
    double square = walk->squared[0];
    if (fabs(square) > p->limit)
        return;
    caus_refuted *made = CAUS_ARRAY(walk->arena, caus_refuted, 1);
    uint32_t *set = CAUS_ARRAY(walk->arena, uint32_t, walk->size);
    p->failed = !made || !set;
    if (!p->failed) {
        memcpy(set, walk->chosen, walk->size * sizeof *set);
        *made = (caus_refuted){.a = (uint32_t)walk->node,
                               .b = walk->targets[0],
                               .size = (uint32_t)walk->size,
                               .set = set,
                               .square = square};
        p->found = made;
    }
    caus_walk_drop(walk, 0);
}

/* Tests a pair given every part of a set that has `fewest` to `most` nodes,
 * smallest first. */
static caus_status test_parts(const caus_rfci *rfci, caus_walk *walk, size_t a,
                              size_t b, const uint32_t *set, size_t size,
                              size_t fewest, size_t most, caus_refuted **found,
                              caus_error *err)
{
    *found = NULL;
    if (most > rfci->engine->most_conditions)
        most = rfci->engine->most_conditions;
    for (size_t part = fewest; part <= most && !*found; part++) {
        probe p = {.limit = rfci->engine->limit(rfci->engine->state, part)};
        caus_walk_start(walk, a, set, size);
        caus_walk_add_target(walk, (uint32_t)b, 0);
        walk->fewest = walk->most = part;
        walk->look = look;
        walk->data = &p;
        CAUS_TRY(caus_walk_run(walk, err));
        if (p.failed)
            return caus_arena_fail(walk->arena, err);
        *found = p.found;
        if (walk->exhausted || walk->stopped)
            return CAUS_OK;
    }
    return CAUS_OK;
}

/* Copies a set without two nodes. */
static size_t leave_out(const uint32_t *set, size_t size, size_t a, size_t b,
                        uint32_t *kept)
{
    size_t count = 0;
    for (size_t k = 0; k < size; k++)
        if (set[k] != a && set[k] != b)
            kept[count++] = set[k];
    return count;
}

static size_t pair_cell(const caus_skeleton *skeleton, size_t a, size_t b)
{
    return a < b ? a * skeleton->node_count + b : b * skeleton->node_count + a;
}

static void add_refuted(const caus_rfci *rfci, size_t node, caus_refuted *found)
{
    if (!found)
        return;
    found->next = rfci->refuted[node];
    rfci->refuted[node] = found;
}

/* ---- triples ---- */

/* Tests an edge given the set of a triple's ends, without its middle. */
static caus_status check_edge(const caus_rfci *rfci, caus_walk *walk,
                              size_t node, const size_t edge[2],
                              const uint32_t *set, size_t size, caus_error *err)
{
    caus_refuted *found, *smaller;
    if (!size || caus_prior_requires(rfci->options->prior, edge[0], edge[1]))
        return CAUS_OK;
    CAUS_TRY(test_parts(rfci, walk, edge[0], edge[1], set, size, size, size,
                        &found, err));
    rfci->exhausted[node] = rfci->exhausted[node] || walk->exhausted;
    if (!found || walk->exhausted)
        return CAUS_OK;
    CAUS_TRY(test_parts(rfci, walk, edge[0], edge[1], set, size, 1, size - 1,
                        &smaller, err));
    rfci->exhausted[node] = rfci->exhausted[node] || walk->exhausted;
    add_refuted(rfci, node, smaller ? smaller : found);
    return CAUS_OK;
}

static caus_status check_pair(const caus_rfci *rfci, caus_walk *walk, size_t a,
                              size_t c, uint32_t *kept, caus_error *err)
{
    const caus_skeleton *skeleton = rfci->skeleton;
    size_t words = skeleton->word_count, cell = pair_cell(skeleton, a, c);
    const uint64_t *near = skeleton->adjacent + a * words;
    const uint64_t *far = skeleton->adjacent + c * words;
    for (size_t m = caus_bit_next(near, words, 0); m < 64 * words;
         m = caus_bit_next(near, words, m + 1)) {
        if (!caus_bit_get(far, m) || walk->stopped || rfci->exhausted[a])
            continue;
        size_t size = leave_out(skeleton->sets[cell], skeleton->set_sizes[cell],
                                m, m, kept);
        CAUS_TRY(check_edge(rfci, walk, a, (size_t[]){a, m}, kept, size, err));
        CAUS_TRY(check_edge(rfci, walk, a, (size_t[]){c, m}, kept, size, err));
    }
    return CAUS_OK;
}

static caus_status check_node(void *data, caus_walk *walk, size_t node,
                              caus_error *err)
{
    const caus_rfci *rfci = data;
    size_t words = rfci->skeleton->word_count;
    uint64_t *fresh = rfci->fresh + node * words;
    uint32_t *kept =
        CAUS_ARRAY(walk->arena, uint32_t, rfci->skeleton->node_count);
    if (!kept)
        return caus_arena_fail(walk->arena, err);
    walk->quota = rfci->quota;
    for (size_t c = caus_bit_next(fresh, words, node + 1);
         c < 64 * words && !walk->stopped;
         c = caus_bit_next(fresh, words, c + 1))
        CAUS_TRY(check_pair(rfci, walk, node, c, kept, err));
    memset(fresh, 0, words * sizeof *fresh);
    return CAUS_OK;
}

/* Shares what is left of the tests between `count`; takes note of what were
 * made. */
static void share_tests(caus_rfci *rfci, size_t count)
{
    uint64_t limit = rfci->options->max_tests, used = 0;
    for (int k = 0; k < caus_run_threads(rfci->run); k++)
        used += rfci->walks[k].test_count;
    rfci->skeleton->test_count = used;
    rfci->quota = UINT64_MAX;
    if (limit)
        rfci->quota = used < limit ? (limit - used) / count : 0;
}

static void note_cut(const caus_rfci *rfci)
{
    caus_skeleton *skeleton = rfci->skeleton;
    for (size_t v = 0; v < skeleton->node_count; v++)
        skeleton->complete = skeleton->complete && !rfci->exhausted[v];
    for (int k = 0; k < caus_run_threads(rfci->run); k++)
        skeleton->complete = skeleton->complete && !rfci->walks[k].stopped;
}

caus_status caus_rfci_check_triples(caus_rfci *rfci, caus_error *err)
{
    do {
        share_tests(rfci, rfci->skeleton->node_count);
        CAUS_TRY(caus_each_node(rfci->run, rfci->walks,
                                rfci->skeleton->node_count, check_node, rfci,
                                err));
        note_cut(rfci);
    } while (caus_rfci_take_away(rfci) && rfci->skeleton->complete);
    share_tests(rfci, 1);
    return CAUS_OK;
}

/* ---- discriminating paths ---- */

static bool withstands(caus_rfci *rfci, const caus_discriminating *path,
                       size_t a, size_t b)
{
    const caus_skeleton *skeleton = rfci->skeleton;
    size_t cell = pair_cell(skeleton, path->theta, path->gamma);
    caus_refuted *found = NULL;
    if (caus_prior_requires(rfci->options->prior, a, b))
        return true;
    size_t size = leave_out(skeleton->sets[cell], skeleton->set_sizes[cell], a,
                            b, rfci->kept);
    rfci->status = test_parts(rfci, rfci->walks, a, b, rfci->kept, size, 1,
                              size, &found, rfci->err);
    if (rfci->walks->exhausted)
        rfci->exhausted[0] = true;
    add_refuted(rfci, a, found);
    return !found && rfci->status == CAUS_OK && !rfci->walks->exhausted &&
           !rfci->walks->stopped;
}

bool caus_rfci_trusts(void *data, const caus_pag *pag,
                      const caus_discriminating *path)
{
    caus_rfci *rfci = data;
    if (rfci->status != CAUS_OK || rfci->exhausted[0] || rfci->walks->stopped)
        return false;
    rfci->walks->quota = rfci->quota;
    bool good = withstands(rfci, path, path->beta, path->gamma) &&
                withstands(rfci, path, path->alpha, path->beta);
    for (size_t v = path->theta; good && v != path->alpha; v = pag->origin[v])
        good = withstands(rfci, path, v, pag->origin[v]);
    rfci->quota = rfci->walks->quota;
    return good;
}

/* ---- removal ---- */

/* Of several reasons against an edge the one with the smallest set counts,
 * then the weakest dependence. */
static void take_edge(caus_rfci *rfci, const caus_refuted *reason)
{
    caus_skeleton *s = rfci->skeleton;
    size_t a = reason->a, b = reason->b, words = s->word_count;
    size_t cell = pair_cell(s, a, b);
    size_t small = a < b ? a : b, large = a < b ? b : a;
    double deviate = rfci->engine->deviate(rfci->engine->state, reason->square,
                                           reason->size);
    bool first = caus_bit_get(s->adjacent + a * words, b);
    if (!first &&
        (reason->size > s->set_sizes[cell] ||
         (reason->size == s->set_sizes[cell] && deviate >= s->deviate[cell])))
        return;
    caus_bit_clear(s->adjacent + a * words, b);
    caus_bit_clear(s->adjacent + b * words, a);
    caus_bit_set(rfci->fresh + small * words, large);
    s->sets[cell] = reason->set;
    s->set_sizes[cell] = reason->size;
    double root = sqrt(fabs(reason->square));
    size_t back = large * s->node_count + small;
    s->statistic[cell] = s->statistic[back] = reason->square < 0 ? -root : root;
    s->deviate[cell] = s->deviate[back] = deviate;
}

static void shorten_list(const caus_skeleton *skeleton, size_t node)
{
    const caus_lists *lists = &skeleton->neighbours;
    uint32_t *items = lists->items + lists->first[node];
    size_t kept = 0;
    for (size_t k = 0; k < lists->count[node]; k++)
        if (caus_bit_get(skeleton->adjacent + node * skeleton->word_count,
                         items[k]))
            items[kept++] = items[k];
    lists->count[node] = kept;
}

bool caus_rfci_take_away(caus_rfci *rfci)
{
    bool any = false;
    size_t nodes = rfci->skeleton->node_count;
    for (size_t v = 0; v < nodes; v++) {
        for (const caus_refuted *r = rfci->refuted[v]; r; r = r->next) {
            take_edge(rfci, r);
            any = true;
        }
        rfci->refuted[v] = NULL;
    }
    for (size_t v = 0; any && v < nodes; v++)
        shorten_list(rfci->skeleton, v);
    return any;
}

caus_status caus_rfci_init(caus_rfci *rfci, caus_error *err)
{
    const caus_skeleton *skeleton = rfci->skeleton;
    size_t nodes = skeleton->node_count, words = skeleton->word_count;
    rfci->fresh = CAUS_ARRAY(rfci->arena, uint64_t, nodes * words);
    rfci->refuted = CAUS_ARRAY(rfci->arena, caus_refuted *, nodes);
    rfci->exhausted = CAUS_ARRAY(rfci->arena, bool, nodes);
    rfci->kept = CAUS_ARRAY(rfci->arena, uint32_t, nodes);
    if (!rfci->fresh || !rfci->refuted || !rfci->exhausted || !rfci->kept)
        return caus_arena_fail(rfci->arena, err);
    for (size_t a = 0; a < nodes; a++)
        for (size_t c = a + 1; c < nodes; c++)
            /* a pair that was not to be tested has no set */
            if (!caus_bit_get(skeleton->adjacent + a * words, c) &&
                caus_prior_get(rfci->options->prior, a, c) !=
                    CAUS_ASSUME_ABSENT)
                caus_bit_set(rfci->fresh + a * words, c);
    return CAUS_OK;
}
