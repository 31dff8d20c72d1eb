/* SPDX-License-Identifier: Apache-2.0 */
/* LiNGAM and vector autoregression against direct.json, known.json and
 * var.json: see PROVENANCE.md beside them. */
#include <jansson.h>
#include <math.h>

#include "caus/lingam.h"
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

static size_t size_of(json_t *object, const char *key)
{
    return (size_t)json_integer_value(json_object_get(object, key));
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void assert_order(const caus_lingam *found, json_t *order)
{
    size_t k;
    json_t *item;
    assert_int_equal(json_array_size(order), found->found.graph.node_count);
    json_array_foreach(order, k, item)
        assert_int_equal(found->order[k], json_integer_value(item));
}

static caus_lingam learn(const caus_series *series,
                         const caus_lingam_options *options, caus_arena *arena)
{
    caus_run *run = NULL;
    caus_lingam found;
    caus_error err = {0};
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    if (caus_discover_lingam(series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

/* Tiers and required links as assumptions; NULL without them. */
static const unsigned char *assumptions_of(json_t *expected, size_t nodes,
                                           caus_arena *arena)
{
    json_t *tiers = json_object_get(expected, "tiers"), *link;
    unsigned char *cells = caus_arena_array(arena, nodes * nodes, 1);
    size_t k;
    if (!tiers)
        return NULL;
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++)
            if (json_integer_value(json_array_get(tiers, a)) <
                json_integer_value(json_array_get(tiers, b)))
                cells[a * nodes + b] = CAUS_ASSUME_NOT_BACK;
    json_array_foreach(json_object_get(expected, "required"), k, link)
    {
        json_int_t from = json_integer_value(json_array_get(link, 0));
        json_int_t to = json_integer_value(json_array_get(link, 1));
        cells[(size_t)from * nodes + (size_t)to] = CAUS_ASSUME_LINK;
    }
    return cells;
}

static void check_direct(json_t *expected)
{
    caus_arena *arena = caus_arena_new(0);
    sem world;
    sem_options options = {
        .nodes = size_of(expected, "nodes"),
        .degree = (double)size_of(expected, "degree"),
        .seed = size_of(expected, "seed"),
        .rows = size_of(expected, "rows"),
        .uniform = true,
    };
    assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
    caus_lingam_options asked = caus_lingam_options_default();
    asked.assumptions = assumptions_of(expected, options.nodes, arena);
    caus_lingam found = learn(&world.series, &asked, arena);
    json_t *edges = json_object_get(expected, "edges"), *edge;
    size_t k;
    assert_order(&found, json_object_get(expected, "order"));
    assert_int_equal(caus_graph_edge_count(&found.found.graph),
                     json_array_size(edges));
    json_array_foreach(edges, k, edge)
    {
        size_t from = (size_t)json_integer_value(json_array_get(edge, 0));
        size_t to = (size_t)json_integer_value(json_array_get(edge, 1));
        assert_near(found.coefficient[from * options.nodes + to],
                    json_number_value(json_array_get(edge, 2)), 1e-10);
    }
    caus_arena_free(arena);
}

static void direct_lingam_gives_order_and_coefficients_of_lingam(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/lingam/direct.json"), *item;
    size_t k;
    assert_true(json_array_size(root) > 3);
    json_array_foreach(root, k, item) check_direct(item);
    json_decref(root);
}

static void prior_knowledge_bounds_the_order_as_in_lingam(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/lingam/known.json"), *item;
    size_t k;
    assert_true(json_array_size(root) > 3);
    json_array_foreach(root, k, item) check_direct(item);
    json_decref(root);
}

/* The values of a data set of var.json. */
static caus_series series_of(json_t *set, caus_arena *arena, size_t *columns)
{
    json_t *rows = json_object_get(set, "values");
    size_t count = json_array_size(rows);
    caus_series series;
    *columns = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(arena, count * *columns, sizeof *values);
    for (size_t k = 0; k < count * *columns; k++)
        values[k] = json_number_value(
            json_array_get(json_array_get(rows, k / *columns), k % *columns));
    assert_int_equal(caus_series_from_values(NULL, *columns, values, count,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static double number_at(json_t *tensor, size_t a, size_t b, size_t c)
{
    return json_number_value(
        json_array_get(json_array_get(json_array_get(tensor, a), b), c));
}

static void check_fit(const caus_series *series, json_t *expected, size_t n)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    caus_var found;
    size_t order = size_of(expected, "order");
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(caus_var_estimate(series, order, CAUS_VAR_FIXED, run,
                                       arena, &found, NULL),
                     CAUS_OK);
    assert_int_equal(found.order, order);
    json_t *coefs = json_object_get(expected, "coefs");
    json_t *covariance = json_object_get(expected, "covariance");
    json_t *intercept = json_object_get(expected, "intercept");
    for (size_t i = 0; i < n; i++) {
        assert_near(found.intercept[i],
                    json_number_value(json_array_get(intercept, i)), 1e-11);
        for (size_t j = 0; j < n; j++) {
            assert_near(found.covariance[i * n + j],
                        json_number_value(
                            json_array_get(json_array_get(covariance, i), j)),
                        1e-11);
            for (size_t lag = 0; lag < order; lag++)
                assert_near(found.coefficient[(lag * n + i) * n + j],
                            number_at(coefs, lag, i, j), 1e-11);
        }
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void check_lingam(const caus_series *series, json_t *expected, size_t n)
{
    caus_arena *arena = caus_arena_new(0);
    caus_lingam_options options = caus_lingam_options_default();
    size_t lags = size_of(expected, "order");
    options.max_lag = lags;
    options.lag_order = CAUS_VAR_FIXED;
    caus_lingam found = learn(series, &options, arena);
    json_t *matrices = json_object_get(expected, "matrices");
    assert_order(&found, json_object_get(expected, "causal_order"));
    for (size_t lag = 0; lag <= lags; lag++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                assert_near(found.coefficient[(j * n + i) * (lags + 1) + lag],
                            number_at(matrices, lag, i, j), 1e-10);
    caus_arena_free(arena);
}

static void check_order(const caus_series *series, json_t *set)
{
    static const struct {
        const char *name;
        caus_var_criterion criterion;
    } names[] = {
        {"aic", CAUS_VAR_AIC}, {"bic", CAUS_VAR_BIC}, {"hqic", CAUS_VAR_HQ}};
    size_t most = size_of(set, "max_lag");
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = NULL;
        caus_var found;
        json_t *chosen =
            json_object_get(json_object_get(set, "chosen"), names[k].name);
        json_t *scores = json_object_get(chosen, "scores");
        assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
        assert_int_equal(caus_var_estimate(series, most, names[k].criterion,
                                           run, arena, &found, NULL),
                         CAUS_OK);
        assert_int_equal(found.order, size_of(chosen, "order"));
        for (size_t lag = 0; lag <= most; lag++)
            assert_near(found.criterion[lag],
                        json_number_value(json_array_get(scores, lag)), 1e-10);
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

static void each_set(void (*check)(const caus_series *series, json_t *fit,
                                   size_t n))
{
    json_t *root = load("oracle/lingam/var.json"), *set, *fit;
    size_t k, f, columns;
    assert_true(json_array_size(root) == 2);
    json_array_foreach(root, k, set)
    {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = series_of(set, arena, &columns);
        json_array_foreach(json_object_get(set, "fits"), f, fit)
            check(&series, fit, columns);
        caus_arena_free(arena);
    }
    json_decref(root);
}

static void autoregressions_are_those_of_statsmodels(void **unused)
{
    (void)unused;
    each_set(check_fit);
}

static void var_lingam_gives_order_and_matrices_of_lingam(void **unused)
{
    (void)unused;
    each_set(check_lingam);
}

static void orders_and_their_criteria_are_those_of_statsmodels(void **unused)
{
    (void)unused;
    json_t *root = load("oracle/lingam/var.json"), *set;
    size_t k, columns;
    json_array_foreach(root, k, set)
    {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = series_of(set, arena, &columns);
        check_order(&series, set);
        caus_arena_free(arena);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_lingam_gives_order_and_coefficients_of_lingam),
        cmocka_unit_test(prior_knowledge_bounds_the_order_as_in_lingam),
        cmocka_unit_test(autoregressions_are_those_of_statsmodels),
        cmocka_unit_test(orders_and_their_criteria_are_those_of_statsmodels),
        cmocka_unit_test(var_lingam_gives_order_and_matrices_of_lingam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
