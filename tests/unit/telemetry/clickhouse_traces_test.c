// SPDX-License-Identifier: Apache-2.0
/* Whole traces: the statements, and caus_clickhouse_spans() against a server
 * that plays back bodies. */
#include "test.h"

#include "caus/span_source.h"
#include "fault.h"
#include "telemetry/clickhouse_traces.h"
#include "unit/telemetry/clickhouse_player.h"

static const caus_trace_stretch stretches[] = {{{1761706740, 1761708000}, 3},
                                               {{1761660000, 1761706680}, 1}};

static caus_span_table find(const caus_clickhouse_column *columns, size_t count)
{
    caus_clickhouse_place anywhere = {0};
    caus_span_table table, other;
    assert_true(
        caus_span_table_find(columns, count, &anywhere, &table, &other));
    return table;
}

static void expect(const caus_clickhouse_column *columns, size_t column_count,
                   size_t count, const char *wanted)
{
    caus_span_table table = find(columns, column_count);
    caus_text sql = {0};
    assert_true(table.has_ids);
    assert_int_equal(caus_sql_traces(&table, stretches, count, &sql, NULL),
                     CAUS_OK);
    assert_string_equal(sql.bytes, wanted);
    caus_text_deinit(&sql);
}

static void every_layout_gives_this_text(void **state)
{
    (void)state;
    expect(COLUMNS(map_columns), 2,
           "SELECT toString(`TraceId`) AS caus_trace, toString(`ServiceName`) "
           "AS caus_service, toString(`SpanName`) AS caus_operation, "
           "cityHash64(toString(`SpanId`)) AS caus_span, "
           "if(toString(`ParentSpanId`) IN ('', '0', '0000000000000000'), "
           "toUInt64(0), cityHash64(toString(`ParentSpanId`))) AS caus_parent, "
           "toInt64(toUnixTimestamp64Nano(`Timestamp`)) AS caus_start, "
           "toInt64(`Duration`) AS caus_duration, toUInt8(`StatusCode` IN "
           "('Error', 'STATUS_CODE_ERROR')) AS caus_failed FROM "
           "`otel`.`otel_traces` WHERE (`Timestamp` >= toDateTime(1761706740) "
           "AND `Timestamp` <= toDateTime(1761708000) AND "
           "cityHash64(toString(`TraceId`)) % 3 = 0) OR (`Timestamp` >= "
           "toDateTime(1761660000) AND `Timestamp` <= toDateTime(1761706680)) "
           "ORDER BY caus_trace, caus_start, caus_span");
    expect(COLUMNS(signoz_columns), 1,
           "SELECT toString(`trace_id`) AS caus_trace, "
           "toString(`resource_string_service$$name`) AS caus_service, "
           "toString(`name`) AS caus_operation, "
           "cityHash64(toString(`span_id`)) AS caus_span, "
           "if(toString(`parent_span_id`) IN ('', '0', '0000000000000000'), "
           "toUInt64(0), cityHash64(toString(`parent_span_id`))) AS "
           "caus_parent, toInt64(toUnixTimestamp64Nano(`timestamp`)) AS "
           "caus_start, toInt64(`duration_nano`) AS caus_duration, "
           "toUInt8(`has_error` != 0) AS caus_failed FROM "
           "`signoz_traces`.`distributed_signoz_index_v3` WHERE "
           "(`ts_bucket_start` BETWEEN 1761704940 AND 1761708000 AND "
           "`timestamp` >= toDateTime(1761706740) AND `timestamp` <= "
           "toDateTime(1761708000) AND cityHash64(toString(`trace_id`)) % 3 = "
           "0) ORDER BY caus_trace, caus_start, caus_span");
    expect(COLUMNS(uptrace_columns), 1,
           "SELECT toString(`trace_id`) AS caus_trace, "
           "toString(`service_name`) AS caus_service, toString(`name`) AS "
           "caus_operation, cityHash64(toString(`id`)) AS caus_span, "
           "if(toString(`parent_id`) IN ('', '0', '0000000000000000'), "
           "toUInt64(0), cityHash64(toString(`parent_id`))) AS caus_parent, "
           "toInt64(toUInt32(`time`)) * 1000000000 + 500000000 AS caus_start, "
           "toInt64(`duration`) AS caus_duration, toUInt8(`status_code` = "
           "'error') AS caus_failed FROM `uptrace`.`spans_index` WHERE (`time` "
           ">= toDateTime(1761706740) AND `time` <= toDateTime(1761708000) AND "
           "cityHash64(toString(`trace_id`)) % 3 = 0) ORDER BY caus_trace, "
           "caus_start, caus_span");
}

