/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "independence/discrete.h"
#include "independence/discrete_bits.h"
#include "numeric/distributions.h"
#include "test.h"
#include "unit/discovery/planted.h"

/* A test on a world, ready for questions. */
typedef struct bench {
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    caus_sample sample;
    caus_independence test;
    caus_ci_work *work;
} bench;

static caus_status try_bench(bench *made, const planted *world, caus_test test,
                             size_t longest_lag, const double *weights,
                             caus_error *err)
{
    *made = (bench){.arena = caus_arena_new(0), .run = planted_run(1)};
    made->series = world->series;
    made->series.segments = world->segments;
    caus_sample_options options = {.longest_lag = longest_lag};
    caus_test_options asked = caus_test_options_default();
    asked.test = test;
    CAUS_TRY(caus_sample_init(&made->series, &options, made->run, made->arena,
                              &made->sample, err));
    CAUS_TRY(caus_independence_init(&asked, &made->sample, weights, 1,
                                    made->run, made->arena, &made->test, err));
    return made->test.start(made->test.state, made->arena, &made->work, err);
}

static void make_bench(bench *made, const planted *world, caus_test test,
                       size_t longest_lag, const double *weights)
{
    caus_error err = {0};
    if (try_bench(made, world, test, longest_lag, weights, &err) != CAUS_OK)
        fail_msg("%s", err.message);
}

static void free_bench(bench *made)
{
    caus_arena_free(made->arena);
    caus_run_free(made->run);
}

/* Noise in so many classes, each variable leaning on the one before it. */
static planted categories_of(uint64_t seed, size_t segments, size_t rows,
                             size_t variables, double levels)
{
    planted world = planted_noise(seed, segments, rows, variables);
    for (size_t s = 0; s < segments; s++)
        for (size_t k = 0; k < rows * variables; k++) {
            double lean = k % variables ? .3 * world.values[s][k - 1] : 0;
            double value = floor((world.values[s][k] + lean + 2) * levels / 4);
            world.values[s][k] = fmin(levels - 1, fmax(0, value));
        }
    return world;
}

static caus_ci_result ask(bench *on, caus_lagged source, caus_lagged target,
                          const caus_lagged *given, size_t count)
{
    caus_node nodes[8] = {0};
    caus_ci_result result;
    for (size_t k = 0; k < count; k++)
        nodes[k] = caus_node_of(&on->sample, given[k].variable, given[k].lag);
    caus_ci_source asked = {
        .node = caus_node_of(&on->sample, source.variable, source.lag)};
    caus_node to = caus_node_of(&on->sample, target.variable, target.lag);
    assert_int_equal(on->test.condition(on->work, to, nodes, count, NULL),
                     CAUS_OK);
    assert_int_equal(on->test.test(on->work, &asked, &result, NULL), CAUS_OK);
    return result;
}

/* ---- brute force ---- */

enum { MOST_ROWS = 2000 };

/* Codes of the rows of a test: columns source, target, strata. */
typedef struct table_rows {
    size_t count;
    double x[MOST_ROWS], y[MOST_ROWS];
    double z[MOST_ROWS]; /* all conditions as one number */
} table_rows;

static bool same(double a, double b)
{
    return !(a < b) && !(a > b);
}

static double expected_cell(const table_rows *rows, size_t r, double *observed,
                            double *row_sum, double *column_sum)
{
    double total = 0;
    *observed = *row_sum = *column_sum = 0;
    for (size_t k = 0; k < rows->count; k++) {
        if (!same(rows->z[k], rows->z[r]))
            continue;
        bool in_row = same(rows->x[k], rows->x[r]);
        bool in_column = same(rows->y[k], rows->y[r]);
        total++;
        *row_sum += in_row;
        *column_sum += in_column;
        *observed += in_row && in_column;
    }
    return *row_sum * *column_sum / total;
}

/* Each row has its cell's share: G² = 2 Σ rows log(O / E), and χ² is the sum of
 * O / E over rows, less the rows. */
