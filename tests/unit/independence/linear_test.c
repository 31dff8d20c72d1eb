/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/single_test.h"
#include "fault.h"
#include "independence/independence.h"
#include "numeric/distributions.h"
#include "test.h"
#include "unit/discovery/planted.h"

static const caus_test linear_tests[] = {CAUS_TEST_PARCORR, CAUS_TEST_FISHER_Z,
                                         CAUS_TEST_ROBUST, CAUS_TEST_WLS,
                                         CAUS_TEST_VECTORS};
enum { TEST_COUNT = sizeof linear_tests / sizeof *linear_tests };

static caus_series series_of(const planted *world)
{
    caus_series series = world->series;
    series.segments = world->segments;
    return series;
}

static caus_ci_options options_of(caus_test which, size_t longest_lag)
{
    caus_ci_options options = caus_ci_options_default();
    options.test.test = which;
    options.longest_lag = longest_lag;
    return options;
}

/* 0(t − 1) and 1(t) given 2(t − 1), 1(t − 1) and 0(t − 2). */
static const caus_lagged conditions[3] = {{2, 1}, {1, 1}, {0, 2}};

static caus_ci_answer ask(const planted *world, const caus_ci_options *options,
                          size_t condition_count)
{
    caus_series series = series_of(world);
    caus_run *run = planted_run(1);
    caus_ci_question question = {.source = {0, 1},
                                 .target = {1, 0},
                                 .conditions = conditions,
                                 .condition_count = condition_count};
    caus_ci_answer answer;
    caus_error err = {0};
    if (caus_ci_test(&series, options, &question, run, &answer, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return answer;
}

static void powers_of_two_change_no_bit(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < TEST_COUNT; k++) {
        planted world = planted_chain(21, 2, 80, 3);
        caus_ci_options options = options_of(linear_tests[k], 4);
        caus_ci_answer before = ask(&world, &options, 3);
        for (size_t s = 0; s < 2; s++)
            for (size_t r = 0; r < 80; r++) {
                world.values[s][r * 3] *= 0x1p-30;
                world.values[s][r * 3 + 2] *= 0x1p12;
            }
        caus_ci_answer after = ask(&world, &options, 3);
        assert_memory_equal(&before, &after, sizeof before);
        planted_free(&world);
    }
}

static void units_and_origins_change_no_digit_that_counts(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < TEST_COUNT; k++) {
        planted world = planted_chain(22, 1, 120, 3);
        caus_ci_options options = options_of(linear_tests[k], 4);
        caus_ci_answer before = ask(&world, &options, 3);
        for (size_t r = 0; r < 120; r++) {
            world.values[0][r * 3] = world.values[0][r * 3] * 1000 - 77;
            world.values[0][r * 3 + 1] = world.values[0][r * 3 + 1] / 7 + 30;
        }
        caus_ci_answer after = ask(&world, &options, 3);
        assert_true(fabs(before.statistic - after.statistic) < 1e-12);
        planted_free(&world);
    }
}

static void a_unit_start_depends_on_units_as_its_page_says(void **unused)
{
    (void)unused;
    planted world = planted_chain(22, 1, 120, 3);
    caus_ci_options options = options_of(CAUS_TEST_WLS, 4);
    options.test.wls_unit_start = true;
    caus_ci_answer before = ask(&world, &options, 1);
    for (size_t r = 0; r < 120; r++)
        world.values[0][r * 3] *= 1000;
    caus_ci_answer after = ask(&world, &options, 1);
    assert_true(fabs(before.statistic - after.statistic) > 1e-3);
    planted_free(&world);
}

static void normal_scores_do_not_feel_a_monotone_change(void **unused)
{
    (void)unused;
    planted world = planted_chain(23, 1, 100, 3);
    caus_ci_options options = options_of(CAUS_TEST_ROBUST, 4);
    caus_ci_answer before = ask(&world, &options, 3);
    for (size_t r = 0; r < 100; r++)
        world.values[0][r * 3] = exp(3 * world.values[0][r * 3]);
    caus_ci_answer after = ask(&world, &options, 3);
    assert_memory_equal(&before, &after, sizeof before);
    planted_free(&world);
}

