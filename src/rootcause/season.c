/* SPDX-License-Identifier: Apache-2.0 */
#include "rootcause/season.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numeric/order.h"

enum { HOURS = CAUS_HOURS_OF_DAY, LEAST_DAYS = 2, MOST_DAYS = 400 };

static const int64_t hour_ns = (int64_t)3600 * 1000000000;
static const double least_share = 0.05; /* of the highest hour, for a lowest
                                           that others can be divided by */
static const double least_gain = 0.5;

typedef struct finder {
    const int64_t *time_ns; /* [row_count] */
    size_t row_count;
    int64_t end_ns;  /* rows before it tell what is usual */
    int64_t from_ns; /* values are brought to what is usual in rows from here
                        on; in a middling hour where there are none */
    int64_t first_hour;
    size_t hour_count;
    size_t *start;  /* [hour_count + 1] of each hour in `rows` */
    size_t *rows;   /* [row_count] those before the end, by hour */
    double *hours;  /* [hour_count] medians of a variable; NaN = not seen */
    double *buffer; /* [row_count + hour_count] */
} finder;

static int64_t hour_of(int64_t time_ns)
{
    int64_t hour = time_ns / hour_ns;
    return hour - (time_ns % hour_ns < 0);
}

/* Of the day; `hour` counts from the first. */
static size_t clock_hour(const finder *f, size_t hour)
{
    int64_t first = f->first_hour % HOURS;
    return ((size_t)(first + HOURS) + hour) % HOURS;
}

static void fill_hours(finder *f, const double *values)
{
    for (size_t h = 0; h < f->hour_count; h++) {
        size_t count = 0;
        for (size_t i = f->start[h]; i < f->start[h + 1]; i++)
            if (!isnan(values[f->rows[i]]))
                f->buffer[count++] = values[f->rows[i]];
        f->hours[h] = count ? caus_median(f->buffer, count) : (double)NAN;
    }
}

/* The median of an hour of the day over all days but one; NaN where too few
 * have it. */
static double level_without(const finder *f, size_t hour, size_t left_out,
                            size_t least)
{
    size_t count = 0;
    for (size_t h = hour; h < f->hour_count; h += HOURS)
        if (h != left_out && !isnan(f->hours[h]))
            f->buffer[count++] = f->hours[h];
    return count < least ? (double)NAN : caus_median(f->buffer, count);
}

static double median_hour(const finder *f)
{
    size_t count = 0;
    for (size_t h = 0; h < f->hour_count; h++)
        if (!isnan(f->hours[h]))
            f->buffer[count++] = f->hours[h];
    return caus_median(f->buffer, count);
}

/* Whether other days tell the hours of one better than their level does. */
static bool is_repeated(const finder *f)
{
    double of_season = 0, of_level = 0, level = median_hour(f);
    for (size_t h = 0; h < f->hour_count; h++) {
        if (isnan(f->hours[h]))
            continue;
        double told = level_without(f, h % HOURS, h, 1);
        of_season += fabs(f->hours[h] - told);
        of_level += fabs(f->hours[h] - level);
    }
    return of_season <= least_gain * of_level && of_level > 0;
}

/* Between the middles of two hours. */
static double level_at(const double *levels, int64_t time_ns)
{
    int64_t middle_ns = time_ns - hour_ns / 2, hour = hour_of(middle_ns);
    double part = (double)(middle_ns - hour * hour_ns) / (double)hour_ns;
    size_t from = (size_t)(hour % HOURS + HOURS) % HOURS;
    return (1 - part) * levels[from] + part * levels[(from + 1) % HOURS];
}

double caus_time_of_day_level(const caus_time_of_day *of, int64_t time_ns)
{
    return of->centre > 0 ? level_at(of->levels, time_ns) : (double)NAN;
}

/* A value without its time of day. */
static double taken_out(double value, const caus_time_of_day *usual,
                        int64_t time_ns)
{
    bool has_season = usual->centre > 0;
    return has_season
               ? value * (usual->centre / level_at(usual->levels, time_ns))
               : value;
}

/* What is usual in rows from a time on; NaN = there are none. */
static double mean_level(const double *levels, const int64_t *time_ns,
                         size_t row_count, int64_t from_ns)
{
    double sum = 0;
    size_t count = 0;
    for (size_t r = 0; r < row_count; r++) {
        if (time_ns[r] < from_ns)
            continue;
        sum += level_at(levels, time_ns[r]);
        count++;
    }
    return count ? sum / (double)count : (double)NAN;
}

static double centre_of(const finder *f, const double *levels)
{
    double mean = mean_level(levels, f->time_ns, f->row_count, f->from_ns);
    if (!isnan(mean))
        return mean;
    for (size_t h = 0; h < HOURS; h++)
        f->buffer[h] = levels[h];
    return caus_median(f->buffer, HOURS);
}

