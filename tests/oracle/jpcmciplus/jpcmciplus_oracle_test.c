/* SPDX-License-Identifier: Apache-2.0 */
/* J-PCMCI+ against the numbers in jpcmciplus.json: see PROVENANCE.md. */
#include "caus/jpcmciplus.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static const double value_tolerance = 1e-9;
static const double p_tolerance = 1e-7; /* relative */

enum { MOST_ENVIRONMENTS = 16, MOST_VARIABLES = 8 };

/* Names in the order of the columns, so that the library keeps it. */
static const char *const names[] = {"a0", "a1", "a2", "a3", "a4"};

typedef struct oracle_case {
    json_t *expected;
    double missing;
    caus_arena *arena;
    caus_run *run;
    caus_variable variables[MOST_VARIABLES];
    caus_segment segments[MOST_ENVIRONMENTS];
    caus_environment environments[MOST_ENVIRONMENTS];
    caus_series series;
    caus_jpcmciplus_options options;
    caus_jpcmciplus found;
    const caus_discovery *numbers;
} oracle_case;

static size_t option_size(json_t *object, const char *key, size_t missing)
{
    json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (size_t)json_integer_value(value) : missing;
}

static caus_role role_of(const char *name)
{
    for (int role = 0; role <= CAUS_ROLE_SPACE_DUMMY; role++)
        if (strcmp(caus_role_name((caus_role)role), name) == 0)
            return (caus_role)role;
    fail_msg("no role %s", name);
    return CAUS_ROLE_SYSTEM;
}

static bool has_role(const oracle_case *c, const char *name)
{
    json_t *role;
    size_t place;
    json_array_foreach(json_object_get(c->expected, "roles"), place, role)
    {
        if (strcmp(json_string_value(role), name) == 0)
            return true;
    }
    return false;
}

static void read_part(oracle_case *c, json_t *rows, size_t m, int64_t offset)
{
    json_t *columns = json_object_get(c->expected, "columns");
    size_t width = json_array_size(columns), count = json_array_size(rows);
    double *values = caus_arena_array(c->arena, count * width, sizeof *values);
    assert_non_null(values);
    for (size_t r = 0; r < count; r++)
        for (size_t v = 0; v < width; v++) {
            size_t from =
                (size_t)json_integer_value(json_array_get(columns, v));
            double value = json_number_value(
                json_array_get(json_array_get(rows, r), from));
            bool gone = !(value < c->missing || value > c->missing);
            values[r * width + v] = gone ? (double)NAN : value;
        }
    caus_series part;
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, c->arena, &part, NULL),
                     CAUS_OK);
    c->segments[m] = part.segments[0];
    c->segments[m].environment = (int)m;
    c->segments[m].offset_steps = offset;
    c->environments[m] = (caus_environment){.id = (int)m, .name = "e"};
    c->series.step_ns = part.step_ns;
}

static void read_data(oracle_case *c, json_t *datasets)
{
    const char *name = json_string_value(json_object_get(c->expected, "data"));
    json_t *data = json_object_get(datasets, name);
    json_t *parts = json_object_get(data, "rows");
    json_t *offsets = json_object_get(data, "offsets");
    json_t *roles = json_object_get(c->expected, "roles");
    size_t width = json_array_size(json_object_get(c->expected, "columns"));
    size_t count = json_array_size(parts);
    assert_in_range(count, 1, MOST_ENVIRONMENTS);
    for (size_t m = 0; m < count; m++)
        read_part(c, json_array_get(parts, m), m,
                  json_integer_value(json_array_get(offsets, m)));
    for (size_t v = 0; v < width; v++) {
        c->variables[v] = caus_variable_default();
        c->variables[v].name = names[v];
        c->variables[v].role =
            role_of(json_string_value(json_array_get(roles, v)));
    }
    c->series.variable_count = width;
    c->series.variables = c->variables;
    c->series.segments = c->segments;
    c->series.segment_count = count;
    c->series.environments = c->environments;
    c->series.environment_count = count;
}

static void read_options(oracle_case *c)
{
    json_t *from = c->expected;
    json_t *rule = json_object_get(from, "contemp_collider_rule");
    const char *colliders = rule ? json_string_value(rule) : "majority";
    c->options = caus_jpcmciplus_options_default();
    c->options.time_dummy = has_role(c, "time_dummy");
    c->options.space_dummy = has_role(c, "space_dummy");
    caus_pcmci_options *search = &c->options.search;
    search->max_lag = option_size(from, "tau_max", 1);
    search->alpha = 1;
    search->pc_alpha = json_number_value(json_object_get(from, "pc_alpha"));
    if (strcmp(colliders, "conservative") == 0)
        search->colliders = CAUS_COLLIDERS_CONSERVATIVE;
    else if (strcmp(colliders, "none") == 0)
        search->colliders = CAUS_COLLIDERS_NONE;
    search->keep_first_orientation =
        json_is_false(json_object_get(from, "conflict_resolution"));
    search->reset_lagged_links =
        json_is_true(json_object_get(from, "reset_lagged_links"));
    search->max_combinations = option_size(from, "max_combinations", 1);
    search->max_conditions = option_size(from, "max_conds_dim", SIZE_MAX);
    search->max_conditions_target = option_size(from, "max_conds_py", SIZE_MAX);
    search->max_conditions_source = option_size(from, "max_conds_px", SIZE_MAX);
    search->level = 0;
    search->all_links = true;
}

