/* SPDX-License-Identifier: Apache-2.0 */
/* PC of categories and BDeu scores against those in learned.json: see
 * PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "caus/discrete.h"
#include "discovery/discrete_counts.h"
#include "test.h"

static json_t *load_oracle(void)
{
    json_error_t error;
    json_t *root = json_load_file("oracle/discrete/learned.json", 0, &error);
    if (!root)
        fail_msg("learned.json: %s at line %d", error.text, error.line);
    assert_int_equal(json_array_size(root), 6);
    return root;
}

static caus_series read_series(json_t *from, caus_arena *arena)
{
    json_t *rows = json_object_get(from, "rows");
    size_t count = json_array_size(rows);
    size_t width = strlen(json_string_value(json_array_get(rows, 0)));
    double *values = caus_arena_array(arena, count * width, sizeof *values);
    caus_series series;
    assert_non_null(values);
    for (size_t r = 0; r < count; r++) {
        const char *row = json_string_value(json_array_get(rows, r));
        for (size_t v = 0; v < width; v++)
            values[r * width + v] = row[v] - '0';
    }
    assert_int_equal(caus_series_from_values(NULL, width, values, count, 0,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static bool is_joined(json_t *pairs, size_t a, size_t b)
{
    size_t place;
    json_t *pair;
    json_array_foreach(
        pairs, place,
        pair) if ((size_t)json_integer_value(json_array_get(pair, 0)) == a &&
                  (size_t)json_integer_value(json_array_get(pair, 1)) ==
                      b) return true;
    return false;
}

static void check_skeleton(json_t *from, caus_test test)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = read_series(from, arena);
    json_t *pairs = json_object_get(from, caus_test_name(test));
    caus_pc_options options = caus_pc_options_default();
    caus_discovery found;
    caus_error err = {0};
    caus_run *run;
    options.alpha = json_number_value(json_object_get(from, "alpha"));
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    if (caus_discover_discrete_pc(&series, &options, test, run, arena, &found,
                                  &err) != CAUS_OK)
        fail_msg("%s", err.message);
    for (size_t a = 0; a < series.variable_count; a++)
        for (size_t b = a + 1; b < series.variable_count; b++) {
            bool joined =
                *caus_edge_text(caus_graph_get(&found.graph, a, b, 0));
            if (joined != is_joined(pairs, a, b))
                fail_msg("%s: %zu and %zu are %sjoined", caus_test_name(test),
                         a, b, joined ? "" : "not ");
        }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void skeletons_equal_causal_learn(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *from;
    size_t place;
    json_array_foreach(root, place, from)
    {
        check_skeleton(from, CAUS_TEST_CHISQUARED);
        check_skeleton(from, CAUS_TEST_GSQUARED);
    }
    json_decref(root);
}

static void check_score(const caus_codes *codes, json_t *expected,
                        caus_arena *arena)
{
    caus_score_options options = {
        .score = CAUS_SCORE_BDEU,
        .sample_size =
            json_number_value(json_object_get(expected, "sample_size"))};
    caus_map *known = caus_map_new();
    caus_counts counts;
    uint64_t given = 0;
    size_t place;
    json_t *parent;
    assert_int_equal(
        caus_counts_init(codes, &options, known, arena, &counts, NULL),
        CAUS_OK);
    json_array_foreach(json_object_get(expected, "parents"), place, parent)
        given |= (uint64_t)1 << json_integer_value(parent);
    size_t node = (size_t)json_integer_value(json_object_get(expected, "node"));
    double score = json_number_value(json_object_get(expected, "score"));
    double found = caus_counts_score(&counts, node, &given, SIZE_MAX);
    assert_true(fabs(found - score) <= 1e-12 * fabs(score));
    /* the same with one parent apart, counted anew */
    caus_map_free(known);
    counts.known = known = caus_map_new();
    if (given) {
        size_t last = (size_t)(63 - __builtin_clzll(given));
        given &= ~((uint64_t)1 << last);
        double apart = caus_counts_score(&counts, node, &given, last);
        assert_memory_equal(&apart, &found, sizeof found);
    }
    caus_map_free(known);
}

static void scores_equal_causal_learn(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *from, *expected;
    size_t place, number;
    json_array_foreach(root, place, from)
    {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = read_series(from, arena);
        caus_run *run;
        caus_codes codes;
        assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
        assert_int_equal(
            caus_codes_init(&series, SIZE_MAX, run, arena, &codes, NULL),
            CAUS_OK);
        json_array_foreach(json_object_get(from, "bdeu"), number, expected)
            check_score(&codes, expected, arena);
        caus_run_free(run);
        caus_arena_free(arena);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skeletons_equal_causal_learn),
        cmocka_unit_test(scores_equal_causal_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
