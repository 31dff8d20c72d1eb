/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "numeric/order.h"

enum { FEW = 16 }; /* values are put in order one by one */

static void insert_values(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

/* The median of three drawn places: no pattern of the data makes it a bad one
 * time and again. */
static double choose_pivot(const double *values, size_t count, uint64_t *stream)
{
    double drawn[3];
    for (size_t i = 0; i < 3; i++) {
        *stream = *stream * 6364136223846793005u + 1442695040888963407u;
        drawn[i] = values[(*stream >> 40) * count >> 24];
    }
    return caus_median_of_three(drawn[0], drawn[1], drawn[2]);
}

/* Moves values below the pivot to the front and counts them. Every value moves,
 * so that nothing depends on a branch that cannot be foretold. */
static size_t move_below(double *values, size_t count, double pivot)
{
    size_t below = 0;
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        values[i] = values[below];
        values[below] = value;
        below += value < pivot;
    }
    return below;
}

static size_t move_up_to(double *values, size_t count, double pivot)
{
    size_t up_to = 0;
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        values[i] = values[up_to];
        values[up_to] = value;
        up_to += !(value > pivot);
    }
    return up_to;
}

/* Parts values so that none of the first is above one of the rest, and counts
 * the first; `is_done` tells that these are all the same. */
static size_t part(double *values, size_t count, uint64_t *stream,
                   bool *is_done)
{
    double pivot = choose_pivot(values, count, stream);
    size_t below = move_below(values, count, pivot);
    *is_done = !below;
    return below ? below : move_up_to(values, count, pivot);
}

void caus_sort(double *values, size_t count)
{
    uint64_t stream = count;
    while (count > FEW) {
        bool is_done;
        size_t first = part(values, count, &stream, &is_done);
        if (!is_done && first > count - first) {
            caus_sort(values + first, count - first);
            count = first; /* the longer one stays: depth is log n */
            continue;
        }
        if (!is_done)
            caus_sort(values, first);
        values += first;
        count -= first;
    }
    insert_values(values, count);
}

double caus_select(double *values, size_t count, size_t place)
{
    double *from = values, *wanted = values + place;
    uint64_t stream = count;
    while (count > FEW) {
        bool is_done;
        size_t first = part(from, count, &stream, &is_done);
        if (wanted >= from + first) {
            from += first;
            count -= first;
        } else if (is_done) {
            return *wanted;
        } else {
            count = first;
        }
    }
    insert_values(from, count);
    return *wanted;
}

double caus_median(double *values, size_t count)
{
    if (!count)
        return (double)NAN;
    double upper = caus_select(values, count, count / 2);
    if (count % 2)
        return upper;
    double lower = values[0];
    for (size_t i = 1; i < count / 2; i++)
        lower = values[i] > lower ? values[i] : lower;
    return lower / 2 + upper / 2;
}

double caus_sorted_quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    double rest = at - (double)below;
    if (below + 1 >= count || !(rest > 0))
        return sorted[below];
    return sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

double caus_sorted_deviation(const double *sorted, size_t count)
{
    return (caus_sorted_quantile(sorted, count, .75) -
            caus_sorted_quantile(sorted, count, .25)) /
           1.349;
}
