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
    double *matrix; /* [matrix_capacity²] of a test asked for its interval */
    size_t *order;  /* [matrix_capacity] its columns */
    size_t matrix_capacity;
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

/* Moves a column to mean 0 and length 1; false when nothing is left. */
bool caus_linear_normalise(double *column, size_t count);

/* Residuals of source and target in the rows of a test. */
typedef struct caus_row_pair {
    const double *source, *target;     /* [count] */
    double source_scale, target_scale; /* times which they have variance 1 */
    size_t count;
    double correlation; /* inside (−1, 1) */
    size_t conditions;
} caus_row_pair;

/*
 * How far an interval reaches from atanh(r): a quantile of Student's t times
 * the deviation of the rows' influences, (xy − r (x² + y²) / 2) / (1 − r²),
 * over √(rows − 3 − conditions); HUGE_VAL when these are not above 0. The
 * degrees of freedom, 2 · rows / (kurtosis of the influences − 1), are what
 * their variance is known to.
 */
double caus_rows_reach(const caus_row_pair *pair, double level);

/* tanh(atanh(r) ± reach). */
caus_ends caus_ends_around(double r, double reach);

/* A column of a test: mean 0, length 1; false when it takes one value only. */
typedef bool caus_column_fn(caus_ci_work *work, caus_node node, double *column);

typedef struct caus_row_question {
    caus_column_fn *fill;
    caus_ci_work *work; /* for it */
    bool are_scores;    /* columns are scores of ranks: correlations between
                           them are freed of what that does */
    double level;
} caus_row_question;

/* The result of a placed test: its ends and what they lie around. */
caus_status caus_linear_interval(caus_linear_work *work,
                                 const caus_ci_source *source,
                                 const caus_row_question *asked,
                                 caus_ci_result *result, caus_error *err);

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
