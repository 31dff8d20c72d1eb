/* SPDX-License-Identifier: Apache-2.0 */
/* What must not change a byte, and error rates where there is nothing. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/correlation.h"
#include "caus/dagma.h"
#include "caus/granger.h"
#include "caus/lingam.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "test.h"

/* One answer of each method: the numbers that are to be compared. */
typedef struct answers {
    caus_lingam lingam;
    caus_granger granger, pairwise;
    caus_discovery pearson, spearman;
    caus_dagma dagma, notears;
} answers;

enum { COLUMNS = 7, ROWS = 160, LAGS = 2 };

static void ask(const caus_series *series, int threads, caus_arena *arena,
                answers *found)
{
    caus_run *run =
        given_run(&(caus_run_options){.threads = threads, .seed = 5});
    caus_lingam_options lingam = caus_lingam_options_default();
    caus_granger_options granger = caus_granger_options_default();
    caus_correlation_options correlation = caus_correlation_options_default();
    caus_dagma_options dagma = caus_dagma_options_default();
    lingam.max_lag = granger.max_lag = correlation.max_lag = LAGS;
    lingam.bootstrap = 4;
    granger.fdr = correlation.fdr = CAUS_FDR_BH;
    correlation.effective_rows = true;
    caus_dagma_options notears = caus_notears_options_default();
    dagma.iterations = 1000;
    assert_int_equal(
        caus_discover_lingam(series, &lingam, run, arena, &found->lingam, NULL),
        CAUS_OK);
    assert_int_equal(caus_discover_granger(series, &granger, run, arena,
                                           &found->granger, NULL),
                     CAUS_OK);
    granger.pairwise = true;
    assert_int_equal(caus_discover_granger(series, &granger, run, arena,
                                           &found->pairwise, NULL),
                     CAUS_OK);
    assert_int_equal(caus_discover_correlation(series, &correlation, run, arena,
                                               &found->pearson, NULL),
                     CAUS_OK);
    correlation.kind = CAUS_CORRELATION_SPEARMAN;
    assert_int_equal(caus_discover_correlation(series, &correlation, run, arena,
                                               &found->spearman, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_discover_dagma(series, &dagma, run, arena, &found->dagma, NULL),
        CAUS_OK);
    assert_int_equal(caus_discover_dagma(series, &notears, run, arena,
                                         &found->notears, NULL),
                     CAUS_OK);
    caus_run_free(run);
}

static double *values_of(caus_arena *arena)
{
    caus_random random;
    caus_random_init(&random, 77, 0);
    double *x = CAUS_ARRAY(arena, double, ROWS *COLUMNS);
    assert_non_null(x);
    for (size_t t = 0; t < ROWS; t++)
        for (size_t v = 0; v < COLUMNS; v++) {
            double *now = &x[t * COLUMNS + v];
            *now = caus_random_uniform(&random);
            if (v)
                *now += .7 * now[-1];
            if (t)
                *now += .3 * now[-COLUMNS];
        }
    for (size_t t = 0; t < ROWS; t += 31)
        x[t * COLUMNS + t % 3] = (double)NAN;
    return x;
}

static caus_series series_of(const double *values, caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, values, ROWS, 1000,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

/* Whether numbers by cell are the same with variables in another order. */
static void assert_same(const double *a, const double *b, const size_t *place,
                        size_t lags)
{
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            assert_memory_equal(a + (i * COLUMNS + j) * lags,
                                b + (place[i] * COLUMNS + place[j]) * lags,
                                lags * sizeof *a);
}

static void assert_same_graph(const caus_graph *a, const caus_graph *b,
                              const size_t *place)
{
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            for (size_t lag = 0; lag <= a->max_lag; lag++) {
                if (lag == 0 && i == j)
                    continue;
                assert_string_equal(
                    caus_edge_text(caus_graph_get(a, i, j, lag)),
                    caus_edge_text(caus_graph_get(b, place[i], place[j], lag)));
            }
}

static void assert_same_answers(const answers *a, const answers *b,
                                const size_t *place)
{
    size_t lags = LAGS + 1;
    for (size_t k = 0; k < COLUMNS; k++)
        assert_int_equal(place[a->lingam.order[k]], b->lingam.order[k]);
    assert_same_graph(&a->lingam.found.graph, &b->lingam.found.graph, place);
    assert_same(a->lingam.found.statistic, b->lingam.found.statistic, place,
                lags);
    assert_same(a->lingam.found.p_value, b->lingam.found.p_value, place, lags);
    assert_same(a->lingam.found.stability, b->lingam.found.stability, place,
                lags);
    assert_same(a->granger.statistic, b->granger.statistic, place, 1);
    assert_same(a->granger.q_value, b->granger.q_value, place, 1);
    assert_same(a->pairwise.statistic, b->pairwise.statistic, place, 1);
    assert_same_graph(&a->granger.found.graph, &b->granger.found.graph, place);
    assert_same_graph(&a->pearson.graph, &b->pearson.graph, place);
    assert_same(a->pearson.statistic, b->pearson.statistic, place, lags);
    assert_same(a->pearson.q_value, b->pearson.q_value, place, lags);
    assert_same(a->spearman.statistic, b->spearman.statistic, place, lags);
    assert_same(a->spearman.lower, b->spearman.lower, place, lags);
    assert_same(a->dagma.found.statistic, b->dagma.found.statistic, place, 1);
    assert_same(a->notears.found.statistic, b->notears.found.statistic, place,
                1);
}

static void threads_do_not_change_a_byte(void **unused)
{
    (void)unused;
    static const size_t same[COLUMNS] = {0, 1, 2, 3, 4, 5, 6};
    caus_arena *arena = caus_arena_new(0);
    answers one, more;
    caus_series series = series_of(values_of(arena), arena);
    ask(&series, 1, arena, &one);
    for (int threads = 2; threads <= 4; threads += 2) {
        ask(&series, threads, arena, &more);
        assert_same_answers(&one, &more, same);
        assert_same(one.lingam.coefficient, more.lingam.coefficient, same,
                    LAGS + 1);
        assert_same(one.dagma.weight, more.dagma.weight, same, 1);
        assert_same(one.notears.weight, more.notears.weight, same, 1);
        assert_int_equal(one.lingam.found.test_count,
                         more.lingam.found.test_count);
    }
    caus_arena_free(arena);
}

/* DAGMA depends on the scale: it is shown the same units. */
static void column_order_and_scale_do_not_change_a_byte(void **unused)
{
    (void)unused;
    static const size_t place[COLUMNS] = {3, 6, 0, 5, 1, 4, 2};
    caus_arena *arena = caus_arena_new(0);
    answers plain, shuffled, scaled;
    double *x = values_of(arena);
    double *y = CAUS_ARRAY(arena, double, ROWS *COLUMNS);
    caus_series series = series_of(x, arena);
    ask(&series, 1, arena, &plain);
    for (size_t k = 0; k < ROWS * COLUMNS; k++)
        y[k / COLUMNS * COLUMNS + place[k % COLUMNS]] = x[k];
    series = series_of(y, arena);
    ask(&series, 1, arena, &shuffled);
    assert_same_answers(&plain, &shuffled, place);
    assert_same(plain.dagma.weight, shuffled.dagma.weight, place, 1);
    assert_same(plain.notears.weight, shuffled.notears.weight, place, 1);
    assert_same(plain.lingam.coefficient, shuffled.lingam.coefficient, place,
                LAGS + 1);
    for (size_t k = 0; k < ROWS * COLUMNS; k++)
        y[k / COLUMNS * COLUMNS + place[k % COLUMNS]] =
            ldexp(x[k], (int)(k % COLUMNS * 40) - 100);
    series = series_of(y, arena);
    ask(&series, 1, arena, &scaled);
    scaled.dagma = shuffled.dagma;
    scaled.notears = shuffled.notears;
    assert_same_answers(&plain, &scaled, place);
    caus_arena_free(arena);
}

/* Shares of p ≤ .05 among independent columns. */
typedef struct shares {
    double granger, pairwise, pearson, drifting, effective;
} shares;

static void add_shares(uint64_t seed, shares *sum)
{
    enum { N = 5, T = 200 };
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 5});
    caus_random random;
    double *x = CAUS_ARRAY(arena, double, N *T);
    double *drift = CAUS_ARRAY(arena, double, N *T);
    caus_random_init(&random, seed, 0);
    for (size_t k = 0; k < N * T; k++) {
        x[k] = caus_random_normal(&random);
        drift[k] = x[k] + (k < N ? 0 : .9 * drift[k - N]);
    }
    caus_series noise, drifting;
    caus_granger found;
    caus_discovery plain;
    caus_granger_options granger = caus_granger_options_default();
    caus_correlation_options correlation = caus_correlation_options_default();
    granger.max_lag = 2;
    caus_series_from_values(NULL, N, x, T, 1, arena, &noise, NULL);
    caus_series_from_values(NULL, N, drift, T, 1, arena, &drifting, NULL);
    assert_int_equal(
        caus_discover_granger(&drifting, &granger, run, arena, &found, NULL),
        CAUS_OK);
    sum->granger += (double)caus_graph_edge_count(&found.found.graph) / 20;
    granger.pairwise = true;
    assert_int_equal(
        caus_discover_granger(&drifting, &granger, run, arena, &found, NULL),
        CAUS_OK);
    sum->pairwise += (double)caus_graph_edge_count(&found.found.graph) / 20;
    assert_int_equal(
        caus_discover_correlation(&noise, NULL, run, arena, &plain, NULL),
        CAUS_OK);
    sum->pearson += (double)caus_graph_edge_count(&plain.graph) / 10;
    assert_int_equal(
        caus_discover_correlation(&drifting, NULL, run, arena, &plain, NULL),
        CAUS_OK);
    sum->drifting += (double)caus_graph_edge_count(&plain.graph) / 10;
    correlation.effective_rows = true;
    assert_int_equal(caus_discover_correlation(&drifting, &correlation, run,
                                               arena, &plain, NULL),
                     CAUS_OK);
    sum->effective += (double)caus_graph_edge_count(&plain.graph) / 10;
    caus_run_free(run);
    caus_arena_free(arena);
}

