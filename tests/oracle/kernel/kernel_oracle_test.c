/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of values.json: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>

#include "caus/series.h"
#include "caus/single_test.h"
#include "numeric/distance.h"
#include "test.h"

/* Where both programs stand on the same maximum of the likelihood; elsewhere
 * PROVENANCE.md says whose is higher. */
static const double same_tolerance = 3e-4;
static const double distance_tolerance = 1e-12;

enum { MOST_GIVEN = 8, MOST_RANKS = 100 };

typedef struct oracle {
    json_t *root;
    caus_arena *arena;
    caus_run *run;
} oracle;

static oracle load_oracle(void)
{
    json_error_t error;
    caus_run_options options = {.threads = 1};
    oracle o = {.root = json_load_file("oracle/kernel/values.json", 0, &error),
                .arena = caus_arena_new(0)};
    if (!o.root || !o.arena)
        fail_msg("values.json: %s at line %d", error.text, error.line);
    assert_int_equal(caus_run_new(&options, &o.run, NULL), CAUS_OK);
    return o;
}

static void free_oracle(oracle *o)
{
    caus_run_free(o->run);
    caus_arena_free(o->arena);
    json_decref(o->root);
}

static caus_series read_series(oracle *o, json_t *rows)
{
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(o->arena, count * width, sizeof *values);
    caus_series series;
    caus_error err;
    assert_non_null(values);
    for (size_t r = 0; r < count; r++)
        for (size_t v = 0; v < width; v++)
            values[r * width + v] =
                json_number_value(json_array_get(json_array_get(rows, r), v));
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, o->arena, &series,
                                             &err),
                     CAUS_OK);
    return series;
}

static caus_lagged read_node(json_t *list, size_t place)
{
    json_t *node = json_array_get(list, place);
    return (caus_lagged){
        .variable = (size_t)json_integer_value(json_array_get(node, 0)),
        .lag = (size_t)-json_integer_value(json_array_get(node, 1))};
}

static caus_ci_answer ask(oracle *o, const caus_series *series, json_t *entry)
{
    json_t *list = json_object_get(entry, "Z");
    caus_lagged given[MOST_GIVEN];
    caus_ci_question question = {
        .source = read_node(json_object_get(entry, "X"), 0),
        .target = read_node(json_object_get(entry, "Y"), 0),
        .conditions = given,
        .condition_count = json_array_size(list)};
    assert_true(question.condition_count <= MOST_GIVEN);
    for (size_t k = 0; k < question.condition_count; k++)
        given[k] = read_node(list, k);
    caus_ci_options options = caus_ci_options_default();
    caus_ci_answer answer;
    caus_error err;
    options.test.test = CAUS_TEST_GPDC;
    options.longest_lag =
        (size_t)(2 * json_integer_value(json_object_get(entry, "tau_max")));
    if (caus_ci_test(series, &options, &question, o->run, &answer, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    return answer;
}

static void gaussian_processes_leave_what_scikit_learn_leaves(void **unused)
{
    (void)unused;
    oracle o = load_oracle();
    json_t *part = json_object_get(o.root, "gpdc"), *entry;
    caus_series series = read_series(&o, json_object_get(part, "data"));
    size_t k;
    size_t same = 0;
    json_array_foreach(json_object_get(part, "results"), k, entry)
    {
        double found = ask(&o, &series, entry).statistic;
        double own = json_number_value(json_object_get(entry, "val"));
        double close = json_number_value(json_object_get(entry, "close"));
        same += fabs(found - own) < same_tolerance &&
                fabs(found - close) < same_tolerance;
        assert_true(fabs(found - own) < .02);
        if (!json_array_size(json_object_get(entry, "Z")))
            assert_true(fabs(found - own) < distance_tolerance);
    }
    print_message("%zu of %zu values\n", same, k);
    assert_true(k == 19 && same >= 16);
    free_oracle(&o);
}

static size_t read_ranks(json_t *list, uint32_t *ranks)
{
    size_t count = json_array_size(list);
    assert_true(count <= MOST_RANKS);
    for (size_t k = 0; k < count; k++)
        ranks[k] = (uint32_t)json_integer_value(json_array_get(list, k));
    return count;
}

static void distance_correlations_are_those_of_dcor(void **unused)
{
    (void)unused;
    oracle o = load_oracle();
    json_t *entry;
    size_t k;
    json_array_foreach(json_object_get(o.root, "distances"), k, entry)
    {
        uint32_t a[MOST_RANKS], b[MOST_RANKS];
        size_t count = read_ranks(json_object_get(entry, "a"), a);
        caus_distance_work work;
        assert_int_equal(read_ranks(json_object_get(entry, "b"), b), count);
        assert_int_equal(caus_distance_work_init(&work, count, o.arena, NULL),
                         CAUS_OK);
        double found = caus_distance_correlation(&work, a, b, count);
        double expected = json_number_value(json_object_get(entry, "val"));
        assert_true(fabs(found - expected) < distance_tolerance);
    }
    assert_true(k == 8);
    free_oracle(&o);
}

/* An approximation and the exact test need not agree on every table. */
static void random_features_mostly_decide_as_the_exact_kernel(void **unused)
{
    (void)unused;
    oracle o = load_oracle();
    json_t *entry;
    size_t k, same = 0;
    json_array_foreach(json_object_get(o.root, "kernel"), k, entry)
    {
        caus_series series = read_series(&o, json_object_get(entry, "data"));
        caus_lagged given[2] = {{.variable = 2}, {.variable = 3}};
        caus_ci_question question = {
            .source = {.variable = 0},
            .target = {.variable = 1},
            .conditions = given,
            .condition_count = (size_t)json_integer_value(
                json_object_get(entry, "conditions"))};
        caus_ci_options options = caus_ci_options_default();
        caus_ci_answer answer;
        caus_error err;
        options.test.test = CAUS_TEST_RCOT;
        assert_int_equal(
            caus_ci_test(&series, &options, &question, o.run, &answer, &err),
            CAUS_OK);
        double exact = json_number_value(json_object_get(entry, "p"));
        same += (answer.p_value <= .05) == (exact <= .05);
    }
    print_message("%zu of %zu decisions\n", same, k);
    assert_true(k == 24 && same >= 19);
    free_oracle(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_processes_leave_what_scikit_learn_leaves),
        cmocka_unit_test(distance_correlations_are_those_of_dcor),
        cmocka_unit_test(random_features_mostly_decide_as_the_exact_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
