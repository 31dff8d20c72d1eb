/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#include "numeric/neighbours_kernel.h"

enum { WIDTH = 32 }; /* rows in a register */

static inline __m512i load(const caus_rank *from)
{
    return _mm512_loadu_si512(from);
}

static inline void store(caus_rank *to, __m512i ranks)
{
    _mm512_storeu_si512(to, ranks);
}

static inline __m512i apart(__m512i a, __m512i b)
{
    return _mm512_or_si512(_mm512_subs_epu16(a, b), _mm512_subs_epu16(b, a));
}

static inline __m512i unequal(__m512i a, __m512i b)
{
    return _mm512_movm_epi16(_mm512_cmpneq_epu16_mask(a, b));
}

static inline uint32_t count_up_to(__m512i distances, __m512i radius)
{
    return (uint32_t)__builtin_popcount(
        _mm512_cmple_epu16_mask(distances, radius));
}

static inline uint32_t rows_within(const caus_rank *distances, size_t padded,
                                   caus_rank radius)
{
    __m512i most = _mm512_set1_epi16((short)radius);
    uint32_t low = 0, high = 0;
    for (size_t j = 0; j < padded; j += 2 * WIDTH) {
        low += count_up_to(load(distances + j), most);
        high += count_up_to(load(distances + j + WIDTH), most);
    }
    return low + high;
}

static inline void count_three(const caus_rank *distances, size_t padded,
                               const caus_rank radii[3], uint32_t held[3])
{
    __m512i a = _mm512_set1_epi16((short)radii[0]);
    __m512i b = _mm512_set1_epi16((short)radii[1]);
    __m512i c = _mm512_set1_epi16((short)radii[2]);
    uint32_t in_a = 0, in_b = 0, in_c = 0;
    for (size_t j = 0; j < padded; j += WIDTH) {
        __m512i rows = load(distances + j);
        in_a += count_up_to(rows, a);
        in_b += count_up_to(rows, b);
        in_c += count_up_to(rows, c);
    }
    held[0] = in_a;
    held[1] = in_b;
    held[2] = in_c;
}

static inline void fold_ranks(caus_rank *distances, const caus_rank *values,
                              size_t padded, caus_rank at)
{
    __m512i own = _mm512_set1_epi16((short)at);
    for (size_t j = 0; j < padded; j += WIDTH)
        store(distances + j, _mm512_max_epu16(load(distances + j),
                                              apart(load(values + j), own)));
}

static inline void fold_codes(caus_rank *distances, const caus_rank *values,
                              size_t padded, caus_rank at)
{
    __m512i own = _mm512_set1_epi16((short)at);
    for (size_t j = 0; j < padded; j += WIDTH)
        store(distances + j, _mm512_max_epu16(load(distances + j),
                                              unequal(load(values + j), own)));
}

static inline void spread_ranks(const caus_neighbour_task *task, size_t padded)
{
    const caus_rank *values = task->moved.values;
    const caus_rank *fixed = task->fixed, *given = task->given;
    caus_rank *all = task->all, *both = task->both;
    __m512i at = _mm512_set1_epi16((short)task->at);
    for (size_t j = 0; j < padded; j += WIDTH) {
        __m512i own = apart(load(values + j), at);
        store(all + j, _mm512_max_epu16(own, load(fixed + j)));
        store(both + j, _mm512_max_epu16(own, load(given + j)));
    }
}

static inline void spread_codes(const caus_neighbour_task *task, size_t padded)
{
    const caus_rank *values = task->moved.values;
    const caus_rank *fixed = task->fixed, *given = task->given;
    caus_rank *all = task->all, *both = task->both;
    __m512i at = _mm512_set1_epi16((short)task->at);
    for (size_t j = 0; j < padded; j += WIDTH) {
        __m512i own = unequal(load(values + j), at);
        store(all + j, _mm512_max_epu16(own, load(fixed + j)));
        store(both + j, _mm512_max_epu16(own, load(given + j)));
    }
}

static inline void count_parts(const caus_neighbour_task *task, size_t padded,
                               caus_rank radius, caus_neighbour_counts *result)
{
    const caus_rank *in_fixed = task->fixed, *in_both = task->both;
    const caus_rank *in_given = task->given;
    __m512i most = _mm512_set1_epi16((short)radius);
    uint32_t fixed = 0, both = 0, given = 0;
    for (size_t j = 0; j < padded; j += WIDTH) {
        fixed += count_up_to(load(in_fixed + j), most);
        both += count_up_to(load(in_both + j), most);
        given += count_up_to(load(in_given + j), most);
    }
    result->fixed = fixed;
    result->moved = both;
    result->given = given;
}

static bool is_usable(void)
{
    return __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
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

const caus_neighbour_kernel caus_neighbour_avx512 = {
    .name = "avx512",
    .is_usable = is_usable,
    .fold = fold,
    .radius = radius,
    .count = count,
};
