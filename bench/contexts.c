/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times J-PCMCI+ on numbers from standard input:
 *     bench_contexts ENVIRONMENTS ROWS VARIABLES CONTEXTS MAX_LAG REPEATS
 * Rows of one environment after another; the last CONTEXTS of the variables are
 * time contexts. Prints the best CPU seconds of a call, the number of tests and
 * the links: source, mark, target, lag.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "bench.h"
#include "caus/jpcmciplus.h"

enum { MOST_VARIABLES = 64, MOST_ENVIRONMENTS = 256 };

typedef struct job {
    size_t environments, rows, variables, contexts, max_lag, repeats;
    caus_arena *arena;
    caus_series parts[MOST_ENVIRONMENTS];
    const char *names[MOST_ENVIRONMENTS];
    caus_variable columns[MOST_VARIABLES];
    char texts[MOST_VARIABLES][24];
    caus_series series;
} job;

static bool read_part(job *j, size_t m)
{
    size_t count = j->rows * j->variables;
    double *values = CAUS_ARRAY(j->arena, double, count);
    for (size_t k = 0; values && k < count; k++)
        if (scanf("%lf", &values[k]) != 1)
            return false;
    j->names[m] = "environment";
    return values &&
           caus_series_from_values(NULL, j->variables, values, j->rows, 1,
                                   j->arena, &j->parts[m], NULL) == CAUS_OK;
}

static bool read_job(job *j, char **words)
{
    size_t *numbers[] = {&j->environments, &j->rows,    &j->variables,
                         &j->contexts,     &j->max_lag, &j->repeats};
    for (size_t k = 0; k < 6; k++)
        *numbers[k] = strtoul(words[k], NULL, 10);
    if (j->variables > MOST_VARIABLES || j->environments > MOST_ENVIRONMENTS ||
        !j->environments || !j->repeats)
        return false;
    for (size_t m = 0; m < j->environments; m++)
        if (!read_part(j, m))
            return false;
    for (size_t v = 0; v < j->variables; v++) {
        snprintf(j->texts[v], sizeof j->texts[v], "a%zu", v);
        j->columns[v] = caus_variable_default();
        j->columns[v].name = j->texts[v];
        if (v + j->contexts >= j->variables)
            j->columns[v].role = CAUS_ROLE_TIME_CONTEXT;
    }
    caus_status status = caus_series_pool(j->parts, j->names, j->environments,
                                          false, j->arena, &j->series, NULL);
    j->series.variables = j->columns;
    return status == CAUS_OK;
}

static void print_links(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                if (edge.source != CAUS_MARK_NONE)
                    printf("%zu %s %zu %zu\n", i, caus_edge_text(edge), j, lag);
            }
}

static caus_status time_calls(const job *j, caus_run *run, caus_error *err)
{
    caus_jpcmciplus_options options = caus_jpcmciplus_options_default();
    options.search.max_lag = j->max_lag;
    options.search.pc_alpha = .01;
    options.search.alpha = 1;
    options.search.level = 0;
    double best = 1e300;
    caus_jpcmciplus found = {0};
    for (size_t k = 0; k < j->repeats; k++) {
        caus_arena_mark mark = caus_arena_get_mark(j->arena);
        double start = cpu_seconds();
        CAUS_TRY(caus_discover_jpcmciplus(&j->series, &options, run, j->arena,
                                          &found, err));
        double taken = cpu_seconds() - start;
        best = taken < best ? taken : best;
        if (k + 1 < j->repeats)
            caus_arena_rewind(j->arena, mark);
    }
    printf("%.9f %llu\n", best, (unsigned long long)found.discovery.test_count);
    print_links(&found.discovery);
    return CAUS_OK;
}

int main(int count, char **words)
{
    static job j;
    caus_error err = {0};
    caus_run *run = NULL;
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    j.arena = caus_arena_new(0);
    if (count != 7 || !j.arena || !read_job(&j, words + 1) ||
        caus_run_new(&options, &run, &err) != CAUS_OK ||
        time_calls(&j, run, &err) != CAUS_OK) {
        fprintf(stderr,
                "usage: bench_contexts ENVIRONMENTS ROWS VARIABLES CONTEXTS "
                "MAX_LAG REPEATS < numbers; %s\n",
                err.message);
        return 1;
    }
    caus_run_free(run);
    caus_arena_free(j.arena);
    return 0;
}
