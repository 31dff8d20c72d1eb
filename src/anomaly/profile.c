/* SPDX-License-Identifier: Apache-2.0 */
/* The most likely change of a column, as a step or a ramp. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/order.h"

enum {
    LEAST_BEFORE = 3,
    LEAST_AFTER = 2,
    LEAST_VALUES = 6,
    SHORTEST_RAMP = 3,
    LONGEST_RAMP = 48
};

/* Beyond this from the level before, values are drawn in. */
static const double most_shift = 12;
/* Variance of the noise at least, in squared robust deviations. */
static const double least_variance = .01;
static const double tail = .025;
/* Far more than a product and a quotient are off by. */
static const double rounding = 1e-12;

typedef struct span {
    size_t count;
    double *values;
    size_t *rows;
    double *sums;    /* [count + 1] */
    double *squares; /* [count + 1] */
    double *weights; /* [count] */
    double *room;    /* [count] */
} span;

static bool init_span(span *s, const double *values, size_t from, size_t to,
                      caus_arena *scratch)
{
    size_t most = to - from;
    s->values = CAUS_ARRAY(scratch, double, most);
    s->rows = CAUS_ARRAY(scratch, size_t, most);
    s->sums = CAUS_ARRAY(scratch, double, most + 1);
    s->squares = CAUS_ARRAY(scratch, double, most + 1);
    s->weights = CAUS_ARRAY(scratch, double, most);
    s->room = CAUS_ARRAY(scratch, double, most);
    if (!s->values || !s->rows || !s->sums || !s->squares || !s->weights ||
        !s->room)
        return false;
    for (size_t r = from; r < to; r++)
        if (!isnan(values[r])) {
            s->rows[s->count] = r;
            s->values[s->count++] = values[r];
        }
    return true;
}

/* Centres by the level of the first third and draws far values in. */
static void centre(span *s)
{
    size_t third = s->count / 3 < LEAST_BEFORE ? LEAST_BEFORE : s->count / 3;
    for (size_t i = 0; i < third; i++)
        s->weights[i] = s->values[i];
    double level = caus_median(s->weights, third);
    for (size_t i = 0; i < s->count; i++) {
        double value =
            fmax(-most_shift, fmin(most_shift, s->values[i] - level));
        s->values[i] = value;
        s->sums[i + 1] = s->sums[i] + value;
        s->squares[i + 1] = s->squares[i] + value * value;
    }
}

/* Ends the span where the strongest shift ends. Divided is only what may be
 * stronger than the strongest so far. */
static void find_end(span *s)
{
    double best = -1, bar = -1;
    size_t end = s->count;
    const double *sums = s->sums;
    size_t count = s->count;
    for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= count; i++) {
        double before = sums[i], rows = LEAST_AFTER - 1;
        for (size_t j = i + LEAST_AFTER; j <= count; j++) {
            rows++;
            double sum = sums[j] - before;
            if (!(sum * sum > bar * rows))
                continue;
            double found = sum * sum / rows;
            if (found > best) {
                best = found;
                bar = best * (1 - rounding);
                end = j;
            }
        }
    }
    s->count = end;
}

static double rest_of_step(const span *s, size_t at)
{
    double before = (double)at, after = (double)(s->count - at);
    double low = s->sums[at], high = s->sums[s->count] - low;
    return s->squares[s->count] - low * low / before - high * high / after;
}

/* A constant that rises over `rows` rows to another. */
typedef struct ramp {
    size_t rows;
    double x[LONGEST_RAMP];       /* how far it is in each of them */
    double sum[LONGEST_RAMP + 1]; /* of x before each row */
    double sum_xx[LONGEST_RAMP + 1];
} ramp;

static ramp ramp_of(size_t rows)
{
    ramp made = {.rows = rows};
    for (size_t k = 0; k < rows; k++) {
        double x = (double)(k + 1) / (double)rows;
        made.x[k] = x;
        made.sum[k + 1] = made.sum[k] + x;
        made.sum_xx[k + 1] = made.sum_xx[k] + x * x;
    }
    return made;
}

/* Sets for every row that a ramp may start at the sum of its products with the
 * values while it rises: row by row of the ramp, so that sums do not wait for
 * one another. */
