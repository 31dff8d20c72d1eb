/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"
#include "cmiknn_ask.h"
#include "fault.h"
#include "test.h"

enum { MOST_ROWS = 300, MOST_VALUES = 6000, MOST_VARIABLES = 8 };

/* A table that a test fills by columns and may change. */
typedef struct table {
    double values[MOST_VALUES];
    caus_variable variables[MOST_VARIABLES];
    uint64_t missing[MOST_VARIABLES * 64];
    caus_segment segment;
    caus_series series;
} table;

static const char *const names[MOST_VARIABLES] = {"a", "b", "c", "d",
                                                  "e", "f", "g", "h"};

static void make_table(table *t, size_t rows, size_t variables, uint64_t seed)
{
    assert_true(rows * variables <= MOST_VALUES);
    memset(t, 0, sizeof *t);
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t k = 0; k < rows * variables; k++)
        t->values[k] = caus_random_normal(&random);
    for (size_t v = 0; v < variables; v++) {
        t->variables[v] = caus_variable_default();
        t->variables[v].name = names[v];
    }
    t->segment = (caus_segment){
        .row_count = rows, .word_count = (rows + 63) / 64, .values = t->values};
    t->series = (caus_series){.variable_count = variables,
                              .variables = t->variables,
                              .segment_count = 1,
                              .segments = &t->segment,
                              .step_ns = 1000000000};
}

static double *at(table *t, size_t row, size_t variable)
{
    return &t->values[row * t->series.variable_count + variable];
}

static void lose(table *t, size_t row, size_t variable)
{
    t->segment.missing = t->missing;
    t->missing[variable * t->segment.word_count + row / 64] |= (uint64_t)1
                                                               << (row % 64);
    *at(t, row, variable) = (double)NAN;
}

/* a and b both follow c, by lines and by parabolas. */
static void confound(table *t)
{
    for (size_t r = 0; r < t->segment.row_count; r++) {
        double cause = *at(t, r, 2);
        *at(t, r, 0) += 2 * cause;
        *at(t, r, 1) += cause * cause;
    }
}

static const cmiknn_question a_b = {.source = {0, 0}, .target = {1, 0}};
static const cmiknn_question a_b_given_c = {.source = {0, 0},
                                            .target = {1, 0},
                                            .given = {{2, 0}},
                                            .given_count = 1,
                                            .shared = 1};

typedef struct answer {
    caus_ci_result result;
    double p_value;
} answer;

static answer ask_weighted(const table *t, const caus_test_options *options,
                           const cmiknn_question *question, uint64_t seed,
                           const double *weights)
{
    cmiknn_asker asker =
        cmiknn_asker_new(&t->series, 0, options, seed, weights);
    answer found = {.result = cmiknn_ask(&asker, question)};
    found.p_value = caus_ci_p_value(&asker.test, &found.result);
    cmiknn_asker_free(&asker);
    return found;
}

static answer ask(const table *t, const caus_test_options *options,
                  const cmiknn_question *question)
{
    return ask_weighted(t, options, question, 7, NULL);
}

static void expect_same(const answer *a, const answer *b)
{
    assert_memory_equal(&a->result.statistic, &b->result.statistic,
                        sizeof(double));
    assert_memory_equal(&a->p_value, &b->p_value, sizeof(double));
    assert_int_equal(a->result.undetermined, b->result.undetermined);
}

/* The share of `count` tables where a and b are found dependent at .05. */
static double rejections(size_t count, caus_test test, void (*spoil)(table *t),
                         const cmiknn_question *question)
{
    static table t;
    caus_test_options options = cmiknn_options(test);
    options.knn.shuffles = 99;
    options.knn.shuffle_alpha = .05;
    size_t rejected = 0;
    for (size_t k = 0; k < count; k++) {
        make_table(&t, 80, 3, 1000 + k);
        if (spoil)
            spoil(&t);
        rejected += ask(&t, &options, question).p_value <= .05;
    }
    return (double)rejected / (double)count;
}

