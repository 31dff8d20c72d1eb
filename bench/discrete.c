/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times structure learning from categories on rows drawn from a random network:
 *     bench_discrete METHOD NODES EDGES ROWS SEED [REPEATS [DATA]]
 * METHOD is chisquared or gsquared (PC, alpha .05, colliders of the first set),
 * bdeu or bic (extremely greedy search). Nodes have two to four categories and
 * at most two parents. Prints one line of JSON: CPU seconds of the first and of
 * the best call, tests or scored operators, edges that are missing and extra
 * beside the network's; then the pairs that are joined. DATA is a file that the
 * rows are written to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caus/discrete.h"
#include "unit/discovery/categories.h"

typedef struct job {
    const char *method;
    categories from;
    size_t repeats;
    const char *path;
    caus_arena *arena;
    caus_run *run;
    bool *is_parent;
    caus_series series;
} job;

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int fail(const caus_error *err)
{
    fprintf(stderr, "bench_discrete: %s\n", err->message);
    return 1;
}

static caus_status learn(const job *j, caus_arena *out, caus_discovery *found,
                         caus_error *err)
{
    caus_test test;
    if (caus_test_from_name(j->method, &test)) {
        caus_pc_options options = caus_pc_options_default();
        options.alpha = .05;
        options.colliders = CAUS_COLLIDERS_NONE;
        return caus_discover_discrete_pc(&j->series, &options, test, j->run,
                                         out, found, err);
    }
    caus_score_options options = caus_score_options_default();
    bool is_bdeu = strcmp(j->method, "bdeu") == 0;
    options.score = is_bdeu ? CAUS_SCORE_BDEU : CAUS_SCORE_CATEGORIES;
    options.penalty = 1;
    return caus_discover_score(&j->series, &options, j->run, out, found, err);
}

static bool is_joined(const caus_discovery *found, size_t a, size_t b)
{
    return *caus_edge_text(caus_graph_get(&found->graph, a, b, 0)) != '\0';
}

static void print_result(const job *j, const caus_discovery *found,
                         double first, double best)
{
    size_t nodes = j->from.nodes, missing = 0, extra = 0;
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++) {
            bool is_true =
                j->is_parent[a * nodes + b] || j->is_parent[b * nodes + a];
            bool joined = is_joined(found, a, b);
            missing += is_true && !joined;
            extra += joined && !is_true;
        }
    printf("{\"method\": \"%s\", \"first_cpu_s\": %.6f, \"cpu_s\": %.6f, "
           "\"tests\": %" PRIu64 ", \"missing\": %zu, \"extra\": %zu}\n",
           j->method, first, best, found->test_count, missing, extra);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            if (is_joined(found, a, b))
                printf("%zu %zu\n", a, b);
}

static bool write_rows(const job *j, const double *values)
{
    FILE *file = fopen(j->path, "w");
    if (!file)
        return false;
    for (size_t k = 0; k < j->from.rows * j->from.nodes; k++)
        fprintf(file, "%.0f%c", values[k],
                (k + 1) % j->from.nodes ? ',' : '\n');
    return fclose(file) == 0;
}

static int run(job *j)
{
    caus_error err = {0};
    size_t nodes = j->from.nodes;
    j->is_parent = CAUS_ARRAY(j->arena, bool, nodes *nodes);
    double *values =
        j->is_parent ? categories_draw(&j->from, j->is_parent, j->arena) : NULL;
    if (!values)
        return fputs("bench_discrete: memory is out\n", stderr), 1;
    if (j->path && !write_rows(j, values))
        return perror(j->path), 1;
    if (caus_series_from_values(NULL, nodes, values, j->from.rows, 0, j->arena,
                                &j->series, &err) != CAUS_OK)
        return fail(&err);
    caus_discovery found = {0};
    double first = 0, best = 0;
    for (size_t k = 0; k < j->repeats; k++) {
        double start = cpu_now();
        if (learn(j, j->arena, &found, &err) != CAUS_OK)
            return fail(&err);
        double took = cpu_now() - start;
        first = k ? first : took;
        best = !k || took < best ? took : best;
    }
    print_result(j, &found, first, best);
    return 0;
}

int main(int count, char **words)
{
    if (count < 6) {
        fputs("usage: bench_discrete METHOD NODES EDGES ROWS SEED [REPEATS "
              "[DATA]]\n",
              stderr);
        return 2;
    }
    job j = {.method = words[1],
             .from = {.nodes = strtoul(words[2], NULL, 10),
                      .edges = strtoul(words[3], NULL, 10),
                      .least_levels = 2,
                      .most_levels = 4,
                      .rows = strtoul(words[4], NULL, 10),
                      .seed = strtoull(words[5], NULL, 10)},
             .repeats = count > 6 ? strtoul(words[6], NULL, 10) : 1,
             .path = count > 7 ? words[7] : NULL,
             .arena = caus_arena_new(0)};
    caus_error err = {0};
    if (!j.arena || caus_run_new(&(caus_run_options){.threads = 1}, &j.run,
                                 &err) != CAUS_OK)
        return fail(&err);
    int status = run(&j);
    caus_run_free(j.run);
    caus_arena_free(j.arena);
    return status;
}
