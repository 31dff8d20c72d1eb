/* SPDX-License-Identifier: Apache-2.0 */
/* What names of exporters, meshes, agents and libraries tell. */
#include "rootcause/aspect.h"
#include "rootcause/measures.h"
#include "rootcause/timeline.h"
#include "test.h"

typedef struct named {
    const char *name;
    caus_aspect aspect;
    int bad;
} named;

/* As Micrometer, OpenTelemetry, cAdvisor, Istio, hosted clouds, exporters of
 * stores and public sets of incidents call what they measure. */
static const named names[] = {
    {"http_server_requests_seconds_max", CAUS_ASPECT_LATENCY, 1},
    {"http_server_requests_seconds_avg", CAUS_ASPECT_LATENCY, 1},
    {"nodejs_eventloop_lag_p99_seconds", CAUS_ASPECT_CPU, 1},
    {"nodejs.eventloop.delay.p99", CAUS_ASPECT_CPU, 1},
    {"event_loop_lag_ms", CAUS_ASPECT_CPU, 1},
    {"event_loop_delay", CAUS_ASPECT_CPU, 1},
    {"go_sched_latencies_seconds", CAUS_ASPECT_CPU, 1},
    {"rabbitmq_alarms_free_disk_space_watermark", CAUS_ASPECT_RESOURCE, 1},
    {"mysql_global_status_innodb_buffer_pool_wait_free", CAUS_ASPECT_SATURATION,
     1},
    {"nginx_ingress_controller_ssl_expire_time_seconds", CAUS_ASPECT_OTHER, 0},
    {"coredns_panics_total", CAUS_ASPECT_ERRORS, 1},
    {"workqueue_depth", CAUS_ASPECT_SATURATION, 1},
    {"kafka_consumer_rebalances_total", CAUS_ASPECT_RESTARTS, 1},
    {"kafka_consumergroup_members", CAUS_ASPECT_RESTARTS, -1},
    {"rabbitmq_queue_consumers", CAUS_ASPECT_RESTARTS, -1},
    {"redis_connected_slaves", CAUS_ASPECT_RESTARTS, -1},
    {"consumers_queue_depth", CAUS_ASPECT_SATURATION, 1},
    {"kube_pod_status_phase{phase=\"Pending\"}", CAUS_ASPECT_RESTARTS, 1},
    {"kube_pod_status_unschedulable", CAUS_ASPECT_RESTARTS, 1},
    {"dead_letter_messages", CAUS_ASPECT_ERRORS, 1},
    {"dlq_messages_total", CAUS_ASPECT_ERRORS, 1},
    {"SpilloverCount", CAUS_ASPECT_ERRORS, 1},
    {"coredns_dns_responses_total{rcode=\"SERVFAIL\"}", CAUS_ASPECT_ERRORS, 1},
    {"coredns_dns_responses_total{rcode=\"NOERROR\"}", CAUS_ASPECT_LOAD, 0},
    {"IteratorAge", CAUS_ASPECT_SATURATION, 1},
    {"pg_stat_activity_count", CAUS_ASPECT_SATURATION, 1},
    {"redis.net.clients", CAUS_ASPECT_SATURATION, 1},
    {"BurstBalance", CAUS_ASPECT_RESOURCE, -1},
    {"ProduceTotalTimeMsMean", CAUS_ASPECT_LATENCY, 1},
    {"jobs_time_total", CAUS_ASPECT_OTHER, 0},
    {"UnderReplicatedPartitions", CAUS_ASPECT_RESTARTS, 1},
    {"kafka_server_replicamanager_underreplicatedpartitions",
     CAUS_ASPECT_RESTARTS, 1},
    {"OfflinePartitionsCount", CAUS_ASPECT_RESTARTS, 1},
    {"elasticsearch_cluster_health_unassigned_shards", CAUS_ASPECT_RESTARTS, 1},
    {"etcd_server_leader_changes_seen_total", CAUS_ASPECT_RESTARTS, 1},
    {"kube_pod_container_status_waiting_reason", CAUS_ASPECT_RESTARTS, 1},
    {"container_pressure_cpu_waiting_seconds_total", CAUS_ASPECT_CPU, 1},
    {"GetTypeCmds", CAUS_ASPECT_LOAD, 0},
    {"job_executions_total", CAUS_ASPECT_LOAD, 0},
    {"ConcurrentExecutions", CAUS_ASPECT_SATURATION, 1},
    {"http_server_requests_seconds_count", CAUS_ASPECT_LOAD, 0},
    {"http_server_requests_seconds_sum", CAUS_ASPECT_LOAD, 0},
    {"http_server_requests_seconds_bucket{le=\"0.1\"}", CAUS_ASPECT_OTHER, 0},
    {"http_request_duration_seconds_bucket_le_0.1", CAUS_ASPECT_OTHER, 0},
    {"certificate_expiry_seconds", CAUS_ASPECT_OTHER, 0},
    {"load_shed_requests_total", CAUS_ASPECT_ERRORS, 1},
    {"http_requests_total{code=\"429\"}", CAUS_ASPECT_ERRORS, 1},
    {"dead_letter_count", CAUS_ASPECT_ERRORS, 1},
    {"queue_messages_published_rate", CAUS_ASPECT_LOAD, 0},
    {"keyspace_hits_rate", CAUS_ASPECT_LOAD, 0},
    {"cache_hit_rate", CAUS_ASPECT_MEMORY, -1},
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
    {"mongodb_op_counters_total", CAUS_ASPECT_LOAD, 0},
    {"redis_commands_processed_total", CAUS_ASPECT_LOAD, 0},
    {"grpc_server_handled_total", CAUS_ASPECT_LOAD, 0},
    {"grpc_server_handled_total{grpc_code=\"Internal\"}", CAUS_ASPECT_ERRORS,
     1},
    {"grpc_server_handled_total{grpc_code=\"OK\"}", CAUS_ASPECT_LOAD, 0},
    {"jvm_threads_blocked", CAUS_ASPECT_SATURATION, 1},
    {"istio-error-total", CAUS_ASPECT_ERRORS, 1},
    {"istio-success-total", CAUS_ASPECT_LOAD, 0},
    {"istio-latency-99", CAUS_ASPECT_LATENCY, 1},
    {"container-memory-failures-total", CAUS_ASPECT_CPU, 1},
    {"container-memory-failcnt", CAUS_ASPECT_CPU, 1},
    {"container_network_receive_packets_dropped.eth0", CAUS_ASPECT_RESOURCE, 1},
    {"container-network-transmit-errors-total", CAUS_ASPECT_RESOURCE, 1},
    {"node_netstat_Tcp_RetransSegs", CAUS_ASPECT_RESOURCE, 1},
    {"system.net.packets_in.error", CAUS_ASPECT_RESOURCE, 1},
    {"container-processes", CAUS_ASPECT_RESOURCE, 1},
    {"mrt", CAUS_ASPECT_LATENCY, 1},
    {"sr", CAUS_ASPECT_ERRORS, -1},
    {"rrt_max", CAUS_ASPECT_LATENCY, 1},
    {"count", CAUS_ASPECT_LOAD, 0},
    {"istio_response_bytes.grpc.200.0.0", CAUS_ASPECT_NETWORK, 0},
    {"http_response_size_bytes", CAUS_ASPECT_NETWORK, 0},
    {"http_response_time_avg", CAUS_ASPECT_LATENCY, 1},
    {"haproxy_backend_http_responses_total", CAUS_ASPECT_LOAD, 0},
    {"SuccessfulRequestLatency", CAUS_ASPECT_LATENCY, 1},
    {"system.load.1", CAUS_ASPECT_CPU, 1},
    {"system_load_average_1m", CAUS_ASPECT_CPU, 1},
    {"node_pressure_memory_waiting_seconds_total", CAUS_ASPECT_MEMORY, 1},
    {"io_wait", CAUS_ASPECT_RESOURCE, 1},
    {"java_lang_GarbageCollector_CollectionTime", CAUS_ASPECT_RESOURCE, 1},
    {"kube_pod_status_ready", CAUS_ASPECT_RESTARTS, -1},
    {"kube_deployment_status_replicas_ready", CAUS_ASPECT_RESTARTS, -1},
    {"k8s.deployment.available", CAUS_ASPECT_RESTARTS, -1},
    {"UnHealthyHostCount", CAUS_ASPECT_RESTARTS, 1},
    {"HealthyHostCount", CAUS_ASPECT_RESTARTS, -1},
    {"envoy_cluster_membership_healthy", CAUS_ASPECT_RESTARTS, -1},
    {"pd_store_down_count", CAUS_ASPECT_RESTARTS, 1},
    {"pod_health_check_failures", CAUS_ASPECT_ERRORS, 1},
    {"process_uptime_seconds", CAUS_ASPECT_RESTARTS, -1},
    {"uptime_ratio", CAUS_ASPECT_ERRORS, -1},
    {"tikv_available_size", CAUS_ASPECT_RESOURCE, -1},
    {"prometheus_config_last_reload_success_timestamp_seconds",
     CAUS_ASPECT_OTHER, 0},
    {"thread_pool_rejected_count", CAUS_ASPECT_ERRORS, 1},
    {"redis_rejected_connections_total", CAUS_ASPECT_ERRORS, 1},
    {"envoy_cluster_upstream_rq_time", CAUS_ASPECT_LATENCY, 1},
    {"envoy_cluster_upstream_rq_pending_overflow", CAUS_ASPECT_ERRORS, 1},
    {"http_requests_in_flight", CAUS_ASPECT_SATURATION, 1},
    {"hosting_current_requests", CAUS_ASPECT_SATURATION, 1},
    {"microservice_requests", CAUS_ASPECT_LOAD, 0},
    {"zookeeper_mntr_outstanding_requests", CAUS_ASPECT_SATURATION, 1},
    {"rabbitmq_queue_messages_published_total", CAUS_ASPECT_LOAD, 0},
    {"rabbitmq_queue_messages_ready", CAUS_ASPECT_SATURATION, 1},
    {"oldest_unacked_message_age", CAUS_ASPECT_SATURATION, 1},
    {"memcached_commands_total", CAUS_ASPECT_LOAD, 0},
    {"wiredtiger_cache_bytes", CAUS_ASPECT_MEMORY, 1},
    {"mysql_global_status_bytes_sent", CAUS_ASPECT_NETWORK, 0},
    {"FreeableMemory", CAUS_ASPECT_MEMORY, -1},
    {"pg_stat_database_xact_rollback", CAUS_ASPECT_OTHER, 0},
    {"pg_stat_database_deadlocks", CAUS_ASPECT_SATURATION, 1},
    {"http_requests_total{response_code=\"200\"}", CAUS_ASPECT_LOAD, 0},
    {"http_requests_total{response_code=\"504\"}", CAUS_ASPECT_ERRORS, 1},
    {"requests_seconds_count{status=\"511\"}", CAUS_ASPECT_ERRORS, 1},
    {"requests_seconds_count{outcome=\"SUCCESS\"}", CAUS_ASPECT_LOAD, 0},
    {"requests_seconds_count{outcome=\"SERVER_ERROR\"}", CAUS_ASPECT_ERRORS, 1},
    {"requests_total{exception=\"None\"}", CAUS_ASPECT_LOAD, 0},
    {"requests_total{error=\"true\"}", CAUS_ASPECT_ERRORS, 1},
    {"rq_xx{envoy_response_code_class=\"5\"}", CAUS_ASPECT_ERRORS, 1},
    {"rq_xx{envoy_response_code_class=\"2\"}", CAUS_ASPECT_LOAD, 0},
    {"requests_total{grpc_response_status=\"14\"}", CAUS_ASPECT_ERRORS, 1},
    {"requests_total{grpc_response_status=\"0\"}", CAUS_ASPECT_LOAD, 0},
    {"http_server_duration_milliseconds_count_200", CAUS_ASPECT_LOAD, 0},
    {"db_client_operation_duration_seconds_count_orders", CAUS_ASPECT_LOAD, 0},
    {"listener_seconds_count_success_orders", CAUS_ASPECT_LOAD, 0},
    {"rabbitmq_queue_messages_published_total_orders", CAUS_ASPECT_LOAD, 0},
    {"rabbitmq_connection_incoming_bytes_total", CAUS_ASPECT_NETWORK, 0},
    {"rabbitmq_queue_messages_bytes", CAUS_ASPECT_SATURATION, 1},
    {"rabbitmq_queue_consumer_utilisation", CAUS_ASPECT_SATURATION, -1},
    {"rabbitmq_alarms_memory_used_watermark", CAUS_ASPECT_CPU, 1},
    {"rabbitmq_queue_process_reductions_total", CAUS_ASPECT_CPU, 1},
    {"erlang_vm_statistics_runtime_milliseconds", CAUS_ASPECT_CPU, 1},
    {"go_sql_wait_duration_seconds_total", CAUS_ASPECT_SATURATION, 1},
    {"go_memstats_heap_inuse_bytes", CAUS_ASPECT_MEMORY, 1},
    {"go_memstats_mallocs_total", CAUS_ASPECT_RESOURCE, 1},
    {"go_memstats_alloc_bytes_total", CAUS_ASPECT_RESOURCE, 1},
    {"go_memstats_last_gc_time_seconds", CAUS_ASPECT_OTHER, 0},
    {"redis_last_slow_execution_duration_seconds", CAUS_ASPECT_LATENCY, 1},
    {"redis_allocator_allocated_bytes", CAUS_ASPECT_MEMORY, 1},
    {"allocated_bytes_total", CAUS_ASPECT_RESOURCE, 1},
    {"ports_allocated", CAUS_ASPECT_OTHER, 0},
    {"allocation_requests_total", CAUS_ASPECT_LOAD, 0},
    {"allocated_threads", CAUS_ASPECT_RESOURCE, 1},
    {"price_reductions_total", CAUS_ASPECT_OTHER, 0},
    {"erlang_vm_statistics_reductions_total", CAUS_ASPECT_CPU, 1},
    {"memcached_current_bytes", CAUS_ASPECT_MEMORY, 1},
    {"memcached_time_seconds", CAUS_ASPECT_OTHER, 0},
    {"network_receive_bytes_current", CAUS_ASPECT_NETWORK, 0},
    {"network_queue_dropped_packets_total", CAUS_ASPECT_RESOURCE, 1},
    {"erlang_vm_statistics_wallclock_time_milliseconds", CAUS_ASPECT_OTHER, 0},
    {"ping_last_rtt_seconds", CAUS_ASPECT_LATENCY, 1},
    {"jvm_gc_last_pause_seconds", CAUS_ASPECT_RESOURCE, 1},
    {"pg_stat_database_idle_in_transaction_time", CAUS_ASPECT_LATENCY, 1},
    {"node_time_seconds", CAUS_ASPECT_OTHER, 0},
    {"response_time_seconds", CAUS_ASPECT_LATENCY, 1},
    {"haproxy_process_idle_time_percent", CAUS_ASPECT_OTHER, 0},
    {"haproxy_backend_last_session_seconds", CAUS_ASPECT_OTHER, 0},
    {"nginx_connections_accepted", CAUS_ASPECT_LOAD, 0},
    {"nginx_connections_waiting", CAUS_ASPECT_OTHER, 0},
    {"nginx_connections_active", CAUS_ASPECT_SATURATION, 1},
    {"pg_stat_database_numbackends", CAUS_ASPECT_SATURATION, 1},
    {"pg_stat_database_tup_returned", CAUS_ASPECT_RESOURCE, 1},
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

typedef struct measured {
    const char *service, *name;
    size_t first; /* that measures the same */
} measured;

static void one_measure_has_one_number_at_all_places(void **state)
{
    (void)state;
    static const measured each[] = {
        {"order", "order_latency", 0},
        {"pay", "pay_latency", 0},
        {"order", "order-7c9f8d-xk2p4_latency", 0},
        {"pay", "pay_errors", 3},
        {"pay", "pay_latency_p50", 4},
        {"order", "latency{service=\"order\"}", 5},
        {"pay", "latency{service=\"pay,}\"}", 5},
        {"order", "x{pod=\"a-0\",code=\"500\"}", 7},
        {"pay", "x{pod=\"b-1\",code=\"500\"}", 7},
        {"pay", "x{pod=\"a\",code=\"200\"}", 9},
    };
    enum { COUNT = sizeof each / sizeof *each };
    caus_variable variables[COUNT];
    const size_t *numbers = NULL;
    caus_arena *arena = caus_arena_new(0);
    for (size_t i = 0; i < COUNT; i++) {
        variables[i] = caus_variable_default();
        variables[i].service = each[i].service;
        variables[i].name = each[i].name;
    }
    assert_int_equal(
        caus_measures_number(variables, COUNT, arena, &numbers, NULL), CAUS_OK);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(numbers[i], each[i].first);
    caus_arena_free(arena);
}

/* Of requests, or of nothing that is known: "duration" tells of none. */
static void a_name_tells_whether_failures_are_a_share(void **state)
{
    (void)state;
    static const char *const failures[] = {
        "pay_error_ratio",          "pay_errorPercentage",
        "pay_errorpercentage",      "pay_failed_pct",
        "pay_errors_share",         "pay_failureratio",
        "pay_duration_count_error", "pay_failed_operations",
        "pay_shared_errors",        "ratio_errors"};
    enum { COUNT = sizeof failures / sizeof *failures, SHARES = 6 };
    caus_variable variables[COUNT];
    caus_aspect aspects[COUNT];
    double values[COUNT] = {0};
    int bad[COUNT];
    for (size_t v = 0; v < COUNT; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = failures[v];
        variables[v].service = v + 1 < COUNT ? "pay" : "ratio";
        aspects[v] = caus_aspect_of(&variables[v]);
        assert_int_equal(aspects[v], CAUS_ASPECT_ERRORS);
        bad[v] = 1;
    }
    const caus_series series = {.variable_count = COUNT,
                                .variables = variables};
    caus_timeline timeline = {
        .row_count = 1, .variable_count = COUNT, .values = values};
    caus_arena *arena = caus_arena_new(0);
    assert_int_equal(caus_timeline_add_traits(&timeline, arena, NULL), CAUS_OK);
    caus_timeline_find_traits(&timeline, &series, aspects, bad);
    for (size_t v = 0; v < COUNT; v++)
        assert_true((timeline.whole[v] > 0) == (v < SHARES));
    caus_arena_free(arena);
}

static void a_name_tells_whether_it_is_a_share_of_time(void **state)
{
    (void)state;
    static const char *const shares[] = {
        "container_cpu_usage_seconds_total",
        "process_cpu_seconds_total",
        "jvm_gc_pause_seconds_sum",
        "process.cpu.time",
        "cpu_cores_used",
        "container_cpu_cfs_throttled_seconds_total",
        "container_cpu_cfs_throttled_periods_ratio",
        "container_cfs_throttled_share",
        "java_lang_GarbageCollector_CollectionTime"};
    static const char *const others[] = {"jvm_gc_pause_seconds_max",
                                         "jvm_gc_pause_seconds_count",
                                         "http_server_requests_seconds_sum",
                                         "process_cpu_usage",
                                         "cpu_percent",
                                         "lock_wait_seconds_total",
                                         "cache_hit_ratio",
                                         "request_error_ratio",
                                         "cpu_queue_time_mean"};
    enum { COUNT = sizeof shares / sizeof *shares };
    for (size_t i = 0; i < COUNT; i++) {
        caus_variable is = caus_variable_default(), no = is;
        is.name = shares[i];
        no.name = others[i];
        assert_true(caus_aspect_is_time_share(&is, caus_aspect_of(&is)));
        assert_false(caus_aspect_is_time_share(&no, caus_aspect_of(&no)));
    }
}

static void a_name_tells_what_a_cache_lacks(void **state)
{
    (void)state;
    static const char *const lacks[] = {"redis_keyspace_misses_total",
                                        "memcached_get_misses_rate",
                                        "cache.hit_ratio", "cache_miss_rate"};
    static const char *const others[] = {"redis_keyspace_hits_total",
                                         "missed_calls_total", "node_cpu_usage",
                                         "hits_total"};
    enum { COUNT = sizeof lacks / sizeof *lacks };
    for (size_t i = 0; i < COUNT; i++) {
        caus_variable is = caus_variable_default(), no = is;
        is.name = lacks[i];
        no.name = others[i];
        assert_true(caus_aspect_is_of_misses(&is, caus_aspect_of(&is)));
        assert_false(caus_aspect_is_of_misses(&no, caus_aspect_of(&no)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_tells_what_is_measured_and_which_way_is_bad),
        cmocka_unit_test(the_name_of_the_service_tells_nothing),
        cmocka_unit_test(a_name_tells_whether_failures_are_a_share),
        cmocka_unit_test(a_name_tells_whether_it_is_a_share_of_time),
        cmocka_unit_test(a_name_tells_what_a_cache_lacks),
        cmocka_unit_test(one_measure_has_one_number_at_all_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
