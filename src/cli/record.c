/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "cli.h"

static const caus_option record_options[] = {
    {"hint", 0, "TEXT", NULL, CAUS_COMPLETE_NOTHING,
     "a line about the incident, kept in the file"},
    {"keep-labels", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "do not clean labels and text of e-mail, token and address patterns"},
};

static const caus_option_group record_group = {
    "recording", sizeof record_options / sizeof *record_options,
    record_options};

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
    for (size_t i = 0; i < count; i++)
        all[i] = i < fetch->warning_count
                     ? fetch->warnings[i]
                     : quality.warnings[i - fetch->warning_count];
    fetch->warnings = all;
    fetch->warning_count = count;
    return CAUS_OK;
}

static caus_status record(caus_program *program,
                          const caus_arguments *arguments, caus_arena *arena,
                          caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "output");
    if (!path)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "where to? give -o incident.caus");
    if (strcmp(path, "-") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a recording is a file and cannot go to stdout: give "
                         "-o incident.caus");
    caus_cli_window window;
    CAUS_TRY(
        caus_cli_read_window(arguments, caus_cli_baseline_ns, &window, err));
    caus_cli_source source;
    CAUS_TRY(caus_cli_read_source(arguments, arena, &source, err));
    caus_fetch fetch;
    CAUS_TRY(caus_cli_fetch(program, arguments, &source, &window, arena, &fetch,
                            err));
    caus_program_lap(program, "fetch");
    CAUS_TRY(add_quality(program, &window, arena, &fetch, err));
    const char *hint = caus_arguments_get(arguments, "hint");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    caus_recording_options options = {
        .window = window.window,
        .baseline = window.baseline,
        .hint = hint ? hint : "",
        .keep_labels = caus_arguments_has(arguments, "keep-labels"),
        .created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
    };
    CAUS_TRY(caus_recording_write(path, &fetch, &options, program->run, err));
    caus_program_lap(program, "write");
    size_t samples = 0;
    for (size_t i = 0; i < fetch.samples.track_count; i++)
        samples += fetch.samples.tracks[i].count;
    caus_program_say(program, "%zu variables, %zu samples written to %s",
                     fetch.samples.track_count, samples, path);
    for (size_t i = 0; i < fetch.warning_count; i++)
        caus_program_say(program, "warning: %s", fetch.warnings[i]);
    return CAUS_OK;
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, record);
}

static const caus_option_group *const groups[] = {
    &caus_source_options, &caus_time_options, &record_group,
    &caus_common_options};

const caus_command caus_command_record = {
    .name = "record",
    .summary = "fetch a window and its baseline into an incident file",
    .operands = "",
    .stray = "the file to write is named by -o",
    .description =
        "Fetches variables from Prometheus and ClickHouse, with the rows "
        "before the window, and keeps them in one file that every other "
        "command reads. The file is written under a temporary name and "
        "renamed: it is there whole or not at all. E-mail, token and address "
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
