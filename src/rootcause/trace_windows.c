/* SPDX-License-Identifier: Apache-2.0 */
/* Healthy traces, a window of them told as if it were the incident. */
#include <math.h>

#include "numeric/order.h"
#include "rootcause/placebo.h"
#include "rootcause/trace_windows.h"

/* More spans tell no more of what healthy traces do, and cost time. */
enum { MOST_SPANS = 100000, LEAST_TRACES = 4, FEW_TRACES = 8 };
enum { LEAST_WINDOWS = 4 };

/* Surprises of less than the first are chance in any system. Where healthy
 * traces are too few to show more, they are taken to be the second: what most
 * do where load and neighbours wander. */
static const double least_chance = 2;
static const double usual_chance = 4;

double caus_trace_surprise(const caus_trace_evidence *evidence,
                           const caus_trace_finding *found)
{
    double rows = (double)INFINITY;
    for (size_t i = 0; i < CAUS_PHASE_COUNT; i++)
        rows = fmin(rows, fmin((double)found->counts[i],
                               (double)evidence->trace_counts[i]));
    return found->effect * sqrt(rows);
}

/* From the first trace of a phase to the last. */
static double length_of(const caus_spans *spans, caus_phase phase)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t t = 0; t < spans->trace_count; t++) {
        int64_t start = spans->start_ns[spans->trace_start[t]];
        if (spans->trace_phase[t] != phase)
            continue;
        first = start < first ? start : first;
        last = start > last ? start : last;
    }
    return first < last ? (double)last - (double)first : 0;
}

/* As many traces as healthy time has while an incident lasts, a quarter of all
 * at most: the others tell what is usual. */
static size_t width_of(const caus_spans *spans, size_t healthy)
{
    double usual = length_of(spans, CAUS_PHASE_NORMAL);
    double lasts = length_of(spans, CAUS_PHASE_INCIDENT);
    size_t most = healthy / 4;
    size_t least = most < FEW_TRACES ? most : FEW_TRACES;
    double width = usual > 0 ? (double)healthy * lasts / usual : 0;
    if (width >= (double)most)
        return most;
    return width > (double)least ? (size_t)width : least;
}

/* Tells the traces of a window as the incident's, all others as normal. */
static void choose(const caus_trace_windows *windows, size_t number,
                   unsigned char *phase)
{
    size_t from = windows->starts[number];
    for (size_t t = 0; t < windows->spans.trace_count; t++) {
        bool chosen = t >= from && t < from + windows->width;
        phase[t] = chosen ? CAUS_PHASE_INCIDENT : CAUS_PHASE_NORMAL;
    }
}

/* What the largest surprise of a healthy window mostly stays below: operations
 * are many, and traces near one another are alike. */
static double chance_of(const caus_trace_windows *windows)
{
    const double share = .75;
    double most[CAUS_MOST_WINDOWS];
    if (windows->count < LEAST_WINDOWS)
        return usual_chance;
    for (size_t i = 0; i < windows->count; i++) {
        const caus_trace_evidence *evidence = &windows->evidence[i];
        double found = 0;
        for (size_t k = 0; k < evidence->finding_count; k++) {
            const caus_trace_finding *at = &evidence->findings[k];
            if (at->evidence == CAUS_EVIDENCE_SELF_TIME ||
                at->evidence == CAUS_EVIDENCE_GAP)
                found = fmax(found, caus_trace_surprise(evidence, at));
        }
        most[i] = found;
    }
    caus_sort(most, windows->count);
    return fmax(least_chance,
                caus_sorted_quantile(most, windows->count, share));
}

caus_status caus_trace_windows_find(const caus_spans *spans,
                                    const caus_run *run, caus_arena *out,
                                    caus_trace_windows *result, caus_error *err)
{
    caus_trace_windows made = {0};
    CAUS_TRY(caus_spans_normal(spans, MOST_SPANS, out, &made.spans, err));
    size_t healthy = made.spans.trace_count;
    unsigned char *phase = CAUS_ARRAY(out, unsigned char, healthy + 1);
    if (!phase)
        return caus_arena_fail(out, err);
    made.spans.trace_phase = phase;
    if (healthy / 4 >= LEAST_TRACES) {
        made.width = width_of(spans, healthy);
        made.count = caus_windows_spread(0, healthy, made.width, made.starts);
    }
    for (size_t i = 0; i < made.count; i++) {
        choose(&made, i, phase);
        CAUS_TRY(caus_spans_evidence(&made.spans, NULL, run, out,
                                     &made.evidence[i], err));
    }
    made.chance = chance_of(&made);
    *result = made;
    return CAUS_OK;
}
