/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "program_internal.h"

enum { HELP_COLUMN = 30, HELP_WIDTH = 80 };

/* Bytes up to the next space; choices wider than `room` break after a bar. */
static size_t word_length(const char *text, size_t room)
{
    size_t length = strcspn(text, " \n");
    if (length <= room)
        return length;
    size_t choice = strcspn(text, "|");
    return choice < length ? choice + 1 : length;
}

/* Prints words wrapped at HELP_WIDTH, lines after the first indented. */
static void print_wrapped(const char *text, size_t column, size_t indent,
                          FILE *out)
{
    bool spaced = false; /* a space is due before the next word */
    while (*text) {
        size_t word = word_length(text, HELP_WIDTH - 1 - indent);
        if (column > indent && column + spaced + word > HELP_WIDTH - 1) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            spaced = false;
        }
        column +=
            (size_t)fprintf(out, "%s%.*s", spaced ? " " : "", (int)word, text);
        text += word;
        spaced = *text == ' ';
        if (*text == '\n') {
            fprintf(out, "\n%*s", text[1] == '\n' ? 0 : (int)indent, "");
            column = indent;
        }
        text += *text == ' ' || *text == '\n';
    }
    fputc('\n', out);
}

static void print_option(const caus_option *option, FILE *out)
{
    char left[128];
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    int length = snprintf(left, sizeof left, "  %s--%s%s%s", letter,
                          option->name, option->argument ? " " : "",
                          option->argument ? option->argument : "");
    fputs(left, out);
    if (length >= HELP_COLUMN)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(out, "%*s", HELP_COLUMN - length, "");
    char help[1024];
    if (option->choices)
        snprintf(help, sizeof help, "%s (%s)", option->help, option->choices);
    else
        snprintf(help, sizeof help, "%s", option->help);
    print_wrapped(help, HELP_COLUMN, HELP_COLUMN, out);
}

void caus_help_program(const caus_command_table *table, FILE *out)
{
    fprintf(out, "%s %s: %s\n\nusage: %s <command> [options]\n\ncommands:\n",
            table->name, caus_version(), table->summary, table->name);
    for (size_t i = 0; i < table->count; i++) {
        const caus_command *command = table->commands[i];
        if (!command->hidden)
            fprintf(out, "  %-12s %s\n", command->name, command->summary);
    }
    if (table->topic_count)
        fputs("\nfiles, told of by \"help NAME\":\n", out);
    for (size_t i = 0; i < table->topic_count; i++)
        fprintf(out, "  %-12s %s\n", table->topics[i].name,
                table->topics[i].summary);
    fprintf(out,
            "\n\"%s <command> --help\" tells more. Exit codes: 0 done, 1 "
            "failed, 2 wrong usage,\n3 evidence insufficient (0 with "
            "--exit-zero), 130 cancelled.\n",
            table->name);
}

void caus_help_command(const caus_command_table *table,
                       const caus_command *command, FILE *out)
{
    fprintf(out, "usage: %s %s%s%s [options]\n\n", table->name, command->name,
            *command->operands ? " " : "", command->operands);
    print_wrapped(command->description, 0, 0, out);
    for (size_t g = 0; g < command->group_count; g++) {
        fprintf(out, "\n%s:\n", command->groups[g]->title);
        for (size_t i = 0; i < command->groups[g]->count; i++)
            print_option(&command->groups[g]->options[i], out);
    }
    if (*command->examples)
        fprintf(out, "\nexamples:\n%s", command->examples);
}

bool caus_help_about(const caus_command_table *table, const char *name,
                     FILE *out)
{
    const caus_command *command = caus_command_find(table, name);
    if (command)
        caus_help_command(table, command, out);
    for (size_t i = 0; !command && i < table->topic_count; i++) {
        if (strcmp(table->topics[i].name, name) == 0) {
            fputs(table->topics[i].text, out);
            return true;
        }
    }
    return command != NULL;
}

