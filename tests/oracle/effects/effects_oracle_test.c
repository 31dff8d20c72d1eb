/* SPDX-License-Identifier: Apache-2.0 */
/* Effects against tigramite's: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "caus/effects.h"
#include "test.h"

typedef struct oracle {
    json_t *root;
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    caus_graph graph;
} oracle;

static double number(json_t *array, size_t k)
{
    return json_number_value(json_array_get(array, k));
}

static size_t lag_of(json_t *node)
{
    return (size_t)-json_integer_value(json_array_get(node, 1));
}

static size_t variable_of(json_t *node)
{
    return (size_t)json_integer_value(json_array_get(node, 0));
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9))
        fail_msg("%.17g is not %.17g", value, expected);
}

static oracle open_oracle(const char *path)
{
    json_error_t error;
    oracle o = {.root = json_load_file(path, 0, &error),
                .arena = caus_arena_new(0)};
    if (!o.root)
        fail_msg("%s: %s at line %d", path, error.text, error.line);
    json_t *rows = json_object_get(o.root, "data");
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(o.arena, count * width, sizeof *values);
    for (size_t k = 0; k < count * width; k++)
        values[k] = number(json_array_get(rows, k / width), k % width);
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, o.arena, &o.series,
                                             NULL),
                     CAUS_OK);
    assert_int_equal(caus_run_new(NULL, &o.run, NULL), CAUS_OK);
    return o;
}

static void close_oracle(oracle *o)
{
    caus_run_free(o->run);
    caus_arena_free(o->arena);
    json_decref(o->root);
}

static void add_cause(oracle *o, size_t source, size_t target, size_t lag)
{
    caus_graph_set(&o->graph, source, target, lag, CAUS_MARK_TAIL,
                   CAUS_MARK_ARROW);
}

static bool holds(const caus_adjustment *adjustment, json_t *node)
{
    for (size_t k = 0; k < adjustment->set_count; k++)
        if (adjustment->set[k].variable == variable_of(node) &&
            adjustment->set[k].lag == lag_of(node))
            return true;
    return false;
}

static void check_effect(const oracle *o, json_t *expected)
{
    json_t *x = json_array_get(json_object_get(expected, "X"), 0);
    json_t *y = json_array_get(json_object_get(expected, "Y"), 0);
    json_t *set = json_object_get(expected, "optimal_set"), *node;
    caus_effect_question question = {
        &o->graph, {variable_of(x), lag_of(x)}, variable_of(y)};
    caus_linear_effect found;
    size_t k;
    assert_int_equal(caus_effect_linear(&o->series, &question, o->run, o->arena,
                                        &found, NULL),
                     CAUS_OK);
    assert_int_equal(found.adjustment.set_count, json_array_size(set));
    json_array_foreach(set, k, node)
        assert_true(holds(&found.adjustment, node));
    assert_near(found.total, json_number_value(json_object_get(
                                 expected, "total_effect_linear")));
    assert_near(found.by_paths,
                json_number_value(json_object_get(expected, "wright_total")));
}

static void total_effects_and_adjustment_sets_are_tigramites(void **unused)
{
    (void)unused;
    oracle o = open_oracle("oracle/effects/causal_effects_linear.json");
    json_t *graph = json_object_get(json_object_get(o.root, "params"), "graph");
    json_t *results = json_object_get(o.root, "results"), *sources, *marks,
           *mark, *expected;
    size_t count = json_array_size(graph), i, j, lag, k;
    assert_int_equal(caus_graph_init(&o.graph, count, 2, o.arena, NULL),
                     CAUS_OK);
    json_array_foreach(graph, i, sources) json_array_foreach(sources, j, marks)
        json_array_foreach(
            marks, lag, mark) if (strcmp(json_string_value(mark), "-->") == 0)
            add_cause(&o, i, j, lag);
    assert_int_equal(json_array_size(results), 3);
    json_array_foreach(results, k, expected) check_effect(&o, expected);
    close_oracle(&o);
}

static void check_matrices(json_t *lags, const double *found)
{
    json_t *rows, *row;
    size_t lag, target, source, next = 0;
    json_array_foreach(lags, lag, rows) json_array_foreach(
        rows, target, row) for (source = 0; source < json_array_size(row);
                                source++)
        assert_near(found[next++], number(row, source));
    assert_true(next > 0);
}

static void check_averages(json_t *expected, const double *found, size_t count)
{
    assert_int_equal(json_array_size(expected), count);
    for (size_t v = 0; v < count; v++)
        assert_near(found[v], number(expected, v));
}

static void add_parents(oracle *o, json_t *all)
{
    const char *target;
    json_t *list, *node;
    size_t k;
    json_object_foreach(all, target, list) json_array_foreach(list, k, node)
        add_cause(o, variable_of(node), (size_t)(target[0] - '0'),
                  lag_of(node));
}

static void mediated_effects_are_tigramites(void **unused)
{
    (void)unused;
    enum { VARIABLES = 5, LAGS = 3 };
    oracle o = open_oracle("oracle/effects/linear_mediation.json");
    json_t *expected = json_object_get(o.root, "results");
    caus_mediation found;
    const double *less;
    assert_int_equal(caus_graph_init(&o.graph, VARIABLES, LAGS, o.arena, NULL),
                     CAUS_OK);
    add_parents(
        &o, json_object_get(json_object_get(o.root, "params"), "all_parents"));
    assert_int_equal(caus_mediation_linear(&o.series, &o.graph, o.run, o.arena,
                                           &found, NULL),
                     CAUS_OK);
    check_matrices(json_object_get(expected, "phi"), found.direct);
    check_matrices(json_object_get(expected, "psi"), found.total);
    check_averages(json_object_get(expected, "ace"), found.average_effect,
                   VARIABLES);
    check_averages(json_object_get(expected, "acs"),
                   found.average_susceptibility, VARIABLES);
    check_averages(json_object_get(expected, "amce"), found.average_mediated,
                   VARIABLES);
    const size_t two_on_zero = (LAGS * VARIABLES + 0) * VARIABLES + 2;
    const size_t two_on_three = (LAGS * VARIABLES + 3) * VARIABLES + 2;
    const bool by_one[VARIABLES] = {[1] = true};
    assert_int_equal(
        caus_mediation_without(&found, by_one, o.arena, &less, NULL), CAUS_OK);
    assert_near(found.total[two_on_three],
                json_number_value(json_object_get(expected, "ce_2_3_lag3")));
    assert_near(found.total[two_on_zero],
                json_number_value(json_object_get(expected, "ce_2_0_lag3")));
    assert_near(
        found.total[two_on_zero] - less[two_on_zero],
        json_number_value(json_object_get(expected, "mce_2_0_via1_lag3")));
    close_oracle(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(total_effects_and_adjustment_sets_are_tigramites),
        cmocka_unit_test(mediated_effects_are_tigramites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
