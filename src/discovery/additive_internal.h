/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the additive learner share. */
#ifndef CAUS_SRC_DISCOVERY_ADDITIVE_INTERNAL_H
#define CAUS_SRC_DISCOVERY_ADDITIVE_INTERNAL_H

#include "caus/additive.h"
#include "discovery/lag_prior.h"
#include "discovery/var_internal.h"

/* A residual variance below this share of the variance counts as this. */
#define CAUS_ADDITIVE_LEAST_LEFT 1e-10

/* ---- sufficient statistics ---- */

/*
 * Mean products of the functions of all lagged columns; column lag · variables
 * + place has the functions column · width … + width − 1, the first of them the
 * column itself, standardised.
 */
typedef struct caus_additive_data {
    size_t variable_count;
    size_t column_count;
    size_t row_count;
    size_t width;
    size_t stride;      /* of gram */
    const double *gram; /* [stride × stride] */
    size_t *functions;  /* [column_count] in use; 0 = constant, or others
                           determine the variable */
    bool *is_barred;    /* [variable_count × column_count] target, column: no
                           edge may be there */
    bool *is_required;  /* the same shape: an edge must be */
    double unit;        /* what a function costs */
    double entry;       /* what a cause costs besides */
    size_t most_parents;
    size_t most_functions; /* of a variable's causes together */
} caus_additive_data;

caus_status caus_additive_data_init(const caus_lag_table *table,
                                    const caus_additive_options *options,
                                    const caus_run *run, caus_arena *arena,
                                    caus_additive_data *data, caus_error *err);

/* Takes over what is known of edges. */
void caus_additive_data_know(const caus_lag_table *table,
                             const caus_lag_prior *prior,
                             caus_additive_data *data);

/* ---- which causes a variable takes of those it may have ---- */

/* Functions `from` … `to` − 1 of a column. */
typedef struct caus_additive_step {
    uint32_t column;
    uint16_t from, to;
} caus_additive_step;

typedef struct caus_additive_node caus_additive_node;

/* A possible next step of a node. */
typedef struct caus_additive_branch {
    double gain;
    caus_additive_step step;
    caus_additive_node *node; /* NULL = not visited */
} caus_additive_branch;

/* Steps taken one after another, each the best of those possible; at the root
 * lines of the required causes. */
struct caus_additive_node {
    const caus_additive_node *parent;
    caus_additive_step step;        /* the last one */
    size_t most_causes;             /* required ones and steps */
    double score;                   /* of all steps */
    caus_additive_branch *branches; /* best gain first; NULL = not made */
    size_t branch_count;
    /* After steps that do not pay any more were taken back: */
    bool is_pruned;
    double best;
    uint32_t *causes;    /* [cause_count] columns */
    uint16_t *functions; /* [cause_count] */
    size_t cause_count;
};

/* Work of one thread for one regression. */
typedef struct caus_additive_work {
    size_t most;
    uint32_t *list;  /* [most] functions, as rows of the Gram matrix */
    double *factor;  /* [most × most] their Cholesky factor */
    double *target;  /* [most] inverse factor times products with the target */
    double *inverse; /* [most × most] of their Gram matrix */
    double *slope;   /* [most] */
    double *block;   /* [(most + width) × width] */
    size_t count;
    double left;                    /* residual share */
    caus_additive_branch *branches; /* [columns] */
    uint16_t *used;                 /* [columns] functions in use */
} caus_additive_work;

caus_status caus_additive_work_init(const caus_additive_data *data,
                                    caus_arena *arena, caus_additive_work *work,
                                    caus_error *err);

/* Fits a target on the first functions of causes. Functions that those before
 * determine are left out. */
void caus_additive_fit(const caus_additive_data *data, size_t target,
                       const uint32_t *causes, const uint16_t *functions,
                       size_t cause_count, caus_additive_work *work);

/* By how much the residual share grows without the functions of a cause;
 * after caus_additive_fit() and caus_additive_invert(). `taken` is how many
 * functions there are. */
void caus_additive_invert(caus_additive_work *work);
double caus_additive_loss(const caus_additive_data *data,
                          caus_additive_work *work, uint32_t cause,
                          size_t *taken);

/*
 * The score of a target when its causes are chosen among the allowed columns
 * (bits). `tree` is the target's root, grown as asked; new nodes live in the
 * arena.
 */
caus_status caus_additive_score(const caus_additive_data *data, size_t target,
                                const uint64_t *allowed,
                                caus_additive_node *tree,
                                caus_additive_work *work, caus_arena *arena,
                                const caus_additive_node **result,
                                caus_error *err);

/* ---- the order ---- */

typedef struct caus_additive_search {
    const caus_additive_data *data;
    const caus_run *run;
    caus_additive_node *trees; /* [variable_count] */
    caus_additive_work *works; /* [threads] */
    uint64_t **bits;           /* [threads] */
    size_t *order;             /* [variable_count] */
    double score;
    uint64_t look_count;
    uint64_t max_looks; /* 0 = no limit */
} caus_additive_search;

caus_status caus_additive_search_init(const caus_additive_data *data,
                                      const caus_run *run,
                                      caus_additive_search *search,
                                      caus_error *err);

/* The columns (bits) that a prefix of an order allows: all lagged ones too. */
void caus_additive_allow(const caus_additive_data *data, const size_t *order,
                         size_t count, uint64_t *bits);

/* Moves one variable at a time to where the sum of scores is largest, until
 * none moves, from so many orders, and keeps the best. When the time limit
 * passes the order so far stays. */
caus_status caus_additive_search_run(caus_additive_search *search,
                                     size_t starts, bool *complete,
                                     caus_error *err);

/*
 * Which edges of a learned graph are directed: lagged and required ones, those
 * of colliders, those whose shape tells it, and what follows from them by
 * Meek's rules.
 *
 *   is_edge      [variables × columns] target, column
 *   evidence     log likelihood by which a direction must be better
 *   is_directed  the same shape
 */
caus_status caus_additive_direct(caus_additive_search *search,
                                 const bool *is_edge, double evidence,
                                 bool *is_directed, caus_error *err);

#endif
