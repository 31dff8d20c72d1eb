/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "recording/recording_internal.h"
#include "test.h"

typedef struct scrubber {
    caus_scrub *scrub;
    caus_arena *arena;
} scrubber;

static int setup(void **state)
{
    scrubber *made = calloc(1, sizeof *made);
    made->scrub = caus_scrub_new();
    made->arena = caus_arena_new(0);
    *state = made;
    return made->scrub && made->arena ? 0 : 1;
}

static int teardown(void **state)
{
    scrubber *made = *state;
    caus_scrub_free(made->scrub);
    caus_arena_free(made->arena);
    free(made);
    return 0;
}

static const char *scrubbed(void **state, const char *text)
{
    scrubber *made = *state;
    const char *clean = NULL;
    caus_error err = {.message = ""};
    assert_int_equal(
        caus_scrub_text(made->scrub, text, made->arena, &clean, &err), CAUS_OK);
    return clean;
}

/* Each text on its own: placeholders start at 1. */
static void assert_scrubs(const char *text, const char *expected)
{
    void *state = NULL;
    assert_int_equal(setup(&state), 0);
    assert_string_equal(scrubbed(&state, text), expected);
    teardown(&state);
}

static void assert_survives(const char *text)
{
    assert_scrubs(text, text);
}

static void mail_addresses_are_replaced(void **state)
{
    (void)state;
    assert_scrubs("mail bob@example.com.", "mail <email-1>.");
    assert_scrubs("<bob.o'x+tag@mail.example.co.uk>", "<bob.o'<email-1>>");
    assert_scrubs("{user=\"Bob_1@Example.COM\"}", "{user=\"<email-1>\"}");
    assert_scrubs("?u=alice%40example.com&x=1", "?u=<email-1>&x=1");
    assert_scrubs("user=~\"bob@example\\\\.com\"", "user=~\"<email-1>\"");
    assert_scrubs("j\xc3\xbcrgen@b\xc3\xbc"
                  "cher.de",
                  "<email-1>");
    assert_scrubs("mailto:a@b.io,c@d.io", "mailto:<email-1>,<email-2>");
}

static void what_only_looks_like_mail_survives(void **state)
{
    (void)state;
    assert_survives("celery@worker1");
    assert_survives("rate(x[5m] @ 1609746000)");
    assert_survives("x@1609746000.123");
    assert_survives("@decorator and a@ b.c");
    assert_survives("user@host.");
}

static void credentials_in_a_url_are_replaced(void **state)
{
    (void)state;
    assert_scrubs("http://bob:hunter2@db:9000/x?y=1",
                  "http://<credentials-1>@db:9000/x?y=1");
    assert_scrubs("postgres://u:p@ss@db.example.com/x",
                  "postgres://<credentials-1>@db.example.com/x");
    assert_scrubs("https://token@example.com",
                  "https://<credentials-1>@example.com");
    assert_survives("http://prometheus:9090/api/v1/query?q=a");
    assert_survives("https://example.com/@handle");
}

static void addresses_are_replaced(void **state)
{
    (void)state;
    assert_scrubs("instance=\"10.0.0.1:9090\"", "instance=\"<ip-1>:9090\"");
    assert_scrubs("from 10.0.0.1 to 10.0.0.2, not 10.0.0.1.",
                  "from <ip-1> to <ip-2>, not <ip-1>.");
    assert_scrubs("instance=~\"10\\\\.0\\\\.0\\\\.1:.*\"",
                  "instance=~\"<ip-1>:.*\"");
    assert_scrubs("ip-10-0-0-1.ec2.internal", "ip-<ip-1>.ec2.internal");
    assert_scrubs("host_192.168.1.255_up", "host_<ip-1>_up");
    assert_scrubs("[2001:db8::1]:9090", "[<ip-1>]:9090");
    assert_scrubs("fe80::1%eth0 ::1", "<ip-1> <ip-2>");
    assert_scrubs("2001:0db8:0000:0000:0000:ff00:0042:8329", "<ip-1>");
    assert_scrubs("::ffff:10.0.0.1", "<ip-1>");
    assert_scrubs("00:1B:44:11:3a:b7", "<mac-1>");
    assert_scrubs("dev=00-1b-44-11-3a-b7;", "dev=<mac-1>;");
}

