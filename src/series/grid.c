/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/series.h"

static int64_t align_down(int64_t time_ns, int64_t step_ns)
{
    int64_t past = time_ns % step_ns;
    if (past < 0)
        past += step_ns;
    return time_ns < INT64_MIN + past ? time_ns : time_ns - past;
}

caus_grid caus_grid_align(caus_grid grid)
{
    if (grid.step_ns <= 0)
        return grid;
    grid.start_ns = align_down(grid.start_ns, grid.step_ns);
    grid.end_ns = align_down(grid.end_ns, grid.step_ns);
    return grid;
}

size_t caus_grid_row_count(const caus_grid *grid)
{
    if (grid->step_ns <= 0 || grid->end_ns < grid->start_ns)
        return 0;
    uint64_t width = (uint64_t)grid->end_ns - (uint64_t)grid->start_ns;
    uint64_t steps = width / (uint64_t)grid->step_ns;
    return steps < SIZE_MAX ? (size_t)steps + 1 : SIZE_MAX;
}
