/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callers that stop after an answer: what they would have gone on to is
 * missing, and neither that nor the caller need be at fault. One caller may
 * stop there for a reason of its own; several have the answer in common, and
 * who gave it without all of its own steps gave another one than usual.
 */
#include <math.h>

#include "events/evidence_internal.h"

typedef struct stops {
    const caus_evidence_work *work;
    const uint32_t *path_of;
    caus_evidence_path *paths;
    size_t *caller;    /* [service_count] first operation that stops after it */
    bool *is_to_blame; /* [service_count] another one does, too, or it lacks
                          steps itself */
    bool any_to_blame;
} stops;

/* Finds the last step below each path that a trace has. */
static void find_last(const stops *s, size_t trace)
{
    const caus_spans *spans = s->work->spans;
    size_t from = spans->trace_start[trace];
    size_t end = spans->trace_start[trace + 1];
    for (size_t i = from; i < end; i++) {
        uint32_t parent = spans->parent[i];
        if (parent == CAUS_NO_SPAN || s->work->waits[i] != CAUS_WAIT_CALLER)
            continue;
        size_t *last = &s->paths[s->path_of[parent]].last;
        bool is_first = *last <= from || *last > end;
        if (is_first || spans->start_ns[i] >= spans->start_ns[*last - 1])
            *last = i + 1;
    }
}

/* Whether a span is the last step of its trace below its parent's path, and
 * neither failed. */
static bool is_last(const stops *s, size_t span)
{
    const caus_spans *spans = s->work->spans;
    uint32_t parent = spans->parent[span];
    return parent != CAUS_NO_SPAN && !spans->failed[span] &&
           !spans->failed[parent] &&
           s->paths[s->path_of[parent]].last == span + 1;
}

static void count_stops(const stops *s)
{
    const caus_spans *spans = s->work->spans;
    for (size_t t = 0; t < spans->trace_count; t++) {
        find_last(s, t);
        for (size_t i = spans->trace_start[t]; i < spans->trace_start[t + 1];
             i++)
            s->paths[s->path_of[i]].stopped[spans->trace_phase[t]] +=
                is_last(s, i);
    }
}

static bool is_known(const stops *s, const caus_evidence_path *at)
{
    return at->parent &&
           caus_evidence_is_enough(s->work, at->traces[0], at->traces[1]);
}

static double share_of(const caus_evidence_path *at)
{
    return (double)at->stopped[0] / (double)at->traces[0];
}

/* How often a step is the last. */
static caus_step_habit habit_of(const stops *s)
{
    caus_step_sums sums = {0, 0, 0};
    for (size_t i = 0; i < s->work->pairs.count; i++) {
        const caus_evidence_path *at = &s->paths[i];
        if (!is_known(s, at))
            continue;
        caus_step_sums_add(&sums, share_of(at));
    }
    return caus_step_habit_of(&sums);
}

/* Stops of the incident beyond what is usual after a step. */
static double excess_of(const caus_evidence_path *at)
{
    return (double)at->stopped[1] - share_of(at) * (double)at->traces[1];
}

/* An operation of the service that a step calls; none within a service. */
static size_t called_by(const stops *s, const caus_evidence_path *at)
{
    const caus_operation *operations = s->work->spans->operations;
    if (s->work->is_client[at->operation])
        return s->work->called[at->operation];
    const caus_evidence_path *above = &s->paths[at->parent - 1];
    return operations[at->operation].service ==
                   operations[above->operation].service
               ? CAUS_NO_OPERATION
               : at->operation;
}

static void note_caller(stops *s, size_t operation, size_t callee,
                        bool is_short)
{
    size_t service = s->work->spans->operations[callee].service;
    if (s->caller[service] == CAUS_NO_OPERATION)
        s->caller[service] = operation;
    if (is_short || s->caller[service] != operation)
        s->any_to_blame = s->is_to_blame[service] = true;
}

/* Whether most of those that stop after a step lack steps below it, where the
 * callee answers: that one stopped first. */
static bool is_short_answer(const caus_evidence_path *at)
{
    return 2 * at->lacking >= excess_of(at);
}

/* Requests that came to a step and took a later one less often than usual: the
 * most of any step that begins to be missing below it, but for calls that
 * nobody answered. Steps have larger numbers than those above them. */
