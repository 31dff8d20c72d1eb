/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "methods.h"
#include "servers.h"

static const caus_option server_options[] = {
    {"prometheus", 0, "URL", NULL, CAUS_COMPLETE_NOTHING,
     "Prometheus, Mimir, Thanos or VictoriaMetrics; default "
     "$CAUS_PROMETHEUS_URL"},
    {"clickhouse", 0, "URL", NULL, CAUS_COMPLETE_NOTHING,
     "ClickHouse with spans, over HTTP; default $CAUS_CLICKHOUSE_URL"},
    {"config", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "servers and files as settings; default ./caus.yml if there is one"},
    {"query-budget", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most queries to send to one server"},
};

const caus_option_group caus_server_options = {
    "servers", sizeof server_options / sizeof *server_options, server_options};

static const caus_option source_options[] = {
    {"metrics", 0, "NAME[,NAME=PROMQL...]", NULL, CAUS_COMPLETE_NOTHING,
     "metrics to take, by name or by expression"},
    {"traces", 0, "NAME[,NAME...]", NULL, CAUS_COMPLETE_NOTHING,
     "span series: <service>_latency, _latency_p50, _latency_p95, "
     "_latency_p99, _latency_avg, _errors, _error_ratio or _calls"},
    {"vars", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "variables defined in a vars.yml file"},
    {"service", 0, "NAME", NULL, CAUS_COMPLETE_NOTHING,
     "choose the variables of this service and of those up to two calls away "
     "(by --topology or by spans), from --vars, else from what init proposes, "
     "else from spans"},
    {"by", 0, "LEVEL", "service|pod", CAUS_COMPLETE_NOTHING,
     "one series a service (default) or a pod"},
    {"max-variables", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most variables to accept; default 500"},
    {"topology", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "who calls whom: CSV with src,dst"},
    {"service-separator", 0, "CHAR", NULL, CAUS_COMPLETE_NOTHING,
     "what ends the service in a variable's name; default _"},
};

const caus_option_group caus_source_options = {
    "sources", sizeof source_options / sizeof *source_options, source_options};

static const caus_option file_options[] = {
    {"recording", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "take everything from an incident file"},
    {"csv", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "take everything from a CSV file: column time, then one per variable; "
     "repeated: an environment each (discover --method)"},
    {"table", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "take a table without time: rows are independent, no lags"},
    {"traces-csv", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "spans: trace,span,parent,service,operation,start_us,duration_us and "
     "phase; alone they become series, beside other data who calls whom"},
    {"no-header", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "the CSV or table has no line of names"},
};

const caus_option_group caus_file_options = {
    "files", sizeof file_options / sizeof *file_options, file_options};

caus_status caus_cli_read_settings(const caus_arguments *arguments,
                                   caus_arena *arena, caus_settings *result,
                                   caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "config");
    *result = caus_settings_default();
    if (!path && access("caus.yml", F_OK) != 0)
        return CAUS_OK;
    return caus_settings_read(path ? path : "caus.yml", arena, result, err);
}

static caus_status join_specs(caus_arena *arena, caus_cli_specs *all,
                              caus_cli_specs more, caus_error *err)
{
    caus_variable_spec *joined = caus_arena_array(
        arena, all->count + more.count, sizeof(caus_variable_spec));
    if (!joined)
        return caus_arena_fail(arena, err);
    if (all->count)
        memcpy(joined, all->items, all->count * sizeof *joined);
    if (more.count)
        memcpy(joined + all->count, more.items, more.count * sizeof *joined);
    *all = (caus_cli_specs){joined, all->count + more.count};
    return CAUS_OK;
}

/* A bare name on the command line that --vars defines means that definition. */
static void apply_definitions(caus_variable_spec *named, size_t count,
                              caus_cli_specs defined)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < defined.count && !named[i].query; k++) {
            if (strcmp(named[i].name, defined.items[k].name) == 0)
                named[i] = defined.items[k];
        }
    }
}

