/* SPDX-License-Identifier: Apache-2.0 */
/* How far a variable moved where its rows are split, at many splits one after
 * the other: rows come and go, nothing is counted anew. */
#ifndef CAUS_SRC_ROOTCAUSE_SPLITS_H
#define CAUS_SRC_ROOTCAUSE_SPLITS_H

#include "rootcause/shift.h"

typedef struct caus_splits {
    const caus_timeline *timeline;
    size_t variable, row, middle;
    caus_row_ranks ranks;              /* of the variable */
    caus_rank_set before, half, after; /* rows [0, row), [row, middle), [row,
                                          row_count) */
    caus_rows_before early;            /* the earlier half of `before` */
    caus_rank_set room;
} caus_splits;

caus_status caus_splits_init(const caus_timeline *timeline, caus_arena *out,
                             caus_splits *result, caus_error *err);

/* Names a variable, and the last of its splits. */
void caus_splits_begin(caus_splits *splits, size_t variable, size_t row);

/* Goes on to a split that is no later. */
void caus_splits_move(caus_splits *splits, size_t row);

/* What caus_timeline_shift() says of all rows from there on. */
caus_shift caus_splits_shift(caus_splits *splits);

/*
 * Sets what can be told of it for a fraction of its cost: of the same sign, and
 * of a size and a share that are no smaller. False where only the shift itself
 * tells.
 */
bool caus_splits_bound(const caus_splits *splits, caus_shift *result);

#endif
