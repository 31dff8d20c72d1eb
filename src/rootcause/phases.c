/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of the time that is looked at; the onset cuts them into before and
 * after where nobody has. */
#include "rootcause/rows.h"
#include "rootcause/trace_windows.h"

static bool has_both_phases(const caus_spans *spans)
{
    size_t incident = 0;
    for (size_t t = 0; t < spans->trace_count; t++)
        incident += spans->trace_phase[t] == CAUS_PHASE_INCIDENT;
    return incident > 0 && incident < spans->trace_count;
}

static int64_t start_of(const caus_spans *spans, size_t trace)
{
    return spans->start_ns[spans->trace_start[trace]];
}

size_t caus_case_row_behind_normal(const caus_case *about)
{
    const caus_spans *spans = about->options->spans;
    const caus_timeline *timeline = &about->timeline;
    if (!spans || !has_both_phases(spans))
        return 0;
    int64_t incident_ns = INT64_MAX, normal_ns = INT64_MIN;
    for (size_t t = 0; t < spans->trace_count; t++) {
        if (spans->trace_phase[t] == CAUS_PHASE_INCIDENT &&
            start_of(spans, t) < incident_ns)
            incident_ns = start_of(spans, t);
    }
    for (size_t t = 0; t < spans->trace_count; t++) {
        int64_t start_ns = start_of(spans, t);
        if (spans->trace_phase[t] == CAUS_PHASE_NORMAL &&
            start_ns < incident_ns && start_ns > normal_ns)
            normal_ns = start_ns;
    }
    size_t row = 0;
    while (row < timeline->row_count && timeline->time_ns[row] <= normal_ns)
        row++;
    size_t before = caus_timeline_filled_before(timeline, row);
    bool is_enough = before >= CAUS_LEAST_HEALTHY &&
                     timeline->filled_count - before >= CAUS_LEAST_AFTER;
    return is_enough ? row : 0;
}

caus_status caus_case_take_spans(caus_case *about, caus_error *err)
{
    const caus_spans *given = about->options->spans;
    about->spans = given;
    if (!given || has_both_phases(given))
        return CAUS_OK;
    caus_spans *cut = CAUS_ARRAY(about->out, caus_spans, 1);
    unsigned char *phase =
        CAUS_ARRAY(about->out, unsigned char, given->trace_count + 1);
    if (!cut || !phase)
        return caus_arena_fail(about->out, err);
    /* What a row says is of the step before its time. */
    bool is_named =
        about->options->has_onset && about->onset_row == about->named_row;
    int64_t from_ns = is_named
                          ? about->options->onset_ns
                          : about->onset.time_ns - about->series->step_ns + 1;
    *cut = *given;
    for (size_t t = 0; t < given->trace_count; t++) {
        size_t first = given->trace_start[t];
        bool late = given->start_ns[first] >= from_ns;
        phase[t] = late ? CAUS_PHASE_INCIDENT : CAUS_PHASE_NORMAL;
    }
    cut->trace_phase = phase;
    about->spans = cut;
    return CAUS_OK;
}

/* Room for as many spans and traces as there are. */
typedef struct span_copy {
    int64_t *start_ns, *duration_ns;
    uint32_t *parent, *operation, *trace;
    unsigned char *failed, *phase;
    size_t *first;
    const char **ids;
} span_copy;

static bool init_copy(size_t spans, size_t traces, caus_arena *out,
                      span_copy *made)
{
    size_t count = spans + 1;
    traces++;
    made->start_ns = CAUS_ARRAY(out, int64_t, count);
    made->duration_ns = CAUS_ARRAY(out, int64_t, count);
    made->parent = CAUS_ARRAY(out, uint32_t, count);
    made->operation = CAUS_ARRAY(out, uint32_t, count);
    made->trace = CAUS_ARRAY(out, uint32_t, count);
    made->failed = CAUS_ARRAY(out, unsigned char, count);
    made->phase = CAUS_ARRAY(out, unsigned char, traces);
    made->first = CAUS_ARRAY(out, size_t, traces);
    made->ids = CAUS_ARRAY(out, const char *, traces);
    return made->start_ns && made->duration_ns && made->parent &&
           made->operation && made->trace && made->failed && made->phase &&
           made->first && made->ids;
}

/* Adds a trace, whose spans' parents are of the same trace. */
static void copy_trace(const caus_spans *from, size_t trace, caus_spans *to,
                       span_copy *made)
{
    size_t first = from->trace_start[trace];
    size_t moved = first - to->span_count;
    for (size_t i = first; i < from->trace_start[trace + 1]; i++) {
        size_t at = to->span_count++;
        made->start_ns[at] = from->start_ns[i];
        made->duration_ns[at] = from->duration_ns[i];
        made->parent[at] = from->parent[i] == CAUS_NO_SPAN
                               ? CAUS_NO_SPAN
                               : from->parent[i] - (uint32_t)moved;
        made->operation[at] = from->operation[i];
        made->trace[at] = (uint32_t)to->trace_count;
        made->failed[at] = from->failed[i];
    }
    made->phase[to->trace_count] = from->trace_phase[trace];
    made->ids[to->trace_count++] = from->trace_ids[trace];
    made->first[to->trace_count] = to->span_count;
}

/* A copy without traces so far; `made` has room for those to come. */
static void begin_copy(const caus_spans *spans, const span_copy *made,
                       caus_spans *result)
{
    *result = *spans;
    result->span_count = result->trace_count = 0;
    result->start_ns = made->start_ns;
    result->duration_ns = made->duration_ns;
    result->parent = made->parent;
    result->operation = made->operation;
    result->trace = made->trace;
    result->failed = made->failed;
    result->trace_phase = made->phase;
    result->trace_start = made->first;
    result->trace_ids = made->ids;
}

caus_status caus_spans_until(const caus_spans *spans, int64_t last_ns,
                             caus_arena *out, const caus_spans **result,
                             caus_error *err)
{
    span_copy made;
    caus_spans *kept = CAUS_ARRAY(out, caus_spans, 1);
    if (!kept || !init_copy(spans->span_count, spans->trace_count, out, &made))
        return caus_arena_fail(out, err);
    begin_copy(spans, &made, kept);
    for (size_t t = 0; t < spans->trace_count; t++) {
        if (spans->start_ns[spans->trace_start[t]] <= last_ns)
            copy_trace(spans, t, kept, &made);
    }
    *result = kept;
    return CAUS_OK;
}

caus_status caus_spans_normal(const caus_spans *spans, size_t most,
                              caus_arena *out, caus_spans *result,
                              caus_error *err)
{
    size_t count = 0, traces = 0, seen = 0;
    size_t *taken = CAUS_ARRAY(out, size_t, spans->trace_count + 1);
    if (!taken)
        return caus_arena_fail(out, err);
    for (size_t t = 0; t < spans->trace_count; t++) {
        if (spans->trace_phase[t] == CAUS_PHASE_NORMAL)
            count += spans->trace_start[t + 1] - spans->trace_start[t];
    }
    size_t every = count / most + 1;
    count = 0;
    for (size_t t = 0; t < spans->trace_count; t++) {
        if (spans->trace_phase[t] != CAUS_PHASE_NORMAL || seen++ % every)
            continue;
        count += spans->trace_start[t + 1] - spans->trace_start[t];
        taken[traces++] = t;
    }
    span_copy made;
    if (!init_copy(count, traces, out, &made))
        return caus_arena_fail(out, err);
    begin_copy(spans, &made, result);
    for (size_t i = 0; i < traces; i++)
        copy_trace(spans, taken[i], result, &made);
    return CAUS_OK;
}
