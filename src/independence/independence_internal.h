/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of partial correlation share. */
#ifndef CAUS_SRC_INDEPENDENCE_INDEPENDENCE_INTERNAL_H
#define CAUS_SRC_INDEPENDENCE_INDEPENDENCE_INTERNAL_H

#include "independence/independence.h"
#include "numeric/numeric.h"

/*
 * Below these a test works on the rows themselves, so that ten digits are
 * left: a pivot beside its unit diagonal, and the variance of a node in its
 * window beside that of the whole column.
 */
static const double caus_weak_pivot = 1e-4;
static const double caus_weak_spread = 1e-2;

typedef enum caus_node_state {
    CAUS_NODE_SOUND,
    CAUS_NODE_CONSTANT,
    CAUS_NODE_WEAK /* varies too little for the Gram matrix */
} caus_node_state;

/* The state of a partial-correlation test; read-only once made. */
typedef struct caus_parcorr {
    const caus_sample *sample;
    const caus_run *run;
    const double *weights; /* [row_count]; NULL = all 1 */
    double total_weight;
    /* [node_count × node_count]: correlations, or with `is_ragged` the raw
     * sums of products of the centred columns */
    double *gram;
    double *sums;         /* [node_count] of the centred columns */
    unsigned char *state; /* [node_count] caus_node_state, when not ragged */
    bool is_ragged;       /* rows differ between tests */
    bool copies_rows;     /* each thread keeps those it reads often */
} caus_parcorr;

/* Fills gram with raw sums of products and sums with sums. */
caus_status caus_moments_fill(caus_parcorr *state, int threads,
                              const caus_run *run, caus_arena *scratch,
                              caus_error *err);

/* Turns raw sums of all rows into correlations and finds the states. */
void caus_moments_normalise(caus_parcorr *state, int threads,
                            double *inverse_deviation);

/* Copies the upper triangle of blocks into the lower one. */
void caus_moments_mirror(caus_parcorr *state, int threads);

/* One test as a list: the conditions, then source and target. */
typedef struct caus_test_nodes {
    const caus_node *nodes; /* [count]; the last two are source and target */
    size_t count;
} caus_test_nodes;

/* Where a test on rows works; grows as needed. */
typedef struct caus_rows_work {
    caus_arena *arena;
    uint64_t *lost;  /* [word_count] rows left out of this test */
    size_t *rows;    /* [row_count] rows used */
    double *columns; /* [column_capacity × row_count] */
    double *basis;   /* [column_capacity × row_count] */
    size_t column_capacity;
    double *matrix; /* [node_capacity²] lower triangle */
    double *values; /* [2 · node_capacity] */
    size_t node_capacity;
    struct caus_pair *pairs; /* [pair_capacity²] of a test on exact sums */
    size_t pair_capacity;
} caus_rows_work;

caus_status caus_rows_work_init(const caus_parcorr *state, caus_arena *arena,
                                caus_rows_work *work, caus_error *err);

/* Variances left of source and target, and their covariance. */
typedef struct caus_residuals {
    double source, target, both;
    double row_weight; /* rows behind it */
    size_t conditions; /* that count for degrees of freedom */
    bool is_weak;      /* not to be trusted: a pivot was too small */
    bool is_constant;  /* source or target does not vary */
} caus_residuals;

/*
 * Residual variances of a test from the Gram matrix, rows that the test cannot
 * use taken out.
 */
caus_status caus_rows_from_gram(const caus_parcorr *state, caus_rows_work *work,
                                const caus_test_nodes *test,
                                caus_residuals *result, caus_error *err);

/* The same from the rows themselves by orthogonal projections. */
caus_status caus_rows_direct(const caus_parcorr *state, caus_rows_work *work,
                             const caus_test_nodes *test,
                             caus_residuals *result, caus_error *err);

/*
 * Eliminates all but the last two rows of a symmetric matrix, lower triangle,
 * unit diagonal, in place.
 *
 * Returns the smallest pivot met; the last 2 × 2 block holds what is left.
 */
double caus_eliminate(double *matrix, size_t count, size_t stride);

/* The correlation of residuals and what is known of it. */
void caus_parcorr_give(const caus_residuals *left, caus_ci_result *result);

/* Akaike's criterion of a standardised target of which `left` is left. */
double caus_parcorr_akaike(double rows, double left, size_t conditions);

/*
 * The mean correlation of the normal scores Φ⁻¹(i / (rows + 1)) of a normal
 * pair, but for what a correlation of normal numbers loses as well, to order
 * 1 / rows; and back.
 *
 * A score differs from the number it stands for by the sampling error of the
 * rank, (F̂(x) − F(x)) / φ(x). In Hermite polynomials its k-th part has the
 * variance 1 / (k + 1) per 1 / rows, which the first two parts do not cost,
 * location and scale being free: r loses r Σ (1 − r^2k) / (k + 1) / rows. The
 * sum is cut off by the number of rows; at r = 0 it comes to
 * log log rows + .275 (1 % off the exact value from 20 to 5,000 rows), and
 * falls as (1 − r²)^.42 (4 % off simulated values from 20 rows on). A
 * correlation of normal numbers loses r (1 − r²) / (2 rows), which cancels in
 * partial correlations against their own bias.
 *
 *   r, scored  in [−1, 1]
 *   rows       ≥ 5; below nothing is changed
 */
double caus_scored_correlation(double r, double rows);
double caus_unscored_correlation(double scored, double rows);

/* Makes the test that finds intervals of partial correlation in the rows; the
 * state is a caus_parcorr without weights or sums. */
caus_status caus_parcorr_place(const void *place_state, double level,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err);

/* Fills in p-values, decisions and intervals by Student's t. */
void caus_parcorr_decide(caus_independence *test);

#endif
