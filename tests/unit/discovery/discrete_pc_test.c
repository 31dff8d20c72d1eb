/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "caus/discrete.h"
#include "fault.h"
#include "given.h"
#include "independence/independence.h"
#include "test.h"
#include "unit/discovery/categories.h"

static const categories small = {.nodes = 7,
                                 .edges = 8,
                                 .least_levels = 2,
                                 .most_levels = 4,
                                 .rows = 700,
                                 .seed = 3};

static double *draw(const categories *from, bool *is_parent, caus_arena *arena)
{
    double *values = categories_draw(from, is_parent, arena);
    assert_non_null(values);
    return values;
}

/* Takes some values away, others of every column. */
static void lose_values(double *values, size_t count, size_t every)
{
    for (size_t k = every / 2; k < count; k += every)
        values[k] = (double)NAN;
}

static caus_discovery learn(const caus_series *series,
                            const caus_pc_options *options, caus_test test,
                            int threads, caus_arena *arena)
{
    caus_run *run = given_run(&(caus_run_options){.threads = threads});
    caus_discovery found;
    caus_error err = {0};
    if (caus_discover_discrete_pc(series, options, test, run, arena, &found,
                                  &err) != CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static caus_discovery score(const caus_series *series,
                            const caus_score_options *options,
                            caus_arena *arena)
{
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_discovery found;
    caus_error err = {0};
    if (caus_discover_score(series, options, run, arena, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_discovery *found, size_t a, size_t b)
{
    return caus_edge_text(caus_graph_get(&found->graph, a, b, 0));
}

/* 0 → 1 ← 2 and 3 – 4 – 5, each effect like its cause three times in four. */
static double *draw_known(size_t rows, caus_arena *arena)
{
    caus_random random;
    caus_random_init(&random, 11, 0);
    double *values = CAUS_ARRAY(arena, double, 6 * rows);
    assert_non_null(values);
    for (size_t r = 0; r < rows; r++) {
        double *x = values + 6 * r;
        for (size_t v = 0; v < 6; v++)
            x[v] = (double)caus_random_below(&random, 3);
        if (caus_random_below(&random, 4))
            x[1] = fmax(x[0], x[2]);
        if (caus_random_below(&random, 4))
            x[4] = x[3];
        if (caus_random_below(&random, 4))
            x[5] = x[4];
    }
    return values;
}

static void check_known(const caus_discovery *found)
{
    assert_int_equal(caus_graph_edge_count(&found->graph), 4);
    assert_string_equal(edge(found, 0, 1), "-->");
    assert_string_equal(edge(found, 2, 1), "-->");
    assert_string_equal(edge(found, 3, 4), "---");
    assert_string_equal(edge(found, 4, 5), "---");
    assert_true(found->complete);
    assert_true(found->p_value[1] < 1e-20);
    assert_true(found->statistic[1] > 100);
}

static void a_collider_is_oriented_and_a_chain_is_not(void **unused)
{
    (void)unused;
    enum { ROWS = 2000 };
    caus_arena *arena = caus_arena_new(0);
    double *values = draw_known(ROWS, arena);
    caus_series series = given_table(values, ROWS, 6, arena);
    for (int test = CAUS_TEST_GSQUARED; test <= CAUS_TEST_CHISQUARED; test++) {
        caus_discovery found = learn(&series, NULL, (caus_test)test, 1, arena);
        check_known(&found);
        assert_true(isnan(found.p_value[3]));
        assert_int_equal(found.rows_used, ROWS);
        size_t cell = 3 * 6 + 5;
        assert_int_equal(found.separating_sets[cell].count, 1);
        assert_int_equal(found.separating_sets[cell].nodes[0].variable, 4);
    }
    for (int search = 0; search <= CAUS_SEARCH_TURNING_GES; search++)
        for (int kind = CAUS_SCORE_BDEU; kind <= CAUS_SCORE_CATEGORIES;
             kind++) {
            caus_score_options options = caus_score_options_default();
            options.search = (caus_score_method)search;
            options.score = (caus_score_kind)kind;
            options.penalty = 1;
            caus_discovery found = score(&series, &options, arena);
            check_known(&found);
        }
    caus_arena_free(arena);
}

/* The numbers of a pair are those of the general test, bit for bit, given the
 * separating set. */
static void check_numbers(const caus_series *series,
                          const caus_discovery *found, caus_test test,
                          caus_arena *arena)
{
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    size_t nodes = series->variable_count, checked = 0;
    caus_sample sample;
    caus_independence asked;
    caus_ci_work *work;
    caus_sample_options no_lags = {.longest_lag = 0};
    caus_test_options named = {.test = test};
    assert_int_equal(
        caus_sample_init(series, &no_lags, run, arena, &sample, NULL), CAUS_OK);
    assert_int_equal(caus_independence_init(&named, &sample, NULL, 1, run,
                                            arena, &asked, NULL),
                     CAUS_OK);
    assert_int_equal(asked.start(asked.state, arena, &work, NULL), CAUS_OK);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++) {
            caus_node given[16];
            caus_ci_result result;
            const caus_separating_set *set =
                &found->separating_sets[a * nodes + b];
            if (*edge(found, a, b))
                continue;
            for (size_t k = 0; k < set->count; k++)
                given[k] = caus_node_of(&sample, set->nodes[k].variable, 0);
            caus_ci_source source = {.node = caus_node_of(&sample, a, 0)};
            asked.condition(work, caus_node_of(&sample, b, 0), given,
                            set->count, NULL);
            asked.test(work, &source, &result, NULL);
            assert_memory_equal(&result.statistic,
                                &found->statistic[a * nodes + b], 8);
            assert_true(caus_ci_p_value(&asked, &result) > .01);
            checked++;
        }
    assert_true(checked > 5);
    caus_run_free(run);
}

static void numbers_are_those_of_the_separating_test(void **unused)
{
    (void)unused;
    for (size_t round = 0; round < 6; round++) {
        caus_arena *arena = caus_arena_new(0);
        categories from = small;
        from.seed = round;
        from.most_levels = round % 2 ? 4 : 40; /* too many for rows as bits */
        double *values = draw(&from, NULL, arena);
        if (round % 3 == 2)
            lose_values(values, from.rows * from.nodes, 23);
        caus_series series = given_table(values, from.rows, from.nodes, arena);
        for (int test = CAUS_TEST_GSQUARED; test <= CAUS_TEST_CHISQUARED;
             test++) {
            caus_discovery found =
                learn(&series, NULL, (caus_test)test, 1, arena);
            check_numbers(&series, &found, (caus_test)test, arena);
        }
        caus_arena_free(arena);
    }
}

static void neither_columns_nor_threads_matter(void **unused)
{
    (void)unused;
    static const size_t place[7] = {3, 6, 0, 5, 2, 1, 4};
    for (uint64_t seed = 0; seed < 4; seed++) {
        caus_arena *arena = caus_arena_new(0);
        categories from = small;
        from.seed = seed;
        double *values = draw(&from, NULL, arena);
        lose_values(values, from.rows * from.nodes, 31);
        double *moved = CAUS_ARRAY(arena, double, from.rows * 7);
        for (size_t r = 0; r < from.rows; r++)
            for (size_t v = 0; v < 7; v++)
                moved[7 * r + place[v]] = values[7 * r + v];
        caus_series series = given_table(values, from.rows, 7, arena);
        caus_series other = given_table(moved, from.rows, 7, arena);
        caus_discovery found =
            learn(&series, NULL, CAUS_TEST_GSQUARED, 1, arena);
        caus_discovery again =
            learn(&other, NULL, CAUS_TEST_GSQUARED, 3, arena);
        caus_score_options options = caus_score_options_default();
        options.score = CAUS_SCORE_BDEU;
        caus_discovery best = score(&series, &options, arena);
        caus_discovery best_again = score(&other, &options, arena);
        for (size_t a = 0; a < 7; a++)
            for (size_t b = 0; b < 7; b++) {
                size_t cell = 7 * a + b, there = 7 * place[a] + place[b];
                assert_string_equal(edge(&found, a, b),
                                    edge(&again, place[a], place[b]));
                assert_memory_equal(&found.statistic[cell],
                                    &again.statistic[there], 8);
                assert_memory_equal(&found.p_value[cell], &again.p_value[there],
                                    8);
                assert_string_equal(edge(&best, a, b),
                                    edge(&best_again, place[a], place[b]));
                assert_memory_equal(&best.statistic[cell],
                                    &best_again.statistic[there], 8);
            }
        assert_int_equal(found.test_count, again.test_count);
        caus_arena_free(arena);
    }
}

static void what_is_known_counts_before_testing(void **unused)
{
    (void)unused;
    enum { ROWS = 1000 };
    caus_arena *arena = caus_arena_new(0);
    double *values = draw_known(ROWS, arena);
    caus_series series = given_table(values, ROWS, 6, arena);
    unsigned char known[36] = {CAUS_ASSUME_UNKNOWN};
    caus_pc_options options = caus_pc_options_default();
    options.assumptions = known;
    known[0 * 6 + 1] = known[1 * 6 + 0] = CAUS_ASSUME_ABSENT;
    known[3 * 6 + 4] = CAUS_ASSUME_LINK;
    caus_discovery found =
        learn(&series, &options, CAUS_TEST_GSQUARED, 1, arena);
    assert_string_equal(edge(&found, 0, 1), "");
    assert_true(found.statistic[1] <= 0 && isnan(found.p_value[1]));
    assert_string_equal(edge(&found, 3, 4), "-->");
    assert_string_equal(edge(&found, 4, 5), "-->");
    assert_true(found.statistic[3 * 6 + 4] > 100);
    known[4 * 6 + 3] = CAUS_ASSUME_LINK;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_error err = {0};
    assert_int_equal(caus_discover_discrete_pc(&series, &options,
                                               CAUS_TEST_GSQUARED, run, arena,
                                               &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "x3"));
    caus_run_free(run);
    caus_arena_free(arena);
}

/* ---- edges of what can be asked ---- */

static void constant_and_equal_columns_are_results(void **unused)
{
    (void)unused;
    enum { ROWS = 300 };
    caus_arena *arena = caus_arena_new(0);
    double *values = draw_known(ROWS, arena);
    for (size_t r = 0; r < ROWS; r++) {
        values[6 * r + 2] = 5;
        values[6 * r + 1] = values[6 * r];
    }
    caus_series series = given_table(values, ROWS, 6, arena);
    caus_discovery found = learn(&series, NULL, CAUS_TEST_GSQUARED, 1, arena);
    caus_score_options options = caus_score_options_default();
    options.score = CAUS_SCORE_BDEU;
    caus_discovery best = score(&series, &options, arena);
    for (size_t v = 0; v < 6; v++) {
        assert_string_equal(edge(&found, 2, v), "");
        assert_string_equal(edge(&best, 2, v), "");
    }
    assert_string_equal(edge(&found, 0, 1), "---");
    assert_string_equal(edge(&best, 0, 1), "---");
    caus_arena_free(arena);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_discovery found;
    caus_error err = {0};
    double values[600];
    for (size_t k = 0; k < 600; k++)
        values[k] = (double)k;
    caus_series series = given_table(values, 300, 2, arena);
    assert_int_equal(caus_discover_discrete_pc(&series, NULL,
                                               CAUS_TEST_GSQUARED, run, arena,
                                               &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "x0"));
    assert_int_equal(caus_discover_discrete_pc(&series, NULL, CAUS_TEST_PARCORR,
                                               run, arena, &found, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "parcorr"));
    caus_score_options options = caus_score_options_default();
    options.score = CAUS_SCORE_BDEU;
    options.sample_size = 0;
    assert_int_equal(
        caus_discover_score(&series, &options, run, arena, &found, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "sample size"));
    for (size_t k = 0; k < 600; k++)
        values[k] = k % 2 == (k / 2) % 2 ? 1 : (double)NAN;
    series = given_table(values, 300, 2, arena);
    options.sample_size = 1;
    assert_int_equal(
        caus_discover_score(&series, &options, run, arena, &found, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_search_cut_short_is_marked(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = draw(&small, NULL, arena);
    caus_series series = given_table(values, small.rows, small.nodes, arena);
    caus_pc_options options = caus_pc_options_default();
    options.max_tests = 30;
    caus_discovery found =
        learn(&series, &options, CAUS_TEST_GSQUARED, 1, arena);
    assert_false(found.complete);
    caus_run *run;
    caus_run_options late = {.threads = 1, .time_limit_s = 1e-9};
    assert_int_equal(caus_run_new(&late, &run, NULL), CAUS_OK);
    assert_int_equal(caus_discover_discrete_pc(&series, NULL,
                                               CAUS_TEST_GSQUARED, run, arena,
                                               &found, NULL),
                     CAUS_OK);
    assert_false(found.complete);
    caus_score_options scoring = caus_score_options_default();
    scoring.score = CAUS_SCORE_BDEU;
    assert_int_equal(
        caus_discover_score(&series, &scoring, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.complete);
    caus_run_free(run);
    caus_arena_free(arena);
}

/* The n-th allocation fails, until none does. */
static void check_failures(bool is_pc, double *values, size_t rows)
{
    bool refused = true;
    for (long n = 0; refused; n++) {
        caus_arena *arena = caus_arena_new(0), *out = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        caus_series series = given_table(values, rows, small.nodes, arena);
        caus_discovery found;
        caus_error err = {0};
        caus_score_options options = caus_score_options_default();
        options.score = CAUS_SCORE_BDEU;
        fault_fail_after(n);
        caus_status status =
            is_pc
                ? caus_discover_discrete_pc(&series, NULL, CAUS_TEST_CHISQUARED,
                                            run, out, &found, &err)
                : caus_discover_score(&series, &options, run, out, &found,
                                      &err);
        refused = fault_stop();
        /* scores that cannot be kept are computed again */
        if (refused && (is_pc || status != CAUS_OK))
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        if (!refused)
            assert_int_equal(status, CAUS_OK);
        if (status != CAUS_OK)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_run_free(run);
        caus_arena_free(out);
        caus_arena_free(arena);
    }
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    categories from = small;
    from.rows = 200;
    double *values = draw(&from, NULL, arena);
    check_failures(true, values, from.rows);
    check_failures(false, values, from.rows);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collider_is_oriented_and_a_chain_is_not),
        cmocka_unit_test(numbers_are_those_of_the_separating_test),
        cmocka_unit_test(neither_columns_nor_threads_matter),
        cmocka_unit_test(what_is_known_counts_before_testing),
        cmocka_unit_test(constant_and_equal_columns_are_results),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_search_cut_short_is_marked),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
