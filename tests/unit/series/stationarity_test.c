/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "series/quality_internal.h"
#include "test.h"

enum { MOST_VALUES = 1400, EXPECTED_SERIES = 13 };

typedef struct bench {
    caus_run *run;
    caus_arena *scratch;
} bench;

static int set_up(void **state)
{
    bench *b = test_calloc(1, sizeof *b);
    caus_run_options options = {.threads = 1};
    assert_int_equal(caus_run_new(&options, &b->run, NULL), CAUS_OK);
    b->scratch = caus_run_scratch(b->run, 0);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    caus_run_free(b->run);
    test_free(b);
    return 0;
}

/* One line of oracle/quality/unit_root.csv. */
typedef struct oracle {
    char name[32];
    caus_unit_root_test adf, kpss;
    double values[MOST_VALUES];
    size_t count;
} oracle;

static double next_number(char **at)
{
    assert_true(**at == ',');
    return strtod(*at + 1, at);
}

static caus_unit_root_test next_test(char **at)
{
    caus_unit_root_test test;
    test.statistic = next_number(at);
    test.p_value = next_number(at);
    test.lags = (size_t)next_number(at);
    return test;
}

static void parse(char *line, oracle *o)
{
    size_t length = strcspn(line, ",");
    assert_true(length < sizeof o->name);
    memcpy(o->name, line, length);
    o->name[length] = '\0';
    char *at = line + length;
    o->adf = next_test(&at);
    o->kpss = next_test(&at);
    for (o->count = 0; *at == ','; o->count++) {
        assert_true(o->count < MOST_VALUES);
        o->values[o->count] = next_number(&at);
    }
}

static void assert_same(const char *name, const char *test,
                        caus_unit_root_test made, caus_unit_root_test expected)
{
    bool is_close = fabs(made.statistic - expected.statistic) <=
                        1e-8 * fabs(expected.statistic) &&
                    fabs(made.p_value - expected.p_value) <= 1e-6 &&
                    made.lags == expected.lags;
    if (!is_close)
        fail_msg("%s, %s: %.17g (p %g, %zu lags), expected %.17g (p %g, %zu)",
                 name, test, made.statistic, made.p_value, made.lags,
                 expected.statistic, expected.p_value, expected.lags);
}

static void tests_equal_statsmodels(void **state)
{
    const bench *b = *state;
    FILE *file = fopen("oracle/quality/unit_root.csv", "r");
    assert_non_null(file);
    char *line = NULL;
    size_t capacity = 0, series = 0;
    oracle *o = test_malloc(sizeof *o);
    while (getline(&line, &capacity, file) > 0) {
        if (line[0] == '#')
            continue;
        parse(line, o);
        bool failed = false;
        assert_same(o->name, "ADF",
                    caus_adf_test(o->values, o->count, b->scratch, &failed),
                    o->adf);
        assert_same(
            o->name, "KPSS",
            caus_kpss_test(o->values, o->count, b->run, b->scratch, &failed),
            o->kpss);
        assert_false(failed);
        series++;
    }
    free(line);
    fclose(file);
    test_free(o);
    assert_int_equal(series, EXPECTED_SERIES);
    assert_int_equal(caus_arena_used_bytes(b->scratch), 0);
}

static void what_cannot_be_tested_is_nan(void **state)
{
    const bench *b = *state;
    double constant[40], line[40], few[5] = {1, 5, 2, 4, 3};
    for (size_t i = 0; i < 40; i++) {
        constant[i] = .1;
        line[i] = 3 * (double)i;
    }
    bool failed = false;
    assert_true(
        isnan(caus_adf_test(constant, 40, b->scratch, &failed).p_value));
    assert_true(isnan(caus_adf_test(line, 40, b->scratch, &failed).statistic));
    assert_true(isnan(caus_adf_test(few, 5, b->scratch, &failed).p_value));
    assert_true(isnan(
        caus_kpss_test(constant, 40, b->run, b->scratch, &failed).p_value));
    assert_true(
        isnan(caus_kpss_test(few, 1, b->run, b->scratch, &failed).p_value));
    assert_true(isnan(caus_adf_test(few, 0, b->scratch, &failed).p_value));
    assert_false(failed);
}

static double effective_share(const bench *b, double coefficient, size_t count)
{
    double *x = test_malloc(count * sizeof *x);
    caus_random random;
    caus_random_init(&random, 11, 4);
    double last =
        caus_random_normal(&random) / sqrt(1 - coefficient * coefficient);
    for (size_t i = 0; i < count; i++)
        x[i] = last = coefficient * last + caus_random_normal(&random);
    bool failed = false;
    double rows = caus_effective_rows(x, count, b->run, b->scratch, &failed);
    assert_false(failed);
    test_free(x);
    return rows / (double)count;
}

static void effective_rows_follow_the_autocorrelation_time(void **state)
{
    const bench *b = *state;
    /* An autoregression of coefficient a has time (1 + a) / (1 − a). */
    static const double coefficients[] = {0, .5, .9, .97};
    for (size_t i = 0; i < 4; i++) {
        double a = coefficients[i], expected = (1 - a) / (1 + a);
        double share = effective_share(b, a, 100000);
        if (!(fabs(share / expected - 1) < .15))
            fail_msg("coefficient %g: %g, expected %g", a, share, expected);
    }
    /* Values that swing are not worth more than their number. */
    assert_true(effective_share(b, -.8, 5000) == 1);
}

static void effective_rows_of_little_data_are_few(void **state)
{
    const bench *b = *state;
    static const double constant[3] = {2, 2, 2}, two[2] = {1, 2};
    bool failed = false;
    assert_true(caus_effective_rows(constant, 3, b->run, b->scratch, &failed) ==
                0);
    assert_true(caus_effective_rows(two, 0, b->run, b->scratch, &failed) == 0);
    assert_true(caus_effective_rows(two, 2, b->run, b->scratch, &failed) <= 2);
}

static void full_scratch_is_told(void **state)
{
    const bench *b = *state;
    double x[300];
    for (size_t i = 0; i < 300; i++)
        x[i] = sin((double)(i * i));
    for (int test = 0; test < 3; test++) {
        caus_arena *small = caus_arena_new(2048);
        bool failed = false;
        if (test == 0)
            caus_adf_test(x, 300, small, &failed);
        else if (test == 1)
            caus_kpss_test(x, 300, b->run, small, &failed);
        else
            caus_effective_rows(x, 300, b->run, small, &failed);
        assert_true(failed);
        assert_int_equal(caus_arena_fail(small, NULL), CAUS_ERR_LIMIT);
        caus_arena_free(small);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tests_equal_statsmodels),
        TEST(what_cannot_be_tested_is_nan),
        TEST(effective_rows_follow_the_autocorrelation_time),
        TEST(effective_rows_of_little_data_are_few),
        TEST(full_scratch_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
