/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken first of what well-known exporters serve. The names are those
 * of Debian 12's exporters beside running servers; where a choice is wrong, an
 * incident in that server cannot be seen. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"
#include "test.h"

enum { MOST_NAMES = 24, SIGNALS = 4 };

/* The first choices for duration, errors, rate, utilisation. */
typedef struct exporter {
    caus_offered_metric metrics[MOST_NAMES];
    const char *first[SIGNALS];
    const char *coded; /* the metric with a label that tells failures */
} exporter;

static const exporter haproxy = {
    {{"haproxy_backend_http_requests_total", "counter", ""},
     {"haproxy_backend_response_time_average_seconds", "gauge", ""},
     {"haproxy_process_failed_resolutions", "counter", ""},
     {"haproxy_server_check_duration_seconds", "gauge", ""},
     {"haproxy_server_check_failures_total", "counter", ""},
     {"haproxy_server_current_queue", "gauge", ""},
     {"haproxy_server_http_responses_total", "counter", ""},
     {"haproxy_server_max_response_time_seconds", "gauge", ""},
     {"haproxy_server_queue_time_average_seconds", "gauge", ""},
     {"haproxy_server_response_time_average_seconds", "gauge", ""}},
    {"haproxy_server_response_time_average_seconds",
     "haproxy_server_http_responses_total",
     "haproxy_backend_http_requests_total", "haproxy_server_current_queue"},
    "haproxy_server_http_responses_total"};

static const exporter postgres = {
    {{"pg_exporter_last_scrape_duration_seconds", "gauge", ""},
     {"pg_locks_count", "gauge", ""},
     {"pg_scrape_collector_duration_seconds", "gauge", ""},
     {"pg_settings_geqo_pool_size", "gauge", ""},
     {"pg_settings_log_duration", "gauge", ""},
     {"pg_stat_activity_count", "gauge", ""},
     {"pg_stat_activity_max_tx_duration", "gauge", ""},
     {"pg_stat_archiver_failed_count", "counter", ""},
     {"pg_stat_database_deadlocks", "counter", ""},
     {"pg_stat_database_xact_commit", "counter", ""},
     {"pg_stat_database_xact_rollback", "counter", ""}},
    {"pg_stat_activity_max_tx_duration", "pg_stat_database_xact_rollback",
     "pg_stat_database_xact_commit", "pg_stat_activity_count"},
    ""};

static const exporter rabbitmq = {
    {{"erlang_mnesia_failed_transactions", "counter", ""},
     {"erlang_mnesia_logged_transactions", "counter", ""},
     {"erlang_mnesia_memory_usage_bytes", "gauge", ""},
     {"erlang_vm_dist_proc_message_queue_len", "gauge", ""},
     {"rabbitmq_auth_attempts_failed_total", "counter", ""},
     {"rabbitmq_global_messages_delivered_total", "counter", ""},
     {"rabbitmq_process_resident_memory_bytes", "gauge", ""},
     {"rabbitmq_queue_messages_ready", "gauge", ""},
     {"rabbitmq_queues", "gauge", ""},
     {"telemetry_scrape_duration_seconds", "summary", ""},
     {"telemetry_scrape_duration_seconds_count", "", ""},
     {"telemetry_scrape_duration_seconds_sum", "", ""}},
    {NULL, "rabbitmq_auth_attempts_failed_total",
     "rabbitmq_global_messages_delivered_total",
     "rabbitmq_queue_messages_ready"},
    ""};

static const exporter redis = {
    {{"redis_commands_duration_seconds_total", "counter", ""},
     {"redis_commands_total", "counter", ""},
     {"redis_cpu_user_seconds_total", "counter", ""},
     {"redis_exporter_last_scrape_duration_seconds", "gauge", ""},
     {"redis_exporter_scrapes_total", "counter", ""},
     {"redis_memory_max_bytes", "gauge", ""},
     {"redis_memory_used_bytes", "gauge", ""},
     {"redis_replication_backlog_bytes", "gauge", ""},
     {"redis_total_error_replies", "counter", ""}},
    {"redis_commands_duration_seconds_total", "redis_total_error_replies",
     "redis_commands_total", "redis_cpu_user_seconds_total"},
    ""};

static const exporter node = {
    {{"node_cpu_seconds_total", "counter", ""},
     {"node_disk_flush_requests_total", "counter", ""},
     {"node_memory_MemAvailable_bytes", "gauge", ""},
     {"node_network_receive_errs_total", "counter", ""},
     {"node_softnet_processed_total", "counter", ""},
     {"node_timex_pps_error_total", "counter", ""}},
    {NULL, "node_network_receive_errs_total", "node_softnet_processed_total",
     "node_cpu_seconds_total"},
    ""};

