/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that nobody waits for. */
#include <math.h>
#include <stdlib.h>

#include "events/events_internal.h"

enum { LEAST_SPANS = 3 };

/* A call of one operation by another, by phase. */
typedef struct call {
    size_t total[CAUS_PHASE_COUNT];
    size_t awaited[CAUS_PHASE_COUNT];
    size_t later[CAUS_PHASE_COUNT]; /* awaited, if clocks differ as they mostly
                                       do */
    double offset_ns; /* of the caller's clock beyond the callee's; NaN */
} call;

typedef struct calls {
    const caus_spans *spans;
    caus_arena *scratch;
    caus_pairs pairs;
    uint32_t *call_of; /* [span_count] CAUS_NO_PAIR = none that can be told */
    int64_t *slack_ns; /* [span_count] by which what waits for it alone is
                          longer */
    call *items;
} calls;

/* From the start of one span to that of another. */
static int64_t between_ns(const caus_spans *spans, size_t from, size_t to)
{
    return (int64_t)((uint64_t)spans->start_ns[to] -
                     (uint64_t)spans->start_ns[from]);
}

/*
 * A span may be closed before its work is done, as where a handler only begins
 * what runs later: then the caller of the handler is still waiting. What has
 * nothing else below it waits for that.
 */
static void find_slack(calls *all, const caus_span_children *children,
                       uint32_t *outer)
{
    const caus_spans *spans = all->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t parent = spans->parent[i];
        bool alone = parent != CAUS_NO_SPAN &&
                     children->first[parent + 1] - children->first[parent] == 1;
        outer[i] = alone ? outer[parent] : (uint32_t)i;
        int64_t beyond_ns =
            spans->duration_ns[outer[i]] - spans->duration_ns[i];
        all->slack_ns[i] = beyond_ns > 0 ? beyond_ns : 0;
    }
}

/* Whether a span lies in its parent for the most part, on a clock that is told
 * to be `offset_ns` behind. */
static bool lies_in_parent(const calls *all, size_t span, double offset_ns)
{
    const caus_spans *spans = all->spans;
    uint32_t parent = spans->parent[span];
    double slack = (double)all->slack_ns[parent];
    double from = (double)between_ns(spans, parent, span) + offset_ns;
    double width = (double)spans->duration_ns[span];
    double end = fmin(from + width, (double)spans->duration_ns[parent] + slack);
    return 2 * (end - fmax(from, -slack)) >= width;
}

static caus_status number_calls(calls *all, caus_error *err)
{
    const caus_spans *spans = all->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t parent = spans->parent[i];
        all->call_of[i] = CAUS_NO_PAIR;
        if (parent == CAUS_NO_SPAN || spans->duration_ns[i] < 0 ||
            spans->duration_ns[parent] < 0)
            continue;
        all->call_of[i] = caus_pairs_add(&all->pairs, spans->operation[parent],
                                         spans->operation[i]);
        if (all->call_of[i] == CAUS_NO_PAIR)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory to look through %zu spans",
                             spans->span_count);
    }
    return CAUS_OK;
}

static void count_awaited(calls *all)
{
    const caus_spans *spans = all->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        if (all->call_of[i] == CAUS_NO_PAIR)
            continue;
        call *of = &all->items[all->call_of[i]];
        caus_phase phase = caus_span_phase(spans, i);
        of->total[phase]++;
        of->awaited[phase] += lies_in_parent(all, i, 0);
    }
}

/* Healthy spans tell how a call is made; callers give up on ill callees. */
static bool is_told_by_healthy(const call *of)
{
    return of->total[CAUS_PHASE_NORMAL] >= LEAST_SPANS;
}

static bool is_mostly(const call *of, const size_t *counts)
{
    size_t total = of->total[CAUS_PHASE_NORMAL];
    size_t count = counts[CAUS_PHASE_NORMAL];
    if (!is_told_by_healthy(of)) {
        total += of->total[CAUS_PHASE_INCIDENT];
        count += counts[CAUS_PHASE_INCIDENT];
    }
    return 2 * count >= total;
}

