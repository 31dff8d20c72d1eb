/* SPDX-License-Identifier: Apache-2.0 */
#include "property/additive/world.h"

#include <math.h>

#include "base/base.h"

enum { WAVES = 100 };

/* What a cause does: a sum of waves is a draw of a Gaussian process with a
 * squared exponential kernel (random Fourier features). */
typedef struct effect {
    size_t source, target, lag;
    double weight[WAVES], frequency[WAVES], phase[WAVES];
    double slope, bend, middle;
} effect;

typedef struct making {
    const world_options *options;
    caus_random random;
    size_t *order;
    effect *effects;
    double *values; /* [rows × nodes] */

    caus_graph *dag;
} making;

static void draw_effect(making *m, effect *e, size_t source, size_t target)
{
    caus_random *random = &m->random;
    *e = (effect){.source = source, .target = target};
    for (size_t k = 0; k < WAVES; k++) {
        e->weight[k] = caus_random_normal(random) * sqrt(2.0 / WAVES);
        e->frequency[k] = caus_random_normal(random);
        e->phase[k] = 6.283185307179586 * caus_random_uniform(random);
    }
    double sign = caus_random_uniform(random) < .5 ? -1 : 1;
    e->slope = sign * (.5 + 1.5 * caus_random_uniform(random));
    e->bend = .5 + 1.5 * caus_random_uniform(random);
    e->bend *= caus_random_uniform(random) < .5 ? -1 : 1;
    e->middle = 4 * caus_random_uniform(random) - 2;
    if (m->options->lag)
        e->lag = (size_t)caus_random_below(random, m->options->lag + 1);
    caus_graph_set(m->dag, source, target, e->lag, CAUS_MARK_TAIL,
                   CAUS_MARK_ARROW);
}

static double apply(world_shape shape, const effect *e, double x)
{
    double sum = 0, u = e->bend * (x + e->middle);
    switch (shape) {
    case WORLD_QUADRATIC:
        return .5 * e->slope * (x * x - 1) + .25 * e->bend * x;
    case WORLD_SIGMOID:
        return 3 * e->slope * u / (1 + fabs(u));
    case WORLD_GAUSSIAN:
        for (size_t k = 0; k < WAVES; k++)
            sum += e->weight[k] * cos(e->frequency[k] * x + e->phase[k]);
        return 1.5 * sum;
    case WORLD_LINEAR:
    case WORLD_JOINT:
    default:
        return e->slope * x;
    }
}

static caus_status draw_graph(making *m, caus_arena *out, caus_error *err)
{
    size_t nodes = m->options->nodes, pairs = nodes * (nodes - 1) / 2;
    size_t *list = CAUS_ARRAY(out, size_t, pairs);
    if (!list)
        return caus_arena_fail(out, err);
    for (size_t k = 0; k < nodes; k++) {
        size_t other = (size_t)caus_random_below(&m->random, k + 1);
        m->order[k] = m->order[other];
        m->order[other] = k;
    }
    for (size_t k = 0; k < pairs; k++) {
        size_t other = (size_t)caus_random_below(&m->random, k + 1);
        list[k] = list[other];
        list[other] = k;
    }
    for (size_t k = 0; k < m->options->edges; k++) {
        size_t later = 1, pair = list[k];
        while ((later + 1) * later / 2 <= pair)
            later++;
        draw_effect(m, &m->effects[k], m->order[pair - later * (later - 1) / 2],
                    m->order[later]);
    }
    return CAUS_OK;
}

static double past_of(const making *m, size_t row, const effect *e)
{
    if (row < e->lag)
        return 0;
    return m->values[(row - e->lag) * m->options->nodes + e->source];
}

static double joint_of(const making *m, size_t row, size_t target)
{
    double sum = 0;
    const effect *first = NULL;
    double phase[WAVES];
    for (size_t k = 0; k < m->options->edges; k++) {
        const effect *e = &m->effects[k];
        if (e->target != target)
            continue;
        for (size_t w = 0; w < WAVES; w++)
            phase[w] = (first ? phase[w] : e->phase[w]) +
                       e->frequency[w] * past_of(m, row, e);
        first = first ? first : e;
    }
    for (size_t w = 0; first && w < WAVES; w++)
        sum += first->weight[w] * cos(phase[w]);
    return 2 * sum;
}

static void standardise(const making *m, size_t node)
{
    size_t nodes = m->options->nodes, rows = m->options->rows;
    double mean = 0, square = 0;
    for (size_t r = 0; r < rows; r++)
        mean += m->values[r * nodes + node] / (double)rows;
    for (size_t r = 0; r < rows; r++) {
        double *value = &m->values[r * nodes + node];
        *value -= mean;
        square += *value * *value / (double)rows;
    }
    for (size_t r = 0; r < rows; r++)
        m->values[r * nodes + node] /= sqrt(square);
}

/* Noise has a deviation of .5 to 1 beside effects of about 1 to 2. */
static void draw_value(making *m, size_t row, size_t node, double noise)
{
    world_shape shape = m->options->shape;
    double value = noise * caus_random_normal(&m->random);
    if (shape == WORLD_JOINT)
        value += joint_of(m, row, node);
    for (size_t k = 0; shape != WORLD_JOINT && k < m->options->edges; k++)
        if (m->effects[k].target == node)
            value +=
                apply(shape, &m->effects[k], past_of(m, row, &m->effects[k]));
    m->values[row * m->options->nodes + node] = value;
}

static void draw_values(making *m, double *noise)
{
    size_t nodes = m->options->nodes;
    for (size_t k = 0; k < nodes; k++)
        noise[k] = .5 + .5 * caus_random_uniform(&m->random);
    if (!m->options->lag) {
        for (size_t k = 0; k < nodes; k++) {
            for (size_t r = 0; r < m->options->rows; r++)
                draw_value(m, r, m->order[k], noise[m->order[k]]);
            standardise(m, m->order[k]);
        }
        return;
    }
    for (size_t r = 0; r < m->options->rows; r++)
        for (size_t k = 0; k < nodes; k++)
            draw_value(m, r, m->order[k], noise[m->order[k]]);
}

caus_status world_make(const world_options *options, caus_arena *out,
                       world *result, caus_error *err)
{
    size_t nodes = options->nodes;
    world made = {0};
    making m = {
        .options = options,
        .order = CAUS_ARRAY(out, size_t, nodes),
        .effects = CAUS_ARRAY(out, effect, options->edges),
        .values = CAUS_ARRAY(out, double, options->rows *nodes),
        .dag = &made.dag,
    };
    double *noise = CAUS_ARRAY(out, double, nodes);
    if (!m.order || !m.effects || !m.values || !noise)
        return caus_arena_fail(out, err);
    caus_random_init(&m.random, options->seed, (uint64_t)options->shape);
    CAUS_TRY(caus_graph_init(&made.dag, nodes, options->lag, out, err));
    CAUS_TRY(draw_graph(&m, out, err));
    draw_values(&m, noise);
    made.values = m.values;
    CAUS_TRY(caus_series_from_values(NULL, nodes, m.values, options->rows,
                                     options->lag ? 1000000000 : 0, out,
                                     &made.series, err));
    *result = made;
    return CAUS_OK;
}
