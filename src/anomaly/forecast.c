/* SPDX-License-Identifier: Apache-2.0 */
/* Exponential smoothing with a damped trend and an additive season. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/distributions.h"

enum { LEAST_VALUES = 10 };

static const size_t most_season = 100000;

static const double damping = .98;
static const double level_weights[] = {.02, .05, .1, .2, .35, .5, .8};
static const double trend_weights[] = {0, .01, .05};
static const double season_weights[] = {0, .05, .2};
/* Errors beyond so many deviations move the state no further. */
static const double most_error = 4;
/* The detector's least deviation of a forecast, in robust deviations. */
static const double least_deviation = .25;

typedef struct smoother {
    double level_weight, trend_weight, season_weight;
    double level, trend;
    size_t season_rows; /* 0 = none */
    double *season;     /* [season_rows] */
    double deviation;   /* of one-step errors; 0 = not known yet */
} smoother;

static double season_at(const smoother *s, size_t row)
{
    return s->season_rows ? s->season[row % s->season_rows] : 0;
}

/* One row; returns the one-step error, NaN where the value is missing. */
static double smooth(smoother *s, size_t row, double value)
{
    double trend = damping * s->trend;
    double error = value - (s->level + trend + season_at(s, row));
    double moved = isnan(error) ? 0 : error;
    if (s->deviation > 0)
        moved = fmax(-most_error * s->deviation,
                     fmin(most_error * s->deviation, moved));
    s->level += trend + s->level_weight * moved;
    s->trend = trend + s->trend_weight * moved;
    if (s->season_rows)
        s->season[row % s->season_rows] += s->season_weight * moved;
    return error;
}

/* The state before row 0: level and season of the first two seasons. */
static void start(smoother *s, const double *values, size_t count)
{
    size_t rows = LEAST_VALUES;
    if (s->season_rows)
        rows = 2 * s->season_rows;
    rows = rows < count ? rows : count;
    double sum = 0, present = 0;
    for (size_t r = 0; r < rows || (present < 1 && r < count); r++)
        if (!isnan(values[r])) {
            sum += values[r];
            present++;
        }
    s->level = present > 0 ? sum / present : 0;
    s->trend = 0;
    for (size_t k = 0; k < s->season_rows; k++) {
        double total = 0, found = 0;
        for (size_t r = k; r < rows; r += s->season_rows)
            if (!isnan(values[r])) {
                total += values[r] - s->level;
                found++;
            }
        s->season[k] = found > 0 ? total / found : 0;
    }
}

