/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "numeric/neighbours.h"
#include "test.h"

enum { MOST_ROWS = 300, PADDED = 320, COLUMNS = 4 };

/* Columns and where distances go. */
typedef struct table {
    size_t rows;
    caus_rank values[COLUMNS][PADDED];
    bool is_codes[COLUMNS];
    caus_rank fixed[PADDED], given[PADDED], all[PADDED], both[PADDED];
} table;

static caus_rank_column column_of(const table *t, size_t column)
{
    return (caus_rank_column){t->values[column], t->is_codes[column]};
}

/* Ranks below `levels`, or codes below four. */
static void fill(table *t, size_t rows, size_t levels, caus_random *random)
{
    memset(t, 0, sizeof *t);
    t->rows = rows;
    for (size_t c = 0; c < COLUMNS; c++) {
        t->is_codes[c] = levels < rows && caus_random_below(random, 2);
        size_t bound = t->is_codes[c] ? 4 : levels;
        for (size_t r = 0; r < rows; r++)
            t->values[c][r] = (caus_rank)caus_random_below(random, bound);
    }
}

static caus_rank distance(const table *t, size_t column, size_t a, size_t b)
{
    int difference = abs(t->values[column][a] - t->values[column][b]);
    return t->is_codes[column] && difference ? CAUS_RANK_FAR
                                             : (caus_rank)difference;
}

static caus_rank larger(caus_rank a, caus_rank b)
{
    return a > b ? a : b;
}

/* Distances of column 0 (fixed), 1 (moved) and 2, 3 (given), one by one. */
static void measure(table *t, size_t row)
{
    for (size_t j = 0; j < PADDED; j++) {
        bool is_row = j < t->rows;
        caus_rank given = CAUS_RANK_FAR;
        if (is_row)
            given = larger(distance(t, 2, row, j), distance(t, 3, row, j));
        t->given[j] = given;
        t->fixed[j] = larger(given, is_row ? distance(t, 0, row, j) : 0);
        t->both[j] = larger(given, is_row ? distance(t, 1, row, j) : 0);
        t->all[j] = larger(t->fixed[j], t->both[j]);
    }
}

static size_t within(const caus_rank *distances, size_t rows, int radius)
{
    size_t count = 0;
    for (size_t j = 0; j < rows; j++)
        count += distances[j] <= radius;
    return count;
}

/* The same by trying every radius. */
static int find_radius(const caus_rank *distances, size_t rows, size_t wanted)
{
    int last = 0;
    for (size_t j = 0; j < rows; j++)
        if (distances[j] != CAUS_RANK_FAR && distances[j] > last)
            last = distances[j];
    for (int radius = 0; radius < last; radius++)
        if (within(distances, rows, radius) >= wanted)
            return radius;
    return last;
}

static caus_neighbour_counts expect(table *t, const caus_neighbour_task *task)
{
    size_t finite = within(t->all, t->rows, CAUS_RANK_FAR - 1);
    size_t wanted = task->nearest + 1;
    if (finite < wanted) {
        double rest = task->share * (double)(finite - 1);
        wanted = task->share > 0 ? 1 + (size_t)(rest < 1 ? 1 : rest) : finite;
        wanted = wanted > finite ? finite : wanted;
    }
    int radius = find_radius(t->all, t->rows, wanted);
    caus_neighbour_counts counts = {.distance = (caus_rank)radius};
    radius -= !task->is_mixed;
    counts.fixed = (uint32_t)within(t->fixed, t->rows, radius);
    counts.moved = (uint32_t)within(t->both, t->rows, radius);
    counts.given = (uint32_t)within(t->given, t->rows, radius);
    if (task->is_mixed)
        counts.all = (uint32_t)within(t->all, t->rows, radius);
    return counts;
}

static void compare(const caus_neighbour_kernel *kernel, table *t,
                    caus_random *random, bool is_mixed)
{
    size_t row = caus_random_below(random, t->rows);
    measure(t, row);
    caus_rank all[PADDED], both[PADDED];
    caus_neighbour_task task = {
        .rows = t->rows,
        .padded = caus_rank_pad(t->rows),
        .fixed = t->fixed,
        .given = t->given,
        .moved = column_of(t, 1),
        .at = t->values[1][row],
        .nearest = 1 + caus_random_below(random, t->rows - 1),
        .is_mixed = is_mixed,
        .share = caus_random_below(random, 2) ? .3 : 0,
        .guess = (caus_rank)caus_random_below(random, t->rows),
        .all = all,
        .both = both};
    caus_neighbour_counts found, expected = expect(t, &task);
    kernel->count(&task, &found);
    assert_int_equal(found.distance, expected.distance);
    assert_int_equal(found.fixed, expected.fixed);
    assert_int_equal(found.moved, expected.moved);
    assert_int_equal(found.given, expected.given);
    assert_int_equal(found.all, expected.all);
    task.is_given_known = true;
    kernel->count(&task, &found);
    assert_int_equal(found.moved, expected.moved);
    assert_int_equal(found.given, 0);
    caus_rank radius =
        kernel->radius(t->given, t->rows, task.nearest, task.guess);
    assert_int_equal(radius, find_radius(t->given, t->rows, task.nearest));
}

static void for_every_kernel(void (*check)(const caus_neighbour_kernel *))
{
    size_t count;
    const caus_neighbour_kernel *const *kernels =
        caus_neighbour_kernels(&count);
    assert_true(kernels[0]->is_usable());
    for (size_t k = 0; k < count; k++)
        if (kernels[k]->is_usable())
            check(kernels[k]);
}

