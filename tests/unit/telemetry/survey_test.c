/* SPDX-License-Identifier: Apache-2.0 */
/* Surveys, proposals and diagnoses against a server that says what a test
 * wants; real ones are the business of tests/e2e/setup_test. */
#include <math.h>
#include <stdlib.h>

#include "asked.h"
#include "caus/survey.h"

typedef struct bench {
    asked on;
    bool denies_metadata, denies_hosts;
    const char *names;
    const char *groups;
    const char *hosts; /* of jobs; NULL = a number */
    const char *apart; /* groups of hosts */
    const char *types;
    caus_metric_survey survey;
    caus_setup setup;
    size_t dated; /* queries that told their time */
} bench;

static const char names[] =
    "{\"status\":\"success\",\"data\":[\"http_request_duration_seconds_"
    "bucket\","
    "\"http_request_duration_seconds_count\",\"http_request_duration_seconds_"
    "sum\",\"http_requests_total\",\"my_mystery\","
    "\"notify_latency_seconds_count\",\"notify_latency_seconds_sum\","
    "\"process_cpu_seconds_total\","
    "\"process_start_time_seconds\",\"queue_length\",\"up\"]}";

static const char groups[] =
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
    "{\"metric\":{\"__name__\":\"http_requests_total\",\"job\":\"a \\\"b\\\"\","
    "\"code\":\"200\"},\"value\":[1761706800,\"2\"]},"
    "{\"metric\":{\"__name__\":\"http_request_duration_seconds_count\","
    "\"job\":\"a \\\"b\\\"\"},\"value\":[1761706800,\"2\"]},"
    "{\"metric\":{\"__name__\":\"notify_latency_seconds_count\","
    "\"job\":\"a \\\"b\\\"\"},\"value\":[1761706800,\"2\"]},"
    "{\"metric\":{\"__name__\":\"process_cpu_seconds_total\",\"job\":\"db\"},"
    "\"value\":[1761706800,\"1\"]},"
    "{\"metric\":{\"__name__\":\"queue_length\",\"job\":\"a \\\"b\\\"\","
    "\"service\":\"b\xc3\xbc"
    "cher\"},\"value\":[1761706800,\"1\"]}]}}";

static const char types[] =
    "{\"status\":\"success\",\"data\":{\"queue_length\":[{\"type\":"
    "\"gauge\",\"help\":\"\",\"unit\":\"\"}]}}";

/* Two targets: one every 15 s and up, one every 60 s and down. */
static const char scrapes[] =
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
    "{\"metric\":{\"__name__\":\"up\",\"job\":\"db\",\"instance\":\"i\"},"
    "\"values\":[[1761706802,\"1\"],[1761706817.01,\"1\"],[1761706832,\"1\"]]},"
    "{\"metric\":{\"__name__\":\"up\",\"job\":\"a \\\"b\\\"\",\"instance\":"
    "\"j\"},\"values\":[[1761706807,\"1\"],[1761706867,\"0\"]]}]}}";

static void answer(void *data, const loopback_request *request)
{
    bench *at = data;
    const char *reply = "{\"status\":\"success\",\"data\":{\"resultType\":"
                        "\"vector\",\"result\":[{\"metric\":{},\"value\":"
                        "[1761706800,\"42.5\"]}]}}";
    at->dated += strstr(request->body, "&time=1761706000.000") != NULL;
    if (strstr(request->target, "/buildinfo"))
        reply = "{\"status\":\"success\",\"data\":{\"version\":\"9.9.9\","
                "\"revision\":\"x\"}}";
    else if (strstr(request->target, "/values"))
        reply = at->names;
    else if (strstr(request->target, "/metadata")) {
        reply = at->types;
        if (at->denies_metadata) {
            loopback_reply(request, 403, JSON, "{}");
            return;
        }
    } else if (strstr(request->body, "query=up%5B"))
        reply = scrapes;
    else if (strstr(request->body, "count%20by%20%28__name__"))
        reply = strstr(request->body, "%20instance") ? at->apart : at->groups;
    else if (strstr(request->body, "count%20by%20%28service")) {
        if (at->denies_hosts) {
            loopback_reply(request, 422, JSON, "{}");
            return;
        }
        reply = at->hosts ? at->hosts : reply;
    }
    loopback_reply(request, 200, JSON, reply);
}

static int set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    at->names = names;
    at->groups = groups;
    at->types = types;
    *state = at;
    return asked_begin(&at->on, answer, at);
}

