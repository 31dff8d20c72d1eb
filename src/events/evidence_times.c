/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "events/evidence_internal.h"

static const double ns_a_second = 1e9;
/* Spans are told in microseconds. */
static const double resolution_s = 1e-6;

double caus_evidence_extra_s(const caus_evidence_work *work,
                             const caus_sample *normal,
                             const caus_sample *incident)
{
    size_t traces = work->trace_counts[CAUS_PHASE_INCIDENT];
    return (caus_sample_trimmed_mean(incident) -
            caus_sample_trimmed_mean(normal)) *
           (double)caus_sample_size(incident) / (double)traces;
}

/* The effect, test and exemplars of two samples of times. */
static void compare_times(const caus_evidence_work *work,
                          const caus_sample *normal,
                          const caus_sample *incident,
                          caus_trace_finding *finding)
{
    double before = caus_sample_quantile(normal, 0.5);
    double after = caus_sample_quantile(incident, 0.5);
    finding->counts[CAUS_PHASE_NORMAL] = caus_sample_size(normal);
    finding->counts[CAUS_PHASE_INCIDENT] = caus_sample_size(incident);
    finding->values[CAUS_PHASE_NORMAL] = before;
    finding->values[CAUS_PHASE_INCIDENT] = after;
    finding->effect =
        (after - before) / caus_sample_spread(normal, resolution_s);
    finding->extra_s = caus_evidence_extra_s(work, normal, incident);
    finding->p_value =
        caus_mann_whitney(normal, incident, &finding->superiority);
    caus_evidence_pick(work, normal, incident, finding->superiority - 0.5,
                       finding);
}

static void take_level(const caus_level *level, caus_trace_finding *finding)
{
    finding->counts[CAUS_PHASE_NORMAL] = (size_t)level->spans;
    finding->extra_s = level->extra_s;
    finding->superiority = level->superiority;
    finding->p_value = level->p_value;
}

static caus_status compare_groups(caus_evidence_work *work,
                                  const caus_groups *groups,
                                  const caus_level *levels,
                                  caus_evidence evidence, caus_error *err)
{
    for (size_t i = 0; i < groups->group_count; i++) {
        caus_sample normal = caus_group_sample(groups, i, CAUS_PHASE_NORMAL);
        caus_sample incident =
            caus_group_sample(groups, i, CAUS_PHASE_INCIDENT);
        if (!caus_evidence_is_enough(work, normal.count, incident.count))
            continue;
        caus_trace_finding finding = {
            .evidence = evidence, .operation = i, .callee = CAUS_NO_OPERATION};
        if (evidence == CAUS_EVIDENCE_GAP) {
            finding.operation = caus_pair_first(&work->pairs, i);
            finding.callee = caus_pair_second(&work->pairs, i);
        }
        compare_times(work, &normal, &incident, &finding);
        if (levels[i].is_levelled)
            take_level(&levels[i], &finding);
        CAUS_TRY(caus_evidence_add(work, &finding, err));
    }
    return CAUS_OK;
}

static caus_status compare_values(caus_evidence_work *work,
                                  caus_observation *seen, size_t count,
                                  size_t group_count, caus_evidence evidence,
                                  caus_error *err)
{
    caus_level *levels = CAUS_ARRAY(work->scratch, caus_level, group_count);
    if (!levels)
        return caus_arena_fail(work->scratch, err);
    if (work->is_mixed)
        CAUS_TRY(
            caus_evidence_level(work, seen, &count, group_count, levels, err));
    caus_groups groups;
    CAUS_TRY(caus_group_values(work->spans, seen, count, group_count, work->run,
                               work->scratch, &groups, err));
    return compare_groups(work, &groups, levels, evidence, err);
}

caus_status caus_evidence_self_times(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    caus_observation *seen =
        CAUS_ARRAY(work->scratch, caus_observation, spans->span_count);
    if (!seen)
        return caus_arena_fail(work->scratch, err);
    size_t count = 0;
    for (size_t i = 0; i < spans->span_count; i++)
        if (work->self_ns[i] >= 0 && !work->is_client[spans->operation[i]] &&
            work->waits[i] == CAUS_WAIT_CALLER)
            seen[count++] =
                (caus_observation){(double)work->self_ns[i] / ns_a_second,
                                   spans->operation[i], (uint32_t)i};
    return compare_values(work, seen, count, spans->operation_count,
                          CAUS_EVIDENCE_SELF_TIME, err);
}

/* The only child of a span, if it belongs to another service, somebody waits
 * for it and both durations are known; else CAUS_NO_SPAN. */
static uint32_t only_callee(const caus_evidence_work *work, size_t span)
{
    const caus_spans *spans = work->spans;
    size_t at = work->children.first[span];
    if (work->children.first[span + 1] - at != 1)
        return CAUS_NO_SPAN;
    uint32_t child = work->children.child[at];
    bool is_call =
        caus_span_service(spans, span) != caus_span_service(spans, child);
    bool is_known =
        spans->duration_ns[span] >= 0 && spans->duration_ns[child] >= 0;
    bool is_awaited = work->waits[child] == CAUS_WAIT_CALLER;
    return is_call && is_known && is_awaited ? child : CAUS_NO_SPAN;
}

/* What a caller idles on the way to a child and back; whether it is told. */
static bool find_gap(const caus_evidence_work *work, size_t child,
                     int64_t *gap_ns)
{
    const caus_spans *spans = work->spans;
    uint32_t parent = spans->parent[child];
    bool is_alone =
        parent != CAUS_NO_SPAN && only_callee(work, parent) == child;
    *gap_ns = is_alone
                  ? spans->duration_ns[parent] - spans->duration_ns[child]
                  : work->sides.before_ns[child] + work->sides.behind_ns[child];
    return is_alone || work->slow_way[child];
}

caus_status caus_evidence_gaps(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    caus_observation *seen =
        CAUS_ARRAY(work->scratch, caus_observation, spans->span_count);
    if (!seen)
        return caus_arena_fail(work->scratch, err);
    size_t count = 0;
    for (size_t i = 0; i < spans->span_count; i++) {
        int64_t gap_ns;
        if (!find_gap(work, i, &gap_ns))
            continue;
        uint32_t parent = spans->parent[i];
        uint32_t pair = caus_pairs_add(&work->pairs, spans->operation[parent],
                                       spans->operation[i]);
        if (pair == CAUS_NO_PAIR)
            return caus_evidence_fail_memory(work, err);
        seen[count++] =
            (caus_observation){(double)gap_ns / ns_a_second, pair, parent};
    }
    return compare_values(work, seen, count, work->pairs.count,
                          CAUS_EVIDENCE_GAP, err);
}
