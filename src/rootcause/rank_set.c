/* SPDX-License-Identifier: Apache-2.0 */
/* Order statistics of rows that come and go. */
#include <string.h>

#include "rootcause/rank_set.h"

enum { WIDTH = CAUS_RANK_WIDTH };

static const uint64_t each_byte = UINT64_C(0x0101010101010101);
static const uint64_t high_bits = UINT64_C(0x8080808080808080);

static size_t word_count(size_t rows)
{
    return (rows + WIDTH - 1) / WIDTH;
}

/* The rank of a row without a value. */
static uint32_t rank_missing(size_t rows)
{
    return (uint32_t)(WIDTH * word_count(rows));
}

caus_status caus_row_ranks_init(size_t rows, caus_arena *out,
                                caus_row_ranks *result, caus_error *err)
{
    *result =
        (caus_row_ranks){.rows = rows, .rank = CAUS_ARRAY(out, uint32_t, rows)};
    return result->rank ? CAUS_OK : caus_arena_fail(out, err);
}

void caus_row_ranks_find(caus_row_ranks *ranks, const uint32_t *order,
                         size_t present)
{
    uint32_t *restrict rank = ranks->rank;
    uint32_t missing = rank_missing(ranks->rows);
    if (ranks->order == order)
        return;
    for (size_t r = 0; present < ranks->rows && r < ranks->rows; r++)
        rank[r] = missing;
    for (size_t i = 0; i < present; i++)
        rank[order[i]] = (uint32_t)i;
    ranks->order = order;
}

caus_status caus_rank_set_init(size_t rows, caus_arena *out,
                               caus_rank_set *result, caus_error *err)
{
    size_t words = word_count(rows);
    *result = (caus_rank_set){.words = words,
                              .bits = CAUS_ARRAY(out, uint64_t, words + 1),
                              .counts = CAUS_ARRAY(out, uint32_t, words + 1)};
    return result->bits && result->counts ? CAUS_OK : caus_arena_fail(out, err);
}

void caus_rank_set_clear(caus_rank_set *set)
{
    memset(set->bits, 0, (set->words + 1) * sizeof *set->bits);
    memset(set->counts, 0, (set->words + 1) * sizeof *set->counts);
}

void caus_rank_set_add(caus_rank_set *set, size_t from, size_t to)
{
    const uint32_t *ranks = set->rank;
    uint64_t *bits = set->bits;
    uint32_t *counts = set->counts;
    for (size_t r = from; r < to; r++) {
        uint32_t rank = ranks[r];
        bits[rank / WIDTH] |= UINT64_C(1) << (rank % WIDTH);
        counts[rank / WIDTH]++;
    }
}

void caus_rank_set_remove(caus_rank_set *set, size_t from, size_t to)
{
    const uint32_t *ranks = set->rank;
    uint64_t *bits = set->bits;
    uint32_t *counts = set->counts;
    for (size_t r = from; r < to; r++) {
        uint32_t rank = ranks[r];
        bits[rank / WIDTH] &= ~(UINT64_C(1) << (rank % WIDTH));
        counts[rank / WIDTH]--;
    }
}

void caus_rank_set_take_rest(caus_rank_set *set, const caus_rank_set *whole,
                             const caus_rank_set *part)
{
    for (size_t w = 0; w < set->words; w++) {
        set->bits[w] = whole->bits[w] ^ part->bits[w];
        set->counts[w] = whole->counts[w] - part->counts[w];
    }
}

size_t caus_rank_set_count(const caus_rank_set *set)
{
    size_t count = 0;
    for (size_t w = 0; w < set->words; w++)
        count += set->counts[w];
    return count;
}

static double value_at(const caus_rank_set *set, size_t rank)
{
    return set->values[set->order[rank]];
}

bool caus_rank_set_ends(const caus_rank_set *set, size_t word, double *least,
                        double *largest)
{
    uint64_t bits = set->bits[word];
    if (!bits)
        return false;
    size_t rank = WIDTH * word;
    *least = value_at(set, rank + (size_t)__builtin_ctzll(bits));
    *largest = value_at(set, rank + WIDTH - 1 - (size_t)__builtin_clzll(bits));
    return true;
}

/* The place of the bit that is set and has so many below it: of the sums of
 * bits up to every byte, those that are no more than that are counted. Knuth,
 * The Art of Computer Programming 4A, 7.1.3. */
static size_t place_of_bit(uint64_t bits, size_t below)
{
    uint64_t sums = bits - ((bits >> 1) & UINT64_C(0x5555555555555555));
    sums = (sums & UINT64_C(0x3333333333333333)) +
           ((sums >> 2) & UINT64_C(0x3333333333333333));
    sums = ((sums + (sums >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * each_byte;
    uint64_t passed = ((below * each_byte) | high_bits) - sums;
    passed = ((passed & high_bits) >> 7) * each_byte >> 56;
    size_t shift = 8 * passed;
    size_t skip = below - (size_t)(((sums << 8) >> shift) & 0xff);
    uint64_t rest = bits >> shift;
    for (; skip; skip--)
        rest &= rest - 1;
    return shift + (size_t)__builtin_ctzll(rest);
}

static size_t rank_at(const caus_rank_set *set, size_t index,
                      caus_rank_place *place)
{
    while (place->below + set->counts[place->word] <= index)
        place->below += set->counts[place->word++];
    return WIDTH * place->word +
           place_of_bit(set->bits[place->word], index - place->below);
}

/* The next rank that is in; there is one. */
static size_t rank_after(const caus_rank_set *set, size_t rank)
{
    size_t word = rank / WIDTH;
    uint64_t above = set->bits[word] & (~UINT64_C(0) << (rank % WIDTH));
    for (above &= above - 1; !above;)
        above = set->bits[++word];
    return WIDTH * word + (size_t)__builtin_ctzll(above);
}

double caus_rank_set_quantile(const caus_rank_set *set, size_t count,
                              double share, caus_rank_place *place)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    double rest = at - (double)below;
    size_t rank = rank_at(set, below, place);
    double lower = value_at(set, rank);
    if (below + 1 >= count || !(rest > 0))
        return lower;
    return lower + rest * (value_at(set, rank_after(set, rank)) - lower);
}

double caus_rank_set_median(const caus_rank_set *set, size_t count)
{
    caus_rank_place place = {0};
    size_t rank = rank_at(set, (count - 1) / 2, &place);
    double lower = value_at(set, rank);
    if (count % 2)
        return lower;
    return .5 * lower + .5 * value_at(set, rank_after(set, rank));
}
