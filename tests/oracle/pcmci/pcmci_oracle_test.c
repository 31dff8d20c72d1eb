/* SPDX-License-Identifier: Apache-2.0 */
/* PCMCI and its relatives against the numbers in parcorr.json: see
 * PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "caus/discovery.h"
#include "independence/independence.h"
#include "test.h"

static const double value_tolerance = 1e-10;
static const double p_tolerance = 1e-8; /* relative */

enum { MAX_SEGMENTS = 4 };

/* One case as the library wants it. */
typedef struct oracle_case {
    json_t *expected;
    caus_arena *arena;
    caus_run *run;
    caus_segment segments[MAX_SEGMENTS];
    caus_series series;
    caus_pcmci_options options;
    caus_discovery found;
    double value_tolerance, p_tolerance; /* the case's own, if it has any */
} oracle_case;

static json_t *load_oracle(void)
{
    json_error_t error;
    json_t *root = json_load_file("oracle/pcmci/parcorr.json", 0, &error);
    if (!root)
        fail_msg("parcorr.json: %s at line %d", error.text, error.line);
    return root;
}

static size_t option_size(json_t *object, const char *key, size_t missing)
{
    json_t *value = json_object_get(object, key);
    return value ? (size_t)json_integer_value(value) : missing;
}

static double option_number(json_t *object, const char *key, double missing)
{
    json_t *value = json_object_get(object, key);
    return value ? json_number_value(value) : missing;
}

static void set_bit(uint64_t *bits, size_t words, size_t row, size_t variable)
{
    bits[variable * words + row / 64] |= (uint64_t)1 << (row % 64);
}

/* Rows of numbers; a value equal to `flag` is missing. */
static caus_segment read_segment(caus_arena *arena, json_t *rows, double flag)
{
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    size_t words = (count + 63) / 64;
    double *values = caus_arena_array(arena, count * width, sizeof *values);
    uint64_t *missing = caus_arena_array(arena, width * words, 8);
    assert_non_null(values);
    assert_non_null(missing);
    for (size_t r = 0; r < count; r++) {
        for (size_t v = 0; v < width; v++) {
            double value =
                json_number_value(json_array_get(json_array_get(rows, r), v));
            bool is_missing = fabs(value - flag) < 1e-9;
            values[r * width + v] = is_missing ? (double)NAN : value;
            if (is_missing)
                set_bit(missing, words, r, v);
        }
    }
    return (caus_segment){.row_count = count,
                          .word_count = words,
                          .values = values,
                          .missing = isnan(flag) ? NULL : missing};
}

static void read_mask(oracle_case *c)
{
    json_t *mask = json_object_get(c->expected, "mask");
    if (!mask)
        return;
    caus_segment *segment = &c->segments[0];
    size_t width = c->series.variable_count;
    uint64_t *selected =
        caus_arena_array(c->arena, width * segment->word_count, 8);
    assert_non_null(selected);
    for (size_t r = 0; r < segment->row_count; r++) {
        const char *row = json_string_value(json_array_get(mask, r));
        for (size_t v = 0; v < width; v++)
            if (row[v] == '0')
                set_bit(selected, segment->word_count, r, v);
    }
    segment->selected = selected;
    char role = *json_string_value(json_object_get(c->expected, "mask_type"));
    c->options.mask_roles = role == 'x'   ? CAUS_MASK_SOURCE
                            : role == 'y' ? CAUS_MASK_TARGET
                                          : CAUS_MASK_CONDITIONS;
}

static void read_data(oracle_case *c, json_t *datasets)
{
    json_t *names = json_object_get(c->expected, "data");
    double flag = option_number(c->expected, "missing_flag", (double)NAN);
    size_t count = json_array_size(names);
    assert_true(count >= 1 && count <= MAX_SEGMENTS);
    for (size_t s = 0; s < count; s++) {
        const char *name = json_string_value(json_array_get(names, s));
        json_t *rows = json_object_get(datasets, name);
        c->segments[s] = read_segment(c->arena, rows, flag);
        c->series.variable_count = json_array_size(json_array_get(rows, 0));
    }
    c->series.segments = c->segments;
    c->series.segment_count = count;
    c->series.step_ns = 1000000000;
    read_mask(c);
}

