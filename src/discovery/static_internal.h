/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of static structure learning share. */
#ifndef CAUS_SRC_DISCOVERY_STATIC_INTERNAL_H
#define CAUS_SRC_DISCOVERY_STATIC_INTERNAL_H

#include "discovery/static_engine.h"
#include "graph/dag.h"

/* ---- what is known before any test ---- */

/* Each member is [node_count × word_count] but for the cells. */
typedef struct caus_prior {
    size_t node_count;
    size_t word_count;
    const unsigned char *cells; /* [node_count²] caus_assumption, both
                                   directions filled in */
    uint64_t *arrows;   /* row v, bit u: an edge u – v has an arrow at v */
    uint64_t *tails;    /* row v, bit u: an edge u – v has a tail at v */
    uint64_t *excluded; /* row v, bit u: u is in no set that is made for v,
                           because it cannot be before v */
} caus_prior;

/*
 * Reads assumptions about pairs, [node_count²] in the order of graph cells.
 *
 *   latent  there may be hidden common causes: u → v "if linked" leaves the
 *           mark at u open, and u may be left out of sets for v only where no
 *           other node needs it
 *   result  set to NULL when `cells` is NULL
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT, naming the variables, where directions
 * contradict each other or required links make a cycle; …_OUT_OF_MEMORY.
 */
caus_status caus_prior_read(const caus_engine *engine,
                            const unsigned char *cells, bool latent,
                            caus_arena *arena, const caus_prior **result,
                            caus_error *err);

/* Whether a sorted list has a triple; `a` and `b` in any order. */
bool caus_triples_have(const caus_triple *triples, size_t count, size_t a,
                       size_t middle, size_t b);

/* What is assumed about a → b; `prior` may be NULL. */
static inline caus_assumption caus_prior_get(const caus_prior *prior, size_t a,
                                             size_t b)
{
    return prior ? (caus_assumption)prior->cells[a * prior->node_count + b]
                 : CAUS_ASSUME_UNKNOWN;
}

/* Whether a pair is joined whatever the data say. */
bool caus_prior_requires(const caus_prior *prior, size_t a, size_t b);

/* Draws the known directions of the edges of a graph, whatever they were. */
void caus_prior_draw(const caus_prior *prior, caus_pdag *graph);

/*
 * Applies Meek's rules 1 to 4: the fourth adds something only where directions
 * are known. As caus_pdag_close().
 */
void caus_prior_close(caus_pdag *graph, const caus_triple *ambiguous,
                      size_t ambiguous_count, uint64_t *arrows);

/* ---- the skeleton ---- */

/* One list for each node: items first[v] … first[v + 1] − 1 while it is
 * built, `count[v]` of them still in use. */
typedef struct caus_ranked_node {
    double strength;
    uint32_t node;
} caus_ranked_node;

/* Sorts by strength, the largest first, then by node. */
void caus_rank_nodes(caus_ranked_node *nodes, size_t count);

typedef struct caus_lists {
    size_t *first;
    size_t *count;
    uint32_t *items;
} caus_lists;

typedef struct caus_skeleton {
    size_t node_count;
    size_t word_count;
    uint64_t *adjacent;    /* [node_count × word_count] */
    caus_lists neighbours; /* strongest marginal correlation first */
    double *statistic;     /* [node_count²] partial correlation: of the pair's
                              separation, else the one nearest to it */
    double *deviate;       /* [node_count²] its normal deviate, ≥ 0 */
    const uint32_t **sets; /* [node_count²] at source < target: the set that
                              separated a pair; NULL = the empty one or none */
    uint32_t *set_sizes;   /* [node_count²] likewise */
    const uint32_t **singular; /* [node_count] count, then nodes; NULL = none */
    double *strength;          /* [node_count] sum of marginal squares */
    size_t level;              /* the largest number of conditions used */
    uint64_t test_count;
    bool complete;
} caus_skeleton;

typedef struct caus_skeleton_options {
    size_t max_conditions;
    uint64_t max_tests;      /* 0 = no limit */
    const caus_prior *prior; /* absent pairs are not tested, required
                                        ones stay; NULL = nothing is known */
    bool first_set_binds; /* colliders: a vote against the recorded set leaves
                             the triple open, as does a pair without one */
} caus_skeleton_options;

