// SPDX-License-Identifier: Apache-2.0
#include "fault.h"

#include "common.h"

#include <string.h>

static const char *const NAMES[FAULT_KINDS] = {
    "delay", "errors", "workers", "pool", "calls", "cpu", "leak", "cache-miss"};

void fault_init(struct fault *fault)
{
    pthread_mutex_init(&fault->lock, NULL);
}

bool fault_kind_named(const char *word, enum fault_kind *kind)
{
    size_t length = strcspn(word, "&");
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        if (strlen(NAMES[i]) == length &&
            strncmp(word, NAMES[i], length) == 0) {
            *kind = (enum fault_kind)i;
            return true;
        }
    }
    return false;
}

void fault_set(struct fault *fault, enum fault_kind kind, double size,
               double ramp_s)
{
    pthread_mutex_lock(&fault->lock);
    fault->from = fault_size(fault, kind);
    fault->to = size;
    fault->ramp_s = ramp_s;
    fault->start_ns = monotonic_ns();
    atomic_store(&fault->size, fault->from);
    atomic_store(&fault->kind, kind);
    pthread_mutex_unlock(&fault->lock);
}

void fault_step(struct fault *fault)
{
    pthread_mutex_lock(&fault->lock);
    double elapsed_s = (double)(monotonic_ns() - fault->start_ns) * 1e-9;
    double share = 1.0;
    if (elapsed_s < fault->ramp_s)
        share = elapsed_s / fault->ramp_s;
    atomic_store(&fault->size, fault->from + share * (fault->to - fault->from));
    pthread_mutex_unlock(&fault->lock);
}

double fault_size(struct fault *fault, enum fault_kind kind)
{
    return atomic_load(&fault->kind) == kind ? atomic_load(&fault->size) : 0.0;
}
