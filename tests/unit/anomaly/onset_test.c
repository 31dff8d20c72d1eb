/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "test.h"
#include "unit/anomaly/plant.h"

static void the_onset_is_that_of_the_earliest_cluster(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 11, 240, 9, .2);
    for (size_t c = 0; c < 9; c++)
        plant_change(&p, c, c < 3 ? 180 : 185, 0, 12);
    caus_series series = plant_series(&p, arena);
    caus_onset onset;
    assert_int_equal(caus_onset_find(&series, NULL, run, &onset, NULL),
                     CAUS_OK);
    assert_true(onset.found);
    assert_true(onset.row >= 179 && onset.row <= 181);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void gaps_are_passed_over(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 12, 300, 5, .2);
    for (size_t c = 0; c < 5; c++)
        plant_change(&p, c, 240, 0, 12);
    for (size_t r = 0; r < 300; r++)
        for (size_t c = 0; c < 5; c++)
            if ((r >= 60 && r < 100) || (r >= 200 && r < 230) ||
                (c == 1 && r % 3))
                p.values[r * 5 + c] = (double)NAN;
    caus_series series = plant_series(&p, arena);
    caus_anomaly_options options = caus_anomaly_options_default();
    options.reference_rows = 180;
    caus_onset onset;
    assert_int_equal(caus_onset_find(&series, &options, run, &onset, NULL),
                     CAUS_OK);
    assert_true(onset.found);
    assert_true(onset.row >= 239 && onset.row <= 241);
    assert_true(onset.time_ns == (int64_t)onset.row * 60000000000);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void the_first_environment_is_the_reference(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 13, 200, 4, .2);
    for (size_t c = 0; c < 4; c++)
        plant_change(&p, c, 190, 0, 14);
    caus_series series = plant_series(&p, arena);
    caus_segment segments[2] = {series.segments[0], series.segments[0]};
    segments[0].row_count = 180;
    segments[0].word_count = 3;
    segments[1].row_count = 20;
    segments[1].word_count = 1;
    segments[1].values += (ptrdiff_t)180 * 4;
    segments[1].start_ns = (int64_t)180 * 60000000000;
    segments[0].missing = segments[1].missing = NULL;
    segments[1].environment = 1;
    caus_environment environments[2] = {{0, "baseline"}, {1, "incident"}};
    series.segments = segments;
    series.segment_count = 2;
    series.environments = environments;
    series.environment_count = 2;
    caus_anomalies found;
    assert_int_equal(
        caus_anomaly_detect(&series, NULL, run, arena, &found, NULL), CAUS_OK);
    assert_int_equal(found.reference_rows, 180);
    assert_true(found.onset.row >= 189 && found.onset.row <= 191);
    caus_segment turned[2] = {segments[1], segments[0]};
    series.segments = turned; /* segments need not be in order */
    caus_anomalies again;
    assert_int_equal(
        caus_anomaly_detect(&series, NULL, run, arena, &again, NULL), CAUS_OK);
    assert_int_equal(again.onset.row, found.onset.row);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void a_split_has_the_rows_of_both_sides(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 14, 200, 3, 0);
    p.values[170 * 3 + 1] = (double)NAN;
    caus_series series = plant_series(&p, arena), cut;
    caus_onset onset = {
        .found = true, .row = 150, .first_row = 148, .last_row = 151};
    assert_int_equal(caus_onset_split(&series, &onset, 2, arena, &cut, NULL),
                     CAUS_OK);
    assert_int_equal(cut.segment_count, 2);
    assert_int_equal(cut.segments[0].row_count, 146);
    assert_int_equal(cut.segments[1].row_count, 46);
    assert_int_equal(cut.segments[1].start_ns, (int64_t)154 * 60000000000);
    assert_string_equal(cut.environments[0].name, "baseline");
    assert_int_equal(cut.segments[1].environment, 1);
    assert_true(cut.segments[1].values[0] == p.values[154 * 3]);
    assert_true(caus_segment_is_missing(&cut.segments[1], 16, 1));
    assert_false(caus_segment_is_missing(&cut.segments[1], 15, 1));
    caus_arena_free(arena);
}

static void a_split_without_rows_is_refused(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 15, 60, 2, 0);
    caus_series series = plant_series(&p, arena), cut;
    caus_error err = {0};
    caus_onset onset = {.found = false};
    assert_int_equal(caus_onset_split(&series, &onset, 0, arena, &cut, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    onset =
        (caus_onset){.found = true, .row = 50, .first_row = 50, .last_row = 50};
    assert_int_equal(caus_onset_split(&series, &onset, 9, arena, &cut, &err),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "no row on one side"));
    assert_int_equal(caus_onset_split(&series, &onset, 8, arena, &cut, &err),
                     CAUS_OK);
    for (long n = 0; n < 1; n++) {
        caus_arena *small = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status =
            caus_onset_split(&series, &onset, 8, small, &cut, &err);
        assert_true(fault_stop());
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        caus_arena_free(small);
    }
    caus_arena_free(arena);
}

static void a_stop_is_heard(void **unused)
{
    (void)unused;
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    options.cancel = &cancel;
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 15, 100, 2, 0);
    caus_series series = plant_series(&p, arena);
    caus_onset onset;
    assert_int_equal(caus_onset_find(&series, NULL, run, &onset, NULL),
                     CAUS_ERR_CANCELLED);
    caus_arena_free(arena);
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_onset_is_that_of_the_earliest_cluster),
        cmocka_unit_test(gaps_are_passed_over),
        cmocka_unit_test(the_first_environment_is_the_reference),
        cmocka_unit_test(a_split_has_the_rows_of_both_sides),
        cmocka_unit_test(a_split_without_rows_is_refused),
        cmocka_unit_test(a_stop_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
