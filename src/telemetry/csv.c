/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "telemetry/csv_internal.h"
#include "telemetry/time_internal.h"

struct caus_csv {
    caus_csv_options options; /* window, baseline and step: of this read */
    const caus_run *run;      /* of this read */
    caus_csv_source *source;
    caus_csv_layout layout;
    caus_csv_extent extent;
    caus_arena *out; /* of this read */
    const char *const *warnings;
    size_t warning_count;
};

/* A file with gaps may need more rows than it has, a jittering one absurdly
 * more. */
enum { MOST_ROWS_A_LINE = 64, ROWS_ALWAYS_ALLOWED = 4096 };

static caus_status check_memory(const caus_csv *r, size_t rows, caus_error *err)
{
    size_t limit = caus_run_memory_limit_bytes(r->run);
    double bytes = (double)rows * (double)r->layout.variable_count *
                   ((double)sizeof(double) + 1.0 / 8);
    if (limit && bytes > (double)limit)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s: %zu rows of %zu variables need %.0f KiB, the "
                         "memory limit is %zu KiB: raise --memory-limit, or "
                         "give fewer columns, a shorter window or a larger "
                         "--step",
                         r->layout.path, rows, r->layout.variable_count,
                         bytes / 1024, limit >> 10);
    return CAUS_OK;
}

static caus_status one_environment(const caus_csv *r, const caus_segment *made,
                                   int64_t step_ns, caus_series *result,
                                   caus_error *err)
{
    caus_segment *segment = CAUS_ARRAY(r->out, caus_segment, 1);
    caus_environment *environment = CAUS_ARRAY(r->out, caus_environment, 1);
    if (!segment || !environment)
        return caus_arena_fail(r->out, err);
    *segment = *made;
    *environment = (caus_environment){0, "window"};
    *result = (caus_series){.variable_count = r->layout.variable_count,
                            .variables = r->layout.variables,
                            .segment_count = 1,
                            .segments = segment,
                            .environment_count = 1,
                            .environments = environment,
                            .step_ns = step_ns};
    return CAUS_OK;
}

/* Infinite values of one column. */
typedef struct infinite_column {
    const char *name;
    caus_csv_infinite found;
} infinite_column;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const infinite_column *)a)->name,
                  ((const infinite_column *)b)->name);
}

/* Columns with such values, in the order of their names: an answer repeats the
 * warnings, and does not change with the order of columns. */
static infinite_column *find_infinite(const caus_csv *r,
                                      const caus_csv_infinite *infinite,
                                      size_t *count)
{
    infinite_column *columns =
        CAUS_ARRAY(r->out, infinite_column, r->layout.variable_count);
    *count = 0;
    for (size_t v = 0; columns && v < r->layout.variable_count; v++) {
        if (infinite[v].count)
            columns[(*count)++] =
                (infinite_column){r->layout.variables[v].name, infinite[v]};
    }
    if (columns)
        qsort(columns, *count, sizeof *columns, by_name);
    return columns;
}

/* Tells of columns with infinite values, which count as missing. */
static caus_status warn_of_infinite(caus_csv *r,
                                    const caus_csv_infinite *infinite,
                                    caus_error *err)
{
    size_t count;
    const infinite_column *columns = find_infinite(r, infinite, &count);
    const char **warnings = CAUS_ARRAY(r->out, const char *, count);
    if (!columns || !warnings)
        return caus_arena_fail(r->out, err);
    for (size_t i = 0; i < count; i++) {
        const caus_csv_infinite *found = &columns[i].found;
        bool is_one = found->count == 1;
        warnings[i] = caus_arena_format(
            r->out,
            "%s: %zu value%s of %s %s infinite, the first in line %zu, and "
            "count%s as missing",
            r->layout.path, found->count, is_one ? "" : "s", columns[i].name,
            is_one ? "is" : "are", found->first_line, is_one ? "s" : "");
        if (!warnings[i])
            return caus_arena_fail(r->out, err);
    }
    r->warnings = warnings;
    r->warning_count = count;
    return CAUS_OK;
}

/* The second pass, and what it found worth telling. */
static caus_status read_values(caus_csv *r, caus_csv_target *target,
                               caus_error *err)
{
    size_t count = r->layout.variable_count;
    target->infinite = CAUS_ARRAY(r->out, caus_csv_infinite, count);
    if (!target->infinite)
        return caus_arena_fail(r->out, err);
    CAUS_TRY(caus_csv_read_values(r->source, &r->layout, &r->options, r->run,
                                  target, err));
    return warn_of_infinite(r, target->infinite, err);
}

