/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/anomaly/plant.h"

#include <math.h>

#include "test.h"

static const char *const NAMES[PLANT_MOST_COLUMNS] = {
    "cart_cpu",  "cart_latency",   "checkout_errors", "currency_cpu",
    "email_cpu", "front_latency",  "payment_cpu",     "payment_latency",
    "redis_cpu", "search_latency", "ship_cpu",        "user_errors"};

void plant_noise(plant *p, uint64_t seed, size_t rows, size_t columns,
                 double memory)
{
    p->rows = rows;
    p->columns = columns;
    for (size_t c = 0; c < columns; c++) {
        caus_random random;
        caus_random_init(&random, seed, c);
        p->names[c] = NAMES[c];
        double value = caus_random_normal(&random);
        double kept = sqrt(1 - memory * memory);
        for (size_t r = 0; r < rows; r++) {
            value = memory * value + kept * caus_random_normal(&random);
            p->values[r * columns + c] = 100 + 10 * value;
        }
    }
}

void plant_change(plant *p, size_t column, size_t row, size_t ramp, double size)
{
    for (size_t r = row; r < p->rows; r++) {
        double share = ramp ? (double)(r - row + 1) / (double)ramp : 1;
        p->values[r * p->columns + column] += 10 * size * fmin(1, share);
    }
}

caus_series plant_series(const plant *p, caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(p->names, p->columns, p->values,
                                             p->rows, 60000000000, arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

caus_run *plant_run(int threads)
{
    caus_run_options options = caus_run_options_default();
    options.threads = threads;
    options.seed = 7;
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    return run;
}

caus_anomalies plant_detect(const plant *p, caus_anomaly_options options,
                            size_t reference, const caus_run *run,
                            caus_arena *arena)
{
    caus_series series = plant_series(p, arena);
    caus_anomalies found;
    caus_error err = {0};
    options.reference_rows = reference;
    caus_status status =
        caus_anomaly_detect(&series, &options, run, arena, &found, &err);
    if (status != CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}
