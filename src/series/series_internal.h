/* SPDX-License-Identifier: Apache-2.0 */
/* Shared inside the series domain. */
#ifndef CAUS_SRC_SERIES_SERIES_INTERNAL_H
#define CAUS_SRC_SERIES_SERIES_INTERNAL_H

#include "base/base.h"
#include "caus/series.h"

/* A variable with its texts copied into `out`; NULL texts become "". */
caus_status caus_variable_copy(const caus_variable *variable, caus_arena *out,
                               caus_variable *result, caus_error *err);

/* Fails when a name is empty or there twice. */
caus_status caus_check_names(const caus_variable *variables, size_t count,
                             caus_error *err);

/*
 * A segment with values and support of its own. Masks are shared with the
 * original, which the caller may replace.
 */
typedef struct caus_segment_parts {
    double *values;
    uint64_t *missing; /* all zero */
} caus_segment_parts;

/* Room for the values and missing bits of `rows` × `count`. */
caus_status caus_segment_room(size_t rows, size_t count, caus_arena *out,
                              caus_segment_parts *result, caus_error *err);

/* The samples of one column in one row; {0} = none yet. */
typedef struct caus_bin {
    size_t count;
    double last;
    double largest;
    double sum;
    double weight; /* of samples whose support is > 0 */
    double weighted_sum;
    double support; /* of all samples, finite or not */
} caus_bin;

/* Takes one more sample, later than the others; `support` may be NaN. */
void caus_bin_add(caus_bin *b, double value, double support);

/* The mean, weighted by support where any is above 0; of counts the sum, of
 * events the largest, of categories the last; NaN of none. */
double caus_bin_value(const caus_bin *b, caus_kind kind);

static inline size_t caus_words_of_rows(size_t row_count)
{
    return row_count / 64 + (row_count % 64 != 0);
}

static inline void caus_set_bit(uint64_t *words, size_t word_count,
                                size_t column, size_t row)
{
    words[column * word_count + row / 64] |= (uint64_t)1 << (row % 64);
}

/* Whether a cell has a usable value: not missing and finite. */
static inline bool caus_is_present(const caus_segment *segment, size_t row,
                                   size_t variable, size_t variable_count)
{
    return !caus_segment_is_missing(segment, row, variable) &&
           __builtin_isfinite(segment->values[row * variable_count + variable]);
}

#endif
