/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "events/events_internal.h"

typedef struct interval {
    int64_t from;
    int64_t end;
} interval;

caus_status caus_span_children_find(const caus_spans *spans,
                                    caus_arena *scratch,
                                    caus_span_children *result, caus_error *err)
{
    uint32_t *first = CAUS_ARRAY(scratch, uint32_t, spans->span_count + 2);
    uint32_t *child = CAUS_ARRAY(scratch, uint32_t, spans->span_count);
    if (!first || !child)
        return caus_arena_fail(scratch, err);
    /* counted two places ahead, so that filling moves each into its own */
    for (size_t i = 0; i < spans->span_count; i++)
        if (spans->parent[i] != CAUS_NO_SPAN)
            first[spans->parent[i] + 2]++;
    for (size_t i = 2; i < spans->span_count + 2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < spans->span_count; i++)
        if (spans->parent[i] != CAUS_NO_SPAN)
            child[first[spans->parent[i] + 1]++] = (uint32_t)i;
    *result = (caus_span_children){first, child};
    return CAUS_OK;
}

static int by_from(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/*
 * When a child ran, on its parent's clock. Services have clocks of their own: a
 * child of another service that would fit into its parent but does not lie in
 * it is put in the middle, as if there and back took equally long.
 */
static interval place_child(const caus_spans *spans, size_t parent,
                            size_t child, bool *moved)
{
    int64_t from = spans->start_ns[parent];
    int64_t width = spans->duration_ns[parent], end = from + width;
    interval at = {spans->start_ns[child],
                   spans->start_ns[child] + spans->duration_ns[child]};
    bool is_inside = at.from >= from && at.end <= end;
    *moved =
        !is_inside && spans->duration_ns[child] <= width &&
        caus_span_service(spans, child) != caus_span_service(spans, parent);
    if (*moved) {
        at.from = from + (width - spans->duration_ns[child]) / 2;
        at.end = at.from + spans->duration_ns[child];
    }
    at.from = at.from < from ? from : at.from;
    at.end = at.end > end ? end : at.end;
    return at;
}

/* The length of a union of intervals, which are sorted if need be. */
static int64_t covered_ns(interval *parts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (parts[i].from < parts[i - 1].from) {
            qsort(parts, count, sizeof *parts, by_from);
            break;
        }
    int64_t covered = 0, until = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].end <= parts[i].from || parts[i].end <= until)
            continue;
        covered +=
            parts[i].end - (parts[i].from > until ? parts[i].from : until);
        until = parts[i].end;
    }
    return covered;
}

/* A caller pauses before it repeats a call that failed: that is no work of its
 * own. */
static void add_pauses(const caus_spans *spans, const uint32_t *child,
                       size_t count, interval *parts)
{
    enum { MOST_BETWEEN = 16 };
    for (size_t k = 0; k < count; k++) {
        size_t end = count - k > MOST_BETWEEN ? k + MOST_BETWEEN : count;
        size_t again = k + 1;
        if (!spans->failed[child[k]] || parts[k].end <= parts[k].from)
            continue;
        while (again < end &&
               spans->operation[child[again]] != spans->operation[child[k]])
            again++;
        if (again < end && parts[again].from > parts[k].end)
            parts[k].end = parts[again].from;
    }
}

/* When the children ran that a span waits for; returns how many were moved. */
static size_t place_children(const caus_spans *spans, size_t parent,
                             const uint32_t *child, size_t count,
                             const unsigned char *waits, interval *parts)
{
    size_t moved = 0;
    for (size_t k = 0; k < count; k++) {
        bool was_moved = false;
        parts[k] = (interval){spans->start_ns[parent], spans->start_ns[parent]};
        if (spans->duration_ns[child[k]] >= 0 &&
            waits[child[k]] != CAUS_WAIT_NONE)
            parts[k] = place_child(spans, parent, child[k], &was_moved);
        moved += was_moved;
    }
    if (spans->has_status)
        add_pauses(spans, child, count, parts);
    return moved;
}

caus_status caus_span_self_times(const caus_spans *spans,
                                 const caus_span_children *children,
                                 const unsigned char *waits,
                                 const caus_run *run, caus_arena *scratch,
                                 int64_t **result, size_t *moved_count,
                                 caus_error *err)
{
    enum { SPANS_A_CHECK = 4096 };
    size_t most = 0;
    for (size_t i = 0; i < spans->span_count; i++) {
        size_t count = children->first[i + 1] - children->first[i];
        most = count > most ? count : most;
    }
    int64_t *self = CAUS_ARRAY(scratch, int64_t, spans->span_count);
    interval *parts = CAUS_ARRAY(scratch, interval, most);
    if (!self || !parts)
        return caus_arena_fail(scratch, err);
    size_t moved = 0;
    for (size_t i = 0; i < spans->span_count; i++) {
        if (i % SPANS_A_CHECK == 0)
            CAUS_TRY(caus_run_check(run, err));
        self[i] = -1;
        if (spans->duration_ns[i] < 0)
            continue;
        const uint32_t *child = children->child + children->first[i];
        size_t count = children->first[i + 1] - children->first[i];
        moved += place_children(spans, i, child, count, waits, parts);
        self[i] = spans->duration_ns[i] - covered_ns(parts, count);
    }
    *result = self;
    *moved_count = moved;
    return CAUS_OK;
}
