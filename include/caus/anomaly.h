/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anomalies: which variables left their habit, when, which way and how far, and
 * when the incident as a whole began.
 */
#ifndef CAUS_ANOMALY_H
#define CAUS_ANOMALY_H

#include "series.h"

CAUS_API_BEGIN

/* How a departure from the habit is measured. */
typedef enum caus_detector {
    CAUS_DETECTOR_TWO_WINDOW,   /* level after against level before */
    CAUS_DETECTOR_CHANGE_POINT, /* cumulative sums: small lasting shifts too */
    CAUS_DETECTOR_BAYESIAN,     /* a new mean or deviation, by its odds */
    CAUS_DETECTOR_FORECAST,     /* against trend, season and their interval */
    CAUS_DETECTOR_ISOLATION,    /* rows that few random cuts set apart */
    CAUS_DETECTOR_GRANGER_BREAK /* the usual dependence is gone */
} caus_detector;

enum { CAUS_DETECTOR_COUNT = 6 };

/* "two-window", "change-point", "bayesian", "forecast", "isolation",
 * "granger-break"; "unknown" of any other. */
const char *caus_detector_name(caus_detector detector);

/* The detector of this name; false if there is none. */
bool caus_detector_from_name(const char *name, caus_detector *result);

typedef struct caus_anomaly_options {
    caus_detector detector;
    size_t reference_rows; /* rows taken as healthy, from the earliest on; 0 =
                              those of the first environment where there are
                              several, else the first half. ≥ 20 */
    double false_alarm;    /* chance of an alarm in healthy rows, all variables
                              and rows together, in (0, .5] */
    double min_effect;     /* least change, as a share of the level, [0, 10] */
    double min_size;       /* least change in robust deviations, (0, 100] */
    size_t season_rows; /* forecast: rows of a season; 0 = a day where ≥ 2 are
                           in the reference, else no season */
    size_t tree_count;  /* isolation, 1 … 1,000 */
    size_t tree_sample; /* rows a tree is grown from, 2 … 4,096 */
    size_t max_lag;     /* Granger break: rows of the past used, 1 … 10 */
} caus_anomaly_options;

/* Two windows, false_alarm .02, min_effect .10, min_size 4, 100 trees of 256
 * rows, max_lag 2. */
caus_anomaly_options caus_anomaly_options_default(void);

/*
 * When something began. Rows count from the earliest of the series on, over all
 * segments; times are grid times, 0 without them.
 */
typedef struct caus_onset {
    bool found;
    size_t row;       /* most likely first row that is different */
    size_t first_row; /* the onset lies in [first_row, last_row] with about 95 %
                         belief */
    size_t last_row;
    int64_t time_ns, first_ns, last_ns;
} caus_onset;

/* An onset that is known, not found: its interval is the row itself. */
caus_onset caus_onset_given(size_t row, int64_t time_ns);

typedef struct caus_anomaly {
    bool scored;   /* false: constant, a category, or too few values */
    bool exceeds;  /* `ratio` is above `caus_anomalies.variable_threshold` */
    bool bad;      /* moved the bad way, or that way is not known */
    int direction; /* 1 up, −1 down, 0 none */
    double level;  /* median of the reference */
    double scale;  /* robust deviation: interquartile range / 1.349, but at
                      least min_effect · median |x| / min_size and a step of
                      quantisation / min_size */
    double effect; /* the change in the variable's unit; 0 when ratio ≤ 1, NaN
                      when not scored */
    double size;   /* effect / scale */
    double ratio;  /* largest departure over the largest in placebo windows */
    caus_onset onset; /* of this variable; found when ratio > 1 */
} caus_anomaly;

/* Rows of the reference that look like an earlier incident. */
typedef struct caus_disturbance {
    size_t first_row, row_count;
} caus_disturbance;

typedef struct caus_anomalies {
    size_t row_count;
    size_t variable_count;
    const int64_t *time_ns; /* [row_count] */
    const double *ratios;   /* [variable_count × row_count] departure of the
                               window that starts at the row, signed, over the
                               largest of placebo windows; 0 = not scored */
    const caus_anomaly *variables; /* [variable_count] as in the series */
    size_t reference_rows;
    size_t window_rows;   /* of a placebo window */
    size_t placebo_count; /* windows used */
    size_t disturbance_count;
    const caus_disturbance *disturbances; /* left out of the placebo windows */
    double score;     /* of the first window above threshold, else the largest
                       */
    double threshold; /* of the score */
    double variable_threshold; /* of a variable's ratio, ≥ 1, for the largest
                                  of all variables */
    caus_onset onset;          /* of the incident: the earliest cluster */
} caus_anomalies;

