/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/links.h"

#include <inttypes.h>
#include <string.h>

#include "base/base.h"

/* A data source by its uid and its type; no uid = there is none. */
typedef struct data_source {
    const char *uid, *type;
} data_source;

static const char clickhouse_type[] = "grafana-clickhouse-datasource";

static const char *either(const char *given, const char *usual)
{
    return given && *given ? given : usual;
}

static data_source source_of(const caus_grafana *grafana,
                             const caus_explore *what)
{
    static const char *const types[] = {"prometheus", "tempo", "loki"};
    const char *uids[] = {either(grafana->metrics, "prometheus"),
                          either(grafana->traces, NULL),
                          either(grafana->logs, NULL)};
    if (!uids[what->kind] && what->statement)
        return (data_source){either(grafana->clickhouse, "clickhouse"),
                             clickhouse_type};
    return (data_source){uids[what->kind], types[what->kind]};
}

static void put_milliseconds(caus_json *json, const char *key, int64_t time_ns)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, time_ns / 1000000);
    caus_json_put_text(json, key, text);
}

/* Quotes and backslashes go behind a backslash, in Go's strings and in those of
 * ClickHouse. */
static void add_quoted(caus_text *text, const char *value, char quote)
{
    caus_text_add_char(text, quote);
    for (const char *at = value; *at; at++) {
        if (*at == quote || *at == '\\')
            caus_text_add_char(text, '\\');
        caus_text_add_char(text, *at);
    }
    caus_text_add_char(text, quote);
}

static void put_made(caus_json *json, const char *key, caus_text *text)
{
    caus_json_put_text(json, key, text->failed ? "" : text->bytes);
    json->text->failed = json->text->failed || text->failed;
    caus_text_deinit(text);
}

/* A selector of lines. */
static void put_selector(caus_json *json, const char *service)
{
    caus_text text = {0};
    caus_text_add(&text, "{service_name=");
    add_quoted(&text, service, '"');
    caus_text_add_char(&text, '}');
    put_made(json, "expr", &text);
}

/* `format` decides which frames the plugin makes, `queryType` what its editor
 * shows; without the version it takes the query for one of before 4.0. */
static void put_statement(caus_json *json, const caus_explore *what)
{
    enum { LOGS = 2, TRACES = 3 };
    bool is_trace = what->kind == CAUS_EXPLORE_TRACE;
    const char *place = strrchr(what->statement, '?');
    caus_text sql = {0};
    if (place) {
        caus_text_add_bytes(&sql, what->statement,
                            (size_t)(place - what->statement));
        add_quoted(&sql, what->query, '\'');
    }
    caus_text_add(&sql, place ? place + 1 : what->statement);
    caus_json_put_text(json, "pluginVersion", "4.0.0");
    caus_json_put_text(json, "editorType", "sql");
    caus_json_put_text(json, "queryType", is_trace ? "traces" : "logs");
    caus_json_put_unsigned(json, "format", is_trace ? TRACES : LOGS);
    put_made(json, "rawSql", &sql);
}

static void write_query(caus_json *json, const caus_explore *what,
                        data_source source)
{
    caus_json_begin_object(json);
    caus_json_put_text(json, "refId", "A");
    caus_json_key(json, "datasource");
    caus_json_begin_object(json);
    caus_json_put_text(json, "type", source.type);
    caus_json_put_text(json, "uid", source.uid);
    caus_json_end_object(json);
    if (source.type == clickhouse_type) {
        put_statement(json, what);
    } else if (what->kind == CAUS_EXPLORE_METRIC) {
        caus_json_put_text(json, "expr", what->query);
        caus_json_put_bool(json, "range", true);
    } else if (what->kind == CAUS_EXPLORE_TRACE) {
        caus_json_put_text(json, "queryType", "traceql");
        caus_json_put_text(json, "query", what->query);
    } else {
        put_selector(json, what->query);
    }
    caus_json_end_object(json);
}

static void write_pane(caus_json *json, const caus_explore *what,
                       data_source source)
{
    caus_json_begin_object(json);
    caus_json_put_text(json, "datasource", source.uid);
    caus_json_key(json, "queries");
    caus_json_begin_array(json);
    write_query(json, what, source);
    caus_json_end_array(json);
    caus_json_key(json, "range");
    caus_json_begin_object(json);
    put_milliseconds(json, "from", what->from_ns);
    put_milliseconds(json, "to", what->to_ns);
    caus_json_end_object(json);
    caus_json_end_object(json);
}

static void add_encoded(caus_text *url, const caus_text *state)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < state->length; i++) {
        unsigned char byte = (unsigned char)state->bytes[i];
        if (byte && strchr(plain, byte))
            caus_text_add_char(url, (char)byte);
        else
            caus_text_format(url, "%%%02X", byte);
    }
}

/* One of the two forms of the state: a pane by name, or alone. Names are three
 * letters or digits; Grafana replaces others. */
static void add_state(caus_text *url, const caus_explore *what,
                      data_source source, bool named)
{
    caus_text state = {0};
    caus_json json;
    caus_json_init(&json, &state, 0);
    if (named) {
        caus_json_begin_object(&json);
        caus_json_key(&json, "one");
    }
    write_pane(&json, what, source);
    if (named)
        caus_json_end_object(&json);
    add_encoded(url, &state);
    url->failed = url->failed || state.failed;
    caus_text_deinit(&state);
}

caus_status caus_grafana_check(const char *url, caus_error *err)
{
    bool fits = caus_is_url(url);
    for (const char *at = url; *at; at++)
        fits = fits && (unsigned char)*at > ' ' && !strchr("\"'<>\\`", *at);
    return fits ? CAUS_OK
                : CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                            "the Grafana URL '%.80s' is none: give http:// or "
                            "https:// and a host, such as "
                            "https://grafana.example.com",
                            url);
}

caus_status caus_grafana_explore(const caus_grafana *grafana,
                                 const caus_explore *what, caus_arena *out,
                                 const char **result, caus_error *err)
{
    data_source source = source_of(grafana, what);
    if (!source.uid) {
        *result = NULL;
        return CAUS_OK;
    }
    size_t length = strlen(grafana->url);
    while (length && grafana->url[length - 1] == '/')
        length--;
    caus_text url = {0};
    caus_text_add_bytes(&url, grafana->url, length);
    caus_text_add(&url, "/explore?schemaVersion=1&panes=");
    add_state(&url, what, source, true);
    caus_text_add(&url, "&left=");
    add_state(&url, what, source, false);
    return caus_text_finish(&url, out, result, NULL, err);
}
