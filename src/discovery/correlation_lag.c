/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/correlation_internal.h"
#include "numeric/numeric.h"

/* Fewer rows make a correlation that means nothing. */
enum { LEAST_PAIRS = 4, BLOCK = 48, ROWS = 256 };

/* A deviation this small beside the values is rounding. */
static const double least_deviation = 1e-13;

caus_status caus_look_init(const caus_series *series, bool ranks,
                           const caus_run *run, caus_arena *arena,
                           caus_look *look, caus_error *err)
{
    size_t variables = series->variable_count;
    size_t rows = caus_series_row_count(series);
    double *values = CAUS_ARRAY(arena, double, variables *rows);
    bool *is_whole = CAUS_ARRAY(arena, bool, variables);
    if (!values || !is_whole)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++) {
        double *column = values + v * rows, largest = 0;
        size_t next = 0;
        is_whole[v] = true;
        CAUS_TRY(caus_run_check(run, err));
        for (size_t s = 0; s < series->segment_count; s++) {
            const caus_segment *segment = &series->segments[s];
            for (size_t r = 0; r < segment->row_count; r++) {
                bool missing = caus_segment_is_missing(segment, r, v);
                double value = segment->values[r * variables + v];
                column[next++] = missing ? (double)NAN : value;
                is_whole[v] = is_whole[v] && !missing;
                largest = missing ? largest : fmax(largest, fabs(value));
            }
        }
        double scale = largest > 0 ? ldexp(1, -ilogb(largest)) : 1;
        for (size_t r = 0; r < rows; r++)
            column[r] *= scale;
    }
    *look = (caus_look){.series = series,
                        .run = run,
                        .ranks = ranks,
                        .variables = variables,
                        .rows = rows,
                        .values = values,
                        .is_whole = is_whole};
    return CAUS_OK;
}

size_t caus_look_pairs(const caus_look *look, size_t lag)
{
    size_t count = 0;
    for (size_t s = 0; s < look->series->segment_count; s++) {
        size_t rows = look->series->segments[s].row_count;
        count += rows > lag ? rows - lag : 0;
    }
    return count;
}

/* ---- one column over one window ---- */

