/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static structure learning from categories: a variable's distinct values, 255
 * at most, are its categories, in no order.
 */
#ifndef CAUS_DISCRETE_H
#define CAUS_DISCRETE_H

#include "structure.h"

CAUS_API_BEGIN

/*
 * Learns a completed graph by PC-stable with tests of contingency tables.
 *
 *   series   all segments pooled; a row with a missing value is left out of the
 *            tests of that variable alone
 *   options  NULL = default; as for caus_discover_pc()
 *   test     CAUS_TEST_GSQUARED or CAUS_TEST_CHISQUARED
 *   result   lives in `out`, as from caus_discover_pc(), but `statistic` is G²
 *            or χ² of the separating test, or, of an edge, of the one that came
 *            nearest to its critical value; `p_value` goes with it, of edges
 *            only; nothing is `singular`
 *
 * Degrees of freedom are summed over the strata of the conditions, rows and
 * columns without a count left out. With none left the pair counts as
 * independent: variables that determine each other lose edges to third ones.
 * Neither the order of columns nor the number of threads changes the result.
 * Assumes no hidden common cause, rows independent of each other, faithfulness,
 * and counts of about five or more in the cells that matter.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (alpha, test, more than 255 distinct
 * values of a variable, which is named), CAUS_ERR_TOO_FEW_SAMPLES (no row),
 * …_LIMIT, …_CANCELLED, …_OUT_OF_MEMORY.
 * Cost O(rows · variables²/64) and about rows · cells / 700 ns a test; the
 * number of tests is exponential in the largest number of neighbours.
 */
caus_status caus_discover_discrete_pc(const caus_series *series,
                                      const caus_pc_options *options,
                                      caus_test test, const caus_run *run,
                                      caus_arena *out, caus_discovery *result,
                                      caus_error *err);

CAUS_API_END
#endif
