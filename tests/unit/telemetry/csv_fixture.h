/* SPDX-License-Identifier: Apache-2.0 */
/* Files that live in memory, and a run and an arena to read them with. */
#ifndef CAUS_TESTS_CSV_FIXTURE_H
#define CAUS_TESTS_CSV_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "caus/telemetry.h"
#include "test.h"

typedef struct csv_file {
    int descriptor;
    char path[64];
} csv_file;

static inline csv_file csv_file_of_bytes(const void *bytes, size_t count)
{
    csv_file file = {.descriptor = memfd_create("file", MFD_CLOEXEC)};
    assert_true(file.descriptor >= 0);
    const char *at = bytes;
    for (size_t written = 0; written < count;) {
        ssize_t done = write(file.descriptor, at + written, count - written);
        assert_true(done > 0);
        written += (size_t)done;
    }
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

static inline csv_file csv_file_of(const char *text)
{
    return csv_file_of_bytes(text, strlen(text));
}

/* What a read needs. */
typedef struct csv_bench {
    caus_run *run;
    caus_arena *out;
    caus_series series;
    caus_error error;
} csv_bench;

static inline void csv_bench_open(csv_bench *bench, size_t memory_limit_bytes)
{
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    options.memory_limit_bytes = memory_limit_bytes;
    *bench = (csv_bench){.out = caus_arena_new(0)};
    assert_non_null(bench->out);
    assert_int_equal(caus_run_new(&options, &bench->run, NULL), CAUS_OK);
}

static inline void csv_bench_close(csv_bench *bench)
{
    caus_run_free(bench->run);
    caus_arena_free(bench->out);
}

/* Reads a text with the bench and closes the file again. */
static inline caus_status csv_bench_read(csv_bench *bench, const char *text,
                                         const caus_csv_options *options)
{
    csv_file file = csv_file_of(text);
    caus_status status =
        caus_csv_read(file.path, options, bench->run, bench->out,
                      &bench->series, &bench->error);
    close(file.descriptor);
    return status;
}

static inline double csv_bench_value(const csv_bench *bench, size_t row,
                                     size_t column)
{
    const caus_segment *segment = &bench->series.segments[0];
    return segment->values[row * bench->series.variable_count + column];
}

static inline bool csv_bench_missing(const csv_bench *bench, size_t row,
                                     size_t column)
{
    return caus_segment_is_missing(&bench->series.segments[0], row, column);
}

#endif
