/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every static search whatever the data. */
#include <math.h>
#include <string.h>

#include "given.h"
#include "oracle/structure/sem.h"
#include "property/static/truth.h"
#include "test.h"

static size_t distance(const caus_graph *a, const caus_graph *b)
{
    size_t result = SIZE_MAX;
    assert_int_equal(caus_graph_distance(a, b, &result, NULL), CAUS_OK);
    return result;
}

static size_t most_parents(const caus_graph *dag)
{
    size_t most = 0;
    for (size_t to = 0; to < dag->node_count; to++) {
        size_t count = 0;
        for (size_t from = 0; from < dag->node_count; from++)
            count += caus_graph_get(dag, from, to, 0).target == CAUS_MARK_ARROW;
        most = count > most ? count : most;
    }
    return most;
}

/* `bound` tells PC the largest number of parents. Returns the tests made. */
static uint64_t check_completed_graphs(bool bound)
{
    caus_random random;
    uint64_t tests = 0;
    caus_random_init(&random, 21, 0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    for (size_t round = 0; round < 1200; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t nodes = 1 + round % 12;
        double share = .1 + .1 * (double)(round % 5);
        caus_graph dag = truth_random_dag(&random, nodes, share, arena);
        caus_graph expected;
        assert_int_equal(caus_graph_complete(&dag, arena, &expected, NULL),
                         CAUS_OK);
        truth state = truth_init(&dag, nodes, arena);
        caus_engine engine = truth_engine(&state);
        caus_pc_options options = caus_pc_options_default();
        if (bound)
            options.max_parents = most_parents(&dag);
        for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++) {
            caus_discovery found = {0};
            options.colliders = (caus_collider_rule)rule;
            caus_arena *scratch = caus_run_scratch(run, 0);
            caus_arena_mark mark = caus_arena_get_mark(scratch);
            assert_int_equal(
                caus_pc_learn(&engine, &options, run, arena, &found, NULL),
                CAUS_OK);
            caus_arena_rewind(scratch, mark);
            assert_true(found.complete);
            assert_int_equal(distance(&found.graph, &expected), 0);
            assert_int_equal(found.graph.ambiguous_count, 0);
            tests += found.test_count;
        }
        caus_arena_free(arena);
    }
    caus_run_free(run);
    return tests;
}

static void pc_with_true_separations_gives_the_completed_graph(void **unused)
{
    (void)unused;
    check_completed_graphs(false);
}

static void a_true_bound_on_parents_gives_the_completed_graph(void **unused)
{
    (void)unused;
    assert_true(check_completed_graphs(true) < check_completed_graphs(false));
}

static sem world_of(size_t nodes, double degree, size_t rows, caus_arena *arena)
{
    sem world;
    sem_options options = {nodes, degree, 5, rows, false};
    assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
    return world;
}

typedef caus_status learner(const caus_series *series, const caus_run *run,
                            caus_arena *out, caus_discovery *found);

static caus_status learn_pc(const caus_series *series, const caus_run *run,
                            caus_arena *out, caus_discovery *found)
{
    caus_pc_options options = caus_pc_options_default();
    options.alpha = .05;
    return caus_discover_pc(series, &options, run, out, found, NULL);
}

static caus_status learn_pc_standard(const caus_series *series,
                                     const caus_run *run, caus_arena *out,
                                     caus_discovery *found)
{
    caus_pc_options options = caus_pc_options_default();
    options.alpha = .05;
    options.colliders = CAUS_COLLIDERS_NONE;
    return caus_discover_pc(series, &options, run, out, found, NULL);
}

static caus_status learn_score(const caus_series *series, const caus_run *run,
                               caus_arena *out, caus_discovery *found)
{
    return caus_discover_score(series, NULL, run, out, found, NULL);
}

static learner *const learners[] = {learn_pc, learn_pc_standard, learn_score};

enum { LEARNERS = sizeof learners / sizeof *learners };

static void expect_same_bytes(const caus_discovery *a, const caus_discovery *b)
{
    size_t nodes = a->graph.node_count;
    assert_int_equal(distance(&a->graph, &b->graph), 0);
    if (a->statistic)
        assert_memory_equal(a->statistic, b->statistic,
                            nodes * nodes * sizeof(double));
    if (a->p_value)
        assert_memory_equal(a->p_value, b->p_value,
                            nodes * nodes * sizeof(double));
    assert_int_equal(a->test_count, b->test_count);
}

