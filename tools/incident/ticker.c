// SPDX-License-Identifier: Apache-2.0
#include "service.h"
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES_PER_S = 10 };

static const double HIT_RATIO_SMOOTHING = 0.2;

struct ticker {
    struct service *service;
    struct wander wander;
    struct load_profile load;
    FILE *samples;
    unsigned long long last_hits;
    unsigned long long last_misses;
};

static void write_line(struct ticker *ticker, struct text *line)
{
    text_bytes(line, "\n", 1);
    if (fwrite(line->data, 1, line->length, ticker->samples) != line->length ||
        fflush(ticker->samples) != 0)
        die("cannot write %s: %s", ticker->service->options.samples_path,
            strerror(errno));
    text_free(line);
}

static void write_header(struct ticker *ticker)
{
    const struct service_options *options = &ticker->service->options;
    struct text line = {0};
    text_format(&line,
                "unix_ms\trequests_5s\terrors_5s\ttimeouts_5s\tp50_ms\tp95_ms"
                "\tqueue_depth\toutbox_depth\tworkers_busy\tslowness"
                "\tfault\trate_per_s");
    for (unsigned i = 0; i < options->callee_count; i++) {
        const char *callee = options->callees[i].callee;
        text_format(&line, "\t%s_in_use\t%s_waiting\t%s_exhausted", callee,
                    callee, callee);
    }
    write_line(ticker, &line);
}

static struct second_mean sample_one_second(struct service *service,
                                            uint64_t second_end_ns)
{
    struct second_mean mean = {0};
    uint64_t pause_ns = UINT64_C(1000000000) / SAMPLES_PER_S;
    for (unsigned k = 1; k <= SAMPLES_PER_S; k++) {
        sleep_until_ns(second_end_ns - (SAMPLES_PER_S - k) * pause_ns);
        mean.queue_depth += queue_depth(&service->queue);
        mean.outbox_depth += queue_depth(&service->outbox);
        mean.busy_workers += atomic_load(&service->stats.busy_workers);
        for (unsigned i = 0; i < service->options.callee_count; i++) {
            struct pool *pool = &service->options.callees[i];
            struct pool_load load = pool_load(pool);
            mean.in_use[i] += load.in_use;
            mean.waiting[i] += load.waiting;
            mean.exhausted[i] += load.in_use == pool->limit;
        }
    }
    mean.queue_depth /= SAMPLES_PER_S;
    mean.outbox_depth /= SAMPLES_PER_S;
    mean.busy_workers /= SAMPLES_PER_S;
    for (unsigned i = 0; i < service->options.callee_count; i++) {
        mean.in_use[i] /= SAMPLES_PER_S;
        mean.waiting[i] /= SAMPLES_PER_S;
        mean.exhausted[i] /= SAMPLES_PER_S;
    }
    return mean;
}

static void write_row(struct ticker *ticker, const struct second_mean *mean)
{
    struct service *service = ticker->service;
    struct stats_window window = stats_last(&service->stats, SAMPLE_WINDOW_S);
    struct text line = {0};
    text_format(
        &line,
        "%llu\t%u\t%u\t%u\t%.2f\t%.2f\t%.1f\t%.1f\t%.1f\t%.4f\t%.4g\t%.2f",
        (unsigned long long)(wall_ns() / 1000000u), window.requests,
        window.errors, window.timeouts, window.p50_ms, window.p95_ms,
        mean->queue_depth, mean->outbox_depth, mean->busy_workers,
        atomic_load(&service->slowness), atomic_load(&service->fault.size),
        atomic_load(&service->rate_per_s));
    for (unsigned i = 0; i < service->options.callee_count; i++)
        text_format(&line, "\t%.1f\t%.1f\t%.1f", mean->in_use[i],
                    mean->waiting[i], mean->exhausted[i]);
    write_line(ticker, &line);
}

static void update_hit_ratio(struct ticker *ticker)
{
    struct service *service = ticker->service;
    unsigned long long hits = atomic_load(&service->hits);
    unsigned long long misses = atomic_load(&service->misses);
    unsigned long long fresh_hits = hits - ticker->last_hits;
    unsigned long long fresh = fresh_hits + misses - ticker->last_misses;
    ticker->last_hits = hits;
    ticker->last_misses = misses;
    if (fresh == 0)
        return;
    double ratio = (double)fresh_hits / (double)fresh;
    double before = atomic_load(&service->hit_ratio);
    atomic_store(&service->hit_ratio,
                 before + HIT_RATIO_SMOOTHING * (ratio - before));
}

static void move_on(struct ticker *ticker)
{
    struct service *service = ticker->service;
    atomic_store(&service->slowness, wander_step(&ticker->wander));
    work_step(service);
    if (service->options.rate_per_s > 0.0)
        atomic_store(&service->rate_per_s, load_profile_step(&ticker->load));
}

void *ticker_body(void *argument)
{
    struct service *service = argument;
    const struct service_options *options = &service->options;
    struct ticker ticker = {.service = service};
    wander_init(&ticker.wander, options->seed, options->wander_sigma,
                options->wander_time_constant_s);
    load_profile_init(&ticker.load, options->seed, options->rate_per_s);
    ticker.samples = fopen(options->samples_path, "a"); // it may be restarted
    if (ticker.samples == NULL)
        die("cannot write %s: %s", options->samples_path, strerror(errno));
    if (fseek(ticker.samples, 0, SEEK_END) != 0 || ftell(ticker.samples) <= 0)
        write_header(&ticker);
    uint64_t second_end = monotonic_ns();
    while (!atomic_load(&service->stopping)) {
        second_end += UINT64_C(1000000000);
        struct second_mean mean = sample_one_second(service, second_end);
        write_row(&ticker, &mean);
        update_hit_ratio(&ticker);
        move_on(&ticker);
    }
    (void)fclose(ticker.samples); // every line was flushed
    return NULL;
}
