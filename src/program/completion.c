/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "program_internal.h"

typedef void visit_option(const caus_command *command,
                          const caus_option *option, FILE *out);

static void each_option(const caus_command_table *table, visit_option *visit,
                        FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const caus_command *command = table->commands[i];
        if (command->hidden)
            continue;
        for (size_t g = 0; g < command->group_count; g++) {
            for (size_t k = 0; k < command->groups[g]->count; k++)
                visit(command, &command->groups[g]->options[k], out);
        }
    }
}

static void print_commands(const caus_command_table *table, FILE *out)
{
    const char *space = "";
    for (size_t i = 0; i < table->count; i++) {
        if (table->commands[i]->hidden)
            continue;
        fprintf(out, "%s%s", space, table->commands[i]->name);
        space = " ";
    }
}

static void print_choices(const char *choices, FILE *out)
{
    for (const char *at = choices; *at; at++)
        fputc(*at == '|' ? ' ' : *at, out);
}

static void print_quoted(const char *text, FILE *out)
{
    fputc('\'', out);
    for (const char *at = text; *at; at++) {
        if (*at == '\'')
            fputs("'\\''", out);
        else
            fputc(*at, out);
    }
    fputc('\'', out);
}

/* ---- bash ---- */

static void bash_choice(const caus_command *command, const caus_option *option,
                        FILE *out)
{
    if (!option->choices)
        return;
    fprintf(out, "        %s,--%s) COMPREPLY=($(compgen -W \"", command->name,
            option->name);
    print_choices(option->choices, out);
    fputs("\" -- \"$word\")); return;;\n", out);
}

static void bash_options(const caus_command *command, FILE *out)
{
    fprintf(out, "        %s) options=\"", command->name);
    for (size_t g = 0; g < command->group_count; g++) {
        for (size_t i = 0; i < command->groups[g]->count; i++)
            fprintf(out, "--%s ", command->groups[g]->options[i].name);
    }
    fputs("\";;\n", out);
}

static void bash(const caus_command_table *table, FILE *out)
{
    fprintf(out,
            "# bash completion for %s\n_%s()\n{\n"
            "    local word=\"${COMP_WORDS[COMP_CWORD]}\"\n"
            "    local before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
            "    local command=\"${COMP_WORDS[1]}\" options=\n"
            "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
            "        COMPREPLY=($(compgen -W \"",
            table->name, table->name);
    print_commands(table, out);
    fputs("\" -- \"$word\")); return\n    fi\n"
          "    case \"$command,$before\" in\n",
          out);
    each_option(table, bash_choice, out);
    fputs("    esac\n    case \"$command\" in\n", out);
    for (size_t i = 0; i < table->count; i++) {
        if (!table->commands[i]->hidden)
            bash_options(table->commands[i], out);
    }
    fprintf(
        out,
        "    esac\n    case \"$word\" in\n"
        "        -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\"));;\n"
        "        *) COMPREPLY=($(compgen -f -- \"$word\"));;\n"
        "    esac\n}\ncomplete -o filenames -F _%s %s\n",
        table->name, table->name);
}

/* ---- zsh ---- */

static void zsh_text(const char *text, FILE *out)
{
    for (const char *at = text; *at; at++) {
        if (strchr("[]:'\\", *at))
            fputc(*at == '\'' ? ' ' : '\\', out);
        if (*at != '\'')
            fputc(*at, out);
    }
}

static void zsh_option(const caus_option *option, FILE *out)
{
    fprintf(out, "            '--%s%s[", option->name,
            option->argument ? "=" : "");
    zsh_text(option->help, out);
    fputc(']', out);
    if (option->argument) {
        fprintf(out, ":%s:", option->argument);
        if (option->choices) {
            fputc('(', out);
            print_choices(option->choices, out);
            fputc(')', out);
        } else if (option->complete == CAUS_COMPLETE_FILE) {
            fputs("_files", out);
        }
    }
    fputs("' \\\n", out);
}

static void zsh(const caus_command_table *table, FILE *out)
{
    fprintf(out,
            "#compdef %s\n_%s()\n{\n    if (( CURRENT == 2 )); then\n"
            "        compadd -- ",
            table->name, table->name);
    print_commands(table, out);
    fputs("\n        return\n    fi\n    local command=${words[2]}\n"
          "    shift words; (( CURRENT-- ))\n    case $command in\n",
          out);
    for (size_t i = 0; i < table->count; i++) {
        const caus_command *command = table->commands[i];
        if (command->hidden)
            continue;
        fprintf(out, "        %s) _arguments \\\n", command->name);
        for (size_t g = 0; g < command->group_count; g++) {
            for (size_t k = 0; k < command->groups[g]->count; k++)
                zsh_option(&command->groups[g]->options[k], out);
        }
        fputs("            '*:file:_files';;\n", out);
    }
    fprintf(out, "    esac\n}\ncompdef _%s %s\n", table->name, table->name);
}

/* ---- fish ---- */

static void fish_option(const caus_command *command, const caus_option *option,
                        FILE *out)
{
    fprintf(out, "complete -c caus -n '__fish_seen_subcommand_from %s' -l %s",
            command->name, option->name);
    if (option->letter)
        fprintf(out, " -s %c", option->letter);
    if (option->argument)
        fputs(option->complete == CAUS_COMPLETE_FILE ? " -rF" : " -x", out);
    if (option->choices) {
        fputs(" -a \"", out);
        print_choices(option->choices, out);
        fputc('"', out);
    }
    fputs(" -d ", out);
    print_quoted(option->help, out);
    fputc('\n', out);
}

static void fish(const caus_command_table *table, FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const caus_command *command = table->commands[i];
        if (command->hidden)
            continue;
        fprintf(out, "complete -c %s -n __fish_use_subcommand -a %s -d ",
                table->name, command->name);
        print_quoted(command->summary, out);
        fputc('\n', out);
    }
    each_option(table, fish_option, out);
}

bool caus_completion(const caus_command_table *table, const char *shell,
                     FILE *out)
{
    if (strcmp(shell, "bash") == 0)
        bash(table, out);
    else if (strcmp(shell, "zsh") == 0)
        zsh(table, out);
    else if (strcmp(shell, "fish") == 0)
        fish(table, out);
    else
        return false;
    return true;
}
