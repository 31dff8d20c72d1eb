/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of one planted process, and grams of them. */
#ifndef CAUS_TESTS_UNIT_GRAM_SHARDS_H
#define CAUS_TESTS_UNIT_GRAM_SHARDS_H

#include "caus/gram.h"

enum { SHARD_VARIABLES = 5, SHARD_MOST = 8 };

/* A process of five variables with lagged links, in rows [rows × 5]: x1 drives
 * x0 and x3, x4 follows x0 at once. */
double *shards_values(caus_arena *arena, size_t rows, uint64_t seed);

/* One segment a shard, of so many rows each. A start of 0 leaves it without a
 * clock. */
caus_series shards_series(caus_arena *arena, const double *values,
                          const size_t *rows, size_t count, int64_t start_ns);

/* The series of one of its segments. */
caus_series shards_one(caus_arena *arena, const caus_series *series,
                       size_t segment);

/* The gram of a series, and of several grams; failures end the test. */
caus_gram shards_build(caus_arena *arena, const caus_series *series,
                       size_t max_lag);
caus_gram shards_merge(caus_arena *arena, const caus_gram *grams, size_t count);

#endif
