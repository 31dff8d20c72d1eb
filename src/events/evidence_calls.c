/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "events/evidence_internal.h"

/* ---- where failures begin ---- */

static bool is_origin(const caus_evidence_work *work, size_t span)
{
    if (!work->spans->failed[span])
        return false;
    for (size_t k = work->children.first[span];
         k < work->children.first[span + 1]; k++)
        if (work->spans->failed[work->children.child[k]])
            return false;
    return true;
}

caus_status caus_evidence_errors(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    typedef size_t tally[CAUS_PHASE_COUNT];
    tally *origins = CAUS_ARRAY(work->scratch, tally, spans->operation_count);
    uint32_t(*first)[CAUS_EXEMPLARS] =
        caus_arena_array(work->scratch, spans->operation_count, sizeof *first);
    if (!origins || !first)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; spans->has_status && i < spans->span_count; i++) {
        caus_phase phase = caus_span_phase(spans, i);
        uint32_t operation = spans->operation[i];
        if (!is_origin(work, i))
            continue;
        size_t before = origins[operation][phase]++;
        if (phase == CAUS_PHASE_INCIDENT && before < CAUS_EXEMPLARS)
            first[operation][before] = spans->trace[i];
    }
    for (size_t i = 0; spans->has_status && i < spans->operation_count; i++) {
        const size_t *counts = work->operation_spans + 2 * i;
        if (!caus_evidence_is_enough(work, counts[0], counts[1]))
            continue;
        caus_trace_finding finding = {.evidence = CAUS_EVIDENCE_ERRORS,
                                      .operation = i,
                                      .callee = work->called[i],
                                      .counts = {counts[0], counts[1]}};
        caus_evidence_compare_shares(origins[i], &finding);
        finding.p_value = caus_evidence_share_p(origins[i], finding.counts);
        for (size_t k = 0;
             k < CAUS_EXEMPLARS && k < origins[i][CAUS_PHASE_INCIDENT]; k++)
            caus_evidence_add_exemplar(&finding, first[i][k]);
        CAUS_TRY(caus_evidence_add(work, &finding, err));
    }
    return CAUS_OK;
}

/* ---- calls a parent span ---- */

typedef struct call_counter {
    uint32_t *parent; /* [pairs] the parent span counted last, + 1 */
    uint32_t *count;  /* [pairs] its children of the operation */
    caus_observation *seen;
    size_t seen_count;
} call_counter;

/* Observes how many children of each operation a span has. */
static void count_children(caus_evidence_work *work, call_counter *counter,
                           uint32_t span)
{
    const caus_spans *spans = work->spans;
    size_t first = counter->seen_count;
    for (size_t k = work->children.first[span];
         k < work->children.first[span + 1]; k++) {
        uint32_t child = work->children.child[k];
        uint32_t pair = caus_pairs_add(&work->pairs, spans->operation[span],
                                       spans->operation[child]);
        if (counter->parent[pair] != span + 1) {
            counter->parent[pair] = span + 1;
            counter->count[pair] = 0;
            counter->seen[counter->seen_count++] =
                (caus_observation){0, pair, span};
        }
        counter->count[pair]++;
    }
    for (size_t i = first; i < counter->seen_count; i++)
        counter->seen[i].value = counter->count[counter->seen[i].group];
}

static caus_status find_pairs(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t parent = spans->parent[i];
        if (parent != CAUS_NO_SPAN &&
            caus_pairs_add(&work->pairs, spans->operation[parent],
                           spans->operation[i]) == CAUS_NO_PAIR)
            return caus_evidence_fail_memory(work, err);
    }
    return CAUS_OK;
}

static caus_status compare_calls(caus_evidence_work *work,
                                 const caus_groups *groups, size_t pair,
                                 caus_error *err)
{
    size_t operation = caus_pair_first(&work->pairs, pair);
    const size_t *parents = work->operation_spans + 2 * operation;
    caus_sample normal = caus_group_sample(groups, pair, CAUS_PHASE_NORMAL);
    caus_sample incident = caus_group_sample(groups, pair, CAUS_PHASE_INCIDENT);
    if (!caus_evidence_is_enough(work, parents[0], parents[1]))
        return CAUS_OK;
    normal.zeros = parents[CAUS_PHASE_NORMAL] - normal.count;
    incident.zeros = parents[CAUS_PHASE_INCIDENT] - incident.count;
    double before = caus_sample_mean(&normal);
    double after = caus_sample_mean(&incident);
    caus_trace_finding finding = {.evidence = CAUS_EVIDENCE_CALLS,
                                  .operation = operation,
                                  .callee =
                                      caus_pair_second(&work->pairs, pair),
                                  .counts = {parents[0], parents[1]},
                                  .values = {before, after},
                                  .effect = after - before};
    finding.p_value =
        caus_mann_whitney(&normal, &incident, &finding.superiority);
    caus_evidence_pick(work, &normal, &incident, finding.effect, &finding);
    return caus_evidence_add(work, &finding, err);
}

caus_status caus_evidence_calls(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    CAUS_TRY(find_pairs(work, err));
    size_t pairs = work->pairs.count;
    call_counter counter = {
        .parent = CAUS_ARRAY(work->scratch, uint32_t, pairs),
        .count = CAUS_ARRAY(work->scratch, uint32_t, pairs),
        .seen = CAUS_ARRAY(work->scratch, caus_observation, spans->span_count)};
    if (!counter.parent || !counter.count || !counter.seen)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++)
        count_children(work, &counter, (uint32_t)i);
    caus_groups groups;
    CAUS_TRY(caus_group_values(spans, counter.seen, counter.seen_count, pairs,
                               work->run, work->scratch, &groups, err));
    for (size_t i = 0; i < pairs; i++)
        CAUS_TRY(compare_calls(work, &groups, i, err));
    return CAUS_OK;
}
