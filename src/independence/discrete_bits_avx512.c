/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled for processors that count the bits of eight words at once. */
#include <immintrin.h>

#include "independence/discrete_bits.h"

size_t caus_bits_count_avx512(const uint64_t *a, const uint64_t *b,
                              size_t words)
{
    __m512i count = _mm512_setzero_si512();
    for (size_t w = 0; w < words; w += CAUS_BITS_LANES) {
        __m512i both = _mm512_and_si512(_mm512_load_si512(a + w),
                                        _mm512_load_si512(b + w));
        count = _mm512_add_epi64(count, _mm512_popcnt_epi64(both));
    }
    return (size_t)_mm512_reduce_add_epi64(count);
}

size_t caus_bits_intersect_avx512(const uint64_t *a, const uint64_t *b,
                                  uint64_t *both, size_t words)
{
    __m512i count = _mm512_setzero_si512();
    for (size_t w = 0; w < words; w += CAUS_BITS_LANES) {
        __m512i met = _mm512_and_si512(_mm512_load_si512(a + w),
                                       _mm512_load_si512(b + w));
        _mm512_store_si512(both + w, met);
        count = _mm512_add_epi64(count, _mm512_popcnt_epi64(met));
    }
    return (size_t)_mm512_reduce_add_epi64(count);
}
