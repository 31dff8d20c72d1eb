/* SPDX-License-Identifier: Apache-2.0 */
/* Series with planted anomalies. */
#ifndef CAUS_TESTS_PLANT_H
#define CAUS_TESTS_PLANT_H

#include "base/base.h"
#include "caus/anomaly.h"

enum { PLANT_MOST_ROWS = 400, PLANT_MOST_COLUMNS = 12 };

typedef struct plant {
    size_t rows, columns;
    double values[PLANT_MOST_ROWS * PLANT_MOST_COLUMNS]; /* row-major */
    const char *names[PLANT_MOST_COLUMNS];
} plant;

/* Columns of AR(1) noise around 100 with deviation 10. */
void plant_noise(plant *p, uint64_t seed, size_t rows, size_t columns,
                 double memory);

/* Adds `size` deviations from a row on, risen over `ramp` rows. */
void plant_change(plant *p, size_t column, size_t row, size_t ramp,
                  double size);

caus_series plant_series(const plant *p, caus_arena *arena);

caus_run *plant_run(int threads);

/* Detects with the first `reference` rows; fails the test on an error. */
caus_anomalies plant_detect(const plant *p, caus_anomaly_options options,
                            size_t reference, const caus_run *run,
                            caus_arena *arena);

#endif
