/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gram matrices of lagged columns. A block (a, b) holds the products of all
 * columns at lag a with all columns at lag b, a ≤ b. On one stretch of rows
 * block (a + 1, b + 1) is block (a, b) plus one row in front and minus the
 * last, so only the blocks (0, d) need a pass over time.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "independence/independence_internal.h"

enum { LEFT_COLUMNS = 32 };

/* A part of the work: rows first … first + count of the blocks (a, a + d). */
typedef struct strip {
    size_t distance;
    size_t first;
    size_t count;
} strip;

typedef struct filling {
    caus_parcorr *state;
    const caus_sample *sample;
    const caus_gram_kernel *kernel;
    const double *weighted; /* [row_count × stride] rows times weights, at one
                               lag; NULL without weights */
} filling;

static double *block_at(const filling *f, size_t a, size_t b, size_t first)
{
    const caus_sample *sample = f->sample;
    return f->state->gram + (a * sample->stride + first) * sample->node_count +
           b * sample->stride;
}

/* A few million products between two looks at the clock. */
enum { PRODUCTS_A_PART = 1 << 22 };

/* Adds `rows` rows; parts in time leave the sums as they are. */
static void add_in_parts(const filling *f, caus_gram_task *task, size_t rows)
{
    size_t products = task->left_count * task->right_count;
    size_t part = products ? PRODUCTS_A_PART / products : 0;
    part = part < CAUS_LANES ? CAUS_LANES : part;
    while (rows && !caus_run_should_stop(f->state->run)) {
        task->row_count = rows < part ? rows : part;
        f->kernel->add(task);
        task->left += task->row_count * task->left_stride;
        task->right += task->row_count * task->right_stride;
        rows -= task->row_count;
    }
}

/* Adds the rows of one stretch to block (0, d) kept in `out`. */
static void add_rows(const filling *f, const caus_stretch *stretch,
                     const strip *part, double *out, size_t out_stride)
{
    const caus_sample *sample = f->sample;
    const double *start = stretch->panel + sample->longest_lag * sample->stride;
    caus_gram_task task = {
        .left = start + part->first,
        .right = start - part->distance * sample->stride,
        .out = out,
        .left_stride = sample->stride,
        .right_stride = sample->stride,
        .out_stride = out_stride,
        .left_count = part->count,
        .right_count = sample->stride,
    };
    add_in_parts(f, &task, stretch->count);
}

/* Slides `out` from block (a, a + d) to block (a + 1, a + 1 + d). */
static void slide(const filling *f, const caus_stretch *stretch,
                  const strip *part, size_t a, double *out, size_t out_stride)
{
    const caus_sample *sample = f->sample;
    size_t stride = sample->stride;
    const double *in = stretch->panel + (sample->longest_lag - a - 1) * stride;
    const double *gone = stretch->panel + (stretch->row_count - 1 - a) * stride;
    double negative[LEFT_COLUMNS];
    for (size_t i = 0; i < part->count; i++)
        negative[i] = -gone[part->first + i];
    caus_gram_task task = {
        .left = in + part->first,
        .right = in - part->distance * stride,
        .out = out,
        .left_stride = stride,
        .right_stride = stride,
        .out_stride = out_stride,
        .left_count = part->count,
        .right_count = stride,
        .row_count = 1,
    };
    f->kernel->add(&task);
    task.left = negative;
    task.right = gone - part->distance * stride;
    f->kernel->add(&task);
}

/* All blocks of a strip when the sample is a single stretch: each block is
 * copied to the next and slid there. */
static void fill_single(const filling *f, const strip *part)
{
    const caus_sample *sample = f->sample;
    const caus_stretch *stretch = sample->stretches;
    size_t nodes = sample->node_count;
    double *out = block_at(f, 0, part->distance, part->first);
    add_rows(f, stretch, part, out, nodes);
    for (size_t a = 0; a + part->distance < sample->longest_lag; a++) {
        double *next = block_at(f, a + 1, a + 1 + part->distance, part->first);
        for (size_t i = 0; i < part->count; i++)
            memcpy(next + i * nodes, out + i * nodes,
                   sample->stride * sizeof *out);
        slide(f, stretch, part, a, next, nodes);
        out = next;
    }
}

/* Adds a stretch's own block to the sum over stretches. */
static void add_block(const filling *f, const strip *part, size_t a,
                      const double *own)
{
    const caus_sample *sample = f->sample;
    double *out = block_at(f, a, a + part->distance, part->first);
    for (size_t i = 0; i < part->count; i++)
        for (size_t j = 0; j < sample->stride; j++)
            out[i * sample->node_count + j] += own[i * sample->stride + j];
}

