/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of neighbours.h. Each instruction set has a file that includes
 * this one and is compiled for it; the compiler makes the vectors.
 */
#ifndef CAUS_SRC_NUMERIC_NEIGHBOURS_KERNEL_H
#define CAUS_SRC_NUMERIC_NEIGHBOURS_KERNEL_H

#include <math.h>

#include "numeric/neighbours_internal.h"

/* What the including file defines for its instruction set, over columns that
 * are padded to a multiple of CAUS_RANK_LANES. */

/* Rows within a radius below CAUS_RANK_FAR. */
static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius);
/* The same for three radii at once. */
static inline void count_three(const caus_rank *distances, size_t padded,
                               const caus_rank radii[3], uint32_t held[3]);
/* Distances in the moved column of a task, with the fixed ones and with the
 * given ones. */
static inline void spread_ranks(const caus_neighbour_task *task, size_t padded);
static inline void spread_codes(const caus_neighbour_task *task, size_t padded);
/* Rows of a task within a radius, part by part. */
static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result);

/* Where a radius is looked for: `below` holds too few rows, `above` enough. */
typedef struct radius_bracket {
    int32_t below, above;
    uint32_t too_few, enough; /* rows they hold */
} radius_bracket;

/* Counts at three radii at once, which costs little more than at one, and
 * closes in. Radii outside the bracket are moved into it. */
static inline void narrow(radius_bracket *bracket, const caus_rank *distances,
                          size_t padded, uint32_t goal, int32_t middle,
                          int32_t apart)
{
    caus_rank radii[3];
    uint32_t held[3];
    for (int32_t k = 0; k < 3; k++) {
        int32_t radius = middle + (k - 1) * apart;
        radius = radius < bracket->above ? radius : bracket->above - 1;
        radii[k] =
            (caus_rank)(radius > bracket->below ? radius : bracket->below + 1);
    }
    count_three(distances, padded, radii, held);
    for (size_t k = 0; k < 3; k++) {
        int32_t radius = radii[k];
        if (held[k] >= goal && radius < bracket->above) {
            bracket->above = radius;
            bracket->enough = held[k];
        } else if (held[k] < goal && radius > bracket->below) {
            bracket->below = radius;
            bracket->too_few = held[k];
        }
    }
}

/* By interpolation while the bracket is wide, in every other step into equal
 * parts, so that no distribution of distances can hold it up. */
static inline void narrow_inside(radius_bracket *bracket,
                                 const caus_rank *distances, size_t padded,
                                 uint32_t goal, unsigned step)
{
    uint32_t span = (uint32_t)(bracket->above - bracket->below);
    uint32_t middle = span / 2, apart = span / 4;
    if (span > 6 && step % 2 == 0) {
        middle = span * (goal - bracket->too_few) /
                 (bracket->enough - bracket->too_few);
        apart = 1 + span / 16;
    }
    narrow(bracket, distances, padded, goal, bracket->below + (int32_t)middle,
           (int32_t)(apart ? apart : 1));
}

static inline caus_rank radius_kernel(const caus_rank *distances, size_t padded,
                                      size_t rows, size_t wanted,
                                      caus_rank guess)
{
    uint32_t goal = (uint32_t)wanted;
    int32_t first = guess, last = (int32_t)rows, width = first / 8 + 1;
    radius_bracket bracket = {-1, last, 0, (uint32_t)rows};
    if (goal > bracket.enough)
        bracket.enough = goal;
    narrow(&bracket, distances, padded, goal, first, width);
    if (bracket.below == first + width)
        narrow(&bracket, distances, padded, goal, first + 3 * width, width);
    else if (bracket.above == first - width)
        narrow(&bracket, distances, padded, goal, first - 3 * width, width);
    for (unsigned step = 0; bracket.above - bracket.below > 1; step++)
        narrow_inside(&bracket, distances, padded, goal, step);
    if (bracket.above < last)
        return (caus_rank)bracket.above;
    caus_rank farthest = 0;
    for (size_t j = 0; j < padded; j++)
        if (distances[j] < CAUS_RANK_FAR && distances[j] > farthest)
            farthest = distances[j];
    return farthest;
}

/* Rows to reach, the row itself among them. */
static inline size_t count_wanted(const caus_neighbour_task *task,
                                  size_t padded)
{
    size_t wanted = task->nearest + 1;
    if (!task->is_mixed)
        return wanted;
    size_t finite = rows_within(task->all, padded, (caus_rank)task->rows);
    if (finite >= wanted)
        return wanted;
    if (task->share > 0)
        wanted = 1 + (size_t)fmax(1, task->share * ((double)finite - 1));
    return wanted < finite ? wanted : finite;
}

static inline void count_kernel(const caus_neighbour_task *task,
                                caus_neighbour_counts *result)
{
    size_t padded = task->padded;
    if (task->moved.is_codes)
        spread_codes(task, padded);
    else
        spread_ranks(task, padded);
    caus_rank distance = radius_kernel(task->all, padded, task->rows,
                                       count_wanted(task, padded), task->guess);
    *result = (caus_neighbour_counts){.distance = distance};
    if (!distance && !task->is_mixed)
        return;
    caus_rank radius = (caus_rank)(distance - !task->is_mixed);
    count_parts(task, padded, radius, result);
    if (task->is_mixed)
        result->all = rows_within(task->all, padded, radius);
}

#endif
