/* SPDX-License-Identifier: Apache-2.0 */
/* Distance correlation of what Gaussian processes leave of two variables. */
#ifndef CAUS_SRC_INDEPENDENCE_GPDC_H
#define CAUS_SRC_INDEPENDENCE_GPDC_H

#include "independence/independence.h"

/*
 * Makes CAUS_TEST_GPDC.
 *
 *   weights  [row_count] rows with weight 0 are left out, others count once: a
 *            repeated row would have no noise of its own
 *   result   lives in `arena`; keeps `sample`. The df of its results is the
 *            number of rows
 *
 * Fails with CAUS_ERR_LIMIT (more than 4,096 rows), …_OUT_OF_MEMORY,
 * …_CANCELLED, …_TIME_LIMIT. Cost of a test about 25 factorisations of rows³ /
 * 3 at worst, memory 28 · rows² bytes a thread.
 */
caus_status caus_gpdc_init(const caus_sample *sample, const double *weights,
                           const caus_run *run, caus_arena *arena,
                           caus_independence *result, caus_error *err);

#endif
