/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NOTEARS by augmented Lagrangians: Zheng, Aragam, Ravikumar & Xing (2018),
 * NeurIPS 31, algorithm 1. Each subproblem is smooth but for the L1 penalty,
 * and is solved by the quasi-Newton steps of Andrew & Gao (2007), ICML, that
 * stay in an orthant: no need to split W into two non-negative parts.
 */
#include <math.h>
#include <string.h>

#include "discovery/notears_internal.h"
#include "numeric/numeric.h"

enum { MEMORY = 10, MOST_ROUNDS = 100, MOST_HALVINGS = 40 };

/* The published program's constants: h counts as 0; the price of a cycle may
 * not grow beyond; h has to shrink so much a round, else the price grows. */
static const double least_acyclicity = 1e-8;
static const double most_price = 1e16;
static const double wanted_shrinkage = .25;

/* A subproblem has converged when a step gains less than this part. */
static const double least_gain = 1e-9;
/* Armijo's share of the gain that the slope promises. */
static const double promised = 1e-4;

/* One subproblem: the weights, slopes there, and the steps before. */
typedef struct search {
    caus_notears *problem;
    const caus_run *run;
    size_t cells;
    double *weights, *tried;
    double *slope, *slope_tried; /* of the smooth part */
    double *pseudo;              /* the least slope of the whole */
    double *direction;
    double *moves;        /* [MEMORY × cells] */
    double *turns;        /* [MEMORY × cells] changes of slope */
    double scale[MEMORY]; /* 1 / (move · turn) */
    size_t kept, newest;
} search;

