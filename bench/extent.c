/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for the incident in CSV files, one path a line of standard input. For
 * each a line is printed:
 *
 *   found onset first last end evidence rival cpu_ms path
 *
 * with unix times in seconds, the onset between first and last, end 0 where
 * there is none. bench/worlds/onsets.py makes the lines and reads the answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"
#include "caus/csv.h"
#include "caus/incident.h"

enum { MOST_PATH = 1000 };

static const double SECOND_NS = 1e9;

static double processor_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void give_up(const caus_error *err)
{
    fprintf(stderr, "extent: %s\n", err->message);
    exit(1);
}

static void answer(const char *path, const caus_run *run)
{
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    caus_extent found;
    caus_error err;
    if (caus_csv_read(path, NULL, run, arena, &series, &err))
        give_up(&err);
    double before = processor_ms();
    if (caus_incident_find(&series, run, &found, &err))
        give_up(&err);
    const caus_onset *onset = &found.onset;
    printf("%d %.0f %.0f %.0f %.0f %.2f %.2f %.3f %s\n", found.found,
           found.found ? (double)onset->time_ns / SECOND_NS : 0,
           found.found ? (double)onset->first_ns / SECOND_NS : 0,
           found.found ? (double)onset->last_ns / SECOND_NS : 0,
           found.has_end ? (double)found.end_ns / SECOND_NS : 0, found.evidence,
           found.rival, processor_ms() - before, path);
    caus_arena_free(arena);
}

int main(void)
{
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    caus_run *run = NULL;
    caus_error err;
    if (caus_run_new(&options, &run, &err))
        give_up(&err);
    char path[MOST_PATH];
    while (scanf("%999s", path) == 1)
        answer(path, run);
    caus_run_free(run);
    return 0;
}
