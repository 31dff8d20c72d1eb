/* SPDX-License-Identifier: Apache-2.0 */
/* What many tests are given; they fail when the library does. */
#ifndef CAUS_TESTS_GIVEN_H
#define CAUS_TESTS_GIVEN_H

#include "base/base.h"
#include "caus/run.h"
#include "caus/series.h"
#include "test.h"

static inline caus_run *given_run(const caus_run_options *options)
{
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(options, &run, NULL), CAUS_OK);
    return run;
}

/* Independent normal noise [rows × columns]. */
static inline double *given_noise(uint64_t seed, size_t rows, size_t columns,
                                  caus_arena *arena)
{
    caus_random random;
    caus_random_init(&random, seed, 0);
    double *values = CAUS_ARRAY(arena, double, rows *columns);
    assert_non_null(values);
    for (size_t k = 0; k < rows * columns; k++)
        values[k] = caus_random_normal(&random);
    return values;
}

/* A table without time and names. */
static inline caus_series given_table(const double *values, size_t rows,
                                      size_t columns, caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, columns, values, rows, 0,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

#endif
