/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/gram.h"
#include "numeric/numeric.h"

/* Columns of the Gram matrix that one piece of work covers. */
enum { BLOCK = 48 };

/* A deviation this small beside the values is rounding. */
static const double least_deviation = 1e-13;

typedef struct gathering {
    const caus_series *series;
    const caus_run *run;
    size_t stride;
    size_t row_count;
    double *panel;
    double *mean;  /* [stride] */
    double *scale; /* [stride] powers of two */
    double *gram;  /* [stride × stride] upper triangle of blocks */
} gathering;

static bool is_complete(const caus_segment *segment, size_t row,
                        size_t variables)
{
    for (size_t v = 0; segment->missing && v < variables; v++)
        if (caus_segment_is_missing(segment, row, v))
            return false;
    return true;
}

static caus_status count_rows(gathering *g, size_t least, caus_error *err)
{
    size_t variables = g->series->variable_count;
    for (size_t s = 0; s < g->series->segment_count; s++) {
        const caus_segment *segment = &g->series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++)
            g->row_count += is_complete(segment, r, variables);
    }
    if (g->row_count >= least)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "%zu of %zu rows have a value of each of the %zu "
                     "variables: need at least %zu; widen the window or leave "
                     "out variables with gaps",
                     g->row_count, caus_series_row_count(g->series), variables,
                     least);
}

static caus_status copy_rows(gathering *g, caus_error *err)
{
    size_t variables = g->series->variable_count;
    double *row = g->panel;
    for (size_t s = 0; s < g->series->segment_count; s++) {
        const caus_segment *segment = &g->series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++) {
            if (!is_complete(segment, r, variables))
                continue;
            memcpy(row, segment->values + r * variables,
                   variables * sizeof *row);
            row += g->stride;
        }
        CAUS_TRY(caus_run_check(g->run, err));
    }
    return CAUS_OK;
}

/* Powers of two that bring every column near 1. */
static void scale_columns(gathering *g)
{
    double *largest = g->scale;
    for (size_t r = 0; r < g->row_count; r++)
        for (size_t v = 0; v < g->stride; v++) {
            double size = fabs(g->panel[r * g->stride + v]);
            largest[v] = size > largest[v] ? size : largest[v];
        }
    for (size_t v = 0; v < g->stride; v++)
        g->scale[v] = largest[v] > 0 ? ldexp(1, -ilogb(largest[v])) : 1;
    for (size_t r = 0; r < g->row_count; r++)
        for (size_t v = 0; v < g->stride; v++)
            g->panel[r * g->stride + v] *= g->scale[v];
}

/* Takes the mean out; the second time, what rounding left of it. */
static void centre_columns(gathering *g)
{
    double *mean = g->mean;
    memset(mean, 0, g->stride * sizeof *mean);
    for (size_t r = 0; r < g->row_count; r++)
        for (size_t v = 0; v < g->stride; v++)
            mean[v] += g->panel[r * g->stride + v];
    for (size_t v = 0; v < g->stride; v++)
        mean[v] /= (double)g->row_count;
    for (size_t r = 0; r < g->row_count; r++)
        for (size_t v = 0; v < g->stride; v++)
            g->panel[r * g->stride + v] -= mean[v];
}

static void add_block(const gathering *g, const caus_gram_kernel *kernel,
                      size_t first)
{
    size_t left = g->stride - first < BLOCK ? g->stride - first : BLOCK;
    enum { ROWS = 256 };
    for (size_t r = 0; r < g->row_count && !caus_run_should_stop(g->run);
         r += ROWS) {
        size_t rows = g->row_count - r < ROWS ? g->row_count - r : ROWS;
        caus_gram_task task = {
            .left = g->panel + r * g->stride + first,
            .right = g->panel + r * g->stride + first,
            .out = g->gram + first * g->stride + first,
            .left_stride = g->stride,
            .right_stride = g->stride,
            .out_stride = g->stride,
            .left_count = left,
            .right_count = g->stride - first,
            .row_count = rows,
        };
        kernel->add(&task);
    }
}

static void fill_gram(const gathering *g)
{
    const caus_gram_kernel *kernel = caus_gram_best();
    int threads = caus_run_threads(g->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t first = 0; first < g->stride; first += BLOCK)
        add_block(g, kernel, first);
}

/* `mean` holds the first means, in units of the scaled column. */
static void normalise(const gathering *g, const double *mean)
{
    size_t variables = g->series->variable_count, stride = g->stride;
    double *energy = g->mean;
    for (size_t v = 0; v < stride; v++) {
        double least = least_deviation * (fabs(mean[v]) + 1e-3);
        double own = v < variables ? g->gram[v * stride + v] : 0;
        energy[v] = own > least * least * (double)g->row_count ? own : 0;
    }
    for (size_t i = 0; i < variables; i++) {
        double *row = g->gram + i * stride;
        for (size_t j = i; j < stride; j++) {
            double product = energy[i] * energy[j];
            double r = product > 0 ? row[j] / sqrt(product) : 0;
            r = r > 1 ? 1 : r;
            row[j] = r < -1 ? -1 : r;
        }
        for (size_t j = 0; j < i; j++)
            row[j] = g->gram[j * stride + i];
    }
}

static caus_status correlate(gathering *g, size_t least, caus_arena *arena,
                             caus_error *err)
{
    size_t stride = g->stride;
    CAUS_TRY(count_rows(g, least, err));
    g->panel = CAUS_ARRAY(arena, double, g->row_count *stride);
    g->gram = CAUS_ARRAY(arena, double, stride *stride);
    g->mean = CAUS_ARRAY(arena, double, stride);
    g->scale = CAUS_ARRAY(arena, double, stride);
    double *first_mean = CAUS_ARRAY(arena, double, stride);
    if (!g->panel || !g->gram || !g->mean || !g->scale || !first_mean)
        return caus_arena_fail(arena, err);
    CAUS_TRY(copy_rows(g, err));
    scale_columns(g);
    centre_columns(g);
    memcpy(first_mean, g->mean, stride * sizeof *first_mean);
    centre_columns(g);
    fill_gram(g);
    CAUS_TRY(caus_run_check(g->run, err));
    normalise(g, first_mean);
    return CAUS_OK;
}

caus_status caus_correlate(const caus_series *series, size_t least,
                           const caus_run *run, caus_arena *arena,
                           caus_correlation *result, caus_error *err)
{
    if (series->gram)
        return caus_gram_correlation(series, least, arena, result, err);
    gathering g = {.series = series,
                   .run = run,
                   .stride = caus_pad_lanes(series->variable_count)};
    CAUS_TRY(correlate(&g, least, arena, err));
    *result = (caus_correlation){.variable_count = series->variable_count,
                                 .row_count = g.row_count,
                                 .stride = g.stride,
                                 .matrix = g.gram,
                                 .panel = g.panel,
                                 .variables = series->variables};
    return CAUS_OK;
}
