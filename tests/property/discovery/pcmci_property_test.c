/* SPDX-License-Identifier: Apache-2.0 */
/* What PCMCI must not depend on, and plain least squares as its judge. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { MAX_CONDITIONS = 40, MAX_ROWS = 400, MAX_PLACES = MAX_CONDITIONS + 2 };

static caus_pcmci_options options_of(caus_method method, size_t max_lag)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = method;
    options.max_lag = max_lag;
    options.all_links = true;
    return options;
}

/* ---- least squares, written out ---- */

typedef struct ols_test {
    caus_lagged places[MAX_PLACES]; /* conditions, source, target */
    size_t count;
} ols_test;

static void add_place(ols_test *test, size_t variable, size_t lag)
{
    for (size_t k = 0; k < test->count; k++)
        if (test->places[k].variable == variable && test->places[k].lag == lag)
            return;
    test->places[test->count++] = (caus_lagged){variable, lag};
}

static unsigned role_of(const ols_test *test, size_t place)
{
    return place + 1 == test->count   ? CAUS_MASK_TARGET
           : place + 2 == test->count ? CAUS_MASK_SOURCE
                                      : CAUS_MASK_CONDITIONS;
}

static bool is_complete(const planted *world, size_t s, size_t t,
                        const ols_test *test, unsigned roles)
{
    const caus_segment *segment = &world->segments[s];
    for (size_t k = 0; k < test->count; k++) {
        size_t row = t - test->places[k].lag, v = test->places[k].variable;
        if (caus_segment_is_missing(segment, row, v))
            return false;
        if (roles & role_of(test, k) &&
            !caus_segment_is_selected(segment, row, v))
            return false;
    }
    return true;
}

/* Correlation of the residuals, by Gram-Schmidt on the centred rows. */
static double ols_correlation(const planted *world, const ols_test *test,
                              size_t max_lag, unsigned roles, size_t *rows)
{
    static double x[MAX_PLACES][MAX_ROWS];
    size_t n = 0, width = world->series.variable_count;
    for (size_t s = 0; s < world->series.segment_count; s++)
        for (size_t t = 2 * max_lag; t < world->segments[s].row_count; t++)
            if (is_complete(world, s, t, test, roles)) {
                for (size_t k = 0; k < test->count; k++)
                    x[k][n] =
                        world->values[s][(t - test->places[k].lag) * width +
                                         test->places[k].variable];
                n++;
            }
    for (size_t k = 0; k < test->count; k++) {
        long double mean = 0;
        for (size_t r = 0; r < n; r++)
            mean += x[k][r];
        for (size_t r = 0; r < n; r++)
            x[k][r] = (double)(x[k][r] - mean / n);
        for (size_t b = 0; b < k && b + 2 < test->count; b++) {
            long double cross = 0, own = 0;
            for (size_t r = 0; r < n; r++) {
                cross += (long double)x[k][r] * x[b][r];
                own += (long double)x[b][r] * x[b][r];
            }
            for (size_t r = 0; r < n; r++)
                x[k][r] = (double)(x[k][r] - cross / own * x[b][r]);
        }
    }
    long double xy = 0, xx = 0, yy = 0;
    for (size_t r = 0; r < n; r++) {
        xy += (long double)x[test->count - 2][r] * x[test->count - 1][r];
        xx += (long double)x[test->count - 2][r] * x[test->count - 2][r];
        yy += (long double)x[test->count - 1][r] * x[test->count - 1][r];
    }
    *rows = n;
    return (double)(xy / sqrtl(xx * yy));
}

/* The conditions that PCMCI must have used, from its own parents. */
static ols_test momentary_test(const caus_discovery *found, size_t source,
                               size_t target, size_t lag)
{
    ols_test test = {.count = 0};
    const caus_parents *own = &found->parents[target];
    const caus_parents *other = &found->parents[source];
    for (size_t k = 0; k < own->count; k++)
        if (own->parents[k].variable != source || own->parents[k].lag != lag)
            add_place(&test, own->parents[k].variable, own->parents[k].lag);
    for (size_t k = 0; k < other->count; k++)
        add_place(&test, other->parents[k].variable,
                  other->parents[k].lag + lag);
    test.places[test.count++] = (caus_lagged){source, lag};
    test.places[test.count++] = (caus_lagged){target, 0};
    return test;
}

