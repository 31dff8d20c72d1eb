/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/incident_stretch.h"
#include "numeric/order.h"

enum {
    LEAST_VALUES = 40,
    LEAST_STRETCH = 3,
    WANTED_BEFORE = 20, /* rows that are a norm */
    BLOCKS = 10,
    LEVELS = 6,
    NOISE_ROWS = 8,  /* whose mean tells what columns share */
    MOST_JOINED = 32 /* the clearest columns */
};

static const double levels[LEVELS] = {.6, .9, 1.3, 1.9, 2.7, 4};
static const double farthest = 4; /* deviations; what is beyond is as far */
static const double longest = .6; /* share of the rows */
static const double least_effect = .05;
static const double least_correlation = .1; /* that noise remembers */

/* Deviation of what is near the median: noise, without the incident. */
static double bulk_scale(const double *values, size_t count, double median,
                         double scale)
{
    double sum = 0, squares = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        double apart = values[i] - median;
        if (!(fabs(apart) <= 4 * scale))
            continue;
        sum += apart;
        squares += apart * apart;
        used++;
    }
    double mean = sum / used;
    return sqrt(fmax(squares / used - mean * mean, 0));
}

/* The median deviation of ten blocks: over all rows an incident of a quarter of
 * them would widen the quartiles. `room` has a place for each value. */
static double block_spread(const double *values, size_t count, double *room)
{
    double spreads[BLOCKS];
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t first = b * count / BLOCKS;
        size_t rows = (b + 1) * count / BLOCKS - first;
        memcpy(room, values + first, rows * sizeof *room);
        caus_sort(room, rows);
        spreads[b] = caus_sorted_deviation(room, rows);
    }
    return caus_median(spreads, BLOCKS);
}

static size_t present(const double *values, size_t count, double *to,
                      bool *is_count)
{
    size_t found = 0;
    *is_count = true;
    for (size_t r = 0; r < count; r++) {
        if (!isfinite(values[r]))
            continue;
        to[found++] = values[r];
        if (values[r] < 0 || values[r] != nearbyint(values[r]))
            *is_count = false;
    }
    return found;
}

bool caus_stretch_standardise(double *values, size_t count, double *room)
{
    double *block = room + count;
    bool is_count;
    size_t found = present(values, count, room, &is_count);
    if (found < LEAST_VALUES)
        return false;
    for (size_t r = 0; is_count && r < count; r++)
        values[r] = sqrt(values[r] + .375);
    for (size_t i = 0; is_count && i < found; i++)
        room[i] = sqrt(room[i] + .375);
    double spread = block_spread(room, found, block);
    memcpy(block, room, found * sizeof *block);
    double median = caus_median(block, found), apart = 0;
    /* A count's own noise is half a unit of its root. */
    double floor = is_count ? fmax(.5, least_effect / 2 * median)
                            : least_effect * fabs(median);
    double scale = fmax(spread, floor);
    for (size_t i = 0; i < found; i++)
        apart += fabs(room[i] - median);
    if (!(scale > 0))
        scale = apart / (double)found;
    if (!(scale > 0))
        return false;
    for (int i = 0; i < 2; i++)
        scale = fmax(scale, bulk_scale(room, found, median, scale));
    for (size_t r = 0; r < count; r++) {
        double deviation =
            isfinite(values[r]) ? (values[r] - median) / scale : 0;
        values[r] = fmax(-farthest, fmin(farthest, deviation));
    }
    return true;
}

/* Rows that are worth one: noise that lasts makes levels of its own. */
static double memory_of(const caus_deviations *deviations, const double *values,
                        const caus_stretch *s)
{
    double *room = deviations->room, mean = 0, variance = 0, memory = 1;
    size_t count = s->start, after = deviations->row_count - s->end;
    memcpy(room, values, count * sizeof *room);
    memcpy(room + count, values + s->end, after * sizeof *room);
    count += after;
    for (size_t i = 0; i < count; i++)
        mean += room[i] / (double)count;
    for (size_t i = 0; i < count; i++) {
        room[i] -= mean;
        variance += room[i] * room[i] / (double)count;
    }
    for (size_t lag = 1; variance > 0 && lag < count / 10; lag++) {
        double sum = 0;
        for (size_t i = lag; i < count; i++)
            sum += room[i] * room[i - lag];
        double correlation = sum / (double)(count - lag) / variance;
        if (correlation < least_correlation)
            break;
        memory += 2 * correlation;
    }
    return memory;
}

