/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what the traces lost is lost in each service. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "caus/trace_evidence.h"
#include "rootcause/beyond.h"
#include "rootcause/placebo.h"
#include "rootcause/trace_windows.h"
#include "rootcause/weights.h"

/* A loss of so much of what a normal trace takes is a clue of log 2. */
static const double noted_share = .01;
/* So many times the surprise of healthy windows is surely none of theirs. */
static const double sure_ratio = 2.5;

/* Calls between two services, how many a trace makes and what it gained on
 * them. */
typedef struct slow_call {
    size_t from, to;
    size_t number; /* of those that are added up */
    double count;
    double extra_s;
} slow_call;

static double each_extra(const slow_call *call)
{
    return call->count > 0 ? call->extra_s / call->count : 0;
}

static int order_of(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_ends(const void *a, const void *b)
{
    const slow_call *x = a, *y = b;
    int from = order_of(x->from, y->from), to = order_of(x->to, y->to);
    return from ? from : to ? to : order_of(x->number, y->number);
}

static int by_caller(const void *a, const void *b)
{
    const slow_call *call = a, *other = b;
    double x = each_extra(call), y = each_extra(other);
    int from = order_of(call->from, other->from), extra = (x > y) - (x < y);
    return from ? from : extra ? extra : order_of(call->to, other->to);
}

/* Adds up the calls between the same two services; how many are left. */
static size_t join_calls(slow_call *calls, size_t count)
{
    size_t kept = 0;
    qsort(calls, count, sizeof *calls, by_ends);
    for (size_t i = 0; i < count; i++) {
        slow_call *last = kept ? &calls[kept - 1] : NULL;
        if (!last || last->from != calls[i].from || last->to != calls[i].to) {
            calls[kept++] = calls[i];
            continue;
        }
        last->count += calls[i].count;
        last->extra_s += calls[i].extra_s;
    }
    return kept;
}

/*
 * A caller whose calls are slow to most callees is slow itself: it is blamed
 * for what the median callee's calls gain, each of them, as often as it calls,
 * each callee for what is beyond. Whom it calls most often is no slower for
 * that.
 */
static void blame_calls(slow_call *calls, size_t count, double *lost_s)
{
    qsort(calls, count, sizeof *calls, by_caller);
    for (size_t from = 0, end; from < count; from = end) {
        for (end = from; end < count && calls[end].from == calls[from].from;)
            end++;
        size_t width = end - from;
        double shared =
            width > 1 ? each_extra(&calls[from + (width - 1) / 2]) : 0;
        for (size_t i = from; i < end; i++) {
            double own = fmin(calls[i].extra_s, shared * calls[i].count);
            lost_s[calls[i].from] += own;
            lost_s[calls[i].to] += calls[i].extra_s - own;
        }
    }
}

/* Seconds that the own time of each operation gained: [operation_count]; NULL =
 * no memory. */
static const double *own_extras(const caus_spans *spans,
                                const caus_trace_evidence *evidence,
                                caus_arena *out)
{
    double *extra_s = CAUS_ARRAY(out, double, spans->operation_count + 1);
    for (size_t i = 0; extra_s && i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        if (found->evidence == CAUS_EVIDENCE_SELF_TIME)
            extra_s[found->operation] = fmax(found->extra_s, 0);
    }
    return extra_s;
}

/* How far the seconds of a finding count, in [0, 1]: a mean that a few traces
 * carry moves no median, and medians of few traces differ by chance. */
static double weight_of(const caus_trace_evidence *evidence,
                        const caus_trace_finding *found, double chance)
{
    double surprise = caus_trace_surprise(evidence, found) / chance - 1;
    return fmax(0, fmin(1, found->effect)) *
           fmax(0, fmin(1, surprise / (sure_ratio - 1)));
}

/* Seconds that a trace lost in each service. Without client spans a gap holds
 * the caller's own work, too, which is nobody else's fault. */
static caus_status add_up(const caus_spans *spans,
                          const caus_trace_evidence *evidence,
                          const size_t *scene_of, double chance,
                          caus_arena *out, caus_trace_clues *made,
                          caus_error *err)
{
    slow_call *calls = CAUS_ARRAY(out, slow_call, evidence->finding_count + 1);
    const double *own_s = own_extras(spans, evidence, out);
    size_t count = 0;
    double traces = (double)evidence->trace_counts[CAUS_PHASE_INCIDENT];
    if (!calls || !own_s)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        size_t from = scene_of[spans->operations[found->operation].service];
        double extra_s =
            fmax(found->extra_s, 0) * weight_of(evidence, found, chance);
        if (found->evidence == CAUS_EVIDENCE_SELF_TIME)
            made->own_s[from] += extra_s;
        if (found->evidence != CAUS_EVIDENCE_GAP)
            continue;
        calls[count] = (slow_call){
            .from = from,
            .to = scene_of[spans->operations[found->callee].service],
            .number = count,
            .count = (double)found->counts[CAUS_PHASE_INCIDENT] / traces,
            .extra_s = fmax(0, extra_s - own_s[found->operation])};
        count++;
    }
    memcpy(made->lost_s, made->own_s,
           made->service_count * sizeof *made->lost_s);
    blame_calls(calls, join_calls(calls, count), made->lost_s);
    return CAUS_OK;
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

/* Whether the time of a finding is lost in the service that is to blame. */
static bool is_of_time(const caus_trace_finding *found)
{
    return found->evidence == CAUS_EVIDENCE_GAP ||
           found->evidence == CAUS_EVIDENCE_SELF_TIME;
}

/* The traces of the finding in which a service gained most. */
static caus_status pick_exemplars(const caus_spans *spans,
                                  const caus_trace_evidence *evidence,
                                  const size_t *scene_of, caus_arena *out,
                                  caus_trace_clues *result, caus_error *err)
{
    const caus_trace_finding **best =
        CAUS_ARRAY(out, const caus_trace_finding *, result->service_count + 1);
    if (!best)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        size_t operation = caus_trace_finding_blamed(found);
        size_t s = scene_of[spans->operations[operation].service];
        if (is_of_time(found) && found->extra_s > 0 &&
            (!best[s] || found->extra_s > best[s]->extra_s))
            best[s] = found;
    }
    for (size_t s = 0; s < result->service_count; s++) {
        if (!best[s])
            continue;
        const char **ids = CAUS_ARRAY(out, const char *, CAUS_EXEMPLARS);
        if (!ids)
            return caus_arena_fail(out, err);
        for (size_t k = 0; k < best[s]->exemplar_count; k++)
            ids[k] = spans->trace_ids[best[s]->exemplars[k]];
        result->exemplars[s] = ids;
        result->exemplar_count[s] = best[s]->exemplar_count;
    }
    return CAUS_OK;
}

