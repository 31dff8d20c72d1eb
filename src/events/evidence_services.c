/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "events/evidence_internal.h"

static const double surely_q = 0.01;

/* What calls between two services gained. */
typedef struct neighbour {
    uint32_t caller;
    uint32_t callee;
    double extra_s;
} neighbour;

static int by_caller(const void *a, const void *b)
{
    const neighbour *x = a, *y = b;
    if (x->caller != y->caller)
        return x->caller < y->caller ? -1 : 1;
    return (x->extra_s > y->extra_s) - (x->extra_s < y->extra_s);
}

/* The service that a finding speaks of. */
static size_t blamed(const caus_spans *spans, const caus_trace_finding *finding)
{
    return spans->operations[caus_trace_finding_blamed(finding)].service;
}

/* Gaps by pair of services, sorted by caller and size. */
static caus_status sum_gaps(const caus_evidence_work *work,
                            const caus_trace_finding *findings, size_t count,
                            caus_pairs *pairs, neighbour **result,
                            caus_error *err)
{
    const caus_operation *operations = work->spans->operations;
    neighbour *sums = CAUS_ARRAY(work->scratch, neighbour, count);
    if (!sums)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < count; i++) {
        if (findings[i].evidence != CAUS_EVIDENCE_GAP)
            continue;
        uint32_t caller = (uint32_t)operations[findings[i].operation].service;
        uint32_t callee = (uint32_t)operations[findings[i].callee].service;
        uint32_t pair = caus_pairs_add(pairs, caller, callee);
        if (pair == CAUS_NO_PAIR)
            return caus_evidence_fail_memory(work, err);
        sums[pair].caller = caller;
        sums[pair].callee = callee;
        sums[pair].extra_s += findings[i].extra_s;
    }
    qsort(sums, pairs->count, sizeof *sums, by_caller);
    *result = sums;
    return CAUS_OK;
}

/* Blames callees for their calls, callers for what most of theirs share. */
static void blame_gaps(const neighbour *sums, size_t count,
                       caus_trace_service *services)
{
    assert(sums || !count);
    for (size_t from = 0, end; from < count; from = end) {
        for (end = from; end < count && sums[end].caller == sums[from].caller;
             end++)
            services[sums[end].callee].gap_s += sums[end].extra_s;
        size_t width = end - from;
        double median = (sums[from + (width - 1) / 2].extra_s +
                         sums[from + width / 2].extra_s) /
                        2;
        services[sums[from].caller].gap_s += (double)width * median;
    }
}

/* How strong a finding is: its kind first, then its size. */
static int strength_of(const caus_trace_finding *finding, double *size)
{
    *size = finding->extra_s;
    bool is_time = finding->evidence == CAUS_EVIDENCE_SELF_TIME ||
                   finding->evidence == CAUS_EVIDENCE_GAP;
    if (is_time)
        return finding->extra_s > 0 && finding->q_value <= surely_q ? 3 : 0;
    *size = fabs(finding->effect);
    if (finding->evidence == CAUS_EVIDENCE_ERRORS)
        return finding->effect > 0 && finding->q_value <= surely_q ? 2 : 0;
    return finding->begins_here ? 1 : 0;
}

static void take_finding(const caus_trace_finding *findings, size_t number,
                         caus_trace_service *service)
{
    const caus_trace_finding *finding = &findings[number];
    double size, best_size = 0;
    int strength = strength_of(finding, &size), best = 0;
    if (finding->evidence == CAUS_EVIDENCE_SELF_TIME)
        service->self_s += finding->extra_s;
    if (strength == 2)
        service->error_h = fmax(service->error_h, size);
    if (finding->evidence == CAUS_EVIDENCE_PATH)
        service->shape_h = fmax(service->shape_h, finding->sureness * size);
    if (service->best_finding != SIZE_MAX)
        best = strength_of(&findings[service->best_finding], &best_size);
    if (strength > best || (strength == best && size > best_size))
        service->best_finding = strength ? number : SIZE_MAX;
}

caus_status caus_evidence_services(const caus_evidence_work *work,
                                   const caus_trace_finding *findings,
                                   size_t count, caus_trace_service *services,
                                   caus_error *err)
{
    const caus_spans *spans = work->spans;
    for (size_t i = 0; i < spans->service_count; i++)
        services[i] = (caus_trace_service){.best_finding = SIZE_MAX};
    for (size_t i = 0; i < count; i++)
        take_finding(findings, i, &services[blamed(spans, &findings[i])]);
    caus_pairs pairs = {0};
    neighbour *sums = NULL;
    caus_status status = sum_gaps(work, findings, count, &pairs, &sums, err);
    if (status == CAUS_OK)
        blame_gaps(sums, pairs.count, services);
    caus_pairs_deinit(&pairs);
    return status;
}
