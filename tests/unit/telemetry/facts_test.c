/* SPDX-License-Identifier: Apache-2.0 */
/* Changes found in metrics, against a server that says what a test wants; real
 * ones are the business of tests/e2e/changes_test. */
#include <stdlib.h>

#include "asked.h"

enum { START_S = 1761706800, END_S = START_S + 3600 };

static const int64_t second_ns = 1000000000;

typedef struct bench {
    asked on;
    bool refuses;
    bool is_bare;         /* no metric that tells a change */
    const char *settings; /* series of settings that stepped; NULL = no names */
    int settings_status;  /* 0 = they are answered */
    char sent[65536];
    char sent_settings[65536];
    caus_facts_options options;
    caus_facts facts;
} bench;

static const char names[] =
    "{\"status\":\"success\",\"data\":[\"kube_pod_container_status_restarts_"
    "total\",\"process_start_time_seconds\",\"shop_build_info\",\"other\"]}";

/* 1 is a restart, 13 a start, 16 a version; 99 and 2 were not asked for. */
static const char points[] =
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
    "{\"metric\":{\"caus_fact\":\"1\",\"pod\":\"auth-7d9f8b6c5-x2x4z\"},"
    "\"values\":[[1761706860,\"1\"],[1761707010,\"2\"]]},"
    "{\"metric\":{\"caus_fact\":\"1\",\"pod\":\"db-0\"},"
    "\"values\":[[1761706875,\"1\"]]},"
    "{\"metric\":{\"caus_fact\":\"1\",\"pod\":\"agent-x2x4z\"},"
    "\"values\":[[1761706875,\"1\"]]},"
    "{\"metric\":{\"caus_fact\":\"1\",\"pod\":\"flapper-0\"},\"values\":["
    "[1761706815,\"1\"],[1761706830,\"2\"],[1761706845,\"3\"],"
    "[1761706860,\"4\"],[1761706875,\"5\"],[1761706890,\"6\"],"
    "[1761706905,\"7\"],[1761706920,\"8\"],[1761706935,\"9\"],"
    "[1761706950,\"10\"],[1761706965,\"11\"]]},"
    "{\"metric\":{\"caus_fact\":\"1\",\"pod\":\"loop-0\"},\"values\":["
    "[1761709815,\"1\"],[1761709830,\"2\"],[1761709845,\"3\"],"
    "[1761709860,\"4\"],[1761709875,\"5\"],[1761709890,\"6\"],"
    "[1761709905,\"7\"],[1761709920,\"8\"],[1761709935,\"9\"],"
    "[1761709950,\"10\"],[1761709965,\"11\"]]},"
    "{\"metric\":{\"caus_fact\":\"13\",\"job\":\"web\",\"instance\":\"w:1\"},"
    "\"values\":[[1761706890,\"1761706880.25\"],[1761706905,"
    "\"1761706880.25\"],[1761706920,\"1761706911\"]]},"
    "{\"metric\":{\"caus_fact\":\"16\",\"service\":\"shop\",\"version\":\"2\"},"
    "\"values\":[[1761706890,\"1\"]]},"
    "{\"metric\":{\"caus_fact\":\"99\"},\"values\":[[1761706890,\"1\"]]},"
    "{\"metric\":{\"caus_fact\":\"2\"},\"values\":[[1761706890,\"1\"]]}]}}";

static const char setting_names[] =
    "{\"status\":\"success\",\"data\":[\"redis_config_maxmemory\","
    "\"process_start_time_seconds\",\"redis_config_maxmemory_used\","
    "\"pg_settings_in_hot_standby\"]}";

static const char *names_of(const bench *at)
{
    return at->is_bare    ? "{\"status\":\"success\",\"data\":[]}"
           : at->settings ? setting_names
                          : names;
}

static void reply_series(const loopback_request *request, const char *series)
{
    char reply[4096];
    snprintf(reply, sizeof reply,
             "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
             "\"result\":[%s]}}",
             series);
    loopback_reply(request, 200, JSON, reply);
}

static void answer(void *data, const loopback_request *request)
{
    bench *at = data;
    if (strstr(request->target, "/values")) {
        loopback_reply(request, 200, JSON, names_of(at));
        return;
    }
    bool is_of_settings = strstr(request->body, "last_over_time") != NULL;
    snprintf(is_of_settings ? at->sent_settings : at->sent, sizeof at->sent,
             "%s", request->body);
    int status = is_of_settings ? at->settings_status : at->refuses ? 422 : 0;
    if (status)
        loopback_reply(request, status, JSON,
                       "{\"status\":\"error\",\"error\":\"too much\"}");
    else if (at->settings)
        reply_series(request, is_of_settings ? at->settings : "");
    else
        loopback_reply(request, 200, JSON, points);
}