static void spans_are_counted_by_this_text(void **state)
{
    (void)state;
    caus_span_table table = find(COLUMNS(uptrace_columns));
    caus_trace_stretch whole = {{1761706740, 1761708000}, 1};
    caus_text sql = {0};
    assert_int_equal(caus_sql_trace_counts(&table, &whole, 1, &sql, NULL),
                     CAUS_OK);
    assert_string_equal(
        sql.bytes,
        "SELECT toUInt64(countIf(`time` >= toDateTime(1761706740) AND `time` "
        "<= toDateTime(1761708000))), toUInt64(0) FROM `uptrace`.`spans_index` "
        "WHERE (`time` >= toDateTime(1761706740) AND `time` <= "
        "toDateTime(1761708000))");
    caus_text_deinit(&sql);
}

static void a_trace_is_shown_by_this_text(void **state)
{
    (void)state;
    caus_span_table otel = find(COLUMNS(map_columns));
    caus_span_table uptrace = find(COLUMNS(uptrace_columns));
    caus_text sql = {0};
    assert_int_equal(caus_sql_shown_trace(&otel, stretches, 2, &sql, NULL),
                     CAUS_OK);
    assert_string_equal(
        sql.bytes,
        "SELECT toString(`TraceId`) AS traceID, toString(`SpanId`) AS spanID, "
        "toString(`ParentSpanId`) AS parentSpanID, toString(`ServiceName`) AS "
        "serviceName, toString(`SpanName`) AS operationName, "
        "(toInt64(toUnixTimestamp64Nano(`Timestamp`))) / 1000000 AS startTime, "
        "toInt64(`Duration`) / 1000000 AS duration, if(`StatusCode` IN "
        "('Error', 'STATUS_CODE_ERROR'), 2, 0) AS statusCode FROM "
        "`otel`.`otel_traces` WHERE (`Timestamp` >= toDateTime(1761706740) AND "
        "`Timestamp` <= toDateTime(1761708000) OR `Timestamp` >= "
        "toDateTime(1761660000) AND `Timestamp` <= toDateTime(1761706680)) "
        "AND toString(`TraceId`) = ?");
    caus_text_deinit(&sql);
    assert_int_equal(caus_sql_shown_trace(&uptrace, stretches, 1, &sql, NULL),
                     CAUS_OK);
    assert_non_null(strstr(sql.bytes, "(toInt64(toUInt32(`time`)) * 1000000000 "
                                      "+ 500000000) / 1000000 AS startTime"));
    caus_text_deinit(&sql);
}

/* ---- against a server ---- */

enum { TABLES, COUNTS, TRACES };

static void put_span(player_body *body, const char *trace, const char *service,
                     uint64_t span, uint64_t parent, int64_t start_ns,
                     int64_t duration_ns, unsigned char failed)
{
    player_put_text(body, trace);
    player_put_text(body, service);
    player_put_text(body, "handle");
    player_put(body, &span, 8);
    player_put(body, &parent, 8);
    player_put(body, &start_ns, 8);
    player_put(body, &duration_ns, 8);
    player_put(body, &failed, 1);
}

static void put_counts(player *at, uint64_t window, uint64_t baseline)
{
    at->bodies[COUNTS].count = 0;
    player_put(&at->bodies[COUNTS], &window, 8);
    player_put(&at->bodies[COUNTS], &baseline, 8);
}

static int set_up(void **state)
{
    player *at = calloc(1, sizeof *at);
    *state = at;
    player_put_columns(&at->bodies[TABLES]);
    at->bodies[COUNTS].holds = "SELECT toUInt64(countIf(";
    put_counts(at, 4, 0);
    player_body *traces = &at->bodies[TRACES];
    traces->holds = "AS caus_trace";
    const int64_t second = 1000000000, at_ns = 1761706800 * second;
    put_span(traces, "t1", "shop", 11, 0, at_ns, 9 * second, 0);
    put_span(traces, "t1", "cart", 12, 11, at_ns + second, 5 * second, 1);
    put_span(traces, "t2", "shop", 21, 0, at_ns + 60 * second, second, 0);
    put_span(traces, "t2", "cart", 22, 99, at_ns + 61 * second, second, 0);
    return player_start(at);
}

static caus_status fetch(player *at, const caus_spans_fetch_options *asked,
                         caus_arena *out, caus_spans_fetch *result,
                         caus_error *err)
{
    caus_spans_fetch_options options = *asked;
    options.window =
        (caus_grid){1761706800000000000, 1761708000000000000, 60000000000};
    caus_endpoint endpoint = {
        .url = at->url, .timeout_s = 10, .retries = 1, .parallel = 1};
    caus_run_options run_options = {.threads = 1};
    caus_run *run = NULL;
    caus_status status = caus_run_new(&run_options, &run, err);
    if (status == CAUS_OK)
        status =
            caus_clickhouse_spans(&endpoint, &options, run, out, result, err);
    caus_run_free(run);
    return status;
}