/* Sums of a column in a stretch and in the other rows. */
static void sum_sides(const caus_deviations *deviations, const double *values,
                      const caus_stretch *s, double means[2])
{
    double sums[2] = {0, 0}, length = (double)(s->end - s->start);
    for (size_t r = 0; r < deviations->row_count; r++)
        sums[r >= s->start && r < s->end] += values[r];
    means[0] = sums[0] / ((double)deviations->row_count - length);
    means[1] = sums[1] / length;
}

/* Of a level in the stretch against one in the other rows, in rows that do not
 * remember one another. */
static double gain_of(const caus_deviations *deviations, const caus_stretch *s,
                      const double means[2])
{
    double rows = (double)deviations->row_count;
    double length = (double)(s->end - s->start), apart = means[1] - means[0];
    return apart * apart * length * (1 - length / rows);
}

bool caus_stretch_is_before(const caus_deviations *deviations, size_t start)
{
    size_t least = deviations->row_count / 10;
    return start < (least < WANTED_BEFORE ? least : WANTED_BEFORE);
}

/* Neither an incident nor what came before it lasts for most of the rows. */
static bool is_stretch(const caus_deviations *deviations, size_t start,
                       size_t end)
{
    double length = (double)(end - start);
    double share = length / (double)deviations->row_count;
    bool is_before = caus_stretch_is_before(deviations, start);
    return end - start >= LEAST_STRETCH && share <= longest &&
           (!is_before || share >= 1 - longest);
}

/* The stretch that a level fits best in place of 0: Kadane's algorithm. */
static caus_stretch fit_level(const caus_deviations *deviations,
                              const double *values, double level,
                              size_t first_end)
{
    caus_stretch best = {.sign = level};
    double sum = 0;
    size_t start = 0;
    for (size_t r = 0; r < deviations->row_count; r++) {
        if (sum <= 0) {
            sum = 0;
            start = r;
        }
        sum += level * (2 * values[r] - level);
        if (sum > best.gain && r + 1 >= first_end &&
            is_stretch(deviations, start, r + 1)) {
            best.start = start;
            best.end = r + 1;
            best.gain = sum;
        }
    }
    return best;
}

bool caus_stretch_find(const caus_deviations *deviations, size_t column,
                       size_t first_end, caus_stretch *result)
{
    const double *values = deviations->values + column * deviations->row_count;
    caus_stretch best = {0};
    double means[2];
    for (int k = 0; k < 2 * LEVELS; k++) {
        double level = k < LEVELS ? levels[k] : -levels[k - LEVELS];
        caus_stretch one = fit_level(deviations, values, level, first_end);
        if (!(one.gain > 0))
            continue;
        sum_sides(deviations, values, &one, means);
        one.gain = gain_of(deviations, &one, means);
        if (one.gain > best.gain)
            best = one;
    }
    if (!(best.gain > 0))
        return false;
    best.variable = column;
    best.sign = copysign(1, best.sign);
    best.gain /= memory_of(deviations, values, &best);
    *result = best;
    return true;
}

/* ---- columns together ---- */

typedef struct joined {
    size_t count;
    size_t columns[MOST_JOINED]; /* by their gains, the largest first */
    double gains[MOST_JOINED];   /* beyond the price */
} joined;

static void insert(joined *all, size_t column, double gain)
{
    size_t at = all->count;
    if (at == MOST_JOINED && all->gains[--at] >= gain)
        return;
    all->count = at + 1;
    for (; at > 0 && all->gains[at - 1] < gain; at--) {
        all->gains[at] = all->gains[at - 1];
        all->columns[at] = all->columns[at - 1];
    }
    all->gains[at] = gain;
    all->columns[at] = column;
}

