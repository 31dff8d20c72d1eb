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
    bool is_bare; /* no metric that tells a change */
    char sent[65536];
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

static void answer(void *data, const loopback_request *request)
{
    bench *at = data;
    if (strstr(request->target, "/values")) {
        loopback_reply(request, 200, JSON,
                       at->is_bare ? "{\"status\":\"success\",\"data\":[]}"
                                   : names);
        return;
    }
    snprintf(at->sent, sizeof at->sent, "%s", request->body);
    if (at->refuses)
        loopback_reply(request, 422, JSON,
                       "{\"status\":\"error\",\"error\":\"too much\"}");
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(points_become_changes_of_services),
        TEST(only_what_the_server_has_is_asked_for),
        TEST(a_refusal_is_a_warning),
        TEST(wrong_calls_are_refused),
        TEST(memory_running_out_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
