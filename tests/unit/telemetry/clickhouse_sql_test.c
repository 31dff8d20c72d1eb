// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "unit/telemetry/clickhouse_fixture.h"

static const caus_step_ranges window = {60000000000, 1, {{29361781, 29361800}}};
static const caus_step_ranges two_windows = {
    60000000000, 2, {{29361000, 29361100}, {29361781, 29361800}}};

static const caus_attribute_filter route = {"http.route", "/a",
                                            CAUS_ATTRIBUTE_EQUALS};

static caus_span_table find(const caus_clickhouse_column *columns, size_t count)
{
    caus_clickhouse_place anywhere = {0};
    caus_span_table table, other;
    assert_true(
        caus_span_table_find(columns, count, &anywhere, &table, &other));
    return table;
}

static void expect(const caus_clickhouse_column *columns, size_t count,
                   const caus_variable_spec *filter,
                   const caus_step_ranges *ranges, bool everything,
                   const char *wanted)
{
    caus_span_table table = find(columns, count);
    caus_span_group group = {.filter = filter,
                             .errors = everything,
                             .mean = everything,
                             .quantile = {true, true, everything}};
    caus_text sql = {0};
    assert_int_equal(caus_sql_spans(&table, &group, ranges, &sql, NULL),
                     CAUS_OK);
    assert_string_equal(sql.bytes, wanted);
    caus_text_deinit(&sql);
}

static caus_variable_spec checkout(const caus_attribute_filter *filter)
{
    return (caus_variable_spec){.service = "checkout",
                                .attributes = filter,
                                .attribute_count = filter != NULL};
}

static void the_exporter_with_maps_gives_this_text(void **state)
{
    (void)state;
    caus_variable_spec filter = checkout(&route);
    expect(COLUMNS(map_columns), &filter, &window, true,
           "SELECT "
           "toUInt32(intDiv(toInt64(toUnixTimestamp64Nano(`Timestamp`)) + "
           "toInt64(`Duration`) - 1, 60000000000) + 1) AS caus_step, "
           "toUInt8(`SpanKind` IN ('Server', 'SPAN_KIND_SERVER', 'Consumer', "
           "'SPAN_KIND_CONSUMER')) AS caus_entry, toUInt64(count()) AS "
           "caus_spans, "
           "toUInt64(countIf(`StatusCode` IN ('Error', "
           "'STATUS_CODE_ERROR'))) AS caus_errors, avg(`Duration`) AS "
           "caus_mean, quantiles(0.5, 0.95, "
           "0.99)(`Duration`)[1] AS caus_p50, quantiles(0.5, 0.95, "
           "0.99)(`Duration`)[2] AS caus_p95, "
           "quantiles(0.5, 0.95, 0.99)(`Duration`)[3] AS caus_p99 FROM "
           "`otel`.`otel_traces` WHERE `ServiceName` = 'checkout' AND "
           "`Timestamp` >= toDateTime(1761703199) AND `Timestamp` <= "
           "toDateTime(1761708001) AND caus_step BETWEEN 29361781 AND "
           "29361800 AND `Duration` BETWEEN 0 AND 3600000000000 AND "
           "(mapContains(`SpanAttributes`, 'http.route') AND "
           "`SpanAttributes`['http.route'] = '/a' OR "
           "mapContains(`ResourceAttributes`, 'http.route') AND "
           "`ResourceAttributes`['http.route'] = '/a') GROUP BY caus_step, "
           "caus_entry ORDER BY caus_step, caus_entry");
}

