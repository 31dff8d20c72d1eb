/* SPDX-License-Identifier: Apache-2.0 */
/* A series as columns, for those who look at one variable after another. */
#ifndef CAUS_SRC_SERIES_TIME_COLUMNS_H
#define CAUS_SRC_SERIES_TIME_COLUMNS_H

#include "base/base.h"
#include "caus/series.h"

/* Rows of all segments, oldest first. */
typedef struct caus_time_columns {
    size_t row_count, column_count;
    const int64_t *time_ns; /* [row_count] */
    double *values;         /* [column_count × row_count]; NaN = missing */
    const uint32_t *order;  /* [column_count × row_count] of each its rows with
                               a value, by it; NULL = not sorted */
    const size_t *present;  /* [column_count] how many these are */
} caus_time_columns;

/* Segments by time: [segment_count] indices; NULL when memory is out. */
size_t *caus_segments_by_time(const caus_series *series, caus_arena *arena);

/* The times of their rows in that order; NULL when memory is out. */
int64_t *caus_segments_times(const caus_series *series, const size_t *order,
                             caus_arena *arena);

/*
 * A column a variable.
 *
 *   order  [variable_count] which variable each column is of; NULL = theirs
 */
caus_status caus_time_columns_init(const caus_series *series,
                                   const size_t *order, caus_arena *out,
                                   caus_time_columns *result, caus_error *err);

/*
 * Sets the order of the columns: of all, or of those that are asked for.
 *
 *   wanted  [column_count], or NULL = all
 */
caus_status caus_time_columns_sort(caus_time_columns *columns,
                                   const bool *wanted, const caus_run *run,
                                   caus_arena *out, caus_error *err);

#endif
