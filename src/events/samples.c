/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

enum {
    LATENCY_SPANS = 5,
    QUANTILE_SPANS = 50,
    SPANS_A_CHECK = 4096,
    MOST_VALUES = 10000000
};

typedef enum value_kind {
    VALUE_CALLS,
    VALUE_ERRORS,
    VALUE_P50,
    VALUE_P95,
    VALUE_P99,
    VALUE_SELF,
    VALUE_COUNT
} value_kind;

/* A span that enters its service. */
typedef struct entry {
    uint32_t service;
    uint32_t bin;
    int64_t duration_ns;
    int64_t self_ns;
    bool failed;
} entry;

typedef struct sampler {
    const caus_spans *spans;
    caus_spans_step step;
    const caus_run *run;
    caus_arena *scratch;
    caus_arena *out;
    entry *entries;
    size_t entry_count;
    int64_t first_bin_ns; /* its end */
    size_t bin_count;
    unsigned char *is_seen; /* [bin_count] a span of any service */
    size_t seen_count;
    double *sorted; /* scratch of a bin */
} sampler;

/* The end of the bin (t − step, t] that holds an instant. */
static bool bin_end(int64_t time_ns, int64_t step_ns, int64_t *end_ns)
{
    int64_t rest = time_ns % step_ns;
    if (rest <= 0)
        rest += step_ns;
    return !__builtin_add_overflow(time_ns, step_ns - rest, end_ns);
}

static caus_status find_bins(sampler *s, caus_error *err)
{
    int64_t first = INT64_MAX, last = INT64_MIN, end_ns, width;
    for (size_t i = 0; i < s->spans->span_count; i++) {
        int64_t start = s->spans->start_ns[i];
        first = start < first ? start : first;
        last = start > last ? start : last;
    }
    if (s->spans->span_count == 0)
        return CAUS_OK;
    size_t columns = s->spans->service_count * VALUE_COUNT;
    if (!bin_end(first, s->step.step_ns, &s->first_bin_ns) ||
        !bin_end(last, s->step.step_ns, &end_ns) ||
        __builtin_sub_overflow(end_ns, s->first_bin_ns, &width) ||
        (uint64_t)(width / s->step.step_ns) >= MOST_VALUES / columns)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "spans of %zu services over this time make over %d "
                         "values: give a longer step or a shorter window",
                         s->spans->service_count, MOST_VALUES);
    s->bin_count = (size_t)(width / s->step.step_ns) + 1;
    s->is_seen = CAUS_ARRAY(s->scratch, unsigned char, s->bin_count);
    return s->is_seen ? CAUS_OK : caus_arena_fail(s->scratch, err);
}

static uint32_t bin_of(const sampler *s, size_t span)
{
    int64_t passed_ns = s->first_bin_ns - s->spans->start_ns[span];
    if (passed_ns >= 0)
        return 0;
    return (uint32_t)((-passed_ns - 1) / s->step.step_ns + 1);
}

static caus_status collect_entries(sampler *s, const int64_t *self,
                                   caus_error *err)
{
    const caus_spans *spans = s->spans;
    uint32_t *entry_of = CAUS_ARRAY(s->scratch, uint32_t, spans->span_count);
    s->entries = CAUS_ARRAY(s->scratch, entry, spans->span_count);
    if (!entry_of || !s->entries)
        return caus_arena_fail(s->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++) {
        if (i % SPANS_A_CHECK == 0)
            CAUS_TRY(caus_run_check(s->run, err));
        uint32_t parent = spans->parent[i], bin = bin_of(s, i);
        size_t service = caus_span_service(spans, i);
        s->seen_count += !s->is_seen[bin];
        s->is_seen[bin] = 1;
        bool is_entry = parent == CAUS_NO_SPAN ||
                        caus_span_service(spans, parent) != service;
        entry_of[i] = is_entry ? (uint32_t)s->entry_count : entry_of[parent];
        if (is_entry)
            s->entries[s->entry_count++] =
                (entry){.service = (uint32_t)service,
                        .bin = bin,
                        .duration_ns = spans->duration_ns[i],
                        .failed = spans->failed[i]};
        entry *in = &s->entries[entry_of[i]];
        if (self[i] < 0 || in->self_ns < 0)
            in->self_ns = -1;
        else
            in->self_ns += self[i];
    }
    return CAUS_OK;
}

