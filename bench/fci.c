/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FCI and RFCI on a text file of numbers or on generated data.
 *     bench_fci FILE [METHOD [ALPHA]]
 *     bench_fci NODES DEGREE SEED ROWS [METHOD [ALPHA]]
 * METHOD is fci, fci-majority, fci-standard, rfci or rfci-standard; FILE has a
 * row a line, values separated by commas, and a first line of names. Prints the
 * CPU seconds (best of several runs, one thread), the number of tests, and the
 * edges, one a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caus/fci.h"
#include "oracle/structure/sem.h"

enum { MOST_REPEATS = 9, MOST_LINE = 1 << 16 };

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static size_t read_row(char *line, double *values)
{
    size_t count = 0;
    for (char *word = strtok(line, ",\n"); word; word = strtok(NULL, ",\n"))
        values[count++] = strtod(word, NULL);
    return count;
}

static caus_status read_series(const char *path, caus_arena *arena,
                               caus_series *series, caus_error *err)
{
    enum { MOST_VALUES = 1 << 24 };
    FILE *file = fopen(path, "r");
    char *line = malloc(MOST_LINE);
    double *values = malloc(sizeof *values * MOST_VALUES);
    size_t rows = 0, columns = 0, used = 0;
    caus_status status = CAUS_ERR_NOT_FOUND;
    if (file && line && values && fgets(line, MOST_LINE, file)) {
        while (used + MOST_LINE < MOST_VALUES && fgets(line, MOST_LINE, file)) {
            columns = read_row(line, values + used);
            used += columns;
            rows++;
        }
        status = caus_series_from_values(NULL, columns, values, rows, 0, arena,
                                         series, err);
    } else {
        status = caus_fail(err, status, "cannot read %s", path);
    }
    free(values);
    free(line);
    if (file)
        fclose(file);
    return status;
}

static caus_status read_method(const char *method, caus_fci_options *options,
                               caus_error *err)
{
    options->fast = *method == 'r';
    const char *rule = strchr(method, '-');
    if (rule && !strcmp(rule, "-majority"))
        options->colliders = CAUS_COLLIDERS_MAJORITY;
    else if (rule && !strcmp(rule, "-standard"))
        options->colliders = CAUS_COLLIDERS_NONE;
    else if (rule)
        return caus_fail(err, CAUS_ERR_NOT_FOUND, "no method %s", method);
    return CAUS_OK;
}

static void print_edges(const caus_graph *graph)
{
    for (size_t a = 0; a < graph->node_count; a++)
        for (size_t b = a + 1; b < graph->node_count; b++) {
            caus_edge edge = caus_graph_get(graph, a, b, 0);
            if (edge.source != CAUS_MARK_NONE)
                printf("%zu %s %zu\n", a, caus_edge_text(edge), b);
        }
}

static caus_status measure(const caus_series *series,
                           const caus_fci_options *options, caus_arena *out,
                           caus_error *err)
{
    caus_run *run = NULL;
    caus_run_options one = {.threads = 1};
    caus_discovery found;
    CAUS_TRY(caus_run_new(&one, &run, err));
    double best = 1e9, started = now_s();
    caus_status status = CAUS_OK;
    for (int k = 0; k < MOST_REPEATS && status == CAUS_OK &&
                    (k == 0 || now_s() - started < 3);
         k++) {
        double from = now_s();
        status = caus_discover_fci(series, options, run, out, &found, err);
        double took = now_s() - from;
        best = took < best ? took : best;
    }
    caus_run_free(run);
    if (status != CAUS_OK)
        return status;
    printf("seconds %.6f tests %llu edges %zu\n", best,
           (unsigned long long)found.test_count,
           caus_graph_edge_count(&found.graph));
    print_edges(&found.graph);
    return CAUS_OK;
}

static caus_status run_words(int count, char **words, caus_arena *arena,
                             caus_error *err)
{
    bool made = count > 4;
    int next = made ? 5 : 2;
    caus_series series;
    caus_fci_options options = caus_fci_options_default();
    options.alpha = count > next + 1 ? strtod(words[next + 1], NULL) : .05;
    if (count > next)
        CAUS_TRY(read_method(words[next], &options, err));
    if (made) {
        sem world;
        sem_options data = {.nodes = strtoul(words[1], NULL, 10),
                            .degree = strtod(words[2], NULL),
                            .seed = strtoull(words[3], NULL, 10),
                            .rows = strtoul(words[4], NULL, 10)};
        CAUS_TRY(sem_make(&data, arena, &world, err));
        series = world.series;
    } else {
        CAUS_TRY(read_series(words[1], arena, &series, err));
    }
    return measure(&series, &options, arena, err);
}

int main(int count, char **words)
{
    if (count < 2) {
        fprintf(stderr, "usage: bench_fci FILE | NODES DEGREE SEED ROWS "
                        "[METHOD [ALPHA]]\n");
        return 2;
    }
    caus_error err = {0};
    caus_arena *arena = caus_arena_new(0);
    caus_status status = run_words(count, words, arena, &err);
    caus_arena_free(arena);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_fci: %s\n", err.message);
    return status == CAUS_OK ? 0 : 1;
}
