/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of neighbours_kernel.h over registers, and the kernel made of them.
 * The including file has defined before:
 *
 *   ranks    a register of WIDTH ranks; WIDTH divides CAUS_RANK_LANES
 *   tally    a count of rows in the making, starting as no_rows()
 *   load, store, splat, larger, apart, unequal
 *   count_near(tally, distances, radius), plus(tally, tally), total(tally)
 */
#ifndef CAUS_SRC_NUMERIC_NEIGHBOURS_VECTORS_H
#define CAUS_SRC_NUMERIC_NEIGHBOURS_VECTORS_H

#include "numeric/neighbours_kernel.h"

static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius)
{
    ranks most = splat(radius);
    tally low = no_rows(), high = no_rows();
    for (size_t j = 0; j < padded; j += 2 * WIDTH) {
        low = count_near(low, load(distances + j), most);
        high = count_near(high, load(distances + j + WIDTH), most);
    }
    return total(plus(low, high));
}

static inline void count_three(const caus_rank *distances, size_t padded,
                               const caus_rank radii[3], uint32_t held[3])
{
    ranks a = splat(radii[0]), b = splat(radii[1]), c = splat(radii[2]);
    tally in_a = no_rows(), in_b = no_rows(), in_c = no_rows();
    for (size_t j = 0; j < padded; j += WIDTH) {
        ranks rows = load(distances + j);
        in_a = count_near(in_a, rows, a);
        in_b = count_near(in_b, rows, b);
        in_c = count_near(in_c, rows, c);
    }
    held[0] = total(in_a);
    held[1] = total(in_b);
    held[2] = total(in_c);
}

enum { BLOCK = CAUS_RANK_LANES / WIDTH }; /* registers */

/* Makes distances at least those of a block of one more column. */
static inline void fold_block(ranks farthest[BLOCK],
                              const caus_rank_column *column, size_t row,
                              size_t first)
{
    const caus_rank *values = column->values + first;
    ranks at = splat(column->values[row]);
    if (column->is_codes)
        for (size_t k = 0; k < BLOCK; k++)
            farthest[k] =
                larger(farthest[k], unequal(load(values + k * WIDTH), at));
    else
        for (size_t k = 0; k < BLOCK; k++)
            farthest[k] =
                larger(farthest[k], apart(load(values + k * WIDTH), at));
}

static void spread(const caus_spread_task *task)
{
    for (size_t j = 0; j < task->padded; j += CAUS_RANK_LANES) {
        ranks farthest[BLOCK];
        for (size_t k = 0; k < BLOCK; k++)
            farthest[k] = splat(0);
        for (size_t c = 0; c < task->given_count; c++)
            fold_block(farthest, &task->given_columns[c], task->row,
                       task->first + j);
        for (size_t k = 0; k < BLOCK; k++)
            store(task->given + j + k * WIDTH, farthest[k]);
        if (!task->fixed_column)
            continue;
        fold_block(farthest, task->fixed_column, task->row, task->first + j);
        for (size_t k = 0; k < BLOCK; k++)
            store(task->fixed + j + k * WIDTH, farthest[k]);
    }
}

static inline void spread_ranks(const caus_neighbour_task *task, size_t padded)
{
    ranks at = splat(task->at);
    for (size_t j = 0; j < padded; j += WIDTH) {
        ranks own = apart(load(task->moved.values + j), at);
        store(task->all + j, larger(own, load(task->fixed + j)));
        store(task->both + j, larger(own, load(task->given + j)));
    }
}

static inline void spread_codes(const caus_neighbour_task *task, size_t padded)
{
    ranks at = splat(task->at);
    for (size_t j = 0; j < padded; j += WIDTH) {
        ranks own = unequal(load(task->moved.values + j), at);
        store(task->all + j, larger(own, load(task->fixed + j)));
        store(task->both + j, larger(own, load(task->given + j)));
    }
}

static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result)
{
    ranks most = splat(radius);
    tally fixed = no_rows(), both = no_rows(), given = no_rows();
    for (size_t j = 0; j < padded; j += WIDTH) {
        fixed = count_near(fixed, load(task->fixed + j), most);
        both = count_near(both, load(task->both + j), most);
        given = count_near(given, load(task->given + j), most);
    }
    result->fixed = total(fixed);
    result->moved = total(both);
    result->given = total(given);
}

static caus_rank radius(const caus_rank *distances, size_t rows, size_t wanted,
                        caus_rank guess)
{
    return radius_kernel(distances, caus_rank_pad(rows), rows, wanted, guess);
}

static void count(const caus_neighbour_task *task,
                  caus_neighbour_counts *result)
{
    count_kernel(task, result);
}

#endif