/* The rows in place: on the grid of their times, or in the file's order. */
static caus_status read_in_place(caus_csv *r, size_t rows, int64_t step_ns,
                                 caus_series *result, caus_error *err)
{
    CAUS_TRY(check_memory(r, rows, err));
    size_t count = r->layout.variable_count, cells;
    if (__builtin_mul_overflow(rows, count, &cells))
        cells = SIZE_MAX;
    caus_csv_target target = {.row_count = rows,
                              .row_stride = count,
                              .column_stride = 1,
                              .start_ns = r->extent.first_ns,
                              .step_ns = step_ns,
                              .word_count = (rows + 63) / 64,
                              .out = r->out};
    target.values = CAUS_ARRAY(r->out, double, cells);
    if (!target.values)
        return caus_arena_fail(r->out, err);
    CAUS_TRY(read_values(r, &target, err));
    caus_segment segment = {.row_count = rows,
                            .word_count = target.word_count,
                            .start_ns = target.start_ns,
                            .values = target.values,
                            .missing = target.missing};
    return one_environment(r, &segment, step_ns, result, err);
}

/* The kept rows as samples. */
static caus_status gather_samples(caus_csv *r, caus_arena *arena,
                                  caus_samples *result, caus_error *err)
{
    size_t rows = r->extent.kept_count, count = r->layout.variable_count, cells;
    if (__builtin_mul_overflow(rows, count, &cells))
        cells = SIZE_MAX;
    double *values = CAUS_ARRAY(arena, double, cells);
    int64_t *times = CAUS_ARRAY(arena, int64_t, rows);
    caus_track *tracks = CAUS_ARRAY(arena, caus_track, count);
    if (!values || !times || !tracks)
        return caus_arena_fail(arena, err);
    caus_csv_target target = {.values = values,
                              .row_count = rows,
                              .row_stride = 1,
                              .column_stride = rows,
                              .time_ns = times};
    CAUS_TRY(read_values(r, &target, err));
    for (size_t i = 0; i < count; i++)
        tracks[i] = (caus_track){.variable = r->layout.variables[i],
                                 .count = rows,
                                 .time_ns = times,
                                 .value = values + i * rows};
    *result = (caus_samples){count, tracks};
    return CAUS_OK;
}

/* To be put on a grid as those of a server are. */
static caus_status align_samples(caus_csv *r, caus_arena *scratch,
                                 const caus_align_options *align,
                                 caus_series *result, caus_error *err)
{
    caus_samples samples;
    CAUS_TRY(gather_samples(r, scratch, &samples, err));
    return caus_series_align(&samples, align, r->run, r->out, result, err);
}

static caus_status read_on_grid(caus_csv *r, caus_grid window,
                                caus_grid baseline, caus_series *result,
                                caus_error *err)
{
    caus_align_options align = {.window = caus_grid_align(window)};
    size_t rows = caus_grid_row_count(&align.window);
    if (baseline.step_ns) {
        align.baseline = caus_grid_align(baseline);
        rows += caus_grid_row_count(&align.baseline);
    }
    if (__builtin_add_overflow(rows, r->extent.kept_count, &rows))
        rows = SIZE_MAX;
    CAUS_TRY(check_memory(r, rows, err));
    caus_arena *scratch = caus_run_scratch(r->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = align_samples(r, scratch, &align, result, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

static caus_status check_window(const caus_csv *r, caus_error *err)
{
    const caus_grid *window = &r->options.window;
    const caus_grid *baseline = &r->options.baseline;
    if (!r->layout.has_time)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s has no time column, so no window can be cut from "
                         "it: name its first column time, or leave out --start "
                         "and --end",
                         r->layout.path);
    if (window->step_ns < 0 || window->end_ns < window->start_ns ||
        (baseline->step_ns && (baseline->step_ns != window->step_ns ||
                               baseline->end_ns < baseline->start_ns)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the window of %s is no range: end it after its start "
                         "and give window and baseline the same step",
                         r->layout.path);
    return CAUS_OK;
}

/* Counts the rows of a window and checks that its step suits them. */
static caus_status find_window(caus_csv *r, caus_error *err)
{
    CAUS_TRY(check_window(r, err));
    const caus_grid *window = &r->options.window;
    CAUS_TRY(caus_csv_scan(r->source, &r->layout, &r->options, r->run,
                           &r->extent, err));
    if (r->extent.kept_count == 0) {
        char first[40], last[40];
        caus_time_format(r->extent.first_ns, first);
        caus_time_format(r->extent.last_ns, last);
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%s has no row in the window: its rows go from %s to "
                         "%s, so give --start and --end within them",
                         r->layout.path, first, last);
    }
    if (!r->options.step_ns && r->extent.smallest_ns > window->step_ns) {
        char apart[40], step[40];
        caus_duration_format(r->extent.smallest_ns, apart);
        caus_duration_format(window->step_ns, step);
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the rows of %s are at least %s apart, so a step of "
                         "%s would leave most of them missing: give --step %s "
                         "or more",
                         r->layout.path, apart, step, apart);
    }
    return CAUS_OK;
}

/* The smallest multiple of the step that is not before the time. */
static bool round_up(int64_t time_ns, int64_t step_ns, int64_t *result_ns)
{
    int64_t rest = time_ns % step_ns;
    int64_t missing = rest > 0 ? step_ns - rest : -rest;
    return !__builtin_add_overflow(time_ns, missing, result_ns);
}

static caus_status fail_jitter(const caus_csv *r, uint64_t rows,
                               caus_error *err)
{
    char step[40];
    caus_duration_format(r->extent.step_ns, step);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: its times fit only a grid of %s, %llu rows for %zu "
                     "lines: give --step, and the rows of a step are averaged",
                     r->layout.path, step, (unsigned long long)rows,
                     r->extent.row_count);
}