static double clue_of(double lost, double unit)
{
    return unit > 0 ? log1p(lost / unit) : 0;
}

/* The share that is so much, as Cohen's h, above none. */
static double share_of(double effect)
{
    double root = sin(fmin(fmax(effect, 0), M_PI) / 2);
    return root * root;
}

/* What the traces of both phases say of every service. */
static caus_status weigh(const caus_spans *spans,
                         const caus_trace_evidence *evidence,
                         const size_t *scene_of, double chance, caus_arena *out,
                         caus_trace_clues *made, caus_error *err)
{
    for (size_t i = 0; i < spans->service_count; i++) {
        const caus_trace_service *told = &evidence->services[i];
        made->failing[scene_of[i]] = fmax(told->error_h, told->shape_h);
        made->begun[scene_of[i]] =
            clue_of(share_of(told->error_h), noted_share);
    }
    return add_up(spans, evidence, scene_of, chance, out, made, err);
}

static caus_status init_clues(size_t services, caus_arena *out,
                              caus_trace_clues *result, caus_error *err)
{
    size_t count = services + 1;
    caus_trace_clues made = {.service_count = services,
                             .lost_over = (double)NAN,
                             .failing_over = (double)NAN,
                             .traced = CAUS_ARRAY(out, bool, count),
                             .clue = CAUS_ARRAY(out, double, count),
                             .lost_s = CAUS_ARRAY(out, double, count),
                             .own_s = CAUS_ARRAY(out, double, count),
                             .own_clue = CAUS_ARRAY(out, double, count),
                             .below = CAUS_ARRAY(out, double, count),
                             .failing = CAUS_ARRAY(out, double, count),
                             .begun = CAUS_ARRAY(out, double, count),
                             .exemplars =
                                 CAUS_ARRAY(out, const char *const *, count),
                             .exemplar_count = CAUS_ARRAY(out, size_t, count)};
    if (!made.traced || !made.clue || !made.lost_s || !made.own_s ||
        !made.own_clue || !made.below || !made.failing || !made.begun ||
        !made.exemplars || !made.exemplar_count)
        return caus_arena_fail(out, err);
    *result = made;
    return CAUS_OK;
}

