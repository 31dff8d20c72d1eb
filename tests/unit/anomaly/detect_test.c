/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly.h"
#include "fault.h"
#include "test.h"
#include "unit/anomaly/plant.h"

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static void a_step_of_five_deviations_is_found_within_a_row(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        caus_arena *arena = caus_arena_new(0);
        plant p;
        plant_noise(&p, seed, 200, 1 + seed % 5, .3);
        plant_change(&p, 0, 150, 0, seed % 2 ? 5.0 : -5.0);
        caus_anomalies found =
            plant_detect(&p, caus_anomaly_options_default(), 120, run, arena);
        assert_true(found.onset.found);
        assert_true(distance(found.onset.row, 150) <= 1);
        assert_true(found.onset.first_row <= found.onset.row);
        assert_true(found.onset.last_row >= found.onset.row);
        assert_true(found.onset.time_ns ==
                    (int64_t)found.onset.row * 60000000000);
        assert_int_equal(found.variables[0].direction, seed % 2 ? 1 : -1);
        assert_true(found.variables[0].exceeds);
        assert_true(fabs(fabs(found.variables[0].effect) - 50) < 12);
        caus_arena_free(arena);
    }
    caus_run_free(run);
}

static void a_ramp_is_found_within_three_rows(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    size_t close = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        caus_arena *arena = caus_arena_new(0);
        plant p;
        plant_noise(&p, seed, 200, 6, .2);
        for (size_t c = 0; c < 3; c++)
            plant_change(&p, c, 150, 10, 12);
        caus_anomalies found =
            plant_detect(&p, caus_anomaly_options_default(), 120, run, arena);
        assert_true(found.onset.found);
        close += distance(found.onset.row, 150) <= 3;
        caus_arena_free(arena);
    }
    assert_true(close >= 19);
    caus_run_free(run);
}

/* Every detector, on a change that each of them can see. */
static void every_detector_sees_a_large_step(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    for (int d = 0; d < CAUS_DETECTOR_COUNT; d++) {
        caus_arena *arena = caus_arena_new(0);
        caus_anomaly_options options = caus_anomaly_options_default();
        options.detector = (caus_detector)d;
        plant p;
        plant_noise(&p, 5, 240, 10, .2);
        for (size_t c = 0; c < 8; c++)
            plant_change(&p, c, 200, 0, 40);
        caus_anomalies found = plant_detect(&p, options, 180, run, arena);
        print_message("%s: score %.2f of %.2f, row %zu\n",
                      caus_detector_name(options.detector), found.score,
                      found.threshold, found.onset.row);
        assert_true(found.onset.found);
        assert_true(distance(found.onset.row, 200) <= 2);
        caus_arena_free(arena);
    }
    caus_run_free(run);
}

static void what_never_moved_and_breaks_is_news_and_no_more(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    plant p;
    plant_noise(&p, 3, 200, 4, 0);
    for (size_t r = 0; r < 200; r++) {
        p.values[r * 4] = r < 150 ? 100 : 60;   /* availability */
        p.values[r * 4 + 1] = r < 150 ? 0 : 12; /* errors */
        p.values[r * 4 + 2] = 7;
    }
    caus_anomalies found =
        plant_detect(&p, caus_anomaly_options_default(), 120, run, arena);
    assert_true(found.onset.found);
    assert_true(distance(found.onset.row, 150) <= 1);
    for (size_t c = 0; c < 2; c++) {
        assert_true(found.variables[c].ratio > 1);
        assert_true(found.variables[c].ratio <= 3);
    }
    assert_int_equal(found.variables[0].direction, -1);
    assert_int_equal(found.variables[1].direction, 1);
    assert_false(found.variables[2].scored);
    assert_true(isnan(found.variables[2].effect));
    caus_arena_free(arena);
    caus_run_free(run);
}

