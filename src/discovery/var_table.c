/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/var_internal.h"

void caus_scope_open(caus_scope *scope, const caus_run *run, caus_arena *out)
{
    scope->run = run;
    scope->out = out;
    scope->out_mark = caus_arena_get_mark(out);
    for (int k = 0; k < caus_run_threads(run); k++)
        scope->marks[k] = caus_arena_get_mark(caus_run_scratch(run, k));
}

caus_status caus_scope_close(caus_scope *scope, caus_status status)
{
    for (int k = caus_run_threads(scope->run); k-- > 0;)
        caus_arena_rewind(caus_run_scratch(scope->run, k), scope->marks[k]);
    if (status != CAUS_OK)
        caus_arena_rewind(scope->out, scope->out_mark);
    return status;
}

caus_status caus_give_empty(size_t nodes, size_t max_lag, caus_arena *out,
                            caus_discovery *result, caus_error *err)
{
    size_t cells = nodes * nodes * (max_lag + 1);
    caus_discovery made = {.complete = false};
    CAUS_TRY(caus_graph_init(&made.graph, nodes, max_lag, out, err));
    double *statistic = CAUS_ARRAY(out, double, cells);
    double *p_value = CAUS_ARRAY(out, double, cells);
    if (!statistic || !p_value)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < cells; cell++)
        p_value[cell] = 1;
    made.statistic = statistic;
    made.p_value = p_value;
    *result = made;
    return CAUS_OK;
}

caus_status caus_check_series_lags(const caus_series *series, size_t max_lag,
                                   caus_error *err)
{
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    if (series->step_ns == 0 && max_lag > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a table without time has no lags: %zu were asked "
                         "for; give --max-lag 0 or data with a time column",
                         max_lag);
    if (max_lag >= caus_series_row_count(series))
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows cannot hold lags up to %zu: widen the "
                         "window or lower --max-lag",
                         caus_series_row_count(series), max_lag);
    return CAUS_OK;
}

/* The rows of a series that hold every lag. */
typedef struct gathering {
    const caus_series *series;
    size_t max_lag, longest, row_count;
    const double **rows; /* [row_count] the row at lag 0 */
    double *scale;       /* [variable_count] powers of two */
} gathering;

static bool is_whole(const gathering *g, const caus_segment *segment,
                     size_t row)
{
    size_t variables = g->series->variable_count;
    for (size_t v = 0; segment->missing && v < variables; v++)
        if (caus_segment_is_missing(segment, row, v))
            return false;
    return true;
}

static caus_status list_rows(gathering *g, const caus_run *run,
                             caus_arena *arena, caus_error *err)
{
    size_t variables = g->series->variable_count;
    g->rows =
        CAUS_ARRAY(arena, const double *, caus_series_row_count(g->series));
    if (!g->rows)
        return caus_arena_fail(arena, err);
    for (size_t s = 0; s < g->series->segment_count; s++) {
        const caus_segment *segment = &g->series->segments[s];
        size_t whole = 0; /* rows in a row */
        for (size_t r = 0; r < segment->row_count; r++) {
            whole = is_whole(g, segment, r) ? whole + 1 : 0;
            if (whole > g->longest)
                g->rows[g->row_count++] = segment->values + r * variables;
        }
        CAUS_TRY(caus_run_check(run, err));
    }
    return CAUS_OK;
}

static caus_status find_scales(gathering *g, caus_arena *arena, caus_error *err)
{
    size_t variables = g->series->variable_count;
    g->scale = CAUS_ARRAY(arena, double, variables);
    if (!g->scale)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < g->row_count; r++)
        for (size_t v = 0; v < variables; v++)
            g->scale[v] = fmax(g->scale[v], fabs(g->rows[r][v]));
    for (size_t v = 0; v < variables; v++)
        g->scale[v] = g->scale[v] > 0 ? ldexp(1, -ilogb(g->scale[v])) : 1;
    return CAUS_OK;
}

/* Compares two columns value by value, scaled by their powers of two. */
static bool comes_before(const gathering *g, size_t a, size_t b)
{
    for (size_t r = 0; r < g->row_count; r++) {
        double x = g->rows[r][a] * g->scale[a];
        double y = g->rows[r][b] * g->scale[b];
        if (x < y || x > y)
            return x < y;
    }
    return false;
}

static void sort(const gathering *g, size_t *order, size_t *scratch,
                 size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2, left = 0, right = half, used = 0;
    sort(g, order, scratch, half);
    sort(g, order + half, scratch, count - half);
    memcpy(scratch, order, count * sizeof *order);
    while (left < half || right < count) {
        bool take_right =
            left == half ||
            (right < count && comes_before(g, scratch[right], scratch[left]));
        order[used++] = scratch[take_right ? right++ : left++];
    }
}