static caus_time_of_day find_season(finder *f, const double *values)
{
    caus_time_of_day made = {.centre = 0};
    double lowest = (double)INFINITY, highest = 0;
    fill_hours(f, values);
    for (size_t h = 0; h < HOURS; h++) {
        double level = level_without(f, h, SIZE_MAX, LEAST_DAYS);
        if (!(level > 0))
            return made;
        made.levels[clock_hour(f, h)] = level;
        lowest = fmin(lowest, level);
        highest = fmax(highest, level);
    }
    if (lowest >= least_share * highest && is_repeated(f))
        made.centre = centre_of(f, made.levels);
    return made;
}

/* ---- rows by hour ---- */

/* Whether there are days enough; sets the hours that there are. */
static bool has_days(finder *f, int64_t step_ns)
{
    int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
    for (size_t r = 0; r < f->row_count; r++) {
        int64_t at = f->time_ns[r];
        if (at >= f->end_ns)
            continue;
        first_ns = at < first_ns ? at : first_ns;
        last_ns = at > last_ns ? at : last_ns;
    }
    if (first_ns > last_ns || step_ns > hour_ns)
        return false;
    f->first_hour = hour_of(first_ns);
    f->hour_count = (size_t)(hour_of(last_ns) - f->first_hour) + 1;
    return f->hour_count >= (size_t)LEAST_DAYS * HOURS &&
           f->hour_count <= (size_t)MOST_DAYS * HOURS;
}

/* Rows of one hour side by side. */
static void sort_rows(finder *f)
{
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t r = 0; r < f->row_count; r++) {
            if (f->time_ns[r] >= f->end_ns)
                continue;
            size_t hour = (size_t)(hour_of(f->time_ns[r]) - f->first_hour);
            if (pass == 0)
                f->start[hour + 2]++;
            else
                f->rows[f->start[hour + 1]++] = r;
        }
        for (size_t h = 2; pass == 0 && h < f->hour_count + 2; h++)
            f->start[h] += f->start[h - 1];
    }
}

/*
 * From times to a finder; `result.hour_count` is 0 where no season can be told.
 *
 *   time_ns  [row_count], kept
 */
static caus_status open_finder(const caus_case *about, const int64_t *time_ns,
                               size_t row_count, finder *result,
                               caus_error *err)
{
    const caus_explain_options *options = about->options;
    int64_t end_ns = options->has_onset ? options->onset_ns : INT64_MAX;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    finder f = {.time_ns = time_ns,
                .row_count = row_count,
                .end_ns = end_ns,
                .from_ns = about->onset_row
                               ? about->timeline.time_ns[about->onset_row]
                               : end_ns};
    *result = (finder){0};
    if (!has_days(&f, about->series->step_ns))
        return CAUS_OK;
    f.start = CAUS_ARRAY(scratch, size_t, f.hour_count + 2);
    f.rows = CAUS_ARRAY(scratch, size_t, row_count);
    f.hours = CAUS_ARRAY(scratch, double, f.hour_count);
    f.buffer = CAUS_ARRAY(scratch, double, row_count + f.hour_count);
    if (!f.start || !f.rows || !f.hours || !f.buffer)
        return caus_arena_fail(scratch, err);
    sort_rows(&f);
    *result = f;
    return CAUS_OK;
}

/* ---- the series without ---- */

/* The rows of a series, oldest first. */
typedef struct rows {
    const caus_series *series;
    const size_t *order; /* of its segments */
    const int64_t *time_ns;
    double *column; /* of one variable; NaN = missing */
} rows;

static void take_column(const rows *from, size_t variable)
{
    const caus_series *series = from->series;
    size_t count = series->variable_count, row = 0;
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[from->order[i]];
        for (size_t r = 0; r < segment->row_count; r++)
            from->column[row++] = caus_segment_is_missing(segment, r, variable)
                                      ? (double)NAN
                                      : segment->values[r * count + variable];
    }
}

static const double *without(const caus_segment *segment,
                             const int64_t *time_ns, size_t count,
                             const caus_time_of_day *usual, caus_arena *out)
{
    double *values = CAUS_ARRAY(out, double, segment->row_count *count);
    for (size_t r = 0; values && r < segment->row_count; r++) {
        for (size_t v = 0; v < count; v++) {
            size_t at = r * count + v;
            values[at] = taken_out(segment->values[at], &usual[v], time_ns[r]);
        }
    }
    return values;
}

static caus_status copy_without(const rows *from, const caus_time_of_day *usual,
                                caus_arena *out, const caus_series **result,
                                caus_error *err)
{
    caus_series *made = CAUS_ARRAY(out, caus_series, 1);
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, from->series->segment_count);
    if (!made || !segments)
        return caus_arena_fail(out, err);
    *made = *from->series;
    made->segments = segments;
    const int64_t *time_ns = from->time_ns;
    for (size_t i = 0; i < made->segment_count; i++) {
        size_t s = from->order[i];
        segments[s] = from->series->segments[s];
        segments[s].values =
            without(&segments[s], time_ns, made->variable_count, usual, out);
        if (!segments[s].values)
            return caus_arena_fail(out, err);
        time_ns += segments[s].row_count;
    }
    *result = made;
    return CAUS_OK;
}

