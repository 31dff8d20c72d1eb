/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines that take part in an explanation. */
#include <string.h>

#include "servers.h"

static const caus_option log_options[] = {
    {"logs", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "log lines of before and after: JSON lines, CSV, or TIME SERVICE TEXT; "
     "what is new or more frequent in them is evidence; a recording "
     "keeps templates and counts; without it lines are read from ClickHouse, "
     "where it holds some"},
    {"log-lines", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most log lines to read from ClickHouse, of the window and of the "
     "baseline, warnings and errors first; default 100,000; 0: none, also of "
     "a recording"},
};

const caus_option_group caus_cli_log_options = {
    "logs", sizeof log_options / sizeof *log_options, log_options};

enum { QUERIES = 3, USUAL_LINES = 100000 };

static caus_status read_file(caus_program *program,
                             const caus_arguments *arguments, const char *path,
                             caus_arena *arena, caus_logs *logs,
                             caus_error *err)
{
    caus_cli_zone zone;
    caus_logs_options how = {0};
    CAUS_TRY(caus_cli_read_zone(arguments, &zone, err));
    if (zone.given) {
        how.zone = caus_cli_zone_minutes;
        how.zone_data = &zone;
    }
    CAUS_TRY(caus_logs_read(path, &how, program->run, arena, logs, err));
    caus_program_lap(program, "logs");
    return CAUS_OK;
}

static caus_status add_warnings(const caus_logs_fetch *fetch, caus_arena *arena,
                                caus_cli_input *input, caus_error *err)
{
    for (size_t i = 0; i < fetch->warning_count; i++)
        CAUS_TRY(caus_cli_add_warning(arena, input, fetch->warnings[i], err));
    if (fetch->loud_share == 1 && fetch->other_share == 1)
        return CAUS_OK;
    const char *loud =
        fetch->loud_share == 1
            ? "all"
            : caus_arena_format(arena, "1 in %.0f", 1 / fetch->loud_share);
    if (!loud)
        return caus_arena_fail(arena, err);
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "%s%s of the warnings and errors were read and 1 in "
                          "%.0f of the others, in the window and before it "
                          "alike: --log-lines reads more",
                          caus_cli_logs_prefix, loud, 1 / fetch->other_share),
        err);
}

static caus_status fetch_lines(caus_program *program,
                               const caus_logs_fetch_options *options,
                               caus_arena *arena, caus_cli_input *input,
                               caus_logs *logs, caus_error *err)
{
    caus_logs_fetch fetch;
    caus_error reason;
    caus_status status = caus_clickhouse_logs(
        &input->clickhouse, options, program->run, arena, &fetch, &reason);
    if (status == CAUS_ERR_CANCELLED || status == CAUS_ERR_OUT_OF_MEMORY)
        return CAUS_FAIL(err, status, "%s", reason.message);
    if (status != CAUS_OK)
        return caus_cli_add_failure(
            program, arena, input,
            caus_arena_format(arena, "log lines were not read: %s",
                              reason.message),
            err);
    caus_program_lap(program, "logs");
    *logs = fetch.logs;
    return add_warnings(&fetch, arena, input, err);
}

static caus_status ask_server(caus_program *program,
                              const caus_arguments *arguments, size_t most,
                              caus_arena *arena, caus_cli_input *input,
                              caus_logs *logs, caus_error *err)
{
    caus_logs_fetch_options options = {.window = input->window,
                                       .baseline = input->baseline,
                                       .max_lines = most};
    CAUS_TRY(
        caus_cli_queries_left(arguments, input, &options.max_queries, err));
    if (options.max_queries < QUERIES)
        return caus_cli_add_warning(
            arena, input,
            "log lines were not read: --query-budget leaves no query for them",
            err);
    return fetch_lines(program, &options, arena, input, logs, err);
}

static caus_status take_recorded(caus_arena *arena, caus_cli_input *input,
                                 caus_logs *logs, caus_error *err)
{
    if (input->logs_warning)
        CAUS_TRY(caus_cli_add_warning(arena, input, input->logs_warning, err));
    return caus_logs_read_text("the log lines of the recording",
                               input->recorded_logs,
                               strlen(input->recorded_logs), arena, logs, err);
}

caus_status caus_cli_read_logs(caus_program *program,
                               const caus_arguments *arguments,
                               caus_arena *arena, caus_cli_input *input,
                               const caus_logs **result, caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "logs");
    caus_logs *logs = caus_arena_array(arena, 1, sizeof *logs);
    long most;
    *result = NULL;
    if (!logs)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_arguments_integer(arguments, "log-lines", 0, 100000000,
                                    USUAL_LINES, &most, err));
    if (path)
        CAUS_TRY(read_file(program, arguments, path, arena, logs, err));
    else if (most && input->recorded_logs)
        CAUS_TRY(take_recorded(arena, input, logs, err));
    else if (most && input->clickhouse.url)
        CAUS_TRY(ask_server(program, arguments, (size_t)most, arena, input,
                            logs, err));
    if (path || logs->record_count)
        *result = logs;
    return CAUS_OK;
}
