/* SPDX-License-Identifier: Apache-2.0 */
/* What must not change a byte, random graphs that come back, and error rates
 * where there is nothing. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/structure.h"
#include "given.h"
#include "property/additive/world.h"
#include "test.h"

static caus_additive learn(const caus_series *series, size_t lags, int threads,
                           caus_arena *arena)
{
    caus_additive found;
    caus_run *run =
        given_run(&(caus_run_options){.threads = threads, .seed = 5});
    caus_additive_options options = caus_additive_options_default();
    options.max_lag = lags;
    assert_int_equal(
        caus_discover_additive(series, &options, run, arena, &found, NULL),
        CAUS_OK);
    caus_run_free(run);
    return found;
}

enum { COLUMNS = 12, LAGS = 1 };

static world world_of(caus_arena *arena)
{
    world made;
    world_options options = {.shape = WORLD_GAUSSIAN,
                             .nodes = COLUMNS,
                             .edges = 16,
                             .rows = 300,
                             .lag = LAGS,
                             .seed = 4};
    assert_int_equal(world_make(&options, arena, &made, NULL), CAUS_OK);
    return made;
}

/* Whether an answer is the same with variables in another order. */
static void assert_same(const caus_additive *a, const caus_additive *b,
                        const size_t *place)
{
    size_t lags = LAGS + 1;
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_int_equal(place[a->order[i]], b->order[i]);
        assert_memory_equal(&a->left[i], &b->left[place[i]], sizeof(double));
        for (size_t j = 0; j < COLUMNS; j++) {
            size_t from = (i * COLUMNS + j) * lags;
            size_t to = (place[i] * COLUMNS + place[j]) * lags;
            assert_memory_equal(a->found.statistic + from,
                                b->found.statistic + to, lags * sizeof(double));
            assert_memory_equal(a->found.p_value + from, b->found.p_value + to,
                                lags * sizeof(double));
            assert_memory_equal(a->functions + from, b->functions + to, lags);
            for (size_t lag = i == j; lag < lags; lag++)
                assert_string_equal(
                    caus_edge_text(caus_graph_get(&a->found.graph, i, j, lag)),
                    caus_edge_text(caus_graph_get(&b->found.graph, place[i],
                                                  place[j], lag)));
        }
    }
}

static void threads_order_and_scale_do_not_change_a_byte(void **unused)
{
    (void)unused;
    static const size_t same[COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const size_t place[COLUMNS] = {3, 6, 0, 5, 1, 4, 2, 11, 8, 10, 7, 9};
    caus_arena *arena = caus_arena_new(0);
    world made = world_of(arena);
    size_t rows = caus_series_row_count(&made.series);
    caus_additive plain = learn(&made.series, LAGS, 1, arena);
    assert_true(caus_graph_edge_count(&plain.found.graph) > 8);
    for (int threads = 2; threads <= 4; threads += 2) {
        caus_additive more = learn(&made.series, LAGS, threads, arena);
        assert_same(&plain, &more, same);
        assert_int_equal(plain.found.test_count, more.found.test_count);
    }
    double *moved = CAUS_ARRAY(arena, double, rows *COLUMNS);
    caus_series series;
    for (size_t k = 0; k < rows * COLUMNS; k++)
        moved[k / COLUMNS * COLUMNS + place[k % COLUMNS]] =
            ldexp(made.values[k], (int)(k % COLUMNS * 40) - 100);
    assert_int_equal(caus_series_from_values(NULL, COLUMNS, moved, rows, 1,
                                             arena, &series, NULL),
                     CAUS_OK);
    caus_additive shuffled = learn(&series, LAGS, 1, arena);
    assert_same(&plain, &shuffled, place);
    caus_arena_free(arena);
}

/* Sums of distances over seeds; ten nodes, twenty edges each. */
static void count_errors(world_shape shape, size_t lag, size_t *additive,
                         size_t *linear, size_t *linear_class)
{
    *additive = *linear = *linear_class = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 5});
        world made;
        caus_discovery other;
        caus_graph completed;
        size_t wrong;
        world_options options = {.shape = shape,
                                 .nodes = 10,
                                 .edges = 20,
                                 .rows = 1000,
                                 .lag = lag,
                                 .seed = seed};
        assert_int_equal(world_make(&options, arena, &made, NULL), CAUS_OK);
        caus_additive found = learn(&made.series, lag, 1, arena);
        caus_graph_distance(&found.found.graph, &made.dag, &wrong, NULL);
        *additive += wrong;
        if (!lag) {
            assert_int_equal(caus_discover_score(&made.series, NULL, run, arena,
                                                 &other, NULL),
                             CAUS_OK);
            caus_graph_distance(&other.graph, &made.dag, &wrong, NULL);
            *linear += wrong;
            caus_graph_complete(&made.dag, arena, &completed, NULL);
            caus_graph_distance(&found.found.graph, &completed, &wrong, NULL);
            *linear_class += wrong;
        }
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

static void nonlinear_graphs_come_back(void **unused)
{
    (void)unused;
    size_t wrong, linear, completed;
    count_errors(WORLD_SIGMOID, 0, &wrong, &linear, &completed);
    assert_true(wrong <= 4 && linear > 24);
    count_errors(WORLD_GAUSSIAN, 0, &wrong, &linear, &completed);
    assert_true(wrong <= 4 && linear > 24);
    count_errors(WORLD_QUADRATIC, 0, &wrong, &linear, &completed);
    assert_true(wrong <= 15 && linear > 36);
    count_errors(WORLD_JOINT, 0, &wrong, &linear, &completed);
    assert_true(wrong <= 24 && linear > 36);
}

