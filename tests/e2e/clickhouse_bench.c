// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "e2e/clickhouse_bench.h"
#include "http/http.h"

caus_endpoint bench_endpoint(const char *url)
{
    return (caus_endpoint){.url = url, .timeout_s = 10, .parallel = 2};
}

static void bench_post(bench *at, const char *query, const char *body,
                       size_t bytes)
{
    caus_endpoint endpoint = bench_endpoint(at->url);
    caus_http *http = NULL;
    caus_http_request request = {.path = "/",
                                 .query = query,
                                 .body = body,
                                 .body_bytes = bytes,
                                 .content_type = "text/plain",
                                 .what = "a preparation of this test"};
    caus_http_reply reply;
    assert_int_equal(caus_http_new(&endpoint, "ClickHouse", &http, &at->err),
                     CAUS_OK);
    caus_status status = caus_http_perform(http, &request, 1, at->run, at->out,
                                           &reply, &at->err);
    if (status != CAUS_OK || reply.error_body)
        fail_msg("%s", status ? at->err.message : reply.error_body);
    caus_http_free(http);
}

void bench_execute(bench *at, const char *sql)
{
    bench_post(at, NULL, sql, strlen(sql));
}

void bench_create_table(bench *at, const char *database)
{
    char sql[1024];
    snprintf(sql, sizeof sql,
             "CREATE TABLE %s.otel_traces (TimestampNs UInt64, Timestamp "
             "DateTime MATERIALIZED toDateTime(intDiv(TimestampNs, "
             "1000000000)), TraceId String, SpanId String, ParentSpanId "
             "String, SpanName String, SpanKind String, ServiceName String, "
             "ResourceAttributes Nested(k String, v String), SpanAttributes "
             "Nested(k String, v String), Duration UInt64, StatusCode String, "
             "StatusMessage String) ENGINE = MergeTree PARTITION BY "
             "toDate(Timestamp) ORDER BY (ServiceName, SpanName, Timestamp)",
             database);
    bench_execute(at, sql);
}

int bench_set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    at->url = getenv("CLICKHOUSE_URL");
    snprintf(at->database_url, sizeof at->database_url, "%s/?database=default",
             at->url ? at->url : "");
    at->out = caus_arena_new(0);
    at->world = world_make();
    *state = at;
    if (!at->url || !at->out || caus_run_new(NULL, &at->run, NULL) != CAUS_OK)
        return 1;
    bench_create_table(at, "default");
    bench_execute(at, "CREATE DATABASE empty");
    bench_execute(at, "CREATE DATABASE other");
    bench_create_table(at, "other");
    caus_text rows = {0};
    world_encode(&at->world, &rows);
    bench_post(
        at,
        "query=INSERT%20INTO%20otel_traces%20(TimestampNs,SpanName,SpanKind,"
        "ServiceName,ResourceAttributes.k,ResourceAttributes.v,"
        "SpanAttributes.k,SpanAttributes.v,Duration,StatusCode)%20FORMAT%20"
        "RowBinary",
        rows.bytes, rows.length);
    caus_text_deinit(&rows);
    return 0;
}

int bench_tear_down(void **state)
{
    bench *at = *state;
    caus_run_free(at->run);
    caus_arena_free(at->out);
    free(at->world.spans);
    free(at);
    return 0;
}

caus_grid bench_grid(int from_minute, int to_minute, int64_t step_ns)
{
    return (caus_grid){WORLD_START_NS + from_minute * MINUTE_NS,
                       WORLD_START_NS + to_minute * MINUTE_NS, step_ns};
}

caus_variable_spec bench_spec(const char *name, const char *service,
                              caus_trace_value value)
{
    return (caus_variable_spec){.origin = CAUS_ORIGIN_TRACE,
                                .name = name,
                                .service = service,
                                .trace_value = value};
}
