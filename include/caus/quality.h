/* SPDX-License-Identifier: Apache-2.0 */
/* The data-quality report: what is wrong with a series before it is believed.
 */
#ifndef CAUS_QUALITY_H
#define CAUS_QUALITY_H

#include "series.h"

CAUS_API_BEGIN

/* Facts of one variable, over all its rows unless said otherwise. */
typedef struct caus_variable_quality {
    double missing_share; /* in [0, 1] */
    double late_share;    /* of all rows, those before its first value; 0 where
                             segments do not follow one another in time */
    double zero_share;    /* of present values */
    size_t nonzero_rows;
    bool constant; /* ≤ 1 distinct present value in every environment */
    bool single_row_steps; /* changes in one or two rows only; never a table */
    size_t duplicate_of;   /* first variable with the same values; SIZE_MAX */
    double effective_rows; /* effective sample size after autocorrelation,
                              summed over segments; the present rows of a table;
                              0 if constant */
    double adf_p;          /* largest over segments of the ADF test's p (null:
                              unit root, constant); NaN = under 20 rows,
                              constant, a table, or exactly predictable */
    double kpss_p;         /* smallest over segments of the KPSS test's p
                              (null: level-stationary), clipped to [.01, .1] */
    bool unit_root;        /* ADF p > .05 and KPSS p < .05 in a segment */
} caus_variable_quality;

/* Variables that measure one thing: one node would do. */
typedef struct caus_family {
    size_t member_count;
    const size_t *members; /* ascending */
    const char *reason;    /* "|r| > 0.99", "quantiles of one histogram", … */
} caus_family;

/*
 * A column that the others determine almost exactly (R² > .999 within
 * environments). One column of each such relation is reported, and pairs of one
 * family are not reported again.
 */
typedef struct caus_collinear {
    size_t variable;
    size_t other_count;
    const size_t *others; /* few that determine it, ascending */
    double r_squared;
} caus_collinear;

typedef struct caus_quality {
    size_t variable_count;
    const caus_variable_quality *variables;
    size_t family_count;
    const caus_family *families;
    size_t collinear_count;
    const caus_collinear *collinear;
    size_t warning_count;
    const char *const *warnings; /* sentences, worst first */
    bool complete; /* false: the time limit passed; facts that were not reached
                      are as of an ordinary column, and a warning says so */
} caus_quality;

/*
 * Examines a series. Nothing is changed or dropped.
 *
 *   series  segments are tested for drift one by one, so a shift of level
 *           between environments is none; gaps are passed over
 *   result  lives in `out`
 *
 * Constant columns, duplicates and short series are findings, not errors. Of
 * sums in place of rows only constant columns are found.
 * Families need |r| > .99 in every environment where one of them varies, over
 * at least 10 common rows, or names of one kind (latency_p95 and latency_p99,
 * x_sum and x_count, memory_used and memory_limit, pods of one deployment).
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT, CAUS_ERR_CANCELLED.
 * When the time limit passes the rest is left out (complete = false). Cost
 * O(rows × variables²); memory O(rows × variables + variables²) of scratch.
 * Sources: ADF and KPSS as statsmodels 0.15.0 computes them (adfuller, kpss);
 * the effective sample size by the initial positive sequence that the
 * documentation of TensorFlow Probability's mcmc.effective_sample_size
 * describes.
 */
caus_status caus_quality_examine(const caus_series *series, const caus_run *run,
                                 caus_arena *out, caus_quality *result,
                                 caus_error *err);

CAUS_API_END
#endif
