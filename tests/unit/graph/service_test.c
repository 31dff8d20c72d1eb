/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "caus/graph.h"
#include "test.h"

static const char *const names[] = {"auth", "auth-db", "checkout", "ts_order",
                                    "ts_order_other"};
static const caus_topology topology = {.service_count = 5, .services = names};

static void assert_service(const char *name, const caus_topology *known,
                           char separator, const char *expected)
{
    const char *found = NULL;
    size_t length = 0;
    caus_service_of_name(name, known, separator, &found, &length);
    assert_ptr_equal(found, name);
    char text[64] = {0};
    snprintf(text, sizeof text, "%.*s", (int)length, found);
    assert_string_equal(text, expected);
}

static void services_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < topology.service_count; i++)
        assert_int_equal(caus_topology_find(&topology, names[i]), i);
    assert_true(caus_topology_find(&topology, "aut") == SIZE_MAX);
    assert_true(caus_topology_find(&topology, "zzz") == SIZE_MAX);
    assert_true(caus_topology_find(&topology, "") == SIZE_MAX);
    caus_topology empty = {0};
    assert_true(caus_topology_find(&empty, "auth") == SIZE_MAX);
}

static void longest_service_of_the_topology_wins(void **state)
{
    (void)state;
    assert_service("auth_latency", &topology, '_', "auth");
    assert_service("auth-db_latency", &topology, '_', "auth-db");
    assert_service("ts_order_cpu", &topology, '_', "ts_order");
    assert_service("ts_order_other_cpu", &topology, '_', "ts_order_other");
    assert_service("checkout", &topology, '_', "checkout");
}

static void service_does_not_end_inside_a_word(void **state)
{
    (void)state;
    assert_service("author_latency", &topology, '_', "author");
    assert_service("auth2_latency", &topology, '_', "auth2");
}

static void known_suffix_leaves_the_service(void **state)
{
    (void)state;
    assert_service("cart_service_latency_p95", NULL, '_', "cart_service");
    assert_service("cart_service_latency", NULL, '_', "cart_service");
    assert_service("cart_service_error_ratio", NULL, '_', "cart_service");
    assert_service("cart.service.latency.p99", NULL, '.', "cart.service");
    assert_service("redis_cpu", NULL, '_', "redis");
}

static void what_is_measured_is_no_part_of_the_service(void **state)
{
    (void)state;
    assert_service("cart_http_server_duration_seconds", NULL, '_', "cart");
    assert_service("cart_thread_pool_queue_size", NULL, '_', "cart");
    assert_service("cart_http_requests_total", NULL, '_', "cart");
    assert_service("cart_grpc_latency", NULL, '_', "cart");
    assert_service("cart_cpu_rate", NULL, '_', "cart");
    assert_service("cart_success_rate", NULL, '_', "cart");
    assert_service("auth_db_latency", NULL, '_', "auth_db");
    assert_service("web_server_latency", NULL, '_', "web_server");
    assert_service("http_requests_total", NULL, '_', "http");
    assert_service("cart.http.error_ratio", NULL, '.', "cart");
}

static void first_separator_ends_the_service_at_last(void **state)
{
    (void)state;
    assert_service("redis_evicted_keys", NULL, '_', "redis");
    assert_service("redis.evicted_keys", NULL, '.', "redis");
    assert_service("redis", NULL, '_', "redis");
    assert_service("_hidden_value", NULL, '_', "_hidden");
    assert_service("_latency", NULL, '_', "_latency");
    assert_service("_", NULL, '_', "_");
    assert_service("", NULL, '_', "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_found_by_name),
        cmocka_unit_test(longest_service_of_the_topology_wins),
        cmocka_unit_test(service_does_not_end_inside_a_word),
        cmocka_unit_test(known_suffix_leaves_the_service),
        cmocka_unit_test(what_is_measured_is_no_part_of_the_service),
        cmocka_unit_test(first_separator_ends_the_service_at_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
