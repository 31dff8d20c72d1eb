/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/incident_hinge.h"
#include "numeric/order.h"

enum {
    MOST_BEFORE = 120, /* rows in which a beginning is looked for */
    MEAN_ROWS = 8,
    MEANS = 4 /* of which noise is measured */
};

/* Of a sum of squares over its three degrees of freedom. */
static const double median_of_variances = .789;
static const double outside = .025;      /* of the likelihood, on each side */
static const double steps_for_lines = 4; /* so much more often, unseen */

/* The rows looked at, and what they say of each as the common beginning. */
typedef struct window {
    size_t first, count;
    double *sums;    /* [count + 1] a member's values before a row */
    double *moments; /* [count + 1] row × value before a row */
    double *one;     /* [count] likelihood of a member's own beginning */
    double *delays;  /* [count] how likely a member follows so late */
    double *steps;   /* [count] logarithms, all members: steps */
    double *lines;   /* [count] … lines */
} window;

/* What a member says counts less the more noise it shares with others, and not
 * at all as far as it is a swing that only looks like the incident. */
typedef struct trust {
    double share;     /* of its noise that is its own */
    double unrelated; /* probability that it is such a swing */
} trust;

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

/* Each a sixth longer than the one before; the last takes all rows. */
static size_t next_length(size_t length, size_t most)
{
    size_t next = length + 1 + length / 6;
    return length < most && next > most ? most : next;
}

/* The likelihoods of a member's step in each row, over the largest of them,
 * whose logarithm is the result. */
static double fill_steps(window *rows, double sign, double weight)
{
    double most = 0;
    for (size_t s = 0; s < rows->count; s++) {
        rows->one[s] = weight * gain_of(rows, s, 1, sign);
        most = fmax(most, rows->one[s]);
    }
    for (size_t s = 0; s < rows->count; s++)
        rows->one[s] = exp(rows->one[s] - most);
    return most;
}

/* … of its line from each row on, of any length as likely as of the next. */
static double fill_lines(window *rows, double sign, double weight)
{
    double most = 0;
    for (size_t s = 0; s < rows->count; s++)
        for (size_t n = 2; s + n <= rows->count;
             n = next_length(n, rows->count - s))
            most = fmax(most, weight * gain_of(rows, s, n, sign));
    for (size_t s = 0; s < rows->count; s++) {
        double sum = 0, lengths = 0;
        for (size_t n = 2; s + n <= rows->count;
             n = next_length(n, rows->count - s)) {
            lengths++;
            sum += exp(weight * gain_of(rows, s, n, sign) - most);
        }
        rows->one[s] = lengths > 0 ? sum / lengths : 0;
    }
    return most;
}

/* Adds what a member says of the common beginning: it began there or a little
 * later, or has nothing to do with it. */
static void add_member(const window *rows, double most, double unrelated,
                       double *logarithms)
{
    double mean = 0;
    for (size_t s = 0; s < rows->count; s++)
        mean += rows->one[s] / (double)rows->count;
    for (size_t s = 0; s < rows->count; s++) {
        double later = 0;
        for (size_t r = s; r < rows->count; r++)
            later += rows->delays[r - s] * rows->one[r];
        logarithms[s] += most + log((1 - unrelated) * later + unrelated * mean);
    }
}

static void look_at(const caus_deviations *deviations, const caus_stretch *one,
                    const trust *how_far, window *rows)
{
    const double *values =
        deviations->values + one->variable * deviations->row_count;
    sum_up(values, rows);
    double weight = how_far->share / noise_of(deviations, values, rows) / 2;
    double most = fill_steps(rows, one->sign, weight);
    add_member(rows, most, how_far->unrelated, rows->steps);
    most = fill_lines(rows, one->sign, weight);
    add_member(rows, most, how_far->unrelated, rows->lines);
}

/* The row by which a share of the likelihood lies. */
static size_t row_at(const window *rows, double share)
{
    double sum = 0;
    for (size_t r = 0; r < rows->count; r++) {
        sum += rows->one[r];
        if (sum >= share)
            return rows->first + r;
    }
    return rows->first + rows->count - 1;
}

/* The beginning of steps of all or of lines of all. */
static caus_hinge judge(window *rows, const caus_hinge_group *group)
{
    double most = -(double)INFINITY, total = 0;
    size_t least =
        group->first_start > rows->first ? group->first_start - rows->first : 0;
    for (size_t r = least; r < rows->count; r++)
        most = fmax(most, fmax(rows->steps[r], rows->lines[r]));
    if (!isfinite(most))
        return (caus_hinge){group->start, group->start, group->start};
    for (size_t r = 0; r < rows->count; r++) {
        double both = exp(rows->steps[r] - most) + exp(rows->lines[r] - most);
        rows->one[r] = r < least ? 0 : both;
        total += rows->one[r];
    }
    for (size_t r = 0; r < rows->count; r++)
        rows->one[r] /= total;
    return (caus_hinge){.start = row_at(rows, .5),
                        .first = row_at(rows, outside),
                        .last = row_at(rows, 1 - outside)};
}

static bool make_window(window *rows, caus_arena *scratch)
{
    rows->sums = CAUS_ARRAY(scratch, double, rows->count + 1);
    rows->moments = CAUS_ARRAY(scratch, double, rows->count + 1);
    rows->one = CAUS_ARRAY(scratch, double, rows->count);
    rows->delays = CAUS_ARRAY(scratch, double, rows->count);
    rows->steps = CAUS_ARRAY(scratch, double, rows->count);
    rows->lines = CAUS_ARRAY(scratch, double, rows->count);
    if (!rows->sums || !rows->moments || !rows->one || !rows->delays ||
        !rows->steps || !rows->lines)
        return false;
    for (size_t r = 0; r < rows->count; r++) {
        double d = (double)r;
        rows->delays[r] = 4 / ((d + 1) * (d + 2) * (d + 3));
        rows->steps[r] = log(steps_for_lines);
        rows->lines[r] = 0;
    }
    return true;
}

bool caus_hinge_find(const caus_deviations *deviations,
                     const caus_hinge_group *group, caus_arena *scratch,
                     caus_hinge *result)
{
    size_t length = group->end - group->start;
    size_t before = length < MOST_BEFORE ? length : MOST_BEFORE;
    before = before < group->start ? before : group->start;
    window rows = {.first = group->start - before,
                   .count = before + (length + 2) / 3};
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *shares = CAUS_ARRAY(scratch, double, group->count);
    if (!shares || !make_window(&rows, scratch) ||
        !caus_stretch_share_noise(deviations, group->members, group->count,
                                  scratch, shares))
        return false;
    for (size_t i = 0; i < group->count; i++) {
        const caus_stretch *one = &group->members[i];
        trust how_far = {.share = shares[i]};
        if (group->count > 1)
            how_far.unrelated = fmin(.5, group->price / one->gain);
        look_at(deviations, one, &how_far, &rows);
    }
    *result = judge(&rows, group);
    caus_arena_rewind(scratch, mark);
    return true;
}
