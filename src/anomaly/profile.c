/* SPDX-License-Identifier: Apache-2.0 */
/* The most likely change of a column, as a step or a ramp. */
#include <math.h>

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
static const double MOST_SHIFT = 12;
/* Variance of the noise at least, in squared robust deviations. */
static const double LEAST_VARIANCE = .01;
static const double TAIL = .025;

typedef struct span {
    size_t count;
    double *values;
    size_t *rows;
    double *sums;    /* [count + 1] */
    double *squares; /* [count + 1] */
    double *weights; /* [count] */
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
    if (!s->values || !s->rows || !s->sums || !s->squares || !s->weights)
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
            fmax(-MOST_SHIFT, fmin(MOST_SHIFT, s->values[i] - level));
        s->values[i] = value;
        s->sums[i + 1] = s->sums[i] + value;
        s->squares[i + 1] = s->squares[i] + value * value;
    }
}

/* Ends the span where the strongest shift ends. */
static void find_end(span *s)
{
    double best = -1;
    size_t end = s->count;
    for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= s->count; i++)
        for (size_t j = i + LEAST_AFTER; j <= s->count; j++) {
            double sum = s->sums[j] - s->sums[i];
            double found = sum * sum / (double)(j - i);
            if (found > best) {
                best = found;
                end = j;
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

/* A constant that rises from row `at` on, over `rows` rows, to another. */
static double rest_of_ramp(const span *s, size_t at, size_t rows)
{
    double n = (double)s->count, sum_y = s->sums[s->count];
    double sum_x = 0, sum_xx = 0, sum_xy = 0;
    size_t top = at + rows < s->count ? at + rows : s->count;
    for (size_t i = at; i < top; i++) {
        double x = (double)(i - at + 1) / (double)rows;
        sum_x += x;
        sum_xx += x * x;
        sum_xy += x * s->values[i];
    }
    sum_x += (double)(s->count - top);
    sum_xx += (double)(s->count - top);
    sum_xy += sum_y - s->sums[top];
    double xx = sum_xx - sum_x * sum_x / n;
    double xy = sum_xy - sum_x * sum_y / n;
    double yy = s->squares[s->count] - sum_y * sum_y / n;
    return xx > 0 ? yy - xy * xy / xx : yy;
}

/* What the best of a step and of ramps of several lengths leaves. */
static double rest_of_change(const span *s, size_t at)
{
    double n = (double)s->count, least = rest_of_step(s, at);
    double price = exp(2 * log(n) / n); /* log n of the log-likelihood */
    for (size_t rows = SHORTEST_RAMP; rows <= LONGEST_RAMP; rows *= 2)
        least = fmin(least, rest_of_ramp(s, at, rows) * price);
    return least;
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
    for (size_t i = LEAST_BEFORE; i + LEAST_AFTER <= s->count; i++) {
        double rest = rest_of_change(s, i);
        s->weights[i] = -n / 2 * log(fmax(rest, 0) / n + LEAST_VARIANCE);
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
        if (sum <= TAIL * total && i < at)
            *first = i;
        sum += s->weights[i];
        if (i > *last && sum - s->weights[i] < (1 - TAIL) * total)
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
