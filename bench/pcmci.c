/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times PCMCI with partial correlation on one CSV file, plain or gzip:
 *     bench_pcmci FILE MAX_LAG [THREADS [REPEATS [none|all|links [pcmci+]]]]
 * Prints one line of JSON: the best CPU and wall seconds of a call, parsing
 * left out, the number of tests, a hash of the result, peak memory. With
 * "links" the links follow, one a line; "all" evaluates every p-value. The last
 * word asks for PCMCI+.
 */
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/base.h"
#include "caus/discovery.h"

typedef struct table {
    double *values;
    size_t rows;
    size_t columns;
} table;

/* Appends the numbers of one line; a line of names is left out. */
static bool add_line(table *data, char *line, size_t *capacity)
{
    size_t columns = 0;
    char *at = line, *end;
    for (;; at = end + 1) {
        double value = strtod(at, &end);
        if (end == at)
            return data->rows == 0;
        if (data->rows * data->columns + columns >= *capacity) {
            *capacity = *capacity ? 2 * *capacity : 4096;
            double *grown =
                realloc(data->values, *capacity * sizeof *data->values);
            if (!grown)
                return false;
            data->values = grown;
        }
        data->values[data->rows * data->columns + columns++] = value;
        if (*end != ',')
            break;
    }
    if (data->rows && columns != data->columns)
        return false;
    data->columns = columns;
    data->rows++;
    return true;
}

static bool read_table(const char *path, table *data)
{
    enum { LINE_BYTES = 1 << 16 };
    char *line = malloc(LINE_BYTES);
    gzFile file = gzopen(path, "rb");
    size_t capacity = 0;
    bool good = file && line;
    while (good && gzgets(file, line, LINE_BYTES))
        good = add_line(data, line, &capacity);
    if (file)
        gzclose(file);
    free(line);
    return good && data->rows > 0;
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_result(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    size_t cells = graph->node_count * graph->node_count * (graph->max_lag + 1);
    uint64_t hash = 0xcbf29ce484222325u;
    hash = hash_bytes(hash, graph->cells, cells * sizeof *graph->cells);
    return hash_bytes(hash, found->statistic, cells * sizeof(double));
}

static void print_links(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                size_t cell = caus_graph_cell(graph, i, j, lag);
                if (*caus_edge_text(edge))
                    printf("%zu %zu %zu %s %.17g %.17g\n", i, j, lag,
                           caus_edge_text(edge), found->statistic[cell],
                           found->p_value[cell]);
            }
}

/* The largest resident size so far; getrusage() would count what the parent
 * held before it started this program. */
static long peak_rss_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

static void print_summary(const caus_discovery *found, double cpu, double wall)
{
    printf("{\"cpu_s\": %.9f, \"wall_s\": %.9f, \"tests\": %" PRIu64
           ", \"links\": %zu, \"hash\": \"%016" PRIx64
           "\", \"peak_rss_kib\": %ld}\n",
           cpu, wall, found->test_count, caus_graph_edge_count(&found->graph),
           hash_result(found), peak_rss_kib());
}

typedef struct timing {
    double cpu;
    double wall;
} timing;

/* The best of `repeats` calls; the last one's result is printed. */
static caus_status time_calls(const caus_series *series,
                              const caus_pcmci_options *options,
                              const caus_run *run, int repeats, bool links,
                              caus_error *err)
{
    timing best = {HUGE_VAL, HUGE_VAL};
    for (int k = 0; k < repeats; k++) {
        caus_arena *out = caus_arena_new(0);
        if (!out)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory");
        caus_discovery found;
        double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        double wall = seconds(CLOCK_MONOTONIC);
        caus_status status =
            caus_discover_pcmci(series, options, run, out, &found, err);
        best.cpu = fmin(best.cpu, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
        best.wall = fmin(best.wall, seconds(CLOCK_MONOTONIC) - wall);
        if (status == CAUS_OK && k + 1 == repeats) {
            print_summary(&found, best.cpu, best.wall);
            if (links)
                print_links(&found);
        }
        caus_arena_free(out);
        CAUS_TRY(status);
    }
    return CAUS_OK;
}

static int run_bench(const table *data, const char *const *words, int count)
{
    caus_run_options run_options = caus_run_options_default();
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_run *run = NULL;
    caus_error err = {0};
    caus_arena *arena = caus_arena_new(0);
    caus_series series;
    options.max_lag = strtoul(words[1], NULL, 10);
    options.level = 0; /* tigramite's default: no intervals */
    run_options.threads = count > 2 ? atoi(words[2]) : 1;
    options.all_links = count > 4 && strcmp(words[4], "all") == 0;
    if (count > 5 && strcmp(words[5], "pcmci+") == 0)
        options.method = CAUS_METHOD_PCMCIPLUS;
    bool links = count > 4 && strcmp(words[4], "links") == 0;
    caus_status status = caus_run_new(&run_options, &run, &err);
    if (status == CAUS_OK)
        status = caus_series_from_values(NULL, data->columns, data->values,
                                         data->rows, 1000000000, arena, &series,
                                         &err);
    if (status == CAUS_OK)
        status = time_calls(&series, &options, run,
                            count > 3 ? atoi(words[3]) : 1, links, &err);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_pcmci: %s\n", err.message);
    caus_run_free(run);
    caus_arena_free(arena);
    return status == CAUS_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_pcmci FILE MAX_LAG [THREADS [REPEATS "
                        "[none|all|links [pcmci+]]]]\n");
        return 2;
    }
    /* memory stays with the process between calls, as in a server */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    table data = {0};
    if (!read_table(argv[1], &data)) {
        fprintf(stderr, "bench_pcmci: %s is no table of numbers\n", argv[1]);
        return 1;
    }
    int result = run_bench(&data, (const char *const *)(argv + 1), argc - 1);
    free(data.values);
    return result;
}
