/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "servers.h"

static const caus_option record_options[] = {
    {"csv", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "record a CSV file instead of servers: the whole file, or a window of it"},
    {"no-header", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "the CSV file has no line of names"},
    {"hint", 0, "TEXT", NULL, CAUS_COMPLETE_NOTHING,
     "a line about the incident, kept in the file"},
    {"keep-labels", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "do not clean labels and text of e-mail, token and address patterns"},
};

static const caus_option_group record_group = {
    "recording", sizeof record_options / sizeof *record_options,
    record_options};

enum { USUAL_SPANS = 20000 };

/* What is kept beside samples, as results. */
typedef struct recorded {
    caus_changes found;
    const caus_changes *changes; /* found and given; NULL = not known */
    const caus_spans *spans;     /* NULL = none */
    const caus_logs *logs;       /* likewise */
} recorded;

/* What is wrong with the data is kept beside them. */
static caus_status add_quality(caus_program *program,
                               const caus_cli_window *window, caus_arena *arena,
                               caus_fetch *fetch, caus_error *err)
{
    caus_series series;
    caus_quality quality;
    CAUS_TRY(
        caus_cli_align(program, &fetch->samples, window, arena, &series, err));
    CAUS_TRY(caus_quality_examine(&series, program->run, arena, &quality, err));
    size_t count = fetch->warning_count + quality.warning_count;
    const char **all = caus_arena_array(arena, count, sizeof *all);
    if (!all)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < fetch->warning_count; i++)
        all[i] = fetch->warnings[i];
    for (size_t i = 0; i < quality.warning_count; i++) {
        const char *sentence = caus_arena_format(
            arena, "%s%s", caus_cli_quality_prefix, quality.warnings[i]);
        if (!sentence)
            return caus_arena_fail(arena, err);
        all[fetch->warning_count + i] = sentence;
    }
    fetch->warnings = all;
    fetch->warning_count = count;
    return CAUS_OK;
}

/* Whole traces and log lines join what was fetched; their warnings its
 * warnings. */
static caus_status fetch_beside(caus_program *program,
                                const caus_arguments *arguments,
                                const caus_cli_source *source,
                                const caus_cli_window *window,
                                caus_arena *arena, caus_fetch *fetch,
                                recorded *beside, caus_error *err)
{
    caus_cli_input read = {.warnings = fetch->warnings,
                           .warning_count = fetch->warning_count};
    CAUS_TRY(caus_cli_note_server(arguments, source, fetch, window, arena,
                                  &read, err));
    CAUS_TRY(caus_cli_add_traces(program, arguments, USUAL_SPANS, arena, &read,
                                 err));
    beside->spans = read.spans;
    CAUS_TRY(caus_cli_read_logs(program, arguments, arena, &read, &beside->logs,
                                err));
    fetch->warnings = read.warnings;
    fetch->warning_count = read.warning_count;
    return CAUS_OK;
}

static caus_status fetch_servers(caus_program *program,
                                 const caus_arguments *arguments,
                                 caus_cli_window *window, caus_arena *arena,
                                 caus_fetch *fetch, recorded *beside,
                                 caus_error *err)
{
    caus_cli_source source;
    CAUS_TRY(
        caus_cli_read_source(program, arguments, window, arena, &source, err));
    CAUS_TRY(
        caus_cli_fetch(program, arguments, &source, window, arena, fetch, err));
    CAUS_TRY(fetch_beside(program, arguments, &source, window, arena, fetch,
                          beside, err));
    return caus_cli_find_changes(program, arguments, &source, window, arena,
                                 fetch, &beside->found, err);
}

/* The grid of the whole file where no window was asked for. */
static caus_status take_file(caus_program *program, const caus_cli_csv *file,
                             caus_cli_window *window, caus_arena *arena,
                             caus_cli_input *said, caus_fetch *fetch,
                             caus_error *err)
{
    if (!window->given) {
        CAUS_TRY(caus_csv_find_grid(file->csv, file->cut.step_ns,
                                    &window->window, err));
        window->baseline = (caus_grid){0};
    }
    CAUS_TRY(caus_csv_read_samples(file->csv, &file->cut, program->run, arena,
                                   &fetch->samples, err));
    return caus_cli_add_csv_warnings(file->csv, arena, said, err);
}

static caus_status fetch_csv(caus_program *program,
                             const caus_arguments *arguments,
                             caus_cli_window *window, caus_arena *arena,
                             caus_fetch *fetch, recorded *beside,
                             caus_error *err)
{
    caus_cli_input said = {0};
    caus_cli_csv file;
    CAUS_TRY(caus_cli_check_file(arguments, "csv", err));
    CAUS_TRY(caus_cli_note_service(arguments, arena, &said, err));
    CAUS_TRY(caus_cli_open_csv(program, arguments,
                               caus_arguments_get(arguments, "csv"), false,
                               window, arena, &said, &file, err));
    *fetch = (caus_fetch){.clock_skew_s = (double)NAN};
    caus_status status =
        take_file(program, &file, window, arena, &said, fetch, err);
    caus_csv_close(file.csv);
    if (status == CAUS_OK)
        status = caus_cli_read_logs(program, arguments, arena, &said,
                                    &beside->logs, err);
    fetch->warnings = said.warnings;
    fetch->warning_count = said.warning_count;
    return status;
}

