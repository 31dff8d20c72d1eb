/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/incident_hinge.h"
#include "numeric/order.h"

enum {
    MOST_BEFORE = 60, /* rows in which a beginning is looked for */
    MEAN_ROWS = 8,
    MEANS = 4 /* of which noise is measured */
};

/* Of a sum of squares over its three degrees of freedom. */
static const double median_of_variances = .789;
/* Twice the log likelihood, for 95 % of one parameter. */
static const double likely = 3.84;

/* The rows looked at. */
typedef struct window {
    size_t first, count;
    size_t start_count; /* rows in which lines may begin */
    double *sums;       /* [count + 1] a member's values before a row */
    double *moments;    /* [count + 1] row × value before a row */
    double *gains;      /* [start_count] lines from a row, over all members */
} window;

/* Of `values` [MEAN_ROWS × MEANS]: what the variance of a row would be if rows
 * did not remember one another. */
static double variance_of_means(const double *values)
{
    double means[MEANS] = {0}, mean = 0, squares = 0;
    for (size_t i = 0; i < MEAN_ROWS * MEANS; i++)
        means[i / MEAN_ROWS] += values[i] / MEAN_ROWS;
    for (int i = 0; i < MEANS; i++)
        mean += means[i] / MEANS;
    for (int i = 0; i < MEANS; i++)
        squares += (means[i] - mean) * (means[i] - mean);
    return MEAN_ROWS * squares / (MEANS - 1);
}

/* What a line competes with: means of a few rows against those of their
 * neighbours. Swings that last longer move both its ends. */
static double noise_of(const caus_deviations *deviations, const double *values,
                       const window *rows)
{
    size_t used = 0, last = rows->first + rows->count;
    for (size_t r = 0; r + MEAN_ROWS * MEANS <= deviations->row_count;) {
        if (r < last && r + MEAN_ROWS * MEANS > rows->first) {
            r = last;
            continue;
        }
        deviations->room[used++] = variance_of_means(values + r);
        r += MEAN_ROWS * MEANS;
    }
    if (!used)
        return 1;
    return fmax(1, caus_median(deviations->room, used) / median_of_variances);
}

static void sum_up(const double *values, window *rows)
{
    rows->sums[0] = rows->moments[0] = 0;
    for (size_t i = 0; i < rows->count; i++) {
        double value = values[rows->first + i];
        rows->sums[i + 1] = rows->sums[i] + value;
        rows->moments[i + 1] = rows->moments[i] + (double)i * value;
    }
}

/* Of a line from `start` on that reaches its level in its `length`th row, with
 * the level before it; a step is a line of one row. */
static double gain_of(const window *rows, size_t start, size_t length,
                      double sign)
{
    size_t top = start + length;
    double steps = (double)length, level = (double)(rows->count - top);
    double sum = (steps + 1) / 2 + level;
    double squares = (steps + 1) * (2 * steps + 1) / (6 * steps) + level;
    double rising = rows->sums[top] - rows->sums[start];
    double product = rows->moments[top] - rows->moments[start] +
                     (1 - (double)start) * rising;
    product = product / steps + rows->sums[rows->count] - rows->sums[top] -
              sum * rows->sums[rows->count] / (double)rows->count;
    squares -= sum * sum / (double)rows->count;
    return product * sign > 0 && squares > 0 ? product * product / squares : 0;
}

/* Adds the gains of a member's lines; that of its best step is the result. */
static double add_lines(const window *rows, double sign, double noise)
{
    double step = 0;
    for (size_t start = 0; start < rows->count; start++) {
        double best = gain_of(rows, start, 1, sign);
        step = fmax(step, best);
        if (start >= rows->start_count)
            continue;
        for (size_t length = 2; start + length <= rows->count;
             length += 1 + length / 6)
            best = fmax(best, gain_of(rows, start, length, sign));
        rows->gains[start] += best / noise;
    }
    return step / noise;
}

/* `steps`: the gain of steps. Each model has a level and a length or a row for
 * each member; lines have one row more. */
static caus_hinge judge(const window *rows, double steps)
{
    const double *gains = rows->gains;
    double price = log((double)rows->count);
    size_t best = 0;
    for (size_t r = 1; r < rows->start_count; r++)
        if (gains[r] > gains[best])
            best = r;
    size_t first = best, last = best;
    while (first > 0 && gains[first - 1] > gains[best] - likely)
        first--;
    while (last + 1 < rows->start_count &&
           gains[last + 1] > gains[best] - likely)
        last++;
    return (caus_hinge){.found = gains[best] > steps + price,
                        .possible = gains[best] > steps - price,
                        .start = rows->first + best,
                        .first = rows->first + first,
                        .last = rows->first + last};
}

bool caus_hinge_find(const caus_deviations *deviations,
                     const caus_hinge_group *group, caus_arena *scratch,
                     caus_hinge *result)
{
    size_t length = group->end - group->start;
    size_t before = length < MOST_BEFORE ? length : MOST_BEFORE;
    before = before < group->start ? before : group->start;
    window rows = {.first = group->start - before,
                   .count = before + (length + 2) / 3,
                   .start_count = before + 1};
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    rows.sums = CAUS_ARRAY(scratch, double, rows.count + 1);
    rows.moments = CAUS_ARRAY(scratch, double, rows.count + 1);
    rows.gains = CAUS_ARRAY(scratch, double, rows.start_count);
    if (!rows.sums || !rows.moments || !rows.gains)
        return false;
    double steps = 0;
    for (size_t r = 0; r < rows.start_count; r++)
        rows.gains[r] = 0;
    for (size_t i = 0; i < group->count; i++) {
        const caus_stretch *one = &group->members[i];
        const double *values =
            deviations->values + one->variable * deviations->row_count;
        sum_up(values, &rows);
        steps +=
            add_lines(&rows, one->sign, noise_of(deviations, values, &rows));
    }
    *result = judge(&rows, steps);
    caus_arena_rewind(scratch, mark);
    return true;
}
