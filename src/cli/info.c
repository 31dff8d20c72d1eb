/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "servers.h"

/* What stands beside the samples, to be told in numbers. */
static caus_status read_beside(caus_program *program,
                               caus_recording_info *recording,
                               caus_arena *arena, caus_error *err)
{
    caus_changes *changes = caus_arena_array(arena, 1, sizeof *changes);
    caus_spans *spans = caus_arena_array(arena, 1, sizeof *spans);
    caus_logs *logs = caus_arena_array(arena, 1, sizeof *logs);
    if (!changes || !spans || !logs)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_cli_recorded_changes(recording, arena, changes, err));
    if (changes->change_count)
        recording->changes = changes;
    for (size_t i = 0; i < recording->result_count; i++) {
        const caus_recorded_result *kept = &recording->results[i];
        size_t length = strlen(kept->json);
        if (strcmp(kept->kind, "traces") == 0) {
            CAUS_TRY(caus_spans_read_text("the traces of the recording",
                                          kept->json, length, program->run,
                                          arena, spans, err));
            recording->spans = spans;
        } else if (strcmp(kept->kind, "logs") == 0) {
            CAUS_TRY(caus_logs_read_text("the log lines of the recording",
                                         kept->json, length, arena, logs, err));
            recording->logs = logs;
        }
    }
    return CAUS_OK;
}

static caus_status info(caus_program *program, const caus_arguments *arguments,
                        caus_arena *arena, caus_error *err)
{
    const char *path = caus_arguments_operand(arguments, 0);
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    caus_recording_info recording;
    CAUS_TRY(caus_recording_read_info(path, arena, &recording, err));
    CAUS_TRY(read_beside(program, &recording, arena, err));
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_recording(&recording, path, format, &program->render,
                                   arena, &text, &length, err));
    return caus_program_write(caus_arguments_get(arguments, "output"), text,
                              length, err);
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, info);
}

static const caus_option_group *const groups[] = {&caus_sheet_form,
                                                  &caus_common_options};

const caus_command caus_command_info = {
    .name = "info",
    .summary = "say what an incident file holds",
    .operands = "FILE",
    .operand_count = 1,
    .description =
        "Prints window, baseline, variables, how many traces and log lines are "
        "kept, queries, changes, warnings and later results of an incident "
        "file, as text or JSON.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples = "  caus info incident.caus\n",
    .execute = execute,
};
