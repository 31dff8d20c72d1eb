/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "program_internal.h"

enum { MAX_GIVEN = 256 };

typedef struct given {
    const caus_option *option;
    const char *value;
} given;

struct caus_arguments {
    const caus_command *command;
    size_t count;
    given given[MAX_GIVEN];
    size_t operand_count;
    const char *operands[MAX_GIVEN];
};

static const caus_option *find_option(const caus_command *command,
                                      const char *name, size_t length)
{
    for (size_t g = 0; g < command->group_count; g++) {
        const caus_option_group *group = command->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            const caus_option *option = &group->options[i];
            if (strlen(option->name) == length &&
                memcmp(option->name, name, length) == 0)
                return option;
        }
    }
    return NULL;
}

static const caus_option *find_letter(const caus_command *command, char letter)
{
    for (size_t g = 0; g < command->group_count; g++) {
        const caus_option_group *group = command->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            if (group->options[i].letter == letter)
                return &group->options[i];
        }
    }
    return NULL;
}

bool caus_is_near(const char *name, const char *meant)
{
    return caus_edit_distance(meant, name) <= 1 + strlen(name) / 4;
}

/* What other tools call an option of a command; NULL = nothing of it. */
static const char *option_called(const caus_command *command, const char *name)
{
    static const struct {
        const char *other, *name;
    } calls[] = {{"from", "start"}, {"since", "start"}, {"to", "end"},
                 {"until", "end"},  {"onset", "at"},    {"out", "output"}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(name, calls[i].other) == 0 &&
            find_option(command, calls[i].name, strlen(calls[i].name)))
            return calls[i].name;
    }
    return NULL;
}

static const char *nearest_option(const caus_command *command, const char *name)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t g = 0; g < command->group_count; g++) {
        const caus_option_group *group = command->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            size_t distance = caus_edit_distance(group->options[i].name, name);
            if (distance < best_distance) {
                best_distance = distance;
                best = group->options[i].name;
            }
        }
    }
    return best;
}

static bool is_choice(const char *choices, const char *value)
{
    assert(value); /* options with choices take a value */
    size_t length = strlen(value);
    for (const char *at = choices; at;) {
        const char *end = strchr(at, '|');
        size_t choice = end ? (size_t)(end - at) : strlen(at);
        if (choice == length && memcmp(at, value, length) == 0)
            return true;
        at = end ? end + 1 : NULL;
    }
    return false;
}

static caus_status add_given(caus_arguments *arguments,
                             const caus_option *option, const char *value,
                             caus_error *err)
{
    if (arguments->count == MAX_GIVEN)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "more than %d options were given", MAX_GIVEN);
    if (option->choices && !is_choice(option->choices, value))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s=%s: give one of %s", option->name, value,
                         option->choices);
    arguments->given[arguments->count++] = (given){option, value};
    return CAUS_OK;
}

/* The value after "--name" or "-x": attached, or the next word. */
static caus_status take_value(const caus_option *option, const char *attached,
                              int *at, int count, char *const *words,
                              const char **value, caus_error *err)
{
    if (!option->argument) {
        if (attached)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s takes no value, but \"%s\" was given",
                             option->name, attached);
        *value = "";
        return CAUS_OK;
    }
    if (!attached && *at + 1 < count)
        attached = words[++*at];
    if (!attached)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s needs a value: --%s=%s", option->name,
                         option->name, option->argument);
    *value = attached;
    return CAUS_OK;
}

static caus_status parse_long(caus_arguments *arguments, int *at, int count,
                              char *const *words, caus_error *err)
{
    const char *name = words[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const caus_option *option = find_option(arguments->command, name, length);
    if (!option) {
        char asked[64];
        snprintf(asked, sizeof asked, "%.*s", (int)(length < 60 ? length : 60),
                 name);
        const char *called = option_called(arguments->command, asked);
        const char *near =
            called ? called : nearest_option(arguments->command, asked);
        bool is_near = called || caus_is_near(asked, near);
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_ARGUMENT,
            "caus %s has no option --%s%s%s%s \"caus %s --help\" "
            "lists all",
            arguments->command->name, asked, is_near ? ": did you mean --" : "",
            is_near ? near : "", is_near ? "?" : ";", arguments->command->name);
    }
    const char *value = NULL;
    CAUS_TRY(take_value(option, equals ? equals + 1 : NULL, at, count, words,
                        &value, err));
    return add_given(arguments, option, value, err);
}

