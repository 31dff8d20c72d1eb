/* SPDX-License-Identifier: Apache-2.0 */
/* caus_prometheus_fetch() against a server that says what a test wants; real
 * replies are the business of tests/e2e. */
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "caus/telemetry.h"
#include "fault.h"
#include "test.h"
#include "unit/http/loopback.h"

enum { START_S = 1761706800, ROWS = 11 };

/* How range queries go wrong. */
typedef enum mood {
    MOOD_WELL,
    MOOD_BUSY_ONCE, /* 503 in the middle of the first try */
    MOOD_CUT_ONCE,  /* the connection is lost in the middle */
    MOOD_HTML,
    MOOD_HTML_ERROR,
    MOOD_SHORT, /* JSON that stops */
    MOOD_OFF_GRID,
    MOOD_REFUSE,
    MOOD_REFUSE_HEAVY, /* what asks for a maximum */
    MOOD_ERROR_IN_200,
    MOOD_HANG,
    MOOD_TWO_SERIES,
    MOOD_NO_VALUE,
    MOOD_NOTES
} mood;

typedef struct bench {
    loopback *server;
    mood mood;
    int failures;       /* so far */
    const char *metric; /* that the server has */
    const char *labels; /* beside its job, JSON with a comma before each */
    caus_endpoint endpoint;
    caus_fetch_options options;
    volatile sig_atomic_t cancel;
    caus_run *run;
    caus_arena *out;
    caus_fetch fetch;
    caus_error err;
} bench;

/* The server must not draw on the allocations that the tests let fail. */
typedef struct page {
    char bytes[32768];
    size_t length;
} page;

static void put(page *to, const char *format, ...) CAUS_PRINTF(2, 3);

static void put(page *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(to->bytes + to->length,
                           sizeof to->bytes - to->length, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof to->bytes - to->length);
    to->length += (size_t)length;
}

#define JSON "Content-Type: application/json\r\n"

static long form_number(const char *body, const char *name)
{
    const char *at = strstr(body, name);
    return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

/* One series whose value is its row. */
static void add_series(const loopback_request *request, page *reply,
                       const char *labels, long shift_s)
{
    long start = form_number(request->body, "&start=");
    long end = form_number(request->body, "&end=");
    long step = form_number(request->body, "&step=");
    put(reply, "{\"metric\":{%s},\"values\":[", labels);
    for (long t = start; step && t <= end; t += step)
        put(reply, "%s[%ld,\"%ld\"]", t > start ? "," : "", t + shift_s,
            (t - START_S) / step);
    put(reply, "]}");
}

static void answer_range(bench *at, const loopback_request *request)
{
    mood now = at->mood;
    page reply = {.length = 0};
    put(&reply, "{\"status\":\"success\",\"data\":{\"resultType\":"
                "\"matrix\",\"result\":[");
    if (now == MOOD_NO_VALUE)
        put(&reply, "{\"metric\":{},\"values\":[[1761706800,"
                    "\"NaN\"]]}");
    else
        add_series(request, &reply, "\"job\":\"a\"", now == MOOD_OFF_GRID);
    if (now == MOOD_TWO_SERIES) {
        put(&reply, ",");
        add_series(request, &reply, "\"job\":\"b\"", 0);
    }
    put(&reply, now == MOOD_NOTES ? "]},\"warnings\":[\"slow disk\"],"
                                    "\"infos\":[\"no counter\"]}"
                                  : "]}}");
    char head[200];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                          reply.length);
    if (now == MOOD_CUT_ONCE && at->failures++ == 0) {
        loopback_send(request, head, (size_t)length);
        loopback_send(request, reply.bytes, reply.length / 2);
    } else if (now == MOOD_SHORT) {
        reply.bytes[reply.length / 2] = '\0';
        loopback_reply(request, 200, JSON, reply.bytes);
    } else {
        loopback_reply(request, 200, JSON, reply.bytes);
    }
}

