/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "servers.h"

caus_status caus_cli_align(caus_program *program, const caus_samples *samples,
                           const caus_cli_window *window, caus_arena *arena,
                           caus_series *result, caus_error *err)
{
    caus_align_options options = {
        .window = window->window,
        .baseline = window->baseline,
        .keep_phase = true, /* settled, or a file's own */
    };
    return caus_series_align(samples, &options, program->run, arena, result,
                             err);
}

caus_cli_reach caus_cli_reach_of(const caus_samples *samples)
{
    caus_cli_reach reach = {INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < samples->track_count; i++) {
        const caus_track *track = &samples->tracks[i];
        size_t first = 0, end = track->count;
        while (first < end && !isfinite(track->value[first]))
            first++;
        while (end > first && !isfinite(track->value[end - 1]))
            end--;
        if (first == end)
            continue;
        if (track->time_ns[first] < reach.first_ns)
            reach.first_ns = track->time_ns[first];
        if (track->time_ns[end - 1] > reach.last_ns)
            reach.last_ns = track->time_ns[end - 1];
    }
    return reach;
}

static caus_status align_covered(caus_program *program,
                                 const caus_samples *samples,
                                 caus_cli_window *window, caus_arena *arena,
                                 caus_cli_input *result, caus_error *err)
{
    caus_cli_reach reach = caus_cli_reach_of(samples);
    if (reach.first_ns != INT64_MAX)
        CAUS_TRY(caus_cli_clip_window(window, reach, arena, result, err));
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
    /* A file was recorded on its own grid, which keeps its phase. */
    if (!asked.given && !asked.window.step_ns && !has_baseline_option)
        return;
    window->window.step_ns = asked.window.step_ns;
    caus_cli_settle(window, info->window.step_ns);
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What was found while recording; discovery examines the data itself, and of
 * traces and log lines those who use them tell. */
static caus_status take_warnings(const caus_recording_info *info,
                                 caus_arena *arena, caus_cli_input *result,
                                 caus_error *err)
{
    for (size_t i = 0; i < info->warning_count; i++) {
        const char *warning = info->warnings[i];
        if (begins(warning, caus_cli_traces_prefix))
            result->traces_warning = warning;
        else if (begins(warning, caus_cli_logs_prefix))
            result->logs_warning = warning;
        else if (!begins(warning, caus_cli_quality_prefix))
            CAUS_TRY(caus_cli_add_warning(arena, result, warning, err));
    }
    return CAUS_OK;
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
    CAUS_TRY(caus_cli_raise_step(window, info.window.step_ns,
                                 "the rows that were recorded", arena, result,
                                 err));
    window_of_recording(&info, caus_arguments_has(arguments, "baseline"),
                        window);
    if (!use_baseline)
        window->baseline = (caus_grid){0};
    caus_samples samples;
    CAUS_TRY(
        caus_recording_read_samples(path, program->run, arena, &samples, err));
    caus_program_lap(program, "read");
    CAUS_TRY(take_warnings(&info, arena, result, err));
    CAUS_TRY(caus_cli_recorded_changes(&info, arena, &result->changes, err));
    for (size_t i = 0; i < info.result_count; i++) {
        if (strcmp(info.results[i].kind, "traces") == 0)
            result->recorded_traces = info.results[i].json;
        if (strcmp(info.results[i].kind, "logs") == 0)
            result->recorded_logs = info.results[i].json;
    }
    return align_covered(program, &samples, window, arena, result, err);
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
    CAUS_TRY(caus_cli_load_csv(program, arguments, path, false, window, arena,
                               result, err));
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

/* Only the fetch counts for the time limit, which is of `timed`. */
static caus_status load_servers(caus_program *program,
                                const caus_arguments *arguments,
                                caus_run *timed, bool has_changes,
                                caus_cli_window *window, caus_arena *arena,
                                caus_cli_input *result, caus_error *err)
{
    caus_cli_source source;
    CAUS_TRY(
        caus_cli_read_source(program, arguments, window, arena, &source, err));
    const char *file = common_file(&source.specs);
    if (file)
        return load_columns(program, arguments, &source.specs, file, window,
                            arena, result, err);
    caus_fetch fetch;
    caus_run *untimed = program->run;
    program->run = timed;
    caus_status status =
        caus_cli_fetch(program, arguments, &source, window, arena, &fetch, err);
    if (status == CAUS_OK && has_changes)
        status = caus_cli_find_changes(program, arguments, &source, window,
                                       arena, &fetch, &result->changes, err);
    program->run = untimed;
    CAUS_TRY(status);
    caus_program_lap(program, "fetch");
    result->warnings = fetch.warnings;
    result->warning_count = fetch.warning_count;
    CAUS_TRY(
        align_covered(program, &fetch.samples, window, arena, result, err));
    return caus_cli_note_server(arguments, &source, &fetch, window, arena,
                                result, err);
}

caus_status caus_cli_check_file(const caus_arguments *arguments,
                                const char *file, caus_error *err)
{
    static const char *const others[] = {"metrics", "traces", "vars"};
    static const struct {
        const char *name;
        const char *reason;
    } rules[] = {
        {"by", "is for servers: a file has its columns"},
        {"max-variables", "is for servers: a file has its columns"},
        {"query-budget", "is for servers: a file needs no query"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (caus_arguments_has(arguments, others[i]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s holds all variables already: leave out --%s",
                             file, others[i]);
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (caus_arguments_has(arguments, rules[i].name))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT, "--%s %s",
                             rules[i].name, rules[i].reason);
    }
    return CAUS_OK;
}

caus_status caus_cli_note_service(const caus_arguments *arguments,
                                  caus_arena *arena, caus_cli_input *input,
                                  caus_error *err)
{
    if (!caus_arguments_has(arguments, "service"))
        return CAUS_OK;
    return caus_cli_add_warning(
        arena, input,
        "--service chooses among the variables of servers: of this file all "
        "are taken",
        err);
}

static caus_status one_source(const caus_arguments *arguments, caus_error *err)
{
    static const char *const files[] = {"recording", "csv", "table"};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!caus_arguments_has(arguments, files[i]))
            continue;
        if (first)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s and --%s were both given: one source at a "
                             "time",
                             first, files[i]);
        first = files[i];
    }
    return first ? caus_cli_check_file(arguments, first, err) : CAUS_OK;
}

