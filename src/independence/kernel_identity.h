/* SPDX-License-Identifier: Apache-2.0 */
/* What tests on the rows themselves make of nodes, whatever the order of the
 * columns. */
#ifndef CAUS_SRC_INDEPENDENCE_KERNEL_IDENTITY_H
#define CAUS_SRC_INDEPENDENCE_KERNEL_IDENTITY_H

#include "independence/linear_internal.h"

/* A number for every node [node_count] that follows from the name of its
 * variable and its lag; fails when memory is out. */
caus_status caus_kernel_identify(const caus_sample *sample, caus_arena *arena,
                                 const uint64_t **result, caus_error *err);

/* Puts nodes into the order of their numbers. */
void caus_kernel_sort(const uint64_t *identity, caus_node *nodes, size_t count);

/* A node's values in the rows of the test with mean 0 and variance 1; false
 * when all are equal. */
bool caus_kernel_standardise(const caus_linear_work *work, caus_node node,
                             double *column);

#endif
