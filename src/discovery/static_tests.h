/* SPDX-License-Identifier: Apache-2.0 */
/* Any test of independence as an engine of static searches. */
#ifndef CAUS_SRC_DISCOVERY_STATIC_TESTS_H
#define CAUS_SRC_DISCOVERY_STATIC_TESTS_H

#include "discovery/static_internal.h"
#include "independence/independence.h"

/* What a test of a pair said. */
typedef struct caus_tested_pair {
    double squared; /* as the engine gives it */
    double statistic;
    double p_value;
} caus_tested_pair;

/* One thread's place to test in. */
typedef struct caus_tested_hand caus_tested_hand;

/* A test on the rows of a series; read-only during a search but for the hands
 * and `weakest`, where every walk has the row of its node. */
typedef struct caus_tested {
    const caus_run *run;
    caus_sample sample;
    caus_independence test;
    double limit;               /* of `squared` */
    caus_tested_hand *hands;    /* [threads] */
    caus_tested_pair *marginal; /* [variable_count²] */
    caus_tested_pair *weakest;  /* [variable_count²] by node and target */
} caus_tested;

/*
 * Prepares a test and makes the tests without conditions.
 *
 *   arenas  [threads] one for each thread of the run; they outlive the engine
 *   result  lives in arenas[0]; stays where it is
 */
caus_status caus_tested_init(const caus_series *series,
                             const caus_test_options *test, double alpha,
                             const caus_run *run, caus_arena **arenas,
                             caus_tested *result, caus_error *err);

/*
 * The engine. A "squared correlation" is z² / (1 + z²), where z is the normal
 * deviate that has the p-value of the test.
 */
caus_engine caus_test_engine(const caus_tested *state);

/* The first failure of a test during a search: engines cannot fail. */
caus_status caus_tested_check(const caus_tested *state, caus_error *err);

/* Replaces the numbers of a result by those of the tests. */
caus_status caus_tested_give(const caus_tested *state, caus_arena *out,
                             caus_discovery *result, caus_error *err);

#endif
