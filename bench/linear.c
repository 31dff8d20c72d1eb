/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCMCI with one test, many times:
 *   bench_linear TEST LAG REPEATS ROWS VARIABLES < values
 * Values are text, row by row. Prints CPU seconds of one search, then its links
 * as "source target lag statistic".
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "caus/discovery.h"

static void print_links(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++)
                if (*caus_edge_text(caus_graph_get(graph, i, j, lag)))
                    printf("%zu %zu %zu %.17g\n", i, j, lag,
                           found->statistic[caus_graph_cell(graph, i, j, lag)]);
}

static caus_status search(const caus_series *series,
                          const caus_pcmci_options *options, size_t repeats,
                          caus_error *err)
{
    caus_run_options how = caus_run_options_default();
    caus_run *run;
    caus_arena *out = caus_arena_new(0);
    if (!out)
        return CAUS_ERR_OUT_OF_MEMORY;
    caus_arena_mark mark = caus_arena_get_mark(out);
    how.threads = 1;
    caus_status status = caus_run_new(&how, &run, err);
    if (status != CAUS_OK) {
        caus_arena_free(out);
        return status;
    }
    caus_discovery found = {0};
    double start = cpu_seconds();
    for (size_t k = 0; k < repeats && status == CAUS_OK; k++) {
        caus_arena_rewind(out, mark);
        status = caus_discover_pcmci(series, options, run, out, &found, err);
    }
    double each = (cpu_seconds() - start) / (double)repeats;
    if (status == CAUS_OK) {
        printf("%.9f %llu\n", each, (unsigned long long)found.test_count);
        print_links(&found);
    }
    caus_run_free(run);
    caus_arena_free(out);
    return status;
}

static size_t number_of(const char *text)
{
    return (size_t)strtoul(text, NULL, 10);
}

int main(int count, char **words)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    if (count != 6 || !caus_test_from_name(words[1], &options.test.test)) {
        fputs("usage: bench_linear TEST LAG REPEATS ROWS VARIABLES < values\n",
              stderr);
        return 2;
    }
    size_t rows = number_of(words[4]), variables = number_of(words[5]);
    options.max_lag = number_of(words[2]);
    options.level = 0;
    options.all_links = true;
    options.test.wls_unit_start = true;
    double *values = calloc(rows * variables, sizeof *values);
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    caus_error err = {0};
    caus_status status = values && arena ? CAUS_OK : CAUS_ERR_OUT_OF_MEMORY;
    for (size_t k = 0; k < rows * variables && status == CAUS_OK; k++)
        if (scanf("%lf", &values[k]) != 1)
            status = CAUS_ERR_INVALID_DATA;
    if (status == CAUS_OK)
        status = caus_series_from_values(NULL, variables, values, rows,
                                         1000000000, arena, &series, &err);
    if (status == CAUS_OK)
        status = search(&series, &options, number_of(words[3]), &err);
    if (status != CAUS_OK)
        fprintf(stderr, "%s: %s\n", caus_status_name(status), err.message);
    caus_arena_free(arena);
    free(values);
    return status == CAUS_OK ? 0 : 1;
}
