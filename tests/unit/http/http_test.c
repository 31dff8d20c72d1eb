/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

#include "base/base.h"
#include "fault.h"
#include "loopback.h"
#include "test.h"

typedef struct bench {
    loopback *server;
    caus_endpoint endpoint;
    volatile sig_atomic_t cancel;
    caus_run *run;
    caus_arena *out;
    caus_http_reply reply;
    caus_error err;
    char body[4096]; /* what the sink took */
    size_t body_bytes;
    int resets;
    char seen[8192]; /* what the server was sent */
} bench;

static int set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    caus_run_options options = {.threads = 1, .cancel = &at->cancel};
    if (caus_run_new(&options, &at->run, NULL) != CAUS_OK)
        return -1;
    at->out = caus_arena_new(0);
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    bench *at = *state;
    if (at->server)
        loopback_stop(at->server);
    caus_arena_free(at->out);
    caus_run_free(at->run);
    free(at);
    return 0;
}

static void serve(bench *at, loopback_handler *handler)
{
    at->server = loopback_start(handler, at);
    assert_non_null(at->server);
    at->endpoint.url = loopback_url(at->server);
}

static caus_status take(void *data, const char *bytes, size_t count,
                        caus_error *err)
{
    bench *at = data;
    if (at->body_bytes + count >= sizeof at->body)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT, "the sink is full");
    memcpy(at->body + at->body_bytes, bytes, count);
    at->body_bytes += count;
    return CAUS_OK;
}

static void forget(void *data)
{
    bench *at = data;
    at->body_bytes = 0;
    at->resets++;
    memset(at->body, 0, sizeof at->body);
}

static caus_http_request request_to(bench *at, const char *path)
{
    return (caus_http_request){.path = path,
                               .sink = take,
                               .reset = forget,
                               .sink_data = at,
                               .what = "the test"};
}

static caus_status perform(bench *at, const caus_http_request *request)
{
    caus_http *http = NULL;
    CAUS_TRY(caus_http_new(&at->endpoint, "Prometheus", &http, &at->err));
    caus_status status = caus_http_perform(http, request, 1, at->run, at->out,
                                           &at->reply, &at->err);
    caus_http_free(http);
    return status;
}

static caus_status get(bench *at, const char *path)
{
    caus_http_request request = request_to(at, path);
    return perform(at, &request);
}

static void assert_says(const bench *at, const char *words)
{
    if (!strstr(at->err.message, words))
        fail_msg("'%s' lacks '%s'", at->err.message, words);
}

/* ---- replies ---- */

static void echo(void *data, const loopback_request *request)
{
    bench *at = data;
    snprintf(at->seen, sizeof at->seen, "%s %.2000s%.2000s%.2000s",
             request->method, request->target, request->headers, request->body);
    loopback_reply(request, 200, "", "hello");
}

static void a_body_reaches_its_sink(void **state)
{
    bench *at = *state;
    serve(at, echo);
    assert_int_equal(get(at, "/x"), CAUS_OK);
    assert_string_equal(at->body, "hello");
    assert_int_equal(at->reply.status, 200);
    assert_null(at->reply.error_body);
    assert_non_null(strstr(at->seen, "GET /x\r\n"));
    assert_non_null(strcasestr(at->seen, "user-agent: caus/"));
    assert_null(strcasestr(at->seen, "authorization"));
}

static void a_form_is_posted_with_headers(void **state)
{
    bench *at = *state;
    serve(at, echo);
    char url[256];
    snprintf(url, sizeof url, "%s/prefix/?tenant=a", at->endpoint.url);
    at->endpoint.url = url;
    at->endpoint.tenant = "team-1";
    at->endpoint.bearer_token = "secret";
    static const char *const headers[] = {"X-Test: yes", NULL};
    caus_http_request request = request_to(at, "/x");
    request.query = "b=1";
    request.body = "a=%20";
    request.body_bytes = 5;
    request.content_type = "application/x-www-form-urlencoded";
    request.headers = headers;
    assert_int_equal(perform(at, &request), CAUS_OK);
    assert_non_null(strstr(at->seen, "POST /prefix/x?tenant=a&b=1"));
    assert_non_null(strstr(at->seen, "X-Scope-OrgID: team-1"));
    assert_non_null(strstr(at->seen, "Authorization: Bearer secret"));
    assert_non_null(strstr(at->seen, "X-Test: yes"));
    assert_non_null(strstr(at->seen, "x-www-form-urlencoded"));
    assert_non_null(strstr(at->seen, "a=%20"));
    at->endpoint.bearer_token = NULL;
    at->endpoint.user = "caus";
    at->endpoint.password = "pass";
    assert_int_equal(perform(at, &request), CAUS_OK);
    assert_non_null(strstr(at->seen, "Authorization: Basic Y2F1czpwYXNz"));
}

