/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

caus_status caus_cli_align(caus_program *program, const caus_samples *samples,
                           const caus_cli_window *window, caus_arena *arena,
                           caus_series *result, caus_error *err)
{
    caus_align_options options = {
        .window = window->window,
        .baseline = window->baseline,
    };
    return caus_series_align(samples, &options, program->run, arena, result,
                             err);
}

/* The time of the first sample that holds a value; INT64_MAX if none does. */
static int64_t first_sample_ns(const caus_samples *samples)
{
    int64_t first_ns = INT64_MAX;
    for (size_t i = 0; i < samples->track_count; i++) {
        const caus_track *track = &samples->tracks[i];
        size_t at = 0;
        while (at < track->count && !isfinite(track->value[at]))
            at++;
        if (at < track->count && track->time_ns[at] < first_ns)
            first_ns = track->time_ns[at];
    }
    return first_ns;
}

static caus_status align_covered(caus_program *program,
                                 const caus_samples *samples,
                                 caus_cli_window *window, caus_arena *arena,
                                 caus_cli_input *result, caus_error *err)
{
    int64_t first_ns = first_sample_ns(samples);
    if (first_ns != INT64_MAX)
        CAUS_TRY(caus_cli_clip_baseline(window, first_ns, arena, result, err));
    return caus_cli_align(program, samples, window, arena, &result->series,
                          err);
}

static caus_status check_overlap(const char *path,
                                 const caus_recording_info *info,
                                 const caus_grid *asked, caus_error *err)
{
    int64_t first_ns = info->baseline.step_ns ? info->baseline.start_ns
                                              : info->window.start_ns;
    if (asked->end_ns > first_ns && asked->start_ns < info->window.end_ns)
        return CAUS_OK;
    char from[40], to[40];
    caus_time_format(first_ns, from);
    caus_time_format(info->window.end_ns, to);
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "%s has nothing in the window asked for: it holds %s to "
                     "%s, so give --start and --end within it or leave both "
                     "out",
                     path, from, to);
}

/* The window of a recording, narrowed to what the command line asks for. */
static void window_of_recording(const caus_recording_info *info,
                                bool has_baseline_option,
                                caus_cli_window *window)
{
    caus_cli_window asked = *window;
    if (!asked.given) {
        int64_t length_ns = asked.baseline.end_ns - asked.baseline.start_ns;
        window->window = info->window;
        window->baseline = info->baseline;
        if (has_baseline_option)
            window->baseline =
                (caus_grid){.start_ns = info->window.start_ns - length_ns,
                            .end_ns = info->window.start_ns};
    } else if (!has_baseline_option && info->baseline.step_ns) {
        window->baseline = (caus_grid){.start_ns = info->baseline.start_ns,
                                       .end_ns = window->window.start_ns};
    }
    window->window.step_ns = asked.window.step_ns;
    caus_cli_settle(window, info->window.step_ns);
}

static caus_status load_recording(caus_program *program,
                                  const caus_arguments *arguments,
                                  bool use_baseline, caus_cli_window *window,
                                  caus_arena *arena, caus_cli_input *result,
                                  caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "recording");
    caus_recording_info info;
    CAUS_TRY(caus_recording_read_info(path, arena, &info, err));
    if (window->given)
        CAUS_TRY(check_overlap(path, &info, &window->window, err));
    window_of_recording(&info, caus_arguments_has(arguments, "baseline"),
                        window);
    if (!use_baseline)
        window->baseline = (caus_grid){0};
    caus_samples samples;
    CAUS_TRY(
        caus_recording_read_samples(path, program->run, arena, &samples, err));
    caus_program_lap(program, "read");
    result->warnings = info.warnings;
    result->warning_count = info.warning_count;
    return align_covered(program, &samples, window, arena, result, err);
}

/* Step and first row of a whole file. A file that does not fit in memory may
 * have a window that does: both stay open then. */
static caus_status find_extent(caus_program *program, const char *path,
                               const caus_csv_options *options,
                               caus_arena *arena, int64_t *step_ns,
                               int64_t *first_ns, caus_error *err)
{
    caus_series whole;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_status status =
        caus_csv_read(path, options, program->run, arena, &whole, err);
    *step_ns = status == CAUS_OK ? whole.step_ns : 0;
    *first_ns = status == CAUS_OK ? whole.segments[0].start_ns : 0;
    caus_arena_rewind(arena, mark);
    if (status != CAUS_ERR_LIMIT)
        return status;
    if (!options->step_ns)
        caus_program_say(
            program,
            "%s is too large to look for its step: rows are as wide "
            "as those of servers; --step chooses a width",
            path);
    return CAUS_OK;
}

/* Without a time column a row is a step, whose length nobody has said. */
static caus_status warn_of_rows(const char *path, caus_arena *arena,
                                caus_cli_input *result, caus_error *err)
{
    return caus_cli_add_warning(
        arena, result,
        caus_arena_format(arena,
                          "%s has no column time: each of its %zu rows is "
                          "taken as one step of unknown length; give --step to "
                          "say how long",
                          path, result->series.segments[0].row_count),
        err);
}

