/* SPDX-License-Identifier: Apache-2.0 */
/* Many exponentials and cosines at once. */
#ifndef CAUS_SRC_NUMERIC_DECAY_H
#define CAUS_SRC_NUMERIC_DECAY_H

#include "base/base.h"

typedef struct caus_decay_kernel {
    const char *name; /* "portable", "avx2", "avx512" */
    bool (*is_usable)(void);
    /* out[i] = exp(factor · values[i]) for arguments in [−700, 0]; below,
     * exp(−700). Relative error below 1e-15. */
    void (*decay)(const double *values, double factor, size_t count,
                  double *out);
    /* values[i] = cos(values[i]) for |values[i]| < 1e6; error below 1e-14 for
     * arguments below 100, 1e-10 up to the limit. */
    void (*cosine)(double *values, size_t count);
} caus_decay_kernel;

/* Every kernel of this build, slowest first; the first is always usable. All
 * give the same bits. */
const caus_decay_kernel *caus_decay_kernels(size_t *count);

/* The fastest kernel that this processor runs. */
const caus_decay_kernel *caus_decay_best(void);

#endif
