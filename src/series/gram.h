/* SPDX-License-Identifier: Apache-2.0 */
/* Wide integers, and what is read from a gram. Private to the library. */
#ifndef CAUS_SRC_SERIES_GRAM_H
#define CAUS_SRC_SERIES_GRAM_H

#include "base/base.h"
#include "caus/gram.h"
#include "caus/quality.h"

__extension__ typedef __int128 caus_int128;
__extension__ typedef unsigned __int128 caus_uint128;

/* An unevaluated sum of two doubles, about 32 digits: |low| ≤ ulp(high) / 2. */
typedef struct caus_pair {
    double high;
    double low;
} caus_pair;

/* Values are cut into slices, whole numbers of 22 bits, the first of which is
 * the value · 2^(22 − exponent); sums of products of slices carry weights of
 * 2^(22 w). */
enum { CAUS_SLICES = 3, CAUS_SLICE_BITS = 22, CAUS_WEIGHTS = 5 };

/* Sums of slices: Σ word[w] · 2^(22 w). A sum of values uses three words. */
typedef struct caus_slice_sum {
    int64_t word[CAUS_WEIGHTS];
} caus_slice_sum;

/* No row of those read is a reference row. */
caus_status caus_gram_fail_no_rows(const caus_gram *gram, caus_error *err);

/* A power of two above every value of at most this size; those within a factor
 * of 2^8 share it. Values are multiples of 2^(exponent − 66). */
int caus_gram_exponent(double largest);
void caus_wide_add_slices(caus_wide *wide, const caus_slice_sum *sum);

/* Sums over some rows, as a server can make them. An edge is a row that is a
 * reference row while the one before it is none (+1), or the reverse (−1). */
typedef struct caus_gram_piece {
    const caus_slice_sum *sums; /* [variables × (reach + 1)] of x(t − lag) */
    /* [variables × variables × (reach + 1)] of x(t) y(t − lag) */
    const caus_slice_sum *products;
    /* [variables × reach × variables × reach] of x(p − a) y(p − b) over the
     * edges p with their signs, a and b from 1 on */
    const caus_slice_sum *edges;
} caus_gram_piece;

/* Adds a piece to the sums and products of a gram with its counts set. */
void caus_gram_add_piece(const caus_gram *gram, const caus_gram_piece *piece,
                         caus_wide *sums, caus_wide *products);

/* Adds value · 2^shift; shift < 64 · (CAUS_WIDE_WORDS − 2). */
void caus_wide_add_shifted(caus_wide *sum, caus_int128 value, unsigned shift);
caus_wide caus_wide_add(const caus_wide *a, const caus_wide *b);
caus_wide caus_wide_subtract(const caus_wide *a, const caus_wide *b);
/* The product modulo 2^384. */
caus_wide caus_wide_multiply(const caus_wide *a, const caus_wide *b);
/* shift ≤ 64 · CAUS_WIDE_WORDS − 1. */
caus_wide caus_wide_shift_left(const caus_wide *a, unsigned shift);
bool caus_wide_is_zero(const caus_wide *a);
bool caus_wide_is_negative(const caus_wide *a);
/* Bits of the magnitude: 0 for 0, 1 for ±1, 2 for ±2 and ±3. */
unsigned caus_wide_bits(const caus_wide *a);
/* The nearest pair to a / 2^shift, where that is in the range of doubles. */
caus_pair caus_wide_to_pair(const caus_wide *a, unsigned shift);

/* Most bits of a sum and of a sum of products, so that what is computed from
 * them still fits; and the most rows. */
enum { CAUS_SUM_BITS = 184, CAUS_PRODUCT_BITS = 336 };
static const uint64_t caus_gram_most_rows = UINT64_C(1) << 40;

static inline size_t caus_gram_place(size_t node_count, size_t row,
                                     size_t column)
{
    size_t first = row < column ? row : column;
    size_t second = row < column ? column : row;
    return first * node_count - first * (first + 1) / 2 + second;
}

/* Rows · Σ x y − Σ x · Σ y of two nodes, exactly: rows² times their
 * covariance, in products of quanta. */
caus_wide caus_gram_centred(const caus_gram *gram, size_t row, size_t column);

/* What a series that holds sums tells of its quality: columns that are
 * constant, and rows that gaps cost. */
caus_status caus_gram_quality(const caus_series *series, caus_arena *out,
                              caus_quality *result, caus_error *err);

/* Digest of everything that numbers depend on, and names; [65], "" when memory
 * is out. */
void caus_gram_hash(const caus_gram *gram, char text[65]);

#endif
