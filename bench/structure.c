/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static structure learning on generated linear data with known truth.
 *     bench_structure [METHOD NODES DEGREE SEED ROWS [SETTING [LEARNED]]]
 *     bench_structure data NODES DEGREE SEED ROWS FILE
 * METHOD is pc, pc-majority, pc-standard, xges or ges; SETTING is alpha (.05)
 * or the score's penalty (2); LEARNED is a graph to compare with. Of a score
 * search the scores of its graph and of LEARNED beside that of the true one are
 * printed too: a higher one cannot be improved by searching better. "data"
 * writes the columns' doubles, row after row. Without arguments a table of
 * sizes runs. One thread, best of several runs.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "discovery/ges_internal.h"
#include "oracle/structure/sem.h"

enum { MOST_REPEATS = 9 };

typedef struct job {
    const char *method;
    sem_options data;
    double setting; /* alpha or penalty */
    int threads;
} job;

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static bool is_score(const char *method)
{
    return !strcmp(method, "xges") || !strcmp(method, "ges");
}

static caus_status learn(const job *wanted, const caus_series *series,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *found, caus_error *err)
{
    if (is_score(wanted->method)) {
        caus_score_options score = caus_score_options_default();
        if (*wanted->method == 'g')
            score.search = CAUS_SEARCH_GES;
        score.penalty = wanted->setting;
        return caus_discover_score(series, &score, run, out, found, err);
    }
    caus_pc_options options = caus_pc_options_default();
    options.alpha = wanted->setting;
    if (!strcmp(wanted->method, "pc-majority"))
        options.colliders = CAUS_COLLIDERS_MAJORITY;
    else if (!strcmp(wanted->method, "pc-standard"))
        options.colliders = CAUS_COLLIDERS_NONE;
    else if (strcmp(wanted->method, "pc") != 0)
        return caus_fail(err, CAUS_ERR_NOT_FOUND, "no method %s",
                         wanted->method);
    return caus_discover_pc(series, &options, run, out, found, err);
}

static long peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

/* The score of a completed graph. */
static double score_of(caus_score_search *search, const caus_graph *graph)
{
    size_t nodes = graph->node_count;
    caus_pdag *to = &search->graph;
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = i + 1; j < nodes; j++) {
            caus_edge edge = caus_graph_get(graph, i, j, 0);
            caus_pdag_remove(to, i, j);
            if (edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_TAIL)
                caus_pdag_add_undirected(to, i, j);
            else if (edge.target == CAUS_MARK_ARROW)
                caus_pdag_add_directed(to, i, j);
            else if (edge.source == CAUS_MARK_ARROW)
                caus_pdag_add_directed(to, j, i);
        }
    return caus_ges_score(search);
}

/* Scores beyond that of the true graph; `other` may be NULL. */
static caus_status print_advantage(const job *wanted, const sem *world,
                                   const caus_graph *found,
                                   const caus_graph *other, const caus_run *run,
                                   caus_arena *arena, caus_error *err)
{
    caus_correlation correlation;
    caus_score_search search;
    double penalty = wanted->setting * log((double)wanted->data.rows) / 2;
    CAUS_TRY(caus_correlate(&world->series, 5, run, arena, &correlation, err));
    if (!caus_ges_init(&search, &correlation, penalty, run, arena))
        return caus_arena_fail(arena, err);
    double truth = score_of(&search, &world->completed);
    printf(" | score %+.2f beside the truth", score_of(&search, found) - truth);
    if (other)
        printf(", the other's %+.2f", score_of(&search, other) - truth);
    return CAUS_OK;
}

static caus_status compare(const job *wanted, const sem *world,
                           const caus_graph *found, const char *learned,
                           const caus_run *run, caus_arena *out,
                           caus_error *err)
{
    caus_graph other;
    size_t apart = 0, wrong = 0;
    if (learned) {
        CAUS_TRY(sem_read_graph(learned, wanted->data.nodes, out, &other, err));
        CAUS_TRY(caus_graph_distance(found, &other, &apart, err));
        CAUS_TRY(caus_graph_distance(&other, &world->completed, &wrong, err));
        printf(" | other graph: skeleton %zu, all %zu apart, SHD %4zu",
               sem_skeleton_distance(found, &other), apart, wrong);
    }
    if (is_score(wanted->method))
        CAUS_TRY(print_advantage(wanted, world, found, learned ? &other : NULL,
                                 run, out, err));
    printf("\n");
    return CAUS_OK;
}

