/* SPDX-License-Identifier: Apache-2.0 */
/* Which servers there are: named ones, else those on the usual ports. */
#include <stdlib.h>
#include <string.h>

#include "servers.h"

enum { PORTS = 4 };

typedef struct kind {
    const char *name; /* of option and server */
    const char *prefix;
    const char *usual[PORTS]; /* NULL = none */
} kind;

static const kind kinds[CAUS_CLI_SERVERS] = {
    {"prometheus",
     "CAUS_PROMETHEUS_",
     {"http://127.0.0.1:9090", "http://127.0.0.1:8428",
      "http://127.0.0.1:10902", "http://127.0.0.1:9009/prometheus"}},
    {"clickhouse", "CAUS_CLICKHOUSE_", {"http://127.0.0.1:8123"}},
};

static const char usual_port[] = "usual port";

/* One look at servers. */
typedef struct search {
    caus_program *program;
    const caus_arguments *arguments;
    caus_survey_options options;
    caus_arena *arena;
    caus_cli_survey *result;
} search;

/* The endpoint that options, environment or settings name; NULL = none do. */
static caus_status name_endpoint(const search *at, size_t which,
                                 caus_endpoint *endpoint, const char **found,
                                 caus_error *err)
{
    const kind *about = &kinds[which];
    const char *option = caus_arguments_get(at->arguments, about->name);
    *found = endpoint->url ? "caus.yml" : NULL;
    const char *before = endpoint->url;
    CAUS_TRY(caus_endpoint_from_environment(about->prefix, at->arena, endpoint,
                                            err));
    if (endpoint->url != before)
        *found = "environment";
    if (!option)
        return CAUS_OK;
    endpoint->url = option;
    *found = which == 0 ? "--prometheus" : "--clickhouse";
    return CAUS_OK;
}

static caus_status ask(const search *at, size_t which,
                       const caus_endpoint *endpoint, const char *found,
                       caus_error *err)
{
    caus_cli_survey *result = at->result;
    caus_answer_server server = {.kind = kinds[which].name, .found = found};
    result->endpoints[which] = *endpoint;
    endpoint = &result->endpoints[which];
    caus_cli_show_queries(at->program, &result->endpoints[which]);
    if (which == 0) {
        CAUS_TRY(caus_prometheus_survey(endpoint, &at->options,
                                        at->program->run, at->arena,
                                        &result->metrics, err));
        result->servers.prometheus = &result->endpoints[which];
        result->servers.metrics = &result->metrics;
        server.url = result->metrics.url;
        server.version = result->metrics.version;
    } else {
        CAUS_TRY(caus_clickhouse_survey(endpoint, &at->options,
                                        at->program->run, at->arena,
                                        &result->spans, err));
        result->servers.clickhouse = &result->endpoints[which];
        result->servers.spans = &result->spans;
        server.url = result->spans.url;
        server.version = result->spans.version;
    }
    result->found[result->found_count++] = server;
    return CAUS_OK;
}

static bool ends_search(caus_status status)
{
    return status == CAUS_ERR_CANCELLED || status == CAUS_ERR_TIME_LIMIT ||
           status == CAUS_ERR_OUT_OF_MEMORY || status == CAUS_ERR_LIMIT ||
           status == CAUS_ERR_INVALID_ARGUMENT;
}

/* A server that was named has to answer, or is told of. */
static caus_status ask_named(const search *at, size_t which,
                             const caus_endpoint *endpoint, const char *found,
                             caus_error *err)
{
    caus_error reason;
    caus_status status = ask(at, which, endpoint, found, &reason);
    if (status == CAUS_OK) {
        at->result->named_count++;
        return CAUS_OK;
    }
    /* Without a budget of ours it is the server that sets the limit. */
    bool is_theirs = status == CAUS_ERR_LIMIT && !at->options.max_queries;
    if (ends_search(status) && !is_theirs)
        return CAUS_FAIL(err, status, "%s", reason.message);
    const char *message = caus_arena_format(at->arena, "%s", reason.message);
    if (!message)
        return caus_arena_fail(at->arena, err);
    at->result->failures[at->result->failure_count++] =
        (caus_refusal){kinds[which].name, status, message};
    return CAUS_OK;
}