static void fill_pooled(const filling *f, const strip *part, double *own)
{
    const caus_sample *sample = f->sample;
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        memset(own, 0, part->count * sample->stride * sizeof *own);
        add_rows(f, stretch, part, own, sample->stride);
        add_block(f, part, 0, own);
        for (size_t a = 0; a + part->distance < sample->longest_lag; a++) {
            slide(f, stretch, part, a, own, sample->stride);
            add_block(f, part, a + 1, own);
        }
    }
}

static strip strip_of(const caus_sample *sample, size_t index)
{
    size_t per_distance = (sample->stride + LEFT_COLUMNS - 1) / LEFT_COLUMNS;
    assert(per_distance > 0);
    strip part = {.distance = index / per_distance,
                  .first = index % per_distance * LEFT_COLUMNS};
    part.count = sample->stride - part.first;
    if (part.count > LEFT_COLUMNS)
        part.count = LEFT_COLUMNS;
    return part;
}

static size_t strip_count(const caus_sample *sample)
{
    return (sample->longest_lag + 1) *
           ((sample->stride + LEFT_COLUMNS - 1) / LEFT_COLUMNS);
}

static caus_status fill_unweighted(const filling *f, int threads,
                                   const caus_run *run, caus_arena *scratch,
                                   caus_error *err)
{
    const caus_sample *sample = f->sample;
    size_t strips = strip_count(sample);
    bool pooled = sample->stretch_count > 1;
    size_t own_size = pooled ? LEFT_COLUMNS * sample->stride : 0;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *own = CAUS_ARRAY(scratch, double, own_size *strips);
    if (!own)
        return caus_arena_fail(scratch, err);
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (size_t s = 0; s < strips; s++) {
        if (caus_run_should_stop(run))
            continue;
        strip part = strip_of(sample, s);
        if (pooled)
            fill_pooled(f, &part, own + s * own_size);
        else
            fill_single(f, &part);
    }
    caus_arena_rewind(scratch, mark);
    return caus_run_check(run, err);
}

/* Rows at lag `a` times their weights. */
static void weigh(const filling *f, size_t a, double *weighted)
{
    const caus_sample *sample = f->sample;
    for (size_t r = 0; r < sample->row_count; r++) {
        const double *row = sample->rows[r] - a * sample->stride;
        double weight = f->state->weights[r];
        for (size_t v = 0; v < sample->stride; v++)
            weighted[r * sample->stride + v] = weight * row[v];
    }
}

/* Blocks (a, b) for one a and all b ≥ a, one stretch after another. */
static void fill_weighted_lag(const filling *f, size_t a,
                              const double *weighted)
{
    const caus_sample *sample = f->sample;
    size_t stride = sample->stride;
    for (size_t b = a; b <= sample->longest_lag; b++) {
        for (size_t s = 0; s < sample->stretch_count; s++) {
            const caus_stretch *stretch = &sample->stretches[s];
            caus_gram_task task = {
                .left = weighted + stretch->first * stride,
                .right = stretch->panel + (sample->longest_lag - b) * stride,
                .out = block_at(f, a, b, 0),
                .left_stride = stride,
                .right_stride = stride,
                .out_stride = sample->node_count,
                .left_count = stride,
                .right_count = stride,
            };
            add_in_parts(f, &task, stretch->count);
        }
    }
}

static caus_status fill_weighted(const filling *f, const caus_run *run,
                                 caus_arena *scratch, caus_error *err)
{
    const caus_sample *sample = f->sample;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *weighted =
        CAUS_ARRAY(scratch, double, sample->row_count * sample->stride);
    if (!weighted)
        return caus_arena_fail(scratch, err);
    caus_status status = CAUS_OK;
    for (size_t a = 0; a <= sample->longest_lag && status == CAUS_OK; a++) {
        weigh(f, a, weighted);
        fill_weighted_lag(f, a, weighted);
        status = caus_run_check(run, err);
    }
    caus_arena_rewind(scratch, mark);
    return status;
}

/* Sums of one stretch at every lag: one pass, then slides like the blocks. */
static void add_sums(const caus_sample *sample, const caus_stretch *stretch,
                     double *own, double *sums)
{
    size_t stride = sample->stride;
    memset(own, 0, stride * sizeof *own);
    for (size_t r = 0; r < stretch->count; r++) {
        const double *row = stretch->panel + (r + sample->longest_lag) * stride;
        for (size_t v = 0; v < stride; v++)
            own[v] += row[v];
    }
    for (size_t lag = 0;; lag++) {
        for (size_t v = 0; v < stride; v++)
            sums[lag * stride + v] += own[v];
        if (lag == sample->longest_lag)
            return;
        const double *in =
            stretch->panel + (sample->longest_lag - lag - 1) * stride;
        const double *gone =
            stretch->panel + (stretch->row_count - 1 - lag) * stride;
        for (size_t v = 0; v < stride; v++)
            own[v] = own[v] + in[v] - gone[v];
    }
}

