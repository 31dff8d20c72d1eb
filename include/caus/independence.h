/* SPDX-License-Identifier: Apache-2.0 */
/* Which test of conditional independence a search asks, and its settings. */
#ifndef CAUS_INDEPENDENCE_H
#define CAUS_INDEPENDENCE_H

#include "base.h"

CAUS_API_BEGIN

typedef enum caus_test {
    CAUS_TEST_PARCORR,    /* partial correlation, Student's t */
    CAUS_TEST_GSQUARED,   /* G² of categories: at most 255 distinct values */
    CAUS_TEST_CHISQUARED, /* Pearson's χ², likewise */
    CAUS_TEST_FISHER_Z,   /* partial correlation, Fisher's z */
    CAUS_TEST_ROBUST,     /* partial correlation of normal scores */
    CAUS_TEST_WLS,        /* partial correlation, noise that changes in time */
    CAUS_TEST_COUNT
} caus_test;

typedef struct caus_test_options {
    caus_test test;
    /* parcorr-wls: a row's noise is the mean size of the residuals of this
     * many rows, the row itself the last; ≥ 2, default 10. */
    size_t wls_window;
    /* parcorr-wls: as tigramite 5.2 has it, rows before the first full window
     * get a noise of 1 in the variable's own unit, and no regression has a
     * constant. The answer then depends on units; default false: the noise of
     * the first full window, and constants. */
    bool wls_unit_start;
} caus_test_options;

/* Partial correlation; settings of other tests as said above. */
caus_test_options caus_test_options_default(void);

/* The word of the command line and of results, for example "parcorr". */
const char *caus_test_name(caus_test test);

/* The test of a word; false if there is none. */
bool caus_test_from_name(const char *name, caus_test *result);

CAUS_API_END
#endif
