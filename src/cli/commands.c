/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const caus_command *const commands[] = {
    &caus_command_init,       &caus_command_doctor,   &caus_command_record,
    &caus_command_info,       &caus_command_discover, &caus_command_explain,
    &caus_command_report,     &caus_command_gram,     &caus_command_simulate,
    &caus_command_completion, &caus_command_manual,
};

const caus_command_table caus_cli_table = {
    .name = "caus",
    .summary = "what caused what in a production system",
    .count = sizeof commands / sizeof *commands,
    .commands = commands,
    .topic_count = CAUS_CLI_TOPICS,
    .topics = caus_cli_topics,
};

static int run_command(const caus_command_table *table,
                       const caus_command *command, int count, char **words)
{
    caus_error err;
    caus_arguments *arguments;
    caus_status status =
        caus_arguments_parse(command, count, words, &arguments, &err);
    caus_program program = {.table = table};
    if (status != CAUS_OK)
        return caus_program_fail(&program, &err);
    int code = CAUS_EXIT_DONE;
    if (caus_arguments_has(arguments, "help")) {
        caus_help_command(table, command, stdout);
    } else if (caus_arguments_has(arguments, "version")) {
        printf("caus %s\n", caus_version());
    } else if (caus_program_open(&program, table, arguments, &err) != CAUS_OK) {
        code = caus_program_fail(&program, &err);
    } else {
        code = command->execute(&program, arguments);
        caus_program_lap(&program, "rest");
        caus_program_close(&program);
    }
    caus_arguments_free(arguments);
    return code;
}

static int fail_unknown(const caus_command_table *table, const char *name)
{
    if (*name == '-') {
        fprintf(stderr,
                "caus: %s stands where a command is expected; \"caus --help\" "
                "lists all\n",
                name);
        return CAUS_EXIT_USAGE;
    }
    const char *near = caus_command_nearest(table, name)->name;
    bool is_near = caus_is_near(name, near);
    fprintf(stderr,
            "caus: there is no command \"%s\"%s%s%s \"caus --help\" lists "
            "all\n",
            name, is_near ? "; did you mean \"" : "", is_near ? near : "",
            is_near ? "\"?" : ";");
    return CAUS_EXIT_USAGE;
}

/* "caus", "caus --help", "caus help" and "caus help NAME". */
static int help(const caus_command_table *table, const char *word,
                const char *topic)
{
    if (word && topic && strcmp(word, "help") == 0)
        return caus_help_about(table, topic, stdout)
                   ? CAUS_EXIT_DONE
                   : fail_unknown(table, topic);
    caus_help_program(table, word ? stdout : stderr);
    return word ? CAUS_EXIT_DONE : CAUS_EXIT_USAGE;
}

int caus_cli_run(int count, char **words, const caus_ranks *ranks)
{
    caus_command_table own = caus_cli_table;
    own.ranks = ranks;
    const char *name = count > 1 ? words[1] : NULL;
    if (!name || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0)
        return help(&own, name, count > 2 ? words[2] : NULL);
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        printf("caus %s\n", caus_version());
        return CAUS_EXIT_DONE;
    }
    const caus_command *command = caus_command_find(&own, name);
    return command ? run_command(&own, command, count - 2, words + 2)
                   : fail_unknown(&own, name);
}
