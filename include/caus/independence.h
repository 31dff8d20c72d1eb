/* SPDX-License-Identifier: Apache-2.0 */
/* Which test of conditional independence a search asks, and its settings. */
#ifndef CAUS_INDEPENDENCE_H
#define CAUS_INDEPENDENCE_H

#include "base.h"

CAUS_API_BEGIN

typedef enum caus_test {
    CAUS_TEST_PARCORR,    /* partial correlation, Student's t */
    CAUS_TEST_GSQUARED,   /* G² of categories: at most 255 distinct values */
    CAUS_TEST_CHISQUARED, /* Pearson's χ², likewise */
    CAUS_TEST_FISHER_Z,   /* partial correlation, Fisher's z */
    CAUS_TEST_ROBUST,     /* partial correlation of normal scores */
    CAUS_TEST_WLS,        /* partial correlation, noise that changes in time */
    CAUS_TEST_VECTORS,    /* between vectors, which caus_variable.vector_group
                             names: a search looks at the variable of a group
                             whose name comes first and lets it stand for all */
    CAUS_TEST_CMIKNN,     /* mutual information from nearest neighbours */
    CAUS_TEST_CMIKNN_MIXED, /* the same, discrete variables as such */
    CAUS_TEST_GPDC, /* distance correlation of what Gaussian processes leave */
    CAUS_TEST_RCOT, /* covariances of random features of a kernel */
    CAUS_TEST_COUNT
} caus_test;

/* What is made of the correlations between the parts of two vectors. */
typedef enum caus_vector_statistic {
    CAUS_VECTOR_LARGEST, /* the largest, with its sign; Bonferroni's bound over
                            the pairs of parts */
    CAUS_VECTOR_WILKS    /* sqrt(1 − Wilks' lambda), which between two numbers
                            is their |partial correlation|; Bartlett's χ² */
} caus_vector_statistic;

typedef enum caus_knn_transform {
    CAUS_KNN_RANKS,
    CAUS_KNN_STANDARDISED /* mean 0, variance 1; many times slower, and not for
                             mixed variables */
} caus_knn_transform;

/* How the interval of a partial correlation is found. */
typedef enum caus_interval {
    CAUS_INTERVAL_ROWS,   /* on the scale of atanh(r), as long as the influences
                             of the rows make it: holds what its level says for
                             heavy tails too. From sums, and in searches over
                             environments, Fisher's */
    CAUS_INTERVAL_FISHER, /* on the scale of atanh(r), as long as normal rows
                             make it: leaves 0 out where p is below 1 − level */
    CAUS_INTERVAL_STUDENT /* on the scale of t, as tigramite 5.2 has it: too
                             narrow by √(1 − r²), so that 95 % become 84 % at
                             |r| = .7; for comparison. Of tests by Student's t
                             only */
} caus_interval;

/* Of cmiknn and cmiknn-mixed. */
typedef struct caus_knn_options {
    double neighbours; /* k; below 1 a share of the rows; default .2 */
    caus_knn_transform transform; /* default ranks */
    size_t shuffle_neighbours;    /* in the conditions, among which the target
                                     is shuffled; 2 … 1000, default 5 */
    size_t shuffles; /* ≤ 1,000,000, default 500; 0 = statistics only, every
                        p-value 1 */
    double shuffle_alpha; /* in (0, 1], default .2: shuffling stops once p is
                             sure to be above. Decisions at levels up to this
                             one are those of all shuffles; 1 = make all */
} caus_knn_options;

/* Of rcot. */
typedef struct caus_kernel_options {
    size_t features; /* random ones of the conditions, at most a quarter of the
                        rows; 10 … 1000, default 100 */
    size_t side_features; /* of source and of target; 2 … 10, default 5 */
} caus_kernel_options;

typedef struct caus_test_options {
    caus_test test;
    caus_knn_options knn;
    caus_kernel_options kernel;
    /* parcorr-wls: a row's noise is the mean size of the residuals of this
     * many rows, the row itself the last; ≥ 2, default 10. */
    size_t wls_window;
    /* parcorr-wls: as tigramite 5.2 has it, rows before the first full window
     * get a noise of 1 in the variable's own unit, and no regression has a
     * constant. The answer then depends on units; default false: the noise of
     * the first full window, and constants. */
    bool wls_unit_start;
    caus_vector_statistic vector_statistic; /* parcorr-mult; default largest */
    caus_interval interval;                 /* default by the rows */
} caus_test_options;

/* Partial correlation; settings of other tests as said above. */
caus_test_options caus_test_options_default(void);

/* The word of the command line and of results, for example "parcorr". */
const char *caus_test_name(caus_test test);

/* The test of a word; false if there is none. */
bool caus_test_from_name(const char *name, caus_test *result);

CAUS_API_END
#endif
