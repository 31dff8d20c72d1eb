/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "events/events_internal.h"

static double value_at(const caus_sample *sample, size_t rank)
{
    return rank < sample->zeros ? 0
                                : sample->values[rank - sample->zeros].value;
}

double caus_sample_quantile(const caus_sample *sample, double level)
{
    size_t size = caus_sample_size(sample);
    double at = level * (double)(size - 1);
    size_t low = (size_t)at;
    size_t high = low + 1 < size ? low + 1 : low;
    double from = value_at(sample, low), part = at - (double)low;
    return from + part * (value_at(sample, high) - from);
}

static double mean_between(const caus_sample *sample, size_t from, size_t end)
{
    double sum = 0;
    size_t first = from > sample->zeros ? from - sample->zeros : 0;
    for (size_t i = first; i + sample->zeros < end; i++)
        sum += sample->values[i].value;
    return sum / (double)(end - from);
}

double caus_sample_trimmed_mean(const caus_sample *sample)
{
    const size_t trimmed_part = 20;
    size_t size = caus_sample_size(sample), cut = size / trimmed_part;
    return mean_between(sample, cut, size - cut);
}

double caus_sample_mean(const caus_sample *sample)
{
    return mean_between(sample, 0, caus_sample_size(sample));
}

/* The median distance from the median: of two ascending runs, the distances
 * below and above it, the one that stands in the middle. */
static double median_distance(const caus_sample *sample, double median)
{
    size_t size = caus_sample_size(sample), above = 0;
    size_t low = 0, high = size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value_at(sample, middle) <= median)
            low = middle + 1;
        else
            high = middle;
    }
    above = low;
    size_t below = above;
    double distance = 0;
    for (size_t taken = 0; taken <= size / 2; taken++) {
        double down =
            below > 0 ? median - value_at(sample, below - 1) : (double)INFINITY;
        double up =
            above < size ? value_at(sample, above) - median : (double)INFINITY;
        distance = down <= up ? down : up;
        if (down <= up)
            below--;
        else
            above++;
    }
    return distance;
}

double caus_sample_spread(const caus_sample *sample, double resolution)
{
    /* both are the standard deviation where values are normal */
    const double of_distance = 1.4826, of_quartiles = 1.349;
    const double least_share = 0.1;
    double median = caus_sample_quantile(sample, 0.5);
    double spread = of_distance * median_distance(sample, median);
    double quartiles = (caus_sample_quantile(sample, 0.75) -
                        caus_sample_quantile(sample, 0.25)) /
                       of_quartiles;
    spread = fmax(spread, quartiles);
    spread = fmax(spread, least_share * fabs(median));
    return fmax(spread, resolution);
}

/* ---- Mann-Whitney ---- */

/* How many values from `rank` on equal the one there. */
static size_t run_of_equals(const caus_sample *sample, size_t rank,
                            double value)
{
    size_t size = caus_sample_size(sample), count = 0;
    if (rank < sample->zeros && value == 0) {
        count = sample->zeros - rank;
        rank = sample->zeros;
    }
    while (rank < size && value_at(sample, rank) == value) {
        rank++;
        count++;
    }
    return count;
}

caus_wins caus_wins_count(const caus_sample *a, const caus_sample *b)
{
    size_t size_a = caus_sample_size(a), size_b = caus_sample_size(b);
    double na = (double)size_a, nb = (double)size_b, total = na + nb;
    double wins = 0, ties = 0;
    for (size_t i = 0, k = 0; i < size_a || k < size_b;) {
        double x = i < size_a ? value_at(a, i) : (double)INFINITY;
        double y = k < size_b ? value_at(b, k) : (double)INFINITY;
        double value = x < y ? x : y;
        size_t of_a = i < size_a ? run_of_equals(a, i, value) : 0;
        size_t of_b = k < size_b ? run_of_equals(b, k, value) : 0;
        double run = (double)of_a + (double)of_b;
        wins += (double)of_b * ((double)i + 0.5 * (double)of_a);
        ties += run * (run * run - 1);
        i += of_a;
        k += of_b;
    }
    double variance = na * nb / 12 * (total + 1 - ties / (total * (total - 1)));
    return (caus_wins){wins, na * nb, variance};
}

double caus_wins_p_value(double surplus, double variance)
{
    const double sqrt_2 = 1.4142135623730951;
    if (!(variance > 0) || surplus == 0)
        return 1;
    return erfc(fabs(surplus) / sqrt(variance) / sqrt_2);
}

double caus_mann_whitney(const caus_sample *a, const caus_sample *b,
                         double *superiority)
{
    caus_wins wins = caus_wins_count(a, b);
    double distance = fabs(wins.count - wins.pairs / 2) - 0.5;
    *superiority = wins.count / wins.pairs;
    return caus_wins_p_value(fmax(distance, 0), wins.variance);
}

/* ---- Fisher's exact test ---- */

double caus_log_choose(double n, double k)
{
    int sign;
    return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) -
           lgamma_r(n - k + 1, &sign);
}

/* Sum of the terms from `hits` on, in one direction, as a share of the first;
 * terms fall, so that it soon no longer changes. */
static double tail(double hits, double count_a, double hits_all, double count,
                   int direction)
{
    const double negligible = 1e-17;
    double sum = 1, term = 1, rest = count - count_a - hits_all;
    while (term > sum * negligible) {
        if (direction > 0)
            term *= (count_a - hits) * (hits_all - hits) /
                    ((hits + 1) * (rest + hits + 1));
        else
            term *= hits * (rest + hits) /
                    ((count_a - hits + 1) * (hits_all - hits + 1));
        hits += direction;
        sum += term;
    }
    return sum;
}

double caus_fisher_exact(size_t hits_a, size_t count_a, size_t hits_b,
                         size_t count_b)
{
    double hits = (double)hits_a, size = (double)count_a;
    double hits_all = (double)(hits_a + hits_b);
    double count = (double)(count_a + count_b);
    double log_first = caus_log_choose(size, hits) +
                       caus_log_choose((double)count_b, hits_all - hits) -
                       caus_log_choose(count, hits_all);
    /* towards the mean terms rise first: take the tail that leads away */
    int away = hits * count >= size * hits_all ? 1 : -1;
    double p = 2 * exp(log_first) * tail(hits, size, hits_all, count, away);
    return p < 1 ? p : 1;
}

/* ---- false discoveries ---- */

typedef struct ranked {
    double p;
    size_t number;
} ranked;

static int by_p(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

caus_status caus_false_discovery(const double *p, size_t count,
                                 caus_arena *scratch, double *q,
                                 caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    ranked *order = CAUS_ARRAY(scratch, ranked, count);
    if (!order)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < count; i++)
        order[i] = (ranked){p[i], i};
    qsort(order, count, sizeof *order, by_p);
    double least = 1;
    for (size_t i = count; i-- > 0;) {
        double scaled = order[i].p * (double)count / (double)(i + 1);
        least = scaled < least ? scaled : least;
        q[order[i].number] = least;
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