/* Three standard deviations of the share among 400 tests at .05. */
static const double noise_of_400 = .033;

static void independence_is_rejected_as_often_as_alpha_says(void **unused)
{
    (void)unused;
    double share = rejections(400, CAUS_TEST_CMIKNN, NULL, &a_b);
    assert_true(fabs(share - .05) < noise_of_400);
}

static void a_common_cause_that_is_given_is_no_dependence(void **unused)
{
    (void)unused;
    double share = rejections(400, CAUS_TEST_CMIKNN, confound, &a_b_given_c);
    assert_true(share < .05 + noise_of_400);
    double seen = rejections(50, CAUS_TEST_CMIKNN, confound, &a_b);
    assert_true(seen > .6);
}

/* c becomes a category that shifts a and b; b becomes one too. */
static void categorise(table *t)
{
    for (size_t r = 0; r < t->segment.row_count; r++) {
        double cause = *at(t, r, 2) > .4 ? 1 : 0;
        *at(t, r, 2) = cause;
        *at(t, r, 0) += 2 * cause;
        *at(t, r, 1) = *at(t, r, 1) + cause > .3 ? 1 : 0;
    }
    t->variables[1].value_type = t->variables[2].value_type =
        CAUS_VALUE_DISCRETE;
}

static void mixed_variables_keep_the_level(void **unused)
{
    (void)unused;
    double share =
        rejections(400, CAUS_TEST_CMIKNN_MIXED, categorise, &a_b_given_c);
    assert_true(share < .05 + noise_of_400);
    assert_true(rejections(50, CAUS_TEST_CMIKNN_MIXED, categorise, &a_b) > .5);
}

static double rank_distance(const size_t *ranks, size_t a, size_t b)
{
    return fabs((double)ranks[a] - (double)ranks[b]);
}

static double digamma(size_t m)
{
    double sum = -.57721566490153286061;
    for (size_t k = 1; k < m; k++)
        sum += 1 / (double)k;
    return sum;
}

/* The formula, row by row: columns source, target, conditions. */
static double estimate(size_t ranks[][MOST_ROWS], size_t columns, size_t rows,
                       size_t nearest)
{
    double sum = 0;
    for (size_t t = 0; t < rows; t++) {
        double part[3][MOST_ROWS]; /* given, with source, with target */
        size_t within[3] = {0}, radius = 0;
        for (size_t j = 0; j < rows; j++) {
            part[0][j] = 0;
            for (size_t c = 2; c < columns; c++)
                part[0][j] = fmax(part[0][j], rank_distance(ranks[c], t, j));
            for (size_t c = 0; c < 2; c++)
                part[1 + c][j] =
                    fmax(part[0][j], rank_distance(ranks[c], t, j));
        }
        for (size_t held = 0; held <= nearest; radius++) {
            held = 0;
            for (size_t j = 0; j < rows; j++)
                held += fmax(part[1][j], part[2][j]) <= (double)radius;
        }
        radius--; /* of the k-th neighbour */
        for (size_t j = 0; j < rows; j++)
            for (size_t p = 0; p < 3; p++)
                within[p] += part[p][j] < (double)radius;
        sum += digamma(within[0]) - digamma(within[1]) - digamma(within[2]);
    }
    return digamma(nearest) + sum / (double)rows;
}

static void values_are_those_of_the_formula(void **unused)
{
    (void)unused;
    static table t;
    static size_t ranks[4][MOST_ROWS];
    static const size_t neighbours[] = {1, 3, 12, 60};
    for (size_t k = 0; k < 24; k++) {
        size_t rows = 62 + 7 * k, columns = 2 + k % 3;
        caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
        cmiknn_question question = {.source = {0, 0},
                                    .target = {1, 0},
                                    .given = {{2, 0}, {3, 0}},
                                    .given_count = columns - 2};
        make_table(&t, rows, 4, 300 + k);
        confound(&t);
        memset(ranks, 0, sizeof ranks);
        for (size_t c = 0; c < columns; c++)
            for (size_t r = 0; r < rows; r++)
                for (size_t j = 0; j < rows; j++)
                    ranks[c][r] += *at(&t, j, c) < *at(&t, r, c);
        options.knn.shuffles = 0;
        options.knn.neighbours = (double)neighbours[k % 4];
        double found = ask(&t, &options, &question).result.statistic;
        double expected = estimate(ranks, columns, rows, neighbours[k % 4]);
        assert_true(fabs(found - expected) < 1e-12);
    }
}

