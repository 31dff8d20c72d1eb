/* SPDX-License-Identifier: Apache-2.0 */
/* What the sums are, how they add, and their file. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "series/gram.h"
#include "shards.h"
#include "test.h"

enum { N = SHARD_VARIABLES, LAGS = 2, REACH = 2 * LAGS, ROWS = 9000 };

static void wide_numbers_calculate_as_128_bits_do(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 1, 0);
    for (int k = 0; k < 2000; k++) {
        int64_t a = (int64_t)caus_random_bits(&random);
        int64_t b = (int64_t)caus_random_bits(&random) >> (k % 60);
        unsigned shift = (unsigned)k % 190;
        caus_wide x = {{0}}, y = {{0}}, expected = {{0}};
        caus_wide_add_shifted(&x, a, 0);
        caus_wide_add_shifted(&y, b, 0);
        caus_wide_add_shifted(&expected, (caus_int128)a * b, shift);
        caus_wide product = caus_wide_multiply(&x, &y);
        product = caus_wide_shift_left(&product, shift);
        assert_memory_equal(&product, &expected, sizeof product);
        caus_wide back = caus_wide_subtract(&product, &expected);
        assert_true(caus_wide_is_zero(&back));
        caus_wide sum = caus_wide_add(&x, &y);
        caus_wide other = {{0}};
        caus_wide_add_shifted(&other, (caus_int128)a + b, 0);
        assert_memory_equal(&sum, &other, sizeof sum);
        caus_pair pair = caus_wide_to_pair(&product, shift);
        caus_int128 whole = (caus_int128)pair.high + (caus_int128)pair.low;
        caus_int128 lost = (caus_int128)a * b - whole;
        assert_true(lost > -(1 << 21) && lost < 1 << 21);
        assert_true(((double)a * (double)b < 0) ==
                        caus_wide_is_negative(&product) ||
                    b == 0);
    }
}

static const size_t cuts[] = {4100, 3, 700, 4197};

/* Whole numbers, whose sums doubles hold exactly too. */
static double *whole_values(caus_arena *arena)
{
    double *x = shards_values(arena, ROWS, 2);
    for (size_t k = 0; k < (size_t)ROWS * N; k++)
        x[k] = floor(100 * x[k]);
    return x;
}

static void check_sum(const caus_wide *sum, double expected, int32_t quantum)
{
    caus_pair pair = caus_wide_to_pair(sum, 0);
    assert_true(ldexp(pair.high, quantum) + ldexp(pair.low, quantum) ==
                expected);
}

/* Σ x(t − a) y(t − b) over the reference rows of all segments. */
static double reference(const double *x, size_t i, size_t a, size_t j, size_t b)
{
    double sum = 0;
    for (size_t s = 0, first = 0; s < 4; first += cuts[s++])
        for (size_t t = first + REACH; t < first + cuts[s]; t++)
            sum += x[(t - a) * N + i] * (j < N ? x[(t - b) * N + j] : 1);
    return sum;
}

static void sums_are_exact_in_every_window(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double *x = whole_values(arena);
    caus_series series = shards_series(arena, x, cuts, 4, 0);
    caus_gram gram = shards_build(arena, &series, LAGS);
    assert_int_equal(gram.row_count, ROWS - 4 * REACH + 1);
    assert_int_equal(gram.rows_read, ROWS);
    for (size_t a = 0; a <= REACH; a++)
        for (size_t i = 0; i < N; i++) {
            check_sum(&gram.sums[a * N + i], reference(x, i, a, N, 0),
                      gram.quantum[i]);
            for (size_t b = a; b <= REACH; b++)
                for (size_t j = 0; j < N; j++)
                    check_sum(&gram.products[caus_gram_place(
                                  gram.node_count, a * N + i, b * N + j)],
                              reference(x, i, a, j, b),
                              gram.quantum[i] + gram.quantum[j]);
        }
    caus_arena_free(arena);
}

