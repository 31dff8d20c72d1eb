/* SPDX-License-Identifier: Apache-2.0 */
#include <emmintrin.h>

#include "numeric/neighbours.h"

enum { WIDTH = 8 };

typedef __m128i ranks;
/* Lanes that go down by one a row, at most CAUS_RANK_ROWS times in all. */
typedef __m128i tally;

static inline ranks load(const caus_rank *from)
{
    return _mm_loadu_si128((const void *)from);
}

static inline void store(caus_rank *to, ranks from)
{
    _mm_storeu_si128((void *)to, from);
}

static inline ranks splat(caus_rank value)
{
    return _mm_set1_epi16((short)value);
}

static inline ranks larger(ranks a, ranks b)
{
    return _mm_add_epi16(_mm_subs_epu16(a, b), b);
}

static inline ranks apart(ranks a, ranks b)
{
    return _mm_or_si128(_mm_subs_epu16(a, b), _mm_subs_epu16(b, a));
}

static inline ranks unequal(ranks a, ranks b)
{
    return _mm_xor_si128(_mm_cmpeq_epi16(a, b), _mm_set1_epi16(-1));
}

static inline tally no_rows(void)
{
    return _mm_setzero_si128();
}

/* Comparisons are of signed numbers only. */
static inline ranks comparable(ranks distances)
{
    return _mm_xor_si128(distances, _mm_set1_epi16(INT16_MIN));
}

static inline ranks beyond(caus_rank radius)
{
    return comparable(splat((caus_rank)(radius + 1)));
}

static inline tally count_near(tally so_far, ranks distances, ranks limit)
{
    return _mm_add_epi16(so_far, _mm_cmpgt_epi16(limit, distances));
}

static inline tally plus(tally a, tally b)
{
    return _mm_add_epi16(a, b);
}

static inline uint32_t total(tally lanes)
{
    tally sum = _mm_add_epi16(lanes, _mm_srli_si128(lanes, 8));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 4));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 2));
    return (caus_rank)-_mm_extract_epi16(sum, 0);
}

#include "numeric/neighbours_vectors.h"

static bool is_usable(void)
{
    return true;
}

const caus_neighbour_kernel caus_neighbour_sse2 = {
    .name = "sse2",
    .is_usable = is_usable,
    .spread = spread,
    .radius = radius,
    .count = count,
};