/* A value missing elsewhere sends the question to tests with own rows. */
static void rows_of_their_own_give_the_same_numbers(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < TEST_COUNT; k++) {
        planted world = planted_chain(24, 2, 90, 4);
        caus_ci_options options = options_of(linear_tests[k], 4);
        caus_ci_answer dense = ask(&world, &options, 3);
        planted_miss(&world, 0, 50, 3);
        caus_ci_answer ragged = ask(&world, &options, 3);
        assert_true(fabs(dense.statistic - ragged.statistic) < 1e-12);
        assert_true(dense.df <= ragged.df && dense.df >= ragged.df);
        planted_free(&world);
    }
}

/* The default of weighted least squares without conditions, in closed form. */
static double weighted_correlation(const double *x, const double *y, size_t n)
{
    const double *side[2] = {x, y};
    double left[2][200], sums[3] = {0};
    for (size_t k = 0; k < 2; k++) {
        double mean = 0, up = 0, down = 0, weight[200];
        for (size_t t = 0; t < n; t++)
            mean += side[k][t] / (double)n;
        for (size_t t = 0; t < n; t++) {
            double noise = 0;
            size_t end = t < 9 ? 9 : t;
            for (size_t back = 0; back < 10; back++)
                noise += fabs(side[k][end - back] - mean) / 10;
            weight[t] = 1 / noise;
            up += weight[t] * weight[t] * side[k][t];
            down += weight[t] * weight[t];
        }
        double all = 0;
        for (size_t t = 0; t < n; t++)
            all += left[k][t] = weight[t] * (side[k][t] - up / down);
        for (size_t t = 0; t < n; t++)
            left[k][t] -= all / (double)n;
    }
    for (size_t t = 0; t < n; t++) {
        sums[0] += left[0][t] * left[0][t];
        sums[1] += left[1][t] * left[1][t];
        sums[2] += left[0][t] * left[1][t];
    }
    return sums[2] / sqrt(sums[0] * sums[1]);
}

static void weighted_least_squares_is_its_definition(void **unused)
{
    (void)unused;
    planted world = planted_chain(25, 1, 150, 3);
    caus_ci_options options = options_of(CAUS_TEST_WLS, 1);
    double x[149], y[149];
    for (size_t r = 1; r < 150; r++) {
        x[r - 1] = world.values[0][(r - 1) * 3];
        y[r - 1] = world.values[0][r * 3 + 1];
    }
    caus_ci_answer answer = ask(&world, &options, 0);
    assert_true(fabs(answer.statistic - weighted_correlation(x, y, 149)) <
                1e-12);
    assert_true(answer.df >= 147 && answer.df <= 147);
    planted_free(&world);
}

static void a_window_that_stands_still_does_not_take_over(void **unused)
{
    (void)unused;
    planted world = planted_noise(26, 1, 200, 2);
    for (size_t r = 50; r < 90; r++) /* both at rest */
        world.values[0][r * 2] = world.values[0][r * 2 + 1] = 0;
    caus_ci_options options = options_of(CAUS_TEST_WLS, 1);
    caus_ci_answer answer = ask(&world, &options, 0);
    assert_true(isfinite(answer.statistic) && answer.p_value > 1e-3);
    planted_free(&world);
}

static void fisher_z_is_the_normal_tail_of_its_z(void **unused)
{
    (void)unused;
    planted world = planted_chain(27, 1, 90, 3);
    caus_ci_options options = options_of(CAUS_TEST_FISHER_Z, 4);
    options.test.interval = CAUS_INTERVAL_FISHER;
    caus_ci_answer answer = ask(&world, &options, 3);
    double z = sqrt(86 - 3 - 3) * atanh(answer.statistic);
    assert_true(fabs(answer.p_value - 2 * caus_normal_sf(fabs(z))) <=
                1e-12 * answer.p_value);
    double reach = caus_normal_quantile(.975) / sqrt(80);
    assert_true(fabs(atanh(answer.upper) - atanh(answer.statistic) - reach) <
                1e-12);
    assert_true(fabs(atanh(answer.statistic) - atanh(answer.lower) - reach) <
                1e-12);
    planted_free(&world);
}

