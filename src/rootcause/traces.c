/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what the traces lost is lost in each service. */
#include <math.h>
#include <string.h>

#include "caus/trace_evidence.h"
#include "rootcause/rootcause_internal.h"

/* A loss of so much of what a normal trace takes is a clue of log 2. */
static const double noted_share = .01;
/* Shifts of medians, in deviations times the root of the spans behind them:
 * that chance makes, and that it surely does not. */
static const double chance = 2;
static const double sure = 5;

/* A call between two services and what a trace gained on it. */
typedef struct slow_call {
    size_t from, to;
    double extra_s;
} slow_call;

static int by_caller(const slow_call *a, const slow_call *b)
{
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->extra_s > b->extra_s) - (a->extra_s < b->extra_s);
}

static void sort_calls(slow_call *calls, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        slow_call call = calls[i];
        size_t at = i;
        for (; at > 0 && by_caller(&call, &calls[at - 1]) < 0; at--)
            calls[at] = calls[at - 1];
        calls[at] = call;
    }
}

/* Adds to the call between two services, or begins it. */
static void add_call(slow_call *calls, size_t *count, size_t from, size_t to,
                     double extra_s)
{
    size_t at = 0;
    while (at < *count && (calls[at].from != from || calls[at].to != to))
        at++;
    if (at == *count)
        calls[(*count)++] = (slow_call){.from = from, .to = to};
    calls[at].extra_s += extra_s;
}

/*
 * A caller whose calls are slow to most callees is slow itself: it is blamed
 * for the median over them, as often as it calls, each callee for what is
 * beyond.
 */
static void blame_calls(slow_call *calls, size_t count, double *lost_s)
{
    sort_calls(calls, count);
    for (size_t from = 0, end; from < count; from = end) {
        for (end = from; end < count && calls[end].from == calls[from].from;)
            end++;
        size_t width = end - from;
        double shared = width > 1 ? calls[from + (width - 1) / 2].extra_s : 0;
        lost_s[calls[from].from] += (double)width * shared;
        for (size_t i = from; i < end; i++)
            lost_s[calls[i].to] += fmax(0, calls[i].extra_s - shared);
    }
}

/* Seconds that an operation's own time gained. Without client spans a gap holds
 * them too: the caller's own work is nobody else's fault. */
static double own_extra(const caus_trace_evidence *evidence, size_t operation)
{
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        if (found->evidence == CAUS_EVIDENCE_SELF_TIME &&
            found->operation == operation)
            return fmax(found->extra_s, 0);
    }
    return 0;
}

/* How far the seconds of a finding count, in [0, 1]: a mean that a few traces
 * carry moves no median, and medians of few spans differ by chance. */
static double weight_of(const caus_trace_finding *found)
{
    size_t normal = found->counts[CAUS_PHASE_NORMAL];
    size_t incident = found->counts[CAUS_PHASE_INCIDENT];
    double rows = (double)(normal < incident ? normal : incident);
    double surprise = (found->effect * sqrt(rows) - chance) / (sure - chance);
    return fmax(0, fmin(1, found->effect)) * fmax(0, fmin(1, surprise));
}

/* Seconds that a trace lost in each service. */
static void add_up(const caus_spans *spans, const caus_trace_evidence *evidence,
                   const size_t *scene_of, slow_call *calls,
                   caus_trace_clues *made)
{
    size_t count = 0;
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        size_t from = scene_of[spans->operations[found->operation].service];
        double extra_s = fmax(found->extra_s, 0) * weight_of(found);
        if (found->evidence == CAUS_EVIDENCE_SELF_TIME)
            made->own_s[from] += extra_s;
        if (found->evidence == CAUS_EVIDENCE_GAP)
            add_call(calls, &count, from,
                     scene_of[spans->operations[found->callee].service],
                     fmax(0, extra_s - own_extra(evidence, found->operation)));
    }
    memcpy(made->lost_s, made->own_s,
           made->service_count * sizeof *made->lost_s);
    blame_calls(calls, count, made->lost_s);
}

/* What a normal trace takes on average, in seconds. */
static double usual_duration(const caus_spans *spans)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < spans->span_count; i++) {
        if (spans->parent[i] != CAUS_NO_SPAN || spans->duration_ns[i] < 0 ||
            caus_span_phase(spans, i) != CAUS_PHASE_NORMAL)
            continue;
        sum += (double)spans->duration_ns[i] * 1e-9;
        count++;
    }
    return count ? sum / (double)count : 0;
}