static json_t *at(const oracle_case *c, const char *key, size_t i, size_t j,
                  size_t lag)
{
    json_t *matrix = json_object_get(c->expected, key);
    return json_array_get(json_array_get(json_array_get(matrix, i), j), lag);
}

static size_t wrong(const oracle_case *c, const char *what, size_t i, size_t j,
                    size_t lag, double got, double expected)
{
    print_error("%s: %s %zu -> %zu lag %zu is %.12g, not %.12g\n",
                json_string_value(json_object_get(c->expected, "name")), what,
                i, j, lag, got, expected);
    return 1;
}

static bool is_system(const oracle_case *c, size_t variable)
{
    return c->found.variables[variable].role == CAUS_ROLE_SYSTEM;
}

static size_t check_cell(const oracle_case *c, size_t i, size_t j, size_t lag)
{
    const caus_discovery *found = c->numbers;
    size_t cell = caus_graph_cell(&found->graph, i, j, lag), bad = 0;
    double value = json_number_value(at(c, "val_matrix", i, j, lag));
    double p = json_number_value(at(c, "p_matrix", i, j, lag));
    p = p < 1 ? p : 1; /* tigramite multiplies beyond 1 */
    /* numbers of links between contexts are not given */
    bool tested = is_system(c, i) || is_system(c, j);
    if (tested && !(fabs(found->statistic[cell] - value) <= value_tolerance))
        bad += wrong(c, "statistic", i, j, lag, found->statistic[cell], value);
    if (tested && !(fabs(found->p_value[cell] - p) <= p_tolerance * p))
        bad += wrong(c, "p", i, j, lag, found->p_value[cell], p);
    const char *mark = json_string_value(at(c, "graph", i, j, lag));
    const char *text = caus_edge_text(caus_graph_get(&found->graph, i, j, lag));
    if (strcmp(mark, text) != 0) {
        print_error("%s is not %s: ", text, mark);
        bad += wrong(c, "mark", i, j, lag, 0, 0);
    }
    return bad;
}

static bool is_node(json_t *node, size_t variable, size_t lag)
{
    return (size_t)json_integer_value(json_array_get(node, 0)) == variable &&
           (size_t)-json_integer_value(json_array_get(node, 1)) == lag;
}

static size_t check_triples(const oracle_case *c)
{
    json_t *expected = json_object_get(c->expected, "ambiguous_triples");
    const caus_graph *graph = &c->numbers->graph;
    if (graph->ambiguous_count != json_array_size(expected))
        return wrong(c, "number of ambiguous triples", 0, 0, 0,
                     (double)graph->ambiguous_count,
                     (double)json_array_size(expected));
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
                         triple->source_lag, 0, 0);
    }
    return bad;
}

static size_t check_case(oracle_case *c, json_t *datasets)
{
    size_t bad = 0;
    read_data(c, datasets);
    read_options(c);
    caus_error err = {0};
    if (caus_discover_jpcmciplus(&c->series, &c->options, c->run, c->arena,
                                 &c->found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    c->numbers = &c->found.discovery;
    size_t variables = c->found.variable_count;
    size_t lags = c->options.search.max_lag + 1;
    assert_int_equal(variables,
                     json_array_size(json_object_get(c->expected, "roles")));
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            for (size_t lag = 0; lag < lags; lag++)
                bad += check_cell(c, i, j, lag);
    return bad + check_triples(c);
}

static json_t *load(const char *file)
{
    json_error_t error;
    json_t *root = json_load_file(file, 0, &error);
    if (!root)
        fail_msg("%s: %s", file, error.text);
    return root;
}

static void all_numbers_are_those_of_tigramite(void **state)
{
    (void)state;
    const char *file = getenv("CAUS_JPCMCIPLUS_ORACLE");
    json_t *root = load(file ? file : "oracle/jpcmciplus/jpcmciplus.json");
    json_t *cases = json_object_get(root, "cases"), *expected;
    size_t place, bad = 0;
    assert_true(json_array_size(cases) > 0);
    json_array_foreach(cases, place, expected)
    {
        oracle_case c = {
            .expected = expected,
            .missing = json_number_value(json_object_get(root, "missing")),
            .arena = caus_arena_new(0)};
        caus_run_options options = caus_run_options_default();
        options.threads = 1 + (int)(place % 2);
        assert_int_equal(caus_run_new(&options, &c.run, NULL), CAUS_OK);
        bad += check_case(&c, json_object_get(root, "datasets"));
        caus_run_free(c.run);
        caus_arena_free(c.arena);
    }
    json_decref(root);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_numbers_are_those_of_tigramite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
