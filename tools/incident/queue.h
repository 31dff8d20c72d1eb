// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_QUEUE_H
#define INCIDENT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { TRACE_ID_CHARS = 32, SPAN_ID_CHARS = 16 };

struct connection;

// One request or settlement job on its way to a worker.
struct job {
    struct connection *connection; // whom to answer; NULL: nobody waits
    char trace_id[TRACE_ID_CHARS + 1];
    char parent_id[SPAN_ID_CHARS + 1];
    unsigned user;
    uint64_t arrived_wall_ns;
    uint64_t arrived_ns; // monotonic
};

// A bounded first-in first-out queue.
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct job *jobs;
    unsigned capacity;
    unsigned first;
    unsigned count;
};

void queue_init(struct queue *queue, unsigned capacity);
bool queue_push(struct queue *queue, const struct job *job); // false: full
struct job queue_pop(struct queue *queue);                   // waits
unsigned queue_depth(struct queue *queue);

#endif