static void the_exporter_with_json_gives_this_text(void **state)
{
    (void)state;
    caus_variable_spec filter = checkout(&route);
    expect(COLUMNS(json_columns), &filter, &window, false,
           "SELECT "
           "toUInt32(intDiv(toInt64(toUnixTimestamp64Nano(`Timestamp`)) + "
           "toInt64(`Duration`) - 1, 60000000000) + 1) AS caus_step, "
           "toUInt8(`SpanKind` IN ('Server', 'SPAN_KIND_SERVER', 'Consumer', "
           "'SPAN_KIND_CONSUMER')) AS caus_entry, toUInt64(count()) AS "
           "caus_spans, "
           "quantiles(0.5, 0.95)(`Duration`)[1] AS caus_p50, quantiles(0.5, "
           "0.95)(`Duration`)[2] AS caus_p95 FROM `otel`.`spans` WHERE "
           "`ServiceName` = "
           "'checkout' AND `Timestamp` >= toDateTime(1761703199) AND "
           "`Timestamp` <= toDateTime(1761708001) AND caus_step BETWEEN "
           "29361781 AND 29361800 AND `Duration` BETWEEN 0 AND 3600000000000 "
           "AND (isNotNull(getSubcolumn(`SpanAttributes`, 'http.route')) AND "
           "ifNull(toString(getSubcolumn(`SpanAttributes`, 'http.route')), "
           "'') = '/a') GROUP BY caus_step, caus_entry ORDER BY caus_step, "
           "caus_entry");
}

static void nested_attributes_of_18_16_give_this_text(void **state)
{
    (void)state;
    caus_variable_spec filter = checkout(&route);
    expect(
        COLUMNS(nested_columns), &filter, &window, false,
        "SELECT toUInt32(intDiv(toInt64(`TimestampNs`) + "
        "toInt64(`Duration`) - 1, 60000000000) + 1) AS caus_step, "
        "toUInt8(`SpanKind` IN ('Server', 'SPAN_KIND_SERVER', 'Consumer', "
        "'SPAN_KIND_CONSUMER')) AS caus_entry, toUInt64(count()) AS "
        "caus_spans, "
        "quantiles(0.5, 0.95)(`Duration`)[1] AS caus_p50, quantiles(0.5, "
        "0.95)(`Duration`)[2] AS caus_p95 FROM `default`.`otel_traces` WHERE "
        "`ServiceName` = 'checkout' AND `Timestamp` >= "
        "toDateTime(1761703199) AND `Timestamp` <= toDateTime(1761708001) "
        "AND caus_step BETWEEN 29361781 AND 29361800 AND `Duration` "
        "BETWEEN 0 AND 3600000000000 AND (has(`SpanAttributes.k`, "
        "'http.route') AND `SpanAttributes.v`[indexOf(`SpanAttributes.k`, "
        "'http.route')] = '/a' OR has(`ResourceAttributes.k`, "
        "'http.route') AND "
        "`ResourceAttributes.v`[indexOf(`ResourceAttributes.k`, "
        "'http.route')] = '/a') GROUP BY caus_step, caus_entry ORDER BY "
        "caus_step, caus_entry");
}

static void signoz_v3_gives_this_text_on_the_distributed_table(void **state)
{
    (void)state;
    caus_variable_spec filter = checkout(&route);
    expect(
        COLUMNS(signoz_columns), &filter, &window, false,
        "SELECT "
        "toUInt32(intDiv(toInt64(toUnixTimestamp64Nano(`timestamp`)) + "
        "toInt64(`duration_nano`) - 1, 60000000000) + 1) AS caus_step, "
        "toUInt8(`kind` IN (2, 5)) AS caus_entry, toUInt64(count()) AS "
        "caus_spans, "
        "quantiles(0.5, 0.95)(`duration_nano`)[1] AS caus_p50, quantiles(0.5, "
        "0.95)(`duration_nano`)[2] AS caus_p95 FROM "
        "`signoz_traces`.`distributed_signoz_index_v3` WHERE "
        "`resource_string_service$$name` = 'checkout' AND "
        "`ts_bucket_start` BETWEEN 1761701399 AND 1761708001 AND "
        "`timestamp` >= toDateTime(1761703199) AND `timestamp` <= "
        "toDateTime(1761708001) AND caus_step BETWEEN 29361781 AND "
        "29361800 AND `duration_nano` BETWEEN 0 AND 3600000000000 AND "
        "(mapContains(`attributes_string`, 'http.route') AND "
        "`attributes_string`['http.route'] = '/a' OR "
        "mapContains(`attributes_number`, 'http.route') AND "
        "toString(`attributes_number`['http.route']) = '/a' OR "
        "mapContains(`attributes_bool`, 'http.route') AND "
        "toString(`attributes_bool`['http.route']) = '/a' OR "
        "mapContains(`resources_string`, 'http.route') AND "
        "`resources_string`['http.route'] = '/a') GROUP BY caus_step, "
        "caus_entry ORDER BY caus_step, caus_entry");
}

