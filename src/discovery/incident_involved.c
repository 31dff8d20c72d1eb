/* SPDX-License-Identifier: Apache-2.0 */
/* Links that tell nothing: not after correction, or not of the incident. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"
#include "numeric/order.h"

static const double least_shift = 1; /* robust deviations */
static const double least_effect = .05;

/* The values of a variable in an environment, ascending. */
static size_t gather(const caus_series *series, int environment,
                     size_t variable, double *values)
{
    size_t count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0;
             segment->environment == environment && r < segment->row_count; r++)
            if (!caus_segment_is_missing(segment, r, variable))
                values[count++] =
                    segment->values[r * series->variable_count + variable];
    }
    caus_sort(values, count);
    return count;
}

/* Whether the level of a variable is another one in the incident. */
static bool has_moved(const caus_series *series, size_t variable, double *room)
{
    size_t count = gather(series, series->environments[0].id, variable, room);
    if (!count)
        return true;
    double usual = room[count / 2];
    double spread = (room[count * 3 / 4] - room[count / 4]) / 1.349;
    double scale = fmax(spread, least_effect * fabs(usual));
    count = gather(series, series->environments[1].id, variable, room);
    return !count || fabs(room[count / 2] - usual) > least_shift * scale;
}

/* Whether what else is asked of an ordered link makes up for correction. */
static bool is_well_held(const caus_incident *incident, size_t cell)
{
    const caus_discovery *found = &incident->discovery;
    return incident->workload && !incident->workload_guess &&
           found->by_topology && found->by_topology[cell] &&
           found->environments &&
           found->environments[cell] == CAUS_EDGE_REPLICATED &&
           !(found->by_load && found->by_load[cell]);
}

void caus_incident_drop_uncorrected(caus_incident *incident, double alpha)
{
    caus_graph *graph = &incident->discovery.graph;
    const double *q_value = incident->discovery.q_value;
    for (size_t i = 0; q_value && i < graph->node_count; i++) {
        for (size_t j = i + 1; j < graph->node_count; j++) {
            size_t cell = caus_graph_cell(graph, i, j, 0);
            if (q_value[cell] > alpha && !is_well_held(incident, cell))
                caus_graph_set(graph, i, j, 0, CAUS_MARK_NONE, CAUS_MARK_NONE);
        }
    }
}

caus_status caus_incident_rest(caus_incident *incident, caus_arena *out,
                               caus_error *err)
{
    const caus_series *input = &incident->input;
    caus_graph *graph = &incident->discovery.graph;
    size_t nodes = graph->node_count, lags = graph->max_lag + 1;
    double *room = CAUS_ARRAY(out, double, caus_series_row_count(input));
    if (!room)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < nodes; i++) {
        size_t own =
            caus_series_find(input, incident->series.variables[i].name);
        if (has_moved(input, own, room))
            continue;
        for (size_t to = 0; to < nodes * lags; to++) {
            size_t j = to / lags, lag = to % lags;
            size_t cell = caus_graph_cell(graph, i, j, lag);
            if (i != j &&
                caus_graph_get(graph, i, j, lag).target == CAUS_MARK_ARROW &&
                incident->discovery.environments[cell] ==
                    CAUS_EDGE_BASELINE_ONLY)
                caus_graph_set(graph, i, j, lag, CAUS_MARK_CIRCLE,
                               CAUS_MARK_CIRCLE);
        }
    }
    return CAUS_OK;
}
