/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/dagma_internal.h"
#include "numeric/numeric.h"

/* Constants of the authors' program: how often convergence is looked at, and
 * the least relative gain that goes on. */
static const double least_gain = 1e-6;
static const double least_step = 1e-16;
enum { LOOK_EVERY = 1000 };

caus_status caus_dagma_problem_init(caus_dagma_problem *problem, size_t count,
                                    caus_arena *arena, caus_error *err)
{
    size_t stride = caus_pad_lanes(count);
    *problem = (caus_dagma_problem){
        .count = count,
        .stride = stride,
        .mu = 1,
        .s = 1,
        .matrix = CAUS_ARRAY(arena, double, stride *stride),
        .rest = CAUS_ARRAY(arena, double, stride *stride),
        .gradient = CAUS_ARRAY(arena, double, stride *stride),
    };
    if (!problem->matrix || !problem->rest || !problem->gradient)
        return caus_arena_fail(arena, err);
    return caus_inverse_init(&problem->inverse, count, arena, err);
}

/* Inverts s I − W∘W, turned so that its cells stand where the weights' do;
 * false outside. Padding has the identity. */
static bool invert(caus_dagma_problem *p, const double *weights)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = 0; j < p->stride; j++) {
            double weight = weights[i * p->stride + j];
            p->matrix[j * p->stride + i] = -weight * weight;
        }
    for (size_t i = p->count; i < p->stride; i++)
        for (size_t j = 0; j < p->stride; j++)
            p->matrix[j * p->stride + i] = 0;
    for (size_t i = 0; i < p->stride; i++)
        p->matrix[i * p->stride + i] += i < p->count ? p->s : 1;
    return caus_inverse_make(&p->inverse, p->matrix);
}

/* gradient = covariance · (I − W), both symmetric in how they are read. */
static void multiply(caus_dagma_problem *p, const double *weights)
{
    for (size_t k = 0; k < p->count * p->stride; k++)
        p->rest[k] = -weights[k];
    for (size_t i = 0; i < p->count; i++)
        p->rest[i * p->stride + i] += 1;
    memset(p->gradient, 0, p->stride * p->stride * sizeof *p->gradient);
    caus_gram_task task = {.left = p->covariance,
                           .right = p->rest,
                           .out = p->gradient,
                           .left_stride = p->stride,
                           .right_stride = p->stride,
                           .out_stride = p->stride,
                           .left_count = p->stride,
                           .right_count = p->stride,
                           .row_count = p->count};
    caus_gram_best()->add(&task);
}

bool caus_dagma_prepare(caus_dagma_problem *p, const double *weights)
{
    if (!invert(p, weights))
        return false;
    multiply(p, weights);
    for (size_t k = 0; p->is_barred && k < p->count * p->stride; k++)
        if (p->is_barred[k])
            p->gradient[k] = 0;
    /* the step adds the penalty's slope to all: what is free gets it back */
    for (size_t k = 0; p->is_free && k < p->count * p->stride; k++)
        if (p->is_free[k])
            p->gradient[k] +=
                p->penalty * ((weights[k] > 0) - (weights[k] < 0));
    return true;
}

double caus_dagma_value(caus_dagma_problem *p, const double *weights,
                        double *score, double *acyclicity)
{
    double fit = 0, size = 0;
    double barrier = (double)p->count * log(p->s);
    if (!invert(p, weights))
        return HUGE_VAL;
    for (size_t i = 0; i < p->count; i++)
        barrier -= log(p->inverse.pivots[i]);
    multiply(p, weights);
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = 0; j < p->count; j++) {
            size_t cell = i * p->stride + j;
            fit += p->rest[cell] * p->gradient[cell] / 2;
            if (!p->is_free || !p->is_free[cell])
                size += fabs(weights[cell]);
        }
    if (score)
        *score = fit;
    if (acyclicity)
        *acyclicity = barrier;
    return p->mu * (fit + p->penalty * size) + barrier;
}