static caus_status order_columns(const gathering *g, caus_arena *arena,
                                 caus_lag_table *table, caus_error *err)
{
    size_t variables = g->series->variable_count;
    size_t *order = CAUS_ARRAY(arena, size_t, variables);
    size_t *scratch = CAUS_ARRAY(arena, size_t, variables);
    if (!order || !scratch)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++)
        order[v] = v;
    sort(g, order, scratch, variables);
    table->order = order;
    return CAUS_OK;
}

/* Correlations of columns that hold values [rows × columns]. */
static caus_status correlate(const double *values, size_t rows,
                             const caus_run *run, caus_arena *arena,
                             caus_lag_table *table, caus_error *err)
{
    size_t columns = table->variable_count * (table->max_lag + 1);
    caus_segment segment = {
        .row_count = rows, .word_count = (rows + 63) / 64, .values = values};
    caus_series lagged = {
        .variable_count = columns, .segment_count = 1, .segments = &segment};
    caus_correlation *made = &table->correlation;
    double *size = CAUS_ARRAY(arena, double, columns);
    if (!size)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_correlate(&lagged, 1, run, arena, made, err));
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            double value = made->panel[r * made->stride + c];
            size[c] += value * value;
        }
    for (size_t c = 0; c < columns; c++) {
        bool varies = made->matrix[c * made->stride + c] > 0;
        size[c] = varies ? sqrt(size[c] / (double)rows) : 0;
    }
    table->size = size;
    table->row_count = rows;
    return CAUS_OK;
}

static caus_status fill(const gathering *g, const caus_run *run,
                        caus_arena *arena, caus_lag_table *table,
                        caus_error *err)
{
    size_t variables = table->variable_count;
    size_t columns = variables * (table->max_lag + 1);
    double *values = CAUS_ARRAY(arena, double, columns * g->row_count);
    double *deviation = CAUS_ARRAY(arena, double, columns);
    if (!values || !deviation)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < g->row_count; r++)
        for (size_t lag = 0; lag <= table->max_lag; lag++) {
            const double *from = g->rows[r] - lag * variables;
            double *to = values + r * columns + lag * variables;
            for (size_t k = 0; k < variables; k++)
                to[k] = from[table->order[k]];
        }
    CAUS_TRY(correlate(values, g->row_count, run, arena, table, err));
    /* a panel column is the values times the power of two that brings the
     * largest near 1, less the mean */
    for (size_t k = 0; k < columns * g->row_count; k++)
        deviation[k % columns] = fmax(deviation[k % columns], fabs(values[k]));
    for (size_t c = 0; c < columns; c++)
        if (deviation[c] > 0)
            deviation[c] = ldexp(table->size[c], ilogb(deviation[c]));
    table->deviation = deviation;
    return CAUS_OK;
}

caus_status caus_lag_table_draw(const caus_lag_table *table, const size_t *rows,
                                const caus_run *run, caus_arena *arena,
                                caus_lag_table *result, caus_error *err)
{
    size_t columns = table->variable_count * (table->max_lag + 1);
    caus_lag_table made = *table;
    double *values = CAUS_ARRAY(arena, double, columns * table->row_count);
    if (!values)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < table->row_count; r++)
        memcpy(values + r * columns,
               table->correlation.panel + rows[r] * table->correlation.stride,
               columns * sizeof *values);
    CAUS_TRY(correlate(values, table->row_count, run, arena, &made, err));
    *result = made;
    return CAUS_OK;
}

caus_status caus_lag_table_init(const caus_series *series, size_t max_lag,
                                size_t longest, size_t least,
                                const caus_run *run, caus_arena *arena,
                                caus_lag_table *table, caus_error *err)
{
    gathering g = {.series = series, .max_lag = max_lag, .longest = longest};
    caus_lag_table made = {.variable_count = series->variable_count,
                           .max_lag = max_lag};
    CAUS_TRY(list_rows(&g, run, arena, err));
    if (!g.row_count || g.row_count < least)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu of %zu rows have a value of each of the %zu "
                         "variables at lags 0 to %zu: need at least %zu; widen "
                         "the window, lower --max-lag or leave out variables",
                         g.row_count, caus_series_row_count(series),
                         series->variable_count, longest, least);
    CAUS_TRY(find_scales(&g, arena, err));
    CAUS_TRY(order_columns(&g, arena, &made, err));
    CAUS_TRY(fill(&g, run, arena, &made, err));
    *table = made;
    return CAUS_OK;
}