static void check_against_ols(planted *world, unsigned roles, double tolerance)
{
    caus_pcmci_options options = options_of(CAUS_METHOD_PCMCI, 2);
    options.mask_roles = roles;
    options.pc_alpha = .2;
    options.min_lag = 1; /* lag 0 keeps the weaker of two directions */
    caus_run *run = planted_run(1);
    caus_discovery found = planted_discover(world, &options, run, world->arena);
    size_t width = world->series.variable_count, rows;
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < width; j++)
            for (size_t lag = 1; lag <= 2; lag++) {
                ols_test test = momentary_test(&found, i, j, lag);
                double r = ols_correlation(world, &test, 2, roles, &rows);
                size_t cell = caus_graph_cell(&found.graph, i, j, lag);
                if (fabs(found.statistic[cell] - r) > tolerance)
                    fail_msg("%zu -> %zu lag %zu: %.17g, least squares %.17g",
                             i, j, lag, found.statistic[cell], r);
            }
    caus_run_free(run);
}

static void complete_rows_equal_least_squares(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        planted world = planted_chain(seed, 1, 150, 5);
        check_against_ols(&world, 0, 1e-13);
        planted_free(&world);
    }
}

static void segments_pool_like_least_squares(void **unused)
{
    (void)unused;
    planted world = planted_chain(11, 3, 90, 4);
    for (size_t r = 0; r < 90; r++)
        world.values[1][r * 4] += 3; /* a level of its own */
    check_against_ols(&world, 0, 1e-12);
    planted_free(&world);
}

static void missing_rows_equal_least_squares(void **unused)
{
    (void)unused;
    planted world = planted_chain(5, 2, 120, 4);
    caus_random random;
    caus_random_init(&random, 1, 1);
    for (size_t k = 0; k < 25; k++)
        planted_miss(&world, caus_random_below(&random, 2),
                     caus_random_below(&random, 120),
                     caus_random_below(&random, 4));
    check_against_ols(&world, 0, 1e-12);
    planted_free(&world);
}

static void mostly_missing_rows_equal_least_squares(void **unused)
{
    (void)unused;
    planted world = planted_chain(6, 1, 300, 4);
    for (size_t r = 0; r < 170; r++)
        planted_miss(&world, 0, r, 2);
    check_against_ols(&world, 0, 1e-12);
    planted_free(&world);
}

static void masks_equal_least_squares_in_every_role(void **unused)
{
    (void)unused;
    for (unsigned roles = 1; roles < 8; roles++) {
        planted world = planted_chain(20 + roles, 1, 250, 4);
        caus_random random;
        caus_random_init(&random, 2, roles);
        for (size_t k = 0; k < 120; k++)
            planted_deselect(&world, 0, caus_random_below(&random, 250),
                             caus_random_below(&random, 4));
        planted_miss(&world, 0, 100, 1);
        check_against_ols(&world, roles, 1e-12);
        planted_free(&world);
    }
}

static void full_conditions_equal_least_squares(void **unused)
{
    (void)unused;
    planted world = planted_chain(9, 1, 200, 4);
    caus_pcmci_options options = options_of(CAUS_METHOD_FULLCI, 3);
    caus_run *run = planted_run(2);
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    size_t rows;
    for (size_t i = 0; i < 4; i++)
        for (size_t lag = 0; lag <= 3; lag++) {
            ols_test test = {.count = 0};
            if (i == 1 && lag == 0)
                continue;
            for (size_t v = 0; v < 4; v++)
                for (size_t l = 1; l <= 3; l++)
                    if (v != i || l != lag)
                        add_place(&test, v, l);
            test.places[test.count++] = (caus_lagged){i, lag};
            test.places[test.count++] = (caus_lagged){1, 0};
            double r = ols_correlation(&world, &test, 3, 0, &rows);
            size_t cell = caus_graph_cell(&found.graph, i, 1, lag);
            assert_true(fabs(found.statistic[cell] - r) < 1e-12);
        }
    caus_run_free(run);
    planted_free(&world);
}

/* ---- invariances ---- */

static const caus_method methods[] = {CAUS_METHOD_PCMCI, CAUS_METHOD_BIVCI,
                                      CAUS_METHOD_FULLCI, CAUS_METHOD_LAGGED};

