/* SPDX-License-Identifier: Apache-2.0 */
/* Single questions to the nearest-neighbour tests. */
#ifndef CAUS_TESTS_UNIT_INDEPENDENCE_CMIKNN_ASK_H
#define CAUS_TESTS_UNIT_INDEPENDENCE_CMIKNN_ASK_H

#include "independence/cmiknn.h"

/* A test over one series, with a place to work in. */
typedef struct cmiknn_asker {
    caus_arena *arena;
    caus_run *run;
    caus_sample sample;
    caus_independence test;
    caus_ci_work *work;
} cmiknn_asker;

/* What nearest-neighbour tests do unless told otherwise. */
caus_test_options cmiknn_options(caus_test test);

/* Fails the test when the library fails. */
cmiknn_asker cmiknn_asker_new(const caus_series *series, size_t longest_lag,
                              const caus_test_options *options, uint64_t seed,
                              const double *weights);
void cmiknn_asker_free(cmiknn_asker *asker);

typedef struct cmiknn_node {
    size_t variable, lag;
} cmiknn_node;

typedef struct cmiknn_question {
    cmiknn_node source, target;
    cmiknn_node given[6];
    size_t given_count;
    size_t shared; /* of the given ones, told with the target */
} cmiknn_question;

caus_ci_result cmiknn_ask(cmiknn_asker *asker, const cmiknn_question *question);

#endif
