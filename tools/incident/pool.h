// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_POOL_H
#define INCIDENT_POOL_H

#include "queue.h"

#include <stdatomic.h>

enum call_outcome {
    CALL_OK,
    CALL_FAILED,      // refused, broken, or answered with a 5xx
    CALL_TIMED_OUT,   // no answer in time
    CALL_POOL_TIMEOUT // no connection in time
};

struct pool_waiter;

// A bounded pool of kept-alive connections to one callee. Callers that find
// no free connection wait in order of arrival.
struct pool {
    char callee[32];
    char span_name[40]; // of the client spans
    uint16_t port;
    unsigned limit;
    unsigned timeout_ms; // one attempt: waiting for a connection + the reply
    unsigned retries;
    pthread_mutex_t lock;
    unsigned in_use;
    unsigned leaked; // places that nobody will give back
    unsigned waiting;
    unsigned idle_count;
    int *idle; // open sockets nobody uses
    struct pool_waiter *first_waiter;
    struct pool_waiter **last_waiter;
    double retry_budget; // tokens: each call earns a share of one retry
    atomic_ullong timeouts;
    atomic_ullong retried;
    atomic_ullong wait_ns;
};

void pool_init(struct pool *pool);

// One attempt; wait_ns tells how long the connection was waited for.
enum call_outcome pool_call(struct pool *pool, const struct job *job,
                            const char *span_id, uint64_t *wait_ns);

// Whether the budget still allows a retry; earns and spends.
void pool_earn_retry(struct pool *pool);
bool pool_spend_retry(struct pool *pool);

// Takes so many places away, as a connection that is never returned does; at
// least one stays.
void pool_leak(struct pool *pool, unsigned places);

struct pool_load {
    unsigned in_use;
    unsigned waiting;
};

struct pool_load pool_load(struct pool *pool);

#endif
