/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times LPCMCI with partial correlation on one CSV file of numbers, plain or
 * gzip, with one thread:
 *     bench_lpcmci FILE MAX_LAG ALPHA REPEATS
 * Prints one line of JSON, the best CPU seconds of a call and the number of
 * tests, then the links, one a line, those at lag 0 from both ends.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "bench.h"
#include "caus/lpcmci.h"

typedef struct table {
    double *values;
    size_t rows, columns;
} table;

static bool read_table(const char *path, table *data)
{
    enum { LINE_BYTES = 1 << 16, MOST_VALUES = 1 << 22 };
    char *line = malloc(LINE_BYTES);
    gzFile file = gzopen(path, "rb");
    data->values = malloc(MOST_VALUES * sizeof *data->values);
    size_t count = 0;
    while (file && line && data->values && gzgets(file, line, LINE_BYTES)) {
        char *at = line, *end = line;
        size_t columns = 0;
        for (; count < MOST_VALUES; at = end + 1, columns++) {
            data->values[count++] = strtod(at, &end);
            if (*end != ',')
                break;
        }
        data->columns = columns + 1;
        data->rows++;
    }
    if (file)
        gzclose(file);
    free(line);
    return data->rows > 0 && count == data->rows * data->columns;
}

static void print_links(const caus_graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                if ((lag || i != j) && *caus_edge_text(edge))
                    printf("%zu %zu %zu %s\n", i, j, lag, caus_edge_text(edge));
            }
}

static caus_status time_calls(const caus_series *series,
                              const caus_lpcmci_options *options,
                              const caus_run *run, int repeats, caus_error *err)
{
    double best = HUGE_VAL;
    for (int k = 0; k < repeats; k++) {
        caus_arena *out = caus_arena_new(0);
        caus_discovery found;
        if (!out)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory");
        double start = cpu_seconds();
        caus_status status =
            caus_discover_lpcmci(series, options, run, out, &found, err);
        best = fmin(best, cpu_seconds() - start);
        if (status == CAUS_OK && k + 1 == repeats) {
            printf("{\"cpu_s\": %.9f, \"tests\": %" PRIu64 "}\n", best,
                   found.test_count);
            print_links(&found.graph);
        }
        caus_arena_free(out);
        CAUS_TRY(status);
    }
    return CAUS_OK;
}

int main(int argc, char **argv)
{
    table data = {0};
    caus_run_options run_options = caus_run_options_default();
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_run *run = NULL;
    caus_error err = {0};
    caus_series series;
    if (argc < 5 || !read_table(argv[1], &data)) {
        fprintf(stderr, "usage: bench_lpcmci FILE MAX_LAG ALPHA REPEATS\n");
        return 2;
    }
    caus_arena *arena = caus_arena_new(0);
    options.max_lag = strtoul(argv[2], NULL, 10);
    options.alpha = strtod(argv[3], NULL);
    run_options.threads = 1;
    caus_status status = caus_run_new(&run_options, &run, &err);
    if (status == CAUS_OK)
        status =
            caus_series_from_values(NULL, data.columns, data.values, data.rows,
                                    1000000000, arena, &series, &err);
    if (status == CAUS_OK)
        status = time_calls(&series, &options, run, atoi(argv[4]), &err);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_lpcmci: %s\n", err.message);
    caus_run_free(run);
    caus_arena_free(arena);
    free(data.values);
    return status == CAUS_OK ? 0 : 1;
}
