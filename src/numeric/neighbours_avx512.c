/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#include "numeric/neighbours.h"

enum { WIDTH = 32 };

typedef __m512i ranks;
typedef uint32_t tally;

static inline ranks load(const caus_rank *from)
{
    return _mm512_loadu_si512(from);
}

static inline void store(caus_rank *to, ranks from)
{
    _mm512_storeu_si512(to, from);
}

static inline ranks splat(caus_rank value)
{
    return _mm512_set1_epi16((short)value);
}

static inline ranks larger(ranks a, ranks b)
{
    return _mm512_max_epu16(a, b);
}

static inline ranks apart(ranks a, ranks b)
{
    return _mm512_or_si512(_mm512_subs_epu16(a, b), _mm512_subs_epu16(b, a));
}

static inline ranks unequal(ranks a, ranks b)
{
    return _mm512_movm_epi16(_mm512_cmpneq_epu16_mask(a, b));
}

static inline tally no_rows(void)
{
    return 0;
}

static inline ranks comparable(ranks distances)
{
    return distances;
}

static inline ranks beyond(caus_rank radius)
{
    return splat((caus_rank)(radius + 1));
}

static inline tally count_near(tally so_far, ranks distances, ranks limit)
{
    return so_far + (uint32_t)__builtin_popcount(
                        _mm512_cmplt_epu16_mask(distances, limit));
}

static inline tally plus(tally a, tally b)
{
    return a + b;
}

static inline uint32_t total(tally rows)
{
    return rows;
}

#include "numeric/neighbours_vectors.h"

static bool is_usable(void)
{
    return __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

const caus_neighbour_kernel caus_neighbour_avx512 = {
    .name = "avx512",
    .is_usable = is_usable,
    .spread = spread,
    .radius = radius,
    .count = count,
};