typedef struct ranked {
    double value;
    size_t place;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* Replaces values by ranks 1 … count, those of equal values by their mean. */
static void rank(double *values, size_t count, ranked *order)
{
    for (size_t k = 0; k < count; k++)
        order[k] = (ranked){values[k], k};
    qsort(order, count, sizeof *order, compare_ranked);
    for (size_t first = 0; first < count;) {
        size_t end = first + 1;
        while (end < count && !(order[end].value > order[first].value))
            end++;
        for (size_t k = first; k < end; k++)
            values[order[k].place] = (double)(first + 1 + end) / 2;
        first = end;
    }
}

/* Centres values; returns the sum of squares, 0 when they are constant. */
static double centre(double *values, size_t count)
{
    double mean = 0, rest = 0, energy = 0;
    for (size_t k = 0; k < count; k++)
        mean += values[k];
    mean /= (double)count;
    for (size_t k = 0; k < count; k++) {
        values[k] -= mean;
        rest += values[k];
    }
    rest /= (double)count;
    for (size_t k = 0; k < count; k++) {
        values[k] -= rest;
        energy += values[k] * values[k];
    }
    double least = least_deviation * (fabs(mean) + 1e-3);
    return energy > least * least * (double)count ? energy : 0;
}

static double bounded(double correlation)
{
    return correlation > 1 ? 1 : correlation < -1 ? -1 : correlation;
}

/* The window of a column: rows 0 … of each segment less the last `lag` ones
 * (its past), or from `lag` on (its present). */
static void copy_window(const caus_look *look, size_t variable, size_t lag,
                        bool past, double *to)
{
    const double *column = look->values + variable * look->rows;
    for (size_t s = 0; s < look->series->segment_count; s++) {
        size_t rows = look->series->segments[s].row_count;
        if (rows > lag) {
            memcpy(to, column + (past ? 0 : lag), (rows - lag) * sizeof *to);
            to += rows - lag;
        }
        column += rows;
    }
}

/* ---- columns without gaps: all at once ---- */

/* One thread's buffers, each for a whole window. */
typedef struct buffers {
    double *x;
    double *y;
    ranked *order;
} buffers;

typedef struct lag_work {
    const caus_look *look;
    size_t lag;
    size_t pairs;  /* rows of a window */
    size_t stride; /* of panels and gram */
    double *past;  /* [pairs × stride] centred windows */
    double *present;
    double *past_energy; /* [stride] */
    double *present_energy;
    double *gram;     /* [stride × stride] */
    buffers *buffers; /* [threads] */
    double *correlation;
    size_t *count;
} lag_work;

static void fill_panel(const lag_work *w, buffers *b, size_t v, bool past)
{
    double *panel = past ? w->past : w->present;
    if (!w->look->is_whole[v])
        return;
    copy_window(w->look, v, w->lag, past, b->x);
    if (w->look->ranks)
        rank(b->x, w->pairs, b->order);
    double energy = centre(b->x, w->pairs);
    (past ? w->past_energy : w->present_energy)[v] = energy;
    for (size_t r = 0; r < w->pairs; r++)
        panel[r * w->stride + v] = b->x[r];
}

static void add_block(const lag_work *w, const caus_gram_kernel *kernel,
                      size_t first)
{
    size_t left = w->stride - first < BLOCK ? w->stride - first : BLOCK;
    for (size_t r = 0; r < w->pairs; r += ROWS) {
        if (caus_run_should_stop(w->look->run))
            return;
        caus_gram_task task = {
            .left = w->past + r * w->stride + first,
            .right = w->present + r * w->stride,
            .out = w->gram + first * w->stride,
            .left_stride = w->stride,
            .right_stride = w->stride,
            .out_stride = w->stride,
            .left_count = left,
            .right_count = w->stride,
            .row_count = w->pairs - r < ROWS ? w->pairs - r : ROWS,
        };
        kernel->add(&task);
    }
}

/* ---- pairs with gaps: one by one ---- */

static void correlate_pair(const lag_work *w, buffers *b, size_t i, size_t j)
{
    const caus_look *look = w->look;
    const double *x = look->values + i * look->rows;
    const double *y = look->values + j * look->rows;
    size_t count = 0, cell = i * look->variables + j;
    for (size_t s = 0; s < look->series->segment_count; s++) {
        size_t rows = look->series->segments[s].row_count;
        for (size_t r = w->lag; r < rows; r++) {
            if (isnan(x[r - w->lag]) || isnan(y[r]))
                continue;
            b->x[count] = x[r - w->lag];
            b->y[count++] = y[r];
        }
        x += rows;
        y += rows;
    }
    w->count[cell] = count;
    w->correlation[cell] = 0;
    if (count < LEAST_PAIRS)
        return;
    if (look->ranks) {
        rank(b->x, count, b->order);
        rank(b->y, count, b->order);
    }
    double product = centre(b->x, count) * centre(b->y, count), sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += b->x[k] * b->y[k];
    if (product > 0)
        w->correlation[cell] = bounded(sum / sqrt(product));
}

static void correlate_row(const lag_work *w, buffers *b, size_t i)
{
    size_t variables = w->look->variables;
    for (size_t j = 0; j < variables; j++) {
        size_t cell = i * variables + j;
        if (!w->look->is_whole[i] || !w->look->is_whole[j]) {
            if (!caus_run_should_stop(w->look->run))
                correlate_pair(w, b, i, j);
            continue;
        }
        double product = w->past_energy[i] * w->present_energy[j];
        w->count[cell] = w->pairs;
        w->correlation[cell] =
            product > 0 && w->pairs >= LEAST_PAIRS
                ? bounded(w->gram[i * w->stride + j] / sqrt(product))
                : 0;
    }
}

/* ---- one lag ---- */

static caus_status init_work(lag_work *w, caus_arena *arena, int threads,
                             caus_error *err)
{
    size_t size = w->pairs * w->stride;
    w->past = CAUS_ARRAY(arena, double, size);
    w->present = w->lag ? CAUS_ARRAY(arena, double, size) : w->past;
    w->past_energy = CAUS_ARRAY(arena, double, w->stride);
    w->present_energy =
        w->lag ? CAUS_ARRAY(arena, double, w->stride) : w->past_energy;
    w->gram = CAUS_ARRAY(arena, double, w->stride * w->stride);
    w->buffers = CAUS_ARRAY(arena, buffers, (size_t)threads);
    if (!w->past || !w->present || !w->past_energy || !w->present_energy ||
        !w->gram || !w->buffers)
        return caus_arena_fail(arena, err);
    for (int k = 0; k < threads; k++) {
        buffers *b = &w->buffers[k];
        b->x = CAUS_ARRAY(arena, double, w->pairs);
        b->y = CAUS_ARRAY(arena, double, w->pairs);
        b->order = CAUS_ARRAY(arena, ranked, w->look->ranks ? w->pairs : 0);
        if (!b->x || !b->y || !b->order)
            return caus_arena_fail(arena, err);
    }
    return CAUS_OK;
}

static void correlate(const lag_work *w, int threads)
{
    const caus_gram_kernel *kernel = caus_gram_best();
    size_t variables = w->look->variables;
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        buffers *b = &w->buffers[threads > 1 ? omp_get_thread_num() : 0];
#pragma omp for schedule(dynamic, 1)
        for (size_t v = 0; v < variables; v++) {
            if (caus_run_should_stop(w->look->run))
                continue;
            fill_panel(w, b, v, true);
            if (w->lag)
                fill_panel(w, b, v, false);
        }
#pragma omp for schedule(dynamic, 1)
        for (size_t first = 0; first < w->stride; first += BLOCK)
            add_block(w, kernel, first);
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < variables; i++)
            correlate_row(w, b, i);
    }
}