static void results_are_the_same_bytes_on_any_number_of_threads(void **unused)
{
    (void)unused;
    for (size_t m = 0; m < 4; m++) {
        planted world = planted_chain(m, 2, 150, 9);
        planted_miss(&world, 1, 77, 3);
        caus_pcmci_options options = options_of(methods[m], 2);
        options.fdr = m % 2 ? CAUS_FDR_BY : CAUS_FDR_NONE;
        options.pc_alpha = (double)NAN;
        options.bootstrap = 6;
        caus_run *one = planted_run(1);
        caus_discovery first =
            planted_discover(&world, &options, one, world.arena);
        for (int threads = 2; threads <= 4; threads += 2) {
            caus_run *run = planted_run(threads);
            caus_discovery found =
                planted_discover(&world, &options, run, world.arena);
            assert_true(planted_same(&first, &found));
            caus_run_free(run);
        }
        caus_run_free(one);
        planted_free(&world);
    }
}

/* Large enough for threads to copy rows of the matrix. */
static void a_large_matrix_gives_the_same_bytes_on_two_threads(void **unused)
{
    (void)unused;
    planted world = planted_chain(7, 1, 120, 128);
    caus_pcmci_options options = options_of(CAUS_METHOD_PCMCI, 3);
    caus_run *one = planted_run(1), *two = planted_run(2);
    caus_discovery first = planted_discover(&world, &options, one, world.arena);
    caus_discovery found = planted_discover(&world, &options, two, world.arena);
    assert_true(planted_same(&first, &found));
    caus_run_free(one);
    caus_run_free(two);
    planted_free(&world);
}

static void a_power_of_two_changes_no_byte(void **unused)
{
    (void)unused;
    for (size_t m = 0; m < 4; m++) {
        planted world = planted_chain(30 + m, 1, 160, 5);
        caus_run *run = planted_run(1);
        caus_pcmci_options options = options_of(methods[m], 2);
        caus_discovery before =
            planted_discover(&world, &options, run, world.arena);
        const int exponents[5] = {40, -3, 900, -900, 0};
        for (size_t r = 0; r < 160; r++)
            for (size_t v = 0; v < 5; v++)
                world.values[0][r * 5 + v] =
                    ldexp(world.values[0][r * 5 + v], exponents[v]);
        caus_discovery after =
            planted_discover(&world, &options, run, world.arena);
        assert_true(planted_same(&before, &after));
        caus_run_free(run);
        planted_free(&world);
    }
}

static void any_scale_keeps_the_graph_and_twelve_digits(void **unused)
{
    (void)unused;
    planted world = planted_chain(41, 1, 200, 5);
    caus_run *run = planted_run(1);
    caus_pcmci_options options = options_of(CAUS_METHOD_PCMCI, 3);
    caus_discovery before =
        planted_discover(&world, &options, run, world.arena);
    for (size_t k = 0; k < 200 * 5; k++)
        world.values[0][k] = 1e6 + world.values[0][k] * 333.33;
    caus_discovery after = planted_discover(&world, &options, run, world.arena);
    size_t cells = planted_cells(&before);
    assert_memory_equal(before.graph.cells, after.graph.cells,
                        cells * sizeof(caus_edge));
    for (size_t cell = 0; cell < cells; cell++)
        assert_true(fabs(before.statistic[cell] - after.statistic[cell]) <
                    1e-12);
    caus_run_free(run);
    planted_free(&world);
}

/* Column v of the shuffled series is column order[v] of the first. */
static void shuffle(planted *world, const size_t *order)
{
    size_t width = world->series.variable_count;
    double row[16];
    for (size_t s = 0; s < world->series.segment_count; s++)
        for (size_t r = 0; r < world->segments[s].row_count; r++) {
            double *values = world->values[s] + r * width;
            memcpy(row, values, width * sizeof *row);
            for (size_t v = 0; v < width; v++)
                values[v] = row[order[v]];
        }
}

