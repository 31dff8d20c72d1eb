/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The permutation test (Runge 2018): the target is shuffled among rows that are
 * nearest neighbours in the conditions, which keeps its dependence on them.
 */
#include <string.h>

#include "independence/cmiknn_internal.h"

enum { CHECK_EVERY_ROWS = 64, LEAST_BATCH = 4 };

/* 0 … bound − 1 from 32 random bits: uneven by less than bound / 2^32. */
static size_t draw_below(caus_random *random, size_t bound)
{
    return (size_t)((caus_random_bits(random) >> 32) * bound >> 32);
}

/* One stream a test, from the names and lags in it and what they are for. */
static void start_stream(const caus_ci_work *work, caus_random *random)
{
    const caus_cmiknn *state = work->state;
    const uint64_t *identity = state->identity;
    uint64_t stream = 3 * identity[work->nodes[CAUS_CMIKNN_SOURCE]] +
                      5 * identity[work->nodes[CAUS_CMIKNN_TARGET]];
    for (size_t i = CAUS_CMIKNN_GIVEN; i < work->node_count; i++)
        stream += identity[work->nodes[i]];
    caus_random_init(random, caus_run_seed(state->run), stream);
}

/* The rows nearest to one in the conditions, itself among them. When the last
 * places are disputed, chance decides. */
static void list_alike(caus_ci_work *work, size_t row, caus_rank radius,
                       caus_random *random)
{
    size_t wanted = work->state->options.shuffle_neighbours;
    caus_rank *list = work->alike + row * wanted;
    size_t inner = 0, rim = 0;
    for (size_t j = 0; j < work->rows; j++) {
        if (work->near[j] < radius)
            list[inner++] = (caus_rank)j;
        rim += work->near[j] == radius;
    }
    size_t count = inner, left = wanted - inner;
    for (size_t j = 0; j < work->rows && left && rim; j++) {
        if (work->near[j] != radius)
            continue;
        if (rim <= left || draw_below(random, rim) < left) {
            list[count++] = (caus_rank)j;
            left--;
        }
        rim--;
    }
    work->alike_count[row] = (caus_rank)count;
}

static caus_status list_all_alike(caus_ci_work *work, caus_random *random,
                                  caus_error *err)
{
    const caus_neighbour_kernel *kernel = work->state->kernel;
    size_t wanted = work->state->options.shuffle_neighbours;
    caus_rank radius = 0;
    caus_spread_task task = {
        .given_columns = work->columns + CAUS_CMIKNN_GIVEN,
        .given_count = work->node_count - CAUS_CMIKNN_GIVEN,
        .padded = caus_rank_pad(work->rows),
        .given = work->near,
    };
    for (size_t r = 0; r < work->rows; r++) {
        if (r % CHECK_EVERY_ROWS == 0)
            CAUS_TRY(caus_run_check(work->state->run, err));
        task.row = r;
        kernel->spread(&task);
        for (size_t j = work->rows; j < task.padded; j++)
            work->near[j] = CAUS_RANK_FAR;
        radius = kernel->radius(work->near, work->rows, wanted, radius);
        list_alike(work, r, radius, random);
    }
    return CAUS_OK;
}

static void permute(caus_rank *places, size_t count, caus_random *random)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = draw_below(random, left);
        caus_rank kept = places[left - 1];
        places[left - 1] = places[other];
        places[other] = kept;
    }
}

/* Takes rows from one list in random order until one is free; the last one if
 * none is. */
static caus_rank take_alike(caus_ci_work *work, size_t row, caus_random *random)
{
    caus_rank *list =
        work->alike + row * work->state->options.shuffle_neighbours;
    size_t count = work->alike_count[row];
    caus_rank found = list[0];
    for (size_t tried = 0; tried < count; tried++) {
        size_t other = tried + draw_below(random, count - tried);
        found = list[other];
        list[other] = list[tried];
        list[tried] = found;
        if (!work->taken[found])
            break;
    }
    work->taken[found] = true;
    return found;
}

static void draw_shuffle(caus_ci_work *work, caus_random *random)
{
    if (work->node_count == CAUS_CMIKNN_GIVEN) {
        permute(work->shuffle, work->rows, random);
        return;
    }
    permute(work->visit, work->rows, random);
    memset(work->taken, 0, work->rows * sizeof *work->taken);
    for (size_t k = 0; k < work->rows; k++)
        work->shuffle[work->visit[k]] =
            take_alike(work, work->visit[k], random);
}

/* Shuffles the ranks of the target into a column. */
static void move_target(caus_ci_work *work, caus_rank *column)
{
    const caus_rank *ranks = work->columns[CAUS_CMIKNN_TARGET].values;
    size_t padded = caus_rank_pad(work->rows);
    for (size_t r = 0; r < work->rows; r++)
        column[r] = ranks[work->shuffle[r]];
    memset(column + work->rows, 0, (padded - work->rows) * sizeof *column);
}

static caus_status estimate_batch(caus_ci_work *work, size_t count,
                                  caus_random *random, double *values,
                                  caus_error *err)
{
    size_t padded = caus_rank_pad(work->rows);
    bool is_real = work->state->options.transform == CAUS_KNN_STANDARDISED;
    for (size_t b = 0; b < count; b++) {
        draw_shuffle(work, random);
        if (is_real)
            CAUS_TRY(caus_cmiknn_estimate_real(work, work->shuffle, &values[b],
                                               err));
        else
            move_target(work, work->moved + b * padded);
    }
    return is_real
               ? CAUS_OK
               : caus_cmiknn_estimate(work, work->moved, count, values, err);
}

/* The least number of shuffles reaching the statistic with which p, after all
 * of them, is above the level. */
static size_t find_verdict(const caus_knn_options *options)
{
    double all = (double)options->shuffles + 1;
    size_t reached = (size_t)(options->shuffle_alpha * all);
    reached = reached > 1 ? reached - 1 : 0;
    while (!(((double)reached + 1) / all > options->shuffle_alpha) &&
           reached <= options->shuffles)
        reached++;
    return reached;
}

static size_t choose_batch(size_t until_verdict, size_t left)
{
    size_t count = until_verdict < LEAST_BATCH ? LEAST_BATCH : until_verdict;
    if (count > CAUS_CMIKNN_BATCH)
        count = CAUS_CMIKNN_BATCH;
    return count < left ? count : left;
}

/* Shuffles beyond the one that settles the verdict are not looked at, so that
 * the batches leave no trace. */
caus_status caus_cmiknn_shuffle(caus_ci_work *work, double statistic,
                                caus_cmiknn_shuffles *result, caus_error *err)
{
    const caus_knn_options *options = &work->state->options;
    size_t verdict = find_verdict(options);
    caus_random random;
    start_stream(work, &random);
    for (size_t r = 0; r < work->rows; r++)
        work->shuffle[r] = work->visit[r] = (caus_rank)r;
    if (options->shuffles && work->node_count > CAUS_CMIKNN_GIVEN)
        CAUS_TRY(list_all_alike(work, &random, err));
    caus_cmiknn_shuffles done = {0};
    while (done.made < options->shuffles && done.reached < verdict) {
        double values[CAUS_CMIKNN_BATCH];
        size_t count =
            choose_batch(verdict - done.reached, options->shuffles - done.made);
        CAUS_TRY(estimate_batch(work, count, &random, values, err));
        for (size_t b = 0; b < count && done.reached < verdict; b++) {
            done.made++;
            done.reached += values[b] >= statistic;
        }
    }
    *result = done;
    return CAUS_OK;
}
