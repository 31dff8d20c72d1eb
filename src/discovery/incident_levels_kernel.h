/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of caus_levels_fn over registers of WIDTH numbers; the including
 * file has defined WIDTH, which divides CAUS_LEVELS. */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_LEVELS_KERNEL_H
#define CAUS_SRC_DISCOVERY_INCIDENT_LEVELS_KERNEL_H

#include <string.h>

#include "discovery/incident_levels.h"

enum { REGISTERS = CAUS_LEVELS / WIDTH };

typedef double lanes __attribute__((vector_size(8 * WIDTH)));
typedef int64_t lane_bits __attribute__((vector_size(8 * WIDTH)));

typedef struct fits {
    lanes level[REGISTERS];
    lanes sum[REGISTERS];    /* of the best that ends in this row */
    lanes length[REGISTERS]; /* … its rows */
    lanes gain[REGISTERS];   /* of the best whose length will do; 0 = none */
    lanes start[REGISTERS], end[REGISTERS]; /* … where it is */
} fits;

static inline lanes splat(double value)
{
    return (lanes){0} + value;
}

static inline lanes choose(lane_bits which, lanes one, lanes other)
{
    return (lanes)(((lane_bits)one & which) | ((lane_bits)other & ~which));
}

/* Goes on to the next row; whether any level has more than ever before. */
static inline bool step_on(fits *all, double value)
{
    lanes twice = splat(2 * value), one = splat(1);
    lane_bits more = {0};
    int64_t any = 0;
    for (size_t k = 0; k < REGISTERS; k++) {
        lane_bits goes_on = all->sum[k] > 0;
        all->sum[k] = (lanes)((lane_bits)all->sum[k] & goes_on);
        all->length[k] = (lanes)((lane_bits)all->length[k] & goes_on) + one;
        all->sum[k] += all->level[k] * (twice - all->level[k]);
        more |= all->sum[k] > all->gain[k];
    }
    for (size_t i = 0; i < WIDTH; i++)
        any |= more[i];
    return any != 0;
}

static inline void keep_better(const caus_levels_task *task, double until,
                               fits *all)
{
    lanes end = splat(until);
    for (size_t k = 0; k < REGISTERS; k++) {
        lanes length = all->length[k], start = end - length;
        lane_bits is_first = start < splat(task->norm);
        lane_bits better = all->sum[k] > all->gain[k];
        better &= length >= choose(is_first, splat(task->least_first),
                                   splat(task->least));
        better &= length <= splat(task->most);
        all->gain[k] = choose(better, all->sum[k], all->gain[k]);
        all->start[k] = choose(better, start, all->start[k]);
        all->end[k] = choose(better, end, all->end[k]);
    }
}

static inline void fit(caus_levels_task *task)
{
    fits all;
    memset(&all, 0, sizeof all);
    memcpy(all.level, task->level, sizeof all.level);
    for (size_t r = 0; r < task->row_count; r++)
        if (step_on(&all, task->values[r]) && r + 1 >= task->first_end)
            keep_better(task, (double)(r + 1), &all);
    memcpy(task->start, all.start, sizeof all.start);
    memcpy(task->end, all.end, sizeof all.end);
}

#endif
