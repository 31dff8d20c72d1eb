/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a link holds in each environment alone, and given the load. */
#include <math.h>
#include <string.h>

#include "caus/single_test.h"
#include "discovery/incident_internal.h"

enum { LOAD_LAGS = 2 };

typedef struct replication {
    const caus_series *series;
    const caus_graph *graph;
    double alpha;
    const caus_run *run;
    caus_lagged *conditions; /* room for all */
} replication;

bool caus_incident_view_environment(const caus_series *series,
                                    size_t environment, caus_arena *out,
                                    caus_series *view)
{
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!segments)
        return false;
    *view = *series;
    view->segments = segments;
    view->segment_count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        if (series->segments[s].environment ==
            series->environments[environment].id)
            segments[view->segment_count++] = series->segments[s];
    }
    return true;
}

bool caus_incident_is_parent(const caus_graph *graph, size_t source,
                             size_t target, size_t lag)
{
    caus_edge edge = caus_graph_get(graph, source, target, lag);
    return edge.target == CAUS_MARK_ARROW && edge.source == CAUS_MARK_TAIL;
}

/* The load at lags 0 to 2 from both ends, unless one is a load itself. */
static size_t list_load(const replication *job, size_t source, size_t target,
                        size_t lag, size_t place)
{
    const caus_variable *variables = job->series->variables;
    size_t nodes = job->graph->node_count, count = 0;
    if (job->series->variable_count == nodes ||
        caus_symptom_of(&variables[source]) == CAUS_SYMPTOM_LOAD ||
        caus_symptom_of(&variables[target]) == CAUS_SYMPTOM_LOAD)
        return 0;
    for (size_t k = 0; k <= lag + LOAD_LAGS; k++)
        if (k <= LOAD_LAGS || k >= lag)
            job->conditions[place + count++] = (caus_lagged){nodes, k};
    return count;
}

size_t caus_incident_list_conditions(const caus_graph *graph, size_t source,
                                     size_t target, size_t lag,
                                     caus_lagged *conditions)
{
    size_t count = 0;
    for (size_t v = 0; v < graph->node_count; v++) {
        for (size_t k = 0;
             k <= graph->max_lag && k <= lag + CAUS_INCIDENT_REACH; k++) {
            if ((k == 0 && (v == target || v == source)) ||
                (v == source && k == lag))
                continue;
            bool of_target = caus_incident_is_parent(graph, v, target, k);
            bool of_source =
                k > lag && caus_incident_is_parent(graph, v, source, k - lag);
            if (of_target || of_source)
                conditions[count++] = (caus_lagged){v, k};
        }
    }
    return count;
}

static caus_status ask(const replication *job, caus_ci_tester *tester,
                       size_t source, size_t target, size_t lag,
                       caus_ci_answer *answer, caus_error *err)
{
    caus_ci_question question = {.source = {source, lag},
                                 .target = {target, 0},
                                 .conditions = job->conditions};
    size_t count = caus_incident_list_conditions(job->graph, source, target,
                                                 lag, job->conditions);
    question.condition_count =
        count + list_load(job, source, target, lag, count);
    return caus_ci_tester_ask(tester, &question, answer, err);
}

static bool is_stored(const caus_graph *graph, size_t source, size_t target,
                      size_t lag)
{
    return graph->cells[caus_graph_cell(graph, source, target, lag)].target !=
           CAUS_MARK_NONE;
}

static bool has_links(const caus_graph *graph, size_t lag)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            if (is_stored(graph, i, j, lag))
                return true;
    return false;
}

/* All links of one lag: the rows before lag + CAUS_INCIDENT_REACH are lost to
 * them alone. */
static caus_status test_lag(const replication *job, const caus_series *view,
                            size_t lag, caus_ci_answer *answers,
                            caus_error *err)
{
    const caus_graph *graph = job->graph;
    if (!has_links(graph, lag))
        return CAUS_OK;
    caus_ci_options options = caus_ci_options_default();
    options.longest_lag = lag + CAUS_INCIDENT_REACH;
    caus_ci_tester *tester;
    CAUS_TRY(caus_ci_tester_new(view, &options, job->run, &tester, err));
    caus_status status = CAUS_OK;
    for (size_t i = 0; status == CAUS_OK && i < graph->node_count; i++) {
        for (size_t j = 0; status == CAUS_OK && j < graph->node_count; j++) {
            if (!is_stored(graph, i, j, lag))
                continue;
            /* At lag 0 the effect is the target: its parents are conditions. */
            bool back = lag == 0 && caus_incident_is_parent(graph, j, i, 0);
            status = ask(job, tester, back ? j : i, back ? i : j, lag,
                         &answers[caus_graph_cell(graph, i, j, lag)], err);
        }
    }
    caus_ci_tester_free(tester);
    return status;
}

static caus_edge_environments compare(const replication *job,
                                      const caus_ci_answer *before,
                                      const caus_ci_answer *after)
{
    if (before->undetermined && after->undetermined)
        return CAUS_EDGE_POOLED;
    bool was = !before->undetermined && before->p_value <= job->alpha;
    bool is = !after->undetermined && after->p_value <= job->alpha;
    if (was && is)
        return signbit(before->statistic) == signbit(after->statistic)
                   ? CAUS_EDGE_REPLICATED
                   : CAUS_EDGE_CHANGED;
    if (was)
        return CAUS_EDGE_BASELINE_ONLY;
    return is ? CAUS_EDGE_INCIDENT_ONLY : CAUS_EDGE_POOLED;
}