static double brute_statistic(const table_rows *rows, caus_test test)
{
    long double sum = 0;
    double observed, row_sum, column_sum;
    for (size_t r = 0; r < rows->count; r++) {
        double ratio = expected_cell(rows, r, &observed, &row_sum, &column_sum);
        ratio = observed / ratio;
        sum += test == CAUS_TEST_GSQUARED ? 2 * logl((long double)ratio)
                                          : (long double)ratio - 1;
    }
    return (double)sum;
}

static size_t distinct(const table_rows *rows, const double *values, double z)
{
    size_t count = 0;
    for (size_t r = 0; r < rows->count; r++) {
        bool is_first = same(rows->z[r], z);
        for (size_t k = 0; k < r && is_first; k++)
            is_first = !same(rows->z[k], z) || !same(values[k], values[r]);
        count += is_first;
    }
    return count;
}

static double brute_df(const table_rows *rows)
{
    double df = 0;
    for (size_t r = 0; r < rows->count; r++) {
        bool is_first = true;
        for (size_t k = 0; k < r; k++)
            is_first = is_first && !same(rows->z[k], rows->z[r]);
        if (is_first)
            df += (double)((distinct(rows, rows->x, rows->z[r]) - 1) *
                           (distinct(rows, rows->y, rows->z[r]) - 1));
    }
    return fmax(df, 1);
}

static bool read_value(const planted *world, size_t segment, size_t row,
                       caus_lagged node, double *value)
{
    const caus_segment *from = &world->segments[segment];
    size_t variables = world->series.variable_count;
    *value = from->values[(row - node.lag) * variables + node.variable];
    return !caus_segment_is_missing(from, row - node.lag, node.variable);
}

static table_rows read_rows(const planted *world, size_t longest_lag,
                            caus_lagged source, caus_lagged target,
                            const caus_lagged *given, size_t count)
{
    table_rows rows = {.count = 0};
    for (size_t s = 0; s < world->series.segment_count; s++)
        for (size_t t = longest_lag; t < world->segments[s].row_count; t++) {
            double x, y, z = 0, part;
            bool known = read_value(world, s, t, source, &x) &&
                         read_value(world, s, t, target, &y);
            for (size_t k = 0; k < count && known; k++) {
                known = read_value(world, s, t, given[k], &part);
                z = z * 300 + part;
            }
            if (!known)
                continue;
            rows.x[rows.count] = x;
            rows.y[rows.count] = y;
            rows.z[rows.count++] = z;
        }
    return rows;
}

static void check(const planted *world, caus_test test, size_t count)
{
    const caus_lagged source = {0, 1}, target = {1, 0};
    const caus_lagged given[5] = {{2, 0}, {1, 1}, {3, 2}, {0, 2}, {2, 1}};
    bench on;
    make_bench(&on, world, test, 2, NULL);
    caus_ci_result found = ask(&on, source, target, given, count);
    table_rows rows = read_rows(world, 2, source, target, given, count);
    double expected = brute_statistic(&rows, test);
    if (!(fabs(found.statistic - expected) < 1e-9 * (1 + expected)))
        fail_msg("%s of %zu rows given %zu is %.17g, expected %.17g",
                 caus_test_name(test), rows.count, count, found.statistic,
                 expected);
    assert_true(same(found.df, brute_df(&rows)));
    free_bench(&on);
}

static void tables_equal_brute_force(void **unused)
{
    (void)unused;
    for (size_t count = 0; count <= 5; count++) {
        /* few categories: one pass; many: sorted strata */
        planted few = categories_of(count, 1, 400, 4, 3);
        planted many = categories_of(count, 2, 300, 4, 12);
        for (size_t r = 5; r < 300; r += 7) {
            planted_miss(&many, 0, r, r % 4);
            planted_miss(&few, 0, r, (r + 1) % 4);
        }
        check(&few, CAUS_TEST_GSQUARED, count);
        check(&few, CAUS_TEST_CHISQUARED, count);
        check(&many, CAUS_TEST_GSQUARED, count);
        check(&many, CAUS_TEST_CHISQUARED, count);
        planted_free(&few);
        planted_free(&many);
    }
}

