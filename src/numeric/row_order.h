/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a column by their values. */
#ifndef CAUS_SRC_NUMERIC_ROW_ORDER_H
#define CAUS_SRC_NUMERIC_ROW_ORDER_H

#include "base/base.h"

/* A value as bits that compare as doubles do, and the rows in a row that have
 * it: what is scraped less often than it is asked for stays for some. */
typedef struct caus_ordered {
    uint64_t key;
    uint32_t row, count;
} caus_ordered;

/* How many caus_ordered caus_order_rows() needs as scratch. */
size_t caus_order_room(size_t count);

/*
 * Rows of a column by their value; equal ones, 0 and −0 too, by row.
 *
 *   values   [count < 2^32]; NaN is left out
 *   scratch  [caus_order_room(count)]
 *   rows     [count] set: those of the values present
 *   result   how many
 *
 * Cost O(count log count).
 */
size_t caus_order_rows(const double *values, size_t count,
                       caus_ordered *scratch, uint32_t *rows);

#endif
