/* SPDX-License-Identifier: Apache-2.0 */
/* The linear tests against the numbers in linear.json: see PROVENANCE.md. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "caus/single_test.h"
#include "caus/structure_tests.h"
#include "test.h"

static const double value_tolerance = 1e-10;
static const double p_tolerance = 1e-8; /* relative */

enum { MAX_NODES = 8, MAX_VARIABLES = 8 };

/* A data set as a series that the tests may look at. */
typedef struct oracle_data {
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    caus_variable variables[MAX_VARIABLES];
} oracle_data;

static json_t *load_oracle(void)
{
    json_error_t error;
    json_t *root = json_load_file("oracle/tests_linear/linear.json", 0, &error);
    if (!root)
        fail_msg("linear.json: %s at line %d", error.text, error.line);
    return root;
}

static double number(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static size_t size(json_t *object, const char *key)
{
    return (size_t)json_integer_value(json_object_get(object, key));
}

static void load_data(json_t *root, json_t *asked, oracle_data *data)
{
    const char *name = json_string_value(json_object_get(asked, "data"));
    json_t *rows = json_object_get(json_object_get(root, "datasets"), name);
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double flag = number(root, "missing_flag");
    *data = (oracle_data){.arena = caus_arena_new(0)};
    assert_int_equal(caus_run_new(NULL, &data->run, NULL), CAUS_OK);
    double *values =
        caus_arena_array(data->arena, count * width, sizeof *values);
    assert_non_null(values);
    for (size_t k = 0; k < count * width; k++) {
        json_t *row = json_array_get(rows, k / width);
        double value = json_number_value(json_array_get(row, k % width));
        values[k] = fabs(value - flag) < 1e-9 ? (double)NAN : value;
    }
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, data->arena,
                                             &data->series, NULL),
                     CAUS_OK);
    memcpy(data->variables, data->series.variables,
           width * sizeof *data->variables);
    data->series.variables = data->variables;
}

static void free_data(oracle_data *data)
{
    caus_run_free(data->run);
    caus_arena_free(data->arena);
}

static caus_lagged lagged(json_t *node)
{
    return (caus_lagged){
        (size_t)json_integer_value(json_array_get(node, 0)),
        (size_t)-json_integer_value(json_array_get(node, 1)),
    };
}

static bool is_near(double found, double expected, double tolerance)
{
    return fabs(found - expected) <= tolerance * fabs(expected);
}

static caus_ci_answer ask(const oracle_data *data, json_t *expected,
                          caus_test_options test)
{
    json_t *given = json_object_get(expected, "Z");
    caus_lagged conditions[MAX_NODES];
    caus_ci_question question = {
        .source = lagged(json_array_get(json_object_get(expected, "X"), 0)),
        .target = lagged(json_array_get(json_object_get(expected, "Y"), 0)),
        .conditions = conditions,
        .condition_count = json_array_size(given)};
    assert_true(question.condition_count <= MAX_NODES);
    for (size_t k = 0; k < question.condition_count; k++)
        conditions[k] = lagged(json_array_get(given, k));
    caus_ci_options options = caus_ci_options_default();
    options.longest_lag = 2 * size(expected, "tau_max");
    options.test = test;
    caus_ci_answer answer;
    caus_error err = {0};
    if (caus_ci_test(&data->series, &options, &question, data->run, &answer,
                     &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return answer;
}

static caus_test_options test_of(json_t *expected)
{
    caus_test_options test = caus_test_options_default();
    const char *name = json_string_value(json_object_get(expected, "test"));
    assert_true(caus_test_from_name(name, &test.test));
    if (json_object_get(expected, "window"))
        test.wls_window = size(expected, "window");
    test.wls_unit_start = true;
    return test;
}

static void single_tests_equal_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    size_t place, bad = 0;
    json_array_foreach(json_object_get(root, "singles"), place, expected)
    {
        oracle_data data;
        load_data(root, expected, &data);
        caus_ci_answer answer = ask(&data, expected, test_of(expected));
        double value = number(expected, "val"), p = number(expected, "p");
        if (!(fabs(answer.statistic - value) <= value_tolerance) ||
            !is_near(answer.p_value, p, p_tolerance)) {
            print_error("%zu: %.17g p %.17g, expected %.17g p %.17g\n", place,
                        answer.statistic, answer.p_value, value, p);
            bad++;
        }
        free_data(&data);
    }
    assert_int_equal(place, 24);
    assert_int_equal(bad, 0);
    json_decref(root);
}

static double at(json_t *array, size_t i, size_t j, size_t lag)
{
    return json_number_value(
        json_array_get(json_array_get(json_array_get(array, i), j), lag));
}

static size_t check_cell(const caus_discovery *found, json_t *expected,
                         size_t i, size_t j, size_t lag)
{
    size_t cell = caus_graph_cell(&found->graph, i, j, lag);
    double value = at(json_object_get(expected, "val"), i, j, lag);
    double p = at(json_object_get(expected, "p"), i, j, lag);
    json_t *marks = json_array_get(
        json_array_get(json_object_get(expected, "graph"), i), j);
    const char *mark = json_string_value(json_array_get(marks, lag));
    const char *text = caus_edge_text(caus_graph_get(&found->graph, i, j, lag));
    if (fabs(found->statistic[cell] - value) <= value_tolerance &&
        is_near(found->p_value[cell], p, p_tolerance) &&
        strcmp(mark, text) == 0)
        return 0;
    print_error("%zu -> %zu lag %zu: %.17g p %.17g '%s', expected %.17g p "
                "%.17g '%s'\n",
                i, j, lag, found->statistic[cell], found->p_value[cell], text,
                value, p, mark);
    return 1;
}

static size_t check_parents(const caus_discovery *found, json_t *expected,
                            size_t target)
{
    char key[24];
    snprintf(key, sizeof key, "%zu", target);
    json_t *list = json_object_get(json_object_get(expected, "parents"), key);
    const caus_parents *parents = &found->parents[target];
    if (parents->count != json_array_size(list))
        return 1;
    for (size_t k = 0; k < parents->count; k++) {
        caus_lagged node = lagged(json_array_get(list, k));
        if (node.variable != parents->parents[k].variable ||
            node.lag != parents->parents[k].lag)
            return 1;
    }
    return 0;
}

static void searches_equal_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    size_t place, bad = 0;
    json_array_foreach(json_object_get(root, "searches"), place, expected)
    {
        oracle_data data;
        load_data(root, expected, &data);
        caus_pcmci_options options = caus_pcmci_options_default();
        options.test = test_of(expected);
        options.max_lag = size(expected, "tau_max");
        options.pc_alpha = number(expected, "pc_alpha");
        options.all_links = true;
        caus_discovery found;
        caus_error err = {0};
        if (caus_discover_pcmci(&data.series, &options, data.run, data.arena,
                                &found, &err) != CAUS_OK)
            fail_msg("%s", err.message);
        size_t width = data.series.variable_count;
        for (size_t j = 0; j < width; j++) {
            bad += check_parents(&found, expected, j);
            for (size_t i = 0; i < width; i++)
                for (size_t lag = 0; lag <= options.max_lag; lag++)
                    bad += check_cell(&found, expected, i, j, lag);
        }
        free_data(&data);
    }
    assert_int_equal(place, 2);
    assert_int_equal(bad, 0);
    json_decref(root);
}