/* What windows of healthy traces lose: [count × services]. */
typedef struct window_losses {
    size_t count;
    bool is_left_out[CAUS_MOST_WINDOWS];
    double *lost_s, *own_s, *failing, *begun;
    double *clues; /* of lost_s */
} window_losses;

/* One earlier incident at most, of which people would have been told: what is
 * small or comes again is a habit. */
static void leave_out(const caus_trace_windows *windows, size_t services,
                      window_losses *made)
{
    enum { LEAST_WINDOWS = 4 };
    bool loudest[CAUS_MOST_WINDOWS] = {false};
    if (made->count < LEAST_WINDOWS)
        return;
    caus_placebo_leave_out(made->clues, made->count, services, 1, loudest);
    bool is_told = false;
    for (size_t at = 0; at < made->count * services; at++)
        is_told = is_told || (loudest[at / services] &&
                              made->clues[at] >= caus_noted_loss);
    for (size_t i = 0; i < made->count * made->count; i++) {
        size_t a = windows->starts[i / made->count];
        size_t b = windows->starts[i % made->count];
        size_t apart = a < b ? b - a : a - b;
        if (loudest[i / made->count] && apart < windows->width && is_told)
            made->is_left_out[i % made->count] = true;
    }
}

static caus_status weigh_windows(const caus_trace_windows *windows,
                                 const size_t *scene_of, double unit_s,
                                 caus_arena *out, size_t services,
                                 window_losses *result, caus_error *err)
{
    size_t room = windows->count * services + 1;
    window_losses made = {.count = windows->count,
                          .lost_s = CAUS_ARRAY(out, double, room),
                          .own_s = CAUS_ARRAY(out, double, room),
                          .failing = CAUS_ARRAY(out, double, room),
                          .begun = CAUS_ARRAY(out, double, room),
                          .clues = CAUS_ARRAY(out, double, room)};
    if (!made.lost_s || !made.own_s || !made.failing || !made.begun ||
        !made.clues)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < windows->count; i++) {
        caus_trace_clues window = {.service_count = services,
                                   .lost_s = made.lost_s + i * services,
                                   .own_s = made.own_s + i * services,
                                   .failing = made.failing + i * services,
                                   .begun = made.begun + i * services};
        CAUS_TRY(weigh(&windows->spans, &windows->evidence[i], scene_of,
                       windows->chance, out, &window, err));
    }
    for (size_t at = 0; at < windows->count * services; at++)
        made.clues[at] = clue_of(made.lost_s[at], unit_s);
    leave_out(windows, services, &made);
    *result = made;
    return CAUS_OK;
}

/* What is beyond the largest of a service in healthy windows. */
static double beyond(const window_losses *windows, const double *usual,
                     size_t services, size_t service, double loss)
{
    double most = 0;
    for (size_t i = 0; i < windows->count; i++) {
        if (!windows->is_left_out[i])
            most = fmax(most, usual[i * services + service]);
    }
    return fmax(0, loss - most);
}

/* The largest of any service. */
static double largest_of(const double *values, size_t services)
{
    double most = 0;
    for (size_t s = 0; s < services; s++)
        most = fmax(most, values[s]);
    return most;
}

/* How far the incident stands out of the windows that are a habit. */
static void stand_out(const window_losses *windows, double unit_s,
                      caus_trace_clues *made)
{
    double lost[CAUS_MOST_WINDOWS], failing[CAUS_MOST_WINDOWS];
    size_t services = made->service_count, count = 0;
    for (size_t i = 0; i < windows->count; i++) {
        if (windows->is_left_out[i])
            continue;
        lost[count] = largest_of(windows->clues + i * services, services);
        failing[count] = largest_of(windows->failing + i * services, services);
        count++;
    }
    made->lost_over = caus_deviate_beyond(
        lost, count, clue_of(largest_of(made->lost_s, services), unit_s),
        &(caus_windows_prior){caus_chance_clue, caus_prior_windows});
    made->failing_over = caus_deviate_beyond(
        failing, count, largest_of(made->failing, services),
        &(caus_windows_prior){caus_small_effect, caus_prior_windows});
}

