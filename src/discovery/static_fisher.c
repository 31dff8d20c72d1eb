/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlations by Schur complements: frame k holds the covariances
 * that are left when the k conditions chosen so far are taken out. Adding a
 * condition makes the next frame by one rank-1 downdate; the last condition of
 * a set is taken out of the few numbers of each test alone.
 */
#include <math.h>

#include "discovery/static_internal.h"
#include "numeric/numeric.h"

/* Variance, of 1, below which a variable counts as determined. */
static const double least_variance = 1e-10;

/*
 * Places stand for candidates and, behind them, targets that are no
 * candidates; in the frame of no conditions they may be node numbers, so that
 * sets of one need no copy.
 */
typedef struct frame {
    const double *matrix;   /* [candidates × stride] */
    const double *cross;    /* [stride] with the walk's node */
    const double *variance; /* [stride] */
    double own;             /* variance of the walk's node */
} frame;

typedef struct fisher_work {
    frame *frames;
    size_t frame_capacity;
    double *numbers; /* of all frames that are copies */
    size_t number_capacity;
    uint32_t *place;  /* [node_count] of a node in the frames */
    uint32_t *nodes;  /* [node_count] the node of a place */
    uint32_t *listed; /* [node_count] stamp of the walk that placed a node */
    uint32_t stamp;
    double *ones; /* [stride] */
    size_t width; /* places in use */
    size_t stride;
} fisher_work;

static const caus_correlation *correlation_of(const caus_walk *walk)
{
    const caus_fisher *state = walk->engine->state;
    return state->correlation;
}

static double signed_square(double covariance, double product)
{
    double square = covariance * covariance / product;
    square = square > 1 ? 1 : square; /* by rounding */
    return covariance < 0 ? -square : square;
}

static void marginal(const caus_walk *walk, size_t node, double *squared)
{
    const caus_correlation *c = correlation_of(walk);
    const double *row = c->matrix + node * c->stride;
    for (size_t v = 0; v < c->variable_count; v++)
        squared[v] = row[v] * fabs(row[v]);
}

static caus_status make_work(caus_walk *walk, caus_error *err)
{
    const caus_correlation *c = correlation_of(walk);
    fisher_work *work = CAUS_ARRAY(walk->arena, fisher_work, 1);
    if (!work)
        return caus_arena_fail(walk->arena, err);
    work->place = CAUS_ARRAY(walk->arena, uint32_t, c->variable_count);
    work->nodes = CAUS_ARRAY(walk->arena, uint32_t, c->variable_count);
    work->listed = CAUS_ARRAY(walk->arena, uint32_t, c->variable_count);
    work->ones = CAUS_ARRAY(walk->arena, double, c->stride);
    if (!work->place || !work->nodes || !work->listed || !work->ones)
        return caus_arena_fail(walk->arena, err);
    for (size_t v = 0; v < c->variable_count; v++)
        work->ones[v] = c->matrix[v * c->stride + v];
    walk->work = work;
    return CAUS_OK;
}

static caus_status reserve(caus_walk *walk, size_t frames, size_t numbers,
                           caus_error *err)
{
    fisher_work *work = walk->work;
    if (frames > work->frame_capacity) {
        size_t capacity = 2 * frames;
        work->frames = CAUS_ARRAY(walk->arena, frame, capacity);
        work->frame_capacity = work->frames ? capacity : 0;
    }
    if (numbers > work->number_capacity) {
        work->numbers = CAUS_ARRAY(walk->arena, double, 2 * numbers);
        work->number_capacity = work->numbers ? 2 * numbers : 0;
    }
    if (frames > work->frame_capacity || numbers > work->number_capacity)
        return caus_arena_fail(walk->arena, err);
    return CAUS_OK;
}

static void list_place(fisher_work *work, uint32_t node)
{
    if (work->listed[node] == work->stamp)
        return;
    work->listed[node] = work->stamp;
    work->place[node] = (uint32_t)work->width;
    work->nodes[work->width++] = node;
}

/* The numbers of frame k: the matrix, the row of the node, the variances. */
static double *frame_numbers(const fisher_work *work, size_t rows, size_t k)
{
    return work->numbers + k * (rows + 2) * work->stride;
}

static void gather_frame(caus_walk *walk)
{
    const caus_correlation *c = correlation_of(walk);
    fisher_work *work = walk->work;
    size_t rows = walk->candidate_count;
    double *matrix = frame_numbers(work, rows, 0);
    double *cross = matrix + rows * work->stride;
    double *variance = cross + work->stride;
    const double *own = c->matrix + walk->node * c->stride;
    for (size_t k = 0; k < work->width; k++) {
        cross[k] = own[work->nodes[k]];
        variance[k] = work->ones[work->nodes[k]];
    }
    for (size_t s = 0; s < rows; s++) {
        const double *row = c->matrix + walk->candidates[s] * c->stride;
        for (size_t k = 0; k < work->width; k++)
            matrix[s * work->stride + k] = row[work->nodes[k]];
    }
    work->frames[0] = (frame){matrix, cross, variance, work->ones[walk->node]};
}

/* Places are nodes: the correlation matrix itself is the frame. */
static void borrow_frame(caus_walk *walk)
{
    const caus_correlation *c = correlation_of(walk);
    fisher_work *work = walk->work;
    work->stride = c->stride;
    work->frames[0] = (frame){c->matrix, c->matrix + walk->node * c->stride,
                              work->ones, work->ones[walk->node]};
}

