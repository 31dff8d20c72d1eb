/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "anomaly/forest.h"
#include "test.h"

enum { ROWS = 300, COLUMNS = 3 };

static void read_oracle(double *values, double *scores)
{
    FILE *file = fopen("oracle/anomaly/forest.txt", "r");
    assert_non_null(file);
    int rows = 0, columns = 0;
    assert_int_equal(fscanf(file, "%d %d", &rows, &columns), 2);
    assert_int_equal(rows, ROWS);
    assert_int_equal(columns, COLUMNS);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLUMNS; c++)
            assert_int_equal(fscanf(file, "%lf", &values[r * COLUMNS + c]), 1);
        assert_int_equal(fscanf(file, "%lf", &scores[r]), 1);
    }
    fclose(file);
}

/* Both grow 2,000 random trees: they differ by chance only. */
static void scores_are_those_of_scikit_learn(void **unused)
{
    (void)unused;
    static double values[ROWS * COLUMNS], expected[ROWS], scores[ROWS];
    read_oracle(values, expected);
    caus_arena *arena = caus_arena_new(0);
    caus_forest forest = {.feature_count = COLUMNS,
                          .tree_count = 2000,
                          .tree_sample = 256,
                          .seed = 5};
    assert_true(caus_forest_score(&forest, values, ROWS, ROWS, arena, scores));
    double most = 0;
    for (size_t r = 0; r < ROWS; r++)
        most = fmax(most, fabs(scores[r] - expected[r]));
    print_message("largest difference %.4f\n", most);
    assert_true(most < .015);
    caus_arena_free(arena);
}

/* c(2) = 1, c(3) = 2 (1 + 1/2) − 4/3, and the paper's ln(n − 1) + γ. */
static void mean_depths_are_those_of_search_trees(void **unused)
{
    (void)unused;
    assert_true(caus_forest_mean_depth(1) == 0);
    assert_true(caus_forest_mean_depth(2) == 1);
    assert_true(fabs(caus_forest_mean_depth(3) - 5.0 / 3) < 1e-15);
    assert_true(fabs(caus_forest_mean_depth(256) - 10.2448) < 5e-3);
}

static void rows_that_are_equal_are_ordinary(void **unused)
{
    (void)unused;
    static double values[50], scores[50];
    caus_arena *arena = caus_arena_new(0);
    caus_forest forest = {
        .feature_count = 1, .tree_count = 20, .tree_sample = 32, .seed = 5};
    assert_true(caus_forest_score(&forest, values, 50, 50, arena, scores));
    for (size_t r = 0; r < 50; r++)
        assert_true(fabs(scores[r] - .5) < 1e-12);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_scikit_learn),
        cmocka_unit_test(mean_depths_are_those_of_search_trees),
        cmocka_unit_test(rows_that_are_equal_are_ordinary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
