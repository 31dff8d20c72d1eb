/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "discovery/incident_levels.h"
#include "discovery/incident_stretch.h"
#include "numeric/row_order.h"
#include "test.h"

enum { ROWS = 151, WORLDS = 200, LEVELS = 6 };

static const double levels[LEVELS] = {.6, .9, 1.3, 1.9, 2.7, 4};

typedef struct stretch_bench {
    caus_random random;
    double values[ROWS];
    double room[2 * ROWS];
    bool is_used, is_harm;
    caus_deviations view;
} stretch_bench;

/* Noise that lasts, and in some rows another level. */
static void draw(stretch_bench *made, uint64_t seed)
{
    double memory = 0;
    caus_random_init(&made->random, seed, 0);
    size_t start = seed * 7 % ROWS, end = start + seed % 40;
    for (size_t r = 0; r < ROWS; r++) {
        memory = .6 * memory + caus_random_normal(&made->random);
        double value = memory + (r >= start && r < end ? 3 : 0);
        made->values[r] = fmax(-4, fmin(4, value));
    }
    made->is_used = true;
    made->view = (caus_deviations){.row_count = ROWS,
                                   .column_count = 1,
                                   .values = made->values,
                                   .is_used = &made->is_used,
                                   .is_harm = &made->is_harm,
                                   .room = made->room};
}

static bool will_do(size_t start, size_t end)
{
    double share = (double)(end - start) / ROWS;
    return end - start >= 3 && share <= .6 &&
           (start >= ROWS / 10 || share >= 1 - .6);
}

/* Of all stretches from each row that Kadane's sums start at. */
static double gain_by_force(const stretch_bench *made, size_t first_end)
{
    double most = 0;
    for (int k = 0; k < 2 * LEVELS; k++) {
        double level = k < LEVELS ? levels[k] : -levels[k - LEVELS];
        double sum = 0, top = 0, means[2];
        size_t start = 0;
        caus_stretch best = {0};
        for (size_t r = 0; r < ROWS; r++) {
            start = sum > 0 ? start : r;
            sum = (sum > 0 ? sum : 0) + level * (2 * made->values[r] - level);
            if (sum <= top || r + 1 < first_end || !will_do(start, r + 1))
                continue;
            top = sum;
            best = (caus_stretch){0, start, r + 1, 0, 0};
        }
        if (!best.end)
            continue;
        caus_stretch_level(&made->view, &best, means);
        most = fmax(most, caus_stretch_gain(&made->view, &best, means));
    }
    return most;
}

static void levels_side_by_side_find_what_one_by_one_finds(void **state)
{
    size_t found = 0;
    (void)state;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static stretch_bench made;
        caus_stretch one = {0};
        size_t first_end = seed % 3 ? 0 : 90;
        draw(&made, seed);
        if (caus_stretch_find(&made.view, 0, first_end, &one)) {
            found++;
            assert_true(will_do(one.start, one.end) && one.end >= first_end);
        }
        assert_float_equal(one.gain, gain_by_force(&made, first_end), 1e-9);
    }
    assert_true(found > WORLDS / 2);
}

static void every_kernel_gives_the_same_bits(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static stretch_bench made;
        draw(&made, seed);
        caus_levels_task one = {.values = made.values,
                                .row_count = ROWS - seed % 7,
                                .first_end = seed % 100,
                                .least = 3,
                                .most = 90,
                                .least_first = 61,
                                .norm = 15};
        for (size_t k = 0; k < CAUS_LEVELS; k++)
            one.level[k] = k < LEVELS ? levels[k] : -levels[k - LEVELS];
        caus_levels_task other = one;
        caus_levels_fit_portable(&one);
        caus_levels_best()(&other);
        assert_memory_equal(&one, &other, sizeof one);
    }
}

static void memory_that_is_enough_is_not_measured_further(void **state)
{
    static stretch_bench made;
    (void)state;
    draw(&made, 3);
    caus_stretch one = {0, 40, 60, 0, 0};
    double memory = caus_stretch_memory(&made.view, &one, 1e9);
    assert_true(memory > 2);
    assert_true(caus_stretch_memory(&made.view, &one, memory + 1) == memory);
    double part = caus_stretch_memory(&made.view, &one, 1.5);
    assert_true(part >= 1.5 && part <= memory);
}

/* Deviations with rows left out, and of a copy without these rows. */
static void a_gap_is_as_if_its_rows_were_not_there(void **state)
{
    enum { GAP_START = 50, GAP_END = 81, LEFT = ROWS - GAP_END + GAP_START };
    static caus_ordered scratch[4 * ROWS];
    uint32_t order[ROWS];
    double values[ROWS], cut[ROWS], with_gap[ROWS], without[ROWS], room[ROWS];
    unsigned char blocks[ROWS];
    (void)state;
    assert_true(caus_order_room(ROWS) <= sizeof scratch / sizeof *scratch);
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static stretch_bench made;
        draw(&made, seed);
        for (size_t r = 0; r < ROWS; r++)
            values[r] = seed % 2 ? floor(10 * fabs(made.values[r]))
                                 : 100 + made.values[r];
        for (size_t r = seed % 5; r < ROWS && seed % 3; r += 6)
            values[r] = (double)NAN;
        memcpy(cut, values, GAP_START * sizeof *cut);
        memcpy(cut + GAP_START, values + GAP_END,
               (ROWS - GAP_END) * sizeof *cut);
        caus_sorted_column whole = {values,    order,   ROWS, 0,
                                    GAP_START, GAP_END, 40,   0};
        whole.present = caus_order_rows(values, ROWS, scratch, order);
        assert_true(caus_deviations_fill(&whole, room, blocks, with_gap));
        caus_sorted_column parts = {cut, order, LEFT, 0, 0, 0, 40, 0};
        parts.present = caus_order_rows(cut, LEFT, scratch, order);
        assert_true(caus_deviations_fill(&parts, room, blocks, without));
        assert_memory_equal(with_gap, without, LEFT * sizeof *without);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_side_by_side_find_what_one_by_one_finds),
        cmocka_unit_test(every_kernel_gives_the_same_bits),
        cmocka_unit_test(memory_that_is_enough_is_not_measured_further),
        cmocka_unit_test(a_gap_is_as_if_its_rows_were_not_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
