/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one method on numbers from standard input:
 *     bench_methods METHOD ENVIRONMENTS ROWS VARIABLES MAX_LAG ALPHA REPEATS
 *                   [MOST_CONDITIONS [PENALTY]]
 * Doubles as the machine has them, rows of one environment after another.
 * MOST_CONDITIONS bounds the sets that PC, FCI and the PCMCI family search,
 * PENALTY is that of ges, ges-turns and xges (2). Prints the best CPU seconds
 * of a call, then the links: source, mark, target, lag.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench.h"
#include "caus/additive.h"
#include "caus/dagma.h"
#include "caus/discrete.h"
#include "caus/fci.h"
#include "caus/jpcmciplus.h"
#include "caus/lingam.h"
#include "caus/lpcmci.h"
#include "caus/structure.h"

enum { MOST_ENVIRONMENTS = 64 };

/* One call's data and where it works. */
typedef struct job {
    const caus_series *series;
    size_t max_lag;
    double alpha;
    size_t max_conditions;
    double penalty;
    const caus_run *run;
    caus_arena *out;
} job;

typedef caus_status learn_fn(const job *j, caus_graph *graph, caus_error *err);

static caus_pcmci_options lagged_options(const job *j, caus_method method)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = method;
    options.max_lag = j->max_lag;
    options.alpha = options.pc_alpha = j->alpha;
    options.max_conditions = j->max_conditions;
    return options;
}

