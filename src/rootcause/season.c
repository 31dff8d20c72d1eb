/* SPDX-License-Identifier: Apache-2.0 */
#include "rootcause/season.h"

#include <math.h>
#include <stdlib.h>

#include "numeric/order.h"

enum { HOURS = 24, LEAST_DAYS = 2, MOST_DAYS = 400 };

static const int64_t hour_ns = (int64_t)3600 * 1000000000;
static const double least_share = 0.05; /* of the highest hour, for a lowest
                                           that others can be divided by */
static const double least_gain = 0.5;

/* What is usual in each hour of a day. */
typedef struct season {
    double level[HOURS];
    double centre; /* what values are brought to; 0 = there is no season */
} season;

typedef struct finder {
    const caus_series *series;
    int64_t end_ns; /* rows before it tell what is usual */
    bool has_onset;
    int64_t first_hour;
    size_t hour_count;
    double *hours;  /* [hour_count] medians of a variable; NaN = not seen */
    double *buffer; /* [rows + hour_count] */
} finder;

static int64_t hour_of(int64_t time_ns)
{
    int64_t hour = time_ns / hour_ns;
    return hour - (time_ns % hour_ns < 0);
}

static int64_t time_of(const caus_series *series, const caus_segment *segment,
                       size_t row)
{
    return segment->start_ns + (int64_t)row * series->step_ns;
}

static void fill_hours(finder *f, size_t variable)
{
    for (size_t h = 0; h < f->hour_count; h++)
        f->hours[h] = (double)NAN;
    for (size_t s = 0; s < f->series->segment_count; s++) {
        const caus_segment *segment = &f->series->segments[s];
        size_t count = 0;
        int64_t at = INT64_MIN;
        for (size_t r = 0; r <= segment->row_count; r++) {
            int64_t time_ns = time_of(f->series, segment, r);
            bool ends = r == segment->row_count || time_ns >= f->end_ns;
            if ((ends || hour_of(time_ns) != at) && count) {
                f->hours[at - f->first_hour] = caus_median(f->buffer, count);
                count = 0;
            }
            if (ends)
                break;
            at = hour_of(time_ns);
            if (!caus_segment_is_missing(segment, r, variable))
                f->buffer[count++] =
                    segment->values[r * f->series->variable_count + variable];
        }
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
static double level_at(const finder *f, const season *of, int64_t time_ns)
{
    double hours =
        (double)(time_ns - f->first_hour * hour_ns) / (double)hour_ns - 0.5;
    double before = floor(hours), part = hours - before;
    size_t from = (size_t)(before + HOURS) % HOURS;
    return (1 - part) * of->level[from] + part * of->level[(from + 1) % HOURS];
}

static double centre_of(const finder *f, const season *of)
{
    double sum = 0;
    size_t count = 0;
    for (size_t s = 0; f->has_onset && s < f->series->segment_count; s++) {
        const caus_segment *segment = &f->series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++) {
            int64_t time_ns = time_of(f->series, segment, r);
            if (time_ns < f->end_ns)
                continue;
            sum += level_at(f, of, time_ns);
            count++;
        }
    }
    if (count)
        return sum / (double)count;
    for (size_t h = 0; h < HOURS; h++)
        f->buffer[h] = of->level[h];
    return caus_median(f->buffer, HOURS);
}

static season find_season(finder *f, size_t variable)
{
    season made = {.centre = 0};
    double lowest = (double)INFINITY, highest = 0;
    fill_hours(f, variable);
    for (size_t h = 0; h < HOURS; h++) {
        made.level[h] = level_without(f, h, SIZE_MAX, LEAST_DAYS);
        if (!(made.level[h] > 0))
            return made;
        lowest = fmin(lowest, made.level[h]);
        highest = fmax(highest, made.level[h]);
    }
    if (lowest >= least_share * highest && is_repeated(f))
        made.centre = centre_of(f, &made);
    return made;
}

/* ---- the series without ---- */

static const double *without(const finder *f, const caus_segment *segment,
                             const season *seasons, caus_arena *out)
{
    size_t count = f->series->variable_count;
    double *values = CAUS_ARRAY(out, double, segment->row_count *count);
    for (size_t r = 0; values && r < segment->row_count; r++) {
        int64_t time_ns = time_of(f->series, segment, r);
        for (size_t v = 0; v < count; v++) {
            double value = segment->values[r * count + v];
            if (seasons[v].centre > 0)
                value *= seasons[v].centre / level_at(f, &seasons[v], time_ns);
            values[r * count + v] = value;
        }
    }
    return values;
}

static caus_status copy_without(const finder *f, const season *seasons,
                                caus_arena *out, const caus_series **result,
                                caus_error *err)
{
    caus_series *made = CAUS_ARRAY(out, caus_series, 1);
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, f->series->segment_count);
    if (!made || !segments)
        return caus_arena_fail(out, err);
    *made = *f->series;
    made->segments = segments;
    for (size_t s = 0; s < made->segment_count; s++) {
        segments[s] = f->series->segments[s];
        segments[s].values = without(f, &segments[s], seasons, out);
        if (!segments[s].values)
            return caus_arena_fail(out, err);
    }
    *result = made;
    return CAUS_OK;
}

/* Whether there are days enough; sets the hours that there are. */
static bool has_days(finder *f)
{
    int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
    for (size_t s = 0; s < f->series->segment_count; s++) {
        const caus_segment *segment = &f->series->segments[s];
        if (!segment->row_count)
            continue;
        int64_t end_ns = time_of(f->series, segment, segment->row_count - 1);
        first_ns = segment->start_ns < first_ns ? segment->start_ns : first_ns;
        last_ns = end_ns > last_ns ? end_ns : last_ns;
    }
    if (f->end_ns <= first_ns || f->series->step_ns > hour_ns)
        return false;
    if (last_ns >= f->end_ns)
        last_ns = f->end_ns - 1;
    f->first_hour = hour_of(first_ns);
    f->hour_count = (size_t)(hour_of(last_ns) - f->first_hour) + 1;
    return f->hour_count >= (size_t)LEAST_DAYS * HOURS &&
           f->hour_count <= (size_t)MOST_DAYS * HOURS;
}

caus_status caus_season_take_out(caus_case *about, caus_error *err)
{
    const caus_explain_options *options = about->options;
    const caus_series *series = about->series;
    finder f = {.series = series,
                .end_ns = options->has_onset ? options->onset_ns : INT64_MAX,
                .has_onset = options->has_onset};
    if (!has_days(&f))
        return CAUS_OK;
    size_t rows = caus_series_row_count(series), count = 0;
    season *seasons = CAUS_ARRAY(about->out, season, series->variable_count);
    f.hours = CAUS_ARRAY(about->out, double, f.hour_count);
    f.buffer = CAUS_ARRAY(about->out, double, rows + f.hour_count);
    if (!seasons || !f.hours || !f.buffer)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        CAUS_TRY(caus_run_check(about->run, err));
        seasons[v] = find_season(&f, v);
        count += seasons[v].centre > 0;
    }
    if (count)
        CAUS_TRY(copy_without(&f, seasons, about->out, &about->series, err));
    about->season_count = count;
    return CAUS_OK;
}
