/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

struct caus_ranked_value {
    double value;
    uint32_t row;
};

/* Sums over rows whose second rank is in a stretch (Fenwick 1994). */
struct caus_below {
    uint64_t count, a, b, both;
};

caus_status caus_distance_work_init(caus_distance_work *work, size_t capacity,
                                    caus_arena *arena, caus_error *err)
{
    *work = (caus_distance_work){
        .values = CAUS_ARRAY(arena, struct caus_ranked_value, capacity),
        .order = CAUS_ARRAY(arena, uint32_t, capacity),
        .counts = CAUS_ARRAY(arena, uint32_t, capacity + 2),
        .tree = CAUS_ARRAY(arena, struct caus_below, capacity + 1),
        .spread = CAUS_ARRAY(arena, uint64_t, 2 * capacity),
        .capacity = capacity,
    };
    if (!work->values || !work->order || !work->counts || !work->tree ||
        !work->spread)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static int by_value(const void *left, const void *right)
{
    const struct caus_ranked_value *a = left, *b = right;
    return a->value < b->value ? -1 : a->value > b->value;
}

void caus_distance_rank(caus_distance_work *work, const double *values,
                        size_t count, uint32_t *ranks)
{
    struct caus_ranked_value *sorted = work->values;
    for (size_t r = 0; r < count; r++)
        sorted[r] = (struct caus_ranked_value){values[r], (uint32_t)r};
    qsort(sorted, count, sizeof *sorted, by_value);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1;
             end < count && !(sorted[end].value > sorted[first].value);)
            end++;
        for (size_t k = first; k < end; k++)
            ranks[sorted[k].row] = (uint32_t)end;
    }
}

/* Lists the rows by rank; equal ranks in any order. */
static void order_rows(caus_distance_work *work, const uint32_t *ranks,
                       size_t count)
{
    memset(work->counts, 0, (count + 2) * sizeof *work->counts);
    for (size_t r = 0; r < count; r++)
        work->counts[ranks[r] + 1]++;
    for (size_t v = 1; v < count + 2; v++)
        work->counts[v] += work->counts[v - 1];
    for (size_t r = 0; r < count; r++)
        work->order[work->counts[ranks[r]]++] = (uint32_t)r;
}

/* spread[r] = sum over rows j of |ranks[r] − ranks[j]|, in the order listed:
 * with c rows before it of sum s, rank v has c v − s to them and
 * (all − s) − (count − c) v to the others. */
static void sum_distances(const caus_distance_work *work, const uint32_t *ranks,
                          size_t count, uint64_t *spread)
{
    uint64_t all = 0, before = 0;
    for (size_t r = 0; r < count; r++)
        all += ranks[r];
    for (size_t k = 0; k < count; k++) {
        uint64_t rank = ranks[work->order[k]];
        spread[work->order[k]] =
            k * rank - before + (all - before) - (count - k) * rank;
        before += rank;
    }
}

/* Twice the sum over the rows before this one of (a − a') |b − b'|, from that
 * over b' < b less half of that over all; whole numbers modulo 2^64. */
static uint64_t sum_products(const struct caus_below *low,
                             const struct caus_below *all, uint64_t a,
                             uint64_t b)
{
    uint64_t below = a * b * low->count - a * low->b - b * low->a + low->both;
    uint64_t both = a * b * all->count - a * all->b - b * all->a + all->both;
    return 2 * (2 * below - both);
}

static void add_row(struct caus_below *sums, uint64_t a, uint64_t b)
{
    sums->count++;
    sums->a += a;
    sums->b += b;
    sums->both += a * b;
}

/* The sum over all pairs of |a − a'| |b − b'|; rows listed by a. */
static uint64_t sum_pairs(caus_distance_work *work, const uint32_t *a,
                          const uint32_t *b, size_t count)
{
    struct caus_below all = {0};
    uint64_t sum = 0;
    memset(work->tree, 0, (count + 1) * sizeof *work->tree);
    for (size_t k = 0; k < count; k++) {
        size_t row = work->order[k];
        struct caus_below low = {0};
        for (size_t v = b[row] - 1; v > 0; v &= v - 1) {
            low.count += work->tree[v].count;
            low.a += work->tree[v].a;
            low.b += work->tree[v].b;
            low.both += work->tree[v].both;
        }
        sum += sum_products(&low, &all, a[row], b[row]);
        for (size_t v = b[row]; v <= count; v += v & (~v + 1))
            add_row(&work->tree[v], a[row], b[row]);
        add_row(&all, a[row], b[row]);
    }
    return sum;
}

/* count⁴ times the distance covariance of the ranks. */
static wide covariance(size_t count, uint64_t pairs, const uint64_t *spread_a,
                       const uint64_t *spread_b)
{
    uint64_t all_a = 0, all_b = 0;
    wide rows = 0, n = count;
    for (size_t r = 0; r < count; r++) {
        all_a += spread_a[r];
        all_b += spread_b[r];
        rows += (wide)spread_a[r] * spread_b[r];
    }
    return n * n * pairs + (wide)all_a * all_b - 2 * n * rows;
}

/* The sum over all pairs of (a − a')². */
static uint64_t sum_squares(const uint32_t *a, size_t count)
{
    uint64_t sum = 0, square = 0;
    for (size_t r = 0; r < count; r++) {
        sum += a[r];
        square += (uint64_t)a[r] * a[r];
    }
    return 2 * (count * square - sum * sum);
}

double caus_distance_correlation(caus_distance_work *work, const uint32_t *a,
                                 const uint32_t *b, size_t count)
{
    uint64_t *spread_a = work->spread, *spread_b = spread_a + count;
    order_rows(work, b, count);
    sum_distances(work, b, count, spread_b);
    order_rows(work, a, count);
    sum_distances(work, a, count, spread_a);
    wide both =
        covariance(count, sum_pairs(work, a, b, count), spread_a, spread_b);
    wide one = covariance(count, sum_squares(a, count), spread_a, spread_a);
    wide other = covariance(count, sum_squares(b, count), spread_b, spread_b);
    if (!one || !other)
        return 0;
    return sqrt((double)both / (sqrt((double)one) * sqrt((double)other)));
}