/* As the OpenTelemetry SDK serves a service that calls others. */
static const exporter opentelemetry = {
    {{"http_client_duration_milliseconds", "histogram", ""},
     {"http_client_duration_milliseconds_bucket", "", ""},
     {"http_client_duration_milliseconds_count", "", ""},
     {"http_client_duration_milliseconds_sum", "", ""},
     {"http_server_active_requests", "gauge", ""},
     {"http_server_duration_milliseconds", "histogram", ""},
     {"http_server_duration_milliseconds_bucket", "", ""},
     {"http_server_duration_milliseconds_count", "", ""},
     {"http_server_duration_milliseconds_sum", "", ""},
     {"process_cpu_time_seconds_total", "counter", ""},
     {"process_runtime_go_goroutines", "gauge", ""}},
    {"http_server_duration_milliseconds_count",
     "http_server_duration_milliseconds_count",
     "http_server_duration_milliseconds_count",
     "process_cpu_time_seconds_total"},
    "http_server_duration_milliseconds_count"};

/* A worker in Java: what it does with its messages, not what it asks others. */
static const exporter listener = {
    {{"hikaricp_connections_active", "gauge", ""},
     {"http_client_requests_seconds", "histogram", ""},
     {"http_client_requests_seconds_bucket", "", ""},
     {"http_client_requests_seconds_count", "", ""},
     {"http_client_requests_seconds_sum", "", ""},
     {"jvm_memory_used_bytes", "gauge", ""},
     {"process_cpu_usage", "gauge", ""},
     {"spring_rabbitmq_listener_seconds", "summary", ""},
     {"spring_rabbitmq_listener_seconds_count", "", ""},
     {"spring_rabbitmq_listener_seconds_sum", "", ""},
     {"system_cpu_usage", "gauge", ""}},
    {"spring_rabbitmq_listener_seconds_count",
     "spring_rabbitmq_listener_seconds_count",
     "spring_rabbitmq_listener_seconds_count", "process_cpu_usage"},
    "spring_rabbitmq_listener_seconds_count"};

/* A proxy's listeners are ports: how long connections last is no latency, and
 * those that were opened are no requests. */
static const exporter envoy = {
    {{"envoy_listener_downstream_cx_length_ms", "histogram", ""},
     {"envoy_listener_downstream_cx_length_ms_bucket", "", ""},
     {"envoy_listener_downstream_cx_length_ms_count", "", ""},
     {"envoy_listener_downstream_cx_length_ms_sum", "", ""},
     {"envoy_listener_downstream_cx_total", "counter", ""},
     {"envoy_listener_manager_listener_create_success", "counter", ""}},
    {NULL, NULL, NULL, NULL},
    ""};

static size_t count_of(const exporter *of)
{
    size_t count = 0;
    while (count < MOST_NAMES && of->metrics[count].name)
        count++;
    return count;
}

static const caus_candidate *first_of(const exporter *of, caus_signal signal,
                                      const caus_candidate *candidates,
                                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const caus_candidate *one = &candidates[i];
        if (one->signal == signal && (one->measure != CAUS_MEASURE_BAD_CODES ||
                                      strcmp(one->metric, of->coded) == 0))
            return one;
    }
    return NULL;
}

static void the_first_choices_are(const exporter *of)
{
    caus_arena *out = caus_arena_new(0);
    caus_metric_survey survey = {.metrics = of->metrics,
                                 .metric_count = count_of(of)};
    caus_candidate *candidates;
    caus_error err;
    size_t count;
    assert_int_equal(
        caus_candidates_find(&survey, out, &candidates, &count, &err), CAUS_OK);
    for (int signal = 0; signal < SIGNALS; signal++) {
        const caus_candidate *first =
            first_of(of, (caus_signal)signal, candidates, count);
        const char *expected = of->first[signal];
        if (!expected != !first || (first && strcmp(first->metric, expected)))
            fail_msg("%s is %s instead of %s",
                     caus_signal_name((caus_signal)signal),
                     first ? first->metric : "missing",
                     expected ? expected : "missing");
    }
    caus_arena_free(out);
}

static void exporters_of_servers_give_what_callers_notice(void **state)
{
    (void)state;
    the_first_choices_are(&haproxy);
    the_first_choices_are(&postgres);
    the_first_choices_are(&rabbitmq);
    the_first_choices_are(&redis);
    the_first_choices_are(&node);
}

