/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Neighbours of a row under the maximum norm, by comparing it with every other
 * row. Columns are small whole numbers (ranks, or codes of categories), so a
 * register holds 16 or 32 rows, and all results are exact whatever the
 * instruction set.
 */
#ifndef CAUS_SRC_NUMERIC_NEIGHBOURS_H
#define CAUS_SRC_NUMERIC_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A rank, a code or a distance of two of them. */
typedef uint16_t caus_rank;

enum {
    CAUS_RANK_FAR = UINT16_MAX,      /* a distance that nothing reaches */
    CAUS_RANK_ROWS = UINT16_MAX - 1, /* most rows of a column */
    CAUS_RANK_LANES = 64             /* columns are padded to multiples */
};

static inline size_t caus_rank_pad(size_t rows)
{
    return (rows + CAUS_RANK_LANES - 1) / CAUS_RANK_LANES * CAUS_RANK_LANES;
}

/* A column and what its values are. */
typedef struct caus_rank_column {
    const caus_rank *values; /* [padded] */
    bool is_codes;           /* equal or infinitely apart, not ordered */
} caus_rank_column;

/*
 * One row's question: how far is its k-th neighbour over all columns, and how
 * many rows are that close in parts of them. The columns are in three parts:
 * one that is exchanged between questions ("moved"), others ("fixed"), and
 * those given to both ("given").
 */
typedef struct caus_neighbour_task {
    size_t rows;   /* 2 … CAUS_RANK_ROWS; ranks are below it */
    size_t padded; /* rows to compare with, a multiple of CAUS_RANK_LANES: all
                      that may be near, more than k of them */
    /* Distances in fixed and given columns, and in the given ones alone;
     * [padded], with CAUS_RANK_FAR in the padding. Without given columns
     * `given` may be NULL: then only the distance is found, not when mixed. */
    const caus_rank *fixed;
    const caus_rank *given;
    bool is_given_known; /* rows in the given columns are not to be counted */
    caus_rank_column moved;
    caus_rank at;    /* the row's own value in it */
    size_t nearest;  /* k: the row itself does not count */
    bool is_mixed;   /* columns may be codes, and rows as far as the k-th
                        neighbour count as near too */
    double share;    /* mixed: a row that is infinitely far from so many
                        others that there is no k-th neighbour takes this
                        share of the rest for k, at least 1; 0 = all */
    caus_rank guess; /* of the distance of the k-th neighbour */
    caus_rank *all;  /* [padded] scratch */
    caus_rank *both; /* [padded] scratch */
} caus_neighbour_task;

/* Rows within reach, the row itself included. */
typedef struct caus_neighbour_counts {
    caus_rank distance; /* of the k-th neighbour */
    uint32_t all;       /* in all columns; only when mixed */
    uint32_t fixed;     /* in fixed and given columns */
    uint32_t moved;     /* in moved and given columns */
    uint32_t given;     /* in given columns; 0 when those are known */
} caus_neighbour_counts;

/* Distances of all rows in a stretch from one row. */
typedef struct caus_spread_task {
    const caus_rank_column *given_columns; /* [given_count] */
    size_t given_count;
    const caus_rank_column *fixed_column; /* NULL = none */
    size_t row;                           /* they are from, of all rows */
    size_t first, padded; /* rows to compare with it, both multiples of
                             CAUS_RANK_LANES */
    caus_rank *given;     /* [padded] set: in the given columns; NULL */
    caus_rank *fixed;     /* [padded] set: in the fixed one as well */
} caus_spread_task;

/* The functions for one instruction set. */
typedef struct caus_neighbour_kernel {
    const char *name;
    bool (*is_usable)(void);
    void (*spread)(const caus_spread_task *task);
    /* The least radius that holds `wanted` ≥ 1 of the distances; all that are
     * not CAUS_RANK_FAR, if they are fewer. */
    caus_rank (*radius)(const caus_rank *distances, size_t rows, size_t wanted,
                        caus_rank guess);
    void (*count)(const caus_neighbour_task *task,
                  caus_neighbour_counts *result);
} caus_neighbour_kernel;

/* All kernels of this build, the fastest last; the first is always usable. */
const caus_neighbour_kernel *const *caus_neighbour_kernels(size_t *count);

/* The fastest that this processor can run. */
const caus_neighbour_kernel *caus_neighbour_best(void);

#endif
