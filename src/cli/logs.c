/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines that take part in an explanation. */
#include <string.h>

#include "servers.h"

static const caus_option log_options[] = {
    {"logs", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "log lines of before and after: JSON lines, CSV, or TIME SERVICE TEXT; "
     "what is new or more frequent in them is evidence; a recording "
     "keeps templates and counts"},
};

const caus_option_group caus_cli_log_options = {
    "logs", sizeof log_options / sizeof *log_options, log_options};

caus_status caus_cli_read_logs(caus_program *program,
                               const caus_arguments *arguments,
                               const char *recorded, caus_arena *arena,
                               const caus_logs **result, caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "logs");
    *result = NULL;
    if (!path && !recorded)
        return CAUS_OK;
    caus_logs *logs = caus_arena_array(arena, 1, sizeof *logs);
    caus_cli_zone zone;
    caus_logs_options how = {0};
    if (!logs)
        return caus_arena_fail(arena, err);
    *result = logs;
    if (!path)
        return caus_logs_read_text("the log lines of the recording", recorded,
                                   strlen(recorded), arena, logs, err);
    CAUS_TRY(caus_cli_read_zone(arguments, &zone, err));
    if (zone.given) {
        how.zone = caus_cli_zone_minutes;
        how.zone_data = &zone;
    }
    CAUS_TRY(caus_logs_read(path, &how, program->run, arena, logs, err));
    caus_program_lap(program, "logs");
    return CAUS_OK;
}