/* ---- manual pages (mdoc) ---- */

/* Text in which no line can be taken for a macro. */
static void manual_text(const char *text, FILE *out)
{
    bool line_start = true;
    for (const char *at = text; *at; at++) {
        if (line_start && (*at == '.' || *at == '\''))
            fputs("\\&", out);
        if (*at == '\\')
            fputs("\\e", out);
        else if (*at == '-')
            fputs("\\-", out);
        else
            fputc(*at, out);
        line_start = *at == '\n';
    }
}

static void manual_options(const caus_command *command, FILE *out)
{
    for (size_t g = 0; g < command->group_count; g++) {
        const caus_option_group *group = command->groups[g];
        fputs(".Ss ", out);
        manual_text(group->title, out);
        fputs("\n.Bl -tag -width Ds\n", out);
        for (size_t i = 0; i < group->count; i++) {
            const caus_option *option = &group->options[i];
            fputs(".It ", out);
            if (option->letter)
                fprintf(out, "Fl %c , ", option->letter);
            fprintf(out, "Fl \\-%s", option->name);
            if (option->argument)
                fprintf(out, " Ar %s", option->argument);
            fputc('\n', out);
            manual_text(option->help, out);
            if (option->choices) {
                fputs("\n(", out);
                manual_text(option->choices, out);
                fputc(')', out);
            }
            fputs(".\n", out);
        }
        fputs(".El\n", out);
    }
}

static void manual_head(const char *title, FILE *out)
{
    fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n.Dd 2026\n.Dt ", out);
    for (const char *at = title; *at; at++)
        fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
    fputs(" 1\n.Os caus\n.Sh NAME\n", out);
}

static void manual_exit_status(FILE *out)
{
    fputs(".Sh EXIT STATUS\n.Bl -tag -width 130 -compact\n"
          ".It 0\ndone (also: no edges found)\n.It 1\nfailed\n"
          ".It 2\nwrong usage\n"
          ".It 3\nevidence insufficient; 0 with\n.Fl \\-exit\\-zero\n"
          ".It 130\ncancelled\n.El\n",
          out);
}

static void manual_program(const caus_command_table *table, FILE *out)
{
    manual_head(table->name, out);
    fprintf(out, ".Nm %s\n.Nd ", table->name);
    manual_text(table->summary, out);
    fprintf(out, "\n.Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n"
                 ".Sh DESCRIPTION\n.Bl -tag -width completion\n");
    for (size_t i = 0; i < table->count; i++) {
        const caus_command *command = table->commands[i];
        if (command->hidden)
            continue;
        fprintf(out, ".It Cm %s\n", command->name);
        manual_text(command->summary, out);
        fprintf(out, "; see\n.Xr %s\\-%s 1 .\n", table->name, command->name);
    }
    fputs(".El\n", out);
    manual_exit_status(out);
}

void caus_manual(const caus_command_table *table, const caus_command *command,
                 FILE *out)
{
    if (!command) {
        manual_program(table, out);
        return;
    }
    char title[64];
    snprintf(title, sizeof title, "%s-%s", table->name, command->name);
    manual_head(title, out);
    fprintf(out, ".Nm %s %s\n.Nd ", table->name, command->name);
    manual_text(command->summary, out);
    fprintf(out, "\n.Sh SYNOPSIS\n.Nm %s %s\n", table->name, command->name);
    if (*command->operands)
        fprintf(out, ".Ar %s\n", command->operands);
    fputs(".Op Ar options\n.Sh DESCRIPTION\n", out);
    manual_text(command->description, out);
    fputs("\n.Sh OPTIONS\n", out);
    manual_options(command, out);
    if (*command->examples) {
        fputs(".Sh EXAMPLES\n.Bd -literal\n", out);
        manual_text(command->examples, out);
        fputs(".Ed\n", out);
    }
    manual_exit_status(out);
    fprintf(out, ".Sh SEE ALSO\n.Xr %s 1\n", table->name);
}
