/* SPDX-License-Identifier: Apache-2.0 */
/* The estimates of values.json: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "test.h"
#include "unit/independence/cmiknn_ask.h"

static const double tolerance = 1e-12;

enum { MAX_VARIABLES = 8 };

typedef struct oracle {
    json_t *root;
    caus_arena *arena;
    caus_variable variables[MAX_VARIABLES];
    caus_series series;
} oracle;

static oracle load_oracle(const char *part)
{
    json_error_t error;
    oracle o = {.root = json_load_file("oracle/cmiknn/values.json", 0, &error),
                .arena = caus_arena_new(0)};
    if (!o.root || !o.arena)
        fail_msg("values.json: %s at line %d", error.text, error.line);
    json_t *rows = json_object_get(json_object_get(o.root, part), "data");
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(o.arena, count * width, sizeof *values);
    assert_non_null(values);
    for (size_t r = 0; r < count; r++)
        for (size_t v = 0; v < width; v++)
            values[r * width + v] =
                json_number_value(json_array_get(json_array_get(rows, r), v));
    caus_error err;
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, o.arena, &o.series,
                                             &err),
                     CAUS_OK);
    assert_true(width <= MAX_VARIABLES);
    memcpy(o.variables, o.series.variables, width * sizeof *o.variables);
    json_t *discrete =
        json_object_get(json_object_get(o.root, part), "discrete");
    for (size_t k = 0; k < json_array_size(discrete); k++)
        o.variables[json_integer_value(json_array_get(discrete, k))]
            .value_type = CAUS_VALUE_DISCRETE;
    return o;
}

static void free_oracle(oracle *o)
{
    caus_arena_free(o->arena);
    json_decref(o->root);
}

static cmiknn_node read_node(json_t *list, size_t place)
{
    json_t *node = json_array_get(list, place);
    return (cmiknn_node){(size_t)json_integer_value(json_array_get(node, 0)),
                         (size_t)-json_integer_value(json_array_get(node, 1))};
}

static cmiknn_question read_question(json_t *entry)
{
    json_t *given = json_object_get(entry, "Z");
    cmiknn_question question = {
        .source = read_node(json_object_get(entry, "X"), 0),
        .target = read_node(json_object_get(entry, "Y"), 0),
        .given_count = json_array_size(given)};
    for (size_t i = 0; i < question.given_count; i++)
        question.given[i] = read_node(given, i);
    question.shared = question.given_count / 2;
    return question;
}

static double ask(oracle *o, json_t *entry, caus_test test)
{
    caus_test_options options = cmiknn_options(test);
    const char *transform =
        json_string_value(json_object_get(entry, "transform"));
    options.knn.shuffles = 0;
    options.knn.neighbours = json_number_value(json_object_get(entry, "knn"));
    if (transform && strcmp(transform, "standardize") == 0)
        options.knn.transform = CAUS_KNN_STANDARDISED;
    size_t lags =
        2 * (size_t)json_integer_value(json_object_get(entry, "tau_max"));
    cmiknn_question question = read_question(entry);
    o->series.variables = o->variables;
    cmiknn_asker asker = cmiknn_asker_new(&o->series, lags, &options, 0, NULL);
    caus_ci_result result = cmiknn_ask(&asker, &question);
    assert_false(result.undetermined);
    cmiknn_asker_free(&asker);
    return result.statistic;
}

static void compare(const char *part, caus_test test, size_t least)
{
    oracle o = load_oracle(part);
    json_t *results = json_object_get(json_object_get(o.root, part), "results");
    assert_true(json_array_size(results) >= least);
    double worst = 0;
    for (size_t k = 0; k < json_array_size(results); k++) {
        json_t *entry = json_array_get(results, k);
        double expected = json_number_value(json_object_get(entry, "val"));
        double found = ask(&o, entry, test);
        worst = fmax(worst, fabs(found - expected));
        if (!(fabs(found - expected) <= tolerance))
            fail_msg("%s %zu: %.17g, not %.17g", part, k, found, expected);
    }
    print_message("%s: %zu values, %.2g apart at most\n", part,
                  json_array_size(results), worst);
    free_oracle(&o);
}

static void continuous_values_are_tigramites(void **unused)
{
    (void)unused;
    compare("continuous", CAUS_TEST_CMIKNN, 36);
}

static void values_of_a_search_are_tigramites(void **unused)
{
    (void)unused;
    compare("search", CAUS_TEST_CMIKNN, 15);
}

static void mixed_values_are_tigramites(void **unused)
{
    (void)unused;
    compare("mixed", CAUS_TEST_CMIKNN_MIXED, 44);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continuous_values_are_tigramites),
        cmocka_unit_test(values_of_a_search_are_tigramites),
        cmocka_unit_test(mixed_values_are_tigramites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
