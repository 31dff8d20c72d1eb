/* SPDX-License-Identifier: Apache-2.0 */
/* By how much a target moves, in its unit, for one unit of a source. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"
#include "independence/independence.h"
#include "numeric/numeric.h"

typedef struct slopes {
    const caus_graph *graph;
    const unsigned char *labels; /* caus_edge_environments by cell; NULL */
    size_t environment;          /* whose rows are looked at */
    caus_sample sample;
    caus_lagged *conditions;
    double *columns; /* [(conditions + 2) × rows] gathered */
    double *basis;   /* likewise */
    size_t *rows;    /* [rows] of the sample without a missing value */
    size_t row_count;
} slopes;

static bool is_lost(const slopes *job, size_t row, caus_node node)
{
    for (int role = 0; role < CAUS_TEST_ROLE_COUNT; role++) {
        const uint64_t *const *invalid = job->sample.invalid[role];
        if (invalid && invalid[node] &&
            (invalid[node][row / 64] >> (row % 64) & 1))
            return true;
    }
    return false;
}

static caus_node node_of(const slopes *job, caus_lagged at)
{
    return caus_node_of(&job->sample, at.variable, at.lag);
}

static void find_rows(slopes *job, size_t count)
{
    job->row_count = 0;
    for (size_t r = 0; r < job->sample.row_count; r++) {
        bool lost = false;
        for (size_t c = 0; c < count && !lost; c++)
            lost = is_lost(job, r, node_of(job, job->conditions[c]));
        if (!lost)
            job->rows[job->row_count++] = r;
    }
}

/* In the variable's unit again: the sample scales by a power of two. */
static void copy(const slopes *job, caus_lagged at, double *column)
{
    caus_node node = node_of(job, at);
    for (size_t i = 0; i < job->row_count; i++)
        column[i] = caus_node_value(&job->sample, job->rows[i], node) /
                    job->sample.scale[at.variable];
}

/* Least squares of the target on the source and the conditions, the last two of
 * the list. NaN where the conditions determine the source. */
static double slope_of(slopes *job, size_t count)
{
    find_rows(job, count);
    size_t rows = job->row_count;
    if (rows < count + 10)
        return (double)NAN;
    caus_basis basis = {.columns = job->basis, .row_count = rows};
    double *column = job->columns;
    for (size_t i = 0; i < rows; i++)
        column[i] = 1;
    caus_basis_add(&basis, column);
    for (size_t c = 0; c + 2 < count; c++) {
        copy(job, job->conditions[c], column);
        caus_basis_add(&basis, column);
    }
    double *source = column + rows, *target = source + rows;
    copy(job, job->conditions[count - 2], source);
    copy(job, job->conditions[count - 1], target);
    if (!caus_basis_project(&basis, source))
        return (double)NAN;
    return caus_dot(source, target, rows) / caus_dot(source, source, rows);
}

/* In an incident queues and time-outs bend every line: what normal operation
 * shows is measured there. */
static bool is_of_environment(const slopes *job, size_t cell)
{
    if (!job->labels)
        return true;
    bool in_incident = job->labels[cell] == CAUS_EDGE_INCIDENT_ONLY;
    return in_incident == (job->environment == 1);
}

static void fill(slopes *job, double *effect)
{
    const caus_graph *graph = job->graph;
    size_t nodes = graph->node_count, lags = graph->max_lag + 1;
    for (size_t cell = 0; cell < nodes * nodes * lags; cell++) {
        size_t i = cell / lags / nodes, j = cell / lags % nodes;
        size_t lag = cell % lags;
        if (!caus_incident_is_parent(graph, i, j, lag) || i == j ||
            !is_of_environment(job, cell) ||
            lag + CAUS_INCIDENT_REACH > job->sample.longest_lag)
            continue;
        size_t count =
            caus_incident_list_conditions(graph, i, j, lag, job->conditions);
        job->conditions[count++] = (caus_lagged){i, lag};
        job->conditions[count++] = (caus_lagged){j, 0};
        effect[cell] = slope_of(job, count);
    }
}

static caus_status prepare(slopes *job, const caus_series *series,
                           size_t longest, const caus_run *run,
                           caus_arena *scratch, caus_error *err)
{
    caus_sample_options options = {.longest_lag = longest};
    CAUS_TRY(
        caus_sample_init(series, &options, run, scratch, &job->sample, err));
    size_t nodes = job->graph->node_count;
    size_t most = nodes * (longest + 1) + 3, rows = job->sample.row_count;
    job->conditions = CAUS_ARRAY(scratch, caus_lagged, most);
    job->columns = CAUS_ARRAY(scratch, double, 3 * rows);
    job->basis = CAUS_ARRAY(scratch, double, most *rows);
    job->rows = CAUS_ARRAY(scratch, size_t, rows);
    if (!job->conditions || !job->columns || !job->basis || !job->rows)
        return caus_arena_fail(scratch, err);
    return CAUS_OK;
}

/* The longest lag of a link with an arrow, and what its conditions reach. */
static size_t find_longest(const caus_graph *graph)
{
    size_t longest = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t k = 0; i != j && k <= graph->max_lag; k++)
                if (caus_incident_is_parent(graph, i, j, k) && k > longest)
                    longest = k;
    return longest + CAUS_INCIDENT_REACH;
}

static caus_status measure(slopes *job, const caus_series *series,
                           const caus_run *run, caus_arena *scratch,
                           double *effect, caus_error *err)
{
    size_t environments = job->labels ? 2 : 1;
    for (size_t e = 0; e < environments; e++) {
        caus_series view = *series;
        job->environment = e;
        if (job->labels &&
            !caus_incident_view_environment(series, e, scratch, &view))
            return caus_arena_fail(scratch, err);
        caus_status status =
            prepare(job, &view, find_longest(job->graph), run, scratch, err);
        if (status == CAUS_OK)
            fill(job, effect);
        else if (status != CAUS_ERR_TOO_FEW_SAMPLES)
            return status;
    }
    return CAUS_OK;
}

caus_status caus_incident_measure(const caus_series *series,
                                  const caus_discovery *found,
                                  const caus_run *run, caus_arena *out,
                                  const double **effect, caus_error *err)
{
    const caus_graph *graph = &found->graph;
    size_t cells = graph->node_count * graph->node_count * (graph->max_lag + 1);
    double *made = CAUS_ARRAY(out, double, cells);
    caus_arena *scratch = caus_arena_new(caus_run_memory_limit_bytes(run));
    if (!made || !scratch) {
        caus_arena_free(scratch);
        return caus_arena_fail(out, err);
    }
    for (size_t cell = 0; cell < cells; cell++)
        made[cell] = (double)NAN;
    slopes job = {.graph = graph, .labels = found->environments};
    caus_status status = measure(&job, series, run, scratch, made, err);
    caus_arena_free(scratch);
    if (status == CAUS_OK)
        *effect = made;
    return status;
}
