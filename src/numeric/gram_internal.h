/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of gram.c, one file an instruction set. */
#ifndef CAUS_SRC_NUMERIC_GRAM_INTERNAL_H
#define CAUS_SRC_NUMERIC_GRAM_INTERNAL_H

#include "numeric/numeric.h"

/* Rows worked on at a time, so that a tile's columns stay in cache. */
enum { CAUS_GRAM_ROWS = 128 };

void caus_gram_add_portable(const caus_gram_task *task);
void caus_gram_add_avx2(const caus_gram_task *task);
void caus_gram_add_avx512(const caus_gram_task *task);

#endif
