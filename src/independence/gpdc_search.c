/* SPDX-License-Identifier: Apache-2.0 */
/* Where the likelihood of a Gaussian process is largest. */
#include <math.h>
#include <string.h>

#include "independence/gpdc_internal.h"

/* The range of both parameters, that of scikit-learn: 1e-5 … 1e5. */
static const double widest = 11.512925464970229;

/* A function of one number, and where it is looked at. */
typedef struct descent {
    double (*cost)(void *data, double at);
    void *data;
    double step;      /* the first one */
    double precision; /* a step shorter than this is the last */
} descent;

typedef struct point {
    double at, cost;
} point;

static point look(const descent *line, double at)
{
    return (point){at, line->cost(line->data, at)};
}

static double clamp(double at, double range)
{
    return fmin(fmax(at, -range), range);
}

/* Walks downhill until the cost rises again or the range ends; `next` gets the
 * point beyond, `before` the one this side. */
static point walk(const descent *line, point from, point *before, point *next)
{
    double step = line->step;
    point here = from;
    *next = look(line, clamp(from.at + step, widest));
    if (!(next->cost < from.cost)) {
        step = -step;
        *before = *next;
        *next = look(line, clamp(from.at + step, widest));
    } else {
        *before = from;
    }
    while (next->cost < here.cost && fabs(next->at) < widest) {
        *before = here;
        here = *next;
        step *= 2;
        *next = look(line, clamp(here.at + step, widest));
    }
    return next->cost < here.cost ? *next : here;
}

/* The lowest point of the parabola through three. */
static double bottom(const point *a, const point *b, const point *c)
{
    double left = (b->at - a->at) * (b->cost - c->cost);
    double right = (b->at - c->at) * (b->cost - a->cost);
    return b->at - .5 * ((b->at - a->at) * left - (b->at - c->at) * right) /
                       (left - right);
}

static point descend(const descent *line, double from)
{
    enum { MOST_STEPS = 30 };
    point before, next, here = look(line, from);
    here = walk(line, here, &before, &next);
    for (int k = 0; k < MOST_STEPS && fabs(here.at) < widest; k++) {
        double at = bottom(&before, &here, &next);
        double low = fmin(before.at, next.at), high = fmax(before.at, next.at);
        bool inside = at > low && at < high;
        if (inside && fabs(at - here.at) < line->precision)
            break;
        /* golden section of the longer side, where the parabola is no help */
        if (!inside || k % 4 == 3)
            at = here.at +
                 .382 * ((fabs(before.at - here.at) > fabs(next.at - here.at)
                              ? before.at
                              : next.at) -
                         here.at);
        point tried = look(line, at);
        bool is_before = (at < here.at) == (before.at < here.at);
        if (!(tried.cost < here.cost)) {
            *(is_before ? &before : &next) = tried;
        } else {
            *(is_before ? &next : &before) = here;
            here = tried;
        }
        if (fabs(high - low) < line->precision)
            break;
    }
    return here;
}

typedef struct search {
    caus_gp *gp;
    const double *y;
    double tolerance;
    double log_noise; /* the best at the last length */
    double best_cost, best_log_noise;
    double precision;
} search;

static double cost_of_noise(void *data, double log_noise)
{
    search *s = data;
    return caus_gp_cost(s->gp, s->y, exp(log_noise));
}

static double cost_of_length(void *data, double log_length)
{
    search *s = data;
    descent noises = {cost_of_noise, s, .1, .1 * s->precision};
    caus_gp_set_length(s->gp, exp(log_length), s->tolerance, s->y);
    point found = descend(&noises, s->log_noise);
    s->log_noise = found.at;
    if (found.cost < s->best_cost) {
        s->best_cost = found.cost;
        s->best_log_noise = found.at;
    }
    return found.cost;
}

/* Nearly the best length and noise downhill from those of `fit`. */
static void improve(caus_gp *gp, const double *y, double step, caus_gp_fit *fit)
{
    static const double precision = .03, part_of_noise = .02;
    for (int round = 0; round < 8; round++) {
        double noise = exp(fit->log_noise);
        search s = {.gp = gp,
                    .y = y,
                    .tolerance = part_of_noise * noise,
                    .log_noise = fit->log_noise,
                    .best_cost = HUGE_VAL,
                    .best_log_noise = fit->log_noise,
                    .precision = precision};
        descent lengths = {cost_of_length, &s, step, precision};
        fit->log_length = descend(&lengths, fit->log_length).at;
        fit->log_noise = s.best_log_noise;
        if (exp(fit->log_noise) > .25 * noise)
            break;
    }
}

