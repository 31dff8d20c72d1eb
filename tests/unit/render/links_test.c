/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "caus/links.h"
#include "fault.h"
#include "test.h"

static const caus_explore metric = {.kind = CAUS_EXPLORE_METRIC,
                                    .query = "rate(x{a=\"b&c=d\"}[1m]) > 1",
                                    .from_ns = INT64_C(1700000000123000000),
                                    .to_ns = INT64_C(1700000060000000000)};

/* One parameter of a URL, decoded. Freed by the caller. */
static char *decode(const char *url, const char *name)
{
    const char *at = strstr(url, name);
    assert_non_null(at);
    at += strlen(name);
    char *plain = calloc(strlen(at) + 1, 1);
    assert_non_null(plain);
    for (size_t n = 0; *at && *at != '&'; n++, at++) {
        plain[n] = *at;
        if (*at == '%') {
            char digits[3] = {at[1], at[2], 0};
            plain[n] = (char)strtol(digits, NULL, 16);
            at += 2;
        }
    }
    return plain;
}

static json_t *load(const char *url, const char *name)
{
    char *text = decode(url, name);
    json_t *state = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(state);
    return state;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const caus_grafana sources = {.url = "https://g.test/sub/",
                                     .metrics = "prom-1",
                                     .traces = "tempo-1",
                                     .logs = "loki-1"};

static const char *link_by(const caus_grafana *grafana,
                           const caus_explore *what, caus_arena *arena)
{
    const char *url;
    caus_error err;
    assert_int_equal(caus_grafana_explore(grafana, what, arena, &url, &err),
                     CAUS_OK);
    if (!url)
        return NULL;
    assert_ptr_equal(strstr(url, "https://g.test/sub/explore?"), url);
    for (const char *at = url; *at; at++)
        assert_null(strchr(" \"<>{}\\|", *at));
    return url;
}

static const char *link_to(const caus_explore *what, caus_arena *arena)
{
    const char *url = link_by(&sources, what, arena);
    assert_non_null(url);
    return url;
}

static void check_pane(const json_t *pane)
{
    const json_t *query = json_array_get(json_object_get(pane, "queries"), 0);
    assert_string_equal(text_of(pane, "datasource"), "prom-1");
    assert_string_equal(text_of(query, "expr"), metric.query);
    assert_string_equal(text_of(json_object_get(query, "datasource"), "uid"),
                        "prom-1");
    assert_string_equal(text_of(json_object_get(pane, "range"), "from"),
                        "1700000000123");
    assert_string_equal(text_of(json_object_get(pane, "range"), "to"),
                        "1700000060000");
}

static void old_and_new_grafanas_find_the_query(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    const char *url = link_to(&metric, arena);
    assert_non_null(strstr(url, "schemaVersion=1"));
    json_t *panes = load(url, "panes="), *left = load(url, "left=");
    check_pane(json_object_iter_value(json_object_iter(panes)));
    const char *name = json_object_iter_key(json_object_iter(panes));
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz"), 3);
    assert_int_equal(strlen(name), 3);
    check_pane(left);
    json_decref(panes);
    json_decref(left);
    caus_arena_free(arena);
}

static void traces_go_by_id_and_logs_by_service(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    const caus_explore trace = {.kind = CAUS_EXPLORE_TRACE, .query = "4bf92f"};
    const caus_explore logs = {.kind = CAUS_EXPLORE_LOGS, .query = "a\"b"};
    json_t *left = load(link_to(&trace, arena), "left=");
    const json_t *query = json_array_get(json_object_get(left, "queries"), 0);
    assert_string_equal(text_of(query, "query"), "4bf92f");
    assert_string_equal(text_of(left, "datasource"), "tempo-1");
    json_decref(left);
    left = load(link_to(&logs, arena), "left=");
    query = json_array_get(json_object_get(left, "queries"), 0);
    assert_string_equal(text_of(query, "expr"), "{service_name=\"a\\\"b\"}");
    assert_string_equal(text_of(left, "datasource"), "loki-1");
    json_decref(left);
    caus_arena_free(arena);
}

static void expect_statement(const char *url, const char *type,
                             const char *wanted)
{
    json_t *left = load(url, "left=");
    const json_t *query = json_array_get(json_object_get(left, "queries"), 0);
    const json_t *source = json_object_get(query, "datasource");
    assert_string_equal(text_of(left, "datasource"), "clickhouse");
    assert_string_equal(text_of(source, "uid"), "clickhouse");
    assert_string_equal(text_of(source, "type"),
                        "grafana-clickhouse-datasource");
    assert_string_equal(text_of(query, "editorType"), "sql");
    assert_string_equal(text_of(query, "queryType"), type);
    assert_int_equal(json_integer_value(json_object_get(query, "format")),
                     strcmp(type, "logs") == 0 ? 2 : 3);
    assert_string_equal(text_of(query, "rawSql"), wanted);
    json_decref(left);
}

static void what_came_from_clickhouse_is_shown_by_it(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    const caus_grafana bare = {.url = "https://g.test/sub"};
    const caus_explore trace = {.kind = CAUS_EXPLORE_TRACE,
                                .query = "4bf92f",
                                .statement =
                                    "SELECT 1 FROM `a?b` WHERE id = ?"};
    const caus_explore logs = {.kind = CAUS_EXPLORE_LOGS,
                               .query = "o'brien\\",
                               .statement = "SELECT 2 WHERE s = ? LIMIT 9"};
    expect_statement(link_by(&bare, &trace, arena), "traces",
                     "SELECT 1 FROM `a?b` WHERE id = '4bf92f'");
    expect_statement(link_by(&bare, &logs, arena), "logs",
                     "SELECT 2 WHERE s = 'o\\'brien\\\\' LIMIT 9");
    json_t *left = load(link_to(&trace, arena), "left=");
    assert_string_equal(text_of(left, "datasource"), "tempo-1");
    json_decref(left);
    caus_arena_free(arena);
}

static void nothing_leads_to_a_data_source_that_nobody_named(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    const caus_grafana bare = {.url = "https://g.test", .traces = ""};
    const caus_explore trace = {.kind = CAUS_EXPLORE_TRACE, .query = "4bf92f"};
    const caus_explore logs = {.kind = CAUS_EXPLORE_LOGS, .query = "auth"};
    assert_null(link_by(&bare, &trace, arena));
    assert_null(link_by(&bare, &logs, arena));
    caus_arena_free(arena);
}

static void only_web_addresses_are_taken(void **state)
{
    (void)state;
    caus_error err;
    assert_int_equal(caus_grafana_check("http://localhost:3000", &err),
                     CAUS_OK);
    static const char *const bad[] = {"", "grafana.test", "javascript:alert(1)",
                                      "https://a b", "https://a\"><script>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(caus_grafana_check(bad[i], &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, "https://"));
    }
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    const caus_grafana grafana = {.url = "http://g.test"};
    const caus_explore logs = {.kind = CAUS_EXPLORE_LOGS,
                               .query = "auth",
                               .statement = "SELECT 1 WHERE s = ?"};
    for (long n = 0;; n++) {
        caus_arena *arena = caus_arena_new(0);
        const char *url;
        caus_error err;
        fault_fail_after(n);
        caus_status status =
            caus_grafana_explore(&grafana, &logs, arena, &url, &err);
        bool refused = fault_stop();
        caus_arena_free(arena);
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (!refused)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_and_new_grafanas_find_the_query),
        cmocka_unit_test(traces_go_by_id_and_logs_by_service),
        cmocka_unit_test(what_came_from_clickhouse_is_shown_by_it),
        cmocka_unit_test(nothing_leads_to_a_data_source_that_nobody_named),
        cmocka_unit_test(only_web_addresses_are_taken),
        cmocka_unit_test(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