static void early_stopping_decides_as_all_shuffles_do(void **unused)
{
    (void)unused;
    static table t;
    static const double alphas[] = {.01, .05, .1, .2};
    static const size_t shuffles[] = {19, 99, 199, 200};
    size_t shortened = 0;
    for (size_t k = 0; k < 60; k++) {
        caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
        make_table(&t, 60, 3, k);
        if (k % 2)
            confound(&t);
        options.knn.shuffles = shuffles[k % 4];
        options.knn.shuffle_alpha = 1;
        answer full = ask(&t, &options, &a_b_given_c);
        for (size_t a = 0; a < 4; a++) {
            options.knn.shuffle_alpha = alphas[a];
            answer quick = ask(&t, &options, &a_b_given_c);
            for (size_t level = 0; level <= a; level++)
                assert_int_equal(quick.p_value <= alphas[level],
                                 full.p_value <= alphas[level]);
            if (full.p_value <= alphas[a])
                expect_same(&quick, &full);
            shortened +=
                quick.p_value > full.p_value || quick.p_value < full.p_value;
        }
    }
    assert_true(shortened > 60);
}

static void a_p_value_is_a_quotient_rounded_once(void **unused)
{
    (void)unused;
    static table t;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    make_table(&t, 30, 2, 1);
    cmiknn_asker asker = cmiknn_asker_new(&t.series, 0, &options, 0, NULL);
    for (size_t made = 1; made <= 1000000; made += 1 + made / 20) {
        for (size_t reached = 0; reached <= made; reached += 1 + made / 99) {
            double above = (double)reached + 1, below = (double)made + 1;
            double p = asker.test.p_value(0, 1 + above / below);
            double expected = above / below;
            assert_memory_equal(&p, &expected, sizeof p);
        }
    }
    cmiknn_asker_free(&asker);
}