static void uptrace_gives_this_text_with_half_a_second_added(void **state)
{
    (void)state;
    caus_variable_spec filter = checkout(&route);
    expect(COLUMNS(uptrace_columns), &filter, &window, false,
           "SELECT toUInt32(intDiv(toInt64(toUInt32(`time`)) * 1000000000 + "
           "500000000 + toInt64(`duration`) - 1, 60000000000) + 1) AS "
           "caus_step, toUInt8(`kind` IN ('server', 'consumer')) AS "
           "caus_entry, toUInt64(count()) AS caus_spans, quantiles(0.5, "
           "0.95)(`duration`)[1] AS caus_p50, quantiles(0.5, "
           "0.95)(`duration`)[2] AS caus_p95 FROM "
           "`uptrace`.`spans_index` WHERE `service_name` = 'checkout' AND "
           "`time` >= toDateTime(1761703199) AND `time` <= "
           "toDateTime(1761708001) AND caus_step BETWEEN 29361781 AND "
           "29361800 AND `duration` BETWEEN 0 AND 3600000000000 AND "
           "(has(`string_keys`, 'http.route') AND "
           "`string_values`[indexOf(`string_keys`, 'http.route')] = '/a' OR "
           "has(`string_keys`, 'http_route') AND "
           "`string_values`[indexOf(`string_keys`, 'http_route')] = '/a' OR "
           "toString(`http_route`) = '/a') GROUP BY caus_step, caus_entry "
           "ORDER BY caus_step, caus_entry");
}

static void
a_long_gap_becomes_two_ranges_and_a_kind_chosen_counts_alone(void **state)
{
    (void)state;
    caus_variable_spec filter = {
        .service = "it's", .span_kind = "client", .span_name = "a\\b"};
    expect(COLUMNS(signoz_columns), &filter, &two_windows, false,
           "SELECT "
           "toUInt32(intDiv(toInt64(toUnixTimestamp64Nano(`timestamp`)) + "
           "toInt64(`duration_nano`) - 1, 60000000000) + 1) AS caus_step, "
           "toUInt8(1) AS caus_entry, toUInt64(count()) AS caus_spans, "
           "quantiles(0.5, "
           "0.95)(`duration_nano`)[1] AS caus_p50, quantiles(0.5, "
           "0.95)(`duration_nano`)[2] AS caus_p95 FROM "
           "`signoz_traces`.`distributed_signoz_index_v3` WHERE "
           "`resource_string_service$$name` = 'it\\'s' AND "
           "((`ts_bucket_start` BETWEEN 1761654539 AND 1761666001 AND "
           "`timestamp` >= toDateTime(1761656339) AND `timestamp` <= "
           "toDateTime(1761666001) AND caus_step BETWEEN 29361000 AND "
           "29361100) OR (`ts_bucket_start` BETWEEN 1761701399 AND 1761708001 "
           "AND `timestamp` >= toDateTime(1761703199) AND `timestamp` <= "
           "toDateTime(1761708001) AND caus_step BETWEEN 29361781 AND "
           "29361800)) AND `duration_nano` BETWEEN 0 AND 3600000000000 AND "
           "`name` = 'a\\\\b' AND `kind` IN (3) GROUP BY caus_step, "
           "caus_entry ORDER BY caus_step, caus_entry");
}