/*
 * Looks for anomalies after the reference.
 *
 * Each variable's departures are measured in windows of one length, in the
 * reference (placebo windows) as after it. A departure counts as far as it
 * exceeds both min_size and the largest of the variable's own placebo windows;
 * a window's score is the root of the sum of the logarithms over variables, at
 * its best row. The alarm threshold is the upper prediction limit for one more
 * score, by Student's t over placebo scores, at false_alarm divided by the
 * number of windows.
 *
 *   series   variables other than system ones and categories are not scored
 *   options  NULL = default
 *   result   lives in `out`
 *
 * Assumes that the reference is mostly healthy: windows in which many variables
 * depart at once are left out (at most 30 %) and named. A variable that never
 * moved in the reference can triple its limit, not more: that it moves is news,
 * how far tells nothing. A ramp slower than the windows looks like drift.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (an option out of range),
 * CAUS_ERR_TOO_FEW_SAMPLES (under 20 reference rows, under 3 after it),
 * CAUS_ERR_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY, …_LIMIT.
 * Cost O(rows · variables · log rows); Granger break O(rows · variables²) more.
 */
caus_status caus_anomaly_detect(const caus_series *series,
                                const caus_anomaly_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_anomalies *result, caus_error *err);

/*
 * When the incident began, by caus_anomaly_detect(); found is false when
 * nothing is above the threshold. Scratch memory only. Fails likewise.
 */
caus_status caus_onset_find(const caus_series *series,
                            const caus_anomaly_options *options,
                            const caus_run *run, caus_onset *result,
                            caus_error *err);

/*
 * Cuts a series at an onset into environment 0 "baseline", the rows before
 * first_row − margin_rows, and 1 "incident", those after last_row +
 * margin_rows. The rows between are left out.
 *
 *   result  lives in `out`, shares texts and values with `series`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no onset was found, or it is beyond the
 * rows), CAUS_ERR_TOO_FEW_SAMPLES (no row on one side), …_OUT_OF_MEMORY,
 * …_LIMIT. Cost O(rows · variables).
 */
caus_status caus_onset_split(const caus_series *series, const caus_onset *onset,
                             size_t margin_rows, caus_arena *out,
                             caus_series *result, caus_error *err);

/* What comes next by trend and season. Arrays are [horizon]. */
typedef struct caus_forecast {
    size_t horizon;
    const double *mean;
    const double *lower; /* of the interval */
    const double *upper;
    double level_weight; /* smoothing weights found, in [0, 1] */
    double trend_weight;
    double season_weight; /* 0 without a season */
} caus_forecast;

/*
 * Forecasts by exponential smoothing with a damped trend and, where
 * season_rows > 1, an additive season (Holt and Winters). Weights have the
 * least squared one-step error over a fixed set of them.
 *
 *   values       [count]; NaN = missing, skipped
 *   season_rows  0 or 1 = no season; else at least two seasons of values
 *   level        of the intervals, in (0, 1); they assume normal errors
 *   result       lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT, CAUS_ERR_TOO_FEW_SAMPLES (under 10
 * present values or two seasons), …_OUT_OF_MEMORY. Cost O(count).
 * Source: Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential
 * Smoothing: variance of the additive damped model's forecasts.
 */
caus_status caus_forecast_make(const double *values, size_t count,
                               size_t season_rows, double level, size_t horizon,
                               caus_arena *out, caus_forecast *result,
                               caus_error *err);

/* What Bayesian online change point detection believes. */
typedef struct caus_run_lengths {
    size_t row_count;
    const double *change; /* [row_count] that a run began at this row, given all
                             rows up to `delay` after it */
    const size_t *longest; /* [row_count] most likely rows in the run so far */
} caus_run_lengths;

/*
 * Bayesian online change point detection: independent normal variables that
 * share their change points; mean and variance of a run have a
 * normal-inverse-gamma prior around 0 and 1.
 *
 *   values  [row_count × variable_count], row-major, standardised; NaN =
 *           missing: says nothing
 *   hazard  chance of a change at a row, in (0, 1)
 *   delay   rows after a row that may speak about it
 *   result  lives in `out`
 *
 * Runs less likely than 1e-6 are dropped. Fails with CAUS_ERR_INVALID_ARGUMENT,
 * CAUS_ERR_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY. Cost O(rows · runs kept ·
 * variables).
 * Source: R. P. Adams & D. J. C. MacKay (2007), Bayesian Online Changepoint
 * Detection, arXiv:0710.3742, algorithm 1.
 */
caus_status caus_run_lengths_find(const double *values, size_t row_count,
                                  size_t variable_count, double hazard,
                                  size_t delay, const caus_run *run,
                                  caus_arena *out, caus_run_lengths *result,
                                  caus_error *err);

CAUS_API_END
#endif
