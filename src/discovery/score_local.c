/* SPDX-License-Identifier: Apache-2.0 */
/* Local scores from correlations. */
#include <math.h>
#include <string.h>

#include "discovery/score_internal.h"

static bool make_bits(caus_scoring *scoring, caus_arena *arena)
{
    size_t words = scoring->word_count;
    uint64_t *bits = CAUS_ARRAY(arena, uint64_t, 7 * words);
    if (!bits)
        return false;
    scoring->queue = bits;
    scoring->reached = bits + words;
    scoring->blocked = bits + 2 * words;
    scoring->bits = bits + 3 * words;
    scoring->clique = bits + 4 * words;
    scoring->rest = bits + 5 * words;
    scoring->given = bits + 6 * words;
    return true;
}

bool caus_scoring_init_local(caus_scoring *scoring, size_t node_count,
                             const caus_local_score *local, double penalty,
                             caus_arena *arena)
{
    *scoring = (caus_scoring){.local = local,
                              .node_count = node_count,
                              .word_count = caus_bit_words(node_count),
                              .penalty = penalty};
    return make_bits(scoring, arena);
}

bool caus_scoring_init(caus_scoring *scoring,
                       const caus_correlation *correlation, double penalty,
                       caus_arena *arena)
{
    size_t nodes = correlation->variable_count, stride = correlation->stride;
    size_t words = caus_bit_words(nodes);
    *scoring = (caus_scoring){
        .correlation = correlation,
        .node_count = nodes,
        .word_count = words,
        .half_rows = (double)correlation->row_count / 2,
        .penalty = penalty,
        .residuals = {CAUS_ARRAY(arena, double, nodes *stride),
                      CAUS_ARRAY(arena, double, (nodes + 1) * stride),
                      CAUS_ARRAY(arena, double, (nodes + 1) * stride)},
        .matrix = CAUS_ARRAY(arena, double, (nodes + 1) * (nodes + 1)),
        .list = CAUS_ARRAY(arena, uint32_t, nodes + 1),
    };
    scoring->least_reduction = -expm1(-penalty / scoring->half_rows);
    return make_bits(scoring, arena) && scoring->residuals.columns &&
           scoring->residuals.variance && scoring->residuals.covariance &&
           scoring->matrix && scoring->list;
}

double caus_scoring_log_variance(caus_scoring *scoring, size_t node,
                                 const uint64_t *given)
{
    const caus_correlation *c = scoring->correlation;
    size_t words = scoring->word_count, count = 0;
    uint32_t *list = scoring->list;
    double *matrix = scoring->matrix;
    for (size_t v = caus_bit_next(given, words, 0); v < 64 * words;
         v = caus_bit_next(given, words, v + 1))
        list[count++] = (uint32_t)v;
    list[count++] = (uint32_t)node;
    double left = 1;
    for (size_t i = 0; i < count; i++) {
        double *row = matrix + i * count;
        const double *from = c->matrix + list[i] * c->stride;
        left = from[list[i]] + CAUS_RIDGE;
        for (size_t j = 0; j < i; j++) {
            const double *other = matrix + j * count;
            double sum = from[list[j]];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            row[j] = sum * other[j];
            left -= row[j] * row[j];
        }
        left = fmax(left, CAUS_RIDGE / 2); /* rounding */
        row[i] = 1 / sqrt(left);
    }
    return log(left);
}

void caus_residuals_start(caus_scoring *scoring, size_t target)
{
    const caus_correlation *c = scoring->correlation;
    caus_residuals *r = &scoring->residuals;
    if (scoring->local)
        return;
    for (size_t v = 0; v < c->variable_count; v++)
        r->variance[v] = c->matrix[v * c->stride + v] + CAUS_RIDGE;
    memcpy(r->covariance, c->matrix + target * c->stride,
           c->stride * sizeof *r->covariance);
}

void caus_residuals_add(caus_scoring *scoring, size_t target, size_t depth,
                        size_t member)
{
    const caus_correlation *c = scoring->correlation;
    if (scoring->local)
        return;
    size_t stride = c->stride;
    double *columns = scoring->residuals.columns;
    double *column = columns + depth * stride;
    const double *variance = scoring->residuals.variance + depth * stride;
    const double *covariance = scoring->residuals.covariance + depth * stride;
    double *next_variance = scoring->residuals.variance + (depth + 1) * stride;
    double *next_covariance =
        scoring->residuals.covariance + (depth + 1) * stride;
    double scale = 1 / sqrt(fmax(variance[member], CAUS_RIDGE / 2));
    memcpy(column, c->matrix + member * stride, stride * sizeof *column);
    for (size_t k = 0; k < depth; k++) {
        const double *other = columns + k * stride;
        double factor = other[member];
        for (size_t v = 0; v < stride; v++)
            column[v] -= factor * other[v];
    }
    for (size_t v = 0; v < stride; v++)
        column[v] *= scale;
    double own = column[target];
    for (size_t v = 0; v < stride; v++) {
        next_variance[v] = variance[v] - column[v] * column[v];
        next_covariance[v] = covariance[v] - own * column[v];
    }
}