static caus_status parse_short(caus_arguments *arguments, int *at, int count,
                               char *const *words, caus_error *err)
{
    for (const char *letter = words[*at] + 1; *letter; letter++) {
        const caus_option *option = find_letter(arguments->command, *letter);
        if (!option)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "caus %s has no option -%c; \"caus %s --help\" "
                             "lists all",
                             arguments->command->name, *letter,
                             arguments->command->name);
        const char *attached =
            option->argument && letter[1] ? letter + 1 : NULL;
        const char *value = NULL;
        CAUS_TRY(take_value(option, attached, at, count, words, &value, err));
        CAUS_TRY(add_given(arguments, option, value, err));
        if (option->argument)
            break;
    }
    return CAUS_OK;
}

static caus_status parse_words(caus_arguments *arguments, int count,
                               char *const *words, caus_error *err)
{
    bool options_end = false;
    for (int at = 0; at < count; at++) {
        const char *word = words[at];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
        } else if (!options_end && strncmp(word, "--", 2) == 0) {
            CAUS_TRY(parse_long(arguments, &at, count, words, err));
        } else if (!options_end && word[0] == '-' && word[1]) {
            CAUS_TRY(parse_short(arguments, &at, count, words, err));
        } else {
            if (arguments->operand_count == MAX_GIVEN)
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "more than %d words were given", MAX_GIVEN);
            arguments->operands[arguments->operand_count++] = word;
        }
    }
    return CAUS_OK;
}

static bool knows(const caus_command *command, const char *name)
{
    return find_option(command, name, strlen(name)) != NULL;
}

/* What to do with a word too many, by what it looks like. */
static const char *advice(const caus_command *command, const char *word)
{
    const int64_t now_ns = (int64_t)time(NULL) * 1000000000;
    int64_t time_ns, end_ns;
    bool is_url = caus_is_url(word);
    bool is_time =
        is_url ? caus_time_parse_grafana(word, now_ns, &time_ns, &end_ns,
                                         NULL) == CAUS_OK
               : caus_time_parse(word, now_ns, 0, &time_ns, NULL) == CAUS_OK;
    if (is_time && knows(command, "around"))
        return "a time is given by --around";
    if (is_url && knows(command, "prometheus"))
        return "a server is named by --prometheus or --clickhouse";
    return command->stray ? command->stray : "leave it out";
}

static caus_status check_operands(const caus_arguments *arguments,
                                  caus_error *err)
{
    const caus_command *command = arguments->command;
    if (caus_arguments_has(arguments, "help"))
        return CAUS_OK;
    if (arguments->operand_count > command->operand_count &&
        !command->more_operands)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_ARGUMENT,
            "\"%s\" is one word too many: %s; usage: caus %s%s%s "
            "[options]",
            arguments->operands[command->operand_count],
            advice(command, arguments->operands[command->operand_count]),
            command->name, *command->operands ? " " : "", command->operands);
    if (arguments->operand_count < command->operand_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s is missing; usage: caus %s %s [options]",
                         command->operands, command->name, command->operands);
    return CAUS_OK;
}

caus_status caus_arguments_parse(const caus_command *command, int count,
                                 char *const *words, caus_arguments **result,
                                 caus_error *err)
{
    caus_arguments *arguments = calloc(1, sizeof *arguments);
    if (!arguments)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to read the command line");
    arguments->command = command;
    caus_status status = parse_words(arguments, count, words, err);
    if (status == CAUS_OK)
        status = check_operands(arguments, err);
    if (status != CAUS_OK) {
        free(arguments);
        return status;
    }
    *result = arguments;
    return CAUS_OK;
}

void caus_arguments_free(caus_arguments *arguments)
{
    free(arguments);
}

const char *caus_arguments_get(const caus_arguments *arguments,
                               const char *name)
{
    assert(find_option(arguments->command, name, strlen(name)));
    for (size_t i = arguments->count; i-- > 0;) {
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return arguments->given[i].value;
    }
    return NULL;
}

const char *caus_arguments_nth(const caus_arguments *arguments,
                               const char *name, size_t place)
{
    for (size_t i = 0; i < arguments->count; i++) {
        if (strcmp(arguments->given[i].option->name, name) == 0 && !place--)
            return arguments->given[i].value;
    }
    return NULL;
}

bool caus_arguments_has(const caus_arguments *arguments, const char *name)
{
    return caus_arguments_get(arguments, name) != NULL;
}

