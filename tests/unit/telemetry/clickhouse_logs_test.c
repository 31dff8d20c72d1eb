// SPDX-License-Identifier: Apache-2.0
/* Log lines: the statements, and caus_clickhouse_logs() against a server that
 * plays back bodies. */
#include "test.h"

#include "caus/log_source.h"
#include "fault.h"
#include "telemetry/clickhouse_logs.h"
#include "unit/telemetry/clickhouse_player.h"

static const caus_clickhouse_column otel_columns[] = {
    {"otel", "otel_logs", "Timestamp", "DateTime64(9)"},
    {"otel", "otel_logs", "TimestampTime", "DateTime"},
    {"otel", "otel_logs", "TraceId", "String"},
    {"otel", "otel_logs", "SeverityText", "LowCardinality(String)"},
    {"otel", "otel_logs", "SeverityNumber", "UInt8"},
    {"otel", "otel_logs", "ServiceName", "LowCardinality(String)"},
    {"otel", "otel_logs", "Body", "String"},
};

static const caus_clickhouse_column ns_columns[] = {
    {"default", "lines", "TimestampNs", "UInt64"},
    {"default", "lines", "TraceId", "String"},
    {"default", "lines", "SeverityText", "String"},
    {"default", "lines", "SeverityNumber", "UInt8"},
    {"default", "lines", "ServiceName", "String"},
    {"default", "lines", "Body", "String"},
    {"default", "lines", "Timestamp", "DateTime"},
};

#define SIGNOZ_LOGS(table)                                                 \
    {"signoz_logs", table, "ts_bucket_start", "UInt64"},                   \
        {"signoz_logs", table, "timestamp", "UInt64"},                     \
        {"signoz_logs", table, "trace_id", "String"},                      \
        {"signoz_logs", table, "severity_text", "LowCardinality(String)"}, \
        {"signoz_logs", table, "severity_number", "UInt8"},                \
        {"signoz_logs", table, "body", "String"},                          \
    {                                                                      \
        "signoz_logs", table, "resources_string",                          \
            "Map(LowCardinality(String), String)"                          \
    }

static const caus_clickhouse_column signoz_log_columns[] = {
    SIGNOZ_LOGS("distributed_logs_v2"), SIGNOZ_LOGS("logs_v2")};

/* ---- statements ---- */

static const caus_line_draw all = {
    .stretches = {{1761706740, 1761708000}},
    .stretch_count = 1,
    .loud_one_in = 1,
    .other_one_in = 1,
};

static const caus_line_draw some = {
    .stretches = {{1761706740, 1761708000}, {1761660000, 1761706680}},
    .stretch_count = 2,
    .loud_one_in = 1,
    .other_one_in = 7,
};

static const caus_clickhouse_place anywhere = {0};

static caus_line_table find(const caus_clickhouse_column *columns, size_t count)
{
    caus_line_table table, other;
    assert_true(
        caus_line_table_find(columns, count, &anywhere, &table, &other));
    assert_null(other.profile);
    return table;
}

static void expect(const caus_clickhouse_column *columns, size_t column_count,
                   const caus_line_draw *draw, const char *wanted)
{
    caus_line_table table = find(columns, column_count);
    caus_text sql = {0};
    assert_int_equal(caus_sql_logs(&table, draw, &sql, NULL), CAUS_OK);
    assert_string_equal(sql.bytes, wanted);
    caus_text_deinit(&sql);
}

#define LOUD(number, level)                                                   \
    "(`" number "` >= 13 OR (`" number "` = 0 AND lower(toString(`" level     \
    "`)) IN ('error', 'warn', 'warning', 'fatal', 'err', 'critical', 'crit'," \
    " 'severe', 'panic', 'dpanic', 'alert', 'emerg', 'emergency', "           \
    "'exception')))"
#define OTEL_LOUD LOUD("SeverityNumber", "SeverityText")
#define ORDER                                                                 \
    " ORDER BY caus_time, caus_service, caus_number, caus_level, caus_line, " \
    "caus_trace"

