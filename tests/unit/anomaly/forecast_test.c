/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "test.h"
#include "unit/anomaly/plant.h"

static const double PI = 3.14159265358979323846;

static caus_forecast forecast(const double *values, size_t count, size_t season,
                              double level, size_t horizon, caus_arena *arena)
{
    caus_forecast made;
    assert_int_equal(caus_forecast_make(values, count, season, level, horizon,
                                        arena, &made, NULL),
                     CAUS_OK);
    return made;
}

static void a_season_goes_on(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double values[240];
    for (size_t r = 0; r < 240; r++)
        values[r] = 50 + 20 * sin(2 * PI * (double)(r % 24) / 24);
    values[100] = (double)NAN;
    caus_forecast made = forecast(values, 240, 24, .95, 24, arena);
    for (size_t j = 0; j < 24; j++)
        assert_true(fabs(made.mean[j] -
                         (50 + 20 * sin(2 * PI * (double)(j % 24) / 24))) < .5);
    caus_arena_free(arena);
}

/* Of white noise the forecast is the mean and the interval that of noise. */
static void intervals_cover_as_often_as_they_say(void **unused)
{
    (void)unused;
    double inside = 0, trials = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_random random;
        caus_random_init(&random, seed, 0);
        double values[130], level = 0;
        for (size_t r = 0; r < 130; r++) { /* local level, weight .2 */
            double noise = caus_random_normal(&random);
            values[r] = level + noise;
            level += .2 * noise;
        }
        caus_forecast made = forecast(values, 120, 0, .9, 10, arena);
        for (size_t j = 0; j < 10; j++) {
            inside += values[120 + j] >= made.lower[j] &&
                      values[120 + j] <= made.upper[j];
            trials++;
            if (j)
                assert_true(made.upper[j] - made.lower[j] >=
                            made.upper[j - 1] - made.lower[j - 1]);
        }
        caus_arena_free(arena);
    }
    print_message("%.3f of intervals at .9\n", inside / trials);
    assert_true(fabs(inside / trials - .9) < .04);
}

static void a_constant_is_forecast_exactly(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double values[40];
    for (size_t r = 0; r < 40; r++)
        values[r] = 7;
    caus_forecast made = forecast(values, 40, 0, .95, 3, arena);
    for (size_t j = 0; j < 3; j++)
        assert_true(made.mean[j] == 7 && made.lower[j] == 7 &&
                    made.upper[j] == 7);
    caus_arena_free(arena);
}

static void too_little_and_wrong_is_refused(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    caus_forecast made;
    double values[40] = {0};
    assert_int_equal(
        caus_forecast_make(values, 9, 0, .9, 3, arena, &made, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_int_equal(
        caus_forecast_make(values, 40, 24, .9, 3, arena, &made, &err),
        CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "two seasons of 24"));
    assert_int_equal(
        caus_forecast_make(values, 40, 0, 1, 3, arena, &made, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    values[3] = (double)INFINITY;
    assert_int_equal(
        caus_forecast_make(values, 40, 0, .9, 3, arena, &made, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    values[3] = 0;
    fault_fail_after(0);
    caus_status status =
        caus_forecast_make(values, 40, 0, .9, 3, arena, &made, &err);
    if (fault_stop())
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_season_goes_on),
        cmocka_unit_test(intervals_cover_as_often_as_they_say),
        cmocka_unit_test(a_constant_is_forecast_exactly),
        cmocka_unit_test(too_little_and_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
