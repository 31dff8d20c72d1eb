/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/quality.h"
#include "fault.h"
#include "test.h"

#define MISSING ((double)NAN)

enum { ROWS = 240, MOST_COLUMNS = 16 };

/* Columns of noise, to be changed before they become a series. */
typedef struct bench {
    caus_run *run;
    caus_arena *arena;
    caus_random random;
    const char *names[MOST_COLUMNS];
    size_t column_count;
    double values[ROWS][MOST_COLUMNS];
} bench;

static int set_up(void **state)
{
    bench *b = test_calloc(1, sizeof *b);
    caus_run_options options = {.threads = 2};
    assert_int_equal(caus_run_new(&options, &b->run, NULL), CAUS_OK);
    b->arena = caus_arena_new(0);
    caus_random_init(&b->random, 5, 0);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    caus_run_free(b->run);
    caus_arena_free(b->arena);
    test_free(b);
    return 0;
}

/* Adds a column of noise around 10 and returns its index. */
static size_t add_column(bench *b, const char *name)
{
    size_t column = b->column_count++;
    b->names[column] = name;
    for (size_t row = 0; row < ROWS; row++)
        b->values[row][column] = 10 + caus_random_normal(&b->random);
    return column;
}

static caus_series make_series(bench *b)
{
    double flat[ROWS * MOST_COLUMNS];
    for (size_t row = 0; row < ROWS; row++)
        memcpy(flat + row * b->column_count, b->values[row],
               b->column_count * sizeof *flat);
    caus_series series;
    assert_int_equal(caus_series_from_values(b->names, b->column_count, flat,
                                             ROWS, 1000, b->arena, &series,
                                             NULL),
                     CAUS_OK);
    return series;
}

/* The first `cut` rows as the baseline, the rest as the incident. */
static caus_series split(bench *b, size_t cut)
{
    caus_series whole = make_series(b);
    caus_segment *segments = CAUS_ARRAY(b->arena, caus_segment, 2);
    caus_environment *environments = CAUS_ARRAY(b->arena, caus_environment, 2);
    environments[0] = (caus_environment){0, "baseline"};
    environments[1] = (caus_environment){1, "incident"};
    for (size_t s = 0; s < 2; s++) {
        size_t first = s ? cut : 0, rows = s ? ROWS - cut : cut;
        caus_series part;
        assert_int_equal(caus_series_from_values(
                             b->names, b->column_count,
                             whole.segments[0].values + first * b->column_count,
                             rows, 1000, b->arena, &part, NULL),
                         CAUS_OK);
        segments[s] = part.segments[0];
        segments[s].environment = (int)s;
    }
    whole.segments = segments;
    whole.segment_count = 2;
    whole.environments = environments;
    whole.environment_count = 2;
    return whole;
}

