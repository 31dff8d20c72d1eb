/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

/* Calls as caller << 32 | callee, sorted, in both phases together. */
typedef struct call {
    uint64_t ends;
    caus_call_count counts;
} call;

static uint64_t ends_of(const caus_spans *spans, size_t span)
{
    uint32_t parent = spans->parent[span];
    if (parent == CAUS_NO_SPAN)
        return UINT64_MAX;
    size_t caller = caus_span_service(spans, parent);
    size_t callee = caus_span_service(spans, span);
    return caller == callee ? UINT64_MAX : (uint64_t)caller << 32 | callee;
}

static int by_ends(const void *a, const void *b)
{
    const call *x = a, *y = b;
    return (x->ends > y->ends) - (x->ends < y->ends);
}

/* Finds the calls by an open hash over their ends. */
typedef struct call_table {
    call *calls;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* [slot_count] number + 1 of a call; 0 = free */
    size_t slot_count;
} call_table;

static size_t slot_of(const call_table *table, uint64_t ends)
{
    uint64_t hash = ends * 0x9e3779b97f4a7c15u;
    size_t at = (hash ^ hash >> 32) & (table->slot_count - 1);
    while (table->slots[at] && table->calls[table->slots[at] - 1].ends != ends)
        at = (at + 1) & (table->slot_count - 1);
    return at;
}

static bool grow(call_table *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : 64;
    call *calls = caus_realloc(table->calls, capacity * sizeof *calls);
    if (!calls)
        return false;
    table->calls = calls;
    uint32_t *slots = caus_alloc(2 * capacity * sizeof *slots);
    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->slot_count = 2 * capacity;
    table->capacity = capacity;
    for (size_t i = 0; i < table->count; i++)
        slots[slot_of(table, calls[i].ends)] = (uint32_t)(i + 1);
    return true;
}

static bool count_calls(const caus_spans *spans, call_table *table)
{
    for (size_t i = 0; i < spans->span_count; i++) {
        uint64_t ends = ends_of(spans, i);
        if (ends == UINT64_MAX)
            continue;
        if (table->count == table->capacity && !grow(table))
            return false;
        size_t slot = slot_of(table, ends);
        if (!table->slots[slot]) {
            table->calls[table->count++] = (call){.ends = ends};
            table->slots[slot] = (uint32_t)table->count;
        }
        table->calls[table->slots[slot] - 1]
            .counts[caus_span_phase(spans, i)]++;
    }
    return true;
}

static caus_status write_topology(const caus_spans *spans, call_table *table,
                                  caus_arena *out, caus_topology *result,
                                  const caus_call_count **counts,
                                  caus_error *err)
{
    typedef size_t ends[2];
    ends *calls = CAUS_ARRAY(out, ends, table->count);
    caus_call_count *told = CAUS_ARRAY(out, caus_call_count, table->count);
    const char **services = CAUS_ARRAY(out, const char *, spans->service_count);
    if (!calls || !told || !services)
        return caus_arena_fail(out, err);
    if (table->count)
        qsort(table->calls, table->count, sizeof *table->calls, by_ends);
    for (size_t i = 0; i < table->count; i++) {
        calls[i][0] = table->calls[i].ends >> 32;
        calls[i][1] = table->calls[i].ends & UINT32_MAX;
        memcpy(told[i], table->calls[i].counts, sizeof told[i]);
    }
    for (size_t i = 0; i < spans->service_count; i++) {
        services[i] = caus_arena_copy(out, spans->services[i]);
        if (!services[i])
            return caus_arena_fail(out, err);
    }
    void *kept_calls = calls, *kept_counts = told; /* const below an array */
    *result = (caus_topology){.service_count = spans->service_count,
                              .services = services,
                              .call_count = table->count,
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
    call_table table = {0};
    caus_status status =
        count_calls(spans, &table)
            ? write_topology(spans, &table, out, result, counts, err)
            : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                        "no memory for the calls between %zu services",
                        spans->service_count);
    free(table.calls);
    free(table.slots);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
