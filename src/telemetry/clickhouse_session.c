/* SPDX-License-Identifier: Apache-2.0 */
/* A conversation with a ClickHouse: statements, and where spans are. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "telemetry/clickhouse_session.h"

/* ---- one statement ---- */

/* Settings of every request: an error must not come behind rows. */
static const char parameters[] =
    "default_format=RowBinary&wait_end_of_query=1&buffer_size=1048576";

caus_status caus_clickhouse_plan(caus_clickhouse *at, caus_text *sql,
                                 const char **text, caus_error *err)
{
    if (at->query_limit && at->query_count >= at->query_limit) {
        caus_text_deinit(sql);
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "ClickHouse needs more than %zu queries for %zu "
                         "variables: raise --query-budget or ask for fewer "
                         "services",
                         at->query_limit, at->count);
    }
    if (at->query_count == at->query_capacity) {
        caus_text_deinit(sql);
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "more than %zu statements for ClickHouse: ask for "
                         "fewer services",
                         at->query_capacity);
    }
    CAUS_TRY(caus_text_finish(sql, at->out, text, NULL, err));
    at->queries[at->query_count++] = (caus_fetched_query){"clickhouse", *text};
    return CAUS_OK;
}

caus_http_request caus_clickhouse_request(const caus_clickhouse *at,
                                          caus_row_reader *reader,
                                          const char *sql, const char *what)
{
    return (caus_http_request){.path = "/",
                               .query = parameters,
                               .body = sql,
                               .body_bytes = strlen(sql),
                               .content_type = "text/plain; charset=UTF-8",
                               .headers = at->headers,
                               .sink = caus_row_reader_feed,
                               .reset = caus_row_reader_reset,
                               .sink_data = reader,
                               .told = sql,
                               .what = what};
}

caus_status caus_clickhouse_perform(caus_clickhouse *at,
                                    const caus_http_request *requests,
                                    size_t count, caus_error *err)
{
    caus_http_reply *replies = CAUS_ARRAY(at->scratch, caus_http_reply, count);
    if (!replies)
        return caus_arena_fail(at->scratch, err);
    CAUS_TRY(caus_http_perform(at->http, requests, count, at->run, at->scratch,
                               replies, err));
    for (size_t i = 0; i < count; i++) {
        const char *words = replies[i].error_body;
        if (words)
            return caus_clickhouse_fail(at->host, requests[i].what,
                                        replies[i].status, words, strlen(words),
                                        err);
        CAUS_TRY(caus_row_reader_finish(requests[i].sink_data, at->host,
                                        requests[i].what, err));
        if (isfinite(replies[i].clock_skew_s))
            at->skews[at->skew_count++] = replies[i].clock_skew_s;
    }
    return CAUS_OK;
}

/* Plans and performs one statement; takes the text. */
caus_status caus_clickhouse_ask(caus_clickhouse *at, caus_text *sql,
                                caus_row_reader *reader, const char *what,
                                caus_error *err)
{
    const char *text = "";
    CAUS_TRY(caus_clickhouse_plan(at, sql, &text, err));
    caus_http_request request = caus_clickhouse_request(at, reader, text, what);
    caus_status status = caus_clickhouse_perform(at, &request, 1, err);
    caus_row_reader_deinit(reader);
    return status;
}

/* ---- where spans are ---- */

enum { COLUMN_TEXTS = 4 };

caus_status caus_clickhouse_ask_texts(caus_clickhouse *at, caus_text *sql,
                                      const caus_row_type *types,
                                      size_t type_count, size_t width,
                                      const char *what, caus_text_list *list,
                                      caus_error *err)
{
    *list = (caus_text_list){.scratch = at->scratch, .width = width};
    caus_row_reader reader = {.types = types,
                              .type_count = type_count,
                              .row = caus_text_list_take,
                              .forget = caus_text_list_forget,
                              .data = list};
    return caus_clickhouse_ask(at, sql, &reader, what, err);
}

static caus_status fail_no_table(caus_clickhouse *at, caus_error *err)
{
    static const caus_row_type type = CAUS_ROW_TEXT;
    caus_text sql = {0}, names = {0};
    caus_text_list list;
    caus_text_add(&sql, "SELECT toString(name) FROM system.databases WHERE "
                        "name NOT IN ('system', 'information_schema', "
                        "'INFORMATION_SCHEMA') ORDER BY name LIMIT 1000");
    CAUS_TRY(caus_clickhouse_ask_texts(at, &sql, &type, 1, 1,
                                       "the list of databases", &list, err));
    caus_text_list_add_names(&list, &names);
    bool in_place = at->place.database || at->place.table;
    caus_status status = CAUS_FAIL(
        err, CAUS_ERR_NOT_FOUND,
        "ClickHouse at %s has no table of spans%s%s%s%s that this user may "
        "read; databases looked in: %s. Known layouts: OpenTelemetry exporter "
        "(otel_traces), SigNoz v3 (signoz_index_v3), Uptrace (spans_index). "
        "Name yours by ?database=…&table=… in the url, or grant this user "
        "SELECT on it",
        at->host, in_place ? " as " : "",
        at->place.database ? at->place.database : "",
        at->place.database && at->place.table ? "." : "",
        at->place.table ? at->place.table : "",
        names.failed ? "" : names.bytes);
    caus_text_deinit(&names);
    return status;
}

