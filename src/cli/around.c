/* SPDX-License-Identifier: Apache-2.0 */
/* --service S: the variables of a service and of those near it in the call
 * graph, as many as the rows of the window can carry. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { HOPS = 2, LAGS = 5, ROWS_A_TERM = 4 };

/* Services by their distance from the one asked for. */
typedef struct neighbourhood {
    const char **services;
    size_t *hops;
    size_t count;
} neighbourhood;

static bool is_in(const neighbourhood *near, const char *service)
{
    for (size_t i = 0; i < near->count; i++) {
        if (strcmp(near->services[i], service) == 0)
            return true;
    }
    return false;
}

/* Adds who calls or is called by a service at the distance before. */
static void add_ring(const caus_topology *topology, size_t hops,
                     neighbourhood *near)
{
    size_t known = near->count;
    for (size_t i = 0; i < known; i++) {
        if (near->hops[i] + 1 != hops)
            continue;
        for (size_t c = 0; c < topology->call_count; c++) {
            const char *caller = topology->services[topology->calls[c][0]];
            const char *callee = topology->services[topology->calls[c][1]];
            const char *other = NULL;
            if (strcmp(caller, near->services[i]) == 0)
                other = callee;
            else if (strcmp(callee, near->services[i]) == 0)
                other = caller;
            if (!other || is_in(near, other))
                continue;
            near->hops[near->count] = hops;
            near->services[near->count++] = other;
        }
    }
}

static caus_status fail_service(const char *service,
                                const caus_topology *topology, caus_error *err)
{
    const char *nearest = topology->services[0];
    for (size_t i = 1; i < topology->service_count; i++) {
        if (caus_edit_distance(topology->services[i], service) <
            caus_edit_distance(nearest, service))
            nearest = topology->services[i];
    }
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "--service=%s is not in the topology; the nearest is %s",
                     service, nearest);
}

static caus_status find_near(const char *service, const caus_topology *topology,
                             caus_arena *arena, neighbourhood *near,
                             caus_error *err)
{
    size_t most = 1 + (topology ? topology->service_count : 0);
    *near = (neighbourhood){
        .services = caus_arena_array(arena, most, sizeof *near->services),
        .hops = caus_arena_array(arena, most, sizeof *near->hops)};
    if (!near->services || !near->hops)
        return caus_arena_fail(arena, err);
    if (topology && topology->service_count &&
        caus_topology_find(topology, service) == SIZE_MAX)
        return fail_service(service, topology, err);
    near->services[near->count++] = service;
    for (size_t hops = 1; topology && hops <= HOPS; hops++)
        add_ring(topology, hops, near);
    return CAUS_OK;
}

/* Latency, errors and calls of every near service, the nearest first. */
static caus_status add_traces(const neighbourhood *near, caus_arena *arena,
                              caus_cli_specs *specs, caus_error *err)
{
    static const char *const values[] = {"latency", "errors", "calls"};
    const char *names = NULL;
    for (size_t i = 0; i < near->count; i++) {
        for (size_t k = 0; k < 3; k++) {
            names = caus_arena_format(arena, "%s%s%s_%s", names ? names : "",
                                      names ? "," : "", near->services[i],
                                      values[k]);
            if (!names)
                return caus_arena_fail(arena, err);
        }
    }
    return caus_specs_from_traces(names, arena, &specs->items, &specs->count,
                                  err);
}

static void find_service(const caus_variable_spec *spec,
                         const caus_topology *topology, const char **service,
                         size_t *length)
{
    *service = spec->service;
    *length = *service ? strlen(*service) : 0;
    if (!*length)
        caus_service_of_name(spec->name, topology, '_', service, length);
}

static size_t distance_of(const caus_variable_spec *spec,
                          const caus_topology *topology,
                          const neighbourhood *near)
{
    const char *service;
    size_t length;
    find_service(spec, topology, &service, &length);
    for (size_t i = 0; i < near->count; i++) {
        if (strlen(near->services[i]) == length &&
            memcmp(near->services[i], service, length) == 0)
            return near->hops[i];
    }
    return SIZE_MAX;
}

/* The definitions of near services, the nearest first. */
static caus_status add_definitions(const caus_cli_specs *defined,
                                   const caus_topology *topology,
                                   const neighbourhood *near, caus_arena *arena,
                                   caus_cli_specs *specs, caus_error *err)
{
    caus_variable_spec *items =
        caus_arena_array(arena, defined->count, sizeof *items);
    if (!items)
        return caus_arena_fail(arena, err);
    specs->items = items;
    for (size_t hops = 0; hops <= HOPS; hops++)
        for (size_t i = 0; i < defined->count; i++)
            if (distance_of(&defined->items[i], topology, near) == hops)
                items[specs->count++] = defined->items[i];
    return CAUS_OK;
}

/* With the service of a variable that is written most like the one asked for.
 */
