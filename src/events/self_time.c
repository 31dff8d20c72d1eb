/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "events/events_internal.h"

typedef struct interval {
    int64_t from;
    int64_t end;
    uint32_t span;
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
                   spans->start_ns[child] + spans->duration_ns[child],
                   (uint32_t)child};
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

/* Time in which no child ran, from the end of one (NULL = the start of the
 * parent) to the start of the next (NULL = the end). What lies between two of
 * the same service is half each one's. */
static void add_idle(const caus_spans *spans, const interval *last,
                     const interval *next, int64_t idle_ns,
                     caus_span_sides *sides)
{
    bool is_shared = last && next &&
                     caus_span_service(spans, last->span) ==
                         caus_span_service(spans, next->span);
    int64_t before_ns = is_shared ? idle_ns / 2 : idle_ns;
    if (!sides)
        return;
    if (next)
        sides->before_ns[next->span] = before_ns;
    if (last)
        sides->behind_ns[last->span] =
            is_shared ? idle_ns - before_ns : idle_ns;
}

/* The length of a union of intervals, which are sorted if need be, in a span,
 * and what is left of this beside each. */
static int64_t covered_ns(const caus_spans *spans, size_t span, interval *parts,
                          size_t count, caus_span_sides *sides)
{
    for (size_t i = 1; i < count; i++)
        if (parts[i].from < parts[i - 1].from) {
            qsort(parts, count, sizeof *parts, by_from);
            break;
        }
    int64_t covered = 0, until = spans->start_ns[span];
    const interval *last = NULL;
    if (sides)
        sides->opener[span] = CAUS_NO_SPAN;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].end <= parts[i].from || parts[i].end <= until)
            continue;
        if (parts[i].from > until)
            add_idle(spans, last, &parts[i], parts[i].from - until, sides);
        covered +=
            parts[i].end - (parts[i].from > until ? parts[i].from : until);
        if (sides && !last)
            sides->opener[span] = parts[i].span;
        until = parts[i].end;
        last = &parts[i];
    }
    if (last)
        add_idle(spans, last, NULL,
                 spans->start_ns[span] + spans->duration_ns[span] - until,
                 sides);
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
        parts[k] = (interval){spans->start_ns[parent], spans->start_ns[parent],
                              child[k]};
        if (spans->duration_ns[child[k]] >= 0 &&
            waits[child[k]] != CAUS_WAIT_NONE)
            parts[k] = place_child(spans, parent, child[k], &was_moved);
        moved += was_moved;
    }
    if (spans->has_status)
        add_pauses(spans, child, count, parts);
    return moved;
}

static bool init_sides(caus_span_sides *sides, size_t count,
                       caus_arena *scratch)
{
    *sides = (caus_span_sides){.before_ns = CAUS_ARRAY(scratch, int64_t, count),
                               .behind_ns = CAUS_ARRAY(scratch, int64_t, count),
                               .opener = CAUS_ARRAY(scratch, uint32_t, count),
                               .is_moved =
                                   CAUS_ARRAY(scratch, unsigned char, count)};
    return sides->before_ns && sides->behind_ns && sides->opener &&
           sides->is_moved;
}

caus_status caus_span_self_times(const caus_spans *spans,
                                 const caus_span_children *children,
                                 const unsigned char *waits,
                                 const caus_run *run, caus_arena *scratch,
                                 int64_t **result, caus_span_sides *sides,
                                 size_t *moved_count, caus_error *err)
{
    enum { SPANS_A_CHECK = 4096 };
    size_t most = 0;
    for (size_t i = 0; i < spans->span_count; i++) {
        size_t count = children->first[i + 1] - children->first[i];
        most = count > most ? count : most;
    }
    int64_t *self = CAUS_ARRAY(scratch, int64_t, spans->span_count);
    interval *parts = CAUS_ARRAY(scratch, interval, most);
    if (!self || !parts ||
        (sides && !init_sides(sides, spans->span_count, scratch)))
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
        size_t here = place_children(spans, i, child, count, waits, parts);
        if (sides)
            sides->is_moved[i] = here > 0;
        moved += here;
        self[i] =
            spans->duration_ns[i] - covered_ns(spans, i, parts, count, sides);
    }
    *result = self;
    *moved_count = moved;
    return CAUS_OK;
}