caus_status caus_look_at_lag(const caus_look *look, size_t lag,
                             double *correlation, size_t *count,
                             caus_error *err)
{
    int threads = caus_run_threads(look->run);
    caus_arena *arena = caus_run_scratch(look->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    lag_work w = {.look = look,
                  .lag = lag,
                  .pairs = caus_look_pairs(look, lag),
                  .stride = caus_pad_lanes(look->variables),
                  .correlation = correlation,
                  .count = count};
    caus_status status = init_work(&w, arena, threads, err);
    if (status == CAUS_OK) {
        correlate(&w, threads);
        status = caus_run_check(look->run, err);
    }
    caus_arena_rewind(arena, mark);
    return status;
}

/* ---- the past of a column ---- */

static double correlate_past(const caus_look *look, const double *column,
                             double mean, size_t lag)
{
    double sum = 0;
    for (size_t s = 0; s < look->series->segment_count; s++) {
        size_t rows = look->series->segments[s].row_count;
        for (size_t r = lag; r < rows; r++) {
            double product = (column[r] - mean) * (column[r - lag] - mean);
            sum += isnan(product) ? 0 : product;
        }
        column += rows;
    }
    return sum;
}

void caus_look_back(const caus_look *look, size_t lag_count, double *result)
{
    int threads = caus_run_threads(look->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t v = 0; v < look->variables; v++) {
        const double *column = look->values + v * look->rows;
        double *out = result + v * (lag_count + 1), sum = 0, count = 0;
        for (size_t r = 0; r < look->rows; r++) {
            sum += isnan(column[r]) ? 0 : column[r];
            count += !isnan(column[r]);
        }
        double mean = count > 0 ? sum / count : 0;
        double own = correlate_past(look, column, mean, 0);
        for (size_t lag = 0;
             lag <= lag_count && !caus_run_should_stop(look->run); lag++)
            out[lag] =
                own > 0 ? correlate_past(look, column, mean, lag) / own : 0;
    }
}