static void answer_in_a_mood(bench *at, const loopback_request *request)
{
    switch (at->mood) {
    case MOOD_HTML:
        loopback_reply(request, 200, "", "\n<html>Please log in</html>");
        return;
    case MOOD_HTML_ERROR:
        loopback_reply(request, 404, "", "<html>nginx</html>");
        return;
    case MOOD_REFUSE_HEAVY:
        if (!strstr(request->body, "max"))
            break;
        /* fall through */
    case MOOD_REFUSE:
        loopback_reply(request, 422, JSON,
                       "{\"status\":\"error\",\"errorType\":\"execution\","
                       "\"error\":\"query processing would load too many "
                       "samples\"}");
        return;
    case MOOD_ERROR_IN_200:
        loopback_reply(request, 200, JSON,
                       "{\"status\":\"error\",\"error\":\"not today\"}");
        return;
    case MOOD_HANG:
        loopback_hang(request);
        return;
    case MOOD_BUSY_ONCE:
        if (at->failures++ == 0) {
            loopback_reply(request, 503, "", "busy");
            return;
        }
        break;
    default:
        break;
    }
    answer_range(at, request);
}

static void answer(void *data, const loopback_request *request)
{
    bench *at = data;
    page reply = {.length = 0};
    if (strstr(request->target, "/query_range")) {
        answer_in_a_mood(at, request);
        return;
    }
    put(&reply, "{\"status\":\"success\",\"data\":");
    if (strstr(request->target, "/series")) {
        put(&reply,
            "[{\"__name__\":\"%s\",\"job\":\"a\",\"instance\":"
            "\"i\"%s},{\"__name__\":\"up\",\"job\":\"a\",\"instance\":"
            "\"i\"}]}",
            at->metric, at->labels);
    } else if (strstr(request->target, "/metadata")) {
        put(&reply,
            "{\"%s\":[{\"type\":\"gauge\",\"help\":\"\","
            "\"unit\":\"seconds\"}]}}",
            at->metric);
    } else if (strstr(request->target, "/values")) {
        put(&reply, "[\"cpu\",\"cpu_total\",\"up\",\"zebra\"]}");
    } else {
        put(&reply, "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{"
                    "\"__name__\":\"up\",\"job\":\"a\",\"instance\":\"i\"},"
                    "\"values\":[");
        for (long t = START_S - 60; t <= START_S + 600; t += 30)
            put(&reply, "%s[%ld.5,\"1\"]", t > START_S - 60 ? "," : "", t);
        put(&reply, "]}]}}");
    }
    loopback_reply(request, 200, JSON, reply.bytes);
}

static int set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    caus_run_options options = {.threads = 1, .cancel = &at->cancel};
    if (caus_run_new(&options, &at->run, NULL) != CAUS_OK)
        return -1;
    at->out = caus_arena_new(0);
    at->metric = "cpu";
    at->labels = "";
    at->server = loopback_start(answer, at);
    at->endpoint =
        (caus_endpoint){.url = loopback_url(at->server), .timeout_s = 10};
    at->options.window =
        (caus_grid){.start_ns = START_S * INT64_C(1000000000),
                    .end_ns = (START_S + 60 * (ROWS - 1)) * INT64_C(1000000000),
                    .step_ns = 60 * INT64_C(1000000000)};
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    bench *at = *state;
    loopback_stop(at->server);
    caus_arena_free(at->out);
    caus_run_free(at->run);
    free(at);
    return 0;
}

static caus_status fetch_named(bench *at, const char *name, const char *query)
{
    caus_variable_spec spec = {
        .origin = CAUS_ORIGIN_METRIC, .name = name, .query = query};
    return caus_prometheus_fetch(&at->endpoint, &spec, 1, &at->options, at->run,
                                 at->out, &at->fetch, &at->err);
}