static caus_quality examine(bench *b, const caus_series *series)
{
    caus_quality quality;
    caus_error err = {0};
    if (caus_quality_examine(series, b->run, b->arena, &quality, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    return quality;
}

static caus_quality examine_columns(bench *b)
{
    caus_series series = make_series(b);
    return examine(b, &series);
}

/* Exactly one warning names all of these words. */
static void assert_warned(const caus_quality *quality, const char *first,
                          const char *second)
{
    size_t found = 0;
    for (size_t i = 0; i < quality->warning_count; i++)
        found += strstr(quality->warnings[i], first) &&
                 strstr(quality->warnings[i], second);
    if (found == 1)
        return;
    for (size_t i = 0; i < quality->warning_count; i++)
        print_message("%s\n", quality->warnings[i]);
    fail_msg("%zu warnings with \"%s\" and \"%s\"", found, first, second);
}

static void sound_data_has_no_warning(void **state)
{
    bench *b = *state;
    add_column(b, "auth_latency");
    add_column(b, "cart_errors");
    add_column(b, "redis_cpu");
    caus_quality quality = examine_columns(b);
    for (size_t i = 0; i < quality.warning_count; i++)
        print_message("%s\n", quality.warnings[i]);
    assert_int_equal(quality.warning_count, 0);
    assert_int_equal(quality.family_count, 0);
    assert_int_equal(quality.collinear_count, 0);
    assert_int_equal(quality.variable_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const caus_variable_quality *facts = &quality.variables[i];
        assert_true(facts->missing_share == 0 && facts->zero_share == 0);
        assert_int_equal(facts->nonzero_rows, ROWS);
        assert_true(facts->duplicate_of == SIZE_MAX);
        assert_false(facts->constant || facts->single_row_steps ||
                     facts->unit_root);
        assert_true(facts->effective_rows > ROWS / 2);
        assert_true(facts->adf_p < .01 && facts->kpss_p > .05);
    }
}

static void rows_before_the_data_begin_are_no_gaps(void **state)
{
    bench *b = *state;
    add_column(b, "full");
    size_t late = add_column(b, "late"), both = add_column(b, "both");
    for (size_t row = 0; row < ROWS; row++) {
        if (row < ROWS / 4 || (row > ROWS / 2 && row % 4 == 1))
            b->values[row][both] = MISSING;
        if (row < ROWS / 4)
            b->values[row][late] = MISSING;
    }
    caus_quality quality = examine_columns(b);
    assert_true(quality.variables[0].late_share == 0);
    assert_true(quality.variables[late].late_share == .25);
    assert_true(quality.variables[late].missing_share == .25);
    assert_true(quality.variables[both].late_share == .25);
    assert_warned(&quality, "late has no value in the first 25 %",
                  "give a later --start or a shorter --baseline");
    assert_warned(&quality, "both has no value in the first 25 %", "--start");
    assert_warned(&quality, "both misses", "take a wider step");
    for (size_t i = 0; i < quality.warning_count; i++)
        assert_null(strstr(quality.warnings[i], "late misses"));
}

static void missing_share_is_counted_and_told(void **state)
{
    bench *b = *state;
    add_column(b, "full");
    size_t gappy = add_column(b, "gappy"), empty = add_column(b, "empty");
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][empty] = MISSING;
        if (row % 4 == 1)
            b->values[row][gappy] = MISSING;
    }
    caus_quality quality = examine_columns(b);
    assert_true(quality.variables[gappy].missing_share == .25);
    assert_true(quality.variables[empty].missing_share == 1);
    assert_true(quality.variables[empty].constant);
    assert_warned(&quality, "gappy", "25 %");
    assert_warned(&quality, "empty", "no value in any row");
    assert_int_equal(quality.warning_count, 2);
    /* What misleads comes before what only tells nothing. */
    assert_non_null(strstr(quality.warnings[0], "gappy"));
}

static void constant_is_one_value_in_every_environment(void **state)
{
    bench *b = *state;
    add_column(b, "alive");
    size_t flat = add_column(b, "flat"), shifted = add_column(b, "shifted");
    size_t waking = add_column(b, "waking");
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][flat] = 7.5;
        b->values[row][shifted] = row < 120 ? 1 : 2;
        if (row < 120)
            b->values[row][waking] = 3;
    }
    caus_series series = split(b, 120);
    caus_quality quality = examine(b, &series);
    assert_true(quality.variables[flat].constant);
    assert_true(quality.variables[shifted].constant);
    assert_false(quality.variables[waking].constant);
    assert_true(quality.variables[flat].effective_rows == 0);
    assert_warned(&quality, "flat", "constant (7.5)");
    assert_warned(&quality, "shifted", "constant in every environment");
    assert_int_equal(quality.warning_count, 2);
    /* One environment, and it is a step. */
    quality = examine_columns(b);
    assert_false(quality.variables[shifted].constant);
    assert_true(quality.variables[shifted].single_row_steps);
    assert_warned(&quality, "shifted", "one or two rows");
}

static void what_ails_many_is_told_once(void **state)
{
    bench *b = *state;
    static const char *const flat[] = {"f1", "f2", "f3", "f4"};
    add_column(b, "alive");
    for (size_t i = 0; i < 4; i++) {
        size_t column = add_column(b, flat[i]);
        for (size_t row = 0; row < ROWS; row++)
            b->values[row][column] = (double)i;
    }
    caus_quality quality = examine_columns(b);
    assert_int_equal(quality.warning_count, 1);
    assert_warned(&quality, "4 variables are constant",
                  "(f1, f2, f3 and f4): they");
}

