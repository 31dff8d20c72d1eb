/* SPDX-License-Identifier: Apache-2.0 */
/* A series cut at the beginning and the end of an incident. */
#include <string.h>

#include "discovery/incident_internal.h"

enum {
    END_BLUR_ROWS = 2, /* the last rows may already be of the time after it */
    LARGEST_SHARE = 4  /* a margin takes at most a quarter of an incident */
};

/* Environment 0 before the rows [from, to), 1 from `to` on. */
static caus_status leave_out(const caus_series *series, size_t from, size_t to,
                             caus_arena *out, caus_series *result,
                             caus_error *err)
{
    caus_onset gap = {
        .found = true, .row = from, .first_row = from, .last_row = to - 1};
    return caus_onset_split(series, &gap, 0, out, result, err);
}

/* Adds the segments of one environment to those of another. */
static void append(const caus_series *from, int of, int as,
                   caus_segment *segments, size_t *count)
{
    for (size_t s = 0; s < from->segment_count; s++) {
        if (from->segments[s].environment != of)
            continue;
        segments[*count] = from->segments[s];
        segments[(*count)++].environment = as;
    }
}

/* Rows of the incident's environment from `end` on are baseline again. */
static caus_status split_end(size_t end, size_t margin, caus_arena *out,
                             caus_series *parts, caus_error *err)
{
    caus_series incident = *parts, cut;
    caus_segment *alone = CAUS_ARRAY(out, caus_segment, parts->segment_count);
    caus_segment *all = CAUS_ARRAY(out, caus_segment, parts->segment_count + 2);
    if (!alone || !all)
        return caus_arena_fail(out, err);
    incident.segments = alone;
    incident.segment_count = 0;
    append(parts, 1, 1, alone, &incident.segment_count);
    size_t rows = caus_series_row_count(&incident);
    if (end <= END_BLUR_ROWS || end >= rows)
        return CAUS_OK;
    size_t after = end + margin < rows ? end + margin : rows - 1;
    CAUS_TRY(leave_out(&incident, end - END_BLUR_ROWS, after, out, &cut, err));
    size_t count = 0;
    append(parts, 0, 0, all, &count);
    append(&cut, 0, 1, all, &count);
    append(&cut, 1, 0, all, &count);
    parts->segments = all;
    parts->segment_count = count;
    return CAUS_OK;
}

caus_status caus_incident_split(const caus_series *series,
                                const caus_extent *extent, size_t margin_rows,
                                caus_arena *out, caus_series *result,
                                caus_error *err)
{
    const caus_onset *onset = &extent->onset;
    size_t rows = caus_series_row_count(series);
    if (!extent->found || onset->first_row > onset->last_row ||
        onset->last_row + 1 >= rows || onset->first_row <= margin_rows ||
        (extent->has_end && extent->end_row <= onset->last_row + 1))
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "an onset in rows %zu to %zu of %zu with a margin of "
                         "%zu leaves no row on one side: take a smaller "
                         "margin or a longer window",
                         onset->first_row, onset->last_row, rows, margin_rows);
    size_t end = extent->has_end ? extent->end_row : rows;
    size_t length = end - onset->last_row - 1;
    size_t margin = margin_rows < length / LARGEST_SHARE
                        ? margin_rows
                        : length / LARGEST_SHARE;
    size_t first = onset->last_row + 1 + margin;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_series made;
    caus_status status = leave_out(series, onset->first_row - margin_rows,
                                   first, out, &made, err);
    if (status == CAUS_OK && extent->has_end)
        status = split_end(end - first, margin_rows, out, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
