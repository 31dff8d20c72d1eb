/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "discovery/incident_stretch.h"
#include "numeric/sums.h"

enum {
    NOISE_ROWS = 8,  /* whose mean tells what columns share */
    MOST_JOINED = 32 /* the clearest columns */
};

/* What columns say of one stretch. */
typedef struct joined {
    size_t count;
    size_t columns[MOST_JOINED]; /* by their gains, the largest first */
    double gains[MOST_JOINED];   /* beyond the price */
} joined;

static void insert(joined *all, size_t column, double gain)
{
    size_t at = all->count < MOST_JOINED ? all->count : MOST_JOINED - 1;
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

/* What each column says of the stretch as if its rows did not remember one
 * another, the clearest first. */
static size_t list_gains(const caus_deviations *deviations,
                         const caus_stretch *s, double price,
                         caus_stretch *gains)
{
    size_t count = 0;
    for (size_t c = 0; c < deviations->column_count; c++) {
        caus_stretch own = {c, s->start, s->end, 0, 0};
        double means[2];
        if (!deviations->is_used[c])
            continue;
        caus_stretch_level(deviations, &own, means);
        own.gain = caus_stretch_gain(deviations, &own, means);
        if (own.gain > price && can_tell(deviations, c, s, means))
            gains[count++] = own;
    }
    qsort(gains, count, sizeof *gains, caus_stretch_compare);
    return count;
}

/* The clearest when their memory is allowed for, which leaves no more. */
static void join(const caus_deviations *deviations, const caus_stretch *gains,
                 size_t count, double price, joined *all)
{
    for (size_t i = 0; i < count; i++) {
        bool is_full = all->count == MOST_JOINED;
        double most = gains[i].gain;
        double wanted = price + (is_full ? all->gains[MOST_JOINED - 1] : 0);
        if (most <= wanted)
            break;
        double gain =
            most / caus_stretch_memory(deviations, &gains[i], most / wanted);
        if (gain > wanted)
            insert(all, gains[i].variable, gain - price);
    }
}

/* Rows of the block that lie in the stretch. */
static size_t rows_inside(const caus_stretch *s, size_t block)
{
    size_t first = caus_larger(block * NOISE_ROWS, s->start);
    size_t end = caus_smaller((block + 1) * NOISE_ROWS, s->end);
    return end > first ? end - first : 0;
}

/* What is left of its variable without both levels: means of a few rows each,
 * centred and of length 1. */
static void list_noise(const caus_deviations *deviations, const caus_stretch *s,
                       double *noise)
{
    const double *values =
        deviations->values + s->variable * deviations->row_count;
    size_t count = deviations->row_count / NOISE_ROWS;
    double means[2];
    caus_stretch_level(deviations, s, means);
    for (size_t b = 0; b < count; b++) {
        double inside = (double)rows_inside(s, b);
        noise[b] = caus_sum(values + b * NOISE_ROWS, NOISE_ROWS) -
                   inside * means[1] - (NOISE_ROWS - inside) * means[0];
    }
    double mean = caus_sum(noise, count) / (double)count;
    for (size_t b = 0; b < count; b++)
        noise[b] -= mean;
    double squares = caus_sum_products(noise, noise, count);
    for (size_t b = 0; b < count && squares > 0; b++)
        noise[b] /= sqrt(squares);
}

/* The share of noise that two columns have in common; never the other way. */
static double alike(const double *noise, size_t a, size_t b, size_t blocks)
{
    return fmax(
        0, caus_sum_products(noise + a * blocks, noise + b * blocks, blocks));
}

/* By how much noise that columns share widens the sum of their gains: 1 where
 * each has its own, their number where all have one. */
static double likeness(const joined *all, const double *noise, size_t blocks)
{
    double sum = 0, total = 0;
    for (size_t a = 0; a < all->count; a++) {
        total += all->gains[a];
        for (size_t b = 0; b < a; b++) {
            sum += alike(noise, a, b, blocks) *
                   sqrt(all->gains[a] * all->gains[b]);
        }
    }
    return (total + 2 * sum) / total;
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
        list_noise(deviations, &members[i], noise + i * blocks);
    for (size_t a = 0; a < count; a++) {
        shares[a] = 1;
        for (size_t b = 0; b < a; b++) {
            double shared = alike(noise, a, b, blocks);
            shares[a] += shared;
            shares[b] += shared;
        }
    }
    for (size_t a = 0; a < count; a++)
        shares[a] = 1 / shares[a];
    caus_arena_rewind(scratch, mark);
    return true;
}

bool caus_stretch_weigh(const caus_deviations *deviations,
                        const caus_stretch *rows, const caus_stretch_bar *bar,
                        caus_arena *scratch, double *result)
{
    size_t blocks = deviations->row_count / NOISE_ROWS;
    size_t columns = deviations->column_count;
    joined all = {.count = 0};
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_stretch *gains = CAUS_ARRAY(scratch, caus_stretch, columns);
    double *noise = CAUS_ARRAY(scratch, double, MOST_JOINED *blocks);
    if (!gains || !noise)
        return false;
    size_t count = list_gains(deviations, rows, bar->price, gains);
    join(deviations, gains, count, bar->price, &all);
    double total = caus_sum(all.gains, all.count);
    *result = 0;
    if (total > bar->least) { /* alike noise only takes from it */
        caus_stretch own = *rows;
        for (size_t i = 0; i < all.count; i++) {
            own.variable = all.columns[i];
            list_noise(deviations, &own, noise + i * blocks);
        }
        *result = total / likeness(&all, noise, blocks);
    }
    caus_arena_rewind(scratch, mark);
    return true;
}