static int set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    at->options = (caus_facts_options){.start_ns = START_S * second_ns,
                                       .end_ns = END_S * second_ns};
    *state = at;
    return asked_begin(&at->on, answer, at);
}

static int tear_down(void **state)
{
    bench *at = *state;
    asked_end(&at->on);
    free(at);
    return 0;
}

static caus_status look(void *data)
{
    bench *at = data;
    return caus_prometheus_facts(&at->on.endpoint, &at->options, at->on.run,
                                 at->on.out, &at->facts, &at->on.err);
}

static void points_become_changes_of_services(void **state)
{
    static const struct {
        int64_t time_ms; /* after the start */
        const char *service, *kind, *ref;
    } expected[] = {{45000, "auth", "restart", "auth-7d9f8b6c5-x2x4z"},
                    {60000, "agent", "restart", "agent-x2x4z"},
                    {60000, "db", "restart", "db-0"},
                    {75000, "shop", "deploy", "2"},
                    {80250, "web", "restart", "w:1"},
                    {111000, "web", "restart", "w:1"},
                    {195000, "auth", "restart", "auth-7d9f8b6c5-x2x4z"},
                    {3000000, "loop", "restart", "loop-0"}};
    bench *at = *state;
    assert_int_equal(look(at), CAUS_OK);
    const caus_changes *found = &at->facts.changes;
    assert_int_equal(found->change_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < found->change_count; i++) {
        const caus_change *change = &found->changes[i];
        assert_int_equal(change->time_ns,
                         START_S * second_ns + expected[i].time_ms * 1000000);
        assert_string_equal(change->service, expected[i].service);
        assert_string_equal(change->kind_name, expected[i].kind);
        assert_string_equal(change->ref, expected[i].ref);
        assert_string_equal(change->source, "prometheus");
        assert_true(strlen(change->query) > 10);
        assert_null(strchr(change->query, '@'));
    }
    assert_non_null(strstr(found->changes[found->change_count - 1].text,
                           ", and 10 times more after that"));
    assert_int_equal(at->facts.query_count, 2);
    assert_int_equal(at->facts.warning_count, 0);
}

static void only_what_the_server_has_is_asked_for(void **state)
{
    bench *at = *state;
    assert_int_equal(look(at), CAUS_OK);
    assert_non_null(strstr(at->sent, "kube_pod_container_status_restarts"));
    assert_null(strstr(at->sent, "kube_node_status_condition"));
    at->is_bare = true;
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.query_count, 1);
    assert_int_equal(at->facts.changes.change_count, 0);
}

#define SETTING(name, values)                                        \
    "{\"metric\":{\"caus_fact\":\"" name "\",\"service\":\"cache\"," \
    "\"container\":\"box\"},\"values\":[" values "]}"
#define MEMORY(values) SETTING("redis_config_maxmemory", values)
#define LOWERED "[1761706860,\"536870912\"],[1761706875,\"67108864\"]"

static void settings_that_step_are_changes(void **state)
{
    bench *at = *state;
    at->settings = MEMORY(LOWERED) "," SETTING(
        "container_spec_cpu_quota", "[1761707010,\"2\"],[1761707025,\"0.5\"]");
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.query_count, 3);
    assert_int_equal(at->facts.changes.change_count, 2);
    const caus_change *change = at->facts.changes.changes;
    assert_int_equal(change->kind, CAUS_CHANGE_CONFIG);
    assert_string_equal(change->kind_name, "config");
    assert_string_equal(change->service, "cache");
    assert_string_equal(change->ref,
                        "redis_config_maxmemory from 536870912 to 67108864");
    assert_string_equal(change->text,
                        "redis_config_maxmemory went from 536870912 to "
                        "67108864 at 2025-10-29T03:01:00Z");
    assert_string_equal(change->source, "prometheus");
    assert_string_equal(
        change->query,
        "redis_config_maxmemory != redis_config_maxmemory offset 15s");
    assert_int_equal(change->time_ns, (START_S + 60) * second_ns);
    /* Whoever measures containers is none of them. */
    assert_string_equal(change[1].service, "box");
    assert_string_equal(change[1].ref,
                        "container_spec_cpu_quota from 2 to 0.5");
}