static void other_statements_give_these_texts(void **state)
{
    (void)state;
    caus_span_table table = find(COLUMNS(nested_columns));
    caus_text sql = {0};
    assert_int_equal(caus_sql_presence(&table, &window, &sql, NULL), CAUS_OK);
    assert_string_equal(
        sql.bytes,
        "SELECT toUInt32(intDiv(toInt64(`TimestampNs`) + toInt64(`Duration`) "
        "- 1, 60000000000) + 1) AS caus_step FROM `default`.`otel_traces` "
        "WHERE `Timestamp` >= toDateTime(1761703199) AND `Timestamp` <= "
        "toDateTime(1761708001) AND caus_step BETWEEN 29361781 AND 29361800 "
        "AND `Duration` BETWEEN 0 AND 3600000000000 GROUP BY caus_step ORDER "
        "BY caus_step");
    sql.length = 0;
    assert_int_equal(caus_sql_services(&table, &window, &sql, NULL), CAUS_OK);
    assert_string_equal(
        sql.bytes,
        "SELECT toString(`ServiceName`) AS caus_service, toUInt64(count()) AS "
        "caus_spans FROM `default`.`otel_traces` WHERE (`Timestamp` >= "
        "toDateTime(1761703199) AND `Timestamp` <= toDateTime(1761708001)) "
        "GROUP BY caus_service ORDER BY caus_spans DESC, caus_service LIMIT "
        "1000");
    sql.length = 0;
    caus_clickhouse_place place = {.database = "d'b", .table = "t\\"};
    assert_int_equal(caus_sql_columns(&place, &sql, NULL), CAUS_OK);
    assert_string_equal(
        sql.bytes,
        "SELECT toString(database), toString(table), toString(name), "
        "toString(type) FROM system.columns WHERE database = 'd\\'b' AND table "
        "= 't\\\\' AND (database, table) IN (SELECT database, table FROM "
        "system.columns WHERE name IN ('Duration', 'duration_nano', "
        "'duration')) ORDER BY database, table LIMIT 200000");
    caus_text_deinit(&sql);
}

static void expect_where(const caus_attribute_filter *filter, const char *words)
{
    caus_span_table table = find(COLUMNS(map_columns));
    caus_variable_spec spec = checkout(filter);
    caus_span_group group = {.filter = &spec};
    caus_text sql = {0};
    assert_int_equal(caus_sql_spans(&table, &group, &window, &sql, NULL),
                     CAUS_OK);
    if (!strstr(sql.bytes, words))
        fail_msg("%s\nlacks %s", sql.bytes, words);
    caus_text_deinit(&sql);
}

static void attribute_operators_give_these_conditions(void **state)
{
    (void)state;
    caus_attribute_filter filter = {"k", "v", CAUS_ATTRIBUTE_CONTAINS};
    expect_where(&filter, "AND position(`SpanAttributes`['k'], 'v') > 0 OR ");
    filter = (caus_attribute_filter){"k", "", CAUS_ATTRIBUTE_IS_NOT_NULL};
    expect_where(&filter, " AND (mapContains(`SpanAttributes`, 'k') OR "
                          "mapContains(`ResourceAttributes`, 'k')) GROUP");
    filter = (caus_attribute_filter){"error", "true", CAUS_ATTRIBUTE_EQUALS};
    expect_where(&filter, " OR `StatusCode` IN ('Error', "
                          "'STATUS_CODE_ERROR')) GROUP");
    filter = (caus_attribute_filter){"a'b", "c\\'d", CAUS_ATTRIBUTE_EQUALS};
    expect_where(&filter, "`SpanAttributes`['a\\'b'] = 'c\\\\\\'d'");
}