/* Clues of what is lost beyond what healthy windows lose. */
static caus_status make_clues(const caus_spans *spans, const size_t *scene_of,
                              const caus_run *run, caus_arena *out,
                              caus_trace_clues *made, caus_error *err)
{
    size_t services = made->service_count;
    double unit_s = noted_share * usual_duration(spans);
    caus_trace_windows *windows = CAUS_ARRAY(out, caus_trace_windows, 1);
    window_losses usual = {0};
    if (!windows)
        return caus_arena_fail(out, err);
    CAUS_TRY(caus_trace_windows_find(spans, run, out, windows, err));
    CAUS_TRY(weigh(spans, made->evidence, scene_of, windows->chance, out, made,
                   err));
    CAUS_TRY(
        weigh_windows(windows, scene_of, unit_s, out, services, &usual, err));
    stand_out(&usual, unit_s, made);
    for (size_t s = 0; s < services; s++) {
        double lost_s =
            beyond(&usual, usual.lost_s, services, s, made->lost_s[s]);
        double own_s = beyond(&usual, usual.own_s, services, s, made->own_s[s]);
        made->clue[s] = clue_of(lost_s, unit_s);
        made->own_clue[s] = clue_of(own_s, unit_s);
        made->failing[s] =
            beyond(&usual, usual.failing, services, s, made->failing[s]);
        made->begun[s] =
            beyond(&usual, usual.begun, services, s, made->begun[s]);
    }
    return CAUS_OK;
}

/* Who waits for a slow service may be slow to its callers' callers. */
static caus_status look_below(const caus_scene *scene, caus_arena *out,
                              caus_trace_clues *made, caus_error *err)
{
    for (size_t s = 0; s < scene->service_count; s++) {
        caus_walk to;
        caus_arena_mark mark = caus_arena_get_mark(out);
        if (made->clue[s] <= 0 && made->failing[s] <= 0)
            continue;
        CAUS_TRY(caus_scene_walk_to_callees(scene, s, out, &to, err));
        for (size_t other = 0; other < scene->service_count; other++) {
            if (other != s && caus_walk_reaches(&to, other))
                made->below[s] = fmax(made->below[s], made->own_clue[other]);
        }
        caus_arena_rewind(out, mark);
    }
    return CAUS_OK;
}

static caus_status find(const caus_scene *scene, const caus_spans *spans,
                        const caus_run *run, caus_arena *out,
                        caus_trace_clues *made, caus_error *err)
{
    caus_trace_evidence *evidence = CAUS_ARRAY(out, caus_trace_evidence, 1);
    size_t *scene_of = CAUS_ARRAY(out, size_t, spans->service_count + 1);
    if (!scene_of || !evidence)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < spans->service_count; i++) {
        scene_of[i] = caus_scene_find(scene, spans->services[i]);
        made->traced[scene_of[i]] = true;
    }
    CAUS_TRY(caus_spans_evidence(spans, NULL, run, out, evidence, err));
    made->evidence = evidence;
    made->known = true;
    CAUS_TRY(pick_exemplars(spans, evidence, scene_of, out, made, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    CAUS_TRY(make_clues(spans, scene_of, run, out, made, err));
    CAUS_TRY(look_below(scene, out, made, err));
    caus_arena_rewind(out, mark);
    return CAUS_OK;
}

caus_status caus_trace_clues_find(const caus_scene *scene,
                                  const caus_spans *spans, const caus_run *run,
                                  caus_arena *out, caus_trace_clues *result,
                                  caus_error *err)
{
    caus_trace_clues made;
    CAUS_TRY(init_clues(scene->service_count, out, &made, err));
    caus_error reason;
    caus_status status =
        spans ? find(scene, spans, run, out, &made, &reason) : CAUS_OK;
    if (status != CAUS_OK && status != CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_FAIL(err, status, "%s", reason.message);
    *result = made;
    return CAUS_OK;
}