static void a_column_shuffle_permutes_the_bytes(void **unused)
{
    (void)unused;
    static const size_t order[10] = {7, 2, 9, 0, 4, 1, 8, 3, 6, 5};
    for (size_t m = 0; m < 4; m++) {
        planted world = planted_chain(50 + m, 2, 130, 10);
        caus_run *run = planted_run(1);
        caus_pcmci_options options = options_of(methods[m], 2);
        options.fdr = CAUS_FDR_BH;
        options.bootstrap = 5;
        caus_discovery a = planted_discover(&world, &options, run, world.arena);
        shuffle(&world, order);
        caus_discovery b = planted_discover(&world, &options, run, world.arena);
        for (size_t i = 0; i < 10; i++)
            for (size_t j = 0; j < 10; j++)
                for (size_t lag = 0; lag <= 2; lag++) {
                    size_t x =
                        caus_graph_cell(&a.graph, order[i], order[j], lag);
                    size_t y = caus_graph_cell(&b.graph, i, j, lag);
                    assert_memory_equal(&a.statistic[x], &b.statistic[y], 8);
                    assert_memory_equal(&a.q_value[x], &b.q_value[y], 8);
                    assert_memory_equal(&a.lower[x], &b.lower[y], 8);
                    assert_memory_equal(&a.stability[x], &b.stability[y], 8);
                    caus_edge edge =
                        caus_graph_get(&a.graph, order[i], order[j], lag);
                    caus_edge other = caus_graph_get(&b.graph, i, j, lag);
                    assert_memory_equal(&edge, &other, sizeof edge);
                }
        caus_run_free(run);
        planted_free(&world);
    }
}

/* ---- error rates and truth ---- */

static void independent_noise_is_linked_at_the_rate_of_alpha(void **unused)
{
    (void)unused;
    size_t links = 0, tests = 0;
    caus_run *run = planted_run(1);
    for (uint64_t seed = 0; seed < 12; seed++) {
        planted world = planted_noise(100 + seed, 1, 200, 12);
        caus_pcmci_options options = options_of(CAUS_METHOD_PCMCI, 2);
        options.min_lag = 1;
        options.alpha = .05;
        caus_discovery found =
            planted_discover(&world, &options, run, world.arena);
        links += caus_graph_edge_count(&found.graph);
        tests += 12 * 12 * 2;
        planted_free(&world);
    }
    /* four standard deviations of a binomial count of 3456 tests at .05 */
    double expected = .05 * (double)tests;
    double reach = 4 * sqrt(.05 * .95 * (double)tests);
    assert_true(fabs((double)links - expected) < reach);
    caus_run_free(run);
}

static void a_planted_chain_comes_back_with_its_lags(void **unused)
{
    (void)unused;
    planted world = planted_chain(77, 1, 3000, 6);
    caus_run *run = planted_run(2);
    caus_pcmci_options options = options_of(CAUS_METHOD_PCMCI, 3);
    options.alpha = 1e-5;
    options.bootstrap = 10;
    caus_discovery found = planted_discover(&world, &options, run, world.arena);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++)
            for (size_t lag = 0; lag <= 3; lag++) {
                bool is_planted = (lag == 1 && (i == j || i + 1 == j)) ||
                                  (lag == 2 && i == 0 && j >= 2);
                caus_edge edge = caus_graph_get(&found.graph, i, j, lag);
                assert_int_equal(is_planted, edge.target == CAUS_MARK_ARROW);
                if (is_planted)
                    assert_true(found.stability[caus_graph_cell(&found.graph, i,
                                                                j, lag)] > .9);
            }
    caus_run_free(run);
    planted_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_rows_equal_least_squares),
        cmocka_unit_test(segments_pool_like_least_squares),
        cmocka_unit_test(missing_rows_equal_least_squares),
        cmocka_unit_test(mostly_missing_rows_equal_least_squares),
        cmocka_unit_test(masks_equal_least_squares_in_every_role),
        cmocka_unit_test(full_conditions_equal_least_squares),
        cmocka_unit_test(results_are_the_same_bytes_on_any_number_of_threads),
        cmocka_unit_test(a_large_matrix_gives_the_same_bytes_on_two_threads),
        cmocka_unit_test(a_power_of_two_changes_no_byte),
        cmocka_unit_test(any_scale_keeps_the_graph_and_twelve_digits),
        cmocka_unit_test(a_column_shuffle_permutes_the_bytes),
        cmocka_unit_test(independent_noise_is_linked_at_the_rate_of_alpha),
        cmocka_unit_test(a_planted_chain_comes_back_with_its_lags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
