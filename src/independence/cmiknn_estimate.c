/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The estimates. With k(S) the rows near row t in the columns S, t included,
 * Frenzel and Pompe's is
 *     psi(k) + mean over t of psi(k(Z)) − psi(k(XZ)) − psi(k(YZ)),
 * "near" being nearer than the k-th neighbour over all columns. Mesner and
 * Shalizi's counts the rim too, but not t itself, and has in place of k the
 * rows that lie within the rim over all columns. Other categories are
 * infinitely far (Popescu et al. 2023); where a category has fewer rows than k,
 * k becomes a share of them, as in tigramite.
 */
#include <math.h>
#include <string.h>

#include "independence/cmiknn_internal.h"
#include "numeric/order.h"

enum { CHECK_EVERY_ROWS = 64 };

static double contribution(const caus_cmiknn *state,
                           const caus_neighbour_counts *near)
{
    const double *psi = state->digamma;
    if (!state->is_mixed)
        return psi[near->given] - psi[near->fixed] - psi[near->moved];
    /* a row that is like no other one tells nothing */
    if (near->all < 2)
        return 0;
    return psi[near->all - 1] + psi[near->given - 1] - psi[near->fixed - 1] -
           psi[near->moved - 1];
}

/* Rows that may be near to one: a stretch of places, since they are ranks. */
typedef struct window {
    size_t first, padded; /* multiples of CAUS_RANK_LANES */
    size_t reach;         /* no other row is at this distance or nearer */
} window;

static window whole_window(const caus_ci_work *work)
{
    return (window){0, caus_rank_pad(work->rows), work->rows};
}

/* A window with room for a distance somewhat larger than the guess. */
static window choose_window(const caus_ci_work *work, size_t row,
                            caus_rank guess)
{
    if (work->state->is_mixed || !guess)
        return whole_window(work);
    size_t known = work->reach[row];
    size_t reach = known ? known + known / 5 : guess + guess / 2u;
    reach += 8;
    size_t first = row > reach ? row - reach : 0;
    size_t end = row + reach < work->rows ? row + reach + 1 : work->rows;
    if (end - first <= work->nearest)
        return whole_window(work);
    first = first / CAUS_RANK_LANES * CAUS_RANK_LANES;
    return (window){first, caus_rank_pad(end - first), reach};
}

/* Whether there are rows to count in more than one column; in one column of
 * ranks they follow from the distance. */
static bool has_parts(const caus_ci_work *work)
{
    return work->node_count > CAUS_CMIKNN_GIVEN || work->state->is_mixed;
}

static bool has_one_condition(const caus_ci_work *work)
{
    return work->node_count == CAUS_CMIKNN_GIVEN + 1 && !work->state->is_mixed;
}

/* Distances from one row, in the conditions and with the source. */
static void spread_fixed(caus_ci_work *work, size_t row, const window *seen)
{
    caus_spread_task task = {
        .given_columns = work->columns + CAUS_CMIKNN_GIVEN,
        .given_count = work->node_count - CAUS_CMIKNN_GIVEN,
        .fixed_column = &work->columns[CAUS_CMIKNN_SOURCE],
        .row = row,
        .first = seen->first,
        .padded = seen->padded,
        .given = has_parts(work) ? work->near + seen->first : NULL,
        .fixed = work->fixed + seen->first,
    };
    work->state->kernel->spread(&task);
    for (size_t j = work->rows; j < seen->first + seen->padded; j++)
        work->near[j] = work->fixed[j] = CAUS_RANK_FAR;
}

/* Rows whose rank is nearer than a distance to one's own. */
static uint32_t count_ranks(size_t rows, caus_rank at, caus_rank distance)
{
    size_t low = at >= distance ? at - distance + 1u : 0;
    size_t high = (size_t)at + distance;
    return (uint32_t)((high < rows ? high : rows) - low);
}

