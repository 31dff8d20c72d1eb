/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditional-independence tests between lagged variables, behind one
 * interface that searches are written against.
 *
 * A search fixes a target and the conditions that many tests share, then asks
 * for one source after another with the conditions of its own. That order lets
 * a test do the shared work once: partial correlation eliminates the common
 * conditions from its Gram matrix, others gather the rows.
 */
#ifndef CAUS_SRC_INDEPENDENCE_INDEPENDENCE_H
#define CAUS_SRC_INDEPENDENCE_INDEPENDENCE_H

#include "base/base.h"
#include "caus/gram.h"
#include "caus/independence.h"
#include "caus/series.h"

/* variable(t − lag) of a sample, as lag · stride + variable. */
typedef uint32_t caus_node;

/* In which place of a test a value stands. */
typedef enum caus_test_role {
    CAUS_ROLE_OF_SOURCE,
    CAUS_ROLE_OF_TARGET,
    CAUS_ROLE_OF_CONDITION,
    CAUS_TEST_ROLE_COUNT
} caus_test_role;

typedef struct caus_sample_options {
    size_t longest_lag; /* of any node; also the rows left out at the
                           start of every segment */
    bool leave_out[CAUS_TEST_ROLE_COUNT]; /* unselected values, by role */
    bool drop_up_to_longest; /* a row lost to a missing value takes the next
                                longest_lag rows with it */
} caus_sample_options;

/* Consecutive rows of the pooled sample. */
typedef struct caus_stretch {
    const double *panel; /* [row_count × stride], from the segment's row 0 */
    size_t row_count;
    size_t first; /* pooled index of its row longest_lag */
    size_t count; /* rows it gives to the sample */
} caus_stretch;

/*
 * The rows of a series that lagged tests work on. Columns are scaled by a
 * power of two and centred, which no test notices; missing values hold 0.
 */
typedef struct caus_sample {
    const caus_series *series;      /* it was gathered from */
    const caus_variable *variables; /* [variable_count] of the series */
    size_t variable_count;
    size_t stride; /* variable_count, padded with zero columns */
    size_t longest_lag;
    size_t node_count; /* stride · (longest_lag + 1) */
    size_t row_count;  /* over all stretches */
    size_t stretch_count;
    const caus_stretch *stretches;
    const double *const *rows; /* [row_count] the panel row at lag 0 */
    size_t word_count;         /* (row_count + 63) / 64 */
    /* [role][node] bits of the rows in which the node must not be used; NULL
     * where all may. The outer pointer is NULL when there are none at all. */
    const uint64_t *const *invalid[CAUS_TEST_ROLE_COUNT];
    const double *energy; /* [stride] sum of squares over all rows */
    const double *mean;   /* [stride] a value of the panel is */
    const double *scale;  /* [stride] value · scale − mean, scale = 2^k */
    /* Sums in place of rows: there are no stretches, rows and bits then, and
     * energies are 0. NULL = rows. */
    const caus_gram *gram;
    const size_t *gram_columns; /* [variable_count] of the gram; NULL = all, in
                                   order */
} caus_sample;

static inline caus_node caus_node_of(const caus_sample *sample, size_t variable,
                                     size_t lag)
{
    return (caus_node)(lag * sample->stride + variable);
}

/* The value of a node in a pooled row. */
static inline double caus_node_value(const caus_sample *sample, size_t row,
                                     caus_node node)
{
    size_t lag = node / sample->stride, variable = node % sample->stride;
    return *(sample->rows[row] - lag * sample->stride + variable);
}

/*
 * Gathers the sample of a series.
 *
 *   result  lives in `arena`
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES when no segment is longer than the
 * longest lag, CAUS_ERR_INVALID_ARGUMENT when the sums of the series do not
 * reach that far back, CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT.
 * Cost O(rows × variables), with missing values or masks also O(rows × nodes).
 */
