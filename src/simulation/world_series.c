/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series that caus makes of spans: calls and errors a step, and a quantile
 * of the durations, binned by the end of the span.
 */
#include <math.h>
#include <stdlib.h>

#include "simulation/world_internal.h"

enum { SPANS_FOR_P95 = 50, SPANS_FOR_LATENCY = 5, KINDS = 3 };

static const char *const suffixes[KINDS] = {"calls", "errors", "latency"};

/* The durations of one service in one step. */
typedef struct group {
    size_t first, count;
} group;

typedef struct binned {
    size_t rows;
    group *groups;      /* [rows × services] into `durations` */
    int64_t *durations; /* [spans] µs */
    double *values;     /* [rows × 3 services] */
} binned;

static int compare_durations(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int compare_counts(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* A bin holds its end, not its start. */
static size_t row_of(const caus_world *world, const caus_world_span *span)
{
    int64_t end_us = span->start_us + span->duration_us;
    int64_t step_us = world->options.step_ns / 1000;
    return (size_t)((end_us > 0 ? end_us - 1 : 0) / step_us);
}

/* Linear between the ranks, in whole nanoseconds, as the server's answer. */
static double quantile_s(int64_t *durations, size_t count, double level)
{
    qsort(durations, count, sizeof *durations, compare_durations);
    double place = level * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;
    double rest = place - (double)below;
    double value = (double)durations[below] * 1e3 * (1 - rest) +
                   (double)durations[above] * 1e3 * rest;
    return nearbyint(value) / 1e9;
}

static void count_spans(const caus_world *world, binned *bins)
{
    size_t services = world->service_count;
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        size_t row = row_of(world, span);
        if (row >= bins->rows)
            continue;
        bins->groups[row * services + span->service].count++;
        bins->values[(row * services + span->service) * KINDS + 1] +=
            span->failed;
    }
    size_t first = 0;
    for (size_t g = 0; g < bins->rows * services; g++) {
        bins->groups[g].first = first;
        first += bins->groups[g].count;
        bins->values[g * KINDS] = (double)bins->groups[g].count;
        bins->groups[g].count = 0;
    }
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        size_t row = row_of(world, span);
        if (row >= bins->rows)
            continue;
        group *here = &bins->groups[row * services + span->service];
        bins->durations[here->first + here->count++] = span->duration_us;
    }
}

/* p95, or p50 where the median step has too few spans for it. */
static double level_of(const caus_world *world, const binned *bins,
                       size_t service, size_t *counts)
{
    size_t steps = 0;
    for (size_t row = 0; row < bins->rows; row++) {
        size_t count = bins->groups[row * world->service_count + service].count;
        if (count)
            counts[steps++] = count;
    }
    qsort(counts, steps, sizeof *counts, compare_counts);
    return steps && counts[steps / 2] >= SPANS_FOR_P95 ? 0.95 : 0.5;
}

static caus_status fill_latency(const caus_world *world, binned *bins,
                                const caus_run *run, caus_arena *out,
                                caus_error *err)
{
    size_t services = world->service_count;
    caus_arena_mark mark = caus_arena_get_mark(out);
    size_t *counts = CAUS_ARRAY(out, size_t, bins->rows);
    if (!counts)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(run, err));
        double level = level_of(world, bins, s, counts);
        for (size_t row = 0; row < bins->rows; row++) {
            const group *here = &bins->groups[row * services + s];
            bins->values[(row * services + s) * KINDS + 2] =
                here->count < SPANS_FOR_LATENCY
                    ? (double)NAN
                    : quantile_s(bins->durations + here->first, here->count,
                                 level);
        }
    }
    caus_arena_rewind(out, mark);
    return CAUS_OK;
}

static caus_status name_columns(const caus_world *world, const binned *bins,
                                caus_arena *out, caus_series *result,
                                caus_error *err)
{
    size_t count = world->service_count * KINDS;
    const char **names = CAUS_ARRAY(out, const char *, count);
    if (!names)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        names[i] = caus_arena_format(
            out, "%s_%s", world->services[i / KINDS].name, suffixes[i % KINDS]);
        if (!names[i])
            return caus_arena_fail(out, err);
    }
    return caus_series_from_values(names, count, bins->values, bins->rows,
                                   world->options.step_ns, out, result, err);
}

/* What the columns are, and when the first row ends. */
static caus_status describe(const caus_world *world, caus_arena *out,
                            caus_series *series, caus_error *err)
{
    static const caus_kind kinds[KINDS] = {CAUS_KIND_COUNT, CAUS_KIND_COUNT,
                                           CAUS_KIND_LATENCY_QUANTILE};
    static const char *const units[KINDS] = {"requests", "errors", "s"};
    caus_variable *variables =
        CAUS_ARRAY(out, caus_variable, series->variable_count);
    caus_segment *segment = CAUS_ARRAY(out, caus_segment, 1);
    if (!variables || !segment)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < series->variable_count; i++) {
        variables[i] = series->variables[i];
        variables[i].service = world->services[i / KINDS].name;
        variables[i].kind = kinds[i % KINDS];
        variables[i].unit = units[i % KINDS];
        variables[i].bad_direction = i % KINDS ? CAUS_BAD_UP : CAUS_BAD_UNKNOWN;
        variables[i].rate_window_s = (double)series->step_ns * 1e-9;
    }
    *segment = series->segments[0];
    segment->start_ns = world->options.start_ns + series->step_ns;
    series->variables = variables;
    series->segments = segment;
    return CAUS_OK;
}

caus_status caus_world_derive(caus_world *world, const caus_run *run,
                              caus_arena *out, caus_error *err)
{
    size_t rows = (size_t)(world->options.duration_ns / world->options.step_ns);
    size_t groups = rows * world->service_count;
    binned bins = {
        .rows = rows,
        .groups = CAUS_ARRAY(out, group, groups),
        .durations = CAUS_ARRAY(out, int64_t, world->span_count),
        .values = CAUS_ARRAY(out, double, groups *KINDS),
    };
    if (!bins.groups || !bins.durations || !bins.values)
        return caus_arena_fail(out, err);
    count_spans(world, &bins);
    CAUS_TRY(fill_latency(world, &bins, run, out, err));
    caus_series series;
    CAUS_TRY(name_columns(world, &bins, out, &series, err));
    CAUS_TRY(describe(world, out, &series, err));
    world->series = series;
    return CAUS_OK;
}
