/* SPDX-License-Identifier: Apache-2.0 */
/* Shared inside the anomaly domain. docs/design/0023-anomaly.md */
#ifndef CAUS_SRC_ANOMALY_ANOMALY_INTERNAL_H
#define CAUS_SRC_ANOMALY_ANOMALY_INTERNAL_H

#include <math.h>

#include "anomaly/anomaly.h"
#include "base/base.h"

enum {
    CAUS_ANOMALY_LEAST_REFERENCE = 20,
    CAUS_ANOMALY_LEAST_ROWS = 3, /* after it, and the shortest window */
    CAUS_ANOMALY_MOST_SCALES = 6,
    /* A departure counts up to so many times its limit; of what hardly ever
     * moved before, so many. */
    CAUS_ANOMALY_RATIO_CAP = 30,
    CAUS_ANOMALY_STILL_CAP = 3
};

/* ---- panel.c: the series as columns of one time ---- */

/* Columns in the order of their names, so that nothing depends on the order in
 * the source. */
typedef struct caus_panel {
    size_t row_count;    /* rows with a value at all: gaps are passed over */
    const size_t *row;   /* [row_count] in the series, by time */
    size_t source_count; /* rows of the series */
    size_t column_count;
    size_t reference_count;
    const int64_t *time_ns; /* [source_count] */
    const double **columns; /* [column_count] of [row_count]; NaN = missing */
    const size_t *variable; /* [column_count] in the series */
    double *level;          /* [column_count] */
    double *scale;          /* [column_count] > 0 */
    bool *is_still;         /* [column_count] hardly moved in the reference */
} caus_panel;

/* `columns` are those of the series, sorted; the panel refers to them. */
caus_status caus_panel_init(const caus_series *series,
                            const caus_time_columns *columns,
                            const caus_anomaly_options *options,
                            caus_arena *scratch, caus_panel *result,
                            caus_error *err);

/* ---- windows ---- */

typedef struct caus_block {
    size_t start, length; /* rows */
} caus_block;

/* Placebo windows and then those in question; they do not overlap. */
typedef struct caus_layout {
    size_t placebo_count;
    size_t block_count; /* placebo_count + those in question */
    const caus_block *blocks;
    size_t window_rows;
    size_t base_rows; /* before a window: what it is compared with */
    size_t scale_count;
    size_t spans[CAUS_ANOMALY_MOST_SCALES]; /* rows averaged, ascending */
} caus_layout;

caus_status caus_layout_init(const caus_panel *panel, caus_arena *scratch,
                             caus_layout *result, caus_error *err);

/*
 * Departures: of the span that starts at a row, of a column, in robust
 * deviations, signed; 0 where the span leaves its window or values miss.
 */
typedef struct caus_departures {
    size_t row_count, column_count, scale_count;
    double **columns; /* [column_count] of [scale_count × row_count]; NULL =
                         none is large enough to count, and nobody asks */
    double *largest;  /* [block_count × column_count × scale_count] of
                         |departure| in a window */
} caus_departures;

/* [row_count] of a column at a scale. */
static inline double *caus_departures_of(const caus_departures *departures,
                                         size_t column, size_t scale)
{
    return departures->columns[column] + scale * departures->row_count;
}

/* [column_count × scale_count] of a window. */
static inline double *caus_largest_of(const caus_departures *departures,
                                      size_t block)
{
    return departures->largest +
           block * departures->column_count * departures->scale_count;
}

/* ---- detectors.c: what all of them share ---- */

typedef struct caus_detect_job {
    const caus_panel *panel;
    const caus_layout *layout;
    const caus_anomaly_options *options;
    const caus_run *run;
    int64_t step_ns;
    const caus_variable *names; /* of the series */
    const double *prepared;     /* [column_count × row_count] or NULL */
    const double **later;       /* of caus_detect_rows */
} caus_detect_job;

/* One column of `values` and where they are. */
typedef struct caus_column {
    size_t count;       /* present values */
    const size_t *rows; /* [count] ascending */
    const double *values;
    double *sums;    /* [count + 1] room */
    double *squares; /* [count + 1] room */
    double memory;   /* √((1 + ρ) / (1 − ρ)), ρ from row to row in the
                        reference; 0 where sums are of medians */
} caus_column;