static void assert_fails(bench *at, mood how, caus_status status,
                         const char *words)
{
    at->mood = how;
    assert_int_equal(fetch_named(at, "cpu", NULL), status);
    assert_int_equal(caus_arena_used_bytes(at->out), 0);
    if (!strstr(at->err.message, words))
        fail_msg("'%s' lacks '%s'", at->err.message, words);
}

static void assert_rows(const bench *at)
{
    assert_int_equal(at->fetch.samples.track_count, 1);
    const caus_track *track = &at->fetch.samples.tracks[0];
    assert_int_equal(track->count, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(track->value[i] == (double)i);
}

static void a_variable_carries_all_that_is_known(void **state)
{
    bench *at = *state;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_OK);
    assert_rows(at);
    const caus_variable *variable = &at->fetch.samples.tracks[0].variable;
    assert_string_equal(variable->name, "cpu");
    assert_string_equal(variable->unit, "s");
    assert_string_equal(variable->query,
                        "avg by (job) (avg_over_time(cpu[59999ms]))");
    assert_int_equal(variable->label_count, 1);
    assert_string_equal(variable->labels[0].value, "a");
    assert_true(variable->scrape_interval_s == 30);
    assert_true(variable->scrape_offset_s == 29.5);
    assert_int_equal(at->fetch.query_count, 4);
    assert_string_equal(at->fetch.queries[0].server, "prometheus");
    assert_true(isnan(at->fetch.clock_skew_s)); /* no Date header */
}

/* One job may scrape all pods. */
static void
groups_are_what_is_scraped_before_the_job_of_the_scrape(void **state)
{
    bench *at = *state;
    static const struct {
        const char *metric, *labels, *by;
    } cases[] = {{"cpu", ",\"app\":\"shop\",\"pod\":\"shop-0\"", "app"},
                 {"cpu", ",\"deployment\":\"shop\",\"service_name\":\"s\"",
                  "service_name"},
                 {"cpu", ",\"service\":\"s\",\"app\":\"shop\"", "service"},
                 {"cpu", ",\"container\":\"c\"", "job"},
                 {"container_cpu", ",\"container\":\"c\",\"app\":\"kubelet\"",
                  "container"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char query[100];
        at->metric = cases[i].metric;
        at->labels = cases[i].labels;
        assert_int_equal(fetch_named(at, at->metric, NULL), CAUS_OK);
        snprintf(query, sizeof query,
                 "avg by (%s) (avg_over_time(%s[59999ms]))", cases[i].by,
                 at->metric);
        assert_string_equal(at->fetch.samples.tracks[0].variable.query, query);
    }
}

static void replies_that_fail_are_read_anew(void **state)
{
    bench *at = *state;
    at->endpoint.retries = 1;
    at->mood = MOOD_BUSY_ONCE;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_OK);
    assert_rows(at);
    at->failures = 0;
    at->mood = MOOD_CUT_ONCE;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_OK);
    assert_rows(at);
}

static void broken_replies_are_named(void **state)
{
    bench *at = *state;
    assert_fails(at, MOOD_HTML, CAUS_ERR_SERVER,
                 "the range query of cpu: the reply is an HTML page");
    assert_fails(at, MOOD_HTML_ERROR, CAUS_ERR_SERVER,
                 "HTTP 404 with an HTML page");
    assert_fails(at, MOOD_SHORT, CAUS_ERR_SERVER, "ends in its middle");
    assert_fails(at, MOOD_CUT_ONCE, CAUS_ERR_NETWORK, "cut off");
    assert_fails(at, MOOD_OFF_GRID, CAUS_ERR_SERVER, "not on the grid");
    assert_fails(at, MOOD_REFUSE, CAUS_ERR_SERVER,
                 "HTTP 422: query processing would load too many samples");
    assert_fails(at, MOOD_ERROR_IN_200, CAUS_ERR_SERVER, "not today");
    assert_fails(at, MOOD_NO_VALUE, CAUS_ERR_NOT_FOUND,
                 "not one finite sample");
    at->endpoint.timeout_s = 0.2;
    assert_fails(at, MOOD_HANG, CAUS_ERR_NETWORK, "timed out after ");
}