/* Swapping the sides, or the order of conditions, changes no bit. */
static void order_leaves_no_trace(void **unused)
{
    (void)unused;
    planted world = categories_of(9, 1, 700, 5, 9);
    for (int test = CAUS_TEST_GSQUARED; test <= CAUS_TEST_CHISQUARED; test++) {
        bench on;
        make_bench(&on, &world, (caus_test)test, 1, NULL);
        const caus_lagged there[3] = {{2, 0}, {3, 1}, {4, 0}};
        const caus_lagged back[3] = {{4, 0}, {2, 0}, {3, 1}};
        for (size_t count = 0; count <= 3; count += 3) {
            caus_ci_result one = ask(&on, (caus_lagged){0, 0},
                                     (caus_lagged){1, 0}, there, count);
            caus_ci_result two =
                ask(&on, (caus_lagged){1, 0}, (caus_lagged){0, 0}, back, count);
            assert_memory_equal(&one.statistic, &two.statistic, 8);
            assert_memory_equal(&one.df, &two.df, 8);
        }
        free_bench(&on);
    }
    planted_free(&world);
}

static void own_conditions_equal_shared_ones(void **unused)
{
    (void)unused;
    planted world = categories_of(4, 1, 300, 4, 3);
    bench on;
    make_bench(&on, &world, CAUS_TEST_GSQUARED, 2, NULL);
    const caus_lagged given[2] = {{2, 1}, {3, 0}};
    caus_ci_result all =
        ask(&on, (caus_lagged){0, 1}, (caus_lagged){1, 0}, given, 2);
    caus_node nodes[3] = {caus_node_of(&on.sample, 2, 1),
                          caus_node_of(&on.sample, 3, 0),
                          caus_node_of(&on.sample, 0, 1)};
    caus_ci_source source = {
        .node = nodes[2], .extra = nodes + 1, .extra_count = 1};
    caus_ci_result found;
    caus_node target = caus_node_of(&on.sample, 1, 0);
    on.test.condition(on.work, target, nodes, 1, NULL);
    on.test.test(on.work, &source, &found, NULL);
    assert_memory_equal(&found.statistic, &all.statistic, 8);
    /* the source itself among the shared ones is no condition */
    caus_node shared[2] = {nodes[0], nodes[2]};
    on.test.condition(on.work, target, shared, 2, NULL);
    on.test.test(on.work, &source, &found, NULL);
    assert_memory_equal(&found.statistic, &all.statistic, 8);
    free_bench(&on);
    planted_free(&world);
}

static void a_weight_counts_a_row_so_often(void **unused)
{
    (void)unused;
    enum { ROWS = 60, VARIABLES = 3 };
    for (double levels = 3; levels < 60; levels += 40) {
        planted world = categories_of(5, 1, ROWS, VARIABLES, levels);
        planted longer = categories_of(5, 1, 2 * ROWS, VARIABLES, levels);
        double weights[ROWS];
        size_t made = 0;
        for (size_t r = 0; r < ROWS; r++) {
            weights[r] = (double)(r % 3);
            for (size_t k = 0; k < r % 3; k++)
                memcpy(longer.values[0] + made++ * VARIABLES,
                       world.values[0] + r * VARIABLES,
                       VARIABLES * sizeof(double));
        }
        longer.segments[0].row_count = made;
        const caus_lagged given = {2, 0};
        bench weighted, repeated;
        make_bench(&weighted, &world, CAUS_TEST_GSQUARED, 0, weights);
        make_bench(&repeated, &longer, CAUS_TEST_GSQUARED, 0, NULL);
        caus_ci_result one =
            ask(&weighted, (caus_lagged){0, 0}, (caus_lagged){1, 0}, &given, 1);
        caus_ci_result two =
            ask(&repeated, (caus_lagged){0, 0}, (caus_lagged){1, 0}, &given, 1);
        assert_true(fabs(one.statistic - two.statistic) < 1e-12);
        assert_true(same(one.df, two.df));
        free_bench(&weighted);
        free_bench(&repeated);
        planted_free(&world);
        planted_free(&longer);
    }
}

