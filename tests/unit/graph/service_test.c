/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "graph/service.h"
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

static void a_part_of_a_service_is_none(void **state)
{
    (void)state;
    assert_service("ts_errors_latency", NULL, '_', "ts_errors");
    assert_service("ts_errors_latency", &topology, '_', "ts_errors");
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

static void points_hyphens_and_capitals_part_what_is_measured(void **state)
{
    (void)state;
    assert_service("order.cpuUsage", NULL, '_', "order");
    assert_service("order.latencyP95", NULL, '_', "order");
    assert_service("cart.latency.p99", NULL, '_', "cart");
    assert_service("cart.http_server_duration_seconds", NULL, '_', "cart");
    assert_service("pay/requestRate", NULL, '_', "pay");
    assert_service("pay:errors", NULL, '_', "pay");
    assert_service("order-service-cpu", NULL, '_', "order-service");
    assert_service("order-mem.requestDuration", NULL, '_', "order-mem");
    assert_service("pay~AWS::ECS::Container_latency.p95", NULL, '_',
                   "pay~AWS::ECS::Container");
    assert_service("orderErrorRate", NULL, '_', "order");
    assert_service("carts-db_cpu", NULL, '_', "carts-db");
    assert_service("shop.carts_cpu", NULL, '_', "shop.carts");
    assert_service("order.evicted_keys", NULL, '_', "order");
    assert_service("10.0.0.1:9100_conntrack", NULL, '_', "10.0.0.1:9100");
    assert_service("carol@example.com latency", NULL, '_',
                   "carol@example.com latency");
    assert_service("order.cpu_seen", NULL, '-', "order.cpu_seen");
    assert_service("petSite_GetTypeCmdsLatency", NULL, '_', "petSite");
    assert_service("cart_mesh-latency-50", NULL, '_', "cart");
}

static void what_is_only_a_measure_is_no_service(void **state)
{
    (void)state;
    assert_service("CPUUtilization", NULL, '_', "CPUUtilization");
    assert_service("DiskReadLatency", NULL, '_', "DiskReadLatency");
    assert_service("jvm.gc.duration", NULL, '_', "jvm.gc.duration");
    assert_service("cpu.usage", NULL, '_', "cpu.usage");
    assert_service("memory-utilization", NULL, '_', "memory-utilization");
}

static void statistics_and_units_may_follow_a_known_suffix(void **state)
{
    (void)state;
    assert_service("order_service_latency-90", NULL, '_', "order_service");
    assert_service("order_service_latency_p999", NULL, '_', "order_service");
    assert_service("cart_service_memory_bytes", NULL, '_', "cart_service");
    assert_service("cart_service_queue_size_max", NULL, '_', "cart_service");
    assert_service("db_inflight_requests", NULL, '_', "db");
    assert_service("web_cache_90", NULL, '_', "web");
}

static void the_hash_of_a_pod_is_no_part_of_its_service(void **state)
{
    (void)state;
    assert_service("order-7c9f8d-xk2p4_cpu", NULL, '_', "order");
    assert_service("order-7c9f8d-xk2p4_evicted_keys", NULL, '_', "order");
    assert_service("order-svc-6c8d7f9b5d-x2x9z.cpu", NULL, '_', "order-svc");
    assert_service("order-service-cache_cpu", NULL, '_', "order-service-cache");
    assert_service("svc-1_cpu", NULL, '_', "svc-1");
}

/* a name and its service */
typedef const char *const named[2];

static const named beside[] = {
    {"order_service_cpu", "order_service"},
    {"order_service_evicted_keys", "order_service"},
    {"order_service_v2_slots", "order_service"},
    {"order_servicemesh_slots", "order"},
    {"auth_latency", "auth"},
    {"auth_db_latency", "auth_db"},
    {"auth_db_slots", "auth_db"},
    {"auth_slots", "auth"},
    {"db_cpu", "db"},
    {"db_inflight_requests", "db"},
    {"order-service_cpu{code=\"a_cpu\"}", "order-service"},
    {"order-service_slots{code=\"a_cpu\"}", "order-service"},
    {"cache_latency", "cache"},
    {"cache-0_cpu", "cache"},
    {"cache-12_slots", "cache"},
    {"svc-1_cpu", "svc-1"},
    {"svc-2_cpu", "svc-2"},
    {"checkout_queue", "checkout"},
    {"ts_order_7_cpu", "ts_order"},
};

/* Beginning with every one in turn. */
static void assert_services(const named *expected, size_t count,
                            const caus_topology *calls)
{
    const caus_service_rule rule = {calls, '_'};
    const char *given[32];
    size_t lengths[32];
    assert_in_range(count, 1, 32);
    for (size_t first = 0; first < count; first++) {
        /* forwards and backwards */
        size_t step = first % 2 ? count - 1 : 1;
        for (size_t i = 0; i < count; i++)
            given[i] = expected[(first + step * i) % count][0];
        assert_int_equal(
            caus_services_of_names(given, count, &rule, lengths, NULL),
            CAUS_OK);
        for (size_t i = 0; i < count; i++) {
            char found[128];
            snprintf(found, sizeof found, "%.*s", (int)lengths[i], given[i]);
            assert_string_equal(found, expected[(first + step * i) % count][1]);
        }
    }
}

#define ASSERT_SERVICES(expected, calls) \
    assert_services(expected, sizeof(expected) / sizeof *(expected), calls)

static void names_beside_each_other_agree_in_any_order(void **state)
{
    (void)state;
    static const char *const called[] = {"checkout", "ts_order"};
    static const caus_topology calls = {.service_count = 2, .services = called};
    ASSERT_SERVICES(beside, &calls);
}

/* As a mesh and a cluster, OpenTelemetry and a virtual machine call them. */
static void words_behind_every_service_are_no_part_of_it(void **state)
{
    (void)state;
    static const named cluster[] = {
        {"s01_istio-requests-total", "s01"},
        {"s01_istio-requests-5xx-total", "s01"},
        {"s01_istio-request-duration-milliseconds-p99", "s01"},
        {"s01_kube-pod-container-status-restarts-total", "s01"},
        {"s01_container-cpu-usage-seconds-total", "s01"},
        {"s02_istio-requests-total", "s02"},
        {"s02_kube-pod-container-status-restarts-total", "s02"},
        {"s02_container-cpu-usage-seconds-total", "s02"},
        {"s03_istio-requests-total", "s03"},
        {"s04-7c9f8d-xk2p4_istio-requests-total", "s04"},
        {"s04-7c9f8d-xk2p4_container-cpu-usage-seconds-total", "s04"},
    };
    static const named telemetry[] = {
        {"pay_process.cpu.utilization", "pay"},
        {"pay_db.client.connection.pending_requests", "pay"},
        {"pay_http.server.active_requests", "pay"},
        {"cart_db.client.connection.pending_requests", "cart"},
        {"cart_http.client.request.duration.p95", "cart"},
        {"cart_system.disk.io_time", "cart"},
    };
    static const named machine[] = {
        {"pay_jvm_memory_used_bytes", "pay"},
        {"pay_resilience4j_retry_calls", "pay"},
        {"pay_hikaricp_connections_active", "pay"},
        {"ts_user_jvm_memory_used_bytes", "ts_user"},
        {"ts_user_resilience4j_retry_calls", "ts_user"},
        {"ts_user_http_server_requests_seconds_max", "ts_user"},
        {"ts_user_2_process_cpu_usage", "ts_user_2"},
        {"ts_user_2_resilience4j_retry_calls", "ts_user_2"},
    };
    static const named exported[] = {
        {"pay_container_cpu_usage_seconds_total", "pay"},
        {"pay_istio_requests_total", "pay"},
        {"pay_istio_errors_total", "pay"},
        {"cart_container_cpu_usage_seconds_total", "cart"},
        {"cart_istio_requests_total", "cart"},
        {"cart_istio_errors_total", "cart"},
        {"cart_kube_pod_container_status_restarts_total", "cart"},
        {"ts_user_container_cpu_usage_seconds_total", "ts_user"},
        {"ts_user_istio_requests_total", "ts_user"},
        {"ts_user_kube_pod_container_status_restarts_total", "ts_user"},
        {"db_container_cpu_usage_seconds_total", "db"},
        {"db_kube_pod_container_status_restarts_total", "db"},
    };
    static const named mesh[] = {
        {"carts-db_latency-50", "carts-db"}, {"carts-db_diskio", "carts-db"},
        {"carts_latency-50", "carts"},       {"user-db_latency-50", "user-db"},
        {"user-db_workload", "user-db"},     {"user_latency-50", "user"},
    };
    ASSERT_SERVICES(cluster, NULL);
    ASSERT_SERVICES(telemetry, NULL);
    ASSERT_SERVICES(machine, NULL);
    ASSERT_SERVICES(exported, NULL);
    ASSERT_SERVICES(mesh, NULL);
}

/* Nothing else tells that a mesh is no part of the services. */
static void what_stands_behind_most_first_words_is_measured(void **state)
{
    (void)state;
    static const named mesh[] = {
        {"carts_istio_requests_total", "carts"},
        {"carts_istio_requests_total{code=\"500\"}", "carts"},
        {"carts_istio_request_duration_p99", "carts"},
        {"carts-db_istio_requests_total", "carts-db"},
        {"user_istio_requests_total", "user"},
        {"user_istio_request_duration_p99", "user"},
    };
    static const named process[] = {
        {"carts_process_resident_memory_bytes", "carts"},
        {"carts_process_virtual_memory_bytes", "carts"},
        {"user_process_resident_memory_bytes", "user"},
        {"user_process_virtual_memory_bytes", "user"},
        {"front-end_process_resident_memory_bytes", "front-end"},
        {"front-end_process_virtual_memory_bytes", "front-end"},
    };
    static const named dotted[] = {
        {"carts.system.disk.operation_time", "carts"},
        {"user.system.disk.operation_time", "user"},
        {"pay.system.disk.operation_time", "pay"},
    };
    static const named sides[] = {
        {"cart_error_ratio", "cart"},
        {"cart_client_error_ratio", "cart"},
        {"cart_server_error_ratio", "cart"},
        {"user_error_ratio", "user"},
        {"user_client_error_ratio", "user"},
        {"user_server_error_ratio", "user"},
        {"pay_error_ratio", "pay"},
        {"pay_client_error_ratio", "pay"},
        {"pay_server_error_ratio", "pay"},
    };
    static const named parted[] = {
        {"order_service:container_slots", "order_service"},
        {"order_service:slow_jobs", "order_service"},
        {"mail_worker:container_slots", "mail_worker"},
        {"mail_worker:slow_jobs", "mail_worker"},
        {"cart:container_slots", "cart"},
    };
    static const named doubled[] = {{"db_001__Sess_Connect", "db_001"},
                                    {"db_003__On_Off_State", "db_003"},
                                    {"os_017__Disk_io_util", "os_017"}};
    static const named machines[] = {
        {"dbservice1_10.0.0.4_docker_cpu_core_0_pct", "dbservice1"},
        {"dbservice1_10.0.0.4_docker_diskio_slots", "dbservice1"},
        {"redis_10.0.0.3_docker_diskio_slots", "redis"},
        {"web_1.2.3_slots", "web"},
        {"10.0.0.1:9100_conntrack", "10.0.0.1:9100"}};
    ASSERT_SERVICES(mesh, NULL);
    ASSERT_SERVICES(process, NULL);
    ASSERT_SERVICES(dotted, NULL);
    ASSERT_SERVICES(sides, NULL);
    ASSERT_SERVICES(parted, NULL);
    ASSERT_SERVICES(doubled, NULL);
    ASSERT_SERVICES(machines, NULL);
}

/* "_" parts no words of names that have hyphens, or are numbered. */
static void spelling_tells_where_a_service_ends(void **state)
{
    (void)state;
    static const named hyphens[] = {
        {"cart-api_cpu_percent", "cart-api"},
        {"cart-api_jvm_threads_live_threads", "cart-api"},
        {"cart-api_tomcat_threads_busy_threads", "cart-api"},
        {"tax-db_mysql_cpu_percent", "tax-db"},
        {"tax-db_mysql_global_status_threads_running", "tax-db"},
        {"pay-gw_memory_used_bytes", "pay-gw"},
        {"pay-gw-7c9f8d-xk2p4_redis.info.latency_ms", "pay-gw"},
        {"ads-job_cpu", "ads-job"},
        {"ads-job_job_duration_seconds_avg", "ads-job"},
        {"pdf_jvm_threads_live_threads", "pdf"},
        {"pdf_cpu_percent", "pdf"}};
    static const named numbers[] = {{"s1_redis_memory_used_bytes", "s1"},
                                    {"s1_node_cpu_seconds", "s1"},
                                    {"s2_probe_duration_seconds", "s2"},
                                    {"s2_cpu", "s2"},
                                    {"s3_cpu", "s3"},
                                    {"s4_cpu", "s4"}};
    static const named regions[] = {{"eu-west_cart_latency", "eu-west_cart"},
                                    {"us-east_tax_latency", "us-east_tax"},
                                    {"ap-south_ads_cpu", "ap-south_ads"},
                                    {"eu-west_pay_cpu", "eu-west_pay"}};
    /* Those of one word are measured as those of several are. */
    static const named mixed[] = {
        {"cart-api_istio_requests_total", "cart-api"},
        {"cart-api_process_open_fds", "cart-api"},
        {"cart-api_cpu_usage", "cart-api"},
        {"tax-api_istio_requests_total", "tax-api"},
        {"tax-api_tcp_open_connections", "tax-api"},
        {"tax-api_cpu_usage", "tax-api"},
        {"pay-gw_cpu_usage", "pay-gw"},
        {"search_istio_requests_total", "search"},
        {"search_tax-db_client_errors_total", "search"},
        {"search_cpu_usage", "search"},
        {"stats_tcp_open_connections", "stats"},
        {"coredns_coredns_dns_requests_total", "coredns"}};
    /* The number of a copy is no word. */
    static const named copies[] = {
        {"cart_cpu", "cart"},       {"cart-0_cpu", "cart"},
        {"cart-1_cpu", "cart"},     {"cart_db_latency", "cart_db"},
        {"cart_db_cpu", "cart_db"}, {"pay_latency", "pay"},
        {"pay-0_cpu", "pay"}};
    ASSERT_SERVICES(hyphens, NULL);
    ASSERT_SERVICES(numbers, NULL);
    ASSERT_SERVICES(regions, NULL);
    static const char *const called[] = {"cart-api", "pay-gw", "tax-api"};
    static const caus_topology calls = {.service_count = 3, .services = called};
    /* A graph that knows only some tells of the others, too. */
    static const named strangers[] = {
        {"cart-api_istio_requests_total", "cart-api"},
        {"tax-api_istio_requests_total", "tax-api"},
        {"pay-gw_istio_requests_total", "pay-gw"},
        {"mail-relay_istio_requests_total", "mail-relay"},
        {"mail-relay_istio_request_duration_milliseconds_p99", "mail-relay"}};
    ASSERT_SERVICES(strangers, &calls);
    ASSERT_SERVICES(mixed, NULL);
    ASSERT_SERVICES(copies, NULL);
}

static void parts_of_services_that_many_share_stay(void **state)
{
    (void)state;
    static const named roles[] = {{"order_service_latency", "order_service"},
                                  {"order_service_slots", "order_service"},
                                  {"cart_service_latency", "cart_service"},
                                  {"cart_service_slots", "cart_service"},
                                  {"user_service_latency", "user_service"},
                                  {"user_service_slots", "user_service"}};
    static const named numbers[] = {
        {"db_001_slots", "db_001"},         {"db_001_cpu", "db_001"},
        {"os_001_slots", "os_001"},         {"os_001_cpu", "os_001"},
        {"docker_001_slots", "docker_001"}, {"docker_001_cpu", "docker_001"}};
    static const named servers[] = {{"web_server_errors", "web_server"},
                                    {"app_server_errors", "app_server"},
                                    {"mail_server_errors", "mail_server"}};
    static const named regions[] = {
        {"eu_cart_latency", "eu_cart"}, {"eu_pay_latency", "eu_pay"},
        {"us_cart_latency", "us_cart"}, {"us_pay_latency", "us_pay"},
        {"ap_cart_latency", "ap_cart"}, {"ap_pay_latency", "ap_pay"}};
    ASSERT_SERVICES(roles, NULL);
    ASSERT_SERVICES(numbers, NULL);
    ASSERT_SERVICES(servers, NULL);
    ASSERT_SERVICES(regions, NULL);
}

static void services_measured_as_others_or_in_many_ways_stay(void **state)
{
    (void)state;
    static const named once[] = {{"auth_cpu", "auth"},
                                 {"auth_db_latency", "auth_db"},
                                 {"cart_cpu", "cart"}};
    static const named as_others[] = {{"auth_cpu", "auth"},
                                      {"auth_db_cpu", "auth_db"},
                                      {"cart_cpu", "cart"},
                                      {"cart_db_cpu", "cart_db"},
                                      {"auth_db_size", "auth_db"}};
    static const named as_one_other[] = {{"auth_cpu", "auth"},
                                         {"auth_redis_memory", "auth_redis"},
                                         {"cart_cpu", "cart"},
                                         {"cart_redis_memory", "cart_redis"},
                                         {"redis_memory", "redis"}};
    static const named many_ways[] = {{"auth_cpu", "auth"},
                                      {"auth_db_connections", "auth_db"},
                                      {"auth_db_queue_length", "auth_db"},
                                      {"cart_cpu", "cart"},
                                      {"cart_db_connections", "cart_db"},
                                      {"cart_db_queue_length", "cart_db"}};
    static const named few[] = {{"a_cpu", "a"},
                                {"a_redis_memory", "a_redis"},
                                {"a_redis_connections", "a_redis"},
                                {"b_cpu", "b"},
                                {"b_redis_memory", "b_redis"},
                                {"c_cpu", "c"},
                                {"c_redis_memory", "c_redis"},
                                {"d_cpu", "d"},
                                {"e_cpu", "e"},
                                {"f_cpu", "f"}};
    static const named all_alike[] = {
        {"order_service_latency", "order_service"},
        {"order_db_connections", "order_db"},
        {"cart_service_latency", "cart_service"},
        {"cart_db_connections", "cart_db"}};
    ASSERT_SERVICES(once, NULL);
    ASSERT_SERVICES(as_others, NULL);
    ASSERT_SERVICES(as_one_other, NULL);
    ASSERT_SERVICES(many_ways, NULL);
    ASSERT_SERVICES(few, NULL);
    ASSERT_SERVICES(all_alike, NULL);
}

static void services_of_names_survive_the_lack_of_memory(void **state)
{
    (void)state;
    const caus_service_rule rule = {NULL, '_'};
    const char *const given[] = {"a_b_cpu", "a_b_slots", "cd_cpu", "cd_x_calls",
                                 "ef_x_calls"};
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        size_t lengths[5];
        caus_error error = {0};
        fault_fail_after(successes);
        caus_status status =
            caus_services_of_names(given, 5, &rule, lengths, &error);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (!refused)
            assert_int_equal(lengths[1], 3);
    }
}

