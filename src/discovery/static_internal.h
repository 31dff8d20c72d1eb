/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of static structure learning share. */
#ifndef CAUS_SRC_DISCOVERY_STATIC_INTERNAL_H
#define CAUS_SRC_DISCOVERY_STATIC_INTERNAL_H

#include "caus/discovery.h"
#include "caus/structure.h"
#include "discovery/options.h"
#include "graph/dag.h"

/* ---- correlations ---- */

/* Correlations of the complete rows of a series. */
typedef struct caus_correlation {
    size_t variable_count;
    size_t row_count;
    size_t stride;        /* of `matrix`, ≥ variable_count */
    const double *matrix; /* [variable_count × stride]; a constant column has
                             0 everywhere, its diagonal too */
    const double *panel;  /* [row_count × stride] centred columns, scaled by a
                             power of two; NULL when made of sums */
    const caus_variable *variables; /* [variable_count] for messages, or NULL */
} caus_correlation;

/*
 * Pools all segments and leaves out rows with a missing value.
 *
 *   least  rows that are needed
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES, …_OUT_OF_MEMORY, …_LIMIT, …_CANCELLED,
 * …_TIME_LIMIT. Cost O(rows · variables²).
 */
caus_status caus_correlate(const caus_series *series, size_t least,
                           const caus_run *run, caus_arena *arena,
                           caus_correlation *result, caus_error *err);

/* ---- tests of one node given many sets ---- */

/* Squared correlation, with the sign of the correlation, where there is none
 * because a condition determines something; never below a limit. */
#define CAUS_UNDETERMINED 2.0

typedef struct caus_walk caus_walk;

/*
 * Conditional-independence tests of a node with many targets given sets that
 * are walked depth first: conditions are added one by one, and the last one is
 * tested without being added.
 */
typedef struct caus_engine {
    const void *state;
    size_t node_count;
    /* Signed squared correlations of a node with all others, [node_count]. */
    void (*marginal)(const caus_walk *walk, size_t node, double *squared);
    /* A walk starts: its node, candidates and targets are set. */
    caus_status (*begin)(caus_walk *walk, caus_error *err);
    /* Adds a candidate to the `depth` conditions before it. */
    void (*descend)(caus_walk *walk, size_t depth, size_t candidate);
    /* Fills walk->squared for pending targets given the `depth` conditions and
     * one candidate more. */
    void (*test)(caus_walk *walk, size_t depth, size_t candidate);
    /* Dependent when the square is above this. */
    double (*limit)(const void *state, size_t condition_count);
    /* The standard normal deviate of a squared correlation, ≥ 0. */
    double (*deviate)(const void *state, double squared,
                      size_t condition_count);
    size_t most_conditions;         /* that the rows allow */
    const caus_variable *variables; /* [node_count] for messages, or NULL */
} caus_engine;

/* Looks at walk->squared of the pending targets given walk->chosen; may drop
 * targets by caus_walk_drop(). */
typedef void caus_walk_fn(caus_walk *walk);

/* One thread's walk, on cache lines of its own. */
struct caus_walk {
    _Alignas(64) const caus_engine *engine;
    const caus_run *run;
    caus_arena *arena; /* of the thread */
    void *work;        /* of the engine; starts as NULL */
    size_t node;
    const uint32_t *candidates;
    size_t candidate_count;
    uint32_t *allowed;   /* [node_count] candidates that may be conditions */
    size_t leading;      /* sets begin with one of so many candidates */
    size_t fewest, most; /* sizes of sets to be looked at */
    uint32_t *targets;   /* [node_count] pending ones, `target_count` in use */
    uint32_t *labels;    /* [node_count] the caller's number for each */
    size_t target_count;
    double *squared;  /* [node_count] parallel to targets */
    uint32_t *chosen; /* [node_count] the set as nodes, `size` in use */
    size_t size;
    bool *is_chosen; /* [node_count] */
    bool *is_target; /* [node_count] */
    caus_walk_fn *look;
    void *data;
    uint64_t test_count;
    uint64_t quota; /* tests that may still be made */
    bool exhausted; /* the quota ran out */
    bool stopped;   /* cancelled or late */
    uint32_t calls; /* since the clock was asked */
    /* The first set of nodes that determine each other; 0 = none. */
    uint32_t *singular; /* [node_count + 2] */
    size_t singular_count;
};

/* Walks for every thread of the run, in their scratch arenas. */
caus_status caus_walks_init(const caus_engine *engine, const caus_run *run,
                            caus_walk **walks, caus_error *err);

/* Begins anew, without targets; `candidates` [candidate_count] is kept. */
void caus_walk_start(caus_walk *walk, size_t node, const uint32_t *candidates,
                     size_t candidate_count);

/* The same without the candidates whose bits are set; NULL = none is. */
void caus_walk_start_without(caus_walk *walk, size_t node,
                             const uint32_t *candidates, size_t candidate_count,
                             const uint64_t *excluded);

void caus_walk_add_target(caus_walk *walk, uint32_t target, uint32_t label);

/* Tests walk->node given every set of fewest … most candidates, in
 * lexicographic order with every set after its beginnings. */
caus_status caus_walk_run(caus_walk *walk, caus_error *err);

/* Takes the target at a place of walk->targets away, the last taking its
 * place. */
void caus_walk_drop(caus_walk *walk, size_t place);

/* Partial correlation with Fisher's z on a matrix of correlations. */
typedef struct caus_fisher {
    const caus_correlation *correlation;
    double critical; /* normal deviate of alpha */
} caus_fisher;

caus_engine caus_fisher_engine(const caus_fisher *state);

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
