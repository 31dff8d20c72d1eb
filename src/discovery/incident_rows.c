/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a series as the search for an incident wants them. */
#include <string.h>

#include "discovery/incident_extent.h"

/* Where the first environment ends, where there are two: its rows are not in
 * question. */
static size_t end_of_first(const caus_series *series, const size_t *order)
{
    size_t rows = 0, end = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[order[s]];
        rows += segment->row_count;
        if (series->environment_count > 1 &&
            segment->environment == series->environments[0].id)
            end = rows + 1;
    }
    return end;
}

/* Puts those in order that are looked at. */
static caus_status sort(const caus_series *series, const caus_run *run,
                        caus_time_columns *columns, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    bool *wanted = CAUS_ARRAY(scratch, bool, series->variable_count);
    if (!wanted)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < series->variable_count; v++)
        wanted[v] = caus_extent_looks_at(&series->variables[v]);
    return caus_time_columns_sort(columns, wanted, run, scratch, err);
}

/* Leaves out the rows up to a time; returns how many. */
static size_t leave_out(int64_t until_ns, caus_time_columns *columns)
{
    size_t passed = 0, all = columns->row_count;
    while (passed < all && columns->time_ns[passed] <= until_ns)
        passed++;
    size_t left = all - passed;
    for (size_t v = 0; passed && v < columns->column_count; v++)
        memmove(columns->values + v * left, columns->values + v * all + passed,
                left * sizeof *columns->values);
    columns->row_count = left;
    columns->time_ns += passed;
    return passed;
}

static caus_status find(const caus_series *series, const caus_extent_part *part,
                        const caus_run *run, caus_extent *result,
                        caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_time_columns columns;
    size_t *order = caus_segments_by_time(series, scratch);
    if (!order)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(caus_time_columns_init(series, NULL, scratch, &columns, err));
    size_t first_end = end_of_first(series, order);
    if (part->first_row)
        first_end = caus_larger(first_end, part->first_row + 1);
    size_t passed = leave_out(part->after_ns, &columns);
    CAUS_TRY(sort(series, run, &columns, err));
    const caus_extent_rows rows = {
        .variables = series->variables,
        .columns = columns,
        .first_end = first_end > passed ? first_end - passed : 0};
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