static caus_status take_out(caus_case *about, const rows *from, finder *f,
                            caus_error *err)
{
    size_t count = from->series->variable_count, found = 0;
    caus_time_of_day *usual = CAUS_ARRAY(about->out, caus_time_of_day, count);
    if (!usual)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < count; v++) {
        CAUS_TRY(caus_run_check(about->run, err));
        take_column(from, v);
        usual[v] = find_season(f, from->column);
        found += usual[v].centre > 0;
    }
    if (!found)
        return CAUS_OK;
    CAUS_TRY(copy_without(from, usual, about->out, &about->series, err));
    about->season_count = found;
    about->usual = usual;
    return CAUS_OK;
}

static caus_status take_out_of_series(caus_case *about, caus_arena *scratch,
                                      caus_error *err)
{
    const caus_series *series = about->series;
    size_t count = caus_series_row_count(series);
    rows from = {.series = series,
                 .order = caus_segments_by_time(series, scratch),
                 .column = CAUS_ARRAY(scratch, double, count)};
    if (!from.order || !from.column)
        return caus_arena_fail(scratch, err);
    from.time_ns = caus_segments_times(series, from.order, scratch);
    if (!from.time_ns)
        return caus_arena_fail(scratch, err);
    finder f;
    CAUS_TRY(open_finder(about, from.time_ns, count, &f, err));
    return f.hour_count ? take_out(about, &from, &f, err) : CAUS_OK;
}

caus_status caus_season_take_out(caus_case *about, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = take_out_of_series(about, scratch, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

/* ---- once the onset is found ---- */

void caus_season_bring(const caus_case *about)
{
    size_t count = about->timeline.row_count;
    for (size_t v = 0; about->brought && v < about->timeline.variable_count;
         v++) {
        double *values = about->timeline.values + v * count;
        for (size_t r = 0; about->usual[v].centre > 0 && r < count; r++)
            values[r] *= about->brought[v];
    }
}

caus_status caus_season_bring_to_onset(caus_case *about, caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t count = timeline->variable_count;
    if (!about->season_count || about->options->has_onset)
        return CAUS_OK;
    caus_time_of_day *usual = CAUS_ARRAY(about->out, caus_time_of_day, count);
    double *brought = CAUS_ARRAY(about->out, double, count);
    if (!usual || !brought)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < count; v++) {
        usual[v] = about->usual[v];
        if (!(usual[v].centre > 0))
            continue;
        double mean =
            mean_level(usual[v].levels, timeline->time_ns, timeline->row_count,
                       timeline->time_ns[about->onset_row]);
        brought[v] = mean / usual[v].centre;
        usual[v].centre = mean;
    }
    size_t cells = count * timeline->row_count;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    double *values = CAUS_ARRAY(scratch, double, cells);
    if (!values)
        return caus_arena_fail(scratch, err);
    memcpy(values, timeline->values, cells * sizeof *values);
    about->timeline.values = values;
    about->usual = usual;
    about->brought = brought;
    caus_season_bring(about);
    return CAUS_OK;
}

/* ---- columns ---- */

static caus_status take_out_of_columns(const caus_case *about,
                                       caus_timeline *columns, caus_error *err)
{
    size_t count = columns->row_count;
    const int64_t *time_ns = about->timeline.time_ns;
    finder f;
    CAUS_TRY(open_finder(about, time_ns, count, &f, err));
    for (size_t v = 0; f.hour_count && v < columns->variable_count; v++) {
        CAUS_TRY(caus_run_check(about->run, err));
        double *values = columns->values + v * count;
        caus_time_of_day usual = find_season(&f, values);
        for (size_t r = 0; r < count; r++)
            values[r] = taken_out(values[r], &usual, time_ns[r]);
    }
    return CAUS_OK;
}

caus_status caus_season_take_out_of(const caus_case *about,
                                    caus_timeline *columns, caus_error *err)
{
    if (!about->season_count)
        return CAUS_OK;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = take_out_of_columns(about, columns, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

caus_status caus_season_put_back(const caus_case *about, caus_arena *out,
                                 const double **result, caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t count = timeline->row_count;
    *result = timeline->values;
    if (!about->season_count)
        return CAUS_OK;
    double *made = CAUS_ARRAY(out, double, timeline->variable_count *count);
    if (!made)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < timeline->variable_count; v++) {
        const caus_time_of_day *usual = &about->usual[v];
        for (size_t r = 0; r < count; r++) {
            double value = caus_timeline_values(timeline, v)[r];
            if (usual->centre > 0)
                value *= level_at(usual->levels, timeline->time_ns[r]) /
                         usual->centre;
            made[v * count + r] = value;
        }
    }
    *result = made;
    return CAUS_OK;
}
