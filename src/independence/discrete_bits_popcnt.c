/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled for processors that count bits in one instruction. */
#include "independence/discrete_bits.h"

size_t caus_bits_count_popcnt(const uint64_t *a, const uint64_t *b,
                              size_t words)
{
    size_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += (size_t)__builtin_popcountll(a[w] & b[w]);
    return count;
}

size_t caus_bits_intersect_popcnt(const uint64_t *a, const uint64_t *b,
                                  uint64_t *both, size_t words)
{
    size_t count = 0;
    for (size_t w = 0; w < words; w++) {
        both[w] = a[w] & b[w];
        count += (size_t)__builtin_popcountll(both[w]);
    }
    return count;
}
