/* SPDX-License-Identifier: Apache-2.0 */
#include "series/time_columns.h"

#include <math.h>

#include "numeric/row_order.h"
#include "series/series_internal.h"

enum { LINE = 8 }; /* values that are written to a column at once */

size_t *caus_segments_by_time(const caus_series *series, caus_arena *arena)
{
    size_t *order = CAUS_ARRAY(arena, size_t, series->segment_count);
    if (!order)
        return NULL;
    for (size_t s = 0; s < series->segment_count; s++) {
        size_t at = s;
        for (; at > 0 && series->segments[order[at - 1]].start_ns >
                             series->segments[s].start_ns;
             at--)
            order[at] = order[at - 1];
        order[at] = s;
    }
    return order;
}

int64_t *caus_segments_times(const caus_series *series, const size_t *order,
                             caus_arena *arena)
{
    int64_t *time_ns =
        CAUS_ARRAY(arena, int64_t, caus_series_row_count(series));
    size_t row = 0;
    for (size_t i = 0; time_ns && i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[order[i]];
        for (size_t r = 0; r < segment->row_count; r++)
            time_ns[row++] = segment->start_ns + (int64_t)r * series->step_ns;
    }
    return time_ns;
}

/* A few rows at a time: what one column takes of them lies side by side. */
static void copy_values(const caus_segment *segment, const size_t *order,
                        size_t first_row, caus_time_columns *result)
{
    size_t count = result->column_count;
    for (size_t low = 0; low < segment->row_count; low += LINE) {
        size_t high = caus_smaller(low + LINE, segment->row_count);
        for (size_t c = 0; c < count; c++) {
            double *to = result->values + c * result->row_count + first_row;
            size_t v = order ? order[c] : c;
            for (size_t r = low; r < high; r++)
                to[r] = caus_is_present(segment, r, v, count)
                            ? segment->values[r * count + v]
                            : (double)NAN;
        }
    }
}

caus_status caus_time_columns_init(const caus_series *series,
                                   const size_t *order, caus_arena *out,
                                   caus_time_columns *result, caus_error *err)
{
    size_t rows = caus_series_row_count(series), row = 0;
    size_t columns = series->variable_count;
    size_t *by_time = caus_segments_by_time(series, out);
    int64_t *time_ns =
        by_time ? caus_segments_times(series, by_time, out) : NULL;
    double *values = rows <= SIZE_MAX / sizeof(double) / (columns + 1)
                         ? CAUS_ARRAY(out, double, columns *rows)
                         : NULL;
    if (!by_time || !time_ns || !values)
        return caus_arena_fail(out, err);
    caus_time_columns made = {.row_count = rows,
                              .column_count = columns,
                              .time_ns = time_ns,
                              .values = values};
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[by_time[i]];
        copy_values(segment, order, row, &made);
        row += segment->row_count;
    }
    *result = made;
    return CAUS_OK;
}

caus_status caus_time_columns_sort(caus_time_columns *columns,
                                   const bool *wanted, const caus_run *run,
                                   caus_arena *out, caus_error *err)
{
    size_t rows = columns->row_count, count = columns->column_count;
    uint32_t *order = CAUS_ARRAY(out, uint32_t, count * rows);
    size_t *present = CAUS_ARRAY(out, size_t, count);
    if (!order || !present)
        return caus_arena_fail(out, err);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_ordered *room = CAUS_ARRAY(out, caus_ordered, caus_order_room(rows));
    if (!room)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < count; v++) {
        CAUS_TRY(caus_run_check(run, err));
        if (!wanted || wanted[v])
            present[v] = caus_order_rows(columns->values + v * rows, rows, room,
                                         order + v * rows);
    }
    caus_arena_rewind(out, mark);
    columns->order = order;
    columns->present = present;
    return CAUS_OK;
}
