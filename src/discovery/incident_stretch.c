/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/incident_levels.h"
#include "discovery/incident_stretch.h"
#include "numeric/sums.h"

enum {
    LEAST_STRETCH = 3,
    WANTED_BEFORE = 20, /* rows that are a norm, if not a tenth of all */
    LEVELS = CAUS_LEVELS / 2
};

static const double levels[LEVELS] = {.6, .9, 1.3, 1.9, 2.7, 4};
static const double longest = .6;           /* share of the rows */
static const double least_correlation = .1; /* that noise remembers */

int caus_stretch_compare(const void *a, const void *b)
{
    const caus_stretch *left = a, *right = b;
    if (left->gain < right->gain || left->gain > right->gain)
        return left->gain > right->gain ? -1 : 1;
    return (left->variable > right->variable) -
           (left->variable < right->variable);
}

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

/* Neither an incident nor what came before it lasts for most of the rows. */
static caus_levels_task task_of(const double *values, size_t row_count,
                                size_t first_end)
{
    double rows = (double)row_count, most = floor(longest * rows) + 1;
    double least_first = floor((1 - longest) * rows);
    while (most / rows > longest)
        most--;
    while (least_first / rows < 1 - longest)
        least_first++;
    caus_levels_task made = {.values = values,
                             .row_count = row_count,
                             .first_end = first_end,
                             .least = LEAST_STRETCH,
                             .most = most,
                             .least_first = least_first,
                             .norm = (double)norm_of(row_count)};
    for (size_t k = 0; k < LEVELS; k++) {
        made.level[k] = levels[k];
        made.level[LEVELS + k] = -levels[k];
    }
    return made;
}

bool caus_stretch_find(const caus_deviations *deviations, size_t column,
                       size_t first_end, caus_stretch *result)
{
    const double *values = deviations->values + column * deviations->row_count;
    caus_stretch best = {0};
    caus_levels_task all = task_of(values, deviations->row_count, first_end);
    caus_levels_best()(&all);
    for (size_t k = 0; k < CAUS_LEVELS; k++) {
        caus_stretch one = {.variable = column,
                            .start = (size_t)all.start[k],
                            .end = (size_t)all.end[k],
                            .sign = all.level[k] > 0 ? 1 : -1};
        double means[2];
        if (!one.end)
            continue;
        caus_stretch_level(deviations, &one, means);
        one.gain = caus_stretch_gain(deviations, &one, means);
        if (one.gain > best.gain)
            best = one;
    }
    if (!(best.gain > 0))
        return false;
    *result = best;
    return true;
}