caus_status caus_clickhouse_prepare(caus_clickhouse *at, size_t statements,
                                    size_t warnings, caus_error *err)
{
    at->query_capacity = statements;
    at->warnings.capacity = warnings;
    at->skews = CAUS_ARRAY(at->scratch, double, statements);
    at->queries = CAUS_ARRAY(at->out, caus_fetched_query, statements);
    at->warnings.texts = CAUS_ARRAY(at->out, const char *, warnings);
    if (!at->skews)
        return caus_arena_fail(at->scratch, err);
    if (!at->queries || !at->warnings.texts)
        return caus_arena_fail(at->out, err);
    return CAUS_OK;
}

caus_status caus_clickhouse_warn(caus_clickhouse *at, const char *sentence,
                                 caus_error *err)
{
    if (!sentence || at->warnings.count == at->warnings.capacity)
        return caus_arena_fail(at->out, err);
    at->warnings.texts[at->warnings.count++] = sentence;
    return CAUS_OK;
}

caus_status caus_clickhouse_ask_columns(caus_clickhouse *at, caus_text *sql,
                                        const char *what,
                                        const caus_clickhouse_column **columns,
                                        size_t *count, caus_error *err)
{
    static const caus_row_type types[COLUMN_TEXTS] = {
        CAUS_ROW_TEXT, CAUS_ROW_TEXT, CAUS_ROW_TEXT, CAUS_ROW_TEXT};
    caus_text_list list;
    CAUS_TRY(caus_clickhouse_ask_texts(at, sql, types, COLUMN_TEXTS,
                                       COLUMN_TEXTS, what, &list, err));
    caus_clickhouse_column *made =
        CAUS_ARRAY(at->scratch, caus_clickhouse_column, list.count);
    if (!made)
        return caus_arena_fail(at->scratch, err);
    for (size_t i = 0; i < list.count; i++) {
        const char *const *row = list.texts + i * COLUMN_TEXTS;
        made[i] = (caus_clickhouse_column){row[0], row[1], row[2], row[3]};
    }
    *columns = made;
    *count = list.count;
    return CAUS_OK;
}

caus_status caus_clickhouse_find_table(caus_clickhouse *at, caus_error *err)
{
    caus_text sql = {0};
    const caus_clickhouse_column *columns = NULL;
    size_t count = 0;
    CAUS_TRY(caus_sql_kept(caus_sql_columns(&at->place, &sql, err), &sql));
    CAUS_TRY(caus_clickhouse_ask_columns(
        at, &sql, "the search for tables of spans", &columns, &count, err));
    caus_span_table other;
    if (!caus_span_table_find(columns, count, &at->place, &at->table, &other))
        return fail_no_table(at, err);
    if (other.profile && at->table.profile)
        return caus_clickhouse_warn(
            at,
            caus_arena_format(at->out,
                              "spans are read from %s.%s (%s); %s.%s holds "
                              "spans too: choose by ?database=…&table=… in "
                              "the url",
                              at->table.database, at->table.name,
                              at->table.profile->name, other.database,
                              other.name),
            err);
    return CAUS_OK;
}

/* ---- the connection ---- */

caus_clickhouse caus_clickhouse_begin(const caus_run *run, caus_arena *out)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    return (caus_clickhouse){.run = run,
                             .scratch = scratch,
                             .out = out,
                             .scratch_mark = caus_arena_get_mark(scratch),
                             .out_mark = caus_arena_get_mark(out)};
}

caus_status caus_clickhouse_end(caus_clickhouse *at, caus_status status)
{
    caus_http_free(at->http);
    caus_arena_rewind(at->scratch, at->scratch_mark);
    if (status != CAUS_OK)
        caus_arena_rewind(at->out, at->out_mark);
    return status;
}

static bool is_header_text(const char *text)
{
    for (; *text; text++) {
        if (iscntrl((unsigned char)*text))
            return false;
    }
    return true;
}

/* ClickHouse's own headers: its user may differ from that of a proxy. */
static caus_status make_headers(caus_clickhouse *at,
                                const caus_endpoint *endpoint, caus_error *err)
{
    const char *user = endpoint->user, *password = endpoint->password;
    if (!user && !password)
        return CAUS_OK;
    user = user ? user : "default";
    password = password ? password : "";
    if (!is_header_text(user) || !is_header_text(password))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the user or password for ClickHouse holds a line "
                         "break or control character: take it out");
    at->headers[0] =
        caus_arena_format(at->scratch, "X-ClickHouse-User: %s", user);
    at->headers[1] =
        caus_arena_format(at->scratch, "X-ClickHouse-Key: %s", password);
    if (!at->headers[0] || !at->headers[1])
        return caus_arena_fail(at->scratch, err);
    return CAUS_OK;
}

caus_status caus_clickhouse_connect(caus_clickhouse *at,
                                    const caus_endpoint *endpoint,
                                    caus_error *err)
{
    caus_endpoint plain = *endpoint;
    CAUS_TRY(caus_clickhouse_url(endpoint->url, at->scratch, &plain.url,
                                 &at->host, &at->place, err));
    CAUS_TRY(make_headers(at, endpoint, err));
    plain.user = plain.password = NULL;
    return caus_http_new(&plain, "ClickHouse", &at->http, err);
}