/* Whether rows of this step hold at most one time each. */
static bool is_in_place(const caus_csv *r, int64_t step_ns)
{
    return r->extent.step_ns % step_ns == 0;
}

caus_status caus_csv_find_grid(const caus_csv *r, int64_t asked_ns,
                               caus_grid *result, caus_error *err)
{
    const caus_csv_extent *extent = &r->extent;
    int64_t step_ns = asked_ns ? asked_ns : extent->step_ns;
    if (!r->layout.has_time)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s has no time column, and its rows no times: name "
                         "its first column time",
                         r->layout.path);
    if (step_ns <= 0)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%s has one row, which shows no step: give more rows, "
                         "or --step",
                         r->layout.path);
    caus_grid grid = {extent->first_ns, extent->last_ns, step_ns};
    if (!is_in_place(r, step_ns) &&
        (!round_up(extent->first_ns, step_ns, &grid.start_ns) ||
         !round_up(extent->last_ns, step_ns, &grid.end_ns)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s: its times end after the year 2261: check the "
                         "time column",
                         r->layout.path);
    uint64_t passed_ns = (uint64_t)extent->last_ns - (uint64_t)extent->first_ns;
    uint64_t rows = passed_ns / (uint64_t)step_ns + 1;
    if (!asked_ns && rows > ROWS_ALWAYS_ALLOWED &&
        rows / MOST_ROWS_A_LINE > extent->row_count)
        return fail_jitter(r, rows, err);
    *result = grid;
    return CAUS_OK;
}

/* All rows are kept. */
static void keep_all(caus_csv *r)
{
    r->options.window = r->options.baseline = (caus_grid){0};
    r->extent.kept_count = r->extent.row_count;
}

static caus_status read_whole(caus_csv *r, caus_series *result, caus_error *err)
{
    int64_t asked_ns = r->options.step_ns;
    keep_all(r);
    if (!r->layout.has_time) {
        int64_t step_ns = asked_ns ? asked_ns : CAUS_NS_A_SECOND;
        return read_in_place(r, r->extent.row_count,
                             r->options.table ? 0 : step_ns, result, err);
    }
    caus_grid grid;
    CAUS_TRY(caus_csv_find_grid(r, asked_ns, &grid, err));
    if (!is_in_place(r, grid.step_ns))
        return read_on_grid(r, grid, (caus_grid){0}, result, err);
    uint64_t passed_ns = (uint64_t)grid.end_ns - (uint64_t)grid.start_ns;
    return read_in_place(r, passed_ns / (uint64_t)grid.step_ns + 1,
                         grid.step_ns, result, err);
}

static caus_status find_rows(caus_csv *r, caus_error *err)
{
    caus_csv_text piece;
    CAUS_TRY(caus_csv_source_next(r->source, &piece, err));
    CAUS_TRY(caus_csv_layout_read(caus_csv_source_path(r->source), piece,
                                  &r->options, r->out, &r->layout, err));
    r->layout.zone = r->options.zone;
    r->layout.zone_data = r->options.zone_data;
    return CAUS_OK;
}

/* Opens a file and reads its first line. */
static caus_status open_layout(const char *path,
                               const caus_csv_options *options,
                               const caus_run *run, caus_arena *out,
                               caus_csv **result, caus_error *err)
{
    caus_csv *csv = caus_alloc(sizeof *csv);
    if (!csv)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                         path);
    csv->run = run;
    csv->out = out;
    if (options)
        csv->options = *options;
    caus_status status = caus_csv_source_open(
        path, caus_run_memory_limit_bytes(run), run, &csv->source, err);
    if (status == CAUS_OK)
        status = find_rows(csv, err);
    if (status != CAUS_OK) {
        caus_csv_close(csv);
        return status;
    }
    *result = csv;
    return CAUS_OK;
}

