/* SPDX-License-Identifier: Apache-2.0 */
/* Variables in one order, whatever theirs in the source. */
#ifndef CAUS_SRC_ROOTCAUSE_COLUMNS_H
#define CAUS_SRC_ROOTCAUSE_COLUMNS_H

#include "rootcause/rootcause_internal.h"

/*
 * Puts the variables in the order of their names: sums, ties and the streams
 * of random numbers go by their order, and the bytes of an answer with them.
 *
 *   about   with series and run; its series is another afterwards, in the run's
 *           scratch, where the order was
 *   result  [variable_count] what each was in the source; NULL = it is the same
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(values) where the order is another.
 */
caus_status caus_columns_sort(caus_case *about, const size_t **result,
                              caus_error *err);

/*
 * Tells an explanation of sorted variables in those of the source.
 *
 *   order   of caus_columns_sort()
 *   result  its parts that name variables are copied to `out`
 */
caus_status caus_columns_restore(const size_t *order, caus_arena *out,
                                 caus_explanation *result, caus_error *err);

#endif