static void duplicates_name_the_first(void **state)
{
    bench *b = *state;
    size_t first = add_column(b, "first");
    add_column(b, "between");
    size_t second = add_column(b, "second"), third = add_column(b, "third");
    for (size_t row = 0; row < ROWS; row++) {
        if (row % 5 == 0)
            b->values[row][first] = row % 2 ? 0 : MISSING;
        b->values[row][second] = b->values[row][first];
        if (b->values[row][second] == 0)
            b->values[row][second] = -0.0;
        b->values[row][third] = b->values[row][first];
    }
    b->values[7][third] = nextafter(b->values[7][third], 0);
    caus_quality quality = examine_columns(b);
    assert_true(quality.variables[first].duplicate_of == SIZE_MAX);
    assert_int_equal(quality.variables[second].duplicate_of, first);
    assert_true(quality.variables[third].duplicate_of == SIZE_MAX);
    assert_warned(&quality, "second", "same values as first");
}

static void zeros_and_rare_values_are_told(void **state)
{
    bench *b = *state;
    size_t rare = add_column(b, "rare"), sparse = add_column(b, "sparse");
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][rare] = row % 20 == 3 ? 1 + (double)(row % 3) : 0;
        if (row % 3)
            b->values[row][sparse] = 0;
    }
    caus_quality quality = examine_columns(b);
    assert_int_equal(quality.variables[rare].nonzero_rows, 12);
    assert_true(fabs(quality.variables[sparse].zero_share - 2. / 3) < 1e-12);
    assert_warned(&quality, "rare", "only 12 non-zero rows");
    assert_warned(&quality, "sparse", "zero in 67 %");
    assert_int_equal(quality.warning_count, 2);
}

static void step_and_spike_change_in_one_or_two_rows(void **state)
{
    bench *b = *state;
    size_t step = add_column(b, "step"), spike = add_column(b, "spike");
    size_t three = add_column(b, "three");
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][step] = row < 100 ? 1 : 2;
        b->values[row][spike] = row == 50 ? 9 : 1;
        b->values[row][three] = row == 50 || row == 90 ? 9 : 1;
    }
    caus_quality quality = examine_columns(b);
    assert_true(quality.variables[step].single_row_steps);
    assert_true(quality.variables[spike].single_row_steps);
    assert_false(quality.variables[three].single_row_steps);
}

static void drift_within_an_environment_is_a_unit_root(void **state)
{
    bench *b = *state;
    size_t walk = add_column(b, "walk");
    for (size_t row = 1; row < ROWS; row++)
        b->values[row][walk] += b->values[row - 1][walk] - 10;
    caus_quality quality = examine_columns(b);
    assert_true(quality.variables[walk].unit_root);
    assert_true(quality.variables[walk].adf_p > .05);
    assert_true(quality.variables[walk].kpss_p < .05);
    assert_true(quality.variables[walk].effective_rows < 30);
    assert_warned(&quality, "walk", "--transform difference");
    assert_warned(&quality, "walk", "240 rows tell no more than");
}

static void shift_between_environments_is_no_unit_root(void **state)
{
    bench *b = *state;
    size_t shifted = add_column(b, "shifted");
    for (size_t row = 160; row < ROWS; row++)
        b->values[row][shifted] += 25;
    caus_series series = split(b, 160);
    caus_quality quality = examine(b, &series);
    assert_false(quality.variables[shifted].unit_root);
    assert_true(quality.variables[shifted].adf_p < .05);
    assert_true(quality.variables[shifted].effective_rows > ROWS / 2);
    assert_int_equal(quality.warning_count, 0);
    /* Taken as one environment, the same column does drift. */
    quality = examine_columns(b);
    assert_true(quality.variables[shifted].unit_root);
}

static void short_segments_are_not_tested(void **state)
{
    bench *b = *state;
    size_t noise = add_column(b, "noise");
    caus_series series = split(b, ROWS - 19);
    caus_quality whole = examine(b, &series);
    assert_true(whole.variables[noise].adf_p < .05);
    caus_segment last = series.segments[1];
    last.environment = 0;
    series.segments = &last;
    series.segment_count = series.environment_count = 1;
    caus_quality quality = examine(b, &series);
    assert_true(isnan(quality.variables[noise].adf_p));
    assert_true(isnan(quality.variables[noise].kpss_p));
    assert_false(quality.variables[noise].unit_root);
}

static void tables_have_no_order_to_drift_in(void **state)
{
    bench *b = *state;
    size_t sorted = add_column(b, "sorted"), step = add_column(b, "step");
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][sorted] = (double)row;
        b->values[row][step] = row < 100;
    }
    caus_series series = make_series(b);
    series.step_ns = 0;
    caus_quality quality = examine(b, &series);
    assert_true(isnan(quality.variables[sorted].adf_p));
    assert_false(quality.variables[sorted].unit_root);
    assert_false(quality.variables[step].single_row_steps);
    assert_true(quality.variables[sorted].effective_rows == ROWS);
}