static int tear_down(void **state)
{
    bench *at = *state;
    asked_end(&at->on);
    free(at);
    return 0;
}

static caus_status survey(bench *at, bool has_history)
{
    caus_survey_options options = {.has_history = has_history};
    return caus_prometheus_survey(&at->on.endpoint, &options, at->on.run,
                                  at->on.out, &at->survey, &at->on.err);
}

static caus_status propose_most(bench *at, const char *service, size_t most)
{
    caus_setup_servers servers = {.prometheus = &at->on.endpoint,
                                  .metrics = &at->survey};
    caus_setup_options options = {.service = service, .max_variables = most};
    return caus_setup_propose(&servers, &options, at->on.run, at->on.out,
                              &at->setup, &at->on.err);
}

static caus_status propose(bench *at, const char *service)
{
    return propose_most(at, service, 0);
}

static const caus_proposal *find(const bench *at, const char *name)
{
    for (size_t i = 0; i < at->setup.proposal_count; i++) {
        if (strcmp(at->setup.proposals[i].spec.name, name) == 0)
            return &at->setup.proposals[i];
    }
    fail_msg("no proposal %s", name);
    abort();
}

static void a_survey_tells_version_names_types_and_scrapes(void **state)
{
    bench *at = *state;
    assert_int_equal(survey(at, true), CAUS_OK);
    const caus_metric_survey *found = &at->survey;
    assert_string_equal(found->version, "9.9.9");
    assert_int_equal(found->metric_count, 11);
    assert_string_equal(found->metrics[9].name, "queue_length");
    assert_string_equal(found->metrics[9].type, "gauge");
    assert_true(found->series_count == 42.5);
    assert_int_equal(found->target_count, 2);
    assert_string_equal(found->targets[0].job, "a \"b\"");
    assert_false(found->targets[0].is_up);
    assert_true(found->targets[0].interval_s == 60);
    assert_true(found->targets[0].offset_s == 7);
    assert_true(found->targets[1].is_up);
    assert_true(found->targets[1].interval_s == 15);
    /* every age had data */
    assert_true(found->now_ns - found->oldest_ns >
                INT64_C(1824) * 86400 * 1000000000);
    assert_int_equal(found->refusal_count, 0);
    assert_int_equal(found->query_count, loopback_count(at->on.server));
}

static void names_and_labels_tell_what_to_take(void **state)
{
    bench *at = *state;
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    assert_string_equal(find(at, "a \"b\"_requests")->spec.query,
                        "sum by (job) (increase(http_requests_total{job=\"a "
                        "\\\"b\\\"\"}[$__rate_interval]))");
    const caus_proposal *errors = find(at, "a \"b\"_errors");
    assert_string_equal(errors->spec.query,
                        "sum by (job) (increase(http_requests_total{job=\"a "
                        "\\\"b\\\"\",code=~\"5..\"}[$__rate_interval]))");
    assert_int_equal(errors->signal, CAUS_SIGNAL_ERRORS);
    const caus_proposal *slow = find(at, "a \"b\"_latency_p95");
    assert_string_equal(slow->spec.unit, "s");
    assert_int_equal(slow->spec.kind, CAUS_KIND_LATENCY_QUANTILE);
    assert_true(slow->last_value == 42.5);
    /* another thing that is timed is called by its own name */
    find(at, "a \"b\"_notify_latency_avg");
    assert_string_equal(find(at, "db_cpu")->spec.query,
                        "sum by (job) (rate(process_cpu_seconds_total{job="
                        "\"db\"}[$__rate_interval]))");
    /* the label service wins over job */
    assert_string_equal(find(at, "b\xc3\xbc"
                                 "cher_queue_length")
                            ->spec.service,
                        "b\xc3\xbc"
                        "cher");
    assert_int_equal(at->setup.service_count, 3);
    for (size_t i = 0; i < at->setup.proposal_count; i++)
        assert_null(strstr(at->setup.proposals[i].metric, "mystery"));
}

/* As a node exporter and a ClickHouse name them. */
static const char machine_names[] =
    "{\"status\":\"success\",\"data\":["
    "\"ClickHouseProfileEvents_InsertedBytes\","
    "\"ClickHouseProfileEvents_OSCPUVirtualTimeMicroseconds\","
    "\"ClickHouseProfileEvents_OSCPUWaitMicroseconds\","
    "\"ClickHouseProfileEvents_Query\",\"ClickHouseProfileEvents_Seek\","
    "\"node_disk_io_time_seconds_total\",\"node_filesystem_avail_bytes\","
    "\"node_filesystem_size_bytes\",\"node_softnet_processed_total\"]}";

