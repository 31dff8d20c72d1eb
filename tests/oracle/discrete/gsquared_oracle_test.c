/* SPDX-License-Identifier: Apache-2.0 */
/* G² in PCMCI and its relatives against the numbers in gsquared.json: see
 * PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "caus/discovery.h"
#include "independence/independence.h"
#include "test.h"

static const double tolerance = 1e-9; /* relative */

static json_t *load_oracle(void)
{
    json_error_t error;
    json_t *root = json_load_file("oracle/discrete/gsquared.json", 0, &error);
    if (!root)
        fail_msg("gsquared.json: %s at line %d", error.text, error.line);
    return root;
}

static caus_series read_series(json_t *root, json_t *from, caus_arena *arena)
{
    json_t *rows =
        json_object_get(json_object_get(root, "datasets"),
                        json_string_value(json_object_get(from, "data")));
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(arena, count * width, sizeof *values);
    caus_series series;
    assert_non_null(values);
    for (size_t r = 0; r < count; r++)
        for (size_t v = 0; v < width; v++)
            values[r * width + v] =
                json_number_value(json_array_get(json_array_get(rows, r), v));
    assert_int_equal(caus_series_from_values(NULL, width, values, count, 1000,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static bool is_near(double found, double expected)
{
    return fabs(found - expected) <= tolerance * fmax(fabs(expected), 1e-290);
}

static json_t *at(json_t *array, size_t i, size_t j, size_t lag)
{
    return json_array_get(json_array_get(json_array_get(array, i), j), lag);
}

static size_t check_cell(json_t *expected, const caus_discovery *found,
                         size_t i, size_t j, size_t lag)
{
    size_t cell = caus_graph_cell(&found->graph, i, j, lag);
    double value = json_number_value(
        at(json_object_get(expected, "val_matrix"), i, j, lag));
    double p =
        json_number_value(at(json_object_get(expected, "p_matrix"), i, j, lag));
    const char *mark =
        json_string_value(at(json_object_get(expected, "graph"), i, j, lag));
    const char *text = caus_edge_text(caus_graph_get(&found->graph, i, j, lag));
    /* A statistic of no dependence at all is rounding in the other program. */
    bool is_value = fabs(found->statistic[cell] - value) <=
                    tolerance * fmax(fabs(value), 1e-3);
    if (is_value && is_near(found->p_value[cell], p) && !strcmp(mark, text))
        return 0;
    print_error("%s: %zu -> %zu lag %zu is %.17g p %.17g '%s', expected %.17g "
                "p %.17g '%s'\n",
                json_string_value(json_object_get(expected, "name")), i, j, lag,
                found->statistic[cell], found->p_value[cell], text, value, p,
                mark);
    return 1;
}

static caus_pcmci_options read_options(json_t *from)
{
    const char *method = json_string_value(json_object_get(from, "method"));
    json_t *pc_alpha = json_object_get(from, "pc_alpha");
    caus_pcmci_options options = caus_pcmci_options_default();
    assert_true(caus_test_from_name("gsquared", &options.test.test));
    options.method = !strcmp(method, "run_pcmciplus") ? CAUS_METHOD_PCMCIPLUS
                     : !strcmp(method, "run_bivci")   ? CAUS_METHOD_BIVCI
                                                      : CAUS_METHOD_PCMCI;
    options.max_lag =
        (size_t)json_integer_value(json_object_get(from, "tau_max"));
    options.alpha = options.method == CAUS_METHOD_PCMCIPLUS ? 1 : .05;
    if (pc_alpha)
        options.pc_alpha = json_number_value(pc_alpha);
    options.all_links = true;
    return options;
}

static size_t check_case(json_t *root, json_t *expected)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = read_series(root, expected, arena);
    caus_pcmci_options options = read_options(expected);
    caus_run *run;
    caus_discovery found;
    caus_error err = {0};
    size_t width = series.variable_count, bad = 0;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    if (caus_discover_pcmci(&series, &options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < width; j++)
            for (size_t lag = 0; lag <= options.max_lag; lag++)
                bad += check_cell(expected, &found, i, j, lag);
    caus_run_free(run);
    caus_arena_free(arena);
    return bad;
}

static void every_case_equals_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    size_t place, bad = 0;
    json_array_foreach(json_object_get(root, "cases"), place, expected) bad +=
        check_case(root, expected);
    assert_int_equal(place, 3);
    json_decref(root);
    assert_int_equal(bad, 0);
}

static caus_node read_node(const caus_sample *sample, json_t *node)
{
    return caus_node_of(sample,
                        (size_t)json_integer_value(json_array_get(node, 0)),
                        (size_t)-json_integer_value(json_array_get(node, 1)));
}

static void check_single(json_t *root, json_t *expected)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = read_series(root, expected, arena);
    caus_test_options asked = {.test = CAUS_TEST_GSQUARED};
    caus_run *run;
    caus_sample sample;
    caus_independence test;
    caus_ci_work *work;
    caus_ci_result result;
    caus_node given[4];
    json_t *conditions = json_object_get(expected, "Z");
    size_t count = json_array_size(conditions);
    size_t lags =
        (size_t)json_integer_value(json_object_get(expected, "tau_max"));
    caus_sample_options options = {.longest_lag = 2 * lags};
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_sample_init(&series, &options, run, arena, &sample, NULL),
        CAUS_OK);
    assert_int_equal(caus_independence_init(&asked, &sample, NULL, 1, run,
                                            arena, &test, NULL),
                     CAUS_OK);
    assert_int_equal(test.start(test.state, arena, &work, NULL), CAUS_OK);
    for (size_t k = 0; k < count; k++)
        given[k] = read_node(&sample, json_array_get(conditions, k));
    caus_node target = read_node(&sample, json_object_get(expected, "Y"));
    caus_ci_source source = {
        .node = read_node(&sample, json_object_get(expected, "X"))};
    assert_int_equal(test.condition(work, target, given, count, NULL), CAUS_OK);
    assert_int_equal(test.test(work, &source, &result, NULL), CAUS_OK);
    assert_true(is_near(result.statistic,
                        json_number_value(json_object_get(expected, "val"))));
    assert_true(is_near(caus_ci_p_value(&test, &result),
                        json_number_value(json_object_get(expected, "pval"))));
    caus_run_free(run);
    caus_arena_free(arena);
}

static void single_tests_equal_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    size_t place;
    json_array_foreach(json_object_get(root, "single_tests"), place, expected)
        check_single(root, expected);
    assert_int_equal(place, 3);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_equals_tigramite),
        cmocka_unit_test(single_tests_equal_tigramite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