static void threads_do_not_change_a_byte(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(40, 4, 400, arena);
    for (size_t m = 0; m < LEARNERS; m++) {
        caus_discovery one, found;
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        assert_int_equal(learners[m](&world.series, run, arena, &one), CAUS_OK);
        caus_run_free(run);
        assert_true(caus_graph_edge_count(&one.graph) > 20);
        for (int threads = 2; threads <= 4; threads++) {
            run = given_run(&(caus_run_options){.threads = threads});
            assert_int_equal(learners[m](&world.series, run, arena, &found),
                             CAUS_OK);
            expect_same_bytes(&one, &found);
            caus_run_free(run);
        }
    }
    caus_arena_free(arena);
}

/* The same columns in another order and scaled by powers of two. */
static void column_order_and_scale_do_not_change_a_byte(void **unused)
{
    (void)unused;
    enum { NODES = 30, ROWS = 300 };
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(NODES, 4, ROWS, arena);
    const double *values = world.series.segments[0].values;
    double *moved = CAUS_ARRAY(arena, double, ROWS *NODES);
    assert_non_null(moved);
    caus_random random;
    caus_random_init(&random, 22, 0);
    size_t place[NODES];
    for (size_t k = 0; k < NODES; k++) {
        size_t at = (size_t)caus_random_below(&random, k + 1);
        place[k] = place[at];
        place[at] = k;
    }
    for (size_t r = 0; r < ROWS; r++)
        for (size_t v = 0; v < NODES; v++)
            moved[r * NODES + place[v]] =
                ldexp(values[r * NODES + v], (int)v - 9);
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, NODES, moved, ROWS, 0, arena,
                                             &series, NULL),
                     CAUS_OK);
    for (size_t m = 0; m < LEARNERS; m++) {
        caus_discovery before, after;
        caus_run *run = given_run(&(caus_run_options){.threads = 2});
        assert_int_equal(learners[m](&world.series, run, arena, &before),
                         CAUS_OK);
        assert_int_equal(learners[m](&series, run, arena, &after), CAUS_OK);
        for (size_t a = 0; a < NODES; a++)
            for (size_t b = 0; b < NODES; b++) {
                if (a == b)
                    continue;
                caus_edge old = caus_graph_get(&before.graph, a, b, 0);
                caus_edge new =
                    caus_graph_get(&after.graph, place[a], place[b], 0);
                assert_memory_equal(&old, &new, sizeof old);
                if (before.statistic)
                    assert_memory_equal(
                        &before.statistic[a * NODES + b],
                        &after.statistic[place[a] * NODES + place[b]],
                        sizeof(double));
            }
        caus_run_free(run);
    }
    caus_arena_free(arena);
}

/* Independent columns: at level 0 the share of pairs with p ≤ alpha is alpha
 * to within four standard errors. */
static void independent_columns_are_joined_at_the_rate_alpha(void **unused)
{
    (void)unused;
    enum { NODES = 60, ROWS = 200, ROUNDS = 20 };
    size_t joined = 0, pairs = ROUNDS * NODES * (NODES - 1) / 2;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    for (uint64_t round = 0; round < ROUNDS; round++) {
        caus_arena *arena = caus_arena_new(0);
        caus_pc_options options = caus_pc_options_default();
        options.alpha = .05;
        options.max_conditions = 0;
        sem world;
        sem_options noise = {NODES, 0, round + 1, ROWS, false};
        assert_int_equal(sem_make(&noise, arena, &world, NULL), CAUS_OK);
        caus_discovery found;
        assert_int_equal(
            caus_discover_pc(&world.series, &options, run, arena, &found, NULL),
            CAUS_OK);
        joined += caus_graph_edge_count(&found.graph);
        caus_arena_free(arena);
    }
    double expected = .05 * (double)pairs;
    assert_true(fabs((double)joined - expected) < 4 * sqrt(.95 * expected));
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pc_with_true_separations_gives_the_completed_graph),
        cmocka_unit_test(a_true_bound_on_parents_gives_the_completed_graph),
        cmocka_unit_test(threads_do_not_change_a_byte),
        cmocka_unit_test(column_order_and_scale_do_not_change_a_byte),
        cmocka_unit_test(independent_columns_are_joined_at_the_rate_alpha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
