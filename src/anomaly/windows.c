/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of rows, and the level of spans in them against the rows before. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/order.h"

enum {
    LEAST_BASE = 8,   /* rows before the first placebo window */
    USUAL_BASE = 24,  /* rows that a window is compared with, or twice it */
    MOST_WINDOW = 48, /* rows: longer spans add little, cost placebos */
    WANTED_PLACEBOS = 16,
    LEAST_BASE_SPANS = 2 /* medians of three that make a base */
};

/* Far beyond any limit; keeps one value from deciding a mean. */
static const double most_deviations = 100;

static size_t window_length(size_t reference, size_t tested)
{
    size_t base = reference / 5 < LEAST_BASE ? LEAST_BASE : reference / 5;
    size_t length = (reference - base) / WANTED_PLACEBOS;
    if (length > tested)
        length = tested;
    if (length > MOST_WINDOW)
        length = MOST_WINDOW;
    return length < CAUS_ANOMALY_LEAST_ROWS ? CAUS_ANOMALY_LEAST_ROWS : length;
}

caus_status caus_layout_init(const caus_panel *panel, caus_arena *scratch,
                             caus_layout *result, caus_error *err)
{
    size_t reference = panel->reference_count;
    size_t tested = panel->row_count - reference;
    caus_layout made = {.window_rows = window_length(reference, tested)};
    size_t length = made.window_rows;
    made.base_rows = 2 * length < USUAL_BASE ? USUAL_BASE : 2 * length;
    size_t base = reference / 5 < LEAST_BASE ? LEAST_BASE : reference / 5;
    made.placebo_count = (reference - base) / length;
    size_t questions = tested / length, rest = tested % length;
    bool rest_is_window = rest >= CAUS_ANOMALY_LEAST_ROWS;
    questions += rest_is_window;
    made.block_count = made.placebo_count + questions;
    caus_block *blocks = CAUS_ARRAY(scratch, caus_block, made.block_count);
    if (!blocks)
        return caus_arena_fail(scratch, err);
    size_t start = reference - made.placebo_count * length;
    for (size_t b = 0; b < made.block_count; b++)
        blocks[b] = (caus_block){start + b * length, length};
    caus_block *last = &blocks[made.block_count - 1];
    last->length = rest_is_window ? rest : length + rest;
    made.blocks = blocks;
    for (size_t span = CAUS_ANOMALY_LEAST_ROWS;
         span <= length && made.scale_count < CAUS_ANOMALY_MOST_SCALES;
         span *= 2)
        made.spans[made.scale_count++] = span;
    *result = made;
    return CAUS_OK;
}

/* NaN stays; no calls, so that loops are of vectors. */
static inline double draw_in(double value)
{
    value = value < -most_deviations ? -most_deviations : value;
    return value > most_deviations ? most_deviations : value;
}

bool caus_fill_standardised(const caus_detect_job *job, size_t column,
                            caus_arena *scratch, double *values)
{
    (void)scratch;
    const caus_panel *panel = job->panel;
    const double *from = panel->columns[column];
    double level = panel->level[column], scale = panel->scale[column];
    for (size_t r = 0; r < panel->row_count; r++)
        values[r] = draw_in((from[r] - level) / scale);
    return true;
}

bool caus_fill_prepared(const caus_detect_job *job, size_t column,
                        caus_arena *scratch, double *values)
{
    (void)scratch;
    size_t rows = job->panel->row_count;
    const double *from = job->prepared + column * rows;
    for (size_t r = 0; r < rows; r++)
        values[r] = draw_in(from[r]);
    return true;
}

/* sums[i] = medians of three values in a row, of those before the i-th. */
static void sum_medians(const caus_column *column)
{
    const double *restrict values = column->values;
    double *restrict sums = column->sums;
    sums[0] = 0;
    /* Medians wait for nothing, sums for one another. */
    for (size_t i = 0; i + 2 < column->count; i++)
        sums[i + 1] =
            caus_median_of_three(values[i], values[i + 1], values[i + 2]);
    for (size_t i = 0; i + 2 < column->count; i++)
        sums[i + 1] += sums[i];
}