static void assert_family(const caus_quality *quality, size_t f,
                          const char *reason, size_t count,
                          const size_t *members)
{
    assert_true(f < quality->family_count);
    assert_string_equal(quality->families[f].reason, reason);
    assert_int_equal(quality->families[f].member_count, count);
    for (size_t m = 0; m < count; m++)
        assert_int_equal(quality->families[f].members[m], members[m]);
}

static void correlation_makes_a_family_of_any_sign_and_gap(void **state)
{
    bench *b = *state;
    size_t a = add_column(b, "a");
    add_column(b, "b");
    size_t c = add_column(b, "c"), d = add_column(b, "d");
    for (size_t row = 0; row < ROWS; row++) {
        double base = b->values[row][a];
        b->values[row][c] = -3 * base + .01 * b->values[row][c];
        b->values[row][d] = base + .01 * b->values[row][d];
        if (row % 3 == 0)
            b->values[row][d] = MISSING;
        if (row % 7 == 0)
            b->values[row][c] = MISSING;
    }
    caus_quality quality = examine_columns(b);
    assert_int_equal(quality.family_count, 1);
    assert_family(&quality, 0, "|r| > 0.99", 3, (size_t[]){a, c, d});
    assert_warned(&quality, "a, c and d", "keep one");
    /* A pair of one family is not reported again as collinear. */
    assert_int_equal(quality.collinear_count, 0);
}

static void family_must_hold_in_every_environment(void **state)
{
    bench *b = *state;
    size_t a = add_column(b, "a"), c = add_column(b, "c");
    for (size_t row = 0; row < 120; row++)
        b->values[row][c] = b->values[row][a];
    caus_series series = split(b, 120);
    assert_int_equal(examine(b, &series).family_count, 0);
    /* A shift shared by both is no likeness either. */
    for (size_t row = 0; row < ROWS; row++)
        for (size_t column = a; column <= c; column++)
            b->values[row][column] =
                (row < 120 ? 0 : 1000) + caus_random_normal(&b->random);
    series = split(b, 120);
    assert_int_equal(examine(b, &series).family_count, 0);
    assert_int_equal(examine_columns(b).family_count, 1);
}