/* Adam's moments and the direction they give. */
typedef struct adam {
    double *first;
    double *second;
    double *direction;
    double first_left, second_left; /* powers of the decays */
} adam;

static void update(const caus_dagma_problem *p, adam *a, double *weights,
                   double step)
{
    a->first_left *= CAUS_ADAM_FIRST;
    a->second_left *= CAUS_ADAM_SECOND;
    caus_adam_step made = {.cells = p->count * p->stride,
                           .gradient = p->gradient,
                           .inverse = p->matrix,
                           .weights = weights,
                           .first = a->first,
                           .second = a->second,
                           .direction = a->direction,
                           .mu = p->mu,
                           .penalty = p->penalty,
                           .first_factor = 1 / (1 - a->first_left),
                           .second_factor = 1 / (1 - a->second_left),
                           .step = step};
    caus_adam_best()(&made);
}

/* Goes back along the last direction by halves until W is inside again. */
static bool step_back(caus_dagma_problem *p, const adam *a, double *weights,
                      double *step)
{
    while (*step > least_step) {
        for (size_t k = 0; k < p->count * p->stride; k++)
            weights[k] += *step / 2 * a->direction[k];
        *step /= 2;
        if (caus_dagma_prepare(p, weights))
            return true;
    }
    return false;
}

/* One stage from `weights`; *inside is false when it has to be begun again
 * with a larger s. */
static caus_status minimise(caus_dagma_problem *p, adam *a, double *weights,
                            size_t iterations, double step, const caus_run *run,
                            bool *inside, uint64_t *used, caus_error *err)
{
    double before = 1e16;
    size_t bytes = p->count * p->stride * sizeof *a->first;
    memset(a->first, 0, bytes);
    memset(a->second, 0, bytes);
    a->first_left = a->second_left = 1;
    *inside = true;
    for (size_t k = 1; k <= iterations; k++) {
        CAUS_TRY(caus_run_check(run, err));
        if (!caus_dagma_prepare(p, weights)) {
            *inside = k > 1 && p->s > .9;
            if (!*inside || !step_back(p, a, weights, &step))
                return CAUS_OK;
        }
        update(p, a, weights, step);
        ++*used;
        if (k % LOOK_EVERY && k < iterations)
            continue;
        double now = caus_dagma_value(p, weights, NULL, NULL);
        if (fabs((before - now) / before) <= least_gain)
            break;
        before = now;
    }
    return CAUS_OK;
}

/* The s of a stage: 1, .9, .8, .7, then .6. */
static double barrier_of(size_t stage)
{
    return stage < 4 ? 1 - .1 * (double)stage : .6;
}

caus_status caus_dagma_solve(caus_dagma_problem *p,
                             const caus_dagma_options *options,
                             const caus_run *run, caus_arena *arena,
                             double *weights, uint64_t *used, caus_error *err)
{
    size_t cells = p->stride * p->stride;
    adam a = {.first = CAUS_ARRAY(arena, double, cells),
              .second = CAUS_ARRAY(arena, double, cells),
              .direction = CAUS_ARRAY(arena, double, cells)};
    double *tried = CAUS_ARRAY(arena, double, cells);
    if (!a.first || !a.second || !a.direction || !tried)
        return caus_arena_fail(arena, err);
    p->mu = 1;
    for (size_t stage = 0; stage < options->stages; stage++) {
        double step = options->step;
        size_t iterations = options->iterations;
        if (stage + 1 == options->stages)
            iterations *= 2;
        bool inside = false;
        p->s = barrier_of(stage);
        while (!inside) {
            memcpy(tried, weights, cells * sizeof *tried);
            CAUS_TRY(minimise(p, &a, tried, iterations, step, run, &inside,
                              used, err));
            step /= 2;
            p->s += .1;
        }
        memcpy(weights, tried, cells * sizeof *tried);
        p->mu /= 10;
        caus_run_progress(run, CAUS_STAGE_SELECT, stage + 1, options->stages);
    }
    return CAUS_OK;
}
