// SPDX-License-Identifier: Apache-2.0
#include "service.h"
#include "work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    OUTBOX_LIMIT = 500,
    SENDERS = 2,
    SLOW_REQUEST_MS = 500,    // worth a log line
    SLOW_CONNECTION_MS = 200, // likewise
    USERS = 2000,
    BACKOFF_MIN_MS = 200,
    BACKOFF_SPREAD_MS = 300
};

// How a request ended; `message` is NULL when it went well.
struct verdict {
    const char *message;
    bool timed_out;
};

void service_init(struct service *service)
{
    struct service_options *options = &service->options;
    stats_init(&service->stats);
    exporter_init(&service->spans, SPAN_COLUMNS, options->clickhouse_port);
    line_log_init(&service->log, options->name, options->clickhouse_port);
    queue_init(&service->queue, options->queue_limit);
    queue_init(&service->outbox, OUTBOX_LIMIT);
    fault_init(&service->fault);
    pthread_mutex_init(&service->cpu_lock, NULL);
    pthread_mutex_init(&service->cache_lock, NULL);
    for (unsigned i = 0; i < options->callee_count; i++)
        pool_init(&options->callees[i]);
    if (options->settlement.limit > 0)
        pool_init(&options->settlement);
    if (options->miss_ms > 0.0) {
        service->cache_user = allocate(CACHE_SLOTS * sizeof(uint64_t));
        service->cache_end_ns = allocate(CACHE_SLOTS * sizeof(uint64_t));
    }
    atomic_store(&service->slowness, 1.0);
}

static struct verdict verdict_of(enum call_outcome outcome)
{
    switch (outcome) {
    case CALL_OK:
        return (struct verdict){NULL, false};
    case CALL_FAILED:
        return (struct verdict){"callee failed", false};
    case CALL_TIMED_OUT:
        return (struct verdict){"callee timed out", true};
    default:
        return (struct verdict){"no connection in time", true};
    }
}

static void log_attempt(struct service *service, const struct pool *pool,
                        const struct job *job, const struct span *span,
                        uint64_t wait_ns)
{
    unsigned wait_ms = (unsigned)(wait_ns / 1000000);
    if (span->failed)
        line_write(&service->log, LINE_ATTEMPT_FAILED, job,
                   "call to %s failed after %u ms of at most %u ms: %s",
                   pool->callee, (unsigned)(span->duration_ns / 1000000),
                   pool->timeout_ms, span->message);
    else if (wait_ms >= SLOW_CONNECTION_MS)
        line_write(&service->log, LINE_POOL_WAIT, job,
                   "waited %u ms for one of %u connections to %s", wait_ms,
                   pool->limit, pool->callee);
}

static struct verdict call_once(struct service *service, struct pool *pool,
                                struct chance *chance, const struct job *job,
                                const char *parent_id, unsigned attempt)
{
    struct span span = {.service = service->options.name,
                        .kind = "Client",
                        .start_wall_ns = wall_ns(),
                        .name = pool->span_name};
    uint64_t start = monotonic_ns();
    uint64_t wait_ns = 0;
    memcpy(span.trace_id, job->trace_id, sizeof span.trace_id);
    memcpy(span.parent_id, parent_id, sizeof span.parent_id);
    span_new_id(chance, span.span_id, SPAN_ID_CHARS);
    struct verdict verdict =
        verdict_of(pool_call(pool, job, span.span_id, &wait_ns));
    span.duration_ns = monotonic_ns() - start;
    span.failed = verdict.message != NULL;
    span.message = verdict.message;
    span_attribute(&span, "peer.service", "%s", pool->callee);
    span_attribute(&span, "pool.wait_ms", "%.1f", (double)wait_ns * 1e-6);
    span_attribute(&span, "attempt", "%u", attempt);
    if (service->options.clickhouse_port != 0)
        span_export(&service->spans, &span);
    log_attempt(service, pool, job, &span, wait_ns);
    return verdict;
}

