// SPDX-License-Identifier: Apache-2.0
#include "work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MIB = 1 << 20, HANG_LOOK_MS = 50 };

// Looks the user up, and keeps it from now on. A noisy neighbour takes the
// cache's memory, so entries live shorter while it is busy.
static bool cache_holds(struct service *service, struct chance *chance,
                        unsigned user)
{
    uint64_t now = monotonic_ns();
    double slowness = atomic_load(&service->slowness);
    double ttl_ns = service->options.ttl_s * 1e9 / (slowness * slowness);
    double lost_share = fault_size(&service->fault, FAULT_CACHE_MISS);
    unsigned slot = user % CACHE_SLOTS;
    pthread_mutex_lock(&service->cache_lock);
    bool hit = service->cache_user[slot] == user + UINT64_C(1) &&
               service->cache_end_ns[slot] > now &&
               chance_uniform(chance) >= lost_share;
    if (!hit) {
        service->cache_user[slot] = user + UINT64_C(1);
        service->cache_end_ns[slot] = now + (uint64_t)ttl_ns;
    }
    pthread_mutex_unlock(&service->cache_lock);
    atomic_fetch_add(hit ? &service->hits : &service->misses, 1);
    return hit;
}

// As many requests as the fault is large never get on while it lasts, and
// hold the workers that took them.
static void hang(struct service *service)
{
    double rank = atomic_fetch_add(&service->hanging, 1);
    while (rank + 1.0 <= fault_size(&service->fault, FAULT_WORKERS))
        sleep_ms(HANG_LOOK_MS);
    atomic_fetch_sub(&service->hanging, 1);
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * UINT64_C(1000000000) +
           (uint64_t)used.tv_nsec;
}

// One request at a time, as in a process with one processor.
static void burn(struct service *service, double ms)
{
    pthread_mutex_lock(&service->cpu_lock);
    uint64_t end = thread_cpu_ns() + (uint64_t)(ms * 1e6);
    while (thread_cpu_ns() < end)
        continue;
    pthread_mutex_unlock(&service->cpu_lock);
}

void work_do(struct service *service, struct chance *chance,
             const struct job *job)
{
    const struct service_options *options = &service->options;
    struct fault *fault = &service->fault;
    double mean_ms = options->work_ms;
    hang(service);
    if (options->miss_ms > 0.0 && !cache_holds(service, chance, job->user))
        mean_ms = options->miss_ms;
    mean_ms += fault_size(fault, FAULT_DELAY) + fault_size(fault, FAULT_LEAK);
    mean_ms *= atomic_load(&service->slowness);
    if (mean_ms > 0.0)
        sleep_ms(0.6 * mean_ms + chance_exponential(chance, 0.4 * mean_ms));
    double burnt_ms = fault_size(fault, FAULT_CPU);
    if (burnt_ms > 0.0)
        burn(service, burnt_ms);
}

bool work_fails(struct service *service, struct chance *chance)
{
    double slowness = atomic_load(&service->slowness);
    double share =
        service->options.error_share * slowness * slowness * slowness;
    return chance_uniform(chance) <
           share + fault_size(&service->fault, FAULT_ERRORS);
}

unsigned work_call_count(struct service *service, struct chance *chance)
{
    double more = fault_size(&service->fault, FAULT_CALLS);
    unsigned whole = (unsigned)more;
    return 1 + whole + (chance_uniform(chance) < more - whole);
}

static void keep_memory(struct service *service, unsigned blocks)
{
    if (blocks > LEAK_BLOCKS_MAX)
        blocks = LEAK_BLOCKS_MAX;
    while (service->leaked_count < blocks) {
        void *block = allocate(MIB);
        memset(block, 1, MIB); // resident, as what is in use is
        service->leaked[service->leaked_count++] = block;
    }
    while (service->leaked_count > blocks)
        free(service->leaked[--service->leaked_count]);
}

void work_step(struct service *service)
{
    struct service_options *options = &service->options;
    fault_step(&service->fault);
    keep_memory(service, (unsigned)fault_size(&service->fault, FAULT_LEAK));
    double share = fault_size(&service->fault, FAULT_POOL);
    for (unsigned i = 0; i < options->callee_count; i++) {
        struct pool *pool = &options->callees[i];
        pool_leak(pool, (unsigned)lround(share * pool->limit));
    }
}
