/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

static const caus_option_group *const groups[] = {&caus_common_options};

static int execute_completion(caus_program *program,
                              const caus_arguments *arguments)
{
    const char *shell = caus_arguments_operand(arguments, 0);
    if (caus_completion(program->table, shell, stdout))
        return CAUS_EXIT_DONE;
    caus_program_say(program,
                     "no completion for \"%s\": give bash, zsh or fish", shell);
    return CAUS_EXIT_USAGE;
}

const caus_command caus_command_completion = {
    .name = "completion",
    .summary = "print a completion script for bash, zsh or fish",
    .operands = "SHELL",
    .operand_count = 1,
    .description = "Prints a script that completes commands, options and "
                   "their values. make install puts all three in place.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples = "  source <(caus completion bash)\n",
    .execute = execute_completion,
};

static int execute_manual(caus_program *program,
                          const caus_arguments *arguments)
{
    const char *name = caus_arguments_operand(arguments, 0);
    const caus_command *command = caus_command_find(program->table, name);
    caus_manual(program->table, command, stdout);
    return CAUS_EXIT_DONE;
}

const caus_command caus_command_manual = {
    .name = "manual",
    .summary = "print a manual page in mdoc form",
    .operands = "COMMAND",
    .operand_count = 1,
    .description = "Prints the manual page of a command, or of the program "
                   "for a word that is no command.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples = "  caus manual discover | man -l -\n",
    .hidden = true,
    .execute = execute_manual,
};
