/* SPDX-License-Identifier: Apache-2.0 */
/* Where normal operation ends and the incident begins: --at, or found. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum {
    LEAST_ROWS = 20,     /* that a segment needs to show links of its own */
    LEAST_HALF_ROWS = 60 /* of a window without an incident */
};

static size_t rows_of(const caus_series *series)
{
    size_t rows = 0;
    for (size_t s = 0; s < series->segment_count; s++)
        rows += series->segments[s].row_count;
    return rows;
}

/* Rows at earlier grid times than an instant. */
static size_t rows_before(const caus_series *series, int64_t time_ns)
{
    size_t rows = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (time_ns <= segment->start_ns)
            continue;
        size_t passed =
            (size_t)((time_ns - segment->start_ns - 1) / series->step_ns) + 1;
        rows += passed < segment->row_count ? passed : segment->row_count;
    }
    return rows;
}

static caus_status read_at(const caus_arguments *arguments,
                           const caus_series *series, caus_onset *result,
                           caus_error *err)
{
    int64_t time_ns;
    CAUS_TRY(caus_cli_read_time(arguments, "at", &time_ns, err));
    if (series->step_ns <= 0 || !series->segments[0].start_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--at needs rows with times: give a column time");
    size_t row = rows_before(series, time_ns);
    if (row == 0 || row >= rows_of(series)) {
        char text[40];
        caus_time_format(time_ns, text);
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--at %s leaves no row %s it: widen the window, or "
                         "leave out --at",
                         text, row ? "after" : "before");
    }
    *result = caus_onset_given(row, time_ns);
    return CAUS_OK;
}

static bool is_same(const caus_onset *one, const caus_onset *other)
{
    return one->first_ns <= other->last_ns && other->first_ns <= one->last_ns;
}

/* First near --around, as explain does. All rows are kept where they tell of
 * the same onset, or of another for want of one near that time. */
static caus_status find_near(const caus_program *program,
                             const caus_arguments *arguments, caus_arena *arena,
                             caus_series *series, caus_extent *result,
                             caus_error *err)
{
    caus_explain_options options = caus_explain_options_default();
    caus_near_rows rows;
    caus_extent near;
    CAUS_TRY(caus_incident_find(series, program->run, result, err));
    CAUS_TRY(caus_cli_read_near(arguments, &options, err));
    if (!options.has_near)
        return CAUS_OK;
    const caus_noticed seen = {options.near_ns, options.near_before_ns,
                               options.near_after_ns};
    CAUS_TRY(caus_incident_rows_near(series, &seen, arena, &rows, err));
    CAUS_TRY(caus_incident_find_near(&rows, program->run, &near, err));
    if (!near.found || (result->found && is_same(&near.onset, &result->onset)))
        return CAUS_OK;
    *series = rows.series;
    *result = near;
    return CAUS_OK;
}

/* The time limit is no failure: there is then no onset. */
static caus_status find(const caus_program *program,
                        const caus_arguments *arguments, caus_arena *arena,
                        caus_series *series, caus_extent *result,
                        caus_error *err)
{
    caus_error reason;
    *result = (caus_extent){0};
    if (series->step_ns <= 0)
        return CAUS_OK;
    caus_status status =
        find_near(program, arguments, arena, series, result, &reason);
    if (status == CAUS_OK || status == CAUS_ERR_TIME_LIMIT)
        return CAUS_OK;
    return CAUS_FAIL(err, status, "%s", reason.message);
}

/* Whether a segment has rows enough to learn links from. */
static bool is_wide(const caus_series *series, size_t margin)
{
    for (size_t s = 0; s < series->segment_count; s++)
        if (series->segments[s].row_count >= LEAST_ROWS + 2 * margin)
            return true;
    return false;
}

/* Without an incident a link can still hold in both halves, or in one. */
static caus_status halve(size_t margin, caus_arena *arena, caus_series *series,
                         caus_error *err)
{
    size_t rows = rows_of(series);
    if (series->step_ns <= 0 || series->environment_count != 1 ||
        rows / 2 < LEAST_HALF_ROWS + margin)
        return CAUS_OK;
    caus_onset middle = {.found = true,
                         .row = rows / 2,
                         .first_row = rows / 2,
                         .last_row = rows / 2};
    caus_environment *names = caus_arena_array(arena, 2, sizeof *names);
    if (!names)
        return caus_arena_fail(arena, err);
    caus_series whole = *series;
    CAUS_TRY(caus_onset_split(&whole, &middle, margin, arena, series, err));
    names[0] = (caus_environment){0, "first half"};
    names[1] = (caus_environment){1, "second half"};
    series->environments = names;
    return CAUS_OK;
}

caus_status caus_cli_split(caus_program *program,
                           const caus_arguments *arguments, size_t margin,
                           caus_arena *arena, caus_series *series,
                           caus_extent *result, caus_error *err)
{
    bool given = caus_arguments_has(arguments, "at");
    *result = (caus_extent){0};
    if (given)
        CAUS_TRY(read_at(arguments, series, &result->onset, err));
    else
        CAUS_TRY(find(program, arguments, arena, series, result, err));
    result->found = result->found || given;
    if (!result->found)
        return halve(margin, arena, series, err);
    caus_series parts;
    caus_error reason;
    caus_status status =
        caus_incident_split(series, result, margin, arena, &parts, &reason);
    if (status == CAUS_OK && (given || is_wide(&parts, margin)))
        *series = parts;
    else if (status != CAUS_OK && (given || status != CAUS_ERR_TOO_FEW_SAMPLES))
        return CAUS_FAIL(err, status, "%s", reason.message);
    return CAUS_OK;
}