static int by_place(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->service != y->service)
        return x->service < y->service ? -1 : 1;
    if (x->bin != y->bin)
        return x->bin < y->bin ? -1 : 1;
    return (x->duration_ns > y->duration_ns) -
           (x->duration_ns < y->duration_ns);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* ---- writing tracks ---- */

/* The track of one kind of value of one service, as it grows. */
typedef struct track_writer {
    int64_t *time_ns;
    double *value;
    double *support;
    size_t count;
} track_writer;

static void put(track_writer *track, int64_t time_ns, double value,
                size_t support)
{
    track->time_ns[track->count] = time_ns;
    track->value[track->count] = value;
    track->support[track->count] = (double)support;
    track->count++;
}

/* Between the two neighbours in rank, in seconds. */
static double quantile_s(const double *sorted_ns, size_t count, double level)
{
    const double ns_a_second = 1e9;
    double at = level * (double)(count - 1);
    size_t low = (size_t)at;
    size_t high = low + 1 < count ? low + 1 : low;
    double part = at - (double)low;
    return (sorted_ns[low] + part * (sorted_ns[high] - sorted_ns[low])) /
           ns_a_second;
}

static size_t sort_times(sampler *s, const entry *from, size_t count,
                         bool of_self)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t ns = of_self ? from[i].self_ns : from[i].duration_ns;
        if (ns >= 0)
            s->sorted[known++] = (double)ns;
    }
    qsort(s->sorted, known, sizeof *s->sorted, by_size);
    return known;
}

static void put_bin(sampler *s, track_writer tracks[VALUE_COUNT],
                    const entry *from, size_t count, int64_t time_ns)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++)
        failed += from[i].failed;
    put(&tracks[VALUE_CALLS], time_ns, (double)count, count);
    put(&tracks[VALUE_ERRORS], time_ns, (double)failed, count);
    size_t known = sort_times(s, from, count, false);
    if (known > 0 && known >= s->step.latency_spans)
        put(&tracks[VALUE_P50], time_ns, quantile_s(s->sorted, known, 0.5),
            known);
    if (known > 0 && known >= s->step.quantile_spans) {
        put(&tracks[VALUE_P95], time_ns, quantile_s(s->sorted, known, 0.95),
            known);
        put(&tracks[VALUE_P99], time_ns, quantile_s(s->sorted, known, 0.99),
            known);
    }
    known = sort_times(s, from, count, true);
    if (known > 0 && known >= s->step.latency_spans)
        put(&tracks[VALUE_SELF], time_ns, quantile_s(s->sorted, known, 0.5),
            known);
}

static const struct {
    const char *suffix;
    const char *unit;
    caus_kind kind;
    caus_bad_direction bad;
} kinds[VALUE_COUNT] = {
    {"_calls", "requests", CAUS_KIND_COUNT, CAUS_BAD_EITHER},
    {"_errors", "errors", CAUS_KIND_COUNT, CAUS_BAD_UP},
    {"_latency_p50", "s", CAUS_KIND_LATENCY_QUANTILE, CAUS_BAD_UP},
    {"_latency_p95", "s", CAUS_KIND_LATENCY_QUANTILE, CAUS_BAD_UP},
    {"_latency_p99", "s", CAUS_KIND_LATENCY_QUANTILE, CAUS_BAD_UP},
    {"_self_p50", "s", CAUS_KIND_LATENCY_QUANTILE, CAUS_BAD_UP},
};

static caus_status name_track(sampler *s, size_t service, value_kind kind,
                              caus_variable *variable, caus_error *err)
{
    *variable = caus_variable_default();
    variable->service = caus_arena_copy(s->out, s->spans->services[service]);
    variable->name = caus_arena_format(
        s->out, "%s%s", s->spans->services[service], kinds[kind].suffix);
    if (!variable->name || !variable->service)
        return caus_arena_fail(s->out, err);
    variable->unit = kinds[kind].unit;
    variable->source = "traces";
    variable->kind = kinds[kind].kind;
    variable->bad_direction = kinds[kind].bad;
    variable->scrape_offset_s = 0;
    variable->rate_window_s = (double)s->step.step_ns / 1e9;
    return CAUS_OK;
}