static void a_change_under_a_tenth_of_the_level_does_not_count(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    plant p;
    plant_noise(&p, 3, 200, 3, 0);
    for (size_t r = 0; r < 200; r++)
        for (size_t c = 0; c < 3; c++) /* 100 ± .1, and 2 more: 20 deviations */
            p.values[r * 3 + c] =
                100 + (p.values[r * 3 + c] - 100) / 100 + (r < 150 ? 0 : 2);
    caus_anomaly_options options = caus_anomaly_options_default();
    assert_false(plant_detect(&p, options, 120, run, arena).onset.found);
    options.min_effect = 0;
    assert_true(plant_detect(&p, options, 120, run, arena).onset.found);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void an_earlier_incident_is_left_out_and_named(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    plant p;
    plant_noise(&p, 4, 260, 8, .2);
    for (size_t r = 80; r < 90; r++)
        for (size_t c = 0; c < 8; c++)
            p.values[r * 8 + c] += 400;
    for (size_t c = 0; c < 8; c++)
        plant_change(&p, c, 230, 0, 12);
    caus_anomalies found =
        plant_detect(&p, caus_anomaly_options_default(), 200, run, arena);
    assert_true(found.disturbance_count >= 1);
    assert_true(
        found.disturbances[0].first_row <= 89 &&
        found.disturbances[0].first_row + found.disturbances[0].row_count > 80);
    assert_true(found.onset.found);
    assert_true(distance(found.onset.row, 230) <= 1);
    caus_arena_free(arena);
    caus_run_free(run);
}

/* The incident of a recording that runs backwards is an earlier one. */
static void backwards_a_passing_incident_is_in_the_reference(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p, back;
    plant_noise(&p, 6, 240, 6, .2);
    for (size_t r = 190; r < 200; r++)
        for (size_t c = 0; c < 6; c++)
            p.values[r * 6 + c] += 300;
    back = p;
    for (size_t r = 0; r < 240; r++)
        memcpy(back.values + r * 6, p.values + (239 - r) * 6,
               6 * sizeof(double));
    caus_anomaly_options options = caus_anomaly_options_default();
    caus_anomalies found = plant_detect(&p, options, 150, run, arena);
    assert_true(found.onset.found);
    assert_true(distance(found.onset.row, 190) <= 1);
    found = plant_detect(&back, options, 150, run, arena);
    assert_false(found.onset.found);
    assert_true(found.disturbance_count >= 1);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void assert_same_onset(const caus_onset *a, const caus_onset *b)
{
    assert_true(a->found == b->found);
    assert_int_equal(a->row, b->row);
    assert_int_equal(a->first_row, b->first_row);
    assert_int_equal(a->last_row, b->last_row);
    assert_true(a->time_ns == b->time_ns);
}

static void assert_same(const caus_anomalies *a, const caus_anomalies *b,
                        size_t shift)
{
    size_t count = a->variable_count;
    assert_same_onset(&a->onset, &b->onset);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    for (size_t v = 0; v < count; v++) {
        size_t other = (v + shift) % count;
        assert_memory_equal(a->ratios + v * a->row_count,
                            b->ratios + other * b->row_count,
                            a->row_count * sizeof(double));
        assert_same_onset(&a->variables[v].onset, &b->variables[other].onset);
    }
}

static void order_threads_and_powers_of_two_change_no_bit(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1), *many = plant_run(4);
    static plant p, moved, scaled;
    plant_noise(&p, 8, 160, 7, .4);
    plant_change(&p, 2, 120, 0, 8);
    p.values[130 * 7 + 3] = (double)NAN;
    moved = scaled = p;
    for (size_t r = 0; r < 160; r++)
        for (size_t c = 0; c < 7; c++) {
            moved.values[r * 7 + (c + 3) % 7] = p.values[r * 7 + c];
            scaled.values[r * 7 + c] = 1024 * p.values[r * 7 + c];
        }
    for (size_t c = 0; c < 7; c++)
        moved.names[(c + 3) % 7] = p.names[c];
    for (int d = 0; d < CAUS_DETECTOR_COUNT; d++) {
        caus_arena *arena = caus_arena_new(0);
        caus_anomaly_options options = caus_anomaly_options_default();
        options.detector = (caus_detector)d;
        caus_anomalies found = plant_detect(&p, options, 100, run, arena);
        caus_anomalies other = plant_detect(&p, options, 100, many, arena);
        assert_same(&found, &other, 0);
        other = plant_detect(&moved, options, 100, run, arena);
        assert_same(&found, &other, 3);
        other = plant_detect(&scaled, options, 100, run, arena);
        assert_same(&found, &other, 0);
        assert_true(other.variables[2].effect ==
                    1024 * found.variables[2].effect);
        caus_arena_free(arena);
    }
    caus_run_free(run);
    caus_run_free(many);
}

/* Of a series whose ratios are told only where one is above 1. */
static caus_anomalies detect_departures(const plant *p, size_t reference,
                                        const caus_run *run, caus_arena *arena,
                                        const double **later)
{
    caus_series series = plant_series(p, arena);
    caus_time_columns columns;
    const caus_detect_rows rows = {&series, &columns, later};
    caus_anomaly_options options = caus_anomaly_options_default();
    caus_anomalies found;
    options.reference_rows = reference;
    assert_int_equal(
        caus_time_columns_init(&series, NULL, arena, &columns, NULL), CAUS_OK);
    assert_int_equal(caus_time_columns_sort(&columns, NULL, run, arena, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_anomaly_detect_columns(&rows, &options, run, arena, &found, NULL),
        CAUS_OK);
    return found;
}

static void assert_told(const caus_anomalies *all, const caus_anomalies *some,
                        size_t variable, const double *later)
{
    const caus_anomaly *a = &all->variables[variable];
    const caus_anomaly *b = &some->variables[variable];
    bool is_above = false;
    for (size_t r = all->reference_rows; r < all->row_count; r++) {
        double ratio = all->ratios[variable * all->row_count + r];
        is_above = is_above || fabs(ratio) > 1;
        assert_true(!later || later[r - all->reference_rows] == ratio);
    }
    assert_true((later != NULL) == is_above);
    assert_same_onset(&a->onset, &b->onset);
    assert_memory_equal(&a->ratio, &b->ratio, sizeof a->ratio);
    assert_memory_equal(&a->size, &b->size, sizeof a->size);
    assert_true(a->exceeds == b->exceeds);
}

static void ratios_that_nobody_reads_change_no_verdict(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    static plant p;
    size_t told = 0, columns = 9;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        caus_arena *arena = caus_arena_new(0);
        const double *later[PLANT_MOST_COLUMNS] = {NULL};
        plant_noise(&p, seed, 240, columns, .3);
        for (size_t r = 0; r < 240; r++)
            p.values[r * columns + 7] = r % 100 == 99 ? 12 : 7;
        p.values[60 * columns + 4] = 4000; /* an outlier in the reference */
        plant_change(&p, seed % columns, 200, seed % 5, seed % 2 ? 9.0 : -9.0);
        for (size_t r = 100; r < 140; r++)
            p.values[r * columns + r % columns] = (double)NAN;
        caus_anomalies all =
            plant_detect(&p, caus_anomaly_options_default(), 160, run, arena);
        caus_anomalies some = detect_departures(&p, 160, run, arena, later);
        assert_memory_equal(&all.score, &some.score, sizeof all.score);
        assert_same_onset(&all.onset, &some.onset);
        for (size_t v = 0; v < columns; v++) {
            assert_told(&all, &some, v, later[v]);
            told += later[v] != NULL;
        }
        caus_arena_free(arena);
    }
    assert_true(told >= 20 && told < 20 * columns / 2);
    caus_run_free(run);
}

static void without_a_least_effect_a_shift_changes_nothing(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p, moved;
    plant_noise(&p, 9, 160, 5, .4);
    plant_change(&p, 2, 120, 0, 8);
    moved = p;
    for (size_t i = 0; i < 160 * 5; i++)
        moved.values[i] += 5000;
    caus_anomaly_options options = caus_anomaly_options_default();
    options.min_effect = 0;
    caus_anomalies a = plant_detect(&p, options, 100, run, arena);
    caus_anomalies b = plant_detect(&moved, options, 100, run, arena);
    assert_int_equal(a.onset.row, b.onset.row);
    for (size_t v = 0; v < 5; v++)
        assert_true(fabs(a.variables[v].ratio - b.variables[v].ratio) < 1e-8);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void bad_is_what_moves_the_bad_way(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 2, 200, 4, 0);
    for (size_t c = 0; c < 4; c++)
        plant_change(&p, c, 150, 0, 12);
    caus_series series = plant_series(&p, arena);
    caus_variable variables[4];
    memcpy(variables, series.variables, sizeof variables);
    variables[0].bad_direction = CAUS_BAD_DOWN;
    variables[1].bad_direction = CAUS_BAD_UP;
    variables[2].kind = CAUS_KIND_LATENCY_QUANTILE;
    variables[3].kind = CAUS_KIND_CATEGORY;
    series.variables = variables;
    caus_anomalies found;
    assert_int_equal(
        caus_anomaly_detect(&series, NULL, run, arena, &found, NULL), CAUS_OK);
    assert_false(found.variables[0].bad);
    assert_true(found.variables[1].bad);
    assert_true(found.variables[2].bad);
    assert_false(found.variables[3].scored);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void assert_refused(const plant *p, caus_anomaly_options options,
                           caus_status expected, const char *words)
{
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    caus_series series = plant_series(p, arena);
    size_t used = caus_arena_used_bytes(arena);
    caus_anomalies found;
    caus_error err = {0};
    assert_int_equal(
        caus_anomaly_detect(&series, &options, run, arena, &found, &err),
        expected);
    assert_non_null(strstr(err.message, words));
    assert_int_equal(caus_arena_used_bytes(arena), used);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void wrong_input_is_named(void **unused)
{
    (void)unused;
    static plant p;
    plant_noise(&p, 1, 60, 3, 0);
    caus_anomaly_options options = caus_anomaly_options_default();
    options.reference_rows = 19;
    assert_refused(&p, options, CAUS_ERR_TOO_FEW_SAMPLES, "19 healthy rows");
    options.reference_rows = 58;
    assert_refused(&p, options, CAUS_ERR_TOO_FEW_SAMPLES, "at least 3");
    options.reference_rows = 1000;
    assert_refused(&p, options, CAUS_ERR_TOO_FEW_SAMPLES, "of 60 rows");
    options = caus_anomaly_options_default();
    options.false_alarm = 0;
    assert_refused(&p, options, CAUS_ERR_INVALID_ARGUMENT, "false alarm 0");
    options = caus_anomaly_options_default();
    options.max_lag = 11;
    assert_refused(&p, options, CAUS_ERR_INVALID_ARGUMENT, "lag 11");
    options = caus_anomaly_options_default();
    options.detector = (caus_detector)17;
    assert_refused(&p, options, CAUS_ERR_INVALID_ARGUMENT, "detector 17");
}

static void nothing_that_varies_is_no_anomaly(void **unused)
{
    (void)unused;
    caus_run *run = plant_run(1);
    caus_arena *arena = caus_arena_new(0);
    static plant p;
    plant_noise(&p, 1, 60, 2, 0);
    for (size_t i = 0; i < 120; i++)
        p.values[i] = i % 2 ? 5 : (double)NAN;
    for (int d = 0; d < CAUS_DETECTOR_COUNT; d++) {
        caus_anomaly_options options = caus_anomaly_options_default();
        options.detector = (caus_detector)d;
        caus_anomalies found = plant_detect(&p, options, 30, run, arena);
        assert_false(found.onset.found);
        assert_false(found.variables[0].scored);
        assert_false(found.variables[1].scored);
    }
    caus_arena_free(arena);
    caus_run_free(run);
}

static void names_of_detectors_are_read_back(void **unused)
{
    (void)unused;
    for (int d = 0; d < CAUS_DETECTOR_COUNT; d++) {
        caus_detector found;
        assert_true(caus_detector_from_name(
            caus_detector_name((caus_detector)d), &found));
        assert_int_equal((int)found, d);
    }
    caus_detector found;
    assert_false(caus_detector_from_name("guess", &found));
}

static void memory_may_end_anywhere(void **unused)
{
    (void)unused;
    static plant p;
    plant_noise(&p, 1, 400, 12, 0);
    plant_change(&p, 0, 300, 0, 20);
    for (int d = 0; d < CAUS_DETECTOR_COUNT; d++) {
        caus_anomaly_options options = caus_anomaly_options_default();
        options.detector = (caus_detector)d;
        options.tree_count = 3;
        bool refused = true;
        for (long n = 0; refused; n++) {
            caus_run *run = plant_run(1);
            caus_arena *arena = caus_arena_new(0);
            caus_series series = plant_series(&p, arena);
            size_t used = caus_arena_used_bytes(arena);
            caus_anomalies found;
            fault_fail_after(n);
            caus_status status = caus_anomaly_detect(&series, &options, run,
                                                     arena, &found, NULL);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            if (refused)
                assert_int_equal(caus_arena_used_bytes(arena), used);
            caus_arena_free(arena);
            caus_run_free(run);
        }
    }
}

/* Three of five values are alike: what counts is a share of the usual size,
 * whatever the signs. */
static void the_least_effect_is_a_share_of_the_usual_size(void **unused)
{
    (void)unused;
    static const double kinds[][5] = {{-5, -7, -5, 3, -5},
                                      {5, 7, 5, -3, 5},
                                      {5, 7, 5, 3, 5},
                                      {-5, -7, -5, -3, -5}};
    caus_run *run = plant_run(1);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        caus_arena *arena = caus_arena_new(0);
        caus_anomaly_options options = caus_anomaly_options_default();
        options.min_effect = 2;
        plant p;
        plant_noise(&p, 3, 101, 1, .2);
        for (size_t r = 0; r < p.rows; r++)
            p.values[r] = kinds[k][r % 5];
        caus_anomalies found = plant_detect(&p, options, 60 + k, run, arena);
        assert_true(found.variables[0].scored);
        assert_true(found.variables[0].level == kinds[k][0]);
        assert_true(found.variables[0].scale ==
                    2 * fabs(kinds[k][0]) / options.min_size);
        caus_arena_free(arena);
    }
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_of_five_deviations_is_found_within_a_row),
        cmocka_unit_test(a_ramp_is_found_within_three_rows),
        cmocka_unit_test(every_detector_sees_a_large_step),
        cmocka_unit_test(what_never_moved_and_breaks_is_news_and_no_more),
        cmocka_unit_test(the_least_effect_is_a_share_of_the_usual_size),
        cmocka_unit_test(a_change_under_a_tenth_of_the_level_does_not_count),
        cmocka_unit_test(an_earlier_incident_is_left_out_and_named),
        cmocka_unit_test(backwards_a_passing_incident_is_in_the_reference),
        cmocka_unit_test(order_threads_and_powers_of_two_change_no_bit),
        cmocka_unit_test(ratios_that_nobody_reads_change_no_verdict),
        cmocka_unit_test(without_a_least_effect_a_shift_changes_nothing),
        cmocka_unit_test(bad_is_what_moves_the_bad_way),
        cmocka_unit_test(wrong_input_is_named),
        cmocka_unit_test(nothing_that_varies_is_no_anomaly),
        cmocka_unit_test(names_of_detectors_are_read_back),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