static void dated(void *data, const loopback_request *request)
{
    (void)data;
    char date[64], header[128];
    time_t then = time(NULL) - 100;
    struct tm parts;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
             gmtime_r(&then, &parts));
    snprintf(header, sizeof header, "Date: %s\r\n", date);
    loopback_reply(request, 200, header, "");
}

static void the_clock_skew_is_read_from_the_date(void **state)
{
    bench *at = *state;
    serve(at, dated);
    assert_int_equal(get(at, "/"), CAUS_OK);
    assert_true(fabs(at->reply.clock_skew_s + 100) <= 1.5);
    loopback_stop(at->server);
    serve(at, echo);
    assert_int_equal(get(at, "/"), CAUS_OK);
    assert_true(isnan(at->reply.clock_skew_s));
}

static void packed(void *data, const loopback_request *request)
{
    (void)data;
    unsigned char bytes[256];
    z_stream stream = {0};
    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    static char text[] = "packed packed packed";
    stream.next_in = (unsigned char *)text;
    stream.avail_in = sizeof text - 1;
    stream.next_out = bytes;
    stream.avail_out = sizeof bytes;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    char head[256];
    size_t count = stream.total_out;
    if (strstr(request->target, "damaged"))
        bytes[3] ^= 0xff, bytes[12] ^= 0xff;
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                          count);
    loopback_send(request, head, (size_t)length);
    loopback_send(request, (char *)bytes, count);
    deflateEnd(&stream);
}

static void gzip_is_decoded(void **state)
{
    bench *at = *state;
    serve(at, packed);
    assert_int_equal(get(at, "/"), CAUS_OK);
    assert_string_equal(at->body, "packed packed packed");
    assert_int_equal(get(at, "/damaged"), CAUS_ERR_SERVER);
    assert_says(at, "damaged");
}

static void refuse(void *data, const loopback_request *request)
{
    (void)data;
    int status = atoi(request->target + 1);
    char headers[128] = "";
    if (status == 302)
        snprintf(headers, sizeof headers,
                 "Location: http://login.example/\r\n");
    loopback_reply(request, status, headers, "in my own words\nsecond line");
}

static void other_replies_are_returned_with_their_words(void **state)
{
    bench *at = *state;
    serve(at, refuse);
    assert_int_equal(get(at, "/400"), CAUS_OK);
    assert_int_equal(at->reply.status, 400);
    assert_string_equal(at->reply.error_body, "in my own words\nsecond line");
    assert_int_equal(at->body_bytes, 0);
    assert_int_equal(get(at, "/500"), CAUS_OK);
    assert_int_equal(at->reply.status, 500);
    assert_int_equal(get(at, "/302"), CAUS_OK);
    assert_string_equal(at->reply.error_body, "moved to http://login.example/");
    assert_int_equal(loopback_count(at->server), 3);
}

static void denied_requests_say_which_settings_matter(void **state)
{
    bench *at = *state;
    serve(at, refuse);
    assert_int_equal(get(at, "/401"), CAUS_ERR_DENIED);
    assert_says(at, "give credentials by CAUS_PROMETHEUS_TOKEN");
    assert_says(at, "in my own words");
    at->endpoint.bearer_token = "wrong";
    assert_int_equal(get(at, "/403"), CAUS_ERR_DENIED);
    assert_says(at, "the credentials are wrong");
    assert_null(strstr(at->err.message, "wrong\""));
}

/* ---- what is told of requests ---- */

static void keep_told(void *data, const char *server, const char *text)
{
    caus_text *told = data;
    caus_text_format(told, "%s: %s\n", server, text);
}