static void quoting_leaves_no_way_out(void **state)
{
    (void)state;
    const struct {
        const char *from, *text, *name;
    } cases[] = {
        {"plain", "'plain'", "`plain`"},
        {"it's", "'it\\'s'", "`it's`"},
        {"a`b", "'a`b'", "`a\\`b`"},
        {"end\\", "'end\\\\'", "`end\\\\`"},
        {"\\'", "'\\\\\\''", "`\\\\'`"},
        {"a\nb\t\x7f", "'a\\x0Ab\\x09\\x7F'", "`a\\x0Ab\\x09\\x7F`"},
        {"caf\xC3\xA9", "'caf\xC3\xA9'", "`caf\xC3\xA9`"},
        {"\xBF'", "'\xBF\\''", "`\xBF'`"},
        {"", "''", "``"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_text sql = {0};
        size_t length = strlen(cases[i].from);
        assert_true(caus_sql_add_text(&sql, cases[i].from, length));
        assert_string_equal(sql.bytes, cases[i].text);
        sql.length = 0;
        assert_true(caus_sql_add_name(&sql, cases[i].from, length));
        assert_string_equal(sql.bytes, cases[i].name);
        caus_text_deinit(&sql);
    }
    caus_text sql = {0};
    assert_false(caus_sql_add_text(&sql, "a\0b", 3));
    assert_false(caus_sql_add_name(&sql, "a\0b", 3));
    caus_text_deinit(&sql);
}

static void span_kinds_are_known_by_both_spellings(void **state)
{
    (void)state;
    caus_span_table table = find(COLUMNS(map_columns));
    const char *const words[] = {"client", "Client", "SPAN_KIND_CLIENT",
                                 "span_kind_client"};
    caus_variable_spec spec = checkout(NULL);
    caus_span_group group = {.filter = &spec};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        caus_text sql = {0};
        spec.span_kind = words[i];
        assert_int_equal(caus_sql_spans(&table, &group, &window, &sql, NULL),
                         CAUS_OK);
        assert_non_null(strstr(
            sql.bytes, " AND `SpanKind` IN ('Client', 'SPAN_KIND_CLIENT')"));
        caus_text_deinit(&sql);
    }
    caus_text sql = {0};
    caus_error err;
    spec.span_kind = "') OR (1";
    assert_int_equal(caus_sql_spans(&table, &group, &window, &sql, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "server, client, producer"));
    caus_text_deinit(&sql);
}

static void a_table_without_attributes_refuses_to_filter_by_them(void **state)
{
    (void)state;
    caus_clickhouse_column columns[sizeof map_columns / sizeof *map_columns];
    size_t count = 0;
    for (size_t i = 0; i < sizeof map_columns / sizeof *map_columns; i++) {
        if (!strstr(map_columns[i].name, "Attributes"))
            columns[count++] = map_columns[i];
    }
    caus_span_table table = find(columns, count);
    caus_variable_spec spec = checkout(&route);
    caus_span_group group = {.filter = &spec};
    caus_text sql = {0};
    caus_error err;
    assert_int_equal(caus_sql_spans(&table, &group, &window, &sql, &err),
                     CAUS_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "http.route"));
    caus_text_deinit(&sql);
}

/* ---- tables ---- */

static void tables_are_told_by_their_columns(void **state)
{
    (void)state;
    assert_int_equal(find(COLUMNS(map_columns)).clock, CAUS_SPAN_CLOCK_64);
    assert_int_equal(find(COLUMNS(nested_columns)).clock, CAUS_SPAN_CLOCK_NS);
    assert_int_equal(find(COLUMNS(uptrace_columns)).clock,
                     CAUS_SPAN_CLOCK_SECOND);
    assert_true(find(COLUMNS(signoz_columns)).has_bucket);
    assert_string_equal(find(COLUMNS(json_columns)).name, "spans");
    enum { MAP = sizeof map_columns / sizeof *map_columns };
    for (size_t left_out = 0; left_out < MAP; left_out++) {
        bool is_needed = !strstr(map_columns[left_out].name, "Attributes") &&
                         !strstr(map_columns[left_out].name, "Id");
        caus_clickhouse_column columns[MAP];
        size_t count = 0;
        for (size_t i = 0; i < MAP; i++) {
            if (i != left_out)
                columns[count++] = map_columns[i];
        }
        caus_clickhouse_place anywhere = {0};
        caus_span_table table, other;
        assert_true(caus_span_table_find(columns, count, &anywhere, &table,
                                         &other) != is_needed);
    }
}