static void names_make_families(void **state)
{
    static const struct {
        const char *names[4];
        const char *reason; /* NULL = no family */
    } rows[] = {
        {{"auth_latency_p50", "auth_latency_p95", "auth_latency_p99"},
         "quantiles of one histogram"},
        {{"auth_latency", "auth_latency_p95"}, "quantiles of one histogram"},
        {{"auth_latency_avg", "auth_latency"}, "quantiles of one histogram"},
        {{"x_latency_p50{zone=\"a\"}", "x_latency_p99{zone=\"a\"}"},
         "quantiles of one histogram"},
        {{"x_latency_p50{zone=\"a\"}", "x_latency_p99{zone=\"b\"}"}, NULL},
        {{"auth_latency_p95", "cart_latency_p95"}, NULL},
        {{"kafka_p1", "kafka_p2"}, NULL},
        {{"http_bucket", "http_count", "http_sum"},
         "count and sum of one histogram"},
        {{"http_latency_p95", "http_latency_count"}, NULL},
        {{"memory_used_bytes", "memory_limit_bytes"},
         "use and limit of one resource"},
        {{"db_pool_used", "db_pool_max"}, "use and limit of one resource"},
        {{"db_pool_used", "db_pool_wait"}, NULL},
        {{"used", "limit"}, NULL},
        {{"unused_a", "limit_a"}, NULL},
        {{"auth-6c8d7f9b5d-x2x9z_cpu", "auth-6c8d7f9b5d-q7k4m_cpu"},
         "pods of one deployment"},
        {{"auth-6c8d7f9b5d-x2x9z_cpu", "cart-6c8d7f9b5d-q7k4m_cpu"}, NULL},
        {{"ts-preserve-other_cpu", "ts-travel-other_cpu"}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench *b = *state;
        b->column_count = 0;
        for (size_t n = 0; rows[i].names[n]; n++)
            add_column(b, rows[i].names[n]);
        caus_quality quality = examine_columns(b);
        if (quality.family_count != (rows[i].reason != NULL))
            fail_msg("%s: %zu families", rows[i].names[0],
                     quality.family_count);
        if (rows[i].reason)
            assert_family(&quality, 0, rows[i].reason, b->column_count,
                          (size_t[]){0, 1, 2, 3});
    }
}

/* Who joins by its values is not told of as named alike. */
static void a_family_of_names_and_values_says_both(void **state)
{
    bench *b = *state;
    size_t p50 = add_column(b, "auth_latency_p50");
    size_t p95 = add_column(b, "auth_latency_p95");
    size_t queue = add_column(b, "queue");
    for (size_t row = 0; row < ROWS; row++)
        b->values[row][queue] = 3 * b->values[row][p95];
    caus_quality quality = examine_columns(b);
    assert_int_equal(quality.family_count, 1);
    assert_family(&quality, 0, "named alike or |r| > 0.99", 3,
                  (size_t[]){p50, p95, queue});
}

static void labels_make_families(void **state)
{
    bench *b = *state;
    add_column(b, "cpu{pod=\"shop-0\"}");
    add_column(b, "cpu{pod=\"shop-1\"}");
    add_column(b, "cpu{pod=\"till-1\"}");
    add_column(b, "rpc{quantile=\"0.5\"}");
    add_column(b, "rpc{quantile=\"0.99\"}");
    caus_label labels[5] = {{"pod", "shop-0"},
                            {"pod", "shop-1"},
                            {"pod", "till-1"},
                            {"quantile", "0.5"},
                            {"quantile", "0.99"}};
    caus_series series = make_series(b);
    caus_variable variables[5];
    for (size_t i = 0; i < 5; i++) {
        variables[i] = series.variables[i];
        variables[i].labels = &labels[i];
        variables[i].label_count = 1;
    }
    series.variables = variables;
    caus_quality quality = examine(b, &series);
    assert_int_equal(quality.family_count, 2);
    assert_family(&quality, 0, "pods of one deployment", 2, (size_t[]){0, 1});
    assert_family(&quality, 1, "quantiles of one histogram", 2,
                  (size_t[]){3, 4});
}

static void collinear_column_names_the_few_that_make_it(void **state)
{
    bench *b = *state;
    size_t a = add_column(b, "a");
    add_column(b, "noise");
    size_t c = add_column(b, "c"), d = add_column(b, "d");
    add_column(b, "other");
    size_t total = add_column(b, "total");
    for (size_t row = 0; row < ROWS; row++)
        b->values[row][total] = b->values[row][a] + b->values[row][c] +
                                b->values[row][d] + .01 * b->values[row][total];
    caus_quality quality = examine_columns(b);
    assert_int_equal(quality.collinear_count, 1);
    const caus_collinear *found = &quality.collinear[0];
    /* Whichever of the four is left over, the other three make it. */
    assert_int_equal(found->other_count, 3);
    bool named[MOST_COLUMNS] = {0};
    named[found->variable] = true;
    for (size_t k = 0; k < 3; k++)
        named[found->others[k]] = true;
    assert_true(named[a] && named[c] && named[d] && named[total]);
    assert_true(found->r_squared > .999 && found->r_squared < 1);
    assert_warned(&quality, "follows from", "total");
}

static void regressors_that_are_not_needed_are_not_named(void **state)
{
    bench *b = *state;
    size_t u = add_column(b, "a_twin"), v = add_column(b, "b_twin");
    size_t first = add_column(b, "c"), second = add_column(b, "d");
    size_t total = add_column(b, "total");
    for (size_t row = 0; row < ROWS; row++) {
        /* The twins weigh much, but their difference is next to nothing. */
        b->values[row][v] = b->values[row][u] + .036 * (b->values[row][v] - 10);
        b->values[row][total] = b->values[row][first] + b->values[row][second] +
                                1.1 * (b->values[row][u] - b->values[row][v]);
    }
    caus_quality quality = examine_columns(b);
    assert_int_equal(quality.collinear_count, 1);
    const caus_collinear *found = &quality.collinear[0];
    assert_int_equal(found->variable, total);
    assert_int_equal(found->other_count, 2);
    assert_int_equal(found->others[0], first);
    assert_int_equal(found->others[1], second);
    assert_true(found->r_squared > .999 && found->r_squared < 1);
}

static void long_lists_of_names_are_cut(void **state)
{
    bench *b = *state;
    static const char *const names[] = {"aa", "bb", "cc", "dd",
                                        "ee", "ff", "gg", "hh"};
    for (size_t i = 0; i < 8; i++) {
        add_column(b, names[i]);
        for (size_t row = 0; row < ROWS; row++)
            b->values[row][i] =
                b->values[row][0] * (double)(i + 1) + (double)(row == i);
    }
    caus_quality quality = examine_columns(b);
    assert_warned(&quality, "aa, bb, cc, dd, ee, ff and 2 more", "keep one");
}

static void few_rows_do_not_make_columns_collinear(void **state)
{
    bench *b = *state;
    static const char *const names[MOST_COLUMNS] = {
        "aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh",
        "ii", "jj", "kk", "ll", "mm", "nn", "oo", "pp"};
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        add_column(b, names[i]);
    caus_series series = split(b, ROWS - 14);
    caus_segment last = series.segments[1];
    last.environment = 0;
    series.segments = &last;
    series.segment_count = series.environment_count = 1;
    assert_int_equal(examine(b, &series).collinear_count, 0);
}

static void column_order_does_not_change_what_is_found(void **state)
{
    bench *b = *state;
    static const char *const names[5] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        add_column(b, names[i]);
    for (size_t row = 0; row < ROWS; row++)
        b->values[row][4] = b->values[row][0] - b->values[row][2];
    caus_series series = make_series(b), turned;
    caus_quality before = examine(b, &series);
    static const size_t order[5] = {4, 3, 2, 1, 0};
    assert_int_equal(
        caus_series_select(&series, order, 5, b->arena, &turned, NULL),
        CAUS_OK);
    caus_quality after = examine(b, &turned);
    assert_int_equal(before.collinear_count, 1);
    assert_int_equal(after.collinear_count, 1);
    assert_int_equal(order[after.collinear[0].variable],
                     before.collinear[0].variable);
    for (size_t i = 0; i < 5; i++)
        assert_true(after.variables[i].effective_rows ==
                    before.variables[order[i]].effective_rows);
}

static void threads_do_not_change_the_report(void **state)
{
    bench *b = *state;
    static const char *const names[6] = {"a", "b", "c", "d", "e", "f"};
    for (size_t i = 0; i < 6; i++)
        add_column(b, names[i]);
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][5] = b->values[row][0] + b->values[row][1];
        if (row % 9 == 2)
            b->values[row][3] = MISSING;
    }
    caus_series series = make_series(b);
    caus_quality two = examine(b, &series), one;
    caus_run *alone = NULL;
    caus_run_options options = {.threads = 1};
    assert_int_equal(caus_run_new(&options, &alone, NULL), CAUS_OK);
    assert_int_equal(caus_quality_examine(&series, alone, b->arena, &one, NULL),
                     CAUS_OK);
    caus_run_free(alone);
    assert_int_equal(one.warning_count, two.warning_count);
    for (size_t i = 0; i < one.warning_count; i++)
        assert_string_equal(one.warnings[i], two.warnings[i]);
    assert_memory_equal(&one.collinear[0].r_squared,
                        &two.collinear[0].r_squared, sizeof(double));
    for (size_t i = 0; i < 6; i++) {
        assert_memory_equal(&one.variables[i].adf_p, &two.variables[i].adf_p,
                            sizeof(double));
        assert_memory_equal(&one.variables[i].kpss_p, &two.variables[i].kpss_p,
                            sizeof(double));
    }
}

