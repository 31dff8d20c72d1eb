/* SPDX-License-Identifier: Apache-2.0 */
/* One question of independence at a time, by any of the tests. */
#ifndef CAUS_SINGLE_TEST_H
#define CAUS_SINGLE_TEST_H

#include "discovery.h"

CAUS_API_BEGIN

/* Are X(t − lag) and Y(t − lag) independent given the conditions? */
typedef struct caus_ci_question {
    caus_lagged source; /* X */
    caus_lagged target; /* Y */
    const caus_lagged *conditions;
    size_t condition_count;
} caus_ci_question;

typedef struct caus_ci_options {
    caus_test_options test;
    size_t longest_lag;  /* of any question; as many rows at the start of every
                            segment are no rows of the test */
    unsigned mask_roles; /* caus_mask_role bits; 0 = ignore masks */
    bool drop_up_to_longest; /* a row lost to a missing value takes the next
                                longest_lag rows with it */
    double level;            /* of the interval, in (0, 1) */
} caus_ci_options;

/* Partial correlation, no lags, no masks, level .95. */
caus_ci_options caus_ci_options_default(void);

typedef struct caus_ci_answer {
    double statistic;
    double df; /* degrees of freedom of the statistic's distribution; of tests
                  by permutation 1 + the p-value */
    double p_value;
    double lower, upper; /* interval of what it estimates; NaN where the test
                            has none */
    bool undetermined;   /* too few rows, a constant side, or conditions that
                            determine a side: statistic 0, p-value 1 */
} caus_ci_answer;

/* A test on the data of a series, prepared for many questions. */
typedef struct caus_ci_tester caus_ci_tester;

/*
 * Prepares a test.
 *
 *   series   values are copied, names are kept
 *   options  NULL = default
 *   run      outlives the tester, which asks it whether to stop
 *   result   set on success; freed with caus_ci_tester_free(); used by one
 *            thread at a time
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no variables, a setting out of range),
 * CAUS_ERR_INVALID_DATA (values a test cannot take),
 * CAUS_ERR_TOO_FEW_SAMPLES, …_OUT_OF_MEMORY, …_LIMIT, …_CANCELLED,
 * …_TIME_LIMIT. Cost and memory as the test's page in docs/methods says.
 */
caus_status caus_ci_tester_new(const caus_series *series,
                               const caus_ci_options *options,
                               const caus_run *run, caus_ci_tester **result,
                               caus_error *err);

/* NULL is accepted. */
void caus_ci_tester_free(caus_ci_tester *tester);

/*
 * Answers a question.
 *
 *   question  conditions that are the source or the target, or come twice,
 *             count once or not at all
 *   result    set on success, untouched on failure
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (a variable or lag out of range, source
 * and target the same), …_OUT_OF_MEMORY, …_LIMIT, …_CANCELLED, …_TIME_LIMIT.
 */
caus_status caus_ci_tester_ask(caus_ci_tester *tester,
                               const caus_ci_question *question,
                               caus_ci_answer *result, caus_error *err);

/*
 * Prepares a test, asks it one question and frees it. Arguments and failures as
 * of the three functions above.
 */
caus_status caus_ci_test(const caus_series *series,
                         const caus_ci_options *options,
                         const caus_ci_question *question, const caus_run *run,
                         caus_ci_answer *result, caus_error *err);

CAUS_API_END
#endif
