// SPDX-License-Identifier: Apache-2.0
/* From the rows of a statement to the tracks of its variables. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/clickhouse_bins.h"

enum {
    SPANS_FOR_P95 = 50,    /* median a step */
    SPANS_FOR_LATENCY = 5, /* in a step */
    P50 = 0,
    P95 = 1,
    P99 = 2
};

static const int64_t second_ns = 1000000000;

void caus_span_bins_deinit(caus_span_bins *bins)
{
    free(bins->bins);
    bins->bins = NULL;
    bins->count = bins->capacity = 0;
}

void caus_span_bins_forget(void *data)
{
    caus_span_bins *bins = data;
    bins->count = 0;
    bins->has_entry = false;
}

static bool in_ranges(const caus_step_ranges *ranges, uint64_t step)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (step >= ranges->range[i].first && step <= ranges->range[i].last)
            return true;
    }
    return false;
}

static bool read_bin(const caus_span_group *group, const caus_row_value *values,
                     caus_span_bin *bin)
{
    size_t next = 3;
    *bin = (caus_span_bin){.step = (uint32_t)values[0].number,
                           .entry = values[1].number != 0,
                           .spans = values[2].number};
    bool sane = values[1].number <= 1 && bin->spans > 0;
    if (group->errors) {
        bin->errors = values[next++].number;
        sane = sane && bin->errors <= bin->spans;
    }
    if (group->mean) {
        bin->mean_s = values[next++].real / 1e9;
        sane = sane && isfinite(bin->mean_s);
    }
    for (size_t i = 0; i < CAUS_QUANTILES; i++) {
        if (!group->quantile[i])
            continue;
        /* Durations are whole nanoseconds; interpolation between equal ones
         * leaves a rest that differs from release to release. */
        bin->quantile_s[i] = nearbyint(values[next++].real) / 1e9;
        sane = sane && isfinite(bin->quantile_s[i]);
    }
    return sane;
}

caus_status caus_span_bins_take(void *data, const caus_row_value *values,
                                caus_error *err)
{
    caus_span_bins *bins = data;
    caus_span_bin bin;
    bool sane = read_bin(bins->group, values, &bin) &&
                in_ranges(bins->ranges, bin.step);
    if (sane && bins->count) {
        const caus_span_bin *last = &bins->bins[bins->count - 1];
        sane = last->step < bin.step ||
               (last->step == bin.step && !last->entry && bin.entry);
    }
    if (!sane)
        return CAUS_ERR_INVALID_DATA;
    if (!caus_reserve(&bins->bins, bins->count, &bins->capacity, sizeof bin))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for %zu steps of spans", bins->count + 1);
    bins->bins[bins->count++] = bin;
    bins->has_entry = bins->has_entry || bin.entry;
    return CAUS_OK;
}

void caus_span_bins_settle(caus_span_bins *bins)
{
    size_t kept = 0;
    for (size_t i = 0; i < bins->count; i++) {
        if (bins->bins[i].entry == bins->has_entry)
            bins->bins[kept++] = bins->bins[i];
    }
    bins->count = kept;
}

caus_status caus_span_presence_take(void *data, const caus_row_value *values,
                                    caus_error *err)
{
    caus_span_presence *presence = data;
    uint32_t step = (uint32_t)values[0].number;
    size_t count = presence->count;
    if (!in_ranges(presence->ranges, step) ||
        (count && presence->steps[count - 1] >= step))
        return CAUS_ERR_INVALID_DATA;
    if (!caus_reserve(&presence->steps, count, &presence->capacity,
                      sizeof step))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for %zu steps with spans", count + 1);
    presence->steps[presence->count++] = step;
    return CAUS_OK;
}

void caus_span_presence_forget(void *data)
{
    caus_span_presence *presence = data;
    presence->count = 0;
}

/* ---- which steps were asked for ---- */

static bool in_grid(const caus_grid *grid, int64_t time_ns)
{
    return grid->step_ns > 0 && time_ns >= grid->start_ns &&
           time_ns <= grid->end_ns;
}

/* Walks the steps asked for beside the rows, both ascending. */
typedef struct walk {
    const caus_span_bins *bins;
    const caus_fetch_options *options;
    size_t range;
    uint64_t step; /* the next one */
    size_t bin;    /* the next row */
    int64_t time_ns;
    const caus_span_bin *found; /* NULL = no row in this step */
} walk;

static walk walk_from_start(const caus_span_bins *bins,
                            const caus_fetch_options *options)
{
    return (walk){
        .bins = bins, .options = options, .step = bins->ranges->range[0].first};
}

static bool walk_on(walk *at)
{
    const caus_step_ranges *ranges = at->bins->ranges;
    for (;;) {
        if (at->step > ranges->range[at->range].last) {
            if (++at->range >= ranges->count)
                return false;
            at->step = ranges->range[at->range].first;
        }
        uint64_t step = at->step++;
        while (at->bin < at->bins->count && at->bins->bins[at->bin].step < step)
            at->bin++;
        at->time_ns = (int64_t)step * ranges->step_ns;
        if (!in_grid(&at->options->window, at->time_ns) &&
            !in_grid(&at->options->baseline, at->time_ns))
            continue;
        bool has_row =
            at->bin < at->bins->count && at->bins->bins[at->bin].step == step;
        at->found = has_row ? &at->bins->bins[at->bin] : NULL;
        return true;
    }
}

