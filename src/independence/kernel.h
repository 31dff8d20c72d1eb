/* SPDX-License-Identifier: Apache-2.0 */
/* The randomised conditional correlation test (Strobl, Zhang & Visweswaran
 * 2019): a kernel test on random Fourier features. */
#ifndef CAUS_SRC_INDEPENDENCE_KERNEL_H
#define CAUS_SRC_INDEPENDENCE_KERNEL_H

#include "independence/independence.h"

/*
 * Makes CAUS_TEST_RCOT.
 *
 *   options  checked here
 *   result   lives in `arena`; keeps `sample`. The statistic is the mean square
 *            of the covariances between features of source and target, in
 *            [0, 1]; the df of its results is 1 − log(p), so that small p keep
 *            their digits
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (a setting), …_OUT_OF_MEMORY,
 * …_CANCELLED, …_TIME_LIMIT. Cost of a test O(rows · features²), memory
 * 16 · rows · features bytes a thread.
 */
caus_status caus_rcot_init(const caus_test_options *options,
                           const caus_sample *sample, const caus_run *run,
                           caus_arena *arena, caus_independence *result,
                           caus_error *err);

#endif
