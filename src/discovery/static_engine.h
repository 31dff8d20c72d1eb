/* SPDX-License-Identifier: Apache-2.0 */
/* Correlations of a table, and tests of one node given many sets. */
#ifndef CAUS_SRC_DISCOVERY_STATIC_ENGINE_H
#define CAUS_SRC_DISCOVERY_STATIC_ENGINE_H

#include "caus/structure.h"
#include "discovery/options.h"

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

#endif
