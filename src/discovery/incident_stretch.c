/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/incident_stretch.h"
#include "numeric/sums.h"

enum {
    LEAST_STRETCH = 3,
    WANTED_BEFORE = 20, /* rows that are a norm, if not a tenth of all */
    LEVELS = 6
};

static const double levels[LEVELS] = {.6, .9, 1.3, 1.9, 2.7, 4};
static const double longest = .6;           /* share of the rows */
static const double least_correlation = .1; /* that noise remembers */

double caus_stretch_memory(const caus_deviations *deviations,
                           const caus_stretch *s, double enough)
{
    const double *values =
        deviations->values + s->variable * deviations->row_count;
    double *room = deviations->room, memory = 1;
    size_t count = s->start, after = deviations->row_count - s->end;
    memcpy(room, values, count * sizeof *room);
    memcpy(room + count, values + s->end, after * sizeof *room);
    count += after;
    double mean = caus_sum(room, count) / (double)count;
    for (size_t i = 0; i < count; i++)
        room[i] -= mean;
    double variance = caus_sum_products(room, room, count) / (double)count;
    for (size_t lag = 1; variance > 0 && lag < count / 10 && memory < enough;
         lag++) {
        double sum = caus_sum_products(room + lag, room, count - lag);
        double correlation = sum / (double)(count - lag) / variance;
        if (correlation < least_correlation)
            break;
        memory += 2 * correlation;
    }
    return memory;
}

void caus_stretch_level(const caus_deviations *deviations,
                        const caus_stretch *s, double means[2])
{
    const double *values =
        deviations->values + s->variable * deviations->row_count;
    size_t length = s->end - s->start;
    double inside = caus_sum(values + s->start, length);
    double all = caus_sum(values, deviations->row_count);
    means[0] = (all - inside) / (double)(deviations->row_count - length);
    means[1] = inside / (double)length;
}

double caus_stretch_gain(const caus_deviations *deviations,
                         const caus_stretch *s, const double means[2])
{
    double rows = (double)deviations->row_count;
    double length = (double)(s->end - s->start), apart = means[1] - means[0];
    return apart * apart * length * (1 - length / rows);
}

/* Rows that are a norm for what comes after them. */
static size_t norm_of(size_t row_count)
{
    return caus_smaller(row_count / 10, WANTED_BEFORE);
}

bool caus_stretch_is_before(const caus_deviations *deviations, size_t start)
{
    return start < norm_of(deviations->row_count);
}

/* How long a stretch is: neither an incident nor what came before it lasts for
 * most of the rows. */
typedef struct lengths {
    caus_pair least, most;
    caus_pair least_first; /* one that starts before `norm` */
    caus_pair norm;
} lengths;

static lengths lengths_of(size_t row_count)
{
    double rows = (double)row_count, most = floor(longest * rows) + 1;
    double least_first = floor((1 - longest) * rows);
    double norm = (double)norm_of(row_count);
    while (most / rows > longest)
        most--;
    while (least_first / rows < 1 - longest)
        least_first++;
    return (lengths){.least = {LEAST_STRETCH, LEAST_STRETCH},
                     .most = {most, most},
                     .least_first = {least_first, least_first},
                     .norm = {norm, norm}};
}

/* The stretches that levels above (first) and below 0 (second) fit best in
 * place of 0: Kadane's algorithm, all levels at once. */
typedef struct fits {
    caus_pair level[LEVELS];
    caus_pair sum[LEVELS];    /* of the best that ends in this row */
    caus_pair length[LEVELS]; /* … its rows */
    caus_pair gain[LEVELS];   /* of the best whose length will do; 0 = none */
    caus_pair best_start[LEVELS], best_end[LEVELS];
} fits;

static inline caus_pair choose(caus_pair_bits which, caus_pair one,
                               caus_pair other)
{
    return (caus_pair)(((caus_pair_bits)one & which) |
                       ((caus_pair_bits)other & ~which));
}

/* Goes on to the next row; whether any level has more than ever before. */
static inline bool step_on(fits *all, double value)
{
    const caus_pair one = {1, 1}, twice = {2 * value, 2 * value};
    caus_pair_bits more = {0, 0};
    for (size_t k = 0; k < LEVELS; k++) {
        caus_pair_bits goes_on = all->sum[k] > 0;
        all->sum[k] = (caus_pair)((caus_pair_bits)all->sum[k] & goes_on);
        all->length[k] =
            (caus_pair)((caus_pair_bits)all->length[k] & goes_on) + one;
        all->sum[k] += all->level[k] * (twice - all->level[k]);
        more |= all->sum[k] > all->gain[k];
    }
    return (more[0] | more[1]) != 0;
}

static inline void keep_better(const lengths *allowed, double until, fits *all)
{
    caus_pair end = {until, until};
    for (size_t k = 0; k < LEVELS; k++) {
        caus_pair length = all->length[k], start = end - length;
        caus_pair_bits better = all->sum[k] > all->gain[k];
        better &= length >= choose(start < allowed->norm, allowed->least_first,
                                   allowed->least);
        better &= length <= allowed->most;
        all->gain[k] = choose(better, all->sum[k], all->gain[k]);
        all->best_start[k] = choose(better, start, all->best_start[k]);
        all->best_end[k] = choose(better, end, all->best_end[k]);
    }
}

static void fit_levels(const caus_deviations *deviations, const double *values,
                       size_t first_end, fits *all)
{
    const lengths allowed = lengths_of(deviations->row_count);
    *all = (fits){.level = {{0}}};
    for (size_t k = 0; k < LEVELS; k++)
        all->level[k] = (caus_pair){levels[k], -levels[k]};
    for (size_t r = 0; r < deviations->row_count; r++)
        if (step_on(all, values[r]) && r + 1 >= first_end)
            keep_better(&allowed, (double)(r + 1), all);
}

bool caus_stretch_find(const caus_deviations *deviations, size_t column,
                       size_t first_end, caus_stretch *result)
{
    const double *values = deviations->values + column * deviations->row_count;
    caus_stretch best = {0};
    fits all;
    fit_levels(deviations, values, first_end, &all);
    for (size_t side = 0; side < 2; side++) {
        for (size_t k = 0; k < LEVELS; k++) {
            caus_stretch one = {.variable = column,
                                .start = (size_t)all.best_start[k][side],
                                .end = (size_t)all.best_end[k][side],
                                .sign = side ? -1 : 1};
            double means[2];
            if (!one.end)
                continue;
            caus_stretch_level(deviations, &one, means);
            one.gain = caus_stretch_gain(deviations, &one, means);
            if (one.gain > best.gain)
                best = one;
        }
    }
    if (!(best.gain > 0))
        return false;
    *result = best;
    return true;
}