caus_status caus_csv_open(const char *path, const caus_csv_options *options,
                          const caus_run *run, caus_arena *out,
                          caus_csv **result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_csv *csv = NULL;
    caus_status status = open_layout(path, options, run, out, &csv, err);
    if (status == CAUS_OK) {
        csv->options.window = csv->options.baseline = (caus_grid){0};
        status = caus_csv_scan(csv->source, &csv->layout,
                               csv->options.part ? NULL : &csv->options, run,
                               &csv->extent, err);
    }
    if (status != CAUS_OK) {
        caus_csv_close(csv);
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = csv;
    return CAUS_OK;
}

void caus_csv_close(caus_csv *csv)
{
    if (!csv)
        return;
    caus_csv_source_close(csv->source);
    free(csv);
}

caus_csv_facts caus_csv_get_facts(const caus_csv *csv)
{
    return (caus_csv_facts){.has_time = csv->layout.has_time,
                            .row_count = csv->extent.row_count,
                            .first_ns = csv->extent.first_ns,
                            .last_ns = csv->extent.last_ns,
                            .step_ns = csv->extent.step_ns};
}

const char *const *caus_csv_get_warnings(const caus_csv *csv, size_t *count)
{
    *count = csv->warning_count;
    return csv->warnings;
}

static caus_status begin_read(caus_csv *csv, const caus_csv_cut *cut,
                              const caus_run *run, caus_arena *out,
                              caus_error *err)
{
    csv->run = run;
    csv->out = out;
    csv->warnings = NULL;
    csv->warning_count = 0;
    csv->options.step_ns = cut->step_ns;
    csv->options.window = cut->window;
    csv->options.baseline = cut->baseline;
    if (cut->step_ns < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a step below zero for %s: give --step 1m or the like",
                         csv->layout.path);
    return cut->window.step_ns ? find_window(csv, err) : CAUS_OK;
}

static caus_status read_series(caus_csv *csv, const caus_csv_cut *cut,
                               const caus_run *run, caus_arena *out,
                               caus_series *result, caus_error *err)
{
    CAUS_TRY(begin_read(csv, cut, run, out, err));
    return cut->window.step_ns
               ? read_on_grid(csv, cut->window, cut->baseline, result, err)
               : read_whole(csv, result, err);
}

caus_status caus_csv_read_series(caus_csv *csv, const caus_csv_cut *cut,
                                 const caus_run *run, caus_arena *out,
                                 caus_series *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_series made = {0};
    caus_status status = read_series(csv, cut, run, out, &made, err);
    if (status == CAUS_OK) {
        *result = made;
        return CAUS_OK;
    }
    csv->warning_count = 0;
    caus_arena_rewind(out, mark);
    return status;
}

static caus_status read_samples(caus_csv *csv, const caus_csv_cut *cut,
                                const caus_run *run, caus_arena *out,
                                caus_samples *result, caus_error *err)
{
    CAUS_TRY(begin_read(csv, cut, run, out, err));
    caus_grid whole;
    if (!cut->window.step_ns) {
        CAUS_TRY(caus_csv_find_grid(csv, cut->step_ns, &whole, err));
        keep_all(csv);
    }
    CAUS_TRY(check_memory(csv, csv->extent.kept_count, err));
    return gather_samples(csv, out, result, err);
}

caus_status caus_csv_read_samples(caus_csv *csv, const caus_csv_cut *cut,
                                  const caus_run *run, caus_arena *out,
                                  caus_samples *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_samples made = {0};
    caus_status status = read_samples(csv, cut, run, out, &made, err);
    if (status == CAUS_OK) {
        *result = made;
        return CAUS_OK;
    }
    csv->warning_count = 0;
    caus_arena_rewind(out, mark);
    return status;
}

caus_status caus_csv_read(const char *path, const caus_csv_options *options,
                          const caus_run *run, caus_arena *out,
                          caus_series *result, caus_error *err)
{
    caus_csv_cut cut = {0};
    if (options)
        cut = (caus_csv_cut){options->step_ns, options->window,
                             options->baseline};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_csv *csv = NULL;
    caus_status status = open_layout(path, options, run, out, &csv, err);
    /* A window is counted by the read; without one the memory limit can refuse
     * a file before its end. */
    if (status == CAUS_OK && !cut.window.step_ns)
        status = caus_csv_scan(csv->source, &csv->layout, &csv->options, run,
                               &csv->extent, err);
    if (status == CAUS_OK)
        status = caus_csv_read_series(csv, &cut, run, out, result, err);
    caus_csv_close(csv);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
