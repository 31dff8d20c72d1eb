/* SPDX-License-Identifier: Apache-2.0 */
/* Series with known causes for the tests of discovery. */
#ifndef CAUS_TESTS_UNIT_DISCOVERY_PLANTED_H
#define CAUS_TESTS_UNIT_DISCOVERY_PLANTED_H

#include "caus/discovery.h"

/* A series of one or more segments that a test may change. */
typedef struct planted {
    caus_arena *arena;
    caus_segment segments[4];
    double *values[4];
    uint64_t *missing[4];
    uint64_t *selected[4];
    caus_series series;
} planted;

/* Independent standard normal columns, nothing missing, all selected.
 *
 *   rows  of every segment
 */
planted planted_noise(uint64_t seed, size_t segments, size_t rows,
                      size_t variables);

/* As planted_noise(), each variable driven by its own past and, at lag 1, by
 * the variable before it; each also by the first at lag 2. */
planted planted_chain(uint64_t seed, size_t segments, size_t rows,
                      size_t variables);

void planted_free(planted *world);

/* Takes a value away, or out of the selection. */
void planted_miss(planted *world, size_t segment, size_t row, size_t variable);
void planted_deselect(planted *world, size_t segment, size_t row,
                      size_t variable);

/* A run of so many threads without limits; fails the test otherwise. */
caus_run *planted_run(int threads);

/* Discovers or fails the test with the error's sentence. */
caus_discovery planted_discover(const planted *world,
                                const caus_pcmci_options *options,
                                const caus_run *run, caus_arena *out);

/* Cells of a result's arrays. */
size_t planted_cells(const caus_discovery *found);

/* Whether two results hold the same bytes in every array. */
bool planted_same(const caus_discovery *a, const caus_discovery *b);

#endif