static caus_status load_any(caus_program *program,
                            const caus_arguments *arguments, caus_run *timed,
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
    const char *csv = caus_arguments_get(arguments, "csv");
    const char *table = caus_arguments_get(arguments, "table");
    if (csv && caus_arguments_nth(arguments, "csv", 1)) {
        if (default_baseline_ns)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "several --csv are several environments, which "
                             "discover --method takes: give one file, or "
                             "--method jpcmci+");
        return caus_cli_load_environments(program, arguments, &window, arena,
                                          result, err);
    }
    if (csv || table)
        return caus_cli_load_csv(program, arguments, csv ? csv : table, !csv,
                                 &window, arena, result, err);
    if (caus_arguments_has(arguments, "traces-csv") &&
        !caus_arguments_has(arguments, "metrics") &&
        !caus_arguments_has(arguments, "traces") &&
        !caus_arguments_has(arguments, "vars"))
        return caus_cli_load_spans(program, arguments, use_baseline, &window,
                                   arena, result, err);
    return load_servers(program, arguments, timed, default_baseline_ns > 0,
                        &window, arena, result, err);
}

/* A value that is told until the next one is measured is one value: answers
 * that weigh how long something lasts read each once. */
static caus_status thin_rows(caus_arena *arena, caus_cli_input *input,
                             caus_error *err)
{
    caus_series read = input->series;
    size_t every;
    CAUS_TRY(caus_series_thin(&read, arena, &input->series, &every, err));
    if (every == 1)
        return CAUS_OK;
    double told_s = (double)read.step_ns / 1e9;
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "values are told every %g s and measured every %g s: "
                          "one row in %zu is read",
                          told_s, told_s * (double)every, every),
        err);
}

/* What a file counts from the start of a process on is no level: answers that
 * compare levels read how much more there was. */
static caus_status rate_counters(caus_arena *arena, caus_cli_input *input,
                                 caus_error *err)
{
    const bool *counters;
    caus_series read = input->series;
    CAUS_TRY(caus_series_rate_counters(&read, arena, &input->series, &counters,
                                       err));
    size_t count = 0;
    const char *first = NULL; /* by name: the order of columns tells nothing */
    for (size_t v = 0; v < read.variable_count; v++) {
        const char *name = read.variables[v].name;
        count += counters[v];
        if (counters[v] && (!first || strcmp(name, first) < 0))
            first = name;
    }
    if (!first)
        return CAUS_OK;
    const char *others =
        count > 1 ? caus_arena_format(arena, " and %zu more", count - 1) : "";
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "%s%s only ever rise: they are read as counters, as "
                          "increases per second",
                          first, others),
        err);
}

/* The time limit is for fetch and search: without its data there is nothing to
 * show, so what has come is read to its end. */
caus_status caus_cli_load(caus_program *program,
                          const caus_arguments *arguments,
                          int64_t default_baseline_ns, caus_arena *arena,
                          caus_cli_input *result, caus_error *err)
{
    caus_run *timed = program->run;
    CAUS_TRY(caus_run_new_untimed(timed, &program->run, err));
    caus_status status = load_any(program, arguments, timed,
                                  default_baseline_ns, arena, result, err);
    caus_run_free(program->run);
    program->run = timed;
    CAUS_TRY(status);
    if (default_baseline_ns && !result->series.gram) {
        CAUS_TRY(thin_rows(arena, result, err));
        CAUS_TRY(rate_counters(arena, result, err));
    }
    if (caus_arguments_has(arguments, "traces-csv") && !result->spans)
        CAUS_TRY(caus_cli_load_calls(program, arguments, arena, result, err));
    if (!caus_cli_chose_near(arguments))
        CAUS_TRY(caus_cli_note_service(arguments, arena, result, err));
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
