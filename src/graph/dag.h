/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static graphs as rows of bits, for searches that change one edge at a time:
 * directed and undirected edges, or adjacency alone.
 */
#ifndef CAUS_SRC_GRAPH_DAG_H
#define CAUS_SRC_GRAPH_DAG_H

#include "base/base.h"
#include "caus/graph.h"

/*
 * Each member is [node_count × word_count]; row v tells the parents, the
 * children, the undirected neighbours and everything adjacent to v. An edge
 * that is adjacent and nothing else has a conflict of marks.
 */
typedef struct caus_pdag {
    size_t node_count;
    size_t word_count;
    uint64_t *parents;
    uint64_t *children;
    uint64_t *neighbours;
    uint64_t *adjacent;
} caus_pdag;

static inline size_t caus_bit_words(size_t count)
{
    return (count + 63) / 64;
}

static inline bool caus_bit_get(const uint64_t *bits, size_t place)
{
    return bits[place / 64] >> (place % 64) & 1;
}

static inline void caus_bit_set(uint64_t *bits, size_t place)
{
    bits[place / 64] |= (uint64_t)1 << (place % 64);
}

static inline void caus_bit_clear(uint64_t *bits, size_t place)
{
    bits[place / 64] &= ~((uint64_t)1 << (place % 64));
}

static inline size_t caus_bit_count(const uint64_t *bits, size_t words)
{
    size_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += (size_t)__builtin_popcountll(bits[w]);
    return count;
}

/* The first place ≥ `from` that is set, or 64 · words. */
static inline size_t caus_bit_next(const uint64_t *bits, size_t words,
                                   size_t from)
{
    size_t w = from / 64;
    if (w >= words)
        return 64 * words;
    uint64_t rest = bits[w] >> (from % 64) << (from % 64);
    while (!rest && ++w < words)
        rest = bits[w];
    return w < words ? 64 * w + (size_t)__builtin_ctzll(rest) : 64 * words;
}

static inline uint64_t *caus_pdag_row(const caus_pdag *graph, uint64_t *rows,
                                      size_t node)
{
    return rows + node * graph->word_count;
}

/* A graph without edges; false when memory is out. */
bool caus_pdag_init(caus_pdag *graph, size_t node_count, caus_arena *arena);

/* `from` and `to` have the same number of nodes. */
void caus_pdag_copy(caus_pdag *to, const caus_pdag *from);

void caus_pdag_add_directed(caus_pdag *graph, size_t source, size_t target);
void caus_pdag_add_undirected(caus_pdag *graph, size_t a, size_t b);
/* Takes the edge between two nodes away, whatever it is. */
void caus_pdag_remove(caus_pdag *graph, size_t a, size_t b);

/* Sets the lag-0 edges of `graph`; conflicts become x-x. */
void caus_pdag_write(const caus_pdag *pdag, caus_graph *graph);

/* What conversions need besides the graphs. */
typedef struct caus_dag_work {
    size_t *order;       /* [node_count] */
    size_t *place;       /* [node_count] */
    size_t *count;       /* [node_count] */
    size_t *next;        /* [2 · node_count] lists of equal count */
    size_t *previous;    /* [2 · node_count] */
    uint64_t *bits;      /* [word_count] */
    uint64_t *compelled; /* [node_count × word_count] */
} caus_dag_work;

bool caus_dag_work_init(caus_dag_work *work, size_t node_count,
                        caus_arena *arena);

/* Orders the nodes so that parents come first, into work->order; false when
 * the directed edges have a cycle. */
bool caus_pdag_sort(const caus_pdag *graph, caus_dag_work *work);

/*
 * The completed graph of a DAG's Markov equivalence class: an edge stays
 * directed when every member of the class has it so (Chickering 1995, "A
 * transformational characterization of equivalent Bayesian network
 * structures", section 3). `dag` has directed edges only. Returns false when
 * it has a cycle. Cost O(node_count · word_count + edges).
 */
bool caus_pdag_complete(const caus_pdag *dag, caus_dag_work *work,
                        caus_pdag *result);

/*
 * A member of the class of a completed graph. Undirected edges point away from
 * whatever comes first in maximum cardinality search (Tarjan & Yannakakis
 * 1984), which starts with `first`.
 *
 *   first   nodes to come first, in order; each is joined to what comes before
 *           it in its component such that no collider arises
 *   result  directed edges only
 *
 * Returns false when `first` is no such order. Cost O(nodes + edges).
 */
bool caus_pdag_extend(const caus_pdag *graph, const size_t *first,
                      size_t first_count, caus_dag_work *work,
                      caus_pdag *result);

/*
 * A DAG with the directed edges, the adjacencies and the colliders of a graph,
 * directions drawn from knowledge among them.
 *
 *   result  directed edges only
 *
 * Returns false when there is none. Cost O(edges · (neighbours + 1) · words).
 * Source: Dor & Tarsi (1992), "A simple algorithm to construct a consistent
 * extension of a partially oriented graph".
 */
bool caus_pdag_direct(const caus_pdag *graph, caus_dag_work *work,
                      caus_pdag *result);

/*
 * Applies Meek's rules 1 to 3 (Meek 1995, "Causal inference and causal
 * explanation with background knowledge") until nothing changes. All rules look
 * at the same graph before any arrow is drawn, so the result does not depend
 * on the order of nodes; an edge that would get both arrows in one round has a
 * conflict.
 *
 *   ambiguous  triples that may or may not be colliders: they support no rule;
 *              sorted by middle, source, target with source < target
 *   arrows     scratch [node_count × word_count]
 */
void caus_pdag_close(caus_pdag *graph, const caus_triple *ambiguous,
                     size_t ambiguous_count, uint64_t *arrows);

/* Order of ambiguous triples, as for qsort(). */
int caus_triple_compare(const void *a, const void *b);

/* ---- separation ---- */

/* A graph prepared for many questions; marks are arrows and tails. */
typedef struct caus_separation {
    size_t node_count;
    size_t word_count;
    uint64_t *parents; /* [node_count × word_count] each */
    uint64_t *children;
    uint64_t *spouses;
    uint64_t *scratch; /* [6 × word_count] */
} caus_separation;

/* Fails with CAUS_ERR_INVALID_ARGUMENT where an edge at lag 0 is not directed
 * or bidirected, CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. */
caus_status caus_separation_init(caus_separation *separation,
                                 const caus_graph *graph, caus_arena *arena,
                                 caus_error *err);

/* The nodes that a path reaches from `node` given the bits `given`; `node` and
 * `given` themselves have no meaning in the result [word_count]. */
void caus_separation_reach(const caus_separation *separation, size_t node,
                           const uint64_t *given, uint64_t *result);

/* `bits` [word_count] and everything with a directed path into it. */
void caus_separation_ancestors(const caus_separation *separation,
                               uint64_t *bits);

#endif
