/* SPDX-License-Identifier: Apache-2.0 */
/* Several files as environments of one series, and what their columns are. */
#include <string.h>

#include "cli.h"

/* ---- one file an environment ---- */

/* "east" of "data/east.csv.gz". */
static const char *name_of_file(const char *path, caus_arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strchr(name, '.');
    size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return caus_arena_format(arena, "%.*s", (int)length, name);
}

static caus_status name_files(const caus_arguments *arguments, size_t count,
                              caus_arena *arena, const char **names,
                              caus_error *err)
{
    for (size_t k = 0; k < count; k++) {
        const char *path = caus_arguments_nth(arguments, "csv", k);
        names[k] = name_of_file(path, arena);
        if (!names[k])
            return caus_arena_fail(arena, err);
        for (size_t other = 0; other < k; other++) {
            const char *earlier = caus_arguments_nth(arguments, "csv", other);
            if (strcmp(path, earlier) == 0)
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "--csv=%s is given twice: an environment is a "
                                 "file of its own",
                                 path);
            if (strcmp(names[k], names[other]) == 0)
                names[k] = path;
        }
    }
    return CAUS_OK;
}

/* The columns of a part in the order of the first. */
static caus_status sort_columns(const caus_series *first, const char *path,
                                caus_series *part, caus_arena *arena,
                                caus_error *err)
{
    size_t count = first->variable_count;
    size_t *keep = caus_arena_array(arena, count, sizeof *keep);
    if (!keep)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < count; v++) {
        keep[v] = caus_series_find(part, first->variables[v].name);
        if (keep[v] == SIZE_MAX)
            return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                             "%s has no column %s, which the first --csv has: "
                             "environments have the same columns",
                             path, first->variables[v].name);
    }
    caus_series all = *part;
    return caus_series_select(&all, keep, count, arena, part, err);
}

caus_status caus_cli_load_environments(caus_program *program,
                                       const caus_arguments *arguments,
                                       const caus_cli_window *window,
                                       caus_arena *arena,
                                       caus_cli_input *result, caus_error *err)
{
    size_t count = 0;
    while (caus_arguments_nth(arguments, "csv", count))
        count++;
    caus_series *parts = caus_arena_array(arena, count, sizeof *parts);
    const char **names = caus_arena_array(arena, count, sizeof *names);
    if (!parts || !names)
        return caus_arena_fail(arena, err);
    CAUS_TRY(name_files(arguments, count, arena, names, err));
    bool has_clock = true;
    for (size_t k = 0; k < count; k++) {
        const char *path = caus_arguments_nth(arguments, "csv", k);
        caus_cli_window own = *window;
        CAUS_TRY(caus_cli_load_csv(program, arguments, path, false, &own, arena,
                                   result, err));
        parts[k] = result->series;
        if (k)
            CAUS_TRY(sort_columns(&parts[0], path, &parts[k], arena, err));
        has_clock = has_clock && parts[k].segment_count &&
                    parts[k].segments[0].start_ns != 0;
    }
    const char *clock = caus_arguments_get(arguments, "clock");
    bool same_clock = clock ? strcmp(clock, "shared") == 0 : has_clock;
    if (same_clock && !has_clock)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--clock=shared needs a column time in every file: "
                         "add one, or give --clock own");
    return caus_series_pool(parts, names, count, same_clock, arena,
                            &result->series, err);
}

/* ---- contexts ---- */

static caus_status set_role(const caus_series *series, const char *word,
                            caus_role role, caus_variable *variables,
                            caus_error *err)
{
    size_t place = caus_series_find(series, word);
    if (place == SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "--context names %s, which is not among the %zu "
                         "variables",
                         word, series->variable_count);
    variables[place].role = role;
    return CAUS_OK;
}

/* One of "time:x", "space:y", or a name that takes the kind before it. */
static caus_status read_context(const caus_series *series, const char *word,
                                caus_role *role, caus_variable *variables,
                                caus_error *err)
{
    static const char time[] = "time:", space[] = "space:";
    if (strncmp(word, time, sizeof time - 1) == 0) {
        *role = CAUS_ROLE_TIME_CONTEXT;
        word += sizeof time - 1;
    } else if (strncmp(word, space, sizeof space - 1) == 0) {
        *role = CAUS_ROLE_SPACE_CONTEXT;
        word += sizeof space - 1;
    }
    if (*role == CAUS_ROLE_SYSTEM)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--context=%s: say which kind, as in "
                         "time:load,space:version",
                         word);
    return set_role(series, word, *role, variables, err);
}

caus_status caus_cli_read_contexts(const caus_arguments *arguments,
                                   caus_arena *arena, caus_series *series,
                                   caus_error *err)
{
    size_t count = series->variable_count;
    if (!caus_arguments_has(arguments, "context"))
        return CAUS_OK;
    caus_variable *variables =
        caus_arena_array(arena, count, sizeof *variables);
    if (!variables)
        return caus_arena_fail(arena, err);
    memcpy(variables, series->variables, count * sizeof *variables);
    for (size_t k = 0; caus_arguments_nth(arguments, "context", k); k++) {
        caus_role role = CAUS_ROLE_SYSTEM;
        char *words = caus_arena_format(
            arena, "%s", caus_arguments_nth(arguments, "context", k));
        if (!words)
            return caus_arena_fail(arena, err);
        for (char *word = words, *next; word; word = next) {
            next = strchr(word, ',');
            if (next)
                *next++ = '\0';
            CAUS_TRY(read_context(series, word, &role, variables, err));
        }
    }
    series->variables = variables;
    return CAUS_OK;
}
