/* SPDX-License-Identifier: Apache-2.0 */
#include "shards.h"

#include <string.h>

#include "base/base.h"
#include "test.h"

enum { N = SHARD_VARIABLES };

double *shards_values(caus_arena *arena, size_t rows, uint64_t seed)
{
    double *x = CAUS_ARRAY(arena, double, rows *N);
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t t = 0; t < rows; t++) {
        double *now = x + t * N;
        const double *past = t ? now - N : now;
        const double *before = t > 1 ? now - 2 * N : now;
        for (size_t v = 0; v < N; v++)
            now[v] = caus_random_normal(&random) + .5 * past[v];
        now[0] += .6 * past[1];
        now[3] += .5 * before[1];
        now[4] += .7 * now[0];
    }
    return x;
}

caus_series shards_series(caus_arena *arena, const double *values,
                          const size_t *rows, size_t count, int64_t start_ns)
{
    caus_series series;
    caus_segment *segments = CAUS_ARRAY(arena, caus_segment, count);
    size_t at = 0;
    for (size_t s = 0; s < count; s++) {
        assert_int_equal(caus_series_from_values(NULL, N, values + at * N,
                                                 rows[s], 1000000000, arena,
                                                 &series, NULL),
                         CAUS_OK);
        segments[s] = series.segments[0];
        segments[s].offset_steps = (int64_t)at;
        if (start_ns)
            segments[s].start_ns = start_ns + (int64_t)at * 1000000000;
        at += rows[s];
    }
    series.segments = segments;
    series.segment_count = count;
    return series;
}

caus_series shards_one(caus_arena *arena, const caus_series *series,
                       size_t segment)
{
    caus_series one = *series;
    caus_segment *copy = CAUS_ARRAY(arena, caus_segment, 1);
    *copy = series->segments[segment];
    one.segments = copy;
    one.segment_count = 1;
    return one;
}

caus_gram shards_build(caus_arena *arena, const caus_series *series,
                       size_t max_lag)
{
    caus_gram_options options = {.max_lag = max_lag};
    caus_run *run;
    caus_gram gram;
    caus_error err;
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    assert_int_equal(caus_gram_build(series, &options, run, arena, &gram, &err),
                     CAUS_OK);
    caus_run_free(run);
    return gram;
}

caus_gram shards_merge(caus_arena *arena, const caus_gram *grams, size_t count)
{
    const caus_gram *list[SHARD_MOST];
    caus_run *run;
    caus_gram gram;
    caus_error err;
    for (size_t g = 0; g < count; g++)
        list[g] = &grams[g];
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    assert_int_equal(caus_gram_merge(list, count, run, arena, &gram, &err),
                     CAUS_OK);
    caus_run_free(run);
    return gram;
}
