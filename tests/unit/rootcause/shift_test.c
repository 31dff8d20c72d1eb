/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts of windows against the rows before, found by counting ranks, and by
 * sorting every window anew. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "numeric/order.h"
#include "rootcause/splits.h"
#include "test.h"

enum { ROWS = 330, FIRST = 40, LAST = ROWS - 3, LEAST = 5 };

typedef enum kind {
    PLAIN,
    HEAVY,  /* quartiles do not tell of the deviation */
    COUNTS, /* adds up */
    STILL,
    RISING, /* fills */
    GAPS,
    SHARE, /* of 1 */
    STEP,
    BURSTS, /* comes and goes */
    KINDS
} kind;

static const double exact = 1e-9;

static double value_of(kind made, size_t row, caus_random *random)
{
    double noise = caus_random_normal(random);
    switch (made) {
    case HEAVY:
        return noise / fmax(1e-3, caus_random_uniform(random));
    case COUNTS:
        return fmax(0, floor(1.5 * noise));
    case STILL:
        return row > 250 && row % 3 == 0 ? 8 : 7;
    case RISING:
        return .05 * (double)row + noise;
    case GAPS:
        return caus_random_uniform(random) < .3 ? (double)NAN : noise;
    case SHARE:
        return .9 + .1 * caus_random_uniform(random);
    case STEP:
        return noise + (row > 200 ? -4 : 0);
    case BURSTS:
        return 20 + noise + (row > 90 && row % 4 == 0 ? 30 : 0);
    default:
        return 20 + floor(4 * noise);
    }
}

static caus_timeline made_timeline(caus_arena *arena, uint64_t seed)
{
    caus_random random;
    caus_random_init(&random, seed, 0);
    caus_timeline made = {.row_count = ROWS,
                          .variable_count = KINDS,
                          .values = CAUS_ARRAY(arena, double, KINDS *ROWS)};
    assert_int_equal(caus_timeline_add_traits(&made, arena, NULL), CAUS_OK);
    for (size_t v = 0; v < KINDS; v++)
        for (size_t r = 0; r < ROWS; r++)
            made.values[v * ROWS + r] = value_of((kind)v, r, &random);
    caus_run *run;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(caus_timeline_sort(&made, run, arena, NULL), CAUS_OK);
    caus_run_free(run);
    made.whole[SHARE] = 1;
    made.adds_up[COUNTS] = made.adds_up[SHARE] = true;
    made.comes_and_goes[BURSTS] = true;
    made.fills[RISING] = made.fills[GAPS] = true;
    return made;
}

/* ---- the same by sorting ---- */

static size_t sort_rows(const double *values, size_t from, size_t to,
                        double *sorted)
{
    size_t count = 0;
    for (size_t r = from; r < to; r++)
        if (!isnan(values[r]))
            sorted[count++] = values[r];
    caus_sort(sorted, count);
    return count;
}

static double trimmed(const double *sorted, size_t count)
{
    size_t spared = (count + 9) / 10;
    double sum = 0;
    for (size_t i = spared; i + spared < count; i++)
        sum += sorted[i];
    return sum / (double)(count - 2 * spared);
}

static double moments_of(const double *sorted, size_t count, double *mean)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += sorted[i];
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (sorted[i] - *mean) * (sorted[i] - *mean);
    return sqrt(squares / (double)count);
}

static double farther(double a, double b)
{
    return isnan(a) || fabs(b) > fabs(a) ? b : a;
}

/* The change of the mean in that half of some rows in which it is less; NaN =
 * one has too few. */
static double change_throughout(const double *values, size_t from, size_t to,
                                double mean)
{
    double sorted[ROWS], least = (double)NAN;
    const size_t cuts[] = {from, from + (to - from) / 2, to};
    for (size_t i = 0; i < 2; i++) {
        size_t count = sort_rows(values, cuts[i], cuts[i + 1], sorted);
        if (count < LEAST)
            return (double)NAN;
        double off = trimmed(sorted, count) - mean;
        least = isnan(least) || fabs(off) < fabs(least) ? off : least;
    }
    return least;
}