static void requests_are_told_when_they_are_sent(void **state)
{
    bench *at = *state;
    caus_text told = {0};
    caus_http_request requests[] = {
        request_to(at, "/200"), request_to(at, "/401"), request_to(at, "/403")};
    caus_http_reply replies[3];
    caus_http *http = NULL;
    requests[0].told = "first";
    requests[1].told = "second";
    requests[2].told = "never sent";
    serve(at, refuse);
    at->endpoint.parallel = 1;
    at->endpoint.asked = keep_told;
    at->endpoint.asked_data = &told;
    assert_int_equal(
        caus_http_new(&at->endpoint, "Prometheus", &http, &at->err), CAUS_OK);
    assert_int_equal(caus_http_perform(http, requests, 3, at->run, at->out,
                                       replies, &at->err),
                     CAUS_ERR_DENIED);
    assert_string_equal(told.bytes, "Prometheus: first\nPrometheus: second\n");
    caus_http_free(http);
    caus_text_deinit(&told);
}

/* ---- retries ---- */

static void falter(void *data, const loopback_request *request)
{
    (void)data;
    static const char half[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    if (request->number > 0)
        loopback_reply(request, 200, "", "done");
    else if (strstr(request->target, "half"))
        loopback_send(request, half, sizeof half - 1);
    else if (!strstr(request->target, "lost"))
        loopback_reply(request, atoi(request->target + 1), "", "busy");
}

static void busy_and_lost_servers_are_asked_again(void **state)
{
    bench *at = *state;
    static const char *const paths[] = {"/429", "/502",  "/503",
                                        "/504", "/half", "/lost"};
    at->endpoint.retries = 1;
    at->endpoint.asked = keep_told;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        caus_text told = {0};
        caus_http_request request = request_to(at, paths[i]);
        request.told = "once";
        at->endpoint.asked_data = &told;
        serve(at, falter);
        forget(at);
        at->resets = 0;
        if (perform(at, &request) != CAUS_OK)
            fail_msg("%s: %s", paths[i], at->err.message);
        assert_string_equal(told.bytes, "Prometheus: once\n");
        caus_text_deinit(&told);
        assert_string_equal(at->body, "done");
        assert_int_equal(at->resets, 1);
        assert_int_equal(loopback_count(at->server), 2);
        loopback_stop(at->server);
    }
    at->server = NULL;
}

static void retries_end(void **state)
{
    bench *at = *state;
    serve(at, refuse);
    at->endpoint.retries = 1;
    assert_int_equal(get(at, "/503"), CAUS_OK);
    assert_int_equal(at->reply.status, 503);
    assert_int_equal(loopback_count(at->server), 2);
    loopback_stop(at->server);
    serve(at, falter);
    at->endpoint.retries = 0;
    assert_int_equal(get(at, "/half"), CAUS_ERR_NETWORK);
    assert_says(at, "cut off");
}

static void beg(void *data, const loopback_request *request)
{
    (void)data;
    if (request->number == 0)
        loopback_reply(request, 429, "Retry-After: 1\r\n", "");
    else
        loopback_reply(request, 200, "", "done");
}

static void retry_after_is_honoured(void **state)
{
    bench *at = *state;
    serve(at, beg);
    at->endpoint.retries = 1;
    int64_t before_ns = caus_clock_monotonic_ns();
    assert_int_equal(get(at, "/"), CAUS_OK);
    assert_true(caus_clock_monotonic_ns() - before_ns >= 1000000000);
}

/* ---- time ---- */

static void hang(void *data, const loopback_request *request)
{
    (void)data;
    loopback_hang(request);
}

static void silent_servers_time_out(void **state)
{
    bench *at = *state;
    serve(at, hang);
    at->endpoint.timeout_s = 0.2;
    at->endpoint.retries = 3;
    assert_int_equal(get(at, "/"), CAUS_ERR_NETWORK);
    assert_says(at, "timed out after ");
    assert_int_equal(loopback_count(at->server), 1);
}

static void *cancel_soon(void *data)
{
    bench *at = data;
    usleep(50000);
    __atomic_store_n(&at->cancel, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void a_hanging_request_is_cancelled_within_100_ms(void **state)
{
    bench *at = *state;
    serve(at, hang);
    pthread_t thread;
    int64_t before_ns = caus_clock_monotonic_ns();
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, at), 0);
    assert_int_equal(get(at, "/"), CAUS_ERR_CANCELLED);
    assert_true(caus_clock_monotonic_ns() - before_ns < 150000000);
    pthread_join(thread, NULL);
}

static void greet(void *data, const loopback_request *request)
{
    (void)data;
    loopback_reply(request, 200, "", "hello");
}