/* Where nobody insists on each variable, one query that is too heavy for the
 * server costs one variable. */
static void a_refused_query_costs_its_variable_where_it_may(void **state)
{
    bench *at = *state;
    caus_variable_spec specs[] = {
        {.origin = CAUS_ORIGIN_METRIC, .name = "heavy", .query = "max(cpu)"},
        {.origin = CAUS_ORIGIN_METRIC, .name = "cpu"}};
    caus_arena_mark empty = caus_arena_get_mark(at->out);
    at->mood = MOOD_REFUSE_HEAVY;
    assert_int_equal(caus_prometheus_fetch(&at->endpoint, specs, 2,
                                           &at->options, at->run, at->out,
                                           &at->fetch, &at->err),
                     CAUS_ERR_SERVER);
    at->options.skip_empty = true;
    assert_int_equal(caus_prometheus_fetch(&at->endpoint, specs, 2,
                                           &at->options, at->run, at->out,
                                           &at->fetch, &at->err),
                     CAUS_OK);
    assert_rows(at);
    assert_string_equal(at->fetch.samples.tracks[0].variable.name, "cpu");
    assert_int_equal(at->fetch.refused_count, 1);
    assert_string_equal(at->fetch.warnings[0],
                        "heavy is left out: Prometheus refused its query with "
                        "HTTP 422: query processing would load too many "
                        "samples");
    caus_arena_rewind(at->out, empty);
    assert_fails(at, MOOD_REFUSE, CAUS_ERR_SERVER,
                 "cpu: Prometheus refused its query with HTTP 422: ");
    /* What is no refusal ends all, and so tells of which query it is. */
    assert_fails(at, MOOD_HTML, CAUS_ERR_SERVER,
                 "the range query of cpu: the reply is an HTML page");
}

static void *cancel_soon(void *data)
{
    bench *at = data;
    usleep(100000);
    __atomic_store_n(&at->cancel, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void a_hanging_server_is_left_within_100_ms(void **state)
{
    bench *at = *state;
    pthread_t thread;
    int64_t before_ns = caus_clock_monotonic_ns();
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, at), 0);
    assert_fails(at, MOOD_HANG, CAUS_ERR_CANCELLED, "cancelled");
    assert_true(caus_clock_monotonic_ns() - before_ns < 200000000);
    pthread_join(thread, NULL);
}

static void series_are_named_by_the_label_that_differs(void **state)
{
    bench *at = *state;
    at->mood = MOOD_TWO_SERIES;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_OK);
    assert_int_equal(at->fetch.samples.track_count, 2);
    assert_string_equal(at->fetch.samples.tracks[0].variable.name,
                        "cpu{job=\"a\"}");
    assert_string_equal(at->fetch.samples.tracks[1].variable.name,
                        "cpu{job=\"b\"}");
    at->options.max_variables = 1;
    caus_arena_free(at->out);
    at->out = caus_arena_new(0);
    assert_fails(at, MOOD_TWO_SERIES, CAUS_ERR_LIMIT, "more than 1 series");
}

static void names_are_unique(void **state)
{
    bench *at = *state;
    caus_variable_spec specs[2] = {
        {.origin = CAUS_ORIGIN_METRIC, .name = "cpu"},
        {.origin = CAUS_ORIGIN_METRIC, .name = "cpu", .query = "cpu * 2"}};
    assert_int_equal(caus_prometheus_fetch(&at->endpoint, specs, 2,
                                           &at->options, at->run, at->out,
                                           &at->fetch, &at->err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(at->err.message, "two variables are called 'cpu'"));
}

static void notes_of_the_server_are_passed_on_once(void **state)
{
    bench *at = *state;
    at->mood = MOOD_NOTES;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_OK);
    assert_int_equal(at->fetch.warning_count, 2);
    assert_string_equal(at->fetch.warnings[0], "Prometheus says: slow disk");
    assert_string_equal(at->fetch.warnings[1], "Prometheus says: no counter");
}

