/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms where there is nothing, and onsets where something was planted. */
#include <math.h>

#include "test.h"
#include "unit/anomaly/plant.h"

enum { WORLDS = 150 };

/* Alarms of a detector in healthy worlds of several sizes. */
static double alarms(caus_detector detector, double memory)
{
    caus_run *run = plant_run(1);
    double count = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        caus_arena *arena = caus_arena_new(0);
        static plant p;
        size_t rows = 60 + 60 * (seed % 4);
        plant_noise(&p, 1000 + seed, rows, 1 + seed % 12, memory);
        caus_anomaly_options options = caus_anomaly_options_default();
        options.detector = detector;
        options.tree_count = 20;
        caus_anomalies found =
            plant_detect(&p, options, rows * 2 / 3, run, arena);
        count += found.onset.found;
        caus_arena_free(arena);
    }
    caus_run_free(run);
    return count / WORLDS;
}

/* At most the promised rate .02, five deviations of a binomial allowed. */
static void healthy_noise_seldom_alarms(void **unused)
{
    (void)unused;
    double limit = .02 + 5 * sqrt(.02 * .98 / WORLDS);
    double worst = 0;
    for (int d = 0; d < CAUS_DETECTOR_COUNT; d++)
        for (int m = 0; m < 3; m++) {
            double rate = alarms((caus_detector)d, .45 * m);
            print_message("%s, memory %.2f: %.3f\n",
                          caus_detector_name((caus_detector)d), .45 * m, rate);
            worst = fmax(worst, rate);
        }
    assert_true(worst <= limit);
}

/* The interval of an onset covers the truth about as often as it says. */
static void intervals_cover_planted_steps(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    double inside = 0, close = 0, found_count = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        caus_arena *arena = caus_arena_new(0);
        static plant p;
        plant_noise(&p, 5000 + seed, 180, 4, .3);
        size_t row = 130 + seed % 30;
        plant_change(&p, seed % 4, row, 0, 6);
        caus_anomalies found =
            plant_detect(&p, caus_anomaly_options_default(), 120, run, arena);
        if (found.onset.found) {
            const caus_onset *onset = &found.onset;
            found_count++;
            inside += onset->first_row <= row && row <= onset->last_row;
            close += onset->row + 1 >= row && onset->row <= row + 1;
        }
        caus_arena_free(arena);
    }
    print_message("found %.3f, within a row %.3f, covered %.3f\n",
                  found_count / WORLDS, close / found_count,
                  inside / found_count);
    assert_true(found_count / WORLDS > .97);
    assert_true(close / found_count > .95);
    assert_true(inside / found_count > .9);
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_noise_seldom_alarms),
        cmocka_unit_test(intervals_cover_planted_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