static void multiply(const span *s, const ramp *of)
{
    size_t end = s->count - LEAST_AFTER + 1;
    double *restrict room = s->room;
    memset(room, 0, end * sizeof *room);
    for (size_t k = 0; k < of->rows && k < s->count; k++) {
        const double *values = s->values + k;
        size_t last = caus_smaller(end, s->count - k);
        for (size_t at = LEAST_BEFORE; at < last; at++)
            room[at] += of->x[k] * values[at];
    }
}

/* What a ramp from row `at` on leaves of the squares about the mean. */
static double rest_of_ramp(const span *s, const ramp *of, size_t at, double yy)
{
    double n = (double)s->count, sum_y = s->sums[s->count];
    size_t top = caus_smaller(at + of->rows, s->count);
    double over = (double)(s->count - top);
    double sum_x = of->sum[top - at] + over;
    double sum_xx = of->sum_xx[top - at] + over;
    double sum_xy = s->room[at] + (sum_y - s->sums[top]);
    double xx = sum_xx - sum_x * sum_x / n;
    double xy = sum_xy - sum_x * sum_y / n;
    return xx > 0 ? yy - xy * xy / xx : yy;
}

/* Sets `weights` to what the best of a step and of ramps of several lengths
 * leaves. */
static void find_rests(const span *s)
{
    double n = (double)s->count, sum_y = s->sums[s->count];
    double yy = s->squares[s->count] - sum_y * sum_y / n;
    double price = exp(2 * log(n) / n); /* log n of the log-likelihood */
    for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= s->count; i++)
        s->weights[i] = rest_of_step(s, i);
    for (size_t rows = SHORTEST_RAMP; rows <= LONGEST_RAMP; rows *= 2) {
        const ramp rising = ramp_of(rows);
        multiply(s, &rising);
        for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= s->count; i++) {
            double rest = rest_of_ramp(s, &rising, i, yy) * price;
            s->weights[i] = rest < s->weights[i] ? rest : s->weights[i];
        }
    }
}

/* (1 + ρ) / (1 − ρ) of the noise beside a step. */
static double correlation_time(const span *s, size_t at)
{
    double means[2] = {s->sums[at] / (double)at,
                       (s->sums[s->count] - s->sums[at]) /
                           (double)(s->count - at)};
    double products = 0, squares = 0, last = 0;
    for (size_t i = 0; i < s->count; i++) {
        double noise = s->values[i] - means[i >= at];
        products += i ? noise * last : 0;
        squares += noise * noise;
        last = noise;
    }
    double rho = squares > 0 ? fmax(0, fmin(.9, products / squares)) : 0;
    return (1 + rho) / (1 - rho);
}

/* Where the likelihood is largest. */
static size_t weigh(span *s)
{
    double n = (double)s->count, best = -(double)INFINITY;
    size_t at = LEAST_BEFORE;
    find_rests(s);
    for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= s->count; i++) {
        double rest = s->weights[i];
        s->weights[i] = -n / 2 * log(fmax(rest, 0) / n + least_variance);
        if (s->weights[i] > best) {
            best = s->weights[i];
            at = i;
        }
    }
    double time = correlation_time(s, at);
    for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= s->count; i++)
        s->weights[i] = exp((s->weights[i] - best) / time);
    return at;
}

static void find_interval(const span *s, size_t at, size_t *first, size_t *last)
{
    size_t end = s->count - LEAST_AFTER;
    double total = 0, sum = 0;
    for (size_t i = LEAST_BEFORE; i <= end; i++)
        total += s->weights[i];
    *first = *last = at;
    for (size_t i = LEAST_BEFORE; i <= end; i++) {
        if (sum <= tail * total && i < at)
            *first = i;
        sum += s->weights[i];
        if (i > *last && sum - s->weights[i] < (1 - tail) * total)
            *last = i;
    }
}

caus_profile caus_profile_find(const double *values, size_t from, size_t to,
                               caus_arena *scratch, bool *failed)
{
    caus_profile result = {0};
    span s = {0};
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    if (!init_span(&s, values, from, to, scratch)) {
        *failed = true;
        return result;
    }
    if (s.count >= LEAST_VALUES) {
        centre(&s);
        find_end(&s);
        size_t at = weigh(&s), first, last;
        find_interval(&s, at, &first, &last);
        result = (caus_profile){true, s.rows[at], s.rows[first], s.rows[last],
                                s.rows[s.count - 1] + 1};
    }
    caus_arena_rewind(scratch, mark);
    return result;
}