/* Which lag-1 links PCMCI finds at .01: of a to b, and of b to c. */
static void find_links(const table *t, caus_test test, size_t found[2])
{
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_error err;
    caus_discovery result;
    caus_arena *arena = caus_arena_new(0);
    options.max_lag = options.min_lag = 1;
    options.alpha = options.pc_alpha = .01;
    options.level = 0;
    options.test.test = test;
    options.test.knn.shuffles = 199;
    options.test.knn.shuffle_alpha = .01;
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    assert_int_equal(
        caus_discover_pcmci(&t->series, &options, run, arena, &result, &err),
        CAUS_OK);
    for (size_t k = 0; k < 2; k++)
        found[k] +=
            *caus_edge_text(caus_graph_get(&result.graph, k, k + 1, 1)) != 0;
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_parabola_is_found_that_correlations_miss(void **unused)
{
    (void)unused;
    static table t;
    size_t near[2] = {0}, straight[2] = {0};
    for (size_t k = 0; k < 10; k++) {
        make_table(&t, 200, 3, 50 + k);
        for (size_t r = 1; r < 200; r++) {
            double before = *at(&t, r - 1, 0);
            *at(&t, r, 0) += .3 * before;
            *at(&t, r, 1) += before * before;
        }
        find_links(&t, CAUS_TEST_CMIKNN, near);
        find_links(&t, CAUS_TEST_PARCORR, straight);
    }
    assert_true(near[0] >= 9);
    assert_true(straight[0] <= 5);
    assert_true(near[1] <= 1);
}

static size_t count_cross_links(const table *t)
{
    size_t variables = t->series.variable_count, count = 0;
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_error err;
    caus_discovery result;
    caus_arena *arena = caus_arena_new(0);
    options.max_lag = options.min_lag = 1;
    options.level = 0;
    options.test.test = CAUS_TEST_CMIKNN;
    options.test.knn.shuffles = 99;
    options.test.knn.shuffle_alpha = .05;
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    assert_int_equal(
        caus_discover_pcmci(&t->series, &options, run, arena, &result, &err),
        CAUS_OK);
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            count += i != j && *caus_edge_text(
                                   caus_graph_get(&result.graph, i, j, 1)) != 0;
    caus_run_free(run);
    caus_arena_free(arena);
    return count;
}

static void pcmci_keeps_the_level_under_autocorrelation(void **unused)
{
    (void)unused;
    static table t;
    enum { TABLES = 12, LINKS = 12 };
    size_t found = 0;
    for (size_t k = 0; k < TABLES; k++) {
        make_table(&t, 120, 4, 700 + k);
        for (size_t r = 1; r < 120; r++)
            for (size_t v = 0; v < 4; v++)
                *at(&t, r, v) += .6 * *at(&t, r - 1, v);
        found += count_cross_links(&t);
    }
    double tests = TABLES * LINKS;
    double most = .05 * tests + 3 * sqrt(.05 * .95 * tests);
    print_message("%zu of %g links, at most %g\n", found, tests, most);
    assert_true((double)found <= most);
}

/* The variables of a table in another order, one of them on another scale. */
static void shuffle_columns(const table *from, table *to, const size_t *order)
{
    size_t variables = from->series.variable_count;
    make_table(to, from->segment.row_count, variables, 0);
    for (size_t v = 0; v < variables; v++) {
        to->variables[v] = from->variables[order[v]];
        for (size_t r = 0; r < from->segment.row_count; r++)
            *at(to, r, v) = from->values[r * variables + order[v]] *
                            (order[v] == 1 ? 0x1p-7 : 1);
    }
}

static void columns_and_scales_leave_the_bytes_alone(void **unused)
{
    (void)unused;
    static table t, shuffled;
    static const size_t order[] = {3, 1, 0, 2};
    make_table(&t, 70, 4, 3);
    confound(&t);
    for (size_t r = 0; r < 70; r++) /* ties are broken by chance */
        *at(&t, r, 3) = round(*at(&t, r, 3));
    shuffle_columns(&t, &shuffled, order);
    for (size_t k = 0; k < 3; k++) {
        caus_test_options options =
            cmiknn_options(k == 1 ? CAUS_TEST_CMIKNN_MIXED : CAUS_TEST_CMIKNN);
        options.knn.shuffles = 30;
        options.knn.neighbours = 9;
        if (k == 2)
            options.knn.transform = CAUS_KNN_STANDARDISED;
        cmiknn_question here = {.source = {0, 0},
                                .target = {1, 0},
                                .given = {{2, 0}, {3, 0}},
                                .given_count = 2,
                                .shared = 1};
        cmiknn_question there = {.source = {2, 0},
                                 .target = {1, 0},
                                 .given = {{0, 0}, {3, 0}},
                                 .given_count = 2,
                                 .shared = 2};
        answer a = ask(&t, &options, &here);
        answer b = ask(&shuffled, &options, &there);
        expect_same(&a, &b);
    }
}

static void ranks_do_not_notice_monotone_transforms(void **unused)
{
    (void)unused;
    static table t, bent;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    options.knn.shuffles = 20;
    make_table(&t, 90, 3, 4);
    confound(&t);
    bent = t;
    bent.segment.values = bent.values;
    bent.series.segments = &bent.segment;
    bent.series.variables = bent.variables;
    for (size_t r = 0; r < 90; r++)
        *at(&bent, r, 0) = exp(*at(&bent, r, 0));
    answer a = ask(&t, &options, &a_b_given_c);
    answer b = ask(&bent, &options, &a_b_given_c);
    expect_same(&a, &b);
}

static void a_side_that_does_not_vary_has_no_verdict(void **unused)
{
    (void)unused;
    static table t;
    static const caus_test kinds[] = {CAUS_TEST_CMIKNN, CAUS_TEST_CMIKNN_MIXED};
    for (size_t k = 0; k < 4; k++) {
        caus_test_options options = cmiknn_options(kinds[k / 2]);
        make_table(&t, 40, 3, 5);
        for (size_t r = 0; r < 40; r++)
            *at(&t, r, k % 2) = 2.5;
        answer found = ask(&t, &options, &a_b_given_c);
        assert_true(found.result.undetermined);
        assert_true(found.p_value == 1);
    }
}

static void a_condition_that_does_not_vary_is_none(void **unused)
{
    (void)unused;
    static table t;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    make_table(&t, 60, 3, 6);
    for (size_t r = 0; r < 60; r++)
        *at(&t, r, 2) = 1;
    answer a = ask(&t, &options, &a_b_given_c);
    answer b = ask(&t, &options, &a_b);
    expect_same(&a, &b);
}

static void repeated_conditions_count_once(void **unused)
{
    (void)unused;
    static table t;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    options.knn.shuffles = 20;
    make_table(&t, 60, 3, 6);
    cmiknn_question often = a_b_given_c;
    often.given[1] = (cmiknn_node){2, 0}; /* again, for the source */
    often.given[2] = often.source;
    often.given[3] = often.target;
    often.given_count = 4;
    answer a = ask(&t, &options, &a_b_given_c);
    answer b = ask(&t, &options, &often);
    expect_same(&a, &b);
}

static void too_few_rows_have_no_verdict(void **unused)
{
    (void)unused;
    static table t;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    for (size_t rows = 1; rows < 12; rows++) {
        make_table(&t, rows, 3, 8);
        options.knn.neighbours = 5;
        answer found = ask(&t, &options, &a_b_given_c);
        assert_int_equal(found.result.undetermined, rows < 6);
        options.knn.neighbours = .2;
        found = ask(&t, &options, &a_b_given_c);
        assert_int_equal(found.result.undetermined, rows < 3);
        assert_true(found.p_value <= 1);
    }
}

static void three_values_heavy_tails_and_copies_give_numbers(void **unused)
{
    (void)unused;
    static table t;
    for (size_t k = 0; k < 2; k++) {
        caus_test_options options =
            cmiknn_options(k ? CAUS_TEST_CMIKNN_MIXED : CAUS_TEST_CMIKNN);
        options.knn.shuffles = 19;
        make_table(&t, 100, 3, 9);
        for (size_t r = 0; r < 100; r++) {
            *at(&t, r, 0) = (double)(r * 7 % 3);
            *at(&t, r, 2) = pow(fabs(*at(&t, r, 2)), -9);
            *at(&t, r, 1) = *at(&t, r, 2);
        }
        answer found = ask(&t, &options, &a_b_given_c);
        assert_true(isfinite(found.result.statistic));
        found = ask(&t, &options, &a_b);
        assert_true(isfinite(found.result.statistic));
        assert_true(found.p_value > 0 && found.p_value <= 1);
    }
}

/* Rows that a test cannot use are as if they had never been. */
static void missing_rows_are_left_out(void **unused)
{
    (void)unused;
    static table t, without;
    for (size_t k = 0; k < 3; k++) {
        caus_test_options options =
            cmiknn_options(k == 1 ? CAUS_TEST_CMIKNN_MIXED : CAUS_TEST_CMIKNN);
        options.knn.shuffles = 25;
        if (k == 2)
            options.knn.transform = CAUS_KNN_STANDARDISED;
        make_table(&t, 80, 3, 10);
        confound(&t);
        make_table(&without, 80, 3, 0);
        size_t kept = 0;
        for (size_t r = 0; r < 80; r++) {
            bool is_lost = r % 3 == 1;
            for (size_t v = 0; v < 3 && !is_lost; v++)
                *at(&without, kept, v) = *at(&t, r, v);
            kept += !is_lost;
            if (is_lost)
                lose(&t, r, r % 9 == 1 ? 2 : r % 9 == 4);
        }
        without.segment.row_count = kept;
        answer a = ask(&t, &options, &a_b_given_c);
        answer b = ask(&without, &options, &a_b_given_c);
        assert_true(fabs(a.result.statistic - b.result.statistic) < 1e-12);
        assert_true(fabs(a.p_value - b.p_value) < 1e-12);
    }
}

static void rows_without_weight_are_left_out(void **unused)
{
    (void)unused;
    static table t, without;
    double weights[80];
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    options.knn.shuffles = 25;
    make_table(&t, 80, 3, 11);
    make_table(&without, 80, 3, 0);
    size_t kept = 0;
    for (size_t r = 0; r < 80; r++) {
        weights[r] = (double)(r % 4);
        for (size_t v = 0; v < 3; v++)
            *at(&without, kept, v) = *at(&t, r, v);
        kept += weights[r] > 0;
    }
    without.segment.row_count = kept;
    answer a = ask_weighted(&t, &options, &a_b_given_c, 7, weights);
    answer b = ask(&without, &options, &a_b_given_c);
    expect_same(&a, &b);
}

static void a_row_like_no_other_tells_nothing(void **unused)
{
    (void)unused;
    static table t;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN_MIXED);
    options.knn.shuffles = 0;
    make_table(&t, 50, 3, 12);
    t.variables[2].value_type = CAUS_VALUE_DISCRETE;
    for (size_t r = 0; r < 50; r++)
        *at(&t, r, 2) = (double)r;
    answer found = ask(&t, &options, &a_b_given_c);
    assert_false(found.result.undetermined);
    assert_true(fabs(found.result.statistic) < 1e-300);
}