static struct verdict call_with_retries(struct service *service,
                                        struct pool *pool,
                                        struct chance *chance,
                                        const struct job *job,
                                        const char *parent_id)
{
    pool_earn_retry(pool);
    unsigned attempts = 1;
    struct verdict verdict =
        call_once(service, pool, chance, job, parent_id, attempts);
    while (attempts <= pool->retries && verdict.message != NULL) {
        if (!pool_spend_retry(pool)) {
            line_write(&service->log, LINE_RETRY_BUDGET, job,
                       "retry budget for %s used up", pool->callee);
            break;
        }
        sleep_ms((BACKOFF_MIN_MS + BACKOFF_SPREAD_MS * chance_uniform(chance)) *
                 (double)(1u << (attempts - 1)));
        attempts++;
        verdict = call_once(service, pool, chance, job, parent_id, attempts);
    }
    if (verdict.message != NULL)
        line_write(&service->log, LINE_CALL_FAILED, job,
                   "giving up on %s for user %u, attempts: %u, last: %s",
                   pool->callee, job->user, attempts, verdict.message);
    return verdict;
}

static struct verdict own_failure(struct service *service,
                                  const struct job *job, const char *message)
{
    line_write(&service->log, LINE_WORK_FAILED, job, "%s of user %u failed: %s",
               service->options.operation, job->user, message);
    return (struct verdict){message, false};
}

static struct verdict call_all(struct service *service, struct chance *chance,
                               const struct job *job, const char *span_id)
{
    struct service_options *options = &service->options;
    for (unsigned i = 0; i < options->callee_count; i++) {
        unsigned calls = work_call_count(service, chance);
        for (unsigned k = 0; k < calls; k++) {
            struct verdict verdict = call_with_retries(
                service, &options->callees[i], chance, job, span_id);
            if (verdict.message != NULL)
                return verdict;
        }
    }
    return (struct verdict){NULL, false};
}

static struct verdict handle(struct service *service, struct chance *chance,
                             const struct job *job, const char *span_id)
{
    struct service_options *options = &service->options;
    uint64_t waited_ns = monotonic_ns() - job->arrived_ns;
    atomic_fetch_add(&service->stats.queue_wait_ns, waited_ns);
    if (options->queue_timeout_ms > 0 &&
        waited_ns > options->queue_timeout_ms * UINT64_C(1000000)) {
        line_write(
            &service->log, LINE_REFUSED, job,
            "request of user %u refused: %u ms in the queue, limit %u ms",
            job->user, (unsigned)(waited_ns / 1000000),
            options->queue_timeout_ms);
        return (struct verdict){"waited too long in the queue", true};
    }
    work_do(service, chance, job);
    if (work_fails(service, chance))
        return own_failure(service, job, "internal error");
    struct verdict called = call_all(service, chance, job, span_id);
    if (called.message != NULL)
        return called;
    if (options->settlement.limit > 0) {
        struct job settlement = {.user = job->user};
        memcpy(settlement.trace_id, job->trace_id, sizeof job->trace_id);
        memcpy(settlement.parent_id, span_id, sizeof job->parent_id);
        if (!queue_push(&service->outbox, &settlement))
            return own_failure(service, job, "settlement outbox is full");
    }
    return (struct verdict){NULL, false};
}

static void export_server_span(struct service *service, struct span *span,
                               const struct job *job, uint64_t waited_ns)
{
    bool asynchronous = service->options.asynchronous;
    memcpy(span->trace_id, job->trace_id, sizeof span->trace_id);
    memcpy(span->parent_id, job->parent_id, sizeof span->parent_id);
    span->service = service->options.name;
    span->name = service->options.operation;
    span->kind = asynchronous ? "Consumer" : "Server";
    span->start_wall_ns = job->arrived_wall_ns;
    span_attribute(span, "http.status_code", "%s",
                   span->failed ? "500" : "200");
    span_attribute(span, "queue.wait_ms", "%.1f", (double)waited_ns * 1e-6);
    span_export(&service->spans, span);
}