/* Mean of the medians of three that start in [first, end). */
static double mean_of(const caus_column *column, size_t first, size_t end)
{
    return (column->sums[end] - column->sums[first]) / (double)(end - first);
}

static void measure_against(const caus_layout *layout,
                            const caus_column *column, size_t first, size_t end,
                            size_t c, double base, caus_departures *departures)
{
    bool is_whole = column->count == departures->row_count;
    for (size_t s = 0; s < layout->scale_count; s++) {
        size_t span = layout->spans[s];
        double *restrict found = caus_departures_of(departures, c, s);
        if (is_whole) {
            for (size_t i = first; i + span <= end; i++)
                found[i] = mean_of(column, i, i + span - 2) - base;
            continue;
        }
        for (size_t i = first; i + span <= end; i++)
            found[column->rows[i]] = mean_of(column, i, i + span - 2) - base;
    }
}

/* Called for windows from the first to the last: sums are made once. */
void caus_measure_windows(const caus_layout *layout, const caus_column *column,
                          size_t first, size_t end, size_t c,
                          caus_departures *departures)
{
    if (first < LEAST_BASE_SPANS + 2)
        return;
    size_t base_first =
        first > layout->base_rows ? first - layout->base_rows : 0;
    measure_against(layout, column, first, end, c,
                    mean_of(column, base_first, first - 2), departures);
}

void caus_measure_residuals(const caus_layout *layout,
                            const caus_column *column, size_t first, size_t end,
                            size_t c, caus_departures *departures)
{
    measure_against(layout, column, first, end, c, 0, departures);
}

/* ---- all columns ---- */

/* For one column after the other. */
typedef struct column_room {
    size_t count;             /* rows */
    double *values, *present; /* [count] */
    size_t *at;               /* [count] */
    const size_t *each;       /* [count] 0, 1, … */
    double *sums, *squares;   /* [count + 1] */
} column_room;

/* The values present and where they are; most columns have no gaps. */
static void compress(const column_room *room, caus_column *column)
{
    const double *values = room->values;
    size_t missing = 0, count = 0;
    for (size_t r = 0; r < room->count; r++)
        missing += isnan(values[r]) ? 1 : 0;
    for (size_t r = 0; missing && r < room->count; r++) {
        room->at[count] = r;
        room->present[count] = values[r];
        count += isnan(values[r]) ? 0 : 1;
    }
    column->count = room->count - missing;
    column->rows = missing ? room->at : room->each;
    column->values = missing ? room->present : values;
}

static void sum_values(const caus_column *column, double *sums, double *squares)
{
    sums[0] = squares[0] = 0;
    for (size_t i = 0; i < column->count; i++) {
        sums[i + 1] = sums[i] + column->values[i];
        squares[i + 1] = squares[i] + column->values[i] * column->values[i];
    }
}

/* By what neighbours' likeness widens a mean of values. */
static double memory_of(const caus_column *column, size_t reference)
{
    double products = 0, squares = 0;
    for (size_t i = 1; i < column->count && column->rows[i] < reference; i++) {
        products += column->values[i] * column->values[i - 1];
        squares += column->values[i] * column->values[i];
    }
    double rho = squares > 0 ? fmax(0, fmin(.95, products / squares)) : 0;
    return sqrt((1 + rho) / (1 - rho));
}

static bool make_room(size_t rows, caus_arena *scratch, column_room *room)
{
    size_t *each = CAUS_ARRAY(scratch, size_t, rows);
    *room = (column_room){.count = rows,
                          .values = CAUS_ARRAY(scratch, double, rows),
                          .present = CAUS_ARRAY(scratch, double, rows),
                          .at = CAUS_ARRAY(scratch, size_t, rows),
                          .each = each,
                          .sums = CAUS_ARRAY(scratch, double, rows + 1),
                          .squares = CAUS_ARRAY(scratch, double, rows + 1)};
    for (size_t r = 0; each && r < rows; r++)
        each[r] = r;
    return room->values && room->present && room->at && each && room->sums &&
           room->squares;
}

/* How many values of a column lie before a row; at least `known` do. */
static size_t values_before(const caus_column *column, size_t row, size_t known)
{
    /* Where none of those up to there is missing, so many rows. */
    if (row < column->count && column->rows[row] == row)
        return row;
    while (known < column->count && column->rows[known] < row)
        known++;
    return known;
}

