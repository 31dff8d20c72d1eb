/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/incident_hinge.h"
#include "numeric/order.h"

enum {
    MOST_BEFORE = 120, /* rows in which a beginning is looked for */
    MEAN_ROWS = 8,
    MEANS = 4, /* of which noise is measured */
    NOISE_ROWS = MEAN_ROWS * MEANS
};

/* Of a sum of squares over its three degrees of freedom. */
static const double median_of_variances = .789;
static const double outside = .025; /* of the likelihood, on each side */
static const double visible = .7;   /* deviations that a line has risen */

/* The rows looked at, and what they say of each as the common beginning. */
typedef struct window {
    size_t first, count;
    size_t start;
    size_t last;     /* from here on rows are healthy again */
    double *sums;    /* [count + 1] a member's values before a row */
    double *moments; /* [count + 1] row × value before a row */
    double *began;   /* [count] likelihood of a member's own beginning */
    double *shown;   /* [count] … of the row from which it shows */
    double *delays;  /* [count] how likely a member follows so late */
    double *begins;  /* [count] logarithms, all members: of the beginning */
    double *shows;   /* [count] … of the row from which it shows */
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
    for (size_t i = 0; i < NOISE_ROWS; i++)
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
    size_t used = 0, last = rows->last;
    for (size_t r = 0; r + NOISE_ROWS <= deviations->row_count;) {
        if (r < last && r + NOISE_ROWS > rows->start) {
            r = last;
            continue;
        }
        deviations->room[used++] = variance_of_means(values + r);
        r += NOISE_ROWS;
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
                      double sign, double *height)
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
    *height = squares > 0 ? product * sign / squares : 0;
    return product * sign > 0 && squares > 0 ? product * product / squares : 0;
}

/* Each a sixth longer than the one before; the last takes all rows. */
static size_t next_length(size_t length, size_t most)
{
    size_t next = length + 1 + length / 6;
    return length < most && next > most ? most : next;
}

/* The largest half gain of a step or line. */
static double most_of(const window *rows, double sign, double weight)
{
    double most = 0, height;
    for (size_t s = 0; s < rows->count; s++)
        for (size_t n = 1; s + n <= rows->count;
             n = next_length(n, rows->count - s))
            most = fmax(most, weight * gain_of(rows, s, n, sign, &height));
    return most;
}

/* The likelihoods of a member's beginning in each row, and of when it shows,
 * over exp(most). It stepped as often as it followed a line, of any length as
 * likely as of the next. */
static void fill(window *rows, double sign, double weight, double most)
{
    double height;
    memset(rows->shown, 0, rows->count * sizeof *rows->shown);
    for (size_t s = 0; s < rows->count; s++) {
        size_t room = rows->count - s;
        double lengths = 0, sum = 0;
        double step = exp(weight * gain_of(rows, s, 1, sign, &height) - most);
        for (size_t n = 2; n <= room; n = next_length(n, room))
            lengths++;
        for (size_t n = 2; n <= room; n = next_length(n, room)) {
            double gain = weight * gain_of(rows, s, n, sign, &height);
            double likely = exp(gain - most) / lengths;
            double rows_up = (double)n * fmin(1, visible / height);
            sum += likely;
            rows->shown[s + (size_t)fmax(0, ceil(rows_up) - 1)] += likely;
        }
        rows->began[s] = step + sum;
        rows->shown[s] += step;
    }
}

/* Adds what a member says of the common row: it is its own, or the member came
 * a little later, or has nothing to do with it. */
static void add_member(const window *rows, const double *own, double most,
                       double unrelated, double *logarithms)
{
    double mean = 0;
    for (size_t s = 0; s < rows->count; s++)
        mean += own[s] / (double)rows->count;
    for (size_t s = 0; s < rows->count; s++) {
        double later = 0;
        for (size_t r = s; r < rows->count; r++)
            later += rows->delays[r - s] * own[r];
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
    double most = most_of(rows, one->sign, weight);
    fill(rows, one->sign, weight, most);
    add_member(rows, rows->began, most, how_far->unrelated, rows->begins);
    add_member(rows, rows->shown, most, how_far->unrelated, rows->shows);
}

/* The row by which a share of the likelihood lies. */
static size_t row_at(const window *rows, const double *likely, double share)
{
    double sum = 0;
    for (size_t r = 0; r < rows->count; r++) {
        sum += likely[r];
        if (sum >= share)
            return rows->first + r;
    }
    return rows->first + rows->count - 1;
}

/* Turns logarithms into shares, of rows from `least` on; false: none has any.
 */
static bool share_out(double *logarithms, size_t least, size_t count)
{
    double most = -(double)INFINITY, total = 0;
    for (size_t r = least; r < count; r++)
        most = fmax(most, logarithms[r]);
    for (size_t r = 0; r < count; r++) {
        logarithms[r] = r < least ? 0 : exp(logarithms[r] - most);
        total += logarithms[r];
    }
    for (size_t r = 0; r < count; r++)
        logarithms[r] /= total;
    return isfinite(most);
}

static caus_hinge judge(window *rows, const caus_hinge_group *group)
{
    size_t least =
        group->first_start > rows->first ? group->first_start - rows->first : 0;
    if (!share_out(rows->begins, least, rows->count) ||
        !share_out(rows->shows, least, rows->count))
        return (caus_hinge){group->start, group->start, group->start};
    size_t first = row_at(rows, rows->begins, outside);
    size_t start = row_at(rows, rows->shows, .5);
    return (caus_hinge){.start = start,
                        .first = first < start ? first : start,
                        .last = row_at(rows, rows->shows, 1 - outside)};
}

static bool make_window(window *rows, caus_arena *scratch)
{
    rows->sums = CAUS_ARRAY(scratch, double, rows->count + 1);
    rows->moments = CAUS_ARRAY(scratch, double, rows->count + 1);
    rows->began = CAUS_ARRAY(scratch, double, rows->count);
    rows->shown = CAUS_ARRAY(scratch, double, rows->count);
    rows->delays = CAUS_ARRAY(scratch, double, rows->count);
    rows->begins = CAUS_ARRAY(scratch, double, rows->count);
    rows->shows = CAUS_ARRAY(scratch, double, rows->count);
    if (!rows->sums || !rows->moments || !rows->began || !rows->shown ||
        !rows->delays || !rows->begins || !rows->shows)
        return false;
    for (size_t r = 0; r < rows->count; r++) {
        double d = (double)r;
        rows->delays[r] = 4 / ((d + 1) * (d + 2) * (d + 3));
        rows->begins[r] = rows->shows[r] = 0;
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
                   .count = before + (length + 2) / 3,
                   .start = group->start,
                   .last = group->end + MEAN_ROWS};
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
