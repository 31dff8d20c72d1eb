// SPDX-License-Identifier: Apache-2.0
/* caus_clickhouse_fetch() and caus_clickhouse_gram() against a loopback server
 * that plays back bodies: for what a real server does only by accident. */
#include "test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fault.h"
#include "unit/telemetry/clickhouse_fixture.h"

enum { FIRST = 29361781, ROWS = 6 };
static const int64_t step_ns = 60000000000;

typedef struct player {
    int listener;
    pthread_t thread;
    char url[64];
    /* bodies in answer to the statements */
    char columns[4096], spans[1024], presence[64], survey[256], sums[1024];
    size_t columns_bytes, spans_bytes, presence_bytes, survey_bytes, sums_bytes;
    int fail_first; /* so many replies of status 503 first */
} player;

static size_t put(char *to, size_t at, const void *bytes, size_t count)
{
    memcpy(to + at, bytes, count);
    return at + count;
}

static size_t put_text(char *to, size_t at, const char *text)
{
    char length = (char)strlen(text);
    at = put(to, at, &length, 1);
    return put(to, at, text, (size_t)length);
}

static void fill(player *at)
{
    size_t count = sizeof map_columns / sizeof *map_columns;
    for (size_t i = 0; i < count; i++) {
        const char *const texts[] = {map_columns[i].database,
                                     map_columns[i].table, map_columns[i].name,
                                     map_columns[i].type};
        for (size_t k = 0; k < 4; k++)
            at->columns_bytes =
                put_text(at->columns, at->columns_bytes, texts[k]);
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t step = FIRST + 2 * i; /* every other step is empty */
        unsigned char entry = 1;
        uint64_t spans = 60 + i;
        double quantiles[2] = {1e8, 2e8};
        size_t to = at->spans_bytes;
        to = put(at->spans, to, &step, 4);
        to = put(at->spans, to, &entry, 1);
        to = put(at->spans, to, &spans, 8);
        at->spans_bytes = put(at->spans, to, quantiles, 16);
        step++;
        at->presence_bytes = put(at->presence, at->presence_bytes, &step, 4);
    }
}

static void fill_survey(player *at)
{
    const uint32_t values[] = {CAUS_TRACE_CALLS, CAUS_TRACE_LATENCY_P50,
                               CAUS_TRACE_LATENCY_P95};
    const double largest[] = {65, .5, .75};
    for (size_t i = 0; i < 3; i++) {
        unsigned char entry = 1;
        uint64_t steps = ROWS, median = 60, thin = 0;
        size_t to = put(at->survey, at->survey_bytes, &entry, 1);
        to = put(at->survey, to, &values[i], 4);
        to = put(at->survey, to, &steps, 8);
        to = put(at->survey, to, &median, 8);
        to = put(at->survey, to, &thin, 8);
        at->survey_bytes = put(at->survey, to, &largest[i], 8);
    }
}

/* Six rows: heads, two sums and four products, all in the first word. */
static void fill_sums(player *at)
{
    const uint64_t words[] = {ROWS, ROWS, 1, 11, 12, 0, 30, 40, 50, 60, 60, 70};
    at->sums_bytes = 0;
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        uint32_t place = i + 1;
        uint64_t row[5] = {words[i]};
        if (!words[i])
            continue;
        size_t to = put(at->sums, at->sums_bytes, &place, 4);
        at->sums_bytes = put(at->sums, to, row, sizeof row);
    }
}

/* One request a connection, answered by what its statement asks. */
static void answer(player *at, int connection)
{
    char request[16384];
    size_t got = 0;
    const char *body = NULL;
    size_t body_bytes = 0;
    while (got + 1 < sizeof request) {
        ssize_t more =
            recv(connection, request + got, sizeof request - 1 - got, 0);
        if (more <= 0)
            return;
        got += (size_t)more;
        request[got] = '\0';
        const char *head_end = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        if (head_end && length &&
            got >= (size_t)(head_end + 4 - request) +
                       strtoul(length + 16, NULL, 10))
            break;
    }
    if (strstr(request, "arrayConcat")) {
        body = at->sums;
        body_bytes = at->sums_bytes;
    } else if (strstr(request, "quantileExact")) {
        body = at->survey;
        body_bytes = at->survey_bytes;
    } else if (strstr(request, "system.columns")) {
        body = at->columns;
        body_bytes = at->columns_bytes;
    } else if (strstr(request, "GROUP BY caus_step, caus_entry")) {
        body = at->spans;
        body_bytes = at->spans_bytes;
    } else {
        body = at->presence;
        body_bytes = at->presence_bytes;
    }
    bool fails = at->fail_first > 0;
    at->fail_first -= fails;
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n",
                          fails ? "503 Busy" : "200 OK", body_bytes);
    if (send(connection, head, (size_t)length, MSG_NOSIGNAL) == length)
        (void)!send(connection, body, body_bytes, MSG_NOSIGNAL);
}

