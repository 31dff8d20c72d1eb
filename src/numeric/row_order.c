/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/row_order.h"

#include <math.h>
#include <string.h>

enum {
    DIGIT_BITS = 7,
    DIGITS = 1 << DIGIT_BITS,
    PASSES = 3,
    WINDOW_BITS = PASSES * DIGIT_BITS,
    KEY_BITS = 64
};

static uint64_t key_of(double value)
{
    uint64_t bits;
    value += 0.0; /* −0 as 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

size_t caus_order_room(size_t count)
{
    return 2 * count;
}

/* Runs of rows with one value, and a copy of them to be. */
typedef struct sorting {
    caus_ordered *rows, *other; /* [count] */
    size_t count;
} sorting;

/* Lists the runs of rows with a value; the bits in which their keys differ. */
static uint64_t list_runs(const double *values, size_t count, sorting *s)
{
    uint64_t any = 0, all = UINT64_MAX;
    caus_ordered *next = s->rows;
    for (size_t r = 0; r < count;) {
        size_t first = r++;
        if (isnan(values[first]))
            continue;
        while (r < count && values[r] == values[first])
            r++;
        uint64_t key = key_of(values[first]);
        *next++ = (caus_ordered){key, (uint32_t)first, (uint32_t)(r - first)};
        any |= key;
        all &= key;
    }
    s->count = (size_t)(next - s->rows);
    return any & ~all;
}

static size_t digit_of(const caus_ordered *row, unsigned shift)
{
    return row->key >> shift & (DIGITS - 1);
}

/* Puts the runs in the order of one digit; those alike stay as they are. */
static void sort_digit(sorting *s, unsigned shift, uint32_t *places)
{
    const caus_ordered *from = s->rows;
    caus_ordered *to = s->other;
    uint32_t below = 0;
    for (size_t d = 0; d < DIGITS; d++) {
        uint32_t here = places[d];
        places[d] = below;
        below += here;
    }
    for (size_t i = 0, count = s->count; i < count; i++)
        to[places[digit_of(&from[i], shift)]++] = from[i];
    s->other = s->rows;
    s->rows = to;
}

/* The same of WINDOW_BITS of the keys, by their digits from the lowest on.
 * Knuth, The Art of Computer Programming 3, 5.2.5. */
static void sort_window(sorting *s, unsigned shift)
{
    uint32_t counts[PASSES][DIGITS] = {{0}};
    const caus_ordered *rows = s->rows;
    for (size_t i = 0, count = s->count; i < count; i++) {
        for (unsigned p = 0; p < PASSES; p++)
            counts[p][digit_of(&rows[i], shift + p * DIGIT_BITS)]++;
    }
    for (unsigned p = 0; p < PASSES; p++)
        sort_digit(s, shift + p * DIGIT_BITS, counts[p]);
}

/* Moves the few that bits below the window part; false where they are many. */
static bool settle(const sorting *s)
{
    caus_ordered *rows = s->rows;
    size_t count = s->count, moves = 0;
    for (size_t i = 1; i < count && moves <= count; i++) {
        if (rows[i - 1].key <= rows[i].key)
            continue;
        caus_ordered one = rows[i];
        size_t at = i;
        for (; at > 0 && rows[at - 1].key > one.key; at--)
            rows[at] = rows[at - 1];
        rows[at] = one;
        moves += i - at;
    }
    return moves <= count;
}

/* The highest bits that differ part most values: of the others nobody asks
 * until these do not. */
static void sort_runs(sorting *s, uint64_t differ)
{
    unsigned highest = KEY_BITS - (unsigned)__builtin_clzll(differ);
    sort_window(s, highest > WINDOW_BITS ? highest - WINDOW_BITS : 0);
    if (settle(s))
        return;
    unsigned shift = 0;
    for (; shift + WINDOW_BITS < highest; shift += WINDOW_BITS)
        sort_window(s, shift);
    sort_window(s, highest - WINDOW_BITS);
}

size_t caus_order_rows(const double *values, size_t count,
                       caus_ordered *scratch, uint32_t *rows)
{
    sorting s = {.rows = scratch, .other = scratch + count};
    uint64_t differ = list_runs(values, count, &s);
    if (s.count > 1 && differ)
        sort_runs(&s, differ);
    uint32_t *next = rows;
    for (size_t i = 0; i < s.count; i++) {
        for (uint32_t k = 0; k < s.rows[i].count; k++)
            *next++ = s.rows[i].row + k;
    }
    return (size_t)(next - rows);
}