static void every_layout_gives_this_text(void **state)
{
    (void)state;
    expect(COLUMNS(otel_columns), &some,
           "SELECT toInt64(toUnixTimestamp64Nano(`Timestamp`)) AS caus_time, "
           "toUInt8(`SeverityNumber`) AS caus_number, "
           "toString(`SeverityText`) AS caus_level, toString(`ServiceName`) AS "
           "caus_service, toString(`TraceId`) AS caus_trace, "
           "substring(toString(`Body`), 1, 65536) AS caus_line FROM "
           "`otel`.`otel_logs` WHERE ((`TimestampTime` >= "
           "toDateTime(1761706740) AND `TimestampTime` <= "
           "toDateTime(1761708000) AND `Timestamp` >= toDateTime(1761706740) "
           "AND `Timestamp` <= toDateTime(1761708000)) OR (`TimestampTime` >= "
           "toDateTime(1761660000) AND `TimestampTime` <= "
           "toDateTime(1761706680) AND `Timestamp` >= toDateTime(1761660000) "
           "AND `Timestamp` <= toDateTime(1761706680))) AND ((" OTEL_LOUD
           ") OR (NOT " OTEL_LOUD
           " AND cityHash64(toInt64(toUnixTimestamp64Nano(`Timestamp`)), "
           "toString(`ServiceName`)) % 7 = 0))" ORDER);
    expect(COLUMNS(ns_columns), &all,
           "SELECT toInt64(`TimestampNs`) AS caus_time, "
           "toUInt8(`SeverityNumber`) AS caus_number, "
           "toString(`SeverityText`) AS caus_level, toString(`ServiceName`) AS "
           "caus_service, toString(`TraceId`) AS caus_trace, "
           "substring(toString(`Body`), 1, 65536) AS caus_line FROM "
           "`default`.`lines` WHERE ((`Timestamp` >= toDateTime(1761706740) "
           "AND `Timestamp` <= toDateTime(1761708000)))" ORDER);
    expect(COLUMNS(signoz_log_columns), &all,
           "SELECT toInt64(`timestamp`) AS caus_time, "
           "toUInt8(`severity_number`) AS caus_number, "
           "toString(`severity_text`) AS caus_level, "
           "toString(`resources_string`['service.name']) AS caus_service, "
           "toString(`trace_id`) AS caus_trace, substring(toString(`body`), 1, "
           "65536) AS caus_line FROM `signoz_logs`.`distributed_logs_v2` WHERE "
           "((`ts_bucket_start` BETWEEN 1761704940 AND 1761708000 AND "
           "`timestamp` BETWEEN 1761706740000000000 AND "
           "1761708000000000000))" ORDER);
}

static void lines_are_counted_by_this_text(void **state)
{
    (void)state;
    static const char within[] =
        "(`Timestamp` >= toDateTime(1761706740) AND `Timestamp` <= "
        "toDateTime(1761708000))";
    caus_line_table table = find(COLUMNS(ns_columns));
    caus_text sql = {0}, wanted = {0};
    assert_int_equal(caus_sql_log_counts(&table, &all, &sql, NULL), CAUS_OK);
    caus_text_format(&wanted,
                     "SELECT toUInt64(countIf(%s AND " OTEL_LOUD
                     ")), toUInt64(countIf(%s AND NOT " OTEL_LOUD
                     ")), toUInt64(0), toUInt64(0) FROM `default`.`lines` "
                     "WHERE %s",
                     within, within, within);
    assert_string_equal(sql.bytes, wanted.bytes);
    caus_text_deinit(&sql);
    caus_text_deinit(&wanted);
}

static void tables_are_looked_for_by_this_text(void **state)
{
    (void)state;
    caus_clickhouse_place place = {.database = "o'tel", .table = "spans"};
    caus_text sql = {0};
    assert_int_equal(caus_sql_log_columns(&place, &sql, NULL), CAUS_OK);
    assert_string_equal(
        sql.bytes,
        "SELECT toString(database), toString(table), toString(name), "
        "toString(type) FROM system.columns WHERE database = 'o\\'tel' AND "
        "(database, table) IN (SELECT database, table FROM system.columns "
        "WHERE name IN ('SeverityNumber', 'severity_number')) ORDER BY "
        "database, table LIMIT 200000");
    caus_text_deinit(&sql);
}