static void no_rows_are_a_finding(void **state)
{
    bench *b = *state;
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, 2, NULL, 0, 1000, b->arena,
                                             &series, NULL),
                     CAUS_OK);
    caus_quality quality = examine(b, &series);
    assert_true(quality.variables[0].constant);
    assert_true(quality.variables[1].missing_share == 1);
    assert_int_equal(quality.warning_count, 2);
}

static void stopped_call_leaves_nothing(void **state)
{
    bench *b = *state;
    add_column(b, "a");
    caus_series series = make_series(b);
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = {.threads = 2, .cancel = &cancel};
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_quality quality = {.variable_count = 99};
    caus_error err;
    size_t used = caus_arena_used_bytes(b->arena);
    assert_int_equal(
        caus_quality_examine(&series, run, b->arena, &quality, &err),
        CAUS_ERR_CANCELLED);
    assert_string_equal(err.message, "cancelled");
    assert_int_equal(quality.variable_count, 99);
    assert_int_equal(caus_arena_used_bytes(b->arena), used);
    caus_run_free(run);
}

static void a_time_limit_leaves_the_rest_of_the_checks_out(void **state)
{
    bench *b = *state;
    size_t a = add_column(b, "a"), c = add_column(b, "c");
    for (size_t row = 0; row < ROWS; row++)
        b->values[row][c] = b->values[row][a];
    caus_series series = make_series(b);
    caus_run_options options = {.threads = 2, .time_limit_s = 1e-9};
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_quality quality;
    assert_int_equal(
        caus_quality_examine(&series, run, b->arena, &quality, NULL), CAUS_OK);
    assert_false(quality.complete);
    assert_int_equal(quality.variables[1].duplicate_of, 0);
    assert_true(isnan(quality.variables[0].adf_p));
    assert_true(quality.variables[0].effective_rows >= ROWS);
    assert_int_equal(quality.family_count, 0);
    assert_non_null(strstr(quality.warnings[0], "--time-limit"));
    caus_run_free(run);
    assert_true(examine(b, &series).complete);
}

