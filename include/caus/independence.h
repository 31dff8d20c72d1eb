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
    CAUS_TEST_COUNT
} caus_test;

typedef struct caus_test_options {
    caus_test test;
} caus_test_options;

/* Partial correlation. */
caus_test_options caus_test_options_default(void);

/* The word of the command line and of results, for example "parcorr". */
const char *caus_test_name(caus_test test);

/* The test of a word; false if there is none. */
bool caus_test_from_name(const char *name, caus_test *result);

CAUS_API_END
#endif
