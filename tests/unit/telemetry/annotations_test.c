/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations of a Grafana, in the form that its HTTP API documents. */
#include <stdlib.h>

#include "asked.h"

static const int64_t ms_ns = 1000000;
static const int64_t start_ms = 1507265000000, end_ms = 1507268600000;

/* Fields as in Grafana 8.3 and later; one with tags, a region, one that is
 * tied to a panel. */
static const char annotations[] =
    "[{\"id\":1124,\"alertId\":0,\"dashboardId\":468,\"panelId\":2,"
    "\"userId\":1,\"userName\":\"\",\"newState\":\"\",\"prevState\":\"\","
    "\"time\":1507266395000,\"timeEnd\":1507266395000,"
    "\"text\":\"checkout 4.2\\nby the pipeline\",\"metric\":\"\","
    "\"tags\":[\"deploy\",\"service:checkout\"],\"data\":{}},"
    "{\"id\":1123,\"alertId\":0,\"dashboardUID\":\"jcIIG-07z\",\"panelId\":2,"
    "\"time\":1507265111000,\"timeEnd\":1507265711000,\"text\":\"load test\","
    "\"tags\":null,\"data\":{}}]";

typedef struct bench {
    asked on;
    int status;
    const char *type;
    const char *body;
    char *made; /* what a body is, freed when its sender has ended */
    char target[4096];
    char headers[8192];
    caus_facts_options options;
    caus_facts facts;
} bench;

static void answer(void *data, const loopback_request *request)
{
    bench *at = data;
    snprintf(at->target, sizeof at->target, "%s", request->target);
    snprintf(at->headers, sizeof at->headers, "%s", request->headers);
    loopback_reply(request, at->status, at->type, at->body);
}

static int set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    at->status = 200;
    at->type = JSON;
    at->body = annotations;
    at->options = (caus_facts_options){.start_ns = start_ms * ms_ns,
                                       .end_ns = end_ms * ms_ns};
    *state = at;
    return asked_begin(&at->on, answer, at);
}

static int tear_down(void **state)
{
    bench *at = *state;
    asked_end(&at->on);
    free(at->made);
    free(at);
    return 0;
}

static caus_status look(void *data)
{
    bench *at = data;
    return caus_grafana_changes(&at->on.endpoint, &at->options, at->on.run,
                                at->on.out, &at->facts, &at->on.err);
}

static void annotations_become_changes(void **state)
{
    bench *at = *state;
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.changes.change_count, 2);
    const caus_change *note = &at->facts.changes.changes[0];
    assert_int_equal(note->time_ns, 1507265111000 * ms_ns);
    assert_int_equal(note->kind, CAUS_CHANGE_OTHER);
    assert_string_equal(note->kind_name, "annotation");
    assert_string_equal(note->service, "");
    const caus_change *deploy = &at->facts.changes.changes[1];
    assert_int_equal(deploy->time_ns, 1507266395000 * ms_ns);
    assert_int_equal(deploy->kind, CAUS_CHANGE_DEPLOY);
    assert_string_equal(deploy->service, "checkout");
    assert_string_equal(deploy->ref, "1124");
    assert_string_equal(deploy->text, "checkout 4.2\nby the pipeline");
    assert_string_equal(deploy->source, "grafana");
    assert_string_equal(deploy->query, at->facts.queries[0].text);
}

static void the_window_is_asked_for_and_no_alerts(void **state)
{
    static const char query[] =
        "type=annotation&from=1507265000000&to=1507268600000&limit=5000";
    static const char *const endings[] = {"", "/", "/api/annotations",
                                          "/api/annotations/"};
    char wanted[256], url[128];
    bench *at = *state;
    snprintf(wanted, sizeof wanted, "/api/annotations?%s", query);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(url, sizeof url, "%s%s", loopback_url(at->on.server),
                 endings[i]);
        at->on.endpoint.url = url;
        assert_int_equal(look(at), CAUS_OK);
        assert_string_equal(at->target, wanted);
    }
    snprintf(url, sizeof url, "%s/grafana?tags=deploy",
             loopback_url(at->on.server));
    assert_int_equal(look(at), CAUS_OK);
    snprintf(wanted, sizeof wanted, "/grafana/api/annotations?tags=deploy&%s",
             query);
    assert_string_equal(at->target, wanted);
    assert_int_equal(at->facts.query_count, 1);
    assert_string_equal(at->facts.queries[0].server, "grafana");
}

