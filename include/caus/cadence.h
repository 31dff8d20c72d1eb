/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that come more often than what is in them is measured. */
#ifndef CAUS_CADENCE_H
#define CAUS_CADENCE_H

#include "series.h"

CAUS_API_BEGIN

/*
 * Every so many rows of a series in which values are told again until they are
 * measured again, or are missing until then: a query with a step below the
 * interval of scrapes answers so, and one measurement would count as several.
 *
 * A column is measured every n rows if nine in ten of the times from a value
 * that is new to the next are n rows or more, 64 at most; new is what differs
 * from the row before, or comes after a gap, but for the first. Rows are as far
 * apart as nine in ten of the columns allow that have eight such times, if two
 * in three of all times are multiples of that; those rows stay in which most
 * are new. What is measured as seldom, rises ten times as often as it falls, or
 * is a category keeps its last value; what is measured more often becomes its
 * mean over the rows up to the one that stays, of counts their sum (missing in
 * fewer rows than that), of events the largest. Rows behind the last that stays
 * are left out.
 *
 *   every   set to how many rows become one; 1 = the series stays as it is, as
 *           do those without a step, with values that are not selected, those
 *           in which one row in ten has no value at all, and those of which
 *           fewer than 30 rows would stay, or five of a segment
 *   result  lives in `out`, sharing what is not changed; may be `series`. The
 *           support of its values is not known where `every` > 1
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost O(rows × variables).
 */
caus_status caus_series_thin(const caus_series *series, caus_arena *out,
                             caus_series *result, size_t *every,
                             caus_error *err);

CAUS_API_END
#endif
