/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and thresholds from windows of the reference. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/distributions.h"
#include "numeric/order.h"

/* What windows of other systems say of the deviation of scores and of log
 * ratios, and how many windows that is worth. */
static const double prior_windows = 8;
static const double prior_score_deviation = 1;
static const double prior_ratio_deviation = .3;
/* Few variables have few surprises: half the variance with so many. */
static const double prior_columns = 30;
/* Limits of departures are at least this share of what counts at all. */
static const double least_limit = .5;
/* A reference window is an earlier incident when its score, with so many times
 * the usual departures as limits, is so many deviations off. */
static const double usual_times = 2.5;
static const double disturbed = 4;
static const double least_disturbed_deviation = .5;
static const double most_disturbed_share = .3;

typedef struct placebo_job {
    const caus_detect_job *job;
    const caus_departures *departures;
    size_t cells;   /* column_count × scale_count */
    double *limits; /* [cells] */
    double *sums;   /* [longest window] scratch */
    bool *is_left_out;
} placebo_job;

/* The largest departures of windows in use, all but one. */
static void set_limits(const placebo_job *p, size_t without)
{
    double least = least_limit * p->job->options->min_size;
    for (size_t i = 0; i < p->cells; i++)
        p->limits[i] = least;
    for (size_t b = 0; b < p->job->layout->placebo_count; b++) {
        if (b == without || p->is_left_out[b])
            continue;
        const double *most = caus_largest_of(p->departures, b);
        for (size_t i = 0; i < p->cells; i++)
            p->limits[i] = most[i] > p->limits[i] ? most[i] : p->limits[i];
    }
}

/* Adds to each row of a window what a column says of it at a scale; the
 * largest logarithm of a ratio, or `most`. */
static double add_cell(const placebo_job *p, size_t cell,
                       const caus_block *block, double *sums, double most)
{
    size_t scales = p->departures->scale_count, column = cell / scales;
    const double *departures =
        caus_departures_of(p->departures, column, cell % scales) + block->start;
    bool is_still = p->job->panel->is_still[column];
    double limit = p->limits[cell], least = p->job->options->min_size;
    for (size_t r = 0; r < block->length; r++) {
        double size = fabs(departures[r]);
        if (size <= limit || size < least)
            continue;
        double ratio = size / limit;
        if (is_still)
            ratio = fmin(ratio, CAUS_ANOMALY_STILL_CAP);
        double found = log(ratio);
        most = fmax(most, found);
        sums[r] += fmin(found, log(CAUS_ANOMALY_RATIO_CAP));
    }
    return most;
}

/* A window's score, and the largest logarithm of a ratio in it. */
static double score_block(const placebo_job *p, size_t b, double *log_ratio)
{
    const caus_block *block = &p->job->layout->blocks[b];
    const double *largest = caus_largest_of(p->departures, b);
    size_t scales = p->departures->scale_count;
    double best = 0, most = 0, least = p->job->options->min_size;
    for (size_t s = 0; s < scales; s++) {
        memset(p->sums, 0, block->length * sizeof *p->sums);
        for (size_t i = s; i < p->cells; i += scales)
            if (largest[i] > p->limits[i] && largest[i] >= least)
                most = add_cell(p, i, block, p->sums, most);
        for (size_t r = 0; r < block->length; r++)
            best = fmax(best, p->sums[r]);
    }
    if (log_ratio)
        *log_ratio = most;
    return sqrt(best);
}

/* Upper prediction limit for one more value, with a prior on the deviation. */
static double predict(const double *values, size_t count, double prior,
                      double level)
{
    double mean = 0, squares = 0, n = (double)count;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / n;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    double freedom = n - 1 + prior_windows;
    double deviation =
        sqrt((squares + prior_windows * prior * prior) / freedom);
    return mean + caus_student_t_quantile_sf(level, freedom) * deviation *
                      sqrt(1 + 1 / n);
}

/* Leaves windows out that look like earlier incidents, the worst first. */
static void leave_out(const placebo_job *p, double *scores, double *room)
{
    size_t count = p->job->layout->placebo_count;
    for (size_t i = 0; i < p->cells; i++) {
        for (size_t b = 0; b < count; b++)
            room[b] = caus_largest_of(p->departures, b)[i];
        p->limits[i] = fmax(p->job->options->min_size,
                            usual_times * caus_median(room, count));
    }
    for (size_t b = 0; b < count; b++)
        scores[b] = score_block(p, b, NULL);
    memcpy(room, scores, count * sizeof *room);
    double middle = caus_median(room, count);
    for (size_t b = 0; b < count; b++)
        room[b] = fabs(scores[b] - middle);
    double deviation =
        fmax(1.4826 * caus_median(room, count), least_disturbed_deviation);
    size_t most = (size_t)(most_disturbed_share * (double)count);
    for (size_t k = 0; k < most; k++) {
        size_t worst = SIZE_MAX;
        for (size_t b = 0; b < count; b++)
            if (!p->is_left_out[b] &&
                scores[b] > middle + disturbed * deviation &&
                (worst == SIZE_MAX || scores[b] > scores[worst]))
                worst = b;
        if (worst == SIZE_MAX)
            return;
        p->is_left_out[worst] = true;
    }
}

