/* SPDX-License-Identifier: Apache-2.0 */
/* DAGMA against dagma.json, NOTEARS against notears.json: see PROVENANCE.md
 * beside them. */
#include <jansson.h>
#include <math.h>

#include "discovery/notears_internal.h"
#include "oracle/structure/sem.h"
#include "test.h"

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s: %s at line %d", path, error.text, error.line);
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

static void check_graph(json_t *expected, caus_dagma_options options,
                        double tolerance)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    sem world;
    sem_options data = {.nodes = (size_t)number(expected, "nodes"),
                        .degree = number(expected, "degree"),
                        .seed = (uint64_t)number(expected, "seed"),
                        .rows = (size_t)number(expected, "rows")};
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
                    json_number_value(json_array_get(edge, 2)), tolerance);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void graphs_and_weights_are_those_of_dagma(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/dagma/dagma.json"), *graph;
    size_t k;
    assert_int_equal(json_array_size(json_object_get(root, "graphs")), 5);
    json_array_foreach(json_object_get(root, "graphs"), k, graph)
        check_graph(graph, caus_dagma_options_default(), 2e-3);
    json_decref(root);
}

static void graphs_and_weights_are_those_of_notears(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/dagma/notears.json"), *graph;
    size_t k;
    assert_int_equal(json_array_size(json_object_get(root, "graphs")), 5);
    json_array_foreach(json_object_get(root, "graphs"), k, graph)
        check_graph(graph, caus_notears_options_default(), 2e-3);
    json_decref(root);
}

/* A problem of an oracle file, in places of the table. */
typedef struct place {
    caus_arena *arena;
    caus_run *run;
    caus_lag_table table;
    caus_dagma_problem problem;
    double *weights;
} place;

static void start(place *p, json_t *expected)
{
    sem world;
    size_t n = (size_t)number(expected, "nodes");
    sem_options data = {.nodes = n, .degree = 2, .seed = 1, .rows = 500};
    p->arena = caus_arena_new(0);
    assert_int_equal(sem_make(&data, p->arena, &world, NULL), CAUS_OK);
    assert_int_equal(caus_run_new(NULL, &p->run, NULL), CAUS_OK);
    assert_int_equal(caus_lag_table_init(&world.series, 0, 0, 5, p->run,
                                         p->arena, &p->table, NULL),
                     CAUS_OK);
    assert_int_equal(caus_dagma_problem_init(&p->problem, n, p->arena, NULL),
                     CAUS_OK);
    size_t stride = p->problem.stride;
    double *covariance = CAUS_ARRAY(p->arena, double, stride *stride);
    p->weights = CAUS_ARRAY(p->arena, double, stride *stride);
    assert_true(covariance && p->weights);
    json_t *given = json_object_get(expected, "weights");
    const caus_correlation *all = &p->table.correlation;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            covariance[i * stride + j] = all->matrix[i * all->stride + j] *
                                         p->table.deviation[i] *
                                         p->table.deviation[j];
            p->weights[i * stride + j] =
                at(given, p->table.order[i], p->table.order[j]);
        }
    p->problem.covariance = covariance;
    p->problem.penalty = .05;
}

static void stop(place *p)
{
    caus_run_free(p->run);
    caus_arena_free(p->arena);
}

static void check_point(json_t *expected)
{
    place p;
    double score, h;
    start(&p, expected);
    size_t n = p.problem.count;
    caus_dagma_problem *problem = &p.problem;
    problem->mu = number(expected, "mu");
    problem->s = number(expected, "s");
    assert_near(caus_dagma_value(problem, p.weights, &score, &h),
                number(expected, "value"), 1e-11);
    assert_near(score, number(expected, "score"), 1e-11);
    assert_near(h, number(expected, "h"), 1e-11);
    assert_true(caus_dagma_prepare(problem, p.weights));
    json_t *slope = json_object_get(expected, "slope");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            size_t cell = i * problem->stride + j;
            assert_near(2 * p.weights[cell] * problem->matrix[cell] -
                            problem->mu * problem->gradient[cell],
                        at(slope, p.table.order[i], p.table.order[j]), 1e-11);
        }
    stop(&p);
}

static void check_notears_point(json_t *expected)
{
    place p;
    caus_notears notears;
    start(&p, expected);
    size_t n = p.problem.count, stride = p.problem.stride;
    assert_int_equal(caus_notears_init(&notears, &p.problem, p.arena, NULL),
                     CAUS_OK);
    notears.multiplier = number(expected, "multiplier");
    notears.price = number(expected, "price");
    double *made = CAUS_ARRAY(p.arena, double, stride *stride);
    assert_non_null(made);
    double value = number(expected, "value");
    assert_near(caus_notears_value(&notears, p.weights, made), value,
                1e-11 * fabs(value));
    assert_near(caus_notears_acyclicity(&notears, p.weights),
                number(expected, "h"), 1e-11 * number(expected, "h"));
    json_t *slope = json_object_get(expected, "slope");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double theirs = at(slope, p.table.order[i], p.table.order[j]);
            assert_near(made[i * stride + j], theirs,
                        1e-11 * (1 + fabs(theirs)));
        }
    stop(&p);
}

static void objective_and_gradient_are_those_of_dagma(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/dagma/dagma.json"), *point;
    size_t k;
    assert_int_equal(json_array_size(json_object_get(root, "points")), 2);
    json_array_foreach(json_object_get(root, "points"), k, point)
        check_point(point);
    json_decref(root);
}

static void value_and_slope_of_notears_are_those_of_scipy(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/dagma/notears.json"), *point;
    size_t k;
    assert_int_equal(json_array_size(json_object_get(root, "points")), 2);
    json_array_foreach(json_object_get(root, "points"), k, point)
        check_notears_point(point);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objective_and_gradient_are_those_of_dagma),
        cmocka_unit_test(value_and_slope_of_notears_are_those_of_scipy),
        cmocka_unit_test(graphs_and_weights_are_those_of_notears),
        cmocka_unit_test(graphs_and_weights_are_those_of_dagma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