static void serve(struct service *service, struct chance *chance,
                  struct job *job)
{
    struct span span = {0};
    uint64_t start = monotonic_ns();
    atomic_fetch_add(&service->stats.busy_workers, 1);
    span_new_id(chance, span.span_id, SPAN_ID_CHARS);
    if (job->trace_id[0] == '\0' && service->options.clickhouse_port != 0)
        span_new_id(chance, job->trace_id, TRACE_ID_CHARS);
    struct verdict verdict = handle(service, chance, job, span.span_id);
    uint64_t end = monotonic_ns();
    span.failed = verdict.message != NULL;
    span.message = verdict.message;
    span.duration_ns = end - job->arrived_ns;
    if (job->connection != NULL)
        server_answer(job->connection, span.failed ? 500 : 200);
    stats_record(&service->stats, span.duration_ns, span.failed,
                 verdict.timed_out);
    if (service->options.clickhouse_port != 0)
        export_server_span(service, &span, job, start - job->arrived_ns);
    if (span.duration_ns >= SLOW_REQUEST_MS * UINT64_C(1000000))
        line_write(&service->log, LINE_SLOW, job,
                   "%s of user %u took %u ms, %u ms of them in the queue",
                   service->options.operation, job->user,
                   (unsigned)(span.duration_ns / 1000000),
                   (unsigned)((start - job->arrived_ns) / 1000000));
    atomic_fetch_add(&service->stats.busy_ns, end - start);
    atomic_fetch_sub(&service->stats.busy_workers, 1);
}

static void init_thread_chance(struct service *service, struct chance *chance)
{
    unsigned index = atomic_fetch_add(&service->thread_count, 1);
    chance_init(chance, service->options.seed * 100000 + index);
}

static void *worker_body(void *argument)
{
    struct service *service = argument;
    struct chance chance;
    init_thread_chance(service, &chance);
    for (;;) {
        struct job job = queue_pop(&service->queue);
        serve(service, &chance, &job);
    }
    return NULL;
}

// Carries settlement jobs to the ledger; the outbox waits while it refuses.
static void *sender_body(void *argument)
{
    struct service *service = argument;
    struct chance chance;
    init_thread_chance(service, &chance);
    for (;;) {
        struct job job = queue_pop(&service->outbox);
        while (call_once(service, &service->options.settlement, &chance, &job,
                         job.parent_id, 1)
                   .message != NULL)
            sleep_ms(BACKOFF_MIN_MS);
    }
    return NULL;
}

// Open-loop Poisson arrivals: they do not care how the service fares.
static void *arrivals_body(void *argument)
{
    struct service *service = argument;
    struct chance chance;
    init_thread_chance(service, &chance);
    double next_ns = (double)monotonic_ns();
    for (;;) {
        double rate = atomic_load(&service->rate_per_s);
        next_ns += chance_exponential(&chance, 1e9 / rate);
        sleep_until_ns((uint64_t)next_ns);
        double popularity = chance_uniform(&chance);
        struct job job = {.arrived_ns = monotonic_ns(),
                          .user = (unsigned)(USERS * pow(popularity, 4.0))};
        if (!queue_push(&service->queue, &job)) {
            atomic_fetch_add(&service->stats.rejected, 1);
            stats_record(&service->stats, 0, true, false);
        }
    }
    return NULL;
}

static void log_start(struct service *service)
{
    const struct service_options *options = &service->options;
    line_write(&service->log, LINE_START, NULL,
               "%s listens on port %u, %u workers, at most %u waiting",
               options->operation, options->port, options->workers,
               options->queue_limit);
    for (unsigned i = 0; i < options->callee_count; i++) {
        const struct pool *pool = &options->callees[i];
        line_write(&service->log, LINE_START, NULL,
                   "%s at port %u: up to %u connections, %u ms an attempt",
                   pool->callee, pool->port, pool->limit, pool->timeout_ms);
    }
}

void service_start(struct service *service)
{
    log_start(service);
    for (unsigned i = 0; i < service->options.workers; i++)
        start_thread(worker_body, service);
    if (service->options.settlement.limit > 0)
        for (unsigned i = 0; i < SENDERS; i++)
            start_thread(sender_body, service);
    if (service->options.rate_per_s > 0.0)
        start_thread(arrivals_body, service);
}
