/* SPDX-License-Identifier: Apache-2.0 */
/* LPCMCI against the graphs and numbers in lpcmci.json: see PROVENANCE.md. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "caus/lpcmci.h"
#include "test.h"

static const double tolerance = 1e-9;

static json_t *load(void)
{
    json_error_t error;
    json_t *root = json_load_file("oracle/lpcmci/lpcmci.json", 0, &error);
    if (!root)
        fail_msg("lpcmci.json: %s at line %d", error.text, error.line);
    return root;
}

static size_t size_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return (size_t)json_integer_value(value);
}

static json_t *cell_of(json_t *expected, const char *name, size_t i, size_t j,
                       size_t lag)
{
    json_t *array = json_object_get(json_object_get(expected, "results"), name);
    json_t *cell =
        json_array_get(json_array_get(json_array_get(array, i), j), lag);
    assert_non_null(cell);
    return cell;
}

static size_t compare_graph(json_t *expected, const caus_graph *found)
{
    size_t wrong = 0;
    for (size_t i = 0; i < found->node_count; i++)
        for (size_t j = 0; j < found->node_count; j++)
            for (size_t lag = 0; lag <= found->max_lag; lag++) {
                if (i == j && lag == 0)
                    continue;
                const char *mark =
                    json_string_value(cell_of(expected, "graph", i, j, lag));
                const char *mine =
                    caus_edge_text(caus_graph_get(found, i, j, lag));
                if (strcmp(mark, mine) == 0)
                    continue;
                wrong++;
                print_error(
                    "%s: %zu(t-%zu) to %zu(t) is '%s', expected '%s'\n",
                    json_string_value(json_object_get(expected, "name")), i,
                    lag, j, mine, mark);
            }
    return wrong;
}

static size_t compare_numbers(json_t *expected, const caus_discovery *found)
{
    size_t wrong = 0;
    const caus_graph *graph = &found->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                if (i == j && lag == 0)
                    continue;
                size_t cell = caus_graph_cell(graph, i, j, lag);
                double value = json_number_value(
                    cell_of(expected, "val_matrix", i, j, lag));
                double p =
                    json_number_value(cell_of(expected, "p_matrix", i, j, lag));
                if (fabs(found->statistic[cell] - value) <= tolerance &&
                    fabs(found->p_value[cell] - p) <= tolerance)
                    continue;
                wrong++;
                print_error(
                    "%s: %zu(t-%zu) to %zu(t): %.12g p %.12g, expected "
                    "%.12g p %.12g\n",
                    json_string_value(json_object_get(expected, "name")), i,
                    lag, j, found->statistic[cell], found->p_value[cell], value,
                    p);
            }
    return wrong;
}

static caus_series series_of(json_t *rows, caus_arena *arena)
{
    size_t count = json_array_size(rows);
    size_t width = json_array_size(json_array_get(rows, 0));
    double *values = caus_arena_array(arena, count * width, sizeof *values);
    caus_series series;
    assert_non_null(values);
    for (size_t r = 0; r < count; r++)
        for (size_t v = 0; v < width; v++)
            values[r * width + v] =
                json_number_value(json_array_get(json_array_get(rows, r), v));
    assert_int_equal(caus_series_from_values(NULL, width, values, count,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    return series;
}

/* What tigramite was told, in our words. */
static unsigned char assumption_of(const char *link)
{
    static const struct {
        const char *link;
        caus_assumption assumption;
    } words[] = {{"", CAUS_ASSUME_ABSENT},       {"-->", CAUS_ASSUME_LINK},
                 {"<--", CAUS_ASSUME_LINK_BACK}, {"<?>", CAUS_ASSUME_ONLY_BACK},
                 {"<?o", CAUS_ASSUME_ONLY_BACK}, {"o?o", CAUS_ASSUME_UNKNOWN}};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strcmp(link, words[k].link) == 0)
            return (unsigned char)words[k].assumption;
    assert_string_equal(link, "o?>");
    return CAUS_ASSUME_NOT_BACK;
}

