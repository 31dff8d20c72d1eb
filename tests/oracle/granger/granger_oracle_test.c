/* SPDX-License-Identifier: Apache-2.0 */
/* Granger's test against granger.json: see PROVENANCE.md beside it. */
#include <jansson.h>
#include <math.h>

#include "caus/granger.h"
#include "test.h"

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s: %s at line %d", path, error.text, error.line);
    return root;
}

static caus_series series_of(json_t *set, caus_arena *arena)
{
    json_t *rows = json_object_get(set, "values");
    size_t count = json_array_size(rows);
    size_t columns = json_array_size(json_array_get(rows, 0));
    caus_series series;
    double *values = caus_arena_array(arena, count * columns, sizeof *values);
    for (size_t k = 0; k < count * columns; k++)
        values[k] = json_number_value(
            json_array_get(json_array_get(rows, k / columns), k % columns));
    assert_int_equal(caus_series_from_values(NULL, columns, values, count,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static double number(json_t *row, size_t k)
{
    return json_number_value(json_array_get(row, k));
}

static void assert_close(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* `first` is the place of statistic and p-value in a row of the oracle. */
static void check(const caus_series *series, json_t *rows,
                  const caus_granger_options *options, size_t first)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    caus_granger found;
    size_t k, n = series->variable_count;
    json_t *row;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_granger(series, options, run, arena, &found, NULL),
        CAUS_OK);
    assert_int_equal(json_array_size(rows), n * (n - 1));
    json_array_foreach(rows, k, row)
    {
        size_t pair = (size_t)number(row, 0) * n + (size_t)number(row, 1);
        assert_close(found.statistic[pair], number(row, first));
        assert_close(found.p_value[pair], number(row, first + 1));
        assert_int_equal(found.lags[pair], options->max_lag);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void check_lags(const caus_series *series, json_t *expected, size_t most)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    caus_granger found;
    caus_granger_options options = caus_granger_options_default();
    options.max_lag = most;
    options.lag_order = CAUS_VAR_BIC;
    options.pairwise = true;
    size_t k, n = series->variable_count;
    json_t *row;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_granger(series, &options, run, arena, &found, NULL),
        CAUS_OK);
    json_array_foreach(expected, k, row)
    {
        size_t i = (size_t)number(row, 0), j = (size_t)number(row, 1);
        assert_int_equal(found.lags[i * n + j], (size_t)number(row, 2));
        assert_int_equal(found.lags[j * n + i], (size_t)number(row, 2));
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void statistics_and_p_values_are_those_of_statsmodels(void **unused)
{
    (void)unused;
    json_t *data = load("oracle/lingam/var.json"), *set;
    json_t *root = load("oracle/granger/granger.json"), *fit;
    size_t k, f;
    assert_int_equal(json_array_size(data), json_array_size(root));
    json_array_foreach(data, k, set)
    {
        caus_arena *arena = caus_arena_new(0);
        caus_series series = series_of(set, arena);
        json_t *expected = json_array_get(root, k);
        caus_granger_options options = caus_granger_options_default();
        json_array_foreach(json_object_get(expected, "lags"), f, fit)
        {
            json_t *pairs = json_object_get(fit, "pairwise");
            options.max_lag =
                (size_t)json_integer_value(json_object_get(fit, "lag"));
            options.test = CAUS_GRANGER_F;
            options.pairwise = false;
            check(&series, json_object_get(fit, "conditional"), &options, 2);
            options.pairwise = true;
            check(&series, pairs, &options, 2);
            options.test = CAUS_GRANGER_CHI_SQUARED;
            check(&series, pairs, &options, 4);
        }
        check_lags(&series, json_object_get(expected, "pair_lags"),
                   (size_t)json_integer_value(json_object_get(set, "max_lag")));
        caus_arena_free(arena);
    }
    json_decref(root);
    json_decref(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_and_p_values_are_those_of_statsmodels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