static void usual_names_and_named_places_come_first(void **state)
{
    (void)state;
    enum {
        JSON = sizeof json_columns / sizeof *json_columns,
        MAP = sizeof map_columns / sizeof *map_columns,
        SPANS = sizeof signoz_columns / sizeof *signoz_columns
    };
    caus_clickhouse_column columns[JSON + MAP + SPANS];
    memcpy(columns, signoz_columns, sizeof signoz_columns);
    memcpy(columns + SPANS, json_columns, sizeof json_columns);
    memcpy(columns + SPANS + JSON, map_columns, sizeof map_columns);
    const struct {
        caus_clickhouse_place place;
        const char *table, *other;
    } cases[] = {
        {{0}, "otel_traces", "distributed_signoz_index_v3"},
        {{.database = "otel"}, "otel_traces", "spans"},
        {{.table = "spans"}, "spans", NULL},
        {{.database = "signoz_traces"}, "distributed_signoz_index_v3", NULL},
        {{.database = "signoz_traces", .table = "signoz_index_v3"},
         "signoz_index_v3",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_span_table table, other;
        assert_true(caus_span_table_find(columns, JSON + MAP + SPANS,
                                         &cases[i].place, &table, &other));
        assert_string_equal(table.name, cases[i].table);
        if (cases[i].other)
            assert_string_equal(other.name, cases[i].other);
        else
            assert_null(other.profile);
    }
    caus_clickhouse_place nowhere = {.database = "signoz_traces",
                                     .table = "otel_traces"};
    caus_span_table table, other;
    assert_false(caus_span_table_find(columns, JSON + MAP + SPANS, &nowhere,
                                      &table, &other));
    assert_false(caus_span_table_find(columns, 0, &nowhere, &table, &other));
}

static void the_second_table_holds_other_rows(void **state)
{
    (void)state;
    static const char *const names[CAUS_TABLE_NAMES] = {"spans"};
    static const struct {
        const char *offered[4], *best, *second;
    } cases[] = {
        {{"spans"}, "spans", NULL},
        {{"a", "b", "c"}, "a", "b"},
        {{"x", "y", "spans"}, "spans", "x"},
        {{"spans_buffer", "spans"}, "spans", NULL},
        {{"spans_buffer", "x", "spans"}, "spans", "x"},
        {{"x", "spans_buffer", "spans"}, "spans", "x"},
        {{"spans", "spans_buffer", "x", "y"}, "spans", "x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_table_pair pair = {0};
        for (size_t k = 0; k < 4 && cases[i].offered[k]; k++)
            caus_table_offer(&pair,
                             (caus_table_choice){.database = "otel",
                                                 .name = cases[i].offered[k]},
                             names);
        assert_string_equal(pair.best.name, cases[i].best);
        assert_int_equal(!pair.second.name, !cases[i].second);
        if (cases[i].second)
            assert_string_equal(pair.second.name, cases[i].second);
    }
}

static void writing_statements_survives_each_failed_allocation(void **state)
{
    (void)state;
    caus_span_table table = find(COLUMNS(uptrace_columns));
    caus_variable_spec spec = checkout(&route);
    caus_span_group group = {.filter = &spec, .quantile = {true, true, true}};
    caus_clickhouse_place place = {.database = "a", .table = "b"};
    for (int statement = 0; statement < 4; statement++) {
        for (long n = 0;; n++) {
            caus_text sql = {0};
            caus_error err;
            fault_fail_after(n);
            caus_status status =
                statement == 0
                    ? caus_sql_spans(&table, &group, &window, &sql, &err)
                : statement == 1
                    ? caus_sql_presence(&table, &window, &sql, &err)
                : statement == 2
                    ? caus_sql_services(&table, &window, &sql, &err)
                    : caus_sql_columns(&place, &sql, &err);
            bool refused = fault_stop();
            caus_text_deinit(&sql);
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            if (!refused)
                break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exporter_with_maps_gives_this_text),
        cmocka_unit_test(the_exporter_with_json_gives_this_text),
        cmocka_unit_test(nested_attributes_of_18_16_give_this_text),
        cmocka_unit_test(signoz_v3_gives_this_text_on_the_distributed_table),
        cmocka_unit_test(uptrace_gives_this_text_with_half_a_second_added),
        cmocka_unit_test(
            a_long_gap_becomes_two_ranges_and_a_kind_chosen_counts_alone),
        cmocka_unit_test(other_statements_give_these_texts),
        cmocka_unit_test(attribute_operators_give_these_conditions),
        cmocka_unit_test(quoting_leaves_no_way_out),
        cmocka_unit_test(span_kinds_are_known_by_both_spellings),
        cmocka_unit_test(a_table_without_attributes_refuses_to_filter_by_them),
        cmocka_unit_test(tables_are_told_by_their_columns),
        cmocka_unit_test(usual_names_and_named_places_come_first),
        cmocka_unit_test(the_second_table_holds_other_rows),
        cmocka_unit_test(writing_statements_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
