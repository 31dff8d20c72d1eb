/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "property/static/endless.h"
#include "test.h"

caus_correlation endless_rows(const caus_graph *dag_marks, caus_random *random,
                              caus_arena *arena)
{
    size_t nodes = dag_marks->node_count;
    size_t stride = 8 * ((nodes + 7) / 8);
    double *effect = CAUS_ARRAY(arena, double, nodes *nodes);
    double *matrix = CAUS_ARRAY(arena, double, stride *stride);
    bool *done = CAUS_ARRAY(arena, bool, nodes);
    assert_true(effect && matrix && done);
    /* effect[v] = noise weights of v, parents first */
    for (size_t round = 0; round < nodes; round++)
        for (size_t v = 0; v < nodes; v++) {
            bool ready = !done[v];
            for (size_t u = 0; u < nodes; u++)
                if (u != v &&
                    caus_graph_get(dag_marks, u, v, 0).target ==
                        CAUS_MARK_ARROW &&
                    !done[u])
                    ready = false;
            if (!ready)
                continue;
            effect[v * nodes + v] = 1;
            for (size_t u = 0; u < nodes; u++) {
                if (u == v || caus_graph_get(dag_marks, u, v, 0).target !=
                                  CAUS_MARK_ARROW)
                    continue;
                double weight = .4 + .6 * caus_random_uniform(random);
                if (caus_random_uniform(random) < .5)
                    weight = -weight;
                for (size_t k = 0; k < nodes; k++)
                    effect[v * nodes + k] += weight * effect[u * nodes + k];
            }
            done[v] = true;
        }
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < nodes; j++)
            for (size_t k = 0; k < nodes; k++)
                matrix[i * stride + j] +=
                    effect[i * nodes + k] * effect[j * nodes + k];
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < nodes; j++)
            if (i != j)
                matrix[i * stride + j] /=
                    sqrt(matrix[i * stride + i] * matrix[j * stride + j]);
    for (size_t i = 0; i < nodes; i++)
        matrix[i * stride + i] = 1;
    return (caus_correlation){.variable_count = nodes,
                              .row_count = (size_t)1 << 36,
                              .stride = stride,
                              .matrix = matrix};
}

bool endless_hides_an_edge(const caus_graph *dag_marks,
                           const caus_correlation *correlation,
                           caus_arena *arena)
{
    caus_scoring scoring;
    size_t nodes = dag_marks->node_count;
    assert_true(caus_scoring_init(&scoring, correlation, 1, arena));
    for (size_t x = 0; x < nodes; x++)
        for (size_t y = 0; y < x; y++) {
            uint64_t ends = (uint64_t)1 << x | (uint64_t)1 << y;
            if (caus_graph_get(dag_marks, x, y, 0).source == CAUS_MARK_NONE)
                continue;
            for (uint64_t set = 0; set < (uint64_t)1 << nodes; set++) {
                uint64_t more = set | (uint64_t)1 << x;
                if (set & ends)
                    continue;
                double without = caus_scoring_log_variance(&scoring, y, &set);
                double with = caus_scoring_log_variance(&scoring, y, &more);
                if (-expm1(with - without) < 3e-5 * 3e-5)
                    return true;
            }
        }
    return false;
}