/* Who calls whom by the spans of a server; NULL where they do not tell. */
static caus_status find_calls(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_endpoint *endpoint,
                              const caus_cli_window *window, caus_arena *arena,
                              const caus_topology **result, caus_error *err)
{
    size_t budget;
    CAUS_TRY(caus_cli_read_budget(arguments, &budget, err));
    caus_cli_window settled = *window;
    caus_cli_settle(&settled, 0);
    caus_spans_fetch_options options = {.window = settled.window,
                                        .baseline = settled.baseline,
                                        .max_spans = CAUS_CLI_CALL_SPANS,
                                        .max_queries = budget};
    caus_spans_fetch fetch;
    caus_error reason;
    caus_status status = caus_clickhouse_spans(endpoint, &options, program->run,
                                               arena, &fetch, &reason);
    if (status == CAUS_ERR_CANCELLED || status == CAUS_ERR_OUT_OF_MEMORY)
        return CAUS_FAIL(err, status, "%s", reason.message);
    if (status != CAUS_OK) {
        caus_program_say(program,
                         "spans do not tell who calls whom (%s): give "
                         "--topology",
                         reason.message);
        return CAUS_OK;
    }
    caus_topology *calls = caus_arena_array(arena, 1, sizeof *calls);
    if (!calls)
        return caus_arena_fail(arena, err);
    *result = calls;
    return caus_spans_topology(&fetch.spans, arena, calls, NULL, err);
}

/* --service chooses what --metrics and --traces would name. */
static caus_status read_around(caus_program *program,
                               const caus_arguments *arguments,
                               const caus_cli_specs *defined,
                               const caus_cli_window *window, caus_arena *arena,
                               caus_cli_source *result, caus_error *err)
{
    const char *service = caus_arguments_get(arguments, "service");
    const caus_topology *topology;
    caus_endpoint spans;
    if (caus_arguments_has(arguments, "metrics") ||
        caus_arguments_has(arguments, "traces"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--service chooses the variables: leave out --metrics "
                         "and --traces, or --service");
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &topology, err));
    CAUS_TRY(caus_cli_name_clickhouse(arguments, result, arena, &spans, err));
    if (result->spans_status != CAUS_OK)
        spans.url = NULL;
    if (!topology && spans.url && !program->offline) {
        result->query_count = CAUS_CLI_SPAN_QUERIES;
        CAUS_TRY(find_calls(program, arguments, &spans, window, arena,
                            &topology, err));
        result->calls = topology;
        /* A service without spans may have metrics. */
        if (topology && defined->count &&
            caus_topology_find(topology, service) == SIZE_MAX)
            topology = NULL;
    }
    return caus_cli_specs_around(service, defined, spans.url != NULL, topology,
                                 window, arena, &result->specs,
                                 &result->left_out, err);
}

/* Which servers options, environment or settings name. */
typedef struct named_servers {
    bool has_metrics;
    bool has_spans;
} named_servers;

static caus_status find_named(const caus_arguments *arguments,
                              const caus_cli_source *source, caus_arena *arena,
                              named_servers *result, caus_error *err)
{
    caus_endpoint metrics = source->settings.prometheus;
    caus_endpoint spans = source->settings.clickhouse;
    CAUS_TRY(caus_endpoint_from_environment("CAUS_PROMETHEUS_", arena, &metrics,
                                            err));
    CAUS_TRY(
        caus_endpoint_from_environment("CAUS_CLICKHOUSE_", arena, &spans, err));
    *result = (named_servers){
        .has_metrics =
            metrics.url || caus_arguments_has(arguments, "prometheus"),
        .has_spans = spans.url || caus_arguments_has(arguments, "clickhouse")};
    return CAUS_OK;
}

/* Whether servers were named and no variables; a budget of queries is for those
 * that were asked for. Of spans alone --service chooses by itself. */
static bool can_propose(const caus_program *program,
                        const caus_arguments *arguments,
                        const caus_cli_source *source, named_servers servers)
{
    static const char *const named[] = {"metrics", "traces", "vars",
                                        "query-budget"};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (caus_arguments_has(arguments, named[i]))
            return false;
    }
    return !program->offline && !source->settings.vars &&
           (servers.has_metrics ||
            (servers.has_spans && !caus_arguments_has(arguments, "service")));
}

