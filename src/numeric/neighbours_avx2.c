/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#include "numeric/neighbours_kernel.h"

enum { WIDTH = 16 }; /* rows in a register */

static inline __m256i load(const caus_rank *from)
{
    return _mm256_loadu_si256((const void *)from);
}

static inline void store(caus_rank *to, __m256i ranks)
{
    _mm256_storeu_si256((void *)to, ranks);
}

static inline __m256i apart(__m256i a, __m256i b)
{
    return _mm256_or_si256(_mm256_subs_epu16(a, b), _mm256_subs_epu16(b, a));
}

static inline __m256i unequal(__m256i a, __m256i b)
{
    return _mm256_xor_si256(_mm256_cmpeq_epi16(a, b), _mm256_set1_epi16(-1));
}

/* Minus one where a distance is within the radius. */
static inline __m256i up_to(__m256i distances, __m256i radius)
{
    return _mm256_cmpeq_epi16(_mm256_subs_epu16(distances, radius),
                              _mm256_setzero_si256());
}

/* Minus the sum of lanes that went down by one at most CAUS_RANK_ROWS times
 * in all. */
static inline uint32_t add_lanes(__m256i lanes)
{
    __m128i sum = _mm_add_epi16(_mm256_castsi256_si128(lanes),
                                _mm256_extracti128_si256(lanes, 1));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 8));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 4));
    sum = _mm_add_epi16(sum, _mm_srli_si128(sum, 2));
    return (caus_rank)-_mm_extract_epi16(sum, 0);
}

static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius)
{
    __m256i most = _mm256_set1_epi16((short)radius);
    __m256i low = _mm256_setzero_si256(), high = low;
    for (size_t j = 0; j < padded; j += 2 * WIDTH) {
        low = _mm256_add_epi16(low, up_to(load(distances + j), most));
        high = _mm256_add_epi16(high, up_to(load(distances + j + WIDTH), most));
    }
    return add_lanes(_mm256_add_epi16(low, high));
}

static inline void count_three(const caus_rank *distances, size_t padded,
                               const caus_rank radii[3], uint32_t held[3])
{
    __m256i a = _mm256_set1_epi16((short)radii[0]);
    __m256i b = _mm256_set1_epi16((short)radii[1]);
    __m256i c = _mm256_set1_epi16((short)radii[2]);
    __m256i in_a = _mm256_setzero_si256(), in_b = in_a, in_c = in_a;
    for (size_t j = 0; j < padded; j += WIDTH) {
        __m256i rows = load(distances + j);
        in_a = _mm256_add_epi16(in_a, up_to(rows, a));
        in_b = _mm256_add_epi16(in_b, up_to(rows, b));
        in_c = _mm256_add_epi16(in_c, up_to(rows, c));
    }
    held[0] = add_lanes(in_a);
    held[1] = add_lanes(in_b);
    held[2] = add_lanes(in_c);
}

static inline void fold_ranks(caus_rank *distances, const caus_rank *values,
                              size_t padded, caus_rank at)
{
    __m256i own = _mm256_set1_epi16((short)at);
    for (size_t j = 0; j < padded; j += WIDTH)
        store(distances + j, _mm256_max_epu16(load(distances + j),
                                              apart(load(values + j), own)));
}

static inline void fold_codes(caus_rank *distances, const caus_rank *values,
                              size_t padded, caus_rank at)
{
    __m256i own = _mm256_set1_epi16((short)at);
    for (size_t j = 0; j < padded; j += WIDTH)
        store(distances + j, _mm256_max_epu16(load(distances + j),
                                              unequal(load(values + j), own)));
}

static inline void spread_ranks(const caus_neighbour_task *task, size_t padded)
{
    const caus_rank *values = task->moved.values;
    const caus_rank *fixed = task->fixed, *given = task->given;
    caus_rank *all = task->all, *both = task->both;
    __m256i at = _mm256_set1_epi16((short)task->at);
    for (size_t j = 0; j < padded; j += WIDTH) {
        __m256i own = apart(load(values + j), at);
        store(all + j, _mm256_max_epu16(own, load(fixed + j)));
        store(both + j, _mm256_max_epu16(own, load(given + j)));
    }
}

static inline void spread_codes(const caus_neighbour_task *task, size_t padded)
{
    const caus_rank *values = task->moved.values;
    const caus_rank *fixed = task->fixed, *given = task->given;
    caus_rank *all = task->all, *both = task->both;
    __m256i at = _mm256_set1_epi16((short)task->at);
    for (size_t j = 0; j < padded; j += WIDTH) {
        __m256i own = unequal(load(values + j), at);
        store(all + j, _mm256_max_epu16(own, load(fixed + j)));
        store(both + j, _mm256_max_epu16(own, load(given + j)));
    }
}

static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result)
{
    const caus_rank *in_fixed = task->fixed, *in_both = task->both;
    const caus_rank *in_given = task->given;
    __m256i most = _mm256_set1_epi16((short)radius);
    __m256i fixed = _mm256_setzero_si256(), both = fixed, given = fixed;
    for (size_t j = 0; j < padded; j += WIDTH) {
        fixed = _mm256_add_epi16(fixed, up_to(load(in_fixed + j), most));
        both = _mm256_add_epi16(both, up_to(load(in_both + j), most));
        given = _mm256_add_epi16(given, up_to(load(in_given + j), most));
    }
    result->fixed = add_lanes(fixed);
    result->moved = add_lanes(both);
    result->given = add_lanes(given);
}

static bool is_usable(void)
{
    return __builtin_cpu_supports("avx2");
}

static void fold(caus_rank *distances, const caus_rank_column *column,
                 size_t rows, caus_rank at)
{
    fold_kernel(distances, column, rows, at);
}

static caus_rank radius(const caus_rank *distances, size_t rows, size_t wanted,
                        caus_rank guess)
{
    return radius_kernel(distances, caus_rank_pad(rows), rows, wanted, guess);
}

static void count(const caus_neighbour_task *task,
                  caus_neighbour_counts *result)
{
    count_kernel(task, result);
}

const caus_neighbour_kernel caus_neighbour_avx2 = {
    .name = "avx2",
    .is_usable = is_usable,
    .fold = fold,
    .radius = radius,
    .count = count,
};