/* A series of a metric of a job. */
typedef struct served {
    const char *metric, *job, *code; /* "" = no such label */
} served;

static const char *reply_with(const served *series, size_t count, char *reply,
                              size_t size)
{
    int length = snprintf(reply, size,
                          "{\"status\":\"success\",\"data\":{\"resultType\":"
                          "\"vector\",\"result\":[");
    for (size_t i = 0; i < count; i++)
        length += snprintf(reply + length, size - (size_t)length,
                           "%s{\"metric\":{\"__name__\":\"%s\",\"job\":"
                           "\"%s\",\"code\":\"%s\"},\"value\":"
                           "[1761706800,\"1\"]}",
                           i ? "," : "", series[i].metric, series[i].job,
                           series[i].code);
    snprintf(reply + length, size - (size_t)length, "]}}");
    return reply;
}

static const served machine_groups[] = {
    {"ClickHouseProfileEvents_OSCPUVirtualTimeMicroseconds", "ch", ""},
    {"ClickHouseProfileEvents_Query", "clickhouse", ""},
    {"node_disk_io_time_seconds_total", "node", ""},
    {"node_filesystem_avail_bytes", "node", ""},
    {"node_softnet_processed_total", "node", ""}};

static const char machine_types[] =
    "{\"status\":\"success\",\"data\":{"
    "\"ClickHouseProfileEvents_InsertedBytes\":[{\"type\":\"counter\"}],"
    "\"ClickHouseProfileEvents_OSCPUVirtualTimeMicroseconds\":[{\"type\":"
    "\"counter\"}],"
    "\"ClickHouseProfileEvents_OSCPUWaitMicroseconds\":[{\"type\":"
    "\"counter\"}],"
    "\"ClickHouseProfileEvents_Query\":[{\"type\":\"counter\"}],"
    "\"ClickHouseProfileEvents_Seek\":[{\"type\":\"counter\"}]}}";

/* Processor, disks and what is counted are told from counters of time, sizes
 * and events; what is none of them is not taken for requests. */
static void machines_and_databases_are_read_too(void **state)
{
    static const char other_files[] =
        "fstype!~\"tmpfs|ramfs|overlay|squashfs|iso9660\"";
    char space[400];
    char reply[1000];
    bench *at = *state;
    at->names = machine_names;
    at->groups = reply_with(machine_groups, 5, reply, sizeof reply);
    at->types = machine_types;
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    assert_int_equal(at->setup.proposal_count, 5);
    assert_string_equal(
        find(at, "ch_cpu")->spec.query,
        "sum by (job) "
        "(rate(ClickHouseProfileEvents_OSCPUVirtualTimeMicroseconds"
        "{job=\"ch\"}[$__rate_interval])) / 1000000");
    assert_string_equal(find(at, "ch_cpu")->spec.unit, "cores");
    assert_string_equal(find(at, "clickhouse_requests")->metric,
                        "ClickHouseProfileEvents_Query");
    assert_string_equal(find(at, "node_disk_busy")->spec.query,
                        "max by (job) (rate(node_disk_io_time_seconds_total"
                        "{job=\"node\"}[$__rate_interval]))");
    snprintf(space, sizeof space,
             "1 - min by (job) (node_filesystem_avail_bytes{job=\"node\",%s} / "
             "node_filesystem_size_bytes{job=\"node\",%s})",
             other_files, other_files);
    assert_string_equal(find(at, "node_disk_used")->spec.query, space);
    assert_string_equal(find(at, "node_softnet_processed")->spec.unit,
                        "events");
}

/* Of an exporter its own process is no part of what it measures. */
static void an_exporter_is_not_what_it_measures(void **state)
{
    static const char exporter_names[] =
        "{\"status\":\"success\",\"data\":[\"jmx_exporter_build_info\","
        "\"process_cpu_seconds_total\",\"redis_commands_total\","
        "\"redis_exporter_build_info\"]}";
    static const served exporter_groups[] = {
        {"jmx_exporter_build_info", "shop", ""},
        {"process_cpu_seconds_total", "shop", ""},
        {"process_cpu_seconds_total", "store", ""},
        {"redis_commands_total", "store", ""},
        {"redis_exporter_build_info", "store", ""}};
    char reply[1000];
    bench *at = *state;
    at->names = exporter_names;
    at->groups = reply_with(exporter_groups, 5, reply, sizeof reply);
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    for (size_t i = 0; i < at->setup.proposal_count; i++)
        assert_string_not_equal(at->setup.proposals[i].spec.name, "store_cpu");
    find(at, "shop_cpu");
    find(at, "store_requests");
}

