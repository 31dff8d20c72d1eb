/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as bits: which of them are in two sets. */
#ifndef CAUS_SRC_INDEPENDENCE_DISCRETE_BITS_H
#define CAUS_SRC_INDEPENDENCE_DISCRETE_BITS_H

#include "base/base.h"

/* Words come in multiples of this, aligned to 64 bytes. */
enum { CAUS_BITS_LANES = 8 };

typedef struct caus_bits_kernel {
    const char *name;
    bool (*is_usable)(void);
    /* Rows in both sets. */
    size_t (*count)(const uint64_t *a, const uint64_t *b, size_t words);
    /* The same, and the rows go to `both`. */
    size_t (*intersect)(const uint64_t *a, const uint64_t *b, uint64_t *both,
                        size_t words);
    double word_cost; /* of counting, in units of looking up a row's cell */
} caus_bits_kernel;

/* All kernels of this build, slowest first. */
const caus_bits_kernel *caus_bits_kernels(size_t *count);

/* The fastest one that this processor has. */
const caus_bits_kernel *caus_bits_best(void);

size_t caus_bits_count_portable(const uint64_t *a, const uint64_t *b,
                                size_t words);
size_t caus_bits_intersect_portable(const uint64_t *a, const uint64_t *b,
                                    uint64_t *both, size_t words);
size_t caus_bits_count_popcnt(const uint64_t *a, const uint64_t *b,
                              size_t words);
size_t caus_bits_intersect_popcnt(const uint64_t *a, const uint64_t *b,
                                  uint64_t *both, size_t words);
size_t caus_bits_count_avx512(const uint64_t *a, const uint64_t *b,
                              size_t words);
size_t caus_bits_intersect_avx512(const uint64_t *a, const uint64_t *b,
                                  uint64_t *both, size_t words);

#endif
