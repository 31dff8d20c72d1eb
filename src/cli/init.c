/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "servers.h"

static const caus_option init_options[] = {
    {"vars", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "the file to write; default vars.yml"},
    {"force", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "replace the file if there is one"},
    {"service", 0, "NAME", NULL, CAUS_COMPLETE_NOTHING,
     "propose variables of this service only"},
    {"max-variables", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most variables to propose; default 30, or four a service"},
    {"around", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "when what is proposed had values, as --around of explain; default now"},
    {"tz", 0, "ZONE", NULL, CAUS_COMPLETE_NOTHING,
     "zone of a time without one: utc, local, +02:00 or Europe/Berlin"},
};

static const caus_option_group init_group = {
    "proposals", sizeof init_options / sizeof *init_options, init_options};

/* The variables go where --vars says, and -o takes what is told of them. */
static caus_status check_output(const caus_arguments *arguments,
                                caus_error *err)
{
    const char *output = caus_arguments_get(arguments, "output");
    const char *ending = output ? strrchr(output, '.') : NULL;
    if (!ending ||
        (strcmp(ending, ".yml") != 0 && strcmp(ending, ".yaml") != 0))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "-o %s would hold a report on the variables, and vars.yml "
                     "them: give --vars %s",
                     output, output);
}

static caus_status check_file(const caus_arguments *arguments, const char *path,
                              caus_error *err)
{
    if (strcmp(path, "-") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--vars names the file to write: give vars.yml");
    if (caus_arguments_has(arguments, "force") || access(path, F_OK) != 0)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "%s is there already and stays: give --force to replace "
                     "it, or another name by --vars",
                     path);
}

static caus_status fail_no_server(const caus_cli_survey *survey,
                                  caus_error *err)
{
    if (survey->failure_count)
        return CAUS_FAIL(err, survey->failures[0].status, "%s",
                         survey->failures[0].message);
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "no server is named, and none answers on the usual ports "
                     "of this machine: give --prometheus URL or --clickhouse "
                     "URL, or set CAUS_PROMETHEUS_URL");
}

static caus_status write_file(const char *path, const caus_setup *setup,
                              caus_arena *arena, caus_error *err)
{
    const char *text;
    size_t length;
    CAUS_TRY(caus_setup_write(setup, arena, &text, &length, err));
    return caus_program_write(path, text, length, err);
}

/* How the next command says when. */
static const char *when(const caus_arguments *arguments, caus_arena *arena)
{
    const char *around = caus_arguments_get(arguments, "around");
    const char *zone = caus_arguments_get(arguments, "tz");
    const char *words = around ? caus_shell_quote(around, arena) : "now";
    const char *place = zone ? caus_shell_quote(zone, arena) : "";
    return words && place ? caus_arena_format(arena, " --around %s%s%s", words,
                                              zone ? " --tz " : "", place)
                          : NULL;
}

/* What servers that answer could be asked for. */
static caus_status propose(caus_program *program,
                           const caus_arguments *arguments, caus_arena *arena,
                           caus_cli_survey *survey, caus_setup *result,
                           caus_error *err)
{
    long most;
    CAUS_TRY(
        caus_cli_survey_servers(program, arguments, false, arena, survey, err));
    if (!survey->found_count)
        return fail_no_server(survey, err);
    for (size_t i = 0; i < survey->failure_count; i++)
        caus_program_say(program, "warning: %s", survey->failures[i].message);
    CAUS_TRY(caus_arguments_integer(arguments, "max-variables", 1, 500, 0,
                                    &most, err));
    caus_setup_options options = {.max_variables = (size_t)most,
                                  .service =
                                      caus_arguments_get(arguments, "service")};
    return caus_cli_propose(program, arguments, survey, &options, arena, result,
                            err);
}

/* The command that explains what was proposed; NULL when memory is out. */
static const char *next_command(const caus_arguments *arguments,
                                const char *path, const caus_cli_survey *survey,
                                caus_arena *arena)
{
    const char *file = caus_shell_quote(path, arena);
    const char *words = caus_cli_server_words(survey, arena);
    const char *time = when(arguments, arena);
    return file && words && time
               ? caus_arena_format(arena, "caus explain --vars %s%s%s", file,
                                   words, time)
               : NULL;
}

static caus_status init(caus_program *program, const caus_arguments *arguments,
                        caus_arena *arena, caus_error *err)
{
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    const char *path = caus_arguments_get(arguments, "vars");
    if (!path)
        path = "vars.yml";
    CAUS_TRY(check_output(arguments, err));
    CAUS_TRY(check_file(arguments, path, err));
    caus_cli_survey *survey = caus_arena_array(arena, 1, sizeof *survey);
    if (!survey)
        return caus_arena_fail(arena, err);
    caus_setup setup;
    CAUS_TRY(propose(program, arguments, arena, survey, &setup, err));
    CAUS_TRY(write_file(path, &setup, arena, err));
    caus_setup_answer answer = {
        .setup = &setup,
        .servers = survey->found,
        .server_count = survey->found_count,
        .path = path,
        .next_command = next_command(arguments, path, survey, arena)};
    if (!answer.next_command)
        return caus_arena_fail(arena, err);
    const char *text;
    size_t length;
    const char *output = caus_arguments_get(arguments, "output");
    if (output)
        program->render.color = false;
    CAUS_TRY(caus_render_setup(&answer, format, &program->render, arena, &text,
                               &length, err));
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    return caus_program_write(output, text, length, err);
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, init);
}

static const caus_option_group *const groups[] = {
    &init_group, &caus_server_options, &caus_sheet_form, &caus_common_options};

const caus_command caus_command_init = {
    .name = "init",
    .summary = "find servers and propose variables as vars.yml",
    .operands = "",
    .stray = "the file to write is named by --vars",
    .description =
        "Finds Prometheus and ClickHouse by options, environment, caus.yml, "
        "or on the usual ports of this machine, lists the services they know "
        "and writes a vars.yml with up to 30 variables, or four for each "
        "service: duration, errors, rate and utilisation, the most telling "
        "first, with query, unit, kind and last value. Hosts of one job that "
        "are called differently (db-orders and db-users, but not db-0 and "
        "db-1) are services of their own. A file that is there is not replaced "
        "without --force. The last line is the command to type next.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples = "  caus init\n"
                "  caus init --prometheus http://prometheus:9090 \\\n"
                "    --service checkout --vars checkout.yml\n",
    .execute = execute,
};
