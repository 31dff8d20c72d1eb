/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times the tests gpdc and rcot.
 *     bench_kernel pcmci FILE TEST MAX_LAG REPEATS
 * times PCMCI at the level .05 on a file of numbers without names. Prints the
 * best CPU seconds of a call as JSON, then every link: source, target, lag,
 * whether it is there, statistic, p-value.
 *     bench_kernel ask FILE TEST REPEATS CONDITIONS
 * asks whether the first two columns are independent given the next CONDITIONS
 * ones; prints the best CPU seconds, the statistic and the p-value.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "caus/discovery.h"
#include "caus/series.h"
#include "caus/single_test.h"

enum { MOST_GIVEN = 60 };

typedef struct bench {
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    caus_test test;
} bench;

static caus_status start(bench *b, const char *path, const char *test,
                         caus_error *err)
{
    caus_run_options options = caus_run_options_default();
    size_t columns;
    options.threads = 1;
    b->arena = caus_arena_new(0);
    if (!b->arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory");
    CAUS_TRY(caus_run_new(&options, &b->run, err));
    double *values =
        caus_arena_array(b->arena, BENCH_MOST_VALUES, sizeof *values);
    size_t count = values ? read_values(path, values, &columns) : 0;
    if (!count || !caus_test_from_name(test, &b->test))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "no table of numbers, or no such test");
    return caus_series_from_values(NULL, columns, values, count / columns,
                                   1000000000, b->arena, &b->series, err);
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
    options.max_lag = strtoul(words[0], NULL, 10);
    options.level = 0;
    options.all_links = true;
    options.test.test = b->test;
    double best = HUGE_VAL;
    int repeats = atoi(words[1]);
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

static caus_status time_question(bench *b, char **words, caus_error *err)
{
    caus_ci_options options = caus_ci_options_default();
    caus_lagged given[MOST_GIVEN];
    caus_ci_question question = {.source = {0, 0},
                                 .target = {1, 0},
                                 .conditions = given,
                                 .condition_count =
                                     strtoul(words[1], NULL, 10)};
    options.test.test = b->test;
    if (question.condition_count > MOST_GIVEN)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT, "too many conditions");
    for (size_t k = 0; k < question.condition_count; k++)
        given[k] = (caus_lagged){.variable = 2 + k};
    double best = HUGE_VAL;
    caus_ci_answer answer = {0};
    for (int k = atoi(words[0]); k > 0; k--) {
        caus_ci_tester *tester;
        CAUS_TRY(
            caus_ci_tester_new(&b->series, &options, b->run, &tester, err));
        double before = cpu_seconds();
        caus_status status =
            caus_ci_tester_ask(tester, &question, &answer, err);
        best = fmin(best, cpu_seconds() - before);
        caus_ci_tester_free(tester);
        CAUS_TRY(status);
    }
    printf("{\"cpu_s\": %.9f, \"statistic\": %.17g, \"p_value\": %.17g}\n",
           best, answer.statistic, answer.p_value);
    return CAUS_OK;
}

int main(int argc, char **argv)
{
    bool is_pcmci = argc == 6 && strcmp(argv[1], "pcmci") == 0;
    if (!is_pcmci && !(argc == 6 && strcmp(argv[1], "ask") == 0)) {
        fprintf(stderr, "usage: bench_kernel pcmci FILE TEST MAX_LAG REPEATS\n"
                        "       bench_kernel ask FILE TEST REPEATS "
                        "CONDITIONS\n");
        return 2;
    }
    bench b = {0};
    caus_error err = {0};
    caus_status status = start(&b, argv[2], argv[3], &err);
    if (status == CAUS_OK)
        status = is_pcmci ? time_pcmci(&b, argv + 4, &err)
                          : time_question(&b, argv + 4, &err);
    if (status != CAUS_OK)
        fprintf(stderr, "bench_kernel: %s\n", err.message);
    caus_run_free(b.run);
    caus_arena_free(b.arena);
    return status == CAUS_OK ? 0 : 1;
}