static void rows_become_traces(void **state)
{
    player *at = *state;
    for (int retried = 0; retried < 2; retried++) {
        caus_arena *out = caus_arena_new(0);
        caus_spans_fetch got;
        caus_error err;
        caus_topology calls;
        at->fail_first = retried; /* what came before a failure is forgotten */
        if (fetch(at, &(caus_spans_fetch_options){0}, out, &got, &err) !=
            CAUS_OK)
            fail_msg("%s", err.message);
        assert_int_equal(got.spans.span_count, 4);
        assert_int_equal(got.spans.trace_count, 2);
        assert_string_equal(got.spans.trace_ids[0], "t1");
        assert_int_equal(got.spans.parent[1], 0);
        assert_int_equal(got.spans.failed[1], 1);
        assert_int_equal(got.spans.duration_ns[1], 5000000000);
        assert_int_equal(got.spans.faults.orphans, 1);
        assert_int_equal(got.query_count, 3);
        assert_true(got.window_share == 1 && got.baseline_share == 1);
        assert_int_equal(
            caus_spans_topology(&got.spans, out, &calls, NULL, &err), CAUS_OK);
        assert_int_equal(calls.call_count, 1);
        assert_string_equal(calls.services[calls.calls[0][0]], "shop");
        caus_arena_free(out);
    }
}

static void many_spans_are_drawn_from(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_spans_fetch got;
    caus_error err;
    caus_spans_fetch_options options = {.max_spans = 10};
    put_counts(at, 41, 0);
    assert_int_equal(fetch(at, &options, out, &got, &err), CAUS_OK);
    assert_true(got.window_share == 0.2);
    assert_non_null(
        strstr(got.queries[2].text, "cityHash64(toString(`TraceId`)) % 5 = 0"));
    put_counts(at, 0, 0); /* nothing there: nothing is read */
    assert_int_equal(fetch(at, &options, out, &got, &err), CAUS_OK);
    assert_int_equal(got.query_count, 2);
    assert_int_equal(got.spans.span_count, 0);
    put_counts(at, 4, 0);
    caus_arena_free(out);
}

static void too_few_queries_and_broken_rows_are_refused(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_spans_fetch got = {.query_count = 77};
    caus_error err;
    caus_spans_fetch_options two = {.max_queries = 2};
    assert_int_equal(fetch(at, &two, out, &got, &err), CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "--query-budget"));
    at->bodies[TRACES].bytes[1] = '\0'; /* in the id of a trace */
    assert_int_equal(fetch(at, &(caus_spans_fetch_options){0}, out, &got, &err),
                     CAUS_ERR_SERVER);
    at->bodies[TRACES].bytes[1] = 't';
    assert_int_equal(got.query_count, 77);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void a_table_without_ids_is_named(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_spans_fetch got;
    caus_error err;
    char *id = memmem(at->bodies[TABLES].bytes, at->bodies[TABLES].count,
                      "TraceId", 7);
    id[0] = 'X';
    assert_int_equal(fetch(at, &(caus_spans_fetch_options){0}, out, &got, &err),
                     CAUS_ERR_UNSUPPORTED);
    id[0] = 'T';
    assert_non_null(strstr(err.message, "otel.otel_traces"));
    assert_non_null(strstr(err.message, "lacks TraceId"));
    caus_arena_free(out);
}

static void reading_survives_each_failed_allocation(void **state)
{
    player *at = *state;
    for (long n = 0;; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_spans_fetch got = {.query_count = 77};
        caus_error err;
        fault_fail_after(n);
        caus_status status =
            fetch(at, &(caus_spans_fetch_options){0}, out, &got, &err);
        bool refused = fault_stop();
        if (refused) {
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            assert_int_equal(got.query_count, 77);
            assert_int_equal(caus_arena_used_bytes(out), 0);
        }
        caus_arena_free(out);
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_gives_this_text),
        cmocka_unit_test(spans_are_counted_by_this_text),
        cmocka_unit_test(a_trace_is_shown_by_this_text),
        cmocka_unit_test(rows_become_traces),
        cmocka_unit_test(many_spans_are_drawn_from),
        cmocka_unit_test(too_few_queries_and_broken_rows_are_refused),
        cmocka_unit_test(a_table_without_ids_is_named),
        cmocka_unit_test(reading_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, player_stop);
}
