/* SPDX-License-Identifier: Apache-2.0 */
/* PCMCI+ against the numbers in parcorr.json: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "caus/discovery.h"
#include "test.h"

static const double value_tolerance = 1e-10;
static const double p_tolerance = 1e-8; /* relative */

enum { CASE_COUNT = 28 };

/* One case as the library wants it. */
typedef struct oracle_case {
    json_t *expected;
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    caus_pcmci_options options;
    caus_discovery found;
} oracle_case;

static size_t option_size(json_t *object, const char *key, size_t missing)
{
    json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (size_t)json_integer_value(value) : missing;
}

static void read_data(oracle_case *c, json_t *datasets)
{
    const char *name = json_string_value(json_object_get(c->expected, "data"));
    json_t *rows = json_object_get(datasets, name);
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(c->arena, count * width, sizeof *values);
    assert_non_null(values);
    for (size_t r = 0; r < count; r++)
        for (size_t v = 0; v < width; v++)
            values[r * width + v] =
                json_number_value(json_array_get(json_array_get(rows, r), v));
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, c->arena, &c->series,
                                             NULL),
                     CAUS_OK);
}

static caus_collider_rule read_rule(json_t *from)
{
    json_t *rule = json_object_get(from, "contemp_collider_rule");
    if (json_is_null(rule))
        return CAUS_COLLIDERS_NONE;
    if (rule && strcmp(json_string_value(rule), "conservative") == 0)
        return CAUS_COLLIDERS_CONSERVATIVE;
    return CAUS_COLLIDERS_MAJORITY;
}

static void read_options(oracle_case *c)
{
    json_t *from = c->expected;
    json_t *pc_alpha = json_object_get(from, "pc_alpha");
    json_t *fdr = json_object_get(from, "fdr_method");
    caus_pcmci_options *options = &c->options;
    *options = caus_pcmci_options_default();
    options->method = json_object_get(from, "method") ? CAUS_METHOD_PC_LAGGED
                                                      : CAUS_METHOD_PCMCIPLUS;
    options->max_lag = option_size(from, "tau_max", 1);
    options->min_lag = option_size(from, "tau_min", 0);
    options->alpha = 1;
    options->pc_alpha =
        json_is_null(pc_alpha) ? (double)NAN : json_number_value(pc_alpha);
    options->fdr = fdr ? CAUS_FDR_BH : CAUS_FDR_NONE;
    options->colliders = read_rule(from);
    options->keep_first_orientation =
        json_is_false(json_object_get(from, "conflict_resolution"));
    options->reset_lagged_links =
        json_is_true(json_object_get(from, "reset_lagged_links"));
    options->max_combinations = option_size(from, "max_combinations", 1);
    options->max_conditions = option_size(from, "max_conds_dim", SIZE_MAX);
    options->max_conditions_target =
        option_size(from, "max_conds_py", SIZE_MAX);
    options->max_conditions_source =
        option_size(from, "max_conds_px", SIZE_MAX);
    options->level = 0;
    options->all_links = true;
}

static json_t *at(const oracle_case *c, const char *key, size_t i, size_t j,
                  size_t lag)
{
    json_t *matrix = json_object_get(c->expected, key);
    return json_array_get(json_array_get(json_array_get(matrix, i), j), lag);
}

static size_t wrong(const oracle_case *c, const char *what, size_t i, size_t j,
                    size_t lag)
{
    print_error("%s: %s %zu -> %zu lag %zu differs\n",
                json_string_value(json_object_get(c->expected, "name")), what,
                i, j, lag);
    return 1;
}

static bool is_node(json_t *node, size_t variable, size_t lag)
{
    return (size_t)json_integer_value(json_array_get(node, 0)) == variable &&
           (size_t)-json_integer_value(json_array_get(node, 1)) == lag;
}

/* The members expected to separate a pair; NULL for none. */
static json_t *expected_set(const oracle_case *c, size_t i, size_t j,
                            size_t lag)
{
    size_t place;
    json_t *entry;
    json_array_foreach(json_object_get(c->expected, "sepsets"), place, entry)
    {
        json_t *ends = json_array_get(entry, 0);
        if (is_node(json_array_get(ends, 0), i, lag) &&
            (size_t)json_integer_value(json_array_get(ends, 1)) == j)
            return json_array_get(entry, 1);
    }
    return NULL;
}

static bool has_expected_set(const oracle_case *c, size_t i, size_t j,
                             size_t lag)
{
    const caus_separating_set *set =
        &c->found.separating_sets[caus_graph_cell(&c->found.graph, i, j, lag)];
    json_t *members = expected_set(c, i, j, lag);
    if (set->count != json_array_size(members))
        return false;
    for (size_t k = 0; k < set->count; k++)
        if (!is_node(json_array_get(members, k), set->nodes[k].variable,
                     set->nodes[k].lag))
            return false;
    return true;
}

