/* SPDX-License-Identifier: Apache-2.0 */
/* Standardised effects of every variable on every other, and through which. */
#include <math.h>
#include <string.h>

#include "estimation/estimation_internal.h"

typedef struct call {
    const caus_series *series;
    const caus_run *run;
    caus_arena *scratch;
    caus_arena *out;
    caus_causes causes;
    double *direct; /* in `out`, as the next */
    double *total;
    double *effect, *susceptibility, *mediated;
} call;

static inline size_t place_of(const caus_causes *causes, size_t lag,
                              size_t target, size_t source)
{
    return (lag * causes->variable_count + target) * causes->variable_count +
           source;
}

static caus_status fit_variable(const call *c, size_t target, caus_error *err)
{
    const caus_causes *causes = &c->causes;
    const caus_lagged *parents = causes->nodes + causes->first[target];
    size_t count = causes->first[target + 1] - causes->first[target];
    double *slopes = CAUS_ARRAY(c->scratch, double, count);
    if (!slopes)
        return caus_arena_fail(c->scratch, err);
    caus_least_squares task = {.series = c->series,
                               .target = {target, 0},
                               .causes = parents,
                               .cause_count = count,
                               .named_count = count,
                               .first_row = causes->max_lag,
                               .is_standardised = true};
    if (count)
        CAUS_TRY(caus_least_squares_fit(&task, c->run, slopes, NULL, err));
    for (size_t k = 0; k < count; k++)
        c->direct[place_of(causes, parents[k].lag, target,
                           parents[k].variable)] = slopes[k];
    return CAUS_OK;
}

/*
 * What reaches a target at a lag from every source: over its parents, the
 * direct effect times what reached the parent that many steps before. Lags and
 * variables come in the order of causes, so that is known.
 */
static void reach(const caus_causes *causes, const double *direct, size_t lag,
                  size_t target, double *total)
{
    size_t count = causes->variable_count;
    double *row = total + place_of(causes, lag, target, 0);
    memset(row, 0, count * sizeof *row);
    if (lag == 0)
        row[target] = 1;
    for (size_t k = causes->first[target]; k < causes->first[target + 1]; k++) {
        caus_lagged parent = causes->nodes[k];
        if (parent.lag > lag)
            continue;
        double slope =
            direct[place_of(causes, parent.lag, target, parent.variable)];
        const double *from =
            total + place_of(causes, lag - parent.lag, parent.variable, 0);
        for (size_t source = 0; source < count; source++)
            row[source] += slope * from[source];
    }
}

/* Total effects over paths that avoid some variables; NULL = none. */
static void reach_all(const caus_causes *causes, const double *direct,
                      const bool *without, double *total)
{
    for (size_t lag = 0; lag <= causes->max_lag; lag++)
        for (size_t place = 0; place < causes->variable_count; place++) {
            size_t target = causes->order[place];
            if (!without || !without[target])
                reach(causes, direct, lag, target, total);
        }
}

/* The largest size over lags of what is in `total` and not in `less`. */
static double largest(const caus_causes *causes, const double *total,
                      const double *less, size_t target, size_t source)
{
    double most = 0;
    for (size_t lag = 0; lag <= causes->max_lag; lag++) {
        size_t place = place_of(causes, lag, target, source);
        most = fmax(most, fabs(total[place] - (less ? less[place] : 0)));
    }
    return most;
}

static void average(const call *c)
{
    size_t count = c->causes.variable_count;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            if (i == j)
                continue;
            double most = largest(&c->causes, c->total, NULL, j, i);
            c->effect[i] += most / (double)(count - 1);
            c->susceptibility[j] += most / (double)(count - 1);
        }
}

static caus_status average_mediated(const call *c, caus_error *err)
{
    size_t count = c->causes.variable_count;
    size_t cells = count * count * (c->causes.max_lag + 1);
    double *less = CAUS_ARRAY(c->scratch, double, cells);
    bool *without = CAUS_ARRAY(c->scratch, bool, count);
    if (!less || !without)
        return caus_arena_fail(c->scratch, err);
    double pairs = (double)(count - 1) * ((double)count - 2);
    for (size_t k = 0; count > 2 && k < count; k++) {
        CAUS_TRY(caus_run_check(c->run, err));
        memset(less, 0, cells * sizeof *less);
        without[k] = true;
        reach_all(&c->causes, c->direct, without, less);
        without[k] = false;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count; j++)
                if (i != j && i != k && j != k)
                    c->mediated[k] +=
                        largest(&c->causes, c->total, less, j, i) / pairs;
    }
    return CAUS_OK;
}

static caus_status mediate(call *c, const caus_graph *graph, caus_error *err)
{
    size_t count = graph->node_count;
    size_t cells = count * count * (graph->max_lag + 1);
    c->direct = CAUS_ARRAY(c->out, double, cells);
    c->total = CAUS_ARRAY(c->out, double, cells);
    c->effect = CAUS_ARRAY(c->out, double, count);
    c->susceptibility = CAUS_ARRAY(c->out, double, count);
    c->mediated = CAUS_ARRAY(c->out, double, count);
    if (!c->direct || !c->total || !c->effect || !c->susceptibility ||
        !c->mediated)
        return caus_arena_fail(c->out, err);
    CAUS_TRY(caus_causes_init(graph, c->scratch, &c->causes, err));
    for (size_t v = 0; v < count; v++) {
        CAUS_TRY(caus_run_check(c->run, err));
        CAUS_TRY(fit_variable(c, v, err));
    }
    reach_all(&c->causes, c->direct, NULL, c->total);
    average(c);
    return average_mediated(c, err);
}

caus_status caus_mediation_linear(const caus_series *series,
                                  const caus_graph *graph, const caus_run *run,
                                  caus_arena *out, caus_mediation *result,
                                  caus_error *err)
{
    call c = {.series = series,
              .run = run,
              .scratch = caus_run_scratch(run, 0),
              .out = out};
    CAUS_TRY(caus_estimation_check(series, graph, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(c.scratch);
    caus_status status = mediate(&c, graph, err);
    caus_arena_rewind(c.scratch, scratch_mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = (caus_mediation){.graph = graph,
                               .direct = c.direct,
                               .total = c.total,
                               .average_effect = c.effect,
                               .average_susceptibility = c.susceptibility,
                               .average_mediated = c.mediated};
    return CAUS_OK;
}

static caus_status total_without(const caus_mediation *mediation,
                                 const bool *without, caus_arena *scratch,
                                 double *total, caus_error *err)
{
    caus_causes causes;
    CAUS_TRY(caus_causes_init(mediation->graph, scratch, &causes, err));
    reach_all(&causes, mediation->direct, without, total);
    return CAUS_OK;
}

caus_status caus_mediation_without(const caus_mediation *mediation,
                                   const bool *without, caus_arena *out,
                                   const double **result, caus_error *err)
{
    size_t count = mediation->graph->node_count;
    caus_arena_mark mark = caus_arena_get_mark(out);
    double *total =
        CAUS_ARRAY(out, double, count *count *(mediation->graph->max_lag + 1));
    if (!total)
        return caus_arena_fail(out, err);
    caus_arena *scratch = caus_arena_new(0);
    caus_status status =
        scratch ? total_without(mediation, without, scratch, total, err)
                : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                            "no memory is left to follow the graph");
    caus_arena_free(scratch);
    if (status == CAUS_OK)
        *result = total;
    else
        caus_arena_rewind(out, mark);
    return status;
}
