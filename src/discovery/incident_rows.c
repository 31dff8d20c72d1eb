/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a series as the search for an incident wants them. */
#include <math.h>
#include <string.h>

#include "discovery/incident_extent.h"
#include "numeric/row_order.h"

/* Where the rows of a segment come, by time. */
typedef struct placed_segment {
    const caus_segment *segment;
    size_t first;
} placed_segment;

/* Rows by time, over all segments; those of the first environment, where there
 * are two, are not in question. */
static void place_segments(const caus_series *series, placed_segment *placed,
                           int64_t *time_ns, caus_extent_rows *made)
{
    for (size_t s = 0; s < series->segment_count; s++) {
        size_t at = s;
        for (; at > 0 &&
               placed[at - 1].segment->start_ns > series->segments[s].start_ns;
             at--)
            placed[at] = placed[at - 1];
        placed[at].segment = &series->segments[s];
    }
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = placed[s].segment;
        placed[s].first = made->row_count;
        for (size_t r = 0; r < segment->row_count; r++)
            time_ns[made->row_count++] =
                segment->start_ns + (int64_t)r * series->step_ns;
        if (series->environment_count > 1 &&
            segment->environment == series->environments[0].id)
            made->first_end = made->row_count + 1;
    }
}

static void copy_values(const caus_series *series, const placed_segment *placed,
                        size_t row_count, double *values)
{
    size_t count = series->variable_count;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = placed[s].segment;
        for (size_t r = 0; r < segment->row_count; r++)
            for (size_t v = 0; v < count; v++) {
                double value = segment->values[r * count + v];
                bool is_there =
                    isfinite(value) && !caus_segment_is_missing(segment, r, v);
                values[v * row_count + placed[s].first + r] =
                    is_there ? value : (double)NAN;
            }
    }
}

static caus_status order_values(caus_extent_rows *made, const caus_run *run,
                                caus_arena *scratch, caus_error *err)
{
    size_t rows = made->row_count, columns = made->variable_count;
    uint32_t *order = CAUS_ARRAY(scratch, uint32_t, columns * rows);
    size_t *present = CAUS_ARRAY(scratch, size_t, columns);
    caus_ordered *room =
        CAUS_ARRAY(scratch, caus_ordered, caus_order_room(rows));
    if (!order || !present || !room)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < columns; v++) {
        CAUS_TRY(caus_run_check(run, err));
        if (!caus_extent_looks_at(&made->variables[v]))
            continue;
        present[v] = caus_order_rows(made->values + v * rows, rows, room,
                                     order + v * rows);
    }
    made->order = order;
    made->present = present;
    return CAUS_OK;
}

static caus_status list_rows(const caus_series *series, const caus_run *run,
                             caus_extent_rows *made, double **written,
                             caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    size_t rows = caus_series_row_count(series);
    size_t columns = series->variable_count;
    placed_segment *placed =
        CAUS_ARRAY(scratch, placed_segment, series->segment_count);
    int64_t *time_ns = CAUS_ARRAY(scratch, int64_t, rows);
    double *values = CAUS_ARRAY(scratch, double, columns *rows);
    if (!placed || !time_ns || !values)
        return caus_arena_fail(scratch, err);
    *made = (caus_extent_rows){.variables = series->variables,
                               .variable_count = columns,
                               .time_ns = time_ns,
                               .values = values};
    place_segments(series, placed, time_ns, made);
    copy_values(series, placed, rows, values);
    *written = values;
    return CAUS_OK;
}

/* Leaves out the rows up to a time; returns how many. */
static size_t leave_out(int64_t until_ns, double *values,
                        caus_extent_rows *rows)
{
    size_t passed = 0, all = rows->row_count;
    while (passed < all && rows->time_ns[passed] <= until_ns)
        passed++;
    size_t left = all - passed;
    for (size_t v = 0; passed && v < rows->variable_count; v++)
        memmove(values + v * left, values + v * all + passed,
                left * sizeof *values);
    rows->row_count = left;
    rows->time_ns += passed;
    rows->first_end = rows->first_end > passed ? rows->first_end - passed : 0;
    return passed;
}

static caus_status find(const caus_series *series, const caus_extent_part *part,
                        const caus_run *run, caus_extent *result,
                        caus_error *err)
{
    caus_extent_rows rows;
    double *values = NULL;
    CAUS_TRY(list_rows(series, run, &rows, &values, err));
    if (part->first_row)
        rows.first_end = caus_larger(rows.first_end, part->first_row + 1);
    size_t passed = leave_out(part->after_ns, values, &rows);
    CAUS_TRY(order_values(&rows, run, caus_run_scratch(run, 0), err));
    caus_extent made;
    CAUS_TRY(caus_extent_find(&rows, run, &made, err));
    made.onset.row += passed;
    made.onset.first_row += passed;
    made.onset.last_row += passed;
    made.end_row += passed;
    *result = made;
    return CAUS_OK;
}

caus_status caus_extent_find_part(const caus_series *series,
                                  const caus_extent_part *part,
                                  const caus_run *run, caus_extent *result,
                                  caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = find(series, part, run, result, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

caus_status caus_incident_find(const caus_series *series, const caus_run *run,
                               caus_extent *result, caus_error *err)
{
    const caus_extent_part all = {0, INT64_MIN};
    return caus_extent_find_part(series, &all, run, result, err);
}