static void between_numbers_vectors_are_partial_correlation(void **unused)
{
    (void)unused;
    planted world = planted_chain(28, 1, 90, 3);
    caus_ci_options options = options_of(CAUS_TEST_VECTORS, 4);
    caus_ci_options simple = options_of(CAUS_TEST_PARCORR, 4);
    caus_ci_answer vector = ask(&world, &options, 3);
    caus_ci_answer number = ask(&world, &simple, 3);
    assert_true(fabs(vector.statistic - number.statistic) < 1e-12);
    assert_true(fabs(vector.p_value - number.p_value) < 1e-8 * number.p_value);
    assert_true(vector.df <= number.df && vector.df >= number.df);
    options.test.vector_statistic = CAUS_VECTOR_WILKS;
    vector = ask(&world, &options, 3);
    assert_true(fabs(vector.statistic - fabs(number.statistic)) < 1e-12);
    assert_true(isnan(vector.lower) && !isnan(number.lower));
    planted_free(&world);
}

static void group(planted *world, caus_variable *variables, const int *groups)
{
    size_t count = world->series.variable_count;
    for (size_t v = 0; v < count; v++) {
        variables[v] = caus_variable_default();
        variables[v].vector_group = groups[v];
    }
    world->series.variables = variables;
}

static void copies_within_a_vector_change_nothing(void **unused)
{
    (void)unused;
    caus_variable plain_variables[5], copied_variables[5];
    planted plain = planted_chain(29, 1, 120, 5);
    planted copied = planted_chain(29, 1, 120, 5);
    for (size_t r = 0; r < 120; r++)
        copied.values[0][r * 5 + 4] = copied.values[0][r * 5 + 3];
    group(&plain, plain_variables, (const int[]){0, 1, -1, 0, -1});
    group(&copied, copied_variables, (const int[]){0, 1, -1, 0, 0});
    caus_ci_options options = options_of(CAUS_TEST_VECTORS, 4);
    options.test.vector_statistic = CAUS_VECTOR_WILKS;
    caus_ci_answer two = ask(&plain, &options, 1);
    caus_ci_answer three = ask(&copied, &options, 1);
    assert_true(fabs(two.statistic - three.statistic) < 1e-10);
    assert_true(two.df <= 2 && three.df <= 2 && three.df >= 2);
    planted_free(&plain);
    planted_free(&copied);
}

static void a_vector_is_not_independent_of_its_own_parts(void **unused)
{
    (void)unused;
    caus_variable variables[3];
    planted world = planted_chain(30, 1, 90, 3);
    group(&world, variables, (const int[]){0, 0, -1});
    caus_series series = series_of(&world);
    caus_run *run = planted_run(1);
    caus_ci_options options = options_of(CAUS_TEST_VECTORS, 0);
    caus_ci_question question = {.source = {0, 0}, .target = {1, 0}};
    caus_ci_answer answer;
    assert_int_equal(
        caus_ci_test(&series, &options, &question, run, &answer, NULL),
        CAUS_OK);
    assert_true(answer.undetermined);
    caus_run_free(run);
    planted_free(&world);
}

