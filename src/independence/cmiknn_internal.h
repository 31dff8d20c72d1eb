/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of nearest-neighbour mutual information share. */
#ifndef CAUS_SRC_INDEPENDENCE_CMIKNN_INTERNAL_H
#define CAUS_SRC_INDEPENDENCE_CMIKNN_INTERNAL_H

#include "independence/cmiknn.h"
#include "numeric/neighbours.h"

/* Shuffles that are worked on together. */
enum { CAUS_CMIKNN_BATCH = 16 };

/* The state of the test; read-only once made. */
typedef struct caus_cmiknn {
    const caus_sample *sample;
    const caus_run *run;
    const caus_neighbour_kernel *kernel;
    caus_knn_options options;
    bool is_mixed;
    size_t row_count;   /* rows of the sample that have a weight */
    const size_t *rows; /* [row_count] their pooled indices */
    caus_rank *order;   /* [node_count × row_count] by value, ascending */
    const uint64_t *identity; /* [node_count] from names and lags */
    const double *digamma;    /* [row_count + 2] of whole numbers */
} caus_cmiknn;

/* The columns of a test stand in this order, conditions after them. */
enum { CAUS_CMIKNN_SOURCE, CAUS_CMIKNN_TARGET, CAUS_CMIKNN_GIVEN };

struct caus_ci_work {
    const caus_cmiknn *state;
    caus_arena *arena;
    caus_node target;
    caus_node *given; /* [given_capacity] */
    size_t given_count, given_capacity;

    caus_node *nodes; /* [node_capacity] of the test */
    caus_rank_column *columns;
    caus_rank *values; /* [node_capacity × padded] of the columns */
    double *reals;     /* [node_capacity × row_count] when standardised */
    size_t node_count, node_capacity;
    caus_rank *place; /* [row_count] of a row in the test; CAUS_RANK_FAR */
    size_t rows;      /* of the test; their places are the ranks of a condition,
                         or of the source, unless mixed */
    caus_rank *reach; /* [rows] the distance found last; 0 = none yet */
    size_t nearest;   /* k */

    /* Of one row, or of all rows of one shuffle. */
    caus_rank *fixed, *near, *all, *both; /* [padded] distances */
    caus_rank *moved;                     /* [CAUS_CMIKNN_BATCH × padded] */
    caus_rank *shuffle;                   /* [row_count] a permutation */
    caus_rank *visit;                     /* [row_count] order of filling it */
    bool *taken;                          /* [row_count] */
    caus_rank *alike;       /* [row_count × shuffle_neighbours] */
    caus_rank *alike_count; /* [row_count] */
    double *apart;          /* [4 × row_count], standardised */
};

/* Makes room for the columns of a test. */
caus_status caus_cmiknn_work_init(caus_ci_work *work, caus_error *err);

/*
 * Lists the variables of a test, its rows, and their ranks. Clears *sound when
 * there is nothing to tell: too few rows, a side that does not vary.
 */
caus_status caus_cmiknn_gather(caus_ci_work *work, const caus_ci_source *source,
                               bool *sound, caus_error *err);

/*
 * The estimate with the target's column replaced by others.
 *
 *   moved   [count × padded] columns; count ≤ CAUS_CMIKNN_BATCH
 *   values  [count]
 */
caus_status caus_cmiknn_estimate(caus_ci_work *work, const caus_rank *moved,
                                 size_t count, double *values, caus_error *err);

/* The same from standardised values, one permutation (NULL = none) at once. */
caus_status caus_cmiknn_estimate_real(caus_ci_work *work,
                                      const caus_rank *shuffle, double *value,
                                      caus_error *err);

/* How often a shuffled target reached a statistic. */
typedef struct caus_cmiknn_shuffles {
    size_t made;
    size_t reached;
} caus_cmiknn_shuffles;

caus_status caus_cmiknn_shuffle(caus_ci_work *work, double statistic,
                                caus_cmiknn_shuffles *result, caus_error *err);

#endif
