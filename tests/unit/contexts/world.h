/* SPDX-License-Identifier: Apache-2.0 */
/* Several environments with known causes, for the tests of contexts. */
#ifndef CAUS_TESTS_UNIT_CONTEXTS_WORLD_H
#define CAUS_TESTS_UNIT_CONTEXTS_WORLD_H

#include "caus/jpcmciplus.h"

enum { WORLD_MOST_VARIABLES = 8, WORLD_MOST_ENVIRONMENTS = 24 };

typedef struct world {
    caus_arena *arena;
    caus_variable variables[WORLD_MOST_VARIABLES];
    caus_segment segments[WORLD_MOST_ENVIRONMENTS];
    caus_environment environments[WORLD_MOST_ENVIRONMENTS];
    double *values[WORLD_MOST_ENVIRONMENTS];
    uint64_t *missing[WORLD_MOST_ENVIRONMENTS];
    uint64_t *selected[WORLD_MOST_ENVIRONMENTS];
    caus_series series;
} world;

/* Standard normal system variables v0, v1, …, one segment an environment, all
 * on one clock. */
void world_noise(world *w, uint64_t seed, size_t environments, size_t rows,
                 size_t variables);

/* v0, v1 and v2 with memory, v0 → v1 at lag 1; v1 and v2 driven by what an
 * environment keeps and what all share at a time, which nobody measures. */
void world_confounded(world *w, uint64_t seed, size_t environments,
                      size_t rows);

/* Writes a context into a column and gives it its role. */
void world_set_context(world *w, size_t variable, caus_role role,
                       uint64_t seed);

void world_free(world *w);

/* A run of so many threads; fails the test otherwise. */
caus_run *world_run(int threads);

/* Discovers or fails the test with the error's sentence. */
caus_jpcmciplus world_discover(const world *w,
                               const caus_jpcmciplus_options *options,
                               const caus_run *run, caus_arena *out);

/* Whether two results hold the same bytes of marks and numbers. */
bool world_same(const caus_discovery *a, const caus_discovery *b);

/* The largest difference of two results' statistics. */
double world_distance(const caus_discovery *a, const caus_discovery *b);

#endif
