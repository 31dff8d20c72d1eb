/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The additive learner on random graphs; bench/additive.sh starts it, puts
 * peers beside it and says how.
 *
 *   bench_additive SHAPE NODES EDGES ROWS SEED [VALUES [NAME=NUMBER...]]
 *
 * prints one line of JSON: CPU seconds, distances to the true graph and the
 * true edges; VALUES is a file for the data, - for none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caus/structure.h"
#include "property/additive/world.h"

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct settings {
    world_options world;
    caus_additive_options learner;
    int threads;
    const char *path;
} settings;

static bool set(settings *s, const char *word)
{
    const char *mark = strchr(word, '=');
    double value = mark ? strtod(mark + 1, NULL) : 0;
    size_t length = mark ? (size_t)(mark - word) : 0;
    caus_additive_options *o = &s->learner;
    if (length == 5 && !strncmp(word, "basis", length))
        o->basis = (size_t)value;
    else if (length == 7 && !strncmp(word, "penalty", length))
        o->penalty = value;
    else if (length == 5 && !strncmp(word, "alpha", length))
        o->alpha = value;
    else if (length == 7 && !strncmp(word, "parents", length))
        o->max_parents = (size_t)value;
    else if (length == 6 && !strncmp(word, "starts", length))
        o->starts = (size_t)value;
    else if (length == 8 && !strncmp(word, "evidence", length))
        o->evidence = value;
    else if (length == 7 && !strncmp(word, "threads", length))
        s->threads = (int)value;
    else if (length == 3 && !strncmp(word, "lag", length))
        s->world.lag = o->max_lag = (size_t)value;
    else
        return false;
    return true;
}

static bool read_words(int count, char **words, settings *s)
{
    static const char *const shapes[] = {"linear", "quadratic", "sigmoid",
                                         "gaussian", "joint"};
    *s = (settings){.learner = caus_additive_options_default(), .threads = 1};
    if (count < 6)
        return false;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        if (!strcmp(words[1], shapes[k]))
            s->world.shape = (world_shape)k;
    s->world.nodes = strtoul(words[2], NULL, 10);
    s->world.edges = strtoul(words[3], NULL, 10);
    s->world.rows = strtoul(words[4], NULL, 10);
    s->world.seed = strtoull(words[5], NULL, 10);
    s->path = count > 6 && strcmp(words[6], "-") ? words[6] : NULL;
    for (int k = 7; k < count; k++)
        if (!set(s, words[k]))
            return false;
    return s->world.nodes > 1 && s->world.rows > 0;
}

static void print_edges(const char *name, const caus_graph *graph)
{
    const char *comma = "";
    printf(",\"%s\":[", name);
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++) {
            if (i == j)
                continue;
            caus_edge edge = caus_graph_get(graph, i, j, 0);
            if (edge.target == CAUS_MARK_ARROW ||
                (i < j && edge.target == CAUS_MARK_TAIL &&
                 edge.source == CAUS_MARK_TAIL)) {
                printf("%s[%zu,%zu,%d]", comma, i, j,
                       edge.target == CAUS_MARK_ARROW);
                comma = ",";
            }
        }
    printf("]");
}

static caus_status save(const world *made, const char *path, caus_error *err)
{
    size_t count = made->dag.node_count * caus_series_row_count(&made->series);
    FILE *file = path ? fopen(path, "wb") : NULL;
    if (!path)
        return CAUS_OK;
    size_t written =
        file ? fwrite(made->values, sizeof(double), count, file) : 0;
    if (file)
        fclose(file);
    if (written != count)
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot write %s", path);
    return CAUS_OK;
}

static size_t shared_pairs(const caus_graph *a, const caus_graph *b)
{
    size_t both = 0;
    for (size_t i = 0; i < a->node_count; i++)
        for (size_t j = i + 1; j < a->node_count; j++)
            both += caus_graph_get(a, i, j, 0).source != CAUS_MARK_NONE &&
                    caus_graph_get(b, i, j, 0).source != CAUS_MARK_NONE;
    return both;
}

static caus_status learn(const settings *s, const caus_run *run,
                         caus_arena *out, caus_error *err)
{
    world made;
    caus_additive found;
    caus_discovery linear;
    caus_graph completed, own;
    size_t wrong, wrong_linear, wrong_class = 0, linear_class = 0;
    CAUS_TRY(world_make(&s->world, out, &made, err));
    CAUS_TRY(save(&made, s->path, err));
    double from = now_s();
    CAUS_TRY(caus_discover_additive(&made.series, &s->learner, run, out, &found,
                                    err));
    double cpu = now_s() - from;
    CAUS_TRY(caus_graph_distance(&found.found.graph, &made.dag, &wrong, err));
    printf("{\"cpu_s\":%.6f,\"shd\":%zu,\"edges\":%zu,\"found\":%zu,"
           "\"pairs\":%zu,\"looks\":%llu",
           cpu, wrong, caus_graph_edge_count(&made.dag),
           caus_graph_edge_count(&found.found.graph),
           shared_pairs(&made.dag, &found.found.graph),
           (unsigned long long)found.found.test_count);
    if (!s->world.lag) {
        from = now_s();
        CAUS_TRY(
            caus_discover_score(&made.series, NULL, run, out, &linear, err));
        cpu = now_s() - from;
        CAUS_TRY(
            caus_graph_distance(&linear.graph, &made.dag, &wrong_linear, err));
        CAUS_TRY(caus_graph_complete(&made.dag, out, &completed, err));
        CAUS_TRY(
            caus_graph_distance(&linear.graph, &completed, &linear_class, err));
        if (!(s->learner.evidence > 0)) {
            CAUS_TRY(caus_graph_complete(&found.found.graph, out, &own, err));
            CAUS_TRY(caus_graph_distance(&own, &completed, &wrong_class, err));
        } else {
            CAUS_TRY(caus_graph_distance(&found.found.graph, &completed,
                                         &wrong_class, err));
        }
        printf(",\"class\":%zu,\"xges_cpu_s\":%.6f,\"xges_shd\":%zu,"
               "\"xges_class\":%zu",
               wrong_class, cpu, wrong_linear, linear_class);
    }
    print_edges("true", &made.dag);
    print_edges("learned", &found.found.graph);
    printf("}\n");
    return CAUS_OK;
}

int main(int count, char **words)
{
    settings s;
    caus_error err = {0};
    caus_run *run = NULL;
    if (!read_words(count, words, &s)) {
        fprintf(stderr, "usage: bench_additive SHAPE NODES EDGES ROWS SEED "
                        "[VALUES [NAME=NUMBER...]]\n");
        return 2;
    }
    caus_run_options options = {.threads = s.threads, .seed = 1};
    caus_arena *out = caus_arena_new(0);
    caus_status status = caus_run_new(&options, &run, &err);
    if (status == CAUS_OK)
        status = learn(&s, run, out, &err);
    caus_run_free(run);
    caus_arena_free(out);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_additive: %s\n", err.message);
    return status == CAUS_OK ? 0 : 1;
}
