/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Covariances are exact integers here, so what is lost is only what double
 * precision loses in a well-conditioned elimination; a test whose pivots are
 * small is done again with pairs of doubles.
 */
#include <math.h>
#include <stdlib.h>

#include "independence/gram.h"
#include "series/gram.h"

/* As of orthogonal projections of rows: a residual of 1e-12 beside its column
 * is rounding. */
static const double least_variance = 1e-24;

caus_status caus_gram_sample(const caus_series *series,
                             const caus_sample_options *options,
                             caus_arena *arena, caus_sample *result,
                             caus_error *err)
{
    const caus_gram *gram = series->gram;
    size_t stride = caus_pad_lanes(series->variable_count);
    if (options->longest_lag > gram->reach)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the sums were built for lags up to %zu and reach "
                         "back %zu steps, but %zu are needed: build them with "
                         "a larger --max-lag or search fewer lags",
                         gram->max_lag, gram->reach, options->longest_lag);
    double *zeros = CAUS_ARRAY(arena, double, 2 * stride);
    double *ones = CAUS_ARRAY(arena, double, stride);
    if (!zeros || !ones)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < stride; v++)
        ones[v] = 1;
    *result = (caus_sample){
        .series = series,
        .variables = series->variables,
        .variable_count = series->variable_count,
        .stride = stride,
        .longest_lag = options->longest_lag,
        .node_count = stride * (options->longest_lag + 1),
        .row_count = (size_t)gram->row_count,
        .energy = zeros,
        .mean = zeros + stride,
        .scale = ones,
        .gram = gram,
        .gram_columns = series->gram_columns,
    };
    return CAUS_OK;
}

/* The node of the gram, or SIZE_MAX for padding. */
static size_t gram_node(const caus_sample *sample, size_t node)
{
    size_t lag = node / sample->stride, variable = node % sample->stride;
    if (variable >= sample->variable_count)
        return SIZE_MAX;
    size_t column =
        sample->gram_columns ? sample->gram_columns[variable] : variable;
    return lag * sample->gram->variable_count + column;
}

/* ---- correlations ---- */

/* Deviations are brought near 1 by halving them so often. */
static unsigned halvings_of(const caus_wide *variance)
{
    return caus_wide_bits(variance) / 2;
}

/* A row of correlations from the diagonal on, and its mirror image. */
static void fill_row(const caus_parcorr *state, const unsigned *halvings,
                     const double *inverse, size_t i)
{
    const caus_sample *sample = state->sample;
    size_t nodes = sample->node_count, row = gram_node(sample, i);
    double *out = state->gram + i * nodes;
    if (!(inverse[i] > 0))
        return;
    out[i] = 1;
    for (size_t j = i + 1; j < nodes; j++) {
        if (!(inverse[j] > 0))
            continue;
        caus_wide both =
            caus_gram_centred(sample->gram, row, gram_node(sample, j));
        caus_pair pair = caus_wide_to_pair(&both, halvings[i] + halvings[j]);
        out[j] = pair.high * (inverse[i] * inverse[j]);
        state->gram[j * nodes + i] = out[j];
    }
}

caus_status caus_gram_correlate(caus_parcorr *state, int threads,
                                const caus_run *run, double *inverse_deviation,
                                caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t nodes = sample->node_count;
    unsigned *halvings = caus_alloc(nodes * sizeof *halvings);
    if (!halvings)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for %zu deviations", nodes);
    for (size_t node = 0; node < nodes; node++) {
        size_t place = gram_node(sample, node);
        state->state[node] = CAUS_NODE_CONSTANT;
        if (place == SIZE_MAX)
            continue;
        caus_wide own = caus_gram_centred(sample->gram, place, place);
        if (caus_wide_is_zero(&own))
            continue;
        halvings[node] = halvings_of(&own);
        caus_pair pair = caus_wide_to_pair(&own, 2 * halvings[node]);
        inverse_deviation[node] = 1 / sqrt(pair.high);
        state->state[node] = CAUS_NODE_SOUND;
    }
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 4) if (threads > 1)
    for (size_t i = 0; i < nodes; i++)
        if (!caus_run_should_stop(run))
            fill_row(state, halvings, inverse_deviation, i);
    free(halvings);
    return caus_run_check(run, err);
}

/* ---- tests with small pivots: sums of two doubles ---- */

static caus_pair pair_of(double high, double low)
{
    double sum = high + low;
    return (caus_pair){sum, low - (sum - high)};
}

static caus_pair pair_subtract(caus_pair a, caus_pair b)
{
    double difference = a.high - b.high, back = difference - a.high;
    double error = (a.high - (difference - back)) - (b.high + back);
    return pair_of(difference, error + (a.low - b.low));
}

