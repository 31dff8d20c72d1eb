/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/notears_internal.h"
#include "numeric/numeric.h"

/* Taylor's series is cut after this power; of a matrix of norm 1/2 less than
 * 1e-13 is left, and nothing cancels since no entry is negative. */
enum { DEGREE = 12, PARTS = 4 };
static const double most_norm = .5;

caus_status caus_notears_init(caus_notears *problem,
                              const caus_dagma_problem *given,
                              caus_arena *arena, caus_error *err)
{
    size_t cells = given->stride * given->stride;
    *problem = (caus_notears){
        .count = given->count,
        .stride = given->stride,
        .covariance = given->covariance,
        .penalty = given->penalty,
        .price = 1,
        .is_barred = given->is_barred,
        .is_free = given->is_free,
        .rest = CAUS_ARRAY(arena, double, cells),
        .product = CAUS_ARRAY(arena, double, cells),
        .square = CAUS_ARRAY(arena, double, cells),
        .turned = CAUS_ARRAY(arena, double, cells),
        .exponential = CAUS_ARRAY(arena, double, cells),
        .other = CAUS_ARRAY(arena, double, cells),
    };
    bool has_all = problem->rest && problem->product && problem->square &&
                   problem->turned && problem->exponential && problem->other;
    for (size_t k = 0; k < 3; k++) {
        problem->power[k] = CAUS_ARRAY(arena, double, cells);
        has_all = has_all && problem->power[k];
    }
    return has_all ? CAUS_OK : caus_arena_fail(arena, err);
}

/* out += left' · right */
static void add_products(const caus_notears *p, const double *left,
                         const double *right, double *out)
{
    caus_gram_task task = {.left = left,
                           .right = right,
                           .out = out,
                           .left_stride = p->stride,
                           .right_stride = p->stride,
                           .out_stride = p->stride,
                           .left_count = p->stride,
                           .right_count = p->stride,
                           .row_count = p->count};
    caus_gram_best()->add(&task);
}

/* out = left · right */
static void multiply(caus_notears *p, const double *left, const double *right,
                     double *out)
{
    size_t n = p->stride;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            p->turned[j * n + i] = left[i * n + j];
    memset(out, 0, n * n * sizeof *out);
    add_products(p, p->turned, right, out);
}

/* Fills `square` and brings its norm below the bound; how often it was halved
 * for that. */
static int fill_square(caus_notears *p, const double *weights)
{
    double norm = 0;
    int halvings = 0;
    memset(p->square, 0, p->stride * p->stride * sizeof *p->square);
    for (size_t i = 0; i < p->count; i++) {
        double sum = 0;
        for (size_t j = 0; j < p->count; j++) {
            double weight = weights[i * p->stride + j];
            p->square[j * p->stride + i] = weight * weight;
            sum += weight * weight;
        }
        norm = fmax(norm, sum);
    }
    if (norm > most_norm && frexp(norm / most_norm, &halvings) <= .5)
        halvings--;
    double part = ldexp(1, -halvings);
    for (size_t k = 0; k < p->count * p->stride; k++)
        p->square[k] *= part;
    return halvings;
}

/* to = sum of coefficients[k] · (first, second, third power), plus coefficients
 * [0] on the diagonal, plus `to` before. */
static void add_powers(const caus_notears *p, const double coefficients[PARTS],
                       double *to)
{
    for (size_t k = 0; k < p->count * p->stride; k++)
        to[k] += coefficients[1] * p->square[k] +
                 coefficients[2] * p->power[0][k] +
                 coefficients[3] * p->power[1][k];
    for (size_t i = 0; i < p->count; i++)
        to[i * p->stride + i] += coefficients[0];
}

/* exp(W∘W) − I, turned, by Taylor's series in the fourth power (Paterson and
 * Stockmeyer) and squaring. */
static void fill_exponential(caus_notears *p, const double *weights)
{
    int halvings = fill_square(p, weights);
    size_t cells = p->stride * p->stride;
    double factors[DEGREE + 1] = {0, 1};
    for (int k = 2; k <= DEGREE; k++)
        factors[k] = factors[k - 1] / k;
    multiply(p, p->square, p->square, p->power[0]);
    multiply(p, p->square, p->power[0], p->power[1]);
    multiply(p, p->power[0], p->power[0], p->power[2]);
    for (size_t k = 0; k < cells; k++)
        p->exponential[k] = factors[DEGREE] * p->power[2][k];
    for (int part = DEGREE - PARTS; part >= 0; part -= PARTS) {
        add_powers(p, factors + part, p->exponential);
        if (!part)
            break;
        multiply(p, p->power[2], p->exponential, p->other);
        memcpy(p->exponential, p->other, cells * sizeof *p->other);
    }
    /* (I + F)² − I = 2 F + F² keeps what I would swallow */
    for (int k = 0; k < halvings; k++) {
        multiply(p, p->exponential, p->exponential, p->other);
        for (size_t c = 0; c < cells; c++)
            p->exponential[c] = 2 * p->exponential[c] + p->other[c];
    }
}

static double trace(const caus_notears *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->count; i++)
        sum += p->exponential[i * p->stride + i];
    return sum;
}

double caus_notears_acyclicity(caus_notears *p, const double *weights)
{
    fill_exponential(p, weights);
    return trace(p);
}

double caus_notears_value(caus_notears *p, const double *weights, double *slope)
{
    double fit = 0, h = caus_notears_acyclicity(p, weights);
    double price = p->multiplier + p->price * h;
    size_t cells = p->count * p->stride;
    for (size_t k = 0; k < cells; k++)
        p->rest[k] = -weights[k];
    for (size_t i = 0; i < p->count; i++)
        p->rest[i * p->stride + i] += 1;
    memset(p->product, 0, p->stride * p->stride * sizeof *p->product);
    add_products(p, p->covariance, p->rest, p->product);
    for (size_t k = 0; k < cells; k++) {
        fit += p->rest[k] * p->product[k] / 2;
        slope[k] = 2 * price * weights[k] * p->exponential[k] - p->product[k];
        if (p->is_barred && p->is_barred[k])
            slope[k] = 0;
    }
    for (size_t i = 0; i < p->count; i++)
        slope[i * p->stride + i] = 0;
    return fit + h * (p->multiplier + p->price * h / 2);
}