static void add_weighted_sums(const caus_parcorr *state)
{
    const caus_sample *sample = state->sample;
    for (size_t lag = 0; lag <= sample->longest_lag; lag++) {
        double *sums = state->sums + lag * sample->stride;
        for (size_t r = 0; r < sample->row_count; r++) {
            const double *row = sample->rows[r] - lag * sample->stride;
            for (size_t v = 0; v < sample->stride; v++)
                sums[v] += state->weights[r] * row[v];
        }
    }
}

static caus_status fill_sums(const caus_parcorr *state, caus_arena *scratch,
                             caus_error *err)
{
    const caus_sample *sample = state->sample;
    if (state->weights) {
        add_weighted_sums(state);
        return CAUS_OK;
    }
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *own = CAUS_ARRAY(scratch, double, sample->stride);
    if (!own)
        return caus_arena_fail(scratch, err);
    for (size_t s = 0; s < sample->stretch_count; s++)
        add_sums(sample, &sample->stretches[s], own, state->sums);
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}

caus_status caus_moments_fill(caus_parcorr *state, int threads,
                              const caus_run *run, caus_arena *scratch,
                              caus_error *err)
{
    filling f = {
        .state = state, .sample = state->sample, .kernel = caus_gram_best()};
    CAUS_TRY(fill_sums(state, scratch, err));
    if (state->weights)
        return fill_weighted(&f, run, scratch, err);
    return fill_unweighted(&f, threads, run, scratch, err);
}

/* Whether a node takes one value in all rows that count. */
static bool is_constant(const caus_parcorr *state, caus_node node)
{
    const caus_sample *sample = state->sample;
    bool seen = false;
    double first = 0;
    for (size_t r = 0; r < sample->row_count; r++) {
        if (state->weights && state->weights[r] <= 0)
            continue;
        double value = caus_node_value(sample, r, node);
        if (!seen)
            first = value;
        else if (value < first || value > first)
            return false;
        seen = true;
    }
    return true;
}

static void find_states(caus_parcorr *state, double *inverse_deviation)
{
    const caus_sample *sample = state->sample;
    size_t nodes = sample->node_count;
    for (size_t lag = 0; lag <= sample->longest_lag; lag++) {
        for (size_t v = 0; v < sample->stride; v++) {
            caus_node node = caus_node_of(sample, v, lag);
            double sum = state->sums[node];
            double spread = state->gram[node * nodes + node] -
                            sum * sum / state->total_weight;
            bool weak = !(spread > caus_weak_spread * sample->energy[v]);
            bool padding = v >= sample->variable_count;
            if (padding || (weak && is_constant(state, node)))
                state->state[node] = CAUS_NODE_CONSTANT;
            else
                state->state[node] = weak ? CAUS_NODE_WEAK : CAUS_NODE_SOUND;
            inverse_deviation[node] = weak ? 0 : 1 / sqrt(spread);
        }
    }
}

/* Eight rows of the matrix right of the diagonal, and their mirror image. */
static void finish_rows(caus_parcorr *state, const double *inverse,
                        size_t first)
{
    size_t nodes = state->sample->node_count;
    double share = 1 / state->total_weight;
    for (size_t j = first; j < nodes; j += CAUS_LANES) {
        for (size_t i = first; i < first + CAUS_LANES; i++) {
            double *row = state->gram + i * nodes;
            for (size_t k = j; inverse && k < j + CAUS_LANES; k++)
                row[k] = (row[k] - state->sums[i] * state->sums[k] * share) *
                         (inverse[i] * inverse[k]);
        }
        for (size_t i = first; i < first + CAUS_LANES; i++)
            for (size_t k = j; k < j + CAUS_LANES; k++)
                if (k > i)
                    state->gram[k * nodes + i] = state->gram[i * nodes + k];
    }
}

static void finish(caus_parcorr *state, int threads, const double *inverse)
{
    size_t nodes = state->sample->node_count;
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 4) if (threads > 1)
    for (size_t first = 0; first < nodes; first += CAUS_LANES)
        finish_rows(state, inverse, first);
}

void caus_moments_normalise(caus_parcorr *state, int threads,
                            double *inverse_deviation)
{
    size_t nodes = state->sample->node_count;
    find_states(state, inverse_deviation);
    finish(state, threads, inverse_deviation);
    for (size_t i = 0; i < nodes; i++)
        state->gram[i * nodes + i] = inverse_deviation[i] > 0 ? 1 : 0;
}

void caus_moments_mirror(caus_parcorr *state, int threads)
{
    finish(state, threads, NULL);
}