/* Less latency or fewer errors are no incident. */
static bool can_tell(const caus_deviations *deviations, size_t column,
                     const caus_stretch *s, const double means[2])
{
    bool is_before = caus_stretch_is_before(deviations, s->start);
    return !deviations->is_harm[column] || (means[1] > means[0]) != is_before;
}

static void join(const caus_deviations *deviations, const caus_stretch *s,
                 double price, joined *all)
{
    for (size_t c = 0; c < deviations->column_count; c++) {
        const double *values = deviations->values + c * deviations->row_count;
        double means[2];
        if (!deviations->is_used[c])
            continue;
        sum_sides(deviations, values, s, means);
        double gain = gain_of(deviations, s, means);
        if (gain <= price || !can_tell(deviations, c, s, means))
            continue;
        gain /= memory_of(deviations, values, s);
        if (gain > price)
            insert(all, c, gain - price);
    }
}

/* What is left of a column without both levels: means of a few rows each,
 * centred and of length 1. */
static void list_noise(const caus_deviations *deviations, size_t column,
                       const caus_stretch *s, double *noise)
{
    const double *values = deviations->values + column * deviations->row_count;
    size_t count = deviations->row_count / NOISE_ROWS;
    double means[2], mean = 0, squares = 0;
    sum_sides(deviations, values, s, means);
    for (size_t b = 0; b < count; b++) {
        noise[b] = 0;
        for (size_t r = b * NOISE_ROWS; r < (b + 1) * NOISE_ROWS; r++)
            noise[b] += values[r] - means[r >= s->start && r < s->end];
        mean += noise[b] / (double)count;
    }
    for (size_t b = 0; b < count; b++) {
        noise[b] -= mean;
        squares += noise[b] * noise[b];
    }
    for (size_t b = 0; b < count && squares > 0; b++)
        noise[b] /= sqrt(squares);
}

static double product_of(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* By how much noise that columns share widens the sum of their gains: 1 where
 * each has its own, their number where all have one. */
static double likeness(const joined *all, const double *noise, size_t blocks)
{
    double sum = 0, total = 0;
    for (size_t a = 0; a < all->count; a++) {
        total += all->gains[a];
        for (size_t b = 0; b < all->count; b++) {
            double shared = a == b ? 1
                                   : product_of(noise + a * blocks,
                                                noise + b * blocks, blocks);
            sum += fmax(shared, 0) * sqrt(all->gains[a] * all->gains[b]);
        }
    }
    return sum / total;
}

bool caus_stretch_share_noise(const caus_deviations *deviations,
                              const caus_stretch *members, size_t count,
                              caus_arena *scratch, double *shares)
{
    size_t blocks = deviations->row_count / NOISE_ROWS;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *noise = CAUS_ARRAY(scratch, double, count *blocks);
    if (!noise)
        return false;
    for (size_t i = 0; i < count; i++)
        list_noise(deviations, members[i].variable, &members[i],
                   noise + i * blocks);
    for (size_t a = 0; a < count; a++) {
        double shared = 1;
        for (size_t b = 0; b < count; b++)
            if (b != a)
                shared += fmax(0, product_of(noise + a * blocks,
                                             noise + b * blocks, blocks));
        shares[a] = 1 / shared;
    }
    caus_arena_rewind(scratch, mark);
    return true;
}

bool caus_stretch_weigh(const caus_deviations *deviations,
                        const caus_stretch *rows, double price,
                        caus_arena *scratch, double *result)
{
    size_t blocks = deviations->row_count / NOISE_ROWS;
    joined all = {.count = 0};
    join(deviations, rows, price, &all);
    *result = 0;
    if (!all.count)
        return true;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *noise = CAUS_ARRAY(scratch, double, all.count *blocks);
    if (!noise)
        return false;
    for (size_t i = 0; i < all.count; i++) {
        list_noise(deviations, all.columns[i], rows, noise + i * blocks);
        *result += all.gains[i];
    }
    *result /= likeness(&all, noise, blocks);
    caus_arena_rewind(scratch, mark);
    return true;
}
