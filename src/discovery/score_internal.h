/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Greedy search over completed graphs by a Gaussian score, or by one that is
 * given. Operators and their
 * conditions: Chickering (2002, JMLR 3) for insert and delete, Hauser &
 * Buehlmann (2012, JMLR 13, propositions 31 and 34) for turns.
 */
#ifndef CAUS_SRC_DISCOVERY_SCORE_INTERNAL_H
#define CAUS_SRC_DISCOVERY_SCORE_INTERNAL_H

#include "discovery/static_internal.h"

/*
 * Added to every variance, of 1: what is left of a determined column. Without
 * it members of one class would score differently where columns are collinear,
 * and a search could climb for ever.
 */
#define CAUS_RIDGE 1e-8

/*
 * X → Y is put in, taken out, or drawn instead of Y → X or X – Y. The set is
 * what comes before Y among its undirected neighbours: NA ∪ T of an insert,
 * NA \ H of a delete, C of a turn.
 */
typedef enum caus_operator_kind {
    CAUS_OPERATOR_DELETE,
    CAUS_OPERATOR_TURN,
    CAUS_OPERATOR_INSERT,
    CAUS_OPERATOR_KINDS
} caus_operator_kind;

typedef struct caus_operator {
    double gain; /* of score; nothing when ≤ 0 */
    uint32_t source;
} caus_operator;

/* Residuals of all columns after the first `depth` members of a base. */
typedef struct caus_residuals {
    double *columns;    /* [capacity × stride] unit residuals of members */
    double *variance;   /* [(capacity + 1) × stride] */
    double *covariance; /* [(capacity + 1) × stride] with the target */
} caus_residuals;

/*
 * A score that is a sum over nodes, the same for all members of a class, with
 * everything that is to be paid for parents in it.
 */
typedef struct caus_local_score {
    void *data;
    /* Of a node with the parents `given` and, unless it is SIZE_MAX, `more`. */
    double (*score)(void *data, size_t node, const uint64_t *given,
                    size_t more);
} caus_local_score;

typedef struct caus_scoring {
    const caus_correlation *correlation;
    const caus_local_score *local; /* NULL = Gaussian, from correlations */
    size_t node_count;
    size_t word_count;
    double half_rows;
    double penalty;         /* of an edge */
    double least_reduction; /* of a variance that pays for an edge */
    caus_residuals residuals;
    double *matrix;  /* [node_count + 1, squared] for small factorisations */
    uint32_t *list;  /* [node_count + 1] */
    uint64_t *queue; /* [word_count] each */
    uint64_t *reached;
    uint64_t *blocked;
    uint64_t *bits;
    uint64_t *clique;
    uint64_t *rest;
    uint64_t *given;    /* parents, with a local score */
    uint64_t evaluated; /* operators scored */
} caus_scoring;

/* What is known before the search: the graph has every direction that follows
 * from it, and a step is made where a member of the class allows it. */
typedef struct caus_score_known {
    const caus_prior *prior;
    caus_pdag trial;
    uint64_t *arrows; /* [node_count × word_count] */
} caus_score_known;

typedef struct caus_score_search {
    caus_scoring scoring;
    const caus_run *run;
    const caus_score_known *known; /* NULL = nothing */
    size_t max_parents; /* that an insert or turn may leave a node with */
    uint64_t max_tests; /* operators to score; 0 = no limit */
    caus_pdag graph;    /* completed */
    caus_pdag member;
    caus_pdag next;
    caus_dag_work work;
    size_t *first;       /* [node_count] */
    caus_operator *best; /* [kinds × node_count] by target */
    uint64_t *sets;      /* [kinds × node_count × word_count] */
    uint64_t *dirty;     /* [word_count] targets to look at again */
    uint64_t *touched; /* [word_count] targets looked at since it was cleared */
    size_t forbidden[2]; /* a pair that no insert may join; SIZE_MAX */
    bool forbids_back;   /* the other direction too */
    double gained;       /* score beyond that of the empty graph */
    bool stopped;
} caus_score_search;

bool caus_scoring_init(caus_scoring *scoring,
                       const caus_correlation *correlation, double penalty,
                       caus_arena *arena);

/* With a local score; a gain counts as rounding beside `penalty`. */
bool caus_scoring_init_local(caus_scoring *scoring, size_t node_count,
                             const caus_local_score *local, double penalty,
                             caus_arena *arena);

/* The logarithm of what is left of a unit variance given the bits `given`. */
double caus_scoring_log_variance(caus_scoring *scoring, size_t node,
                                 const uint64_t *given);

/* Starts the residuals of a target, without members. */
void caus_residuals_start(caus_scoring *scoring, size_t target);
/* Adds a member as number `depth`. */
void caus_residuals_add(caus_scoring *scoring, size_t target, size_t depth,
                        size_t member);

/* Looks for the best operators into a target; only valid ones are kept. */
void caus_operators_find(caus_score_search *search, size_t target);

/*
 * The delete of source → target or source – target that gains most, even if
 * that is a loss.
 *
 *   set  [word_count] its neighbours that stay before the target
 */
double caus_operators_best_delete(caus_score_search *search, size_t source,
                                  size_t target, uint64_t *set);

/* Takes an edge with the other parents of its end in the member of the class
 * that would miss it least. */
typedef void caus_edge_fn(void *data, size_t source, size_t target,
                          const uint64_t *others);
caus_status caus_score_each_edge(caus_score_search *search, caus_arena *arena,
                                 caus_edge_fn *take, void *data,
                                 caus_error *err);

/* Whether an operator is still allowed; without knowledge deletes always are.
 */
bool caus_operators_is_valid(caus_score_search *search, caus_operator_kind kind,
                             size_t source, size_t target, const uint64_t *set);

/* The search that options ask for, on a search at the empty graph. */
caus_status caus_score_run(caus_score_search *search,
                           const caus_score_options *options,
                           const caus_variable *variables, caus_arena *arena,
                           caus_error *err);

/* Whether knowledge lets an edge point this way. */
bool caus_score_allows(const caus_score_search *search, size_t source,
                       size_t target);

/* The same for taking an edge out. */
bool caus_score_may_delete(const caus_score_search *search, size_t a, size_t b);

/* Leaves in search->member what an operator makes of a member of the class that
 * knowledge allows; false when there is none. */
bool caus_score_try(caus_score_search *search, caus_operator_kind kind,
                    size_t source, size_t target, const uint64_t *set);

/* Completes search->member into `result` as far as knowledge goes; false when
 * it has a cycle. */
bool caus_score_complete(caus_score_search *search, caus_pdag *result);

#endif
