/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle/structure/sem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double next_uniform(uint64_t *state)
{
    return ((double)(next_bits(state) >> 11) + .5) * 0x1p-53;
}

static double next_normal(uint64_t *state)
{
    double radius = next_uniform(state), angle = next_uniform(state);
    return sqrt(-2 * log(radius)) * cos(6.283185307179586476925 * angle);
}

static double rounded(double value)
{
    char text[64];
    snprintf(text, sizeof text, "%.6f", value);
    return strtod(text, NULL);
}

typedef struct making {
    const sem_options *options;
    uint64_t state;
    size_t *order;
    double *weights;
    double *values;
    size_t (*parents)[2]; /* target, source: grouped by target */
    size_t *first;
} making;

static void draw_order(making *m)
{
    size_t nodes = m->options->nodes;
    for (size_t i = 0; i < nodes; i++)
        m->order[i] = i;
    for (size_t i = nodes - 1; i > 0; i--) {
        size_t j = (size_t)(next_uniform(&m->state) * (double)(i + 1));
        size_t kept = m->order[i];
        m->order[i] = m->order[j];
        m->order[j] = kept;
    }
}

static void draw_edges(making *m, caus_graph *dag)
{
    size_t nodes = m->options->nodes;
    double share = m->options->degree / (double)(nodes - 1);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++) {
            size_t from = m->order[a], to = m->order[b];
            if (next_uniform(&m->state) >= share)
                continue;
            double weight = .3 + .7 * next_uniform(&m->state);
            if (next_uniform(&m->state) < .5)
                weight = -weight;
            m->weights[from * nodes + to] = weight;
            caus_graph_set(dag, from, to, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
        }
}

static double draw_noise(making *m)
{
    if (m->options->uniform)
        return (next_uniform(&m->state) - .5) * 3.4641016151377544;
    return next_normal(&m->state);
}

static void list_parents(making *m)
{
    size_t nodes = m->options->nodes, count = 0;
    for (size_t to = 0; to < nodes; to++) {
        m->first[to] = count;
        for (size_t from = 0; from < nodes; from++)
            if (fabs(m->weights[from * nodes + to]) > 0) {
                m->parents[count][0] = to;
                m->parents[count++][1] = from;
            }
    }
    m->first[nodes] = count;
}

static void draw_rows(making *m, double *row)
{
    size_t nodes = m->options->nodes;
    for (size_t r = 0; r < m->options->rows; r++) {
        for (size_t a = 0; a < nodes; a++) {
            size_t to = m->order[a];
            double value = draw_noise(m);
            for (size_t k = m->first[to]; k < m->first[to + 1]; k++) {
                size_t from = m->parents[k][1];
                value += m->weights[from * nodes + to] * row[from];
            }
            row[to] = value;
        }
        for (size_t v = 0; v < nodes; v++)
            m->values[r * nodes + v] = rounded(row[v]);
    }
}

caus_status sem_make(const sem_options *options, caus_arena *out, sem *result,
                     caus_error *err)
{
    size_t nodes = options->nodes;
    making m = {
        .options = options,
        .state = options->seed * 1000003u + nodes * 7919u +
                 (uint64_t)(options->degree * 10),
        .order = caus_arena_array(out, nodes, sizeof(size_t)),
        .weights = caus_arena_array(out, nodes * nodes, sizeof(double)),
        .values = caus_arena_array(out, options->rows * nodes, sizeof(double)),
        .parents = caus_arena_array(out, nodes * nodes, 2 * sizeof(size_t)),
        .first = caus_arena_array(out, nodes + 1, sizeof(size_t)),
    };
    double *row = caus_arena_array(out, nodes, sizeof(double));
    if (!m.order || !m.weights || !m.values || !m.parents || !m.first || !row)
        return caus_arena_fail(out, err);
    sem made = {.weights = m.weights};
    CAUS_TRY(caus_graph_init(&made.dag, nodes, 0, out, err));
    draw_order(&m);
    draw_edges(&m, &made.dag);
    list_parents(&m);
    draw_rows(&m, row);
    CAUS_TRY(caus_graph_complete(&made.dag, out, &made.completed, err));
    CAUS_TRY(caus_series_from_values(NULL, nodes, m.values, options->rows, 0,
                                     out, &made.series, err));
    *result = made;
    return CAUS_OK;
}

caus_status sem_read_graph(const char *path, size_t nodes, caus_arena *out,
                           caus_graph *result, caus_error *err)
{
    caus_graph graph;
    CAUS_TRY(caus_graph_init(&graph, nodes, 0, out, err));
    FILE *file = fopen(path, "r");
    if (!file)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND, "cannot open %s", path);
    unsigned a, b;
    char mark;
    int read;
    while ((read = fscanf(file, "%u %c %u", &a, &mark, &b)) == 3) {
        if (a >= nodes || b >= nodes || a == b)
            break;
        if (mark == '>')
            caus_graph_set(&graph, a, b, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
        else if (mark == '-')
            caus_graph_set(&graph, a, b, 0, CAUS_MARK_TAIL, CAUS_MARK_TAIL);
        else
            caus_graph_set(&graph, a, b, 0, CAUS_MARK_CONFLICT,
                           CAUS_MARK_CONFLICT);
    }
    fclose(file);
    if (read != EOF)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA, "%s is no graph of %zu",
                         path, nodes);
    *result = graph;
    return CAUS_OK;
}

size_t sem_skeleton_distance(const caus_graph *a, const caus_graph *b)
{
    size_t different = 0;
    for (size_t v = 0; v < a->node_count; v++)
        for (size_t w = v + 1; w < a->node_count; w++)
            different +=
                (caus_graph_get(a, v, w, 0).source != CAUS_MARK_NONE) !=
                (caus_graph_get(b, v, w, 0).source != CAUS_MARK_NONE);
    return different;
}