static const unsigned char *assumptions_of(json_t *expected, size_t nodes,
                                           size_t lags, caus_arena *arena)
{
    json_t *known = json_object_get(expected, "known"), *item;
    unsigned char *cells = caus_arena_array(arena, nodes * nodes * lags, 1);
    size_t k;
    if (!known)
        return NULL;
    json_array_foreach(known, k, item)
    {
        json_int_t i = json_integer_value(json_array_get(item, 0));
        json_int_t lag = json_integer_value(json_array_get(item, 1));
        json_int_t j = json_integer_value(json_array_get(item, 2));
        unsigned char said =
            assumption_of(json_string_value(json_array_get(item, 3)));
        if (lag && said == CAUS_ASSUME_NOT_BACK)
            said = CAUS_ASSUME_UNKNOWN; /* time says so */
        cells[((size_t)i * nodes + (size_t)j) * lags + (size_t)lag] = said;
    }
    return cells;
}

static size_t check_data_case(json_t *expected, const caus_run *run)
{
    caus_arena *arena = caus_arena_new(0);
    assert_non_null(arena);
    caus_series series = series_of(json_object_get(expected, "data"), arena);
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_discovery found;
    caus_error err;
    options.max_lag = size_of(expected, "tau_max");
    options.preliminary_iterations = size_of(expected, "iterations");
    options.alpha = json_number_value(json_object_get(expected, "pc_alpha"));
    options.assumptions = assumptions_of(expected, series.variable_count,
                                         options.max_lag + 1, arena);
    if (caus_discover_lpcmci(&series, &options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    assert_true(found.complete);
    size_t wrong = compare_graph(expected, &found.graph) +
                   compare_numbers(expected, &found);
    caus_arena_free(arena);
    return wrong;
}

static size_t check_oracle_case(json_t *expected, const caus_run *run)
{
    enum { MOST = 16 };
    size_t observed[MOST], place, count = 0;
    caus_arena *arena = caus_arena_new(0);
    caus_graph truth, found;
    json_t *item;
    caus_lpcmci_options options = caus_lpcmci_options_default();
    options.max_lag = size_of(expected, "tau_max");
    assert_non_null(arena);
    assert_int_equal(
        caus_graph_init(&truth, size_of(expected, "nodes"), 3, arena, NULL),
        CAUS_OK);
    json_array_foreach(json_object_get(expected, "links"), place, item)
    {
        size_t end[3];
        for (size_t k = 0; k < 3; k++)
            end[k] = (size_t)json_integer_value(json_array_get(item, k));
        caus_graph_set(&truth, end[0], end[2], end[1], CAUS_MARK_TAIL,
                       CAUS_MARK_ARROW);
    }
    json_array_foreach(json_object_get(expected, "observed"), place, item)
    {
        assert_true(count < MOST);
        observed[count++] = (size_t)json_integer_value(item);
    }
    assert_int_equal(caus_lpcmci_of_truth(&truth, observed, count, &options,
                                          run, arena, &found, NULL),
                     CAUS_OK);
    size_t wrong = compare_graph(expected, &found);
    caus_arena_free(arena);
    return wrong;
}

typedef size_t check_fn(json_t *expected, const caus_run *run);

static void check_all(const char *kind, check_fn *check)
{
    json_t *root = load(), *item;
    json_t *cases = json_object_get(root, kind);
    caus_run *run = NULL;
    size_t place, wrong = 0;
    assert_true(json_array_size(cases) >= 8);
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    json_array_foreach(cases, place, item) wrong += check(item, run);
    caus_run_free(run);
    json_decref(root);
    assert_int_equal(wrong, 0);
}

static void data_give_the_graphs_and_numbers_of_tigramite(void **state)
{
    (void)state;
    check_all("data", check_data_case);
}

static void right_answers_give_the_graphs_of_tigramite(void **state)
{
    (void)state;
    check_all("oracle", check_oracle_case);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_give_the_graphs_and_numbers_of_tigramite),
        cmocka_unit_test(right_answers_give_the_graphs_of_tigramite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
