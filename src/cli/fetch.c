/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const caus_option source_options[] = {
    {"prometheus", 0, "URL", NULL, CAUS_COMPLETE_NOTHING,
     "Prometheus, Mimir, Thanos or VictoriaMetrics; default "
     "$CAUS_PROMETHEUS_URL"},
    {"clickhouse", 0, "URL", NULL, CAUS_COMPLETE_NOTHING,
     "ClickHouse with spans, over HTTP; default $CAUS_CLICKHOUSE_URL"},
    {"metrics", 0, "NAME[,NAME=PROMQL...]", NULL, CAUS_COMPLETE_NOTHING,
     "metrics to take, by name or by expression"},
    {"traces", 0, "NAME[,NAME...]", NULL, CAUS_COMPLETE_NOTHING,
     "span series: <service>_latency, _latency_p50, _latency_p95, "
     "_latency_p99, _latency_avg, _errors, _error_ratio or _calls"},
    {"vars", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "variables defined in a vars.yml file"},
    {"by", 0, "LEVEL", "service|pod", CAUS_COMPLETE_NOTHING,
     "one series a service (default) or a pod"},
    {"max-variables", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most variables to accept; default 500"},
    {"query-budget", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most queries to send to one server"},
    {"topology", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "who calls whom: CSV with src,dst"},
    {"service-separator", 0, "CHAR", NULL, CAUS_COMPLETE_NOTHING,
     "what ends the service in a variable's name; default _"},
    {"recording", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "take everything from an incident file"},
    {"csv", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "take everything from a CSV file: column time, then one per variable"},
    {"table", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "take a table without time: rows are independent, no lags"},
    {"no-header", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "the CSV or table has no line of names"},
};

const caus_option_group caus_source_options = {
    "sources", sizeof source_options / sizeof *source_options, source_options};

/* ---- which variables ---- */

typedef struct specs {
    const caus_variable_spec *items;
    size_t count;
} specs;

static caus_status join_specs(caus_arena *arena, specs *all, specs more,
                              caus_error *err)
{
    caus_variable_spec *joined = caus_arena_array(
        arena, all->count + more.count, sizeof(caus_variable_spec));
    if (!joined)
        return caus_arena_fail(arena, err);
    if (all->count)
        memcpy(joined, all->items, all->count * sizeof *joined);
    if (more.count)
        memcpy(joined + all->count, more.items, more.count * sizeof *joined);
    *all = (specs){joined, all->count + more.count};
    return CAUS_OK;
}

/* A bare name on the command line that --vars defines means that definition. */
static void apply_definitions(caus_variable_spec *named, size_t count,
                              specs defined)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < defined.count && !named[i].query; k++) {
            if (strcmp(named[i].name, defined.items[k].name) == 0)
                named[i] = defined.items[k];
        }
    }
}

static caus_status read_specs(const caus_arguments *arguments,
                              caus_arena *arena, specs *result, caus_error *err)
{
    const char *metrics = caus_arguments_get(arguments, "metrics");
    const char *traces = caus_arguments_get(arguments, "traces");
    const char *vars = caus_arguments_get(arguments, "vars");
    specs all = {0}, part = {0}, defined = {0};
    if (vars)
        CAUS_TRY(caus_specs_from_file(vars, arena, &defined.items,
                                      &defined.count, err));
    if (metrics) {
        CAUS_TRY(caus_specs_from_metrics(metrics, arena, &part.items,
                                         &part.count, err));
        CAUS_TRY(join_specs(arena, &all, part, err));
    }
    if (traces) {
        CAUS_TRY(caus_specs_from_traces(traces, arena, &part.items, &part.count,
                                        err));
        CAUS_TRY(join_specs(arena, &all, part, err));
    }
    if (!metrics && !traces) {
        all = defined;
    } else if (defined.count) {
        caus_variable_spec *own =
            caus_arena_array(arena, all.count, sizeof *own);
        if (!own)
            return caus_arena_fail(arena, err);
        memcpy(own, all.items, all.count * sizeof *own);
        apply_definitions(own, all.count, defined);
        all.items = own;
    }
    if (!all.count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no variables: give --metrics, --traces or --vars, "
                         "or a file by --recording, --csv or --table");
    *result = all;
    return CAUS_OK;
}