/* tigramite's link_assumptions list what is allowed; the rest is absent. */
static void read_assumptions(oracle_case *c)
{
    json_t *targets = json_object_get(c->expected, "link_assumptions");
    if (!targets)
        return;
    size_t width = c->series.variable_count, lags = c->options.max_lag + 1;
    unsigned char *cells = caus_arena_array(c->arena, width * width * lags, 1);
    assert_non_null(cells);
    memset(cells, CAUS_ASSUME_ABSENT, width * width * lags);
    const char *key;
    json_t *links, *link;
    size_t place;
    json_object_foreach(targets, key, links)
    {
        size_t target = strtoul(key, NULL, 10);
        json_array_foreach(links, place, link)
        {
            json_t *node = json_array_get(link, 0);
            size_t source = (size_t)json_integer_value(json_array_get(node, 0));
            size_t lag = (size_t)-json_integer_value(json_array_get(node, 1));
            const char *mark = json_string_value(json_array_get(link, 1));
            cells[(source * width + target) * lags + lag] =
                strcmp(mark, "-->") == 0 ? CAUS_ASSUME_LINK
                                         : CAUS_ASSUME_UNKNOWN;
        }
    }
    c->options.assumptions = cells;
}

static void read_options(oracle_case *c)
{
    json_t *from = c->expected;
    const char *method = json_string_value(json_object_get(from, "method"));
    caus_pcmci_options *options = &c->options;
    *options = caus_pcmci_options_default();
    options->method = strcmp(method, "run_pcmci") == 0    ? CAUS_METHOD_PCMCI
                      : strcmp(method, "run_bivci") == 0  ? CAUS_METHOD_BIVCI
                      : strcmp(method, "run_fullci") == 0 ? CAUS_METHOD_FULLCI
                                                          : CAUS_METHOD_LAGGED;
    options->max_lag = option_size(from, "tau_max", 1);
    options->min_lag = option_size(from, "tau_min", 0);
    options->alpha = option_number(from, "alpha_level", .05);
    json_t *pc_alpha = json_object_get(from, "pc_alpha");
    options->pc_alpha = json_is_null(pc_alpha)
                            ? (double)NAN
                            : option_number(from, "pc_alpha", .05);
    options->fdr =
        json_object_get(from, "fdr_method") ? CAUS_FDR_BH : CAUS_FDR_NONE;
    options->max_combinations = option_size(from, "max_combinations", 1);
    options->max_conditions = option_size(from, "max_conds_dim", SIZE_MAX);
    options->max_conditions_target =
        option_size(from, "max_conds_py", SIZE_MAX);
    options->max_conditions_source =
        option_size(from, "max_conds_px", SIZE_MAX);
    options->drop_up_to_max_lag =
        json_is_true(json_object_get(from, "remove_missing_upto_maxlag"));
    options->level = option_number(from, "conf_lev", 0);
    options->test.interval = CAUS_INTERVAL_STUDENT;
    options->all_links = true;
}