static void assert_same_bytes(caus_arena *arena, const caus_gram *a,
                              const caus_gram *b)
{
    const char *one, *other;
    size_t length, other_length;
    assert_int_equal(caus_gram_encode(a, arena, &one, &length, NULL), CAUS_OK);
    assert_int_equal(caus_gram_encode(b, arena, &other, &other_length, NULL),
                     CAUS_OK);
    assert_int_equal(length, other_length);
    assert_memory_equal(one, other, length);
}

/* Shards of sizes 2^30 apart, so that quanta differ. */
static void shards_add_up_alike_in_any_order_and_grouping(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double *x = shards_values(arena, ROWS, 3);
    for (size_t r = 4100; r < 4803; r++)
        x[r * N + 1] *= 0x1p-30;
    caus_series series = shards_series(arena, x, cuts, 4, 1000000000000);
    caus_gram grams[3];
    static const size_t of[3] = {0, 2, 3};
    for (size_t g = 0; g < 3; g++) {
        caus_series one = shards_one(arena, &series, of[g]);
        grams[g] = shards_build(arena, &one, LAGS);
    }
    assert_int_not_equal(grams[0].quantum[1], grams[1].quantum[1]);
    caus_gram all = shards_merge(arena, grams, 3);
    caus_gram turned[3] = {grams[2], grams[0], grams[1]};
    caus_gram other = shards_merge(arena, turned, 3);
    assert_same_bytes(arena, &all, &other);
    caus_gram pairs[2] = {shards_merge(arena, grams + 1, 2), grams[0]};
    other = shards_merge(arena, pairs, 2);
    assert_same_bytes(arena, &all, &other);
    caus_arena_free(arena);
}

/* Each shard is given the 2 · LAGS rows before the first it owns. */
static void shards_with_their_past_lose_and_repeat_nothing(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double *x = whole_values(arena);
    size_t rows = ROWS;
    caus_series whole = shards_series(arena, x, &rows, 1, 5000000000);
    caus_gram expected = shards_build(arena, &whole, LAGS);
    caus_gram parts[3];
    static const size_t starts[4] = {REACH, 2500, 2507, ROWS};
    for (size_t p = 0; p < 3; p++) {
        size_t first = starts[p] - REACH;
        size_t count = starts[p + 1] - first;
        caus_series part =
            shards_series(arena, x + first * N, &count, 1,
                          5000000000 + (int64_t)first * 1000000000);
        parts[p] = shards_build(arena, &part, LAGS);
        assert_int_equal(parts[p].sources[0].start_ns,
                         5000000000 + (int64_t)starts[p] * 1000000000);
    }
    caus_gram merged = shards_merge(arena, parts, 3);
    assert_int_equal(merged.row_count, expected.row_count);
    for (size_t node = 0; node < expected.node_count; node++) {
        caus_wide a = caus_gram_centred(&expected, node, 0);
        caus_wide b = caus_gram_centred(&merged, node, 0);
        int32_t finer = expected.quantum[node % N] - merged.quantum[node % N];
        finer += expected.quantum[0] - merged.quantum[0];
        assert_true(finer >= 0);
        a = caus_wide_shift_left(&a, (unsigned)finer);
        assert_memory_equal(&a, &b, sizeof a);
    }
    caus_arena_free(arena);
}

static void a_gap_cuts_the_run_of_rows(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    double *x = whole_values(arena);
    size_t rows = 1000, halves[2] = {400, 599};
    x[400 * N + 3] = (double)NAN;
    caus_series series = shards_series(arena, x, &rows, 1, 0);
    caus_gram gapped = shards_build(arena, &series, LAGS);
    assert_int_equal(gapped.rows_in_gap, 1);
    assert_int_equal(gapped.row_count, 999 - 2 * REACH);
    memmove(x + 400 * N, x + 401 * N, 599 * N * sizeof *x);
    caus_series cut = shards_series(arena, x, halves, 2, 0);
    caus_gram expected = shards_build(arena, &cut, LAGS);
    assert_memory_equal(gapped.products, expected.products,
                        gapped.node_count * (gapped.node_count + 1) / 2 *
                            sizeof(caus_wide));
    caus_arena_free(arena);
}