static void the_token_goes_to_the_server_and_into_no_text(void **state)
{
    bench *at = *state;
    at->on.endpoint.bearer_token = "glsa_hidden";
    assert_int_equal(look(at), CAUS_OK);
    assert_non_null(strstr(at->headers, "Bearer glsa_hidden"));
    assert_null(strstr(at->facts.queries[0].text, "glsa"));
    at->status = 401;
    at->body = "{\"message\":\"Unauthorized\"}";
    assert_int_equal(look(at), CAUS_ERR_DENIED);
    assert_non_null(strstr(at->on.err.message, "CAUS_GRAFANA_TOKEN"));
    assert_null(strstr(at->on.err.message, "glsa"));
}

static void other_answers_are_told_apart(void **state)
{
    static const struct {
        int status;
        const char *type, *body, *says;
    } cases[] = {
        {200, "Content-Type: text/html\r\n", " <!doctype html><p>Log in",
         "an HTML page, not JSON"},
        {302, "Location: /login\r\n", "", "another address"},
        {404, JSON, "{\"message\":\"Not found\"}", "HTTP 404"},
        {500, JSON, "", "HTTP 500"},
        {200, JSON, "", "the url is that of Grafana"},
        {200, JSON, "{\"status\":\"success\"}", "with '{\"status\""},
        {200, JSON, "time,kind\n1,deploy\n", "with 'time,kind'"},
    };
    bench *at = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        at->status = cases[i].status;
        at->type = cases[i].type;
        at->body = cases[i].body;
        assert_int_equal(look(at), CAUS_ERR_SERVER);
        assert_non_null(strstr(at->on.err.message, cases[i].says));
    }
    at->status = 200;
    at->body = "[{\"id\":1,\"text\":\"when?\"}]";
    assert_int_equal(look(at), CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(at->on.err.message, "grafana entry 1 has no time"));
    at->body = "[{\"id\":1,";
    assert_int_equal(look(at), CAUS_ERR_INVALID_DATA);
    at->body = "[]";
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(at->facts.changes.change_count, 0);
}

static void a_list_that_may_be_cut_short_is_refused(void **state)
{
    enum { LIMIT = 5000, ENTRY = 64 };
    bench *at = *state;
    char *body = malloc((LIMIT + 1) * ENTRY);
    assert_non_null(body);
    size_t end = 0;
    for (int i = 0; i < LIMIT; i++)
        end +=
            (size_t)snprintf(body + end, ENTRY, "%c{\"id\":%d,\"time\":%lld}",
                             i ? ',' : '[', i, (long long)start_ms + i);
    snprintf(body + end, ENTRY, "]");
    at->body = at->made = body;
    assert_int_equal(look(at), CAUS_ERR_LIMIT);
    assert_non_null(strstr(at->on.err.message, "?tags=deploy"));
}

/* The byte limit lies within a character, which is left out whole. */
static void a_long_text_is_cut_at_a_character(void **state)
{
    enum { CHARACTERS = 3000 };
    static const char head[] = "[{\"id\":1,\"time\":1507265111000,\"text\":\"a";
    bench *at = *state;
    char *body = malloc(sizeof head + 2 * CHARACTERS + 8);
    assert_non_null(body);
    char *to = body + snprintf(body, sizeof head, "%s", head);
    for (int i = 0; i < CHARACTERS; i++, to += 2)
        memcpy(to, "\xc3\xa9", 2);
    memcpy(to, "\"}]", 4);
    at->body = at->made = body;
    assert_int_equal(look(at), CAUS_OK);
    assert_int_equal(strlen(at->facts.changes.changes[0].text), 4095);
}

static void a_failure_leaves_nothing_behind(void **state)
{
    bench *at = *state;
    at->on.endpoint.url = "grafana.example";
    assert_int_not_equal(look(at), CAUS_OK);
    assert_int_equal(caus_arena_used_bytes(at->on.out), 0);
    at->on.endpoint.url = loopback_url(at->on.server);
    assert_true(expect_nothing_left(&at->on, &at->facts, look, at) > 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(annotations_become_changes),
        TEST(the_window_is_asked_for_and_no_alerts),
        TEST(the_token_goes_to_the_server_and_into_no_text),
        TEST(other_answers_are_told_apart),
        TEST(a_list_that_may_be_cut_short_is_refused),
        TEST(a_long_text_is_cut_at_a_character),
        TEST(a_failure_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
