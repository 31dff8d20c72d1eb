/* SPDX-License-Identifier: Apache-2.0 */
/* Rows by their time, and series without some of them. */
#include "series/blank.h"

#include <math.h>
#include <string.h>

size_t caus_segment_rows_until(const caus_segment *segment, int64_t step_ns,
                               int64_t last_ns)
{
    if (segment->start_ns > last_ns)
        return 0;
    uint64_t steps =
        (uint64_t)(last_ns - segment->start_ns) / (uint64_t)step_ns;
    return steps < segment->row_count ? (size_t)steps + 1 : segment->row_count;
}

/* Rows [from, to) of a segment become missing. */
static caus_status blank_rows(caus_segment *segment, size_t variables,
                              size_t from, size_t to, caus_arena *out,
                              caus_error *err)
{
    size_t words = variables * segment->word_count;
    size_t cells = variables * segment->row_count;
    uint64_t *missing = caus_arena_array(out, words + 1, sizeof *missing);
    double *values = CAUS_ARRAY(out, double, cells + 1);
    if (!missing || !values)
        return caus_arena_fail(out, err);
    if (segment->missing)
        memcpy(missing, segment->missing, words * sizeof *missing);
    memcpy(values, segment->values, cells * sizeof *values);
    for (size_t r = from; r < to; r++) {
        for (size_t v = 0; v < variables; v++) {
            missing[v * segment->word_count + r / 64] |= UINT64_C(1) << r % 64;
            values[r * variables + v] = (double)NAN;
        }
    }
    segment->missing = missing;
    segment->values = values;
    return CAUS_OK;
}

caus_status caus_series_blank(const caus_series *series, int64_t from_ns,
                              int64_t to_ns, caus_arena *out,
                              caus_series *result, caus_error *err)
{
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!segments)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < series->segment_count; s++) {
        segments[s] = series->segments[s];
        size_t from =
            caus_segment_rows_until(&segments[s], series->step_ns, from_ns - 1);
        size_t to =
            caus_segment_rows_until(&segments[s], series->step_ns, to_ns);
        if (from < to)
            CAUS_TRY(blank_rows(&segments[s], series->variable_count, from, to,
                                out, err));
    }
    *result = *series;
    result->segments = segments;
    return CAUS_OK;
}