/* The change that is furthest off: of medians, but of few failures, of means
 * where they count, and of the first half of the window. */
static double change_of(const caus_timeline *of, size_t v, size_t from)
{
    double sorted[ROWS], mean, change = (double)NAN;
    const double *values = of->values + v * ROWS;
    size_t before = sort_rows(values, 0, from, sorted);
    double median = caus_sorted_quantile(sorted, before, .5);
    (void)moments_of(sorted, before, &mean);
    const size_t ends[] = {ROWS, from + (ROWS - from) / 2};
    for (size_t i = 0; i < 2; i++) {
        size_t count = sort_rows(values, from, ends[i], sorted);
        if (count < (i ? LEAST : 1))
            continue;
        double after = caus_sorted_quantile(sorted, count, .5);
        double off = after - median;
        bool is_few = v == COUNTS && fmax(median, after) < 5;
        if (!is_few || count < LEAST)
            change = farther(change, off);
        off = count < LEAST ? 0 : trimmed(sorted, count) - mean;
        if (of->adds_up[v])
            change = farther(change, off);
        if (of->comes_and_goes[v])
            change =
                farther(change, change_throughout(values, from, ends[i], mean));
    }
    return change;
}

static double scale_of(const caus_timeline *of, size_t v, size_t from)
{
    double sorted[ROWS], mean;
    size_t count = sort_rows(of->values + v * ROWS, 0, from, sorted);
    double quartiles = caus_sorted_quantile(sorted, count, .75) -
                       caus_sorted_quantile(sorted, count, .25);
    return fmax(quartiles / 1.349, .5 * moments_of(sorted, count, &mean));
}

static void shifts_are_those_of_sorted_windows(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_shift_space space;
    caus_error err;
    size_t wide = 0, bursts = 0;
    caus_timeline made = made_timeline(arena, 1);
    assert_int_equal(caus_shift_space_init(&made, arena, &space, &err),
                     CAUS_OK);
    for (size_t v = 0; v < KINDS; v++) {
        for (size_t row = LAST; row >= FIRST; row--) {
            caus_shift got = caus_timeline_shift(&made, v, row, ROWS, &space);
            double change = change_of(&made, v, row);
            double scale = fmax(scale_of(&made, v, row), got.least);
            assert_int_equal(got.measured, !isnan(change));
            if (isnan(change) || v == RISING)
                continue;
            assert_true(fabs(got.after - got.before - change) < exact);
            assert_true(v == STILL || fabs(got.scale - scale) < exact * scale);
            wide += v == HEAVY;
            bursts += v == BURSTS && row > 85 && row < 95 && change > 5;
        }
    }
    assert_true(wide > ROWS / 2 && bursts > 5);
    caus_arena_free(arena);
}

/* Half as many again as before, of one in two rows: the median goes from none
 * to one, the mean rises by a fifth. Of ten times as many it is the median that
 * moves further. */
static void the_median_of_few_failures_tells_nothing(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_shift_space space;
    caus_error err;
    for (size_t times = 1; times <= 10; times += 9) {
        caus_timeline made = made_timeline(arena, 1);
        caus_run *run;
        double *values = (double *)(uintptr_t)made.values + COUNTS * ROWS;
        for (size_t r = 0; r < ROWS; r++) {
            bool some = r < 200 ? r % 5 < 2 : r % 5 < 3;
            values[r] = some ? (double)times : times > 1;
        }
        assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
        assert_int_equal(caus_timeline_sort(&made, run, arena, NULL), CAUS_OK);
        caus_run_free(run);
        assert_int_equal(caus_shift_space_init(&made, arena, &space, &err),
                         CAUS_OK);
        caus_shift got = caus_timeline_shift(&made, COUNTS, 200, ROWS, &space);
        assert_int_equal(got.after - got.before > 1.0 / 2, times > 1);
    }
    caus_arena_free(arena);
}