static void what_only_looks_like_an_address_survives(void **state)
{
    (void)state;
    assert_survives("caus v1.2.3.4");
    assert_survives("version 1.2.3");
    assert_survives("oid 1.3.6.1.4.1");
    assert_survives("300.1.1.1 and 1.2.3.256");
    assert_survives("job:http_requests:rate5m");
    assert_survives("std::vector::begin");
    assert_survives("at 12:30:45 on 2025-10-29");
    assert_survives("2025-10-29T03:00:00Z");
    assert_survives("AA:BB:CC:DD:EE:FF:00:11:22:33");
    assert_survives("a::b ::");
}

static void tokens_are_replaced(void **state)
{
    (void)state;
    assert_scrubs("Authorization: Bearer abc.def-123",
                  "Authorization: Bearer <token-1>");
    assert_scrubs("authorization=Basic dXNlcjpwYXNz",
                  "authorization=Basic <token-1>");
    assert_scrubs("bearer Zm9vYmFyMTIz refused", "bearer <token-1> refused");
    assert_scrubs("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_x end",
                  "t <token-1> end");
    assert_scrubs("trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace <token-1>");
    assert_scrubs("id=123e4567-e89b-12d3-a456-426614174000", "id=<token-1>");
    assert_scrubs("0x4bf92f3577b34da6a3ce929d0e0e4736", "<token-1>");
    assert_scrubs("/s/Zk3vQ9xL2mT8bR1yW5cN7pD4/x", "/s/<token-1>/x");
    assert_scrubs("k=q8Zr/3vX+Lm2Tb9Rw1Yc5Nn7Pd4Jk0Hg==", "k=<token-1>");
    assert_scrubs("AKIAIOSFODNN7EXAMPLE", "<token-1>");
    assert_scrubs("ghp_abcdefghijklmnop1234", "<token-1>");
    assert_scrubs("x7k2m9q4w8e3r5t1y6u0p2a4", "<token-1>");
    assert_scrubs("password=hunter2&x=1", "password=<token-1>&x=1");
    assert_scrubs("{\"api_key\": \"letmein\"}", "{\"api_key\": \"<token-1>\"}");
    assert_scrubs("db_password: s3cret", "db_password: <token-1>");
    assert_scrubs("auth{token=\"plainword\"}", "auth{token=\"<token-1>\"}");
}

static void names_and_sentences_survive(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "checkout",
        "payment-service-v2",
        "checkoutServiceV2LatencySecondsBucket",
        "http_server_requests_seconds_bucket_v2",
        "com.example.shop.OrderController2Handler",
        "/api/v1/users/42/Orders/7/items/3",
        "kube-prometheus-stack-kube-state-metrics-7d4b9c6f5d-x2x9z",
        "go_memstats_heap_alloc_bytes",
        "sum by (token) (rate(auth_token_total{le=\"0.5\"}[5m]))",
        "histogram_quantile(0.95, sum by (le) (rate(x_bucket[1m])))",
        "unexpected token: identifier",
        "the server refused bearer authentication",
        "Bearer Authentication is off",
        "basic authentication failed: 401 Unauthorized",
        "1700000000000000000",
        "node_network_receive_bytes_total{device=\"eth0\"}",
        "SELECT quantile(0.95)(Duration) FROM otel_traces WHERE "
        "ServiceName = 'auth' GROUP BY toStartOfInterval(Timestamp, "
        "INTERVAL 15 second)",
        "EC2InstanceStatusCheckFailedCount",
        "S3BucketSizeBytesStandardStorage",
        ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_survives(texts[i]);
}

static void the_same_secret_gets_the_same_placeholder(void **state)
{
    assert_string_equal(scrubbed(state, "a@b.io and c@d.io"),
                        "<email-1> and <email-2>");
    assert_string_equal(scrubbed(state, "c@d.io a%40b.io"),
                        "<email-2> <email-1>");
    assert_string_equal(scrubbed(state, "10.0.0.1 10\\.0\\.0\\.1"),
                        "<ip-1> <ip-1>");
}

