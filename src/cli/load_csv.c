/* SPDX-License-Identifier: Apache-2.0 */
/* CSV and table files. */
#include "cli.h"

static caus_status read_options(const caus_arguments *arguments, bool table,
                                caus_arena *arena, caus_cli_zone *zone,
                                caus_csv_options *result, caus_error *err)
{
    *result = (caus_csv_options){
        .table = table,
        .no_header = caus_arguments_has(arguments, "no-header"),
    };
    CAUS_TRY(
        caus_cli_read_separator(arguments, &result->service_separator, err));
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &result->topology, err));
    CAUS_TRY(caus_cli_read_zone(arguments, zone, err));
    if (zone->given) {
        result->zone = caus_cli_zone_minutes;
        result->zone_data = zone;
    }
    return CAUS_OK;
}

caus_status caus_cli_open_csv(caus_program *program,
                              const caus_arguments *arguments, const char *path,
                              bool table, caus_cli_window *window,
                              caus_arena *arena, caus_cli_input *input,
                              caus_cli_csv *result, caus_error *err)
{
    caus_csv_options options;
    *result = (caus_cli_csv){0};
    CAUS_TRY(
        read_options(arguments, table, arena, &result->zone, &options, err));
    options.part = window->given && !table;
    CAUS_TRY(
        caus_csv_open(path, &options, program->run, arena, &result->csv, err));
    caus_csv_facts facts = caus_csv_get_facts(result->csv);
    caus_status status =
        facts.has_time ? caus_cli_raise_step(window, facts.step_ns,
                                             "the distance of the file's rows",
                                             arena, input, err)
                       : CAUS_OK;
    result->cut.step_ns = window->window.step_ns;
    if (status == CAUS_OK && (!window->given || table))
        return CAUS_OK;
    caus_cli_settle(window, facts.step_ns);
    if (status == CAUS_OK && facts.has_time)
        status = caus_cli_clip_window(
            window, (caus_cli_reach){facts.first_ns, facts.last_ns}, arena,
            input, err);
    result->cut.window = window->window;
    result->cut.baseline = window->baseline;
    if (status != CAUS_OK)
        caus_csv_close(result->csv);
    return status;
}

caus_status caus_cli_add_csv_warnings(const caus_csv *csv, caus_arena *arena,
                                      caus_cli_input *input, caus_error *err)
{
    size_t count;
    const char *const *warnings = caus_csv_get_warnings(csv, &count);
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(caus_cli_add_warning(arena, input, warnings[i], err));
    return CAUS_OK;
}

/* Without a time column a row is a step, whose length nobody has said. */
static caus_status warn_of_rows(const char *path, caus_arena *arena,
                                caus_cli_input *result, caus_error *err)
{
    return caus_cli_add_warning(
        arena, result,
        caus_arena_format(arena,
                          "%s has no column time: each of its %zu rows is "
                          "taken as one step of unknown length; give --step to "
                          "say how long",
                          path, result->series.segments[0].row_count),
        err);
}

caus_status caus_cli_load_csv(caus_program *program,
                              const caus_arguments *arguments, const char *path,
                              bool table, caus_cli_window *window,
                              caus_arena *arena, caus_cli_input *result,
                              caus_error *err)
{
    bool has_step = window->window.step_ns != 0;
    caus_cli_csv file;
    CAUS_TRY(caus_cli_open_csv(program, arguments, path, table, window, arena,
                               result, &file, err));
    bool has_time = caus_csv_get_facts(file.csv).has_time;
    caus_status status = caus_csv_read_series(file.csv, &file.cut, program->run,
                                              arena, &result->series, err);
    if (status == CAUS_OK)
        status = caus_cli_add_csv_warnings(file.csv, arena, result, err);
    caus_csv_close(file.csv);
    caus_program_lap(program, "read");
    if (status == CAUS_OK && !table && !has_step && !has_time)
        status = warn_of_rows(path, arena, result, err);
    return status;
}