static void weights_count_as_rows_seen_again(void **unused)
{
    (void)unused;
    planted once = planted_chain(31, 1, 70, 3);
    planted twice = planted_chain(31, 2, 70, 3);
    memcpy(twice.values[1], once.values[0], 70 * 3 * sizeof(double));
    double weights[66];
    for (size_t r = 0; r < 66; r++)
        weights[r] = 2;
    static const caus_test tests[] = {CAUS_TEST_ROBUST, CAUS_TEST_VECTORS,
                                      CAUS_TEST_FISHER_Z};
    for (size_t k = 0; k < 3; k++) {
        caus_ci_options options = options_of(tests[k], 4);
        caus_ci_answer pooled = ask(&twice, &options, 2);
        caus_series series = series_of(&once);
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = planted_run(1);
        caus_sample_options sampling = {.longest_lag = 4};
        caus_sample sample;
        caus_independence test;
        caus_ci_work *work;
        caus_ci_result result;
        caus_sample_init(&series, &sampling, run, arena, &sample, NULL);
        assert_int_equal(caus_independence_init(&options.test, &sample, weights,
                                                1, run, arena, &test, NULL),
                         CAUS_OK);
        test.start(test.state, arena, &work, NULL);
        caus_node given[2] = {caus_node_of(&sample, 2, 1),
                              caus_node_of(&sample, 1, 1)};
        caus_ci_source source = {.node = caus_node_of(&sample, 0, 1)};
        test.condition(work, caus_node_of(&sample, 1, 0), given, 2, NULL);
        test.test(work, &source, &result, NULL);
        assert_true(fabs(result.statistic - pooled.statistic) < 1e-12);
        assert_true(fabs(result.df - pooled.df) < .5);
        caus_run_free(run);
        caus_arena_free(arena);
    }
    planted_free(&once);
    planted_free(&twice);
}

static void a_repeated_sample_keeps_order_and_gaps(void **unused)
{
    (void)unused;
    planted world = planted_noise(32, 1, 100, 2);
    planted_miss(&world, 0, 3, 1);
    caus_series series = series_of(&world);
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = planted_run(1);
    caus_sample_options sampling = {.longest_lag = 1};
    caus_sample sample, repeated;
    caus_sample_init(&series, &sampling, run, arena, &sample, NULL);
    double counts[99] = {0};
    counts[2] = 70; /* pooled row 2 is row 3 of the segment */
    counts[5] = 1;
    assert_int_equal(
        caus_sample_repeat(&sample, counts, arena, &repeated, NULL), CAUS_OK);
    assert_int_equal(repeated.row_count, 71);
    const uint64_t *bits =
        repeated.invalid[CAUS_ROLE_OF_TARGET][caus_node_of(&sample, 1, 0)];
    for (size_t r = 0; r < 71; r++) {
        assert_ptr_equal(repeated.rows[r], sample.rows[r < 70 ? 2 : 5]);
        assert_int_equal(bits[r / 64] >> (r % 64) & 1, r < 70);
    }
    caus_run_free(run);
    caus_arena_free(arena);
    planted_free(&world);
}

static void the_rate_of_false_alarms_is_alpha(void **unused)
{
    (void)unused;
    enum { TRIALS = 400 };
    caus_run *run = planted_run(1);
    for (size_t k = 0; k < TEST_COUNT + 1; k++) {
        size_t alarms = 0;
        for (size_t trial = 0; trial < TRIALS; trial++) {
            caus_variable variables[5];
            planted world = planted_noise(1000 + trial, 1, 80, 5);
            for (size_t r = 40; r < 80; r++) /* noise that changes in time */
                world.values[0][r * 5] *= 3;
            group(&world, variables, (const int[]){0, 1, -1, 0, 1});
            caus_series series = series_of(&world);
            caus_ci_options options = options_of(
                k < TEST_COUNT ? linear_tests[k] : CAUS_TEST_VECTORS, 2);
            if (k == TEST_COUNT)
                options.test.vector_statistic = CAUS_VECTOR_WILKS;
            caus_ci_question question = {.source = {0, 1},
                                         .target = {1, 0},
                                         .conditions = conditions,
                                         .condition_count = 1};
            caus_ci_answer answer;
            assert_int_equal(
                caus_ci_test(&series, &options, &question, run, &answer, NULL),
                CAUS_OK);
            alarms += answer.p_value <= .05;
            planted_free(&world);
        }
        /* 20 expected; outside once in ten thousand such tests */
        if (alarms < 5 || alarms > 38)
            fail_msg("%s: %zu alarms of %d", caus_test_name(linear_tests[k]),
                     alarms, TRIALS);
    }
    caus_run_free(run);
}