/* Costs around a fit: [length][noise], each at −h, 0, +h. */
typedef double stencil[3][3];

static void fill_stencil(caus_gp *gp, const double *y, const caus_gp_fit *fit,
                         double h, double tolerance, stencil cost)
{
    for (int i = 0; i < 3; i++) {
        caus_gp_set_length(gp, exp(fit->log_length + h * (i - 1)), tolerance,
                           y);
        for (int j = 0; j < 3; j++)
            cost[i][j] =
                i == 1 || j == 1 || i == j
                    ? caus_gp_cost(gp, y, exp(fit->log_noise + h * (j - 1)))
                    : 0;
    }
}

/* Newton's steps on second differences; stays where there is no bowl. */
static void polish(caus_gp *gp, const double *y, caus_gp_fit *fit)
{
    static const double h = .03, longest = .15, short_enough = .02;
    static const double part_of_noise = 1e-3;
    double moved = HUGE_VAL;
    for (int round = 0; round < 3 && moved > short_enough; round++) {
        stencil c;
        if (fmax(fabs(fit->log_length), fabs(fit->log_noise)) + h > widest)
            return;
        fill_stencil(gp, y, fit, h, part_of_noise * exp(fit->log_noise), c);
        double slope = (c[2][1] - c[0][1]) / 2, other = (c[1][2] - c[1][0]) / 2;
        double ll = c[2][1] - 2 * c[1][1] + c[0][1];
        double nn = c[1][2] - 2 * c[1][1] + c[1][0];
        double both = (c[2][2] + c[0][0] - c[2][1] - c[0][1] - c[1][2] -
                       c[1][0] + 2 * c[1][1]) /
                      2;
        double determinant = ll * nn - both * both;
        if (!(ll > 0 && determinant > 1e-6 * ll * nn))
            return;
        double length = -h * (nn * slope - both * other) / determinant;
        double noise = -h * (ll * other - both * slope) / determinant;
        moved = fmax(fabs(length), fabs(noise));
        fit->log_length += clamp(length, longest);
        fit->log_noise += clamp(noise, longest);
    }
}

/* Every so many rows. */
static void thin(const caus_gp *gp, caus_gp *coarse, double *inputs,
                 const double *y, double *target)
{
    size_t rows = CAUS_GP_COARSE_ROWS;
    for (size_t r = 0; r < rows; r++) {
        size_t from = r * gp->rows / rows;
        target[r] = y[from];
        for (size_t k = 0; k < gp->dimension; k++)
            inputs[k * coarse->capacity + r] =
                gp->inputs[k * gp->capacity + from];
    }
    caus_gp_set_inputs(coarse, inputs, rows, gp->dimension);
}

static double cost_at_unit_noise(void *data, double log_length)
{
    search *s = data;
    caus_gp_set_length(s->gp, exp(log_length), s->tolerance, s->y);
    return caus_gp_cost(s->gp, s->y, 1);
}

/* A length to start from. At l = 1 rows with several inputs are far from each
 * other, and with little noise any y is explained row by row: hold the noise
 * at 1 until rows know of each other. */
static double choose_start(caus_gp *gp, const double *y)
{
    search s = {.gp = gp, .y = y, .tolerance = 1e-3};
    descent lengths = {cost_at_unit_noise, &s, .5, .1};
    return descend(&lengths, 0).at;
}

caus_status caus_gp_search(caus_gp *gp, caus_gp *coarse, double *coarse_inputs,
                           const double *y, caus_gp_fit *result,
                           caus_error *err)
{
    enum { FEW_INPUTS = 2 };
    caus_gp_fit fit = {0, 0};
    double target[CAUS_GP_COARSE_ROWS];
    if (gp->dimension > FEW_INPUTS) {
        bool is_coarse = gp->rows > (size_t)2 * CAUS_GP_COARSE_ROWS;
        if (is_coarse)
            thin(gp, coarse, coarse_inputs, y, target);
        fit.log_length =
            is_coarse ? choose_start(coarse, target) : choose_start(gp, y);
    }
    improve(gp, y, .2, &fit);
    polish(gp, y, &fit);
    CAUS_TRY(caus_run_check(gp->run, err));
    *result = fit;
    return CAUS_OK;
}