static void what_does_not_vary_has_p_1(void **unused)
{
    (void)unused;
    planted world = categories_of(6, 1, 50, 3, 3);
    for (size_t r = 0; r < 50; r++)
        world.values[0][r * 3] = 7;
    bench on;
    make_bench(&on, &world, CAUS_TEST_GSQUARED, 0, NULL);
    caus_ci_result found =
        ask(&on, (caus_lagged){0, 0}, (caus_lagged){1, 0}, NULL, 0);
    assert_true(same(found.statistic, 0));
    assert_true(same(caus_ci_p_value(&on.test, &found), 1));
    free_bench(&on);
    for (size_t r = 0; r < 50; r++)
        planted_miss(&world, 0, r, 0);
    make_bench(&on, &world, CAUS_TEST_CHISQUARED, 0, NULL);
    found = ask(&on, (caus_lagged){0, 0}, (caus_lagged){1, 0}, NULL, 0);
    assert_true(found.undetermined);
    assert_true(same(caus_ci_p_value(&on.test, &found), 1));
    free_bench(&on);
    planted_free(&world);
}

static void minus_zero_is_zero(void **unused)
{
    (void)unused;
    double values[4] = {0., -0., 1, 0.};
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = planted_run(1);
    caus_series series;
    caus_codes codes;
    assert_int_equal(
        caus_series_from_values(NULL, 1, values, 4, 0, arena, &series, NULL),
        CAUS_OK);
    assert_int_equal(
        caus_codes_init(&series, SIZE_MAX, run, arena, &codes, NULL), CAUS_OK);
    assert_int_equal(codes.levels[0], 2);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void too_many_categories_name_the_variable(void **unused)
{
    (void)unused;
    const char *const names[2] = {"state", "latency"};
    double values[2 * 256];
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = planted_run(1);
    caus_series series;
    caus_codes codes;
    caus_error err = {0};
    for (size_t r = 0; r < 256; r++) {
        values[2 * r] = (double)(r % 255);
        values[2 * r + 1] = .1 * (double)r;
    }
    for (size_t rows = 255; rows <= 256; rows++) {
        assert_int_equal(caus_series_from_values(names, 2, values, rows, 0,
                                                 arena, &series, NULL),
                         CAUS_OK);
        size_t used = caus_arena_used_bytes(arena);
        caus_status status =
            caus_codes_init(&series, SIZE_MAX, run, arena, &codes, &err);
        assert_int_equal(status,
                         rows == 255 ? CAUS_OK : CAUS_ERR_INVALID_ARGUMENT);
        if (rows == 256) {
            assert_non_null(strstr(err.message, "latency"));
            assert_non_null(strstr(err.message, "255"));
            assert_int_equal(caus_arena_used_bytes(arena), used);
        }
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void kernels_count_the_same(void **unused)
{
    (void)unused;
    enum { WORDS = 24 };
    _Alignas(64) uint64_t a[WORDS], b[WORDS], both[WORDS];
    caus_random random;
    size_t count;
    const caus_bits_kernel *kernels = caus_bits_kernels(&count);
    caus_random_init(&random, 8, 0);
    for (size_t w = 0; w < WORDS; w++) {
        a[w] = caus_random_bits(&random);
        b[w] = caus_random_bits(&random);
    }
    size_t expected = caus_bits_count_portable(a, b, WORDS);
    assert_in_range(expected, WORDS * 8, WORDS * 24);
    for (size_t k = 0; k < count; k++) {
        if (!kernels[k].is_usable())
            continue;
        assert_int_equal(kernels[k].count(a, b, WORDS), expected);
        assert_int_equal(kernels[k].intersect(a, b, both, WORDS), expected);
        for (size_t w = 0; w < WORDS; w++)
            assert_true(both[w] == (a[w] & b[w]));
    }
}

/* Closed forms: df 2 is an exponential distribution, df 1 a squared normal. */
static void tails_of_chi_squared_are_exact(void **unused)
{
    (void)unused;
    for (double x = .5; x < 1400; x *= 3) {
        double tail = exp(-x / 2), one = 2 * caus_normal_sf(sqrt(x));
        assert_true(fabs(caus_chi_squared_sf(x, 2) - tail) <= 1e-13 * tail);
        assert_true(fabs(caus_chi_squared_sf(x, 1) - one) <= 1e-12 * one);
        assert_true(fabs(caus_chi_squared_quantile_sf(tail, 2) - x) <=
                    1e-12 * x);
    }
    assert_true(same(caus_chi_squared_sf(0, 3), 1));
    assert_true(isnan(caus_chi_squared_sf(-1, 3)));
    assert_true(isnan(caus_chi_squared_sf(1, 0)));
    assert_true(isinf(caus_chi_squared_quantile_sf(0, 3)));
    assert_true(fabs(caus_log_gamma(.5) - log(acos(-1)) / 2) < 1e-15);
    assert_true(fabs(caus_log_gamma(6) - log(120)) < 1e-14);
    assert_true(isnan(caus_log_gamma(0)));
}

static void pcmci_stays_silent_on_noise_and_hears_a_link(void **unused)
{
    (void)unused;
    planted world = categories_of(12, 2, 400, 4, 3);
    for (size_t r = 1; r < 400; r++)
        if (r % 5)
            world.values[0][r * 4 + 3] = world.values[0][(r - 1) * 4];
    caus_pcmci_options options = caus_pcmci_options_default();
    options.test.test = CAUS_TEST_CHISQUARED;
    options.max_lag = 2;
    options.alpha = .001;
    options.bootstrap = 5;
    for (int threads = 1; threads <= 3; threads += 2) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = planted_run(threads);
        caus_discovery found = planted_discover(&world, &options, run, arena);
        assert_string_equal(
            caus_edge_text(caus_graph_get(&found.graph, 0, 3, 1)), "-->");
        caus_run_free(run);
        caus_arena_free(arena);
    }
    planted_free(&world);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    const caus_lagged given[2] = {{2, 0}, {1, 1}};
    for (double levels = 3; levels < 60; levels += 40) {
        planted world = categories_of(7, 1, 80, 4, levels);
        bool refused = true;
        for (long n = 0; refused; n++) {
            bench on;
            caus_error err = {0};
            caus_ci_result result;
            /* arena and run are made before the failing starts */
            on = (bench){.arena = caus_arena_new(0), .run = planted_run(1)};
            on.series = world.series;
            on.series.segments = world.segments;
            caus_sample_options options = {.longest_lag = 1};
            assert_int_equal(caus_sample_init(&on.series, &options, on.run,
                                              on.arena, &on.sample, NULL),
                             CAUS_OK);
            caus_node nodes[2], target = caus_node_of(&on.sample, 1, 0);
            for (size_t k = 0; k < 2; k++)
                nodes[k] =
                    caus_node_of(&on.sample, given[k].variable, given[k].lag);
            caus_ci_source source = {.node = caus_node_of(&on.sample, 0, 1)};
            fault_fail_after(n);
            caus_status status =
                caus_gsquared_init(CAUS_TABLE_G_SQUARED, &on.sample, NULL,
                                   on.run, on.arena, &on.test, &err);
            if (status == CAUS_OK)
                status = on.test.start(on.test.state, on.arena, &on.work, &err);
            if (status == CAUS_OK)
                status = on.test.condition(on.work, target, nodes, 2, &err);
            if (status == CAUS_OK)
                status = on.test.test(on.work, &source, &result, &err);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            free_bench(&on);
        }
        planted_free(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_equal_brute_force),
        cmocka_unit_test(order_leaves_no_trace),
        cmocka_unit_test(own_conditions_equal_shared_ones),
        cmocka_unit_test(a_weight_counts_a_row_so_often),
        cmocka_unit_test(what_does_not_vary_has_p_1),
        cmocka_unit_test(minus_zero_is_zero),
        cmocka_unit_test(too_many_categories_name_the_variable),
        cmocka_unit_test(kernels_count_the_same),
        cmocka_unit_test(tails_of_chi_squared_are_exact),
        cmocka_unit_test(pcmci_stays_silent_on_noise_and_hears_a_link),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
