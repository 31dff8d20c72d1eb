/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times nearest-neighbour tests of independence.
 *     bench_cmiknn value ROWS CONDITIONS REPEATS
 * times one value of random data, columns already sorted, with k a fifth of the
 * rows: for every instruction set, and without ranks.
 *     bench_cmiknn pcmci FILE MAX_LAG SHUFFLES SHUFFLE_ALPHA REPEATS
 * times PCMCI at the level .05 on a file of numbers without names. Prints the
 * best CPU seconds of a call as JSON, and the links that were found.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench.h"
#include "caus/discovery.h"
#include "independence/cmiknn_internal.h"

/* What a value needs: a table, a sample, a test, and where to work. */
typedef struct bench {
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    caus_sample sample;
    caus_independence test;
} bench;

static caus_status start(bench *b, const double *values, size_t rows,
                         size_t columns, caus_error *err)
{
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    b->arena = caus_arena_new(0);
    if (!b->arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory");
    CAUS_TRY(caus_run_new(&options, &b->run, err));
    return caus_series_from_values(NULL, columns, values, rows, 1000000000,
                                   b->arena, &b->series, err);
}

static int stop(bench *b, caus_status status, const caus_error *err)
{
    if (status != CAUS_OK)
        fprintf(stderr, "bench_cmiknn: %s\n", err->message);
    caus_run_free(b->run);
    caus_arena_free(b->arena);
    return status == CAUS_OK ? 0 : 1;
}

/* The best time of one value, made as `state` says. */
static caus_status time_value(const bench *b, const caus_cmiknn *state,
                              const char *name, int repeats, caus_error *err)
{
    caus_ci_work *work;
    caus_ci_result result = {0};
    caus_ci_source source = {.node = 0};
    caus_node given[64];
    size_t count = b->series.variable_count - 2;
    for (size_t i = 0; i < count; i++)
        given[i] = (caus_node)(2 + i);
    CAUS_TRY(b->test.start(state, b->arena, &work, err));
    CAUS_TRY(b->test.condition(work, 1, given, count, err));
    double best = HUGE_VAL;
    for (int k = 0; k < repeats; k++) {
        double before = cpu_seconds();
        CAUS_TRY(b->test.test(work, &source, &result, err));
        best = fmin(best, cpu_seconds() - before);
    }
    printf("| %zu, %zu | %s | %.4f | %.17g |\n", b->sample.row_count, count,
           name, best * 1e3, result.statistic);
    return CAUS_OK;
}

static caus_status time_values(bench *b, int repeats, caus_error *err)
{
    caus_test_options options = caus_test_options_default();
    caus_sample_options sampling = {.longest_lag = 0};
    options.test = CAUS_TEST_CMIKNN;
    options.knn.shuffles = 0;
    CAUS_TRY(caus_sample_init(&b->series, &sampling, b->run, b->arena,
                              &b->sample, err));
    CAUS_TRY(caus_cmiknn_init(&options, &b->sample, NULL, b->run, b->arena,
                              &b->test, err));
    size_t count;
    const caus_neighbour_kernel *const *kernels =
        caus_neighbour_kernels(&count);
    caus_cmiknn state = *(const caus_cmiknn *)b->test.state;
    for (size_t k = 0; k < count; k++) {
        state.kernel = kernels[k];
        if (kernels[k]->is_usable())
            CAUS_TRY(time_value(b, &state, kernels[k]->name, repeats, err));
    }
    state.options.transform = CAUS_KNN_STANDARDISED;
    return time_value(b, &state, "standardised", repeats / 10 + 1, err);
}

static int bench_value(char **words)
{
    size_t rows = strtoul(words[0], NULL, 10);
    size_t columns = 2 + strtoul(words[1], NULL, 10);
    double *values = malloc(rows * columns * sizeof *values);
    if (!values || columns > 60)
        return 1;
    caus_random random;
    caus_random_init(&random, 1, 0);
    for (size_t k = 0; k < rows * columns; k++)
        values[k] = caus_random_normal(&random);
    bench b = {0};
    caus_error err = {0};
    caus_status status = start(&b, values, rows, columns, &err);
    if (status == CAUS_OK)
        status = time_values(&b, atoi(words[2]), &err);
    free(values);
    return stop(&b, status, &err);
}

static void print_links(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                size_t cell = caus_graph_cell(graph, i, j, lag);
                printf("%zu %zu %zu %d %.17g %.17g\n", i, j, lag,
                       *caus_edge_text(caus_graph_get(graph, i, j, lag)) != 0,
                       found->statistic[cell], found->p_value[cell]);
            }
}

static caus_status time_pcmci(bench *b, char **words, caus_error *err)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = strtoul(words[1], NULL, 10);
    options.level = 0;
    options.all_links = true;
    options.test.test = CAUS_TEST_CMIKNN;
    options.test.knn.shuffles = strtoul(words[2], NULL, 10);
    options.test.knn.shuffle_alpha = strtod(words[3], NULL);
    double best = HUGE_VAL;
    int repeats = atoi(words[4]);
    for (int k = 0; k < repeats; k++) {
        caus_discovery found;
        double before = cpu_seconds();
        CAUS_TRY(caus_discover_pcmci(&b->series, &options, b->run, b->arena,
                                     &found, err));
        best = fmin(best, cpu_seconds() - before);
        if (k + 1 == repeats) {
            printf("{\"cpu_s\": %.9f, \"tests\": %" PRIu64 "}\n", best,
                   found.test_count);
            print_links(&found);
        }
    }
    return CAUS_OK;
}

static int bench_pcmci(char **words)
{
    size_t columns;
    double *values = malloc(BENCH_MOST_VALUES * sizeof *values);
    size_t count = values ? read_values(words[0], values, &columns) : 0;
    bench b = {0};
    caus_error err = {.message = "no table of numbers"};
    caus_status status = CAUS_ERR_INVALID_DATA;
    if (count)
        status = start(&b, values, count / columns, columns, &err);
    if (status == CAUS_OK)
        status = time_pcmci(&b, words, &err);
    free(values);
    return stop(&b, status, &err);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "value") == 0)
        return bench_value(argv + 2);
    if (argc == 7 && strcmp(argv[1], "pcmci") == 0)
        return bench_pcmci(argv + 2);
    fprintf(stderr,
            "usage: bench_cmiknn value ROWS CONDITIONS REPEATS\n"
            "       bench_cmiknn pcmci FILE MAX_LAG SHUFFLES SHUFFLE_ALPHA "
            "REPEATS\n");
    return 2;
}
