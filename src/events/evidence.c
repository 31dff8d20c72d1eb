/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "events/evidence_internal.h"

enum { MIN_SPANS = 3 };

const char *caus_evidence_name(caus_evidence evidence)
{
    static const char *const names[CAUS_EVIDENCE_COUNT] = {
        "self time", "gap", "errors", "calls", "path"};
    return evidence < CAUS_EVIDENCE_COUNT ? names[evidence] : "";
}

caus_status caus_evidence_fail_memory(const caus_evidence_work *work,
                                      caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory to compare %zu spans", work->spans->span_count);
}

caus_status caus_evidence_add(caus_evidence_work *work,
                              const caus_trace_finding *finding,
                              caus_error *err)
{
    if (!caus_reserve(&work->findings, work->finding_count,
                      &work->finding_capacity, sizeof *work->findings))
        return caus_evidence_fail_memory(work, err);
    work->findings[work->finding_count++] = *finding;
    return CAUS_OK;
}

bool caus_evidence_add_exemplar(caus_trace_finding *finding, size_t trace)
{
    for (size_t i = 0; i < finding->exemplar_count; i++)
        if (finding->exemplars[i] == trace)
            return finding->exemplar_count < CAUS_EXEMPLARS;
    if (finding->exemplar_count < CAUS_EXEMPLARS)
        finding->exemplars[finding->exemplar_count++] = trace;
    return finding->exemplar_count < CAUS_EXEMPLARS;
}

/* The ranks of the incident's listed values that lie beyond the normal ones. */
static void find_beyond(const caus_sample *normal, const caus_sample *incident,
                        double sign, size_t *from, size_t *end)
{
    const double common = 0.95;
    double edge = caus_sample_quantile(normal, sign > 0 ? common : 1 - common);
    *from = 0;
    *end = incident->count;
    while (sign > 0 && *from < *end && incident->values[*from].value <= edge)
        ++*from;
    while (sign < 0 && *from < *end && incident->values[*end - 1].value >= edge)
        --*end;
    if (*from == *end) { /* nothing unusual: the typical will do */
        *from = 0;
        *end = incident->count;
    }
}

void caus_evidence_pick(const caus_evidence_work *work,
                        const caus_sample *normal, const caus_sample *incident,
                        double sign, caus_trace_finding *finding)
{
    size_t from, end;
    find_beyond(normal, incident, sign, &from, &end);
    /* from the middle outwards */
    size_t up = from + (end - from) / 2, down = up;
    bool is_open = true;
    while (is_open && (up < end || down > from)) {
        if (up < end)
            is_open = caus_evidence_add_exemplar(
                finding, work->spans->trace[incident->values[up++].span]);
        if (is_open && down > from)
            is_open = caus_evidence_add_exemplar(
                finding, work->spans->trace[incident->values[--down].span]);
    }
}

void caus_evidence_compare_shares(const size_t hits[CAUS_PHASE_COUNT],
                                  caus_trace_finding *finding)
{
    double share[CAUS_PHASE_COUNT];
    for (int i = 0; i < CAUS_PHASE_COUNT; i++) {
        share[i] = (double)hits[i] / (double)finding->counts[i];
        finding->values[i] = share[i];
    }
    finding->effect = 2 * (asin(sqrt(share[CAUS_PHASE_INCIDENT])) -
                           asin(sqrt(share[CAUS_PHASE_NORMAL])));
    finding->superiority =
        0.5 + (share[CAUS_PHASE_INCIDENT] - share[CAUS_PHASE_NORMAL]) / 2;
}

double caus_evidence_share_p(const size_t hits[CAUS_PHASE_COUNT],
                             const size_t counts[CAUS_PHASE_COUNT])
{
    return caus_fisher_exact(hits[CAUS_PHASE_NORMAL], counts[CAUS_PHASE_NORMAL],
                             hits[CAUS_PHASE_INCIDENT],
                             counts[CAUS_PHASE_INCIDENT]);
}

/* ---- what the measures share ---- */

/* Whether a span has a call of its service by another below it, and nothing
 * else: below another span of the service, with the callee's span below it. */