static caus_status open_tracks(sampler *s, track_writer tracks[VALUE_COUNT],
                               caus_error *err)
{
    for (int k = 0; k < VALUE_COUNT; k++) {
        tracks[k] = (track_writer){
            .time_ns = CAUS_ARRAY(s->out, int64_t, s->seen_count),
            .value = CAUS_ARRAY(s->out, double, s->seen_count),
            .support = CAUS_ARRAY(s->out, double, s->seen_count)};
        if (!tracks[k].time_ns || !tracks[k].value || !tracks[k].support)
            return caus_arena_fail(s->out, err);
    }
    return CAUS_OK;
}

/* Writes the tracks of a service from its entries, which start at `*at`. */
static caus_status write_service(sampler *s, size_t service, size_t *at,
                                 caus_track *result, size_t *count,
                                 caus_error *err)
{
    track_writer tracks[VALUE_COUNT];
    CAUS_TRY(open_tracks(s, tracks, err));
    for (size_t bin = 0; bin < s->bin_count; bin++) {
        const entry *from = s->entries + *at;
        while (*at < s->entry_count && s->entries[*at].service == service &&
               s->entries[*at].bin == bin)
            ++*at;
        if (s->is_seen[bin])
            put_bin(s, tracks, from, (size_t)(s->entries + *at - from),
                    s->first_bin_ns + (int64_t)bin * s->step.step_ns);
    }
    for (int k = 0; k < VALUE_COUNT; k++) {
        if (tracks[k].count == 0 ||
            (k == VALUE_ERRORS && !s->spans->has_status))
            continue;
        caus_track *track = &result[(*count)++];
        *track = (caus_track){.count = tracks[k].count,
                              .time_ns = tracks[k].time_ns,
                              .value = tracks[k].value,
                              .support = tracks[k].support};
        CAUS_TRY(name_track(s, service, (value_kind)k, &track->variable, err));
    }
    return CAUS_OK;
}

static caus_status write_samples(sampler *s, caus_samples *result,
                                 caus_error *err)
{
    size_t services = s->spans->service_count, count = 0, at = 0;
    caus_track *tracks = CAUS_ARRAY(s->out, caus_track, services * VALUE_COUNT);
    if (!tracks)
        return caus_arena_fail(s->out, err);
    for (size_t i = 0; i < services; i++) {
        CAUS_TRY(caus_run_check(s->run, err));
        CAUS_TRY(write_service(s, i, &at, tracks, &count, err));
    }
    *result = (caus_samples){.track_count = count, .tracks = tracks};
    return CAUS_OK;
}

static caus_status make_samples(sampler *s, caus_samples *result,
                                caus_error *err)
{
    caus_span_children children;
    const unsigned char *waits;
    int64_t *self;
    size_t moved;
    CAUS_TRY(find_bins(s, err));
    CAUS_TRY(caus_span_children_find(s->spans, s->scratch, &children, err));
    CAUS_TRY(
        caus_span_waits_find(s->spans, &children, s->scratch, &waits, err));
    CAUS_TRY(caus_span_self_times(s->spans, &children, waits, s->run,
                                  s->scratch, &self, NULL, &moved, err));
    CAUS_TRY(collect_entries(s, self, err));
    s->sorted = CAUS_ARRAY(s->scratch, double, s->entry_count);
    if (!s->sorted)
        return caus_arena_fail(s->scratch, err);
    qsort(s->entries, s->entry_count, sizeof *s->entries, by_place);
    return write_samples(s, result, err);
}

caus_status caus_spans_to_samples(const caus_spans *spans,
                                  const caus_spans_step *step,
                                  const caus_run *run, caus_arena *out,
                                  caus_samples *result, caus_error *err)
{
    if (step->step_ns <= 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a step of %lld ns makes no series: give one above 0",
                         (long long)step->step_ns);
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_arena_mark mark = caus_arena_get_mark(out);
    sampler s = {.spans = spans,
                 .step = *step,
                 .run = run,
                 .scratch = scratch,
                 .out = out};
    if (s.step.latency_spans == 0)
        s.step.latency_spans = LATENCY_SPANS;
    if (s.step.quantile_spans == 0)
        s.step.quantile_spans = QUANTILE_SPANS;
    caus_status status = make_samples(&s, result, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
