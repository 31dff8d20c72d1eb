// SPDX-License-Identifier: Apache-2.0
#include "stats.h"

#include "common.h"

#include <stdlib.h>

const double STATS_BOUNDS_S[STATS_BUCKETS] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
    0.3,   0.5,    0.75,  1.0,  1.5,   2.5,  5.0,   7.5, 10.0};

void stats_init(struct stats *stats)
{
    pthread_mutex_init(&stats->lock, NULL);
}

void stats_record(struct stats *stats, uint64_t duration_ns, bool failed,
                  bool timed_out)
{
    double seconds = (double)duration_ns * 1e-9;
    atomic_fetch_add(&stats->requests, 1);
    atomic_fetch_add(&stats->errors, failed);
    atomic_fetch_add(&stats->timeouts, timed_out);
    atomic_fetch_add(&stats->duration_ns, duration_ns);
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (seconds <= STATS_BOUNDS_S[i]) {
            atomic_fetch_add(&stats->buckets[i], 1);
            break;
        }
    }
    pthread_mutex_lock(&stats->lock);
    stats->recent[stats->next] = (struct finished){.at_ns = monotonic_ns(),
                                                   .ms = seconds * 1e3,
                                                   .failed = failed,
                                                   .timed_out = timed_out};
    stats->next = (stats->next + 1) % STATS_RECENT;
    pthread_mutex_unlock(&stats->lock);
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

struct stats_window stats_last(struct stats *stats, double seconds)
{
    struct stats_window window = {0};
    uint64_t since = monotonic_ns() - (uint64_t)(seconds * 1e9);
    double *ms = allocate(STATS_RECENT * sizeof *ms);
    pthread_mutex_lock(&stats->lock);
    for (unsigned back = 1; back <= STATS_RECENT; back++) {
        const struct finished *finished =
            &stats->recent[(stats->next + STATS_RECENT - back) % STATS_RECENT];
        if (finished->at_ns < since) // also true for slots never used
            break;
        ms[window.requests++] = finished->ms;
        window.errors += finished->failed;
        window.timeouts += finished->timed_out;
    }
    pthread_mutex_unlock(&stats->lock);
    if (window.requests > 0) {
        qsort(ms, window.requests, sizeof *ms, compare_doubles);
        window.p50_ms = ms[window.requests / 2];
        window.p95_ms = ms[window.requests * 95 / 100];
    }
    free(ms);
    return window;
}