static void another_seed_shuffles_otherwise(void **unused)
{
    (void)unused;
    static table t;
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    options.knn.shuffle_alpha = 1;
    make_table(&t, 60, 3, 13);
    size_t differ = 0;
    answer first = ask_weighted(&t, &options, &a_b_given_c, 1, NULL);
    answer again = ask_weighted(&t, &options, &a_b_given_c, 1, NULL);
    expect_same(&first, &again);
    for (uint64_t seed = 2; seed < 8; seed++) {
        answer other = ask_weighted(&t, &options, &a_b_given_c, seed, NULL);
        differ += fabs(other.p_value - first.p_value) > 0;
        assert_true(fabs(other.p_value - first.p_value) < .15);
    }
    assert_true(differ >= 4);
}

static caus_discovery discover(const table *t, int threads, caus_arena *arena)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_run_options run_options = {.threads = threads};
    caus_run *run;
    caus_error err;
    caus_discovery result;
    options.max_lag = 2;
    options.level = 0;
    options.all_links = true;
    options.test.test = CAUS_TEST_CMIKNN;
    options.test.knn.shuffles = 40;
    options.bootstrap = 2;
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    if (caus_discover_pcmci(&t->series, &options, run, arena, &result, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    caus_run_free(run);
    return result;
}

static void threads_leave_the_bytes_alone(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 60, 4, 14);
    confound(&t);
    caus_arena *arena = caus_arena_new(0);
    caus_discovery one = discover(&t, 1, arena), four = discover(&t, 4, arena);
    size_t bytes = (size_t)4 * 4 * 3 * sizeof(double);
    assert_memory_equal(one.statistic, four.statistic, bytes);
    assert_memory_equal(one.p_value, four.p_value, bytes);
    assert_memory_equal(one.stability, four.stability, bytes);
    caus_arena_free(arena);
}