static void linear_graphs_come_back_as_classes(void **unused)
{
    (void)unused;
    size_t wrong, linear, completed;
    count_errors(WORLD_LINEAR, 0, &wrong, &linear, &completed);
    assert_true(completed <= 12);
}

static void lagged_graphs_come_back(void **unused)
{
    (void)unused;
    size_t wrong, linear, completed;
    count_errors(WORLD_GAUSSIAN, 2, &wrong, &linear, &completed);
    assert_true(wrong <= 6);
}

enum { FEW = 4, FEW_CELLS = FEW * FEW };

/* What the search maximises, from what it says of its answer. */
static double score_of(const caus_additive *found)
{
    double rows = (double)found->found.rows_used, sum = 0;
    for (size_t v = 0; v < FEW; v++)
        sum -= rows / 2 * log(found->left[v]);
    for (size_t cell = 0; cell < FEW_CELLS; cell++)
        sum -= log(rows) / 2 * found->functions[cell];
    return sum;
}

static double learn_score(const caus_series *series, const unsigned char *cells,
                          caus_arena *arena)
{
    caus_additive found;
    caus_run *run = given_run(&(caus_run_options){.threads = 1, .seed = 5});
    caus_additive_options options = caus_additive_options_default();
    options.assumptions = cells;
    options.alpha = .999999;
    options.basis = 3;
    options.evidence = 0;
    options.starts = 8;
    assert_int_equal(
        caus_discover_additive(series, &options, run, arena, &found, NULL),
        CAUS_OK);
    for (size_t cell = 0; cell < FEW_CELLS; cell++)
        assert_true(cells[cell] != CAUS_ASSUME_LINK || found.functions[cell]);
    caus_run_free(run);
    return score_of(&found);
}

/* The score with an order given as knowledge; −∞ where it is against what is
 * required. */
static double score_in_order(const caus_series *series,
                             const unsigned char *cells, const size_t *order,
                             caus_arena *arena)
{
    unsigned char told[FEW_CELLS];
    memcpy(told, cells, sizeof told);
    for (size_t a = 0; a < FEW; a++)
        for (size_t b = a + 1; b < FEW; b++) {
            size_t forward = order[a] * FEW + order[b];
            size_t back = order[b] * FEW + order[a];
            if (cells[back] == CAUS_ASSUME_LINK)
                return -HUGE_VAL;
            if (cells[forward] != CAUS_ASSUME_LINK)
                told[forward] = CAUS_ASSUME_NOT_BACK;
        }
    return learn_score(series, told, arena);
}

/* The best of all orders by trying them: code counts digits of base FEW. */
static double best_score(const caus_series *series, const unsigned char *cells,
                         caus_arena *arena)
{
    double best = -HUGE_VAL;
    for (size_t code = 0; code < FEW_CELLS * FEW_CELLS; code++) {
        size_t order[FEW], rest = code;
        unsigned seen = 0;
        for (size_t k = 0; k < FEW; k++, rest /= FEW) {
            order[k] = rest % FEW;
            seen |= 1U << order[k];
        }
        if (seen == (1U << FEW) - 1)
            best = fmax(best, score_in_order(series, cells, order, arena));
    }
    return best;
}

static void the_best_order_that_keeps_what_is_required_is_found(void **unused)
{
    (void)unused;
    enum { GRAPHS = 60, PAIRS = 2 };
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_random random;
        world made;
        world_options options = {.shape = WORLD_GAUSSIAN,
                                 .nodes = FEW,
                                 .edges = 4,
                                 .rows = 80,
                                 .seed = 100 + seed};
        assert_int_equal(world_make(&options, arena, &made, NULL), CAUS_OK);
        unsigned char cells[FEW_CELLS] = {0};
        caus_random_init(&random, 9, seed);
        for (size_t k = 0; k < PAIRS; k++) {
            size_t a = caus_random_below(&random, FEW);
            size_t b = caus_random_below(&random, FEW);
            if (a != b && !cells[b * FEW + a])
                cells[a * FEW + b] = CAUS_ASSUME_LINK;
        }
        double found = learn_score(&made.series, cells, arena);
        double best = best_score(&made.series, cells, arena);
        if (!(fabs(found - best) < 1e-6))
            fail_msg("seed %llu: %g instead of %g", (unsigned long long)seed,
                     found, best);
        caus_arena_free(arena);
    }
}

static void independent_columns_stay_so(void **unused)
{
    (void)unused;
    size_t edges = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        caus_arena *arena = caus_arena_new(0);
        world made;
        world_options options = {.nodes = 10, .rows = 300, .seed = seed};
        assert_int_equal(world_make(&options, arena, &made, NULL), CAUS_OK);
        caus_additive found = learn(&made.series, 0, 1, arena);
        edges += caus_graph_edge_count(&found.found.graph);
        caus_arena_free(arena);
    }
    /* 900 pairs, each in the better of two directions */
    assert_true(edges <= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_order_and_scale_do_not_change_a_byte),
        cmocka_unit_test(nonlinear_graphs_come_back),
        cmocka_unit_test(linear_graphs_come_back_as_classes),
        cmocka_unit_test(lagged_graphs_come_back),
        cmocka_unit_test(the_best_order_that_keeps_what_is_required_is_found),
        cmocka_unit_test(independent_columns_stay_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
