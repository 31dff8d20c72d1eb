/* SPDX-License-Identifier: Apache-2.0 */
/* Links that tell nothing of the incident. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"
#include "numeric/order.h"

static const double least_effect = .05;
static const double usual_window = 3; /* deviations of windows */
static const double deviations_at_half = .6745;

enum { LEAST_WINDOW = 8, LEAST_WINDOWS = 3, WINDOW_STEPS = 4 };

/* Rows of one variable, and room to sort some of them. */
typedef struct level_room {
    double *values, *sorted, *levels; /* [rows], and one for every window */
} level_room;

/* The values of a variable in an environment, by time. */
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
    return count;
}

/* Deviation and median of rows. The median of what stands still in most rows
 * says nothing: their mean then. */
typedef struct level_habit {
    bool by_mean;
    double usual, spread;
} level_habit;

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double level_of(const level_habit *habit, const double *values,
                       size_t count, double *sorted)
{
    if (habit->by_mean)
        return mean_of(values, count);
    memcpy(sorted, values, count * sizeof *sorted);
    return caus_median(sorted, count);
}

static level_habit habit_of(const level_room *room, size_t count)
{
    memcpy(room->sorted, room->values, count * sizeof *room->sorted);
    caus_sort(room->sorted, count);
    level_habit habit = {.spread = caus_sorted_deviation(room->sorted, count)};
    habit.by_mean = habit.spread <= 0;
    habit.usual = level_of(&habit, room->values, count, room->sorted);
    if (!habit.by_mean)
        return habit;
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares +=
            (room->values[i] - habit.usual) * (room->values[i] - habit.usual);
    habit.spread = sqrt(squares / (double)count);
    return habit;
}

/* How far windows as long as the incident lie from the level of all, in the
 * median. */
static double spread_of_windows(const level_room *room, size_t count,
                                size_t window, const level_habit *habit)
{
    size_t most = count / LEAST_WINDOWS, found = 0;
    window = window < most ? window : most;
    if (window < LEAST_WINDOW)
        return 0;
    size_t step = (window + WINDOW_STEPS - 1) / WINDOW_STEPS;
    for (size_t at = 0; at + window <= count; at += step)
        room->levels[found++] =
            fabs(level_of(habit, room->values + at, window, room->sorted) -
                 habit->usual);
    return caus_median(room->levels, found) / deviations_at_half;
}

/* How far the level of the incident lies from that of the baseline, in units
 * of what rows and windows of the baseline do by themselves. */
static double departure_of(const caus_series *series, size_t variable,
                           const level_room *room)
{
    int before = series->environments[0].id, after = series->environments[1].id;
    size_t rows = gather(series, after, variable, room->values);
    size_t count = gather(series, before, variable, room->values);
    if (!rows || !count)
        return 0;
    level_habit habit = habit_of(room, count);
    double scale = fmax(habit.spread, least_effect * fabs(habit.usual));
    scale = fmax(scale,
                 usual_window * spread_of_windows(room, count, rows, &habit));
    gather(series, after, variable, room->values);
    double shift =
        fabs(level_of(&habit, room->values, rows, room->sorted) - habit.usual);
    if (scale > 0)
        return shift / scale;
    return shift > 0 ? HUGE_VAL : 0;
}

caus_status caus_incident_depart(caus_incident *incident, caus_arena *out,
                                 caus_error *err)
{
    const caus_series *input = &incident->input;
    size_t nodes = incident->series.variable_count;
    size_t rows = caus_series_row_count(input);
    double *departures = CAUS_ARRAY(out, double, nodes);
    caus_arena_mark mark = caus_arena_get_mark(out);
    level_room room = {.values = CAUS_ARRAY(out, double, rows),
                       .sorted = CAUS_ARRAY(out, double, rows),
                       .levels = CAUS_ARRAY(out, double, rows + WINDOW_STEPS)};
    if (!departures || !room.values || !room.sorted || !room.levels)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < nodes; i++) {
        size_t own =
            caus_series_find(input, incident->series.variables[i].name);
        departures[i] = departure_of(input, own, &room);
    }
    caus_arena_rewind(out, mark);
    incident->departures = departures;
    return CAUS_OK;
}

void caus_incident_rest(caus_incident *incident)
{
    caus_graph *graph = &incident->discovery.graph;
    size_t nodes = graph->node_count, lags = graph->max_lag + 1;
    for (size_t i = 0; i < nodes; i++) {
        if (incident->departures[i] > CAUS_DEPARTED)
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
}
