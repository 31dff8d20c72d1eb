/* SPDX-License-Identifier: Apache-2.0 */
/* Columns in one time, with their level and scale in the reference. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/order.h"

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

/* The median of the sizes of sorted values: outwards from 0, where they part.
 */
static double median_size(const double *sorted, size_t count)
{
    size_t above = 0;
    double lower = 0, upper = 0;
    while (above < count && sorted[above] < 0)
        above++;
    for (size_t i = 0, below = above; i <= count / 2; i++) {
        lower = upper;
        bool is_below =
            above == count || (below > 0 && -sorted[below - 1] < sorted[above]);
        upper = is_below ? -sorted[--below] : sorted[above++];
    }
    return count % 2 ? upper : lower / 2 + upper / 2;
}

/* The values of a column in the reference, in order. */
static size_t sorted_reference(const caus_panel *panel,
                               const caus_time_columns *columns,
                               size_t variable, double *to)
{
    size_t start = variable * columns->row_count, count = 0;
    size_t end = panel->row[panel->reference_count];
    for (size_t i = 0; i < columns->present[variable]; i++) {
        uint32_t row = columns->order[start + i];
        to[count] = columns->values[start + row];
        count += row < end;
    }
    return count;
}

/* Largest distance of any value from the level. */
static double farthest(const caus_time_columns *columns, size_t variable,
                       double level)
{
    size_t start = variable * columns->row_count;
    const uint32_t *order = columns->order + start;
    const double *values = columns->values + start;
    size_t last = columns->present[variable] - 1;
    return fmax(level - values[order[0]], values[order[last]] - level);
}

/* Level and scale of a column; false when it cannot be scored. */
static bool examine(caus_panel *panel, const caus_time_columns *columns,
                    size_t variable, const caus_anomaly_options *options,
                    double *room)
{
    size_t column = panel->column_count;
    size_t count = sorted_reference(panel, columns, variable, room);
    if (count < CAUS_ANOMALY_LEAST_REFERENCE / 2)
        return false;
    double level = caus_sorted_quantile(room, count, .5);
    double spread = caus_sorted_deviation(room, count);
    double step = smallest_step(room, count);
    double size = median_size(room, count);
    double floor = fmax(options->min_effect * size, step) / options->min_size;
    panel->level[column] = level;
    panel->is_still[column] = !(spread > 0);
    panel->scale[column] = fmax(spread, floor);
    double most = farthest(columns, variable, level);
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

/* The rows in which anything of these columns was measured. */
static void list_rows(const caus_time_columns *columns, const size_t *order,
                      size_t count, size_t *rows, caus_panel *panel)
{
    size_t all = columns->row_count;
    for (size_t row = 0; row < all; row++)
        for (size_t c = 0; c < count; c++)
            if (!isnan(columns->values[order[c] * all + row])) {
                rows[panel->row_count++] = row;
                break;
            }
    panel->source_count = all;
    panel->row = rows;
    panel->time_ns = columns->time_ns;
}

/* A column without the rows in which nothing was measured; NULL when memory is
 * out. */
static const double *view_rows(const caus_panel *panel,
                               const caus_time_columns *columns,
                               size_t variable, caus_arena *scratch)
{
    const double *from = columns->values + variable * columns->row_count;
    if (panel->row_count == columns->row_count)
        return from;
    double *values = CAUS_ARRAY(scratch, double, panel->row_count);
    for (size_t r = 0; values && r < panel->row_count; r++)
        values[r] = from[panel->row[r]];
    return values;
}

static caus_status fill(const caus_time_columns *columns, const size_t *order,
                        size_t count, const caus_anomaly_options *options,
                        caus_arena *scratch, caus_panel *panel, caus_error *err)
{
    double *room = CAUS_ARRAY(scratch, double, columns->row_count + 1);
    size_t *kept = CAUS_ARRAY(scratch, size_t, count);
    panel->columns = CAUS_ARRAY(scratch, const double *, count);
    panel->level = CAUS_ARRAY(scratch, double, count);
    panel->scale = CAUS_ARRAY(scratch, double, count);
    panel->is_still = CAUS_ARRAY(scratch, bool, count);
    if (!room || !kept || !panel->columns || !panel->level || !panel->scale ||
        !panel->is_still)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < count; i++) {
        if (!examine(panel, columns, order[i], options, room))
            continue;
        const double *values = view_rows(panel, columns, order[i], scratch);
        if (!values)
            return caus_arena_fail(scratch, err);
        panel->columns[panel->column_count] = values;
        kept[panel->column_count++] = order[i];
    }
    panel->variable = kept;
    return CAUS_OK;
}

caus_status caus_panel_init(const caus_series *series,
                            const caus_time_columns *columns,
                            const caus_anomaly_options *options,
                            caus_arena *scratch, caus_panel *result,
                            caus_error *err)
{
    size_t count = 0;
    size_t *segments = caus_segments_by_time(series, scratch);
    size_t *order = columns_by_name(series, scratch, &count);
    size_t *rows = CAUS_ARRAY(scratch, size_t, columns->row_count);
    if (!segments || !order || !rows)
        return caus_arena_fail(scratch, err);
    caus_panel panel = {0};
    list_rows(columns, order, count, rows, &panel);
    panel.reference_count = reference_rows(series, options, segments, &panel);
    CAUS_TRY(check_rows(panel.row_count, panel.reference_count, err));
    CAUS_TRY(fill(columns, order, count, options, scratch, &panel, err));
    *result = panel;
    return CAUS_OK;
}