#define VECTOR \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
#define COMMITS "\"__name__\":\"pg_stat_database_xact_commit\",\"job\":\"pg\""
#define USERS "\"instance\":\"db-users:5432\""
#define ORDERS "\"instance\":\"db-orders:5432\""
#define ONE "},\"value\":[1761706800,\"1\"]}"

/* Two databases of one job, beside a service: each is asked for by its host. */
static void databases_of_one_job_are_two_services(void **state)
{
    static const char served_names[] =
        "{\"status\":\"success\",\"data\":[\"http_requests_total\","
        "\"pg_stat_database_xact_commit\"]}";
    bench *at = *state;
    at->types = "{\"status\":\"success\",\"data\":{"
                "\"pg_stat_database_xact_commit\":[{\"type\":\"counter\"}]}}";
    at->names = served_names;
    at->groups = VECTOR "{\"metric\":{" COMMITS ONE
                        ",{\"metric\":{\"__name__\":\"http_requests_total\","
                        "\"job\":\"cart\",\"code\":\"200\"" ONE "]}}";
    at->hosts =
        VECTOR "{\"metric\":{\"job\":\"pg\"," USERS ONE
               ",{\"metric\":{\"job\":\"pg\"," ORDERS ONE
               ",{\"metric\":{\"job\":\"cart\",\"instance\":\"a:1\"" ONE "]}}";
    at->apart = VECTOR "{\"metric\":{" COMMITS "," USERS ONE
                       ",{\"metric\":{" COMMITS "," ORDERS ONE "]}}";
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    assert_int_equal(at->setup.service_count, 3);
    assert_string_equal(at->setup.services[0], "cart");
    assert_string_equal(at->setup.services[1], "db-orders");
    assert_string_equal(
        find(at, "db-users_requests")->spec.query,
        "sum by (job) (increase(pg_stat_database_xact_commit{job=\"pg\","
        "instance=\"db-users:5432\"}[$__rate_interval]))");
    find(at, "cart_requests");
    /* A server that does not tell them leaves the job as it is. */
    at->denies_hosts = true;
    assert_int_equal(propose(at, NULL), CAUS_OK);
    assert_int_equal(at->setup.service_count, 2);
    at->denies_hosts = false;
    /* Replicas are one, and not asked for again. */
    at->hosts =
        VECTOR "{\"metric\":{\"job\":\"pg\",\"instance\":\"pg-0:1\"" ONE
               ",{\"metric\":{\"job\":\"pg\",\"instance\":\"pg-1:1\"" ONE "]}}";
    assert_int_equal(propose(at, NULL), CAUS_OK);
    assert_int_equal(at->setup.service_count, 2);
    find(at, "pg_requests");
}

/* What is timed a second time is no other statistic of the first. */
static void a_second_thing_that_is_timed_has_a_name_of_its_own(void **state)
{
    static const char timed_names[] =
        "{\"status\":\"success\",\"data\":[\"db_checkpoint_duration\","
        "\"db_max_tx_duration\"]}";
    static const char timed_types[] =
        "{\"status\":\"success\",\"data\":{\"db_max_tx_duration\":[{"
        "\"type\":\"gauge\"}],\"db_checkpoint_duration\":[{\"type\":"
        "\"gauge\"}]}}";
    static const served timed_groups[] = {{"db_max_tx_duration", "db", ""},
                                          {"db_checkpoint_duration", "db", ""}};
    char reply[1000];
    bench *at = *state;
    at->names = timed_names;
    at->groups = reply_with(timed_groups, 2, reply, sizeof reply);
    at->types = timed_types;
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    find(at, "db_latency_max");
    find(at, "db_checkpoint_latency_avg");
}

/* Each signal of 20 services, named so that the alphabet would cut the last. */
static const char *many_services(char *reply, size_t size)
{
    static const char *const metrics[] = {"http_request_duration_seconds_count",
                                          "http_requests_total",
                                          "process_cpu_seconds_total"};
    served series[60];
    char jobs[20][16];
    for (int i = 0; i < 60; i++) {
        snprintf(jobs[i / 3], sizeof jobs[0], "s%02d", i / 3);
        series[i] = (served){metrics[i % 3], jobs[i / 3], "200"};
    }
    return reply_with(series, 60, reply, size);
}

