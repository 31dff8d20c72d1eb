/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of neighbours.h, one file an instruction set. */
#ifndef CAUS_SRC_NUMERIC_NEIGHBOURS_INTERNAL_H
#define CAUS_SRC_NUMERIC_NEIGHBOURS_INTERNAL_H

#include "numeric/neighbours.h"

extern const caus_neighbour_kernel caus_neighbour_portable;
extern const caus_neighbour_kernel caus_neighbour_sse2;
extern const caus_neighbour_kernel caus_neighbour_avx2;
extern const caus_neighbour_kernel caus_neighbour_avx512;

#endif