static void check_ranks(const caus_neighbour_kernel *kernel)
{
    static table t;
    caus_random random;
    caus_random_init(&random, 1, 0);
    for (size_t k = 0; k < 400; k++) {
        size_t rows = 2 + caus_random_below(&random, MOST_ROWS - 1);
        fill(&t, rows, rows, &random);
        compare(kernel, &t, &random, false);
    }
}

/* One fixed and one moved column: only how far the neighbour is. */
static void check_distance(const caus_neighbour_kernel *kernel)
{
    static table t;
    caus_random random;
    caus_random_init(&random, 5, 0);
    for (size_t k = 0; k < 400; k++) {
        size_t rows = 2 + caus_random_below(&random, MOST_ROWS - 1);
        size_t row = caus_random_below(&random, rows);
        fill(&t, rows, rows, &random);
        memset(t.values[2], 0, sizeof t.values[2]);
        memset(t.values[3], 0, sizeof t.values[3]);
        measure(&t, row);
        caus_rank fixed[PADDED], all[PADDED];
        caus_rank_column column = column_of(&t, 0);
        caus_spread_task spread = {.fixed_column = &column,
                                   .row = row,
                                   .padded = caus_rank_pad(rows),
                                   .fixed = fixed};
        kernel->spread(&spread);
        for (size_t j = rows; j < spread.padded; j++)
            fixed[j] = CAUS_RANK_FAR;
        caus_neighbour_task task = {
            .rows = rows,
            .padded = spread.padded,
            .fixed = fixed,
            .moved = column_of(&t, 1),
            .at = t.values[1][row],
            .nearest = 1 + caus_random_below(&random, rows - 1),
            .guess = (caus_rank)caus_random_below(&random, rows),
            .all = all};
        caus_neighbour_counts found;
        kernel->count(&task, &found);
        assert_int_equal(found.distance,
                         find_radius(t.all, rows, task.nearest + 1));
    }
}

static void check_mixed(const caus_neighbour_kernel *kernel)
{
    static table t;
    caus_random random;
    caus_random_init(&random, 2, 0);
    for (size_t k = 0; k < 400; k++) {
        size_t rows = 3 + caus_random_below(&random, MOST_ROWS - 2);
        fill(&t, rows, 1 + caus_random_below(&random, rows), &random);
        compare(kernel, &t, &random, true);
    }
}

static void two_columns_tell_the_distance(void **unused)
{
    (void)unused;
    for_every_kernel(check_distance);
}

static void check_spread(const caus_neighbour_kernel *kernel)
{
    static table t;
    caus_random random;
    caus_random_init(&random, 3, 0);
    for (size_t k = 0; k < 200; k++) {
        size_t rows = 2 + caus_random_below(&random, MOST_ROWS - 1);
        fill(&t, rows, rows - 1, &random);
        size_t row = caus_random_below(&random, rows);
        size_t lanes = CAUS_RANK_LANES;
        size_t first = caus_random_below(&random, rows) / lanes * lanes;
        caus_rank given[PADDED], fixed[PADDED];
        caus_rank_column columns[COLUMNS];
        for (size_t c = 0; c < COLUMNS; c++)
            columns[c] = column_of(&t, c);
        caus_spread_task task = {.given_columns = columns + 1,
                                 .given_count = COLUMNS - 1,
                                 .row = row,
                                 .first = first,
                                 .padded = caus_rank_pad(rows - first),
                                 .given = given};
        kernel->spread(&task);
        task.fixed_column = columns;
        task.fixed = fixed;
        kernel->spread(&task);
        measure(&t, row);
        assert_memory_equal(fixed, t.all + first,
                            (rows - first) * sizeof *fixed);
        for (size_t j = first; j < rows; j++) {
            caus_rank other = 0;
            for (size_t c = 1; c < COLUMNS; c++)
                other = larger(other, distance(&t, c, row, j));
            assert_int_equal(given[j - first], other);
        }
    }
}

static void every_kernel_counts_as_one_by_one(void **unused)
{
    (void)unused;
    for_every_kernel(check_ranks);
}

static void every_kernel_keeps_categories_apart(void **unused)
{
    (void)unused;
    for_every_kernel(check_mixed);
}

static void every_kernel_spreads_the_largest_distance(void **unused)
{
    (void)unused;
    for_every_kernel(check_spread);
}

static void the_best_kernel_is_usable(void **unused)
{
    (void)unused;
    assert_true(caus_neighbour_best()->is_usable());
}

/* The largest column: every partial sum has to fit. */
static void check_most_rows(const caus_neighbour_kernel *kernel)
{
    size_t padded = caus_rank_pad(CAUS_RANK_ROWS);
    caus_rank *distances = malloc(padded * sizeof *distances);
    assert_non_null(distances);
    for (size_t j = 0; j < padded; j++)
        distances[j] = CAUS_RANK_FAR;
    for (size_t j = 0; j < CAUS_RANK_ROWS; j++)
        distances[j] = (caus_rank)(j % 1000);
    assert_int_equal(kernel->radius(distances, CAUS_RANK_ROWS, CAUS_RANK_ROWS,
                                    CAUS_RANK_ROWS - 1),
                     999);
    assert_int_equal(kernel->radius(distances, CAUS_RANK_ROWS, 1, 0), 0);
    free(distances);
}

static void as_many_rows_as_ranks_can_count_are_counted(void **unused)
{
    (void)unused;
    for_every_kernel(check_most_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_counts_as_one_by_one),
        cmocka_unit_test(every_kernel_keeps_categories_apart),
        cmocka_unit_test(two_columns_tell_the_distance),
        cmocka_unit_test(every_kernel_spreads_the_largest_distance),
        cmocka_unit_test(the_best_kernel_is_usable),
        cmocka_unit_test(as_many_rows_as_ranks_can_count_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