static void *play(void *data)
{
    player *at = data;
    for (;;) {
        int connection = accept(at->listener, NULL, NULL);
        if (connection < 0)
            return NULL;
        answer(at, connection);
        close(connection);
    }
}

static int set_up(void **state)
{
    player *at = calloc(1, sizeof *at);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *state = at;
    fill(at);
    fill_survey(at);
    fill_sums(at);
    at->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(at->listener, (struct sockaddr *)&address, length) ||
        listen(at->listener, 16) ||
        getsockname(at->listener, (struct sockaddr *)&address, &length))
        return 1;
    snprintf(at->url, sizeof at->url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    return pthread_create(&at->thread, NULL, play, at);
}

static int tear_down(void **state)
{
    player *at = *state;
    shutdown(at->listener, SHUT_RDWR);
    pthread_join(at->thread, NULL);
    close(at->listener);
    free(at);
    return 0;
}

static const caus_variable_spec specs[] = {{.origin = CAUS_ORIGIN_TRACE,
                                            .name = "cart_latency",
                                            .service = "cart",
                                            .trace_value = CAUS_TRACE_LATENCY},
                                           {.origin = CAUS_ORIGIN_TRACE,
                                            .name = "cart_calls",
                                            .service = "cart",
                                            .trace_value = CAUS_TRACE_CALLS}};

static caus_status push_down(player *at, int retries, caus_arena *out,
                             caus_gram_fetch *result, caus_error *err)
{
    caus_gram_fetch_options options = {
        .fetch.window = {FIRST * step_ns, (FIRST + 2 * ROWS - 1) * step_ns,
                         step_ns}};
    caus_endpoint endpoint = {
        .url = at->url, .timeout_s = 10, .retries = retries, .parallel = 1};
    caus_run_options run_options = {.threads = 1};
    caus_run *run = NULL;
    caus_status status = caus_run_new(&run_options, &run, err);
    if (status == CAUS_OK)
        status = caus_clickhouse_gram(&endpoint, specs, 2, &options, run, out,
                                      result, err);
    caus_run_free(run);
    return status;
}

static caus_status fetch(player *at, int retries, caus_arena *out,
                         caus_fetch *result, caus_error *err)
{
    caus_fetch_options options = {
        .window = {FIRST * step_ns, (FIRST + 2 * ROWS - 1) * step_ns, step_ns}};
    caus_endpoint endpoint = {
        .url = at->url, .timeout_s = 10, .retries = retries, .parallel = 1};
    caus_run_options run_options = {.threads = 1};
    caus_run *run = NULL;
    caus_status status = caus_run_new(&run_options, &run, err);
    if (status == CAUS_OK)
        status = caus_clickhouse_fetch(&endpoint, specs, 2, &options, run, out,
                                       result, err);
    caus_run_free(run);
    return status;
}

