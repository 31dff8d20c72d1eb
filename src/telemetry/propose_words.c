/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What words in a metric's name tell: those of the naming habits of Prometheus,
 * OpenTelemetry and the usual exporters; a name without any of them is not
 * guessed at.
 */
#include <ctype.h>
#include <string.h>

#include "telemetry/survey_internal.h"

/* A word in a metric's name and what it is worth. */
typedef struct hint {
    const char *word;
    double score;
} hint;

static const hint error_words[] = {
    {"errors", 3},   {"error", 3},     {"failures", 3}, {"failed", 3},
    {"_errs", 3},    {"rollback", 3},  {"deadlock", 2}, {"dead_letter", 2},
    {"failure", 2},  {"exception", 2}, {"panic", 2},    {"timeout", 2},
    {"rejected", 2}, {"dropped", 1},   {"retries", 1},  {NULL, 0}};

static const hint rate_words[] = {{"http_requests", 5},
                                  {"http_server", 5},
                                  {"http_request", 4},
                                  {"requests", 4},
                                  {"request", 3},
                                  {"http_responses", 4},
                                  {"rpc", 3},
                                  {"listener_seconds", 4},
                                  {"calls", 3},
                                  {"queries", 3},
                                  {"query", 2},
                                  {"handled", 3},
                                  {"commands", 2},
                                  {"transactions", 3},
                                  {"xact_commit", 3},
                                  {"operations", 2},
                                  {NULL, 0}};

/* What comes in numbers but is no request: packets, samples, messages. */
static const hint event_words[] = {
    {"messages", 3},  {"jobs", 2},     {"processed", 2},
    {"events", 1},    {"received", 1}, {"samples", 1},
    {"published", 1}, {"sent", 1},     {NULL, 0}};

static const hint duration_words[] = {{"http_server", 6},
                                      {"http_request", 5},
                                      {"request", 4},
                                      {"rpc", 4},
                                      {"listener_seconds", 5},
                                      {"processing", 4},
                                      {"_process_duration", 4},
                                      {"response_time", 4},
                                      {"latency", 4},
                                      {"query", 3},
                                      {"duration", 3},
                                      {"handling", 3},
                                      {"seconds", 1},
                                      {"_time", 1},
                                      {NULL, 0}};

/* Gauges of durations: of times of day and ages only these words speak. */
static const hint duration_gauge_words[] = {
    {"response_time", 4}, {"latency", 4}, {"duration", 3}, {NULL, 0}};

/* What waits in brokers tells more than their memory. */
static const hint load_words[] = {{"queue_messages", 5.5},
                                  {"messages_ready", 6},
                                  {"group_lag", 5.5},
                                  {"activity_count", 3},
                                  {"numbackends", 3},
                                  {"locks_count", 2},
                                  {"queue", 4},
                                  {"in_flight", 4},
                                  {"inflight", 4},
                                  {"in_progress", 3},
                                  {"pending", 3},
                                  {"backlog", 4},
                                  {"pool", 3},
                                  {"busy", 3},
                                  {"connection", 3},
                                  {"queries", 2},
                                  {"_query", 2},
                                  {"waiting", 3},
                                  {"saturation", 4},
                                  {"utili", 4},
                                  {"usage", 2},
                                  {"load1", 3},
                                  {"load_average", 3},
                                  {"lag", 2},
                                  {"active", 1},
                                  {"threads", 1},
                                  {"goroutines", 1},
                                  {NULL, 0}};

/* What looks at the service rather than being it, or is no measure at all. */
static const char *const passed_over[] = {"scrape_",
                                          "_scrape",
                                          "promhttp_",
                                          "kube_",
                                          "alertmanager_config",
                                          "go_gc_",
                                          "go_memstats_",
                                          "go_sched_",
                                          "net_conntrack_",
                                          "_created",
                                          "_info",
                                          "_timestamp",
                                          "_start_time",
                                          "_expiry",
                                          "_last_",
                                          "_limit",
                                          "_capacity",
                                          "_metadata_",
                                          "_evaluation_interval",
                                          "target_interval_length",
                                          "_config_",
                                          "_settings_",
                                          "_global_variables_",
                                          "build_",
                                          NULL};