/* Root mean square of the one-step errors. */
static double try_weights(smoother *s, const double *values, size_t count)
{
    double squares = 0, present = 0;
    s->deviation = 0;
    start(s, values, count);
    for (size_t r = 0; r < count; r++) {
        double error = smooth(s, r, values[r]);
        if (!isnan(error)) {
            squares += error * error;
            present++;
        }
    }
    return present > 0 ? sqrt(squares / present) : 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The weights of least error; the state is as after the last value. */
static void fit(smoother *s, const double *values, size_t count)
{
    smoother best = *s;
    double least = (double)INFINITY;
    size_t seasons = s->season_rows ? COUNT(season_weights) : 1;
    for (size_t a = 0; a < COUNT(level_weights); a++)
        for (size_t b = 0; b < COUNT(trend_weights); b++)
            for (size_t c = 0; c < seasons; c++) {
                s->level_weight = level_weights[a];
                s->trend_weight = trend_weights[b];
                s->season_weight = s->season_rows ? season_weights[c] : 0;
                double error = try_weights(s, values, count);
                if (error < least) {
                    least = error;
                    best = *s;
                }
            }
    *s = best;
    s->deviation = try_weights(s, values, count);
}

/* Variance of a forecast in one-step variances grows by c², for the j-th step
 * c = a + b (φ + … + φ^j), and the season's weight once a season. */
static double next_weight(const smoother *s, size_t j, double *power,
                          double *sum)
{
    *power *= damping;
    *sum += *power;
    double weight = s->level_weight + s->trend_weight * *sum;
    if (s->season_rows && j % s->season_rows == 0)
        weight += s->season_weight;
    return weight;
}

/* The mean and deviation of `rows` rows from `row` on. */
static void predict(const smoother *s, size_t row, size_t rows, double *means,
                    double *deviations)
{
    double power = 1, sum = 0, variance = 1, trend = s->trend;
    double level = s->level;
    for (size_t j = 1; j <= rows; j++) {
        trend *= damping;
        level += trend;
        means[j - 1] = level + season_at(s, row + j - 1);
        deviations[j - 1] = s->deviation * sqrt(variance);
        double weight = next_weight(s, j, &power, &sum);
        variance += weight * weight;
    }
}

static size_t season_of(const caus_detect_job *job)
{
    size_t reference = job->panel->reference_count;
    size_t season = job->options->season_rows;
    const int64_t day_ns = (int64_t)86400 * 1000000000;
    if (!season && job->step_ns > 0 && day_ns % job->step_ns == 0)
        season = (size_t)(day_ns / job->step_ns);
    return season > 1 && season <= reference / 2 ? season : 0;
}

/* Errors of forecasts made before each window, in their deviations. */
bool caus_fill_forecast(const caus_detect_job *job, size_t column,
                        caus_arena *scratch, double *values)
{
    const caus_panel *panel = job->panel;
    size_t rows = panel->row_count, longest = 2 * job->layout->window_rows;
    double *all = CAUS_ARRAY(scratch, double, rows);
    double *means = CAUS_ARRAY(scratch, double, longest);
    double *deviations = CAUS_ARRAY(scratch, double, longest);
    smoother s = {.season_rows = season_of(job)};
    s.season = CAUS_ARRAY(scratch, double, s.season_rows);
    if (!all || !means || !deviations || !s.season)
        return false;
    caus_fill_standardised(job, column, scratch, all);
    fit(&s, all, panel->reference_count);
    start(&s, all, panel->reference_count);
    for (size_t r = 0; r < rows; r++)
        values[r] = (double)NAN;
    size_t row = 0;
    for (size_t b = 0; b < job->layout->block_count; b++) {
        const caus_block *block = &job->layout->blocks[b];
        for (; row < block->start; row++)
            smooth(&s, row, all[row]);
        predict(&s, row, block->length, means, deviations);
        for (size_t i = 0; i < block->length; i++)
            values[row + i] = (all[row + i] - means[i]) /
                              fmax(deviations[i], least_deviation);
    }
    return true;
}

/* ---- the public forecast ---- */

static caus_status check(const double *values, size_t count, size_t season,
                         double level, caus_error *err)
{
    if (!(level > 0 && level < 1) || season > most_season)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "an interval of level %g with a season of %zu rows "
                         "cannot be made: give a level between 0 and 1 and at "
                         "most %zu rows",
                         level, season, most_season);
    size_t present = 0;
    for (size_t r = 0; r < count; r++) {
        present += isnan(values[r]) ? 0 : 1;
        if (isinf(values[r]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "row %zu is infinite: give NaN where there is no "
                             "value",
                             r);
    }
    if (present < LEAST_VALUES || (season > 1 && count < 2 * season))
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu values in %zu rows are too few to forecast from: "
                         "at least %d, and two seasons of %zu rows, are needed",
                         present, count, LEAST_VALUES, season);
    return CAUS_OK;
}

static bool make(const double *values, size_t count, smoother s, double level,
                 caus_arena *out, caus_forecast *made)
{
    size_t horizon = made->horizon;
    double *means = CAUS_ARRAY(out, double, horizon);
    double *lower = CAUS_ARRAY(out, double, horizon);
    double *upper = CAUS_ARRAY(out, double, horizon);
    if (!means || !lower || !upper || !s.season)
        return false;
    fit(&s, values, count);
    predict(&s, count, horizon, means, lower);
    double wide = caus_normal_quantile(.5 + level / 2);
    for (size_t j = 0; j < horizon; j++) {
        double half = wide * lower[j];
        lower[j] = means[j] - half;
        upper[j] = means[j] + half;
    }
    *made =
        (caus_forecast){horizon,        means,          lower,          upper,
                        s.level_weight, s.trend_weight, s.season_weight};
    return true;
}

caus_status caus_forecast_make(const double *values, size_t count,
                               size_t season_rows, double level, size_t horizon,
                               caus_arena *out, caus_forecast *result,
                               caus_error *err)
{
    CAUS_TRY(check(values, count, season_rows, level, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    smoother s = {.season_rows = season_rows > 1 ? season_rows : 0};
    s.season = CAUS_ARRAY(out, double, s.season_rows);
    caus_forecast made = {.horizon = horizon};
    if (!make(values, count, s, level, out, &made)) {
        caus_status status = caus_arena_fail(out, err);
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
