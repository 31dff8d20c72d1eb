/* SPDX-License-Identifier: Apache-2.0 */
/* The table of tests: a new one is a line here. */
#include <string.h>

#include "independence/cmiknn.h"
#include "independence/discrete.h"
#include "independence/gpdc.h"
#include "independence/kernel.h"
#include "independence/linear_internal.h"

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

static caus_status init_fisher_z(const caus_test_options *options,
                                 const caus_sample *sample,
                                 const double *weights, int threads,
                                 const caus_run *run, caus_arena *arena,
                                 caus_independence *result, caus_error *err)
{
    (void)options;
    return caus_fisher_z_init(sample, weights, threads, run, arena, result,
                              err);
}

static caus_status init_robust(const caus_test_options *options,
                               const caus_sample *sample, const double *weights,
                               int threads, const caus_run *run,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err)
{
    (void)options;
    return caus_robust_init(sample, weights, threads, run, arena, result, err);
}

static caus_status init_wls(const caus_test_options *options,
                            const caus_sample *sample, const double *weights,
                            int threads, const caus_run *run, caus_arena *arena,
                            caus_independence *result, caus_error *err)
{
    (void)weights, (void)threads;
    return caus_wls_init(options, sample, run, arena, result, err);
}

static caus_status init_vectors(const caus_test_options *options,
                                const caus_sample *sample,
                                const double *weights, int threads,
                                const caus_run *run, caus_arena *arena,
                                caus_independence *result, caus_error *err)
{
    return caus_vectors_init(options, sample, weights, threads, run, arena,
                             result, err);
}

static caus_status init_cmiknn(const caus_test_options *options,
                               const caus_sample *sample, const double *weights,
                               int threads, const caus_run *run,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err)
{
    (void)threads;
    return caus_cmiknn_init(options, sample, weights, run, arena, result, err);
}

static caus_status init_gpdc(const caus_test_options *options,
                             const caus_sample *sample, const double *weights,
                             int threads, const caus_run *run,
                             caus_arena *arena, caus_independence *result,
                             caus_error *err)
{
    (void)options, (void)threads;
    return caus_gpdc_init(sample, weights, run, arena, result, err);
}

static caus_status init_rcot(const caus_test_options *options,
                             const caus_sample *sample, const double *weights,
                             int threads, const caus_run *run,
                             caus_arena *arena, caus_independence *result,
                             caus_error *err)
{
    (void)weights, (void)threads;
    return caus_rcot_init(options, sample, run, arena, result, err);
}

static const struct {
    const char *name;
    init_fn *init;
    bool is_rows_only; /* takes no weights: resampled rows are repeated */
    bool takes_sums;   /* follows from sums of products, without rows */
} tests[CAUS_TEST_COUNT] = {
    [CAUS_TEST_PARCORR] = {"parcorr", init_parcorr, false, true},
    [CAUS_TEST_GSQUARED] = {"gsquared", init_gsquared, false, false},
    [CAUS_TEST_CHISQUARED] = {"chisquared", init_gsquared, false, false},
    [CAUS_TEST_FISHER_Z] = {"fisher-z", init_fisher_z, false, true},
    [CAUS_TEST_ROBUST] = {"robust-parcorr", init_robust, false, false},
    [CAUS_TEST_WLS] = {"parcorr-wls", init_wls, true, false},
    [CAUS_TEST_VECTORS] = {"parcorr-mult", init_vectors, false, false},
    [CAUS_TEST_CMIKNN] = {"cmiknn", init_cmiknn, false, false},
    [CAUS_TEST_CMIKNN_MIXED] = {"cmiknn-mixed", init_cmiknn, false, false},
    [CAUS_TEST_GPDC] = {"gpdc", init_gpdc, false, false},
    [CAUS_TEST_RCOT] = {"rcot", init_rcot, true, false},
};

caus_test_options caus_test_options_default(void)
{
    return (caus_test_options){.test = CAUS_TEST_PARCORR,
                               .knn = {.neighbours = .2,
                                       .shuffle_neighbours = 5,
                                       .shuffles = 500,
                                       .shuffle_alpha = .2},
                               .kernel = {.features = 100, .side_features = 5},
                               .wls_window = 10};
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

static caus_status init_test(const caus_test_options *options,
                             const caus_sample *sample, const double *weights,
                             int threads, const caus_run *run,
                             caus_arena *arena, caus_independence *result,
                             caus_error *err)
{
    CAUS_TRY(tests[options->test].init(options, sample, weights, threads, run,
                                       arena, result, err));
    if (options->interval == CAUS_INTERVAL_STUDENT &&
        options->test != CAUS_TEST_FISHER_Z && result->interval)
        result->interval = caus_interval_student;
    if (options->interval != CAUS_INTERVAL_ROWS)
        result->place = NULL;
    return CAUS_OK;
}

caus_status caus_independence_init(const caus_test_options *options,
                                   const caus_sample *sample,
                                   const double *weights, int threads,
                                   const caus_run *run, caus_arena *arena,
                                   caus_independence *result, caus_error *err)
{
    if (sample->gram && (weights || !tests[options->test].takes_sums))
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "%s %s, and a gram holds none: give --test parcorr "
                         "or fisher-z without resampling, or the data itself",
                         tests[options->test].name,
                         weights ? "resamples rows" : "needs rows");
    if (!weights || !tests[options->test].is_rows_only)
        return init_test(options, sample, weights, threads, run, arena, result,
                         err);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_sample *repeated = CAUS_ARRAY(arena, caus_sample, 1);
    if (!repeated)
        return caus_arena_fail(arena, err);
    caus_status status =
        caus_sample_repeat(sample, weights, arena, repeated, err);
    if (status == CAUS_OK)
        status = init_test(options, repeated, NULL, threads, run, arena, result,
                           err);
    if (status != CAUS_OK)
        caus_arena_rewind(arena, mark);
    return status;
}
