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

/* Distances of all rows from one, in the conditions and with the source. */
static void spread_fixed(caus_ci_work *work, size_t row)
{
    const caus_neighbour_kernel *kernel = work->state->kernel;
    memset(work->near, 0, work->rows * sizeof *work->near);
    for (size_t i = CAUS_CMIKNN_GIVEN; i < work->node_count; i++)
        kernel->fold(work->near, &work->columns[i], work->rows,
                     work->columns[i].values[row]);
    memcpy(work->fixed, work->near,
           caus_rank_pad(work->rows) * sizeof *work->fixed);
    const caus_rank_column *source = &work->columns[CAUS_CMIKNN_SOURCE];
    kernel->fold(work->fixed, source, work->rows, source->values[row]);
}

caus_status caus_cmiknn_estimate(caus_ci_work *work, const caus_rank *moved,
                                 size_t count, double *values, caus_error *err)
{
    const caus_cmiknn *state = work->state;
    size_t padded = caus_rank_pad(work->rows);
    double sums[CAUS_CMIKNN_BATCH] = {0};
    caus_neighbour_task task = {
        .rows = work->rows,
        .fixed = work->fixed,
        .given = work->near,
        .moved = work->columns[CAUS_CMIKNN_TARGET],
        .nearest = work->nearest,
        .is_mixed = state->is_mixed,
        .share = state->options.neighbours < 1 ? state->options.neighbours : 0,
        .guess = (caus_rank)(work->rows / 2),
        .all = work->all,
        .both = work->both,
    };
    for (size_t j = work->rows; j < padded; j++)
        work->near[j] = CAUS_RANK_FAR;
    for (size_t r = 0; r < work->rows; r++) {
        if (r % CHECK_EVERY_ROWS == 0)
            CAUS_TRY(caus_run_check(state->run, err));
        spread_fixed(work, r);
        for (size_t b = 0; b < count; b++) {
            caus_neighbour_counts near;
            task.moved.values = moved + b * padded;
            task.at = task.moved.values[r];
            state->kernel->count(&task, &near);
            task.guess = near.distance;
            sums[b] += contribution(state, &near);
        }
    }
    double constant = state->is_mixed ? 0 : state->digamma[work->nearest];
    for (size_t b = 0; b < count; b++)
        values[b] = constant + sums[b] / (double)work->rows;
    return CAUS_OK;
}

/* The value at `place` when sorted ascending (Hoare's selection); reorders. */
static double select_value(double *values, size_t count, size_t place)
{
    ptrdiff_t first = 0, last = (ptrdiff_t)count - 1, at = (ptrdiff_t)place;
    while (first < last) {
        double pivot = values[at];
        ptrdiff_t i = first, j = last;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j)
                break;
            double kept = values[i];
            values[i++] = values[j];
            values[j--] = kept;
        }
        if (j < at)
            first = i;
        if (at < i)
            last = j;
    }
    return values[at];
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
            inside * select_value(apart.all, work->rows, work->nearest);
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
