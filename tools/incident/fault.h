// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_FAULT_H
#define INCIDENT_FAULT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// What can go wrong inside a process; README.md says what each one is sized in.
enum fault_kind {
    FAULT_DELAY,
    FAULT_ERRORS,
    FAULT_WORKERS,
    FAULT_POOL,
    FAULT_CALLS,
    FAULT_CPU,
    FAULT_LEAK,
    FAULT_CACHE_MISS,
    FAULT_KINDS
};

// One fault at a time, whose size grows from what it is to what it shall be.
struct fault {
    pthread_mutex_t lock;
    double from;
    double to;
    double ramp_s;
    uint64_t start_ns;
    _Atomic enum fault_kind kind;
    _Atomic double size;
};

void fault_init(struct fault *fault);
// The word up to '&' or the end; false when there is no such kind.
bool fault_kind_named(const char *word, enum fault_kind *kind);
void fault_set(struct fault *fault, enum fault_kind kind, double size,
               double ramp_s);
void fault_step(struct fault *fault); // moves `size` along; once a second
double fault_size(struct fault *fault, enum fault_kind kind); // 0: no such one

#endif