/* Whatever else listens on a usual port is no failure. */
static caus_status try_usual(const search *at, size_t which, caus_error *err)
{
    for (size_t i = 0; i < PORTS && kinds[which].usual[i]; i++) {
        caus_endpoint endpoint = caus_endpoint_default();
        caus_error reason;
        endpoint.url = kinds[which].usual[i];
        endpoint.timeout_s = 5;
        endpoint.retries = 0;
        caus_status status = ask(at, which, &endpoint, usual_port, &reason);
        if (status == CAUS_OK)
            return CAUS_OK;
        if (ends_search(status))
            return CAUS_FAIL(err, status, "%s", reason.message);
    }
    return CAUS_OK;
}

static caus_status collect_queries(const search *at, caus_error *err)
{
    caus_cli_survey *result = at->result;
    size_t metrics = result->metrics.query_count;
    result->query_count = metrics + result->spans.query_count;
    result->queries = caus_arena_array(at->arena, result->query_count,
                                       sizeof *result->queries);
    if (!result->queries)
        return caus_arena_fail(at->arena, err);
    for (size_t i = 0; i < result->query_count; i++) {
        result->queries[i] = i < metrics ? result->metrics.queries[i]
                                         : result->spans.queries[i - metrics];
    }
    return CAUS_OK;
}

caus_status caus_cli_survey_servers(caus_program *program,
                                    const caus_arguments *arguments,
                                    bool has_history, caus_arena *arena,
                                    caus_cli_survey *result, caus_error *err)
{
    caus_settings settings;
    size_t budget;
    if (program->offline)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--offline allows no server, and this command asks "
                         "servers: leave out --offline");
    CAUS_TRY(caus_cli_read_settings(arguments, arena, &settings, err));
    CAUS_TRY(caus_cli_read_budget(arguments, &budget, err));
    *result = (caus_cli_survey){0};
    search at = {.program = program,
                 .arguments = arguments,
                 .options = {budget, has_history},
                 .arena = arena,
                 .result = result};
    for (size_t i = 0; i < CAUS_CLI_SERVERS; i++) {
        caus_endpoint endpoint = i ? settings.clickhouse : settings.prometheus;
        const char *found;
        CAUS_TRY(name_endpoint(&at, i, &endpoint, &found, err));
        if (found)
            CAUS_TRY(ask_named(&at, i, &endpoint, found, err));
        else
            CAUS_TRY(try_usual(&at, i, err));
    }
    return collect_queries(&at, err);
}

const char *caus_cli_server_words(const caus_cli_survey *survey,
                                  caus_arena *arena)
{
    const char *words = "";
    for (size_t i = 0; words && i < survey->found_count; i++) {
        const caus_answer_server *server = &survey->found[i];
        bool is_prometheus = strcmp(server->kind, "prometheus") == 0;
        if (*server->found != '-' && server->found != usual_port)
            continue;
        const char *url =
            caus_shell_quote(survey->endpoints[!is_prometheus].url, arena);
        words = url ? caus_arena_format(arena, "%s --%s %s", words,
                                        server->kind, url)
                    : NULL;
    }
    return words;
}

caus_status caus_cli_propose(caus_program *program,
                             const caus_arguments *arguments,
                             const caus_cli_survey *survey,
                             const caus_setup_options *options,
                             caus_arena *arena, caus_setup *result,
                             caus_error *err)
{
    caus_setup_options bounded = *options;
    if (caus_arguments_has(arguments, "around"))
        CAUS_TRY(
            caus_cli_read_time(arguments, "around", &bounded.instant_ns, err));
    CAUS_TRY(caus_cli_read_budget(arguments, &bounded.max_queries, err));
    return caus_setup_propose(&survey->servers, &bounded, program->run, arena,
                              result, err);
}
