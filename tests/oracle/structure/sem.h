/* SPDX-License-Identifier: Apache-2.0 */
/* Linear structural equations over random graphs, the same on every machine. */
#ifndef CAUS_TESTS_ORACLE_STRUCTURE_SEM_H
#define CAUS_TESTS_ORACLE_STRUCTURE_SEM_H

#include "caus/structure.h"

typedef struct sem_options {
    size_t nodes;
    double degree; /* expected number of neighbours */
    uint64_t seed;
    size_t rows;
    bool uniform; /* noise of unit variance: uniform, else normal */
} sem_options;

typedef struct sem {
    caus_series series;
    caus_graph dag;
    caus_graph completed;
    const double *weights; /* [nodes × nodes] source, target; 0 = no edge */
} sem;

/*
 * Edges of a random order with probability degree / (nodes − 1), weights in
 * ±[.3, 1], unit noise; values rounded to 6 decimals as a text file would.
 * Fails like the library functions it calls.
 */
caus_status sem_make(const sem_options *options, caus_arena *out, sem *result,
                     caus_error *err);

/*
 * Reads the lines "i > j", "i - j" and "i x j" of a learned graph. Fails with
 * CAUS_ERR_NOT_FOUND or CAUS_ERR_INVALID_DATA.
 */
caus_status sem_read_graph(const char *path, size_t nodes, caus_arena *out,
                           caus_graph *result, caus_error *err);

/* Pairs that are joined in one graph only. */
size_t sem_skeleton_distance(const caus_graph *a, const caus_graph *b);

#endif
