/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiNGAM (uniform noise) and DAGMA (normal noise) on generated linear data.
 *     bench_lingam METHOD NODES DEGREE SEED ROWS [THREADS [VALUES]]
 * METHOD is lingam, dagma or notears. Prints JSON: CPU and wall seconds of the
 * best of several calls, and the edges with their coefficients. VALUES writes
 * the data there, rows of doubles as the machine has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "caus/dagma.h"
#include "caus/lingam.h"
#include "oracle/structure/sem.h"

enum { MOST_REPEATS = 20 };

static double now_s(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* What was found: edges and their coefficients by cell. */
typedef struct answer {
    caus_graph graph;
    const double *coefficient;
    uint64_t test_count;
} answer;

static caus_status learn(const char *method, const caus_series *series,
                         const caus_run *run, caus_arena *out, answer *found,
                         caus_error *err)
{
    if (!strcmp(method, "dagma") || !strcmp(method, "notears")) {
        caus_dagma made;
        caus_dagma_options options = *method == 'd'
                                         ? caus_dagma_options_default()
                                         : caus_notears_options_default();
        CAUS_TRY(caus_discover_dagma(series, &options, run, out, &made, err));
        *found = (answer){made.found.graph, made.weight, made.found.test_count};
        return CAUS_OK;
    }
    if (strcmp(method, "lingam") != 0)
        return caus_fail(err, CAUS_ERR_NOT_FOUND, "no method %s", method);
    caus_lingam made;
    CAUS_TRY(caus_discover_lingam(series, NULL, run, out, &made, err));
    *found =
        (answer){made.found.graph, made.coefficient, made.found.test_count};
    return CAUS_OK;
}

static caus_status save(const sem *world, const char *path, caus_error *err)
{
    const caus_segment *segment = world->series.segments;
    FILE *file = fopen(path, "wb");
    size_t count = segment->row_count * world->series.variable_count;
    if (!file)
        return caus_fail(err, CAUS_ERR_IO, "cannot write %s", path);
    size_t written = fwrite(segment->values, sizeof(double), count, file);
    if (fclose(file) != 0 || written != count)
        return caus_fail(err, CAUS_ERR_IO, "cannot write %s", path);
    return CAUS_OK;
}

static void print_edges(const answer *found)
{
    const char *comma = "";
    printf("\"edges\":[");
    for (size_t i = 0; i < found->graph.node_count; i++)
        for (size_t j = 0; j < found->graph.node_count; j++) {
            double weight =
                found->coefficient[caus_graph_cell(&found->graph, i, j, 0)];
            if (!(weight < 0 || weight > 0))
                continue;
            printf("%s[%zu,%zu,%.17g]", comma, i, j, weight);
            comma = ",";
        }
    printf("]}\n");
}

static caus_status measure(const char *method, const sem *world, int threads,
                           caus_arena *out, caus_error *err)
{
    caus_run *run = NULL;
    caus_run_options options = {.threads = threads};
    caus_arena_mark mark = caus_arena_get_mark(out);
    answer found = {0};
    double cpu = 1e9, wall = 1e9, started = now_s(CLOCK_MONOTONIC);
    CAUS_TRY(caus_run_new(&options, &run, err));
    caus_status status = CAUS_OK;
    for (int k = 0; status == CAUS_OK && k < MOST_REPEATS &&
                    (k < 1 || now_s(CLOCK_MONOTONIC) - started < 2);
         k++) {
        caus_arena_rewind(out, mark);
        double cpu_from = now_s(CLOCK_PROCESS_CPUTIME_ID);
        double wall_from = now_s(CLOCK_MONOTONIC);
        status = learn(method, &world->series, run, out, &found, err);
        double used = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;
        double took = now_s(CLOCK_MONOTONIC) - wall_from;
        cpu = used < cpu ? used : cpu;
        wall = took < wall ? took : wall;
    }
    caus_run_free(run);
    if (status != CAUS_OK)
        return status;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"cpu_s\":%.9f,\"wall_s\":%.9f,\"tests\":%llu,\"rss_kib\":%ld,",
           cpu, wall, (unsigned long long)found.test_count, usage.ru_maxrss);
    print_edges(&found);
    return CAUS_OK;
}

static caus_status work(int count, char **words, caus_arena *out,
                        caus_error *err)
{
    sem world;
    sem_options data = {.nodes = strtoul(words[2], NULL, 10),
                        .degree = strtod(words[3], NULL),
                        .seed = strtoull(words[4], NULL, 10),
                        .rows = strtoul(words[5], NULL, 10),
                        .uniform = strcmp(words[1], "lingam") == 0};
    CAUS_TRY(sem_make(&data, out, &world, err));
    if (count > 7)
        CAUS_TRY(save(&world, words[7], err));
    int threads = count > 6 ? (int)strtol(words[6], NULL, 10) : 1;
    return measure(words[1], &world, threads, out, err);
}

int main(int count, char **words)
{
    caus_error err = {0};
    if (count < 6) {
        fprintf(stderr, "usage: bench_lingam METHOD NODES DEGREE SEED ROWS "
                        "[THREADS [VALUES]]\n");
        return 2;
    }
    caus_arena *out = caus_arena_new(0);
    caus_status status = work(count, words, out, &err);
    caus_arena_free(out);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_lingam: %s\n", err.message);
    return status == CAUS_OK ? 0 : 1;
}
