/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditional mutual information from nearest neighbours, with a p-value from
 * permutations among rows whose conditions are alike.
 */
#ifndef CAUS_SRC_INDEPENDENCE_CMIKNN_H
#define CAUS_SRC_INDEPENDENCE_CMIKNN_H

#include "independence/independence.h"

/*
 * Makes CAUS_TEST_CMIKNN or CAUS_TEST_CMIKNN_MIXED.
 *
 *   options  checked here
 *   weights  [row_count] rows with weight 0 are left out, others count once: a
 *            repeated row would be its own nearest neighbour
 *   result   lives in `arena`; keeps `sample`. The df of its results is 1 + p,
 *            p = (e + 1) / (m + 1) with m the shuffles that were made and e
 *            those that reached the statistic; p_value() gives p rounded once
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (a setting), CAUS_ERR_LIMIT (more than
 * 65,534 rows), …_OUT_OF_MEMORY, …_CANCELLED, …_TIME_LIMIT.
 * Cost O(nodes · rows · log rows), memory 2 · nodes · rows bytes; a test costs
 * O(shuffles · rows²) comparisons, 16 or 32 at a time.
 */
caus_status caus_cmiknn_init(const caus_test_options *options,
                             const caus_sample *sample, const double *weights,
                             const caus_run *run, caus_arena *arena,
                             caus_independence *result, caus_error *err);

#endif