static caus_status measure(const job *wanted, const char *learned,
                           caus_arena *out, caus_error *err)
{
    sem world;
    caus_run *run = NULL;
    caus_discovery found;
    caus_run_options options = {.threads = wanted->threads};
    CAUS_TRY(sem_make(&wanted->data, out, &world, err));
    CAUS_TRY(caus_run_new(&options, &run, err));
    long before = peak_mib(), grown = 0;
    double best = 1e9, started = now_s();
    for (int k = 0; k < MOST_REPEATS && (k < 2 || now_s() - started < 3); k++) {
        caus_arena_mark mark = caus_arena_get_mark(out);
        if (k)
            caus_arena_rewind(out, mark);
        double from = now_s();
        caus_status status =
            learn(wanted, &world.series, run, out, &found, err);
        if (status != CAUS_OK) {
            caus_run_free(run);
            return status;
        }
        double took = now_s() - from;
        best = took < best ? took : best;
        if (!k)
            grown = peak_mib() - before;
    }
    size_t wrong = 0;
    CAUS_TRY(caus_graph_distance(&found.graph, &world.completed, &wrong, err));
    printf("%-12s %5zu %3.0f %4llu %6zu %6g | %9.2f ms %9llu tests | SHD %4zu "
           "of %4zu edges | +%ld MiB",
           wanted->method, wanted->data.nodes, wanted->data.degree,
           (unsigned long long)wanted->data.seed, wanted->data.rows,
           wanted->setting, 1e3 * best, (unsigned long long)found.test_count,
           wrong, caus_graph_edge_count(&world.dag), grown);
    caus_status status =
        compare(wanted, &world, &found.graph, learned, run, out, err);
    caus_run_free(run);
    return status;
}

static caus_status write_data(const sem_options *data, const char *path,
                              caus_arena *out, caus_error *err)
{
    sem world;
    CAUS_TRY(sem_make(data, out, &world, err));
    size_t count = data->rows * data->nodes;
    FILE *file = fopen(path, "wb");
    size_t written = file ? fwrite(world.series.segments->values,
                                   sizeof(double), count, file)
                          : 0;
    if (!file || fclose(file) != 0 || written != count)
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot write %s", path);
    return CAUS_OK;
}

static int run_job(const job *wanted, const char *learned)
{
    caus_error err = {0};
    caus_arena *out = caus_arena_new(0);
    caus_status status = strcmp(wanted->method, "data") != 0
                             ? measure(wanted, learned, out, &err)
                             : write_data(&wanted->data, learned, out, &err);
    caus_arena_free(out);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_structure: %s\n", err.message);
    return status == CAUS_OK ? 0 : 1;
}

static int run_table(void)
{
    static const char *const methods[] = {"pc", "pc-majority", "pc-standard",
                                          "xges", "ges"};
    static const sem_options sizes[] = {
        {50, 4, 1, 1000, false},  {100, 4, 1, 1000, false},
        {200, 4, 1, 1000, false}, {200, 4, 1, 5000, false},
        {500, 4, 1, 1000, false}, {1000, 4, 1, 1000, false},
    };
    int failed = 0;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            failed |= run_job(
                &(job){methods[m], sizes[k], is_score(methods[m]) ? 2 : .05, 1},
                NULL);
    return failed;
}

int main(int count, char **words)
{
    if (count < 6)
        return run_table();
    job wanted = {.method = words[1],
                  .data = {.nodes = strtoul(words[2], NULL, 10),
                           .degree = strtod(words[3], NULL),
                           .seed = strtoull(words[4], NULL, 10),
                           .rows = strtoul(words[5], NULL, 10)},
                  .setting = count > 6            ? strtod(words[6], NULL)
                             : is_score(words[1]) ? 2
                                                  : .05,
                  .threads = 1};
    if (!strcmp(words[1], "data"))
        return count > 6 ? run_job(&wanted, words[6]) : 2;
    return run_job(&wanted, count > 7 ? words[7] : NULL);
}
