/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Causal graphs over lagged variables: endpoint marks per
 * source(t − lag) → target(t). A static DAG, CPDAG or PAG has max_lag 0.
 */
#ifndef CAUS_GRAPH_H
#define CAUS_GRAPH_H

#include "base.h"

CAUS_API_BEGIN

typedef enum caus_mark {
    CAUS_MARK_NONE, /* no edge */
    CAUS_MARK_TAIL,
    CAUS_MARK_ARROW,
    CAUS_MARK_CIRCLE,
    CAUS_MARK_CONFLICT
} caus_mark;

/* The marks at both ends of an edge; both NONE when there is no edge. */
typedef struct caus_edge {
    unsigned char source; /* a caus_mark */
    unsigned char target;
} caus_edge;

typedef struct caus_triple {
    size_t source, source_lag, middle, target; /* source(t−lag) – middle –
                                                  target, both at t */
} caus_triple;

/*
 * Cells are [node_count × node_count × (max_lag + 1)], index
 * (source * node_count + target) * (max_lag + 1) + lag. An edge at lag 0 is
 * stored once, in the cell whose source is the smaller index.
 */
typedef struct caus_graph {
    size_t node_count;
    size_t max_lag;
    caus_edge *cells;
    const caus_triple *ambiguous;
    size_t ambiguous_count;
} caus_graph;

static inline size_t caus_graph_cell(const caus_graph *graph, size_t source,
                                     size_t target, size_t lag)
{
    return (source * graph->node_count + target) * (graph->max_lag + 1) + lag;
}

/*
 * A graph without edges.
 *
 *   node_count  ≥ 1; node_count² · (max_lag + 1) must fit memory
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT, CAUS_ERR_LIMIT, …_OUT_OF_MEMORY.
 */
caus_status caus_graph_init(caus_graph *graph, size_t node_count,
                            size_t max_lag, caus_arena *out, caus_error *err);

/* Sets an edge; at lag 0 either order of the nodes may be given. Marks NONE
 * take the edge away. source ≠ target at lag 0. */
void caus_graph_set(caus_graph *graph, size_t source, size_t target, size_t lag,
                    caus_mark source_mark, caus_mark target_mark);

/* The edge seen from source to target, marks swapped where need be. */
caus_edge caus_graph_get(const caus_graph *graph, size_t source, size_t target,
                         size_t lag);

/* Number of edges; a lag-0 edge counts once. */
size_t caus_graph_edge_count(const caus_graph *graph);

/* The edge as text: "-->", "<--", "o->", "<->", "o-o", "x-x", "---", "". */
const char *caus_edge_text(caus_edge edge);

/* The JSON type: "directed", "undirected", "bidirected", "partial",
 * "conflict"; "" without an edge. */
const char *caus_edge_type(caus_edge edge);

/*
 * Marks, in `keep` [node_count], the target, every node that may be a direct
 * cause of it (an edge of any lag has no arrowhead at that node), and every
 * node with a path of arrows to one of these. Fails with
 * CAUS_ERR_INVALID_ARGUMENT (no such node), CAUS_ERR_OUT_OF_MEMORY. Cost
 * O(node_count² · max_lag).
 */
caus_status caus_graph_sources(const caus_graph *graph, size_t target,
                               bool *keep, caus_error *err);

/*
 * Which nodes of a static graph are separated from a node by a set: no path
 * connects them in which every collider is a condition or has one among its
 * descendants, and no other node is a condition (m-separation; in a DAG,
 * d-separation).
 *
 *   graph      edges at lag 0 are --> or <->; lagged ones are not looked at
 *   given      [given_count] the conditions, without `node`
 *   separated  [node_count]; false for the node and the conditions themselves
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (other edges, no such node),
 * CAUS_ERR_OUT_OF_MEMORY. Cost O(nodes + edges) after reading the graph.
 * Source: Richardson & Spirtes (2002), Annals of Statistics 30, section 2.1.
 */
caus_status caus_graph_separated(const caus_graph *graph, size_t node,
                                 const size_t *given, size_t given_count,
                                 bool *separated, caus_error *err);

/*
 * The completed graph (CPDAG) of a DAG: what data can tell of it at best. An
 * edge stays directed when all DAGs with the same separations have it so.
 *
 *   dag     static, every edge -->
 *   result  lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (lags, other edges, a cycle),
 * CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost O(nodes²).
 * Source: Chickering (1995), UAI, section 3.
 */
caus_status caus_graph_complete(const caus_graph *dag, caus_arena *out,
                                caus_graph *result, caus_error *err);

/*
 * The structural Hamming distance: the number of places with an edge in only
 * one graph or with other marks. Fails with CAUS_ERR_INVALID_ARGUMENT when the
 * graphs differ in nodes or lags. Cost O(node_count² · max_lag).
 */
caus_status caus_graph_distance(const caus_graph *a, const caus_graph *b,
                                size_t *result, caus_error *err);

/* Who calls whom: a directed graph over service names. */
typedef struct caus_topology {
    size_t service_count;
    const char *const *services; /* [service_count], unique, sorted */
    size_t call_count;
    const size_t (*calls)[2]; /* [call_count] caller, callee; each once */
} caus_topology;

/* The index of a service, or SIZE_MAX. O(log services). */
size_t caus_topology_find(const caus_topology *topology, const char *service);

/*
 * The service of a variable name without a label that tells it: the longest
 * topology node that prefixes it and does not end inside a word ("auth" is no
 * prefix of "author_latency"); else the name without a known suffix
 * (_latency_p95, _http_errors, .cpuUsage, …); else what stands before the first
 * separator. What Kubernetes adds to name a pod is left out.
 *
 *   topology   may be NULL
 *   separator  '_' unless the user said otherwise: then '.', '/', ':', '-' and
 *              capitals part words, too; stands for '_' in suffixes
 *   result     a view into `name`
 *   length     of the result, ≥ 1 for a non-empty name
 */
void caus_service_of_name(const char *name, const caus_topology *topology,
                          char separator, const char **result, size_t *length);

CAUS_API_END
#endif
