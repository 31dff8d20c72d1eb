/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "independence/gram.h"
#include "numeric/numeric.h"

/* What is known while a sample is being gathered. */
typedef struct gathering {
    const caus_series *series;
    const caus_sample_options *options;
    const caus_run *run;
    caus_arena *arena;
    caus_sample *sample;
    double *mean;  /* [stride] of the scaled column */
    double *scale; /* [stride] a power of two */
} gathering;

enum { CHECK_EVERY_ROWS = 256 };

/* Asked with every row, answers every now and then. */
static bool is_stopped(const gathering *g, size_t row)
{
    return row % CHECK_EVERY_ROWS == 0 && caus_run_should_stop(g->run);
}

static bool is_usable(const caus_segment *segment, size_t row, size_t variable)
{
    return !caus_segment_is_missing(segment, row, variable);
}

/* Powers of two that bring every column below one, so that no square over- or
 * underflows and a column scaled by a power of two gives the same panel. */
static void find_scales(gathering *g)
{
    const caus_series *series = g->series;
    size_t variables = series->variable_count;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count && !is_stopped(g, r); r++) {
            const double *row = segment->values + r * variables;
            for (size_t v = 0; v < variables; v++) {
                double size = fabs(row[v]);
                if (size > g->scale[v] && is_usable(segment, r, v))
                    g->scale[v] = size;
            }
        }
    }
    for (size_t v = 0; v < variables; v++) {
        int exponent = 0;
        if (g->scale[v] > 0)
            frexp(g->scale[v], &exponent);
        if (exponent < -1022) /* 2^1023 is the largest power of two */
            exponent = -1022;
        g->scale[v] = ldexp(1, -exponent);
    }
}

/* Means of the scaled columns. */
static caus_status find_means(gathering *g, caus_error *err)
{
    const caus_series *series = g->series;
    size_t variables = series->variable_count;
    caus_arena_mark mark = caus_arena_get_mark(g->arena);
    size_t *count = CAUS_ARRAY(g->arena, size_t, variables);
    if (!count)
        return caus_arena_fail(g->arena, err);
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count && !is_stopped(g, r); r++) {
            const double *row = segment->values + r * variables;
            for (size_t v = 0; v < variables; v++) {
                if (!is_usable(segment, r, v))
                    continue;
                g->mean[v] += row[v] * g->scale[v];
                count[v]++;
            }
        }
    }
    for (size_t v = 0; v < variables; v++)
        if (count[v])
            g->mean[v] /= (double)count[v];
    caus_arena_rewind(g->arena, mark);
    return CAUS_OK;
}

static void fill_panel(const gathering *g, const caus_segment *segment,
                       double *panel, double *energy)
{
    size_t variables = g->series->variable_count, stride = g->sample->stride;
    for (size_t r = 0; r < segment->row_count && !is_stopped(g, r); r++) {
        const double *row = segment->values + r * variables;
        for (size_t v = 0; v < variables; v++) {
            if (!is_usable(segment, r, v))
                continue;
            double value = row[v] * g->scale[v] - g->mean[v];
            panel[r * stride + v] = value;
            energy[v] += value * value;
        }
    }
}

static caus_status fill_stretches(gathering *g, caus_error *err)
{
    const caus_series *series = g->series;
    caus_sample *sample = g->sample;
    caus_stretch *stretches =
        CAUS_ARRAY(g->arena, caus_stretch, series->segment_count);
    double *energy = CAUS_ARRAY(g->arena, double, sample->stride);
    if (!stretches || !energy)
        return caus_arena_fail(g->arena, err);
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (segment->row_count <= sample->longest_lag)
            continue;
        double *panel =
            CAUS_ARRAY(g->arena, double, segment->row_count * sample->stride);
        if (!panel)
            return caus_arena_fail(g->arena, err);
        fill_panel(g, segment, panel, energy);
        stretches[sample->stretch_count++] = (caus_stretch){
            .panel = panel,
            .row_count = segment->row_count,
            .first = sample->row_count,
            .count = segment->row_count - sample->longest_lag,
        };
        sample->row_count += segment->row_count - sample->longest_lag;
    }
    sample->stretches = stretches;
    sample->energy = energy;
    return CAUS_OK;
}

static caus_status list_rows(gathering *g, caus_error *err)
{
    caus_sample *sample = g->sample;
    const double **rows =
        CAUS_ARRAY(g->arena, const double *, sample->row_count);
    if (!rows)
        return caus_arena_fail(g->arena, err);
    size_t next = 0;
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        for (size_t r = 0; r < stretch->count; r++)
            rows[next++] =
                stretch->panel + (r + sample->longest_lag) * sample->stride;
    }
    sample->rows = rows;
    return CAUS_OK;
}

/* Whether a value must not be used in a role, apart from its neighbours. */
static bool is_left_out(const gathering *g, const caus_segment *segment,
                        size_t row, size_t variable, size_t role)
{
    if (caus_segment_is_missing(segment, row, variable))
        return true;
    return g->options->leave_out[role] &&
           !caus_segment_is_selected(segment, row, variable);
}

/* Whether reference row `t` is lost to variable(t − lag) in a role. */
static bool is_row_lost(const gathering *g, const caus_segment *segment,
                        size_t t, size_t variable, size_t lag, size_t role)
{
    if (is_left_out(g, segment, t - lag, variable, role))
        return true;
    if (!g->options->drop_up_to_longest)
        return false;
    /* only reference rows of the sample pass their loss on */
    for (size_t back = 1; back <= g->sample->longest_lag; back++)
        if (t - back >= g->sample->longest_lag &&
            caus_segment_is_missing(segment, t - back - lag, variable))
            return true;
    return false;
}