/* tigramite writes o-o for an edge that cannot be oriented. Of sets that
 * separate a pair it may name another: numbers are compared of edges. */
static size_t check_pair(const caus_discovery *found, json_t *expected,
                         size_t i, size_t j)
{
    size_t cell = caus_graph_cell(&found->graph, i, j, 0);
    json_t *marks = json_array_get(
        json_array_get(json_object_get(expected, "graph"), i), j);
    const char *mark = json_string_value(json_array_get(marks, 0));
    const char *text = caus_edge_text(caus_graph_get(&found->graph, i, j, 0));
    double value = at(json_object_get(expected, "val"), i, j, 0);
    double p = at(json_object_get(expected, "p"), i, j, 0);
    bool same = strcmp(mark, "o-o") == 0 ? strcmp(text, "---") == 0
                                         : strcmp(text, mark) == 0;
    if (same &&
        (!*mark || (fabs(found->statistic[cell] - value) <= value_tolerance &&
                    is_near(found->p_value[cell], p, p_tolerance))))
        return 0;
    print_error("%zu %zu: %.17g p %.17g '%s', expected %.17g p %.17g '%s'\n", i,
                j, found->statistic[cell], found->p_value[cell], text, value, p,
                mark);
    return 1;
}

static void pc_by_partial_correlation_equals_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle();
    json_t *expected = json_object_get(root, "static");
    oracle_data data;
    load_data(root, expected, &data);
    caus_pc_options options = caus_pc_options_default();
    caus_test_options test = caus_test_options_default();
    options.alpha = number(expected, "pc_alpha");
    options.colliders = CAUS_COLLIDERS_MAJORITY;
    caus_discovery found;
    caus_error err = {0};
    if (caus_discover_pc_by(&data.series, &options, &test, data.run, data.arena,
                            &found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    size_t width = data.series.variable_count, bad = 0;
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < width; j++)
            if (i != j)
                bad += check_pair(&found, expected, i, j);
    assert_int_equal(bad, 0);
    free_data(&data);
    json_decref(root);
}

static void group(oracle_data *data, json_t *nodes, int number_of_group)
{
    size_t place;
    json_t *node;
    json_array_foreach(nodes, place, node)
        data->variables[lagged(node).variable]
            .vector_group = number_of_group;
}

static void vectors_equal_tigramite_and_lambda_its_definition(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    size_t place;
    json_array_foreach(json_object_get(root, "vectors"), place, expected)
    {
        oracle_data data;
        load_data(root, expected, &data);
        group(&data, json_object_get(expected, "X"), 1);
        group(&data, json_object_get(expected, "Y"), 2);
        caus_test_options test = caus_test_options_default();
        test.test = CAUS_TEST_VECTORS;
        caus_ci_answer largest = ask(&data, expected, test);
        test.vector_statistic = CAUS_VECTOR_WILKS;
        caus_ci_answer wilks = ask(&data, expected, test);
        double lambda = 1 - wilks.statistic * wilks.statistic;
        assert_true(fabs(largest.statistic - number(expected, "val")) <=
                    value_tolerance);
        assert_true(
            is_near(largest.p_value, number(expected, "p"), p_tolerance));
        assert_true(fabs(lambda - number(expected, "wilks")) <=
                    value_tolerance);
        assert_true(
            is_near(wilks.p_value, number(expected, "wilks_p"), p_tolerance));
        free_data(&data);
    }
    assert_int_equal(place, 3);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_tests_equal_tigramite),
        cmocka_unit_test(searches_equal_tigramite),
        cmocka_unit_test(pc_by_partial_correlation_equals_tigramite),
        cmocka_unit_test(vectors_equal_tigramite_and_lambda_its_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