caus_status caus_sample_init(const caus_series *series,
                             const caus_sample_options *options,
                             const caus_run *run, caus_arena *arena,
                             caus_sample *result, caus_error *err);

/*
 * A sample whose rows are those of another one, each as often as `counts`
 * [row_count] says, in the same order; bits of invalid values follow. It has no
 * stretches: its rows are no longer consecutive.
 *
 *   result  lives in `arena`; keeps the values of `sample`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT.
 */
caus_status caus_sample_repeat(const caus_sample *sample, const double *counts,
                               caus_arena *arena, caus_sample *result,
                               caus_error *err);

/*
 * A number for every node [node_count] that follows from its lag and the name
 * of its variable, whatever the order of the columns; in a series without
 * variables from the place of its column.
 *
 *   result  lives in `arena`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT.
 */
caus_status caus_sample_identify(const caus_sample *sample, caus_arena *arena,
                                 const uint64_t **result, caus_error *err);

/* Of an interval. */
typedef struct caus_ends {
    double lower, upper;
} caus_ends;

typedef struct caus_ci_result {
    double statistic;
    double df;         /* what the p-value depends on besides the statistic,
                          ≥ 1: degrees of freedom; where the statistic has no
                          distribution of its own, 1 + the p-value p (tests by
                          permutation) or 1 − log p (features of kernels, whose
                          p may be tiny) */
    bool undetermined; /* too few rows, or the conditions determine one side:
                          statistic 0, p-value 1, never dependent */
    caus_ends ends;    /* of tests that place() makes */
} caus_ci_result;

/* A source with the conditions of its own. */
typedef struct caus_ci_source {
    caus_node node;
    const caus_node *extra; /* [extra_count] */
    size_t extra_count;
    const void *prepared; /* of the test; NULL = nothing */
} caus_ci_source;

/* One thread's place to work in. */
typedef struct caus_ci_work caus_ci_work;

/* A test on a sample. Open: another test fills in other functions. */
typedef struct caus_independence caus_independence;
struct caus_independence {
    const void *state;
    const caus_sample *sample;
    /* Makes a place to work in, in an arena of the calling thread. */
    caus_status (*start)(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err);
    /* Fixes the target and the conditions that the next tests share. */
    caus_status (*condition)(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err);
    /* Does what can be done for a source before any target is known; worth
     * its while when many targets follow. NULL = nothing can be. */
    caus_status (*prepare)(const void *state, caus_arena *arena,
                           caus_ci_source *source, caus_error *err);
    /* Tests a source against the fixed target given the shared conditions
     * without the source, and its own ones. */
    caus_status (*test)(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err);
    /* Akaike's criterion of the fixed target regressed on the conditions; NULL
     * = this test has no such score. */
    caus_status (*score)(caus_ci_work *work, double *result, caus_error *err);
    double (*p_value)(double statistic, double df);
    /* The degrees of freedom that a df stands for; NULL = the df itself. */
    double (*degrees)(double df);
    /* The p-value falls with |statistic| and with df. */
    bool is_correlation;
    /* The correlations between all nodes [node_count × node_count], constant
     * nodes having zero rows, when every test follows from them; else NULL. */
    const double *correlations;
    /* The least |statistic| with a p-value of alpha or below; NULL together
     * with `interval`. */
    double (*critical)(double alpha, double df);
    /* The same to within caus_near, but cheap; NULL = decide by p-values. */
    double (*critical_near)(double alpha, double df);
    /* The normal deviate of the p-value, and how far it may be off; NULL =
     * compare p-values. */
    double (*deviate_near)(double statistic, double df, double *error);
    /* The interval whose ends a statistic of 0 would be just told from by the
     * critical value of alpha = 1 − level. */
    caus_ends (*interval)(const caus_independence *test, double statistic,
                          double df, double critical);
    /* Makes a test that finds intervals in the rows: results carry their
     * ends, around a statistic that may come nearer to what this one
     * estimates. NULL = interval() says all. */
    caus_status (*place)(const void *place_state, double level,
                         caus_arena *arena, caus_independence *result,
                         caus_error *err);
    const void *place_state;
};

