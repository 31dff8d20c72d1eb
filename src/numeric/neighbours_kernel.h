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

enum { RADII = 3 };

/* Rows within a radius below CAUS_RANK_FAR. */
static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius);
/* The same for several radii at once. */
static inline void count_radii(const caus_rank *distances, size_t padded,
                               const caus_rank radii[RADII],
                               uint32_t held[RADII]);
/* Distances in the moved column of a task, with the fixed ones and with the
 * given ones, if there are any; counts those over all columns. */
static inline void spread_ranks(const caus_neighbour_task *task, size_t padded,
                                const caus_rank radii[RADII],
                                uint32_t held[RADII]);
static inline void spread_codes(const caus_neighbour_task *task, size_t padded,
                                const caus_rank radii[RADII],
                                uint32_t held[RADII]);
/* Rows of a task within a radius in the fixed and in the moved columns, each
 * with the given ones. */
static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result);

/* Where a radius is looked for: `below` holds too few rows, `above` enough. */
typedef struct radius_bracket {
    int32_t below, above;
    uint32_t too_few, enough; /* rows they hold */
} radius_bracket;

static inline radius_bracket wide_bracket(size_t rows)
{
    return (radius_bracket){-1, (int32_t)rows, 0, (uint32_t)rows};
}

/* Radii around one, those outside the bracket moved into it. */
static inline void choose_radii(const radius_bracket *bracket, int32_t middle,
                                int32_t apart, caus_rank radii[RADII])
{
    for (int32_t k = 0; k < RADII; k++) {
        int32_t radius = middle + (k - RADII / 2) * apart;
        radius = radius < bracket->above ? radius : bracket->above - 1;
        radii[k] =
            (caus_rank)(radius > bracket->below ? radius : bracket->below + 1);
    }
}

/* Without branches that nobody can foretell. */
static inline void close_in(radius_bracket *bracket, uint32_t goal,
                            const caus_rank radii[RADII],
                            const uint32_t held[RADII])
{
    int32_t ends[RADII + 2] = {bracket->below};
    uint32_t rows[RADII + 2] = {bracket->too_few};
    size_t short_of = 0;
    for (size_t k = 0; k < RADII; k++) {
        ends[k + 1] = radii[k];
        rows[k + 1] = held[k];
        short_of += held[k] < goal;
    }
    ends[RADII + 1] = bracket->above;
    rows[RADII + 1] = bracket->enough;
    *bracket = (radius_bracket){ends[short_of], ends[short_of + 1],
                                rows[short_of], rows[short_of + 1]};
}

/* Counts at several radii at once, which costs little more than at one. */
static inline void narrow(radius_bracket *bracket, const caus_rank *distances,
                          size_t padded, uint32_t goal, int32_t middle,
                          int32_t apart)
{
    caus_rank radii[RADII];
    uint32_t held[RADII];
    choose_radii(bracket, middle, apart, radii);
    count_radii(distances, padded, radii, held);
    close_in(bracket, goal, radii, held);
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

static inline int32_t first_width(caus_rank guess)
{
    return guess / 8 + 1;
}

/* From a bracket that was closed in around the guess. */
static inline caus_rank finish_radius(radius_bracket bracket,
                                      const caus_rank *distances, size_t padded,
                                      size_t rows, uint32_t goal,
                                      caus_rank guess)
{
    int32_t first = guess, last = (int32_t)rows, width = first_width(guess);
    if (goal > bracket.enough)
        bracket.enough = goal;
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

static inline caus_rank radius_kernel(const caus_rank *distances, size_t padded,
                                      size_t rows, size_t wanted,
                                      caus_rank guess)
{
    radius_bracket bracket = wide_bracket(rows);
    uint32_t goal = (uint32_t)wanted;
    narrow(&bracket, distances, padded, goal, guess, first_width(guess));
    return finish_radius(bracket, distances, padded, rows, goal, guess);
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
    radius_bracket bracket = wide_bracket(task->rows);
    caus_rank radii[RADII];
    uint32_t held[RADII];
    choose_radii(&bracket, task->guess, first_width(task->guess), radii);
    if (task->moved.is_codes)
        spread_codes(task, padded, radii, held);
    else
        spread_ranks(task, padded, radii, held);
    uint32_t goal = (uint32_t)count_wanted(task, padded);
    close_in(&bracket, goal, radii, held);
    caus_rank distance = finish_radius(bracket, task->all, padded, task->rows,
                                       goal, task->guess);
    *result = (caus_neighbour_counts){.distance = distance};
    if ((!distance && !task->is_mixed) || !task->given)
        return;
    caus_rank radius = (caus_rank)(distance - !task->is_mixed);
    count_parts(task, padded, radius, result);
    if (!task->is_given_known)
        result->given = rows_within(task->given, padded, radius);
    if (task->is_mixed)
        result->all = rows_within(task->all, padded, radius);
}

#endif