static size_t check_cell(const oracle_case *c, size_t i, size_t j, size_t lag)
{
    const caus_discovery *found = &c->found;
    size_t cell = caus_graph_cell(&found->graph, i, j, lag), bad = 0;
    double value = json_number_value(at(c, "val_matrix", i, j, lag));
    double p = json_number_value(at(c, "p_matrix", i, j, lag));
    double got = found->q_value ? found->q_value[cell] : found->p_value[cell];
    if (!(fabs(found->statistic[cell] - value) <= value_tolerance))
        bad += wrong(c, "statistic", i, j, lag);
    if (!(fabs(got - p) <= p_tolerance * p))
        bad += wrong(c, "p", i, j, lag);
    const char *mark = json_string_value(at(c, "graph", i, j, lag));
    const char *text = caus_edge_text(caus_graph_get(&found->graph, i, j, lag));
    if (strcmp(mark, text) != 0)
        bad += wrong(c, text, i, j, lag);
    if (!has_expected_set(c, i, j, lag))
        bad += wrong(c, "separating set", i, j, lag);
    return bad;
}

static size_t check_triples(const oracle_case *c)
{
    json_t *expected = json_object_get(c->expected, "ambiguous_triples");
    const caus_graph *graph = &c->found.graph;
    if (graph->ambiguous_count != json_array_size(expected))
        return wrong(c, "number of ambiguous triples", 0, 0, 0);
    size_t bad = 0;
    for (size_t t = 0; t < graph->ambiguous_count; t++) {
        const caus_triple *triple = &graph->ambiguous[t];
        json_t *entry = json_array_get(expected, t);
        json_t *middle = json_array_get(entry, 1);
        json_t *target = json_array_get(entry, 2);
        if (!is_node(json_array_get(entry, 0), triple->source,
                     triple->source_lag) ||
            (size_t)json_integer_value(middle) != triple->middle ||
            (size_t)json_integer_value(target) != triple->target)
            bad += wrong(c, "ambiguous triple", triple->source, triple->target,
                         triple->source_lag);
    }
    return bad;
}

static size_t check_parents(const oracle_case *c, size_t target)
{
    json_t *targets = json_object_get(c->expected, "lagged_parents");
    char key[32];
    snprintf(key, sizeof key, "%zu", target);
    json_t *expected = json_object_get(targets, key);
    const caus_parents *parents = &c->found.parents[target];
    if (!targets)
        return 0;
    if (parents->count != json_array_size(expected))
        return wrong(c, "number of parents", 0, target, 0);
    size_t bad = 0;
    for (size_t k = 0; k < parents->count; k++)
        if (!is_node(json_array_get(expected, k), parents->parents[k].variable,
                     parents->parents[k].lag))
            bad += wrong(c, "parent", parents->parents[k].variable, target,
                         parents->parents[k].lag);
    return bad;
}

static size_t check_case(json_t *datasets, json_t *expected, int threads)
{
    oracle_case c = {.expected = expected, .arena = caus_arena_new(0)};
    caus_run_options run_options = caus_run_options_default();
    caus_error err = {0};
    run_options.threads = threads;
    assert_non_null(c.arena);
    assert_int_equal(caus_run_new(&run_options, &c.run, &err), CAUS_OK);
    read_options(&c);
    read_data(&c, datasets);
    if (caus_discover_pcmci(&c.series, &c.options, c.run, c.arena, &c.found,
                            &err) != CAUS_OK)
        fail_msg("%s", err.message);
    size_t width = c.series.variable_count, bad = check_triples(&c);
    assert_true(c.found.complete);
    for (size_t j = 0; j < width; j++)
        bad += check_parents(&c, j);
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < width; j++)
            for (size_t lag = 0; lag <= c.options.max_lag; lag++)
                if (lag > 0 || i != j)
                    bad += check_cell(&c, i, j, lag);
    caus_run_free(c.run);
    caus_arena_free(c.arena);
    return bad;
}

static void every_case_equals_tigramite(void **unused)
{
    (void)unused;
    json_error_t error;
    json_t *root = json_load_file("oracle/pcmciplus/parcorr.json", 0, &error);
    if (!root)
        fail_msg("parcorr.json: %s at line %d", error.text, error.line);
    json_t *datasets = json_object_get(root, "datasets"), *expected;
    size_t place, bad = 0;
    json_array_foreach(json_object_get(root, "cases"), place, expected)
    {
        bad += check_case(datasets, expected, 1);
        bad += check_case(datasets, expected, 3);
    }
    assert_int_equal(place, CASE_COUNT);
    json_decref(root);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_equals_tigramite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
