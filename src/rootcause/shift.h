/* SPDX-License-Identifier: Apache-2.0 */
/* How far a variable is from its habit in a window of rows. */
#ifndef CAUS_SRC_ROOTCAUSE_SHIFT_H
#define CAUS_SRC_ROOTCAUSE_SHIFT_H

#include "rootcause/rank_set.h"
#include "rootcause/timeline.h"

/* How far a variable is from its habit. */
typedef struct caus_shift {
    bool measured;
    size_t rows;          /* of the window, with a value */
    double before, after; /* medians; of failures that come and go, means */
    double scale;         /* robust deviation, floored */
    double least;         /* deviation of the steadiest such variable */
    double size;          /* (after − before) / scale, signed */
    double share;         /* |after − before| of the larger of both */
} caus_shift;

/* Scratch of shifts: those of one variable are found faster one after another,
 * later windows first. */
typedef struct caus_shift_space {
    caus_row_ranks ranks;
    caus_rows_before before, early; /* of the variable asked for last; the
                                       earlier half of these */
    caus_rank_set window;
} caus_shift_space;

caus_status caus_shift_space_init(const caus_timeline *timeline,
                                  caus_arena *out, caus_shift_space *result,
                                  caus_error *err);

/* Rows [from, to) of a variable against the rows before `from`. */
caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space);

/* How much a shift is worth before its kind is weighed; 0 = nothing. */
double caus_clue_of(const caus_shift *shift, caus_aspect aspect, int bad);

#endif