/*
 * The adjacency search of PC-stable: the lists that conditions come from are
 * frozen for each number of conditions. `walks` as from caus_walks_init(). When
 * time or tests run out, edges that were not tested stay.
 */
caus_status caus_skeleton_learn(const caus_engine *engine,
                                const caus_skeleton_options *options,
                                const caus_run *run, caus_walk *walks,
                                caus_arena *arena, caus_skeleton *result,
                                caus_error *err);

/* Candidates for conditions of each node, one group for each block of edges:
 * to separate a node from another, what is on no path between them is of no
 * use. */
typedef struct caus_conditions {
    const size_t *first_group; /* [node_count + 1] */
    const uint32_t *group_block;
    const size_t *leading; /* [groups] how many candidates come first that were
                              not neighbours: sets of neighbours alone are not
                              tested again */
    const size_t *count;   /* [groups] */
    const uint32_t *const *items; /* [groups] */
    const uint32_t *blocks;       /* of the items of the neighbours' lists */
} caus_conditions;

/* Goes on with the search of a complete skeleton: every edge is tested given
 * the sets of `level` of these conditions of either end. Sets `tested` to
 * whether there were such sets. */
caus_status caus_skeleton_refine(const caus_engine *engine,
                                 const caus_skeleton_options *options,
                                 const caus_conditions *conditions,
                                 size_t level, const caus_run *run,
                                 caus_walk *walks, caus_arena *arena,
                                 caus_skeleton *skeleton, bool *tested,
                                 caus_error *err);

/* Runs `work` for every node on the threads of a run. */
typedef caus_status caus_node_fn(void *data, caus_walk *walk, size_t node,
                                 caus_error *err);
caus_status caus_each_node(const caus_run *run, caus_walk *walks,
                           size_t node_count, caus_node_fn *work, void *data,
                           caus_error *err);

/* ---- orientation ---- */

/* What the unshielded triples of a skeleton are. */
typedef struct caus_colliders {
    uint64_t *arrows;       /* [node_count × word_count] bit source of row
                               target */
    caus_triple *ambiguous; /* sorted by caus_triple_compare() */
    size_t ambiguous_count;
    uint64_t test_count;
    bool complete;
} caus_colliders;

caus_status caus_colliders_find(const caus_engine *engine,
                                const caus_skeleton *skeleton,
                                caus_collider_rule rule,
                                const caus_skeleton_options *options,
                                const caus_run *run, caus_walk *walks,
                                caus_arena *arena, caus_colliders *result,
                                caus_error *err);

/* ---- results ---- */

/* Statistics and p-values; separating sets; sets that determine each other. */
caus_status caus_give_numbers(const caus_skeleton *skeleton, caus_arena *out,
                              caus_discovery *result, caus_error *err);
caus_status caus_give_sets(const caus_skeleton *skeleton, caus_arena *out,
                           caus_discovery *result, caus_error *err);
caus_status caus_give_singular(const caus_skeleton *skeleton, caus_arena *out,
                               caus_discovery *result, caus_error *err);

/* What can be said when the time limit passes before the first test: no edges,
 * statistic 0 and p-value 1, not complete. */
caus_status caus_give_empty(size_t nodes, size_t max_lag, caus_arena *out,
                            caus_discovery *result, caus_error *err);

/* A search on correlations; `data` is what the caller gave. */
typedef caus_status caus_static_fn(const void *data,
                                   const caus_correlation *correlation,
                                   const caus_run *run, caus_arena *out,
                                   caus_discovery *result, caus_error *err);

/* Correlates, learns, takes scratch memory back, and on failure `out` too. */
caus_status caus_static_call(const caus_series *series, size_t least,
                             const caus_run *run, caus_arena *out,
                             caus_static_fn *learn, const void *data,
                             caus_discovery *result, caus_error *err);

/* PC on any engine; caus_discover_pc() with the tests exchanged. */
caus_status caus_pc_learn(const caus_engine *engine,
                          const caus_pc_options *options, const caus_run *run,
                          caus_arena *out, caus_discovery *result,
                          caus_error *err);

#endif
