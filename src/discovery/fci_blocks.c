/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Biconnected components: two edges share one when a cycle goes through both.
 * Found depth first (Hopcroft & Tarjan 1973, Communications of the ACM 16), by
 * a loop, for graphs may be deep.
 */
#include "discovery/fci_internal.h"

typedef struct visit {
    const caus_lists *lists;
    uint32_t *order;  /* [nodes] when a node was met, from 1; 0 = not yet */
    uint32_t *low;    /* [nodes] the first node that is reached from below */
    uint32_t *parent; /* [nodes] */
    uint32_t *next;   /* [nodes] the next neighbour to be looked at */
    uint32_t *path;   /* [nodes] from the root */
    uint32_t *edges;  /* [2 × ends] node and place of edges not yet given */
    size_t path_count, edge_count;
    uint32_t met;
    uint32_t block_count;
    uint32_t *blocks; /* [ends] */
} visit;

static void enter(visit *t, uint32_t node, uint32_t parent)
{
    t->order[node] = t->low[node] = ++t->met;
    t->parent[node] = parent;
    t->path[t->path_count++] = node;
}

static void push_edge(visit *t, uint32_t node, uint32_t place)
{
    t->edges[2 * t->edge_count] = node;
    t->edges[2 * t->edge_count++ + 1] = place;
}

static void give_block(visit *t, uint32_t node, uint32_t place)
{
    const caus_lists *lists = t->lists;
    size_t end = lists->first[node] + place;
    uint32_t other = lists->items[end];
    t->blocks[end] = t->block_count;
    for (size_t k = 0; k < lists->count[other]; k++)
        if (lists->items[lists->first[other] + k] == node)
            t->blocks[lists->first[other] + k] = t->block_count;
}

/* Everything since the edge from parent to node is one component. */
static void close_block(visit *t, uint32_t parent, uint32_t node)
{
    bool last = false;
    while (!last) {
        uint32_t from = t->edges[2 * --t->edge_count];
        uint32_t place = t->edges[2 * t->edge_count + 1];
        last = from == parent &&
               t->lists->items[t->lists->first[from] + place] == node;
        give_block(t, from, place);
    }
    t->block_count++;
}

static void look_at_next(visit *t, uint32_t node)
{
    uint32_t place = t->next[node]++;
    uint32_t other = t->lists->items[t->lists->first[node] + place];
    if (!t->order[other]) {
        push_edge(t, node, place);
        enter(t, other, node);
    } else if (other != t->parent[node] && t->order[other] < t->order[node]) {
        push_edge(t, node, place);
        if (t->order[other] < t->low[node])
            t->low[node] = t->order[other];
    }
}

static void leave(visit *t, uint32_t node)
{
    uint32_t parent = t->parent[node];
    t->path_count--;
    if (parent == UINT32_MAX)
        return;
    if (t->low[node] < t->low[parent])
        t->low[parent] = t->low[node];
    if (t->low[node] >= t->order[parent])
        close_block(t, parent, node);
}

bool caus_blocks_find(const caus_skeleton *skeleton, size_t end_count,
                      caus_arena *arena, uint32_t *blocks)
{
    size_t nodes = skeleton->node_count;
    visit t = {.lists = &skeleton->neighbours,
               .order = CAUS_ARRAY(arena, uint32_t, nodes),
               .low = CAUS_ARRAY(arena, uint32_t, nodes),
               .parent = CAUS_ARRAY(arena, uint32_t, nodes),
               .next = CAUS_ARRAY(arena, uint32_t, nodes),
               .path = CAUS_ARRAY(arena, uint32_t, nodes),
               .edges = CAUS_ARRAY(arena, uint32_t, 2 * end_count),
               .blocks = blocks};
    if (!t.order || !t.low || !t.parent || !t.next || !t.path || !t.edges)
        return false;
    for (uint32_t root = 0; root < nodes; root++) {
        if (t.order[root])
            continue;
        enter(&t, root, UINT32_MAX);
        while (t.path_count) {
            uint32_t node = t.path[t.path_count - 1];
            if (t.next[node] < t.lists->count[node])
                look_at_next(&t, node);
            else
                leave(&t, node);
        }
    }
    return true;
}