static void error_rates_are_nominal_where_there_is_nothing(void **unused)
{
    (void)unused;
    enum { REPEATS = 200 };
    shares sum = {0};
    for (uint64_t seed = 0; seed < REPEATS; seed++)
        add_shares(seed, &sum);
    /* 4000 tests of Granger, 2000 of correlation: ± 4 deviations, and a little
     * for the bias of autoregressions in 200 rows */
    assert_true(fabs(sum.granger / REPEATS - .05) < .02);
    assert_true(fabs(sum.pairwise / REPEATS - .05) < .02);
    assert_true(fabs(sum.pearson / REPEATS - .05) < .02);
    assert_true(sum.drifting / REPEATS > .3);
    assert_true(sum.effective / REPEATS < .12);
}

static void random_models_come_back(void **unused)
{
    (void)unused;
    size_t wrong = 0, total = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 5});
        sem world;
        caus_lingam found;
        size_t distance;
        sem_options data = {12, 2, seed, 2000, true};
        assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
        assert_int_equal(
            caus_discover_lingam(&world.series, NULL, run, arena, &found, NULL),
            CAUS_OK);
        assert_int_equal(caus_graph_distance(&found.found.graph, &world.dag,
                                             &distance, NULL),
                         CAUS_OK);
        wrong += distance;
        total += caus_graph_edge_count(&world.dag);
        caus_run_free(run);
        caus_arena_free(arena);
    }
    assert_true(wrong * 20 < total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_change_a_byte),
        cmocka_unit_test(column_order_and_scale_do_not_change_a_byte),
        cmocka_unit_test(error_rates_are_nominal_where_there_is_nothing),
        cmocka_unit_test(random_models_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
