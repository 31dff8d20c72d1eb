/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "answers.h"
#include "base/base.h"
#include "test.h"

static json_t *render(const made_answer *made)
{
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    const char *text = NULL;
    size_t length = 0;
    assert_int_equal(caus_render_graph(&made->answer, CAUS_FORMAT_JSON, NULL,
                                       NULL, arena, &text, &length, &err),
                     CAUS_OK);
    assert_int_equal(strlen(text), length);
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    caus_arena_free(arena);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static json_t *item(const json_t *root, const char *array, size_t index)
{
    return json_array_get(json_object_get(root, array), index);
}

static void an_edge_says_all_that_was_computed(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    json_t *root = render(&made);
    json_t *edge = item(root, "edges", 3);
    assert_string_equal(text_of(edge, "source"), "auth_latency");
    assert_string_equal(text_of(edge, "target"), "payment_errors");
    assert_string_equal(text_of(edge, "type"), "directed");
    assert_string_equal(text_of(edge, "mark"), "-->");
    assert_string_equal(text_of(edge, "orientation"), "lag");
    assert_string_equal(text_of(edge, "word"), "preceded");
    double number;
    json_int_t lag, seconds;
    assert_int_equal(json_unpack(edge, "{s:I, s:I, s:F}", "lag", &lag,
                                 "lag_seconds", &seconds, "statistic", &number),
                     0);
    assert_int_equal(lag, 1);
    assert_int_equal(seconds, 15);
    assert_true(number == 0.41);
    assert_true(json_real_value(json_object_get(edge, "p_value")) == 1.2e-19);
    json_t *checks = json_object_get(edge, "checks");
    assert_int_equal(json_array_size(checks), 3);
    assert_string_equal(json_string_value(json_array_get(checks, 0)),
                        "lag order: passed (15 s)");
    json_decref(root);
    free_answer(&made);
}

static void what_was_not_computed_is_left_out(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 1);
    add_link(&made, 0, 1, 1, 0.5, (double)NAN);
    json_t *root = render(&made);
    json_t *edge = item(root, "edges", 0);
    static const char *const absent[] = {"effect",      "ci",      "level",
                                         "q_value",     "p_value", "stability",
                                         "environments"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(json_object_get(edge, absent[i]));
    assert_null(json_object_get(root, "links"));
    assert_null(json_object_get(root, "inputs_sha256"));
    assert_null(json_object_get(item(root, "nodes", 0), "service"));
    assert_null(json_object_get(json_object_get(root, "data"), "missing"));
    assert_null(json_object_get(json_object_get(root, "method"), "preset"));
    json_decref(root);
    free_answer(&made);
}

static void an_effect_needs_the_unit_of_its_target(void **state)
{
    (void)state;
    static const char *const units[][3] = {{"cores", "s", "s per cores"},
                                           {"", "s", "s per 1"},
                                           {"cores", "", NULL}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        made_answer made;
        make_answer(&made, NULL, 2, 1);
        add_link(&made, 0, 1, 1, 0.5, 1e-9);
        double effect[8];
        for (size_t cell = 0; cell < 8; cell++)
            effect[cell] = 2.5;
        made.discovery.effect = effect;
        made.variables[0].unit = units[i][0];
        made.variables[1].unit = units[i][1];
        json_t *root = render(&made);
        json_t *told = json_object_get(item(root, "edges", 0), "effect");
        assert_int_equal(told != NULL, units[i][2] != NULL);
        if (told)
            assert_string_equal(
                json_string_value(json_object_get(told, "unit")), units[i][2]);
        json_decref(root);
        free_answer(&made);
    }
}

static void a_negative_statistic_has_a_positive_strength(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 1);
    add_link(&made, 0, 1, 1, -0.5, 1e-9);
    json_t *root = render(&made);
    double strength, statistic;
    assert_int_equal(json_unpack(item(root, "edges", 0), "{s:F, s:F}",
                                 "strength", &strength, "statistic",
                                 &statistic),
                     0);
    assert_true(strength == 0.5 && statistic == -0.5);
    json_decref(root);
    free_answer(&made);
}

