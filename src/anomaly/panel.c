/* SPDX-License-Identifier: Apache-2.0 */
/* Columns in one time, with their level and scale in the reference. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/order.h"

size_t *caus_segments_by_time(const caus_series *series, caus_arena *arena)
{
    size_t *order = CAUS_ARRAY(arena, size_t, series->segment_count);
    if (!order)
        return NULL;
    for (size_t s = 0; s < series->segment_count; s++) {
        size_t at = s;
        for (; at > 0 && series->segments[order[at - 1]].start_ns >
                             series->segments[s].start_ns;
             at--)
            order[at] = order[at - 1];
        order[at] = s;
    }
    return order;
}

/* The smallest step between sorted values; 0 when there is none. */
static double smallest_step(const double *sorted, size_t count)
{
    double least = 0;
    for (size_t i = 1; i < count; i++) {
        double step = sorted[i] - sorted[i - 1];
        if (step > 0 && !(least > 0 && step >= least))
            least = step;
    }
    return least;
}

static size_t present_values(const double *values, size_t count, double *to)
{
    size_t used = 0;
    for (size_t r = 0; r < count; r++)
        if (!isnan(values[r]))
            to[used++] = values[r];
    return used;
}

/* Largest distance from the level. */
static double farthest(const double *values, size_t from, size_t to,
                       double level)
{
    double most = 0;
    for (size_t r = from; r < to; r++)
        if (fabs(values[r] - level) > most)
            most = fabs(values[r] - level);
    return most;
}

/* Level and scale of a column; false when it cannot be scored. */
static bool examine(caus_panel *panel, size_t column,
                    const caus_anomaly_options *options, double *room)
{
    const double *values = panel->values + column * panel->row_count;
    size_t count = present_values(values, panel->reference_count, room);
    if (count < CAUS_ANOMALY_LEAST_REFERENCE / 2)
        return false;
    caus_sort(room, count);
    double level = caus_sorted_quantile(room, count, .5);
    double spread = caus_sorted_deviation(room, count);
    double step = smallest_step(room, count);
    for (size_t i = 0; i < count; i++)
        room[i] = fabs(room[i]);
    double size = caus_median(room, count);
    double floor = fmax(options->min_effect * size, step) / options->min_size;
    panel->level[column] = level;
    panel->is_still[column] = !(spread > 0);
    panel->scale[column] = fmax(spread, floor);
    double most = farthest(values, 0, panel->row_count, level);
    if (!(panel->scale[column] > 0))
        panel->scale[column] =
            most / (CAUS_ANOMALY_STILL_CAP * options->min_size);
    return most > 0;
}

/* Rows of the panel that are of the reference. */
static size_t reference_rows(const caus_series *series,
                             const caus_anomaly_options *options,
                             const size_t *order, const caus_panel *panel)
{
    size_t end = options->reference_rows, count = 0;
    if (!end && series->environment_count < 2)
        return panel->row_count / 2;
    for (size_t s = 0; !options->reference_rows && s < series->segment_count;
         s++) {
        const caus_segment *segment = &series->segments[order[s]];
        if (segment->environment != series->segments[order[0]].environment)
            break;
        end += segment->row_count;
    }
    while (count < panel->row_count && panel->row[count] < end)
        count++;
    return count;
}

static caus_status check_rows(size_t rows, size_t reference, caus_error *err)
{
    if (reference < CAUS_ANOMALY_LEAST_REFERENCE)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu healthy rows are too few to tell what is usual: "
                         "at least %d are needed; start earlier or add a "
                         "baseline",
                         reference, CAUS_ANOMALY_LEAST_REFERENCE);
    if (rows < reference + CAUS_ANOMALY_LEAST_ROWS)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "of %zu rows %zu are healthy reference, and at least "
                         "%d after it are needed; end later or name fewer "
                         "reference rows",
                         rows, reference, CAUS_ANOMALY_LEAST_ROWS);
    return CAUS_OK;
}