static void bodies_become_tracks(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_fetch got;
    caus_error err;
    if (fetch(at, 0, out, &got, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    assert_int_equal(got.samples.track_count, 2);
    assert_int_equal(got.samples.tracks[0].count, ROWS);
    assert_true(got.samples.tracks[0].value[0] == 0.2);
    assert_int_equal(got.samples.tracks[1].count, 2 * ROWS);
    assert_true(got.samples.tracks[1].value[0] == 60);
    assert_true(got.samples.tracks[1].value[1] == 0);
    assert_int_equal(got.query_count, 3);
    assert_true(got.clock_skew_s != got.clock_skew_s);
    caus_arena_free(out);
}

static void a_retried_reply_is_counted_once(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_fetch got;
    caus_error err;
    at->fail_first = 1;
    if (fetch(at, 2, out, &got, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    assert_int_equal(got.samples.tracks[1].count, 2 * ROWS);
    caus_arena_free(out);
}

static void expect_failure(player *at, caus_status wanted, const char *words)
{
    caus_arena *out = caus_arena_new(0);
    caus_fetch got = {.query_count = 77};
    caus_error err;
    caus_status status = fetch(at, 0, out, &got, &err);
    if (status != wanted || !strstr(err.message, words))
        fail_msg("%s: %s\nlacks %s", caus_status_name(status), err.message,
                 words);
    assert_int_equal(got.query_count, 77);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void broken_bodies_of_status_200_are_refused(void **state)
{
    player *at = *state;
    static const char error[] = "Code: 241, e.displayText() = DB::Exception: "
                                "Memory limit (for query) exceeded, e.what() "
                                "= DB::Exception";
    player whole = *at;
    put(at->spans, at->spans_bytes, error, sizeof error - 1);
    at->spans_bytes += sizeof error - 1;
    expect_failure(at, CAUS_ERR_LIMIT, "the span query of cart");
    at->spans_bytes = whole.spans_bytes - 1;
    expect_failure(at, CAUS_ERR_SERVER, "in the middle of a row");
    at->spans_bytes = whole.spans_bytes;
    memcpy(at->spans, "<html>", 6);
    expect_failure(at, CAUS_ERR_SERVER, "usually 8123");
    memcpy(at->spans, whole.spans, 6);
    at->columns[0] = 'x'; /* a text of 120 bytes, garbage behind it */
    expect_failure(at, CAUS_ERR_SERVER, "");
    at->columns[0] = whole.columns[0];
    at->fail_first = 1;
    expect_failure(at, CAUS_ERR_SERVER, "HTTP 503");
}

static void fetching_survives_each_failed_allocation(void **state)
{
    player *at = *state;
    for (long n = 0;; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_fetch got = {.query_count = 77};
        caus_error err;
        fault_fail_after(n);
        caus_status status = fetch(at, 0, out, &got, &err);
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

static void sums_become_a_gram(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_gram_fetch got;
    caus_error err;
    at->fail_first = 1; /* a retried reply is not counted twice */
    assert_int_equal(push_down(at, 1, out, &got, &err), CAUS_OK);
    const caus_gram *gram = &got.gram;
    assert_int_equal(gram->row_count, ROWS);
    assert_int_equal(gram->rows_read, 2 * ROWS);
    assert_int_equal(gram->rows_in_gap, ROWS);
    assert_string_equal(gram->variables[0].name, "cart_calls");
    assert_int_equal(gram->quantum[0], 8 - 66);
    assert_int_equal(gram->quantum[1], 0 - 66);
    assert_int_equal(gram->sums[0].word[0], 30);
    assert_int_equal(gram->sums[1].word[0], 40);
    assert_int_equal(gram->products[0].word[0], 50);
    assert_int_equal(gram->products[1].word[0], 60);
    assert_int_equal(gram->products[2].word[0], 70);
    assert_int_equal(gram->sources[0].start_ns, FIRST * step_ns);
    assert_int_equal(gram->sources[0].end_ns, (FIRST + 10) * step_ns);
    caus_arena_free(out);
}

static void expect_refusal(player *at, const char *words)
{
    caus_arena *out = caus_arena_new(0);
    caus_gram_fetch got;
    caus_error err;
    assert_int_equal(push_down(at, 0, out, &got, &err), CAUS_ERR_SERVER);
    if (!strstr(err.message, words))
        fail_msg("%s, should hold %s", err.message, words);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void sums_that_cannot_be_true_are_refused(void **state)
{
    player *at = *state;
    const uint32_t no_place = 13, first = 1;
    const uint64_t too_many = 2 * ROWS + 1;
    put(at->sums, 4, &too_many, 8); /* more rows than steps */
    expect_refusal(at, "contradict each other");
    fill_sums(at);
    put(at->sums, 44, &first, 4); /* a place comes twice */
    expect_refusal(at, "usually 8123");
    put(at->sums, 44, &no_place, 4);
    expect_refusal(at, "usually 8123");
    fill_sums(at);
    at->sums_bytes -= 5;
    expect_refusal(at, "in the middle of a row");
    fill_sums(at);
    at->survey[1] = 99; /* no value of spans */
    expect_refusal(at, "usually 8123");
    at->survey[1] = CAUS_TRACE_CALLS;
}

static void summing_survives_each_failed_allocation(void **state)
{
    player *at = *state;
    for (long n = 0;; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_gram_fetch got = {.gram.row_count = 77};
        caus_error err;
        fault_fail_after(n);
        caus_status status = push_down(at, 0, out, &got, &err);
        bool refused = fault_stop();
        if (refused) {
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            assert_int_equal(got.gram.row_count, 77);
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
        cmocka_unit_test(bodies_become_tracks),
        cmocka_unit_test(a_retried_reply_is_counted_once),
        cmocka_unit_test(broken_bodies_of_status_200_are_refused),
        cmocka_unit_test(fetching_survives_each_failed_allocation),
        cmocka_unit_test(sums_become_a_gram),
        cmocka_unit_test(sums_that_cannot_be_true_are_refused),
        cmocka_unit_test(summing_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
