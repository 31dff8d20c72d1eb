/* SPDX-License-Identifier: Apache-2.0 */
#include "servers.h"

static caus_status info(caus_program *program, const caus_arguments *arguments,
                        caus_arena *arena, caus_error *err)
{
    const char *path = caus_arguments_operand(arguments, 0);
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    caus_recording_info recording;
    CAUS_TRY(caus_recording_read_info(path, arena, &recording, err));
    caus_changes changes;
    CAUS_TRY(caus_cli_recorded_changes(&recording, arena, &changes, err));
    if (changes.change_count)
        recording.changes = &changes;
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

static const caus_option_group *const groups[] = {&caus_common_options};

const caus_command caus_command_info = {
    .name = "info",
    .summary = "say what an incident file holds",
    .operands = "FILE",
    .operand_count = 1,
    .description =
        "Prints window, baseline, variables, queries, changes, "
        "warnings and later results of an incident file, as text or JSON.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples = "  caus info incident.caus\n",
    .execute = execute,
};