static size_t count_signal(const bench *at, caus_signal signal)
{
    size_t count = 0;
    for (size_t i = 0; i < at->setup.proposal_count; i++)
        count += at->setup.proposals[i].signal == signal;
    return count;
}

static void every_service_is_measured_before_any_has_more(void **state)
{
    static char reply[12000];
    bench *at = *state;
    at->groups = many_services(reply, sizeof reply);
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    for (int signal = 0; signal < 4; signal++)
        assert_int_equal(count_signal(at, (caus_signal)signal), 20);
    assert_int_equal(propose_most(at, NULL, 25), CAUS_OK);
    assert_int_equal(count_signal(at, CAUS_SIGNAL_DURATION), 20);
    assert_int_equal(count_signal(at, CAUS_SIGNAL_ERRORS), 5);
}

/* Services and values of an incident of yesterday are those of yesterday. */
static void what_was_measured_then_is_asked_for(void **state)
{
    bench *at = *state;
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, NULL), CAUS_OK);
    assert_int_equal(at->dated, 0);
    caus_setup_servers servers = {.prometheus = &at->on.endpoint,
                                  .metrics = &at->survey};
    caus_setup_options options = {.instant_ns = INT64_C(1761706000000000000)};
    assert_int_equal(caus_setup_propose(&servers, &options, at->on.run,
                                        at->on.out, &at->setup, &at->on.err),
                     CAUS_OK);
    assert_true(at->dated > at->setup.proposal_count);
}

static void one_service_is_asked_for_by_name(void **state)
{
    bench *at = *state;
    assert_int_equal(survey(at, false), CAUS_OK);
    assert_int_equal(propose(at, "db"), CAUS_OK);
    assert_int_equal(at->setup.proposal_count, 1);
    assert_int_equal(propose(at, "dd"), CAUS_ERR_NOT_FOUND);
    assert_non_null(strstr(at->on.err.message, "the nearest is db"));
}

/* What is written is what is read, whatever the names hold. */
static void a_written_file_loads_as_proposed(void **state)
{
    bench *at = *state;
    const caus_proposal items[] = {
        {.spec = {.origin = CAUS_ORIGIN_METRIC,
                  .name = "quote\" back\\ # : \xc3\xbc",
                  .service = "a: b",
                  .query = "x{y=\"1\\\\2\"} # {[",
                  .unit = "m/s",
                  .kind = CAUS_KIND_GAUGE},
         .last_value = (double)NAN},
        {.spec = {.origin = CAUS_ORIGIN_TRACE,
                  .name = "auth_errors",
                  .service = "auth",
                  .trace_value = CAUS_TRACE_ERRORS,
                  .unit = "errors",
                  .kind = CAUS_KIND_COUNT},
         .last_value = 3},
        {.spec = {.origin = CAUS_ORIGIN_TRACE,
                  .name = "auth_latency",
                  .service = "auth",
                  .trace_value = CAUS_TRACE_LATENCY,
                  .unit = "s",
                  .kind = CAUS_KIND_LATENCY_QUANTILE}}};
    caus_setup setup = {.proposal_count = 3, .proposals = items};
    const char *text;
    size_t length, count;
    const caus_variable_spec *specs;
    assert_int_equal(
        caus_setup_write(&setup, at->on.out, &text, &length, &at->on.err),
        CAUS_OK);
    csv_file file = csv_file_of_bytes(text, length);
    caus_status status = caus_specs_from_file(file.path, at->on.out, &specs,
                                              &count, &at->on.err);
    close(file.descriptor);
    if (status != CAUS_OK)
        fail_msg("%s in\n%s", at->on.err.message, text);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        const caus_variable_spec *wanted = &items[i].spec;
        assert_string_equal(specs[i].name, wanted->name);
        assert_string_equal(specs[i].service, wanted->service);
        assert_string_equal(specs[i].unit, wanted->unit);
        assert_int_equal(specs[i].origin, wanted->origin);
        assert_int_equal(specs[i].kind, wanted->kind);
        assert_int_equal(specs[i].trace_value, wanted->trace_value);
    }
    assert_string_equal(specs[0].query, items[0].spec.query);
}

static bool has_finding(const caus_diagnosis *diagnosis, const char *check,
                        caus_health health)
{
    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        if (strcmp(diagnosis->findings[i].check, check) == 0 &&
            diagnosis->findings[i].health == health)
            return true;
    }
    return false;
}