typedef struct caus_detector_entry {
    const char *name;
    /* Work over all columns first; may be NULL. */
    caus_status (*prepare)(caus_detect_job *job, caus_arena *scratch,
                           caus_error *err);
    /* The column to look at, in robust deviations, NaN = missing; false when
     * memory is out. */
    bool (*fill)(const caus_detect_job *job, size_t column, caus_arena *scratch,
                 double *values);
    bool uses_medians; /* sums are of medians of three, else of values */
    /* Departures of one window; value `first` is its first, `end` is beyond
     * its last. */
    void (*measure)(const caus_layout *layout, const caus_column *column,
                    size_t first, size_t end, size_t c,
                    caus_departures *departures);
} caus_detector_entry;

const caus_detector_entry *caus_detector_find(caus_detector detector);

caus_status caus_departures_measure(caus_detect_job *job, caus_arena *scratch,
                                    caus_departures *result, caus_error *err);

/* windows.c */
bool caus_fill_standardised(const caus_detect_job *job, size_t column,
                            caus_arena *scratch, double *values);
void caus_measure_windows(const caus_layout *layout, const caus_column *column,
                          size_t first, size_t end, size_t c,
                          caus_departures *departures);
void caus_measure_residuals(const caus_layout *layout,
                            const caus_column *column, size_t first, size_t end,
                            size_t c, caus_departures *departures);
/* change_point.c */
void caus_measure_shifts(const caus_layout *layout, const caus_column *column,
                         size_t first, size_t end, size_t c,
                         caus_departures *departures);
/* bayesian.c */
void caus_measure_odds(const caus_layout *layout, const caus_column *column,
                       size_t first, size_t end, size_t c,
                       caus_departures *departures);
/* forecast.c */
bool caus_fill_forecast(const caus_detect_job *job, size_t column,
                        caus_arena *scratch, double *values);
/* forest.c */
caus_status caus_prepare_forest(caus_detect_job *job, caus_arena *scratch,
                                caus_error *err);
/* granger_break.c */
caus_status caus_prepare_regressions(caus_detect_job *job, caus_arena *scratch,
                                     caus_error *err);
bool caus_fill_prepared(const caus_detect_job *job, size_t column,
                        caus_arena *scratch, double *values);

/* ---- placebo.c ---- */

/* What the windows in question score, and what it takes to stand out. */
typedef struct caus_alarm {
    bool found;
    size_t block; /* the first above the threshold, else the best */
    double score; /* of that block */
    double threshold;
    double variable_threshold;
    double *limits;    /* [column_count × scale_count] of departures */
    bool *is_left_out; /* [placebo_count] */
    size_t placebo_used;
} caus_alarm;

caus_status caus_alarm_find(const caus_detect_job *job,
                            const caus_departures *departures,
                            caus_arena *scratch, caus_alarm *result,
                            caus_error *err);

/* The largest of the sizes of caus_ratios_fill() from a window on. */
double caus_ratios_most(const caus_detect_job *job,
                        const caus_departures *departures,
                        const caus_alarm *alarm, size_t column,
                        size_t first_block);

/* The row from which on ratios are told. */
static inline size_t caus_told_from(const caus_detect_job *job)
{
    const caus_layout *layout = job->layout;
    return job->later ? layout->blocks[layout->placebo_count].start : 0;
}

/* |departure| of every row told over its limit, at the scale that departs most,
 * signed; under 1 where it is too small to count, and capped where the column
 * hardly ever moved. */
void caus_ratios_fill(const caus_detect_job *job,
                      const caus_departures *departures,
                      const caus_alarm *alarm, size_t column, double *ratios);

/* ---- profile.c: where a column changed ---- */

typedef struct caus_profile {
    bool found;
    size_t row, first_row, last_row;
    size_t end_row; /* beyond the last row of the change */
} caus_profile;

/*
 * The change of a column that is most likely between two rows, as a step or a
 * ramp that starts there, with the rows that hold 95 % of the likelihood.
 */
caus_profile caus_profile_find(const double *values, size_t from, size_t to,
                               caus_arena *scratch, bool *failed);

/* ---- onset.c ---- */

/* The earliest cluster among the onsets of variables. */
typedef struct caus_onset_vote {
    size_t row, first_row, last_row;
    double weight;
    size_t column;
} caus_onset_vote;

/* An onset at rows of the panel, told in those of the series. */
caus_onset caus_onset_at(const caus_panel *panel, size_t row, size_t first,
                         size_t last);

caus_onset caus_onset_join(caus_onset_vote *votes, size_t count,
                           const caus_panel *panel);

#endif