/* Scores of every placebo window by the limits of the others. */
static caus_status learn_thresholds(const placebo_job *p, double *scores,
                                    double *ratios, caus_alarm *alarm,
                                    caus_error *err)
{
    const caus_layout *layout = p->job->layout;
    size_t used = 0;
    for (size_t b = 0; b < layout->placebo_count; b++) {
        if (p->is_left_out[b])
            continue;
        CAUS_TRY(caus_run_check(p->job->run, err));
        set_limits(p, b);
        scores[used] = score_block(p, b, &ratios[used]);
        used++;
    }
    size_t questions = layout->block_count - layout->placebo_count;
    double level = p->job->options->false_alarm / (double)questions;
    alarm->placebo_used = used;
    double columns = (double)p->departures->column_count;
    double prior =
        prior_score_deviation * sqrt(columns / (columns + prior_columns));
    alarm->threshold = predict(scores, used, prior, level);
    alarm->variable_threshold =
        exp(predict(ratios, used, prior_ratio_deviation, level));
    return CAUS_OK;
}

static void judge(const placebo_job *p, caus_alarm *alarm)
{
    const caus_layout *layout = p->job->layout;
    alarm->score = -1;
    for (size_t b = layout->placebo_count; b < layout->block_count; b++) {
        double score = score_block(p, b, NULL);
        if (score <= alarm->score)
            continue;
        alarm->score = score;
        alarm->block = b;
        if (score > alarm->threshold) {
            alarm->found = true;
            return;
        }
    }
}

caus_status caus_alarm_find(const caus_detect_job *job,
                            const caus_departures *departures,
                            caus_arena *scratch, caus_alarm *result,
                            caus_error *err)
{
    size_t count = job->layout->placebo_count;
    size_t cells = departures->scale_count * departures->column_count;
    placebo_job p = {.job = job, .departures = departures, .cells = cells};
    p.sums = CAUS_ARRAY(scratch, double, 2 * job->layout->window_rows);
    p.limits = CAUS_ARRAY(scratch, double, cells);
    p.is_left_out = CAUS_ARRAY(scratch, bool, count);
    double *scores = CAUS_ARRAY(scratch, double, count);
    double *room = CAUS_ARRAY(scratch, double, count);
    if (!p.limits || !p.sums || !p.is_left_out || !scores || !room)
        return caus_arena_fail(scratch, err);
    caus_alarm alarm = {.limits = p.limits, .is_left_out = p.is_left_out};
    leave_out(&p, scores, room);
    CAUS_TRY(learn_thresholds(&p, scores, room, &alarm, err));
    set_limits(&p, SIZE_MAX);
    judge(&p, &alarm);
    *result = alarm;
    return CAUS_OK;
}

/* What a departure of a column at a scale is held against. */
typedef struct bar {
    double limit; /* of one that is large enough to count */
    double least; /* so large is that */
    double small; /* the limit of others */
    double cap;
} bar;

static bar bar_of(const caus_detect_job *job, const caus_alarm *alarm,
                  size_t column, size_t scale)
{
    double limit = alarm->limits[column * job->layout->scale_count + scale];
    double least = job->options->min_size;
    bool is_still = job->panel->is_still[column];
    return (bar){.limit = limit,
                 .least = least,
                 .small = limit > least ? limit : least,
                 .cap = is_still ? CAUS_ANOMALY_STILL_CAP : (double)INFINITY};
}

static inline double ratio_of(double size, bar against)
{
    double ratio =
        size / (size < against.least ? against.small : against.limit);
    return ratio < against.cap ? ratio : against.cap;
}

double caus_ratios_most(const caus_detect_job *job,
                        const caus_departures *departures,
                        const caus_alarm *alarm, size_t column,
                        size_t first_block)
{
    size_t scales = departures->scale_count;
    double most = 0;
    for (size_t s = 0; s < scales; s++) {
        bar against = bar_of(job, alarm, column, s);
        for (size_t b = first_block; b < job->layout->block_count; b++) {
            double size = caus_largest_of(departures, b)[column * scales + s];
            double ratio = ratio_of(size, against);
            most = ratio > most ? ratio : most;
        }
    }
    return most;
}

void caus_ratios_fill(const caus_detect_job *job,
                      const caus_departures *departures,
                      const caus_alarm *alarm, size_t column,
                      double *restrict ratios)
{
    size_t rows = departures->row_count, from = caus_told_from(job);
    memset(ratios, 0, rows * sizeof *ratios);
    for (size_t s = 0; s < departures->scale_count; s++) {
        const double *found = caus_departures_of(departures, column, s);
        const bar against = bar_of(job, alarm, column, s);
        for (size_t r = from; r < rows; r++) {
            double ratio = ratio_of(fabs(found[r]), against);
            bool is_more = ratio > fabs(ratios[r]);
            ratios[r] = is_more ? copysign(ratio, found[r]) : ratios[r];
        }
    }
}
