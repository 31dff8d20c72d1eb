/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what the traces lost is lost in each service. */
#include <math.h>
#include <string.h>

#include "caus/trace_evidence.h"
#include "rootcause/rootcause_internal.h"

static const double least_extra_s = .005; /* below it nothing was lost */
static const double plenty_extra_s = .05; /* from it on traces fully count */

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
    calls[at].extra_s += fmax(extra_s, 0);
}

/*
 * A caller whose calls are slow to most callees is slow itself: the median over
 * them, as often as it calls. To one callee alone the blame is that one's.
 */
static void blame_callers(slow_call *calls, size_t count, double *lost_s)
{
    sort_calls(calls, count);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && calls[end].from == calls[i].from)
            end++;
        size_t width = end - i, middle = i + width / 2;
        double median = width % 2 ? calls[middle].extra_s
                                  : .5 * calls[middle - 1].extra_s +
                                        .5 * calls[middle].extra_s;
        if (width >= 2)
            lost_s[calls[i].from] += (double)width * median;
        i = end;
    }
}

/* Seconds that a trace lost in each service. */
static void add_up(const caus_spans *spans, const caus_trace_evidence *evidence,
                   const size_t *scene_of, slow_call *calls, double *lost_s)
{
    size_t count = 0;
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        size_t from = scene_of[spans->operations[found->operation].service];
        if (found->evidence == CAUS_EVIDENCE_SELF_TIME)
            lost_s[from] += fmax(found->extra_s, 0);
        if (found->evidence != CAUS_EVIDENCE_GAP)
            continue;
        size_t to = scene_of[spans->operations[found->callee].service];
        lost_s[to] += fmax(found->extra_s, 0);
        add_call(calls, &count, from, to, found->extra_s);
    }
    blame_callers(calls, count, lost_s);
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
    for (size_t i = 0; i < spans->service_count; i++)
        scene_of[i] = caus_scene_find(scene, spans->services[i]);
    add_up(spans, evidence, scene_of, calls, made->lost_s);
    double total = 0, most = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        total += made->lost_s[s];
        most = fmax(most, made->lost_s[s]);
    }
    made->known = true;
    made->evidence = evidence;
    made->weight = total > least_extra_s ? fmin(1, total / plenty_extra_s) : 0;
    for (size_t s = 0; s < scene->service_count; s++)
        made->share[s] = most > 0 ? made->lost_s[s] / most : 0;
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
        .share = CAUS_ARRAY(out, double, count + 1),
        .lost_s = CAUS_ARRAY(out, double, count + 1),
        .exemplars = CAUS_ARRAY(out, const char *const *, count + 1),
        .exemplar_count = CAUS_ARRAY(out, size_t, count + 1)};
    if (!made.share || !made.lost_s || !made.exemplars || !made.exemplar_count)
        return caus_arena_fail(out, err);
    caus_error reason;
    caus_status status =
        spans ? weigh(scene, spans, run, out, &made, &reason) : CAUS_OK;
    if (status != CAUS_OK && status != CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_FAIL(err, status, "%s", reason.message);
    *result = made;
    return CAUS_OK;
}