static void a_diagnosis_names_what_each_answer_lacks(void **state)
{
    bench *at = *state;
    caus_diagnosis found;
    at->denies_metadata = true;
    assert_int_equal(survey(at, true), CAUS_OK);
    assert_int_equal(at->survey.refusal_count, 1);
    assert_int_equal(at->survey.refusals[0].status, CAUS_ERR_DENIED);
    at->survey.clock_skew_s = -30;
    caus_setup_servers servers = {.metrics = &at->survey};
    caus_refusal failure = {"clickhouse", CAUS_ERR_NETWORK, "no answer"};
    caus_diagnosis_options options = {.failures = &failure, .failure_count = 1};
    assert_int_equal(
        caus_diagnose(&servers, &options, at->on.out, &found, &at->on.err),
        CAUS_OK);
    assert_true(found.can_answer);
    assert_true(has_finding(&found, "reachable", CAUS_HEALTH_MISSING));
    assert_true(has_finding(&found, "permission", CAUS_HEALTH_MISSING));
    assert_true(has_finding(&found, "clock", CAUS_HEALTH_NOTE));
    assert_true(has_finding(&found, "targets", CAUS_HEALTH_NOTE));
    assert_true(has_finding(&found, "scrapes", CAUS_HEALTH_NOTE));
    assert_true(has_finding(&found, "retention", CAUS_HEALTH_FINE));
    assert_true(has_finding(&found, "traces", CAUS_HEALTH_NOTE));
    assert_true(has_finding(&found, "topology", CAUS_HEALTH_NOTE));
    assert_false(has_finding(&found, "processor", CAUS_HEALTH_NOTE));
    options.has_topology = true;
    at->survey.metric_count = 0;
    assert_int_equal(
        caus_diagnose(&servers, &options, at->on.out, &found, &at->on.err),
        CAUS_OK);
    assert_false(found.can_answer);
    assert_false(has_finding(&found, "topology", CAUS_HEALTH_NOTE));
    assert_true(has_finding(&found, "series", CAUS_HEALTH_MISSING));
}

static void the_budget_ends_a_survey(void **state)
{
    bench *at = *state;
    caus_survey_options options = {.max_queries = 3};
    assert_int_equal(caus_prometheus_survey(&at->on.endpoint, &options,
                                            at->on.run, at->on.out, &at->survey,
                                            &at->on.err),
                     CAUS_ERR_LIMIT);
    assert_int_equal(loopback_count(at->on.server), 3);
    assert_int_equal(caus_arena_used_bytes(at->on.out), 0);
}

/* One allocation after the other is refused, until none was. */
static void memory_running_out_leaves_nothing_behind(void **state)
{
    bench *at = *state;
    bool refused = true;
    long n = 0;
    for (; refused; n++) {
        caus_metric_survey untouched = at->survey;
        const char *text;
        size_t length;
        caus_diagnosis diagnosis;
        caus_setup_servers servers = {.metrics = &at->survey};
        caus_diagnosis_options options = {0};
        caus_arena_free(at->on.out);
        at->on.out = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status = survey(at, true);
        bool surveyed = status == CAUS_OK;
        if (surveyed)
            status = propose(at, NULL);
        if (status == CAUS_OK)
            status = caus_setup_write(&at->setup, at->on.out, &text, &length,
                                      &at->on.err);
        if (status == CAUS_OK)
            status = caus_diagnose(&servers, &options, at->on.out, &diagnosis,
                                   &at->on.err);
        refused = fault_stop();
        if (refused && status == CAUS_OK)
            fail_msg("allocation %ld was refused and nobody noticed", n);
        if (refused)
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        if (refused && !surveyed) {
            assert_int_equal(caus_arena_used_bytes(at->on.out), 0);
            assert_memory_equal(&untouched, &at->survey, sizeof untouched);
        }
    }
    assert_true(n > 50);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_survey_tells_version_names_types_and_scrapes),
        TEST(names_and_labels_tell_what_to_take),
        TEST(machines_and_databases_are_read_too),
        TEST(an_exporter_is_not_what_it_measures),
        TEST(databases_of_one_job_are_two_services),
        TEST(a_second_thing_that_is_timed_has_a_name_of_its_own),
        TEST(every_service_is_measured_before_any_has_more),
        TEST(what_was_measured_then_is_asked_for),
        TEST(one_service_is_asked_for_by_name),
        TEST(a_written_file_loads_as_proposed),
        TEST(a_diagnosis_names_what_each_answer_lacks),
        TEST(the_budget_ends_a_survey),
        TEST(memory_running_out_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