/* Counts for one row and one target column, wherever its neighbours are. */
static void count_row(caus_ci_work *work, size_t row, const caus_rank *moved,
                      caus_rank guess, window *seen,
                      caus_neighbour_counts *result)
{
    const caus_cmiknn *state = work->state;
    double share = state->options.neighbours;
    caus_neighbour_task task = {
        .rows = work->rows,
        .moved.is_codes = work->columns[CAUS_CMIKNN_TARGET].is_codes,
        .is_given_known = has_one_condition(work),
        .at = moved[row],
        .nearest = work->nearest,
        .is_mixed = state->is_mixed,
        .share = share < 1 ? share : 0,
        .guess = guess,
        .all = work->all,
        .both = work->both,
    };
    for (;;) {
        task.padded = seen->padded;
        task.fixed = work->fixed + seen->first;
        task.given = has_parts(work) ? work->near + seen->first : NULL;
        task.moved.values = moved + seen->first;
        state->kernel->count(&task, result);
        if (result->distance <= seen->reach)
            break;
        *seen = whole_window(work);
        spread_fixed(work, row, seen);
    }
    /* rows stand in the order of the condition, or of the source */
    uint32_t beside = count_ranks(work->rows, (caus_rank)row, result->distance);
    if (has_one_condition(work))
        result->given = beside;
    if (has_parts(work))
        return;
    result->fixed = beside;
    result->moved = count_ranks(work->rows, task.at, result->distance);
    result->given = (uint32_t)work->rows;
}

caus_status caus_cmiknn_estimate(caus_ci_work *work, const caus_rank *moved,
                                 size_t count, double *values, caus_error *err)
{
    const caus_cmiknn *state = work->state;
    size_t padded = caus_rank_pad(work->rows);
    double sums[CAUS_CMIKNN_BATCH] = {0};
    caus_rank guess = 0;
    for (size_t r = 0; r < work->rows; r++) {
        if (r % CHECK_EVERY_ROWS == 0)
            CAUS_TRY(caus_run_check(state->run, err));
        if (work->reach[r])
            guess = work->reach[r];
        window seen = choose_window(work, r, guess);
        spread_fixed(work, r, &seen);
        for (size_t b = 0; b < count; b++) {
            caus_neighbour_counts near;
            count_row(work, r, moved + b * padded, guess, &seen, &near);
            guess = near.distance;
            sums[b] += contribution(state, &near);
        }
        work->reach[r] = guess;
    }
    double constant = state->is_mixed ? 0 : state->digamma[work->nearest];
    for (size_t b = 0; b < count; b++)
        values[b] = constant + sums[b] / (double)work->rows;
    return CAUS_OK;
}

/* Distances from one row, standardised: in the conditions, with source, with
 * target, and with both. */
typedef struct real_distances {
    double *given, *fixed, *moved, *all;
} real_distances;

static void spread_reals(const caus_ci_work *work, const caus_rank *shuffle,
                         size_t row, const real_distances *apart)
{
    size_t stride = work->state->row_count, rows = work->rows;
    const double *source = work->reals + CAUS_CMIKNN_SOURCE * stride;
    const double *target = work->reals + CAUS_CMIKNN_TARGET * stride;
    memset(apart->given, 0, rows * sizeof *apart->given);
    for (size_t i = CAUS_CMIKNN_GIVEN; i < work->node_count; i++) {
        const double *values = work->reals + i * stride;
        for (size_t j = 0; j < rows; j++)
            apart->given[j] =
                fmax(apart->given[j], fabs(values[j] - values[row]));
    }
    double at = target[shuffle ? shuffle[row] : row];
    for (size_t j = 0; j < rows; j++) {
        double given = apart->given[j];
        apart->fixed[j] = fmax(given, fabs(source[j] - source[row]));
        apart->moved[j] =
            fmax(given, fabs(target[shuffle ? shuffle[j] : j] - at));
        apart->all[j] = fmax(apart->fixed[j], apart->moved[j]);
    }
}

caus_status caus_cmiknn_estimate_real(caus_ci_work *work,
                                      const caus_rank *shuffle, double *value,
                                      caus_error *err)
{
    /* leaves out the rim in spite of rounding, as tigramite does */
    static const double inside = .999999999;
    const caus_cmiknn *state = work->state;
    size_t stride = state->row_count;
    real_distances apart = {work->apart, work->apart + stride,
                            work->apart + 2 * stride, work->apart + 3 * stride};
    double sum = 0;
    for (size_t r = 0; r < work->rows; r++) {
        if (r % CHECK_EVERY_ROWS == 0)
            CAUS_TRY(caus_run_check(state->run, err));
        spread_reals(work, shuffle, r, &apart);
        double radius =
            inside * caus_select(apart.all, work->rows, work->nearest);
        caus_neighbour_counts near = {0};
        for (size_t j = 0; j < work->rows; j++) {
            near.given += apart.given[j] <= radius;
            near.fixed += apart.fixed[j] <= radius;
            near.moved += apart.moved[j] <= radius;
        }
        sum += contribution(state, &near);
    }
    *value = state->digamma[work->nearest] + sum / (double)work->rows;
    return CAUS_OK;
}