static void labels_of_places_tell_nothing_of_what_is_measured(void **state)
{
    (void)state;
    assert_int_equal(caus_place_length("{service=\"a,\\\"}\",code=\"5\"}"), 16);
    assert_int_equal(caus_place_length(",pod=b}"), 6);
    assert_int_equal(caus_place_length("{code=\"5\"}"), 0);
    assert_int_equal(caus_place_length("{pod=\"open"), 10);
    assert_int_equal(caus_place_length("-7c9f8d-xk2p4_cpu"), 13);
    assert_int_equal(caus_place_length("-cpu"), 0);
    assert_int_equal(caus_place_length(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_found_by_name),
        cmocka_unit_test(longest_service_of_the_topology_wins),
        cmocka_unit_test(service_does_not_end_inside_a_word),
        cmocka_unit_test(a_part_of_a_service_is_none),
        cmocka_unit_test(known_suffix_leaves_the_service),
        cmocka_unit_test(what_is_measured_is_no_part_of_the_service),
        cmocka_unit_test(first_separator_ends_the_service_at_last),
        cmocka_unit_test(points_hyphens_and_capitals_part_what_is_measured),
        cmocka_unit_test(what_is_only_a_measure_is_no_service),
        cmocka_unit_test(statistics_and_units_may_follow_a_known_suffix),
        cmocka_unit_test(the_hash_of_a_pod_is_no_part_of_its_service),
        cmocka_unit_test(names_beside_each_other_agree_in_any_order),
        cmocka_unit_test(words_behind_every_service_are_no_part_of_it),
        cmocka_unit_test(what_stands_behind_most_first_words_is_measured),
        cmocka_unit_test(spelling_tells_where_a_service_ends),
        cmocka_unit_test(parts_of_services_that_many_share_stay),
        cmocka_unit_test(services_measured_as_others_or_in_many_ways_stay),
        cmocka_unit_test(services_of_names_survive_the_lack_of_memory),
        cmocka_unit_test(labels_of_places_tell_nothing_of_what_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