static void services_give_what_they_answer_and_take(void **state)
{
    (void)state;
    the_first_choices_are(&opentelemetry);
    the_first_choices_are(&listener);
    the_first_choices_are(&envoy);
}

/* Of two names one word decides: the other is no longer, and stands first. */
static const exporter choices[] = {
    {{{"shop_client_calls_total", "counter", ""},
      {"shop_public_calls_total", "counter", ""}},
     {NULL, NULL, "shop_public_calls_total", NULL},
     ""},
    {{{"rpc_router_handled_total", "counter", ""},
      {"rpc_server_handled_total", "counter", ""}},
     {NULL, NULL, "rpc_server_handled_total", NULL},
     ""},
    {{{"shop_internal_errors_total", "counter", ""},
      {"shop_visitors_errors_total", "counter", ""}},
     {NULL, "shop_visitors_errors_total", NULL, NULL},
     ""},
    {{{"proxy_check_failures_total", "counter", ""},
      {"proxy_query_failures_total", "counter", ""}},
     {NULL, "proxy_query_failures_total", NULL, NULL},
     ""},
    {{{"mnesia_transactions_total", "counter", ""},
      {"stored_transactions_total", "counter", ""}},
     {NULL, NULL, "stored_transactions_total", NULL},
     ""},
    {{{"raft_operations_total", "counter", ""},
      {"shop_operations_total", "counter", ""}},
     {NULL, NULL, "shop_operations_total", NULL},
     ""},
    {{{"disk_flush_requests_total", "counter", ""},
      {"disk_pages_processed_total", "counter", ""}},
     {NULL, NULL, "disk_pages_processed_total", NULL},
     ""},
    {{{"worker_handling_seconds_count", "", ""},
      {"worker_handling_seconds_sum", "", ""},
      {"worker_processing_seconds_count", "", ""},
      {"worker_processing_seconds_sum", "", ""}},
     {"worker_processing_seconds_count", NULL, NULL, NULL},
     ""}};

static void what_a_service_does_for_others_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        the_first_choices_are(&choices[i]);
}

/* Of the longest of each state and database the mean tells nothing. */
static void the_longest_of_several_is_the_longest(void **state)
{
    caus_offered_metric metrics[] = {
        {"pg_stat_activity_max_tx_duration", "gauge", ""}};
    caus_arena *out = caus_arena_new(0);
    caus_metric_survey survey = {.metrics = metrics, .metric_count = 1};
    caus_group group = {metrics[0].name, "job", "store", "store", "", "", ""};
    caus_candidate *candidates;
    caus_error err;
    size_t count;
    (void)state;
    assert_int_equal(
        caus_candidates_find(&survey, out, &candidates, &count, &err), CAUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(candidates[0].word, "latency_max");
    assert_string_equal(
        caus_candidate_query(&candidates[0], &group, out),
        "max by (job) (pg_stat_activity_max_tx_duration{job=\"store\"})");
    caus_arena_free(out);
}

/* Of a mean of microseconds seconds are told, as of every other. */
static void small_units_are_told_in_seconds(void **state)
{
    caus_offered_metric metrics[] = {
        {"store_latency_percentiles_usec", "summary", ""},
        {"store_latency_percentiles_usec_count", "", ""},
        {"store_latency_percentiles_usec_sum", "", ""}};
    caus_arena *out = caus_arena_new(0);
    caus_metric_survey survey = {.metrics = metrics, .metric_count = 3};
    caus_group group = {metrics[1].name, "job", "store", "store", "", "", ""};
    caus_candidate *candidates;
    caus_error err;
    size_t count;
    (void)state;
    assert_int_equal(
        caus_candidates_find(&survey, out, &candidates, &count, &err), CAUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(candidates[0].unit, "s");
    assert_string_equal(
        caus_candidate_query(&candidates[0], &group, out),
        "sum by (job) (rate(store_latency_percentiles_usec_sum{job=\"store\"}"
        "[$__rate_interval])) / sum by (job) "
        "(rate(store_latency_percentiles_usec_count{job=\"store\"}"
        "[$__rate_interval])) / 1000000");
    caus_arena_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exporters_of_servers_give_what_callers_notice),
        cmocka_unit_test(services_give_what_they_answer_and_take),
        cmocka_unit_test(what_a_service_does_for_others_comes_first),
        cmocka_unit_test(the_longest_of_several_is_the_longest),
        cmocka_unit_test(small_units_are_told_in_seconds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