static bool measure_column(const caus_detect_job *job, size_t c,
                           const column_room *room, caus_arena *scratch,
                           caus_departures *departures)
{
    const caus_layout *layout = job->layout;
    const caus_detector_entry *detector =
        caus_detector_find(job->options->detector);
    if (!detector->fill(job, c, scratch, room->values))
        return false;
    caus_column column = {.sums = room->sums, .squares = room->squares};
    compress(room, &column);
    if (detector->uses_medians) {
        sum_medians(&column);
    } else {
        sum_values(&column, room->sums, room->squares);
        column.memory = memory_of(&column, job->panel->reference_count);
    }
    size_t end = 0;
    for (size_t b = 0; b < layout->block_count; b++) {
        const caus_block *block = &layout->blocks[b];
        size_t first = values_before(&column, block->start, end);
        end = values_before(&column, block->start + block->length, first);
        detector->measure(layout, &column, first, end, c, departures);
    }
    return true;
}

/* Each with its neighbour, so that they do not wait for one another. */
static double largest_of(const double *departures, size_t count)
{
    double most = 0, other = 0;
    for (size_t r = 0; r + 1 < count; r += 2) {
        double size = fabs(departures[r]), next = fabs(departures[r + 1]);
        most = size > most ? size : most;
        other = next > other ? next : other;
    }
    double last = count ? fabs(departures[count - 1]) : 0;
    most = last > most ? last : most;
    return other > most ? other : most;
}

/* Of a column; whether any is so large that it may count. */
static bool find_largest(const caus_detect_job *job, size_t column,
                         caus_departures *departures)
{
    const caus_layout *layout = job->layout;
    size_t scales = departures->scale_count;
    bool counts = false;
    for (size_t s = 0; s < scales; s++) {
        const double *sizes = caus_departures_of(departures, column, s);
        for (size_t b = 0; b < layout->block_count; b++) {
            const caus_block *block = &layout->blocks[b];
            double most = largest_of(sizes + block->start, block->length);
            caus_largest_of(departures, b)[column * scales + s] = most;
            counts = counts || !(most < job->options->min_size);
        }
    }
    return counts;
}

/* Of a column; false when memory is out. */
static bool add_column(const caus_detect_job *job, size_t column,
                       const column_room *room, caus_arena *scratch,
                       caus_departures *made)
{
    caus_arena_mark before = caus_arena_get_mark(scratch);
    made->columns[column] =
        CAUS_ARRAY(scratch, double, made->scale_count * made->row_count);
    caus_arena_mark behind = caus_arena_get_mark(scratch);
    bool done = made->columns[column] &&
                measure_column(job, column, room, scratch, made);
    if (!done)
        return false;
    bool is_asked_for = find_largest(job, column, made) || !job->later;
    caus_arena_rewind(scratch, is_asked_for ? behind : before);
    if (!is_asked_for)
        made->columns[column] = NULL;
    return true;
}

caus_status caus_departures_measure(caus_detect_job *job, caus_arena *scratch,
                                    caus_departures *result, caus_error *err)
{
    const caus_detector_entry *detector =
        caus_detector_find(job->options->detector);
    size_t columns = job->panel->column_count;
    size_t scales = job->layout->scale_count;
    caus_departures made = {
        .row_count = job->panel->row_count,
        .column_count = columns,
        .scale_count = scales,
        .columns = CAUS_ARRAY(scratch, double *, columns),
        .largest = CAUS_ARRAY(scratch, double,
                              job->layout->block_count *columns *scales)};
    column_room room;
    if (!made.columns || !made.largest ||
        !make_room(made.row_count, scratch, &room))
        return caus_arena_fail(scratch, err);
    if (detector->prepare)
        CAUS_TRY(detector->prepare(job, scratch, err));
    for (size_t c = 0; c < columns; c++) {
        CAUS_TRY(caus_run_check(job->run, err));
        if (!add_column(job, c, &room, scratch, &made))
            return caus_arena_fail(scratch, err);
    }
    *result = made;
    return CAUS_OK;
}