/*
 * Partial correlation with Student's t: rows standardised, residuals of least
 * squares, df = rows − 2 − conditions, constant conditions not counted.
 *
 *   weights  [row_count] how often each row counts; NULL = once
 *   result   lives in `arena`; keeps `sample`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT, CAUS_ERR_CANCELLED,
 * CAUS_ERR_TIME_LIMIT. Cost O(rows · variables² · lags) for the Gram matrix
 * (weights: · lags²), memory 8 · nodes² bytes; a test costs O(conditions³), in
 * a sample with missing values or masks also O(rows left out · conditions²).
 */
caus_status caus_parcorr_init(const caus_sample *sample, const double *weights,
                              int threads, const caus_run *run,
                              caus_arena *arena, caus_independence *result,
                              caus_error *err);

/*
 * The test that the options name, on a sample.
 *
 *   options  checked here: CAUS_ERR_INVALID_ARGUMENT names the setting; with
 *            sums in place of rows CAUS_ERR_UNSUPPORTED unless it is a test
 *            that follows from them (parcorr, fisher-z)
 *   weights  [row_count] how often each row counts; NULL = once. A test that
 *            takes none gets a sample with repeated rows
 *   result   lives in `arena`; keeps `sample`
 */
caus_status caus_independence_init(const caus_test_options *options,
                                   const caus_sample *sample,
                                   const double *weights, int threads,
                                   const caus_run *run, caus_arena *arena,
                                   caus_independence *result, caus_error *err);

/*
 * Intervals of a partial correlation, whose ends a statistic of 0 would be just
 * told from by the critical value of alpha = 1 − level: Fisher's, of one length
 * on the scale of atanh, and Student's, of one length on the scale of t, as
 * tigramite has it. Only on Fisher's scale is the spread of a correlation the
 * same wherever it lies: Student's is too narrow by √(1 − r²). A statistic of
 * ±1 is its own interval.
 *
 *   test      not looked at; NULL will do
 *   df        of the statistic; too small (Fisher: not above 0, Student: below
 *             1) the interval is the statistic
 *   critical  value, in [0, 1]; at 1 Fisher's interval is [−1, 1]
 *
 * Source: Fisher's z as Kalisch & Buehlmann (2007), JMLR 8, section 2.2.2, has
 * it.
 */
caus_ends caus_interval_fisher(const caus_independence *test, double statistic,
                               double df, double critical);
caus_ends caus_interval_student(const caus_independence *test, double statistic,
                                double df, double critical);

/* critical_near() of a partial correlation. */
double caus_parcorr_critical_near(double alpha, double df);

/* How far critical_near() may be off; between, the p-value decides. */
static const double caus_near = 1e-6;

/* Decisions at one alpha: critical values are kept by whole degrees of freedom.
 */
typedef struct caus_decider {
    const caus_independence *test;
    double alpha;
    double *near; /* [df_limit] critical values, 0 = not yet known */
    size_t df_limit;
    double far_df; /* the last one that is not in `near`; 0 = none */
    double far;    /* its critical value */
} caus_decider;

/* Returns NULL memory as CAUS_ERR_OUT_OF_MEMORY or CAUS_ERR_LIMIT. */
caus_status caus_decider_init(caus_decider *decider,
                              const caus_independence *test, double alpha,
                              caus_arena *arena, caus_error *err);

/* Whether the p-value of a result is at most alpha. */
bool caus_is_dependent(caus_decider *decider, const caus_ci_result *result);

/*
 * Whether the p-value of one result is at least that of another, evaluated
 * only when statistics and df do not tell; df below 1 = no verdict, the
 * weakest.
 */
bool caus_is_weaker(const caus_independence *test, double statistic, double df,
                    double other, double other_df);

/* The p-value of a result; 1 when it is undetermined. */
double caus_ci_p_value(const caus_independence *test,
                       const caus_ci_result *result);

#endif
