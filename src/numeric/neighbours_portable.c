/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "numeric/neighbours_kernel.h"

static inline caus_rank larger(caus_rank a, caus_rank b)
{
    return a > b ? a : b;
}

static inline caus_rank apart(caus_rank a, caus_rank b)
{
    caus_rank least = a < b ? a : b;
    return (caus_rank)(larger(a, b) - least);
}

static inline caus_rank unequal(caus_rank a, caus_rank b)
{
    return a == b ? 0 : CAUS_RANK_FAR;
}

static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius)
{
    caus_rank count = 0; /* sixteen bits hold CAUS_RANK_ROWS */
    for (size_t j = 0; j < padded; j++)
        count = (caus_rank)(count + (distances[j] <= radius));
    return count;
}

static inline void count_radii(const caus_rank *distances, size_t padded,
                               const caus_rank radii[RADII],
                               uint32_t held[RADII])
{
    for (size_t k = 0; k < RADII; k++)
        held[k] = rows_within(distances, padded, radii[k]);
}

/* Makes distances at least those in one more column. */
static void fold(const caus_spread_task *task, const caus_rank_column *column,
                 caus_rank *restrict distances)
{
    const caus_rank *restrict values = column->values + task->first;
    caus_rank at = column->values[task->row];
    if (column->is_codes)
        for (size_t j = 0; j < task->padded; j++)
            distances[j] = larger(distances[j], unequal(values[j], at));
    else
        for (size_t j = 0; j < task->padded; j++)
            distances[j] = larger(distances[j], apart(values[j], at));
}

static void spread(const caus_spread_task *task)
{
    caus_rank *first = task->given ? task->given : task->fixed;
    memset(first, 0, task->padded * sizeof *first);
    for (size_t c = 0; c < task->given_count; c++)
        fold(task, &task->given_columns[c], first);
    if (!task->fixed_column)
        return;
    if (first != task->fixed)
        memcpy(task->fixed, first, task->padded * sizeof *first);
    fold(task, task->fixed_column, task->fixed);
}

/* Puts the distances in the moved column together with others. */
static void join(const caus_neighbour_task *task, size_t padded,
                 const caus_rank *restrict others, caus_rank *restrict result)
{
    const caus_rank *restrict values = task->moved.values;
    caus_rank at = task->at;
    if (task->moved.is_codes)
        for (size_t j = 0; j < padded; j++)
            result[j] = larger(unequal(values[j], at), others[j]);
    else
        for (size_t j = 0; j < padded; j++)
            result[j] = larger(apart(values[j], at), others[j]);
}

static inline void spread_ranks(const caus_neighbour_task *task, size_t padded,
                                const caus_rank radii[RADII],
                                uint32_t held[RADII])
{
    join(task, padded, task->fixed, task->all);
    if (task->given)
        join(task, padded, task->given, task->both);
    count_radii(task->all, padded, radii, held);
}

static inline void spread_codes(const caus_neighbour_task *task, size_t padded,
                                const caus_rank radii[RADII],
                                uint32_t held[RADII])
{
    spread_ranks(task, padded, radii, held);
}

static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result)
{
    result->fixed = rows_within(task->fixed, padded, radius);
    result->moved = rows_within(task->both, padded, radius);
}

static bool is_usable(void)
{
    return true;
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

const caus_neighbour_kernel caus_neighbour_portable = {
    .name = "portable",
    .is_usable = is_usable,
    .spread = spread,
    .radius = radius,
    .count = count,
};
