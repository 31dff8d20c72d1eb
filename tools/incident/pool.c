// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include "common.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

// Retries may add a fifth to the calls, so that a slow callee is not buried.
static const double RETRY_SHARE = 0.2;
static const double RETRY_BURST = 20.0;

enum { SOCKET_NONE = -1 }; // a granted place whose socket must be opened

struct pool_waiter {
    pthread_cond_t granted_cond;
    bool granted;
    int socket;
    struct pool_waiter *next;
};

void pool_init(struct pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->idle = allocate(pool->limit * sizeof *pool->idle);
    pool->last_waiter = &pool->first_waiter;
    pool->retry_budget = RETRY_BURST;
}

static void forget_waiter(struct pool *pool, struct pool_waiter *waiter)
{
    struct pool_waiter **link = &pool->first_waiter;
    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
    if (pool->last_waiter == &waiter->next)
        pool->last_waiter = link;
    pool->waiting--;
}

// Waits in line; the lock is held on entry and exit.
static bool wait_for_place(struct pool *pool, uint64_t deadline_ns, int *socket)
{
    struct pool_waiter waiter = {.socket = SOCKET_NONE};
    struct timespec deadline = timespec_of_ns(deadline_ns);
    init_monotonic_cond(&waiter.granted_cond);
    *pool->last_waiter = &waiter;
    pool->last_waiter = &waiter.next;
    pool->waiting++;
    int failure = 0;
    while (!waiter.granted && failure != ETIMEDOUT)
        failure = pthread_cond_timedwait(&waiter.granted_cond, &pool->lock,
                                         &deadline);
    if (!waiter.granted)
        forget_waiter(pool, &waiter);
    pthread_cond_destroy(&waiter.granted_cond);
    *socket = waiter.socket;
    return waiter.granted;
}

static int take_place(struct pool *pool)
{
    pool->in_use++;
    return pool->idle_count > 0 ? pool->idle[--pool->idle_count] : SOCKET_NONE;
}

static void grant(struct pool *pool, int socket)
{
    struct pool_waiter *waiter = pool->first_waiter;
    forget_waiter(pool, waiter);
    waiter->socket = socket;
    waiter->granted = true;
    pthread_cond_signal(&waiter->granted_cond);
}

static bool acquire(struct pool *pool, uint64_t deadline_ns, int *socket)
{
    bool granted = true;
    pthread_mutex_lock(&pool->lock);
    if (pool->in_use + pool->leaked < pool->limit) {
        *socket = take_place(pool);
    } else {
        granted = wait_for_place(pool, deadline_ns, socket);
    }
    pthread_mutex_unlock(&pool->lock);
    return granted;
}

// Hands the place to the first waiter, or back to the pool.
static void release(struct pool *pool, int socket)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->first_waiter != NULL &&
        pool->in_use + pool->leaked <= pool->limit) {
        grant(pool, socket);
    } else {
        pool->in_use--;
        if (socket != SOCKET_NONE)
            pool->idle[pool->idle_count++] = socket;
    }
    pthread_mutex_unlock(&pool->lock);
}

static int exchange(const struct job *job, const char *span_id, int socket,
                    uint64_t deadline_ns)
{
    char request[256];
    bool traced = job->trace_id[0] != '\0'; // the load generator is not
    int length = snprintf(request, sizeof request,
                          "POST /work HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "%s%s%s%s%sx-user: %u\r\nContent-Length: 0\r\n\r\n",
                          traced ? "traceparent: 00-" : "", job->trace_id,
                          traced ? "-" : "", traced ? span_id : "",
                          traced ? "-01\r\n" : "", job->user);
    if (!wire_send(socket, request, (size_t)length))
        return -1;
    return wire_reply_status(socket, deadline_ns);
}

enum call_outcome pool_call(struct pool *pool, const struct job *job,
                            const char *span_id, uint64_t *wait_ns)
{
    uint64_t start = monotonic_ns();
    uint64_t deadline = start + pool->timeout_ms * UINT64_C(1000000);
    int socket = SOCKET_NONE;
    bool granted = acquire(pool, deadline, &socket);
    *wait_ns = monotonic_ns() - start;
    atomic_fetch_add(&pool->wait_ns, *wait_ns);
    if (!granted) {
        atomic_fetch_add(&pool->timeouts, 1);
        return CALL_POOL_TIMEOUT;
    }
    if (socket == SOCKET_NONE)
        socket = wire_connect(pool->port);
    int status = -1;
    if (socket != SOCKET_NONE)
        status = exchange(job, span_id, socket, deadline);
    if (status <= 0 && socket != SOCKET_NONE) {
        close(socket); // a late answer must not meet the next request
        socket = SOCKET_NONE;
    }
    release(pool, socket);
    if (status == 0) {
        atomic_fetch_add(&pool->timeouts, 1);
        return CALL_TIMED_OUT;
    }
    return status >= 200 && status < 300 ? CALL_OK : CALL_FAILED;
}

void pool_earn_retry(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->retry_budget < RETRY_BURST)
        pool->retry_budget += RETRY_SHARE;
    pthread_mutex_unlock(&pool->lock);
}

bool pool_spend_retry(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool allowed = pool->retry_budget >= 1.0;
    if (allowed) {
        pool->retry_budget -= 1.0;
        atomic_fetch_add(&pool->retried, 1);
    }
    pthread_mutex_unlock(&pool->lock);
    return allowed;
}

void pool_leak(struct pool *pool, unsigned places)
{
    pthread_mutex_lock(&pool->lock);
    pool->leaked = places < pool->limit ? places : pool->limit - 1;
    while (pool->first_waiter != NULL &&
           pool->in_use + pool->leaked < pool->limit)
        grant(pool, take_place(pool));
    pthread_mutex_unlock(&pool->lock);
}

struct pool_load pool_load(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    unsigned taken = pool->in_use + pool->leaked; // old ones end in their time
    struct pool_load load = {.in_use =
                                 taken < pool->limit ? taken : pool->limit,
                             .waiting = pool->waiting};
    pthread_mutex_unlock(&pool->lock);
    return load;
}
