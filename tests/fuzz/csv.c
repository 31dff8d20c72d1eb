/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the options, the rest is the file. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "caus/telemetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static caus_csv_options options_of(uint8_t choice)
{
    const int64_t second_ns = 1000000000;
    caus_csv_options options = {.table = choice & 1,
                                .no_header = choice >> 1 & 1};
    if (choice & 4)
        options.step_ns = 10 * second_ns;
    if (choice & 8)
        options.window = (caus_grid){0, 600 * second_ns, 10 * second_ns};
    if (choice & 16)
        options.baseline =
            (caus_grid){-300 * second_ns, -10 * second_ns, 10 * second_ns};
    return options;
}

/* Fails loudly when a value and its missing bit disagree. */
static void check(const caus_series *series)
{
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[i];
        for (size_t row = 0; row < segment->row_count; row++)
            for (size_t v = 0; v < series->variable_count; v++) {
                double value =
                    segment->values[row * series->variable_count + v];
                bool finite = value - value == 0;
                if (finite == caus_segment_is_missing(segment, row, v))
                    abort();
            }
    }
}

static void read_path(const char *path, uint8_t choice)
{
    caus_run_options limits = caus_run_options_default();
    limits.threads = 1;
    limits.memory_limit_bytes = (size_t)4 << 20;
    caus_run *run = NULL;
    caus_arena *out = caus_arena_new((size_t)8 << 20);
    caus_csv_options options = options_of(choice);
    caus_series series;
    caus_topology topology;
    caus_error error;
    if (out && caus_run_new(&limits, &run, &error) == CAUS_OK &&
        caus_csv_read(path, &options, run, out, &series, &error) == CAUS_OK)
        check(&series);
    if (out && choice & 32 &&
        caus_topology_read_csv(path, out, &topology, &error) == CAUS_OK)
        for (size_t i = 0; i < topology.call_count; i++)
            if (topology.calls[i][0] == topology.calls[i][1])
                abort();
    caus_run_free(run);
    caus_arena_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data + 1, bytes - 1) == (ssize_t)(bytes - 1))
        read_path(path, data[0]);
    close(file);
    return 0;
}
