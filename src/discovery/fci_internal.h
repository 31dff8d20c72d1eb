/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the searches with hidden causes share. */
#ifndef CAUS_SRC_DISCOVERY_FCI_INTERNAL_H
#define CAUS_SRC_DISCOVERY_FCI_INTERNAL_H

#include "caus/fci.h"
#include "discovery/static_internal.h"

/*
 * A partial ancestral graph while its marks are found. Rules look at the marks
 * and ask for others; what was asked is drawn at the end of a round, so that
 * the order of nodes plays no part.
 */
typedef struct caus_pag {
    size_t node_count;
    size_t word_count;
    const caus_skeleton *skeleton;
    const caus_lists *lists; /* neighbours, strongest first */
    const caus_prior *prior; /* may be NULL */
    const caus_triple *ambiguous;
    size_t ambiguous_count;
    bool selection;
    unsigned char *marks; /* [node_count²] mark at `b` of a – b, in row a */
    unsigned char *asked; /* [node_count²] likewise, bits 1 << mark */
    /* scratch */
    uint32_t *queue;      /* [edge ends + node_count] */
    uint32_t *queue_from; /* likewise: the node before */
    uint32_t *stamps;     /* likewise */
    uint32_t *origin;     /* [node_count] the node a path came from */
    uint32_t *found;      /* [node_count] */
    uint32_t stamp;
    uint64_t *bits; /* [node_count × word_count] */
} caus_pag;

static inline caus_mark caus_pag_mark(const caus_pag *pag, size_t a, size_t b)
{
    return (caus_mark)pag->marks[a * pag->node_count + b];
}

static inline bool caus_pag_joins(const caus_pag *pag, size_t a, size_t b)
{
    return pag->marks[a * pag->node_count + b] != CAUS_MARK_NONE;
}

static inline bool caus_pag_directs(const caus_pag *pag, size_t a, size_t b)
{
    return caus_pag_mark(pag, a, b) == CAUS_MARK_ARROW &&
           caus_pag_mark(pag, b, a) == CAUS_MARK_TAIL;
}

static inline void caus_pag_ask(caus_pag *pag, size_t a, size_t b,
                                caus_mark mark)
{
    pag->asked[a * pag->node_count + b] |= (unsigned char)(1U << mark);
}

/* a – b – c with a and c apart, and known to be a collider or known to be
 * none. */
static inline bool caus_pag_is_plain(const caus_pag *pag, size_t a, size_t b,
                                     size_t c)
{
    return a != c && !caus_pag_joins(pag, a, c) &&
           !caus_triples_have(pag->ambiguous, pag->ambiguous_count, a, b, c);
}

static inline uint32_t *caus_pag_neighbours(const caus_pag *pag, size_t node,
                                            size_t *count)
{
    *count = pag->lists->count[node];
    return pag->lists->items + pag->lists->first[node];
}

/* Circles everywhere but for colliders and what is known. */
caus_status caus_pag_init(caus_pag *pag, const caus_skeleton *skeleton,
                          const caus_prior *prior,
                          const caus_colliders *colliders, caus_arena *arena,
                          caus_error *err);

/* Draws what was asked; a mark that is asked for and against has a conflict.
 * Returns whether anything changed. */
bool caus_pag_draw(caus_pag *pag);

/* Rules 1 to 3. */
void caus_pag_ask_arrows(caus_pag *pag);

/*
 * A path theta … alpha, beta, gamma on which every node between theta and beta
 * is a collider and a parent of gamma, which theta is not joined with: it tells
 * whether beta is a collider. pag->origin leads from theta to alpha.
 */
typedef struct caus_discriminating {
    size_t theta, alpha, beta, gamma;
} caus_discriminating;

/* Whether a path may be used. */
typedef bool caus_discriminating_fn(void *data, const caus_pag *pag,
                                    const caus_discriminating *path);

/* Rule 4; `trusts` may be NULL. */
void caus_pag_ask_discriminating(caus_pag *pag, caus_discriminating_fn *trusts,
                                 void *data);

/* Rules 5, and 6 and 7: selection. */
void caus_pag_ask_undirected(caus_pag *pag);
void caus_pag_ask_selected(caus_pag *pag);

/* Rules 8 to 10. */
void caus_pag_ask_tails(caus_pag *pag);

/*
 * Numbers the biconnected components of a skeleton: `blocks` [end_count] gives
 * that of each list item. False when memory is out.
 */
bool caus_blocks_find(const caus_skeleton *skeleton, size_t end_count,
                      caus_arena *arena, uint32_t *blocks);

/* Tests all edges given sets of nodes that may separate them and are no
 * neighbours. */
caus_status caus_fci_refine(const caus_engine *engine,
                            const caus_skeleton_options *options,
                            const caus_run *run, caus_walk *walks,
                            caus_arena *arena, caus_skeleton *skeleton,
                            caus_error *err);

/* ---- the fast search ---- */

typedef struct caus_rfci {
    const caus_engine *engine;
    const caus_skeleton_options *options;
    const caus_run *run;
    caus_walk *walks;
    caus_skeleton *skeleton;
    caus_arena *arena;
    uint64_t *fresh; /* [node_count × word_count] pairs separated since their
                        triples were looked at, at the smaller node */
    struct caus_refuted **refuted; /* [node_count] lists */
    bool *exhausted;               /* [node_count] */
    uint64_t quota;
    uint32_t *kept;     /* [node_count] scratch */
    caus_status status; /* of tests made for rule 4 */
    caus_error *err;
} caus_rfci;

caus_status caus_rfci_init(caus_rfci *rfci, caus_error *err);

/* Tests, for every triple whose ends were separated, whether the middle
 * depends on both given their set; takes edges away where it does not. */
caus_status caus_rfci_check_triples(caus_rfci *rfci, caus_error *err);

/* Tests the edges of a path given all parts of the set of its ends; `data` is a
 * caus_rfci. */
bool caus_rfci_trusts(void *data, const caus_pag *pag,
                      const caus_discriminating *path);

/* Takes the edges away that were refuted; returns whether there were any. */
bool caus_rfci_take_away(caus_rfci *rfci);

/* FCI or RFCI on any engine; caus_discover_fci() with the tests exchanged. */
caus_status caus_fci_learn(const caus_engine *engine,
                           const caus_fci_options *options, const caus_run *run,
                           caus_arena *out, caus_discovery *result,
                           caus_error *err);

#endif
