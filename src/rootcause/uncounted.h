/* SPDX-License-Identifier: Apache-2.0 */
/* Failures of rows in which nobody counted any. */
#ifndef CAUS_SRC_ROOTCAUSE_UNCOUNTED_H
#define CAUS_SRC_ROOTCAUSE_UNCOUNTED_H

#include "rootcause/rootcause_internal.h"

/*
 * Fills counts of failures with 0 where their service counted requests, or
 * timed them, and no failure: many exporters tell of failures from the first
 * on, and hosted clouds only of rows with some. What comes before the first
 * value is filled; and gaps behind it, where it never was 0 and two rows in
 * succession have one, so that it is not measured less often than the others.
 * What has no value in less than a tenth of the rows stays as it is.
 *
 *   about  with series, run and out; its series is another afterwards where
 *          anything is filled
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_CANCELLED, …_TIME_LIMIT. Cost O(values
 * of the services of which failures have gaps).
 */
caus_status caus_uncounted_fill(caus_case *about, caus_error *err);

#endif