/* What caus_cmiknn_init() says to the options. */
static caus_status try_options(const caus_test_options *options, size_t rows,
                               caus_error *err)
{
    static table t;
    caus_sample sample;
    caus_sample_options sampling = {.longest_lag = 0};
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_independence test;
    caus_arena *arena = caus_arena_new(0);
    make_table(&t, rows, 2, 15);
    assert_int_equal(caus_run_new(&run_options, &run, err), CAUS_OK);
    assert_int_equal(
        caus_sample_init(&t.series, &sampling, run, arena, &sample, err),
        CAUS_OK);
    size_t used = caus_arena_used_bytes(arena);
    caus_status status =
        caus_cmiknn_init(options, &sample, NULL, run, arena, &test, err);
    if (status != CAUS_OK)
        assert_int_equal(caus_arena_used_bytes(arena), used);
    caus_run_free(run);
    caus_arena_free(arena);
    return status;
}

static void settings_out_of_range_are_named(void **unused)
{
    (void)unused;
    static const struct {
        caus_knn_options knn;
        const char *words;
    } cases[] = {
        {{0, CAUS_KNN_RANKS, 5, 100, .1}, "0 nearest neighbours"},
        {{-1, CAUS_KNN_RANKS, 5, 100, .1}, "-1 nearest neighbours"},
        {{(double)NAN, CAUS_KNN_RANKS, 5, 100, .1}, "nearest neighbours"},
        {{1e9, CAUS_KNN_RANKS, 5, 100, .1}, "1e+09 nearest neighbours"},
        {{.2, CAUS_KNN_RANKS, 1, 100, .1}, "1 neighbours to shuffle among"},
        {{.2, CAUS_KNN_RANKS, 5, 1000001, .1}, "1000001 shuffles"},
        {{.2, CAUS_KNN_RANKS, 5, 100, 0}, "the level 0"},
        {{.2, CAUS_KNN_RANKS, 5, 100, 1.5}, "the level 1.5"},
        {{.2, CAUS_KNN_STANDARDISED, 5, 100, .1}, "cmiknn-mixed"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        caus_error err = {0};
        caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN_MIXED);
        options.knn = cases[k].knn;
        assert_int_equal(try_options(&options, 20, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        if (!strstr(err.message, cases[k].words))
            fail_msg("%s: %s", cases[k].words, err.message);
    }
}

static void rows_beyond_sixteen_bits_are_refused(void **unused)
{
    (void)unused;
    caus_sample sample = {.row_count = 65535};
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_independence test;
    caus_error err = {0};
    caus_arena *arena = caus_arena_new(0);
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    assert_int_equal(
        caus_cmiknn_init(&options, &sample, NULL, run, arena, &test, &err),
        CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "65535 rows"));
    caus_run_free(run);
    caus_arena_free(arena);
}

/* One test from the sample on; anything may fail. */
static caus_status run_once(const table *t, const caus_test_options *options,
                            caus_run *run, caus_arena *arena,
                            caus_ci_result *result, caus_error *err)
{
    caus_sample sample;
    caus_sample_options sampling = {.longest_lag = 1};
    caus_independence test;
    caus_ci_work *work;
    caus_ci_source source = {.node = 0};
    CAUS_TRY(caus_sample_init(&t->series, &sampling, run, arena, &sample, err));
    CAUS_TRY(caus_cmiknn_init(options, &sample, NULL, run, arena, &test, err));
    CAUS_TRY(test.start(test.state, arena, &work, err));
    for (caus_node count = 1; count < 4; count++) {
        const caus_node given[] = {2, 9, 10};
        CAUS_TRY(test.condition(work, 1, given, count, err));
        CAUS_TRY(test.test(work, &source, result, err));
    }
    return CAUS_OK;
}

static void memory_may_run_out_anywhere(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 300, 3, 16);
    for (size_t k = 0; k < 2; k++) {
        caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
        caus_run_options run_options = {.threads = 1};
        caus_run *run;
        caus_error err;
        caus_status status = CAUS_ERR_OUT_OF_MEMORY;
        options.knn.shuffles = 1;
        options.knn.transform = k ? CAUS_KNN_STANDARDISED : CAUS_KNN_RANKS;
        assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
        long n = 0;
        for (; status != CAUS_OK; n++) {
            caus_arena *arena = caus_arena_new(0);
            caus_ci_result result = {.statistic = 17};
            assert_non_null(arena);
            fault_fail_after(n);
            status = run_once(&t, &options, run, arena, &result, &err);
            fault_stop();
            assert_true(status == CAUS_OK || status == CAUS_ERR_OUT_OF_MEMORY);
            caus_arena_free(arena);
        }
        assert_true(n > 1);
        caus_run_free(run);
    }
}