static caus_pair pair_multiply(caus_pair a, caus_pair b)
{
    double product = a.high * b.high;
    double error = fma(a.high, b.high, -product);
    return pair_of(product, error + (a.high * b.low + a.low * b.high));
}

static caus_pair pair_divide(caus_pair a, caus_pair b)
{
    double first = a.high / b.high;
    caus_pair left = pair_subtract(a, pair_multiply(b, (caus_pair){first, 0}));
    double second = left.high / b.high;
    left = pair_subtract(left, pair_multiply(b, (caus_pair){second, 0}));
    caus_pair sum = pair_of(first, second);
    return pair_of(sum.high, sum.low + left.high / b.high);
}

static caus_pair pair_root(caus_pair a)
{
    double root = sqrt(a.high);
    caus_pair square = {root * root, fma(root, root, -(root * root))};
    return pair_of(root, pair_subtract(a, square).high / (2 * root));
}

static caus_status grow_pairs(caus_rows_work *work, size_t count,
                              caus_error *err)
{
    if (count <= work->pair_capacity)
        return CAUS_OK;
    size_t capacity = count < 16 ? 16 : 2 * count;
    /* a row more holds deviations */
    work->pairs = CAUS_ARRAY(work->arena, caus_pair, (capacity + 1) * capacity);
    work->pair_capacity = work->pairs ? capacity : 0;
    return work->pairs ? CAUS_OK : caus_arena_fail(work->arena, err);
}

/* The upper triangle of correlations between the nodes of a test; conditions
 * that are constant keep a row of zeros. Returns how many vary. */
static size_t correlate(const caus_sample *sample, caus_rows_work *work,
                        const caus_test_nodes *test)
{
    size_t stride = work->pair_capacity, vary = 0;
    caus_pair *deviation = work->pairs + stride * stride;
    for (size_t i = 0; i < test->count; i++) {
        size_t place = gram_node(sample, test->nodes[i]);
        caus_wide own = caus_gram_centred(sample->gram, place, place);
        unsigned halvings = halvings_of(&own);
        deviation[i] = pair_root(caus_wide_to_pair(&own, 2 * halvings));
        if (caus_wide_is_zero(&own))
            deviation[i] = (caus_pair){0, 0};
        vary += deviation[i].high > 0;
        for (size_t k = 0; k <= i; k++) {
            size_t other = gram_node(sample, test->nodes[k]);
            caus_pair *out = &work->pairs[k * stride + i];
            *out = (caus_pair){k == i && deviation[i].high > 0, 0};
            if (k == i || !(deviation[i].high > 0) || !(deviation[k].high > 0))
                continue;
            caus_wide both = caus_gram_centred(sample->gram, place, other);
            caus_wide with = caus_gram_centred(sample->gram, other, other);
            *out = pair_divide(
                caus_wide_to_pair(&both, halvings + halvings_of(&with)),
                pair_multiply(deviation[i], deviation[k]));
        }
    }
    return vary;
}

/* Takes the first condition that is left out of the rest; one that those
 * before it determine changes nothing. */
static void eliminate(caus_rows_work *work, size_t place, size_t count)
{
    size_t stride = work->pair_capacity;
    const caus_pair *row = work->pairs + place * stride;
    caus_pair pivot = row[place];
    if (!(pivot.high > least_variance))
        return;
    for (size_t i = place + 1; i < count; i++) {
        caus_pair factor = pair_divide(row[i], pivot);
        caus_pair *out = work->pairs + i * stride;
        for (size_t k = i; k < count; k++)
            out[k] = pair_subtract(out[k], pair_multiply(factor, row[k]));
    }
}

caus_status caus_gram_direct(const caus_parcorr *state, caus_rows_work *work,
                             const caus_test_nodes *test,
                             caus_residuals *result, caus_error *err)
{
    size_t places = test->count - 2;
    CAUS_TRY(grow_pairs(work, test->count, err));
    size_t vary = correlate(state->sample, work, test);
    size_t stride = work->pair_capacity;
    const caus_pair *source = &work->pairs[places * stride + places];
    const caus_pair *target = source + stride + 1;
    *result = (caus_residuals){.row_weight = state->total_weight};
    bool varies = source->high > 0 && target->high > 0;
    if (!varies) {
        result->is_constant = true;
        return CAUS_OK;
    }
    result->conditions = vary - 2;
    for (size_t place = 0; place < places; place++) {
        CAUS_TRY(caus_run_check(state->run, err));
        eliminate(work, place, test->count);
    }
    result->source = source->high > least_variance ? source->high : 0;
    result->target = target->high > least_variance ? target->high : 0;
    result->both = result->source > 0 && result->target > 0
                       ? work->pairs[places * stride + places + 1].high
                       : 0;
    return CAUS_OK;
}
