/* SPDX-License-Identifier: Apache-2.0 */
/* What names of exporters, meshes, agents and libraries tell. */
#include "rootcause/rootcause_internal.h"
#include "test.h"

typedef struct named {
    const char *name;
    caus_aspect aspect;
    int bad;
} named;

/* As Micrometer, OpenTelemetry, cAdvisor, Istio, hosted clouds and exporters of
 * stores call what they measure. */
static const named names[] = {
    {"http_server_requests_seconds_max", CAUS_ASPECT_LATENCY, 1},
    {"http_server_requests_seconds_avg", CAUS_ASPECT_LATENCY, 1},
    {"http_server_requests_seconds_count", CAUS_ASPECT_LOAD, 0},
    {"http_server_requests_seconds_sum", CAUS_ASPECT_LOAD, 0},
    {"http_server_requests_per_second", CAUS_ASPECT_LOAD, 0},
    {"http.server.request.duration.p95", CAUS_ASPECT_LATENCY, 1},
    {"http.server.active_requests", CAUS_ASPECT_SATURATION, 1},
    {"db.client.connection.pending_requests", CAUS_ASPECT_SATURATION, 1},
    {"jvm.gc.duration", CAUS_ASPECT_RESOURCE, 1},
    {"jvm_gc_pause_seconds_sum", CAUS_ASPECT_RESOURCE, 1},
    {"process_start_time_seconds", CAUS_ASPECT_OTHER, 0},
    {"container-cpu-usage-seconds-total", CAUS_ASPECT_CPU, 1},
    {"istio-requests-5xx-total", CAUS_ASPECT_ERRORS, 1},
    {"resilience4j_retry_calls", CAUS_ASPECT_ERRORS, 1},
    {"TargetResponseTime", CAUS_ASPECT_LATENCY, 1},
    {"CPUUtilization", CAUS_ASPECT_CPU, 1},
    {"RequestCount", CAUS_ASPECT_LOAD, 0},
    {"memAvailable", CAUS_ASPECT_MEMORY, -1},
    {"DiskReadLatency", CAUS_ASPECT_RESOURCE, 1},
    {"query_time", CAUS_ASPECT_LATENCY, 1},
    {"innodb_row_lock_time", CAUS_ASPECT_SATURATION, 1},
    {"threads_running", CAUS_ASPECT_SATURATION, 1},
    {"keyspace_hits", CAUS_ASPECT_LOAD, 0},
    {"keyspace_misses", CAUS_ASPECT_CPU, 1},
    {"sockets", CAUS_ASPECT_SOCKETS, 1},
    {"kube_pod_container_status_restarts_total", CAUS_ASPECT_RESTARTS, 1},
    {"cache.hit_ratio", CAUS_ASPECT_MEMORY, -1},
    {"workload", CAUS_ASPECT_LOAD, 0},
    {"availability.Average", CAUS_ASPECT_ERRORS, -1},
    {"http_request_duration_seconds_count", CAUS_ASPECT_LOAD, 0},
    {"kube_deployment_status_replicas_available", CAUS_ASPECT_RESTARTS, -1},
    {"kube_deployment_status_replicas_unavailable", CAUS_ASPECT_RESTARTS, 1},
    {"mysql_global_status_questions", CAUS_ASPECT_LOAD, 0},
    {"mysql_global_status_slow_queries", CAUS_ASPECT_SATURATION, 1},
    {"mysql_slave_status_seconds_behind_master", CAUS_ASPECT_SATURATION, 1},
    {"pg_stat_database_xact_commit", CAUS_ASPECT_LOAD, 0},
    {"pg_replication_lag_seconds", CAUS_ASPECT_SATURATION, 1},
    {"redis_commands_processed_total", CAUS_ASPECT_LOAD, 0},
    {"grpc_server_handled_total", CAUS_ASPECT_LOAD, 0},
    {"grpc_server_handled_total{grpc_code=\"Internal\"}", CAUS_ASPECT_ERRORS,
     1},
    {"grpc_server_handled_total{grpc_code=\"OK\"}", CAUS_ASPECT_LOAD, 0},
    {"jvm_threads_blocked", CAUS_ASPECT_SATURATION, 1},
};

static void a_name_tells_what_is_measured_and_which_way_is_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        caus_variable variable = caus_variable_default();
        variable.name = names[i].name;
        caus_aspect found = caus_aspect_of(&variable);
        if (found != names[i].aspect ||
            caus_aspect_bad_direction(&variable, found) != names[i].bad)
            fail_msg("%s is read as %d", names[i].name, (int)found);
    }
}

static void the_name_of_the_service_tells_nothing(void **state)
{
    (void)state;
    caus_variable variable = caus_variable_default();
    variable.name = "error-queue_cpu";
    variable.service = "error-queue";
    assert_int_equal(caus_aspect_of(&variable), CAUS_ASPECT_CPU);
    variable.name = "cpu{service=\"error-queue\",mode=\"all\"}";
    assert_int_equal(caus_aspect_of(&variable), CAUS_ASPECT_CPU);
    variable.name = "http_calls{service=\"mem\",code=\"500\"}";
    assert_int_equal(caus_aspect_of(&variable), CAUS_ASPECT_ERRORS);
}

static void one_measure_is_alike_at_all_places(void **state)
{
    (void)state;
    static const char *const alike[][2] = {
        {"order_latency", "pay_latency"},
        {"order-7c9f8d-xk2p4_latency", "order_latency"},
        {"latency{service=\"order\"}", "latency{service=\"pay,}\"}"},
        {"x{pod=\"a-0\",code=\"500\"}", "x{pod=\"b-1\",code=\"500\"}"},
    };
    static const char *const other[][2] = {
        {"order_latency", "pay_errors"},
        {"order_latency", "pay_latency_p50"},
        {"x{pod=\"a\",code=\"500\"}", "x{pod=\"a\",code=\"200\"}"},
    };
    caus_variable a = caus_variable_default(), b = caus_variable_default();
    a.service = "order";
    b.service = "pay";
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        a.name = alike[i][0];
        b.name = alike[i][1];
        b.service = i == 1 ? "order" : "pay";
        assert_true(caus_measures_alike(&a, &b));
        assert_true(caus_measures_alike(&b, &a));
    }
    b.service = "pay";
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        a.name = other[i][0];
        b.name = other[i][1];
        assert_false(caus_measures_alike(&a, &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_tells_what_is_measured_and_which_way_is_bad),
        cmocka_unit_test(the_name_of_the_service_tells_nothing),
        cmocka_unit_test(one_measure_is_alike_at_all_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
