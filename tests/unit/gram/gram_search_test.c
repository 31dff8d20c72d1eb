/* SPDX-License-Identifier: Apache-2.0 */
/* Searches on sums find what they find on the pooled rows. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/granger.h"
#include "caus/jpcmciplus.h"
#include "caus/lingam.h"
#include "caus/lpcmci.h"
#include "caus/structure.h"
#include "shards.h"
#include "test.h"

enum { N = SHARD_VARIABLES, LAGS = 2, SHARDS = 4, ROWS = 700 };

static const size_t shard_rows[SHARDS] = {200, 90, 310, 100};

typedef struct fixture {
    caus_arena *arena;
    caus_run *run;
    caus_series pooled; /* rows */
    caus_gram gram;     /* of the shards, merged */
    caus_series sums;
} fixture;

static void setup(fixture *f, const double *values)
{
    caus_gram grams[SHARDS];
    caus_error err;
    assert_int_equal(caus_run_new(NULL, &f->run, &err), CAUS_OK);
    f->pooled = shards_series(f->arena, values, shard_rows, SHARDS, 0);
    for (size_t s = 0; s < SHARDS; s++) {
        caus_series one = shards_one(f->arena, &f->pooled, s);
        grams[s] = shards_build(f->arena, &one, LAGS);
    }
    f->gram = shards_merge(f->arena, grams, SHARDS);
    assert_int_equal(caus_series_from_gram(&f->gram, f->arena, &f->sums, &err),
                     CAUS_OK);
}

static void teardown(fixture *f)
{
    caus_run_free(f->run);
    caus_arena_free(f->arena);
}

static void check_near(double a, double b)
{
    if (isnan(a) && isnan(b))
        return;
    assert_true(fabs(a - b) <= 1e-9);
}

static void check_same(const caus_discovery *rows, const caus_discovery *sums)
{
    size_t cells = N * N * (rows->graph.max_lag + 1);
    assert_int_equal(rows->graph.max_lag, sums->graph.max_lag);
    assert_int_equal(rows->rows_used, sums->rows_used);
    assert_int_equal(rows->test_count, sums->test_count);
    for (size_t s = 0; s < N; s++)
        for (size_t t = 0; t < N; t++)
            for (size_t lag = 0; lag <= rows->graph.max_lag; lag++) {
                caus_edge a = caus_graph_get(&rows->graph, s, t, lag);
                caus_edge b = caus_graph_get(&sums->graph, s, t, lag);
                assert_int_equal(a.source, b.source);
                assert_int_equal(a.target, b.target);
            }
    for (size_t cell = 0; cell < cells; cell++) {
        check_near(rows->statistic[cell], sums->statistic[cell]);
        check_near(rows->p_value[cell], sums->p_value[cell]);
    }
}

static void check_lagged(fixture *f, caus_method method, size_t lags,
                         const caus_series *rows)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery from_rows, from_sums;
    caus_error err;
    options.method = method;
    options.max_lag = lags;
    options.all_links = true;
    options.pc_alpha = method == CAUS_METHOD_PCMCI ? (double)NAN : .05;
    assert_int_equal(
        caus_discover_pcmci(rows, &options, f->run, f->arena, &from_rows, &err),
        CAUS_OK);
    assert_int_equal(caus_discover_pcmci(&f->sums, &options, f->run, f->arena,
                                         &from_sums, &err),
                     CAUS_OK);
    check_same(&from_rows, &from_sums);
}

static void check_lpcmci(fixture *f)
{
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_discovery from_rows, from_sums;
    caus_error err;
    options.max_lag = LAGS;
    assert_int_equal(caus_discover_lpcmci(&f->pooled, &options, f->run,
                                          f->arena, &from_rows, &err),
                     CAUS_OK);
    assert_int_equal(caus_discover_lpcmci(&f->sums, &options, f->run, f->arena,
                                          &from_sums, &err),
                     CAUS_OK);
    check_same(&from_rows, &from_sums);
}

static void the_pcmci_family_finds_the_same_on_sums_as_on_rows(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        fixture f = {.arena = caus_arena_new(0)};
        setup(&f, shards_values(f.arena, ROWS, seed));
        check_lagged(&f, CAUS_METHOD_PCMCI, LAGS, &f.pooled);
        check_lagged(&f, CAUS_METHOD_PCMCIPLUS, LAGS, &f.pooled);
        check_lagged(&f, CAUS_METHOD_FULLCI, LAGS, &f.pooled);
        check_lpcmci(&f);
        teardown(&f);
    }
}

/* Row windows are those of the lags that the sums were built for. */
static void fewer_lags_than_were_built_use_the_same_rows(void **state)
{
    (void)state;
    fixture f = {.arena = caus_arena_new(0)};
    setup(&f, shards_values(f.arena, ROWS, 4));
    caus_segment later[SHARDS];
    caus_series cut = f.pooled;
    for (size_t s = 0; s < SHARDS; s++) {
        later[s] = f.pooled.segments[s];
        later[s].values += 2 * N;
        later[s].row_count -= 2;
        later[s].word_count = (later[s].row_count + 63) / 64;
    }
    cut.segments = later;
    check_lagged(&f, CAUS_METHOD_PCMCIPLUS, LAGS - 1, &cut);
    teardown(&f);
}