/* The traces of the finding in which a service gained most. */
static caus_status pick_exemplars(const caus_spans *spans,
                                  const caus_trace_evidence *evidence,
                                  const size_t *scene_of, caus_arena *out,
                                  caus_trace_clues *result, caus_error *err)
{
    for (size_t s = 0; s < result->service_count; s++) {
        const caus_trace_finding *best = NULL;
        for (size_t i = 0; i < evidence->finding_count; i++) {
            const caus_trace_finding *found = &evidence->findings[i];
            bool gap = found->evidence == CAUS_EVIDENCE_GAP;
            size_t operation = gap ? found->callee : found->operation;
            if ((!gap && found->evidence != CAUS_EVIDENCE_SELF_TIME) ||
                scene_of[spans->operations[operation].service] != s)
                continue;
            if (!best || found->extra_s > best->extra_s)
                best = found;
        }
        if (!best || best->extra_s <= 0)
            continue;
        const char **ids = CAUS_ARRAY(out, const char *, CAUS_EXEMPLARS);
        if (!ids)
            return caus_arena_fail(out, err);
        for (size_t k = 0; k < best->exemplar_count; k++)
            ids[k] = spans->trace_ids[best->exemplars[k]];
        result->exemplars[s] = ids;
        result->exemplar_count[s] = best->exemplar_count;
    }
    return CAUS_OK;
}

static caus_status weigh(const caus_scene *scene, const caus_spans *spans,
                         const caus_run *run, caus_arena *out,
                         caus_trace_clues *made, caus_error *err)
{
    caus_trace_evidence *evidence = CAUS_ARRAY(out, caus_trace_evidence, 1);
    if (!evidence)
        return caus_arena_fail(out, err);
    CAUS_TRY(caus_spans_evidence(spans, NULL, run, out, evidence, err));
    size_t *scene_of = CAUS_ARRAY(out, size_t, spans->service_count + 1);
    slow_call *calls = CAUS_ARRAY(out, slow_call, evidence->finding_count + 1);
    if (!scene_of || !calls)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < spans->service_count; i++) {
        const caus_trace_service *told = &evidence->services[i];
        scene_of[i] = caus_scene_find(scene, spans->services[i]);
        made->failing[scene_of[i]] = fmax(told->error_h, told->shape_h);
    }
    add_up(spans, evidence, scene_of, calls, made);
    double usual_s = usual_duration(spans);
    for (size_t s = 0; s < scene->service_count && usual_s > 0; s++) {
        made->clue[s] = log1p(made->lost_s[s] / (noted_share * usual_s));
        made->own_clue[s] = log1p(made->own_s[s] / (noted_share * usual_s));
    }
    made->known = true;
    made->evidence = evidence;
    return pick_exemplars(spans, evidence, scene_of, out, made, err);
}

caus_status caus_trace_clues_find(const caus_scene *scene,
                                  const caus_spans *spans, const caus_run *run,
                                  caus_arena *out, caus_trace_clues *result,
                                  caus_error *err)
{
    size_t count = scene->service_count;
    caus_trace_clues made = {
        .service_count = count,
        .clue = CAUS_ARRAY(out, double, count + 1),
        .lost_s = CAUS_ARRAY(out, double, count + 1),
        .own_s = CAUS_ARRAY(out, double, count + 1),
        .own_clue = CAUS_ARRAY(out, double, count + 1),
        .failing = CAUS_ARRAY(out, double, count + 1),
        .exemplars = CAUS_ARRAY(out, const char *const *, count + 1),
        .exemplar_count = CAUS_ARRAY(out, size_t, count + 1)};
    if (!made.clue || !made.lost_s || !made.own_s || !made.own_clue ||
        !made.failing || !made.exemplars || !made.exemplar_count)
        return caus_arena_fail(out, err);
    caus_error reason;
    caus_status status =
        spans ? weigh(scene, spans, run, out, &made, &reason) : CAUS_OK;
    if (status != CAUS_OK && status != CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_FAIL(err, status, "%s", reason.message);
    *result = made;
    return CAUS_OK;
}
