/* SPDX-License-Identifier: Apache-2.0 */
/* A made incident: front calls mid calls root, front calls side; root breaks.
 */
#ifndef CAUS_TESTS_ROOTCAUSE_MADE_CASE_H
#define CAUS_TESTS_ROOTCAUSE_MADE_CASE_H

#include "rootcause/rootcause_internal.h"

enum { MADE_ROWS = 240, MADE_ONSET = 180, MADE_VARIABLES = 10 };

static const int64_t made_start_ns = INT64_C(1700000000000000000);
static const int64_t made_step_ns = INT64_C(15000000000);

extern const caus_topology made_topology;

typedef struct made_measure {
    const char *name;
    const char *service;
    double level;
    double noise;
    double shift; /* from the onset on */
} made_measure;

extern const made_measure made_incident[MADE_VARIABLES];

/* The same, of which nothing moves. */
void made_quiet(made_measure quiet[MADE_VARIABLES]);

typedef struct made_fixture {
    caus_arena *arena;
    caus_run *run;
    caus_error err;
} made_fixture;

int made_set_up(void **state);
int made_tear_down(void **state);

/*
 * A series of one segment from made_start_ns on.
 *
 *   values   [rows × count]
 *   missing  [count × words of 64 rows]; NULL = nothing is
 */
caus_series made_window(caus_arena *arena, const caus_variable *variables,
                        size_t count, size_t rows, const double *values,
                        const uint64_t *missing);

/* A series of the measures in an order, its values times a scale. */
caus_series made_series(caus_arena *arena, const made_measure *measures,
                        const size_t *order, double scale);

/* With topology, symptom and onset. */
caus_explain_options made_options(void);

/* A change so many seconds after an onset. */
caus_change made_change(int64_t onset_ns, int after_s, const char *service,
                        caus_change_kind kind, const char *ref);

/* Explains a series with every allocation failing in turn: the failure is told,
 * or root is found. */
void made_want_memory(made_fixture *with, const caus_series *series,
                      const caus_explain_options *options);

/* The first suspect's service. */
const char *made_first_of(const caus_explanation *told);

/* What is told of a service; the test fails if nothing is. */
const caus_suspect *made_suspect_of(const caus_explanation *told,
                                    const char *service);

/* The explanation of a series; the test fails if there is none. */
caus_explanation made_explain_series(made_fixture *with,
                                     const caus_series *series,
                                     const caus_explain_options *options);

/* That of the measures. */
caus_explanation made_explain(made_fixture *with, const made_measure *measures,
                              const caus_explain_options *options);

#endif
