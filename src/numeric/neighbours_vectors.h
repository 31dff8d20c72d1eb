/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of neighbours_kernel.h over registers, and the kernel made of them.
 * The including file has defined before:
 *
 *   ranks    a register of WIDTH ranks; WIDTH divides CAUS_RANK_LANES
 *   tally    a count of rows in the making, starting as no_rows()
 *   load, store, splat, larger, apart, unequal
 *   comparable(distances), beyond(radius): as count_near() wants them
 *   count_near(tally, distances, limit), plus(tally, tally), total(tally)
 */
#ifndef CAUS_SRC_NUMERIC_NEIGHBOURS_VECTORS_H
#define CAUS_SRC_NUMERIC_NEIGHBOURS_VECTORS_H

#include "numeric/neighbours_kernel.h"

static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius)
{
    ranks limit = beyond(radius);
    tally low = no_rows(), high = no_rows();
    for (size_t j = 0; j < padded; j += (size_t)2 * WIDTH) {
        low = count_near(low, comparable(load(distances + j)), limit);
        high = count_near(high, comparable(load(distances + j + WIDTH)), limit);
    }
    return total(plus(low, high));
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
        for (size_t k = 0; k < BLOCK && task->given; k++)
            store(task->given + j + k * WIDTH, farthest[k]);
        if (!task->fixed_column)
            continue;
        fold_block(farthest, task->fixed_column, task->row, task->first + j);
        for (size_t k = 0; k < BLOCK; k++)
            store(task->fixed + j + k * WIDTH, farthest[k]);
    }
}

/* Registers that count the rows within several radii. */
typedef struct radius_tally {
    ranks limits[RADII];
    tally counts[RADII];
} radius_tally;

static inline radius_tally start_tally(const caus_rank radii[RADII])
{
    radius_tally made;
    for (size_t k = 0; k < RADII; k++) {
        made.limits[k] = beyond(radii[k]);
        made.counts[k] = no_rows();
    }
    return made;
}

static inline void add_rows(radius_tally *to, ranks distances)
{
    ranks rows = comparable(distances);
    for (size_t k = 0; k < RADII; k++)
        to->counts[k] = count_near(to->counts[k], rows, to->limits[k]);
}

static inline void end_tally(const radius_tally *from, uint32_t held[RADII])
{
    for (size_t k = 0; k < RADII; k++)
        held[k] = total(from->counts[k]);
}

static inline void count_radii(const caus_rank *distances, size_t padded,
                               const caus_rank radii[RADII],
                               uint32_t held[RADII])
{
    radius_tally found = start_tally(radii);
    for (size_t j = 0; j < padded; j += WIDTH)
        add_rows(&found, load(distances + j));
    end_tally(&found, held);
}

/* Puts the distances in the moved column together with the others. */
static inline void join(const caus_neighbour_task *task, size_t j, ranks own,
                        radius_tally *found)
{
    ranks all = larger(own, load(task->fixed + j));
    store(task->all + j, all);
    if (task->given)
        store(task->both + j, larger(own, load(task->given + j)));
    add_rows(found, all);
}

static inline void spread_ranks(const caus_neighbour_task *task, size_t padded,
                                const caus_rank radii[RADII],
                                uint32_t held[RADII])
{
    const caus_neighbour_task kept = *task;
    ranks at = splat(kept.at);
    radius_tally found = start_tally(radii);
    for (size_t j = 0; j < padded; j += WIDTH)
        join(&kept, j, apart(load(kept.moved.values + j), at), &found);
    end_tally(&found, held);
}

static inline void spread_codes(const caus_neighbour_task *task, size_t padded,
                                const caus_rank radii[RADII],
                                uint32_t held[RADII])
{
    const caus_neighbour_task kept = *task;
    ranks at = splat(kept.at);
    radius_tally found = start_tally(radii);
    for (size_t j = 0; j < padded; j += WIDTH)
        join(&kept, j, unequal(load(kept.moved.values + j), at), &found);
    end_tally(&found, held);
}

static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result)
{
    ranks limit = beyond(radius);
    tally fixed = no_rows(), both = no_rows();
    for (size_t j = 0; j < padded; j += WIDTH) {
        fixed = count_near(fixed, comparable(load(task->fixed + j)), limit);
        both = count_near(both, comparable(load(task->both + j)), limit);
    }
    result->fixed = total(fixed);
    result->moved = total(both);
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
