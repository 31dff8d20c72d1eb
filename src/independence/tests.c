/* SPDX-License-Identifier: Apache-2.0 */
/* The table of tests: a new one is a line here. */
#include <string.h>

#include "independence/discrete.h"

typedef caus_status init_fn(const caus_test_options *options,
                            const caus_sample *sample, const double *weights,
                            int threads, const caus_run *run, caus_arena *arena,
                            caus_independence *result, caus_error *err);

static caus_status init_parcorr(const caus_test_options *options,
                                const caus_sample *sample,
                                const double *weights, int threads,
                                const caus_run *run, caus_arena *arena,
                                caus_independence *result, caus_error *err)
{
    (void)options;
    return caus_parcorr_init(sample, weights, threads, run, arena, result, err);
}

static caus_status init_gsquared(const caus_test_options *options,
                                 const caus_sample *sample,
                                 const double *weights, int threads,
                                 const caus_run *run, caus_arena *arena,
                                 caus_independence *result, caus_error *err)
{
    (void)threads;
    caus_table_kind kind = options->test == CAUS_TEST_GSQUARED
                               ? CAUS_TABLE_G_SQUARED
                               : CAUS_TABLE_CHI_SQUARED;
    return caus_gsquared_init(kind, sample, weights, run, arena, result, err);
}

static const struct {
    const char *name;
    init_fn *init;
} tests[CAUS_TEST_COUNT] = {
    [CAUS_TEST_PARCORR] = {"parcorr", init_parcorr},
    [CAUS_TEST_GSQUARED] = {"gsquared", init_gsquared},
    [CAUS_TEST_CHISQUARED] = {"chisquared", init_gsquared},
};

caus_test_options caus_test_options_default(void)
{
    return (caus_test_options){.test = CAUS_TEST_PARCORR};
}

const char *caus_test_name(caus_test test)
{
    return tests[test].name;
}

bool caus_test_from_name(const char *name, caus_test *result)
{
    for (size_t k = 0; k < CAUS_TEST_COUNT; k++) {
        if (strcmp(tests[k].name, name) == 0) {
            *result = (caus_test)k;
            return true;
        }
    }
    return false;
}

caus_status caus_independence_init(const caus_test_options *options,
                                   const caus_sample *sample,
                                   const double *weights, int threads,
                                   const caus_run *run, caus_arena *arena,
                                   caus_independence *result, caus_error *err)
{
    return tests[options->test].init(options, sample, weights, threads, run,
                                     arena, result, err);
}