/* ---- one server after the other ---- */

typedef caus_status fetch_function(const caus_endpoint *,
                                   const caus_variable_spec *, size_t,
                                   const caus_fetch_options *, const caus_run *,
                                   caus_arena *, caus_fetch *, caus_error *);

/* A kind of server: what it is called, where its address comes from. */
typedef struct server {
    const char *option;
    const char *prefix; /* of its environment variables */
    const char *flag;   /* the option that asks for its variables */
    caus_origin origin;
    fetch_function *fetch;
} server;

static const server servers[] = {
    {"prometheus", "CAUS_PROMETHEUS_", "--metrics", CAUS_ORIGIN_METRIC,
     caus_prometheus_fetch},
    {"clickhouse", "CAUS_CLICKHOUSE_", "--traces", CAUS_ORIGIN_TRACE,
     caus_clickhouse_fetch},
};

enum { SERVER_COUNT = sizeof servers / sizeof *servers };

static caus_status read_endpoint(const caus_arguments *arguments,
                                 const server *kind, const char *location,
                                 caus_arena *arena, caus_endpoint *endpoint,
                                 caus_error *err)
{
    *endpoint = caus_endpoint_default();
    CAUS_TRY(
        caus_endpoint_from_environment(kind->prefix, arena, endpoint, err));
    const char *url = caus_arguments_get(arguments, kind->option);
    if (url)
        endpoint->url = url;
    if (location)
        endpoint->url = location;
    if (!endpoint->url || !*endpoint->url)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s needs a server: give --%s URL or set %sURL",
                         kind->flag, kind->option, kind->prefix);
    return CAUS_OK;
}

