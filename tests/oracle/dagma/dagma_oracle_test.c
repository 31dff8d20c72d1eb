/* SPDX-License-Identifier: Apache-2.0 */
/* DAGMA against dagma.json: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>

#include "discovery/dagma_internal.h"
#include "oracle/structure/sem.h"
#include "test.h"

static json_t *load(void)
{
    json_error_t error;
    json_t *root = json_load_file("oracle/dagma/dagma.json", 0, &error);
    if (!root)
        fail_msg("dagma.json: %s at line %d", error.text, error.line);
    return root;
}

static double number(json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static double at(json_t *matrix, size_t i, size_t j)
{
    return json_number_value(json_array_get(json_array_get(matrix, i), j));
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void check_graph(json_t *expected)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    sem world;
    sem_options data = {.nodes = (size_t)number(expected, "nodes"),
                        .degree = number(expected, "degree"),
                        .seed = (uint64_t)number(expected, "seed"),
                        .rows = (size_t)number(expected, "rows")};
    caus_dagma_options options = caus_dagma_options_default();
    caus_dagma found;
    options.standardise =
        json_is_true(json_object_get(expected, "standardise"));
    assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_dagma(&world.series, &options, run, arena, &found, NULL),
        CAUS_OK);
    json_t *edges = json_object_get(expected, "edges"), *edge;
    size_t k;
    assert_int_equal(caus_graph_edge_count(&found.found.graph),
                     json_array_size(edges));
    json_array_foreach(edges, k, edge)
    {
        size_t from = (size_t)json_integer_value(json_array_get(edge, 0));
        size_t to = (size_t)json_integer_value(json_array_get(edge, 1));
        assert_near(found.weight[from * data.nodes + to],
                    json_number_value(json_array_get(edge, 2)), 2e-3);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void graphs_and_weights_are_those_of_dagma(void **unused)
{
    (void)unused;
    json_t *root = load(), *graph;
    size_t k;
    assert_int_equal(json_array_size(json_object_get(root, "graphs")), 5);
    json_array_foreach(json_object_get(root, "graphs"), k, graph)
        check_graph(graph);
    json_decref(root);
}

static void check_point(json_t *expected)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    sem world;
    size_t n = (size_t)number(expected, "nodes");
    sem_options data = {.nodes = n, .degree = 2, .seed = 1, .rows = 500};
    caus_lag_table table;
    caus_dagma_problem problem;
    double score, h;
    assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_lag_table_init(&world.series, 0, 0, 5, run, arena, &table, NULL),
        CAUS_OK);
    assert_int_equal(caus_dagma_problem_init(&problem, n, arena, NULL),
                     CAUS_OK);
    size_t stride = problem.stride;
    double *covariance =
        caus_arena_array(arena, stride * stride, sizeof(double));
    double *weights = caus_arena_array(arena, stride * stride, sizeof(double));
    json_t *given = json_object_get(expected, "weights");
    json_t *slope = json_object_get(expected, "slope");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            covariance[i * stride + j] =
                table.correlation.matrix[i * table.correlation.stride + j] *
                table.deviation[i] * table.deviation[j];
            weights[i * stride + j] = at(given, table.order[i], table.order[j]);
        }
    problem.covariance = covariance;
    problem.penalty = .05;
    problem.mu = number(expected, "mu");
    problem.s = number(expected, "s");
    assert_near(caus_dagma_value(&problem, weights, &score, &h),
                number(expected, "value"), 1e-11);
    assert_near(score, number(expected, "score"), 1e-11);
    assert_near(h, number(expected, "h"), 1e-11);
    assert_true(caus_dagma_slope(&problem, weights));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            assert_near(problem.gradient[i * stride + j],
                        at(slope, table.order[i], table.order[j]), 1e-11);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void objective_and_gradient_are_those_of_dagma(void **unused)
{
    (void)unused;
    json_t *root = load(), *point;
    size_t k;
    assert_int_equal(json_array_size(json_object_get(root, "points")), 2);
    json_array_foreach(json_object_get(root, "points"), k, point)
        check_point(point);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objective_and_gradient_are_those_of_dagma),
        cmocka_unit_test(graphs_and_weights_are_those_of_dagma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