/* The bits of one node, or NULL when no row is lost. */
static caus_status mark_node(const gathering *g, size_t variable, size_t lag,
                             size_t role, const uint64_t **result,
                             caus_error *err)
{
    const caus_sample *sample = g->sample;
    size_t next = 0;
    uint64_t *bits = NULL;
    for (size_t s = 0; s < g->series->segment_count; s++) {
        const caus_segment *segment = &g->series->segments[s];
        for (size_t t = sample->longest_lag; t < segment->row_count; t++) {
            size_t row = next++;
            if (!is_row_lost(g, segment, t, variable, lag, role))
                continue;
            if (!bits)
                bits = CAUS_ARRAY(g->arena, uint64_t, sample->word_count);
            if (!bits)
                return caus_arena_fail(g->arena, err);
            bits[row / 64] |= (uint64_t)1 << (row % 64);
        }
    }
    *result = bits;
    return CAUS_OK;
}

static bool has_bits(const uint64_t *bits, size_t count, uint64_t expected)
{
    for (size_t w = 0; w < count; w++)
        if (bits[w] != expected)
            return true;
    return false;
}

/* Whether any value of a variable may be left out in a role. The last word of
 * a selection has unused bits, so this may say yes without need. */
static bool may_be_left_out(const gathering *g, size_t variable, size_t role)
{
    for (size_t s = 0; s < g->series->segment_count; s++) {
        const caus_segment *segment = &g->series->segments[s];
        size_t words = segment->word_count, first = variable * words;
        if (segment->missing && has_bits(segment->missing + first, words, 0))
            return true;
        if (g->options->leave_out[role] && segment->selected &&
            has_bits(segment->selected + first, words, UINT64_MAX))
            return true;
    }
    return false;
}

static caus_status mark_role(gathering *g, size_t role, caus_error *err)
{
    caus_sample *sample = g->sample;
    const uint64_t **marks = NULL;
    for (size_t v = 0; v < sample->variable_count; v++) {
        if (!may_be_left_out(g, v, role))
            continue;
        if (!marks)
            marks = CAUS_ARRAY(g->arena, const uint64_t *, sample->node_count);
        if (!marks)
            return caus_arena_fail(g->arena, err);
        for (size_t lag = 0; lag <= sample->longest_lag; lag++) {
            caus_node node = caus_node_of(sample, v, lag);
            CAUS_TRY(caus_run_check(g->run, err));
            CAUS_TRY(mark_node(g, v, lag, role, &marks[node], err));
        }
    }
    sample->invalid[role] = marks;
    return CAUS_OK;
}

/* Roles that leave out the same values share their bits. */
static caus_status mark_invalid(gathering *g, caus_error *err)
{
    const bool *leave_out = g->options->leave_out;
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++) {
        size_t same = 0;
        while (leave_out[same] != leave_out[role])
            same++;
        if (same < role)
            g->sample->invalid[role] = g->sample->invalid[same];
        else
            CAUS_TRY(mark_role(g, role, err));
    }
    return CAUS_OK;
}

static caus_status gather(gathering *g, caus_error *err)
{
    caus_sample *sample = g->sample;
    size_t stride = sample->stride;
    g->mean = CAUS_ARRAY(g->arena, double, stride);
    g->scale = CAUS_ARRAY(g->arena, double, stride);
    if (!g->mean || !g->scale)
        return caus_arena_fail(g->arena, err);
    sample->mean = g->mean;
    sample->scale = g->scale;
    find_scales(g);
    CAUS_TRY(find_means(g, err));
    CAUS_TRY(fill_stretches(g, err));
    if (!sample->row_count)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows cannot hold lags up to %zu: no stretch of "
                         "rows is longer; widen the window or lower --max-lag",
                         caus_series_row_count(g->series), sample->longest_lag);
    sample->word_count = (sample->row_count + 63) / 64;
    CAUS_TRY(list_rows(g, err));
    CAUS_TRY(mark_invalid(g, err));
    return caus_run_check(g->run, err);
}

caus_status caus_sample_init(const caus_series *series,
                             const caus_sample_options *options,
                             const caus_run *run, caus_arena *arena,
                             caus_sample *result, caus_error *err)
{
    if (series->gram)
        return caus_gram_sample(series, options, arena, result, err);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    size_t stride = caus_pad_lanes(series->variable_count);
    caus_sample sample = {
        .series = series,
        .variables = series->variables,
        .variable_count = series->variable_count,
        .stride = stride,
        .longest_lag = options->longest_lag,
        .node_count = stride * (options->longest_lag + 1),
    };
    gathering g = {.series = series,
                   .options = options,
                   .run = run,
                   .arena = arena,
                   .sample = &sample};
    caus_status status = gather(&g, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    *result = sample;
    return CAUS_OK;
}

caus_status caus_sample_identify(const caus_sample *sample, caus_arena *arena,
                                 const uint64_t **result, caus_error *err)
{
    uint64_t *identity = CAUS_ARRAY(arena, uint64_t, sample->node_count);
    if (!identity)
        return caus_arena_fail(arena, err);
    for (caus_node node = 0; node < sample->node_count; node++) {
        size_t variable = node % sample->stride;
        if (variable >= sample->variable_count)
            continue;
        uint64_t hash = 0xcbf29ce484222325u + node / sample->stride;
        const char *name =
            sample->variables ? sample->variables[variable].name : "";
        for (const char *at = name; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
        if (!sample->variables)
            hash = (hash ^ variable) * 0x100000001b3u;
        caus_random mixed;
        caus_random_init(&mixed, hash, 0);
        identity[node] = caus_random_bits(&mixed);
    }
    *result = identity;
    return CAUS_OK;
}
