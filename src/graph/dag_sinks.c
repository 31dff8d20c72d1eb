/* SPDX-License-Identifier: Apache-2.0 */
/* From a partly directed graph to a DAG with the same directions. */
#include <string.h>

#include "graph/dag.h"

/* Nodes that may have become sinks wait in a ring, each once. */
typedef struct peeling {
    const caus_pdag *graph;
    uint64_t *left;   /* nodes not peeled off yet */
    size_t *ring;     /* [node_count] */
    size_t *is_there; /* [node_count] */
    size_t head;
    size_t count;
} peeling;

static void enqueue(peeling *p, size_t node)
{
    size_t nodes = p->graph->node_count;
    if (p->is_there[node] || !caus_bit_get(p->left, node))
        return;
    p->is_there[node] = 1;
    p->ring[(p->head + p->count++) % nodes] = node;
}

/*
 * Whether every edge that is left may point at a node: none leaves it, and
 * those without direction come from nodes that are joined to everything else
 * around it, so that no collider arises.
 */
static bool is_sink(const peeling *p, size_t node)
{
    const caus_pdag *g = p->graph;
    size_t words = g->word_count;
    const uint64_t *children = caus_pdag_row(g, g->children, node);
    const uint64_t *near = caus_pdag_row(g, g->neighbours, node);
    const uint64_t *around = caus_pdag_row(g, g->adjacent, node);
    for (size_t w = 0; w < words; w++)
        if (children[w] & p->left[w])
            return false;
    for (size_t v = caus_bit_next(near, words, 0); v < 64 * words;
         v = caus_bit_next(near, words, v + 1)) {
        const uint64_t *joined = caus_pdag_row(g, g->adjacent, v);
        if (!caus_bit_get(p->left, v))
            continue;
        for (size_t w = 0; w < words; w++) {
            uint64_t own = v / 64 == w ? (uint64_t)1 << (v % 64) : 0;
            if (around[w] & p->left[w] & ~joined[w] & ~own)
                return false;
        }
    }
    return true;
}

/* Takes a sink off; what is left without direction points at it. */
static void peel(peeling *p, size_t node, caus_pdag *result)
{
    const caus_pdag *g = p->graph;
    size_t words = g->word_count;
    const uint64_t *near = caus_pdag_row(g, g->neighbours, node);
    const uint64_t *around = caus_pdag_row(g, g->adjacent, node);
    caus_bit_clear(p->left, node);
    for (size_t v = caus_bit_next(near, words, 0); v < 64 * words;
         v = caus_bit_next(near, words, v + 1)) {
        if (!caus_bit_get(p->left, v))
            continue;
        caus_bit_set(caus_pdag_row(result, result->parents, node), v);
        caus_bit_set(caus_pdag_row(result, result->children, v), node);
    }
    for (size_t v = caus_bit_next(around, words, 0); v < 64 * words;
         v = caus_bit_next(around, words, v + 1))
        enqueue(p, v);
}

bool caus_pdag_direct(const caus_pdag *graph, caus_dag_work *work,
                      caus_pdag *result)
{
    size_t nodes = graph->node_count, peeled = 0;
    peeling p = {.graph = graph,
                 .left = work->bits,
                 .ring = work->order,
                 .is_there = work->count};
    caus_pdag_copy(result, graph);
    memset(result->neighbours, 0,
           nodes * graph->word_count * sizeof *result->neighbours);
    memset(p.left, 0, graph->word_count * sizeof *p.left);
    memset(p.is_there, 0, nodes * sizeof *p.is_there);
    for (size_t v = 0; v < nodes; v++)
        caus_bit_set(p.left, v);
    for (size_t v = 0; v < nodes; v++)
        enqueue(&p, v);
    while (p.count) {
        size_t v = p.ring[p.head];
        p.head = (p.head + 1) % nodes;
        p.count--;
        p.is_there[v] = 0;
        if (!is_sink(&p, v))
            continue;
        peel(&p, v, result);
        peeled++;
    }
    return peeled == nodes;
}
