/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a variable, each as the bit of its rank: what lies in the middle of
 * them is found by counting, without sorting any window. */
#ifndef CAUS_SRC_ROOTCAUSE_RANK_SET_H
#define CAUS_SRC_ROOTCAUSE_RANK_SET_H

#include <stdint.h>

#include "base/base.h"

enum { CAUS_RANK_WIDTH = 64 }; /* ranks of a word */

/* Where the rows of a variable stand among them: of one at a time, as of all it
 * would be half as much memory again as their values. */
typedef struct caus_row_ranks {
    size_t rows;
    const uint32_t *order; /* of caus_row_ranks_find(); NULL = none yet */
    uint32_t *rank;        /* [rows] */
} caus_row_ranks;

caus_status caus_row_ranks_init(size_t rows, caus_arena *out,
                                caus_row_ranks *result, caus_error *err);

/*
 * Ranks a variable, if it is another than the last.
 *
 *   order    [rows] its rows with a value, by it
 *   present  how many these are
 */
void caus_row_ranks_find(caus_row_ranks *ranks, const uint32_t *order,
                         size_t present);

typedef struct caus_rank_set {
    const double *values;  /* [rows] of the variable */
    const uint32_t *order; /* [rows] rows by value */
    const uint32_t *rank;  /* [rows] where `order` has a row */
    size_t words;          /* of bits, less the last: that of rows without a
                              value, which nobody counts */
    uint64_t *bits;        /* [words + 1] */
    uint32_t *counts;      /* [words + 1] bits that are set, and rows added */
} caus_rank_set;

/* Makes room for as many rows; the variable is named when they are. */
caus_status caus_rank_set_init(size_t rows, caus_arena *out,
                               caus_rank_set *result, caus_error *err);

/* Takes all rows out; adds rows [from, to) that are not in; takes them out. */
void caus_rank_set_clear(caus_rank_set *set);
void caus_rank_set_add(caus_rank_set *set, size_t from, size_t to);
void caus_rank_set_remove(caus_rank_set *set, size_t from, size_t to);
/* Sets it to the rows of `whole` that are not in `part`: all of these are in
 * `whole`, and all three are of the same variable. */
void caus_rank_set_take_rest(caus_rank_set *set, const caus_rank_set *whole,
                             const caus_rank_set *part);

/* How many of the rows have a value. */
size_t caus_rank_set_count(const caus_rank_set *set);

/* The least and the largest value of the rows of a word; false = it has none.
 */
bool caus_rank_set_ends(const caus_rank_set *set, size_t word, double *least,
                        double *largest);

/* The rows of a variable before one of them. */
typedef struct caus_rows_before {
    size_t until;
    caus_rank_set rows;
} caus_rows_before;

/* Where a search that only goes up has come to; {0} = nowhere yet. */
typedef struct caus_rank_place {
    size_t word, below;
} caus_rank_place;

/* What caus_sorted_quantile() says of `count` rows, at least one. */
double caus_rank_set_quantile(const caus_rank_set *set, size_t count,
                              double share, caus_rank_place *place);
/* The median of `count` rows, at least one. */
double caus_rank_set_median(const caus_rank_set *set, size_t count);

#endif
