/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/dagma_internal.h"
#include "numeric/numeric.h"

/* Constants of the authors' program: decay of Adam's moments, how often
 * convergence is looked at, and the least relative gain that goes on. */
static const double first_decay = .99;
static const double second_decay = .999;
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
    return CAUS_OK;
}

/* Inverts s I − W∘W; NaN outside. */
static double invert(caus_dagma_problem *p, const double *weights)
{
    for (size_t k = 0; k < p->count * p->stride; k++)
        p->matrix[k] = -weights[k] * weights[k];
    for (size_t i = 0; i < p->count; i++)
        p->matrix[i * p->stride + i] += p->s;
    return caus_eliminate_best()(p->matrix, p->count, p->stride);
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

bool caus_dagma_slope(caus_dagma_problem *p, const double *weights)
{
    if (isnan(invert(p, weights)))
        return false;
    multiply(p, weights);
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = 0; j < p->count; j++) {
            double *cell = &p->gradient[i * p->stride + j];
            *cell =
                2 * weights[i * p->stride + j] * p->matrix[j * p->stride + i] -
                p->mu * *cell;
            if (p->is_barred && p->is_barred[i * p->stride + j])
                *cell = 0;
        }
    return true;
}

double caus_dagma_value(caus_dagma_problem *p, const double *weights,
                        double *score, double *acyclicity)
{
    double fit = 0, size = 0;
    double barrier = (double)p->count * log(p->s) - invert(p, weights);
    if (isnan(barrier))
        return HUGE_VAL;
    multiply(p, weights);
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = 0; j < p->count; j++) {
            size_t cell = i * p->stride + j;
            fit += p->rest[cell] * p->gradient[cell] / 2;
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

static double sign_of(double value)
{
    return (double)((value > 0) - (value < 0));
}

static void update(const caus_dagma_problem *p, adam *a, double *weights,
                   double step)
{
    a->first_left *= first_decay;
    a->second_left *= second_decay;
    double first_factor = 1 / (1 - a->first_left);
    double second_factor = 1 / (1 - a->second_left);
    for (size_t k = 0; k < p->count * p->stride; k++) {
        double slope =
            p->gradient[k] + p->mu * p->penalty * sign_of(weights[k]);
        a->first[k] = a->first[k] * first_decay + (1 - first_decay) * slope;
        a->second[k] =
            a->second[k] * second_decay + (1 - second_decay) * slope * slope;
        a->direction[k] = a->first[k] * first_factor /
                          (sqrt(a->second[k] * second_factor) + 1e-8);
        weights[k] -= step * a->direction[k];
    }
}

/* Goes back along the last direction by halves until W is inside again. */
static bool step_back(caus_dagma_problem *p, const adam *a, double *weights,
                      double *step)
{
    while (*step > least_step) {
        for (size_t k = 0; k < p->count * p->stride; k++)
            weights[k] += *step / 2 * a->direction[k];
        *step /= 2;
        if (caus_dagma_slope(p, weights))
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
        if (!caus_dagma_slope(p, weights)) {
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
        for (p->s = barrier_of(stage); !inside; step /= 2, p->s += .1) {
            memcpy(tried, weights, cells * sizeof *tried);
            CAUS_TRY(minimise(p, &a, tried, iterations, step, run, &inside,
                              used, err));
        }
        memcpy(weights, tried, cells * sizeof *tried);
        p->mu /= 10;
        caus_run_progress(run, CAUS_STAGE_SELECT, stage + 1, options->stages);
    }
    return CAUS_OK;
}