/* Why there is no variable: what forbids to ask the servers, or nothing to
 * ask. */
static caus_status fail_without_variables(const caus_program *program,
                                          const caus_arguments *arguments,
                                          named_servers servers,
                                          caus_error *err)
{
    bool is_named = servers.has_metrics || servers.has_spans;
    if (is_named && program->offline)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--offline allows no server to be asked: give a file "
                         "by --recording, --csv or --table, or leave out "
                         "--offline");
    if (is_named && caus_arguments_has(arguments, "query-budget"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--query-budget=%s is for variables that are named, "
                         "and to find some takes queries too: name them by "
                         "--metrics, --traces or --vars, or leave out "
                         "--query-budget",
                         caus_arguments_get(arguments, "query-budget"));
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "no source: give --prometheus URL or set "
                     "CAUS_PROMETHEUS_URL, --metrics and --traces with "
                     "servers, --vars, or a file by --recording, --csv or "
                     "--table");
}

/* A server that was named and fails costs its part of the answer; where no
 * other was named that answers, all of it. */
static caus_status note_failure(caus_program *program,
                                const caus_cli_survey *survey,
                                caus_arena *arena, caus_cli_source *result,
                                caus_error *err)
{
    const caus_refusal *failure = &survey->failures[0];
    if (!survey->failure_count)
        return CAUS_OK;
    if (!survey->named_count)
        return CAUS_FAIL(err, failure->status, "%s", failure->message);
    bool is_clickhouse = strcmp(failure->what, "clickhouse") == 0;
    if (is_clickhouse)
        result->spans_status = failure->status;
    result->unasked = caus_arena_format(arena, "the answer is without %s: %s",
                                        is_clickhouse ? "traces" : "metrics",
                                        failure->message);
    if (!result->unasked)
        return caus_arena_fail(arena, err);
    caus_program_say(program, "warning: %s", result->unasked);
    return CAUS_OK;
}

/* Where nobody names variables, those that `caus init` would propose. */
static caus_status propose(caus_program *program,
                           const caus_arguments *arguments,
                           const caus_cli_window *window, caus_arena *arena,
                           caus_cli_source *source, caus_cli_specs *result,
                           caus_error *err)
{
    enum { NEIGHBOURS = 200 };
    caus_cli_survey *survey = caus_arena_array(arena, 1, sizeof *survey);
    caus_setup setup;
    if (!survey)
        return caus_arena_fail(arena, err);
    CAUS_TRY(
        caus_cli_survey_servers(program, arguments, false, arena, survey, err));
    CAUS_TRY(note_failure(program, survey, arena, source, err));
    bool is_around = caus_arguments_has(arguments, "service");
    caus_setup_options options = {.max_variables = is_around ? NEIGHBOURS : 0,
                                  .instant_ns = window->window.end_ns};
    CAUS_TRY(caus_cli_propose(program, arguments, survey, &options, arena,
                              &setup, err));
    caus_variable_spec *specs =
        caus_arena_array(arena, setup.proposal_count, sizeof *specs);
    if (!specs)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < setup.proposal_count; i++)
        specs[i] = setup.proposals[i].spec;
    *result = (caus_cli_specs){specs, setup.proposal_count};
    if (!is_around)
        caus_program_say(program,
                         "no variables are named: the %zu that caus init "
                         "proposes are taken, which also writes them down",
                         setup.proposal_count);
    return CAUS_OK;
}

/* What --metrics and --traces name, with the definitions that they mean. */
static caus_status read_named(const caus_arguments *arguments,
                              caus_cli_specs defined, caus_arena *arena,
                              caus_cli_specs *result, caus_error *err)
{
    const char *metrics = caus_arguments_get(arguments, "metrics");
    const char *traces = caus_arguments_get(arguments, "traces");
    caus_cli_specs all = {0}, part = {0};
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
    if (defined.count && all.count) {
        caus_variable_spec *own =
            caus_arena_array(arena, all.count, sizeof *own);
        if (!own)
            return caus_arena_fail(arena, err);
        memcpy(own, all.items, all.count * sizeof *own);
        apply_definitions(own, all.count, defined);
        all.items = own;
    }
    *result = all;
    return CAUS_OK;
}