static bool same_location(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The specs of one origin and location, and where each stands in the list. */
static size_t pick(const specs *all, const bool *taken, size_t first,
                   caus_variable_spec *picked, size_t *places)
{
    size_t count = 0;
    for (size_t i = first; i < all->count; i++) {
        const caus_variable_spec *spec = &all->items[i];
        if (taken[i] || spec->origin != all->items[first].origin ||
            !same_location(spec->location, all->items[first].location))
            continue;
        picked[count] = *spec;
        places[count++] = i;
    }
    return count;
}

static caus_status append(caus_arena *arena, const void **items, size_t *count,
                          const void *more, size_t more_count, size_t size,
                          caus_error *err)
{
    char *joined = caus_arena_array(arena, *count + more_count, size);
    if (!joined)
        return caus_arena_fail(arena, err);
    if (*count)
        memcpy(joined, *items, *count * size);
    if (more_count)
        memcpy(joined + *count * size, more, more_count * size);
    *items = joined;
    *count += more_count;
    return CAUS_OK;
}

static caus_status join_fetch(caus_arena *arena, caus_fetch *all,
                              const caus_fetch *part, caus_error *err)
{
    const void *tracks = all->samples.tracks, *queries = all->queries,
               *warnings = all->warnings;
    CAUS_TRY(append(arena, &tracks, &all->samples.track_count,
                    part->samples.tracks, part->samples.track_count,
                    sizeof(caus_track), err));
    CAUS_TRY(append(arena, &queries, &all->query_count, part->queries,
                    part->query_count, sizeof(caus_fetched_query), err));
    CAUS_TRY(append(arena, &warnings, &all->warning_count, part->warnings,
                    part->warning_count, sizeof(const char *), err));
    all->samples.tracks = tracks;
    all->queries = queries;
    all->warnings = warnings;
    if (part->scrape_interval_s > all->scrape_interval_s)
        all->scrape_interval_s = part->scrape_interval_s;
    return CAUS_OK;
}

static void print_queries(caus_program *program, const caus_fetch *fetch)
{
    for (size_t i = 0; program->show_queries && i < fetch->query_count; i++)
        caus_program_say(program, "%s: %s", fetch->queries[i].server,
                         fetch->queries[i].text);
}

static caus_status fetch_options(const caus_arguments *arguments,
                                 const caus_cli_window *window,
                                 caus_arena *arena, caus_fetch_options *options,
                                 caus_error *err)
{
    long max_variables, budget;
    CAUS_TRY(caus_arguments_integer(arguments, "max-variables", 1, 100000, 500,
                                    &max_variables, err));
    CAUS_TRY(caus_arguments_integer(arguments, "query-budget", 1, 1000000, 0,
                                    &budget, err));
    const char *by = caus_arguments_get(arguments, "by");
    const char *separator = caus_arguments_get(arguments, "service-separator");
    const char *topology = caus_arguments_get(arguments, "topology");
    *options = (caus_fetch_options){
        .window = window->window,
        .baseline = window->baseline,
        .by_pod = by && strcmp(by, "pod") == 0,
        .max_variables = (size_t)max_variables,
        .max_queries = (size_t)budget,
        .service_separator = separator ? separator[0] : '_',
    };
    if (!topology)
        return CAUS_OK;
    caus_topology *known = caus_arena_array(arena, 1, sizeof *known);
    if (!known)
        return caus_arena_fail(arena, err);
    options->topology = known;
    return caus_topology_read_csv(topology, arena, known, err);
}

static void compare_clocks(caus_program *program,
                           const double skew_s[SERVER_COUNT])
{
    double apart = skew_s[0] - skew_s[1];
    if (fabs(apart) >= 1)
        caus_program_say(program,
                         "the clocks of Prometheus and ClickHouse are %.1f s "
                         "apart (Prometheus %s)",
                         fabs(apart), apart > 0 ? "ahead" : "behind");
}

caus_status caus_cli_fetch(caus_program *program,
                           const caus_arguments *arguments,
                           const caus_cli_window *window, caus_arena *arena,
                           caus_fetch *result, caus_error *err)
{
    specs all;
    CAUS_TRY(read_specs(arguments, arena, &all, err));
    if (program->offline)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--offline allows no server: give --recording, --csv "
                         "or --table");
    caus_fetch_options options;
    CAUS_TRY(fetch_options(arguments, window, arena, &options, err));
    bool *taken = caus_arena_array(arena, all.count, sizeof *taken);
    size_t *places = caus_arena_array(arena, all.count, sizeof *places);
    caus_variable_spec *picked =
        caus_arena_array(arena, all.count, sizeof *picked);
    if (!taken || !places || !picked)
        return caus_arena_fail(arena, err);
    double skew_s[SERVER_COUNT] = {NAN, NAN};
    *result = (caus_fetch){.clock_skew_s = NAN};
    for (size_t i = 0; i < all.count; i++) {
        if (taken[i])
            continue;
        if (all.items[i].origin == CAUS_ORIGIN_CSV)
            return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                             "variable %s comes from a file: give files by "
                             "--csv, without servers beside them",
                             all.items[i].name);
        const server *kind = &servers[all.items[i].origin == CAUS_ORIGIN_TRACE];
        size_t count = pick(&all, taken, i, picked, places);
        for (size_t k = 0; k < count; k++)
            taken[places[k]] = true;
        caus_endpoint endpoint;
        CAUS_TRY(read_endpoint(arguments, kind, all.items[i].location, arena,
                               &endpoint, err));
        caus_fetch part;
        CAUS_TRY(kind->fetch(&endpoint, picked, count, &options, program->run,
                             arena, &part, err));
        print_queries(program, &part);
        CAUS_TRY(join_fetch(arena, result, &part, err));
        skew_s[kind - servers] = part.clock_skew_s;
    }
    if (!isnan(skew_s[0]) && !isnan(skew_s[1]))
        compare_clocks(program, skew_s);
    return CAUS_OK;
}
