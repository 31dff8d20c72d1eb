/* SPDX-License-Identifier: Apache-2.0 */
/* Correlation graphs against correlation.json: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>

#include "caus/correlation.h"
#include "test.h"

static double number(json_t *row, size_t k)
{
    json_t *value = json_array_get(row, k);
    return json_is_null(value) ? (double)NAN : json_number_value(value);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g", value, expected);
}

static caus_series series_of(json_t *set, caus_arena *arena)
{
    json_t *rows = json_object_get(set, "values");
    size_t count = json_array_size(rows);
    size_t columns = json_array_size(json_array_get(rows, 0));
    caus_series series;
    double *values = caus_arena_array(arena, count * columns, sizeof *values);
    for (size_t k = 0; k < count * columns; k++)
        values[k] = number(json_array_get(rows, k / columns), k % columns);
    assert_int_equal(caus_series_from_values(NULL, columns, values, count,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static void check(const caus_series *series, json_t *set,
                  caus_correlation_kind kind)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    caus_discovery found;
    caus_correlation_options options = caus_correlation_options_default();
    size_t k, first = kind == CAUS_CORRELATION_PEARSON ? 3 : 7;
    json_t *cells = json_object_get(set, "cells"), *row;
    options.kind = kind;
    options.max_lag =
        (size_t)json_integer_value(json_object_get(set, "max_lag"));
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_correlation(series, &options, run, arena, &found, NULL),
        CAUS_OK);
    assert_int_equal(json_array_size(cells), found.test_count);
    json_array_foreach(cells, k, row)
    {
        size_t cell =
            caus_graph_cell(&found.graph, (size_t)number(row, 0),
                            (size_t)number(row, 1), (size_t)number(row, 2));
        double p = number(row, first + 1);
        assert_near(found.statistic[cell], number(row, first), 1e-13);
        assert_near(found.p_value[cell], p, 1e-10 * p + 1e-300);
        if (kind == CAUS_CORRELATION_SPEARMAN)
            continue;
        assert_near(found.lower[cell], number(row, 5), 1e-12);
        assert_near(found.upper[cell], number(row, 6), 1e-12);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void
correlations_p_values_and_intervals_are_those_of_scipy(void **unused)
{
    (void)unused;
    json_error_t error;
    json_t *root =
               json_load_file("oracle/correlation/correlation.json", 0, &error),
           *set;
    size_t k;
    if (!root)
        fail_msg("correlation.json: %s at line %d", error.text, error.line);
    assert_int_equal(json_array_size(root), 2);
    json_array_foreach(root, k, set)
    {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = series_of(set, arena);
        check(&series, set, CAUS_CORRELATION_PEARSON);
        check(&series, set, CAUS_CORRELATION_SPEARMAN);
        caus_arena_free(arena);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            correlations_p_values_and_intervals_are_those_of_scipy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