static void threads_and_the_order_of_columns_leave_no_trace(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series =
        shards_series(arena, shards_values(arena, ROWS, 4), cuts, 4, 0);
    static const size_t order[N] = {3, 0, 4, 2, 1};
    caus_gram_options options = {.max_lag = LAGS};
    caus_run_options many = caus_run_options_default();
    caus_series shuffled;
    caus_run *run;
    caus_gram gram, other;
    many.threads = 3;
    assert_int_equal(caus_run_new(&many, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_series_select(&series, order, N, arena, &shuffled, NULL), CAUS_OK);
    gram = shards_build(arena, &series, LAGS);
    assert_int_equal(
        caus_gram_build(&shuffled, &options, run, arena, &other, NULL),
        CAUS_OK);
    assert_memory_equal(gram.products, other.products,
                        gram.node_count * (gram.node_count + 1) / 2 *
                            sizeof(caus_wide));
    assert_string_equal(other.variables[1].name, "x1");
    caus_run_free(run);
    caus_arena_free(arena);
}

/* ---- what does not add up ---- */

static void expect_refusal(const caus_gram *a, const caus_gram *b,
                           const char *words)
{
    const caus_gram *list[2] = {a, b};
    caus_arena *arena = caus_arena_new(0);
    caus_run *run;
    caus_gram all;
    caus_error err;
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    assert_int_equal(caus_gram_merge(list, 2, run, arena, &all, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, words));
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void what_does_not_add_up_is_named(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    size_t rows = 300;
    double *x = shards_values(arena, ROWS, 5);
    caus_series one = shards_series(arena, x, &rows, 1, 1000000000000);
    caus_series two = shards_series(arena, x + 1500, &rows, 1, 1300000000000);
    caus_series during =
        shards_series(arena, x + 3000, &rows, 1, 1299000000000);
    caus_gram gram = shards_build(arena, &one, LAGS);
    caus_gram other = shards_build(arena, &two, LAGS);
    caus_gram lagged = shards_build(arena, &two, LAGS + 1);
    caus_gram overlap = shards_build(arena, &during, LAGS - 1);
    overlap = shards_build(arena, &during, LAGS);
    expect_refusal(&gram, &lagged, "--max-lag 2 and another with 3");
    expect_refusal(&gram, &gram, "would count twice");
    overlap.variables = gram.variables;
    caus_gram_source early = *overlap.sources;
    early.start_ns = gram.sources->end_ns;
    overlap.sources = &early;
    expect_refusal(&gram, &overlap, "name different systems");
    caus_variable named[N];
    memcpy(named, other.variables, sizeof named);
    other.variables = named;
    named[2].name = "y2";
    expect_refusal(&gram, &other, "\"x2\" where another has \"y2\"");
    memcpy(named, gram.variables, sizeof named);
    named[2].unit = "s";
    caus_variable in_ms[N];
    memcpy(in_ms, named, sizeof in_ms);
    in_ms[2].unit = "ms";
    caus_gram first = gram;
    first.variables = in_ms;
    expect_refusal(&first, &other, "bring both to one unit");
    other.step_ns *= 2;
    other.variables = gram.variables;
    expect_refusal(&gram, &other, "a step of 1 s and another of 2 s");
    other.step_ns = gram.step_ns;
    int32_t quantum[N];
    memcpy(quantum, other.quantum, sizeof quantum);
    quantum[1] += 72;
    other.quantum = quantum;
    expect_refusal(&gram, &other, "times larger in one gram");
    caus_arena_free(arena);
}

static void too_few_rows_say_how_many_are_needed(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    size_t rows = REACH;
    caus_series series =
        shards_series(arena, shards_values(arena, rows, 6), &rows, 1, 0);
    caus_gram_options options = {.max_lag = LAGS};
    caus_run *run;
    caus_gram gram;
    caus_error err;
    size_t before = caus_arena_used_bytes(arena);
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    assert_int_equal(
        caus_gram_build(&series, &options, run, arena, &gram, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "more than 4 complete ones"));
    assert_int_equal(caus_arena_used_bytes(arena), before);
    caus_run_free(run);
    caus_arena_free(arena);
}

/* ---- the file ---- */

static caus_gram small_gram(caus_arena *arena)
{
    size_t rows = 120;
    caus_series series = shards_series(arena, shards_values(arena, rows, 7),
                                       &rows, 1, 1000000000000);
    return shards_build(arena, &series, 1);
}

static void bytes_come_back_as_the_same_gram(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_gram gram = small_gram(arena), back;
    const char *bytes;
    size_t length;
    assert_int_equal(caus_gram_encode(&gram, arena, &bytes, &length, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_gram_decode(bytes, length, "bytes", arena, &back, NULL), CAUS_OK);
    assert_same_bytes(arena, &gram, &back);
    assert_string_equal(back.variables[4].name, "x4");
    caus_arena_free(arena);
}

static void damaged_and_short_files_are_refused(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_gram gram = small_gram(arena), back;
    const char *bytes;
    size_t length;
    caus_error err;
    assert_int_equal(caus_gram_encode(&gram, arena, &bytes, &length, NULL),
                     CAUS_OK);
    char *copy = caus_arena_copy_text(arena, bytes, length);
    size_t before = caus_arena_used_bytes(arena);
    for (size_t at = 0; at < length; at += 97) {
        copy[at] = (char)(copy[at] ^ 4);
        assert_int_not_equal(
            caus_gram_decode(copy, length, "copy", arena, &back, &err),
            CAUS_OK);
        copy[at] = (char)(copy[at] ^ 4);
        assert_int_equal(caus_gram_decode(copy, at, "copy", arena, &back, &err),
                         CAUS_ERR_INVALID_DATA);
    }
    assert_int_equal(caus_arena_used_bytes(arena), before);
    assert_int_equal(caus_gram_read("no such file", arena, &back, &err),
                     CAUS_ERR_NOT_FOUND);
    caus_arena_free(arena);
}

/* ---- no memory ---- */

static caus_status everything(const caus_series *series, caus_run *run,
                              caus_arena *arena)
{
    caus_gram_options options = {.max_lag = 1, .dataset = "a"};
    caus_gram gram, other, all, back;
    const char *bytes;
    size_t length;
    caus_series sums;
    CAUS_TRY(caus_gram_build(series, &options, run, arena, &gram, NULL));
    options.dataset = "b";
    CAUS_TRY(caus_gram_build(series, &options, run, arena, &other, NULL));
    const caus_gram *list[2] = {&gram, &other};
    CAUS_TRY(caus_gram_merge(list, 2, run, arena, &all, NULL));
    CAUS_TRY(caus_gram_encode(&all, arena, &bytes, &length, NULL));
    CAUS_TRY(caus_gram_decode(bytes, length, "x", arena, &back, NULL));
    return caus_series_from_gram(&back, arena, &sums, NULL);
}

static void without_memory_nothing_is_left_behind(void **state)
{
    (void)state;
    caus_arena *keep = caus_arena_new(0);
    size_t rows = 60;
    caus_series series =
        shards_series(keep, shards_values(keep, rows, 8), &rows, 1, 0);
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_run_options options = caus_run_options_default();
        caus_run *run;
        options.threads = 1;
        assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
        caus_arena *arena = caus_arena_new(0);
        fault_fail_after(n);
        status = everything(&series, run, arena);
        bool refused = fault_stop();
        assert_true(refused == (status != CAUS_OK));
        if (status != CAUS_OK)
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        caus_arena_free(arena);
        caus_run_free(run);
        assert_true(n < 500);
    }
    caus_arena_free(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_numbers_calculate_as_128_bits_do),
        cmocka_unit_test(sums_are_exact_in_every_window),
        cmocka_unit_test(shards_add_up_alike_in_any_order_and_grouping),
        cmocka_unit_test(shards_with_their_past_lose_and_repeat_nothing),
        cmocka_unit_test(a_gap_cuts_the_run_of_rows),
        cmocka_unit_test(threads_and_the_order_of_columns_leave_no_trace),
        cmocka_unit_test(what_does_not_add_up_is_named),
        cmocka_unit_test(too_few_rows_say_how_many_are_needed),
        cmocka_unit_test(bytes_come_back_as_the_same_gram),
        cmocka_unit_test(damaged_and_short_files_are_refused),
        cmocka_unit_test(without_memory_nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