static size_t *columns_by_name(const caus_series *series, caus_arena *arena,
                               size_t *count)
{
    size_t *order = CAUS_ARRAY(arena, size_t, series->variable_count);
    *count = 0;
    for (size_t v = 0; order && v < series->variable_count; v++) {
        const caus_variable *variable = &series->variables[v];
        if (variable->role != CAUS_ROLE_SYSTEM ||
            variable->kind == CAUS_KIND_CATEGORY)
            continue;
        size_t at = (*count)++;
        for (; at > 0 && strcmp(series->variables[order[at - 1]].name,
                                variable->name) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = v;
    }
    return order;
}

static bool is_present(const caus_series *series, const caus_segment *segment,
                       size_t row, size_t variable)
{
    return isfinite(segment->values[row * series->variable_count + variable]) &&
           !caus_segment_is_missing(segment, row, variable);
}

static void copy_column(const caus_series *series, const size_t *segments,
                        size_t variable, double *to)
{
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[segments[s]];
        for (size_t r = 0; r < segment->row_count; r++) {
            *to++ = is_present(series, segment, r, variable)
                        ? segment->values[r * series->variable_count + variable]
                        : (double)NAN;
        }
    }
}

/* Every row's time, and the rows in which anything was measured. */
static void list_rows(const caus_series *series, const size_t *segments,
                      const size_t *columns, size_t column_count,
                      int64_t *times, size_t *rows, caus_panel *panel)
{
    size_t row = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[segments[s]];
        for (size_t r = 0; r < segment->row_count; r++, row++) {
            times[row] = segment->start_ns + (int64_t)r * series->step_ns;
            for (size_t c = 0; c < column_count; c++)
                if (is_present(series, segment, r, columns[c])) {
                    rows[panel->row_count++] = row;
                    break;
                }
        }
    }
    panel->source_count = row;
    panel->row = rows;
    panel->time_ns = times;
}

static caus_status fill(const caus_series *series, const size_t *segments,
                        const size_t *order, size_t count,
                        const caus_anomaly_options *options,
                        caus_arena *scratch, caus_panel *panel, caus_error *err)
{
    size_t rows = panel->row_count;
    double *room = CAUS_ARRAY(scratch, double, panel->source_count);
    size_t *kept = CAUS_ARRAY(scratch, size_t, count);
    panel->values = CAUS_ARRAY(scratch, double, count *rows);
    panel->level = CAUS_ARRAY(scratch, double, count);
    panel->scale = CAUS_ARRAY(scratch, double, count);
    panel->is_still = CAUS_ARRAY(scratch, bool, count);
    if (!room || !kept || !panel->values || !panel->level || !panel->scale ||
        !panel->is_still)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < count; i++) {
        size_t column = panel->column_count;
        double *values = panel->values + column * rows;
        copy_column(series, segments, order[i], room);
        for (size_t r = 0; r < rows; r++)
            values[r] = room[panel->row[r]];
        kept[column] = order[i];
        panel->column_count += examine(panel, column, options, room);
    }
    panel->variable = kept;
    return CAUS_OK;
}

caus_status caus_panel_init(const caus_series *series,
                            const caus_anomaly_options *options,
                            caus_arena *scratch, caus_panel *result,
                            caus_error *err)
{
    size_t rows = caus_series_row_count(series), count = 0;
    size_t *segments = caus_segments_by_time(series, scratch);
    size_t *order = columns_by_name(series, scratch, &count);
    int64_t *times = CAUS_ARRAY(scratch, int64_t, rows);
    size_t *kept = CAUS_ARRAY(scratch, size_t, rows);
    if (!segments || !order || !times || !kept)
        return caus_arena_fail(scratch, err);
    caus_panel panel = {0};
    list_rows(series, segments, order, count, times, kept, &panel);
    panel.reference_count = reference_rows(series, options, segments, &panel);
    CAUS_TRY(check_rows(panel.row_count, panel.reference_count, err));
    CAUS_TRY(
        fill(series, segments, order, count, options, scratch, &panel, err));
    *result = panel;
    return CAUS_OK;
}