static void all_links_lists_every_tested_one(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b", "c"};
    make_answer(&made, names, 3, 2);
    made.answer.options.all_links = true;
    json_t *root = render(&made);
    /* 9 ordered pairs × 2 lags, and 6 pairs of different nodes at lag 0 */
    assert_int_equal(json_array_size(json_object_get(root, "links")), 24);
    json_decref(root);
    made.answer.options.min_lag = 1;
    unsigned char assumptions[27] = {0};
    assumptions[caus_graph_cell(&made.discovery.graph, 0, 1, 2)] =
        CAUS_ASSUME_ABSENT;
    made.answer.options.assumptions = assumptions;
    root = render(&made);
    assert_int_equal(json_array_size(json_object_get(root, "links")), 17);
    json_decref(root);
    free_answer(&made);
}

static void a_target_keeps_its_ancestors(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    made.answer.target = "payment_errors";
    json_t *root = render(&made);
    assert_int_equal(json_array_size(json_object_get(root, "nodes")), 3);
    assert_int_equal(
        json_integer_value(json_object_get(item(root, "nodes", 2), "id")), 2);
    for (size_t i = 0; i < json_array_size(json_object_get(root, "edges")); i++)
        assert_string_not_equal(text_of(item(root, "edges", i), "target"),
                                "cart_calls");
    json_decref(root);
    free_answer(&made);
}

static void any_bytes_in_a_name_give_valid_json(void **state)
{
    (void)state;
    made_answer made;
    static const char *const wild[] = {
        "quote \" backslash \\ tab \t", "new\nline \x01 \x7f",
        "\xff\xfe\x80 \xc3", "\xed\xa0\x80 surrogate \xf5\x80\x80\x80",
        "日本語 é 🙂"};
    make_answer(&made, wild, 5, 1);
    for (size_t i = 0; i < 4; i++)
        add_link(&made, i, i + 1, 1, 0.5, 1e-9);
    made.variables[1].query = "rate(x{y=\"\xff\"}[5m])";
    json_t *root = render(&made);
    assert_string_equal(text_of(item(root, "nodes", 0), "label"), wild[0]);
    assert_string_equal(text_of(item(root, "nodes", 1), "label"), wild[1]);
    assert_string_equal(text_of(item(root, "nodes", 2), "label"),
                        "\uFFFD\uFFFD\uFFFD \uFFFD");
    assert_string_equal(text_of(item(root, "nodes", 4), "label"), wild[4]);
    json_decref(root);
    free_answer(&made);
}

static void an_arrow_at_lag_zero_points_at_the_target(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 1);
    add_link(&made, 0, 1, 0, 0.5, 1e-9);
    caus_graph_set(&made.discovery.graph, 1, 0, 0, CAUS_MARK_TAIL,
                   CAUS_MARK_ARROW);
    json_t *root = render(&made);
    assert_int_equal(json_array_size(json_object_get(root, "edges")), 1);
    json_t *edge = item(root, "edges", 0);
    assert_string_equal(text_of(edge, "source"), "b");
    assert_string_equal(text_of(edge, "target"), "a");
    assert_string_equal(text_of(edge, "mark"), "-->");
    assert_string_equal(text_of(edge, "orientation"), "rules");
    assert_string_equal(text_of(edge, "word"), "moved with");
    json_decref(root);
    free_answer(&made);
}

static void a_lag_without_an_arrow_is_no_order(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 3);
    add_link(&made, 0, 1, 2, 0.6, 1e-9);
    json_t *root = render(&made);
    json_t *edge = item(root, "edges", 0);
    assert_string_equal(text_of(edge, "orientation"), "lag");
    assert_string_equal(text_of(edge, "word"), "preceded");
    json_decref(root);
    caus_graph_set(&made.discovery.graph, 0, 1, 2, CAUS_MARK_CIRCLE,
                   CAUS_MARK_CIRCLE);
    root = render(&made);
    edge = item(root, "edges", 0);
    assert_string_equal(text_of(edge, "orientation"), "none");
    assert_string_equal(text_of(edge, "word"), "moved with");
    json_decref(root);
    free_answer(&made);
}

