// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void family(struct text *page, const char *name, const char *type,
                   const char *help)
{
    text_format(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct service *service, struct text *page, const char *name,
                const char *type, const char *help, double value)
{
    family(page, name, type, help);
    text_format(page, "%s{service=\"%s\"} %.9g\n", name, service->options.name,
                value);
}

static void durations(struct service *service, struct text *page,
                      const char *prefix)
{
    struct stats *stats = &service->stats;
    const char *name = service->options.name;
    unsigned long long below = 0;
    unsigned long long all = atomic_load(&stats->requests);
    text_format(page,
                "# HELP %s_request_duration_seconds Time from arrival to "
                "answer, the wait in the queue included.\n"
                "# TYPE %s_request_duration_seconds histogram\n",
                prefix, prefix);
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        below += atomic_load(&stats->buckets[i]);
        text_format(page,
                    "%s_request_duration_seconds_bucket{service=\"%s\","
                    "le=\"%g\"} %llu\n",
                    prefix, name, STATS_BOUNDS_S[i], below);
    }
    text_format(page,
                "%s_request_duration_seconds_bucket{service=\"%s\","
                "le=\"+Inf\"} %llu\n"
                "%s_request_duration_seconds_sum{service=\"%s\"} %.6f\n"
                "%s_request_duration_seconds_count{service=\"%s\"} %llu\n",
                prefix, name, all > below ? all : below, prefix, name,
                (double)atomic_load(&stats->duration_ns) * 1e-9, prefix, name,
                all > below ? all : below);
}

static void requests(struct service *service, struct text *page)
{
    struct stats *stats = &service->stats;
    one(service, page, "http_requests_total", "counter",
        "Requests answered, failed ones included.",
        (double)atomic_load(&stats->requests));
    one(service, page, "http_request_errors_total", "counter",
        "Requests answered with a failure.",
        (double)atomic_load(&stats->errors));
    one(service, page, "http_request_timeouts_total", "counter",
        "Failures whose reason was a time limit.",
        (double)atomic_load(&stats->timeouts));
    durations(service, page, "http");
}

static void workers(struct service *service, struct text *page)
{
    struct stats *stats = &service->stats;
    if (service->options.asynchronous)
        one(service, page, "ledger_backlog", "gauge",
            "Settlement jobs accepted and not yet begun.",
            queue_depth(&service->queue));
    else
        one(service, page, "queue_depth", "gauge",
            "Requests waiting for a worker.", queue_depth(&service->queue));
    one(service, page, "queue_wait_seconds_total", "counter",
        "Time requests spent waiting for a worker.",
        (double)atomic_load(&stats->queue_wait_ns) * 1e-9);
    one(service, page, "queue_rejected_total", "counter",
        "Requests refused because the queue was full.",
        (double)atomic_load(&stats->rejected));
    one(service, page, "worker_busy", "gauge", "Workers with a request.",
        atomic_load(&stats->busy_workers));
    one(service, page, "worker_busy_seconds_total", "counter",
        "Time workers spent on finished requests.",
        (double)atomic_load(&stats->busy_ns) * 1e-9);
    if (service->options.settlement.limit > 0)
        one(service, page, "outbox_depth", "gauge",
            "Settlement jobs not yet handed to the ledger.",
            queue_depth(&service->outbox));
}

static double pool_value(struct pool *pool, unsigned which)
{
    struct pool_load load = pool_load(pool);
    switch (which) {
    case 0:
        return load.in_use;
    case 1:
        return load.waiting;
    case 2:
        return (double)atomic_load(&pool->wait_ns) * 1e-9;
    case 3:
        return (double)atomic_load(&pool->timeouts);
    default:
        return (double)atomic_load(&pool->retried);
    }
}

static void pools(struct service *service, struct text *page)
{
    static const char *const FAMILIES[][3] = {
        {"pool_in_use", "gauge", "Connections to the callee in use."},
        {"pool_waiters", "gauge", "Callers waiting for a connection."},
        {"pool_wait_seconds_total", "counter",
         "Time callers spent waiting for a connection."},
        {"pool_timeouts_total", "counter",
         "Calls that ran out of time, waiting for a connection included."},
        {"pool_retries_total", "counter", "Calls that were repeated."}};
    struct service_options *options = &service->options;
    if (options->callee_count == 0)
        return;
    for (unsigned which = 0; which < sizeof FAMILIES / sizeof FAMILIES[0];
         which++) {
        const char *name = FAMILIES[which][0];
        family(page, name, FAMILIES[which][1], FAMILIES[which][2]);
        for (unsigned i = 0; i < options->callee_count; i++)
            text_format(page, "%s{service=\"%s\",pool=\"%s\"} %.9g\n", name,
                        options->name, options->callees[i].callee,
                        pool_value(&options->callees[i], which));
    }
}

static void cache(struct service *service, struct text *page)
{
    one(service, page, "cache_hit_ratio", "gauge",
        "Share of look-ups answered from memory, smoothed over 5 s.",
        atomic_load(&service->hit_ratio));
    one(service, page, "cache_hits_total", "counter",
        "Look-ups answered from memory.", (double)atomic_load(&service->hits));
    one(service, page, "cache_misses_total", "counter",
        "Look-ups that went to the store.",
        (double)atomic_load(&service->misses));
}

static double resident_bytes(void)
{
    char line[128];
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm == NULL)
        return 0.0;
    if (fgets(line, sizeof line, statm) != NULL) {
        char *second = strchr(line, ' ');
        pages = second == NULL ? 0 : strtoul(second, NULL, 10);
    }
    (void)fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void process(struct service *service, struct text *page)
{
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    one(service, page, "process_cpu_seconds_total", "counter",
        "Processor time of this process.",
        (double)cpu.tv_sec + (double)cpu.tv_nsec * 1e-9);
    one(service, page, "process_resident_memory_bytes", "gauge",
        "Resident memory of this process.", resident_bytes());
    one(service, page, "spans_exported_total", "counter",
        "Spans ClickHouse accepted.",
        (double)atomic_load(&service->spans.exported));
    one(service, page, "spans_dropped_total", "counter",
        "Spans ClickHouse did not take.",
        (double)atomic_load(&service->spans.dropped));
    one(service, page, "log_records_exported_total", "counter",
        "Log records that reached ClickHouse.",
        (double)atomic_load(&service->log.exporter.exported));
    one(service, page, "log_records_dropped_total", "counter",
        "Log records that did not reach ClickHouse.",
        (double)atomic_load(&service->log.exporter.dropped));
}

static void load(struct service *service, struct text *page)
{
    struct stats *stats = &service->stats;
    one(service, page, "load_requests_total", "counter",
        "Requests the generator has seen the end of.",
        (double)atomic_load(&stats->requests));
    one(service, page, "load_request_errors_total", "counter",
        "Requests that failed in the user's eyes.",
        (double)atomic_load(&stats->errors));
    one(service, page, "load_target_rate", "gauge",
        "Mean arrivals per second the generator aims at.",
        atomic_load(&service->rate_per_s));
    durations(service, page, "load");
}

void metrics_render(struct service *service, struct text *page)
{
    if (service->options.rate_per_s > 0.0) {
        load(service, page);
    } else {
        requests(service, page);
        workers(service, page);
        pools(service, page);
    }
    if (service->options.miss_ms > 0.0)
        cache(service, page);
    process(service, page);
}
