/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "series/gram.h"

enum { WORD_BITS = 64 };

void caus_wide_add_shifted(caus_wide *sum, caus_int128 value, unsigned shift)
{
    unsigned word = shift / WORD_BITS, bits = shift % WORD_BITS;
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    caus_uint128 plain = (caus_uint128)value;
    uint64_t low = (uint64_t)plain, high = (uint64_t)(plain >> WORD_BITS);
    uint64_t part[CAUS_WIDE_WORDS];
    for (unsigned k = 0; k < CAUS_WIDE_WORDS; k++)
        part[k] = k < word ? 0 : sign;
    part[word] = low << bits;
    part[word + 1] = bits ? high << bits | low >> (WORD_BITS - bits) : high;
    if (bits)
        part[word + 2] = sign << bits | high >> (WORD_BITS - bits);
    uint64_t carry = 0;
    for (unsigned k = word; k < CAUS_WIDE_WORDS; k++) {
        caus_uint128 total = (caus_uint128)sum->word[k] + part[k] + carry;
        sum->word[k] = (uint64_t)total;
        carry = (uint64_t)(total >> WORD_BITS);
    }
}

caus_wide caus_wide_add(const caus_wide *a, const caus_wide *b)
{
    caus_wide sum;
    uint64_t carry = 0;
    for (unsigned k = 0; k < CAUS_WIDE_WORDS; k++) {
        caus_uint128 total = (caus_uint128)a->word[k] + b->word[k] + carry;
        sum.word[k] = (uint64_t)total;
        carry = (uint64_t)(total >> WORD_BITS);
    }
    return sum;
}

static caus_wide negate(const caus_wide *a)
{
    caus_wide result;
    uint64_t carry = 1;
    for (unsigned k = 0; k < CAUS_WIDE_WORDS; k++) {
        result.word[k] = ~a->word[k] + carry;
        carry = carry && !result.word[k];
    }
    return result;
}

caus_wide caus_wide_subtract(const caus_wide *a, const caus_wide *b)
{
    caus_wide other = negate(b);
    return caus_wide_add(a, &other);
}

caus_wide caus_wide_multiply(const caus_wide *a, const caus_wide *b)
{
    caus_wide product = {{0}};
    for (unsigned i = 0; i < CAUS_WIDE_WORDS; i++) {
        uint64_t carry = 0;
        for (unsigned k = 0; i + k < CAUS_WIDE_WORDS && a->word[i]; k++) {
            caus_uint128 total = (caus_uint128)a->word[i] * b->word[k] +
                                 product.word[i + k] + carry;
            product.word[i + k] = (uint64_t)total;
            carry = (uint64_t)(total >> WORD_BITS);
        }
    }
    return product;
}

caus_wide caus_wide_shift_left(const caus_wide *a, unsigned shift)
{
    unsigned word = shift / WORD_BITS, bits = shift % WORD_BITS;
    caus_wide result = {{0}};
    for (unsigned k = CAUS_WIDE_WORDS; k-- > word;) {
        result.word[k] = a->word[k - word] << bits;
        if (bits && k > word)
            result.word[k] |= a->word[k - word - 1] >> (WORD_BITS - bits);
    }
    return result;
}

bool caus_wide_is_zero(const caus_wide *a)
{
    uint64_t any = 0;
    for (unsigned k = 0; k < CAUS_WIDE_WORDS; k++)
        any |= a->word[k];
    return !any;
}

bool caus_wide_is_negative(const caus_wide *a)
{
    return a->word[CAUS_WIDE_WORDS - 1] >> (WORD_BITS - 1);
}

static caus_wide magnitude_of(const caus_wide *a)
{
    return caus_wide_is_negative(a) ? negate(a) : *a;
}

static unsigned bits_of_word(uint64_t word)
{
    return word ? WORD_BITS - (unsigned)__builtin_clzll(word) : 0;
}

unsigned caus_wide_bits(const caus_wide *a)
{
    caus_wide size = magnitude_of(a);
    for (unsigned k = CAUS_WIDE_WORDS; k-- > 0;)
        if (size.word[k])
            return k * WORD_BITS + bits_of_word(size.word[k]);
    return 0;
}

/* The bits from `first` on, at most 64 of them. */
static uint64_t bits_from(const caus_wide *a, unsigned first)
{
    unsigned word = first / WORD_BITS, bits = first % WORD_BITS;
    uint64_t result = a->word[word] >> bits;
    if (bits && word + 1 < CAUS_WIDE_WORDS)
        result |= a->word[word + 1] << (WORD_BITS - bits);
    return result;
}

/* 53 bits from the top make the high part, the 53 bits after them the low
 * one; what lies below is cut off. */
caus_pair caus_wide_to_pair(const caus_wide *a, unsigned shift)
{
    enum { DIGITS = 53 };
    caus_wide size = magnitude_of(a);
    unsigned bits = caus_wide_bits(a);
    uint64_t mask = (UINT64_C(1) << DIGITS) - 1;
    unsigned top = bits > DIGITS ? bits - DIGITS : 0;
    unsigned next = top > DIGITS ? top - DIGITS : 0;
    uint64_t rest = bits_from(&size, next);
    if (top - next < WORD_BITS)
        rest &= (UINT64_C(1) << (top - next)) - 1;
    double high =
        ldexp((double)(bits_from(&size, top) & mask), (int)top - (int)shift);
    double low = ldexp((double)rest, (int)next - (int)shift);
    double sum = high + low;
    caus_pair pair = {sum, low - (sum - high)};
    if (caus_wide_is_negative(a))
        pair = (caus_pair){-pair.high, -pair.low};
    return pair;
}

caus_wide caus_gram_centred(const caus_gram *gram, size_t row, size_t column)
{
    caus_wide rows = {{gram->row_count}};
    const caus_wide *product =
        &gram->products[caus_gram_place(gram->node_count, row, column)];
    caus_wide all = caus_wide_multiply(&rows, product);
    caus_wide means = caus_wide_multiply(&gram->sums[row], &gram->sums[column]);
    return caus_wide_subtract(&all, &means);
}
