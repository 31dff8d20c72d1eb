/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the data-quality report. */
#ifndef CAUS_SRC_SERIES_QUALITY_INTERNAL_H
#define CAUS_SRC_SERIES_QUALITY_INTERNAL_H

#include "caus/quality.h"
#include "series/series_internal.h"

/* ---- stationarity.c: one stretch of values, in order ---- */

typedef struct caus_unit_root_test {
    double statistic; /* NaN = too short, constant or perfectly predictable */
    double p_value;
    size_t lags;
} caus_unit_root_test;

/*
 * The augmented Dickey-Fuller test with a constant; the number of lagged
 * differences, up to 12 (n / 100)^(1/4), has the smallest Akaike criterion.
 * Equals statsmodels' adfuller(x, regression="c", autolag="AIC").
 *
 *   values   [count] finite
 *   scratch  rewound, but not after a failure: caus_arena_fail() knows why
 *   failed   set when `scratch` is full
 *
 * Cost O(count · lags²).
 */
caus_unit_root_test caus_adf_test(const double *values, size_t count,
                                  caus_arena *scratch, bool *failed);

/*
 * The test of Kwiatkowski et al. for level stationarity; lags of the long-run
 * variance after Hobijn et al. Equals statsmodels' kpss(x, regression="c",
 * nlags="auto"). The p-value is interpolated and lies in [.01, .1].
 *
 *   run  asked between lags whether to stop (the result is then NaN)
 */
caus_unit_root_test caus_kpss_test(const double *values, size_t count,
                                   const caus_run *run, caus_arena *scratch,
                                   bool *failed);

/*
 * The number of independent values that carry as much about the mean: count
 * over the autocorrelation time 1 + 2 Σ ρ(k), where the sum ends before the
 * first pair ρ(2m) + ρ(2m+1) that is not positive (initial positive sequence).
 * At most `count`; 0 for a constant. NaN after a stop.
 */
double caus_effective_rows(const double *values, size_t count,
                           const caus_run *run, caus_arena *scratch,
                           bool *failed);

/* ---- pairs.c: columns side by side ---- */

/*
 * Every column, one after another, with the rows of an environment together;
 * each environment centred and scaled to deviation 1. Missing values and
 * columns that are constant in the environment hold 0.
 */
typedef struct caus_columns {
    size_t variable_count;
    size_t row_count; /* of all environments */
    size_t environment_count;
    const size_t *first_row; /* [environment_count + 1] */
    double *scaled;          /* [variable_count × row_count] */
    double *present;         /* likewise 1 or 0; NULL = nothing is missing */
    bool *varies;            /* [variable_count × environment_count] */
    bool *has_missing;       /* [variable_count] */
} caus_columns;

caus_status caus_columns_init(const caus_series *series, const caus_run *run,
                              caus_arena *scratch, caus_columns *result,
                              caus_error *err);

/* Whether |r| > .99 in every environment where both vary. */
bool caus_columns_move_as_one(const caus_columns *columns, size_t a, size_t b);

/* ---- family_names.c ---- */

/*
 * A way to tell relatives by name: variables for which `make_key` returns true
 * and writes the same key are of one family, for this reason. The key is thrown
 * away if it returns false.
 */
typedef struct caus_name_rule {
    bool (*make_key)(const caus_variable *variable, caus_text *key);
    const char *reason;
} caus_name_rule;

/* The first rule is that of quantiles. */
const caus_name_rule *caus_name_rules(size_t *count);

/* The key that quantiles of this very name have ("latency" of "latency_p95"),
 * so that it joins them if there are any. */
void caus_bare_quantile_key(const char *name, caus_text *key);

/* ---- families.c ---- */

caus_status caus_find_families(const caus_series *series,
                               const caus_columns *columns, const caus_run *run,
                               caus_arena *scratch, caus_arena *out,
                               caus_quality *result, caus_error *err);

/* ---- collinear.c ---- */

/* Reads the families found before: a pair of one family is not told twice. */
caus_status caus_find_collinear(const caus_series *series,
                                const caus_columns *columns,
                                const caus_run *run, caus_arena *scratch,
                                caus_arena *out, caus_quality *result,
                                caus_error *err);

/* ---- warnings.c ---- */

caus_status caus_write_warnings(const caus_series *series, caus_arena *out,
                                caus_quality *result, caus_error *err);

#endif
