/* SPDX-License-Identifier: Apache-2.0 */
/* Telemetry made for the tests of incident files, and a folder to keep it. */
#ifndef CAUS_TESTS_TELEMETRY_MADE_H
#define CAUS_TESTS_TELEMETRY_MADE_H

#include "base/base.h"
#include "caus/recording.h"
#include "test.h"

/* A folder of its own for each test, and the calls' companions. */
struct made {
    char folder[64];
    char path[96]; /* of a file that does not exist yet */
    caus_arena *arena;
    caus_run *run;
    caus_error err;
};

int made_setup(void **state);
int made_teardown(void **state);

/* Random tracks with hard values: NaN payloads, −0, infinities, tiny numbers,
 * jumping times, no samples at all, with and without support. */
caus_fetch made_random(struct made *made, uint64_t seed, size_t tracks,
                       size_t most_samples);

/* Tracks as Prometheus and ClickHouse give them: steady times, counters, noisy
 * latencies with three decimals in milliseconds, gaps. */
caus_fetch made_realistic(struct made *made, size_t tracks, size_t samples,
                          int64_t step_ns);

caus_recording_options made_options(void);

void assert_same_variable(const caus_variable *a, const caus_variable *b);
void assert_same_samples(const caus_samples *a, const caus_samples *b);

/* The whole file; *bytes to be freed. */
size_t read_whole(const char *path, unsigned char **bytes);
void write_whole(const char *path, const unsigned char *bytes, size_t count);
/* Files in the folder. */
size_t count_files(const char *folder);

#endif
