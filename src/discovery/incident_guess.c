/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests tell the load that all share, where no call graph tells the
 * entry, and which links do not hold given them. */
#include <math.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "discovery/incident_internal.h"
#include "numeric/order.h"

enum { FEWEST_COMMON_ROWS = 3 };

typedef struct moments {
    double rows, a, b, aa, bb, ab;
} moments;

static moments add_up(const caus_series *series, size_t a, size_t b)
{
    moments sum = {0};
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++) {
            if (caus_segment_is_missing(segment, r, a) ||
                caus_segment_is_missing(segment, r, b))
                continue;
            const double *row = segment->values + r * series->variable_count;
            sum.rows++;
            sum.a += row[a];
            sum.b += row[b];
            sum.aa += row[a] * row[a];
            sum.bb += row[b] * row[b];
            sum.ab += row[a] * row[b];
        }
    }
    return sum;
}

/* The share of one's variance that the other explains; 0 where one falls when
 * the other rises, which is no shared load. */
static double explained_share(const caus_series *series, size_t a, size_t b)
{
    moments sum = add_up(series, a, b);
    if (sum.rows < FEWEST_COMMON_ROWS)
        return 0;
    double aa = sum.aa - sum.a * sum.a / sum.rows;
    double bb = sum.bb - sum.b * sum.b / sum.rows;
    double ab = sum.ab - sum.a * sum.b / sum.rows;
    return aa > 0 && bb > 0 && ab > 0 ? ab * ab / (aa * bb) : 0;
}

/* Whose share of the others is the largest in the median: a fault moves the
 * requests of a few, and a median does not see them. */
static caus_status find_best(const caus_series *scores, caus_arena *out,
                             size_t *best, double *share, caus_error *err)
{
    size_t count = scores->variable_count;
    double *shares = CAUS_ARRAY(out, double, count *count);
    double *room = CAUS_ARRAY(out, double, count);
    if (!shares || !room)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            shares[i * count + j] = shares[j * count + i] =
                explained_share(scores, i, j);
    *best = 0;
    *share = -1;
    for (size_t i = 0; i < count; i++) {
        size_t others = 0;
        for (size_t j = 0; j < count; j++)
            if (j != i)
                room[others++] = shares[i * count + j];
        double median = caus_median(room, others);
        if (median > *share) {
            *best = i;
            *share = median;
        }
    }
    return CAUS_OK;
}

caus_status caus_incident_guess_load(const caus_series *series,
                                     const caus_run *run, const bool *usable,
                                     caus_arena *out, caus_guess *guess,
                                     caus_error *err)
{
    size_t *list = CAUS_ARRAY(out, size_t, series->variable_count);
    if (!list)
        return caus_arena_fail(out, err);
    *guess = (caus_guess){.variable = SIZE_MAX};
    for (size_t v = 0; v < series->variable_count; v++)
        if (usable[v])
            list[guess->count++] = v;
    if (!guess->count)
        return CAUS_OK;
    guess->variable = list[0];
    if (guess->count == 1)
        return CAUS_OK;
    caus_series counts, scores;
    size_t best = 0;
    CAUS_TRY(caus_series_select(series, list, guess->count, out, &counts, err));
    CAUS_TRY(caus_series_transform(&counts, CAUS_TRANSFORM_NORMAL_SCORES, run,
                                   out, &scores, err));
    CAUS_TRY(find_best(&scores, out, &best, &guess->share, err));
    guess->variable = list[best];
    return CAUS_OK;
}

/* Whether the load was held against a link: both ends count no requests. */
static bool is_held(const caus_incident *incident, size_t cell)
{
    const caus_graph *graph = &incident->discovery.graph;
    const caus_variable *variables = incident->series.variables;
    size_t lags = graph->max_lag + 1;
    size_t i = cell / lags / graph->node_count;
    size_t j = cell / lags % graph->node_count;
    return i != j &&
           caus_graph_get(graph, i, j, cell % lags).target != CAUS_MARK_NONE &&
           caus_symptom_of(&variables[i]) != CAUS_SYMPTOM_LOAD &&
           caus_symptom_of(&variables[j]) != CAUS_SYMPTOM_LOAD;
}

/* Between different variables; of a link the larger of its p-values without the
 * load and given it. Returns how many. */
static size_t list_p_values(const caus_incident *incident,
                            const double *p_given_load, size_t *cells,
                            double *p_values)
{
    const caus_discovery *found = &incident->discovery;
    size_t nodes = found->graph.node_count, lags = found->graph.max_lag + 1;
    size_t count = 0;
    for (size_t cell = 0; cell < nodes * nodes * lags; cell++) {
        double p = found->p_value[cell];
        if (cell / lags / nodes == cell / lags % nodes || isnan(p))
            continue;
        if (is_held(incident, cell))
            p = fmax(p, p_given_load[cell]);
        cells[count] = cell;
        p_values[count++] = p;
    }
    return count;
}

caus_status caus_incident_drop_shared(caus_incident *incident,
                                      const double *p_given_load,
                                      const caus_pcmci_options *options,
                                      caus_arena *out, caus_error *err)
{
    caus_graph *graph = &incident->discovery.graph;
    size_t nodes = graph->node_count, lags = graph->max_lag + 1;
    size_t room = nodes * nodes * lags;
    size_t *cells = CAUS_ARRAY(out, size_t, room);
    size_t *order = CAUS_ARRAY(out, size_t, room);
    double *p_values = CAUS_ARRAY(out, double, room);
    double *q_values = CAUS_ARRAY(out, double, room);
    if (!cells || !order || !p_values || !q_values)
        return caus_arena_fail(out, err);
    size_t count = list_p_values(incident, p_given_load, cells, p_values);
    memcpy(q_values, p_values, count * sizeof *q_values);
    if (options->fdr != CAUS_FDR_NONE)
        caus_fdr_adjust(p_values, count, options->fdr, order, q_values);
    for (size_t k = 0; k < count; k++)
        if (q_values[k] > options->alpha && is_held(incident, cells[k]))
            caus_graph_set(graph, cells[k] / lags / nodes,
                           cells[k] / lags % nodes, cells[k] % lags,
                           CAUS_MARK_NONE, CAUS_MARK_NONE);
    return CAUS_OK;
}
