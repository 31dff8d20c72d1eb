/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "caus/structure.h"
#include "discovery/discrete_counts.h"
#include "given.h"
#include "graph/dag.h"
#include "test.h"
#include "unit/discovery/categories.h"

static const categories small = {.nodes = 7,
                                 .edges = 8,
                                 .least_levels = 2,
                                 .most_levels = 4,
                                 .rows = 700,
                                 .seed = 3};

static double *draw(const categories *from, bool *is_parent, caus_arena *arena)
{
    double *values = categories_draw(from, is_parent, arena);
    assert_non_null(values);
    return values;
}

static caus_discovery score(const caus_series *series,
                            const caus_score_options *options,
                            caus_arena *arena)
{
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_discovery found;
    caus_error err = {0};
    if (caus_discover_score(series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_discovery *found, size_t a, size_t b)
{
    return caus_edge_text(caus_graph_get(&found->graph, a, b, 0));
}

static double brute_score(const double *values, const categories *from,
                          size_t node, const uint64_t *parents,
                          const caus_score_options *options,
                          const uint16_t *levels)
{
    double q = 1, r = levels[node];
    long double sum = 0;
    size_t count = 0;
    for (size_t v = 0; v < from->nodes; v++)
        if (caus_bit_get(parents, v)) {
            q *= levels[v];
            count++;
        }
    bool is_bdeu = options->score == CAUS_SCORE_BDEU;
    double a = is_bdeu ? options->sample_size : 0;
    for (size_t t = 0; t < from->rows; t++) {
        /* counts so far in the row's stratum and cell */
        double stratum = 0, cell = 0, all = 0, in_cell = 0;
        for (size_t k = 0; k < from->rows; k++) {
            const double *x = values + t * from->nodes;
            const double *y = values + k * from->nodes;
            bool same = true;
            for (size_t v = 0; v < from->nodes && same; v++)
                same = !caus_bit_get(parents, v) || fabs(x[v] - y[v]) < .5;
            bool equal = same && fabs(x[node] - y[node]) < .5;
            stratum += same && k < t;
            cell += equal && k < t;
            all += same;
            in_cell += equal;
        }
        /* Γ(x + n) / Γ(x) is a product over rows */
        sum += is_bdeu ? logl((long double)(a / (q * r) + cell) /
                              (long double)(a / q + stratum))
                       : logl((long double)(in_cell / all));
    }
    if (is_bdeu)
        return (double)sum;
    return (double)sum -
           options->penalty * log((double)from->rows) / 2 * q * (r - 1) -
           options->ebic_gamma * log((double)from->nodes) * (double)count;
}

static void local_scores_equal_brute_force(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    categories from = small;
    from.rows = 300;
    from.least_levels = 3;
    double *values = draw(&from, NULL, arena);
    caus_series series = given_table(values, from.rows, from.nodes, arena);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_codes codes;
    assert_int_equal(
        caus_codes_init(&series, SIZE_MAX, run, arena, &codes, NULL), CAUS_OK);
    for (int kind = CAUS_SCORE_BDEU; kind <= CAUS_SCORE_CATEGORIES; kind++) {
        caus_score_options options = {.score = (caus_score_kind)kind,
                                      .sample_size = 2.5,
                                      .penalty = 1.5,
                                      .ebic_gamma = .5};
        caus_map *known = caus_map_new();
        caus_counts counts;
        assert_int_equal(
            caus_counts_init(&codes, &options, known, arena, &counts, NULL),
            CAUS_OK);
        /* the last have more cells than are counted in one pass */
        const uint64_t sets[5] = {0, 1 << 2, 6, 0x1e, 0x7e};
        for (size_t k = 0; k < 5; k++) {
            double found = caus_counts_score(&counts, 0, &sets[k], SIZE_MAX);
            double expected =
                brute_score(values, &from, 0, &sets[k], &options, codes.levels);
            if (!(fabs(found - expected) < 1e-10 * fabs(expected)))
                fail_msg("%zu: %.17g, expected %.17g", k, found, expected);
        }
        caus_map_free(known);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

enum { NODES = 4, PAIRS = 6 };

/* Parents of a graph whose pairs are absent, forward or backward by the digits
 * of a number; false when it has a cycle. */
static bool make_dag(size_t number, uint64_t *parents)
{
    memset(parents, 0, NODES * sizeof *parents);
    for (size_t a = 0; a < NODES; a++)
        for (size_t b = a + 1; b < NODES; b++, number /= 3) {
            if (number % 3 == 1)
                parents[b] |= (uint64_t)1 << a;
            if (number % 3 == 2)
                parents[a] |= (uint64_t)1 << b;
        }
    uint64_t done = 0;
    for (size_t k = 0; k < NODES; k++)
        for (size_t v = 0; v < NODES; v++)
            if (!(parents[v] & ~done))
                done |= (uint64_t)1 << v;
    return done == ((uint64_t)1 << NODES) - 1;
}

/* The completed graph of the best of all graphs with four nodes. */
static void find_best(caus_counts *counts, caus_arena *arena,
                      caus_pdag *completed)
{
    double best = -HUGE_VAL;
    uint64_t parents[NODES], kept[NODES] = {0};
    for (size_t number = 0; number < 729; number++) {
        double sum = 0;
        if (!make_dag(number, parents))
            continue;
        for (size_t v = 0; v < NODES; v++)
            sum += caus_counts_score(counts, v, &parents[v], SIZE_MAX);
        if (sum > best + 1e-7) {
            best = sum;
            memcpy(kept, parents, sizeof kept);
        }
    }
    caus_pdag dag;
    caus_dag_work work;
    assert_true(caus_pdag_init(&dag, NODES, arena));
    assert_true(caus_pdag_init(completed, NODES, arena));
    assert_true(caus_dag_work_init(&work, NODES, arena));
    for (size_t v = 0; v < NODES; v++)
        for (size_t u = 0; u < NODES; u++)
            if (kept[v] >> u & 1)
                caus_pdag_add_directed(&dag, u, v);
    assert_true(caus_pdag_complete(&dag, &work, completed));
}

static bool is_found(const caus_pdag *expected, const caus_discovery *found,
                     caus_arena *arena)
{
    caus_graph graph;
    bool same = true;
    assert_int_equal(caus_graph_init(&graph, NODES, 0, arena, NULL), CAUS_OK);
    caus_pdag_write(expected, &graph);
    for (size_t a = 0; a < NODES; a++)
        for (size_t b = 0; b < NODES; b++)
            same = same &&
                   !strcmp(edge(found, a, b),
                           caus_edge_text(caus_graph_get(&graph, a, b, 0)));
    return same;
}

/* Greedy searches may end elsewhere where rows are few for an edge. */
static void the_search_nearly_always_finds_the_best_graph(void **unused)
{
    (void)unused;
    size_t exact = 0;
    for (uint64_t seed = 0; seed < 30; seed++) {
        caus_arena *arena = caus_arena_new(0);
        categories from = {.nodes = NODES,
                           .edges = 1 + seed % 4,
                           .least_levels = 2,
                           .most_levels = 3,
                           .rows = 3000,
                           .seed = seed};
        double *values = draw(&from, NULL, arena);
        caus_series series = given_table(values, from.rows, NODES, arena);
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_codes codes;
        assert_int_equal(
            caus_codes_init(&series, SIZE_MAX, run, arena, &codes, NULL),
            CAUS_OK);
        for (int kind = CAUS_SCORE_BDEU; kind <= CAUS_SCORE_CATEGORIES;
             kind++) {
            caus_score_options options = caus_score_options_default();
            options.score = (caus_score_kind)kind;
            options.penalty = 1;
            caus_map *known = caus_map_new();
            caus_counts counts;
            caus_pdag expected;
            assert_int_equal(
                caus_counts_init(&codes, &options, known, arena, &counts, NULL),
                CAUS_OK);
            find_best(&counts, arena, &expected);
            caus_discovery found = score(&series, &options, arena);
            exact += is_found(&expected, &found, arena);
            caus_map_free(known);
        }
        caus_run_free(run);
        caus_arena_free(arena);
    }
    assert_in_range(exact, 58, 60);
}

/* With many rows the class that the data come from is found. */
static void many_rows_give_the_true_class(void **unused)
{
    (void)unused;
    enum { COUNT = 5, ROWS = 30000 };
    size_t exact = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        caus_arena *arena = caus_arena_new(0);
        bool is_parent[COUNT * COUNT] = {false};
        categories from = {.nodes = COUNT,
                           .edges = 5,
                           .least_levels = 2,
                           .most_levels = 3,
                           .rows = ROWS,
                           .seed = 100 + seed};
        double *values = draw(&from, is_parent, arena);
        caus_series series = given_table(values, ROWS, COUNT, arena);
        caus_pdag dag, completed;
        caus_dag_work work;
        caus_graph truth;
        assert_true(caus_pdag_init(&dag, COUNT, arena));
        assert_true(caus_pdag_init(&completed, COUNT, arena));
        assert_true(caus_dag_work_init(&work, COUNT, arena));
        for (size_t k = 0; k < COUNT * COUNT; k++)
            if (is_parent[k])
                caus_pdag_add_directed(&dag, k / COUNT, k % COUNT);
        assert_true(caus_pdag_complete(&dag, &work, &completed));
        assert_int_equal(caus_graph_init(&truth, COUNT, 0, arena, NULL),
                         CAUS_OK);
        caus_pdag_write(&completed, &truth);
        caus_score_options options = caus_score_options_default();
        options.score = CAUS_SCORE_BDEU;
        caus_discovery found = score(&series, &options, arena);
        bool same = true;
        for (size_t k = 0; k < COUNT * COUNT; k++)
            same = same && !strcmp(edge(&found, k / COUNT, k % COUNT),
                                   caus_edge_text(caus_graph_get(
                                       &truth, k / COUNT, k % COUNT, 0)));
        exact += same;
        caus_arena_free(arena);
    }
    assert_in_range(exact, 9, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_scores_equal_brute_force),
        cmocka_unit_test(the_search_nearly_always_finds_the_best_graph),
        cmocka_unit_test(many_rows_give_the_true_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
