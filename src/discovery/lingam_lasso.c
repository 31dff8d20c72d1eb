/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lasso on predictors x_j · w_j with w_j = |slope of least squares|, along
 * its whole path from the empty model (Efron et al. 2004, section 3.1). In the
 * predictors' own scale: on the active set the slopes move along
 * inv(R) (sign / weight), and the weighted correlations with the residual fall
 * together.
 */
#include <math.h>
#include <string.h>

#include "discovery/lingam_internal.h"

caus_status caus_lasso_init(size_t most, caus_arena *arena, caus_lasso *lasso,
                            caus_error *err)
{
    *lasso = (caus_lasso){
        .most = most,
        .active = CAUS_ARRAY(arena, size_t, most),
        .sign = CAUS_ARRAY(arena, double, most),
        .factor = CAUS_ARRAY(arena, double, most *most),
        .direction = CAUS_ARRAY(arena, double, most),
        .slope = CAUS_ARRAY(arena, double, most),
        .rest = CAUS_ARRAY(arena, double, most),
        .is_active = CAUS_ARRAY(arena, bool, most),
        .is_in = CAUS_ARRAY(arena, bool, most),
        .normal = CAUS_ARRAY(arena, double, most *most),
        .target = CAUS_ARRAY(arena, double, most),
        .weight = CAUS_ARRAY(arena, double, most),
    };
    if (!lasso->active || !lasso->sign || !lasso->factor || !lasso->direction ||
        !lasso->slope || !lasso->rest || !lasso->is_active || !lasso->is_in ||
        !lasso->normal || !lasso->target || !lasso->weight)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

/* Row `place` of the factor, for the predictor at that place of the active. */
static void extend_factor(caus_lasso *lasso, size_t place)
{
    double *row = lasso->factor + place * lasso->most;
    const double *normal = lasso->normal + lasso->active[place] * lasso->most;
    double rest = normal[lasso->active[place]];
    for (size_t j = 0; j < place; j++) {
        const double *other = lasso->factor + j * lasso->most;
        double sum = normal[lasso->active[j]];
        for (size_t m = 0; m < j; m++)
            sum -= row[m] * other[m];
        row[j] = sum / other[j];
        rest -= row[j] * row[j];
    }
    row[place] = sqrt(fmax(rest, CAUS_LEAST_SHARE));
}

/* direction = inv(R) direction, by the factor. */
static void solve(caus_lasso *lasso, size_t count)
{
    double *x = lasso->direction;
    for (size_t i = 0; i < count; i++) {
        const double *row = lasso->factor + i * lasso->most;
        for (size_t m = 0; m < i; m++)
            x[i] -= row[m] * x[m];
        x[i] /= row[i];
    }
    for (size_t i = count; i-- > 0;) {
        const double *row = lasso->factor + i * lasso->most;
        x[i] /= row[i];
        for (size_t m = 0; m < i; m++)
            x[m] -= row[m] * x[i];
    }
}

/* A step of the path: how far it goes, and what ends it. */
typedef struct step {
    double length;
    size_t joins; /* predictor; SIZE_MAX = none */
    size_t drops; /* place of the active; SIZE_MAX = none */
} step;

/* How fast the weighted correlation of a predictor changes. */
static double speed_of(const caus_lasso *lasso, size_t active, size_t j)
{
    const double *normal = lasso->normal + j * lasso->most;
    double sum = 0;
    for (size_t k = 0; k < active; k++)
        sum += normal[lasso->active[k]] * lasso->direction[k];
    return lasso->weight[j] * sum;
}

static void consider(step *next, double length, size_t joins, size_t drops)
{
    if (!(length > 0) || length >= next->length)
        return;
    *next = (step){length, joins, drops};
}

/* `height` is the common size of the active ones' correlations. */
static step find_step(const caus_lasso *lasso, size_t count, size_t active,
                      double height, size_t dropped)
{
    step next = {height, SIZE_MAX, SIZE_MAX};
    for (size_t j = 0; j < count; j++) {
        if (lasso->is_active[j] || j == dropped || !(lasso->weight[j] > 0))
            continue;
        double speed = speed_of(lasso, active, j);
        double now = lasso->weight[j] * lasso->rest[j];
        consider(&next, (height - now) / (1 - speed), j, SIZE_MAX);
        consider(&next, (height + now) / (1 + speed), j, SIZE_MAX);
    }
    for (size_t k = 0; k < active; k++)
        consider(&next, -lasso->slope[lasso->active[k]] / lasso->direction[k],
                 SIZE_MAX, k);
    return next;
}

static void walk(caus_lasso *lasso, size_t count, size_t active, double length)
{
    for (size_t k = 0; k < active; k++)
        lasso->slope[lasso->active[k]] += length * lasso->direction[k];
    for (size_t j = 0; j < count; j++) {
        const double *normal = lasso->normal + j * lasso->most;
        double sum = lasso->target[j];
        for (size_t k = 0; k < active; k++)
            sum -= normal[lasso->active[k]] * lasso->slope[lasso->active[k]];
        lasso->rest[j] = sum;
    }
}

/* Takes a predictor out of the active set; returns which. */
static size_t drop(caus_lasso *lasso, size_t active, size_t place)
{
    size_t dropped = lasso->active[place];
    lasso->slope[dropped] = 0;
    lasso->is_active[dropped] = false;
    for (size_t k = place; k + 1 < active; k++) {
        lasso->active[k] = lasso->active[k + 1];
        lasso->sign[k] = lasso->sign[k + 1];
        extend_factor(lasso, k);
    }
    return dropped;
}

static void join(caus_lasso *lasso, size_t active, size_t j)
{
    lasso->active[active] = j;
    lasso->sign[active] = lasso->rest[j] < 0 ? -1 : 1;
    lasso->is_active[j] = true;
    extend_factor(lasso, active);
}

/* The criterion where the path stands; predictors count when they are in. */
static double criterion_of(caus_lasso *lasso, size_t count, double noise,
                           double rows)
{
    double explained = 0, size = 0;
    for (size_t j = 0; j < count; j++) {
        lasso->is_in[j] = lasso->weight[j] > 0 &&
                          fabs(lasso->slope[j]) > 0x1p-52 * lasso->weight[j];
        size += lasso->is_in[j];
        explained += lasso->slope[j] * (lasso->target[j] + lasso->rest[j]);
    }
    return rows * (1 - explained) / noise + log(rows) * size;
}

static size_t strongest(const caus_lasso *lasso, size_t count)
{
    size_t best = SIZE_MAX;
    double most = 0;
    for (size_t j = 0; j < count; j++) {
        double size = lasso->weight[j] * fabs(lasso->rest[j]);
        if (size > most) {
            most = size;
            best = j;
        }
    }
    return best;
}

void caus_lasso_select(caus_lasso *lasso, size_t count, double left,
                       double rows, bool *keep)
{
    size_t active = 0, dropped = SIZE_MAX;
    double noise = left * rows / (rows - (double)count - 1);
    double best, height;
    for (size_t j = 0; j < count; j++) {
        lasso->weight[j] = fabs(lasso->weight[j]);
        lasso->rest[j] = lasso->target[j];
        lasso->slope[j] = 0;
        lasso->is_active[j] = false;
        keep[j] = false;
    }
    best = rows / noise;
    size_t first = strongest(lasso, count);
    if (first == SIZE_MAX)
        return;
    height = lasso->weight[first] * fabs(lasso->rest[first]);
    join(lasso, active++, first);
    for (size_t round = 0; active && round < 8 * count + 8; round++) {
        for (size_t k = 0; k < active; k++)
            lasso->direction[k] =
                lasso->sign[k] / lasso->weight[lasso->active[k]];
        solve(lasso, active);
        step next = find_step(lasso, count, active, height, dropped);
        walk(lasso, count, active, next.length);
        height -= next.length;
        dropped = SIZE_MAX;
        if (next.drops != SIZE_MAX)
            dropped = drop(lasso, active--, next.drops);
        double value = criterion_of(lasso, count, noise, rows);
        if (value < best) {
            best = value;
            memcpy(keep, lasso->is_in, count * sizeof *keep);
        }
        if (next.joins != SIZE_MAX)
            join(lasso, active++, next.joins);
        else if (next.drops == SIZE_MAX)
            break;
    }
}

double caus_lasso_refit(caus_lasso *lasso, size_t count, const bool *keep,
                        double *slope, double *own)
{
    size_t kept = 0;
    for (size_t j = 0; j < count; j++) {
        slope[j] = own[j] = 0;
        if (!keep[j])
            continue;
        lasso->active[kept] = j;
        extend_factor(lasso, kept);
        kept++;
    }
    double left = 1;
    for (size_t m = 0; m < kept; m++) {
        memset(lasso->direction, 0, kept * sizeof *lasso->direction);
        lasso->direction[m] = 1;
        solve(lasso, kept);
        own[lasso->active[m]] = lasso->direction[m];
    }
    for (size_t k = 0; k < kept; k++)
        lasso->direction[k] = lasso->target[lasso->active[k]];
    solve(lasso, kept);
    for (size_t k = 0; k < kept; k++) {
        slope[lasso->active[k]] = lasso->direction[k];
        left -= lasso->direction[k] * lasso->target[lasso->active[k]];
    }
    return left > 0 ? left : 0;
}