const char *caus_arguments_operand(const caus_arguments *arguments,
                                   size_t index)
{
    assert(index < arguments->operand_count);
    return arguments->operands[index];
}

size_t caus_arguments_operand_count(const caus_arguments *arguments)
{
    return arguments->operand_count;
}

/* Quoted only where a shell would read more than the word. */
static size_t quote(char *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
        "VWXYZ0123456789-_=./:,+@%";
    bool is_plain = *word && strspn(word, plain) == strlen(word);
    size_t length = 0;
    if (!is_plain)
        out[length++] = '\'';
    for (const char *at = word; *at; at++) {
        for (const char *before = "'\\'"; *at == '\'' && *before; before++)
            out[length++] = *before;
        out[length++] = *at;
    }
    if (!is_plain)
        out[length++] = '\'';
    return length;
}

const char *caus_shell_quote(const char *word, caus_arena *arena)
{
    char *text = caus_arena_array(arena, 4 * strlen(word) + 4, 1);
    if (text)
        text[quote(text, word)] = '\0';
    return text;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

const char *caus_arguments_text(const caus_arguments *arguments,
                                caus_arena *arena)
{
    static const char *const none[] = {NULL};
    return caus_arguments_text_for(arguments, arguments->command, none, arena);
}

const char *caus_arguments_text_for(const caus_arguments *arguments,
                                    const caus_command *command,
                                    const char *const *without,
                                    caus_arena *arena)
{
    size_t room = strlen(command->name) + 16;
    for (size_t i = 0; i < arguments->count; i++)
        room += strlen(arguments->given[i].option->name) +
                4 * strlen(arguments->given[i].value) + 8;
    for (size_t i = 0; i < arguments->operand_count; i++)
        room += 4 * strlen(arguments->operands[i]) + 4;
    char *text = caus_arena_array(arena, room, 1);
    if (!text)
        return NULL;
    size_t length = (size_t)snprintf(text, room, "caus %s", command->name);
    for (size_t i = 0; i < arguments->count; i++) {
        const given *one = &arguments->given[i];
        const char *name = one->option->name;
        if (!find_option(command, name, strlen(name)) ||
            is_among(name, without))
            continue;
        length += (size_t)snprintf(text + length, room - length, " --%s",
                                   one->option->name);
        if (!one->option->argument)
            continue;
        text[length++] = ' ';
        length += quote(text + length, one->value);
    }
    for (size_t i = 0; i < arguments->operand_count; i++) {
        text[length++] = ' ';
        length += quote(text + length, arguments->operands[i]);
    }
    text[length] = '\0';
    return text;
}

caus_status caus_arguments_integer(const caus_arguments *arguments,
                                   const char *name, long low, long high,
                                   long fallback, long *result, caus_error *err)
{
    const char *text = caus_arguments_get(arguments, name);
    if (!text) {
        *result = fallback;
        return CAUS_OK;
    }
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < low || value > high)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s=%s: give a whole number from %ld to %ld", name,
                         text, low, high);
    *result = value;
    return CAUS_OK;
}

caus_status caus_arguments_number(const caus_arguments *arguments,
                                  const char *name, double low, double high,
                                  double fallback, double *result,
                                  caus_error *err)
{
    const char *text = caus_arguments_get(arguments, name);
    if (!text) {
        *result = fallback;
        return CAUS_OK;
    }
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s=%s: give a number from %g to %g", name, text,
                         low, high);
    *result = value;
    return CAUS_OK;
}

caus_status caus_arguments_duration(const caus_arguments *arguments,
                                    const char *name, int64_t fallback_ns,
                                    int64_t *result_ns, caus_error *err)
{
    const char *text = caus_arguments_get(arguments, name);
    if (!text) {
        *result_ns = fallback_ns;
        return CAUS_OK;
    }
    caus_error reason;
    if (caus_duration_parse(text, result_ns, &reason) != CAUS_OK)
        return CAUS_FAIL(err, reason.status, "--%s: %s", name, reason.message);
    return CAUS_OK;
}

const caus_command *caus_command_find(const caus_command_table *table,
                                      const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->commands[i]->name, name) == 0)
            return table->commands[i];
    }
    return NULL;
}

const caus_command *caus_command_nearest(const caus_command_table *table,
                                         const char *name)
{
    const caus_command *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < table->count; i++) {
        size_t distance = caus_edit_distance(table->commands[i]->name, name);
        if (!table->commands[i]->hidden && distance < best_distance) {
            best_distance = distance;
            best = table->commands[i];
        }
    }
    return best;
}