static caus_status check_output(const char *path, caus_error *err)
{
    if (!path)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "where to? give -o incident.caus");
    if (strcmp(path, "-") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a recording is a file and cannot go to stdout: give "
                         "-o incident.caus");
    return CAUS_OK;
}

static void tell(caus_program *program, const caus_fetch *fetch,
                 const char *path)
{
    size_t samples = 0;
    for (size_t i = 0; i < fetch->samples.track_count; i++)
        samples += fetch->samples.tracks[i].count;
    caus_program_say(program, "%zu variables, %zu samples written to %s",
                     fetch->samples.track_count, samples, path);
    for (size_t i = 0; i < fetch->warning_count; i++)
        caus_program_say(program, "warning: %s", fetch->warnings[i]);
}

typedef struct result_list {
    caus_recorded_result items[3];
    size_t count;
} result_list;

/* Changes, traces and log lines are results of their own, which readers know by
 * their kind. */
static caus_status list_results(const recorded *beside,
                                const caus_cli_window *window,
                                caus_arena *arena, result_list *list,
                                caus_error *err)
{
    if (beside->changes && beside->changes->change_count) {
        caus_recorded_result *result = &list->items[list->count++];
        result->kind = "changes";
        CAUS_TRY(
            caus_changes_write(beside->changes, arena, &result->json, err));
    }
    if (beside->spans) {
        caus_recorded_result *result = &list->items[list->count++];
        result->kind = "traces";
        CAUS_TRY(caus_spans_write(beside->spans, arena, &result->json, err));
    }
    if (beside->logs) {
        const caus_grid grids[2] = {window->baseline, window->window};
        caus_recorded_result *result = &list->items[list->count++];
        result->kind = "logs";
        CAUS_TRY(
            caus_logs_write(beside->logs, grids, arena, &result->json, err));
    }
    return CAUS_OK;
}

static caus_status record(caus_program *program,
                          const caus_arguments *arguments, caus_arena *arena,
                          caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "output");
    CAUS_TRY(check_output(path, err));
    caus_cli_window window;
    CAUS_TRY(
        caus_cli_read_window(arguments, caus_cli_baseline_ns, &window, err));
    bool has_file = caus_arguments_has(arguments, "csv");
    caus_fetch fetch;
    recorded beside = {0};
    CAUS_TRY(has_file ? fetch_csv(program, arguments, &window, arena, &fetch,
                                  &beside, err)
                      : fetch_servers(program, arguments, &window, arena,
                                      &fetch, &beside, err));
    caus_cli_known_changes known = {&beside.found, window.window.start_ns,
                                    window.window.end_ns};
    CAUS_TRY(caus_cli_join_changes(program, arguments, &known, arena,
                                   &beside.changes, err));
    caus_program_lap(program, has_file ? "read" : "fetch");
    CAUS_TRY(add_quality(program, &window, arena, &fetch, err));
    result_list results = {0};
    CAUS_TRY(list_results(&beside, &window, arena, &results, err));
    const char *hint = caus_arguments_get(arguments, "hint");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    caus_recording_options options = {
        .window = window.window,
        .baseline = window.baseline,
        .hint = hint ? hint : "",
        .keep_labels = caus_arguments_has(arguments, "keep-labels"),
        .created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
        .result_count = results.count,
        .results = results.items,
    };
    CAUS_TRY(caus_recording_write(path, &fetch, &options, program->run, err));
    caus_program_lap(program, "write");
    tell(program, &fetch, path);
    return CAUS_OK;
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, record);
}

static const caus_option_group *const groups[] = {
    &caus_server_options,  &caus_source_options,     &caus_time_options,
    &record_group,         &caus_cli_change_options, &caus_cli_trace_options,
    &caus_cli_log_options, &caus_common_options};

const caus_command caus_command_record = {
    .name = "record",
    .summary = "fetch a window and its baseline into an incident file",
    .operands = "",
    .stray = "the file to write is named by -o",
    .description =
        "Fetches variables from Prometheus and ClickHouse, with the rows "
        "before the window, and keeps them in one file that every other "
        "command reads. The file is written under a temporary name and "
        "renamed: it is there whole or not at all. With --csv the samples "
        "come from a file: the whole of it, or with --start and --end a "
        "window and what stands before it. Some whole traces are kept too "
        "(--spans, 20,000), from which explain tells who calls whom and where "
        "time is lost, and of log lines (--logs, or those of ClickHouse) the "
        "templates with their counts. E-mail, token and address "
        "patterns in labels and text are replaced unless --keep-labels.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples =
        "  caus record --metrics=redis_cpu --traces=auth_latency,auth_errors "
        "\\\n"
        "    --start=2025-10-29T03:00:00Z --end=2025-10-29T05:00:00Z \\\n"
        "    -o incident.caus\n",
    .execute = execute,
};
