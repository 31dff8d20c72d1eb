/* SPDX-License-Identifier: Apache-2.0 */
/* All rows of a series as columns. */
#ifndef CAUS_SRC_ROOTCAUSE_TIMELINE_H
#define CAUS_SRC_ROOTCAUSE_TIMELINE_H

#include "base/base.h"
#include "caus/series.h"
#include "rootcause/aspect.h"
#include "series/time_columns.h"

/* All rows of a series as columns, oldest first. */
typedef struct caus_timeline {
    size_t row_count, variable_count;
    size_t *filled; /* [filled_count] rows in which anything was measured: of a
                       grid with gaps they are the ones to count */
    size_t filled_count;
    const int64_t *time_ns; /* [row_count] */
    double *values;         /* [variable_count × row_count]; NaN = missing */
    const uint32_t *order;  /* [variable_count × row_count] rows by value */
    const size_t *present;  /* [variable_count] entries of `order` */
    double *whole;  /* [variable_count] the value of 100 % of a share; 0 = it is
                       none */
    double *chance; /* [variable_count] share of its level that it is off by
                       chance, as few requests tell; 0 = not known */
    double *least;  /* [variable_count] what is hardly a change of it, in its
                       unit; 0 = not known */
    bool *adds_up;  /* [variable_count] what counts is how many there were:
                       failures */
    bool *comes_and_goes; /* [variable_count] its mean counts beside its median,
                             once the onset is found: latency */
    bool *fills; /* [variable_count] what may have risen all the time: memory
                  */
} caus_timeline;

/*
 * Lays the rows of a series out.
 *
 *   columns  [variable_count] where a row has the value of each; NULL = in
 *            their order
 */
caus_status caus_timeline_init(const caus_series *series, const size_t *columns,
                               caus_arena *out, caus_timeline *result,
                               caus_error *err);

/* Gives a timeline of known size room for what every variable is like, from
 * `whole` to `fills`: of none anything is known. */
caus_status caus_timeline_add_traits(caus_timeline *timeline, caus_arena *out,
                                     caus_error *err);

/* Finds all of it but `chance`. Shares are of requests that fail: a drop from
 * 99.9 to 98 % is much, whatever the level. */
void caus_timeline_find_traits(caus_timeline *timeline,
                               const caus_series *series,
                               const caus_aspect *aspects, const int *bad);

/* Sorts every column; to be done before shifts are asked for. */
caus_status caus_timeline_sort(caus_timeline *timeline, const caus_run *run,
                               caus_arena *out, caus_error *err);

/* The same rows for those who know columns alone. */
caus_time_columns caus_timeline_columns(const caus_timeline *timeline);

/* The values of a variable, [row_count], and its rows by value, [present]. */
static inline const double *caus_timeline_values(const caus_timeline *timeline,
                                                 size_t variable)
{
    return timeline->values + variable * timeline->row_count;
}

static inline const uint32_t *caus_timeline_order(const caus_timeline *timeline,
                                                  size_t variable)
{
    return timeline->order + variable * timeline->row_count;
}

/* How many of `filled` are before a row. */
size_t caus_timeline_filled_before(const caus_timeline *timeline, size_t row);

#endif