static void many_requests_run_side_by_side(void **state)
{
    bench *at = *state;
    enum { COUNT = 40 };
    serve(at, greet);
    caus_http *http = NULL;
    caus_http_request requests[COUNT];
    caus_http_reply replies[COUNT];
    for (int i = 0; i < COUNT; i++)
        requests[i] = request_to(at, "/x");
    assert_int_equal(
        caus_http_new(&at->endpoint, "Prometheus", &http, &at->err), CAUS_OK);
    assert_int_equal(caus_http_perform(http, requests, COUNT, at->run, at->out,
                                       replies, &at->err),
                     CAUS_OK);
    assert_int_equal(at->body_bytes, COUNT * strlen("hello"));
    caus_http_free(http);
}

/* ---- what cannot be sent ---- */

static void endpoints_are_checked(void **state)
{
    bench *at = *state;
    static const struct {
        const char *url, *words;
    } cases[] = {
        {NULL, "no url"},
        {"", "CAUS_PROMETHEUS_URL"},
        {"ftp://x/", "speaks http or https"},
        {"http://", "is no url"},
        {"http://a:b@localhost:9090", "CAUS_PROMETHEUS_PASSWORD"},
        {"http://x/\r\nX: y", "line break"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        at->endpoint.url = cases[i].url;
        assert_int_equal(get(at, "/"), CAUS_ERR_INVALID_ARGUMENT);
        assert_says(at, cases[i].words);
    }
    at->endpoint.url = "http://x";
    at->endpoint.timeout_s = -1;
    assert_int_equal(get(at, "/"), CAUS_ERR_INVALID_ARGUMENT);
    at->endpoint.timeout_s = 0;
    at->endpoint.parallel = 1000;
    assert_int_equal(get(at, "/"), CAUS_ERR_INVALID_ARGUMENT);
}

static void servers_that_are_not_there_are_named(void **state)
{
    bench *at = *state;
    at->endpoint.url = "http://127.0.0.1:1/x";
    assert_int_equal(get(at, "/"), CAUS_ERR_NETWORK);
    assert_says(at, "not reached at 127.0.0.1:1");
    serve(at, echo);
    char url[64];
    snprintf(url, sizeof url, "https%s", at->endpoint.url + 4);
    at->endpoint.url = url;
    assert_int_equal(get(at, "/"), CAUS_ERR_NETWORK);
    assert_says(at, "http against https");
}

static caus_status reject(void *data, const char *bytes, size_t count,
                          caus_error *err)
{
    (void)data, (void)bytes, (void)count;
    return CAUS_FAIL(err, CAUS_ERR_LIMIT, "enough");
}

static void a_sink_may_end_its_request(void **state)
{
    bench *at = *state;
    serve(at, echo);
    caus_http_request request = request_to(at, "/");
    request.sink = reject;
    assert_int_equal(perform(at, &request), CAUS_ERR_LIMIT);
    assert_says(at, "enough");
}

static void texts_are_percent_encoded(void **state)
{
    bench *at = *state;
    assert_string_equal(caus_http_encode("aZ09-._~ &=+%/ü\n", at->out),
                        "aZ09-._~%20%26%3D%2B%25%2F%C3%BC%0A");
    assert_string_equal(caus_http_encode("", at->out), "");
}

static void memory_running_out_leaves_nothing_behind(void **state)
{
    bench *at = *state;
    serve(at, refuse);
    at->endpoint.tenant = "a";
    bool was_refused = true;
    for (long n = 0; was_refused; n++) {
        caus_arena_free(at->out);
        at->out = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status = get(at, "/400");
        was_refused = fault_stop();
        assert_int_equal(status,
                         was_refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (was_refused)
            assert_int_equal(caus_arena_used_bytes(at->out), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_body_reaches_its_sink),
        TEST(a_form_is_posted_with_headers),
        TEST(the_clock_skew_is_read_from_the_date),
        TEST(gzip_is_decoded),
        TEST(other_replies_are_returned_with_their_words),
        TEST(denied_requests_say_which_settings_matter),
        TEST(requests_are_told_when_they_are_sent),
        TEST(busy_and_lost_servers_are_asked_again),
        TEST(retries_end),
        TEST(retry_after_is_honoured),
        TEST(silent_servers_time_out),
        TEST(a_hanging_request_is_cancelled_within_100_ms),
        TEST(many_requests_run_side_by_side),
        TEST(endpoints_are_checked),
        TEST(servers_that_are_not_there_are_named),
        TEST(a_sink_may_end_its_request),
        TEST(texts_are_percent_encoded),
        TEST(memory_running_out_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