static void only_steps_that_last_are_told(void **state)
{
    static const struct {
        const char *series;
        size_t changes;
    } cases[] = {
        {MEMORY(LOWERED ",[1761707475,\"67108864\"],[1761707490,\"8\"]"), 2},
        /* taken back after ten minutes, and after a scrape */
        {MEMORY("[1761706860,\"5\"],[1761706875,\"6\"],[1761707475,\"6\"],"
                "[1761707490,\"5\"]"),
         2},
        {MEMORY("[1761706860,\"5\"],[1761706875,\"0\"],[1761706890,\"5\"]"), 0},
        {MEMORY("[1761706860,\"5\"],[1761706875,\"0\"],[1761706890,\"6\"]"), 2},
        /* a third step: it moves */
        {MEMORY("[1761706860,\"5\"],[1761706875,\"6\"],[1761707475,\"6\"],"
                "[1761707490,\"7\"],[1761708475,\"7\"],[1761708490,\"8\"]"),
         0},
        /* from what is not known */
        {MEMORY("[1761706815,\"5\"]"), 0},
        {MEMORY("[1761706815,\"5\"],[1761706875,\"6\"]"), 0},
        /* what was not asked for */
        {SETTING("redis_config_maxmemory_used", LOWERED), 0},
        {SETTING("pg_settings_in_hot_standby", LOWERED), 0},
        {SETTING("pg_settings_max_connections", LOWERED), 1},
        {"{\"metric\":{},\"values\":[" LOWERED "]}", 0},
    };
    bench *at = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        at->settings = cases[i].series;
        assert_int_equal(look(at), CAUS_OK);
        if (at->facts.changes.change_count != cases[i].changes)
            fail_msg("%zu changes of %s", at->facts.changes.change_count,
                     cases[i].series);
    }
}

static void settings_are_asked_for_where_there_are_any(void **state)
{
    bench *at = *state;
    assert_int_equal(look(at), CAUS_OK);
    assert_string_equal(at->sent_settings, "");
    at->settings = MEMORY(LOWERED);
    assert_int_equal(look(at), CAUS_OK);
    assert_non_null(strstr(at->sent_settings, "redis_config_maxmemory"));
    assert_null(strstr(at->sent_settings, "pg_settings"));
}

static void settings_take_no_facts_along(void **state)
{
    bench *at = *state;
    at->settings = MEMORY(LOWERED);
    at->options.max_queries = 2;
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.query_count, 2);
    assert_non_null(strstr(at->sent, "process_start_time_seconds"));
    assert_string_equal(at->sent_settings, "");
    at->options.max_queries = 3;
    static const struct {
        int status;
        const char *warning;
    } failures[] = {{422, "refused the search for settings"},
                    {200, "settings were not looked for"}};
    for (size_t i = 0; i < 2; i++) {
        at->settings_status = failures[i].status;
        assert_int_equal(look(at), CAUS_OK);
        assert_int_equal(at->facts.query_count, 3);
        assert_int_equal(at->facts.warning_count, 1);
        assert_non_null(strstr(at->facts.warnings[0], failures[i].warning));
    }
    at->settings_status = 0;
    at->refuses = true;
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.changes.change_count, 1);
    assert_non_null(strstr(at->facts.warnings[0], "for restarts"));
}

static void a_refusal_is_a_warning(void **state)
{
    bench *at = *state;
    at->refuses = true;
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.changes.change_count, 0);
    assert_int_equal(at->facts.warning_count, 1);
    assert_non_null(strstr(at->facts.warnings[0], "--changes"));
}

static void wrong_calls_are_refused(void **state)
{
    bench *at = *state;
    at->options.end_ns = at->options.start_ns;
    assert_int_equal(look(at), CAUS_ERR_INVALID_ARGUMENT);
    at->options.end_ns = END_S * second_ns;
    at->options.max_queries = 1;
    assert_int_equal(look(at), CAUS_ERR_LIMIT);
    assert_int_equal(caus_arena_used_bytes(at->on.out), 0);
}

static void memory_running_out_leaves_nothing_behind(void **state)
{
    bench *at = *state;
    assert_true(expect_nothing_left(&at->on, &at->facts, look, at) > 20);
}

static void nor_does_it_of_settings(void **state)
{
    bench *at = *state;
    at->settings = MEMORY(LOWERED);
    assert_true(expect_nothing_left(&at->on, &at->facts, look, at) > 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(points_become_changes_of_services),
        TEST(only_what_the_server_has_is_asked_for),
        TEST(settings_that_step_are_changes),
        TEST(only_steps_that_last_are_told),
        TEST(settings_are_asked_for_where_there_are_any),
        TEST(settings_take_no_facts_along),
        TEST(a_refusal_is_a_warning),
        TEST(wrong_calls_are_refused),
        TEST(memory_running_out_leaves_nothing_behind),
        TEST(nor_does_it_of_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