/* Means a million deviations away, and sizes 2^40 apart. */
static void far_means_and_mixed_scales_cost_no_digits(void **state)
{
    (void)state;
    fixture f = {.arena = caus_arena_new(0)};
    double *values = shards_values(f.arena, ROWS, 5);
    for (size_t r = 0; r < ROWS; r++) {
        values[r * N] = 0x1p-20 * values[r * N];
        values[r * N + 1] = 0x1p20 * (values[r * N + 1] + 1e6);
    }
    setup(&f, values);
    check_lagged(&f, CAUS_METHOD_PCMCI, LAGS, &f.pooled);
    check_lagged(&f, CAUS_METHOD_PCMCIPLUS, LAGS, &f.pooled);
    teardown(&f);
}

/* Residual variances of 1e-10, where an elimination in doubles has six digits
 * left. */
static void nearly_collinear_columns_keep_their_digits(void **state)
{
    (void)state;
    fixture f = {.arena = caus_arena_new(0)};
    double *values = shards_values(f.arena, ROWS, 6);
    for (size_t r = 0; r < ROWS; r++)
        values[r * N + 2] =
            values[r * N] - values[r * N + 1] + 1e-5 * values[r * N + 2];
    setup(&f, values);
    check_lagged(&f, CAUS_METHOD_PCMCI, LAGS, &f.pooled);
    check_lagged(&f, CAUS_METHOD_PCMCIPLUS, LAGS, &f.pooled);
    teardown(&f);
}

static void
constant_duplicate_and_dependent_columns_are_as_of_rows(void **state)
{
    (void)state;
    fixture f = {.arena = caus_arena_new(0)};
    double *values = shards_values(f.arena, ROWS, 7);
    for (size_t r = 0; r < ROWS; r++) {
        values[r * N + 1] = 3.7;
        values[r * N + 2] = values[r * N];
        values[r * N + 4] = values[r * N] + values[r * N + 3];
    }
    setup(&f, values);
    check_lagged(&f, CAUS_METHOD_PCMCI, LAGS, &f.pooled);
    check_lagged(&f, CAUS_METHOD_PCMCIPLUS, LAGS, &f.pooled);
    caus_quality quality;
    assert_int_equal(
        caus_quality_examine(&f.sums, f.run, f.arena, &quality, NULL), CAUS_OK);
    assert_int_equal(quality.warning_count, 1);
    assert_non_null(strstr(quality.warnings[0], "x1 has one value"));
    teardown(&f);
}

static void pc_finds_the_same_without_lags(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    size_t rows = ROWS;
    caus_run *run;
    caus_error err;
    caus_series series =
        shards_series(arena, shards_values(arena, ROWS, 8), &rows, 1, 0);
    caus_gram gram = shards_build(arena, &series, 0);
    caus_series sums;
    caus_discovery from_rows, from_sums;
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    assert_int_equal(caus_series_from_gram(&gram, arena, &sums, &err), CAUS_OK);
    assert_int_equal(
        caus_discover_pc(&series, NULL, run, arena, &from_rows, &err), CAUS_OK);
    assert_int_equal(
        caus_discover_pc(&sums, NULL, run, arena, &from_sums, &err), CAUS_OK);
    check_same(&from_rows, &from_sums);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void what_needs_rows_says_so(void **state)
{
    (void)state;
    fixture f = {.arena = caus_arena_new(0)};
    setup(&f, shards_values(f.arena, ROWS, 9));
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery found;
    caus_lingam lingam;
    caus_granger granger;
    caus_jpcmciplus joint;
    caus_error err;
    options.max_lag = LAGS;
    static const caus_test tests[] = {CAUS_TEST_ROBUST, CAUS_TEST_WLS,
                                      CAUS_TEST_GSQUARED, CAUS_TEST_CMIKNN};
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) {
        options.test.test = tests[k];
        assert_int_equal(caus_discover_pcmci(&f.sums, &options, f.run, f.arena,
                                             &found, &err),
                         CAUS_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.message, "needs rows"));
    }
    options.test.test = CAUS_TEST_PARCORR;
    options.bootstrap = 3;
    assert_int_equal(
        caus_discover_pcmci(&f.sums, &options, f.run, f.arena, &found, &err),
        CAUS_ERR_UNSUPPORTED);
    options.bootstrap = 0;
    options.max_lag = LAGS + 1;
    assert_int_equal(
        caus_discover_pcmci(&f.sums, &options, f.run, f.arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "build them with a larger --max-lag"));
    assert_int_equal(
        caus_discover_lingam(&f.sums, NULL, f.run, f.arena, &lingam, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_int_equal(
        caus_discover_granger(&f.sums, NULL, f.run, f.arena, &granger, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_int_not_equal(
        caus_discover_jpcmciplus(&f.sums, NULL, f.run, f.arena, &joint, &err),
        CAUS_OK);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pcmci_family_finds_the_same_on_sums_as_on_rows),
        cmocka_unit_test(fewer_lags_than_were_built_use_the_same_rows),
        cmocka_unit_test(far_means_and_mixed_scales_cost_no_digits),
        cmocka_unit_test(nearly_collinear_columns_keep_their_digits),
        cmocka_unit_test(
            constant_duplicate_and_dependent_columns_are_as_of_rows),
        cmocka_unit_test(pc_finds_the_same_without_lags),
        cmocka_unit_test(what_needs_rows_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