static caus_status begin(caus_walk *walk, caus_error *err)
{
    if (!walk->work)
        CAUS_TRY(make_work(walk, err));
    fisher_work *work = walk->work;
    work->stamp++;
    work->width = 0;
    if (walk->most == 1) {
        CAUS_TRY(reserve(walk, 1, 0, err));
        borrow_frame(walk);
        return CAUS_OK;
    }
    for (size_t s = 0; s < walk->candidate_count; s++)
        list_place(work, walk->candidates[s]);
    for (size_t t = 0; t < walk->target_count; t++)
        list_place(work, walk->targets[t]);
    work->stride = caus_pad_lanes(work->width);
    CAUS_TRY(reserve(walk, walk->most,
                     walk->most * (walk->candidate_count + 2) * work->stride,
                     err));
    gather_frame(walk);
    return CAUS_OK;
}

static size_t place_of(const caus_walk *walk, uint32_t node)
{
    const fisher_work *work = walk->work;
    return walk->most == 1 ? node : work->place[node];
}

static size_t row_of(const caus_walk *walk, size_t candidate)
{
    return walk->most == 1 ? walk->candidates[candidate] : candidate;
}

static void note_singular(caus_walk *walk, size_t depth, uint32_t last,
                          uint32_t determined)
{
    if (walk->singular_count)
        return;
    for (size_t k = 0; k < depth; k++)
        walk->singular[k] = walk->chosen[k];
    walk->singular[depth] = last;
    walk->singular_count = depth + 1;
    if (determined != last)
        walk->singular[walk->singular_count++] = determined;
}

/* A pivot of 0 stands for a candidate that those before it determine: taking
 * it out changes nothing. */
static void descend(caus_walk *walk, size_t depth, size_t candidate)
{
    const fisher_work *work = walk->work;
    const frame *from = &work->frames[depth];
    size_t rows = walk->candidate_count, stride = work->stride;
    const double *pivot_row = from->matrix + candidate * stride;
    double pivot = from->variance[candidate];
    double inverse = pivot > least_variance ? 1 / pivot : 0;
    double *matrix = frame_numbers(work, rows, depth + 1);
    double *cross = matrix + rows * stride;
    double *variance = cross + stride;
    double own = from->cross[candidate];
    for (size_t s = candidate + 1; s < rows; s++) {
        double factor = pivot_row[s] * inverse;
        const double *row = from->matrix + s * stride;
        for (size_t k = 0; k < stride; k++)
            matrix[s * stride + k] = row[k] - factor * pivot_row[k];
    }
    for (size_t k = 0; k < stride; k++) {
        cross[k] = from->cross[k] - own * inverse * pivot_row[k];
        variance[k] = from->variance[k] - pivot_row[k] * inverse * pivot_row[k];
    }
    work->frames[depth + 1] =
        (frame){matrix, cross, variance, from->own - own * inverse * own};
}

static void test(caus_walk *walk, size_t depth, size_t candidate)
{
    const fisher_work *work = walk->work;
    const frame *f = &work->frames[depth];
    uint32_t last = walk->candidates[candidate];
    size_t at = row_of(walk, candidate);
    const double *row = f->matrix + at * work->stride;
    double pivot = f->variance[at];
    bool usable = pivot > least_variance;
    double factor = usable ? f->cross[at] / pivot : 0;
    double inverse = usable ? 1 / pivot : 0;
    double own = f->own - factor * f->cross[at];
    if (!usable)
        note_singular(walk, depth, last, last);
    else if (!(own > least_variance))
        note_singular(walk, depth, last, (uint32_t)walk->node);
    usable = usable && own > least_variance;
    for (size_t t = 0; t < walk->target_count; t++) {
        uint32_t node = walk->targets[t];
        size_t place = place_of(walk, node);
        walk->squared[t] = CAUS_UNDETERMINED;
        if (!usable || walk->is_chosen[node])
            continue;
        double other = f->variance[place] - row[place] * inverse * row[place];
        if (other > least_variance)
            walk->squared[t] = signed_square(
                f->cross[place] - factor * row[place], own * other);
        else
            note_singular(walk, depth, last, node);
    }
}

static double limit(const void *state, size_t condition_count)
{
    const caus_fisher *fisher = state;
    double df =
        (double)fisher->correlation->row_count - (double)condition_count - 3;
    double r = tanh(fisher->critical / sqrt(df));
    return r * r;
}

static double deviate(const void *state, double squared, size_t condition_count)
{
    const caus_fisher *fisher = state;
    double df =
        (double)fisher->correlation->row_count - (double)condition_count - 3;
    double r = sqrt(fabs(squared));
    return r < 1 ? sqrt(df) * atanh(r) : HUGE_VAL;
}

caus_engine caus_fisher_engine(const caus_fisher *state)
{
    return (caus_engine){
        .state = state,
        .node_count = state->correlation->variable_count,
        .marginal = marginal,
        .begin = begin,
        .descend = descend,
        .test = test,
        .limit = limit,
        .deviate = deviate,
        .most_conditions = state->correlation->row_count - 4,
        .variables = state->correlation->variables,
    };
}