static void wrong_questions_are_named(void **unused)
{
    (void)unused;
    planted world = planted_noise(33, 1, 60, 3);
    caus_series series = series_of(&world);
    caus_run *run = planted_run(1);
    caus_ci_options options = options_of(CAUS_TEST_PARCORR, 2);
    caus_ci_tester *tester;
    caus_error err = {0};
    caus_ci_answer answer = {.df = -1};
    assert_int_equal(caus_ci_tester_new(&series, &options, run, &tester, &err),
                     CAUS_OK);
    static const struct {
        caus_ci_question question;
        const char *says;
    } wrong[] = {
        {{.source = {3, 0}, .target = {0, 0}}, "source is variable 3"},
        {{.source = {0, 0}, .target = {1, 3}}, "target has lag 3"},
        {{.source = {0, 1}, .target = {0, 1}}, "source and target are both"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        assert_int_equal(
            caus_ci_tester_ask(tester, &wrong[k].question, &answer, &err),
            CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, wrong[k].says));
    }
    assert_true(answer.df < 0);
    caus_ci_tester_free(tester);
    caus_ci_tester_free(NULL);
    options.level = 1;
    assert_int_equal(caus_ci_tester_new(&series, &options, run, &tester, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    options = options_of(CAUS_TEST_COUNT, 0);
    assert_int_equal(caus_ci_tester_new(&series, &options, run, &tester, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    options = options_of(CAUS_TEST_PARCORR, 60);
    assert_int_equal(caus_ci_tester_new(&series, &options, run, &tester, &err),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    caus_run_free(run);
    planted_free(&world);
}

static void too_few_rows_leave_a_question_open(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < TEST_COUNT; k++) {
        planted world = planted_noise(34, 1, 9, 3);
        caus_ci_options options = options_of(linear_tests[k], 4);
        caus_ci_answer answer = ask(&world, &options, 3);
        assert_true(answer.undetermined && answer.p_value >= 1);
        assert_true(answer.statistic <= 0 && answer.statistic >= 0);
        planted_free(&world);
    }
}

static void out_of_memory_is_an_error(void **unused)
{
    (void)unused;
    planted world = planted_chain(35, 2, 40, 3);
    caus_series series = series_of(&world);
    caus_ci_question question = {.source = {0, 1},
                                 .target = {1, 0},
                                 .conditions = conditions,
                                 .condition_count = 3};
    for (size_t k = 0; k < 2 * TEST_COUNT; k++) {
        if (k == TEST_COUNT)
            planted_miss(&world, 0, 20, 1);
        caus_ci_options options = options_of(linear_tests[k % TEST_COUNT], 4);
        caus_run *run = planted_run(1);
        bool failed = true;
        for (long allowed = 0; failed; allowed++) {
            caus_ci_answer answer = {.df = -1};
            fault_fail_after(allowed);
            caus_status status =
                caus_ci_test(&series, &options, &question, run, &answer, NULL);
            failed = fault_stop();
            assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            assert_true(!failed || answer.df < 0);
        }
        caus_run_free(run);
    }
    planted_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two_change_no_bit),
        cmocka_unit_test(units_and_origins_change_no_digit_that_counts),
        cmocka_unit_test(a_unit_start_depends_on_units_as_its_page_says),
        cmocka_unit_test(normal_scores_do_not_feel_a_monotone_change),
        cmocka_unit_test(rows_of_their_own_give_the_same_numbers),
        cmocka_unit_test(weighted_least_squares_is_its_definition),
        cmocka_unit_test(a_window_that_stands_still_does_not_take_over),
        cmocka_unit_test(fisher_z_is_the_normal_tail_of_its_z),
        cmocka_unit_test(between_numbers_vectors_are_partial_correlation),
        cmocka_unit_test(copies_within_a_vector_change_nothing),
        cmocka_unit_test(a_vector_is_not_independent_of_its_own_parts),
        cmocka_unit_test(weights_count_as_rows_seen_again),
        cmocka_unit_test(a_repeated_sample_keeps_order_and_gaps),
        cmocka_unit_test(the_rate_of_false_alarms_is_alpha),
        cmocka_unit_test(wrong_questions_are_named),
        cmocka_unit_test(too_few_rows_leave_a_question_open),
        cmocka_unit_test(out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