static double at(json_t *array, size_t i, size_t j, size_t lag)
{
    json_t *value =
        json_array_get(json_array_get(json_array_get(array, i), j), lag);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static size_t wrong(const oracle_case *c, const char *what, size_t i, size_t j,
                    size_t lag, double found, double expected)
{
    print_error("%s: %s %zu -> %zu lag %zu is %.17g, expected %.17g\n",
                json_string_value(json_object_get(c->expected, "name")), what,
                i, j, lag, found, expected);
    return 1;
}

static bool is_near(double found, double expected, double tolerance)
{
    return fabs(found - expected) <= tolerance * fabs(expected) ||
           fabs(found - expected) < 1e-300;
}

/* One cell's numbers and mark; returns how many are wrong. */
static size_t check_cell(const oracle_case *c, size_t i, size_t j, size_t lag)
{
    const caus_discovery *found = &c->found;
    size_t cell = caus_graph_cell(&found->graph, i, j, lag), bad = 0;
    double value = at(json_object_get(c->expected, "val_matrix"), i, j, lag);
    double p = at(json_object_get(c->expected, "p_matrix"), i, j, lag);
    double got = found->q_value ? found->q_value[cell] : found->p_value[cell];
    if (!(fabs(found->statistic[cell] - value) <= c->value_tolerance))
        bad += wrong(c, "statistic", i, j, lag, found->statistic[cell], value);
    if (!is_near(got, p, c->p_tolerance))
        bad += wrong(c, "p", i, j, lag, got, p);
    const char *mark = json_string_value(json_array_get(
        json_array_get(json_array_get(json_object_get(c->expected, "graph"), i),
                       j),
        lag));
    const char *text = caus_edge_text(caus_graph_get(&found->graph, i, j, lag));
    if (strcmp(mark, text) != 0) {
        print_error("mark '%s', expected '%s': ", text, mark);
        bad += wrong(c, "mark", i, j, lag, 0, 0);
    }
    json_t *intervals = json_object_get(c->expected, "conf_matrix");
    if (intervals && value < 1) {
        json_t *ends = json_array_get(
            json_array_get(json_array_get(intervals, i), j), lag);
        double lower = json_number_value(json_array_get(ends, 0));
        double upper = json_number_value(json_array_get(ends, 1));
        if (!(fabs(found->lower[cell] - lower) <= c->value_tolerance))
            bad += wrong(c, "lower", i, j, lag, found->lower[cell], lower);
        if (!(fabs(found->upper[cell] - upper) <= c->value_tolerance))
            bad += wrong(c, "upper", i, j, lag, found->upper[cell], upper);
    }
    return bad;
}

/* The expected smallest statistic of a parent: [[[i, -lag], value], ...]. */
static double expected_strength(json_t *list, size_t variable, size_t lag)
{
    size_t place;
    json_t *entry;
    json_array_foreach(list, place, entry)
    {
        json_t *node = json_array_get(entry, 0);
        if ((size_t)json_integer_value(json_array_get(node, 0)) == variable &&
            (size_t)-json_integer_value(json_array_get(node, 1)) == lag)
            return json_number_value(json_array_get(entry, 1));
    }
    fail_msg("no expected strength");
    return 0;
}

static size_t check_parents(const oracle_case *c, size_t target)
{
    char key[32];
    snprintf(key, sizeof key, "%zu", target);
    json_t *sorted =
        json_object_get(json_object_get(c->expected, "pc_parents_sorted"), key);
    json_t *strengths =
        json_object_get(json_object_get(c->expected, "pc_val_min"), key);
    const caus_parents *parents = &c->found.parents[target];
    if (parents->count != json_array_size(sorted))
        return wrong(c, "parent count", 0, target, 0, (double)parents->count,
                     (double)json_array_size(sorted));
    size_t bad = 0;
    for (size_t k = 0; k < parents->count; k++) {
        caus_lagged parent = parents->parents[k];
        json_t *node = json_array_get(sorted, k);
        if (parent.variable !=
                (size_t)json_integer_value(json_array_get(node, 0)) ||
            parent.lag != (size_t)-json_integer_value(json_array_get(node, 1)))
            return wrong(c, "parent", parent.variable, target, parent.lag, 0,
                         0);
        double strength =
            expected_strength(strengths, parent.variable, parent.lag);
        if (!(fabs(parents->min_statistic[k] - strength) <= c->value_tolerance))
            bad += wrong(c, "strength", parent.variable, target, parent.lag,
                         parents->min_statistic[k], strength);
    }
    json_t *alpha =
        json_object_get(json_object_get(c->expected, "pc_optimal_alpha"), key);
    if (json_is_number(alpha) &&
        !is_near(parents->alpha, json_number_value(alpha), 1e-12))
        bad += wrong(c, "pc_alpha", 0, target, 0, parents->alpha,
                     json_number_value(alpha));
    return bad;
}

static size_t check_case(json_t *datasets, json_t *expected)
{
    oracle_case c = {.expected = expected, .arena = caus_arena_new(0)};
    caus_error err = {0};
    assert_non_null(c.arena);
    assert_int_equal(caus_run_new(NULL, &c.run, &err), CAUS_OK);
    c.value_tolerance =
        option_number(expected, "value_tolerance", value_tolerance);
    c.p_tolerance = option_number(expected, "p_tolerance", p_tolerance);
    read_options(&c);
    read_data(&c, datasets);
    read_assumptions(&c);
    if (caus_discover_pcmci(&c.series, &c.options, c.run, c.arena, &c.found,
                            &err) != CAUS_OK)
        fail_msg("%s", err.message);
    size_t width = c.series.variable_count, bad = 0;
    assert_true(c.found.complete);
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < width; j++)
            for (size_t lag = 0; lag <= c.options.max_lag; lag++)
                bad += check_cell(&c, i, j, lag);
    if (json_object_get(expected, "pc_parents_sorted"))
        for (size_t j = 0; j < width; j++)
            bad += check_parents(&c, j);
    caus_run_free(c.run);
    caus_arena_free(c.arena);
    return bad;
}