static void a_small_budget_is_an_error_at_every_size(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 300, 3, 17);
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_error err;
    options.knn.shuffles = 1;
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    size_t failed = 0;
    for (size_t budget = 1000; budget < 300000; budget += 1000) {
        caus_arena *arena = caus_arena_new(budget);
        caus_ci_result result;
        caus_status status = run_once(&t, &options, run, arena, &result, &err);
        assert_true(status == CAUS_OK || status == CAUS_ERR_LIMIT);
        failed += status == CAUS_ERR_LIMIT;
        caus_arena_free(arena);
    }
    assert_true(failed > 20);
    caus_run_free(run);
}

static void a_cancelled_test_stops(void **unused)
{
    (void)unused;
    static table t;
    make_table(&t, 200, 3, 18);
    volatile sig_atomic_t cancel = 0;
    caus_run_options run_options = {.threads = 1, .cancel = &cancel};
    caus_test_options options = cmiknn_options(CAUS_TEST_CMIKNN);
    caus_sample_options sampling = {.longest_lag = 0};
    caus_run *run;
    caus_error err;
    caus_sample sample;
    caus_independence test;
    caus_ci_work *work;
    caus_ci_result result = {.statistic = 17};
    caus_ci_source source = {.node = 0};
    caus_arena *arena = caus_arena_new(0);
    assert_int_equal(caus_run_new(&run_options, &run, &err), CAUS_OK);
    assert_int_equal(
        caus_sample_init(&t.series, &sampling, run, arena, &sample, &err),
        CAUS_OK);
    assert_int_equal(
        caus_cmiknn_init(&options, &sample, NULL, run, arena, &test, &err),
        CAUS_OK);
    assert_int_equal(test.start(test.state, arena, &work, &err), CAUS_OK);
    assert_int_equal(test.condition(work, 1, NULL, 0, &err), CAUS_OK);
    cancel = 1;
    assert_int_equal(test.test(work, &source, &result, &err),
                     CAUS_ERR_CANCELLED);
    assert_true(result.statistic == 17);
    caus_run_free(run);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independence_is_rejected_as_often_as_alpha_says),
        cmocka_unit_test(a_common_cause_that_is_given_is_no_dependence),
        cmocka_unit_test(mixed_variables_keep_the_level),
        cmocka_unit_test(values_are_those_of_the_formula),
        cmocka_unit_test(early_stopping_decides_as_all_shuffles_do),
        cmocka_unit_test(a_p_value_is_a_quotient_rounded_once),
        cmocka_unit_test(a_parabola_is_found_that_correlations_miss),
        cmocka_unit_test(pcmci_keeps_the_level_under_autocorrelation),
        cmocka_unit_test(columns_and_scales_leave_the_bytes_alone),
        cmocka_unit_test(ranks_do_not_notice_monotone_transforms),
        cmocka_unit_test(a_side_that_does_not_vary_has_no_verdict),
        cmocka_unit_test(a_condition_that_does_not_vary_is_none),
        cmocka_unit_test(repeated_conditions_count_once),
        cmocka_unit_test(too_few_rows_have_no_verdict),
        cmocka_unit_test(three_values_heavy_tails_and_copies_give_numbers),
        cmocka_unit_test(missing_rows_are_left_out),
        cmocka_unit_test(rows_without_weight_are_left_out),
        cmocka_unit_test(a_row_like_no_other_tells_nothing),
        cmocka_unit_test(another_seed_shuffles_otherwise),
        cmocka_unit_test(threads_leave_the_bytes_alone),
        cmocka_unit_test(settings_out_of_range_are_named),
        cmocka_unit_test(rows_beyond_sixteen_bits_are_refused),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(a_small_budget_is_an_error_at_every_size),
        cmocka_unit_test(a_cancelled_test_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
