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

static void sort_run(caus_ordered *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        caus_ordered moved = rows[i];
        size_t at = i;
        for (; at > 0 && rows[at - 1].key > moved.key; at--)
            rows[at] = rows[at - 1];
        rows[at] = moved;
    }
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
static void merge_runs(const caus_ordered *from, size_t length,
                       caus_ordered *to)
{
    const caus_ordered *a = from, *b = from + length;
    const caus_ordered *last_a = b - 1, *last_b = b + length - 1;
    caus_ordered *last = to + 2 * length - 1;
    for (size_t i = 0; i < length; i++) {
        size_t left = a->key <= b->key;
        *to++ = choose(left, a, b);
        a += left;
        b += 1 - left;
        size_t right = last_a->key <= last_b->key;
        *last-- = choose(right, last_b, last_a);
        last_b -= right;
        last_a -= 1 - right;
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
        for (size_t low = 0; low < padded; low += 2 * length)
            merge_runs(scratch + low, length, other + low);
        caus_ordered *swapped = scratch;
        scratch = other;
        other = swapped;
    }
    for (size_t i = 0; i < present; i++)
        rows[i] = scratch[i].row;
    return present;
}