static void every_case_equals_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    size_t place, bad = 0;
    json_array_foreach(json_object_get(root, "cases"), place, expected) bad +=
        check_case(json_object_get(root, "datasets"), expected);
    assert_int_equal(place, 20);
    json_decref(root);
    assert_int_equal(bad, 0);
}

static caus_node read_node(const caus_sample *sample, json_t *node)
{
    return caus_node_of(sample,
                        (size_t)json_integer_value(json_array_get(node, 0)),
                        (size_t)-json_integer_value(json_array_get(node, 1)));
}

static void check_single(const caus_series *series, json_t *expected)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run;
    caus_sample sample;
    caus_independence test;
    caus_ci_work *work;
    caus_ci_result result;
    caus_node given[8];
    json_t *conditions = json_object_get(expected, "Z");
    size_t count = json_array_size(conditions);
    caus_sample_options options = {.longest_lag =
                                       2 * option_size(expected, "tau_max", 0)};
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_sample_init(series, &options, run, arena, &sample, NULL), CAUS_OK);
    assert_int_equal(
        caus_parcorr_init(&sample, NULL, 1, run, arena, &test, NULL), CAUS_OK);
    assert_int_equal(test.start(test.state, arena, &work, NULL), CAUS_OK);
    for (size_t k = 0; k < count; k++)
        given[k] = read_node(&sample, json_array_get(conditions, k));
    caus_node source =
        read_node(&sample, json_array_get(json_object_get(expected, "X"), 0));
    caus_node target =
        read_node(&sample, json_array_get(json_object_get(expected, "Y"), 0));
    assert_int_equal(test.condition(work, target, given, count, NULL), CAUS_OK);
    caus_ci_source tested = {.node = source};
    assert_int_equal(test.test(work, &tested, &result, NULL), CAUS_OK);
    double value = json_number_value(json_object_get(expected, "val"));
    double p = json_number_value(json_object_get(expected, "pval"));
    assert_true(fabs(result.statistic - value) <= value_tolerance);
    assert_true(is_near(caus_ci_p_value(&test, &result), p, p_tolerance));
    caus_run_free(run);
    caus_arena_free(arena);
}

static void single_partial_correlations_equal_tigramite(void **unused)
{
    (void)unused;
    json_t *root = load_oracle(), *expected;
    json_t *single = json_object_get(root, "single_tests");
    const char *name =
        json_string_value(json_array_get(json_object_get(single, "data"), 0));
    caus_arena *arena = caus_arena_new(0);
    caus_segment segment = read_segment(
        arena, json_object_get(json_object_get(root, "datasets"), name),
        (double)NAN);
    caus_series series = {.variable_count = 5,
                          .segment_count = 1,
                          .segments = &segment,
                          .step_ns = 1};
    size_t place;
    json_array_foreach(json_object_get(single, "tests"), place, expected)
        check_single(&series, expected);
    assert_int_equal(place, 4);
    caus_arena_free(arena);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_equals_tigramite),
        cmocka_unit_test(single_partial_correlations_equal_tigramite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