/* A limit, unless of durations, whose longest tells more than their mean. */
static bool is_limit(const char *name)
{
    return strcasestr(name, "_max") && !strcasestr(name, "_max_tx_duration");
}

bool caus_metric_is_passed_over(const char *name)
{
    if (is_limit(name))
        return true;
    for (size_t i = 0; passed_over[i]; i++) {
        bool is_start = passed_over[i][0] != '_';
        const char *at = strcasestr(name, passed_over[i]);
        if (at && (!is_start || at == name))
            return true;
    }
    return false;
}

double caus_metric_worth(const char *name, caus_metric_words words)
{
    static const hint *const lists[] = {[CAUS_WORDS_ERRORS] = error_words,
                                        [CAUS_WORDS_REQUESTS] = rate_words,
                                        [CAUS_WORDS_EVENTS] = event_words,
                                        [CAUS_WORDS_DURATION] = duration_words,
                                        [CAUS_WORDS_DURATION_NOW] =
                                            duration_gauge_words,
                                        [CAUS_WORDS_LOAD] = load_words};
    double best = 0;
    for (const hint *at = lists[words]; at->word; at++) {
        if (at->score > best && strcasestr(name, at->word))
            best = at->score;
    }
    return best;
}

const char *caus_metric_own_name(const char *name)
{
    const char *end = strchr(name, '_');
    for (const char *at = name; end && at + 1 < end; at++) {
        if (islower((unsigned char)at[0]) && isupper((unsigned char)at[1]))
            return end + 1;
    }
    return name;
}

/* What a service does for others says more than what it asks of them; a part
 * of the runtime says less than the service's own words, what goes on beside
 * requests (others' checks of health, the clock, archives) less than these, and
 * the process that measures a machine less than the machine. */
double caus_metric_standing(const char *name)
{
    static const hint anywhere[] = {
        {"server", 1},    {"client", -2},  {"internal", -1}, {"_check_", -2},
        {"archiver", -2}, {"_timex_", -2}, {"mnesia", -2},   {"raft", -1},
        {"_flush_", -4},  {NULL, 0}};
    static const hint starts[] = {
        {"go_", -1},     {"jvm_", -1},    {"erlang_", -1},    {"python_", -1},
        {"node_js", -1}, {"nodejs_", -1}, {"process_", -1.5}, {NULL, 0}};
    double bonus = 0;
    for (const hint *at = anywhere; at->word; at++)
        bonus += strcasestr(name, at->word) ? at->score : 0;
    for (const hint *at = starts; at->word; at++)
        bonus += caus_starts_with(name, at->word) ? at->score : 0;
    return bonus - (double)strlen(name) / 200;
}

bool caus_metric_is_memory(const char *name)
{
    static const char *const ends[] = {
        "resident_memory_bytes", "memory_working_set_bytes",
        "MemAvailable_bytes",    "memory_used_bytes",
        "memory_usage_bytes",    "MemoryResident",
        "MemoryTracking"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (caus_ends_with(name, ends[i]))
            return true;
    }
    return false;
}

bool caus_metric_is_own_processor(const char *name)
{
    static const char *const names[] = {
        "process_cpu_usage",
        "process_cpu_utilization",
        "process_cpu_utilization_ratio",
        "jvm_cpu_recent_utilization_ratio",
        "process_runtime_jvm_cpu_utilization",
        "process_runtime_jvm_cpu_utilization_ratio",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

bool caus_metric_is_of_process(const char *name)
{
    return caus_starts_with(name, "process_") ||
           caus_starts_with(name, "go_") || caus_starts_with(name, "python_");
}

bool caus_metric_tells_exporter(const char *name)
{
    return caus_ends_with(name, "exporter_build_info") &&
           !caus_starts_with(name, "jmx_");
}
