/* SPDX-License-Identifier: Apache-2.0 */
/* What benches share: the clock, and data as their peers write it. */
#ifndef CAUS_BENCH_BENCH_H
#define CAUS_BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_MOST_VALUES = 1 << 20, BENCH_LINE_BYTES = 1 << 14 };

static inline double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Numbers of a file without names into `values` [BENCH_MOST_VALUES]; columns
 * are those of its first line. Returns how many there are. */
static inline size_t read_values(const char *path, double *values,
                                 size_t *columns)
{
    char line[BENCH_LINE_BYTES];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    *columns = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *at = line, *end;
        for (double value = strtod(at, &end);
             end != at && count < BENCH_MOST_VALUES; value = strtod(at, &end)) {
            values[count++] = value;
            at = *end == ',' ? end + 1 : end;
        }
        if (!*columns)
            *columns = count;
    }
    if (file)
        fclose(file);
    return count;
}

#endif