static caus_status learn_lagged(const job *j, caus_method method,
                                caus_graph *graph, caus_error *err)
{
    caus_pcmci_options options = lagged_options(j, method);
    caus_discovery found;
    CAUS_TRY(
        caus_discover_pcmci(j->series, &options, j->run, j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_pcmci(const job *j, caus_graph *graph, caus_error *err)
{
    return learn_lagged(j, CAUS_METHOD_PCMCI, graph, err);
}

static caus_status learn_pcmciplus(const job *j, caus_graph *graph,
                                   caus_error *err)
{
    return learn_lagged(j, CAUS_METHOD_PCMCIPLUS, graph, err);
}

static caus_status learn_jpcmciplus(const job *j, caus_graph *graph,
                                    caus_error *err)
{
    caus_jpcmciplus_options options = caus_jpcmciplus_options_default();
    caus_jpcmciplus found;
    options.search = lagged_options(j, CAUS_METHOD_JPCMCIPLUS);
    options.time_dummy = false;
    CAUS_TRY(caus_discover_jpcmciplus(j->series, &options, j->run, j->out,
                                      &found, err));
    *graph = found.discovery.graph;
    return CAUS_OK;
}

static caus_status learn_lpcmci(const job *j, caus_graph *graph,
                                caus_error *err)
{
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_discovery found;
    options.max_lag = j->max_lag;
    options.alpha = j->alpha;
    options.max_conditions = j->max_conditions;
    CAUS_TRY(
        caus_discover_lpcmci(j->series, &options, j->run, j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_pc(const job *j, caus_graph *graph, caus_error *err)
{
    caus_pc_options options = caus_pc_options_default();
    caus_discovery found;
    options.alpha = j->alpha;
    options.max_conditions = j->max_conditions;
    CAUS_TRY(
        caus_discover_pc(j->series, &options, j->run, j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_latent(const job *j, bool fast, caus_graph *graph,
                                caus_error *err)
{
    caus_fci_options options = caus_fci_options_default();
    caus_discovery found;
    options.alpha = j->alpha;
    options.max_conditions = j->max_conditions;
    options.fast = fast;
    CAUS_TRY(
        caus_discover_fci(j->series, &options, j->run, j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_fci(const job *j, caus_graph *graph, caus_error *err)
{
    return learn_latent(j, false, graph, err);
}

static caus_status learn_rfci(const job *j, caus_graph *graph, caus_error *err)
{
    return learn_latent(j, true, graph, err);
}

static caus_status learn_score(const job *j, caus_score_method search,
                               caus_graph *graph, caus_error *err)
{
    caus_score_options options = caus_score_options_default();
    caus_discovery found;
    options.search = search;
    options.penalty = j->penalty;
    CAUS_TRY(
        caus_discover_score(j->series, &options, j->run, j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_ges(const job *j, caus_graph *graph, caus_error *err)
{
    return learn_score(j, CAUS_SEARCH_GES, graph, err);
}

static caus_status learn_turning_ges(const job *j, caus_graph *graph,
                                     caus_error *err)
{
    return learn_score(j, CAUS_SEARCH_TURNING_GES, graph, err);
}

static caus_status learn_xges(const job *j, caus_graph *graph, caus_error *err)
{
    return learn_score(j, CAUS_SEARCH_XGES, graph, err);
}

static caus_status learn_lingam(const job *j, caus_graph *graph,
                                caus_error *err)
{
    caus_lingam found;
    CAUS_TRY(
        caus_discover_lingam(j->series, NULL, j->run, j->out, &found, err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status learn_dagma(const job *j, caus_graph *graph, caus_error *err)
{
    caus_dagma found;
    CAUS_TRY(caus_discover_dagma(j->series, NULL, j->run, j->out, &found, err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status learn_notears(const job *j, caus_graph *graph,
                                 caus_error *err)
{
    caus_dagma_options options = caus_notears_options_default();
    caus_dagma found;
    CAUS_TRY(
        caus_discover_dagma(j->series, &options, j->run, j->out, &found, err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status learn_additive(const job *j, caus_graph *graph,
                                  caus_error *err)
{
    caus_additive found;
    CAUS_TRY(
        caus_discover_additive(j->series, NULL, j->run, j->out, &found, err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status learn_counted(const job *j, caus_test test,
                                 caus_graph *graph, caus_error *err)
{
    caus_pc_options options = caus_pc_options_default();
    caus_discovery found;
    options.alpha = j->alpha;
    options.max_conditions = j->max_conditions;
    options.colliders = CAUS_COLLIDERS_MAJORITY;
    CAUS_TRY(caus_discover_discrete_pc(j->series, &options, test, j->run,
                                       j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_chisquared(const job *j, caus_graph *graph,
                                    caus_error *err)
{
    return learn_counted(j, CAUS_TEST_CHISQUARED, graph, err);
}

static caus_status learn_gsquared(const job *j, caus_graph *graph,
                                  caus_error *err)
{
    return learn_counted(j, CAUS_TEST_GSQUARED, graph, err);
}

static caus_status learn_bdeu(const job *j, caus_graph *graph, caus_error *err)
{
    caus_score_options options = caus_score_options_default();
    caus_discovery found;
    options.score = CAUS_SCORE_BDEU;
    options.penalty = 1;
    CAUS_TRY(
        caus_discover_score(j->series, &options, j->run, j->out, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static const struct {
    const char *name;
    learn_fn *learn;
} methods[] = {{"pcmci", learn_pcmci},
               {"pcmci+", learn_pcmciplus},
               {"lpcmci", learn_lpcmci},
               {"jpcmci+", learn_jpcmciplus},
               {"pc", learn_pc},
               {"fci", learn_fci},
               {"rfci", learn_rfci},
               {"ges", learn_ges},
               {"ges-turns", learn_turning_ges},
               {"xges", learn_xges},
               {"lingam", learn_lingam},
               {"dagma", learn_dagma},
               {"notears", learn_notears},
               {"additive", learn_additive},
               {"chisquared", learn_chisquared},
               {"gsquared", learn_gsquared},
               {"bdeu", learn_bdeu}};

static learn_fn *find_method(const char *name)
{
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        if (!strcmp(methods[k].name, name))
            return methods[k].learn;
    return NULL;
}

static caus_status read_series(char **words, size_t max_lag, caus_arena *arena,
                               caus_series *result, caus_error *err)
{
    size_t parts = strtoul(words[0], NULL, 10);
    size_t rows = strtoul(words[1], NULL, 10);
    size_t variables = strtoul(words[2], NULL, 10);
    static caus_series series[MOST_ENVIRONMENTS];
    static const char *names[MOST_ENVIRONMENTS];
    if (!parts || parts > MOST_ENVIRONMENTS)
        return caus_fail(err, CAUS_ERR_INVALID_ARGUMENT, "%zu environments",
                         parts);
    for (size_t m = 0; m < parts; m++) {
        double *values = CAUS_ARRAY(arena, double, rows *variables);
        if (!values || fread(values, sizeof *values, rows * variables, stdin) !=
                           rows * variables)
            return caus_fail(err, CAUS_ERR_IO, "the numbers end too early");
        names[m] = "environment";
        CAUS_TRY(caus_series_from_values(NULL, variables, values, rows,
                                         max_lag > 0, arena, &series[m], err));
    }
    *result = series[0];
    return parts == 1 ? CAUS_OK
                      : caus_series_pool(series, names, parts, false, arena,
                                         result, err);
}

static void print_links(const caus_graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                if (edge.source != CAUS_MARK_NONE && (lag > 0 || i < j))
                    printf("%zu %s %zu %zu\n", i, caus_edge_text(edge), j, lag);
            }
}

static caus_status run_job(char **words, job *j, caus_error *err)
{
    learn_fn *learn = find_method(words[0]);
    size_t repeats = strtoul(words[6], NULL, 10);
    caus_series series;
    caus_graph graph = {0};
    double best = 1e300;
    if (!learn || !repeats)
        return caus_fail(err, CAUS_ERR_INVALID_ARGUMENT, "no method %s",
                         words[0]);
    j->max_lag = strtoul(words[4], NULL, 10);
    j->alpha = strtod(words[5], NULL);
    j->max_conditions = words[7] ? strtoul(words[7], NULL, 10) : SIZE_MAX;
    j->penalty = words[7] && words[8] ? strtod(words[8], NULL) : 2;
    CAUS_TRY(read_series(words + 1, j->max_lag, j->out, &series, err));
    j->series = &series;
    for (size_t k = 0; k < repeats; k++) {
        caus_arena_mark mark = caus_arena_get_mark(j->out);
        double start = cpu_seconds();
        CAUS_TRY(learn(j, &graph, err));
        double taken = cpu_seconds() - start;
        best = taken < best ? taken : best;
        if (k + 1 < repeats)
            caus_arena_rewind(j->out, mark);
    }
    printf("%.9f\n", best);
    print_links(&graph);
    return CAUS_OK;
}

int main(int count, char **words)
{
    caus_error err = {0};
    caus_run *run = NULL;
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    job j = {.out = caus_arena_new(0)};
    caus_status status = CAUS_ERR_INVALID_ARGUMENT;
    if (count >= 8 && j.out && caus_run_new(&options, &run, &err) == CAUS_OK) {
        j.run = run;
        status = run_job(words + 1, &j, &err);
    }
    if (status != CAUS_OK)
        fprintf(stderr,
                "bench_methods METHOD ENVIRONMENTS ROWS VARIABLES MAX_LAG "
                "ALPHA REPEATS [MOST_CONDITIONS [PENALTY]] < doubles; %s\n",
                err.message);
    caus_run_free(run);
    caus_arena_free(j.out);
    return status == CAUS_OK ? 0 : 1;
}
