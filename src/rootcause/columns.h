/* SPDX-License-Identifier: Apache-2.0 */
/* Variables in one order, whatever theirs in the source. */
#ifndef CAUS_SRC_ROOTCAUSE_COLUMNS_H
#define CAUS_SRC_ROOTCAUSE_COLUMNS_H

#include "rootcause/rootcause_internal.h"

/*
 * Puts the variables in the order of their names: sums, ties and the streams
 * of random numbers go by their order, and the bytes of an answer with them.
 * Rows stay as they are: of a short question copying them is a good part.
 *
 *   about  with series, usual, run and out; where the order was another, its
 *          series has the variables sorted afterwards, in the run's scratch,
 *          and `columns` tells what each was in the source
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(variables · log variables).
 */
caus_status caus_columns_sort(caus_case *about, caus_error *err);

/*
 * Some variables of a case with their values, in that order, as a series of its
 * own. Fails like caus_series_select().
 *
 *   keep    [count]
 *   result  lives in the case's `out`
 */
caus_status caus_columns_select(const caus_case *about, const size_t *keep,
                                size_t count, caus_series *result,
                                caus_error *err);

/*
 * Tells an explanation of sorted variables in those of the source.
 *
 *   order   `columns` of caus_columns_sort()
 *   result  its parts that name variables are copied to `out`
 */
caus_status caus_columns_restore(const size_t *order, caus_arena *out,
                                 caus_explanation *result, caus_error *err);

#endif