static void columns_tell_which_tables_hold_lines(void **state)
{
    (void)state;
    enum {
        OTEL = sizeof otel_columns / sizeof *otel_columns,
        NS = sizeof ns_columns / sizeof *ns_columns
    };
    caus_clickhouse_column both[NS + OTEL];
    memcpy(both, ns_columns, sizeof ns_columns);
    memcpy(both + NS, otel_columns, sizeof otel_columns);
    caus_line_table table, other;
    assert_true(
        caus_line_table_find(both, NS + OTEL, &anywhere, &table, &other));
    assert_string_equal(table.name, "otel_logs"); /* the usual name */
    assert_string_equal(other.name, "lines");
    caus_clickhouse_place named = {.table = "spans", .log_table = "lines"};
    assert_true(caus_line_table_find(both, NS + OTEL, &named, &table, &other));
    assert_string_equal(table.name, "lines");
    assert_null(other.profile);
    named.log_table = "nowhere";
    assert_false(caus_line_table_find(both, NS + OTEL, &named, &table, &other));
    for (size_t i = 0; i < OTEL; i++) { /* every column but one is needed */
        caus_clickhouse_column lacks[OTEL];
        memcpy(lacks, otel_columns, sizeof lacks);
        lacks[i].name = "Other";
        assert_int_equal(
            caus_line_table_find(lacks, OTEL, &anywhere, &table, &other),
            strcmp(otel_columns[i].name, "TimestampTime") == 0);
    }
    both[0].name = "Other"; /* whole seconds are too coarse */
    assert_false(caus_line_table_find(both, NS, &anywhere, &table, &other));
    caus_clickhouse_column arrays[] = {SIGNOZ_LOGS("logs")};
    arrays[6].type = "Array(String)"; /* no map to find a service in */
    assert_false(
        caus_line_table_find(COLUMNS(arrays), &anywhere, &table, &other));
    assert_false(
        caus_line_table_find(COLUMNS(map_columns), &anywhere, &table, &other));
}

static void expect_shown(const caus_clickhouse_column *columns, size_t count,
                         const char *wanted)
{
    caus_line_table table, other;
    caus_text sql = {0};
    assert_true(
        caus_line_table_find(columns, count, &anywhere, &table, &other));
    assert_int_equal(caus_sql_shown_lines(&table, &sql, NULL), CAUS_OK);
    assert_string_equal(sql.bytes, wanted);
    caus_text_deinit(&sql);
}

static void lines_are_shown_by_this_text(void **state)
{
    (void)state;
    expect_shown(
        COLUMNS(otel_columns),
        "SELECT caus_time AS timestamp, caus_line AS body, caus_level AS level "
        "FROM (SELECT `Timestamp` AS caus_time, toString(`Body`) AS caus_line, "
        "toString(`SeverityText`) AS caus_level FROM `otel`.`otel_logs` WHERE "
        "`TimestampTime` >= $__fromTime AND `TimestampTime` <= $__toTime AND "
        "`Timestamp` >= $__fromTime AND `Timestamp` <= $__toTime AND "
        "toString(`ServiceName`) = ?) ORDER BY timestamp DESC LIMIT 1000");
    expect_shown(
        COLUMNS(signoz_log_columns),
        "SELECT caus_time AS timestamp, caus_line AS body, caus_level AS level "
        "FROM (SELECT fromUnixTimestamp64Nano(toInt64(`timestamp`)) AS "
        "caus_time, toString(`body`) AS caus_line, toString(`severity_text`) "
        "AS caus_level FROM `signoz_logs`.`distributed_logs_v2` WHERE "
        "`ts_bucket_start` BETWEEN toUInt32($__fromTime) - 1800 AND "
        "toUInt32($__toTime) AND `timestamp` >= toUInt64($__fromTime) * "
        "1000000000 AND `timestamp` <= toUInt64($__toTime) * 1000000000 AND "
        "toString(`resources_string`['service.name']) = ?) ORDER BY timestamp "
        "DESC LIMIT 1000");
}

