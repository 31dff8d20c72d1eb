/* SPDX-License-Identifier: Apache-2.0 */
/* Rows by their time, and series without some of them. */
#ifndef CAUS_SRC_SERIES_BLANK_H
#define CAUS_SRC_SERIES_BLANK_H

#include "base/base.h"
#include "caus/series.h"

/* How many rows of a segment with times are no later than an instant. */
size_t caus_segment_rows_until(const caus_segment *segment, int64_t step_ns,
                               int64_t last_ns);

/*
 * A series with times without the values from one instant up to another, both
 * of them missing as well. Segments without such rows are shared.
 */
caus_status caus_series_blank(const caus_series *series, int64_t from_ns,
                              int64_t to_ns, caus_arena *out,
                              caus_series *result, caus_error *err);

#endif