static caus_status load_csv(caus_program *program,
                            const caus_arguments *arguments, const char *path,
                            caus_cli_window *window, caus_arena *arena,
                            caus_cli_input *result, caus_error *err)
{
    bool table = caus_arguments_has(arguments, "table");
    caus_csv_options options = {
        .table = table,
        .no_header = caus_arguments_has(arguments, "no-header"),
        .step_ns = window->window.step_ns,
    };
    CAUS_TRY(
        caus_cli_read_separator(arguments, &options.service_separator, err));
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &options.topology, err));
    if (window->given && !table) {
        int64_t step_ns, first_ns;
        CAUS_TRY(find_extent(program, path, &options, arena, &step_ns,
                             &first_ns, err));
        caus_cli_settle(window, step_ns);
        CAUS_TRY(caus_cli_clip_baseline(window, first_ns, arena, result, err));
        options.window = window->window;
        options.baseline = window->baseline;
        options.step_ns = window->window.step_ns;
    }
    CAUS_TRY(caus_csv_read(path, &options, program->run, arena, &result->series,
                           err));
    caus_program_lap(program, "read");
    if (!table && !window->window.step_ns &&
        result->series.segments[0].start_ns == 0)
        return warn_of_rows(path, arena, result, err);
    return CAUS_OK;
}

/* The file that all variables of --vars come from; NULL if they do not. */
static const char *common_file(const caus_cli_specs *specs)
{
    for (size_t i = 0; i < specs->count; i++) {
        if (specs->items[i].origin != CAUS_ORIGIN_CSV ||
            !specs->items[i].location ||
            strcmp(specs->items[i].location, specs->items[0].location) != 0)
            return NULL;
    }
    return specs->items[0].location;
}

/* The named columns of one file. */
static caus_status load_columns(caus_program *program,
                                const caus_arguments *arguments,
                                const caus_cli_specs *specs, const char *path,
                                caus_cli_window *window, caus_arena *arena,
                                caus_cli_input *result, caus_error *err)
{
    CAUS_TRY(load_csv(program, arguments, path, window, arena, result, err));
    size_t *keep = caus_arena_array(arena, specs->count, sizeof *keep);
    if (!keep)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < specs->count; i++) {
        keep[i] = caus_series_find(&result->series, specs->items[i].name);
        if (keep[i] == SIZE_MAX)
            return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                             "%s has no column %s: its columns are named by "
                             "its first line",
                             path, specs->items[i].name);
    }
    caus_series all = result->series;
    return caus_series_select(&all, keep, specs->count, arena, &result->series,
                              err);
}

static caus_status load_servers(caus_program *program,
                                const caus_arguments *arguments,
                                caus_cli_window *window, caus_arena *arena,
                                caus_cli_input *result, caus_error *err)
{
    caus_cli_source source;
    CAUS_TRY(caus_cli_read_source(arguments, arena, &source, err));
    const char *file = common_file(&source.specs);
    if (file)
        return load_columns(program, arguments, &source.specs, file, window,
                            arena, result, err);
    caus_fetch fetch;
    CAUS_TRY(caus_cli_fetch(program, arguments, &source, window, arena, &fetch,
                            err));
    caus_program_lap(program, "fetch");
    result->warnings = fetch.warnings;
    result->warning_count = fetch.warning_count;
    return align_covered(program, &fetch.samples, window, arena, result, err);
}

static caus_status one_source(const caus_arguments *arguments, caus_error *err)
{
    static const char *const names[] = {"recording", "csv",    "table",
                                        "metrics",   "traces", "vars"};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!caus_arguments_has(arguments, names[i]))
            continue;
        if (first && i < 3)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s and --%s were both given: one source at a "
                             "time",
                             first, names[i]);
        if (first && i >= 3 &&
            (strcmp(first, "metrics") != 0 && strcmp(first, "traces") != 0))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s holds all variables already: leave out --%s",
                             first, names[i]);
        if (!first)
            first = names[i];
    }
    return CAUS_OK;
}

static caus_status load_any(caus_program *program,
                            const caus_arguments *arguments,
                            int64_t default_baseline_ns, caus_arena *arena,
                            caus_cli_input *result, caus_error *err)
{
    CAUS_TRY(one_source(arguments, err));
    *result = (caus_cli_input){0};
    caus_cli_window window;
    CAUS_TRY(
        caus_cli_read_window(arguments, default_baseline_ns, &window, err));
    bool use_baseline =
        default_baseline_ns || caus_arguments_has(arguments, "baseline");
    if (caus_arguments_has(arguments, "recording"))
        return load_recording(program, arguments, use_baseline, &window, arena,
                              result, err);
    const char *file = caus_arguments_get(arguments, "csv");
    if (!file)
        file = caus_arguments_get(arguments, "table");
    if (file)
        return load_csv(program, arguments, file, &window, arena, result, err);
    return load_servers(program, arguments, &window, arena, result, err);
}

caus_status caus_cli_load(caus_program *program,
                          const caus_arguments *arguments,
                          int64_t default_baseline_ns, caus_arena *arena,
                          caus_cli_input *result, caus_error *err)
{
    CAUS_TRY(
        load_any(program, arguments, default_baseline_ns, arena, result, err));
    return caus_cli_check_coverage(&result->series, err);
}

int caus_cli_execute(caus_program *program, const caus_arguments *arguments,
                     caus_cli_work *work)
{
    caus_error err;
    caus_arena *arena =
        caus_arena_new(caus_run_memory_limit_bytes(program->run));
    caus_status status =
        arena ? work(program, arguments, arena, &err)
              : CAUS_FAIL(&err, CAUS_ERR_OUT_OF_MEMORY, "no memory to start");
    caus_arena_free(arena);
    return status == CAUS_OK ? CAUS_EXIT_DONE
                             : caus_program_fail(program, &err);
}