static caus_status init_search(search *s, caus_arena *arena, caus_error *err)
{
    size_t cells = s->cells;
    s->tried = CAUS_ARRAY(arena, double, cells);
    s->slope = CAUS_ARRAY(arena, double, cells);
    s->slope_tried = CAUS_ARRAY(arena, double, cells);
    s->pseudo = CAUS_ARRAY(arena, double, cells);
    s->direction = CAUS_ARRAY(arena, double, cells);
    s->moves = CAUS_ARRAY(arena, double, MEMORY *cells);
    s->turns = CAUS_ARRAY(arena, double, MEMORY *cells);
    if (!s->tried || !s->slope || !s->slope_tried || !s->pseudo ||
        !s->direction || !s->moves || !s->turns)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static double price_of(const caus_notears *problem, size_t cell)
{
    bool is_free = problem->is_free && problem->is_free[cell];
    return is_free ? 0 : problem->penalty;
}

static double penalty_of(const search *s, const double *weights)
{
    double sum = 0;
    for (size_t k = 0; k < s->cells; k++)
        sum += price_of(s->problem, k) * fabs(weights[k]);
    return sum;
}

/* The one-sided slope of the whole that falls most; 0 where neither falls. */
static void find_pseudo_slope(search *s)
{
    for (size_t k = 0; k < s->cells; k++) {
        double penalty = price_of(s->problem, k);
        double w = s->weights[k], up = s->slope[k] + penalty;
        double down = s->slope[k] - penalty;
        if (w > 0 || (!(w < 0) && up < 0))
            s->pseudo[k] = up;
        else if (w < 0 || down > 0)
            s->pseudo[k] = down;
        else
            s->pseudo[k] = 0;
    }
}

static void add_times(double *to, double factor, const double *what,
                      size_t count)
{
    for (size_t k = 0; k < count; k++)
        to[k] += factor * what[k];
}

/* The quasi-Newton direction; steepest descent when it does not fall. */
static void find_direction(search *s)
{
    double along[MEMORY], *way = s->direction;
    size_t cells = s->cells;
    for (size_t k = 0; k < cells; k++)
        way[k] = -s->pseudo[k];
    for (size_t back = 0; back < s->kept; back++) {
        size_t at = (s->newest + MEMORY - back) % MEMORY;
        along[at] = s->scale[at] * caus_dot(s->moves + at * cells, way, cells);
        add_times(way, -along[at], s->turns + at * cells, cells);
    }
    if (s->kept) {
        const double *turn = s->turns + s->newest * cells;
        double factor = 1 / (s->scale[s->newest] * caus_dot(turn, turn, cells));
        for (size_t k = 0; k < cells; k++)
            way[k] *= factor;
    }
    for (size_t back = s->kept; back-- > 0;) {
        size_t at = (s->newest + MEMORY - back) % MEMORY;
        double turned =
            s->scale[at] * caus_dot(s->turns + at * cells, way, cells);
        add_times(way, along[at] - turned, s->moves + at * cells, cells);
    }
    for (size_t k = 0; k < cells; k++)
        if (way[k] * s->pseudo[k] >= 0)
            way[k] = 0;
}

/* Takes a step of some length without leaving the orthant. */
static void move(search *s, double length)
{
    for (size_t k = 0; k < s->cells; k++) {
        double w = s->weights[k];
        double side = w > 0 || w < 0 ? w : -s->pseudo[k];
        double moved = w + length * s->direction[k];
        s->tried[k] = moved * side > 0 ? moved : 0;
    }
}

static void remember(search *s)
{
    size_t at = s->kept ? (s->newest + 1) % MEMORY : 0;
    double *made = s->moves + at * s->cells, *turn = s->turns + at * s->cells;
    for (size_t k = 0; k < s->cells; k++) {
        made[k] = s->tried[k] - s->weights[k];
        turn[k] = s->slope_tried[k] - s->slope[k];
    }
    double curvature = caus_dot(made, turn, s->cells);
    if (!(curvature > 1e-12 * caus_dot(turn, turn, s->cells)))
        return;
    s->scale[at] = 1 / curvature;
    s->newest = at;
    s->kept += s->kept < MEMORY;
}

/* Halves the step until it falls enough; false when it never does. */
static bool find_step(search *s, double now, double *then)
{
    double length = 1;
    if (!s->kept) {
        double size = sqrt(caus_dot(s->pseudo, s->pseudo, s->cells));
        length = size > 1 ? 1 / size : 1;
    }
    for (int halving = 0; halving < MOST_HALVINGS; halving++) {
        double expected = 0;
        move(s, length);
        for (size_t k = 0; k < s->cells; k++)
            expected += s->pseudo[k] * (s->tried[k] - s->weights[k]);
        if (!(expected < 0))
            return false;
        *then = caus_notears_value(s->problem, s->tried, s->slope_tried) +
                penalty_of(s, s->tried);
        if (*then <= now + promised * expected)
            return true;
        length /= 2;
    }
    return false;
}

static void accept(search *s)
{
    double *kept = s->slope;
    memcpy(s->weights, s->tried, s->cells * sizeof *s->weights);
    s->slope = s->slope_tried;
    s->slope_tried = kept;
}

/* Solves one subproblem from where the weights are. */
static caus_status minimise(search *s, size_t iterations, uint64_t *used,
                            caus_error *err)
{
    double now = caus_notears_value(s->problem, s->weights, s->slope) +
                 penalty_of(s, s->weights);
    s->kept = s->newest = 0;
    for (size_t k = 0; k < iterations; k++) {
        double then = now;
        CAUS_TRY(caus_run_check(s->run, err));
        find_pseudo_slope(s);
        find_direction(s);
        ++*used;
        if (!find_step(s, now, &then)) {
            if (!s->kept)
                break;
            s->kept = 0;
            continue;
        }
        remember(s);
        accept(s);
        double gain = (now - then) / fmax(1, fabs(now));
        now = then;
        if (gain < least_gain)
            break;
    }
    return CAUS_OK;
}

/* One round: a price of cycles under which they shrink enough. */
static caus_status shrink(search *s, const double *from, double *acyclicity,
                          size_t iterations, uint64_t *used, caus_error *err)
{
    caus_notears *p = s->problem;
    double before = *acyclicity;
    for (;;) {
        memcpy(s->weights, from, s->cells * sizeof *from);
        CAUS_TRY(minimise(s, iterations, used, err));
        *acyclicity = caus_notears_acyclicity(p, s->weights);
        if (*acyclicity <= wanted_shrinkage * before || p->price >= most_price)
            return CAUS_OK;
        p->price *= 10;
    }
}

caus_status caus_notears_solve(caus_dagma_problem *given,
                               const caus_dagma_options *options,
                               const caus_run *run, caus_arena *arena,
                               double *weights, uint64_t *used, caus_error *err)
{
    caus_notears problem;
    search s = {.problem = &problem,
                .run = run,
                .cells = given->count * given->stride,
                .weights = weights};
    CAUS_TRY(caus_notears_init(&problem, given, arena, err));
    CAUS_TRY(init_search(&s, arena, err));
    double *from = CAUS_ARRAY(arena, double, s.cells);
    if (!from)
        return caus_arena_fail(arena, err);
    double acyclicity = HUGE_VAL;
    for (size_t round = 0; round < MOST_ROUNDS; round++) {
        memcpy(from, weights, s.cells * sizeof *from);
        CAUS_TRY(shrink(&s, from, &acyclicity, options->iterations, used, err));
        problem.multiplier += problem.price * acyclicity;
        caus_run_progress(run, CAUS_STAGE_SELECT, round + 1, MOST_ROUNDS);
        if (acyclicity <= least_acyclicity || problem.price >= most_price)
            break;
    }
    return CAUS_OK;
}