static void placeholders_already_there_are_not_given_again(void **state)
{
    scrubber *made = *state;
    caus_scrub_reserve(made->scrub, "was <email-7>, <ip-2> <email-x> <ip-99");
    assert_string_equal(scrubbed(state, "a@b.io <email-7> 10.0.0.1"),
                        "<email-8> <email-7> <ip-3>");
}

static void the_value_of_a_label_called_secret_is_replaced(void **state)
{
    scrubber *made = *state;
    const char *clean;
    caus_label label = {"api_key", "plain"};
    assert_int_equal(
        caus_scrub_label(made->scrub, &label, made->arena, &clean, NULL),
        CAUS_OK);
    assert_string_equal(clean, "<token-1>");
    label = (caus_label){"service", "plain"};
    assert_int_equal(
        caus_scrub_label(made->scrub, &label, made->arena, &clean, NULL),
        CAUS_OK);
    assert_string_equal(clean, "plain");
}

/* 200 random tokens of each alphabet: how many get through. */
static size_t count_missed(void **state, const char *alphabet, size_t length)
{
    caus_random random;
    caus_random_init(&random, 11, length);
    size_t missed = 0;
    for (int i = 0; i < 200; i++) {
        char token[80] = "";
        for (size_t k = 0; k < length; k++)
            token[k] = alphabet[caus_random_below(&random, strlen(alphabet))];
        missed += strstr(scrubbed(state, token), "<token-") == NULL;
    }
    return missed;
}

static void random_tokens_rarely_get_through(void **state)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789-_";
    assert_true(count_missed(state, base64, 32) <= 10);
    assert_true(count_missed(state, base64, 43) <= 4);
    assert_int_equal(count_missed(state, "0123456789abcdef", 32), 0);
    assert_true(
        count_missed(state, "abcdefghijklmnopqrstuvwxyz0123456789", 32) <= 12);
}

static void long_texts_cost_linear_time(void **state)
{
    enum { LENGTH = 1 << 20 };
    static const char *const patterns[] = {"a-", "a@", "1:",    "token ",
                                           "a.", "%4", "://a/", "10.0."};
    char *text = malloc(LENGTH + 1);
    assert_non_null(text);
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        size_t step = strlen(patterns[p]);
        for (size_t i = 0; i < LENGTH; i++)
            text[i] = patterns[p][i % step];
        text[LENGTH] = '\0';
        assert_int_equal(strlen(scrubbed(state, text)), LENGTH);
    }
    free(text);
}

static void no_memory_for_scrubbing_is_said(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        caus_error err = {.status = CAUS_OK};
        caus_arena *arena = caus_arena_new(0);
        assert_non_null(arena);
        const char *clean = "untouched";
        fault_fail_after(n);
        caus_scrub *scrub = caus_scrub_new();
        caus_status status = scrub ? caus_scrub_text(scrub, "a@b.io 10.0.0.1",
                                                     arena, &clean, &err)
                                   : CAUS_ERR_OUT_OF_MEMORY;
        bool refused = fault_stop();
        caus_scrub_free(scrub);
        if (refused) {
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            assert_string_equal(clean, "untouched");
        } else {
            assert_string_equal(clean, "<email-1> <ip-1>");
        }
        caus_arena_free(arena);
        if (!refused)
            break;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mail_addresses_are_replaced),
        TEST(what_only_looks_like_mail_survives),
        TEST(credentials_in_a_url_are_replaced),
        TEST(addresses_are_replaced),
        TEST(what_only_looks_like_an_address_survives),
        TEST(tokens_are_replaced),
        TEST(names_and_sentences_survive),
        TEST(the_same_secret_gets_the_same_placeholder),
        TEST(placeholders_already_there_are_not_given_again),
        TEST(the_value_of_a_label_called_secret_is_replaced),
        TEST(random_tokens_rarely_get_through),
        TEST(long_texts_cost_linear_time),
        TEST(no_memory_for_scrubbing_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