static void unknown_names_get_three_suggestions(void **state)
{
    bench *at = *state;
    assert_int_equal(fetch_named(at, "cpu_totl", NULL), CAUS_ERR_NOT_FOUND);
    assert_non_null(
        strstr(at->err.message, "nearest names: cpu_total, cpu, up"));
}

static void wrong_calls_are_refused(void **state)
{
    bench *at = *state;
    assert_int_equal(fetch_named(at, "", NULL), CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(fetch_named(at, "x", ""), CAUS_ERR_INVALID_ARGUMENT);
    at->options.window.step_ns = 1500;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_ERR_INVALID_ARGUMENT);
    at->options.window.step_ns = 1000000;
    at->options.window.start_ns = 1000000000;
    assert_int_equal(fetch_named(at, "cpu", NULL), CAUS_ERR_LIMIT);
    caus_variable_spec span = {.origin = CAUS_ORIGIN_TRACE, .name = "x"};
    assert_int_equal(caus_prometheus_fetch(&at->endpoint, &span, 1,
                                           &at->options, at->run, at->out,
                                           &at->fetch, &at->err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(loopback_count(at->server), 0);
}

static void memory_running_out_leaves_nothing_behind(void **state)
{
    bench *at = *state;
    caus_variable_spec specs[3] = {
        {.origin = CAUS_ORIGIN_METRIC, .name = "cpu"},
        {.origin = CAUS_ORIGIN_METRIC, .name = "cpu_errors_total"},
        {.origin = CAUS_ORIGIN_METRIC,
         .name = "cpu_calls",
         .query = "sum(rate(cpu[1m])) + cpu"}};
    bool was_refused = true;
    long n = 0;
    for (; was_refused; n++) {
        caus_arena_free(at->out);
        at->out = caus_arena_new(0);
        caus_fetch untouched = at->fetch;
        fault_fail_after(n);
        caus_status status =
            caus_prometheus_fetch(&at->endpoint, specs, 3, &at->options,
                                  at->run, at->out, &at->fetch, &at->err);
        was_refused = fault_stop();
        if (status != (was_refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK))
            fail_msg("allocation %ld: %s", n, at->err.message);
        if (was_refused) {
            assert_int_equal(caus_arena_used_bytes(at->out), 0);
            assert_memory_equal(&untouched, &at->fetch, sizeof untouched);
        }
    }
    assert_true(n > 50);
}

static void the_memory_limit_is_kept(void **state)
{
    bench *at = *state;
    caus_run *run;
    caus_run_options options = {.threads = 1, .memory_limit_bytes = 4096};
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_variable_spec spec = {.origin = CAUS_ORIGIN_METRIC, .name = "cpu"};
    assert_int_equal(caus_prometheus_fetch(&at->endpoint, &spec, 1,
                                           &at->options, run, at->out,
                                           &at->fetch, &at->err),
                     CAUS_ERR_LIMIT);
    caus_run_free(run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_variable_carries_all_that_is_known),
        TEST(groups_are_what_is_scraped_before_the_job_of_the_scrape),
        TEST(replies_that_fail_are_read_anew),
        TEST(broken_replies_are_named),
        TEST(a_refused_query_costs_its_variable_where_it_may),
        TEST(a_hanging_server_is_left_within_100_ms),
        TEST(series_are_named_by_the_label_that_differs),
        TEST(names_are_unique),
        TEST(notes_of_the_server_are_passed_on_once),
        TEST(unknown_names_get_three_suggestions),
        TEST(wrong_calls_are_refused),
        TEST(memory_running_out_leaves_nothing_behind),
        TEST(the_memory_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
