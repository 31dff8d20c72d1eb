/* SPDX-License-Identifier: Apache-2.0 */
/* The tests gpdc and rcot, asked as anybody asks. */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"
#include "caus/series.h"
#include "caus/single_test.h"
#include "fault.h"
#include "test.h"

enum { MOST_ROWS = 400, VARIABLES = 4 };

/* A table that a test fills by columns and may change. */
typedef struct table {
    double values[MOST_ROWS * VARIABLES];
    size_t rows;
} table;

static void make_table(table *t, size_t rows, uint64_t seed)
{
    caus_random random;
    caus_random_init(&random, seed, 0);
    t->rows = rows;
    for (size_t k = 0; k < rows * VARIABLES; k++)
        t->values[k] = caus_random_normal(&random);
}

static double *at(table *t, size_t row, size_t variable)
{
    return &t->values[row * VARIABLES + variable];
}

static const char *const names[VARIABLES] = {"a", "b", "c", "d"};

static caus_series view(const table *t, const char *const *words,
                        caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(words, VARIABLES, t->values,
                                             t->rows, 1000000000, arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

typedef struct question {
    caus_test test;
    size_t source, target, given[3], given_count;
} question;

static caus_status ask_series(const caus_series *series, const question *q,
                              caus_ci_answer *answer, caus_error *err)
{
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_ci_options options = caus_ci_options_default();
    caus_lagged given[3];
    caus_ci_question asked = {.source = {.variable = q->source},
                              .target = {.variable = q->target},
                              .conditions = given,
                              .condition_count = q->given_count};
    for (size_t k = 0; k < q->given_count; k++)
        given[k] = (caus_lagged){.variable = q->given[k]};
    options.test.test = q->test;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    caus_status status =
        caus_ci_test(series, &options, &asked, run, answer, err);
    caus_run_free(run);
    return status;
}

static caus_status try_ask(const table *t, const char *const *words,
                           const question *q, caus_ci_answer *answer,
                           caus_error *err)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series = view(t, words, arena);
    caus_status status = ask_series(&series, q, answer, err);
    caus_arena_free(arena);
    return status;
}

static caus_ci_answer ask(const table *t, const question *q)
{
    caus_ci_answer answer;
    caus_error err;
    if (try_ask(t, names, q, &answer, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return answer;
}

static question about(caus_test test, size_t given_count)
{
    return (question){test, 0, 1, {2, 3}, given_count};
}

/* a and b both follow c, by a bend and by a parabola. */
static void confound(table *t)
{
    for (size_t r = 0; r < t->rows; r++) {
        double cause = *at(t, r, 2);
        *at(t, r, 0) += 2 * tanh(2 * cause);
        *at(t, r, 1) += cause * cause + cause;
    }
}

/* The share of tables where a and b are found dependent at .05. */
static double rejections(const question *q, size_t tables, size_t rows,
                         void (*spoil)(table *t))
{
    static table t;
    size_t rejected = 0;
    for (size_t k = 0; k < tables; k++) {
        make_table(&t, rows, 900 + k);
        if (spoil)
            spoil(&t);
        rejected += ask(&t, q).p_value <= .05;
    }
    double share = (double)rejected / (double)tables;
    print_message("%s given %zu: %.3f\n", caus_test_name(q->test),
                  q->given_count, share);
    return share;
}

static void features_keep_the_level(void **unused)
{
    (void)unused;
    static const double noise = .033; /* three deviations of 400 tables */
    for (size_t given = 0; given < 3; given++) {
        question q = about(CAUS_TEST_RCOT, given);
        double share = rejections(&q, 400, 200, NULL);
        assert_true(fabs(share - .05) < noise);
    }
    question q = about(CAUS_TEST_RCOT, 1);
    assert_true(rejections(&q, 400, 200, confound) < .05 + noise);
    q.given_count = 0;
    assert_true(rejections(&q, 50, 200, confound) > .8);
}

static void processes_keep_the_level(void **unused)
{
    (void)unused;
    question q = about(CAUS_TEST_GPDC, 0);
    assert_true(fabs(rejections(&q, 400, 100, NULL) - .05) < .033);
    q.given_count = 1;
    assert_true(rejections(&q, 200, 100, NULL) < .05 + .047);
    assert_true(rejections(&q, 200, 100, confound) < .05 + .047);
    q.given_count = 0;
    assert_true(rejections(&q, 50, 100, confound) > .5);
}

static void bend(table *t)
{
    confound(t);
    for (size_t r = 0; r < t->rows; r++)
        *at(t, r, 1) += 1.5 * *at(t, r, 3) * *at(t, r, 3);
    for (size_t r = 0; r < t->rows; r++)
        *at(t, r, 0) += 1.5 * *at(t, r, 3);
}

static void a_dependence_that_is_no_line_is_seen(void **unused)
{
    (void)unused;
    question q = about(CAUS_TEST_RCOT, 1);
    assert_true(rejections(&q, 40, 300, bend) > .8);
    q.test = CAUS_TEST_GPDC;
    assert_true(rejections(&q, 20, 150, bend) > .7);
}

static void expect_same(const caus_ci_answer *a, const caus_ci_answer *b)
{
    assert_memory_equal(&a->statistic, &b->statistic, sizeof a->statistic);
    assert_memory_equal(&a->p_value, &b->p_value, sizeof a->p_value);
    assert_int_equal(a->undetermined, b->undetermined);
}

static const caus_test both[] = {CAUS_TEST_GPDC, CAUS_TEST_RCOT};

static void columns_and_scales_leave_the_bytes_alone(void **unused)
{
    (void)unused;
    static const size_t order[VARIABLES] = {3, 1, 0, 2};
    static table t, shuffled;
    const char *words[VARIABLES];
    make_table(&t, 210, 3);
    confound(&t);
    shuffled.rows = t.rows;
    for (size_t v = 0; v < VARIABLES; v++) {
        words[v] = names[order[v]];
        for (size_t r = 0; r < t.rows; r++)
            *at(&shuffled, r, v) =
                *at(&t, r, order[v]) * (order[v] == 2 ? 0x1p-7 : 1);
    }
    for (size_t k = 0; k < 2; k++) {
        question here = about(both[k], 2);
        question there = {both[k], 2, 1, {0, 3}, 2};
        caus_ci_answer a = ask(&t, &here), b;
        assert_int_equal(try_ask(&shuffled, words, &there, &b, NULL), CAUS_OK);
        expect_same(&a, &b);
        here.source = 1;
        here.target = 0;
        b = ask(&t, &here);
        expect_same(&a, &b);
    }
}

static void odd_columns_have_an_answer(void **unused)
{
    (void)unused;
    static table t;
    for (size_t k = 0; k < 2; k++) {
        question q = about(both[k], 2);
        make_table(&t, 60, 5);
        for (size_t r = 0; r < t.rows; r++)
            *at(&t, r, 1) = 7;
        assert_true(ask(&t, &q).undetermined);
        make_table(&t, 60, 5);
        for (size_t r = 0; r < t.rows; r++) {
            *at(&t, r, 0) = (double)(r * 7 % 3);
            *at(&t, r, 2) = pow(fabs(*at(&t, r, 2)), -9);
            *at(&t, r, 3) = *at(&t, r, 2);
        }
        caus_ci_answer found = ask(&t, &q);
        assert_true(found.statistic >= 0 && found.statistic <= 1);
        assert_true(found.p_value >= 0 && found.p_value <= 1);
        make_table(&t, 4, 5);
        assert_true(ask(&t, &q).undetermined);
        assert_true(ask(&t, &q).p_value >= 1);
    }
}

static void a_side_that_conditions_determine_has_no_verdict(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 150, 6);
    for (size_t r = 0; r < t.rows; r++)
        *at(&t, r, 0) = *at(&t, r, 2);
    question q = about(CAUS_TEST_GPDC, 1);
    assert_true(ask(&t, &q).undetermined);
    q.test = CAUS_TEST_RCOT;
    assert_true(ask(&t, &q).undetermined);
}

static void a_condition_that_does_not_vary_is_none(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 80, 7);
    for (size_t r = 0; r < t.rows; r++)
        *at(&t, r, 2) = 1;
    for (size_t k = 0; k < 2; k++) {
        question with = about(both[k], 1), without = about(both[k], 0);
        caus_ci_answer a = ask(&t, &with), b = ask(&t, &without);
        expect_same(&a, &b);
    }
}

static caus_discovery discover(const table *t, caus_test test, int threads,
                               size_t bootstrap, caus_arena *arena)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_run_options run_options = {.threads = threads};
    caus_run *run;
    caus_error err;
    caus_discovery result;
    options.method = CAUS_METHOD_PCMCIPLUS;
    options.max_lag = 1;
    options.pc_alpha = .01;
    options.all_links = true;
    options.level = 0;
    options.bootstrap = bootstrap;
    options.test.test = test;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    caus_series series = view(t, names, arena);
    if (caus_discover_pcmciplus(&series, &options, run, arena, &result, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return result;
}

static void pcmciplus_finds_what_correlations_miss(void **unused)
{
    (void)unused;
    static table t;
    size_t found[3] = {0};
    static const caus_test tests[] = {CAUS_TEST_GPDC, CAUS_TEST_RCOT,
                                      CAUS_TEST_PARCORR};
    for (uint64_t seed = 0; seed < 5; seed++) {
        make_table(&t, 250, 40 + seed);
        for (size_t r = 1; r < t.rows; r++) {
            double before = *at(&t, r - 1, 0);
            *at(&t, r, 0) += .3 * before;
            *at(&t, r, 1) += before * before;
        }
        for (size_t k = 0; k < 3; k++) {
            caus_arena *arena = caus_arena_new(0);
            caus_discovery result = discover(&t, tests[k], 1, 0, arena);
            found[k] +=
                *caus_edge_text(caus_graph_get(&result.graph, 0, 1, 1)) != 0;
            caus_arena_free(arena);
        }
    }
    print_message("%zu %zu %zu of 5\n", found[0], found[1], found[2]);
    assert_true(found[0] == 5 && found[1] == 5 && found[2] <= 3);
}

static void threads_leave_the_bytes_alone(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 70, 14);
    confound(&t);
    for (size_t k = 0; k < 2; k++) {
        caus_arena *arena = caus_arena_new(0);
        caus_discovery one = discover(&t, both[k], 1, 2, arena);
        caus_discovery four = discover(&t, both[k], 4, 2, arena);
        size_t bytes = (size_t)VARIABLES * VARIABLES * 2 * sizeof(double);
        assert_memory_equal(one.statistic, four.statistic, bytes);
        assert_memory_equal(one.p_value, four.p_value, bytes);
        caus_arena_free(arena);
    }
}

static caus_status try_new(const table *t, const caus_ci_options *options,
                           caus_run *run, caus_arena *arena, caus_error *err)
{
    caus_series series = view(t, names, arena);
    caus_ci_tester *tester;
    CAUS_TRY(caus_ci_tester_new(&series, options, run, &tester, err));
    caus_ci_tester_free(tester);
    return CAUS_OK;
}

static void settings_out_of_range_are_named(void **unused)
{
    (void)unused;
    static table t;
    static const struct {
        caus_kernel_options kernel;
        const char *words;
    } cases[] = {{{9, 5}, "9 random features of the conditions"},
                 {{1001, 5}, "1001 random features"},
                 {{100, 1}, "1 random features of a side"},
                 {{100, 11}, "11 random features of a side"}};
    caus_arena *arena = caus_arena_new(0);
    caus_run *run;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    make_table(&t, 30, 1);
    for (size_t k = 0; k < 4; k++) {
        caus_ci_options options = caus_ci_options_default();
        caus_error err = {0};
        options.test.test = CAUS_TEST_RCOT;
        options.test.kernel = cases[k].kernel;
        assert_int_equal(try_new(&t, &options, run, arena, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, cases[k].words));
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void more_rows_than_a_process_takes_are_refused(void **unused)
{
    (void)unused;
    enum { ROWS = 4097 };
    static double values[2 * ROWS];
    caus_random random;
    caus_random_init(&random, 1, 1);
    for (size_t k = 0; k < 2 * ROWS; k++)
        values[k] = caus_random_normal(&random);
    caus_arena *arena = caus_arena_new(0);
    caus_run *run;
    caus_series series;
    caus_ci_tester *tester;
    caus_error err = {0};
    caus_ci_options options = caus_ci_options_default();
    options.test.test = CAUS_TEST_GPDC;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(caus_series_from_values(NULL, 2, values, ROWS, 1000000000,
                                             arena, &series, NULL),
                     CAUS_OK);
    assert_int_equal(caus_ci_tester_new(&series, &options, run, &tester, &err),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "4097 rows"));
    caus_run_free(run);
    caus_arena_free(arena);
}

static void memory_may_run_out_anywhere(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 80, 16);
    for (size_t k = 0; k < 2; k++) {
        question q = about(both[k], 2);
        caus_arena *arena = caus_arena_new(0);
        caus_series series = view(&t, names, arena);
        caus_run *run;
        caus_ci_options options = caus_ci_options_default();
        const caus_lagged given[] = {{.variable = 2}, {.variable = 3}};
        caus_ci_question asked = {.source = {.variable = q.source},
                                  .target = {.variable = q.target},
                                  .conditions = given,
                                  .condition_count = 2};
        caus_status status = CAUS_ERR_OUT_OF_MEMORY;
        options.test.test = q.test;
        assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
        long n = 0;
        for (; status != CAUS_OK; n++) {
            caus_ci_answer answer = {.statistic = 17};
            caus_error err;
            fault_fail_after(n);
            status =
                caus_ci_test(&series, &options, &asked, run, &answer, &err);
            fault_stop();
            assert_true(status == CAUS_OK || status == CAUS_ERR_OUT_OF_MEMORY);
            assert_true(status == CAUS_OK || answer.statistic >= 17);
        }
        assert_true(n > 1);
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

static void a_cancelled_test_stops(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 200, 18);
    for (size_t k = 0; k < 2; k++) {
        volatile sig_atomic_t cancel = 0;
        caus_run_options run_options = {.threads = 1, .cancel = &cancel};
        caus_arena *arena = caus_arena_new(0);
        caus_series series = view(&t, names, arena);
        caus_run *run;
        caus_ci_tester *tester;
        caus_ci_answer answer = {.statistic = 17};
        caus_ci_options options = caus_ci_options_default();
        const caus_lagged given[] = {{.variable = 2}};
        caus_ci_question asked = {.target = {.variable = 1},
                                  .conditions = given,
                                  .condition_count = 1};
        options.test.test = both[k];
        assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
        assert_int_equal(
            caus_ci_tester_new(&series, &options, run, &tester, NULL), CAUS_OK);
        cancel = 1;
        assert_int_equal(caus_ci_tester_ask(tester, &asked, &answer, NULL),
                         CAUS_ERR_CANCELLED);
        assert_true(answer.statistic >= 17);
        caus_ci_tester_free(tester);
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

static void columns_without_names_are_tested_too(void **unused)
{
    (void)unused;
    static const caus_test tests[] = {CAUS_TEST_CMIKNN, CAUS_TEST_CMIKNN_MIXED,
                                      CAUS_TEST_GPDC, CAUS_TEST_RCOT};
    static table t;
    make_table(&t, 200, 4);
    confound(&t);
    caus_arena *arena = caus_arena_new(0);
    caus_series series = view(&t, names, arena);
    series.variables = NULL;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        question q = about(tests[i], 0);
        caus_ci_answer answer;
        assert_int_equal(ask_series(&series, &q, &answer, NULL), CAUS_OK);
        assert_true(answer.p_value < .05);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_without_names_are_tested_too),
        cmocka_unit_test(features_keep_the_level),
        cmocka_unit_test(processes_keep_the_level),
        cmocka_unit_test(a_dependence_that_is_no_line_is_seen),
        cmocka_unit_test(columns_and_scales_leave_the_bytes_alone),
        cmocka_unit_test(odd_columns_have_an_answer),
        cmocka_unit_test(a_side_that_conditions_determine_has_no_verdict),
        cmocka_unit_test(a_condition_that_does_not_vary_is_none),
        cmocka_unit_test(pcmciplus_finds_what_correlations_miss),
        cmocka_unit_test(threads_leave_the_bytes_alone),
        cmocka_unit_test(settings_out_of_range_are_named),
        cmocka_unit_test(more_rows_than_a_process_takes_are_refused),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(a_cancelled_test_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
