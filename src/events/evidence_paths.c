/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "events/evidence_internal.h"

/* Clients of many libraries name all calls alike ("HTTP POST"): what such a
 * span asks, once or repeatedly, tells its step from others, as numbers behind
 * all operations. */
static uint32_t step_of(const caus_evidence_work *work, size_t span)
{
    const caus_spans *spans = work->spans;
    const uint32_t *first = &work->children.first[span];
    uint32_t operation = spans->operation[span];
    if (!work->is_client[operation] ||
        work->called[operation] != CAUS_NO_OPERATION || first[0] == first[1])
        return operation;
    uint32_t callee = spans->operation[work->children.child[first[0]]];
    for (uint32_t i = first[0]; i < first[1]; i++)
        if (spans->operation[work->children.child[i]] != callee)
            return operation;
    return (uint32_t)spans->operation_count + callee;
}

/* The number of the path of each span; roots pair with the number 0. */
static caus_status number_paths(caus_evidence_work *work, uint32_t *path_of,
                                caus_error *err)
{
    const caus_spans *spans = work->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t parent = spans->parent[i];
        uint32_t above = parent == CAUS_NO_SPAN ? 0 : path_of[parent] + 1;
        path_of[i] = caus_pairs_add(&work->pairs, above, step_of(work, i));
        if (path_of[i] == CAUS_NO_PAIR)
            return caus_evidence_fail_memory(work, err);
    }
    return CAUS_OK;
}

static void count_traces(const caus_spans *spans, const uint32_t *path_of,
                         caus_evidence_path *paths)
{
    for (size_t i = 0; i < spans->span_count; i++) {
        caus_evidence_path *at = &paths[path_of[i]];
        uint32_t trace = spans->trace[i] + 1, parent = spans->parent[i];
        caus_phase phase = caus_span_phase(spans, i);
        bool failed_above = parent != CAUS_NO_SPAN && spans->failed[parent];
        at->traces[phase] += !failed_above && at->trace != trace;
        at->trace = failed_above ? at->trace : trace;
        at->open[phase] += !spans->failed[i] && at->open_trace != trace;
        at->open_trace = spans->failed[i] ? at->open_trace : trace;
    }
}

/* What paths that can be compared are like. */
typedef struct usual_paths {
    double count;
    caus_step_habit habit; /* of those that the normal phase takes */
} usual_paths;

static usual_paths look_at(const caus_evidence_work *work,
                           const caus_evidence_path *paths)
{
    double count = 0;
    caus_step_sums sums = {0, 0, 0};
    for (size_t i = 0; i < work->pairs.count; i++) {
        const caus_evidence_path *above =
            paths[i].parent ? &paths[paths[i].parent - 1] : NULL;
        if (!above ||
            !caus_evidence_is_enough(work, above->open[0], above->open[1]))
            continue;
        count++;
        if (!paths[i].traces[CAUS_PHASE_NORMAL])
            continue;
        caus_step_sums_add(&sums, (double)paths[i].traces[CAUS_PHASE_NORMAL] /
                                      (double)above->open[CAUS_PHASE_NORMAL]);
    }
    return (usual_paths){count, caus_step_habit_of(&sums)};
}

static caus_status compare_path(caus_evidence_work *work,
                                caus_evidence_path *paths, size_t number,
                                const usual_paths *usual, caus_error *err)
{
    caus_evidence_path *at = &paths[number];
    const double changed_p = 0.01;
    if (at->parent == 0)
        return CAUS_OK;
    caus_evidence_path *above = &paths[at->parent - 1];
    at->has_changed = above->has_changed;
    if (!caus_evidence_is_enough(work, above->open[0], above->open[1]))
        return CAUS_OK;
    caus_trace_finding finding = {.evidence = CAUS_EVIDENCE_PATH,
                                  .operation = above->operation,
                                  .callee = at->operation,
                                  .stopped_after = CAUS_NO_OPERATION,
                                  .counts = {above->open[0], above->open[1]}};
    caus_evidence_compare_shares(at->traces, &finding);
    finding.p_value =
        at->traces[CAUS_PHASE_NORMAL]
            ? caus_step_p(&usual->habit, at->traces, finding.counts)
            : caus_evidence_share_p(at->traces, finding.counts);
    double chance = fmin(1, finding.p_value * usual->count);
    bool has_changed = chance <= changed_p;
    finding.begins_here = has_changed && !above->has_changed;
    if (!above->has_changed)
        finding.sureness = has_changed ? 1 : log(chance) / log(changed_p);
    at->has_changed = at->has_changed || has_changed;
    CAUS_TRY(caus_evidence_add(work, &finding, err));
    at->finding = work->finding_count;
    if (finding.effect < 0) {
        at->next_wanted = above->wanted;
        above->wanted = number + 1;
    }
    return CAUS_OK;
}

/* Gives traces without a path to the paths below `above` that want some; those
 * that have enough are taken off the list. */
static void give_absent(caus_evidence_work *work, caus_evidence_path *paths,
                        caus_evidence_path *above, uint32_t trace)
{
    size_t *link = &above->wanted;
    while (*link) {
        caus_evidence_path *at = &paths[*link - 1];
        bool is_open = true;
        if (at->trace != trace + 1)
            is_open = caus_evidence_add_exemplar(
                &work->findings[at->finding - 1], trace);
        if (is_open)
            link = &at->next_wanted;
        else
            *link = at->next_wanted;
    }
}

static void find_exemplars(caus_evidence_work *work, caus_evidence_path *paths,
                           const uint32_t *path_of)
{
    const caus_spans *spans = work->spans;
    for (size_t t = 0; t < spans->trace_count; t++) {
        if (spans->trace_phase[t] != CAUS_PHASE_INCIDENT)
            continue;
        size_t from = spans->trace_start[t], end = spans->trace_start[t + 1];
        for (size_t i = from; i < end; i++) {
            caus_evidence_path *at = &paths[path_of[i]];
            at->trace = (uint32_t)t + 1;
            if (at->finding && work->findings[at->finding - 1].effect > 0)
                caus_evidence_add_exemplar(&work->findings[at->finding - 1], t);
        }
        for (size_t i = from; i < end; i++)
            give_absent(work, paths, &paths[path_of[i]], (uint32_t)t);
    }
}

caus_status caus_evidence_paths(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    uint32_t *path_of = CAUS_ARRAY(work->scratch, uint32_t, spans->span_count);
    if (!path_of)
        return caus_arena_fail(work->scratch, err);
    CAUS_TRY(number_paths(work, path_of, err));
    caus_evidence_path *paths =
        CAUS_ARRAY(work->scratch, caus_evidence_path, work->pairs.count);
    if (!paths)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < work->pairs.count; i++) {
        paths[i].parent = caus_pair_first(&work->pairs, i);
        uint32_t step = caus_pair_second(&work->pairs, i);
        paths[i].operation = step % (uint32_t)spans->operation_count;
    }
    count_traces(spans, path_of, paths);
    usual_paths usual = look_at(work, paths);
    for (size_t i = 0; i < work->pairs.count; i++)
        CAUS_TRY(compare_path(work, paths, i, &usual, err));
    CAUS_TRY(caus_evidence_stops(work, path_of, usual.count, paths, err));
    find_exemplars(work, paths, path_of);
    return CAUS_OK;
}