/* ---- against a server ---- */

enum { TABLES, COUNTS, LINES };

static const int64_t second = 1000000000;
static const int64_t at_ns = INT64_C(1761706800) * 1000000000;

static void put_line_of(player_body *body, int64_t time_ns,
                        unsigned char number, const char *level,
                        const char *service, const char *trace)
{
    player_put(body, &time_ns, 8);
    player_put(body, &number, 1);
    player_put_text(body, level);
    player_put_text(body, service);
    player_put_text(body, trace);
}

static void put_line(player_body *body, int64_t time_ns, unsigned char number,
                     const char *level, const char *service, const char *trace,
                     const char *text)
{
    put_line_of(body, time_ns, number, level, service, trace);
    player_put_text(body, text);
}

static void put_counts(player *at, uint64_t loud, uint64_t others,
                       uint64_t loud_before, uint64_t others_before)
{
    at->bodies[COUNTS].count = 0;
    player_put(&at->bodies[COUNTS], &loud, 8);
    player_put(&at->bodies[COUNTS], &others, 8);
    player_put(&at->bodies[COUNTS], &loud_before, 8);
    player_put(&at->bodies[COUNTS], &others_before, 8);
}

/* Each test starts with these. */
static void put_lines(player *at)
{
    player_body *lines = &at->bodies[LINES];
    lines->count = 0;
    put_line(lines, at_ns, 9, "Information", "shop", "",
             "handled request 17 in 4 ms");
    put_line(lines, at_ns + second, 17, "", "cart", "t1",
             "cannot reach database\n\tat x");
    put_line(lines, at_ns + 2 * second, 0, "WARNING", "cart", "t2", "slow");
    put_line(lines, at_ns + 3 * second, 9, "info", "shop", "",
             "handled request 18 in 5 ms");
    put_counts(at, 2, 2, 0, 0);
}

static int set_up(void **state)
{
    player *at = calloc(1, sizeof *at);
    *state = at;
    player_put_table(&at->bodies[TABLES], COLUMNS(otel_columns));
    at->bodies[COUNTS].holds = "SELECT toUInt64(countIf(";
    at->bodies[LINES].holds = "AS caus_line";
    put_lines(at);
    return player_start(at);
}

static caus_status fetch(player *at, const caus_logs_fetch_options *asked,
                         caus_arena *out, caus_logs_fetch *result,
                         caus_error *err)
{
    caus_logs_fetch_options options = *asked;
    options.window =
        (caus_grid){1761706800000000000, 1761708000000000000, 60000000000};
    caus_endpoint endpoint = {
        .url = at->url, .timeout_s = 10, .retries = 1, .parallel = 1};
    caus_run_options run_options = {.threads = 1};
    caus_run *run = NULL;
    caus_status status = caus_run_new(&run_options, &run, err);
    if (status == CAUS_OK)
        status =
            caus_clickhouse_logs(&endpoint, &options, run, out, result, err);
    caus_run_free(run);
    return status;
}

