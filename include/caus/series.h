/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that telemetry becomes: variables, raw samples, aligned series.
 *
 * Everywhere: a value at grid time t summarises (t − step, t].
 */
#ifndef CAUS_SERIES_H
#define CAUS_SERIES_H

#include "run.h"

CAUS_API_BEGIN

typedef enum caus_kind {
    CAUS_KIND_UNKNOWN,
    CAUS_KIND_COUNTER_RATE, /* increase of a counter per step */
    CAUS_KIND_GAUGE,
    CAUS_KIND_RATIO,            /* in [0, 1] */
    CAUS_KIND_COUNT,            /* events per step */
    CAUS_KIND_LATENCY_QUANTILE, /* seconds */
    CAUS_KIND_EVENT,            /* 0 or 1 per step */
    CAUS_KIND_CATEGORY
} caus_kind;

typedef enum caus_value_type {
    CAUS_VALUE_CONTINUOUS,
    CAUS_VALUE_DISCRETE
} caus_value_type;

typedef enum caus_role {
    CAUS_ROLE_SYSTEM,
    CAUS_ROLE_TIME_CONTEXT,  /* same in every environment, varies in time */
    CAUS_ROLE_SPACE_CONTEXT, /* constant in time, varies over environments */
    CAUS_ROLE_TIME_DUMMY,
    CAUS_ROLE_SPACE_DUMMY
} caus_role;

/* Which way a variable moves when things get worse. */
typedef enum caus_bad_direction {
    CAUS_BAD_UNKNOWN,
    CAUS_BAD_UP,
    CAUS_BAD_DOWN,
    CAUS_BAD_EITHER
} caus_bad_direction;

typedef struct caus_label {
    const char *name;
    const char *value;
} caus_label;

/* One measured quantity. Texts are UTF-8, never NULL ("" = not known). */
typedef struct caus_variable {
    const char *name;    /* unique within a series */
    const char *service; /* who it belongs to */
    const char *unit;    /* "s", "requests", "errors", "ratio", "" … */
    const char *source;  /* "prometheus", "clickhouse", "csv", "" */
    const char *query;   /* what was asked to get it */
    const caus_label *labels;
    size_t label_count;
    caus_kind kind;
    caus_value_type value_type;
    caus_role role;
    caus_bad_direction bad_direction;
    int vector_group;         /* variables with the same number ≥ 0 are parts
                                 of one vector; −1 = alone */
    double scrape_interval_s; /* 0 = not known */
    double scrape_offset_s;   /* mean time from the scrape to the grid time it
                                 is counted under, in [0, interval); NaN = not
                                 known */
    double rate_window_s;     /* width of the range the value covers; 0 = a
                                 point sample */
} caus_variable;

/* A variable with continuous value type, vector_group −1, empty texts, NaN
 * offset and everything else zero. */
caus_variable caus_variable_default(void);

/* The kind, role or direction as the JSON word, for example "gauge". */
const char *caus_kind_name(caus_kind kind);
const char *caus_role_name(caus_role role);

/*
 * The kind a JSON or vars.yml word names; CAUS_KIND_UNKNOWN for others.
 */
caus_kind caus_kind_from_name(const char *name);

/* Raw samples of one variable, as fetched. */
typedef struct caus_track {
    caus_variable variable;
    size_t count;
    const int64_t *time_ns; /* [count], ascending, unix nanoseconds */
    const double *value;    /* [count]; NaN = the source said "no value" */
    const double *support;  /* [count] samples or spans behind a value; NULL =
                               not known */
} caus_track;

/* What telemetry and recordings speak: irregular samples per variable. */
typedef struct caus_samples {
    size_t track_count;
    const caus_track *tracks; /* [track_count] */
} caus_samples;

typedef struct caus_environment {
    int id;           /* 0, 1, … */
    const char *name; /* "baseline", "incident", "window", … */
} caus_environment;

/*
 * A stretch of consecutive grid rows. Segments never share a lagged row.
 * Bit r of column c is bit (r % 64) of word [c * word_count + r / 64].
 */
typedef struct caus_segment {
    size_t row_count;
    size_t word_count;        /* (row_count + 63) / 64 */
    int64_t start_ns;         /* grid time of row 0; 0 without a time column */
    int64_t offset_steps;     /* row 0 on the time axis shared by datasets */
    int environment;          /* id of its environment */
    const double *values;     /* [row_count × variable_count], row-major; a
                                 missing value holds NaN */
    const uint64_t *missing;  /* [variable_count × word_count]; NULL = none */
    const uint64_t *selected; /* likewise; NULL = all. An unselected value is
                                 not used in the roles that the mask covers
                                 (caus_mask_role), but stays a value */
    const double *support;    /* [row_count × variable_count] samples or spans
                                 behind a value; NaN, or NULL for all: unknown */
} caus_segment;

/*
 * Aligned variables on one grid. A static table has step_ns 0 and allows
 * max_lag 0 only.
 */
typedef struct caus_series {
    size_t variable_count;
    const caus_variable *variables; /* [variable_count] */
    size_t segment_count;
    const caus_segment *segments; /* [segment_count] */
    size_t environment_count;
    const caus_environment *environments; /* [environment_count] */
    int64_t step_ns;
    /* Sums in place of rows (caus_series_from_gram()): there are no segments
     * then. NULL = rows. */
    const struct caus_gram *gram;
    const size_t *gram_columns; /* [variable_count] of the gram; NULL = all, in
                                   order */
} caus_series;

/* Rows of all segments, or those that sums were made of. */
size_t caus_series_row_count(const caus_series *series);

