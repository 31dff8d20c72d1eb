/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of decay.c, one file an instruction set. */
#ifndef CAUS_SRC_NUMERIC_DECAY_INTERNAL_H
#define CAUS_SRC_NUMERIC_DECAY_INTERNAL_H

#include "numeric/decay.h"

void caus_decay_portable(const double *values, double factor, size_t count,
                         double *out);
void caus_decay_avx2(const double *values, double factor, size_t count,
                     double *out);
void caus_decay_avx512(const double *values, double factor, size_t count,
                       double *out);
void caus_cosine_portable(double *values, size_t count);
void caus_cosine_avx2(double *values, size_t count);
void caus_cosine_avx512(double *values, size_t count);

#endif