bool caus_span_bins_gap(const caus_span_bins *bins,
                        const caus_fetch_options *options, caus_step_range *gap)
{
    bool has_gap = false;
    walk at = walk_from_start(bins, options);
    while (walk_on(&at)) {
        if (at.found)
            continue;
        uint32_t step = (uint32_t)(at.step - 1);
        if (!has_gap)
            gap->first = step;
        gap->last = step;
        has_gap = true;
    }
    return has_gap;
}

static int compare_steps(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static bool is_present(const caus_span_presence *presence, uint32_t step)
{
    return presence && presence->count &&
           bsearch(&step, presence->steps, presence->count, sizeof step,
                   compare_steps);
}

/* ---- values ---- */

static bool is_latency(caus_trace_value value)
{
    return value >= CAUS_TRACE_LATENCY;
}

static bool is_count(caus_trace_value value)
{
    return value == CAUS_TRACE_CALLS || value == CAUS_TRACE_ERRORS;
}

/* What a step gives; false = missing. */
static bool value_of(const walk *at, caus_trace_value value,
                     const caus_span_presence *presence, double *result)
{
    const caus_span_bin *bin = at->found;
    if (!bin) {
        *result = 0;
        return is_count(value) &&
               is_present(presence, (uint32_t)(at->step - 1));
    }
    if (is_latency(value) && bin->spans < SPANS_FOR_LATENCY)
        return false;
    switch (value) {
    case CAUS_TRACE_CALLS:
        *result = (double)bin->spans;
        break;
    case CAUS_TRACE_ERRORS:
        *result = (double)bin->errors;
        break;
    case CAUS_TRACE_ERROR_RATIO:
        *result = (double)bin->errors / (double)bin->spans;
        break;
    case CAUS_TRACE_LATENCY_AVG:
        *result = bin->mean_s;
        break;
    case CAUS_TRACE_LATENCY_P50:
        *result = bin->quantile_s[P50];
        break;
    case CAUS_TRACE_LATENCY:
    case CAUS_TRACE_LATENCY_P95:
        *result = bin->quantile_s[P95];
        break;
    case CAUS_TRACE_LATENCY_P99:
        *result = bin->quantile_s[P99];
        break;
    }
    return true;
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The median of spans a step, over the steps that have any. */
static caus_status median_spans(const caus_span_bins *bins, caus_arena *scratch,
                                uint64_t *median, caus_error *err)
{
    *median = 0;
    if (!bins->count)
        return CAUS_OK;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    uint64_t *counts = CAUS_ARRAY(scratch, uint64_t, bins->count);
    if (!counts)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < bins->count; i++)
        counts[i] = bins->bins[i].spans;
    qsort(counts, bins->count, sizeof *counts, compare_counts);
    *median = counts[bins->count / 2];
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}

/* The smallest round step, in seconds, with enough spans for p95. */
static int64_t wider_step_s(int64_t step_ns, uint64_t median)
{
    static const int64_t round_s[] = {1,   2,   5,   10,  15,   30,  60,
                                      120, 300, 600, 900, 1800, 3600};
    double wanted_s = (double)step_ns / (double)second_ns * SPANS_FOR_P95 /
                      (double)(median ? median : 1);
    for (size_t i = 0; i < sizeof round_s / sizeof *round_s; i++) {
        if ((double)round_s[i] >= wanted_s)
            return round_s[i];
    }
    return 0;
}

static caus_status warn(caus_warnings *warnings, const char *text,
                        const caus_arena *out, caus_error *err)
{
    if (!text || warnings->count == warnings->capacity)
        return caus_arena_fail(out, err);
    warnings->texts[warnings->count++] = text;
    return CAUS_OK;
}

static caus_status warn_few_spans(const caus_variable_spec *spec,
                                  int64_t step_ns, uint64_t median,
                                  caus_arena *out, caus_warnings *warnings,
                                  caus_error *err)
{
    char wider[64] = "a wider --step would give more";
    int64_t step_s = wider_step_s(step_ns, median);
    if (step_s)
        (void)snprintf(
            wider, sizeof wider, "--step %" PRId64 "%s would give enough",
            step_s % 60 ? step_s : step_s / 60, step_s % 60 ? "s" : "m");
    const char *text =
        spec->trace_value == CAUS_TRACE_LATENCY
            ? caus_arena_format(out,
                                "%s: a median of %" PRIu64
                                " spans a step is too few for "
                                "p95 (%d), so it is p50; %s",
                                spec->name, median, SPANS_FOR_P95, wider)
            : caus_arena_format(
                  out,
                  "%s: a median of %" PRIu64 " spans a step (under %d) makes "
                  "a high quantile little more than the slowest span; %s",
                  spec->name, median, SPANS_FOR_P95, wider);
    return warn(warnings, text, out, err);
}

caus_status caus_span_choose(const caus_variable_spec *spec, uint64_t median,
                             int64_t step_ns, caus_arena *out,
                             caus_warnings *warnings, caus_trace_value *value,
                             caus_error *err)
{
    *value = spec->trace_value;
    bool is_high = *value == CAUS_TRACE_LATENCY ||
                   *value == CAUS_TRACE_LATENCY_P95 ||
                   *value == CAUS_TRACE_LATENCY_P99;
    if (is_high && median < SPANS_FOR_P95) {
        if (*value == CAUS_TRACE_LATENCY)
            *value = CAUS_TRACE_LATENCY_P50;
        return warn_few_spans(spec, step_ns, median, out, warnings, err);
    }
    if (*value == CAUS_TRACE_LATENCY)
        *value = CAUS_TRACE_LATENCY_P95;
    return CAUS_OK;
}

caus_status caus_span_warn_thin(const caus_variable_spec *spec, uint64_t thin,
                                caus_arena *out, caus_warnings *warnings,
                                caus_error *err)
{
    if (!is_latency(spec->trace_value) || !thin)
        return CAUS_OK;
    const char *text = caus_arena_format(
        out, "%s: %" PRIu64 " step%s with fewer than %d spans %s missing",
        spec->name, thin, thin == 1 ? "" : "s", SPANS_FOR_LATENCY,
        thin == 1 ? "is" : "are");
    return warn(warnings, text, out, err);
}

static void describe(const caus_variable_spec *spec, int64_t step_ns,
                     const char *query, caus_variable *variable)
{
    static const struct {
        const char *unit;
        caus_kind kind;
        caus_bad_direction bad;
    } kinds[] = {
        [CAUS_TRACE_CALLS] = {"requests", CAUS_KIND_COUNT, CAUS_BAD_EITHER},
        [CAUS_TRACE_ERRORS] = {"errors", CAUS_KIND_COUNT, CAUS_BAD_UP},
        [CAUS_TRACE_ERROR_RATIO] = {"ratio", CAUS_KIND_RATIO, CAUS_BAD_UP},
        [CAUS_TRACE_LATENCY] = {"s", CAUS_KIND_LATENCY_QUANTILE, CAUS_BAD_UP},
    };
    caus_trace_value value =
        is_latency(spec->trace_value) ? CAUS_TRACE_LATENCY : spec->trace_value;
    *variable = caus_variable_default();
    variable->name = spec->name;
    variable->service = spec->service;
    variable->unit = spec->unit ? spec->unit : kinds[value].unit;
    variable->kind = spec->kind ? spec->kind : kinds[value].kind;
    variable->bad_direction = kinds[value].bad;
    variable->source = "clickhouse";
    variable->query = query;
    /* Spans are not scraped: a step covers exactly what happened in it. */
    variable->scrape_offset_s = 0;
    variable->rate_window_s = (double)step_ns / (double)second_ns;
}

caus_status caus_span_variable(const caus_variable_spec *spec, int64_t step_ns,
                               const char *query, caus_arena *out,
                               caus_variable *result, caus_error *err)
{
    caus_variable made;
    describe(spec, step_ns, query, &made);
    const char **texts[] = {&made.name, &made.service, &made.unit};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = caus_arena_copy(out, *texts[i]);
        if (!*texts[i])
            return caus_arena_fail(out, err);
    }
    *result = made;
    return CAUS_OK;
}