static bool looks_like_client(const caus_evidence_work *work, size_t span)
{
    const caus_spans *spans = work->spans;
    size_t first = work->children.first[span];
    uint32_t parent = spans->parent[span];
    size_t service = caus_span_service(spans, span);
    return work->children.first[span + 1] - first == 1 &&
           parent != CAUS_NO_SPAN &&
           caus_span_service(spans, parent) == service &&
           caus_span_service(spans, work->children.child[first]) != service;
}

/*
 * A span that a service opens for a call. An operation is one of these when at
 * least half of its spans with children look so; its spans without a child are
 * calls that nobody answered, those of the one service that ever did.
 */
static caus_status find_clients(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    size_t operations = spans->operation_count;
    unsigned char *is_client =
        CAUS_ARRAY(work->scratch, unsigned char, operations);
    size_t *called = CAUS_ARRAY(work->scratch, size_t, operations);
    caus_arena_mark mark = caus_arena_get_mark(work->scratch);
    size_t *with_children = CAUS_ARRAY(work->scratch, size_t, operations);
    size_t *alike = CAUS_ARRAY(work->scratch, size_t, operations);
    bool *several = CAUS_ARRAY(work->scratch, bool, operations);
    if (!is_client || !called || !with_children || !alike || !several)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t operation = spans->operation[i];
        size_t first = work->children.first[i];
        with_children[operation] += work->children.first[i + 1] > first;
        if (!looks_like_client(work, i))
            continue;
        size_t callee = spans->operation[work->children.child[first]];
        if (alike[operation]++ == 0)
            called[operation] = callee;
        several[operation] = several[operation] ||
                             spans->operations[callee].service !=
                                 spans->operations[called[operation]].service;
    }
    for (size_t i = 0; i < operations; i++) {
        is_client[i] = alike[i] > 0 && 2 * alike[i] >= with_children[i];
        if (!is_client[i] || several[i])
            called[i] = CAUS_NO_OPERATION;
    }
    work->is_client = is_client;
    work->called = called;
    caus_arena_rewind(work->scratch, mark);
    return CAUS_OK;
}

static caus_status count_phases(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    for (size_t i = 0; i < spans->trace_count; i++)
        work->trace_counts[spans->trace_phase[i]]++;
    for (int i = 0; i < CAUS_PHASE_COUNT; i++)
        if (work->trace_counts[i] == 0)
            return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                             "all %zu traces are of the %s phase: give traces "
                             "of before and after the onset",
                             spans->trace_count,
                             i == CAUS_PHASE_NORMAL ? "incident" : "normal");
    work->operation_spans =
        CAUS_ARRAY(work->scratch, size_t, 2 * spans->operation_count);
    if (!work->operation_spans)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++)
        work->operation_spans[2 * (size_t)spans->operation[i] +
                              caus_span_phase(spans, i)]++;
    return CAUS_OK;
}

static caus_status find_roots(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    uint32_t *root_of = CAUS_ARRAY(work->scratch, uint32_t, spans->span_count);
    if (!root_of)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t parent = spans->parent[i];
        root_of[i] =
            parent == CAUS_NO_SPAN ? spans->operation[i] : root_of[parent];
        work->is_mixed = work->is_mixed || root_of[i] != root_of[0];
    }
    work->root_of = root_of;
    return CAUS_OK;
}

static caus_status prepare(caus_evidence_work *work, caus_error *err)
{
    int64_t *self;
    CAUS_TRY(count_phases(work, err));
    CAUS_TRY(find_roots(work, err));
    CAUS_TRY(caus_span_children_find(work->spans, work->scratch,
                                     &work->children, err));
    CAUS_TRY(find_clients(work, err));
    CAUS_TRY(caus_span_waits_find(work->spans, &work->children, work->scratch,
                                  &work->waits, err));
    CAUS_TRY(caus_span_self_times(work->spans, &work->children, work->waits,
                                  work->run, work->scratch, &self, &work->sides,
                                  &work->moved_spans, err));
    work->self_ns = self;
    caus_status status = caus_evidence_ways(work, err);
    caus_pairs_deinit(&work->pairs);
    return status;
}

/* ---- the list of findings ---- */

