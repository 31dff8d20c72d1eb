/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "property/static/allowed.h"
#include "test.h"

static bool points(const caus_graph *graph, size_t a, size_t b)
{
    return a != b && caus_graph_get(graph, a, b, 0).target == CAUS_MARK_ARROW &&
           caus_graph_get(graph, a, b, 0).source == CAUS_MARK_TAIL;
}

static bool joins(const caus_graph *graph, size_t a, size_t b)
{
    return caus_graph_get(graph, a, b, 0).source != CAUS_MARK_NONE;
}

void allowed_assume(const caus_graph *dag, caus_random *random,
                    unsigned char *cells)
{
    size_t nodes = dag->node_count;
    memset(cells, CAUS_ASSUME_UNKNOWN, nodes * nodes);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            if (a == b || caus_random_uniform(random) < .8)
                continue;
            bool required = caus_random_uniform(random) < .5;
            unsigned char *cell = &cells[a * nodes + b];
            if (cells[b * nodes + a] != CAUS_ASSUME_UNKNOWN)
                continue;
            if (points(dag, a, b))
                *cell = required ? CAUS_ASSUME_LINK : CAUS_ASSUME_NOT_BACK;
            else if (points(dag, b, a))
                *cell = required ? CAUS_ASSUME_ADJACENT : CAUS_ASSUME_ONLY_BACK;
            else
                *cell = CAUS_ASSUME_ABSENT;
        }
}

typedef struct dag_set {
    const caus_graph *dag;
    const unsigned char *cells;
    size_t edges[ALLOWED_MOST_NODES * ALLOWED_MOST_NODES][2];
    size_t edge_count;
    unsigned parents[ALLOWED_MOST_NODES]; /* of the graph at hand */
} dag_set;

static bool is_acyclic(const dag_set *set)
{
    size_t nodes = set->dag->node_count;
    unsigned left = (1U << nodes) - 1;
    for (size_t round = 0; round < nodes; round++)
        for (size_t v = 0; v < nodes; v++)
            if (!(set->parents[v] & left))
                left &= ~(1U << v);
    return left == 0;
}

static bool has_same_colliders(const dag_set *set)
{
    size_t nodes = set->dag->node_count;
    for (size_t m = 0; m < nodes; m++)
        for (size_t a = 0; a < nodes; a++)
            for (size_t b = a + 1; b < nodes; b++) {
                if (a == m || b == m || joins(set->dag, a, b))
                    continue;
                unsigned both = 1U << a | 1U << b;
                bool collides = (set->parents[m] & both) == both;
                if (collides !=
                    (points(set->dag, a, m) && points(set->dag, b, m)))
                    return false;
            }
    return true;
}

bool allowed_edge(const unsigned char *cells, size_t nodes, size_t a, size_t b)
{
    unsigned char forward = cells[a * nodes + b];
    unsigned char back = cells[b * nodes + a];
    return forward != CAUS_ASSUME_ONLY_BACK &&
           forward != CAUS_ASSUME_LINK_BACK && back != CAUS_ASSUME_LINK &&
           back != CAUS_ASSUME_NOT_BACK;
}

caus_graph allowed_graph(const caus_graph *dag, const unsigned char *cells,
                         caus_arena *arena)
{
    size_t nodes = dag->node_count;
    dag_set made = {.dag = dag, .cells = cells}, *set = &made;
    unsigned seen[ALLOWED_MOST_NODES * ALLOWED_MOST_NODES] = {0};
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            if (joins(set->dag, a, b)) {
                set->edges[set->edge_count][0] = a;
                set->edges[set->edge_count++][1] = b;
            }
    for (unsigned code = 0; code < 1U << set->edge_count; code++) {
        bool allowed = true;
        memset(set->parents, 0, sizeof set->parents);
        for (size_t k = 0; k < set->edge_count; k++) {
            size_t turned = code >> k & 1;
            size_t from = set->edges[k][turned], to = set->edges[k][!turned];
            allowed = allowed && allowed_edge(cells, nodes, from, to);
            set->parents[to] |= 1U << from;
        }
        if (!allowed || !is_acyclic(set) || !has_same_colliders(set))
            continue;
        for (size_t k = 0; k < set->edge_count; k++)
            seen[k] |= 1U << (code >> k & 1);
    }
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, nodes, 0, arena, NULL), CAUS_OK);
    for (size_t k = 0; k < set->edge_count; k++)
        caus_graph_set(&graph, set->edges[k][0], set->edges[k][1], 0,
                       seen[k] == 2 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL,
                       seen[k] == 1 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL);
    return graph;
}
