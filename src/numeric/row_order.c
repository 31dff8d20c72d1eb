/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/row_order.h"

#include <math.h>
#include <string.h>

enum { LONGEST_RUN = 8 };

static uint64_t key_of(double value)
{
    uint64_t bits;
    value += 0.0; /* −0 as 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Runs of one length, at most LONGEST_RUN, whose number is a power of two. */
static size_t run_length(size_t count, size_t *padded)
{
    size_t runs = 1;
    while (count > runs * LONGEST_RUN)
        runs *= 2;
    size_t length = (count + runs - 1) / runs;
    *padded = length * runs;
    return length;
}

size_t caus_order_room(size_t count)
{
    size_t padded;
    run_length(count, &padded);
    return 2 * padded;
}

/* Each goes behind as many as are not above it: what is above what is counted,
 * as a branch on it is guessed wrong half of the time. */
static void sort_run(caus_ordered *rows, size_t count)
{
    caus_ordered given[LONGEST_RUN];
    size_t places[LONGEST_RUN];
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        given[i] = rows[i];
        for (size_t j = 0; j < i; j++) {
            size_t is_first = given[j].key <= given[i].key;
            place += is_first;
            places[j] += 1 - is_first;
        }
        places[i] = place;
    }
    for (size_t i = 0; i < count; i++)
        rows[places[i]] = given[i];
}

/* The first where `is_first`, else the second: by masks, as a branch on what
 * values are is guessed wrong half of the time. */
static caus_ordered choose(bool is_first, const caus_ordered *first,
                           const caus_ordered *second)
{
    uint64_t mask = 0 - (uint64_t)is_first;
    return (caus_ordered){second->key ^ ((first->key ^ second->key) & mask),
                          second->row ^
                              ((first->row ^ second->row) & (uint32_t)mask)};
}

/* Two runs of one length become one: the lower half from their starts, the
 * upper half from their ends, so that no run is ever used up. */
typedef struct merging {
    const caus_ordered *a, *b, *last_a, *last_b;
    caus_ordered *to, *last;
} merging;

static inline merging merge_of(const caus_ordered *from, size_t length,
                               caus_ordered *to)
{
    return (merging){.a = from,
                     .b = from + length,
                     .last_a = from + length - 1,
                     .last_b = from + 2 * length - 1,
                     .to = to,
                     .last = to + 2 * length - 1};
}

static inline void merge_on(merging *m)
{
    size_t left = m->a->key <= m->b->key;
    *m->to++ = choose(left, m->a, m->b);
    m->a += left;
    m->b += 1 - left;
    size_t right = m->last_a->key <= m->last_b->key;
    *m->last-- = choose(right, m->last_b, m->last_a);
    m->last_b -= right;
    m->last_a -= 1 - right;
}

/* Two merges at a time, which do not wait for one another. */
static void merge_runs(const caus_ordered *from, size_t length, size_t padded,
                       caus_ordered *to)
{
    size_t low = 0;
    for (; low + 4 * length <= padded; low += 4 * length) {
        merging one = merge_of(from + low, length, to + low);
        merging other =
            merge_of(from + low + 2 * length, length, to + low + 2 * length);
        for (size_t i = 0; i < length; i++) {
            merge_on(&one);
            merge_on(&other);
        }
    }
    for (; low < padded; low += 2 * length) {
        merging one = merge_of(from + low, length, to + low);
        for (size_t i = 0; i < length; i++)
            merge_on(&one);
    }
}

size_t caus_order_rows(const double *values, size_t count,
                       caus_ordered *scratch, uint32_t *rows)
{
    size_t present = 0, padded;
    for (size_t r = 0; r < count; r++) {
        scratch[present] = (caus_ordered){key_of(values[r]), (uint32_t)r};
        present += isnan(values[r]) ? 0 : 1;
    }
    size_t length = run_length(present, &padded);
    for (size_t i = present; i < padded; i++)
        scratch[i] = (caus_ordered){UINT64_MAX, UINT32_MAX};
    for (size_t low = 0; low < padded; low += length)
        sort_run(scratch + low, length);
    caus_ordered *other = scratch + padded;
    for (; length < padded; length *= 2) {
        merge_runs(scratch, length, padded, other);
        caus_ordered *swapped = scratch;
        scratch = other;
        other = swapped;
    }
    for (size_t i = 0; i < present; i++)
        rows[i] = scratch[i].row;
    return present;
}
