/* SPDX-License-Identifier: Apache-2.0 */
/* An incident near a time that people tell. */
#include "caus/time.h"
#include "discovery/incident_extent.h"
#include "series/blank.h"

caus_status caus_incident_rows_near(const caus_series *series,
                                    const caus_noticed *near, caus_arena *out,
                                    caus_near_rows *result, caus_error *err)
{
    int64_t first_ns = near->time_ns - near->before_ns;
    int64_t last_ns = near->time_ns + near->after_ns;
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!segments)
        return caus_arena_fail(out, err);
    caus_near_rows made = {.series = *series};
    made.series.segments = segments;
    made.series.segment_count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        caus_segment kept = series->segments[s];
        made.first_row +=
            caus_segment_rows_until(&kept, series->step_ns, first_ns - 1);
        kept.row_count =
            caus_segment_rows_until(&kept, series->step_ns, last_ns);
        made.row_count += kept.row_count;
        if (kept.row_count)
            segments[made.series.segment_count++] = kept;
    }
    made.first_row = caus_larger(made.first_row, made.row_count / 2);
    *result = made;
    return CAUS_OK;
}

caus_status caus_incident_find_near(const caus_near_rows *rows,
                                    const caus_run *run, caus_extent *result,
                                    caus_error *err)
{
    caus_extent made, behind;
    caus_extent_part part = {rows->first_row, INT64_MIN};
    CAUS_TRY(caus_extent_find_part(&rows->series, &part, run, &made, err));
    if (made.repeats && made.other_end_ns < made.onset.first_ns) {
        part.after_ns = made.other_end_ns;
        CAUS_TRY(
            caus_extent_find_part(&rows->series, &part, run, &behind, err));
        if (behind.found)
            made = behind;
    }
    if (made.onset.row < rows->first_row)
        made.found = false;
    *result = made;
    return CAUS_OK;
}

caus_status caus_incident_say_repeat(const caus_extent *extent, caus_arena *out,
                                     const char **result, caus_error *err)
{
    char start[40], other[40], other_end[40];
    caus_time_format(extent->onset.time_ns, start);
    caus_time_format(extent->other_start_ns, other);
    caus_time_format(extent->other_end_ns, other_end);
    const char *said = caus_arena_format(
        out,
        "what began at %s stands out about as much as %s to %s, so that "
        "neither is told from habit: give --around the one that is meant, or "
        "--start after the earlier",
        start, other, other_end);
    if (!said)
        return caus_arena_fail(out, err);
    *result = said;
    return CAUS_OK;
}