static void a_call_of_either_direction_explains_an_open_link(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 0);
    made.answer.preset = "incident";
    add_link(&made, 0, 1, 0, 0.5, 1e-9);
    bool off_calls[4] = {false, true, false, false};
    made.discovery.off_calls = off_calls;
    static const char failed[] =
        "call graph: failed (no call between the two explains it)";
    for (int off = 0; off < 2; off++) {
        off_calls[2] = off;
        json_t *root = render(&made);
        json_t *checks = json_object_get(item(root, "edges", 0), "checks");
        size_t last = json_array_size(checks) - 1;
        const char *text = json_string_value(json_array_get(checks, last));
        assert_int_equal(strcmp(text, failed) == 0, off);
        json_decref(root);
    }
    free_answer(&made);
}

static void window_counts_leave_the_baseline_out(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 1);
    caus_segment segments[2] = {made.segment, made.segment};
    caus_environment environments[2] = {{.id = 0, .name = "baseline"},
                                        {.id = 1, .name = "incident"}};
    segments[0].row_count = 1440;
    segments[0].start_ns -= 1440 * made.series.step_ns;
    segments[1].environment = 1;
    made.series.segments = segments;
    made.series.segment_count = 2;
    made.series.environments = environments;
    made.series.environment_count = 2;
    json_t *root = render(&made);
    json_t *window = json_object_get(root, "window");
    assert_string_equal(text_of(window, "start"), "2025-10-29T03:00:00Z");
    assert_string_equal(text_of(window, "end"), "2025-10-29T05:00:00Z");
    assert_int_equal(json_integer_value(json_object_get(window, "steps")), 481);
    assert_int_equal(json_integer_value(json_object_get(
                         item(window, "environments", 0), "rows")),
                     1440);
    json_decref(root);
    free_answer(&made);
}

/* Three variables came in, the middle one was merged into the first. */
static void a_node_lists_the_variables_it_stands_for(void **state)
{
    (void)state;
    static const char *const given[] = {"a_p95", "a_p99", "b"};
    static const char *const kept[] = {"a_p95", "b"};
    made_answer input, made;
    make_answer(&input, given, 3, 1);
    make_answer(&made, kept, 2, 1);
    const size_t members[] = {0, 1};
    const caus_family family = {2, members, "quantiles of one histogram"};
    caus_variable_quality facts[3] = {
        {.duplicate_of = SIZE_MAX},
        {.duplicate_of = SIZE_MAX},
        {.missing_share = 0.25, .duplicate_of = SIZE_MAX}};
    const caus_quality quality = {.variable_count = 3,
                                  .variables = facts,
                                  .family_count = 1,
                                  .families = &family};
    made.answer.input = &input.series;
    made.answer.quality = &quality;
    json_t *root = render(&made);
    json_t *heads = json_object_get(item(root, "nodes", 0), "members");
    assert_int_equal(json_array_size(heads), 1);
    assert_string_equal(json_string_value(json_array_get(heads, 0)), "a_p99");
    heads = json_object_get(item(root, "nodes", 1), "members");
    assert_int_equal(json_array_size(heads), 0);
    json_t *missing = json_object_get(json_object_get(root, "data"), "missing");
    assert_int_equal(json_object_size(missing), 1);
    assert_true(json_real_value(json_object_get(missing, "b")) == 0.25);
    json_decref(root);
    free_answer(&made);
    free_answer(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edge_says_all_that_was_computed),
        cmocka_unit_test(what_was_not_computed_is_left_out),
        cmocka_unit_test(an_effect_needs_the_unit_of_its_target),
        cmocka_unit_test(a_negative_statistic_has_a_positive_strength),
        cmocka_unit_test(all_links_lists_every_tested_one),
        cmocka_unit_test(a_target_keeps_its_ancestors),
        cmocka_unit_test(any_bytes_in_a_name_give_valid_json),
        cmocka_unit_test(an_arrow_at_lag_zero_points_at_the_target),
        cmocka_unit_test(a_lag_without_an_arrow_is_no_order),
        cmocka_unit_test(a_call_of_either_direction_explains_an_open_link),
        cmocka_unit_test(a_node_lists_the_variables_it_stands_for),
        cmocka_unit_test(window_counts_leave_the_baseline_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