static void every_failed_allocation_is_reported(void **state)
{
    bench *b = *state;
    size_t a = add_column(b, "auth_latency_p95");
    add_column(b, "auth_latency");
    size_t c = add_column(b, "c"), d = add_column(b, "d");
    for (size_t row = 0; row < ROWS; row++) {
        b->values[row][d] = b->values[row][a] + b->values[row][c];
        if (row % 9 == 0)
            b->values[row][c] = row % 2 ? 0 : MISSING;
    }
    caus_series series = make_series(b);
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_run_options options = {.threads = 1};
        caus_run *run = NULL;
        assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
        caus_arena *arena = caus_arena_new(0);
        caus_quality quality = {.variable_count = 99};
        fault_fail_after(n);
        status = caus_quality_examine(&series, run, arena, &quality, NULL);
        bool refused = fault_stop();
        assert_true(status == (refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK));
        assert_int_equal(quality.variable_count, refused ? 99 : 4);
        if (refused)
            assert_int_equal(caus_arena_used_bytes(arena), 0);
        assert_int_equal(caus_arena_used_bytes(caus_run_scratch(run, 0)), 0);
        caus_arena_free(arena);
        caus_run_free(run);
        assert_true(n < 200);
    }
}

static void full_budget_is_a_limit(void **state)
{
    bench *b = *state;
    add_column(b, "a");
    add_column(b, "b");
    caus_series series = make_series(b);
    caus_run_options options = {.threads = 1, .memory_limit_bytes = 4096};
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_quality quality;
    caus_error err;
    assert_int_equal(
        caus_quality_examine(&series, run, b->arena, &quality, &err),
        CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "--memory-limit"));
    caus_run_free(run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sound_data_has_no_warning),
        TEST(missing_share_is_counted_and_told),
        TEST(rows_before_the_data_begin_are_no_gaps),
        TEST(constant_is_one_value_in_every_environment),
        TEST(what_ails_many_is_told_once),
        TEST(duplicates_name_the_first),
        TEST(zeros_and_rare_values_are_told),
        TEST(step_and_spike_change_in_one_or_two_rows),
        TEST(drift_within_an_environment_is_a_unit_root),
        TEST(shift_between_environments_is_no_unit_root),
        TEST(short_segments_are_not_tested),
        TEST(tables_have_no_order_to_drift_in),
        TEST(correlation_makes_a_family_of_any_sign_and_gap),
        TEST(family_must_hold_in_every_environment),
        TEST(names_make_families),
        TEST(a_family_of_names_and_values_says_both),
        TEST(labels_make_families),
        TEST(collinear_column_names_the_few_that_make_it),
        TEST(regressors_that_are_not_needed_are_not_named),
        TEST(long_lists_of_names_are_cut),
        TEST(few_rows_do_not_make_columns_collinear),
        TEST(column_order_does_not_change_what_is_found),
        TEST(threads_do_not_change_the_report),
        TEST(no_rows_are_a_finding),
        TEST(stopped_call_leaves_nothing),
        TEST(a_time_limit_leaves_the_rest_of_the_checks_out),
        TEST(every_failed_allocation_is_reported),
        TEST(full_budget_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