static void find_lacking(stops *s)
{
    for (size_t i = s->work->pairs.count; i-- > 0;) {
        caus_evidence_path *at = &s->paths[i];
        if (!at->parent)
            continue;
        caus_evidence_path *above = &s->paths[at->parent - 1];
        const caus_trace_finding *found =
            at->finding ? &s->work->findings[at->finding - 1] : NULL;
        double lacking = at->lacking;
        if (found && found->begins_here && found->effect < 0 &&
            !s->work->is_client[above->operation])
            lacking = (found->values[0] - found->values[1]) *
                      (double)found->counts[1];
        above->lacking = fmax(above->lacking, lacking);
    }
}

/* Who stops where unusually often; who stops since a callee did is explained by
 * that one. */
static void find_stops(stops *s, double path_count)
{
    const double surely = 0.01;
    caus_step_habit habit = habit_of(s);
    for (size_t i = s->work->pairs.count; i-- > 0;) {
        caus_evidence_path *at = &s->paths[i];
        if (!is_known(s, at) || excess_of(at) <= 0)
            continue;
        double p = caus_step_p(&habit, at->stopped, at->traces) * path_count;
        caus_evidence_path *above = &s->paths[at->parent - 1];
        size_t callee = called_by(s, at);
        bool is_below = at->halted_at != CAUS_NO_OPERATION;
        if (p > surely || (callee == CAUS_NO_OPERATION && !is_below))
            continue;
        if (!is_below)
            note_caller(s, above->operation, callee, is_short_answer(at));
        if (above->stop &&
            excess_of(at) <= excess_of(&s->paths[above->stop - 1]))
            continue;
        above->stop = i + 1;
        above->halted_at = is_below ? at->halted_at : callee;
    }
}

/* Of traces of the incident that stop, those that lack a step that has become
 * rarer. */
static void count_absent(const stops *s, size_t trace)
{
    const caus_spans *spans = s->work->spans;
    size_t from = spans->trace_start[trace];
    size_t end = spans->trace_start[trace + 1];
    find_last(s, trace);
    for (size_t i = from; i < end; i++)
        s->paths[s->path_of[i]].trace = (uint32_t)trace + 1;
    for (size_t i = from; i < end; i++) {
        if (!is_last(s, i))
            continue;
        caus_evidence_path *above = &s->paths[s->path_of[spans->parent[i]]];
        if (above->stop != s->path_of[i] + (size_t)1)
            continue;
        for (size_t k = above->wanted; k; k = s->paths[k - 1].next_wanted)
            s->paths[k - 1].absent += s->paths[k - 1].trace != trace + 1;
    }
}

/* Blames who gave the last answer for a step that half lack since they stop
 * after it. */
static void blame(const stops *s, const caus_evidence_path *at)
{
    const double least = 0.5;
    if (!at->finding || !at->absent)
        return;
    const caus_evidence_path *above = &s->paths[at->parent - 1];
    const caus_evidence_path *stop = &s->paths[above->stop - 1];
    size_t service = s->work->spans->operations[above->halted_at].service;
    double lacking = (double)(above->open[1] - at->traces[1]);
    double beyond = excess_of(stop) / (double)stop->stopped[1];
    if (s->is_to_blame[service] &&
        (double)at->absent * beyond >= least * lacking)
        s->work->findings[at->finding - 1].stopped_after = above->halted_at;
}

caus_status caus_evidence_stops(caus_evidence_work *work,
                                const uint32_t *path_of, double path_count,
                                caus_evidence_path *paths, caus_error *err)
{
    const caus_spans *spans = work->spans;
    stops s = {
        .work = work,
        .path_of = path_of,
        .paths = paths,
        .caller = CAUS_ARRAY(work->scratch, size_t, spans->service_count),
        .is_to_blame = CAUS_ARRAY(work->scratch, bool, spans->service_count)};
    if (!s.caller || !s.is_to_blame)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < spans->service_count; i++)
        s.caller[i] = CAUS_NO_OPERATION;
    for (size_t i = 0; i < work->pairs.count; i++)
        paths[i].halted_at = CAUS_NO_OPERATION;
    count_stops(&s);
    find_lacking(&s);
    find_stops(&s, path_count);
    if (!s.any_to_blame)
        return CAUS_OK;
    for (size_t t = 0; t < spans->trace_count; t++) {
        if (spans->trace_phase[t] == CAUS_PHASE_INCIDENT)
            count_absent(&s, t);
    }
    for (size_t i = 0; i < work->pairs.count; i++)
        blame(&s, &paths[i]);
    return CAUS_OK;
}
