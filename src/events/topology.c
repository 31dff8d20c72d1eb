/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

/* A call seen in so small a share of those of the way back is a fault of the
 * spans: parents that are not, rings. */
enum { VANISHING = 100 };

typedef struct call {
    uint64_t ends; /* caller << 32 | callee */
    caus_call_count counts;
} call;

static int by_ends(const void *a, const void *b)
{
    const call *x = a, *y = b;
    return (x->ends > y->ends) - (x->ends < y->ends);
}

/* The number of the call that a span is; CAUS_NO_PAIR when it is none or when
 * memory is out, which `failed` then tells. */
static uint32_t call_of(const caus_spans *spans, size_t span, caus_pairs *pairs,
                        bool *failed)
{
    uint32_t parent = spans->parent[span];
    if (parent == CAUS_NO_SPAN)
        return CAUS_NO_PAIR;
    size_t caller = caus_span_service(spans, parent);
    size_t callee = caus_span_service(spans, span);
    if (caller == callee)
        return CAUS_NO_PAIR;
    uint32_t number = caus_pairs_add(pairs, (uint32_t)caller, (uint32_t)callee);
    *failed = *failed || number == CAUS_NO_PAIR;
    return number;
}

static call *count_calls(const caus_spans *spans, caus_pairs *pairs)
{
    bool failed = false;
    for (size_t i = 0; i < spans->span_count && !failed; i++)
        call_of(spans, i, pairs, &failed);
    call *calls =
        failed ? NULL : caus_alloc((pairs->count + 1) * sizeof *calls);
    if (!calls)
        return NULL;
    for (size_t i = 0; i < pairs->count; i++)
        calls[i].ends = pairs->keys[i];
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t number = call_of(spans, i, pairs, &failed);
        if (number != CAUS_NO_PAIR)
            calls[number].counts[caus_span_phase(spans, i)]++;
    }
    qsort(calls, pairs->count, sizeof *calls, by_ends);
    return calls;
}

static size_t total(const call *counted)
{
    size_t sum = 0;
    for (size_t phase = 0; phase < CAUS_PHASE_COUNT; phase++)
        sum += counted->counts[phase];
    return sum;
}

/* Scratch of a search for a way back. */
typedef struct back_way {
    const call *calls; /* by caller */
    size_t *start;     /* [services + 1] into calls */
    uint32_t *queue;   /* [services] */
    bool *seen;        /* [services] */
    size_t services;
} back_way;

/* Whether the callee of a call leads to its caller over calls that are so much
 * more frequent. */
static bool leads_back(const back_way *way, const call *rare)
{
    size_t least = VANISHING * total(rare), head = 0, tail = 0;
    uint32_t target = (uint32_t)(rare->ends >> 32);
    memset(way->seen, 0, way->services * sizeof *way->seen);
    way->queue[tail++] = (uint32_t)(rare->ends & UINT32_MAX);
    way->seen[way->queue[0]] = true;
    while (head < tail && !way->seen[target]) {
        uint32_t at = way->queue[head++];
        for (size_t i = way->start[at]; i < way->start[at + 1]; i++) {
            uint32_t next = (uint32_t)(way->calls[i].ends & UINT32_MAX);
            if (way->seen[next] || total(&way->calls[i]) < least)
                continue;
            way->seen[next] = true;
            way->queue[tail++] = next;
        }
    }
    return way->seen[target];
}

/* Marks the calls that vanish beside their way back by counts of none, and
 * returns how many are left, in front. */
static size_t drop_vanishing(back_way *way, call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        way->start[(calls[i].ends >> 32) + 1]++;
    for (size_t s = 0; s < way->services; s++)
        way->start[s + 1] += way->start[s];
    size_t most = 0, kept = 0;
    for (size_t i = 0; i < count; i++)
        most = total(&calls[i]) > most ? total(&calls[i]) : most;
    for (size_t i = 0; i < count; i++) {
        if (VANISHING * total(&calls[i]) <= most && leads_back(way, &calls[i]))
            memset(calls[i].counts, 0, sizeof calls[i].counts);
    }
    for (size_t i = 0; i < count; i++) {
        if (total(&calls[i]))
            calls[kept++] = calls[i];
    }
    return kept;
}

/* SIZE_MAX = no memory. */
static size_t keep_likely(const caus_spans *spans, call *calls, size_t count)
{
    size_t services = spans->service_count, kept = SIZE_MAX;
    back_way way = {.calls = calls,
                    .start = caus_alloc((services + 1) * sizeof *way.start),
                    .queue = caus_alloc((services + 1) * sizeof *way.queue),
                    .seen = caus_alloc((services + 1) * sizeof *way.seen),
                    .services = services};
    if (way.start && way.queue && way.seen)
        kept = drop_vanishing(&way, calls, count);
    free(way.start);
    free(way.queue);
    free(way.seen);
    return kept;
}

static caus_status write_topology(const caus_spans *spans, const call *counted,
                                  size_t count, caus_arena *out,
                                  caus_topology *result,
                                  const caus_call_count **counts,
                                  caus_error *err)
{
    typedef size_t ends[2];
    ends *calls = CAUS_ARRAY(out, ends, count);
    caus_call_count *told = CAUS_ARRAY(out, caus_call_count, count);
    const char **services = CAUS_ARRAY(out, const char *, spans->service_count);
    if (!calls || !told || !services)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        calls[i][0] = counted[i].ends >> 32;
        calls[i][1] = counted[i].ends & UINT32_MAX;
        memcpy(told[i], counted[i].counts, sizeof told[i]);
    }
    for (size_t i = 0; i < spans->service_count; i++) {
        services[i] = caus_arena_copy(out, spans->services[i]);
        if (!services[i])
            return caus_arena_fail(out, err);
    }
    void *kept_calls = calls, *kept_counts = told; /* const below an array */
    *result = (caus_topology){.service_count = spans->service_count,
                              .services = services,
                              .call_count = count,
                              .calls = kept_calls};
    if (counts)
        *counts = kept_counts;
    return CAUS_OK;
}

caus_status caus_spans_topology(const caus_spans *spans, caus_arena *out,
                                caus_topology *result,
                                const caus_call_count **counts, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_pairs pairs = {0};
    call *calls = count_calls(spans, &pairs);
    size_t kept = calls ? keep_likely(spans, calls, pairs.count) : SIZE_MAX;
    caus_status status =
        kept != SIZE_MAX
            ? write_topology(spans, calls, kept, out, result, counts, err)
            : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                        "no memory for the calls between %zu services",
                        spans->service_count);
    free(calls);
    caus_pairs_deinit(&pairs);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
