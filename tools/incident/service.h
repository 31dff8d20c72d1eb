// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_SERVICE_H
#define INCIDENT_SERVICE_H

#include "fault.h"
#include "lines.h"
#include "load.h"
#include "pool.h"
#include "queue.h"
#include "spans.h"
#include "stats.h"

enum {
    CALLEES_MAX = 3,
    CACHE_SLOTS = 1 << 15,
    LEAK_BLOCKS_MAX = 1024,
    SAMPLE_WINDOW_S = 5
};

struct service_options {
    const char *name;
    const char *operation; // the name of its server spans
    uint16_t port;
    uint16_t clickhouse_port; // 0: no spans, no log lines
    const char *samples_path; // one row a second of what it sees itself
    uint64_t seed;
    unsigned workers;
    unsigned queue_limit;
    unsigned queue_timeout_ms; // older requests are refused; 0: never
    double work_ms;
    double wander_sigma;
    double wander_time_constant_s;
    double error_share; // of requests that fail by themselves
    double miss_ms;     // > 0 makes it a cache: work on a miss
    double ttl_s;       // how long the cache keeps an entry
    double rate_per_s;  // > 0 makes it the load generator
    bool asynchronous;  // answers 202 on arrival, works later
    struct pool callees[CALLEES_MAX];
    unsigned callee_count;
    struct pool settlement; // of size 0 unless jobs are handed over
};

// Means over one second, sampled ten times.
struct second_mean {
    double queue_depth;
    double outbox_depth;
    double busy_workers;
    double in_use[CALLEES_MAX];
    double waiting[CALLEES_MAX];
    double exhausted[CALLEES_MAX]; // share of samples with no place free
};

struct service {
    struct service_options options;
    struct stats stats;
    struct exporter spans;
    struct line_log log;
    struct queue queue;
    struct queue outbox; // settlement jobs on their way out
    struct fault fault;
    atomic_uint thread_count;
    atomic_bool stopping;
    _Atomic double slowness; // the noisy neighbour's multiplier
    _Atomic double rate_per_s;
    atomic_uint hanging; // requests that are asked whether they hang, or do
    pthread_mutex_t cpu_lock;
    void *leaked[LEAK_BLOCKS_MAX]; // the ticker's, a mebibyte each
    unsigned leaked_count;
    pthread_mutex_t cache_lock;
    uint64_t *cache_user; // which user each slot holds
    uint64_t *cache_end_ns;
    atomic_ullong hits;
    atomic_ullong misses;
    _Atomic double hit_ratio; // smoothed over the last seconds
};

void service_init(struct service *service);
void service_start(struct service *service); // workers, senders, arrivals

// Once a second: moves the noisy neighbour, the fault and the load, and writes
// a row of samples. Returns after `stopping`.
void *ticker_body(void *service);

// Accepts requests and answers /metrics; never returns.
void *server_body(void *service);
void server_answer(struct connection *connection, unsigned status);

// The Prometheus page of this process.
void metrics_render(struct service *service, struct text *page);

#endif