static void scales_have_a_least(void **state)
{
    (void)state;
    static const double chances[] = {0, .5, 2};
    static const double leasts[] = {0, .01, 10, 100};
    caus_arena *arena = caus_arena_new(0);
    caus_shift_space space;
    caus_error err;
    caus_timeline made = made_timeline(arena, 1);
    assert_int_equal(caus_shift_space_init(&made, arena, &space, &err),
                     CAUS_OK);
    for (size_t i = 0; i < 3; i++) {
        made.chance[PLAIN] = chances[i];
        caus_shift got = caus_timeline_shift(&made, PLAIN, 200, ROWS, &space);
        double share = got.least / fabs(got.before);
        assert_true(fabs(share - (i ? chances[i] : .02)) < exact);
        assert_true(got.scale >= got.least);
    }
    for (size_t i = 0; i < 4; i++) {
        made.least[PLAIN] = leasts[i];
        caus_shift got = caus_timeline_shift(&made, PLAIN, 200, ROWS, &space);
        double share = fmax(2, leasts[i] / fabs(got.before));
        assert_true(fabs(got.least / fabs(got.before) - share) < exact);
        assert_true(got.scale >= got.least);
    }
    caus_arena_free(arena);
}

/* Most rows have no request and, as some tell, a latency of 0: how little the
 * others tell goes by how long these take. */
static void a_level_of_nothing_is_that_of_who_is_asked(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_timeline made = made_timeline(arena, 1);
    double *values = (double *)(uintptr_t)made.values + PLAIN * ROWS;
    caus_shift_space space;
    caus_run *run;
    for (size_t r = 0; r < ROWS; r++)
        values[r] = r >= 200 || r % 8 == 0 ? .25 : 0;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(caus_timeline_sort(&made, run, arena, NULL), CAUS_OK);
    assert_int_equal(caus_shift_space_init(&made, arena, &space, NULL),
                     CAUS_OK);
    made.chance[PLAIN] = 2;
    caus_shift got = caus_timeline_shift(&made, PLAIN, 200, ROWS, &space);
    assert_true(got.before == 0 && got.after == .25);
    assert_true(fabs(got.least - .5) < exact && fabs(got.size - .5) < exact);
    caus_run_free(run);
    caus_arena_free(arena);
}

/* Of who is hardly asked any more the last few values count by the root of how
 * many of them there are, of half as many; of who was never asked more, and of
 * who has half as many left, in full. */
static void few_values_of_many_tell_less(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_shift_space space;
    caus_error err;
    size_t filled[ROWS];
    double sizes[4];
    for (size_t r = 0; r < ROWS; r++)
        filled[r] = r;
    for (size_t i = 0; i < 4; i++) {
        caus_timeline made = made_timeline(arena, 1);
        caus_run *run;
        double *values = (double *)(uintptr_t)made.values + PLAIN * ROWS;
        for (size_t r = 0; r < ROWS; r++) {
            bool is_there = i == 0 || r % 10 == 0 || (i == 1 && r < 200) ||
                            (i == 3 && (r < 200 || r % 20 < 12));
            double level = (double)(r / 10 % 7) + (r < 200 ? 0 : 50);
            values[r] = is_there ? level : (double)NAN;
        }
        made.filled = filled;
        made.filled_count = ROWS;
        assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
        assert_int_equal(caus_timeline_sort(&made, run, arena, NULL), CAUS_OK);
        caus_run_free(run);
        assert_int_equal(caus_shift_space_init(&made, arena, &space, &err),
                         CAUS_OK);
        sizes[i] = caus_timeline_shift(&made, PLAIN, 200, ROWS, &space).size;
    }
    assert_true(fabs(sizes[1] / sizes[0] - sqrt(.2)) < .02);
    assert_true(sizes[2] > .8 * sizes[0]);
    assert_true(sizes[3] > .9 * sizes[0]);
    caus_arena_free(arena);
}