static int by_place(const void *a, const void *b)
{
    const caus_trace_finding *x = a, *y = b;
    if (x->evidence != y->evidence)
        return x->evidence < y->evidence ? -1 : 1;
    if (x->operation != y->operation)
        return x->operation < y->operation ? -1 : 1;
    if (x->callee != y->callee)
        return x->callee < y->callee ? -1 : 1;
    if (x->p_value != y->p_value)
        return x->p_value < y->p_value ? -1 : 1;
    if (x->effect != y->effect)
        return x->effect < y->effect ? -1 : 1;
    return (x->exemplars[0] > y->exemplars[0]) -
           (x->exemplars[0] < y->exemplars[0]);
}

/* The q-values of the findings from `from` on. */
static caus_status adjust(caus_evidence_work *work, size_t from,
                          caus_error *err)
{
    size_t count = work->finding_count - from;
    double *p = CAUS_ARRAY(work->scratch, double, count);
    double *q = CAUS_ARRAY(work->scratch, double, count);
    if (!p || !q)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < count; i++)
        p[i] = work->findings[from + i].p_value;
    CAUS_TRY(caus_false_discovery(p, count, work->scratch, q, err));
    for (size_t i = 0; i < count; i++)
        work->findings[from + i].q_value = q[i];
    return CAUS_OK;
}

/* Several paths may end with the same step: the surest one stays. */
static void keep_surest(caus_evidence_work *work)
{
    size_t kept = 0;
    for (size_t i = 0; i < work->finding_count; i++) {
        const caus_trace_finding *at = &work->findings[i];
        const caus_trace_finding *last =
            kept ? &work->findings[kept - 1] : NULL;
        if (last && last->evidence == at->evidence &&
            last->operation == at->operation && last->callee == at->callee)
            continue;
        work->findings[kept++] = *at;
    }
    work->finding_count = kept;
}

static caus_status measure_all(caus_evidence_work *work, caus_error *err)
{
    typedef caus_status measure(caus_evidence_work * work, caus_error * err);
    static measure *const measures[] = {
        caus_evidence_self_times, caus_evidence_gaps, caus_evidence_errors,
        caus_evidence_calls, caus_evidence_paths};
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        caus_arena_mark mark = caus_arena_get_mark(work->scratch);
        size_t from = work->finding_count;
        CAUS_TRY(caus_run_check(work->run, err));
        caus_status status = measures[i](work, err);
        caus_pairs_deinit(&work->pairs);
        if (status == CAUS_OK)
            status = adjust(work, from, err);
        caus_arena_rewind(work->scratch, mark);
        if (status != CAUS_OK)
            return status;
    }
    if (work->finding_count)
        qsort(work->findings, work->finding_count, sizeof *work->findings,
              by_place);
    keep_surest(work);
    return CAUS_OK;
}

static caus_status write_evidence(const caus_evidence_work *work,
                                  caus_arena *out, caus_trace_evidence *result,
                                  caus_error *err)
{
    size_t count = work->finding_count;
    caus_trace_finding *findings = CAUS_ARRAY(out, caus_trace_finding, count);
    caus_trace_service *services =
        CAUS_ARRAY(out, caus_trace_service, work->spans->service_count);
    if (!findings || !services)
        return caus_arena_fail(out, err);
    if (count)
        memcpy(findings, work->findings, count * sizeof *findings);
    CAUS_TRY(caus_evidence_services(work, findings, count, services, err));
    *result = (caus_trace_evidence){.finding_count = count,
                                    .findings = findings,
                                    .service_count = work->spans->service_count,
                                    .services = services,
                                    .moved_spans = work->moved_spans};
    memcpy(result->trace_counts, work->trace_counts,
           sizeof result->trace_counts);
    return CAUS_OK;
}

caus_status caus_spans_evidence(const caus_spans *spans,
                                const caus_evidence_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_trace_evidence *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_evidence_work work = {.spans = spans,
                               .min_spans = options && options->min_spans
                                                ? options->min_spans
                                                : MIN_SPANS,
                               .run = run,
                               .scratch = scratch};
    caus_status status = prepare(&work, err);
    if (status == CAUS_OK)
        status = measure_all(&work, err);
    if (status == CAUS_OK)
        status = write_evidence(&work, out, result, err);
    caus_arena_rewind(scratch, scratch_mark);
    free(work.findings);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
