// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_STATS_H
#define INCIDENT_STATS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { STATS_BUCKETS = 19, STATS_RECENT = 4096 };

extern const double STATS_BOUNDS_S[STATS_BUCKETS];

struct finished {
    uint64_t at_ns;
    double ms;
    bool failed;
    bool timed_out;
};

// What one process counts about the requests it has answered.
struct stats {
    atomic_ullong requests;
    atomic_ullong errors;
    atomic_ullong timeouts; // errors whose reason was a time limit
    atomic_ullong rejected; // errors whose reason was a full queue
    atomic_ullong duration_ns;
    atomic_ullong queue_wait_ns;
    atomic_ullong busy_ns;
    atomic_uint busy_workers;
    atomic_ullong buckets[STATS_BUCKETS];
    pthread_mutex_t lock;
    struct finished recent[STATS_RECENT]; // a ring, `next` is the oldest
    unsigned next;
};

void stats_init(struct stats *stats);
void stats_record(struct stats *stats, uint64_t duration_ns, bool failed,
                  bool timed_out);

struct stats_window {
    unsigned requests;
    unsigned errors;
    unsigned timeouts;
    double p50_ms; // 0 without requests
    double p95_ms;
};

struct stats_window stats_last(struct stats *stats, double seconds);

#endif