/* The same for all that a server has; stops the test where it fails. */
static caus_logs_fetch fetch_all(player *at, caus_arena *out)
{
    caus_logs_fetch got;
    caus_error err;
    if (fetch(at, &(caus_logs_fetch_options){0}, out, &got, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return got;
}

static void rows_become_templates(void **state)
{
    player *at = *state;
    put_lines(at);
    for (int retried = 0; retried < 2; retried++) {
        caus_arena *out = caus_arena_new(0);
        at->fail_first = retried;
        caus_logs_fetch got = fetch_all(at, out);
        const caus_log_template *templates = got.logs.templates;
        assert_true(got.found && got.loud_share == 1 && got.other_share == 1);
        assert_int_equal(got.query_count, 3);
        assert_int_equal(got.warning_count, 0);
        assert_int_equal(got.logs.line_count, 4);
        assert_int_equal(got.logs.template_count, 3);
        assert_string_equal(templates[0].service, "cart");
        assert_string_equal(templates[0].text, "cannot reach database");
        assert_int_equal(templates[0].severity, CAUS_SEVERITY_ERROR);
        assert_int_equal(templates[1].severity, CAUS_SEVERITY_WARN);
        assert_string_equal(templates[2].text, "handled request <*> in <*> ms");
        assert_int_equal(templates[2].severity, CAUS_SEVERITY_INFO);
        assert_int_equal(templates[2].count, 2);
        assert_int_equal(got.logs.time_ns[1], at_ns + second);
        assert_int_equal(got.logs.trace_count, 2);
        assert_string_equal(got.logs.trace_ids[got.logs.trace[1] - 1], "t1");
        caus_arena_free(out);
    }
}

static void the_number_decides_and_else_the_word(void **state)
{
    static const struct {
        unsigned char number;
        const char *level;
        caus_severity severity;
    } cases[] = {
        {1, "", CAUS_SEVERITY_DEBUG},      {8, "error", CAUS_SEVERITY_DEBUG},
        {9, "", CAUS_SEVERITY_INFO},       {12, "", CAUS_SEVERITY_INFO},
        {13, "info", CAUS_SEVERITY_WARN},  {16, "", CAUS_SEVERITY_WARN},
        {17, "", CAUS_SEVERITY_ERROR},     {24, "", CAUS_SEVERITY_ERROR},
        {0, "Fatal", CAUS_SEVERITY_ERROR}, {25, "warn", CAUS_SEVERITY_WARN},
        {0, "", CAUS_SEVERITY_UNKNOWN},    {0, "odd", CAUS_SEVERITY_UNKNOWN},
    };
    player *at = *state;
    player_body *lines = &at->bodies[LINES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_arena *out = caus_arena_new(0);
        lines->count = 0;
        put_line(lines, at_ns, cases[i].number, cases[i].level, "shop", "",
                 "something");
        caus_logs_fetch got = fetch_all(at, out);
        assert_int_equal(got.logs.templates[0].severity, cases[i].severity);
        caus_arena_free(out);
    }
    put_lines(at);
}

static void loud_lines_come_first(void **state)
{
    static const struct {
        uint64_t counts[4];
        double loud;
        double others;
    } cases[] = {
        {{4, 6, 0, 0}, 1, 1},         {{4, 7, 0, 0}, 1, 1 / 2.},
        {{4, 0, 1, 24}, 1, 1 / 4.},   {{0, 0, 30, 0}, 1 / 3., 1},
        {{10, 50, 0, 0}, 1, 1 / 50.}, {{15, 9, 0, 0}, 1 / 2., 1 / 3.},
    };
    player *at = *state;
    caus_logs_fetch_options ten = {.max_lines = 10};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_arena *out = caus_arena_new(0);
        caus_logs_fetch got;
        caus_error err;
        const uint64_t *counts = cases[i].counts;
        put_counts(at, counts[0], counts[1], counts[2], counts[3]);
        assert_int_equal(fetch(at, &ten, out, &got, &err), CAUS_OK);
        assert_true(got.loud_share == cases[i].loud);
        assert_true(got.other_share == cases[i].others);
        bool draws = strstr(got.queries[2].text, "cityHash64(");
        assert_int_equal(draws, cases[i].loud < 1 || cases[i].others < 1);
        caus_arena_free(out);
    }
    put_lines(at);
}

static void nothing_there_is_nothing_to_tell(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    put_counts(at, 0, 0, 0, 0);
    caus_logs_fetch got = fetch_all(at, out);
    assert_true(got.found);
    assert_int_equal(got.query_count, 2);
    assert_int_equal(got.logs.record_count, 0);
    put_lines(at);
    char *body =
        memmem(at->bodies[TABLES].bytes, at->bodies[TABLES].count, "Body", 4);
    body[0] = 'X';
    got = fetch_all(at, out);
    body[0] = 'B';
    assert_false(got.found);
    assert_int_equal(got.query_count, 1);
    assert_int_equal(got.warning_count, 0);
    assert_int_equal(got.logs.record_count, 0);
    caus_arena_free(out);
}

static void lines_that_are_no_text_are_left_out(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    player_body *lines = &at->bodies[LINES];
    lines->count = 0;
    put_line(lines, at_ns, 9, "", "shop", "", "caf\xe9 opened");
    put_line(lines, at_ns, 9, "", "sh\np", "", "opened");
    put_line(lines, at_ns, 9, "", "shop", "", "opened");
    put_line(lines, at_ns, 9, "", "shop", "", "o_ened");
    lines->bytes[lines->count - 5] = '\0';
    caus_logs_fetch got = fetch_all(at, out);
    put_lines(at);
    assert_int_equal(got.logs.line_count, 1);
    assert_int_equal(got.warning_count, 1);
    assert_string_equal(got.warnings[0], "3 log lines of otel.otel_logs are no "
                                         "UTF-8 and were left out");
    caus_arena_free(out);
}

static void a_character_that_the_server_cut_is_dropped(void **state)
{
    static const char length[] = {(char)0x80, (char)0x80, 4}; /* 65536 */
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    player_body *lines = &at->bodies[LINES];
    lines->count = 0;
    put_line_of(lines, at_ns, 9, "", "shop", "");
    player_put(lines, length, sizeof length);
    player_put(lines, "a", 1);
    for (size_t i = 1; i + 1 < CAUS_LINE_BYTES; i += 2)
        player_put(lines, "ü", 2);
    player_put(lines, "ü", 1);
    caus_logs_fetch got = fetch_all(at, out);
    put_lines(at);
    assert_int_equal(got.logs.line_count, 1);
    assert_int_equal(got.warning_count, 0);
    caus_arena_free(out);
}

static void another_table_of_lines_is_told(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    size_t count = at->bodies[TABLES].count;
    player_put_table(&at->bodies[TABLES], COLUMNS(ns_columns));
    caus_logs_fetch got = fetch_all(at, out);
    at->bodies[TABLES].count = count;
    assert_int_equal(got.warning_count, 1);
    assert_non_null(strstr(got.warnings[0], "read from otel.otel_logs"));
    assert_non_null(strstr(got.warnings[0], "default.lines holds some too"));
    caus_arena_free(out);
}

static void too_few_queries_and_broken_rows_are_refused(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_logs_fetch got = {.query_count = 77};
    caus_error err;
    caus_logs_fetch_options two = {.max_queries = 2};
    assert_int_equal(fetch(at, &two, out, &got, &err), CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "--query-budget"));
    at->bodies[LINES].count--; /* the last row is not whole */
    assert_int_equal(fetch(at, &(caus_logs_fetch_options){0}, out, &got, &err),
                     CAUS_ERR_SERVER);
    at->bodies[LINES].count++;
    assert_int_equal(got.query_count, 77);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void reading_survives_each_failed_allocation(void **state)
{
    player *at = *state;
    for (long n = 0;; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_logs_fetch got = {.query_count = 77};
        caus_error err;
        fault_fail_after(n);
        caus_status status =
            fetch(at, &(caus_logs_fetch_options){0}, out, &got, &err);
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
        cmocka_unit_test(lines_are_counted_by_this_text),
        cmocka_unit_test(lines_are_shown_by_this_text),
        cmocka_unit_test(tables_are_looked_for_by_this_text),
        cmocka_unit_test(columns_tell_which_tables_hold_lines),
        cmocka_unit_test(rows_become_templates),
        cmocka_unit_test(the_number_decides_and_else_the_word),
        cmocka_unit_test(loud_lines_come_first),
        cmocka_unit_test(nothing_there_is_nothing_to_tell),
        cmocka_unit_test(lines_that_are_no_text_are_left_out),
        cmocka_unit_test(a_character_that_the_server_cut_is_dropped),
        cmocka_unit_test(another_table_of_lines_is_told),
        cmocka_unit_test(too_few_queries_and_broken_rows_are_refused),
        cmocka_unit_test(reading_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, player_stop);
}