/* ---- splits ---- */

static void check_split(caus_splits *at, size_t row, const caus_shift *wanted,
                        size_t *bounded, size_t *is_same)
{
    caus_splits_move(at, row);
    caus_shift got = caus_splits_shift(at), most;
    assert_int_equal(got.measured, wanted->measured);
    assert_int_equal(got.rows, wanted->rows);
    if (!got.measured)
        return;
    assert_true(got.before == wanted->before && got.after == wanted->after);
    assert_true(got.scale == wanted->scale && got.size == wanted->size);
    assert_true(got.least == wanted->least && got.share == wanted->share);
    if (!caus_splits_bound(at, &most))
        return;
    assert_true(most.measured && most.rows == got.rows);
    assert_true(most.size * got.size >= 0);
    assert_true(fabs(most.size) >= fabs(got.size) && most.share >= got.share);
    ++*bounded;
    *is_same += most.size == got.size;
}

static void splits_and_their_bounds_are_those_of_single_shifts(void **state)
{
    (void)state;
    static const size_t apart[] = {1, 2, 7, 41};
    caus_error err;
    for (uint64_t seed = 0; seed < 12; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_timeline made = made_timeline(arena, seed);
        caus_shift_space space;
        caus_splits at;
        assert_int_equal(caus_shift_space_init(&made, arena, &space, &err),
                         CAUS_OK);
        assert_int_equal(caus_splits_init(&made, arena, &at, &err), CAUS_OK);
        size_t bounded = 0, is_same = 0;
        made.comes_and_goes[BURSTS] = false; /* of windows alone */
        for (size_t v = 0; v < KINDS; v++) {
            caus_splits_begin(&at, v, LAST);
            for (size_t row = LAST; row >= 2 * apart[3];
                 row -= apart[seed % 4]) {
                caus_shift wanted =
                    caus_timeline_shift(&made, v, row, ROWS, &space);
                check_split(&at, row, &wanted, &bounded, &is_same);
            }
        }
        assert_true(is_same > 0 && bounded > is_same);
        caus_arena_free(arena);
    }
}

/* ---- sets ---- */

static void quantiles_are_those_of_sorted_values(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_timeline made = made_timeline(arena, 7);
    caus_rank_set set;
    caus_row_ranks ranks;
    caus_error err;
    double sorted[ROWS];
    assert_int_equal(caus_rank_set_init(ROWS, arena, &set, &err), CAUS_OK);
    assert_int_equal(caus_row_ranks_init(ROWS, arena, &ranks, &err), CAUS_OK);
    for (size_t v = 0; v < KINDS; v++) {
        set.values = made.values + v * ROWS;
        set.order = made.order + v * ROWS;
        set.rank = ranks.rank;
        caus_row_ranks_find(&ranks, set.order, made.present[v]);
        for (size_t from = 0; from < ROWS; from += 13) {
            caus_rank_place place = {0};
            size_t count = sort_rows(set.values, from, ROWS, sorted);
            caus_rank_set_clear(&set);
            caus_rank_set_add(&set, 0, ROWS);
            caus_rank_set_remove(&set, 0, from);
            assert_int_equal(caus_rank_set_count(&set), count);
            for (double share = 0; count && share <= 1; share += .05)
                assert_true(
                    caus_rank_set_quantile(&set, count, share, &place) ==
                    caus_sorted_quantile(sorted, count, share));
        }
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_sorted_values),
        cmocka_unit_test(shifts_are_those_of_sorted_windows),
        cmocka_unit_test(scales_have_a_least),
        cmocka_unit_test(a_level_of_nothing_is_that_of_who_is_asked),
        cmocka_unit_test(the_median_of_few_failures_tells_nothing),
        cmocka_unit_test(few_values_of_many_tell_less),
        cmocka_unit_test(splits_and_their_bounds_are_those_of_single_shifts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
