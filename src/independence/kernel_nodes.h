/* SPDX-License-Identifier: Apache-2.0 */
/* What tests on the rows themselves make of nodes, whatever the order of the
 * columns. */
#ifndef CAUS_SRC_INDEPENDENCE_KERNEL_NODES_H
#define CAUS_SRC_INDEPENDENCE_KERNEL_NODES_H

#include "independence/linear_internal.h"

/* Puts nodes into the order of their numbers. */
void caus_kernel_sort(const uint64_t *identity, caus_node *nodes, size_t count);

/* A node's values in the rows of the test with mean 0 and variance 1; false
 * when all are equal. */
bool caus_kernel_standardise(const caus_linear_work *work, caus_node node,
                             double *column);

#endif