static int by_value(const void *a, const void *b)
{
    const caus_observation *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* The calls between services that look as if nobody waited: it may be that
 * clocks differ. The offset that would put most callees in the middle. */
static caus_status find_offsets(calls *all, caus_error *err)
{
    const caus_spans *spans = all->spans;
    size_t count = 0;
    caus_observation *middles =
        CAUS_ARRAY(all->scratch, caus_observation, spans->span_count);
    if (!middles)
        return caus_arena_fail(all->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t number = all->call_of[i], parent = spans->parent[i];
        const call *of = number == CAUS_NO_PAIR ? NULL : &all->items[number];
        if (!of || is_mostly(of, of->awaited) ||
            caus_span_service(spans, i) == caus_span_service(spans, parent) ||
            (is_told_by_healthy(of) &&
             caus_span_phase(spans, i) != CAUS_PHASE_NORMAL))
            continue;
        double room =
            (double)(spans->duration_ns[parent] - spans->duration_ns[i]);
        middles[count++] = (caus_observation){
            room / 2 - (double)between_ns(spans, parent, i), number, 0};
    }
    if (count)
        qsort(middles, count, sizeof *middles, by_value);
    for (size_t from = 0, end; from < count; from = end) {
        for (end = from;
             end < count && middles[end].group == middles[from].group;)
            end++;
        all->items[middles[from].group].offset_ns =
            middles[from + (end - from) / 2].value;
    }
    return CAUS_OK;
}

static void count_later(calls *all)
{
    const caus_spans *spans = all->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        if (all->call_of[i] == CAUS_NO_PAIR)
            continue;
        call *of = &all->items[all->call_of[i]];
        if (!isnan(of->offset_ns))
            of->later[caus_span_phase(spans, i)] +=
                lies_in_parent(all, i, of->offset_ns);
    }
}

static caus_status look(calls *all, unsigned char *waits, caus_error *err)
{
    const caus_spans *spans = all->spans;
    CAUS_TRY(number_calls(all, err));
    all->items = CAUS_ARRAY(all->scratch, call, all->pairs.count);
    if (!all->items)
        return caus_arena_fail(all->scratch, err);
    for (size_t i = 0; i < all->pairs.count; i++)
        all->items[i].offset_ns = (double)NAN;
    count_awaited(all);
    CAUS_TRY(find_offsets(all, err));
    count_later(all);
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t number = all->call_of[i], parent = spans->parent[i];
        const call *of = number == CAUS_NO_PAIR ? NULL : &all->items[number];
        if (of && !is_mostly(of, of->awaited) && !is_mostly(of, of->later))
            waits[i] = CAUS_WAIT_NONE;
        else if (parent != CAUS_NO_SPAN && waits[parent] != CAUS_WAIT_CALLER)
            waits[i] = CAUS_WAIT_BELOW;
    }
    return CAUS_OK;
}

caus_status caus_span_waits_find(const caus_spans *spans,
                                 const caus_span_children *children,
                                 caus_arena *scratch,
                                 const unsigned char **result, caus_error *err)
{
    size_t count = spans->span_count;
    unsigned char *waits = CAUS_ARRAY(scratch, unsigned char, count);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    calls all = {.spans = spans,
                 .scratch = scratch,
                 .call_of = CAUS_ARRAY(scratch, uint32_t, count),
                 .slack_ns = CAUS_ARRAY(scratch, int64_t, count)};
    caus_arena_mark rest = caus_arena_get_mark(scratch);
    uint32_t *outer = CAUS_ARRAY(scratch, uint32_t, count);
    if (!waits || !all.call_of || !all.slack_ns || !outer)
        return caus_arena_fail(scratch, err);
    find_slack(&all, children, outer);
    caus_arena_rewind(scratch, rest);
    caus_status status = look(&all, waits, err);
    caus_pairs_deinit(&all.pairs);
    caus_arena_rewind(scratch, mark);
    if (status == CAUS_OK)
        *result = waits;
    return status;
}