static caus_status read_specs(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_cli_window *window, caus_arena *arena,
                              caus_cli_source *result, caus_error *err)
{
    const char *vars = caus_arguments_get(arguments, "vars");
    if (!vars)
        vars = result->settings.vars;
    caus_cli_specs defined = {0};
    named_servers servers;
    if (vars)
        CAUS_TRY(caus_specs_from_file(vars, arena, &defined.items,
                                      &defined.count, err));
    CAUS_TRY(find_named(arguments, result, arena, &servers, err));
    if (can_propose(program, arguments, result, servers))
        CAUS_TRY(
            propose(program, arguments, window, arena, result, &defined, err));
    bool is_around = caus_arguments_has(arguments, "service");
    if (is_around && !defined.count && servers.has_metrics &&
        !servers.has_spans)
        return fail_without_variables(program, arguments, servers, err);
    if (is_around)
        return read_around(program, arguments, &defined, window, arena, result,
                           err);
    result->specs = defined;
    result->is_choice = caus_arguments_has(arguments, "metrics") ||
                        caus_arguments_has(arguments, "traces");
    if (result->is_choice)
        CAUS_TRY(read_named(arguments, defined, arena, &result->specs, err));
    if (result->specs.count)
        return CAUS_OK;
    return fail_without_variables(program, arguments, servers, err);
}

caus_status caus_cli_read_separator(const caus_arguments *arguments,
                                    char *result, caus_error *err)
{
    const char *text = caus_arguments_get(arguments, "service-separator");
    *result = '_';
    if (!text)
        return CAUS_OK;
    if (strlen(text) != 1)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--service-separator=%s: give one character", text);
    *result = text[0];
    return CAUS_OK;
}

caus_status caus_cli_read_topology(const caus_arguments *arguments,
                                   caus_arena *arena,
                                   const caus_topology **result,
                                   caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "topology");
    *result = NULL;
    if (!path) {
        caus_settings settings;
        CAUS_TRY(caus_cli_read_settings(arguments, arena, &settings, err));
        path = settings.topology;
    }
    if (!path)
        return CAUS_OK;
    caus_topology *known = caus_arena_array(arena, 1, sizeof *known);
    if (!known)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_topology_read_csv(path, arena, known, err));
    *result = known;
    return CAUS_OK;
}

caus_status caus_cli_read_grafana(const caus_arguments *arguments,
                                  caus_arena *arena, caus_grafana *result,
                                  caus_error *err)
{
    caus_settings settings;
    CAUS_TRY(caus_cli_read_settings(arguments, arena, &settings, err));
    const char *named = getenv("CAUS_GRAFANA_URL");
    if (named && *named)
        settings.grafana.url = named;
    if (caus_arguments_has(arguments, "grafana-url"))
        settings.grafana.url = caus_arguments_get(arguments, "grafana-url");
    if (settings.grafana.url)
        CAUS_TRY(caus_grafana_check(settings.grafana.url, err));
    *result = settings.grafana;
    return CAUS_OK;
}

caus_status caus_cli_read_knowledge(const caus_arguments *arguments,
                                    caus_arena *arena,
                                    const caus_knowledge **result,
                                    caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "knowledge");
    *result = NULL;
    if (!path)
        return CAUS_OK;
    caus_knowledge *known = caus_arena_array(arena, 1, sizeof *known);
    if (!known)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_knowledge_read(path, arena, known, err));
    CAUS_TRY(caus_cli_read_max_parents(arguments, 0, &known->max_parents, err));
    *result = known;
    return CAUS_OK;
}

caus_status caus_cli_read_source(caus_program *program,
                                 const caus_arguments *arguments,
                                 const caus_cli_window *window,
                                 caus_arena *arena, caus_cli_source *result,
                                 caus_error *err)
{
    *result = (caus_cli_source){0};
    CAUS_TRY(caus_cli_read_settings(arguments, arena, &result->settings, err));
    caus_cli_show_queries(program, &result->settings.prometheus);
    caus_cli_show_queries(program, &result->settings.clickhouse);
    return read_specs(program, arguments, window, arena, result, err);
}