static void write_labels(const replication *job,
                         caus_ci_answer *const answers[2],
                         unsigned char *labels)
{
    const caus_graph *graph = job->graph;
    size_t lags = graph->max_lag + 1;
    for (size_t i = 0; i < graph->node_count; i++) {
        for (size_t j = 0; j < graph->node_count; j++) {
            for (size_t k = 0; k < lags; k++) {
                size_t cell = caus_graph_cell(graph, i, j, k);
                if (!is_stored(graph, i, j, k))
                    continue;
                labels[cell] = (unsigned char)compare(job, &answers[0][cell],
                                                      &answers[1][cell]);
                if (k == 0) /* marked once, but labelled twice */
                    labels[caus_graph_cell(graph, j, i, 0)] = labels[cell];
            }
        }
    }
}

/* All links of a series, of which there is an answer each in `answers`. */
static caus_status test_all(const replication *job, const caus_series *view,
                            caus_ci_answer *answers, caus_error *err)
{
    for (size_t k = 0; k <= job->graph->max_lag; k++) {
        caus_status status = test_lag(job, view, k, answers, err);
        if (status != CAUS_ERR_TOO_FEW_SAMPLES)
            CAUS_TRY(status);
    }
    return CAUS_OK;
}

static size_t count_cells(const caus_graph *graph)
{
    return graph->node_count * graph->node_count * (graph->max_lag + 1);
}

static bool make_room(replication *job, caus_arena *scratch)
{
    size_t columns = job->series->variable_count;
    job->conditions =
        CAUS_ARRAY(scratch, caus_lagged,
                   columns * (job->graph->max_lag + CAUS_INCIDENT_REACH + 2));
    return job->conditions != NULL;
}

static caus_status replicate(replication *job, caus_arena *scratch,
                             unsigned char *labels, caus_error *err)
{
    caus_ci_answer *answers[2];
    if (!make_room(job, scratch))
        return caus_arena_fail(scratch, err);
    for (size_t e = 0; e < 2; e++) {
        caus_series view;
        answers[e] =
            CAUS_ARRAY(scratch, caus_ci_answer, count_cells(job->graph));
        if (!answers[e] ||
            !caus_incident_view_environment(job->series, e, scratch, &view))
            return caus_arena_fail(scratch, err);
        CAUS_TRY(test_all(job, &view, answers[e], err));
    }
    write_labels(job, answers, labels);
    return CAUS_OK;
}

caus_status
caus_incident_replicate(const caus_series *series, const caus_graph *graph,
                        const caus_run *run, double alpha, caus_arena *out,
                        const unsigned char **labels, caus_error *err)
{
    unsigned char *made = CAUS_ARRAY(out, unsigned char, count_cells(graph));
    caus_arena *scratch = caus_arena_new(caus_run_memory_limit_bytes(run));
    if (!made || !scratch) {
        caus_arena_free(scratch);
        return caus_arena_fail(out, err);
    }
    replication job = {
        .series = series, .graph = graph, .alpha = alpha, .run = run};
    caus_status status = replicate(&job, scratch, made, err);
    caus_arena_free(scratch);
    if (status == CAUS_OK)
        *labels = made;
    return status;
}

static caus_status hold_against_load(replication *job,
                                     const caus_discovery *pooled,
                                     caus_arena *scratch, double *p_value,
                                     caus_error *err)
{
    const caus_graph *graph = job->graph;
    size_t nodes = graph->node_count, lags = graph->max_lag + 1;
    caus_ci_answer *answers =
        CAUS_ARRAY(scratch, caus_ci_answer, count_cells(graph));
    if (!answers || !make_room(job, scratch))
        return caus_arena_fail(scratch, err);
    CAUS_TRY(test_all(job, job->series, answers, err));
    for (size_t cell = 0; cell < count_cells(graph); cell++) {
        const caus_ci_answer *found = &answers[cell];
        size_t i = cell / lags / nodes, j = cell / lags % nodes;
        if (graph->cells[cell].target == CAUS_MARK_NONE)
            continue;
        bool holds =
            !found->undetermined &&
            signbit(found->statistic) == signbit(pooled->statistic[cell]);
        p_value[cell] = holds ? found->p_value : 1;
        if (cell % lags == 0)
            p_value[caus_graph_cell(graph, j, i, 0)] = p_value[cell];
    }
    return CAUS_OK;
}

caus_status caus_incident_hold_load(const caus_series *series,
                                    const caus_discovery *pooled,
                                    const caus_run *run, caus_arena *out,
                                    const double **p_value, caus_error *err)
{
    double *made = CAUS_ARRAY(out, double, count_cells(&pooled->graph));
    caus_arena *scratch = caus_arena_new(caus_run_memory_limit_bytes(run));
    if (!made || !scratch) {
        caus_arena_free(scratch);
        return caus_arena_fail(out, err);
    }
    replication job = {.series = series, .graph = &pooled->graph, .run = run};
    caus_status status = hold_against_load(&job, pooled, scratch, made, err);
    caus_arena_free(scratch);
    if (status == CAUS_OK)
        *p_value = made;
    return status;
}