caus_status caus_span_track(const caus_span_bins *bins,
                            const caus_variable_spec *spec,
                            const caus_fetch_options *options,
                            const caus_span_presence *presence,
                            const char *query, caus_arena *out,
                            caus_track *track, caus_warnings *warnings,
                            caus_error *err)
{
    caus_trace_value value;
    int64_t step_ns = bins->ranges->step_ns;
    uint64_t median, thin = 0;
    CAUS_TRY(median_spans(bins, out, &median, err));
    CAUS_TRY(
        caus_span_choose(spec, median, step_ns, out, warnings, &value, err));
    size_t count = 0;
    double ignored;
    for (walk at = walk_from_start(bins, options); walk_on(&at);) {
        count += value_of(&at, value, presence, &ignored);
        thin += at.found && at.found->spans < SPANS_FOR_LATENCY;
    }
    int64_t *time_ns = CAUS_ARRAY(out, int64_t, count);
    double *values = CAUS_ARRAY(out, double, count);
    double *support = CAUS_ARRAY(out, double, count);
    if (!time_ns || !values || !support)
        return caus_arena_fail(out, err);
    size_t row = 0;
    for (walk at = walk_from_start(bins, options); walk_on(&at);) {
        double found;
        if (!value_of(&at, value, presence, &found))
            continue;
        time_ns[row] = at.time_ns;
        values[row] = found;
        support[row] = at.found ? (double)at.found->spans : 0;
        row++;
    }
    caus_track made = {.count = count,
                       .time_ns = time_ns,
                       .value = values,
                       .support = support};
    CAUS_TRY(
        caus_span_variable(spec, step_ns, query, out, &made.variable, err));
    CAUS_TRY(caus_span_warn_thin(spec, thin, out, warnings, err));
    *track = made;
    return CAUS_OK;
}
