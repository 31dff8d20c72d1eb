/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what the traces lost is lost in each service. */
#include <math.h>
#include <string.h>

#include "caus/trace_evidence.h"
#include "rootcause/rootcause_internal.h"

static const double least_extra_s = .005; /* below it nothing was lost */
static const double plenty_extra_s = .05; /* from it on traces fully count */

/* What a trace gained somewhere. */
typedef struct gain {
    double extra_s;
    double blame; /* as far as it counts against the service */
} gain;

/* A call between two services and what a trace gained on it. */
typedef struct slow_call {
    size_t from, to;
    gain gain;
} slow_call;

/* Where each service stands: [service_count] each. */
typedef struct loss {
    double *lost_s;
    double *blame;
} loss;

/*
 * By medians: where a callee is slow, those who wait for it queue, which makes
 * means of theirs larger than its own. Of the seconds counts the share of the
 * new time that they are: what doubled is likelier the cause than what grew by
 * a tenth, however often it is called.
 */
static gain gain_of(const caus_trace_evidence *evidence,
                    const caus_trace_finding *found)
{
    double before_s = found->values[CAUS_PHASE_NORMAL];
    double after_s = found->values[CAUS_PHASE_INCIDENT];
    double traces = (double)evidence->trace_counts[CAUS_PHASE_INCIDENT];
    double calls = (double)found->counts[CAUS_PHASE_INCIDENT] / traces;
    if (!(after_s > before_s))
        return (gain){0};
    gain made = {.extra_s = calls * (after_s - before_s)};
    made.blame = made.extra_s;
    if (before_s > 0)
        made.blame *= 1 - before_s / after_s;
    return made;
}

static int by_caller(const slow_call *a, const slow_call *b)
{
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->gain.blame > b->gain.blame) - (a->gain.blame < b->gain.blame);
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
                     gain gained)
{
    size_t at = 0;
    while (at < *count && (calls[at].from != from || calls[at].to != to))
        at++;
    if (at == *count)
        calls[(*count)++] = (slow_call){.from = from, .to = to};
    calls[at].gain.extra_s += gained.extra_s;
    calls[at].gain.blame += gained.blame;
}

/*
 * A caller whose calls are slow to most callees is slow itself: the median over
 * them, as often as it calls. To one callee alone the blame is that one's.
 */
static void blame_callers(slow_call *calls, size_t count, loss *result)
{
    sort_calls(calls, count);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && calls[end].from == calls[i].from)
            end++;
        size_t width = end - i;
        const gain *low = &calls[i + (width - 1) / 2].gain;
        const gain *high = &calls[i + width / 2].gain;
        if (width >= 2) {
            result->lost_s[calls[i].from] +=
                .5 * (double)width * (low->extra_s + high->extra_s);
            result->blame[calls[i].from] +=
                .5 * (double)width * (low->blame + high->blame);
        }
        i = end;
    }
}

/* What a trace lost in each service. */
static void add_up(const caus_spans *spans, const caus_trace_evidence *evidence,
                   const size_t *scene_of, slow_call *calls, loss *result)
{
    size_t count = 0;
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        bool gap = found->evidence == CAUS_EVIDENCE_GAP;
        if (!gap && found->evidence != CAUS_EVIDENCE_SELF_TIME)
            continue;
        gain gained = gain_of(evidence, found);
        size_t from = scene_of[spans->operations[found->operation].service];
        size_t to =
            gap ? scene_of[spans->operations[found->callee].service] : from;
        result->lost_s[to] += gained.extra_s;
        result->blame[to] += gained.blame;
        if (gap)
            add_call(calls, &count, from, to, gained);
    }
    blame_callers(calls, count, result);
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
    loss lost = {.lost_s = made->lost_s,
                 .blame = CAUS_ARRAY(out, double, scene->service_count + 1)};
    if (!lost.blame)
        return caus_arena_fail(out, err);
    add_up(spans, evidence, scene_of, calls, &lost);
    double total = 0, most = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        total += lost.blame[s];
        most = fmax(most, lost.blame[s]);
    }
    made->known = true;
    made->evidence = evidence;
    made->weight = total > least_extra_s ? fmin(1, total / plenty_extra_s) : 0;
    for (size_t s = 0; s < scene->service_count; s++)
        made->share[s] = most > 0 ? lost.blame[s] / most : 0;
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
