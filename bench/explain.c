/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor milliseconds of one explanation on one thread, without reading:
 * the first call of a process, the least and the median of some.
 *
 * usage: bench_explain METRICS.csv [GRAPH.csv|- [ONSET|- [SYMPTOM]]]
 *
 * The onset is looked for, then given: the one that was found. With an ONSET in
 * unix seconds it is given from the first call of the process on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caus/caus.h"

enum { REPETITIONS = 31 };

static double processor_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void give_up(const caus_error *err)
{
    fprintf(stderr, "explain: %s\n", err->message);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static double call_once(const caus_series *series,
                        const caus_explain_options *options,
                        const caus_run *run, caus_onset *onset)
{
    caus_error err;
    caus_explanation found;
    caus_arena *arena = caus_arena_new(0);
    double before = processor_ms();
    if (caus_explain(series, options, run, arena, &found, &err) != CAUS_OK)
        give_up(&err);
    double took = processor_ms() - before;
    *onset = found.onset;
    caus_arena_free(arena);
    return took;
}

static void measure(const char *what, const caus_series *series,
                    const caus_explain_options *options, const caus_run *run,
                    caus_onset *onset)
{
    double took[REPETITIONS];
    for (size_t i = 0; i < REPETITIONS; i++)
        took[i] = call_once(series, options, run, onset);
    double first = took[0];
    qsort(took, REPETITIONS, sizeof *took, compare);
    printf("onset %s: first call %.2f ms, least %.2f ms, median %.2f ms\n",
           what, first, took[0], took[REPETITIONS / 2]);
}

int main(int count, char **arguments)
{
    caus_error err;
    caus_run_options run_options = caus_run_options_default();
    run_options.threads = 1;
    caus_run *run = NULL;
    caus_topology topology;
    caus_csv_options csv = {0};
    caus_explain_options options = caus_explain_options_default();
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    if (count < 2 || !arena) {
        fprintf(stderr, "usage: bench_explain METRICS.csv [GRAPH.csv|- "
                        "[ONSET|- [SYMPTOM]]]\n");
        return 2;
    }
    if (caus_run_new(&run_options, &run, &err) != CAUS_OK)
        give_up(&err);
    bool has_graph = count > 2 && strcmp(arguments[2], "-") != 0;
    bool has_onset = count > 3 && strcmp(arguments[3], "-") != 0;
    options.symptom = count > 4 ? arguments[4] : NULL;
    if (has_graph) {
        if (caus_topology_read_csv(arguments[2], arena, &topology, &err) !=
            CAUS_OK)
            give_up(&err);
        csv.topology = options.topology = &topology;
    }
    if (caus_csv_read(arguments[1], &csv, run, arena, &series, &err) != CAUS_OK)
        give_up(&err);
    printf("%zu series, %zu rows, %s call graph\n", series.variable_count,
           caus_series_row_count(&series), has_graph ? "with a" : "no");
    caus_onset onset;
    if (has_onset)
        onset.time_ns = (int64_t)(strtod(arguments[3], NULL) * 1e9);
    else
        measure("looked for", &series, &options, run, &onset);
    options.has_onset = true;
    options.onset_ns = onset.time_ns;
    measure("given", &series, &options, run, &onset);
    caus_run_free(run);
    caus_arena_free(arena);
    return 0;
}