static caus_status fail_definitions(const char *service,
                                    const caus_cli_specs *defined,
                                    const caus_topology *topology,
                                    caus_arena *arena, caus_error *err)
{
    const char *nearest = NULL;
    for (size_t i = 0; i < defined->count; i++) {
        const char *start;
        size_t length;
        find_service(&defined->items[i], topology, &start, &length);
        const char *name = caus_arena_format(arena, "%.*s", (int)length, start);
        if (!name)
            return caus_arena_fail(arena, err);
        if (!nearest || caus_edit_distance(name, service) <
                            caus_edit_distance(nearest, service))
            nearest = name;
    }
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "--service=%s: none of the %zu variables to choose from "
                     "belongs to it or to a service up to %d calls away; the "
                     "nearest name of a service is %s",
                     service, defined->count, HOPS, nearest);
}

/* Variables times lags are to be at most a quarter of the rows. */
static size_t most_of(size_t rows, size_t lags)
{
    size_t most = rows / ROWS_A_TERM / (lags ? lags : 1);
    return most < 2 ? 2 : most;
}

static size_t most_variables(const caus_cli_window *window)
{
    caus_cli_window settled = *window;
    caus_cli_settle(&settled, settled.window.step_ns);
    size_t rows = caus_grid_row_count(&settled.window);
    if (settled.baseline.step_ns)
        rows += caus_grid_row_count(&settled.baseline);
    return most_of(rows, LAGS);
}

/* Says which of the farthest variables were left out. */
static caus_status cap(const caus_cli_window *window, const char *service,
                       caus_arena *arena, caus_cli_specs *specs,
                       const char **left_out, caus_error *err)
{
    size_t most = most_variables(window), shown = 0;
    *left_out = NULL;
    if (specs->count <= most)
        return CAUS_OK;
    const char *names = "";
    for (size_t i = most; i < specs->count && shown < 6; i++, shown++) {
        names = caus_arena_format(arena, "%s%s%s", names, shown ? ", " : "",
                                  specs->items[i].name);
        if (!names)
            return caus_arena_fail(arena, err);
    }
    size_t more = specs->count - most - shown;
    *left_out = caus_arena_format(
        arena,
        "of %zu variables near %s the rows asked for carry %zu: left out, "
        "farthest first, %s%s; widen the window to take more",
        specs->count, service, most, names, more ? " and others" : "");
    specs->count = most;
    return *left_out ? CAUS_OK : caus_arena_fail(arena, err);
}

caus_status caus_cli_specs_around(const char *service,
                                  const caus_cli_specs *defined,
                                  bool has_traces,
                                  const caus_topology *topology,
                                  const caus_cli_window *window,
                                  caus_arena *arena, caus_cli_specs *result,
                                  const char **left_out, caus_error *err)
{
    neighbourhood near;
    *result = (caus_cli_specs){0};
    if (!defined->count && !has_traces)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--service=%s chooses among the variables of --vars, "
                         "the metrics of --prometheus or the spans of "
                         "--clickhouse: give one of them",
                         service);
    CAUS_TRY(find_near(service, topology, arena, &near, err));
    if (defined->count)
        CAUS_TRY(add_definitions(defined, topology, &near, arena, result, err));
    else
        CAUS_TRY(add_traces(&near, arena, result, err));
    if (!result->count)
        return fail_definitions(service, defined, topology, arena, err);
    return cap(window, service, arena, result, left_out, err);
}

/* Rows in which anything was measured. */
static size_t count_measured(const caus_series *series)
{
    size_t count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++) {
            size_t v = 0;
            while (v < series->variable_count &&
                   caus_segment_is_missing(segment, row, v))
                v++;
            count += v < series->variable_count;
        }
    }
    return count;
}

bool caus_cli_chose_near(const caus_arguments *arguments)
{
    return caus_arguments_has(arguments, "service") &&
           !caus_arguments_has(arguments, "recording") &&
           !caus_arguments_has(arguments, "csv") &&
           !caus_arguments_has(arguments, "table");
}

size_t caus_cli_lags_carried(const caus_series *series)
{
    size_t lags = count_measured(series) / ROWS_A_TERM / series->variable_count;
    return lags < LAGS ? LAGS : lags;
}

caus_status caus_cli_cap_by_lags(const char *service, size_t max_lag,
                                 caus_arena *arena, caus_cli_input *input,
                                 caus_error *err)
{
    caus_series *series = &input->series;
    size_t rows = count_measured(series), all = series->variable_count;
    size_t most = most_of(rows, max_lag);
    if (all <= most)
        return CAUS_OK;
    size_t *keep = caus_arena_array(arena, most, sizeof *keep);
    if (!keep)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < most; i++)
        keep[i] = i;
    const char *said = caus_arena_format(
        arena,
        "of %zu variables near %s the %zu rows with values carry %zu at lags "
        "up to %zu: left out, farthest first, %s%s; widen the window or "
        "shorten --max-lag to take more",
        all, service, rows, most, max_lag, series->variables[most].name,
        all > most + 1 ? " and others" : "");
    if (!said)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_cli_add_warning(arena, input, said, err));
    return caus_series_select(series, keep, most, arena, series, err);
}
