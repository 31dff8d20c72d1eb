/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/decay_internal.h"
#include "numeric/decay_kernel.h"

void caus_decay_avx2(const double *values, double factor, size_t count,
                     double *out)
{
    caus_decay_loop(values, factor, count, out);
}

void caus_cosine_avx2(double *values, size_t count)
{
    caus_cosine_loop(values, count);
}