/* The index of the variable of this name, or SIZE_MAX. */
size_t caus_series_find(const caus_series *series, const char *name);

static inline bool caus_segment_is_missing(const caus_segment *segment,
                                           size_t row, size_t variable)
{
    return segment->missing &&
           (segment->missing[variable * segment->word_count + row / 64] >>
                (row % 64) &
            1);
}

static inline bool caus_segment_is_selected(const caus_segment *segment,
                                            size_t row, size_t variable)
{
    return !segment->selected ||
           (segment->selected[variable * segment->word_count + row / 64] >>
                (row % 64) &
            1);
}

/*
 * A series over values that the caller holds: one segment, one environment,
 * nothing masked. NaN and infinite values become missing bits; the values are
 * copied, so the caller's array may go away.
 *
 *   names    [variable_count], unique and not empty; NULL = "x0", "x1", …
 *   values   [row_count × variable_count], row-major
 *   step_ns  ≥ 0; 0 = a static table
 *   result   lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no variables, duplicate names),
 * CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost O(rows × variables).
 */
caus_status caus_series_from_values(const char *const *names,
                                    size_t variable_count, const double *values,
                                    size_t row_count, int64_t step_ns,
                                    caus_arena *out, caus_series *result,
                                    caus_error *err);

/* Where samples go on the grid. */
typedef struct caus_grid {
    int64_t start_ns; /* aligned down to the step by caus_grid_align() */
    int64_t end_ns;   /* inclusive */
    int64_t step_ns;  /* > 0 */
} caus_grid;

/* Grid with start and end aligned down to multiples of the step. */
caus_grid caus_grid_align(caus_grid grid);

/* (end − start) / step + 1 of an aligned grid; 0 if end < start. */
size_t caus_grid_row_count(const caus_grid *grid);

/* How tracks are put on the grid. */
typedef struct caus_align_options {
    caus_grid window;   /* the window asked for */
    caus_grid baseline; /* rows before it; step_ns 0 = no baseline */
    /* Environment names; NULL = "window" alone, "incident" and "baseline" when
     * there are both. */
    const char *window_name;
    const char *baseline_name;
    bool keep_phase; /* grids start where they say, not at multiples of the
                        step since 1970 */
} caus_align_options;

/*
 * Puts raw samples on the grid: a value at grid time t is the mean of the
 * samples in (t − step, t], weighted by support where any is above 0; of counts
 * their sum, of events the largest, of categories the last. A single sample is
 * kept bit for bit; of several finite samples at one instant the last counts.
 * NaN and infinite samples are no samples; a bin without one is missing. Never
 * fills a gap. With a baseline the result has two segments (baseline =
 * environment 0, window = environment 1), else one; baseline rows that are also
 * in the window are left to the window. Tracks keep their order; their texts
 * are copied.
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (step ≤ 0, end before start, two steps,
 * empty or duplicate names), CAUS_ERR_INVALID_DATA (times not ascending),
 * CAUS_ERR_TOO_FEW_SAMPLES (no track), CAUS_ERR_CANCELLED, …_TIME_LIMIT,
 * …_OUT_OF_MEMORY, …_LIMIT. Cost O(samples + rows × variables).
 */
caus_status caus_series_align(const caus_samples *samples,
                              const caus_align_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_series *result, caus_error *err);

/*
 * The columns `keep`, in that order, sharing texts with `series`; values are
 * copied. Fails with CAUS_ERR_INVALID_ARGUMENT (no column, index out of range
 * or twice), CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT.
 */
caus_status caus_series_select(const caus_series *series, const size_t *keep,
                               size_t keep_count, caus_arena *out,
                               caus_series *result, caus_error *err);

/*
 * SHA-256, in lower-case hex, of names, grid, environments, value bits and
 * masks, columns in the order of their names: equal data gives equal text
 * wherever it came from. Values hash as little-endian IEEE doubles, −0 as +0, a
 * missing value as one quiet NaN.
 *
 *   text  [65]; "" when memory is out
 */
void caus_series_hash(const caus_series *series, char text[65]);

/* Changes of a series, only ever made when asked for. */
typedef enum caus_transform {
    CAUS_TRANSFORM_NONE,
    CAUS_TRANSFORM_STANDARDISE,   /* mean 0, population deviation 1 */
    CAUS_TRANSFORM_NORMAL_SCORES, /* Φ⁻¹(rank / (n + 1)), ties averaged */
    CAUS_TRANSFORM_DIFFERENCE,    /* x(t) − x(t−1); first row missing */
    CAUS_TRANSFORM_LOG1P,         /* log(1 + x); fails for x ≤ −1 */
    CAUS_TRANSFORM_DETREND        /* minus the least-squares line */
} caus_transform;

/* The transform of a command-line word ("standardise", "normal-scores",
 * "difference", "log1p", "detrend", "none"); false if there is none. */
bool caus_transform_from_name(const char *name, caus_transform *result);

/*
 * Applies one transform to every system variable, each environment on its own
 * (difference and detrend: each segment on its own). Constant columns become 0
 * under standardise, normal scores and detrend. Missing values stay missing;
 * other columns, masks and support are shared or copied as they are.
 *
 * Fails with CAUS_ERR_INVALID_DATA (log1p of x ≤ −1: variable, row and value
 * are named), CAUS_ERR_CANCELLED, …_OUT_OF_MEMORY, …_LIMIT; a time limit does
 * not stop it. Cost O(rows × variables), times log rows for normal scores.
 */
caus_status caus_series_transform(const caus_series *series,
                                  caus_transform transform, const caus_run *run,
                                  caus_arena *out, caus_series *result,
                                  caus_error *err);

CAUS_API_END
#endif
