/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the linear family that work on rows share. */
#ifndef CAUS_SRC_INDEPENDENCE_LINEAR_INTERNAL_H
#define CAUS_SRC_INDEPENDENCE_LINEAR_INTERNAL_H

#include "independence/independence_internal.h"

/*
 * One thread's place to gather the rows of a test in; grows as needed. The
 * nodes of a test are its distinct conditions, then source and target.
 */
typedef struct caus_linear_work {
    const caus_sample *sample;
    const caus_run *run;
    caus_arena *arena;
    caus_node target;
    size_t given_count; /* the first of `nodes` that the tests share */
    size_t node_count;  /* of the test listed last */
    caus_node *nodes;   /* [node_capacity] the shared, then those of the test */
    size_t node_capacity;
    uint32_t *listed_in; /* [sample->node_count] the list a node is on */
    uint32_t list;
    uint64_t *lost; /* [word_count] rows the test cannot use */
    size_t *rows;   /* [row_count] rows of the test, in order */
    size_t row_count;
    double *columns; /* [column_capacity × sample->row_count] */
    size_t column_capacity;
} caus_linear_work;

caus_status caus_linear_start(const caus_sample *sample, const caus_run *run,
                              caus_arena *arena, caus_linear_work *work,
                              caus_error *err);

/* Keeps the target and the distinct conditions that are not the target. */
caus_status caus_linear_condition(caus_linear_work *work, caus_node target,
                                  const caus_node *given, size_t count,
                                  caus_error *err);

/* Lists the nodes of a test; they are kept behind the shared ones. */
caus_status caus_linear_list(caus_linear_work *work,
                             const caus_ci_source *source, caus_error *err);

static inline const caus_node *caus_linear_nodes(const caus_linear_work *work)
{
    return work->nodes + work->given_count;
}

/* Finds the rows that every node of the test may use in its role. */
void caus_linear_find_rows(caus_linear_work *work);

/* Makes room for so many columns, `sample->row_count` apart. */
caus_status caus_linear_reserve(caus_linear_work *work, size_t count,
                                caus_error *err);

static inline double *caus_linear_column(const caus_linear_work *work,
                                         size_t place)
{
    return work->columns + place * work->sample->row_count;
}

/* Copies a node's values in the rows of the test; false when all are equal. */
bool caus_linear_copy(const caus_linear_work *work, caus_node node,
                      double *column);

/* Moves a column to mean 0; returns the mean. */
double caus_linear_centre(double *column, size_t count);

/* What caus_independence_init() calls; arguments as there. */
caus_status caus_robust_init(const caus_sample *sample, const double *weights,
                             int threads, const caus_run *run,
                             caus_arena *arena, caus_independence *result,
                             caus_error *err);
caus_status caus_fisher_z_init(const caus_sample *sample, const double *weights,
                               int threads, const caus_run *run,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err);
caus_status caus_wls_init(const caus_test_options *options,
                          const caus_sample *sample, const caus_run *run,
                          caus_arena *arena, caus_independence *result,
                          caus_error *err);
caus_status caus_vectors_init(const caus_test_options *options,
                              const caus_sample *sample, const double *weights,
                              int threads, const caus_run *run,
                              caus_arena *arena, caus_independence *result,
                              caus_error *err);

#endif
