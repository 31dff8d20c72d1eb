/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#include "numeric/neighbours.h"

enum { WIDTH = 16 };

typedef __m256i ranks;
/* Lanes that go down by one a row, at most CAUS_RANK_ROWS times in all. */
typedef __m256i tally;

static inline ranks load(const caus_rank *from)
{
    return _mm256_loadu_si256((const void *)from);
}

static inline void store(caus_rank *to, ranks from)
{
    _mm256_storeu_si256((void *)to, from);
}

static inline ranks splat(caus_rank value)
{
    return _mm256_set1_epi16((short)value);
}

static inline ranks larger(ranks a, ranks b)
{
    return _mm256_max_epu16(a, b);
}

static inline ranks apart(ranks a, ranks b)
{
    return _mm256_or_si256(_mm256_subs_epu16(a, b), _mm256_subs_epu16(b, a));
}

static inline ranks unequal(ranks a, ranks b)
{
    return _mm256_xor_si256(_mm256_cmpeq_epi16(a, b), _mm256_set1_epi16(-1));
}

static inline tally no_rows(void)
{
    return _mm256_setzero_si256();
}

/* Comparisons are of signed numbers only. */
static inline ranks comparable(ranks distances)
{
    return _mm256_xor_si256(distances, _mm256_set1_epi16(INT16_MIN));
}

static inline ranks beyond(caus_rank radius)
{
    return comparable(splat((caus_rank)(radius + 1)));
}

static inline tally count_near(tally so_far, ranks distances, ranks limit)
{
    return _mm256_add_epi16(so_far, _mm256_cmpgt_epi16(limit, distances));
}

static inline tally plus(tally a, tally b)
{
    return _mm256_add_epi16(a, b);
}

static inline uint32_t total(tally lanes)
{
    __m128i sum = _mm_add_epi16(_mm256_castsi256_si128(lanes),
                                _mm256_extracti128_si256(lanes, 1));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 8));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 4));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 2));
    return (caus_rank)-_mm_extract_epi16(sum, 0);
}

#include "numeric/neighbours_vectors.h"

static bool is_usable(void)
{
    return __builtin_cpu_supports("avx2");
}

const caus_neighbour_kernel caus_neighbour_avx2 = {
    .name = "avx2",
    .is_usable = is_usable,
    .spread = spread,
    .radius = radius,
    .count = count,
};
